"""Least squares beside NumPy's ``lstsq`` and refits without each row."""

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from scipy.sparse import csr_array

from fuzz.problems import Problem, draw
from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV
from trivium.least_squares.solving.by_iteration import MANY_COLUMNS

_CLOSE = 1e-7  # of the scores, where columns are as far from dependent as `_EVEN` says
_EVEN = 1e-5


class Plain(NamedTuple):
    """A plain fit: coefficients for scaled columns, and what they stand for."""

    coef: Any
    intercept: Any
    full_rank: bool

    def scores(self, X: Any) -> Any:
        """Return the values of the fitted functions."""
        return X @ self.coef + self.intercept


def problem(seed: int) -> Problem:
    """Draw a problem of this wing."""
    return draw(seed, most_rows=40, most_columns=12 if seed % 5 == 0 else 5)


def targets_of(y: Any, classes: Any) -> Any:
    """Return indicator targets, (-1, 1) for two classes."""
    if classes.size == 2:
        return np.where(y == classes[1], 1.0, -1.0)[:, None]
    return (y[:, None] == classes).astype(float)


def plain_fit(X: Any, targets: Any, alpha: float, *, centred: bool) -> Plain:
    """Fit by NumPy's ``lstsq``: centred columns, scaled to one length, penalty as more rows."""
    X = X.astype(np.float64)
    n, d = X.shape
    center = X.mean(axis=0) if centred else np.zeros(d)
    moved = X - center
    moved[:, (np.abs(moved) <= 4e-16 * np.abs(X).max(axis=0)).all(axis=0)] = 0.0
    middle = targets.mean(axis=0) if centred else np.zeros(targets.shape[1])
    length = np.sqrt((moved**2).sum(axis=0))
    length[length == 0] = 1.0
    A = np.concatenate([moved / length, np.sqrt(n * alpha) * np.diag(1.0 / length)])
    b = np.concatenate([targets - middle, np.zeros((d, targets.shape[1]))])
    scaled, _, rank, values = np.linalg.lstsq(A, b, rcond=1e-11)
    coef = scaled / length[:, None]
    even = bool(rank == d and values[-1] > _EVEN * values[0])
    return Plain(coef, middle - center @ coef, even)


def mismatches(table: Problem, rng: np.random.Generator) -> Iterator[str]:
    """Name what differs from the plain answer."""
    alpha = float(rng.choice([0.0, 0.0, 1e-3, 1.0]))
    centred = bool(rng.random() < 0.75)
    X, y = table.repeated()
    model = LeastSquaresClassifier(alpha, fit_intercept=centred)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table.X, table.y, sample_weight=table.counts)
    targets = targets_of(y, model.classes_)
    plain = plain_fit(X, targets, alpha, centred=centred)
    setting = f"alpha {alpha:g}, {'' if centred else 'no '}intercept"
    ours = _objective(X, targets, model.coef_.T, model.intercept_, alpha)
    theirs = _objective(X, targets, plain.coef, plain.intercept, alpha)
    if not ours <= theirs * (1 + 1e-8) + 1e-13:
        yield f"{setting}: objective {ours} above {theirs}"
    if plain.full_rank:
        right = plain.scores(table.queries.astype(float))
        told = model.decision_function(table.queries).reshape(right.shape)
        if not np.allclose(told, right, rtol=_CLOSE, atol=_CLOSE * (1 + np.abs(right).max())):
            yield f"{setting}: scores differ by {np.abs(told - right).max():.2g}"
        yield from _sparse(table, alpha, centred, setting, right)
        yield from _without_rows(model, X, y, targets, alpha, centred, setting)
        if alpha > 0:
            yield from _every_penalty(X, y, targets, centred, alpha)
    yield from _in_parts(model, table, alpha, centred, setting, rng)
    yield from _probabilities(table)


