"""`trivium look` as somebody runs it."""

import json
import os
import sys

import pytest

from trivium import cli

TABLE = "id,x,when,y\n" + "".join(
    f"{i},{i % 5},{i % 12 + 1}/1/2020,{'ab'[i % 2]}\n" for i in range(40)
)


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command; return its exit code, what it printed and what it said."""

    def run(*arguments, columns=100):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(cli, "_obey_signals", lambda: None)  # the handlers are the process's
        monkeypatch.setattr(sys, "argv", ["trivium", "look", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdout", sys.stdout)
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return run


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_json_is_what_a_program_reads(call, path):
    code, out, err = call(path, "--target", "y", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["data"] == {
        "rows_read": 40,
        "rows_used": 40,
        "target": "y",
        "classes": ["a", "b"],
        "class_rows": {"a": 20, "b": 20},
        "columns": [
            {
                "name": "id", "kind": "dropped", "levels": 40, "missing": 0,
                "reason": "a counter of the rows",
            },
            {"name": "x", "kind": "numeric", "levels": 5, "missing": 0, "reason": "whole numbers"},
            {
                "name": "when", "kind": "date", "levels": 12, "missing": 0,
                "reason": "dates, day first or month first: no cell tells",
            },
        ],
    }  # fmt: skip
    assert [note[:16] for note in told["notes"]] == ["column 'when' do"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_person_reads_a_table(call, path, columns):
    code, out, err = call(path, "--target", "y", columns=columns)
    assert (code, err) == (0, "")
    assert "40 rows, 4 columns" in out
    assert "50.0 %" in out
    assert "column 'when' does not tell" in " ".join(out.split())
    assert max(map(len, out.splitlines()[1:])) <= columns


@pytest.mark.parametrize("columns", [20, 30, 45])
def test_nothing_vanishes_where_lines_are_short(call, path, columns):
    code, out, _ = call(path, "--target", "y", columns=columns)
    assert code == 0
    assert "…" not in out
    words = " ".join(out.split())
    assert "- id: kind dropped, levels 40, why a counter of the rows" in words
    assert "- x: kind numeric, levels 5, why whole numbers" in words


def test_many_classes_are_shown_in_part(call, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("x,y\n" + "".join(f"{i % 7},c{i % 30}\n" for i in range(120)))
    code, out, _ = call(path, "--target", "y")
    assert code == 0
    assert "... and 10 more classes" in out


def test_choices_reach_the_table(call, path):
    options = ("--as", "x=category", "--drop", "id", "--dates", "mdy", "--missing", "3")
    code, out, _ = call(path, "--target", "y", *options, "--decimal", ".", "--json")
    columns = json.loads(out)["data"]["columns"]
    assert code == 0
    assert [each["kind"] for each in columns] == ["dropped", "category", "date"]
    assert columns[1]["missing"] == 8
    assert columns[2]["reason"] == "dates, month first"


def test_a_name_may_hold_an_equals_sign(call, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a=b,c\n1,2\n2,3\n")
    code, out, _ = call(path, "--as", "a=b=category", "--json")
    assert code == 0
    assert json.loads(out)["data"]["columns"][0]["kind"] == "category"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "z"], "there is no column 'z'; there is 'id', 'x', 'when', 'y'"),
        (["--as", "x"], "--as takes COL=KIND, not 'x'"),
        (["--as", "x=text", "--as", "x=date"], "--as names column 'x' twice"),
        (["--as", "x=int"], "'int' is no kind"),
        (["--target", "id"], "the target 'id' has 40 different labels"),
    ],
)
def test_errors_are_one_line(call, path, tmp_path, arguments, message):
    code, out, err = call(path, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("trivium: ")
    assert len(err.splitlines()) == 1
    assert os.listdir(tmp_path) == ["table.csv"]


def test_the_terminal_is_not_told_what_to_do(call, tmp_path):
    path = tmp_path / "table.csv"
    red, clear = "\x1b[31m", "\x1b[2J"
    rows = "".join(f"{red}{i % 3},[red]{i % 2}[/red]\n" for i in range(40))
    path.write_text(f"{clear}x,[bold]y[/bold] :cat:\n" + rows)
    code, out, _ = call(path, "--target", "[bold]y[/bold] :cat:")
    assert code == 0
    assert "\x1b" not in out
    assert r"\x1b[2Jx" in out
    assert "[bold]y[/bold] :cat:" in out
    assert "[red]0[/red]" in out
    code, _, err = call(path, "--target", f"{red}z")
    assert code == 2
    assert "\x1b" not in err
    path.write_text(f"{red},b\n1,2,3\n")
    assert "\x1b" not in call(path)[2]


def test_white_space_in_names_is_seen(call, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("x , y\n" + "a ,b\na,c\n" * 10)
    code, out, _ = call(path, "--target", "x ")
    assert code == 0
    assert "'a '" in out
    assert "' y'" in out
