"""What a solver asks of an objective, and what it answers."""

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple, Protocol

from trivium.arrays import Float64


class Evaluation(Protocol):
    """An objective at one point."""

    @property
    def loss(self) -> float:
        """The value that is minimised."""

    @property
    def gradient(self) -> Float64:
        """Its gradient, in the shape of the parameters."""

    def hessian_product(self, direction: Float64) -> Float64:
        """Compute the product of its Hessian with a direction."""


class Objective(Protocol):
    """Something to minimise."""

    def evaluate(self, parameters: Float64) -> Evaluation:
        """Evaluate loss and gradient at a point."""


class Status(Enum):
    """Why a solver stopped; the text says what to try."""

    CONVERGED = "the gradient is as small as tol asks"
    OUT_OF_STEPS = "max_iter steps did not suffice: raise max_iter, tol or alpha"
    NO_PROGRESS = "no step lowers the loss any further in float64: raise tol"
    DIVERGED = "the loss is no longer finite: lower the learning rate"


class Result(NamedTuple):
    """Where a solver stopped."""

    parameters: Float64
    n_iter: int
    status: Status


Observer = Callable[[Float64, Any, float], None]
"""Told of the start and of every step: parameters, objective there, length of the step."""
