"""Data frames, Arrow tables and typed files: the text that a CSV file of them would hold."""

import datetime
import decimal
import gzip
import sys
import types
import uuid
import warnings

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from trivium.tables import typed_source
from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tables.source import open_source


def text(data, **choices):
    source = open_source(data, **choices)
    schema = pa.schema([(name, pa.string()) for name in source.names])
    return pa.Table.from_batches(source.batches(), schema).to_pydict()


ARROW = {
    "int64": (pa.array([1, None, 2**62]), ["1", None, str(2**62)]),
    "uint8": (pa.array([1, None, 255], pa.uint8()), ["1", None, "255"]),
    "floats": (
        pa.array([3.0, None, float("nan"), 0.1, -0.0, 1e300, 2.0**53, 1e15, -5.0]),
        ["3", None, None, "0.1", "-0", "1e+300", "9.007199254740992e+15", "1000000000000000", "-5"],
    ),
    "whole floats": (pa.array([3.0, None, -1.0]), ["3", None, "-1"]),
    "float32": (pa.array([0.1, 2.0], pa.float32()), ["0.1", "2"]),
    "float16": (pa.array(np.array([0.5, 2.0], np.float16)), ["0.5", "2"]),
    "infinite": (pa.array([float("inf"), 1.0]), ["inf", "1"]),
    "truths": (pa.array([True, None, False]), ["True", None, "False"]),
    "words": (pa.array(["a", None, "", "NA"]), ["a", None, None, "NA"]),
    "large words": (pa.array(["a", None, ""], pa.large_string()), ["a", None, None]),
    "views": (pa.array(["a", None, ""], pa.string_view()), ["a", None, None]),
    "dictionary": (pa.array(["a", None, "b", "a"]).dictionary_encode(), ["a", None, "b", "a"]),
    "codes": (pa.array([7, 8, 7]).dictionary_encode(), ["7", "8", "7"]),
    "nothing": (pa.nulls(2), [None, None]),
    "decimals": (pa.array([decimal.Decimal("1.50"), None]), ["1.50", None]),
    "days": (pa.array([datetime.date(2020, 1, 2), None]), ["2020-01-02", None]),
    "midnights": (pa.array([datetime.datetime(2020, 1, 2)], pa.timestamp("ns")), ["2020-01-02"]),
    "times": (
        pa.array([datetime.datetime(2020, 1, 2, 3, 4)], pa.timestamp("s")),
        ["2020-01-02 03:04:00"],
    ),
    "zone": (
        pa.array([datetime.datetime(2020, 1, 2, 3, 4)], pa.timestamp("ms", "Europe/Berlin")),
        ["2020-01-02 03:04:00.000Z"],
    ),
    "clock": (pa.array([datetime.time(1, 2)], pa.time64("us")), ["01:02:00.000000"]),
    "durations": (pa.array([1500], pa.duration("ms")), ["1.5"]),
    "uuids": (
        pa.ExtensionArray.from_storage(
            pa.uuid(), pa.array([uuid.UUID(int=1).bytes, None], pa.binary(16))
        ),
        [str(uuid.UUID(int=1)), None],
    ),
    "bool8": (
        pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8())),
        ["1", "0", None],
    ),
    "runs": (
        pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"])),
        ["a", "a", "b"],
    ),
}


@pytest.mark.parametrize("name", ARROW)
def test_arrow(name):
    array, expected = ARROW[name]
    assert text(pa.table({name: array}))[name] == expected
    assert text(pa.table({name: pa.chunked_array([array[:1], array[1:]])}))[name] == expected
    assert text(pa.table({name: array}).slice(1))[name] == expected[1:]


FRAME = pd.DataFrame(
    {
        "ints": [1, 2, 3],
        "gaps": [1.0, None, 3.0],
        "nullable": pd.array([1, None, 3], "Int64"),
        "arrow": pd.array([1, None, 3], "int64[pyarrow]"),
        "large": np.array([2**60 + 1, 2**60 + 2, 0]),
        "objects": [1, "a", None],
        "numbers": np.array([1, 2.5, 3.0], object),
        "truths": [True, False, True],
        "truths and gaps": [True, None, False],
        "category": pd.Categorical(["a", None, "b"]),
        "codes": pd.Categorical([3, None, 5]),
        "string": pd.array(["a", None, ""], "string"),
        "times": pd.to_datetime(["2020-01-01", None, "2020-01-02"]),
        "zone": pd.to_datetime(["2020-01-01 01:00", None, "2020-01-02 00:00"]).tz_localize(
            "Asia/Tokyo"
        ),
        "mixed times": [datetime.datetime(2020, 1, 1), pd.NaT, "x"],
        "beyond": [2**70, 1.5, None],
        "periods": pd.period_range("2020-01", periods=3, freq="M"),
        "uuids": [uuid.UUID(int=1), None, uuid.UUID(int=2)],
    }
)
FRAME_TEXT = {
    "ints": ["1", "2", "3"],
    "gaps": ["1", None, "3"],
    "nullable": ["1", None, "3"],
    "arrow": ["1", None, "3"],
    "large": [str(2**60 + 1), str(2**60 + 2), "0"],
    "objects": ["1", "a", None],
    "numbers": ["1", "2.5", "3"],
    "truths": ["True", "False", "True"],
    "truths and gaps": ["True", None, "False"],
    "category": ["a", None, "b"],
    "codes": ["3", None, "5"],
    "string": ["a", None, None],
    "times": ["2020-01-01", None, "2020-01-02"],
    "mixed times": ["2020-01-01", None, "x"],
    "beyond": [str(2**70), "1.5", None],
    "periods": ["2020-01", "2020-02", "2020-03"],
    "uuids": [str(uuid.UUID(int=1)), None, str(uuid.UUID(int=2))],
}


