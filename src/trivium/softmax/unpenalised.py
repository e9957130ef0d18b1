"""Fits without a penalty: to the optimum, or where there is none, near the infimum.

Where classes are separated the loss falls for ever, by a factor e a step of Newton's, and a
gradient that is small says little. Once separation is proved, the fit goes on by Newton's method
from where it is, as quasi-Newton steps are slow there, until the loss is known to be no more than
`tol` above its infimum. So its predictions are those of programs that stop when the likelihood does
not change any more.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from trivium.arrays import Float64, Floats, Indices
from trivium.softmax.assessment import Assessment, assess
from trivium.softmax.fitting import FitObserver, Fitted, fit_parameters
from trivium.softmax.infimum import above_infimum
from trivium.softmax.optimality import Certificate, certify
from trivium.softmax.separation import (
    Separation,
    Verdict,
    find_separation,
    losing_classes,
    winning_margins,
)
from trivium.softmax.solvers.protocol import Status

_STEPS_BEFORE_COLUMNS, _STEPS_BEFORE_PROGRAMME = 10, 100
_SHARE = 0.1  # of tol, which the bound is to reach, so that tol is not just reached
_FINER, _ROUNDS = 1e-3, 4  # tol of the gradient beyond the proof, and how often it is made finer
_WAIT = 5  # steps between bounds that say nothing
_MOST_PARAMETERS, _MOST_WORK = 1500, 2e10  # of Newton's steps


class SeparationWatch:
    """Looks out, step by step, for proof that there is no optimum.

    A point that tells all rows right is nearly always one; where none comes, single columns
    are looked at, and later a linear programme is asked, each once.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    codes : ndarray of shape (n,)
    fit_intercept : bool
    observe : callable
        Told of each point first; what it answers goes before.

    Attributes
    ----------
    found : Separation or None
        The proof.
    """

    def __init__(
        self, X: Floats, codes: Indices, fit_intercept: bool, observe: FitObserver
    ) -> None:
        self._X, self._codes, self._fit_intercept = X, codes, fit_intercept
        self._observe = observe
        self._step = 0
        self._was_right = False
        self.found: Separation | None = None
        self.asked = False

    def __call__(self, parameters: Float64, at: Any, step: float) -> bool:
        """Say whether to stop: as asked, or because there is proof."""
        self.asked = bool(self._observe(parameters, at, step))
        return self.asked or self._look(parameters, at)

    def _look(self, parameters: Float64, at: Any) -> bool:
        first_right = at.accuracy == 1.0 and self._step > 0 and not self._was_right
        self._was_right = self._was_right or first_right
        self._step += 1
        if not first_right and self._step not in (_STEPS_BEFORE_COLUMNS, _STEPS_BEFORE_PROGRAMME):
            return False
        d = self._X.shape[1]
        found = find_separation(
            self._X,
            self._codes,
            parameters[:, :d],
            parameters[:, d:].sum(axis=1),
            fit_intercept=self._fit_intercept,
            programme=self._step >= _STEPS_BEFORE_PROGRAMME,
        )
        self.found = found if found.direction is not None else None
        return self.found is not None


def fit_and_assess(
    X: Floats,
    codes: Indices,
    n_classes: int,
    weights: Float64 | None,
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
    """Minimise the penalised mean cross-entropy, and say what is known of the answer.

    Parameters are those of `fit_parameters`. The path of plain descent is to be watched, and ends
    by `tol` whether classes are separated or not.

    Returns
    -------
    fitted : Fitted
    assessment : Assessment
    """
    rows = X, codes, n_classes, weights
    if alpha == 0 and solver != "gradient-descent":
        return fit_unpenalised(
            *rows,
            fit_intercept=fit_intercept,
            solver=solver,
            max_iter=max_iter,
            tol=tol,
            start=start,
            observe=observe,
        )
    fitted = fit_parameters(
        *rows,
        alpha=alpha,
        fit_intercept=fit_intercept,
        solver=solver,
        learning_rate=learning_rate,
        max_iter=max_iter,
        tol=tol,
        start=start,
        observe=observe,
    )
    return fitted, assess(X, codes, weights, fitted, alpha=alpha, fit_intercept=fit_intercept)


def fit_unpenalised(
    X: Floats,
    codes: Indices,
    n_classes: int,
    weights: Float64 | None,
    *,
    fit_intercept: bool,
    solver: str,
    max_iter: int,
    tol: float,
    start: Float64 | None,
    observe: FitObserver,
) -> tuple[Fitted, Assessment]:
    """Minimise the mean cross-entropy, and say what is known of the answer.

    Parameters are those of `fit_parameters`, of which `tol` bounds the gradient where there is an
    optimum, and the loss less its infimum where there is none. "gradient-descent" is not for this.

    Returns
    -------
    fitted : Fitted
    assessment : Assessment
    """
    watch = SeparationWatch(X, codes, fit_intercept, observe)
    options: dict[str, Any] = {
        "alpha": 0.0,
        "fit_intercept": fit_intercept,
        "learning_rate": "auto",
    }
    fitted = fit_parameters(
        X,
        codes,
        n_classes,
        weights,
        solver=solver,
        max_iter=max_iter,
        tol=tol,
        start=start,
        observe=watch,
        **options,
    )
    if watch.found is None:
        assessment = assess(X, codes, weights, fitted, alpha=0.0, fit_intercept=fit_intercept)
        if assessment.separation is None or assessment.separation.direction is None:
            return fitted, assessment
        separation = assessment.separation
    else:
        separation = watch.found
    descent = _Descent(X, codes, weights, separation, fit_intercept, tol * _SHARE, observe)
    descent.take(fitted, programme=False)
    size = (n_classes - 1) * (min(X.shape) + fit_intercept)
    work = X.shape[0] * n_classes * (n_classes - 1) / 4 * min(X.shape) ** 2
    exact = size <= _MOST_PARAMETERS and work <= _MOST_WORK
    finer = tol
    for _ in range(_ROUNDS):
        left = max_iter - fitted.n_iter
        if descent.reached or watch.asked or descent.asked or left < 1:
            break
        finer *= _FINER
        descent.begin()
        more = fit_parameters(
            X,
            codes,
            n_classes,
            weights,
            solver="newton" if exact else fitted.solver,
            max_iter=left,
            tol=finer,
            start=_joined(fitted, fit_intercept),
            observe=descent,
            **options,
        )
        fitted = more._replace(
            n_iter=fitted.n_iter + more.n_iter,
            n_passes=fitted.n_passes + more.n_passes,
            solver=fitted.solver,
        )
        if not descent.reached:
            descent.take(fitted, programme=True)
        if more.status is not Status.CONVERGED:
            break
    if descent.reached:
        fitted = fitted._replace(status=Status.CONVERGED)
    fitted = fitted._replace(n_passes=fitted.n_passes + descent.passes)
    gap = descent.gap
    if gap == np.inf:
        gap = certify(
            X,
            codes,
            weights,
            fitted.coef,
            fitted.intercept,
            alpha=0.0,
            fit_intercept=fit_intercept,
        ).gap
    return fitted, Assessment(Certificate(gap, exists=False), separation)


def _joined(fitted: Fitted, fit_intercept: bool) -> Float64:
    """Parameters to go on from."""
    if not fit_intercept:
        return fitted.coef
    return np.column_stack([fitted.coef, fitted.intercept])


class _Descent:
    """Observer of a fit to separated classes, which ends it when the loss is near its infimum.

    The bound reads the rows several times, and is looked at when the last step's fall lets hope.

    Parameters
    ----------
    X, codes, weights : of the rows
    separation : Separation
        With a direction.
    fit_intercept : bool
    enough : float
        The bound to reach.
    observe : callable

    Attributes
    ----------
    gap : float
        The last bound.
    reached : bool
    asked : bool
        Whether the observer asked to stop.
    passes : float
        Reads of the rows, for bounds.
    """

    def __init__(
        self,
        X: Floats,
        codes: Indices,
        weights: Float64 | None,
        separation: Separation,
        fit_intercept: bool,
        enough: float,
        observe: FitObserver,
    ) -> None:
        self._rows = X, codes, weights
        self._separation, self._fit_intercept = separation, fit_intercept
        self._enough, self._observe = enough, observe
        self._lost: npt.NDArray[np.bool_] | None = None
        self._whole = separation.verdict is Verdict.COMPLETE
        self._known = False
        self._loss = np.inf
        self._wait = 0
        self.gap, self.passes = np.inf, 0.0
        self.reached = self.asked = False

    def begin(self) -> None:
        """Expect a start that is known already."""
        self._known = True

    def __call__(self, parameters: Float64, at: Any, step: float) -> bool:
        """Pass on a point; say whether to stop there."""
        if self._known:
            self._known = False
            return False
        self.asked = bool(self._observe(parameters, at, step))
        fall, self._loss = self._loss - at.loss, at.loss
        self._wait -= 1
        hopeful = fall <= self._enough or at.loss <= self._enough
        if hopeful and self._wait <= 0:
            d = self._rows[0].shape[1]
            self._bound(parameters[:, :d], parameters[:, d:].sum(axis=1), programme=True)
        return self.asked or self.reached

    def take(self, fitted: Fitted, *, programme: bool) -> None:
        """Look at the bound where a fit has ended, with a programme's help if need be."""
        self._loss = fitted.loss
        self._bound(fitted.coef, fitted.intercept, programme=programme)

    def _bound(self, coef: Float64, intercept: Float64, *, programme: bool) -> None:
        X, codes, _ = self._rows
        if self._lost is None:
            self._lost = winning_margins(
                X, codes, len(coef), self._separation, fit_intercept=self._fit_intercept
            )
        self._look(coef, intercept)
        if programme and self.gap == np.inf and not self._whole:
            self._whole = True
            self._lost = losing_classes(
                X, codes, len(coef), self._separation, fit_intercept=self._fit_intercept
            )
            self._look(coef, intercept)
        self._wait = _WAIT
        if self.gap < np.inf and not self.reached and self._enough > 0:
            self._wait = math.ceil(math.log(self.gap / self._enough))

    def _look(self, coef: Float64, intercept: Float64) -> None:
        X, codes, weights = self._rows
        found = above_infimum(
            X,
            codes,
            weights,
            coef,
            intercept,
            fit_intercept=self._fit_intercept,
            lost=self._lost,
            enough=self._enough,
        )
        self.gap, self.reached = found.gap, found.gap <= self._enough
        self.passes += found.passes
