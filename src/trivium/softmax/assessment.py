"""What a fit is worth: its distance to the optimum, and why there may be none."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64
from trivium.inputs import LabelledRows, column_name
from trivium.labels import shown
from trivium.softmax.fitting import Fitted
from trivium.softmax.optimality import Certificate, certify
from trivium.softmax.separation import Separation, SeparationWarning, find_separation
from trivium.softmax.solvers.protocol import Status

NOTHING_LEFT = 1e-10
"""Of the loss, where float64 allows no further step."""

_ROUNDING = 16 * np.finfo(np.float64).eps
_NAMED = 3
_STEPS_BEFORE_COLUMNS, _STEPS_BEFORE_PROGRAMME = 10, 100


class Assessment(NamedTuple):
    """What is known of a fit.

    Attributes
    ----------
    certificate : Certificate
    separation : Separation or None
        None where an optimum is known to exist, or the fit went nowhere.
    """

    certificate: Certificate
    separation: Separation | None


class SeparationWatch:
    """Looks out, step by step, for proof that there is no optimum.

    A point that tells all rows right is nearly always one; where none comes, single columns
    are looked at, and later a linear programme is asked, each once.

    Parameters
    ----------
    rows : LabelledRows
    fit_intercept : bool
    """

    def __init__(self, rows: LabelledRows, fit_intercept: bool) -> None:
        self._rows, self._fit_intercept = rows, fit_intercept
        self._step = 0
        self._was_right = False

    def __call__(self, parameters: Float64, at: Any) -> bool:
        """Say whether there is proof."""
        first_right = at.accuracy == 1.0 and self._step > 0 and not self._was_right
        self._was_right = self._was_right or first_right
        self._step += 1
        if not first_right and self._step not in (_STEPS_BEFORE_COLUMNS, _STEPS_BEFORE_PROGRAMME):
            return False
        X, d = self._rows.X, self._rows.X.shape[1]
        intercept = parameters[:, d:].sum(axis=1)
        found = find_separation(
            X,
            self._rows.codes,
            parameters[:, :d],
            intercept,
            fit_intercept=self._fit_intercept,
            programme=self._step >= _STEPS_BEFORE_PROGRAMME,
        )
        return found.direction is not None


def assess(rows: LabelledRows, fitted: Fitted, *, alpha: float, fit_intercept: bool) -> Assessment:
    """Bound the distance to the optimum; where none is known to exist, look why."""
    certificate = certify(
        rows.X,
        rows.codes,
        rows.weights,
        fitted.coef,
        fitted.intercept,
        alpha=alpha,
        fit_intercept=fit_intercept,
    )
    if certificate.exists or fitted.status is Status.DIVERGED:
        return Assessment(certificate, None)
    separation = find_separation(
        rows.X, rows.codes, fitted.coef, fitted.intercept, fit_intercept=fit_intercept
    )
    return Assessment(certificate, separation)


def warn_of(
    estimator: Any,
    assessment: Assessment,
    fitted: Fitted,
    gradient: float,
    *,
    stacklevel: int,
) -> None:
    """Warn where there is no optimum, or the fit is known to be away from it.

    Warns
    -----
    SeparationWarning
        If the classes are separated.
    ConvergenceWarning
        If the solver stopped by itself before the gradient was as small as `tol`, unless the
        loss is known to be at its optimum all the same: to rounding, or to a share of 1e-10
        where float64 allows no further step.
    """
    gap, separation = assessment.certificate.gap, assessment.separation
    if separation is not None and separation.direction is not None:
        warnings.warn(_separated(estimator, separation), SeparationWarning, stacklevel=stacklevel)
        return
    exhausted = fitted.status in (Status.ROUNDING, Status.NO_PROGRESS)
    share = NOTHING_LEFT if exhausted else _ROUNDING
    at_optimum = np.isfinite(gap) and gap <= share * abs(fitted.loss)
    if fitted.status in (Status.CONVERGED, Status.STOPPED) or at_optimum:
        return
    known = f" The loss is at most {gap:.2g} above its optimum." if np.isfinite(gap) else ""
    reason = ""
    if separation is not None:
        reason = f" The classes {separation.verdict.value}."
    elif estimator.alpha == 0 and assessment.certificate.exists:
        reason = " The classes overlap: there is an optimum."
    warnings.warn(
        f"{fitted.solver} stopped after {fitted.n_iter} steps with a gradient of "
        f"{gradient:.2g}: {fitted.status.value}.{known}{reason}",
        ConvergenceWarning,
        stacklevel=stacklevel,
    )


def _separated(estimator: Any, separation: Separation) -> str:
    """Say which classes a direction separates, and by which columns."""
    parts, pairs = np.asarray(separation.parts), separation.pairs
    labels = estimator.classes_[pairs.any(axis=0) | pairs.any(axis=1)]
    classes = ", ".join(shown(label) for label in labels[:10])
    order = np.argsort(-parts, kind="stable")
    great = order[parts[order] >= 0.1 * max(parts.max(), np.finfo(float).tiny)]
    columns = ", ".join(column_name(estimator, int(j)) for j in great[:_NAMED])
    by = f", most by {columns}" if great.size else ""
    return (
        f"The classes {classes}{', ...' if labels.size > 10 else ''} {separation.verdict.value}"
        f"{by}: with alpha=0 the loss falls for ever as the coefficients grow along "
        "separating_direction_, and has no optimum. Set alpha above 0."
    )


def direction_of(assessment: Assessment) -> Float64 | None:
    """Direction that separates the classes, if one was found."""
    return None if assessment.separation is None else assessment.separation.direction
