"""Text files: styles of numbers, words for nothing, labels that are written, errors with lines."""

import numpy as np
import pytest
from tests.scanning.written import read

import trivium
from trivium.tables import csv_source


def put(folder, *texts, end=".csv"):
    for number, text in enumerate(texts):
        (folder / f"{number}{end}").write_text(text, encoding="utf-8")
    return folder


def test_numbers_are_read_as_they_are_written(tmp_path):
    put(
        tmp_path, "a;b;ok;y\n1.234,5;12 %;true;u\n-7,25;3 %;false;v\n", "y;a;b;ok\nv;1,5;4 %;true\n"
    )
    found = trivium.scan(tmp_path, target="y")
    np.testing.assert_array_equal(read(found.table), [[1234.5, 12, 1], [-7.25, 3, 0], [1.5, 4, 1]])
    assert found.y.tolist() == ["u", "v", "v"]
    assert found.table.where(2) == f"line 2 of {tmp_path}/1.csv"


def test_points_are_thousands_where_other_columns_tell_so(tmp_path):
    put(tmp_path, "a;b;y\n1.234;1.234,5;u\n5.678;2,5;v\n")
    np.testing.assert_array_equal(
        read(trivium.scan(tmp_path, target="y").table), [[1234, 1234.5], [5678, 2.5]]
    )


@pytest.mark.parametrize(
    ("texts", "classes"),
    [
        (["10", "9", "10"], np.array([9, 10])),
        (["1", "2.0", "1.0"], np.array([1.0, 2.0])),
        (["True", "false", "True"], np.array([False, True])),
        (["007", "7", "07"], np.array(["007", "07", "7"], dtype=object)),
        (["1", "True", "1"], np.array(["1", "True"], dtype=object)),
        (["NA", "b", "NA"], np.array(["NA", "b"], dtype=object)),
        ([str(2**63), "1", "1"], np.array([1, 2**63], dtype=np.uint64)),
        ([str(2**64 - 1), str(2**64 - 2)], np.array([2**64 - 2, 2**64 - 1], dtype=np.uint64)),
        ([f"{10**20}", f"{10**20 + 1}"], np.array([f"{10**20}", f"{10**20 + 1}"], dtype=object)),
        ([str(2**63), "-1", "1"], np.array(["-1", "1", str(2**63)], dtype=object)),
    ],
)
def test_labels_are_numbers_where_all_are(tmp_path, texts, classes):
    put(tmp_path, *(f"a,y\n1,{text}\n" for text in texts))
    found = trivium.scan(tmp_path, target="y").given()
    np.testing.assert_array_equal(found.classes, classes)
    assert found.classes.dtype == classes.dtype


def test_classes_that_are_given_are_found_in_text(tmp_path):
    put(tmp_path, "a,y\n1,10\n2,9.0\n3,+10\n")
    found = trivium.scan(tmp_path, target="y", classes=[9, 10, 11]).given()
    assert found.codes.tolist() == [1, 0, 1]
    words = trivium.scan(tmp_path, target="y", classes=["10", "9.0", "+10"]).given()
    assert words.classes[words.codes].tolist() == ["10", "9.0", "+10"]
    with pytest.raises(ValueError, match=r"holds '9.0' in line 3 of .*0.csv, which is none of"):
        trivium.scan(tmp_path, target="y", classes=[10, 11]).given()


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a,y\n1,u\nx,v\n"], "'a' .*no number in line 3 of .*0.csv: convert it first"),
        (
            ["a,y\n1,u\n", "a,y\n2,u\nx,v\n"],
            "'a' has a cell that is no number in line 3 of .*1",
        ),
        (["a,y\n1,u\n", "a,y\n2,u\n,v\n"], "'a' holds no number in line 3 of .*1.csv: fill it"),
        (["a,y\n1,u\nNA,v\n"], "'a' holds no number in line 3 of .*0.csv"),
        (['a,y\n"1,5",u\n', "a,y\n1.5,u\n"], "with a decimal comma in line 2 of .*1.csv$"),
        (["a,y\n,u\n,v\n"], "'a' holds no number in line 2"),
        (["a,y\n1,u\n2,\n"], "'y' holds no label in line 3 of .*0.csv"),
        (["a,y\n1,1\n2,NA\n"], "'y' holds no label in line 3 of .*0.csv, but 'NA'"),
        (["a,y\n1,1\n2,2.5\n"], "'y' holds 2.5 in line 3 of .*0.csv.*regression"),
        (["a,y\n1,u\n", "a,y\n1\n"], "1.csv: line 2 has 1 field where the header names 2"),
        (["a,y\n1,u\n", 'a,y\n"1,u\n'], "1.csv: the quotation that begins in line 2 does not end"),
        ([""], "0.csv: the file is empty"),
        (["a,y\n1,u\n", "a,y\ninf,u\n"], "'a' has an infinite number in line 2 of .*1.csv"),
    ],
)
def test_cells_that_cannot_be_are_named_by_file_and_line(tmp_path, texts, said):
    put(tmp_path, *texts)
    with pytest.raises(ValueError, match=said):
        everything(tmp_path)


def test_weights_that_are_words_are_named(tmp_path):
    put(tmp_path, "a,w,y\n1,much,u\n")
    with pytest.raises(ValueError, match="'w' .* line 2 of .*0.csv: weights are numbers"):
        trivium.scan(tmp_path, target="y", weight="w")


def everything(folder):
    found = trivium.scan(folder, target="y")
    found.given()
    return read(found.table)


def test_lines_far_below_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_source, "_BLOCK", 64)
    put(tmp_path, "a,y\n" + "1,u\n" * 90 + "x,v\n" + "2,u\n" * 9)
    with pytest.raises(ValueError, match="'a' has a cell that is no number in line 92 of"):
        everything(tmp_path)


def test_files_of_no_bytes_and_of_no_rows_are_fine(tmp_path):
    put(tmp_path, "", "a,y\n", "a,y\n1,u\n", "", end=".tsv")
    found = trivium.scan(tmp_path, target="y")
    assert (found.shape, found.y.tolist()) == ((1, 1), ["u"])


def test_estimators_learn_from_text_what_they_learn_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 3)), rng.integers(0, 3, 400)
    rows = [
        ",".join([*map(repr, row), str(label)]) for row, label in zip(X.tolist(), y, strict=True)
    ]
    put(tmp_path, *("\n".join(["a,b,c,y", *part]) + "\n" for part in (rows[:150], rows[150:])))
    found = trivium.scan(tmp_path, target="y")
    for make in (trivium.LeastSquaresClassifier, trivium.SoftmaxRegression):
        here, there = make().fit(X, y), make().fit(found)
        np.testing.assert_array_equal(there.coef_, here.coef_)
        np.testing.assert_array_equal(there.classes_, here.classes_)
        assert there.classes_.dtype == here.classes_.dtype
        assert there.feature_names_in_.tolist() == ["a", "b", "c"]
