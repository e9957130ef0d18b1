"""The same table in any container has the same columns, the same labels and the same values."""

import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from trivium import load, save
from trivium.tables import csv_source, typed_source
from trivium.tables.cells import Cells
from trivium.tables.decide import decide
from trivium.tables.findings import Hints
from trivium.tables.kinds import USED, NumberStyle
from trivium.tables.look import look
from trivium.tables.values import values_of
from trivium.tabular.fitting import fit_table

N = 400


def frame():
    random = np.random.default_rng(0)

    def gaps(values, share=0.1):
        values = pd.Series(values)
        return values.mask(random.random(N) < share)

    floats = random.normal(size=N) * 10.0 ** random.integers(-8, 8, N)
    return pd.DataFrame(
        {
            "Integer": random.integers(-5000, 5000, N),
            "integer with gaps": gaps(random.integers(0, 90, N).astype(float)),
            "float": [float(f"{x:.15g}") for x in floats],  # openpyxl writes 16 digits of 17
            "float with gaps": gaps(random.normal(size=N).round(3)),
            "some whole": random.integers(0, 8, N) / 4,
            "zero one": random.integers(0, 2, N),
            "zero one gaps": gaps(random.integers(0, 2, N).astype(float)),
            "truth": random.random(N) < 0.5,
            "category": random.choice(["red", "Grün", "NA", "01", "a, b", 'say "x"'], N),
            "category with gaps": gaps(random.choice(["x", "y", "z "], N)),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, N), "D"),
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 10**8, N), "s"),
            "row": np.arange(N),
            "name": [f"Nobody {i}" for i in range(N)],
            "code": random.choice([f"{i:05}" for i in range(30)], N),
            "patient_id": random.integers(1000, 1040, N),
            "zip code": gaps(random.choice([1010.0, 1020.0, 9999.0], N)),
            "eight": gaps(random.choice([20200101.0, 20231231.0, 20210506.0], N)),
            "constant": np.full(N, 3.5),
            "empty": np.full(N, np.nan),
            "comment": [" ".join(random.choice(["so", "and", "then", "we"], 9)) for _ in range(N)],
            "label": gaps(random.choice(["01", "1", "None", "TRUE"], N), 0.05),
        }
    )


