"""Softmax regression beside plain Newton steps on plain formulas."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import log_softmax

from fuzz.problems import Problem, draw
from trivium import SoftmaxRegression, SoftmaxRegressionCV
from trivium.softmax.fitting import FAST_SOLVERS

_SOLVERS = ("auto", *FAST_SOLVERS)


def problem(seed: int) -> Problem:
    """Draw a problem of this wing."""
    return draw(seed, most_rows=60, most_columns=5)


def loss_of(parameters: Any, X: Any, codes: Any, alpha: float, *, centred: bool) -> float:
    """Compute the penalised mean cross-entropy, plainly."""
    coef = parameters[:, : X.shape[1]]
    logits = X @ coef.T + (parameters[:, -1] if centred else 0.0)
    own = log_softmax(logits, axis=1)[np.arange(len(X)), codes]
    return float(-own.mean() + 0.5 * alpha * (coef**2).sum())


def plain_newton(X: Any, codes: Any, n_classes: int, alpha: float, *, centred: bool) -> float:
    """Return the least loss that a hundred damped Newton steps in scaled columns reach."""
    X = X.astype(np.float64)
    n, d = X.shape
    origin = X.mean(axis=0) if centred else np.zeros(d)
    spread = np.sqrt(((X - origin) ** 2).mean(axis=0))
    spread[spread <= 4e-16 * np.abs(X).max(axis=0, initial=1e-300)] = np.inf
    A = (X - origin) / spread
    if centred:
        A = np.column_stack([A, np.ones(n)])
    penalty = np.zeros(A.shape[1])
    penalty[:d] = alpha / spread**2
    size = n_classes * A.shape[1]
    W = np.zeros((n_classes, A.shape[1]))
    onehot = np.eye(n_classes)[codes]

    def value(W: Any) -> float:
        own = log_softmax(A @ W.T, axis=1)[np.arange(n), codes]
        return float(-own.mean() + 0.5 * (penalty * W**2).sum())

    here = value(W)
    for _ in range(100):
        P = np.exp(log_softmax(A @ W.T, axis=1))
        gradient = (P - onehot).T @ A / n + penalty * W
        H = np.zeros((size, size))
        for a in range(n_classes):
            for b in range(n_classes):
                share = P[:, a] * ((a == b) - P[:, b]) / n
                block = (A * share[:, None]).T @ A
                if a == b:
                    block = block + np.diag(penalty)
                rows = slice(a * A.shape[1], (a + 1) * A.shape[1])
                H[rows, b * A.shape[1] : (b + 1) * A.shape[1]] = block
        H += (1e-13 * np.trace(H) / size + 1e-300) * np.eye(size)
        step = np.linalg.solve(H, -gradient.ravel()).reshape(W.shape)
        length = 1.0
        while length > 1e-8 and not value(W + length * step) < here:
            length /= 2
        if length <= 1e-8:
            break
        W = W + length * step
        here = value(W)
    return here


def mismatches(table: Problem, rng: np.random.Generator) -> Iterator[str]:
    """Name what differs from the plain answer."""
    alpha = float(rng.choice([0.0, 1e-4, 1e-2, 1.0]))
    centred = bool(rng.random() < 0.75)
    solver = str(rng.choice(_SOLVERS))
    X, y = table.repeated()
    setting = f"{solver}, alpha {alpha:g}, {'' if centred else 'no '}intercept"
    model = SoftmaxRegression(alpha, solver=solver, fit_intercept=centred, tol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table.X, table.y, sample_weight=table.counts)
    codes = np.searchsorted(model.classes_, y)
    parameters = np.column_stack([model.coef_, model.intercept_])
    X = X.astype(np.float64)
    loss = loss_of(parameters, X, codes, alpha, centred=True)
    reported = float(model.history_["loss"][-1])
    # Logits far from zero have few digits behind the point.
    digits = 1e-15 * _logit_size(X, model).mean()
    if not np.isclose(loss, reported, rtol=1e-12, atol=1e-12 + digits):
        yield f"{setting}: loss {reported} is {loss}"
    least = plain_newton(X, codes, model.classes_.size, alpha, centred=centred)
    if reported > least + 1e-6:
        yield f"{setting}: loss {reported - least:.2g} above Newton's, {reported}"
    if reported - least > model.optimality_gap_ + 1e-13 + digits:
        yield f"{setting}: gap {model.optimality_gap_:.2g} is {reported - least:.2g}"
    queries = table.queries.astype(np.float64)
    plain = np.exp(log_softmax(queries @ model.coef_.T + model.intercept_, axis=1))
    told = model.predict_proba(table.queries)
    if not (np.abs(told - plain) <= 1e-12 + 1e-14 * _logit_size(queries, model)).all():
        yield f"{setting}: probabilities"
    if alpha > 0:
        yield from _counted(table, model, alpha, centred, solver, setting)
    if rng.random() < 0.1:
        yield from _path(table, setting)


def _logit_size(X: Any, model: Any) -> Any:
    """Greatest sum of magnitudes that a row's logits are made of, of shape (n, 1)."""
    size = np.abs(X) @ np.abs(model.coef_).T + np.abs(model.intercept_)
    return size.max(axis=1, keepdims=True)


def _counted(
    table: Problem, model: Any, alpha: float, centred: bool, solver: str, setting: str
) -> Iterator[str]:
    """Compare weights with repeated rows."""
    repeated = SoftmaxRegression(alpha, solver=solver, fit_intercept=centred, tol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        repeated.fit(*table.repeated())
    told, right = model.predict_proba(table.queries), repeated.predict_proba(table.queries)
    if not np.allclose(told, right, atol=1e-6):
        yield f"{setting}: weights are not rows, by {np.abs(told - right).max():.2g}"


def _path(table: Problem, setting: str) -> Iterator[str]:
    """Folds fitted one by one give the scores of the path."""
    X, y = table.repeated()
    n = len(X)
    of = np.arange(n) % 3
    folds = [(np.flatnonzero(of != f), np.flatnonzero(of == f)) for f in range(3)]
    if any(np.unique(y[train]).size < np.unique(y).size for train, _ in folds):
        return
    alphas = [1e-3, 1e-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = SoftmaxRegressionCV(alphas, cv=folds, tol=1e-11).fit(X, y)
        for place, alpha in enumerate(alphas):
            for f, (train, test) in enumerate(folds):
                one = SoftmaxRegression(alpha, tol=1e-11).fit(X[train], y[train])
                own = one.predict_log_proba(X[test])
                own = own[np.arange(test.size), np.searchsorted(one.classes_, y[test])]
                told = path.cv_results_["fold_log_loss"][place, f]
                if not np.isclose(told, -own.mean(), rtol=1e-4, atol=1e-5):
                    yield f"{setting}: log-loss of fold {f} is {-own.mean()}, not {told}"
