import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors as Peer

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)
from trivium.neighbors.search.functions import NAMED

RNG = np.random.default_rng(5)
X = RNG.integers(0, 4, size=(60, 5)) + RNG.choice([0.0, 0.25], size=(60, 5))
Q = RNG.integers(0, 4, size=(17, 5)).astype(float)
Y = RNG.integers(0, 3, size=60)
TRUTHS = ("dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath", "yule")


def farthest_step(a, b, power=1.0):
    return float(np.abs(a - b).max() ** power)


def expected(metric, params=None):
    rows, queries = (X != 0, Q != 0) if metric in TRUTHS else (X, Q)
    params = dict(params or {})
    if metric == "seuclidean":
        params = {"V": X.var(axis=0, ddof=1)}
    if metric == "mahalanobis":
        params = {"VI": np.linalg.inv(np.cov(X, rowvar=False))}
    return cdist(queries, rows, metric, **params)


@pytest.mark.parametrize("metric", [*NAMED, farthest_step])
def test_lists_are_those_of_the_function_with_ties_by_row(metric):
    distances = expected(metric)
    order = np.argsort(distances, axis=1, kind="stable")[:, :7]
    search = NearestNeighbors(7, metric=metric).fit(X)
    found, rows = search.kneighbors(Q)
    assert np.array_equal(rows, order)
    assert np.array_equal(found, np.take_along_axis(distances, order, axis=1))
    assert np.array_equal(search.kneighbors(Q[3:4])[0], found[3:4])
    radius = float(np.median(distances))
    near, rows = search.radius_neighbors(Q, radius)
    for each, own, to in zip(rows, near, distances, strict=True):
        assert np.array_equal(each, np.flatnonzero(to <= radius))
        assert np.array_equal(own, to[each])


@pytest.mark.parametrize(
    ("metric", "params"),
    [
        ("minkowski", {"p": 3, "w": RNG.random(5)}),
        ("seuclidean", {"V": RNG.random(5) + 0.1}),
        ("hamming", {"w": RNG.random(5)}),
        ("mahalanobis", {"VI": np.diag(RNG.random(5) + 1.0)}),
        (farthest_step, {"power": 0.5}),
    ],
)
def test_parameters_of_the_function(metric, params):
    if metric == "seuclidean":
        distances = cdist(Q, X, metric, **params)
    else:
        distances = cdist(Q, X, metric, **params)
    order = np.argsort(distances, axis=1, kind="stable")[:, :4]
    found = NearestNeighbors(4, metric=metric, metric_params=params).fit(X).kneighbors(Q)
    assert np.array_equal(found[1], order)
    assert np.array_equal(found[0], np.take_along_axis(distances, order, axis=1))


@pytest.mark.parametrize("metric", ["canberra", "braycurtis", "correlation", farthest_step])
def test_distances_are_scikit_learn_s(metric):
    ours = NearestNeighbors(5, metric=metric).fit(X).kneighbors(Q)[0]
    theirs = Peer(n_neighbors=5, metric=metric, algorithm="brute").fit(X).kneighbors(Q)[0]
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_parameters_are_those_of_the_fit():
    weights = np.ones(5)
    search = NearestNeighbors(metric_params={"w": weights}).fit(X)
    before = search.kneighbors(Q)[0]
    weights[:] = 9.0
    assert np.array_equal(search.kneighbors(Q)[0], before)


def test_rows_are_left_out_by_number():
    near = NearestNeighbors(3, metric="hamming").fit(np.vstack([X, X[:5]])).kneighbors()
    assert near[1][0, 0] == 60
    assert near[1][60, 0] == 0


def test_classes_do_not_depend_on_blocks_or_threads(monkeypatch):
    model = KNeighborsClassifier(5, metric="canberra", n_jobs=1).fit(X, Y)
    chosen = KNeighborsClassifierCV(9, metric="canberra").fit(X, Y)
    whole = model.predict_proba(Q)
    monkeypatch.setattr("trivium.neighbors.search.functions._DISTANCES_A_PIECE", 150)
    again = KNeighborsClassifier(5, metric="canberra", n_jobs=2).fit(X, Y)
    assert np.array_equal(again.predict_proba(Q), whole)
    parts = KNeighborsClassifierCV(9, metric="canberra", n_jobs=2).fit(X, Y)
    assert np.array_equal(parts.cv_results_["log_loss"], chosen.cv_results_["log_loss"])
    told = [
        KNeighborsClassifier(chosen.n_neighbors_, metric="canberra")
        .fit(np.delete(X, i, axis=0), np.delete(Y, i))
        .predict(X[i : i + 1])[0]
        for i in range(len(X))
    ]
    assert np.isclose(np.mean(told == Y), chosen.best_score_)
    near = NearestNeighbors(radius=1.0, metric="canberra").fit(X)
    parts = near.radius_neighbors(Q)[1]
    monkeypatch.undo()
    for some, every in zip(parts, near.radius_neighbors(Q)[1], strict=True):
        assert np.array_equal(some, every)


