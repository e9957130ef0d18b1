"""Which files a scan reads, in which order, and what is wrong with those that it cannot read."""

import os
import shutil
from contextlib import closing

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet
from tests.scanning.written import read

import trivium
from trivium.scanning import arrow, arrow_parts

TABLE = pa.table({"a": [1.0, 2.0], "b": [3, 4], "y": ["no", "yes"]})


def put(folder, name, table=TABLE):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".csv" in name:
        csv.write_csv(table, path)
    elif name.endswith(".npy"):
        np.save(path, table)
    elif name.endswith(".arrow"):
        feather.write_feather(table, path)
    else:
        parquet.write_table(table, path)
    return str(path)


def numbered(*values):
    return pa.table({"a": [float(value) for value in values], "y": ["no"] * len(values)})


def test_files_of_folders_and_patterns_come_in_the_order_of_their_names(tmp_path):
    for name, value in (("b/1.parquet", 2), ("part-10.parquet", 3), ("part-2.pq", 4), ("a.pq", 1)):
        put(tmp_path, name, numbered(value))
    put(tmp_path, "_left/out.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "notes.md").write_text("")
    for source in (tmp_path, f"{tmp_path}/**/*", f"{tmp_path}/**"):
        assert read(trivium.scan(source, target="y").table)[:, 0].tolist() == [1, 2, 3, 4]
    named = [tmp_path / "part-2.pq", f"{tmp_path}/part-1*"]
    assert read(trivium.scan(named, target="y").table)[:, 0].tolist() == [4, 3]


def test_folders_name_columns(tmp_path):
    put(tmp_path, "year=2023/of=left%20side/1.parquet", numbered(1, 2))
    put(tmp_path, "year=2024/of=right/1.parquet", numbered(3))
    put(tmp_path, "year=2024/of=left%20side/1.parquet", numbered())
    found = trivium.scan(tmp_path, target="of", columns=["year", "a"])
    np.testing.assert_array_equal(read(found.table), [[2023, 1], [2023, 2], [2024, 3]])
    assert found.y.tolist() == ["left side"] * 2 + ["right"]
    by_year = trivium.scan(f"{tmp_path}/*/*/*.parquet", target="year", columns="a")
    assert by_year.given().classes.tolist() == [2023, 2024]
    assert by_year.given().classes.dtype == np.int64
    only = trivium.scan(tmp_path, target="y", columns=["year"], weight="year")
    np.testing.assert_array_equal(read(only.table)[:, 0], [2023, 2023, 2024])
    np.testing.assert_array_equal(only.given().weights, [2023, 2023, 2024])


@pytest.mark.parametrize(
    ("texts", "classes"),
    [
        ((2**64 - 2, 2**64 - 1), np.array([2**64 - 2, 2**64 - 1], dtype=np.uint64)),
        ((10**20, 10**20 + 1), np.array([f"{10**20}", f"{10**20 + 1}"], dtype=object)),
        (("+5", "-5"), np.array(["+5", "-5"], dtype=object)),
    ],
)
def test_folders_tell_labels_of_many_digits_apart(tmp_path, texts, classes):
    for text in texts:
        put(tmp_path, f"id={text}/1.parquet", numbered(1, 2))
    found = trivium.scan(tmp_path, target="id", columns="a").given()
    np.testing.assert_array_equal(found.classes, classes)
    assert found.classes.dtype == classes.dtype
    assert np.bincount(found.codes).tolist() == [2, 2]


@pytest.mark.parametrize("end", [".parquet", ".arrow", ".csv"])
def test_a_column_of_a_file_says_what_its_folder_says(tmp_path, end):
    words = numbered(7, 7).append_column("k", pa.array(["u", "u"]).dictionary_encode())
    path = put(tmp_path, f"a=7/k=u/1{end}", words)
    found = trivium.scan(tmp_path, target="k", columns="a")
    assert read(found.table)[:, 0].tolist() == [7, 7]
    assert found.y.tolist() == ["u", "u"]
    put(tmp_path, f"a=7/k=u/1{end}", words.take([0]))
    for folder in ("a=8/k=u", "a=x/k=u", "a=__HIVE_DEFAULT_PARTITION__/k=u"):
        other = put(tmp_path, f"{folder}/1{end}", words)
        with pytest.raises(ValueError, match=rf"'a' holds 7.0 in (row 0|line 2).*{folder}.*says"):
            read(trivium.scan(tmp_path, target="y", columns="a").table)
        os.remove(other)
    os.remove(path)
    put(tmp_path, f"a=7/k=v/1{end}", words)
    with pytest.raises(ValueError, match=r"'k' holds 'u' in .*, but its folder says 'v'"):
        trivium.scan(tmp_path, target="k", columns="a").given()


def test_a_cell_that_a_folder_lacks_is_missing(tmp_path):
    put(tmp_path, "a=__HIVE_DEFAULT_PARTITION__/1.parquet", pa.table({"y": ["no"]}))
    with pytest.raises(ValueError, match=r"'a' holds no number in row 0 .*1.parquet"):
        read(trivium.scan(tmp_path, target="y").table)


def test_a_file_beside_folders_that_name_a_column_is_named(tmp_path):
    put(tmp_path, "k=5/p.parquet")
    (tmp_path / "notes.md").write_text("")
    assert trivium.scan(tmp_path, target="y").column_names == ("a", "b", "k")
    put(tmp_path, "q.parquet")
    for source in (tmp_path, f"{tmp_path}/**/*.parquet"):
        with pytest.raises(ValueError, match=r"q.parquet is in no folder 'k=...', where .*p.parq"):
            trivium.scan(source, target="y")


def test_files_are_found_from_wherever_they_are_read(tmp_path, monkeypatch):
    put(tmp_path, "rows/1.parquet")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = [trivium.scan(source, target="y") for source in ("rows/*", "~/rows", "~/rows/*.p*")]
    monkeypatch.chdir(tmp_path / "rows")
    for each in found:
        assert read(each.table).tolist() == [[1, 3], [2, 4]]


def test_a_scan_of_no_rows_is_not_predicted(tmp_path):
    X, y = np.eye(2), ["no", "yes"]
    none = trivium.scan(put(tmp_path, "1.parquet", TABLE.slice(0, 0)), target="y")
    for model in (trivium.LeastSquaresClassifier(), trivium.SoftmaxRegression()):
        model.fit(X, y)
        for ask in (model.predict, model.decision_function, model.score):
            with pytest.raises(ValueError, match=rf"0 sample.*\(0, 2\).* {type(model).__name__}"):
                ask(none)


def test_a_scan_says_what_it_is(tmp_path):
    path = put(tmp_path, "1.parquet")
    found = trivium.scan(path, target="y", weight="b", cache=False)
    assert repr(found) == f"Scan({path!r}, 1 Parquet file: 1 column, labels, weights)"
    assert (found.shape, found.column_names, found.n_columns) == ((2, 1), ("a",), 1)
    assert found.has_labels
    assert found.table.where(1) == f"row 1 (row group 0) of {path}"
    several = trivium.scan([path, put(tmp_path, "2.parquet")], columns=["b", "a"])
    assert repr(several) == f"Scan({path!r}, 2 Parquet files: 2 columns)"
    assert several.shape == (4, 2)


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("none.parquet", FileNotFoundError, "There is no file .*none.parquet"),
        ("*.pq", FileNotFoundError, "no file fits .*pq"),
        ("empty", FileNotFoundError, "folder .*empty has no files"),
        ("docs", FileNotFoundError, r"no name in .*docs ends with one of .parquet"),
        ("docs/a.md", ValueError, "a.md is of no known kind"),
        ("mixed", ValueError, "a.csv is CSV, but .*b.parquet is Parquet"),
        (["1.parquet", "1.parquet"], ValueError, "1.parquet is named twice"),
        ([], FileNotFoundError, "no file is named"),
        ("", ValueError, "the name is empty"),
        (3, TypeError, "not int"),
        (b"1.parquet", TypeError, "not bytes"),
    ],
)
def test_files_that_are_not_there_are_said(tmp_path, monkeypatch, source, error, said):
    monkeypatch.chdir(tmp_path)
    for name in ("1.parquet", "mixed/a.csv", "mixed/b.parquet"):
        put(tmp_path, name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("")
    with pytest.raises(error, match=said):
        trivium.scan(source)


@pytest.mark.parametrize("end", [".parquet", ".arrow", ".csv.gz", ".npy"])
def test_a_damaged_file_among_good_ones_is_named(tmp_path, end):
    put(tmp_path, f"1{end.removesuffix('.gz')}", np.eye(2) if end == ".npy" else TABLE)
    (tmp_path / f"2{end}").write_bytes(b"PAR1\x1f\x8b" * 20)
    if end == ".csv.gz":
        (tmp_path / f"2{end}").write_bytes(b"\x1f\x8b\x08" + b"x" * 90)
    with pytest.raises(ValueError, match=rf"2{end} is (no whole|a damaged)"):
        trivium.scan(tmp_path, target=-1 if end == ".npy" else "y")


@pytest.mark.parametrize("end", [".parquet", ".npy"])
def test_a_file_that_is_damaged_within_is_named(tmp_path, end):
    many = np.arange(40_000.0).reshape(-1, 2)
    path = put(tmp_path, f"1{end}", many if end == ".npy" else pa.table({"a": many[:, 0]}))
    if end == ".npy":
        found = trivium.scan(path)
        bits = found.table.files[0]
        shorter = type(bits)(bits.stamp, 30_000, bits.types, bits.dtype, False, bits.offset)
        table = type(found.table)([shorter], np.arange(2))
    else:
        with open(path, "r+b") as file:
            file.seek(4)
            file.write(b"\xff" * 2000)
        table = trivium.scan(path).table
    with pytest.raises(ValueError, match=f"1{end} is no whole"):
        read(table, length=1 << 20)


@pytest.mark.parametrize("end", [".parquet", ".arrow", ".csv", ".npy"])
@pytest.mark.parametrize("what", ["gone", "has changed"])
def test_a_file_that_does_not_stay_is_named(tmp_path, end, what):
    path = put(tmp_path, f"1{end}", np.eye(2) if end == ".npy" else TABLE)
    found = trivium.scan(path, target=1 if end == ".npy" else "y")
    table = found.table
    os.remove(path) if what == "gone" else os.utime(path, ns=(1, 1))
    with pytest.raises(ValueError, match=f"1{end} .*{what}"):
        read(table)
    with pytest.raises(ValueError, match=f"1{end} .*{what}"):
        found.given()


@pytest.mark.parametrize("compression", ["uncompressed", "lz4"])
def test_an_arrow_file_that_is_cut_off_while_it_is_read_is_named(tmp_path, compression):
    n = 3 * arrow.ROWS_OF_A_BATCH
    rows = pa.table({"a": np.arange(float(n)), "b": np.arange(n), "y": ["no"] * n})
    path = str(tmp_path / "1.arrow")
    feather.write_feather(rows, path, compression, chunksize=n // 2)
    table = trivium.scan(path, target="y").table
    (reader,) = table.readers(1)
    reader.fill(np.empty((1, 2)))
    os.truncate(path, 10)
    with pytest.raises(ValueError, match=r"1.arrow has changed"):
        reader.fill(np.empty((n - 1, 2)))
    reader.close()


def test_numbers_of_arrow_are_not_read_with_their_batch(tmp_path):
    path = str(tmp_path / "1.arrow")
    feather.write_feather(pa.table({"a": np.ones(50_000)}), path, "uncompressed")
    with closing(arrow_parts.ArrowBytes(path)) as file:
        (column,) = pa.ipc.open_file(pa.PythonFile(file, "r")).get_batch(0).columns
        assert not column.to_numpy().any()
        assert file.rows(column, 9, 7).to_pylist() == [1.0] * 7


@pytest.mark.parametrize("compression", [None, "lz4"])
def test_rows_of_arrow_are_read_from_within_a_batch(tmp_path, monkeypatch, compression):
    monkeypatch.setattr(arrow, "ROWS_OF_A_BATCH", 5)
    monkeypatch.setattr(arrow_parts, "_SMALL", 0)
    words = [None if i % 7 == 3 else f"{'ä' * (i % 4)}{i % 5}" for i in range(23)]
    columns = {
        "f": pa.array([i / 4 for i in range(23)]),
        "b": pa.array([i % 3 == 0 for i in range(23)]),
        "n": pa.array([None if i % 5 == 1 else i for i in range(23)], pa.int16()),
        "s": pa.array(words),
        "l": pa.array(words, pa.large_string()),
        "d": pa.array(words).dictionary_encode(),
        "v": pa.array(words[:20] + [""] * 3).cast(pa.string()),
        "o": pa.nulls(23),
    }
    rows, names = pa.table(columns), [*columns]
    for end in ("file", "stream"):
        path = str(tmp_path / f"{end}.arrow")
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with getattr(pa.ipc, f"new_{end}")(path, rows.schema, options=options) as written:
            written.write_table(rows)
            written.write_table(rows.slice(0, 3))
        whole = pa.concat_tables([rows, rows.slice(0, 3)])
        for start in (0, 3, 8, 11, 23, 25):
            file = arrow.ArrowColumns.opened(path)
            assert file.is_packed == (compression is not None)
            found = list(file.batches(names, start))
            for number, name in enumerate(names):
                read_ = [cell for batch in found for cell in batch[number].to_pylist()]
                assert read_ == whole[name].to_pylist()[start:], (end, name, start)


def test_a_file_that_has_fewer_rows_than_it_had_is_named(tmp_path):
    path = put(tmp_path, "1.csv")
    table = trivium.scan(path, target="y").table
    longer = type(table)(table._files, [3], table.names)
    with pytest.raises(ValueError, match="1.csv has 2 rows, where it had 3"):
        read(longer)


def test_streams_of_arrow_are_read_and_old_files_refused(tmp_path):
    path = str(tmp_path / "1.arrow")
    with pa.ipc.new_stream(path, TABLE.schema) as stream:
        stream.write_table(TABLE)
        stream.write_table(TABLE)
    found = trivium.scan(path, target="y", columns=["b"])
    np.testing.assert_array_equal(read(found.table, start=0)[:, 0], [3, 4, 3, 4])
    (tmp_path / "2.feather").write_bytes(b"FEA1" + bytes(40))
    with pytest.raises(ValueError, match=r"2.feather is no whole Arrow file"):
        trivium.scan(tmp_path / "2.feather", target="y")


def test_a_reader_opens_nothing_that_stays_open(tmp_path):
    path = put(tmp_path, "1.parquet")
    shutil.copy(path, tmp_path / "2.parquet")
    for reader in trivium.scan(tmp_path, target="y").table.readers(2):
        reader.fill(np.empty((1, 2)))
        reader.close()
        reader.close()
    here = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    assert not [name for name in here if name.startswith(str(tmp_path))]
