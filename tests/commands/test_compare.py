"""`trivium compare` as a command: options, files, errors in one line, signals."""

import errno
import json
import os
import re
import signal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from trivium import signals
from trivium.comparison import compare as room


@pytest.fixture
def run(call):
    """Run a command; what came of it by name."""

    def told(*arguments):
        code, out, err = call(*arguments)
        return SimpleNamespace(returncode=code, stdout=out, stderr=err)

    return told


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    label = rng.choice(["sick", "well"], 120)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 80, 120),
            "dose": (rng.normal(size=120) + 2.0 * (label == "sick")).round(3),
            "ward": rng.choice(["north", "south"], 120),
            "patient": np.repeat(np.arange(40), 3),
            "outcome": label,
        }
    )
    path = tmp_path_factory.mktemp("tables") / "patients.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_report_is_written_and_its_twin_printed(run, table, tmp_path):
    out = tmp_path / "new" / "report"
    asked = ("compare", table, "--target", "outcome", "--folds", 2, "--repeats", 1)
    done = run(*asked, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "Take" in done.stdout
    assert "guessing" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]
    found = json.loads((out / "report.json").read_text("utf-8"))
    assert found["data"]["rows_used"] == 120
    assert {model["name"] for model in found["models"]} == {
        "least-squares",
        "softmax",
        "neighbors",
    }
    for model in found["models"]:
        assert 0.0 < model["accuracy"] <= 1.0
        assert 0.0 < model["log_loss"] < 10.0
    assert found["verdict"]["better_than_floor"] in (True, False)
    again = run(*asked, "--json")
    twin = json.loads(again.stdout)
    twin.pop("timings"), found.pop("timings")
    assert twin == found  # the same bytes, timings apart
    page = tmp_path / "one.html"
    done = run(*asked, "--out", page)
    assert sorted(path.name for path in tmp_path.glob("one.*")) == ["one.html", "one.json"]


def test_options_reach_the_comparison(run, table):
    done = run(
        *("compare", table, "--target", "outcome", "--json", "--group", "patient", "--folds", 2),
        *("--metric", "roc-auc", "--positive", "sick", "--class-weight", "balanced", "--seed", 3),
        *("--budget", "1h", "--max-memory", "8GB", "--with-reference", "--repeats", 1),
    )
    found = json.loads(done.stdout)
    assert (found["dealt"], found["by"], found["folds"]) == ("groups", "patient", 2)
    assert (found["metric"], found["positive"]) == ("roc_auc", "sick")
    assert (found["balanced"], found["seed"]) == (True, 3)
    assert found["models"][-1]["name"] == "hist-gradient-boosting"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "outcom"], "there is no column 'outcom': do you mean 'outcome'"),
        (["--target", "outcome", "--group", "ptient"], "there is no column 'ptient'"),
        (["--target", "outcome", "--time", "ward"], "'ward' holds neither dates nor numbers"),
        (["--target", "outcome", "--positive", "ill"], "there is no class 'ill'"),
        (["--target", "outcome", "--metric", "recall"], "--metric recall is about one class"),
        (["--target", "outcome", "--metric", "roc-auc"], "--metric roc-auc is about one class"),
        (["--target", "outcome", "--budget", "soon"], "--budget takes an amount such as 60s"),
        (["--target", "outcome", "--budget", "0s"], "--budget takes an amount"),
        (["--target", "outcome", "--max-memory", "2XB"], "--max-memory takes an amount"),
        (["--target", "outcome", "--out", ""], "--out is empty"),
        (["--target", "outcome", "--group", "ward", "--time", "ward"], "the group and the time"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(
    run, table, tmp_path, options, said
):
    before = sorted(tmp_path.iterdir())
    if "--out" not in options:
        options = [*options, "--out", str(tmp_path / "r.html")]
    done = run("compare", table, *options)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not done.stdout
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_read_is_not_written_over(run, table, tmp_path):
    copy = tmp_path / "report.json"
    copy.write_bytes(table.read_bytes())
    done = run("compare", copy, "--target", "outcome", "--out", tmp_path)
    assert done.returncode == 2
    assert "would be written over" in " ".join(done.stderr.split())
    assert copy.read_bytes() == table.read_bytes()


def test_ctrl_c_reports_what_has_come_to_its_end(run, table, tmp_path, monkeypatch):
    neighbors, fits = room.TUNED["neighbors"], []

    def pressed(rows):
        fits.append(rows)
        if len(fits) == 4:
            signals.stop(signal.SIGINT, None)
        return neighbors(rows)

    monkeypatch.setattr(room, "TUNED", {**room.TUNED, "neighbors": pressed})
    done = run("compare", table, "--target", "outcome", "--out", tmp_path / "r.html")
    assert done.returncode == 130
    assert "The runs were stopped by you: this is what was done by then." in done.stdout
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert found["folds"] == 3
    assert [model["folds_done"] for model in found["models"]] == [3, 3, 3]


@pytest.mark.parametrize("options", [["--json"], []])
def test_a_full_disk_takes_no_verdict_along_and_keeps_what_was_there(
    run, table, tmp_path, monkeypatch, options
):
    old = tmp_path / "report.json"
    old.write_text("old")
    asked = ("compare", table, "--target", "outcome", "--repeats", 1, "--folds", 2, *options)

    def full(part, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), part._named)

    monkeypatch.setattr("trivium.atomic._Part.write", full)
    for out in (tmp_path, tmp_path / "new" / "er"):
        done = run(*asked, "--out", out)
        assert done.returncode == 2
        assert "No space left" in done.stderr
        assert done.stderr.count("\n") == 1
        assert ('"verdict"' if options else "guessing") in done.stdout
        assert "The report:" not in done.stdout
        assert (old.read_text(), list(tmp_path.iterdir())) == ("old", [old])


