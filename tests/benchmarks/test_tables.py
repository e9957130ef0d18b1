"""Tables, goals, results on disk, and the page."""

import json
from dataclasses import replace

import pytest
from benchmarks.harness.keys import Figure, Key, measured, verdicts
from benchmarks.harness.page import case_tables, write_page
from benchmarks.harness.ratios import Ratio
from benchmarks.harness.results import Case, Entry, Race, Run, read_run, write_run
from benchmarks.harness.suite import Suite
from benchmarks.harness.tables import (
    Goal,
    goal_line,
    markdown_table,
    race_table,
    show_ratio,
    show_seconds,
    summary,
    sweep_table,
)


def two_steps(name, first, again, role="peer", dtype="float64", **fields):
    laps = [
        {"prepare": 0.1, "first": one, "again": other}
        for one, other in zip(first, again, strict=True)
    ]
    return Entry(name, role, dtype, laps, **fields)


@pytest.fixture
def race():
    return Race(
        "a task",
        [
            two_steps("Trivium", [1.0, 1.0], [0.5, 0.5], role="subject", agreement="exact"),
            two_steps("slow", [2.0, 4.0], [1.0, 1.0]),
            two_steps("quick", [0.5, 0.5], [0.25, 0.25], dtype="float32", agreement="agree"),
            Entry("missing", "peer", "float64", absent="not installed"),
        ],
        items=100,
        sweep="rows",
        at=1000,
    )


def make_run(*cases):
    conditions = {"threads": 2, "rounds": 2, "budget": 5.0, "steady": 0.0, "quick": True}
    by_name = {case.name: case for case in cases}
    return Run("some", "2030-01-01", conditions, ["blas"], {"cores": 2}, {"numpy": "2"}, by_name)


def test_markdown_table():
    table = markdown_table(["a", "b"], [["x", "1"], ["yyyy", "22"]], "lr")
    assert table == "| a    |   b |\n| ---- | --: |\n| x    |   1 |\n| yyyy |  22 |"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (123.4, "123 s"),
        (12.34, "12.3 s"),
        (1.0, "1.00 s"),
        (0.9999, "1.00 s"),
        (0.0345, "34.5 ms"),
        (2e-5, "20.0 µs"),
    ],
)
def test_show_seconds(value, shown):
    assert show_seconds(value) == shown


def test_show_ratio():
    assert show_ratio(Ratio(1.5, 1.5, 1.5)) == "1.50×"
    assert show_ratio(Ratio(12.34, 0.0123, 2345.6)) == "12.3× (0.012–2,346)"


def test_race_table(race):
    lines = race_table(race).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0][2:] == ["fit + first answer", "ratio", "another answer", "ratio", "answers"]
    assert cells[2] == ["**Trivium**", "float64", "1.00 s", "1", "500 ms", "1", "exact"]
    assert cells[3] == [
        *("slow", "float64", "3.00 s", "3.00× (2.00–4.00)", "1.00 s", "2.00×", ""),
    ]
    assert cells[5] == ["missing", "float64", "not installed", "", "", "", ""]
    assert len({len(line) for line in lines}) == 1


def test_goals(race):
    assert "against quick: 0.50×, **missed**" in goal_line(Goal("be fast", "again"), race)
    assert "against slow: 2.00×, reached" in goal_line(Goal("", "again", dtype="float64"), race)
    assert "0.50×, reached" in goal_line(Goal("", "again", least=0.5, names=("quick",)), race)
    assert goal_line(Goal("x", "again", against="limit"), race) == "- Goal: x. Not measured."


def test_sweep_table(race):
    row = sweep_table([race], "rows", "again").splitlines()[2]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["1,000", "200", "quick", "0.50×", "slow", "2.00×"]


def test_summary(race):
    assert "not installed" in summary(Case("c", [race], {"load": [0.5, 1.0]}))
    assert summary(Case("c", skipped="no data")) == "skipped: no data"


def test_results_come_back(tmp_path, race):
    run = make_run(Case("c", [race], {"load": [0.25, None]}), Case("d", skipped="why"))
    write_run(run, tmp_path / "new" / "some.json")
    assert read_run(tmp_path / "new" / "some.json") == run


def test_seconds_are_rounded(tmp_path):
    run = make_run(Case("c", [Race("", [two_steps("A", [1 / 3], [1 / 3])])]))
    write_run(run, tmp_path / "some.json")
    lap = json.loads((tmp_path / "some.json").read_text())["cases"]["c"]["races"][0]
    assert lap["entries"][0]["laps"][0]["first"] == 0.333333


def test_page(tmp_path, race):
    key = Key("c", Goal("be fast", "again", least=0.4), with_bytes=0.6)
    suite = Suite(
        "some", "Some", (), {}, lambda run, folder: f"{folder.name} {run.suite}\n", keys=[key]
    )
    page = tmp_path / "performance.md"
    with pytest.raises(FileNotFoundError, match="No suite has results"):
        write_page([suite], page)
    for machine, vectors in (("one-1", "avx2"), ("two-2", "avx2, avx_vnni")):
        run = make_run(Case("c", [race]))
        run.machine["vector instructions"] = vectors
        write_run(run, tmp_path / "performance" / machine / "some.json")
    write_page([suite], page)
    text = page.read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| be fast")]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("be fast", "0.40×, bytes 0.60×", "0.50×", "**0.50×**"),
    ]
    assert "](performance/one-1/README.md)" in text
    details = (tmp_path / "performance" / "two-2" / "README.md").read_text(encoding="utf-8")
    assert "two-2 some" in details
    assert "quick run" in details
    assert "| numpy | 2" in details


class TestKeys:
    def figure(self, *races, **fields):
        key = Key("c", Goal("be fast", "again", least=0.4), **fields)
        return measured(key, make_run(Case("c", list(races))))

    def test_the_least_of_the_races_counts(self, race):
        slower = replace(race, label="another task", sweep=None)
        slower.entries = [
            two_steps("Trivium", [1.0], [1.0], role="subject"),
            two_steps("peer", [1.0], [0.25]),
        ]
        assert self.figure(race, slower) == Figure(0.25, 2, 1)
        assert str(self.figure(race, slower)) == "**0.25×**, 1 of 2"
        assert str(self.figure(race, slower, label="a task")) == "0.50×"
        assert str(self.figure(race, slower, sweep="rows")) == "0.50×"
        assert self.figure(race, label="no task") is None

    def test_verdicts(self, race):
        keys = [
            Key(case, Goal("be fast", "again", least=least))
            for case, least in (("c", 0.4), ("c", 0.6), ("d", 1.0))
        ]
        said = [row[-1] for row in verdicts(keys, make_run(Case("c", [race])))]
        assert said == ["reached", "MISSED", "not measured"]

    def test_a_case_that_was_not_run(self):
        run = make_run(Case("c", failed="why"))
        assert measured(Key("c", Goal("be fast", "again")), run) is None
        assert case_tables(run.cases["c"], ()) == "**Failed**: why"
        assert summary(run.cases["c"]) == "FAILED: why"


def test_a_rival_counts_at_any_setting(race):
    race.entries.append(two_steps("quick, as it comes", [0.1, 0.1], [0.1, 0.1]))
    assert "against quick, as it comes: 0.20×" in goal_line(
        Goal("", "again", names=("quick",)), race
    )


def test_settings_are_said(race):
    assert "setting" not in race_table(race)
    race.entries[1].setting = "one thread, the best of 2"
    assert "one thread, the best of 2" in race_table(race).splitlines()[3]
