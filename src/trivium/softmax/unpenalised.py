"""Fits without a penalty: to the optimum, or where there is none, near the infimum.

Where classes are separated the loss falls for ever, by a factor e a step of Newton's, and a
small gradient is no sign of the optimum. Once separation is proved, the fit goes on by Newton's
method from where it is, as quasi-Newton steps are slow there, until the loss is known to be no more
than `tol` above its infimum. So its predictions are those of programs that stop when the likelihood
does not change any more.
"""

import sys
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64
from trivium.rows.csr import dense
from trivium.rows.source import Rows
from trivium.softmax.assessment import Assessment, assess
from trivium.softmax.certificate.duality_gap import Certificate, certify
from trivium.softmax.fitting import FitObserver, Fitted, fit_parameters
from trivium.softmax.separation.directions import Separation
from trivium.softmax.small_columns import sure_falls
from trivium.softmax.solvers.protocol import Status
from trivium.softmax.watches import InfimumWatch, SeparationWatch

_SHARE = 0.1  # of tol, which the bound is to reach, so that tol is not just reached
_FINER, _ROUNDS = 1e-3, 4  # factor of tol where the loss is farther away, and how often
_PATIENCE = 10  # steps of Newton's that gain nothing, each of which leaves 1/e of what there is
_MOST_BYTES, _MOST_NUMBERS = 1 << 27, 2e9  # of sparse rows with their zeros
_MOST_PARAMETERS, _MOST_WORK = 1500, 2e10  # of Newton's steps


def fit_and_assess(
    rows: Rows,
    *,
    alpha: float,
    fit_intercept: bool,
    solver: str,
    learning_rate: float | str,
    max_iter: int,
    tol: float,
    start: Float64 | None,
    observe: FitObserver,
) -> tuple[Fitted, Assessment]:
    """Minimise the penalised mean cross-entropy, and assess the answer.

    Parameters are those of `fit_parameters`. Plain descent ends by `tol` whether classes are
    separated or not: its path is what users look at.

    Returns
    -------
    fitted : Fitted
    assessment : Assessment
    """
    if alpha == 0 and solver != "gradient-descent":
        return fit_unpenalised(
            rows,
            fit_intercept=fit_intercept,
            solver=solver,
            max_iter=max_iter,
            tol=tol,
            start=start,
            observe=observe,
        )
    fitted = fit_parameters(
        rows,
        alpha=alpha,
        fit_intercept=fit_intercept,
        solver=solver,
        learning_rate=learning_rate,
        max_iter=max_iter,
        tol=tol,
        start=start,
        observe=observe,
    )
    return fitted, assess(rows, fitted, alpha=alpha, fit_intercept=fit_intercept)


def fit_unpenalised(
    rows: Rows,
    *,
    fit_intercept: bool,
    solver: str,
    max_iter: int,
    tol: float,
    start: Float64 | None,
    observe: FitObserver,
) -> tuple[Fitted, Assessment]:
    """Minimise the mean cross-entropy, and assess the answer.

    Parameters are those of `fit_parameters`; `tol` bounds the gradient, and the loss less its
    optimum or infimum where a bound on that can be proved. "gradient-descent" is not for this.

    Returns
    -------
    fitted : Fitted
    assessment : Assessment
    """
    rows = _written_out(rows)
    task = _Task(rows, fit_intercept, max_iter)
    watch = SeparationWatch(rows, fit_intercept, observe)
    fitted = task.fit(solver, tol, start, watch)
    if watch.found is not None:
        return _near_infimum(task, fitted, watch.found, tol, observe, stop=watch.asked)
    assessment = task.assess(fitted)
    separation = assessment.separation
    if separation is not None and separation.direction is not None:
        return _near_infimum(task, fitted, separation, tol, observe, stop=watch.asked)
    return _near_optimum(task, fitted, assessment, tol, observe)


def _written_out(rows: Rows) -> Rows:
    """Make an array of sparse rows if it is no larger than `_MOST_BYTES`.

    What a proof needs of columns by columns is there for arrays.

    Raises
    ------
    ValueError
        If they are so many that proofs would take hours.
    """
    n, d = rows.shape
    if rows.n_stored is None:
        return rows
    if n * d > _MOST_NUMBERS:
        raise ValueError(
            "With alpha=0, whether the classes can be separated has to be proved, for which all "
            f"{n:,} x {d:,} numbers of these sparse rows, zeros too, would be read again and "
            "again: set alpha above 0."
        )
    if 8 * n * d > _MOST_BYTES:
        return rows
    (block,) = rows.slabs(sys.maxsize)
    return rows.from_block(block._replace(X=dense(block.X)))


