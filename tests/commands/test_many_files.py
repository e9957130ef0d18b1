"""Commands over several files: one table, whatever it is cut into."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from tests.programs import PATIENCE

import trivium
from trivium.commands.progress import progress, rows_in_words

N = 150


@pytest.fixture
def table(tmp_path):
    """Write a table as one file and as ten, in two formats; return it."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, N)
    table = pd.DataFrame(
        {
            "size": (codes + random.normal(size=N)).round(3),
            "town": random.choice(["Köln", "Ulm", None], N),
            "class": np.array(["01", "NA", "None"])[codes],
        }
    )
    table.to_csv(tmp_path / "one.csv", index=False)
    for number, part in enumerate(np.array_split(np.arange(N), 10)):
        for suffix in ("csv", "parquet"):
            (tmp_path / suffix).mkdir(exist_ok=True)
            place = tmp_path / suffix / f"{number}.{suffix}"
            getattr(table.iloc[part], f"to_{suffix}")(place, index=False)
    return table


def test_one_file_or_ten_give_the_same_model_and_predictions(call, table, tmp_path):
    one = tmp_path / "one.csv"
    ways = {
        "folder": [tmp_path / "csv"],
        "pattern": [f"{tmp_path}/parquet/*.parquet"],
        "names": sorted((tmp_path / "csv").iterdir()),
    }
    fit = ("--target", "class", "--model", "softmax", "--folds", 3, "--json")
    code, out, err = call("fit", one, *fit, "--out", tmp_path / "one.model")
    assert (code, err) == (0, "")
    expected = json.loads(out)
    code, _, err = call("predict", tmp_path / "one.model", one, "--out", tmp_path / "one.out.csv")
    assert (code, err) == (0, "")
    for name, data in ways.items():
        model, answers = tmp_path / f"{name}.model", tmp_path / f"{name}.out.csv"
        code, out, err = call("fit", *data, *fit, "--out", model)
        assert (code, err) == (0, "")
        found = json.loads(out)
        assert {**found, "out": ""} == {**expected, "out": ""}
        assert model.read_bytes() == (tmp_path / "one.model").read_bytes()
        code, out, err = call("predict", model, *data, "--out", answers)
        assert (code, err) == (0, "")
        assert f"{N} rows predicted" in out
        assert answers.read_bytes() == (tmp_path / "one.out.csv").read_bytes()
    code, out, _ = call("look", tmp_path / "csv", "--target", "class")
    assert code == 0
    assert "csv (10 files): 150 rows, 3 columns" in out.replace("\n", "")
    code, out, _ = call("look", *ways["names"], "--target", "class")
    assert out.startswith("10 files: 150 rows")
    code, out, _ = call(
        "compare", *ways["folder"], "--target", "class", "--folds", 2, "--repeats", 1, "--json"
    )
    assert (code, json.loads(out)["data"]["rows_read"]) == (0, N)


def test_errors_name_the_file_and_nothing_is_left(call, table, tmp_path):
    model, answers = tmp_path / "m.model", tmp_path / "answers.csv"
    data = ("--target", "class", "--folds", 2, "--model", "softmax")
    assert call("fit", tmp_path / "csv", *data, "--out", model)[0] == 0
    bad = tmp_path / "csv" / "7.csv"
    bad.write_text(bad.read_text().replace("\n", "\nwide,", 1))
    for arguments, words in (
        (("predict", model, tmp_path / "csv", "--out", answers), "7.csv"),
        (("fit", tmp_path / "csv", *data, "--out", tmp_path / "n.model"), "line 2 has 4 fields"),
        (("look", f"{tmp_path}/*.txt"), "no file fits"),
        (("predict", model, f"{tmp_path}/csv/*", "--out", bad), "7.csv is read: name another"),
        (("fit", f"{tmp_path}/csv/*", *data, "--out", bad), "7.csv is read: name another"),
    ):
        code, out, err = call(*arguments)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert words in err
    assert not answers.exists()
    assert not (tmp_path / "n.model").exists()
    report = tmp_path / "csv" / "report.html"
    report.write_text("size,town,class\n")
    code, _, err = call("compare", tmp_path / "csv", *data[:2], "--out", tmp_path / "csv")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "would be written over" in err


