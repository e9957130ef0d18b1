"""Tables, goals, results on disk, and the page."""

import json
from dataclasses import replace

import pytest
from benchmarks.harness.goals import Figure, Goal, goal_lines, measured, verdicts
from benchmarks.harness.page import case_tables, write_page
from benchmarks.harness.ratios import Ratio
from benchmarks.harness.results import Case, Entry, Race, Run, read_run, write_run
from benchmarks.harness.suite import Suite
from benchmarks.harness.tables import (
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


def line(race, **fields):
    (said,) = goal_lines([Goal("c", "be fast", "again", **fields)], race, {})
    return said


def test_goals(race):
    assert line(race).startswith("- Goal: be fast, at least 1.00×. Measured against quick: 0.50×")
    assert line(race).endswith("**missed**.")
    assert "slow: 2.00×, reached" in line(race, names=("slow", "missing"))
    assert "0.50×, reached" in line(race, least=0.5, names=("quick",))
    assert line(race, against="limit") == "- Goal: be fast, at least 1.00×. Not measured."
    assert line(race, names=("missing",)).endswith("Not measured.")
    goals = [Goal("c", "", "again", **each) for each in ({"names": ("no",)}, {"label": "no task"})]
    assert goal_lines(goals, race, {}) == []


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


def suite_of(*goals, name="some"):
    def section(run, folder):
        return f"{folder.name} {run.suite}\n{case_tables(run, 'c', goals)}\n"

    return Suite(name, name.title(), (), {}, section, goals=goals)


def cells_of(page, beginning):
    lines = page.read_text(encoding="utf-8").splitlines()
    (row,) = [each for each in lines if each.startswith(f"| {beginning}")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_page(tmp_path, race):
    suite = suite_of(Goal("c", "be fast", "again", least=0.4, with_bytes=0.6))
    page = tmp_path / "performance.md"
    with pytest.raises(FileNotFoundError, match="No suite has results"):
        write_page([suite], page)
    for machine, vectors in (("one-1", "avx2"), ("two-2", "avx2, avx_vnni")):
        run = make_run(Case("c", [race]))
        run.machine["vector instructions"] = vectors
        write_run(run, tmp_path / "performance" / machine / "some.json")
    write_page([suite], page)
    assert cells_of(page, "be fast") == ["be fast", "0.40×, bytes 0.60×", "0.50×", "**0.50×**"]
    assert "](performance/one-1/README.md)" in page.read_text(encoding="utf-8")
    details = {
        name: (tmp_path / "performance" / name / "README.md").read_text(encoding="utf-8")
        for name in ("one-1", "two-2")
    }
    assert "be fast, at least 0.40×. Measured against quick: 0.50×, reached." in details["one-1"]
    assert "at least 0.60×. Measured against quick: 0.50×, **missed**." in details["two-2"]
    assert "two-2 some" in details["two-2"]
    assert "quick run" in details["two-2"]
    assert "| numpy | 2" in details["two-2"]


def test_figures_of_another_day_say_which(tmp_path, race):
    page, folder = tmp_path / "performance.md", tmp_path / "performance" / "one-1"
    cases = [Case("c", [race], earlier="2029-12-31"), Case("d", [race])]
    write_run(make_run(*cases), folder / "some.json")
    today = make_run(Case("c", [race]))
    today.date = "2030-01-02"
    write_run(today, folder / "other.json")
    goals = [Goal(case, f"be fast at {case}", "again", least=0.5) for case in ("c", "d")]
    write_page([suite_of(*goals), suite_of(replace(goals[0], text="new"), name="other")], page)
    assert cells_of(page, "[one-1]")[-1] == "2030-01-02"
    assert cells_of(page, "be fast at c")[-1] == "0.50× (2029-12-31)"
    assert cells_of(page, "be fast at d")[-1] == "0.50× (2030-01-01)"
    assert cells_of(page, "new")[-1] == "0.50×"
    details = (folder / "README.md").read_text(encoding="utf-8")
    assert details.count("*Kept from an earlier run, of 2029-12-31.*") == 1


class TestFigures:
    def figure(self, *races, **fields):
        return measured(
            Goal("c", "be fast", "again", least=0.4, **fields), make_run(Case("c", list(races)))
        )

    def test_the_least_of_the_races_counts(self, race):
        slower = replace(race, label="another task", sweep=None)
        slower.entries = [
            two_steps("Trivium", [1.0], [1.0], role="subject"),
            two_steps("peer", [1.0], [0.25]),
        ]
        assert self.figure(race, slower) == Figure(0.25, 2, 1)
        assert str(self.figure(race, slower)) == "0.25×, 1 of 2"
        assert str(self.figure(race, slower, label="a task")) == "0.50×"
        assert str(self.figure(race, slower, sweep="rows")) == "0.50×"
        assert self.figure(race, label="no task") is None

    def test_verdicts(self, race):
        goals = [
            Goal(case, "be fast", "again", least=least)
            for case, least in (("c", 0.4), ("c", 0.6), ("d", 1.0))
        ]
        said = [row[-1] for row in verdicts(goals, make_run(Case("c", [race])))]
        assert said == ["reached", "MISSED", "not measured"]

    def test_a_case_that_was_not_run(self):
        run = make_run(Case("c", failed="why"), Case("d", skipped="the time was over"))
        assert measured(Goal("c", "be fast", "again"), run) is None
        assert case_tables(run, "c", ()) == "**Failed**: why"
        assert case_tables(run, "d", ()) == "Skipped: the time was over."
        assert case_tables(run, "e", ()) == "Not run."
        assert summary(run.cases["c"]) == "FAILED: why"


def test_a_rival_counts_at_any_setting(race):
    race.entries.append(two_steps("quick, as it comes", [0.1, 0.1], [0.1, 0.1]))
    assert "against quick, as it comes: 0.20×" in line(race, names=("quick",))


def test_settings_are_said(race):
    assert "setting" not in race_table(race)
    race.entries[1].setting = "one thread, the best of 2"
    assert "one thread, the best of 2" in race_table(race).splitlines()[3]
