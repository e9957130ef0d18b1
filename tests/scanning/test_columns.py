"""Columns, labels and weights of a scan: what they may be, and the errors of those that are not."""

import datetime
import tracemalloc
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.scanning.written import read

import trivium

STAMPS = pa.array([datetime.datetime(2024, 1, 1)] * 3)


def parts(folder, *tables, size=2):
    """Write tables to Parquet files 0, 1, ...; return the folder."""
    for number, table in enumerate(tables):
        table = table if isinstance(table, pa.Table) else pa.table(table)
        parquet.write_table(table, folder / f"{number}.parquet", row_group_size=size)
    return folder


def columns(**given):
    return {"a": [1.0, 2.0, 3.0], "b": [1, 2, 3], "y": ["u", "v", "u"], **given}


@pytest.mark.parametrize(
    ("second", "options", "said"),
    [
        ({}, {"target": "Y"}, "no column 'Y' in .*0.parquet: it has 'a', 'b', 'y'"),
        ({}, {"target": "yy"}, "no column 'yy' in .*0.parquet: do you mean 'y'"),
        ({}, {"weight": "aa"}, "do you mean 'a'"),
        ({}, {"columns": ["a", "zz"]}, "no column 'zz'"),
        ({}, {"columns": ["a", "b", "a"]}, "columns names 'a' twice"),
        ({}, {"columns": ["a", "y"]}, "'y' is the target: it cannot be learnt from"),
        ({}, {"weight": "y"}, "'y' is both the target and the weight"),
        ({}, {"columns": []}, "No column of .*0.parquet is left to learn from"),
        (
            {"b": STAMPS},
            {},
            r"'b' of .*1.parquet holds timestamp\[us\], which is no number",
        ),
        ({"b": ["1", "2", "3"]}, {}, "'b' of .*1.parquet holds string, which is no number"),
        ({"b": [[1]] * 3}, {}, "'b' of .*1.parquet holds list"),
        ({"y": [1, 2, 3]}, {}, "'y' holds string in .*0.parquet, but int64 in .*1.parquet"),
        ({"y": [[1]] * 3}, {}, "'y' of .*1.parquet holds list"),
        ({"y": [b"u"] * 3}, {}, "'y' of .*1.parquet holds binary: labels are strings"),
        (
            {"b": ["1", "2", "3"]},
            {"columns": ["a"], "weight": "b"},
            "'b' of .*1.parquet holds string.* weights are numbers",
        ),
        ({"b": None}, {}, "1.parquet has no column 'b', which other files have"),
        ({"y": None}, {}, "1.parquet has no column 'y'"),
    ],
)
def test_what_schemas_tell_is_said_without_a_row_being_read(tmp_path, second, options, said):
    other = {name: cells for name, cells in columns(**second).items() if cells is not None}
    parts(tmp_path, columns(), other)
    with pytest.raises(ValueError, match=said):
        trivium.scan(tmp_path, **({"target": "y"} | options))


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"b": [1, 2, None]}, r"'b' holds no number in row 2 \(row group 1\) of .*1.parquet"),
        ({"b": pa.nulls(3)}, r"'b' holds no number in row 0 \(row group 0\) of .*1.parquet"),
        ({"b": pa.array([1, None, 1]).dictionary_encode()}, "'b' holds no number in row 1"),
    ],
)
def test_a_number_that_is_missing_is_named(tmp_path, second, said):
    table = trivium.scan(parts(tmp_path, columns(), columns(**second)), target="y").table
    with pytest.raises(ValueError, match=said):
        read(table)


@pytest.mark.parametrize(
    ("second", "options", "said"),
    [
        (
            {"y": ["u", None, "v"]},
            {},
            r"'y' holds no label in row 1 \(row group 0\) of .*1.parquet",
        ),
        ({"y": pa.nulls(3)}, {}, "'y' holds no label in row 0"),
        (
            {"y": ["u", "v", "w"]},
            {"classes": ["v", "u"]},
            r"'w' in row 2 \(row group 1\).*none of the 2",
        ),
        (
            {"b": [1, 2, -3]},
            {"weight": "b"},
            r"'b' holds -3.0 in row 2 \(row group 1\) of .*1.parquet",
        ),
        ({"b": [1, 2, np.inf]}, {"weight": "b"}, "not negative; column 'b' holds inf in row 2"),
        ({"b": [1, None, 2]}, {"weight": "b"}, "'b' holds no number in row 1"),
    ],
)
def test_a_label_or_weight_that_is_none_is_named(tmp_path, second, options, said):
    found = trivium.scan(parts(tmp_path, columns(), columns(**second)), target="y", **options)
    with pytest.raises(ValueError, match=said):
        found.given()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([1.0, np.nan, 2.0], "holds no label in row 1 .*but nan"),
        ([1.0, 2.5, 2.0], "holds 2.5 in row 1 .*target of regression"),
        ([1.0, 2.0, np.inf], "holds no label in row 2"),
    ],
)
def test_numbers_that_are_no_labels_are_named(tmp_path, labels, said):
    array = pa.array(np.array(labels))
    with pytest.raises(ValueError, match=said):
        trivium.scan(parts(tmp_path, columns(y=array)), target="y").given()


