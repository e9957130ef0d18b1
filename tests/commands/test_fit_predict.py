"""From a file to a model to predictions, on the command line."""

import csv
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
from tests.programs import PATIENCE

import trivium
from trivium.tables.look import look
from trivium.tabular.classifier import TabularClassifier
from trivium.tabular.fitting import fit_table

N = 120
CLASSES = ("01", "NA", "None")


def write_rows(path, n=N, seed=0, unlabelled=3):
    """Write a table of classes with names that readers lose, some of whose rows have none."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, n)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["weight, kg", "town", "visited", "class"])
        for row, code in enumerate(codes.tolist()):
            weight = f"{rng.normal(2 * code, 0.5):.2f}".replace(".", ",")
            town = rng.choice(["Köln", "Ulm", ""])
            day = f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.2021"
            writer.writerow([weight, town, day, "" if row < unlabelled else CLASSES[code]])
    return path


@pytest.fixture
def rows(tmp_path):
    return write_rows(tmp_path / "rows.csv")


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("model", ["auto", "least-squares", "softmax", "neighbors"])
def test_from_a_file_to_predictions(call, rows, tmp_path, model):
    place, answers = tmp_path / "class.model", tmp_path / "answers.csv"
    code, out, err = call("fit", rows, "--target", "class", "--model", model, "--out", place)
    assert (code, err) == (0, "")
    assert "117 of 120 rows have a label; 3 classes; 3 of 3 columns are used." in out
    assert f"{'117' if model == 'neighbors' else 'none'} of your rows" in out or model == "auto"

    fitted = trivium.load(place)
    assert isinstance(fitted, TabularClassifier)
    assert fitted.classes == CLASSES

    code, out, err = call("predict", place, rows, "--out", answers, "--proba")
    assert (code, err) == (0, "")
    assert "120 rows predicted" in out
    found = read(answers)
    assert [row["prediction"] for row in found] == fitted.predict(rows).tolist()
    pairs = zip(found, labels(rows), strict=True)
    assert sum(row["prediction"] == own["class"] for row, own in pairs) > 80
    for name, column in zip(CLASSES, fitted.predict_proba(rows).T, strict=True):
        assert [float(row[f"probability of {name}"]) for row in found] == column.tolist()


def labels(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_what_is_said_as_json(call, rows, tmp_path):
    place, answers = tmp_path / "class.model", tmp_path / "answers.csv"
    code, out, _ = call("fit", rows, "--target", "class", "--out", place, "--folds", 3, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["data"]["rows_used"] == 117
    assert told["data"]["classes"] == list(CLASSES)
    assert told["validation"]["folds"] == 3
    assert set(told["validation"]["models"]) == {"least-squares", "softmax", "neighbors"}
    code, out, _ = call("inspect", place, "--json")
    about = json.loads(out)
    assert code == 0
    assert about["target"] == "class"
    assert about["model"] == told["model"]
    assert about["notes"] == told["notes"][-len(about["notes"]) :]
    code, out, _ = call("predict", place, rows, "--out", answers, "--abstain-below", 1, "--json")
    assert code == 0
    assert json.loads(out)["rows"] == json.loads(out)["abstained"] == 120
    assert {row["prediction"] for row in read(answers)} == {""}


def test_inspecting(call, rows, tmp_path):
    place = tmp_path / "class.model"
    call("fit", rows, "--target", "class", "--out", place, "--model", "neighbors")
    code, out, _ = call("inspect", place)
    assert code == 0
    assert "This file contains 117 of your rows." in out
    for word in ("weight, kg", "numeric", "town", "category", "visited", "date", "'NA'"):
        assert word in out
    other = tmp_path / "bare.model"
    trivium.save(trivium.LeastSquaresClassifier(alpha=0.5).fit([[0.0], [1.0]], ["a", "b"]), other)
    code, out, _ = call("inspect", other)
    assert code == 0
    assert "LeastSquaresClassifier" in out
    assert "alpha: 0.5" in out


def test_same_table_and_seed_same_bytes(call, rows, tmp_path):
    for name in ("a", "b"):
        call("fit", rows, "--target", "class", "--out", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_unseen_levels_and_columns_that_come_along(call, rows, tmp_path):
    place, answers = tmp_path / "class.model", tmp_path / "answers.parquet"
    call("fit", rows, "--target", "class", "--out", place)
    new = tmp_path / "new.csv"
    new.write_text('town,id,visited,"weight, kg"\nBonn,7,,"1,5"\n')
    code, out, _ = call("predict", place, new, "--out", answers, "--keep", "id")
    assert code == 0
    assert "Column 'town': 1 cell is of a level that no training row has." in out
    assert "Column 'visited': 1 cell is missing, where no training row lacks one." in out
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(answers).to_pydict()
    assert table["id"] == ["7"]
    assert table["prediction"][0] in CLASSES


def test_the_decimal_sign_of_a_table_to_predict(call, rows, tmp_path):
    place, answers, new = tmp_path / "class.model", tmp_path / "answers.csv", tmp_path / "new.csv"
    call("fit", rows, "--target", "class", "--out", place)
    new.write_text('town,visited,"weight, kg"\nBonn,03.04.2022,1.5\n')
    code, _, err = call("predict", place, new, "--out", answers)
    assert code == 2
    assert "no number with a decimal comma (--decimal) in line 2" in err
    assert call("predict", place, new, "--out", answers, "--decimal", ".")[0] == 0
    expected = answers.read_bytes()
    new.write_text('town,visited,"weight, kg"\nBonn,03.04.2022,"1,5"\n')
    assert call("predict", place, new, "--out", answers)[0] == 0
    assert answers.read_bytes() == expected


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Tables and models, good and bad, which no test changes."""
    folder = tmp_path_factory.mktemp("files")
    rows = write_rows(folder / "rows.csv")
    model = fit_table(look(rows, "class"), model="least-squares")
    for name in ("class.model", "model.csv"):
        trivium.save(model, folder / name)
    (folder / "other.csv").write_text("a,b\n1,2\n")
    lines = rows.read_text().splitlines()
    lines[2] = "heavy;Ulm;01.02.2021;01"
    (folder / "wrong.csv").write_text("\n".join(lines) + "\n")
    bare = trivium.LeastSquaresClassifier().fit([[0.0], [1.0]], ["a", "b"])
    trivium.save(bare, folder / "bare.model")
    np.save(folder / "rows.npy", np.eye(3))
    np.savez(folder / "rows.npz", np.eye(3))
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit", "rows.csv", "--target", "clas", "--out", "x"], "no column 'clas'"),
        (["fit", "rows.csv", "--target", "class", "--out", ""], "--out is empty"),
        (["fit", "rows.csv", "--target", "class", "--out", "no/where"], "no/where: No such file"),
        (["fit", "nothing.csv", "--target", "class", "--out", "x"], "nothing.csv"),
        (["fit", "rows.csv", "--target", "weight, kg", "--out", "x"], "is a quantity"),
        (["predict", "class.model", "other.csv", "--out", "x.csv"], "lacks the columns"),
        (["predict", "class.model", "wrong.csv", "--out", "x.csv"], "in line 3"),
        (["predict", "class.model", "rows.csv", "--out", "x.txt"], "should end in one of"),
        (["predict", "class.model", "rows.csv", "--out", "no/x.csv"], "no/x.csv: No such file"),
        (["predict", "rows.csv", "class.model", "--out", "x.csv"], "rows.csv: it is no model"),
        (["predict", "class.model", "class.model", "--out", "x.csv"], "is a model, not a table"),
        (["predict", "class.model", "rows.csv", "--out", "./rows.csv"], "name another file"),
        (["predict", "model.csv", "rows.csv", "--out", "model.csv"], "name another file"),
        (["predict", "class.model", "rows.csv", "--out", "x.csv", "--keep", "z"], "no column 'z'"),
        (["fit", "rows.csv", "--target", "class", "--out", "rows.csv"], "name another file"),
        (["fit", "rows.csv", "--target", "class", "--out", "x/"], "x/: Is a directory"),
        (["look", "class.model"], "is a model, not a table"),
        (["look", "rows.npy"], "rows.npy holds NumPy's arrays, not a table"),
        (["fit", "rows.npz", "--target", "class", "--out", "x"], "holds NumPy's arrays"),
        (["predict", "bare.model", "rows.csv", "--out", "x.csv"], "takes no tables"),
        (["inspect", "rows.csv"], "rows.csv: "),
        (["inspect", "nothing"], "nothing: No such file"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(call, files, monkeypatch, arguments, words):
    monkeypatch.chdir(files)
    before = {path: path.read_bytes() for path in files.iterdir()}
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("trivium: ")
    assert err.count("\n") == 1
    assert words in err
    assert {path: path.read_bytes() for path in files.iterdir()} == before


FIT = ["fit", "rows.csv", "--target", "class", "--out", "x"]
PREDICT = ["predict", "class.model", "rows.csv", "--out", "x.csv"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inspect", ""], "no file is named"),
        (["look", ""], "no file is named"),
        ([*PREDICT[:3], "--out", "."], "--out: .: its name should"),
        ([*PREDICT[:3], "--out", ""], "--out is empty"),
        ([*FIT, "--model", "svm"], "--model: 'svm' is not one of 'auto', 'neighbors', 'least-sq"),
        ([*FIT, "--class-weight", "\n"], r"--class-weight: '\n' is not one of 'auto', 'balanced'"),
        ([*FIT, "--folds", "1"], "--folds takes 2 or more, not 1"),
        ([*FIT, "--folds", "x"], "--folds takes a whole number, not 'x'"),
        ([*FIT, "--seed", "-1"], "--seed takes 0 or more, not -1"),
        (["sheet", "--task", "4"], "--task takes 3 or less, not 4"),
        ([*PREDICT, "--abstain-below", "2"], "--abstain-below takes 1 or less, not 2"),
        ([*PREDICT, "--abstain-below", "x"], "--abstain-below takes a number, not 'x'"),
        (["fit", "rows.csv"], "Missing option '--target'"),
    ],
)
def test_wrong_command_lines_are_told_in_plain_words(call, arguments, words):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("trivium: ")
    assert err.count("\n") == 1
    assert words in err


