"""Columns of plain numbers may come as numbers, and are then what their text says."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from trivium.tables import csv_source
from trivium.tables.errors import CellError
from trivium.tables.kinds import Column, Kind, NumberStyle
from trivium.tables.source import open_source
from trivium.tables.values import is_plain, values_of

COLUMN = Column("x", Kind.NUMERIC, number=NumberStyle())
N = 300


def read(source, numbers):
    """Return all values of x, and whether each batch had them as numbers."""
    batches = list(source.batches(["y", "x"], plain=numbers))
    values = np.concatenate([values_of(batch.column("x"), COLUMN) for batch in batches])
    assert all(batch.schema.field("y").type == pa.string() for batch in batches)
    return values, [pa.types.is_floating(batch.schema.field("x").type) for batch in batches]


def csv_of(path, cells):
    path.write_text("x,y\n" + "".join(f"{cell},{row}\n" for row, cell in enumerate(cells)))
    return open_source(path)


def plain_cells(seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=N) * 10.0 ** rng.integers(-300, 300, N)
    return ["" if row % 7 == 3 else repr(float(value)) for row, value in enumerate(values)]


@pytest.mark.parametrize("block", [300, 1 << 20])
def test_csv(tmp_path, monkeypatch, block):
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    source = csv_of(tmp_path / "t.csv", plain_cells())
    as_text, _ = read(source, ())
    values, are_numbers = read(source, {"x"})
    np.testing.assert_array_equal(values, as_text)
    assert all(are_numbers)


@pytest.mark.parametrize("cell", [" 1.5", "+1", "1e3", '"1"', "0x10", "nan", "inf", "word"])
@pytest.mark.parametrize("block", [300, 1 << 20])
def test_one_cell_in_the_middle(tmp_path, monkeypatch, block, cell):
    """What may be no number is left as text, and no row is lost or handed out twice."""
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    cells = plain_cells()
    cells[200] = cell
    source = csv_of(tmp_path / "t.csv", cells)
    batches = source.batches(["y", "x"], plain={"x"})
    rows = [row for batch in batches for row in batch.column("y").to_pylist()]
    assert rows == [str(row) for row in range(N)]
    if cell in ("0x10", "inf", "word"):
        for numbers in ((), {"x"}):
            with pytest.raises(CellError, match="column 'x' has") as caught:
                read(source, numbers)
            assert caught.value.cell == cell
    else:
        np.testing.assert_array_equal(read(source, {"x"})[0], read(source, ())[0])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_without_anything_in_them(tmp_path, monkeypatch, end):
    """Whole blocks of them are no rows, whatever ends a line."""
    monkeypatch.setattr(csv_source, "_BLOCK", 40)
    cells = plain_cells()
    lines = [f"{cell},{row}" + end * (60 if row % 50 == 0 else 1) for row, cell in enumerate(cells)]
    (tmp_path / "t.csv").write_text("x,y" + end + "".join(lines), newline="")
    values, are_numbers = read(open_source(tmp_path / "t.csv"), {"x"})
    np.testing.assert_array_equal(values, [float(cell or "nan") for cell in cells])
    assert any(are_numbers)


def test_tables_with_types(tmp_path):
    values = [float(cell) if cell else None for cell in plain_cells()]
    table = pa.table({"x": pa.array(values), "y": list(map(str, range(N)))})
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    expected = np.array([np.nan if value is None else value for value in values])
    frame = pd.DataFrame({"x": expected, "y": table["y"].to_pylist()})
    for data in (table, tmp_path / "t.parquet", pl.from_arrow(table), frame):
        for numbers in ((), {"x"}):
            np.testing.assert_array_equal(read(open_source(data), numbers)[0], expected)


@pytest.mark.parametrize("odd", [np.inf, np.nan])
def test_numbers_that_are_none(odd):
    table = pa.table({"x": [1.0, odd, None], "y": ["a", "b", "c"]})
    (batch,) = open_source(table).batches(plain={"x"})
    assert batch.schema.field("x").type == pa.string()
    single = pa.table({"x": pa.array([0.1], pa.float32()), "y": ["a"]})
    assert read(open_source(single), {"x"})[0].tolist() == [0.1]  # as text says it


def test_columns_of_plain_numbers():
    assert is_plain(COLUMN)
    assert not is_plain(Column("x", Kind.NUMERIC, number=NumberStyle(decimal=",")))
    assert not is_plain(Column("x", Kind.NUMERIC, missing_words=("NA",)))
    assert not is_plain(Column("x", Kind.CATEGORY))
