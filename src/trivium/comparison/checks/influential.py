"""Rows that bend the boundary of linear least squares."""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.prepared import Prepared
from trivium.comparison.checks.words import fine, rows, share
from trivium.comparison.result import Check
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.least_squares.deletion.influence import Influence
from trivium.tabular.validation import quiet
from trivium.tabular.weights import balance

_NAME = "rows that bend the boundary"
_LEAST_ROWS = 20
_DISTANT = 0.5  # Cook's distance
_HUBER = 0.2  # leverage
_MOST = 10
_TIMES = 3.0
_MOVED = 0.01  # of the predictions
_ALPHA = 1e-6


def check_influential(evidence: Evidence, prepared: Prepared) -> tuple[Check, ...]:
    """Look for rows without which linear least squares would be another.

    A row is looked at where Cook's distance is half a unit or more, or where its own target decides
    on a fifth or more of its fitted value (a leverage of .2; Huber, Robust Statistics, 1981,
    section 7.2), three times the mean at least: rows that are far out together hide each other's
    distances. Those rows are named where the fit without them predicts another class for a
    hundredth of the others, and for far more than the fits without as many rows at random.
    """
    X, codes = prepared.X, evidence.task.codes[prepared.rows]
    if codes.size < _LEAST_ROWS or X.shape[1] == 0 or np.unique(codes).size < 2:
        return (fine(_NAME, f"Not looked at: fewer than {_LEAST_ROWS} rows, or no columns."),)
    of_some = "" if codes.size == evidence.task.codes.size else f" of a sample of {codes.size:,}"
    with quiet():
        model = _model(evidence, codes).fit(X, codes)
        influence = model.influence(X, codes)
        named = _looked_at(influence, _weights(model, codes))
        moved = _moved(model, X, codes, named)
        if moved >= _MOVED:
            moved = moved if moved > _TIMES * _usual(model, X, codes, named, evidence.seed) else 0.0
    if moved < _MOVED:
        text = f"No few rows{of_some} decide on the boundary of linear least squares."
        return (fine(_NAME, text),)
    verb, it = ("bends", "it") if named.size == 1 else ("bend", "them")
    distance = float(np.nan_to_num(influence.cooks_distance[named]).max())
    text = (
        f"{rows(named.size)}{of_some} {verb} the boundary of linear least squares: without {it} "
        f"{share(moved)} of the others would be predicted as another class (Cook's distance up "
        f"to {distance:,.1f}, leverage up to {influence.leverage[named].max():.2f})."
    )
    return (Check(_NAME, "note", text, rows=evidence.numbers(prepared.rows[named])),)


def _weights(model: LeastSquaresClassifier, codes: Indices) -> Float64:
    """Return the factors on the weights of rows that come of their classes."""
    factors = model.class_weight
    if not isinstance(factors, dict):
        return np.ones(codes.size)
    return np.array([factors[code] for code in codes.tolist()])


def _looked_at(influence: Influence, weights: Float64) -> Indices:
    """Return rows that may decide on the fit, those that move it most first; ten at most.

    A leverage that is great because the class weighs more is no sign of a row that is far out.
    """
    distances = np.nan_to_num(influence.cooks_distance)
    leverage = influence.leverage / np.maximum(weights, 1.0)
    bound = max(_HUBER, 3.0 * float(leverage.mean()))
    some = np.flatnonzero((distances >= _DISTANT) | (leverage >= bound))
    order = np.lexsort((-leverage[some], -distances[some]))
    found: Indices = some[order][:_MOST]
    return found


def _usual(
    model: LeastSquaresClassifier, X: Any, codes: Indices, named: Indices, seed: int
) -> float:
    """Return the greatest share of predictions that as many rows decide, drawn a few times."""
    rng = np.random.default_rng(seed)
    others = np.setdiff1d(np.arange(codes.size), named)
    drawn = (rng.choice(others, min(named.size, others.size), replace=False) for _ in range(5))
    return max(_moved(model, X, codes, some) for some in drawn)


def _model(evidence: Evidence, codes: Indices) -> LeastSquaresClassifier:
    """Return the model as it is fitted to the table: with the penalty that folds have chosen."""
    run = evidence.models.get("least-squares")
    chosen = [each["alpha"] for each in run.parameters] if run is not None else []
    weights: dict[int, float] | None = None
    if evidence.task.balanced:
        there, counts = np.unique(codes, return_counts=True)
        weights = dict(zip(there.tolist(), balance(counts).tolist(), strict=True))
    return LeastSquaresClassifier(
        float(np.median(chosen)) if chosen else _ALPHA, class_weight=weights
    )


def _moved(model: LeastSquaresClassifier, X: Any, codes: Indices, named: Indices) -> float:
    """Return the share of the other rows whose prediction the named ones decide."""
    rest = np.setdiff1d(np.arange(codes.size), named)
    if named.size == 0 or np.unique(codes[rest]).size < 2:
        return 0.0
    without = LeastSquaresClassifier(model.alpha)
    if model.class_weight is not None:
        without.set_params(class_weight={c: model.class_weight[c] for c in np.unique(codes[rest])})
    without.fit(X[rest], codes[rest])
    return float(np.mean(model.predict(X[rest]) != without.predict(X[rest])))
