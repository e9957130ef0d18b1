"""Neighbours among rows that are not in memory, of queries that are not: those of memory."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.neighbors.test_rows import METRICS, WITH_VOLUMES, cuts_of, problem, search
from tests.rows.elsewhere_rows import ElsewhereTable

import trivium
from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    NearestNeighbors,
)
from trivium.neighbors.search import streamed
from trivium.neighbors.search.slab_maker import SlabMaker
from trivium.storage.errors import NotStorableError

STREAMED = ("euclidean", "manhattan", "chebyshev", "powers", "cosine", "haversine")


def classify(words, X, queries, y, w):
    for more, weights in (
        ({}, None),
        ({"weights": "distance"}, w),
        ({"class_weight": "balanced"}, 0.37 * w),
        ({"class_weight": {0: 0.0, 1: 2.0}}, None),
    ):
        model = KNeighborsClassifier(6, **more, **words).fit(X, y, weights)
        yield model.classes_
        for asked in (queries, None):
            yield model.predict_proba_path(asked, [1, 6])
            yield model.predict_path(asked, [2, 5])
        yield from model.kneighbors(None)
        yield model.kneighbors_graph(queries, 3, "distance").toarray()
        if weights is None:
            yield model.score(queries, y[:9])


def choose(words, X, queries, y, w):
    for more, weights in (
        ({}, None),
        ({"class_weight": "balanced", "scoring": "f1_macro"}, 0.37 * w),
        ({"class_weight": {0: 0.0, 1: 2.0}, "scoring": "neg_log_loss"}, w),
    ):
        model = KNeighborsClassifierCV(9, **more, **words).fit(X, y, weights)
        yield from model.cv_results_.values()
        yield model.predict_proba(queries)
        yield model.score(queries, y[:9])


def estimate(words, X, queries, y, w):
    for volume, labels, weights in (
        ("shared", None, None),
        ("shared", y, w),
        ("per_class", y, None),
        ("per_class", y, 0.37 * w),
    ):
        model = KNeighborsDensity(3, volume=volume, **words).fit(X, labels, weights)
        for asked in (queries, None):
            yield model.score_samples_path(asked, [2, 3])
            if labels is not None:
                yield model.class_score_samples(asked)
                yield model.predict_proba(asked)


@pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
@pytest.mark.filterwarnings("ignore:.*the density is infinite:UserWarning")
@pytest.mark.parametrize("way", [search, classify, choose, estimate])
@given(data=st.data())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_answers_are_those_of_memory(way, data):
    metric = data.draw(st.sampled_from(WITH_VOLUMES if way is estimate else STREAMED))
    X, queries, y, w = problem(data.draw(st.integers(0, 9)), metric, data.draw(st.booleans()))
    kind = data.draw(st.sampled_from([np.float64, np.float32]))
    X, queries = X.astype(kind), queries.astype(kind)
    words = {"algorithm": data.draw(st.sampled_from(["auto", "brute", "kd_tree"]))}
    words.update(METRICS[metric])
    rows = ElsewhereTable(X, cuts=data.draw(cuts_of(y)))
    asked = ElsewhereTable(queries, cuts=data.draw(cuts_of(y)))
    with sklearn.config_context(working_memory=data.draw(st.sampled_from([1, 1024]))):
        whole = list(way(words, X, queries, y, w))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streamed, "_BATCH_BYTES", data.draw(st.sampled_from([1, 1 << 26])))
            patch.setattr(streamed, "_LEAST_QUERIES", data.draw(st.integers(1, 20)))
            patch.setattr(streamed, "_LITTLE_WORK", data.draw(st.sampled_from([0, 1 << 27])))
            patch.setattr(streamed, "_WORTH_A_TREE", 3)
            places = [(rows, asked), (rows, queries), (X, asked)]
            found = list(way(words, *data.draw(st.sampled_from(places)), y, w))
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def table(n=60, d=3, *, ties=False, **words):
    """Rows, and the same rows elsewhere."""
    rng = np.random.default_rng(3)
    X = rng.integers(0, 3, (n, d)).astype(float) if ties else rng.normal(size=(n, d))
    return X, ElsewhereTable(X, cuts=[n // 5, n // 2], **words)


def test_labels_and_weights_of_the_table_itself():
    y = np.array(["a", "b", "b"] * 20)
    weights = np.arange(60.0)
    X, rows = table(y=y, weights=weights, names=("p", "q", "r"))
    asked = ElsewhereTable(X[:20], y=y[:20], weights=weights[:20], cuts=[7])
    for kind in KNeighborsClassifier, KNeighborsClassifierCV:
        model, same = kind(4).fit(rows), kind(4).fit(X, y, weights)
        assert model.feature_names_in_.tolist() == ["p", "q", "r"]
        np.testing.assert_array_equal(model.predict_proba(asked), same.predict_proba(X[:20]))
        assert model.score(asked) == same.score(X[:20], y[:20], weights[:20])
    model = KNeighborsClassifierCV(4, scoring="neg_log_loss").fit(rows)
    same = KNeighborsClassifierCV(4, scoring="neg_log_loss").fit(X, y, weights)
    assert model.score(asked) == same.score(X[:20], y[:20], weights[:20])
    np.testing.assert_array_equal(
        KNeighborsDensity(4).fit(rows).class_prior_,
        KNeighborsDensity(4).fit(X, y, weights).class_prior_,
    )


def test_each_batch_of_queries_reads_the_rows_once(monkeypatch):
    X, rows = table()
    model = NearestNeighbors(2).fit(rows)
    fitted = rows.rows.reads
    assert fitted <= 1.1  # looked at for values that are not finite
    model.kneighbors(X[:40])
    assert rows.rows.reads == pytest.approx(fitted + 1.0)
    monkeypatch.setattr(streamed, "_BATCH_BYTES", 1)
    monkeypatch.setattr(streamed, "_LEAST_QUERIES", 10)
    model.kneighbors(X[:40])
    assert rows.rows.reads == pytest.approx(fitted + 5.0)
    model.radius_neighbors(ElsewhereTable(X[:40]), 1.0)
    assert rows.rows.reads == pytest.approx(fitted + 9.0)


def test_the_algorithm_is_said_and_is_a_tree_where_one_pass_is_worth_it(monkeypatch):
    X, rows = table(2000, 2)
    for algorithm in "brute", "kd_tree":
        model = NearestNeighbors(2, algorithm=algorithm).fit(rows)
        assert model.algorithm_ == algorithm
        assert model.algorithm_reason_ == (
            "rows are elsewhere, and each search reads slabs of 400: asked for"
        )
    made, whole = [], NearestNeighbors(2).fit(X)
    monkeypatch.setattr(streamed, "_LITTLE_WORK", 1 << 20)
    make = SlabMaker.__call__
    monkeypatch.setattr(
        SlabMaker, "__call__", lambda maker, *words: [made.append(words[1]), make(maker, *words)][1]
    )
    model = NearestNeighbors(2).fit(rows)
    for m in 500, 1000:
        found, same = model.kneighbors(X[:m]), whole.kneighbors(X[:m])
        np.testing.assert_array_equal(found, same)
    assert made == ["brute"] * 3 + ["auto"] + ["kd_tree"] * 3
    assert "a query makes a tree look at" in model.algorithm_reason_


def test_what_makes_no_sense_is_named_by_its_row():
    X, rows = table()
    bad = X.copy()
    bad[33, 1] = np.nan
    with pytest.raises(ValueError, match="X contains NaN: row 33, column 1"):
        NearestNeighbors().fit(ElsewhereTable(bad, cuts=[10]))
    model = NearestNeighbors().fit(rows)
    with pytest.raises(ValueError, match="X contains NaN: row 33, column 1"):
        model.kneighbors(ElsewhereTable(bad, cuts=[10]))
    with pytest.raises(ValueError, match="0 sample.* required by NearestNeighbors"):
        model.kneighbors(ElsewhereTable(X[:0]))
    places = np.zeros((40, 2))
    places[33, 0] = 90.0
    places[:5] = 0.5
    model = NearestNeighbors(metric="haversine").fit(ElsewhereTable(places[:30], cuts=[10]))
    with pytest.raises(ValueError, match="latitude in row 33 is 90"):
        model.kneighbors(ElsewhereTable(places, cuts=[10]))
    weights = (np.arange(40) % 2).astype(float)
    for model in KNeighborsDensity(2, metric="haversine"), KNeighborsClassifier(metric="haversine"):
        for w in None, weights, 1.0 - weights:
            with pytest.raises(ValueError, match="latitude in row 33 is 90"):
                model.fit(ElsewhereTable(places, cuts=[10]), weights, w)
    far = np.array([[1.0], [-1.6e308], [2.0], [1.7e308]])
    model = NearestNeighbors(3).fit(ElsewhereTable(far, cuts=[1, 3]))
    for asked, k in (far - 1e307, 4), (ElsewhereTable(far - 1e307), 4), (None, 3):
        with pytest.raises(ValueError, match=r"value is .* where rows reach from -1.6e\+308 to"):
            model.kneighbors(asked, k)


@pytest.mark.parametrize(
    "words", [{"metric": "canberra"}, {"metric": max}, {"metric": "precomputed"}]
)
def test_metrics_that_see_all_rows_are_refused(words):
    _, rows = table(3)
    with pytest.raises(ValueError, match=r"^metric=.* needs all rows in memory, .* 'euclidean', "):
        NearestNeighbors(**words).fit(rows)


def test_what_takes_all_rows_at_once_is_refused(tmp_path):
    _, rows = table()
    y = np.arange(60) % 2
    with pytest.raises(ValueError, match="scoring is handed all rows .* not in memory: fit to an"):
        KNeighborsClassifierCV(scoring="roc_auc").fit(rows, y)
    model = KNeighborsClassifier().fit(rows, y)
    with pytest.raises(
        NotStorableError, match="training rows are elsewhere, not in memory, and a saved model"
    ):
        trivium.save(model, tmp_path / "model.trivium")
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="counterpart holds all rows in memory, and those of this"):
        model.to_sklearn()


def test_a_model_of_files_is_pickled_without_their_rows(tmp_path):
    X, _ = table(3000, 8)
    columns = {f"c{j}": X[:, j] for j in range(8)} | {"y": X[:, 0] > 0}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    rows = trivium.scan(tmp_path / "rows.parquet", target="y", cache=True)
    model = KNeighborsClassifier(7).fit(rows)
    found = model.predict_proba(rows)
    letter = pickle.dumps(model)
    assert len(letter) < X.nbytes / 10
    again = pickle.loads(letter)  # noqa: S301 - its own
    same = KNeighborsClassifier(7).fit(X, X[:, 0] > 0).predict_proba(X)
    np.testing.assert_array_equal(found, same)
    np.testing.assert_array_equal(again.predict_proba(rows), same)


_SEARCH = """
import sys, numpy as np, trivium
from trivium.neighbors.search import streamed

streamed._MOST_BYTES, rng = 12 << 20, np.random.default_rng(0)
model, few = trivium.NearestNeighbors(5), rng.normal(size=(70_000, 16))
model.fit(few).kneighbors(few[:500])  # compiled, if need be

def peak():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1])

model.fit(trivium.scan(sys.argv[1])).kneighbors(few[:500])
before = peak()
model.fit(trivium.scan(sys.argv[2])).kneighbors(few[:500])
print(peak() - before)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux alone says VmHWM")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    rng = np.random.default_rng(1)
    for n in 200_000, 600_000:
        rows = np.lib.format.open_memmap(tmp_path / f"{n}.npy", "w+", float, shape=(n, 16))
        for start in range(0, n, 100_000):
            rows[start : start + 100_000] = rng.normal(size=(100_000, 16))
        del rows
    paths = [str(tmp_path / f"{n}.npy") for n in (200_000, 600_000)]
    found = subprocess.run(
        [sys.executable, "-c", _SEARCH, *paths], capture_output=True, text=True, timeout=600
    )
    assert not found.returncode, found.stderr
    assert int(found.stdout) < 15_000  # of 51,000 kB more rows
