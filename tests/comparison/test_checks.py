"""All checks together: honest tables, hostile ones, no cell in any word."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from tests.comparison.planted import evidence_of, one, table

from trivium.comparison import checks as checks_room
from trivium.comparison.checks import run_checks
from trivium.comparison.checks.far import check_far
from trivium.comparison.checks.prepared import prepared
from trivium.comparison.checks.words import listed, option, share

QUIET = {"copies"}  # of iris, where there is one


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_honest_tables_give_no_alarm(load):
    loaded = load(as_frame=True)
    data = loaded.data.assign(label=np.array(loaded.target_names)[loaded.target])
    checks = run_checks(evidence_of(data, ["least-squares", "neighbors"]))
    assert {check.name for check in checks if check.status != "fine"} <= QUIET


def test_labels_by_coin_and_noise_give_no_alarm():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        data = table(150, seed=seed).assign(label=rng.choice(["no", "yes"], 150))
        checks = run_checks(evidence_of(data, ["least-squares", "neighbors"]))
        assert {check.name for check in checks if check.status != "fine"} <= {
            "classes never predicted"
        }


def hostile():
    """A table with every fault at once, whose cells are secrets."""
    rng = np.random.default_rng(0)
    data = table(300)
    group = np.repeat(np.arange(60), 5)
    data["secret\nname <b>"] = np.array([f"S3CRET{g}" for g in group])
    for column in ("x2", "x3"):
        data[column] += 9.0 * rng.normal(size=60)[group]
    data["visited"] = pd.date_range("2031-07-01", periods=300).strftime("%Y-%m-%d")
    data["told"] = np.where(data["label"] == "yes", "S3CRET yes", "S3CRET no")
    data["gap"] = np.where(data["label"] == "yes", np.nan, 987654.25)
    data["same"], data["nothing"] = "S3CRET same", ""
    data.loc[5, "x0"] = 777777.5
    data.loc[[8, 9], "label"] = ["YES", "lone"]
    data.loc[[11, 12], "label"] = [None, None]
    return pd.concat([data, data[:20]])


def test_a_hostile_table_is_told_all_and_no_cell():
    evidence = evidence_of(hostile(), ["least-squares", "neighbors"])
    checks = run_checks(evidence)
    assert checks == run_checks(evidence)
    alarms = {check.name for check in checks if check.status != "fine"}
    assert alarms >= {
        "columns that give the label away",
        "missing cells that tell the label",
        "columns that look like a group",
        "columns that look like a time",
        "copies",
        "classes written alike",
        "rows far from all others",
        "classes of few rows",
        "columns without a value",
        "constant columns",
    }
    said = " ".join(f"{check.text} {check.option}" for check in checks)
    for cell in ("S3CRET", "987654", "777777", "2031", "07-01"):
        assert cell not in said
    for check in checks:
        assert "\n" not in check.text
        assert "\n" not in check.option
        assert len(check.rows) <= 10


def test_rows_are_numbered_as_the_table_has_them():
    data = table()
    data.loc[[0, 1, 2, 50], "label"] = None
    data.loc[200, [f"x{j}" for j in range(5)]] = 99.0
    checks = run_checks(evidence_of(data))
    assert one(checks, "rows far from all others").rows == (201,)


def test_every_number_of_rows_and_every_kind_of_column_is_taken():
    rng = np.random.default_rng(1)
    for n in (6, 10, 25):
        data = pd.DataFrame({"label": np.resize(["a", "b", "B"], n)})
        data["when"] = pd.date_range("2020-01-01", periods=n).strftime("%d.%m.%Y")
        data["flag"] = rng.choice(["yes", "no"], n)
        data["patient"] = rng.integers(0, 3, n)
        data["rarely"] = np.where(np.arange(n) < 2, 4.0, np.nan)
        for given in ({}, {"group": "patient"}, {"time": "when"}):
            checks = run_checks(evidence_of(data, ["neighbors"], folds=2, **given))
            assert not any("failed" in check.text for check in checks)


def test_a_wide_sparse_table_is_taken():
    rng = np.random.default_rng(2)
    words = {f"w{j}": rng.choice([f"l{i}" for i in range(40)], 200) for j in range(12)}
    data = pd.DataFrame({**words, "label": rng.choice(["no", "yes"], 200)})
    evidence = evidence_of(data)
    assert not isinstance(prepared(evidence, 100).X, np.ndarray)
    assert one(run_checks(evidence), "rows far from all others").status == "fine"


def test_a_check_that_fails_is_told_and_the_others_go_on(monkeypatch):
    def fail(_):
        raise MemoryError("S3CRET")

    monkeypatch.setitem(checks_room._CHECKS, "copies", fail)
    checks = run_checks(evidence_of(table()))
    assert one(checks, "copies").text == "Not looked at: the check failed (MemoryError)."
    assert {check.status for check in checks if check.name != "copies"} == {"fine"}


def test_many_rows_are_taken_in_part_and_what_is_far_is_found():
    data = table(12_000)
    data.loc[9_000, ["x0", "x1"]] = [80.0, 80.0]
    evidence = evidence_of(data)
    rows = prepared(evidence)
    assert rows.rows.size == 12_000
    (check,) = check_far(evidence, rows)
    assert check.rows == (9001,)
    some = prepared(evidence, most=30_000)
    assert 2_000 <= some.rows.size < 12_000
    plain = table(12_000, seed=1)
    (check,) = check_far(evidence_of(plain), prepared(evidence_of(plain)))
    assert check.status == "fine"
    assert "of those that were looked at" in check.text


def test_words():
    assert share(0.99999) == "99.9 %"
    assert listed(["a\nb"]) == "'a\\nb'"
    assert option("--time", "it's") == "--time 'it'\"'\"'s'"