def write_all(table, folder):
    """Write a table in all ways; return what can be looked at, by name."""
    text = table.to_csv(index=False)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    (folder / "comma.csv").write_text(text, encoding="utf-8")
    (folder / "packed.csv.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "utf-16.csv").write_text(text, encoding="utf-16")
    (folder / "cp1252.csv").write_text(text, encoding="cp1252")
    table.to_csv(folder / "semicolon.csv", index=False, sep=";", decimal=",")
    table.to_csv(folder / "tabs.tsv", index=False, sep="\t", lineterminator="\r\n")
    parquet.write_table(arrow, folder / "t.parquet", row_group_size=150)
    feather.write_feather(arrow, folder / "t.feather")
    table.to_excel(folder / "t.xlsx", index=False)
    files = {each.name: each for each in folder.iterdir()}
    polars = pl.from_arrow(arrow)
    return {**files, "pandas": table, "polars": polars, "arrow": arrow, "mapping": dict(table)}


KINDS = [
    "numeric", "numeric", "numeric", "numeric", "numeric", "boolean", "boolean", "boolean",
    "category", "category", "date", "date", "dropped", "dropped", "category", "group", "category",
    "date", "dropped", "dropped", "text",
]  # fmt: skip


@pytest.fixture(scope="module")
def looks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    return {name: look(data, "label") for name, data in write_all(frame(), folder).items()}


def test_the_same_columns(looks):
    first = looks["comma.csv"]
    assert [str(each.kind) for each in first.columns] == KINDS
    for name, other in looks.items():
        if name == "semicolon.csv":  # the decimal comma is part of some columns
            styles = {each.number for each in other.columns} - {None}
            assert styles == {NumberStyle(), NumberStyle(",")}
            continue
        assert other.columns == first.columns, name


def test_the_same_labels(looks):
    first = looks["comma.csv"]
    assert first.target.classes == ("01", "1", "None", "TRUE")
    for other in looks.values():
        assert other.target == first.target
        np.testing.assert_array_equal(other.used, first.used)
        np.testing.assert_array_equal(other.labels(), first.labels())


def test_the_same_values_to_the_bit(looks):
    first = looks["comma.csv"]
    for name, other in looks.items():
        for one, two in zip(first.columns, other.columns, strict=True):
            if one.kind in USED:
                left = values_of(first.cells(one.name), one)
                right = values_of(other.cells(two.name), two)
                if isinstance(left, np.ndarray):
                    assert left.tobytes() == right.tobytes(), (name, one.name)
                else:
                    assert left.equals(right), (name, one.name)


def test_the_same_model_to_the_byte(looks, tmp_path):
    """But for how numbers are written, which a table of few rows could not tell again."""

    def made(name):
        path = tmp_path / f"{name}.model"
        save(fit_table(looks[name], model="least-squares", folds=2), path)
        return path

    first = made("comma.csv")
    for name in ("utf-16.csv", "tabs.tsv", "t.parquet", "t.xlsx", "pandas"):
        assert made(name).read_bytes() == first.read_bytes(), name
    with_commas = load(made("semicolon.csv")).with_decimal(".")
    with_points = load(first)
    reasons = {each.name: each.reason for each in with_points.columns}
    columns = tuple(
        replace(each, reason=reasons[each.name], number=each.number and NumberStyle())
        for each in with_commas.columns
    )
    assert columns == with_points.columns
    for name in ("coef_", "intercept_"):
        found, expected = (getattr(m.estimator, name) for m in (with_commas, with_points))
        assert found.tobytes() == expected.tobytes()
    assert with_commas.preparation.plan_.parts == with_points.preparation.plan_.parts
    assert with_commas.table_notes == with_points.table_notes


def test_notes_that_a_model_keeps_count_rows_from_1(tmp_path):
    cells = [str(i / 8) for i in range(99)] + ["high"]
    labels = list("ab" * 50)
    table = {"x": cells, "z": list(map(str, range(50))) * 2, "y": labels}
    path = tmp_path / "t.csv"
    pd.DataFrame(table).to_csv(path, sep=";", index=False)
    seen = [look(path, "y"), look(table, "y")]
    noted = [next(note for note in each.notes if "'x' holds 99" in note) for each in seen]
    assert "the first in line 101:" in noted[0]
    assert "fields are separated by semicolons" in seen[0].notes
    assert seen[0].lasting_notes == seen[1].lasting_notes == seen[1].notes
    assert "the first in row 100 (counted from 1):" in noted[1]


def test_whole_codes_are_one_level_however_they_are_written(looks):
    for seen in looks.values():
        (column,) = (each for each in seen.columns if each.name == "zip code")
        levels = set(values_of(seen.cells("zip code"), column).to_pylist())
        assert levels == {None, "1010", "1020", "9999"}
    table = {"x": ["1.0", "2", "1", "2.0", None, "01"], "y": list("ababab")}
    chosen = look(table, "y", kinds={"x": "category"}).columns[0]
    assert (chosen.levels, chosen.number) == (5, None)  # with 01 there, all count as written
    table["x"][-1] = "3"
    chosen = look(table, "y", kinds={"x": "category"}).columns[0]
    assert (chosen.levels, chosen.number) == (3, NumberStyle())


def random_cells(random):
    """Return a column of a random kind, now and then with a cell of another."""
    kinds = [
        lambda: str(random.integers(0, 50)),
        lambda: f"{random.normal():.3f}",
        lambda: f"{random.integers(0, 12):02}",
        lambda: f"{random.integers(1, 29)}/{random.integers(1, 13)}/2020",
        lambda: random.choice(["yes", "no"]),
        lambda: random.choice(["red", "blue", "1E5"]),
        lambda: f"{random.integers(1000, 99999):,}",
        lambda: f"{random.normal():.2f}".replace(".", ","),
        lambda: "",
        lambda: "NA",
    ]
    main = kinds[random.integers(len(kinds))]
    other = kinds[random.integers(len(kinds))]
    return [(other if random.random() < 0.02 else main)() for _ in range(120)]


@pytest.mark.parametrize("seed", range(6))
def test_blocks_change_nothing(tmp_path, monkeypatch, seed):
    random = np.random.default_rng(seed)
    columns = {f"c{j}": random_cells(random) for j in range(8)}
    table = pa.table(columns)
    path = tmp_path / "t.csv"
    quoted = [",".join(f'"{cell}"' for cell in row) for row in zip(*columns.values(), strict=True)]
    path.write_text(",".join(columns) + "\n" + "\n".join(quoted) + "\n")
    whole = [look(path), look(table)]
    assert whole[0].columns == whole[1].columns
    for size in (7, 64):
        monkeypatch.setattr(csv_source, "_BLOCK", 16 * size)
        monkeypatch.setattr(typed_source, "ROWS_OF_A_BATCH", size)
        assert [look(path).columns, look(table).columns] == [each.columns for each in whole]


@pytest.mark.parametrize("seed", range(6))
def test_the_quick_way_decides_as_the_other(monkeypatch, seed):
    random = np.random.default_rng(100 + seed)
    makers = [
        lambda: str(random.integers(-9, 50)),
        lambda: repr(random.normal() * 10.0 ** random.integers(-20, 20)),
        lambda: f"{random.integers(0, 12):02}",
        lambda: f"{random.integers(0, 9)}E{random.integers(0, 9)}",
        lambda: str(random.integers(2**52, 2**54)),
        lambda: f"{random.integers(0, 3)}.0",
    ]
    for _ in range(10):
        chosen = random.choice(len(makers), 2)
        cells = [makers[chosen[int(random.random() < 0.05)]]() for _ in range(60)]
        column = pa.chunked_array([cells[:20], cells[20:], [None]])
        name = str(random.choice(["x", "zip", "id", "patient"]))
        quick = decide(name, Cells(column), Hints())
        monkeypatch.setattr("trivium.tables.decide.plain_numbers", lambda *_: None)
        slow = decide(name, Cells(column), Hints())
        monkeypatch.undo()
        assert quick.column == slow.column