def test_many_classes_of_floats_are_warned_of_as_in_memory(tmp_path):
    found = trivium.scan(parts(tmp_path, {"a": np.arange(40.0), "y": np.arange(40.0)}), target="y")
    with pytest.warns(UserWarning, match="greater than 50%"):
        found.given()


def test_labels_are_asked_for_once(tmp_path):
    labelled = trivium.scan(parts(tmp_path, columns()), target="y", weight="b")
    with pytest.raises(ValueError, match="given twice: by the target"):
        labelled.given([0, 1, 0])
    with pytest.raises(ValueError, match="given twice: by the weight"):
        labelled.given(sample_weight=1.0)
    bare = trivium.scan(tmp_path, columns=["a", "b"])
    with pytest.raises(ValueError, match="No labels are named"):
        bare.given()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        bare.given([0, 1])
    got = bare.given(["v", "u", "v"], [0.5, 0, 1])
    assert (got.classes.tolist(), got.codes.tolist()) == (["u", "v"], [1, 0, 1])
    assert (got.codes.dtype, got.weights.tolist(), got.all_there) == (np.uint8, [0.5, 0, 1], True)
    assert bare.given(labelled=False).codes is None
    with pytest.raises(TypeError, match="target=0: a column of Parquet files is named by a string"):
        trivium.scan(tmp_path, target=0)


def test_classes_that_are_given_may_have_no_rows(tmp_path):
    parts(tmp_path, columns(), columns())
    found = trivium.scan(tmp_path, target="y", classes=["w", "v", "u"])
    got = found.given()
    assert (got.classes.tolist(), got.all_there) == (["u", "v", "w"], False)
    np.testing.assert_array_equal(got.codes, [0, 1, 0] * 2)
    X, y = read(found.table), np.array(["u", "v", "u"] * 2 + ["w"])
    beside = trivium.SoftmaxRegression().fit(np.vstack([X, X[:1]]), y, [1.0] * 6 + [0.0])
    model = trivium.SoftmaxRegression().fit(found)
    np.testing.assert_array_equal(model.classes_, beside.classes_)
    np.testing.assert_array_equal(model.coef_, beside.coef_)


def test_integers_beyond_floats_and_wide_labels(tmp_path):
    big = [2**63 + 1025, 2**53 + 1, 5]
    first = {"a": pa.array(big, pa.uint64()), "y": pa.array([7, 2**62, 7], pa.int64())}
    second = {"a": [-(2**53) - 1, 1, 2], "y": pa.array([2**64 - 1, 2**62, 9], pa.uint64())}
    found = trivium.scan(parts(tmp_path, first, second), target="y")
    truth = np.concatenate([np.array(big, np.uint64).astype(float), [-(2.0**53) - 1, 1, 2]])
    np.testing.assert_array_equal(read(found.table)[:, 0], truth)
    got = found.given()
    assert got.classes.dtype == np.uint64
    assert got.classes.tolist() == [7, 9, 2**62, 2**64 - 1]
    assert got.codes.tolist() == [0, 2, 0, 3, 2, 1]


def test_decimals_are_rounded_once(tmp_path):
    digits = Decimal("86910977059935080.05875818398")
    path = parts(tmp_path, {"a": pa.array([digits], pa.decimal128(38, 20)), "y": [0]})
    assert read(trivium.scan(path, target="y").table)[0, 0] == float(digits)


def test_files_without_rows_may_have_other_types(tmp_path):
    none = {"a": pa.array([], pa.string()), "b": pa.nulls(0), "y": pa.array([], pa.int8())}
    found = trivium.scan(parts(tmp_path, none, columns(), none), target="y")
    assert found.given().classes.tolist() == ["u", "v"]
    np.testing.assert_array_equal(read(found.table), [[1, 1], [2, 2], [3, 3]])
    assert found.table.dtype == np.float64


def test_labels_take_a_byte_a_row_and_no_object(tmp_path):
    n = 200_000
    words = pa.array(np.array(["left", "middle", "right"], dtype=object)[np.arange(n) % 3])
    parts(tmp_path, {"a": np.zeros(n), "y": words}, size=n)
    found = trivium.scan(tmp_path, target="y")
    tracemalloc.start()
    try:
        codes = found.given().codes
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert codes.dtype == np.uint8
    assert most < 8 * n  # an object a row would be as much for its reference alone


