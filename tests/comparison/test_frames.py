"""Tables and the columns that are given beside them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from trivium.comparison.frames import with_columns
from trivium.tables.errors import TableError
from trivium.tables.look import look

X = {"a": [1.5, 2.5, 3.5, 4.5], "w": ["u", "v", "u", "v"]}
TABLES = {
    "mapping": X,
    "pandas": pd.DataFrame(X, index=[7.0, 7.0, 1.0, 0.0]),
    "polars": pl.DataFrame(X),
    "arrow": pa.table(X),
    "batch": pa.RecordBatch.from_pydict(X),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("series", [list, np.array, pd.Series, pl.Series, pa.array])
def test_labels_are_set_beside_the_rows_in_their_order(kind, series):
    table, names = with_columns(TABLES[kind], {"target": series(["x", "y", "y", "x"])})
    seen = look(table, names["target"])
    assert seen.labels().tolist() == ["x", "y", "y", "x"]
    assert [column.name for column in seen.columns] == ["a", "w"]
    assert names == {"target": "target"}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize(
    "y",
    [
        ["x", None, "y", "x"],
        np.array(["x", np.nan, "y", "x"], dtype=object),
        pd.Series(["x", None, "y", "x"]),
        pd.Series(["x", None, "y", "x"], dtype="category"),
        pl.Series(["x", None, "y", "x"]),
        pa.array(["x", None, "y", "x"]),
    ],
)
def test_missing_labels_are_not_used(kind, y):
    table, names = with_columns(TABLES[kind], {"target": y})
    seen = look(table, names["target"])
    assert seen.labels().tolist() == ["x", "y", "x"]


def test_a_table_of_one_column_is_that_column():
    for y in (pd.DataFrame({"y": [1, 0, 1, 0]}), np.array([[1], [0], [1], [0]])):
        table, names = with_columns(X, {"target": y})
        assert look(table, names["target"]).labels().tolist() == ["1", "0", "1", "0"]


def test_the_table_that_is_given_stays_as_it_is():
    frame = TABLES["pandas"].copy()
    with_columns(frame, {"target": [1, 2, 1, 2]})
    assert list(frame.columns) == ["a", "w"]


def test_columns_keep_their_names_and_none_is_written_over():
    y = pd.Series([0, 1, 0, 1], name="w", index=[3, 2, 1, 0])
    table, names = with_columns(TABLES["pandas"], {"target": y, "group": "a", "time": None})
    assert names == {"target": "w_", "group": "a"}
    assert table["w_"].tolist() == [0, 1, 0, 1]
    assert table["w"].tolist() == X["w"]


def test_columns_of_arrays_are_numbered():
    table, names = with_columns(np.eye(3), {"target": [0, 1, 0]})
    assert list(table) == ["x0", "x1", "x2", "target"]
    assert names == {"target": "target"}


def test_what_is_no_table_or_does_not_fit_is_refused():
    with pytest.raises(TableError, match="target has 3 values for 4 rows"):
        with_columns(X, {"target": [1, 2, 1]})
    with pytest.raises(TableError, match="there are no labels"):
        with_columns(X, {"target": None})
    frame = pd.DataFrame(X, index=list("abcd"))
    with pytest.raises(TableError, match="target has the index of X in another order"):
        with_columns(frame, {"target": pd.Series([1, 2, 1, 2], index=list("dcba"))})
    with pytest.raises(ValueError, match="target"):
        with_columns(X, {"target": np.ma.masked_array([1, 2, 1, 2], mask=[0, 1, 0, 0])})
    with pytest.raises(TableError, match="sparse"):
        with_columns(csr_array(np.eye(3)), {"target": [1, 2, 1]})
    with pytest.raises(TableError, match="1 dimensions"):
        with_columns(np.arange(3), {"target": [1, 2, 1]})

    class Frame:
        columns = ("a",)

        def __len__(self):
            return 2

    with pytest.raises(TableError, match="cannot be set beside a Frame"):
        with_columns(Frame(), {"target": [1, 2]})
