"""Newton's method with conjugate gradients inside.

Nocedal & Wright, Numerical Optimization, 2nd ed. 2006, algorithm 7.1 (line search
Newton-CG), with a preconditioner that the caller supplies.
"""

from collections.abc import Callable

import numpy as np

from trivium.arrays import Float64
from trivium.softmax.solvers.protocol import Evaluation, Objective, Observer, Result, Status

_ARMIJO = 1e-4
_HALVINGS = 40
_MOST_PRODUCTS = 500


def newton_cg(
    objective: Objective,
    start: Float64,
    *,
    precondition: Callable[[Float64], Float64],
    max_iter: int,
    tol: float,
    observe: Observer,
) -> Result:
    """Minimise until the gradient's largest entry is at most `tol`.

    Parameters
    ----------
    objective : Objective
        Convex.
    start : ndarray
    precondition : callable
        Applies the inverse of a positive definite approximation of the Hessian.
    max_iter : int
    tol : float
    observe : callable

    Returns
    -------
    Result
    """
    parameters = start
    at = objective.evaluate(parameters)
    observe(parameters, at, 0.0)
    for step in range(max_iter):
        if np.abs(at.gradient).max() <= tol:
            return Result(parameters, step, Status.CONVERGED)
        direction = newton_direction(at, precondition, tol)
        found = _line_search(objective, parameters, at, direction)
        if found is None:
            return Result(parameters, step, Status.NO_PROGRESS)
        length, at = found
        parameters = parameters + length * direction
        observe(parameters, at, length * float(np.linalg.norm(direction)))
    small = np.abs(at.gradient).max() <= tol
    return Result(parameters, max_iter, Status.CONVERGED if small else Status.OUT_OF_STEPS)


def newton_direction(
    at: Evaluation, precondition: Callable[[Float64], Float64], tol: float
) -> Float64:
    """Solve Hessian·direction = -gradient by conjugate gradients, no better than is useful.

    The residual is reduced to min(1/2, √g) of the gradient g, in the preconditioner's
    norm, which makes the outer iteration superlinear (Nocedal & Wright, theorem 7.2);
    and not below a tenth of what `tol` asks of the gradient itself.
    """
    residual = -at.gradient
    direction = np.zeros_like(residual)
    conditioned = precondition(residual)
    search = conditioned
    size = np.vdot(residual, conditioned)
    goal = size * min(0.25, _norm(at))
    for _ in range(_MOST_PRODUCTS):
        product = at.hessian_product(search)
        curvature = np.vdot(search, product)
        if curvature <= 0:  # flat to rounding: the Hessian of a convex loss is never negative
            break
        length = size / curvature
        direction = direction + length * search
        residual = residual - length * product
        conditioned = precondition(residual)
        previous, size = size, np.vdot(residual, conditioned)
        if size <= goal or np.abs(residual).max() <= 0.1 * tol:
            break
        search = conditioned + (size / previous) * search
    return direction if direction.any() else search


def _line_search(
    objective: Objective, parameters: Float64, at: Evaluation, direction: Float64
) -> tuple[float, Evaluation] | None:
    """Halve the step until the loss falls enough (Armijo).

    Close to the optimum the fall drowns in the loss's own rounding; there a step is good
    that makes the gradient smaller.
    """
    slope = float(np.vdot(at.gradient, direction))
    rounding = 8 * np.finfo(float).eps * abs(at.loss)
    length = 1.0
    for _ in range(_HALVINGS):
        there = objective.evaluate(parameters + length * direction)
        change = there.loss - at.loss
        falls = change < 0 and change <= _ARMIJO * length * slope
        if falls or (abs(change) <= rounding and _norm(there) < _norm(at)):
            return length, there
        length *= 0.5
    return None


def _norm(at: Evaluation) -> float:
    return float(np.linalg.norm(at.gradient))