class _Task(NamedTuple):
    """Rows to fit, and how many steps are allowed in all."""

    rows: Rows
    fit_intercept: bool
    max_iter: int

    def fit(
        self,
        solver: str,
        tol: float,
        start: Float64 | None,
        observe: FitObserver,
        *,
        steps_before: int = 0,
    ) -> Fitted:
        """Fit, until the gradient is as small as `tol`."""
        return fit_parameters(
            self.rows,
            alpha=0.0,
            fit_intercept=self.fit_intercept,
            solver=solver,
            learning_rate="auto",
            max_iter=self.max_iter - steps_before,
            tol=tol,
            start=start,
            observe=observe,
        )

    def go_on(self, fitted: Fitted, solver: str, tol: float, observe: FitObserver) -> Fitted:
        """Fit from where another fit ended; `solver_` is still the first one's."""
        start = fitted.coef
        if self.fit_intercept:
            start = np.column_stack([fitted.coef, fitted.intercept])
        known = _but_the_first(observe)
        more = self.fit(solver, tol, start, known, steps_before=fitted.n_iter)
        return more._replace(
            n_iter=fitted.n_iter + more.n_iter,
            solver=fitted.solver,
        )

    def assess(self, fitted: Fitted) -> Assessment:
        """Assess a fit."""
        return assess(self.rows, fitted, alpha=0.0, fit_intercept=self.fit_intercept)

    def newton_is_cheap(self) -> bool:
        """Whether Newton's matrix is not too large."""
        (n, size), n_classes = self.rows.shape, self.rows.n_classes
        if self.rows.n_stored is None:  # sparse rows are not brought into the space they span
            size = min(n, size)
        work = n * n_classes * (n_classes - 1) / 4 * size**2
        parameters = (n_classes - 1) * (size + self.fit_intercept)
        return bool(parameters <= _MOST_PARAMETERS and work <= _MOST_WORK)


def _near_optimum(
    task: _Task, fitted: Fitted, assessment: Assessment, tol: float, observe: FitObserver
) -> tuple[Fitted, Assessment]:
    """Go on where the gradient is as small as `tol`, and the loss farther from its optimum.

    By the coefficients of a small column the gradient is small everywhere.
    """
    finer = tol
    for _ in range(_ROUNDS):
        ended = fitted.status is not Status.CONVERGED or fitted.n_iter >= task.max_iter
        if ended or not _falls(fitted, assessment.certificate, tol):
            break
        finer *= _FINER
        more = task.go_on(fitted, fitted.solver, finer, observe)
        fitted = more._replace(status=Status.CONVERGED)  # by `tol` it is
        assessment = task.assess(fitted)
        if more.status is not Status.CONVERGED:
            break
    return fitted, assessment


def _falls(fitted: Fitted, certificate: Certificate, tol: float) -> bool:
    """Whether the loss is to fall by more than `tol`, as far as that is known."""
    if certificate.exists or certificate.gap <= tol:
        return certificate.gap > tol
    return bool(sure_falls(fitted.objective, fitted.gradient).falls.max() > tol)


def _near_infimum(
    task: _Task,
    fitted: Fitted,
    separation: Separation,
    tol: float,
    observe: FitObserver,
    *,
    stop: bool,
) -> tuple[Fitted, Assessment]:
    """Go on along a direction that separates classes, until the infimum is near."""
    solver, patience, finer = fitted.solver, None, tol
    if task.newton_is_cheap():
        solver, patience = "newton", _PATIENCE
    watch = InfimumWatch(
        task.rows,
        separation,
        task.fit_intercept,
        tol * _SHARE,
        patience,
        observe,
    )
    watch.take(fitted, programme=False)
    for left in reversed(range(_ROUNDS)):
        if watch.reached or stop or watch.asked or fitted.n_iter >= task.max_iter:
            break
        # By coefficients of tiny columns the gradient is below any tol: at last none is asked.
        finer = finer * _FINER if left else sys.float_info.min
        fitted = task.go_on(fitted, solver, finer, watch)
        if not watch.reached:
            watch.take(fitted, programme=True)
        if fitted.status is not Status.CONVERGED:
            break
    if watch.reached:
        fitted = fitted._replace(status=Status.CONVERGED)
    gap = watch.gap
    if gap == np.inf:
        parameters = fitted.coef, fitted.intercept
        gap = certify(task.rows, *parameters, alpha=0.0, fit_intercept=task.fit_intercept).gap
    return fitted, Assessment(Certificate(gap, exists=False), separation)


def _but_the_first(observe: FitObserver) -> FitObserver:
    """Pass on all points but the first, where the fit before ended."""
    first = True

    def pass_on(parameters: Float64, at: Any, step: float) -> bool | None:
        nonlocal first
        if first:
            first = False
            return None
        return observe(parameters, at, step)

    return pass_on
