"""Observers of unpenalised fits: one searches for separation, one bounds the infimum behind it."""

import math
from typing import Any

import numpy as np

from trivium.arrays import Float64
from trivium.rows.source import Rows
from trivium.softmax.certificate.infimum import above_infimum
from trivium.softmax.fitting import FitObserver, Fitted
from trivium.softmax.separation.directions import (
    Separation,
    Verdict,
    find_separation,
    losing_classes,
    winning_margins,
)
from trivium.softmax.separation.margins import Mask

_STEPS_BEFORE_COLUMNS, _STEPS_BEFORE_PROGRAMME = 10, 100
_WAIT = 5  # steps between bounds that prove nothing


class SeparationWatch:
    """Searches, step by step, for proof that there is no optimum.

    A point that predicts all rows right is nearly always one; where none comes, single columns
    are compared, and later a linear programme (LP) is solved, each once.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    fit_intercept : bool
    observe : callable
        Called with each point first; where it returns true, the fit stops.

    Attributes
    ----------
    found : Separation or None
        The proof.
    """

    def __init__(self, rows: Rows, fit_intercept: bool, observe: FitObserver) -> None:
        self._rows, self._fit_intercept = rows, fit_intercept
        self._observe = observe
        self._step = 0
        self._was_right = False
        self.found: Separation | None = None
        self.asked = False

    def __call__(self, parameters: Float64, at: Any, step: float) -> bool:
        """Return whether to stop: as the observer asks, or because there is proof."""
        self.asked = bool(self._observe(parameters, at, step))
        return self.asked or self._look(parameters, at)

    def _look(self, parameters: Float64, at: Any) -> bool:
        first_right = at.accuracy == 1.0 and self._step > 0 and not self._was_right
        self._was_right = self._was_right or first_right
        self._step += 1
        if not first_right and self._step not in (_STEPS_BEFORE_COLUMNS, _STEPS_BEFORE_PROGRAMME):
            return False
        d = self._rows.shape[1]
        found = find_separation(
            self._rows,
            parameters[:, :d],
            parameters[:, d:].sum(axis=1),
            fit_intercept=self._fit_intercept,
            programme=self._step >= _STEPS_BEFORE_PROGRAMME,
        )
        self.found = found if found.direction is not None else None
        return self.found is not None


class InfimumWatch:
    """Ends a fit to separated classes when the loss is known to be near its infimum.

    The bound reads the rows several times, and is computed when the last step's fall is small.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    separation : Separation
        With a direction.
    fit_intercept : bool
    enough : float
        The bound to reach.
    patience : int or None
        Steps in a row that gain no more than that, after which to end without proof. None
        means that small steps are no sign of the end.
    observe : callable

    Attributes
    ----------
    gap : float
        The last bound.
    reached : bool
    asked : bool
        Whether the observer asked to stop.
    """

    def __init__(
        self,
        rows: Rows,
        separation: Separation,
        fit_intercept: bool,
        enough: float,
        patience: int | None,
        observe: FitObserver,
    ) -> None:
        self._rows = rows
        self._separation, self._fit_intercept = separation, fit_intercept
        self._enough, self._patience, self._observe = enough, patience, observe
        self._lost: Mask | None = None
        self._whole = separation.verdict is Verdict.COMPLETE
        self._loss = np.inf
        self._wait = self._steady = 0
        self.gap = np.inf
        self.reached = self.asked = False

    def __call__(self, parameters: Float64, at: Any, step: float) -> bool:
        """Pass on a point; return whether to stop there."""
        self.asked = bool(self._observe(parameters, at, step))
        fall, self._loss = self._loss - at.loss, at.loss
        self._wait -= 1
        hopeful = fall <= self._enough or at.loss <= self._enough
        self._steady = self._steady + 1 if hopeful else 0
        if hopeful and self._wait <= 0:
            d = self._rows.shape[1]
            self._bound(parameters[:, :d], parameters[:, d:].sum(axis=1), programme=True)
        tired = self._patience is not None and self._steady >= self._patience
        return self.asked or self.reached or tired

    def take(self, fitted: Fitted, *, programme: bool) -> None:
        """Compute the bound where a fit has ended, with a programme's help if need be."""
        self._loss = fitted.loss
        self._bound(fitted.coef, fitted.intercept, programme=programme)

    def _bound(self, coef: Float64, intercept: Float64, *, programme: bool) -> None:
        given = self._rows, self._separation
        if self._lost is None:
            self._lost = winning_margins(*given, fit_intercept=self._fit_intercept)
        self._look(coef, intercept)
        if programme and self.gap == np.inf and not self._whole:
            self._whole = True
            self._lost = losing_classes(*given, fit_intercept=self._fit_intercept)
            self._look(coef, intercept)
        self._wait = _WAIT
        if self.gap < np.inf and not self.reached and self._enough > 0:
            self._wait = math.ceil(math.log(self.gap / self._enough))

    def _look(self, coef: Float64, intercept: Float64) -> None:
        self.gap = above_infimum(
            self._rows,
            coef,
            intercept,
            fit_intercept=self._fit_intercept,
            lost=self._lost,
            enough=self._enough,
        )
        self.reached = self.gap <= self._enough
