import gc
import logging
import subprocess
import sys
import time

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from trivium import LeastSquaresClassifier, SoftmaxRegression
from trivium.rows.dask_tables import DaskTable
from trivium.rows.elsewhere import Elsewhere, elsewhere_of

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)


def frame(**columns):
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(**columns)
    return dd.from_pandas(table, npartitions=3)


def test_collections_of_dask_are_tables_elsewhere(client):
    table = elsewhere_of(da.from_array(X))
    assert isinstance(table, DaskTable)
    assert isinstance(table, Elsewhere)
    assert table.column_names is None
    assert table.n_columns == 3
    assert elsewhere_of(frame()).column_names == ("a", "b", "c")
    assert elsewhere_of(frame().rename(columns={"a": 0, "b": 1, "c": 2})).column_names is None


def test_a_table_with_columns_is_learnt_from_under_their_names(client):
    table = frame(flag=X[:, 0] > 1, small=np.arange(60, dtype=np.int8))
    whole = table.compute()
    labels = dd.from_pandas(pd.Series(Y).map({0: "no", 1: "yes", 2: "both"}), npartitions=2)
    weights = dd.from_pandas(pd.Series(np.arange(60) % 4), npartitions=4)
    model = SoftmaxRegression().fit(table, labels, sample_weight=weights)
    plain = SoftmaxRegression().fit(whole, labels.compute(), sample_weight=np.arange(60) % 4)
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "flag", "small"]
    assert model.classes_.tolist() == ["both", "no", "yes"]
    np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-10)
    with pytest.raises(ValueError, match="lacks 'c'"):
        model.predict_proba(table[["a", "b", "flag", "small"]])


def test_numbers_missing_in_a_nullable_column_are_named(client):
    column = pd.array([1, None] * 30, dtype="Int64")
    with pytest.raises(ValueError, match="row 1, column 'n'"):
        LeastSquaresClassifier().fit(frame(n=column), Y)


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, np.bool_])
def test_numbers_are_read_in_the_type_that_memory_reads_them_in(client, kind):
    values = (X > 0).astype(kind)
    given = DaskTable(da.from_array(values, chunks=(20, 2))).given(labelled=False)
    assert given.rows.dtype == (np.float32 if kind is np.float32 else np.float64)
    block = given.rows.take(np.arange(60))
    assert block.X.flags.c_contiguous
    np.testing.assert_array_equal(block.X, values.astype(block.X.dtype))


def test_float32_columns_stay_so(client):
    table = frame().astype({"a": np.float32, "b": np.int8, "c": np.float32})
    assert DaskTable(table).given(labelled=False).rows.dtype == np.float32


def test_rows_whose_number_is_unknown_are_counted(client):
    parts = da.from_array(X, chunks=(20, 3))
    some = parts[parts[:, 0] > 0]
    assert np.isnan(some.shape[0])
    model = LeastSquaresClassifier().fit(some, Y[X[:, 0] > 0])
    plain = LeastSquaresClassifier().fit(X[X[:, 0] > 0], Y[X[:, 0] > 0])
    np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-10)


def test_nothing_is_left_on_the_workers(client):
    dX = da.from_array(X, chunks=(20, 3))
    gc.collect()  # what other tests have left
    _wait_until_empty(client)
    gc.disable()
    try:
        for model in (LeastSquaresClassifier(), SoftmaxRegression()):
            model.fit(dX, da.from_array(Y > 0, chunks=30), sample_weight=np.arange(60) % 3)
        _wait_until_empty(client)
    finally:
        gc.enable()


def _wait_until_empty(client):
    end = time.monotonic() + 20
    while (client.who_has() or any(client.processing().values())) and time.monotonic() < end:
        time.sleep(0.05)
    assert not client.who_has()
    assert not any(client.processing().values())


def in_parts(change):
    """An array of three parts, of which the second is changed."""
    parts = [dask.delayed(X[i : i + 20]) for i in (0, 20, 40)]
    parts[1] = dask.delayed(change)(parts[1])
    return da.concatenate([da.from_delayed(part, (20, 3), dtype=float) for part in parts])


def as_text(part):
    return part.astype(str).astype(object) + "x"


def masked(part):
    return np.ma.masked_greater(part, 1.0)


def narrower(part):
    return part[:, :2]


