"""Several files as one table: their order, their columns, folders that name cells, and errors."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from trivium.tables.errors import TableError
from trivium.tables.file_names import names_of_files, parts_of
from trivium.tables.look import look
from trivium.tables.source import open_source

N = 60


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": random.normal(size=N).round(3),
            "count": random.integers(0, 9, N),
            "shop": random.choice(["north", "south", None], N),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 90, N), "D"),
            "label": random.choice(["a", "b"], N),
        }
    )


def write(table, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        feather.write_feather(table, path)
    return path


def parts(table, folder, suffix, n=7):
    """Write a table in files of unequal lengths; one has no rows, one has its columns turned."""
    cuts = np.sort(np.random.default_rng(1).integers(0, N, n - 1))
    cuts[2] = cuts[3]
    for number, part in enumerate(np.split(np.arange(N), cuts)):
        some = table.iloc[part]
        write(some.iloc[:, ::-1] if number == 4 else some, folder / f"part-{number}{suffix}")
    return folder


def cells(source):
    return pa.Table.from_batches(source.batches(source.names)).to_pydict()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather"])
def test_many_files_are_the_table_of_one(table, tmp_path, suffix):
    whole = look(write(table, tmp_path / f"whole{suffix}"), "label")
    folder = parts(table, tmp_path / "rows", suffix)
    named = sorted(map(str, folder.iterdir()))
    for data in (folder, f"{folder}/*{suffix}", f"{tmp_path}/**/part-*", named):
        seen = look(data, "label")
        assert seen.columns == whole.columns
        assert seen.target == whole.target
        assert seen.lasting_notes == whole.lasting_notes
        assert seen.notes == whole.notes
        assert seen.table.to_pydict() == whole.table.to_pydict()
    assert names_of_files(str(folder)) == named
    assert names_of_files([str(tmp_path / "no.csv"), *named]) == [str(tmp_path / "no.csv"), *named]


def test_folders_name_cells(table, tmp_path):
    for (shop, count), part in table.groupby(["shop", "count"], dropna=False):
        name = "__HIVE_DEFAULT_PARTITION__" if pd.isna(shop) else f"{shop}%20side"
        rest = part.drop(columns=["shop", "count"])
        write(rest, tmp_path / f"shop={name}" / f"count={count}" / "_0.parquet")
        write(rest, tmp_path / f"shop={name}" / f"count={count}" / "0.parquet")
    (tmp_path / "_SUCCESS").touch()
    found = cells(open_source(tmp_path))
    assert sorted(found) == sorted(table.columns)
    pairs = zip(found["shop"], found["count"], found["size"], strict=True)
    expected = zip(table["shop"], table["count"], table["size"], strict=True)
    want = {
        (None if pd.isna(shop) else f"{shop} side", str(count), f"{size:.10g}")
        for shop, count, size in expected
    }
    assert {(shop, count, f"{float(size):.10g}") for shop, count, size in pairs} == want
    named = sorted(str(path) for path in tmp_path.rglob("0.parquet"))
    assert cells(open_source(named)) == found
    kinds = {column.name: str(column.kind) for column in look(tmp_path, "label").columns}
    assert kinds["shop"] == "category"
    assert kinds["count"] == "numeric"
    part = write(table, tmp_path / "shop=x" / "count=1" / "1.parquet")
    with pytest.raises(TableError, match=r"1\.parquet has a column 'count', which .* lacks"):
        open_source(tmp_path)
    with pytest.raises(TableError, match=r"1\.parquet has a column 'shop', and so say"):
        open_source([part, write(table, part.with_name("2.parquet"))])
    part.with_name("2.parquet").unlink()
    part.unlink()
    write(table.drop(columns=["shop", "count"]), tmp_path / "0.parquet")
    with pytest.raises(TableError, match=r"0\.parquet is in no folder 'shop=\.\.\.', where"):
        open_source(tmp_path)


def test_a_cell_that_folders_and_a_later_file_have(tmp_path):
    write(pd.DataFrame({"x": [1.0]}), tmp_path / "k=1" / "a.csv")
    write(pd.DataFrame({"k": [1.0]}), tmp_path / "k=2" / "b.csv")
    with pytest.raises(TableError, match=r"b\.csv lacks the column 'x', which .*a\.csv has"):
        open_source(tmp_path)


def test_other_types_are_refused_by_file_and_column(table, tmp_path):
    write(table, tmp_path / "a.parquet")
    write(table.assign(count=table["count"] + 0.5, shop=None), tmp_path / "b.parquet")
    write(table.astype({"label": "category"}), tmp_path / "c.parquet")
    seen = look(tmp_path, "label")
    assert seen.rows_read == 3 * N
    for name, cells_, words in (
        ("size", "big", "holds text, where .*a.parquet has numbers"),
        ("count", True, "holds truth values, where .*a.parquet has numbers"),
        ("shop", pd.Timestamp("2020-01-01"), "holds dates, where .*a.parquet has text"),
        ("day", pd.Timedelta("1s"), r"holds duration\[\w+\], where .*a.parquet has dates"),
    ):
        write(table.assign(**{name: cells_}), tmp_path / "d.parquet")
        with pytest.raises(TableError, match=rf"d\.parquet: column '{name}' {words}"):
            open_source(tmp_path)
    write(table.drop(columns="day"), tmp_path / "d.parquet")
    with pytest.raises(TableError, match=r"d\.parquet lacks the column 'day', which .*a\.parquet"):
        open_source(tmp_path)
    write(table.assign(more=1), tmp_path / "d.parquet")
    with pytest.raises(TableError, match=r"d\.parquet has a column 'more', which .*a\.parquet lac"):
        open_source(tmp_path)


def test_errors_and_notes_name_the_file(tmp_path):
    for name in "abc":
        rows = "".join(f"{row}.5,{row % 3},{'uv'[row % 2]}\n" for row in range(40))
        (tmp_path / f"{name}.csv").write_text("x,k,y\n" + rows)
    path = tmp_path / "b.csv"
    good = path.read_text()
    path.write_text(good.replace("\n7.5,", "\nseven,"))
    (note,) = look(tmp_path, "y").notes
    assert f"the first in line 9 of {path}:" in note
    (note,) = look(tmp_path, "y").lasting_notes
    assert "row 48 (counted from 1)" in note
    path.write_text(good.replace("\n7.5,", "\ninf,"))
    with pytest.raises(TableError, match=r"'x' has an infinite number in line 9 of .*b\.csv"):
        look(tmp_path, "y")
    path.write_text(good.replace("\n7.5,", "\n7.5,8,"))
    with pytest.raises(TableError, match=r"b\.csv: line 9 has 4 fields where"):
        look(tmp_path, "y")
    path.write_text("")
    assert look(tmp_path, "y").notes == (f"1 file is empty: {path}",)
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(TableError, match=r"b\.csv is no whole Parquet file"):
        look(tmp_path, "y")
    path.write_text(good.replace(",", ";"))
    assert look(tmp_path, "y").notes == (f"{path}: fields are separated by semicolons",)
    path.write_text("x,x\n1,2\n")
    with pytest.raises(TableError, match=r"b\.csv: the header names 2 columns 'x'"):
        look(tmp_path, "y")


def test_files_that_change_or_go_between_reads(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("x,y\n1,u\n2,v\n")
    source = open_source(tmp_path)
    assert cells(source) == cells(source)
    (tmp_path / "b.csv").write_text("x,y\n1,u\n2,v\n3,v\n")
    with pytest.raises(TableError, match=r"b\.csv has changed since it was first read"):
        cells(source)
    (tmp_path / "b.csv").unlink()
    with pytest.raises(TableError, match=r"b\.csv is gone: it was there when it was first read"):
        cells(source)


def test_notes_of_some_files_are_gathered(tmp_path):
    for number in range(9):
        mark = ";" if number > 2 else ","
        (tmp_path / f"{number}.csv").write_text(f"x{mark}y\n1{mark}u\n2{mark}v\n")
    notes = open_source(tmp_path).notes
    assert len(notes) == 4
    assert notes[0].endswith("3.csv: fields are separated by semicolons")
    assert notes[-1] == "the same is to be said of 3 more files"


def test_what_names_no_files(tmp_path):
    with pytest.raises(TableError, match="no file fits"):
        parts_of(f"{tmp_path}/*.csv")
    with pytest.raises(TableError, match="has no files"):
        open_source(tmp_path)
    with pytest.raises(TableError, match="no file is named"):
        open_source([])
    write(pd.DataFrame({"x": [1.0]}), tmp_path / "far" / "deep" / "1.csv")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "deep").symlink_to(tmp_path / "far" / "deep")
    with pytest.raises(TableError, match=r"links has no files, and folders .*: '.*links.\*\*'"):
        open_source(tmp_path / "links")
    assert cells(open_source(f"{tmp_path}/links/**")) == {"x": ["1.0"]}
    path = tmp_path / "a[1].csv"
    other = tmp_path / "b.csv"
    path.write_text("")
    other.write_text("")
    assert parts_of(path) is None
    with pytest.raises(TableError, match="is empty, as are all files"):
        open_source([path, other])
    with pytest.raises(TableError, match=r"a\[1\]\.csv is named twice: its rows would count"):
        open_source([path, other, tmp_path / ".." / tmp_path.name / path.name])
    with pytest.raises(TableError, match=r"cannot read .*no\.csv: No such file"):
        open_source([path, tmp_path / "no.csv"])