def test_arrays_name_columns_by_number_and_take_labels_from_elsewhere(tmp_path):
    X = np.arange(12.0).reshape(4, 3)
    for number, piece in enumerate((X[:3], X[3:])):
        np.save(tmp_path / f"x{number}.npy", piece)
    labels = np.array(["b", "a", "b", "b"])
    np.save(tmp_path / "y.npy", labels)
    np.save(tmp_path / "w.npy", np.array([1, 0, 2, 3]))
    found = trivium.scan(
        f"{tmp_path}/x*.npy", target=tmp_path / "y.npy", weight=f"{tmp_path}/w.npy", columns=[-1, 0]
    )
    assert (found.column_names, found.shape) == (None, (4, 2))
    np.testing.assert_array_equal(read(found.table), X[:, [2, 0]])
    assert found.table.where(3) == f"row 0 of {tmp_path}/x1.npy"
    got = found.given()
    np.testing.assert_array_equal(found.y, labels)
    assert got.classes.dtype == labels.dtype
    np.testing.assert_array_equal(got.weights, [1, 0, 2, 3])
    assert trivium.scan(f"{tmp_path}/x*.npy", target=labels).table.is_raw
    beside = trivium.scan(
        f"{tmp_path}/x*.npy", target=labels, weight=[1, 1, 1, 1], classes=["a", "b"]
    )
    np.testing.assert_array_equal(beside.given().codes, [1, 0, 1, 1])
    here = trivium.LeastSquaresClassifier().fit(X, labels)
    there = trivium.LeastSquaresClassifier().fit(beside)
    np.testing.assert_array_equal(there.coef_, here.coef_)
    np.testing.assert_array_equal(there.predict(beside), here.predict(X))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"target": 3}, ValueError, "target=3: there are 3 columns, from 0 to 2"),
        ({"columns": [0, "a"]}, TypeError, "columns='a': a column of NumPy's arrays"),
        ({"columns": [0, -3]}, ValueError, "names 0 twice"),
        ({"columns": []}, ValueError, "No column"),
        ({"target": 2, "weight": -1}, ValueError, "Column 2 is both the target and the weight"),
        ({"cache": 3}, TypeError, "cache=3: it is .auto., True, False or a folder"),
        ({"columns": [0, 2], "target": 2}, ValueError, "Column 2 is the target"),
        ({"target": [0, 1]}, ValueError, r"target has shape \(2,\); expected \(4,\)"),
        ({"target": [0, 1, 1, 2], "classes": [0, 1]}, ValueError, "target holds 2 in row 3"),
        ({"target": 0, "weight": [1, 1, -1, 1]}, ValueError, "weight holds -1.0 in row 2"),
        ({"target": "a.csv"}, ValueError, "target='a.csv' is CSV"),
        ({"target": "bad.npy"}, ValueError, "bad.npy is no whole NumPy file"),
        ({"target": "objects.npy"}, ValueError, "objects.npy holds Python objects"),
    ],
)
def test_columns_of_arrays_that_cannot_be(tmp_path, monkeypatch, options, error, said):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(12).reshape(4, 3) % 2)
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "bad.npy").write_bytes(b"")
    np.save("objects.npy", np.array(["a", None, "b", "b"], dtype=object))
    with pytest.raises(error, match=said):
        trivium.scan("x.npy", **options).given()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros(3), r"array of float64 of shape \(3,\): a table is"),
        (np.zeros((3, 3), dtype=complex), "array of complex128"),
        (np.zeros((3, 3), dtype=object), "x1.npy holds Python objects"),
        (np.zeros((3, 2)), "x1.npy has 2 columns, but .*x0.npy has 3"),
    ],
)
def test_arrays_that_are_no_tables_or_do_not_fit(tmp_path, array, said):
    np.save(tmp_path / "x0.npy", np.zeros((2, 3)))
    np.save(tmp_path / "x1.npy", array)
    with pytest.raises(ValueError, match=said):
        trivium.scan(tmp_path, target=0)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint16, np.int64, np.uint64])
@pytest.mark.parametrize("least", [-3, 0, 40_000, 2**40])
def test_whole_numbers_are_the_classes_that_an_array_of_them_has(tmp_path, kind, least):
    if not np.iinfo(kind).min <= least <= np.iinfo(kind).max - 100:
        return
    first = np.array([9, 2, 9, 5, 2], dtype=kind) + kind(least)
    second = np.array([5, 0, 99, 2, 0], dtype=kind) + kind(least)
    files = [{"a": np.arange(5.0), "y": labels} for labels in (first, second)]
    found = trivium.scan(parts(tmp_path, *files, size=3), target="y").given()
    classes, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    assert np.array_equal(found.classes, classes)
    assert found.classes.dtype == kind
    assert np.array_equal(found.codes, codes)


@pytest.mark.parametrize("more", [[], [70_000], [-70_000, 12]])
def test_whole_numbers_of_any_size_are_of_the_classes_given(tmp_path, more):
    labels = [4, 0, -1, *more, 4, 0]
    folder = parts(tmp_path, {"a": np.arange(float(len(labels))), "y": labels}, size=2)
    known = sorted({*labels, 7})
    found = trivium.scan(folder, target="y", classes=known).given()
    assert found.classes[found.codes].tolist() == labels
    with pytest.raises(ValueError, match=r"'y' holds -1 in row 2 .*none of the"):
        trivium.scan(folder, target="y", classes=[0, 4, *more]).given()