@pytest.mark.parametrize("model", ["least-squares", "softmax", "neighbors"])
def test_streamed_rows_give_the_model_of_memory(call, table, tmp_path, model):
    fit = (tmp_path / "csv", "--target", "class", "--model", model, "--folds", 2)
    code, out, err = call("fit", *fit, "--out", tmp_path / "memory.model", "--json")
    assert (code, err) == (0, "")
    expected = json.loads(out)
    code, out, err = call("fit", *fit, "--out", tmp_path / "streamed.model", "--json", "--stream")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["notes"].pop(0).startswith("The rows are not kept in memory")
    assert {**found, "out": ""} == {**expected, "out": ""}
    assert (tmp_path / "streamed.model").read_bytes() == (tmp_path / "memory.model").read_bytes()


def test_tables_that_are_too_large_are_streamed(call, table, tmp_path, monkeypatch):
    one, models = tmp_path / "one.csv", [tmp_path / "a.model", tmp_path / "b.model"]
    fit = ("--target", "class", "--folds", 2, "--out")
    assert call("fit", one, *fit, models[0], "--model", "softmax")[0] == 0
    monkeypatch.setattr("trivium.tables.watched.available_memory", lambda: 1e4)
    code, out, err = call("fit", one, *fit, models[1], "--model", "softmax")
    assert (code, err) == (0, "")
    assert "The rows are not kept in memory" in out
    assert models[0].read_bytes() == models[1].read_bytes()
    assert call("look", one, "--target", "class")[0] == 0
    for arguments, words in (
        (("compare", one, "--target", "class"), "the table does not fit in memory"),
        (("fit", one, *fit, models[1], "--group", "town"), "--group: the rows have to be in"),
        (("fit", one, *fit, models[1], "--time", "size"), "--time: the rows have to be in"),
        (("fit", one, "--target", "size", "--out", models[1]), "the target 'size' is a quantity"),
    ):
        code, out, err = call(*arguments)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert words in err
    monkeypatch.setattr("trivium.tabular.streamed_fitting.available_memory", lambda: 1e3)
    code, _, err = call("fit", one, *fit, models[1], "--model", "neighbors")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "a model of nearest neighbours is its rows" in err


def test_a_fit_that_is_stopped_leaves_the_old_model_or_the_new_one(tmp_path):
    """At moments all over a streamed fit; what a killed one has begun, the next one removes."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 60_000)
    columns = {f"x{j}": codes + random.normal(size=codes.size) for j in range(4)}
    (tmp_path / "rows").mkdir()
    pd.DataFrame({**columns, "y": codes}).to_parquet(tmp_path / "rows" / "a.parquet")
    place = tmp_path / "out" / "y.model"
    place.parent.mkdir()
    command = [sys.executable, "-m", "trivium", "fit", tmp_path / "rows", "--target", "y"]
    command += ["--stream", "--model", "softmax", "--folds", "2", "--out", place]
    for number, moment in ((signal.SIGKILL, 2.4), (signal.SIGINT, 1.2), (signal.SIGTERM, 1.8)):
        place.write_bytes(b"as it was")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            time.sleep(moment)
            run.send_signal(number)
            run.communicate(timeout=PATIENCE)
        if place.read_bytes() != b"as it was":
            assert trivium.load(place).classes == ("0", "1", "2")
        left = {each.name for each in place.parent.iterdir()} - {"y.model"}
        assert not left or (number == signal.SIGKILL and all(n[0] == "." for n in left))


def test_rows_are_counted_where_somebody_looks(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with progress("fitting") as tell:
        tell("reading a\nb")
        tell.begin(4_000_000)
        tell.advance(1_000_000)
        tell.begin(2_000_000)
        tell.advance(500_000)
        tell._bars.refresh()
        tell.end()
        tell.end()
    shown = capsys.readouterr().err
    assert "reading a\\nb" in shown
    assert "500,000 of 2,000,000 rows" in shown
    assert rows_in_words(5, 10, 1.0, 300.0) == "5 of 10 rows, 1 a second, 5 minutes left"
