"""Probabilities as functions of scores: what calibration has found.

Each is a rising function of a score: none turns the order of the scores round.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.isotonic import IsotonicRegression

from trivium.arrays import Float64, Indices
from trivium.least_squares.solving.targets import leading

_TIE_BREAK = 1e-6  # of a rising function in steps, so that scores on one step keep their order
_CERTAIN = 1000.0  # log-odds of what is certain: exp(-746) is zero
_SMALLEST, _GREATEST = float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).max)


class Range(NamedTuple):
    """Where the scores of a column are to be believed.

    Attributes
    ----------
    middle : float
    reach : float
        Half its length.
    """

    middle: float
    reach: float

    def place(self, scores: Float64) -> Float64:
        """Say where scores lie: from -1 at the range's lower end to 1 at its upper one."""
        with np.errstate(over="ignore"):
            placed: Float64 = (scores - self.middle) / self.reach
        return placed


class Sigmoid(NamedTuple):
    """A logistic function of where a score lies.

    Attributes
    ----------
    slope : float
        Positive.
    intercept : float
    """

    slope: float
    intercept: float

    def __call__(self, placed: Float64) -> Float64:
        """Probability of the class, given where scores lie."""
        probabilities: Float64 = expit(self.log_odds(placed))
        return probabilities

    def log_odds(self, placed: Float64) -> Float64:
        """Logarithm of the odds for the class against the rest."""
        with np.errstate(over="ignore"):
            odds: Float64 = self.slope * placed + self.intercept
        return odds


class Steps(NamedTuple):
    """A step function, straight between steps, that rises a little on them too."""

    steps: IsotonicRegression

    def __call__(self, placed: Float64) -> Float64:
        """Probability of the class, given where scores lie."""
        return self._shares(placed, 1.0)

    def log_odds(self, placed: Float64) -> Float64:
        """Logarithm of the odds for the class against the rest."""
        for_it, against = self._shares(placed, 1.0), self._shares(placed, -1.0)
        odds: Float64 = np.log(np.maximum(for_it, _SMALLEST) / np.maximum(against, _SMALLEST))
        return odds

    def _shares(self, placed: Float64, sign: float) -> Float64:
        """Probability of the class, or, with its digits, of the rest."""
        steps = self.steps.predict(np.clip(placed, -1.0, 1.0))
        shares: Float64 = (1.0 - _TIE_BREAK) * (steps if sign > 0 else 1.0 - steps)
        shares += _TIE_BREAK * expit(sign * placed)
        return shares


class Calibrator(NamedTuple):
    """Probabilities as a function of scores.

    Attributes
    ----------
    n_classes : int
    present : ndarray of int
        Classes that have rows; the others have no probability.
    ranges : list of Range
        Of each class's scores that is present; of two classes in all, of the second's.
    curves : list of callable or None
        One a range, of where scores lie in it.
    temperature : float
        Inverse temperature of all scores, where there are no curves.
    """

    n_classes: int
    present: Indices
    ranges: list[Range]
    curves: list[Sigmoid | Steps] | None
    temperature: float = 1.0

    def log_odds(self, scores: Float64) -> Float64:
        """Logarithms of the odds, of which the greatest tells the most probable class.

        Of a sigmoid and of steps they are those of each class against the rest, at one temperature
        logits of which the softmax is the probabilities.

        Parameters
        ----------
        scores : ndarray of shape (m, n_targets)

        Returns
        -------
        ndarray of shape (m, n_targets)
            Of two classes for the second; finite.
        """
        odds = np.full(scores.shape, -_CERTAIN)
        if self.present.size == 1:
            column = self.present - 1 if self.n_classes == 2 else self.present
            odds[:, column[column >= 0]] = _CERTAIN
            return odds
        columns = slice(None) if self.n_classes == 2 else self.present
        with np.errstate(over="ignore"):
            if self.curves is None:
                factor = self.temperature * (2.0 if self.n_classes == 2 else 1.0)
                most = np.maximum(np.abs(scores).max(axis=1, keepdims=True), 1.0)
                # Far off, logits keep their proportions within float64.
                odds[:, columns] = np.minimum(factor, _GREATEST / most) * scores[:, columns]
            else:
                pairs = zip(self.ranges, self.curves, scores[:, columns].T, strict=True)
                odds[:, columns] = np.column_stack(
                    [curve.log_odds(known.place(own)) for known, curve, own in pairs]
                )
        if self.present.size < self.n_classes:
            most = odds[:, self.present].max(axis=1, keepdims=True)
            odds[:, self._absent()] = np.minimum(most, 0.0) - _CERTAIN
        return np.clip(odds, -_GREATEST, _GREATEST, out=odds)

    def predict_proba(self, scores: Float64) -> Float64:
        """Probability of each class, of shape (m, n_classes), given scores (m, n_targets)."""
        probabilities = np.zeros((len(scores), self.n_classes))
        if self.present.size == 1:
            probabilities[:, self.present] = 1.0
        elif self.n_classes == 2:
            second = expit(self.log_odds(scores)[:, 0])
            probabilities[:, 0], probabilities[:, 1] = 1.0 - second, second
        elif self.curves is None:
            logits = self.log_odds(scores)[:, self.present]
            with np.errstate(over="ignore"):
                probabilities[:, self.present] = softmax(below_greatest(logits), axis=1)
        else:
            for c, known, curve in zip(self.present, self.ranges, self.curves, strict=True):
                probabilities[:, c] = np.maximum(curve(known.place(scores[:, c])), _SMALLEST)
            probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities

    def predict_log_proba(self, scores: Float64) -> Float64:
        """Logarithms of `predict_proba`, to their digits."""
        logarithms = np.full((len(scores), self.n_classes), -np.inf)
        if self.present.size == 1:
            logarithms[:, self.present] = 0.0
        elif self.n_classes == 2:
            second = self.log_odds(scores)[:, 0]
            logarithms[:, 0], logarithms[:, 1] = log_expit(-second), log_expit(second)
        elif self.curves is None:
            with np.errstate(over="ignore"):
                logits = below_greatest(self.log_odds(scores)[:, self.present])
            logarithms[:, self.present] = log_softmax(logits, axis=1)
        else:
            shares = [
                np.maximum(curve(known.place(scores[:, c])), _SMALLEST)
                for c, known, curve in zip(self.present, self.ranges, self.curves, strict=True)
            ]
            logarithms[:, self.present] = log_softmax(np.log(np.column_stack(shares)), axis=1)
        return logarithms

    def predict(self, scores: Float64) -> Indices:
        """Most probable class, of shape (m,); the smallest of those that tie."""
        return leading(self.log_odds(scores), self._absent())

    def _absent(self) -> Indices:
        return np.setdiff1d(np.arange(self.n_classes), self.present)


def below_greatest(scores: Float64) -> Float64:
    """Scores less the greatest of each row."""
    below: Float64 = scores - scores.max(axis=1, keepdims=True)
    return below
