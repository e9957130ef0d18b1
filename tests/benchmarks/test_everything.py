"""All results of a machine are renewed: which cases, where they go, and what is said at the end."""

import sys
from collections import Counter
from importlib import import_module

import pytest
from benchmarks.harness.machine import machine_name
from benchmarks.harness.results import Case, Entry, Race, Run, write_run

from benchmarks import everything

SUITES = ("neighbors", "least_squares", "softmax")


@pytest.mark.parametrize("name", SUITES)
def test_every_case_is_run_once(name):
    suite = import_module(f"benchmarks.{name}.suite").SUITE
    for avx2 in (False, True):
        parts = [part for part in everything.PARTS if part.suite == name and part.avx2 == avx2]
        counts = Counter(case for part in parts for case in part.cases)
        assert set(counts) <= set(suite.cases)
        assert set(counts.values()) <= {1}
        assert avx2 or set(counts) == set(suite.cases)
    assert {goal.case for goal in suite.goals} <= set(suite.cases)


@pytest.mark.parametrize(("here", "kinds"), [("avx512", (False, True)), ("avx2", (False,))])
def test_avx2_alone_has_a_folder_of_its_own(here, kinds, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(everything, "instructions", lambda: here)
    monkeypatch.setattr(everything, "machine_name", lambda: f"maker-1-2-{here}")
    monkeypatch.setattr(everything, "_command", lambda *words: asked.append(words))
    assert everything.renew(tmp_path, 5.0, 2, quick=True) == 0
    assert len(asked) == sum(part.avx2 in kinds for part in everything.PARTS)
    for words in asked:
        folder = "maker-1-2-avx2" if "--avx2" in words else f"maker-1-2-{here}"
        assert words[words.index("--out") + 1] == str(tmp_path / folder / f"{words[0]}.json")
        assert 0 < float(words[words.index("--minutes") + 1]) <= 5


def test_what_is_missing_is_told(tmp_path, monkeypatch, capsys):
    laps = [{"total": 1.0}]
    race = Race(
        "two classes: 2,000 rows, 10 columns, 2 classes",
        [Entry("Trivium", "subject", "float64", laps), Entry("peer", "peer", "float64", laps)],
    )
    cases = {
        "two_classes": Case("two_classes", [race], earlier="2030-01-01"),
        "square": Case("square", failed="why"),
    }
    place = tmp_path / machine_name()
    conditions = {"quick": True, "threads": 2}
    write_run(Run("softmax", "", conditions, [], {}, {}, cases), place / "softmax.json")
    monkeypatch.setattr(everything, "_command", lambda *words: None)
    assert everything.renew(tmp_path, 0.0, 2, quick=True) == 1
    said = capsys.readouterr().out
    (row,) = [line for line in said.splitlines() if "two classes, 2,000 rows" in line]
    assert row.split("|")[4].strip() == "1.00×"
    assert row.split("|")[5].strip() == "MISSED"
    assert "softmax, square: why" in said
    assert "softmax, two_classes: kept from 2030-01-01" in said


def test_the_widest_instructions_can_be_kept_to_avx2(monkeypatch):
    from benchmarks.harness import machine, threads

    monkeypatch.setattr(machine, "_cpu_info", lambda: {"flags": "avx2 avx512f", "vendor_id": "?"})
    monkeypatch.setattr(machine.platform, "machine", lambda: "X")
    monkeypatch.setattr(threads.os, "environ", {})
    assert machine.machine_name() == "x-avx512"
    monkeypatch.delitem(sys.modules, "numpy")
    threads.limit_threads(3, avx2=True)
    assert machine.machine_name() == "x-avx2"
    assert machine.describe_machine()["vector instructions"] == "no more than AVX2 was asked for"
    assert threads.os.environ["OMP_NUM_THREADS"] == "3"