_KILLED = """
import os, signal, sys
from trivium import cli
from trivium.tables import csv_source
from trivium.tabular.predictions import Predictions

csv_source._BLOCK = 1 << 12
whole = Predictions.batches

def half(self):
    for number, batch in enumerate(whole(self)):
        if number == 12:
            os.kill(os.getpid(), signal.SIGKILL)
        yield batch

Predictions.batches = half
sys.argv[0] = "trivium"
cli.main()
"""


def test_a_killed_prediction_leaves_what_was_there(call, rows, tmp_path):
    place, answers = tmp_path / "class.model", tmp_path / "answers.csv"
    call("fit", rows, "--target", "class", "--out", place, "--model", "least-squares")
    many = tmp_path / "many.csv"
    head, *body = rows.read_text().splitlines()
    many.write_text("\n".join([head, *body * 50]) + "\n")
    answers.write_text("what was there")
    command = [sys.executable, "-c", _KILLED, "predict", place, many, "--out", answers]
    killed = subprocess.run(command, timeout=PATIENCE, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert list(tmp_path.glob(".trivium-*.part"))
    assert answers.read_text() == "what was there"
    code, out, _ = call("predict", place, many, "--out", answers)
    assert code == 0
    assert "6,000 rows" in out
    assert not list(tmp_path.glob(".trivium-*"))
    assert answers.read_bytes().count(b"\n") == 6001