def test_pandas():
    found = text(FRAME)
    zone = found.pop("zone")
    assert [each and each[:16] for each in zone] == ["2019-12-31 16:00", None, "2020-01-01 15:00"]
    assert found == FRAME_TEXT
    assert text(FRAME.iloc[::-1])["ints"] == ["3", "2", "1"]
    assert open_source(FRAME).place(1) == "row 2 (counted from 1)"


def test_a_category_of_pandas_holds_numbers_with_gaps():
    assert text(pd.DataFrame({"a": pd.Categorical([1.0, None, 2.0])}))["a"] == ["1", None, "2"]


def test_columns_of_pandas_without_text_for_names():
    assert open_source(pd.DataFrame(np.zeros((2, 2)))).names == ("0", "1")
    with pytest.raises(TableError, match="2 columns '1'"):
        open_source(pd.DataFrame(np.zeros((2, 2)), columns=[1, "1"]))


def test_polars():
    frame = pl.DataFrame(
        {
            "ints": [1, None, 3],
            "floats": [1.0, None, 2.5],
            "enum": pl.Series(["a", None, "b"], dtype=pl.Enum(["a", "b"])),
            "categorical": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "words": ["a", None, ""],
            "days": [datetime.date(2020, 1, 2), None, None],
            "decimal": pl.Series(["1.50", None, "2.00"]).cast(pl.Decimal(10, 2)),
        }
    )
    expected = {
        "ints": ["1", None, "3"],
        "floats": ["1", None, "2.5"],
        "enum": ["a", None, "b"],
        "categorical": ["a", None, "b"],
        "words": ["a", None, None],
        "days": ["2020-01-02", None, None],
        "decimal": ["1.50", None, "2.00"],
    }
    assert text(frame) == expected
    assert text(frame.lazy()) == expected
    assert text(frame.to_arrow()) == expected


def test_columns_by_name():
    assert text({"a": [1, 2.5, None], "b": np.array(["x", "y", ""])}) == {
        "a": ["1", "2.5", None],
        "b": ["x", "y", None],
    }
    with pytest.raises(TableError, match=r"different lengths: \[1, 2\]"):
        open_source({"a": [1], "b": [1, 2]})


def test_anything_that_speaks_arrow():
    class Other:
        def __arrow_c_stream__(self, requested_schema=None):
            return pa.table({"a": [1]}).__arrow_c_stream__(requested_schema)

    assert text(Other()) == {"a": ["1"]}
    assert text(pa.record_batch({"a": [1]})) == {"a": ["1"]}


@pytest.mark.parametrize("data", [3, [1, 2], None, pd.Series([1])])
def test_what_is_no_table(data):
    with pytest.raises(TableError, match="a table is a path, a data frame"):
        open_source(data)


def test_tables_without_columns_or_sheets():
    with pytest.raises(TableError, match="has no columns"):
        open_source({})
    with pytest.raises(TableError, match="sheet is for Excel files alone"):
        open_source({"a": [1]}, sheet="s")


NO_VALUES = {
    "list": pa.array([[1], [2]]),
    "struct": pa.array([{"a": 1}, {"a": 2}]),
    "binary": pa.array([b"a", b"b"]),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
}


@pytest.mark.parametrize("kind", NO_VALUES)
def test_lists_structs_and_bytes(tmp_path, kind):
    table = pa.table({"fine": ["a", "b"], "odd one": NO_VALUES[kind], "y": ["a", "b"]})
    path = tmp_path / "t.parquet"
    parquet.write_table(table, path)
    for data in (table, path):
        with pytest.raises(TableError, match=rf"column 'odd one' holds values of type {kind}"):
            look(data)
        assert len(look(data, "y", drop=["odd one"]).columns) == 2


@pytest.mark.parametrize("value", [[1], (1,), {"a": 1}, b"x", np.zeros(2)])
def test_objects_that_are_no_values(value):
    frame = pd.DataFrame({"odd": [1, "a", None]}, dtype=object)
    frame.at[1, "odd"] = value
    with pytest.raises(TableError, match="column 'odd' holds values of type"):
        text(frame)


