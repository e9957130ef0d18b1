"""Limited-memory BFGS on top of a preconditioner that may be renewed on the way.

Nocedal & Wright, Numerical Optimization, 2nd ed. 2006, algorithm 7.4 (two-loop recursion),
with the preconditioner as the initial inverse Hessian.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.linalg.blas import ddot

from trivium.arrays import Float64
from trivium.blocks.compiled import Patience, kernel
from trivium.blocks.products import add_multiple, inner, inner_of_step, length_of
from trivium.softmax.solvers.line_search import Line, OverwrittenLine, line_search
from trivium.softmax.solvers.protocol import (
    Inverse,
    Objective,
    Observer,
    Result,
    Sparing,
    Status,
    Stop,
)

PAIRS = 20
_LARGE = 1 << 17  # parameters, beside which a call of NumPy's is nothing
_SPARED = 1 << 20  # parameters, of which the fewest arrays are held

Renew = Callable[[int, Any], Inverse | None]
"""Told of the step and the point; answers with a better preconditioner, or None."""


def lbfgs(
    objective: Objective,
    start: Float64,
    *,
    renew: Renew,
    max_iter: int,
    stop: Stop,
    observe: Observer,
    pairs: int = PAIRS,
) -> Result:
    """Minimise until told to stop.

    Parameters
    ----------
    objective : Objective
        Convex.
    start : ndarray
    renew : callable
        Has to answer with a preconditioner at step 0.
    max_iter : int
    stop : callable
    observe : callable
    pairs : int
        How many steps are remembered.

    Returns
    -------
    Result
    """
    parameters = start
    at = objective.evaluate(parameters)
    if observe(parameters, at, 0.0):
        return Result(parameters, 0, Status.STOPPED)
    memory = _Pairs(parameters.size, pairs)
    spared = parameters.size > _SPARED
    line = OverwrittenLine if spared else Line
    precondition: Inverse = np.copy
    for step in range(max_iter):
        if status := stop(at):
            return Result(parameters, step, status)
        precondition = renew(step, at) or precondition
        found = None
        for _ in range(2):
            remembered = memory.count
            direction = memory.applied(at.gradient, precondition)
            np.negative(direction, out=direction)
            memory.make_room()
            found = line_search(objective, parameters, at, direction, line=line)
            if found is not None or remembered == 0:
                break
            memory.forget()  # what they say of the curvature may be rounding
        if found is None:
            return Result(parameters, step, Status.NO_PROGRESS)
        length, there, point = found
        # Whoever watches lets go of the last point when told of this one.
        change, at, found = there.gradient - at.gradient, there, None
        if spared:
            size = math.sqrt(inner_of_step(None, point, parameters))
        else:
            direction *= length
            size = length_of(direction)
        if observe(point, at, size):
            return Result(point, step + 1, stop(at) or Status.STOPPED)
        memory.add(point - parameters if spared else direction, change)
        parameters, there = point, None
        del change, direction
    return Result(parameters, max_iter, stop(at) or Status.OUT_OF_STEPS)


class _Pairs:
    """The last steps and what they did to the gradient: curvature along them."""

    def __init__(self, size: int, most: int) -> None:
        self._order: Any = "C"  # in which parameters lie in memory
        self._steps: Any = np.zeros((most, size))
        self._changes: Any = np.zeros((most, size))
        self._large = size > _LARGE
        if self._large:  # arrays as they come: a copy of each would cost as much as its use
            nothing = np.empty(0)
            self._steps, self._changes = [nothing] * most, [nothing] * most
        self._products = np.ones(most)
        self._oldest = 0
        self.count = 0

    def add(self, step: Float64, change: Float64) -> None:
        """Take in a pair, in place of the oldest where there are many; a flat one is left out."""
        product = inner(step, change)
        if not product > 0:
            return
        slot = (self._oldest + self.count) % self._products.size
        if self.count == self._products.size:
            self._oldest = (self._oldest + 1) % self._products.size
        else:
            self.count += 1
        order = self._order
        self._steps[slot], self._changes[slot] = step.ravel(order), change.ravel(order)
        self._products[slot] = product

    def make_room(self) -> None:
        """Forget what the next pair will replace, if pairs are large."""
        if self._large and self.count == self._products.size:
            self._steps[self._oldest] = self._changes[self._oldest] = np.empty(0)
            self._oldest = (self._oldest + 1) % self._products.size
            self.count -= 1

    def forget(self) -> None:
        """Start anew."""
        self._oldest = self.count = 0

    def applied(self, gradient: Float64, precondition: Inverse) -> Float64:
        """Apply the approximate inverse Hessian."""
        if self.count == 0:
            self._order = "C" if gradient.flags.c_contiguous else "F"
            return precondition(gradient)
        order, shape = self._order, gradient.shape
        vector = gradient.flatten(order)
        shares = np.empty(self._products.size)
        arguments = self._steps, self._changes, self._products, self._oldest, self.count, shares
        compiled = not self._large and patience.is_over(self.count)
        there, back = (_there, _back) if compiled else (_there_by_numpy, _back_by_numpy)
        there(vector, *arguments)
        last = (self._oldest + self.count - 1) % self._products.size
        change = self._changes[last].reshape(shape, order=order)
        inverse: Any = precondition
        if self._large and isinstance(inverse, Sparing):
            inverse.overwrite(vector.reshape(shape, order=order))
            size = inverse.inner(change)
        else:
            vector = precondition(vector.reshape(shape, order=order)).ravel(order)
            conditioned = precondition(change).ravel(order)
            size = float(change.ravel(order) @ conditioned)
        if size > 0:  # else it has underflown
            vector *= self._products[last] / size
        back(vector, *arguments)
        step: Float64 = vector.reshape(shape, order=order)
        return step


@kernel
def _there(
    vector: Float64,
    steps: Float64,
    changes: Float64,
    products: Float64,
    oldest: int,
    count: int,
    shares: Float64,
) -> None:
    """Take out of a gradient what the pairs explain, the newest first."""
    for k in range(count - 1, -1, -1):
        slot = (oldest + k) % steps.shape[0]
        share = np.dot(steps[slot], vector) / products[slot]
        shares[k] = share
        for i in range(vector.shape[0]):
            vector[i] -= share * changes[slot, i]


@kernel
def _back(
    vector: Float64,
    steps: Float64,
    changes: Float64,
    products: Float64,
    oldest: int,
    count: int,
    shares: Float64,
) -> None:
    """Put into a step what the pairs know of it, the oldest first."""
    for k in range(count):
        slot = (oldest + k) % steps.shape[0]
        share = shares[k] - np.dot(changes[slot], vector) / products[slot]
        for i in range(vector.shape[0]):
            vector[i] += share * steps[slot, i]


def _there_by_numpy(
    vector: Float64,
    steps: Sequence[Float64],
    changes: Sequence[Float64],
    products: Float64,
    oldest: int,
    count: int,
    shares: Float64,
) -> None:
    """Do as `_there`, to the bit: compiled loops have SciPy's products, too."""
    for k in range(count - 1, -1, -1):
        slot = (oldest + k) % len(steps)
        shares[k] = ddot(steps[slot], vector) / products[slot]
        add_multiple(-shares[k], changes[slot], vector)


def _back_by_numpy(
    vector: Float64,
    steps: Sequence[Float64],
    changes: Sequence[Float64],
    products: Float64,
    oldest: int,
    count: int,
    shares: Float64,
) -> None:
    """Do as `_back`, to the bit."""
    for k in range(count):
        slot = (oldest + k) % len(steps)
        share = shares[k] - ddot(changes[slot], vector) / products[slot]
        add_multiple(share, steps[slot], vector)


patience = Patience(_there, to_compile=1 << 16, to_load=1 << 11)
"""Pairs that NumPy applies, at some 7 µs each, before loops that are compiled do."""