@pytest.mark.parametrize(
    ("table", "y", "weights", "says"),
    [
        (lambda: da.from_array(X[:, 0]), Y, None, "Expected 2D array, got a Dask array of 1"),
        (lambda: da.from_array(X + 1j), Y, None, "Complex data not supported"),
        (lambda: dask.delayed(X), Y, None, "X is a dask.delayed"),
        (lambda: frame(when=pd.Timestamp("2020-01-01")), Y, None, "in column 'when'"),
        (lambda: frame(kind=pd.Categorical(["a"] * 60)), Y, None, "in column 'kind'"),
        (lambda: frame().rename(columns={"a": 1}), Y, None, "columns of X are strings and others"),
        (lambda: in_parts(as_text), Y, None, "Partition 1 of X holds something that is no number"),
        (lambda: in_parts(masked), Y, None, "Partition 1 of X"),
        (lambda: in_parts(narrower), Y, None, r"Partition 1 of X has the shape \(20, 2\)"),
        (lambda: in_parts(scipy.sparse.csr_array), Y, None, "Partition 1 of X is a scipy.sparse"),
        (lambda: da.from_array(X), None, None, "give y"),
        (lambda: da.from_array(X), Y[:50], None, "X has 60 rows, but y has 50"),
        (lambda: da.from_array(X), da.from_array(np.r_[Y[1:], np.nan]), None, "Partition 0 of y"),
        (
            lambda: da.from_array(X),
            dask.delayed(Y),
            None,
            "or weights are a dask.delayed",
        ),
        (lambda: da.from_array(X), da.from_array(Y[:0]), None, "X has 60 rows, but y has 0"),
        (lambda: da.from_array(X), Y, np.ones(50), r"sample_weight has shape \(50,\)"),
        (lambda: da.from_array(X), Y, da.from_array(np.r_[-1, np.ones(59)]), "row 0 weighs -1"),
        (lambda: da.from_array(X)[:0], Y[:0], None, "X has no rows"),
        (lambda: da.from_array(np.c_[X, Y / 0.0]), Y, None, "row 0, column 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
def test_what_is_no_table_is_named(client, table, y, weights, says):
    with pytest.raises((ValueError, TypeError), match=says):
        LeastSquaresClassifier().fit(table(), y, sample_weight=weights)


def test_a_column_of_objects_may_hold_numbers(client):
    with dask.config.set({"dataframe.convert-string": False}):
        plain = LeastSquaresClassifier().fit(frame(o=X[:, 0] ** 2), Y)
        model = LeastSquaresClassifier().fit(frame(o=(X[:, 0] ** 2).astype(object)), Y)
        np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-10)
        with pytest.raises(ValueError, match=r"Partition \d of X holds no numbers in column 'o'"):
            LeastSquaresClassifier().fit(frame(o=np.array([1.0, "q"] * 30, dtype=object)), Y)


def test_one_number_weighs_every_row(client):
    rows = DaskTable(da.from_array(X)).given(Y, 2.0)
    np.testing.assert_array_equal(rows.weights, np.full(60, 2.0))


def test_without_a_client_it_is_said_how_to_start_one():
    code = """
import dask.array, numpy, trivium
try:
    trivium.LeastSquaresClassifier().fit(dask.array.ones((4, 2)), [0, 1, 0, 1])
except ValueError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "client = Client(LocalCluster())" in said.stdout


def test_without_distributed_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"trivium\[dask\]"):
        LeastSquaresClassifier().fit(da.from_array(X), Y)


def test_dask_is_imported_for_its_own_collections_alone():
    code = """
import sys, trivium
trivium.LeastSquaresClassifier().fit([[0.0], [1.0]], [0, 1]).predict([[0.5]])
sys.exit("dask" in sys.modules or "distributed" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


class _Said(logging.Handler):
    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


@pytest.fixture
def said():
    """What the scheduler, which is in this process, has warned of."""
    logger, handler = logging.getLogger("distributed.scheduler"), _Said()
    logger.addHandler(handler)
    yield handler.messages
    logger.removeHandler(handler)


def test_no_two_tasks_of_a_table_and_its_labels_share_a_key(client, said):
    dX, dy = da.from_array(X, chunks=(20, 3)), da.from_array(Y, chunks=20)
    some, table = dX[:, 0] > -99, frame(y=Y)
    table, names = table[table.a > -99], ["a", "b", "c"]
    whole = LeastSquaresClassifier().fit(X, Y)
    for rows, labels in (
        (dX[some], dy[some]),
        (dX[some].persist(), dy[some]),
        (dX[:60], dy[:60]),
        (table[names], table["y"]),
    ):
        for _ in range(3):
            model = LeastSquaresClassifier().fit(rows, labels)
            np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-10)
            model.predict(rows).compute()
            model.score(rows, labels)
    assert [message for message in said if "run_spec" in message] == []


def test_graphs_that_were_fused_before_are_computed_as_they_are(client):
    dX, dy, table = da.from_array(X, chunks=(20, 3)), da.from_array(Y, chunks=20), frame(y=Y)
    some = dX[:, 0] > -99
    table, names = table[table.a > -99], ["a", "b", "c"]
    whole = LeastSquaresClassifier().fit(X, Y)
    fused = table[names].optimize(), table["y"].optimize()
    for given in (dask.optimize(dX[some], dy[some]), fused):
        model = LeastSquaresClassifier().fit(*given)
        np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-10)


@pytest.mark.parametrize("of_labels", [False, True])
def test_of_several_partitions_that_are_wrong_the_first_is_named(client, of_labels):
    def wrong(wait):
        time.sleep(wait)
        return np.full(20, np.nan) if of_labels else as_text(X[:20])

    shape = (20,) if of_labels else (20, 3)
    parts = [dask.delayed(wrong)(wait) for wait in (0.3, 0.0, 0.1)]
    bad = da.concatenate([da.from_delayed(part, shape, dtype=float) for part in parts])
    given = (da.from_array(X), bad) if of_labels else (bad, Y)
    with pytest.raises(ValueError, match=f"Partition 0 of {'y' if of_labels else 'X'}"):
        LeastSquaresClassifier().fit(*given)