def test_the_reason_says_that_all_rows_are_looked_at():
    for algorithm in ("auto", "brute", "ball_tree"):
        search = NearestNeighbors(metric="jaccard", algorithm=algorithm).fit(X)
        assert search.algorithm_ == "brute"
        assert "every row" in search.algorithm_reason_


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "hamming", "algorithm": "kd_tree"}, "knows distances alone"),
        ({"metric": farthest_step, "algorithm": "kd_tree"}, "knows distances alone"),
        ({"metric": "hamming", "metric_params": {"p": 3}}, "takes 'w' alone"),
        ({"metric": "seuclidean", "metric_params": {"w": 3}}, "takes 'V' alone"),
        ({"metric": "mahalanobis", "metric_params": {"V": 3}}, "takes 'VI' alone"),
        ({"metric": "hamming", "metric_params": {"w": [1.0]}}, r"\['w'\] .* in the shape \(5,\)"),
        ({"metric_params": {"w": [1.0, 1.0, 1.0, 1.0, np.nan]}}, r"\['w'\] must hold finite"),
        ({"metric_params": {"w": [1.0, 1.0, 1.0, 1.0, -1.0]}}, "zero or greater"),
        ({"metric_params": {"w": "heavy"}}, r"\['w'\] must hold finite numbers"),
        ({"metric": "seuclidean", "metric_params": {"V": np.zeros(5)}}, "greater than zero"),
        ({"metric": "mahalanobis", "metric_params": {"VI": np.eye(3)}}, r"in the shape \(5, 5\)"),
        ({"metric": farthest_step, "metric_params": {"q": 1}}, "farthest_step fails for row 0"),
        ({"metric": "euclidean", "metric_params": {"V": 3}}, "'euclidean' takes none"),
        ({"metric": "minkowski", "metric_params": {"V": 3}}, "takes 'p' and 'w' alone"),
        ({"metric": "euclidian"}, "'hamming'"),
    ],
)
def test_parameters_that_make_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        NearestNeighbors(**options).fit(X)


def test_columns_that_do_not_vary_are_named():
    constant = np.column_stack([X, np.ones(60)])
    with pytest.raises(ValueError, match="one is zero: leave that column out"):
        NearestNeighbors(metric="seuclidean").fit(constant)
    with pytest.raises(ValueError, match="depend on each other"):
        NearestNeighbors(metric="mahalanobis").fit(constant)


def test_a_distance_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"is nan between \[1. 1. 1. 1. 1.\] and row 0"):
        NearestNeighbors(metric="correlation").fit(X).kneighbors(np.ones((1, 5)))
    likeness = NearestNeighbors(metric=lambda a, b: -1.0 if a[0] > 9 else 0.0).fit(X)
    with pytest.raises(ValueError, match=r"is -1.0 between"):
        likeness.kneighbors(Q + 10.0)


def test_a_density_has_no_volume_of_a_function_s_balls():
    with pytest.raises(ValueError, match="balls have volumes"):
        KNeighborsDensity(metric="hamming").fit(X)
    with pytest.raises(ValueError, match="knows no weights of columns"):
        KNeighborsDensity(metric_params={"w": np.ones(5)}).fit(X)


@pytest.mark.parametrize("metric", ["braycurtis", "dice", "sokalsneath"])
def test_no_order_of_rows_is_refused(metric):
    """Of a row of zeros, SciPy knows no distance to itself, which nobody asks for."""
    rows = np.vstack([X[:20], np.zeros(5)])
    last, order = NearestNeighbors(3, metric=metric).fit(rows).kneighbors()
    first, _ = NearestNeighbors(3, metric=metric).fit(rows[::-1]).kneighbors()
    assert np.array_equal(first[::-1], last)
    assert np.isfinite(last).all()
    assert order[-1].max() < 20


def test_infinite_distances_are_no_neighbours():
    search = NearestNeighbors(
        metric=lambda a, b: np.inf if abs(a - b).max() > 1.0 else abs(a - b).max()
    ).fit(np.arange(4.0)[:, None])
    with pytest.raises(ValueError, match=r"infinite between a query, \[0.\], and all but fewer"):
        search.kneighbors([[0.0]], 3)
    assert search.kneighbors([[0.0]], 2)[0].tolist() == [[0.0, 1.0]]


def test_p_is_the_minkowski_metric_s_alone():
    taxi = NearestNeighbors(p=1).fit(X).kneighbors(Q)
    assert np.array_equal(taxi[0], NearestNeighbors(metric="manhattan").fit(X).kneighbors(Q)[0])
    plain = NearestNeighbors(metric="euclidean", p=1).fit(X).kneighbors(Q)
    assert np.array_equal(plain[0], NearestNeighbors().fit(X).kneighbors(Q)[0])
