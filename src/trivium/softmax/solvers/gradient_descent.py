"""Gradient descent with a fixed learning rate."""

import numpy as np

from trivium.arrays import Float64
from trivium.softmax.solvers.protocol import Objective, Observer, Result, Status


def gradient_descent(
    objective: Objective,
    start: Float64,
    *,
    learning_rate: float | Float64,
    max_iter: int,
    tol: float,
    observe: Observer,
) -> Result:
    """Step against the gradient until its largest entry is at most `tol`.

    Parameters
    ----------
    objective : Objective
    start : ndarray
    learning_rate : float or ndarray
        One for all parameters, or one each (broadcast).
    max_iter : int
    tol : float
    observe : callable

    Returns
    -------
    Result
    """
    parameters = start
    at = objective.evaluate(parameters)
    if observe(parameters, at, 0.0):
        return Result(parameters, 0, Status.STOPPED)
    for step in range(max_iter):
        if np.abs(at.gradient).max() <= tol:
            return Result(parameters, step, Status.CONVERGED)
        change = learning_rate * at.gradient
        parameters = parameters - change
        at = objective.evaluate(parameters)
        stopped = observe(parameters, at, float(np.linalg.norm(change)))
        if not np.isfinite(at.loss):
            return Result(parameters, step + 1, Status.DIVERGED)
        if stopped:
            return Result(parameters, step + 1, Status.STOPPED)
    small = np.abs(at.gradient).max() <= tol
    return Result(parameters, max_iter, Status.CONVERGED if small else Status.OUT_OF_STEPS)
