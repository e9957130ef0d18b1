"""What a solver asks of an objective, and what it answers."""

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from trivium.arrays import Float64


class Evaluation(Protocol):
    """An objective at one point."""

    @property
    def loss(self) -> float:
        """The value that is minimised."""

    @property
    def gradient(self) -> Float64:
        """Its gradient, in the shape of the parameters."""


class Curved(Evaluation, Protocol):
    """An objective at one point, with its curvature there."""

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of its Hessian with a direction."""


class Objective(Protocol):
    """Something to minimise."""

    def evaluate(self, parameters: Float64) -> Any:
        """Evaluate loss and gradient at a point: an `Evaluation`."""


class Status(Enum):
    """Why a solver stopped; the text says what to try."""

    CONVERGED = "the gradient is as small as tol asks"
    ROUNDING = "the gradient is as small as float64 can tell: scale the columns, or raise tol"
    OUT_OF_STEPS = "max_iter steps did not suffice: raise max_iter, tol or alpha"
    NO_PROGRESS = "no step lowers the loss any further in float64: raise tol"
    DIVERGED = "the loss is no longer finite: lower the learning rate"
    STOPPED = "it was asked to stop"


class Result(NamedTuple):
    """Where a solver stopped."""

    parameters: Float64
    n_iter: int
    status: Status


Observer = Callable[[Float64, Any, float], bool | None]
"""Told of the start and of every step: parameters, objective there, length of the step.

True asks the solver to stop there.
"""

Stop = Callable[[Any], Status | None]
"""Told of a point's evaluation; says whether to stop there, and why."""

Inverse = Callable[[Float64], Float64]
"""Applies the inverse of a positive definite approximation of the Hessian."""


@runtime_checkable
class Sparing(Protocol):
    """An inverse that needs no array of all parameters beside those it is given."""

    def overwrite(self, gradient: Float64) -> None:
        """Put what it answers in the place of the gradient."""

    def inner(self, gradient: Float64) -> float:
        """Return the inner product of a gradient and what it answers."""


def small_gradient(tol: float) -> Stop:
    """Stop where no entry of the gradient is greater than `tol`."""

    def stop(at: Evaluation) -> Status | None:
        return Status.CONVERGED if np.abs(at.gradient).max() <= tol else None

    return stop