def _sparse(table: Problem, alpha: float, centred: bool, setting: str, right: Any) -> Iterator[str]:
    """Ask the same of sparse rows, small as they are, by the ways of large ones."""
    rows, queries = csr_array(table.X), csr_array(table.queries)
    for least in (MANY_COLUMNS, 0):
        with (
            patch("trivium.rows.csr._FEW_VALUES", 0),
            patch("trivium.least_squares.solving.sparse_sums._FEW_VALUES", 0),
            patch("trivium.least_squares.solving.sparse_sums.MOST_STORED", 1.0),
            patch("trivium.least_squares.solving.by_iteration.MANY_COLUMNS", least),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            model = LeastSquaresClassifier(alpha, fit_intercept=centred)
            told = model.fit(rows, table.y, sample_weight=table.counts).decision_function(queries)
        told = told.reshape(right.shape)
        if not np.allclose(told, right, rtol=_CLOSE, atol=_CLOSE * (1 + np.abs(right).max())):
            apart = np.abs(told - right).max()
            yield f"{setting}: sparse, from {least} columns by steps: scores differ by {apart:.2g}"


def _objective(X: Any, targets: Any, coef: Any, intercept: Any, alpha: float) -> float:
    """Compute what is minimised; far from zero, sums over columns need digits to spare."""
    missed = X.astype(np.longdouble) @ coef + intercept - targets
    return float((missed**2).sum(axis=1).mean() + alpha * (coef**2).sum())


def _without_rows(
    model: Any, X: Any, y: Any, targets: Any, alpha: float, centred: bool, setting: str
) -> Iterator[str]:
    """Refit without each of some rows."""
    n = len(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    told = model.influence(X, y)
    for row in range(0, n, max(1, n // 8)):
        others = np.arange(n) != row
        plain = plain_fit(X[others], targets[others], alpha, centred=centred)
        if not plain.full_rank:
            continue
        missed = targets[row] - plain.scores(X[row].astype(float))
        if not np.allclose(told.loo_residuals[row], missed, rtol=1e-6, atol=1e-6):
            yield f"{setting}: residual without row {row}"


def _every_penalty(X: Any, y: Any, targets: Any, centred: bool, alpha: float) -> Iterator[str]:
    """Leave-one-out error of one penalty among several."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LeastSquaresClassifierCV([alpha, 10 * alpha], fit_intercept=centred).fit(X, y)
    missed = []
    for row in range(len(X)):
        others = np.arange(len(X)) != row
        plain = plain_fit(X[others], targets[others], alpha, centred=centred)
        missed.append(targets[row] - plain.scores(X[row].astype(float)))
    error = np.square(missed).sum(axis=1).mean()
    if not np.isclose(model.cv_results_["mean_squared_error"][0], error, rtol=1e-6):
        yield f"leave-one-out error {model.cv_results_['mean_squared_error'][0]} is {error}"


def _in_parts(
    model: Any, table: Problem, alpha: float, centred: bool, setting: str, rng: Any
) -> Iterator[str]:
    """Rows that come in parts, and some that go again, beside one fit to the rest."""
    X, y = table.repeated()
    stays = rng.random(len(X)) < 0.7
    if np.unique(y[stays]).size < 2:
        return
    order = rng.permutation(len(X))
    parts = LeastSquaresClassifier(alpha, fit_intercept=centred)
    one = LeastSquaresClassifier(alpha, fit_intercept=centred)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rows in np.array_split(order, 3):
            if rows.size:
                parts.partial_fit(X[rows], y[rows], classes=model.classes_)
        if (~stays).any():
            parts.forget(X[~stays], y[~stays])
        one.partial_fit(X[stays], y[stays], classes=model.classes_)
        if np.unique(y[stays]).size == model.classes_.size:
            one.fit(X[stays], y[stays])
    if parts.rank_ != one.rank_ or list(parts.aliased_) != list(one.aliased_):
        yield f"{setting}: in parts rank {parts.rank_} is {one.rank_}, aliased {parts.aliased_}"
    spread = np.ptp(X.astype(float), axis=0)
    size = np.abs(one.coef_ * spread).max() + 1e-6  # of targets of one
    moved = np.abs((parts.coef_ - one.coef_) * spread).max()
    if not moved <= 1e-8 * size:
        yield f"{setting}: in parts coefficients differ by {moved / size:.2g}"


def _probabilities(table: Problem) -> Iterator[str]:
    """Calibration: probabilities, in the order of the scores for two classes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in ("sigmoid", "isotonic", "temperature"):
            model = LeastSquaresClassifier(0.01, calibration=kind)
            model.fit(table.X, table.y, sample_weight=table.counts)
            shares = model.predict_proba(table.queries)
            if not np.allclose(shares.sum(axis=1), 1.0) or shares.min() < 0:
                yield f"{kind}: no probabilities"
            if model.classes_.size > 2:
                continue
            plain = LeastSquaresClassifier(0.01)
            plain.fit(table.X, table.y, sample_weight=table.counts)
            order = np.argsort(plain.decision_function(table.queries))
            if (np.diff(shares[order, 1]) < -1e-9).any():
                yield f"{kind}: the order of the scores is lost"
