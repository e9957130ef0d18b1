"""Densities from the distance to the k-th neighbour: formulas in log space.

A ball around x that just holds k of n rows has the volume V. Then k/(nV) estimates
p(x) (Loftsgaarden & Quesenberry, Ann. Math. Stat. 36, 1965); (k - 1)/(nV) does so
without bias where p is constant over the ball and x is not one of the n rows
(Fukunaga, Introduction to Statistical Pattern Recognition, 2nd ed. 1990, section 6.2).
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln, log_softmax, logsumexp

from trivium.arrays import Float64
from trivium.neighbors.search.metrics import NAMES, Metric


def require_volumes(metric: Metric, name: Any) -> None:
    """Raise a ValueError where the balls of a metric have no volumes.

    Parameters
    ----------
    metric : Metric
    name : str or callable
        What the estimator's parameter calls it.
    """
    if metric.has_volumes:
        return
    if metric.function is not None and name in NAMES:
        raise ValueError(
            f"metric={name!r} with metric_params['w']: a density knows no weights of "
            "columns. Scale the columns themselves."
        )
    volumes = [each for each, metric in NAMES.items() if metric.has_volumes]
    raise ValueError(
        f"metric={name!r}: expected one of {', '.join(map(repr, volumes))}, whose "
        "balls have volumes. `NearestNeighbors` returns distances by any metric."
    )


def log_unit_ball(norm: float, n_columns: int) -> float:
    """Log volume of the ball of radius one.

    Parameters
    ----------
    norm : float
        Exponent p of the norm: the ball of 2 is round, that of 1 a cross-polytope, that of
        infinity a cube.
    n_columns : int
        Dimension d of the space; the volume is in units of length^d.

    Returns
    -------
    float
        Of (2Γ(1 + 1/p))^d/Γ(1 + d/p) (Dirichlet, 1839).

    Examples
    --------
    >>> import numpy as np
    >>> float(np.exp(log_unit_ball(2.0, 2)).round(6))
    3.141593
    """
    d = n_columns
    if norm == 2.0:
        return float(0.5 * d * np.log(np.pi) - gammaln(0.5 * d + 1.0))
    if norm == np.inf:
        return float(d * np.log(2.0))
    if norm == 1.0:
        return float(d * np.log(2.0) - gammaln(d + 1.0))
    return float(d * (np.log(2.0) + gammaln(1.0 + 1.0 / norm)) - gammaln(1.0 + d / norm))


def log_volume(radius: Float64, metric: Metric, n_columns: int) -> Float64:
    """Log volume of balls; minus infinity for radius zero.

    On the sphere whose radius is one the ball is a cap, of area 4π·sin²(radius/2).

    Parameters
    ----------
    radius : ndarray
    metric : Metric
        One that has volumes.
    n_columns : int

    Raises
    ------
    ValueError
        If the metric has none.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.neighbors.search.metrics import METRICS
    >>> log_volume(np.array([0.0, 0.5]), METRICS["chebyshev"], 3)
    array([-inf,   0.])
    """
    with np.errstate(divide="ignore"):
        if metric.on_sphere:
            areas: Float64 = np.log(4.0 * np.pi) + 2.0 * np.log(np.sin(0.5 * radius))
            return areas
        if metric.norm is None:
            raise ValueError(f"Balls of {metric.name!r} have no volumes.")
        return n_columns * np.log(radius) + log_unit_ball(metric.norm, n_columns)


def counts_of(ks: Sequence[int], *, unbiased: bool) -> list[int]:
    """Return what numbers of neighbours count for in the formula: k, or k - 1 to be unbiased.

    Raises
    ------
    ValueError
        If nothing is left of one.
    """
    if unbiased and 1 in ks:
        raise ValueError(
            "n_neighbors=1 leaves nothing of (k - 1)/(nV): use unbiased=False, or two or more."
        )
    return [k - unbiased for k in ks]


def log_density(count: Float64 | float, total: Float64 | float, log_volumes: Float64) -> Float64:
    """Log of count/(total·volume): minus infinity for no count, else plus infinity for no volume.

    Parameters
    ----------
    count : float or ndarray, broadcast against `log_volumes`
    total : float or ndarray, positive
    log_volumes : ndarray

    Examples
    --------
    >>> import numpy as np
    >>> log_density(np.array([0.0, 2.0, 2.0]), 2.0, np.array([-np.inf, -np.inf, 0.0]))
    array([-inf,  inf,   0.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(count) - np.log(total) - log_volumes
    return np.where(np.asarray(count) == 0.0, -np.inf, value)


def warn_of_infinity(scores: Float64, stacklevel: int = 3) -> Float64:
    """Warn where rows coincide with the query, and pass on the scores.

    Parameters
    ----------
    scores : ndarray of shape (len(ks), m, ...)
    stacklevel : int
        As of `warnings.warn`, from here.
    """
    infinite = np.isposinf(scores)
    if infinite.any():
        n_queries = scores.shape[1]
        queries = np.flatnonzero(np.moveaxis(infinite, 1, 0).reshape(n_queries, -1).any(axis=1))
        warnings.warn(
            f"{queries.size} of {n_queries} queries, number {queries[0]} the first, coincide "
            "with all their neighbours: the ball has no volume and the density is infinite. "
            "More neighbours than duplicates help.",
            UserWarning,
            stacklevel=stacklevel,
        )
    return scores


def log_marginal(class_scores: Float64, priors: Float64) -> Float64:
    """Log p(x) = log of the sum over c of p(c)·p(x given c).

    Parameters
    ----------
    class_scores : ndarray of shape (m, n_classes)
    priors : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of shape (m,)
    """
    scores: Float64 = logsumexp(class_scores + _log(priors), axis=1)
    return scores


def posterior(class_scores: Float64, priors: Float64) -> Float64:
    """p(c given x) by Bayes' rule.

    Where a class has infinite density only such classes are possible; where no class
    has any density, x says nothing and the priors stand.

    Parameters
    ----------
    class_scores : ndarray of shape (m, n_classes)
    priors : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of shape (m, n_classes)
    """
    joint = _possible(class_scores, priors)
    share = np.exp(joint - joint.max(axis=1, keepdims=True))
    probabilities: Float64 = share / share.sum(axis=1, keepdims=True)
    return probabilities


def log_posterior(class_scores: Float64, priors: Float64) -> Float64:
    """Log of `posterior`, also where that is too small for float64.

    Examples
    --------
    >>> import numpy as np
    >>> log_posterior(np.array([[0.0, -900.0, -np.inf]]), np.full(3, 1 / 3))
    array([[   0., -900.,  -inf]])
    """
    logs: Float64 = log_softmax(_possible(class_scores, priors), axis=1)
    return logs


def _possible(class_scores: Float64, priors: Float64) -> Float64:
    """Log p(c) p(x given c) up to a constant, of which one a row at least is finite."""
    joint = class_scores + _log(priors)
    infinite = np.isposinf(joint)
    joint = np.where(infinite.any(axis=1, keepdims=True), np.where(infinite, 0.0, -np.inf), joint)
    return np.where(np.isneginf(joint).all(axis=1, keepdims=True), _log(priors), joint)


def _log(priors: Float64) -> Float64:
    """Logarithms, minus infinity for a class without weight."""
    with np.errstate(divide="ignore"):
        return np.log(priors)
