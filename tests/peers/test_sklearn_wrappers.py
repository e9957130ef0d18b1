"""scikit-learn's meta-estimators with classifiers of ours inside, beside its own models.

One class has few rows, and weights of zero take it away, or rows all over the table: bags, folds
and boosted weights do the same of themselves. Labels must be those with scikit-learn's models.
"""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFE
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier as NeighborsPeer

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)

N, RARE = 150, 3


class Ridge(RidgeClassifier):
    """`RidgeClassifier` with the penalty of `LeastSquaresClassifier`."""

    def fit(self, X, y, sample_weight=None):
        alpha = self.alpha
        self.alpha = alpha * (len(X) if sample_weight is None else np.sum(sample_weight))
        super().fit(X, y, sample_weight)
        self.alpha = alpha
        return self


class Logistic(LogisticRegression):
    """`LogisticRegression` with the penalty of `SoftmaxRegression`; C is its inverse."""

    def fit(self, X, y, sample_weight=None):
        C = self.C
        weight = len(X) if sample_weight is None else np.sum(sample_weight)
        self.C = C / weight * (2 if np.unique(y).size == 2 else 1)
        super().fit(X, y, sample_weight)
        self.C = C
        return self


class Repeated(ClassifierMixin, BaseEstimator):
    """`KNeighborsClassifier` of scikit-learn, to which a weight of 3 is given as three rows."""

    def __init__(self, n_neighbors=5):
        self.n_neighbors = n_neighbors

    def fit(self, X, y, sample_weight=None):
        X, y = np.asarray(X), np.asarray(y)
        self.classes_ = np.unique(y)
        copies = (
            np.arange(len(X))
            if sample_weight is None
            else np.repeat(np.arange(len(X)), np.asarray(sample_weight, dtype=int))
        )
        self.model_ = NeighborsPeer(self.n_neighbors).fit(X[copies], y[copies])
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        probabilities = np.zeros((len(X), self.classes_.size))
        probabilities[:, np.isin(self.classes_, self.model_.classes_)] = self.model_.predict_proba(
            X
        )
        return probabilities


PAIRS = {
    "neighbors": (KNeighborsClassifier(5), Repeated(5)),
    "least squares": (LeastSquaresClassifier(0.05), Ridge(0.05)),
    "softmax": (
        SoftmaxRegression(0.01, tol=1e-9),
        Logistic(C=100.0, tol=1e-9, solver="newton-cholesky"),
    ),
}
OURS = [
    KNeighborsClassifier(5),
    KNeighborsClassifier(5, weights="distance"),
    KNeighborsClassifierCV(7),
    LeastSquaresClassifier(),
    LeastSquaresClassifier(0.1, fit_intercept=False),
    LeastSquaresClassifier(robust=True),
    LeastSquaresClassifier(calibration="isotonic"),
    LeastSquaresClassifierCV(4),
    SoftmaxRegression(),
    SoftmaxRegression(0.01, fit_intercept=False),
    SoftmaxRegressionCV([0.1, 0.01], cv=3),
]

every_pair = pytest.mark.parametrize("pair", PAIRS)
every_weight = pytest.mark.parametrize("kind", ["none", "no rare class", "one class"])
pytestmark = [
    pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning"),
    pytest.mark.filterwarnings("ignore:The least populated class in y:UserWarning"),
]


