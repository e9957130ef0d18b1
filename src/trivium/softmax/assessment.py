"""What a fit is worth: its distance to the optimum, and why there may be none."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64, Indices
from trivium.labels import shown
from trivium.magnitudes import column_name
from trivium.rows.source import Rows
from trivium.softmax.certificate.duality_gap import Certificate, certify
from trivium.softmax.certificate.infimum import above_infimum
from trivium.softmax.coordinates.dependence import dependence_of
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.fitting import Fitted
from trivium.softmax.separation.directions import (
    Separation,
    SeparationWarning,
    find_separation,
    winning_margins,
)
from trivium.softmax.solvers.protocol import Status

NOTHING_LEFT = 1e-10
"""Of the loss, where float64 allows no further step."""

_ROUNDING = 16 * np.finfo(np.float64).eps
_NAMED = 3


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


def assess(rows: Rows, fitted: Fitted, *, alpha: float, fit_intercept: bool) -> Assessment:
    """Bound the distance to the optimum; where none is known to exist, search for separation.

    Where classes are separated, the bound is that of the distance to the infimum.
    """
    parameters = fitted.coef, fitted.intercept
    options: Any = {"alpha": alpha, "fit_intercept": fit_intercept}
    certificate = certify(rows, *parameters, **options, at=fitted.at)
    if certificate.exists or fitted.status is Status.DIVERGED:
        return Assessment(certificate, None)
    separation = find_separation(rows, *parameters, fit_intercept=fit_intercept)
    if separation.direction is not None:
        lost = winning_margins(rows, separation, fit_intercept=fit_intercept)
        gap = above_infimum(rows, *parameters, fit_intercept=fit_intercept, lost=lost)
        certificate = certificate._replace(gap=min(certificate.gap, gap))
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
        where float64 allows no further step; or if it is, and no optimum could be proved. Plain
        descent, which usually ends far from it, is spared the last.
    """
    gap, separation = assessment.certificate.gap, assessment.separation
    if separation is not None and separation.direction is not None:
        message = _separated(estimator, separation, fitted, gap)
        warnings.warn(message, SeparationWarning, stacklevel=stacklevel)
        return
    exhausted = fitted.status in (Status.ROUNDING, Status.NO_PROGRESS)
    share = NOTHING_LEFT if exhausted else _ROUNDING
    at_optimum = np.isfinite(gap) and gap <= share * abs(fitted.loss)
    ended = fitted.status is Status.CONVERGED and fitted.solver != "gradient-descent"
    if ended and separation is not None and gap > estimator.tol:
        message = _unproved(estimator, separation, fitted)
        warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)
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


def _unproved(estimator: Any, separation: Separation, fitted: Fitted) -> str:
    """Describe a fit whose optimum is not proved, with the columns that may be the reason."""
    rows, centred = fitted.objective.rows, fitted.objective.fit_intercept
    frame = frame_of(rows.summary(), centred=centred)
    dependence = dependence_of(rows, frame, centred=centred)
    near = dependence.near if dependence is not None else np.zeros(0, dtype=np.intp)
    why = "."
    if near.size:
        columns = ", ".join(column_name(estimator, int(j)) for j in near[:_NAMED])
        more = ", ..." if near.size > _NAMED else ""
        depends = "depends" if near.size == 1 else "depend"
        why = (
            f": {columns}{more} nearly {depends} on other columns. Leave out what says nothing new."
        )
    return (
        f"{fitted.solver} ended with a gradient as small as tol, but how far the loss is from its "
        f"optimum could not be proved{why} The classes {separation.verdict.value}."
    )


def _separated(estimator: Any, separation: Separation, fitted: Fitted, gap: float) -> str:
    """Describe which classes a direction separates, by which columns, and the bound."""
    parts, labels = np.asarray(separation.parts), estimator.classes_
    named = labels[separated_classes(separation.pairs)]
    classes = ", ".join(shown(label) for label in named[:10])
    classes += ", ..." if named.size > 10 else ""
    told = str(separation.verdict.value)
    if named.size == 1:  # of several: it is separated from each of the others
        who = f"The class {classes} {told.replace('are', 'is', 1)}"
        who = who.replace("by linear", "from all others by linear")
    else:
        who = f"The classes {classes} {told}"
    order = np.argsort(-parts, kind="stable")
    great = order[parts[order] >= 0.1 * max(parts.max(), np.finfo(float).tiny)]
    columns = ", ".join(column_name(estimator, int(j)) for j in great[:_NAMED])
    by = f", most by {columns}" if great.size else ""
    most = ""
    if not gap <= estimator.tol:
        most = f" {fitted.solver} stopped after {fitted.n_iter} steps: {fitted.status.value}."
        if np.isfinite(gap):
            most += f" The loss is at most {gap:.2g} above its infimum."
    return (
        f"{who}{by}: with alpha=0 the loss falls for ever as the coefficients grow along "
        f"separating_direction_, and has no optimum.{most} Set alpha above 0."
    )


def separated_classes(pairs: Any) -> Indices:
    """Return the classes that a direction separates, given the pairs that it separates.

    Where one class of each of these pairs is separated from all others, those classes are
    the ones; else all that are in a pair.

    Parameters
    ----------
    pairs : ndarray of bool of shape (n_classes, n_classes)

    Examples
    --------
    >>> import numpy as np
    >>> pairs = np.zeros((3, 3), dtype=bool)
    >>> pairs[2, :2] = True
    >>> separated_classes(pairs)
    array([2])
    >>> separated_classes(~np.eye(2, dtype=bool))
    array([0, 1])
    """
    apart = pairs | pairs.T
    from_all = apart.sum(axis=1) == len(apart) - 1
    rest = apart[np.ix_(~from_all, ~from_all)]
    if from_all.any() and not rest.any() and len(apart) > 2:
        return np.flatnonzero(from_all)
    return np.flatnonzero(apart.any(axis=1))


def direction_of(assessment: Assessment) -> Float64 | None:
    """Return the direction that separates the classes, if one was found."""
    return None if assessment.separation is None else assessment.separation.direction
