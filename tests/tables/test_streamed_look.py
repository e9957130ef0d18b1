"""Tables that are looked at a column at a time: what `look` says of them, to the letter."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trivium.tables import counted_numbers, read_cells, typed_source
from trivium.tables.counted_numbers import HeldNumbers, ReadNumbers, all_whole, common_step
from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tables.read_cells import ReadCells, Room
from trivium.tables.source import open_source
from trivium.tables.streamed_look import look_streamed
from trivium.tables.watched import Watched, bytes_needed, is_too_large

N = 300


def frame():
    random = np.random.default_rng(0)

    def gaps(values):
        return pd.Series(values).mask(random.random(N) < 0.1)

    return pd.DataFrame(
        {
            "count": random.integers(-50, 50, N),
            "gaps": gaps(random.normal(size=N).round(3)),
            "price": [f"{random.integers(1, 9)},{random.integers(100, 999)}" for _ in range(N)],
            "cents": [f"{each:.2f}".replace(".", ",") for each in random.normal(size=N)],
            "thousands": [f"{random.integers(1, 9)}.{random.integers(100, 999)}" for _ in range(N)],
            "zero one": random.integers(0, 2, N).astype(float),
            "code": [f"{each:03}" for each in random.integers(0, 30, N)],
            "big": random.integers(2**53, 2**60, N),
            "phone": random.integers(10**6, 10**8, N),
            "town": gaps(random.choice(["x", "y", "NA"], N)),
            "note": [f"what {each} said to {each + 1}" for each in range(N)],
            "when": [f"{1 + each % 12}/{1 + each % 11}/2021" for each in range(N)],
            "nines": np.where(np.arange(N) % 50 == 0, 999.0, random.integers(1, 80, N)),
            "row": 3 * np.arange(N)[::-1] + 7,
            "mixed": ["none" if each == 200 else str(each * 7 % 97) for each in range(N)],
            "day": gaps(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N), "h")),
            "empty": np.full(N, np.nan),
            "decimal": pa.array(np.arange(N) / 8).cast(pa.decimal128(9, 3)).to_pylist(),
            "label": gaps(random.choice(["1", "2", "total"], N)),
        }
    )


def streamed(data, *arguments, **choices):
    return look_streamed(open_source(data), *arguments, **choices)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"missing": ["999", "1"], "drop": ["phone"], "decimal": ","},
        {"kinds": {"mixed": "text", "row": "numeric"}, "dates": "mdy", "decimal": "."},
    ],
)
def test_the_same_is_found_and_said(tmp_path, monkeypatch, suffix, choices):
    monkeypatch.setattr(typed_source, "ROWS_OF_A_BATCH", 64)
    path = tmp_path / f"t.{suffix}"
    getattr(frame(), f"to_{suffix}")(path, index=False)
    expected = look(path, "label", **choices)
    for few in (read_cells._FEW, 20):
        monkeypatch.setattr(read_cells, "_FEW", few)
        monkeypatch.setattr(read_cells, "_AT_ONCE", 100)
        monkeypatch.setattr(counted_numbers, "_AT_ONCE", 7)
        monkeypatch.setattr(counted_numbers, "_FEW", few)
        told = []
        found = streamed(path, "label", **choices, progress=told.append)
        assert found.columns == expected.columns
        assert found.notes == expected.notes
        assert found.lasting_notes == expected.lasting_notes
        assert found.to_dict() == expected.to_dict()
        assert told[0] == f"reading column 1 of {19 - len(choices.get('drop', []))}"
        codes = found.codes[found.kept]
        np.testing.assert_array_equal(np.flatnonzero(found.kept), expected.used)
        assert [found.target.classes[code] for code in codes] == expected.labels().tolist()
        assert found.codes.dtype == np.int8


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (["u,v", "1,2", "3,4", "u,v", "5,6", "7,8"], "repeats the header"),
        (["u,v", "kg,m", "3,4", "3,4", "5,6", "7,8"], "may hold units"),
        (["u,v", "1,a", "3,b", "9,a", "5,a", "7,Total"], "may be a total"),
        (["u,v", "1,2", "3,4", "9,3", "5,6", "Total,8"], "may be a total"),
        (["4,v", "1,2", "3,4", "4,v", "5,6", "6,8"], "repeats the header"),
    ],
)
def test_what_stands_around_the_rows(tmp_path, rows, note):
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    found = streamed(tmp_path / "t.csv")
    assert any(note in each for each in found.notes)
    assert found.notes == look(tmp_path / "t.csv").notes
    assert (found.codes, found.kept, found.rows_used) == (None, None, 5)


@pytest.mark.parametrize(
    ("text", "arguments", "choices"),
    [
        ("x,y\n1,a\n,b\n", ("z",), {}),
        ("x,y\n", ("y",), {}),
        ("x,y\n1,a\ninf,b\n", ("y",), {}),
        ("x,y\n1,a\n2,a\n", ("y",), {}),
        ("x,y\n1,\n2,\n", ("y",), {}),
        ("x,y\n1,a\n2,b\n", ("y",), {"drop": ["x"], "kinds": {"x": "numeric"}}),
        ("x,y\n1,a\n2,b\n", (), {"drop": ["x", "y"]}),
        ("x,y\n1,a\nq,b\n", ("y",), {"kinds": {"x": "numeric"}}),
    ],
)
def test_the_same_errors(tmp_path, text, arguments, choices):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TableError) as expected:
        look(tmp_path / "t.csv", *arguments, **choices)
    with pytest.raises(TableError) as found:
        streamed(tmp_path / "t.csv", *arguments, **choices)
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_counted_of_numbers(seed, monkeypatch):
    monkeypatch.setattr(counted_numbers, "_AT_ONCE", 5)
    monkeypatch.setattr(counted_numbers, "_FEW", 0)
    random = np.random.default_rng(seed)
    values = random.integers(-9, 9, 40) / random.choice([1, 4])
    values = np.sort(np.unique(values)) if seed % 2 else values
    values = np.where(random.random(values.size) < 0.2, np.nan, values)
    held = HeldNumbers(values)
    read = ReadNumbers(np.array_split(values, 7), np.empty(values.size))
    for name in ("n_rows", "n_used", "first", "is_ordered", "median"):
        assert getattr(read, name) == getattr(held, name), name
    np.testing.assert_array_equal(read.different, held.different)
    for end in (held.different[0], held.different[-1]):
        assert read.times(end) == held.times(end)
    assert all_whole(held.different) == bool((values[~np.isnan(values)] % 1 == 0).all())
    many = 6 * np.unique(random.integers(0, 1000, 30)).astype(float)
    assert common_step(many) == np.gcd.reduce(np.diff(many).astype(int))


def test_cells_are_read_again_only_as_far_as_is_asked(tmp_path):
    cells = [None, "a", "b", "a", None, "c"]
    source = open_source(pa.table({"x": pa.array(cells)}))
    found = ReadCells(Watched(source, len(cells)), "x", Room(len(cells)))
    assert [found.cell(row) for row in range(5)] == cells[:5]
    found.release()
    assert (found.cell(5), found.times("c"), found.times("a")) == ("c", 1, 0)
    assert [found.index_of(text) for text in ("a", "c", "d")] == [1, 5, -1]
    assert found.without(["a"]).empty == 4


def test_how_large_a_table_is(tmp_path, monkeypatch):
    frame().to_parquet(tmp_path / "t.parquet")
    frame().to_csv(tmp_path / "t.csv")
    frame().to_csv(tmp_path / "t.csv.gz")
    sizes = {name: bytes_needed(open_source(tmp_path / name)) for name in ("t.parquet", "t.csv")}
    assert sizes["t.parquet"] == 48 * 19 * N
    assert sizes["t.csv"] == 4 * (tmp_path / "t.csv").stat().st_size
    packed = bytes_needed(open_source(tmp_path / "t.csv.gz"))
    assert packed == 32 * (tmp_path / "t.csv.gz").stat().st_size
    frame().to_csv(tmp_path / "u.csv")
    both = bytes_needed(open_source([tmp_path / "t.csv", tmp_path / "u.csv"]))
    assert both == 2 * sizes["t.csv"]
    assert not is_too_large(open_source(tmp_path / "t.csv"))
    monkeypatch.setattr("trivium.tables.watched.available_memory", lambda: 1.9 * sizes["t.csv"])
    assert is_too_large(open_source(tmp_path / "t.csv"))
