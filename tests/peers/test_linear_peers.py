"""The linear wings beside scikit-learn: the same models, told in the peer's terms."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.outliers_influence import OLSInfluence

from trivium import LeastSquaresClassifier, SoftmaxRegression

TABLES = {
    "iris": load_iris,
    "wine": load_wine,
    "digits": load_digits,  # constant columns
    "breast cancer": load_breast_cancer,  # two classes
}


def table(name, rows=400):
    X, y = TABLES[name](return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:rows]
    X, y = X[order], y[order]
    return StandardScaler().fit_transform(X), y, np.random.default_rng(1).uniform(0.2, 2, len(X))


def coded(y):
    return np.where(y == 1, 1.0, -1.0)[:, None] if y.max() == 1 else np.eye(y.max() + 1)[y]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("fit_intercept", [False, True])
class TestLinearRegression:
    def test_tall_tables(self, name, fit_intercept):
        X, y, w = table(name)
        peer = LinearRegression(fit_intercept=fit_intercept, tol=1e-12).fit(X, coded(y), w)
        model = LeastSquaresClassifier(fit_intercept=fit_intercept).fit(X, y, w)
        np.testing.assert_allclose(model.coef_, peer.coef_, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(model.intercept_, peer.intercept_, rtol=1e-8, atol=1e-10)

    def test_fewer_rows_than_columns(self, name, fit_intercept):
        X, y, _ = table(name)
        d = X.shape[1]
        rows = np.r_[[np.flatnonzero(y == c)[0] for c in range(y.max() + 1)], :d][: max(d // 2, 3)]
        X, y = X[rows], y[rows]
        X = X[:, np.ptp(X, axis=0) > 0]
        model = LeastSquaresClassifier(fit_intercept=fit_intercept).fit(X, y)
        _, y = np.unique(y, return_inverse=True)
        A, Y = X - fit_intercept * X.mean(axis=0), coded(y)
        coef = np.linalg.pinv(A, rcond=1e-10) @ (Y - fit_intercept * Y.mean(axis=0))
        np.testing.assert_allclose(model.coef_, coef.T, rtol=0, atol=1e-9)
        peer = LinearRegression(fit_intercept=fit_intercept).fit(X, Y)
        np.testing.assert_allclose(
            model.decision_function(X).reshape(Y.shape), peer.predict(X), rtol=0, atol=1e-8
        )


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("alpha", [1e-4, 0.1, 10.0])
class TestRidge:
    def test_the_peers_penalty_is_ours_times_the_weight(self, name, alpha):
        X, y, w = table(name)
        for weights in (None, w):
            total = len(X) if weights is None else weights.sum()
            peer = Ridge(alpha=alpha * total, solver="svd").fit(X, coded(y), weights)
            model = LeastSquaresClassifier(alpha).fit(X, y, weights)
            np.testing.assert_allclose(model.coef_, np.atleast_2d(peer.coef_), rtol=0, atol=1e-9)
            np.testing.assert_allclose(model.intercept_, peer.intercept_, rtol=0, atol=1e-9)

    def test_the_peers_classifier_codes_every_class_minus_one_and_one(self, name, alpha):
        X, y, w = table(name)
        peer = RidgeClassifier(alpha=alpha * w.sum(), solver="cholesky").fit(X, y, w)
        model = LeastSquaresClassifier(alpha).fit(X, y, w)
        scores = model.decision_function(X)
        np.testing.assert_allclose(
            peer.decision_function(X),
            scores if scores.ndim == 1 else 2.0 * scores - 1.0,
            rtol=0,
            atol=1e-9,
        )
        np.testing.assert_array_equal(model.predict(X), peer.predict(X))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("alpha", [1e-3, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_logistic_regression(name, alpha, weighted, fit_intercept):
    X, y, w = table(name)
    two = y.max() == 1
    w = w * len(X) / w.sum()  # the peer's penalty is relative to the weights' sum
    weights = w if weighted else None
    tol = 1e-8
    peer = LogisticRegression(
        C=(2 if two else 1) / (alpha * len(X)),
        fit_intercept=fit_intercept,
        solver="newton-cg",
        tol=tol,
        max_iter=1000,
    ).fit(X, y, weights)
    model = SoftmaxRegression(alpha, fit_intercept=fit_intercept, tol=tol).fit(X, y, weights)
    # The objective curves by alpha at least, so a gradient g leaves coef within ‖g‖/alpha.
    distance = 2 * tol * np.sqrt(model.coef_.size) / alpha
    coef = model.coef_[1:] - model.coef_[:1] if two else model.coef_
    np.testing.assert_allclose(coef, peer.coef_, rtol=0, atol=2 * distance)
    largest = 1.0 + np.linalg.norm(X, axis=1).max()
    np.testing.assert_allclose(
        model.predict_proba(X), peer.predict_proba(X), rtol=0, atol=2 * distance * largest
    )
    np.testing.assert_array_equal(model.predict(X), peer.predict(X))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("given", ["balanced", "named"])
def test_weights_of_classes(name, weighted, given):
    """Of which both peers have the sum in the unit of their penalty."""
    X, y, w = table(name)
    rare = (y > 0) | (np.arange(len(y)) % 4 == 0)  # a class of a quarter of its rows
    X, y, w = X[rare], y[rare], w[rare] if weighted else None
    class_weight = "balanced" if given == "balanced" else {0: 3.0, 1: 0.5}
    mass = np.bincount(y, w)
    if weighted and given == "balanced":
        w = w * len(X) / w.sum()
    factors = mass.sum() / (mass.size * mass)
    if given == "named":
        factors = np.append([3.0, 0.5], np.ones(mass.size - 2))
    total = float((factors[y] * (1.0 if w is None else w)).sum())
    alpha, tol = 0.1, 1e-9
    named = class_weight  # the peer balances numbers of rows, whatever these weigh
    if weighted and given == "balanced":
        named = dict(enumerate(factors))
    ridge = RidgeClassifier(alpha * total, class_weight=named, solver="cholesky")
    scores = LeastSquaresClassifier(alpha, class_weight=class_weight).fit(X, y, w)
    theirs, ours = ridge.fit(X, y, w).decision_function(X), scores.decision_function(X)
    ours = ours if ours.ndim == 1 else 2.0 * ours - 1.0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
    peer = LogisticRegression(
        C=(2 if mass.size == 2 else 1) / (alpha * total),
        class_weight=class_weight,
        solver="newton-cg",
        tol=tol,
        max_iter=1000,
    ).fit(X, y, w)
    model = SoftmaxRegression(alpha, class_weight=class_weight, tol=tol).fit(X, y, w)
    np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(X), rtol=0, atol=1e-5)


class TestInfluence:
    @pytest.mark.parametrize("fit_intercept", [False, True])
    def test_statsmodels_says_the_same(self, fit_intercept):
        X, y, _ = table("breast cancer")
        X = X[:, :8]
        design = sm.add_constant(X) if fit_intercept else X
        theirs = OLSInfluence(sm.OLS(coded(y)[:, 0], design).fit())
        model = LeastSquaresClassifier(fit_intercept=fit_intercept).fit(X, y)
        ours = model.influence(X, y)
        np.testing.assert_allclose(ours.leverage, theirs.hat_matrix_diag, rtol=1e-9)
        np.testing.assert_allclose(ours.cooks_distance, theirs.cooks_distance[0], rtol=1e-8)
        np.testing.assert_allclose(ours.loo_residuals[:, 0], theirs.resid_press, rtol=1e-9)
