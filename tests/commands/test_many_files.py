"""Commands over several files: one table, whatever it is cut into."""

import json

import numpy as np
import pandas as pd
import pytest

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
