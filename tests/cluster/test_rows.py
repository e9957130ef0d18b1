import copy
import itertools
import pickle
import sys
import warnings

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from tests.rows.placed import moments, shifted

import trivium
import trivium.neighbors.search.streamed
import trivium.rows.cluster
import trivium.softmax.distinct
from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    NearestNeighbors,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)
from trivium.rows.cluster import DaskRows
from trivium.rows.dask_tables import DaskTable
from trivium.rows.memory import ArrayRows
from trivium.rows.partitions import Known
from trivium.storage.errors import NotStorableError


@pytest.fixture(autouse=True)
def _nothing_is_small(monkeypatch):
    """Leave small tables on the workers, too."""
    monkeypatch.setattr(trivium.rows.cluster, "_SMALL", 0)
    monkeypatch.setattr(trivium.softmax.distinct, "_SMALL", 0)


def in_parts(X, cuts):
    ends = [0, *sorted(min(cut, len(X)) for cut in cuts), len(X)]
    chunks = tuple(stop - start for start, stop in itertools.pairwise(ends))
    return da.from_array(X, chunks=(chunks, *((n,) for n in X.shape[1:])))


def table(n=90, d=3, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    y = (X @ rng.normal(size=(d, n_classes)) + rng.normal(size=(n, n_classes))).argmax(axis=1)
    y[:n_classes] = np.arange(n_classes)
    return X, y


def rows_of(X, cuts, codes=None, n_classes=0, weights=None):
    given = DaskTable(in_parts(X, cuts)).given(labelled=False)
    rows = given.rows.reweighted(weights)
    return rows if codes is None else rows.relabelled(codes, n_classes)


def same_block(one, other):
    assert one.first == other.first
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_array_equal(one.codes, other.codes)
    np.testing.assert_array_equal(one.weights, other.weights)


def test_rows_on_workers_answer_as_an_array_does(client):
    X, codes = table()
    weights = np.random.default_rng(1).random(90)
    rows = rows_of(X, [0, 10, 10, 11, 60, 90], codes.astype(np.uint8), 3, weights)
    plain = ArrayRows(X, codes, 3, weights)
    assert not rows.in_memory
    assert rows.shape == (90, 3)
    assert rows.n_stored is None
    offsets = np.random.default_rng(2).random(90)
    for view, other in _views(rows, plain):
        beside = (offsets[: view.shape[0]],)
        np.testing.assert_allclose(
            view.reduce(moments, np.add, length=7, beside=beside),
            other.reduce(moments, np.add, length=7, beside=beside),
            rtol=1e-13,
        )
        expected = other.each(shifted, length=7, beside=beside)
        np.testing.assert_array_equal(view.each(shifted, length=7, beside=beside), expected)
        out = np.empty((3, view.shape[0])).T
        assert view.each(shifted, length=7, beside=beside, out=out) is out
        np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(view.column(1), other.column(1))
        numbers = np.array([5, 0, 5, view.shape[0] - 1])
        same_block(view.take(numbers), other.take(numbers))
        same_block(view.take(numbers[:0]), other.take(numbers[:0]))
        same_block(view.sample(20), other.sample(20))
        for one, two in zip(view.blocks(8), other.blocks(8), strict=True):
            same_block(one, two)
        read = view.reads, other.reads
        (whole,) = view.slabs(sys.maxsize)
        same_block(whole, next(other.slabs(sys.maxsize)))
        slabs = list(view.slabs(13 * 8 * 3))
        assert [len(slab.X) for slab in slabs[:-1]] == [13] * (len(slabs) - 1)
        np.testing.assert_array_equal(np.concatenate([slab.X for slab in slabs]), whole.X)
        np.testing.assert_allclose(view.summary().means, other.summary().means, rtol=1e-13)
        if view is rows:  # some of the rows were copied in memory, which is a read
            assert read[0] == pytest.approx(read[1] + 1)
            assert view.reads == pytest.approx(read[0] + 3 + 1 / 90)


@pytest.mark.parametrize(("n_classes", "n_bytes"), [(3, 1), (256, 1), (257, 2)])
def test_classes_go_to_workers_in_few_bytes(client, monkeypatch, n_classes, n_bytes):
    X, codes = np.ones((600, 1)), np.arange(600) % n_classes
    sent, keep = [], trivium.rows.cluster.Workers.keep

    def seen(self, *arguments, **options):
        sent.extend(each.codes for each in arguments if isinstance(each, Known))
        return keep(self, *arguments, **options)

    monkeypatch.setattr(trivium.rows.cluster.Workers, "keep", seen)
    rows = rows_of(X, [300], codes, n_classes)
    (whole,) = rows.slabs(sys.maxsize)
    np.testing.assert_array_equal(np.concatenate(sent), codes)
    assert {each.dtype.itemsize for each in sent} == {n_bytes}
    assert whole.codes.dtype == np.intp


def _views(rows, plain):
    yield rows, plain
    rise = np.flatnonzero(np.random.default_rng(3).random(90) < 0.6)
    yield rows.subset(rise), plain.subset(rise)
    again = np.arange(1, rise.size, 2)
    yield rows.subset(rise).subset(again), plain.subset(rise).subset(again)
    mixed = np.random.default_rng(4).permutation(90)[:70]
    yield rows.subset(mixed), plain.subset(mixed)
    yield rows.subset(rise).subset(again[::-1]), plain.subset(rise).subset(again[::-1])


def test_small_parts_of_a_table_are_taken_into_memory(client, monkeypatch):
    X, _ = table()
    rows = rows_of(X, [30])
    monkeypatch.setattr(trivium.rows.cluster, "_SMALL", 8 * 3 * 20)
    assert isinstance(rows.subset(np.arange(21)), DaskRows)
    small = rows.subset(np.arange(20))
    assert isinstance(small, ArrayRows)
    assert small.reads == rows.reads == pytest.approx(20 / 90)


FITS = {
    "least squares": lambda: LeastSquaresClassifier(),
    "softmax": lambda: SoftmaxRegression(alpha=0.1, tol=1e-12),
}


# Dask's threads do.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.parametrize("name", FITS)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_any_partitions_give_what_memory_gives(client, name, data):
    n = data.draw(st.integers(12, 60), "rows")
    X, y = table(n, seed=data.draw(st.integers(0, 99), "seed"))
    if data.draw(st.booleans(), "sorted"):
        order = np.argsort(y, kind="stable")  # partitions of one class
        X, y = X[order], y[order]
    cuts = st.lists(st.integers(0, n), max_size=5)
    weights = data.draw(st.sampled_from([None, "some"]), "weights")
    if weights is not None:
        weights = np.random.default_rng(n).integers(0, 3, n).astype(float)
        weights[[np.flatnonzero(y == c)[0] for c in range(3)]] = 1.0
    parts = in_parts(X, data.draw(cuts, "cuts"))
    labels = in_parts(y, data.draw(cuts, "cuts of labels"))
    one, said = fitted(FITS[name](), X, y, weights)
    other, as_well = fitted(FITS[name](), parts, labels, weights)
    same_model(one, other)
    assert said == as_well


def fitted(model, X, y, weights=None):
    """Fit, and return which warnings there were."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.fit(X, y, sample_weight=weights)
    return model, [each.category for each in said]


def same_model(one, other):
    scale = np.abs(one.coef_).max()
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=0, atol=1e-10 * scale)
    np.testing.assert_allclose(other.intercept_, one.intercept_, rtol=0, atol=1e-10 * scale)


@pytest.mark.parametrize(
    "model",
    [
        LeastSquaresClassifierCV(),
        LeastSquaresClassifierCV([1.0, 0.1], class_weight="balanced"),
        LeastSquaresClassifier(calibration="isotonic"),
        LeastSquaresClassifier(robust=True),
        SoftmaxRegressionCV([1.0, 0.1], cv=3, tol=1e-12),
    ],
    ids=str,
)
def test_searches_and_other_fits_give_what_memory_gives(client, model):
    X, y = table(200)
    one = clone(model).fit(X, y)
    other = model.fit(in_parts(X, [50, 120]), y)
    same_model(one, other)
    if hasattr(one, "alpha_"):
        assert other.alpha_ == one.alpha_


@pytest.mark.parametrize(
    "model", [KNeighborsClassifier(3), KNeighborsClassifierCV(), KNeighborsDensity(3)], ids=str
)
def test_neighbours_of_rows_on_workers_are_those_of_memory(client, model):
    X, y = table(200)
    one = clone(model).fit(X, y)
    other = clone(model).fit(in_parts(X, [50, 120]), in_parts(y, [90]))
    queries = table(30, seed=1)[0]
    np.testing.assert_array_equal(other.predict_proba(queries), one.predict_proba(queries))
    asked = other.predict_proba(in_parts(queries, [10]))
    assert asked.chunks == ((10, 20), (3,))
    np.testing.assert_array_equal(asked.compute(), one.predict_proba(queries))


@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_searches_go_to_the_rows_and_find_what_memory_finds(client, data):
    """Ties go by row numbers, whatever partition and whatever worker the rows are in."""
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    n, d = data.draw(st.integers(3, 60)), data.draw(st.integers(1, 3))
    X = rng.integers(0, 4, (n, d)).astype(float)
    queries = rng.integers(0, 4, (7, d)) + data.draw(st.sampled_from([0.0, 0.3]))
    cuts = data.draw(st.lists(st.integers(0, n), max_size=5))
    words = data.draw(
        st.sampled_from([{}, {"algorithm": "kd_tree"}, {"metric": "cosine"}, {"metric": "p"}])
    )
    words = {"metric": "minkowski", "p": 3} if words == {"metric": "p"} else words
    k = data.draw(st.integers(1, n - 1))
    one, other = NearestNeighbors(k, **words).fit(X), NearestNeighbors(k, **words)
    other.fit(in_parts(X, cuts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DaskRows, "slabs", lambda *_: pytest.fail("rows were sent here"))
        patch.setattr(trivium.neighbors.search.streamed, "_BYTES_OF_LISTS", 16 * k * 3)
        for found, same in zip(other.kneighbors(queries), one.kneighbors(queries), strict=True):
            np.testing.assert_array_equal(found, same)
        near = other.radius_neighbors(queries, 1.5, sort_results=True)
        for found, same in zip(near, one.radius_neighbors(queries, 1.5), strict=True):
            for row, expected in zip(found, same, strict=True):
                np.testing.assert_array_equal(np.sort(row), np.sort(expected))
    for found, same in zip(other.kneighbors(), one.kneighbors(), strict=True):  # each other's
        np.testing.assert_array_equal(found, same)


@pytest.mark.parametrize("small", [0, 1 << 26])
def test_models_of_rows_on_workers_answer_collections_and_are_not_pickled(
    client, monkeypatch, tmp_path, small
):
    monkeypatch.setattr(trivium.rows.cluster, "_SMALL", small)
    X, y = table()
    weights = (np.arange(90) % 4 > 0) * 1.0  # rows of no weight stay there, where others come here
    one = KNeighborsClassifier(3).fit(X, y, weights)
    other = KNeighborsClassifier(3).fit(in_parts(X, [50]), in_parts(y, [50]), weights)
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=3)
    for asked in frame, in_parts(X, [20]):
        np.testing.assert_array_equal(other.predict(asked).compute(), one.predict(X))
        log_shares = other.predict_log_proba(asked)
        np.testing.assert_array_equal(log_shares.compute(), one.predict_log_proba(X))
        assert other.score(asked, y, weights) == one.score(X, y, weights)
    for act in pickle.dumps, copy.deepcopy:
        with pytest.raises(TypeError, match="^Rows on a cluster cannot be pickled or copied: they"):
            act(other)
    with pytest.raises(NotStorableError, match="training rows are on the workers of a cluster, n"):
        trivium.save(other, tmp_path / "model.trivium")
    clone(other).fit(X, y)
    if not small:
        assert other.algorithm_reason_.startswith("rows are on the workers of a cluster, and each")


@pytest.mark.parametrize("model", [SoftmaxRegression(alpha=0.1), KNeighborsClassifier(3)], ids=str)
def test_tables_of_unknown_lengths_are_scored(client, model):
    X, y = table()
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=y, w=np.arange(90.0) % 5)
    some = dd.from_pandas(frame, npartitions=3)
    some, frame = some[some["a"] > 0], frame[frame["a"] > 0]
    own, other = (clone(model).fit(each[["a", "b", "c"]], each["y"]) for each in (some, frame))
    scores = [
        fitted.score(each[["a", "b", "c"]], each["y"], each["w"])
        for fitted, each in ((own, some), (other, frame))
    ]
    assert scores[0] == pytest.approx(scores[1], rel=1e-12)