def test_ctrl_c_before_two_folds_is_said_and_leaves_no_folder(run, table, tmp_path, monkeypatch):
    def pressed(rows):
        signals.stop(signal.SIGINT, None)

    monkeypatch.setattr(room, "TUNED", {**room.TUNED, "neighbors": pressed})
    monkeypatch.setattr(signals, "_stopped_by", [])
    done = run("compare", table, "--target", "outcome", "--out", tmp_path / "new" / "er")
    assert done.returncode == 130
    assert "stopped before there was a verdict" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout
    assert not list(tmp_path.iterdir())


def test_no_cell_is_shown_anywhere(run, tmp_path):
    rng, n = np.random.default_rng(0), 240
    label = rng.choice(["good", "bad"], n)
    frame = pd.DataFrame(
        {
            "number": np.where(rng.random(n) < 0.01, 314159.265, rng.normal(size=n).round(3)),
            "word": rng.choice(["SECRETa", "SECRETb", "plain"], n),
            "day": [f"19{33 + i % 60}-03-07" for i in range(n)],
            "person_id": [f"SECRETp{i // 3}" for i in range(n)],
            "text": [f"SECRET words {i} and more of them" for i in range(n)],
            "constant": "SECRETc",
            "gaps": ["SECRETg" if i % 7 else "" for i in range(n)],
            "mostly": [str(i * 1.5) if i % 50 else "SECRETt" for i in range(n)],
            "leak": np.where(label == "good", "SECRETx", "SECRETy"),
            "label": label,
        }
    )
    table = tmp_path / "SECRETfile.csv"
    frame.to_csv(table, index=False)
    out = tmp_path / "out"
    asked = ("compare", table, "--repeats", 1, "--folds", 2, "--out", out, "--target")
    for more in (
        ("label",),
        ("label", "--group", "person_id"),
        ("label", "--time", "day"),
        ("label", "--time", "text"),
        ("label", "--group", "constant"),
        ("text",),
    ):
        done = run(*asked, *more)
        said = [done.stdout, done.stderr, *(path.read_text("utf-8") for path in out.glob("*"))]
        for secret in ("SECRET", r"(?<![\d.])314[,.]?159", "1933-"):
            assert not [text for text in said if re.search(secret, text.replace(str(table), ""))]


def test_rows_that_checks_name_are_shown_where_the_user_says_so(run, tmp_path):
    rng = np.random.default_rng(1)
    label = np.repeat(["a", "b"], 60)
    x = rng.normal(size=120).round(3) + 8.0 * (label == "b")
    x[7] = 300.0  # far from all others
    table, out = tmp_path / "t.csv", tmp_path / "r.html"
    pd.DataFrame({"x": x, "word": "<b>w</b>", "y": label}).to_csv(table, index=False)
    asked = ("compare", table, "--target", "y", "--repeats", 1, "--folds", 5, "--out", out)
    assert run(*asked, "--show-rows").returncode == 0
    found = json.loads(out.with_suffix(".json").read_text("utf-8"))
    rows = {each["row"]: each["cells"] for each in found["rows"]}
    assert float(rows[8]["x"]) == x[7]
    assert rows[8]["word"] == "<b>w</b>"
    assert next(iter(rows[8])) == "y"
    page = out.read_text("utf-8")
    assert "The rows that are named above" in page
    assert "<b>w" not in page
    assert run(*asked).returncode == 0
    assert json.loads(out.with_suffix(".json").read_text("utf-8"))["rows"] == []
    assert "The rows that are named above" not in out.read_text("utf-8")