def test_files(tmp_path):
    table = pa.table({"a": [1, None, 3], "b": ["x", "NA", ""]})
    expected = {"a": ["1", None, "3"], "b": ["x", "NA", None]}
    parquet.write_table(table, tmp_path / "t.csv", row_group_size=2)
    assert text(tmp_path / "t.csv") == expected
    for compression in ("uncompressed", "lz4", "zstd"):
        feather.write_feather(table, tmp_path / "t.xlsx", compression=compression)
        assert text(tmp_path / "t.xlsx") == expected
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyarrow's, that it will read no old ones some day
        feather.write_feather(table, tmp_path / "old", version=1)
        assert text(tmp_path / "old") == expected
    with (
        pa.OSFile(str(tmp_path / "stream"), "wb") as file,
        pa.ipc.new_stream(file, table.schema) as w,
    ):
        w.write_table(table)
    assert text(tmp_path / "stream") == expected


@pytest.mark.parametrize("streamed", [False, True])
def test_feather_in_batches(tmp_path, monkeypatch, streamed):
    """Whatever the batches of the file, in order, of some columns in any order, more than once."""
    monkeypatch.setattr(typed_source, "ROWS_OF_A_BATCH", 4)
    n = 30
    table = pa.table(
        {"a": range(n), "b": [f"w{i}" for i in range(n)], "c": [i / 4 for i in range(n)]}
    )
    table = table.set_column(1, "b", table["b"].dictionary_encode())
    opened = pa.ipc.new_stream if streamed else pa.ipc.new_file
    with opened(str(tmp_path / "t"), table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    source = open_source(tmp_path / "t")
    for names in (["c", "a"], ["b"], ["a", "b", "c"]):
        found = pa.Table.from_batches(source.batches(names)).to_pydict()
        assert list(found) == names
        assert found == {name: text(table)[name] for name in names}


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream", "gzip", "xlsx"])
def test_damaged_files_are_an_error_or_read(tmp_path, kind):
    path = tmp_path / "t"
    table = pa.table({"a": [1, 2, None] * 20, "b": ["x", "ü", ""] * 20})
    if kind == "parquet":
        parquet.write_table(table, path)
    elif kind == "feather":
        feather.write_feather(table, path)
    elif kind == "stream":
        with pa.ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table)
    elif kind == "gzip":
        path.write_bytes(gzip.compress(table.to_pandas().to_csv().encode()))
    else:
        table.to_pandas().to_excel(tmp_path / "t.xlsx")
        (tmp_path / "t.xlsx").rename(path)
    content = path.read_bytes()
    random = np.random.default_rng(0)
    messages = []
    for _ in range(40):
        damaged = bytearray(content)
        if kind in ("gzip", "xlsx"):  # pyarrow does not promise to survive any byte
            for place in random.integers(8, len(content), 4):
                damaged[place] = random.integers(256)
        path.write_bytes(damaged[: random.integers(9, len(content))])
        try:
            look(path)
        except TableError as error:
            messages.append(str(error))
    assert len(messages) > 30
    assert max(len(each.splitlines()) for each in messages) == 1


def test_parquet_columns_with_dots_in_their_names(tmp_path):
    table = pa.table({"a.b": [1, 2], "a": ["x", "y"]})
    parquet.write_table(table, tmp_path / "t")
    assert text(tmp_path / "t") == {"a.b": ["1", "2"], "a": ["x", "y"]}
    source = open_source(tmp_path / "t")
    assert pa.Table.from_batches(source.batches(["a"])).to_pydict() == {"a": ["x", "y"]}


@pytest.fixture
def workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet.append([])
    sheet.append(["a", "b", None, "day", "y"])
    sheet.append([1, 2.5, True, datetime.date(2020, 1, 2), "01"])
    sheet.append([None, 3, False, datetime.datetime(2020, 1, 2, 3, 4), "NA"])
    sheet.append([None, None, None, datetime.time(1, 2), None])
    sheet["A9"].number_format = "0.00"
    book.create_sheet("Other").append(["z"])
    book.create_sheet("Empty")
    path = tmp_path / "book.csv"
    book.save(path)
    return path


def test_excel(workbook):
    assert text(workbook) == {
        "a": ["1", None, None],
        "b": ["2.5", "3", None],
        "column 3": ["True", "False", None],
        "day": ["2020-01-02", "2020-01-02 03:04:00", "01:02:00"],
        "y": ["01", "NA", None],
    }
    source = open_source(workbook)
    assert source.place(1) == "row 4 of sheet 'Data'"
    assert "the first of 3 sheets is read, 'Data' (--sheet)" in source.notes
    assert open_source(workbook, sheet="Other").names == ("z",)


def test_sheets_that_cannot_be_read(workbook, monkeypatch):
    with pytest.raises(TableError, match="no sheet 'data'; there is 'Data', 'Other', 'Empty'"):
        open_source(workbook, sheet="data")
    with pytest.raises(TableError, match="sheet 'Empty' is empty"):
        open_source(workbook, sheet="Empty")
    with pytest.raises(TableError, match="no rows below its header"):
        look(workbook, sheet="Other")
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(TableError, match="install python-calamine"):
        open_source(workbook)


def test_a_book_without_sheets(workbook, monkeypatch):
    book = types.SimpleNamespace(sheet_names=[])
    opened = types.SimpleNamespace(from_path=lambda _: book)
    monkeypatch.setattr("python_calamine.CalamineWorkbook", opened)
    with pytest.raises(TableError, match="has no sheets"):
        open_source(workbook)