def table(n_classes=3, seed=0):
    """Three classes of which the last is rare, in a random order; and queries."""
    rng = np.random.default_rng(seed)
    y = np.zeros(N, dtype=int)
    y[: N // 2] = 1
    y[:RARE] = n_classes - 1
    if n_classes == 2:
        y[RARE:] = 0
    X = rng.normal(size=(N, 3))
    X[:, 0] += 1.5 * (y == 1)
    X[:, 1] += 1.5 * (y == 2)
    order = rng.permutation(N)
    return X[order], np.array(["no", "yes", "rare"])[y[order]], rng.normal(size=(200, 3)) * 1.5


def weights_of(kind, y):
    weights = np.random.default_rng(7).integers(1, 4, size=y.size)
    if kind == "none":
        return None
    weights[y == "rare"] = 0
    if kind == "one class":
        weights[y == "yes"] = 0
    return weights


def fitted(wrap, model, X, y, weights):
    wrapper = wrap(clone(model))
    return wrapper.fit(X, y) if weights is None else wrapper.fit(X, y, sample_weight=weights)


def voting(how):
    return lambda model: VotingClassifier(
        [("one", model), ("two", LogisticRegression())], voting=how
    )


def stacking(cv):
    return lambda model: StackingClassifier(
        [("one", model)], LogisticRegression(C=1e3, max_iter=1000), cv=cv, passthrough=True
    )


def calibrated(method, *, ensemble=True):
    return lambda model: CalibratedClassifierCV(model, method=method, cv=3, ensemble=ensemble)


# Wrappers that pass weights on, and the least share of labels that are the same: calibrators are
# fitted to scores, which are in other units, or from another zero, in scikit-learn's models.
WRAPPERS = {
    "bagging": (lambda model: BaggingClassifier(model, 12, random_state=0), 1.0),
    "soft voting": (voting("soft"), 1.0),
    "hard voting": (voting("hard"), 1.0),
    "stacking": (stacking(3), 0.99),
    "sigmoid": (calibrated("sigmoid"), 1.0),
    "isotonic": (calibrated("isotonic", ensemble=False), 0.99),
    "temperature": (calibrated("temperature"), 0.98),
    "grid search": (lambda model: GridSearchCV(model, {}, cv=3), 1.0),
}
# Wrappers that do not, as a rule.
OTHERS = {
    "small bags": (
        lambda model: BaggingClassifier(
            model, 12, bootstrap=False, max_samples=60, max_features=2, random_state=2
        )
    ),
    "one vs rest": OneVsRestClassifier,
    "one vs one": OneVsOneClassifier,
    "output code": lambda model: OutputCodeClassifier(model, random_state=0),
    "elimination": lambda model: RFE(model, n_features_to_select=2),
}


CASES = [
    (name, pair)
    for name in WRAPPERS
    for pair in PAIRS
    if (name, pair) != ("soft voting", "least squares")  # which has no probabilities
]


@every_weight
@pytest.mark.parametrize(("name", "pair"), CASES)
def test_labels_are_those_with_a_model_of_scikit_learn(name, kind, pair):
    wrap, least = WRAPPERS[name]
    X, y, queries = table()
    weights = weights_of(kind, y)
    ours, peer = (fitted(wrap, model, X, y, weights) for model in PAIRS[pair])
    told = ours.predict(queries)
    assert np.mean(told == peer.predict(queries)) >= least
    np.testing.assert_array_equal(ours.classes_, peer.classes_)
    if weights is not None:
        assert not np.isin(told, np.setdiff1d(y, y[weights > 0])).any()
    for method in ("predict_proba", "decision_function"):
        if hasattr(ours, method) and hasattr(peer, method):
            scores = getattr(ours, method)(queries)
            assert np.isfinite(scores).all()
            assert scores.shape == getattr(peer, method)(queries).shape


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        (name, pair)
        for name in OTHERS
        for pair in PAIRS
        if (name, pair) != ("elimination", "neighbors")  # which have no coefficients
    ],
)
def test_without_weights_too(name, pair):
    X, y, queries = table()
    ours, peer = (fitted(OTHERS[name], model, X, y, None) for model in PAIRS[pair])
    np.testing.assert_array_equal(ours.predict(queries), peer.predict(queries))


@pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning")  # its own
@pytest.mark.parametrize("pair", ["least squares", "softmax"])
@pytest.mark.parametrize("kind", ["none", "no rare class"])
def test_boosting(kind, pair):
    X, y, queries = table()
    ours, peer = (
        fitted(
            lambda model: AdaBoostClassifier(model, n_estimators=4),
            model,
            X,
            y,
            weights_of(kind, y),
        )
        for model in PAIRS[pair]
    )
    np.testing.assert_array_equal(ours.predict(queries), peer.predict(queries))


@every_pair
@pytest.mark.parametrize("wrap", [MultiOutputClassifier, ClassifierChain])
@every_weight
def test_several_outputs(wrap, kind, pair):
    X, y, queries = table()
    both = np.column_stack([y == "rare", y == "yes"]).astype(int)
    ours, peer = routed(wrap, pair, X, both, weights_of(kind, y))
    np.testing.assert_array_equal(ours.predict(queries), peer.predict(queries))


@every_pair
@pytest.mark.parametrize(
    ("wrap", "kind"),
    [
        (OneVsRestClassifier, "no rare class"),
        (OneVsRestClassifier, "one class"),
        (OneVsOneClassifier, "no rare class"),
    ],
)
def test_several_models_of_two_classes(wrap, kind, pair):
    X, y, queries = table()
    weights = weights_of(kind, y)
    ours, peer = routed(wrap, pair, X, y, weights)
    np.testing.assert_array_equal(ours.predict(queries), peer.predict(queries))
    if hasattr(ours, "decision_function"):
        assert np.isfinite(ours.decision_function(queries)).all()


def routed(wrap, pair, X, y, weights):
    """Ours and the peer, fitted with weights that scikit-learn routes."""
    with config_context(enable_metadata_routing=True):
        models = [clone(model).set_fit_request(sample_weight=True) for model in PAIRS[pair]]
        return [fitted(wrap, model, X, y, weights) for model in models]


@pytest.mark.parametrize("model", OURS, ids=str)
@pytest.mark.parametrize("kind", ["no rare class", "one class"])
def test_every_setting_has_finite_answers_and_knows_all_classes(model, kind):
    X, y, queries = table()
    weights = weights_of(kind, y)
    there = np.unique(y[weights > 0])
    for wrap in (
        lambda model: model,
        lambda model: BaggingClassifier(model, 4, random_state=3),
        calibrated("sigmoid"),
        stacking(3),
    ):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The max_iter was reached")
            ours = fitted(wrap, model, X, y, weights)
        assert ours.classes_.tolist() == ["no", "rare", "yes"]
        assert np.isin(ours.predict(queries), there).all()
        for method in ("predict_proba", "decision_function"):
            if hasattr(ours, method):
                scores = getattr(ours, method)(queries)
                assert scores.shape == (200, 3)
                assert np.isfinite(scores).all()
    shares = cross_val_predict(
        model,
        X,
        y,
        cv=3,
        params={"sample_weight": weights},
        method="predict_proba" if hasattr(model, "predict_proba") else "decision_function",
    )
    assert shares.shape == (N, 3)
    assert np.isfinite(shares).all()
