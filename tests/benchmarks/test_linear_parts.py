"""What the suites of the linear classifiers share: rows, single rows, memory, digits."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.harness.results import Case
from benchmarks.harness.suite import Disagreement
from benchmarks.harness.timing import Conditions
from benchmarks.least_squares.page import accuracy_part
from benchmarks.linear import accuracy, memory
from benchmarks.linear.data import labelled_rows
from benchmarks.linear.latency import race_single_rows

ONCE = Conditions(threads=1, rounds=1, steady=0.0, pause=0.0, quick=True)


class Says:
    """A classifier that always says the same."""

    def __init__(self, label):
        self.label = label

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), self.label)


def missing():
    raise ImportError


def test_labelled_rows():
    X, y = labelled_rows(10_000, 7, 3)
    assert X.shape == (10_000, 7)
    assert X.flags.c_contiguous
    assert set(y) == {0, 1, 2}
    again, _ = labelled_rows(10_000, 7, 3)
    np.testing.assert_array_equal(X, again)
    assert np.linalg.cond(X - X.mean(axis=0)) < 10


class TestSingleRows:
    X, y = np.zeros((4, 1)), np.zeros(4)

    def test_everyone_is_timed(self):
        models = {"Trivium": lambda: Says(1), "peer": lambda: Says(1), "none": missing}
        race = race_single_rows("", models, self.X, self.y, ONCE)
        assert [entry.absent for entry in race.entries] == [None, None, "not installed"]
        assert [len(entry.laps) for entry in race.entries] == [1, 1, 0]
        assert race.subject().name == "Trivium"

    def test_other_classes_are_refused(self):
        models = {"Trivium": lambda: Says(1), "peer": lambda: Says(2)}
        with pytest.raises(Disagreement, match="peer: 4 of 4 classes are others"):
            race_single_rows("", models, self.X, self.y, ONCE)


class TestMemory:
    def measured(self, beyond):
        return {"rows": 1000, "columns": 10, "data": 10.0, "beyond": {"Trivium": beyond}}

    def test_goal(self):
        assert memory.memory_lines(None).endswith("Not measured.")
        assert "Trivium 0.5 MiB; reached" in memory.memory_lines(self.measured(0.5))
        assert "Trivium 10.0 MiB; **missed**" in memory.memory_lines(self.measured(10.0))

    def test_a_copy_is_seen(self, monkeypatch):
        class Copies:
            def fit(self, X, y):
                self.kept = X.copy()

        class Reads:
            def fit(self, X, y):
                self.kept = X.sum()

        peers = SimpleNamespace(MODELS={"copies": Copies, "reads": Reads, "none": missing})
        monkeypatch.setattr(memory, "import_module", lambda name: peers)
        # Beyond 32 MiB the system's allocator hands out no memory that it has kept from before.
        megabytes = 400_000 * 20 * 8 / 2**20
        size = (400_000, 20, 2)
        assert memory.memory_beyond("any", "copies", *size) > 0.9 * megabytes
        assert memory.memory_beyond("any", "reads", *size) < 0.1 * megabytes
        assert memory.memory_beyond("any", "none", *size) is None

    def test_without_a_status(self, monkeypatch):
        monkeypatch.setattr(memory, "_STATUS", memory._STATUS / "none")
        assert memory._status_mib("VmRSS") > 10

    def test_in_a_process_of_its_own(self):
        found = memory.memory_of_fits("least_squares", ["Trivium"], 1_000, 5, 2)
        assert (found["rows"], found["columns"]) == (1_000, 5)
        assert 0 <= found["beyond"]["Trivium"] < 500


class TestAccuracy:
    def test_case(self):
        figures = accuracy.accuracy_case(ONCE).figures
        assert figures["digits"][accuracy.TRIVIUM]["NoInt2"] == 15.0
        assert figures["dropped"][accuracy.TRIVIUM] == {}
        assert figures["dropped"]["scikit-learn LinearRegression"]["Filip"] > 0
        text = accuracy_part(Case("accuracy", figures=figures))
        assert "Wampler5" in text
        assert text.count("reached") == 3
        assert "missed" not in text

    def test_peers_may_be_missing_but_not_trivium(self, monkeypatch):
        def absent(X, y, fit_intercept):
            missing()

        monkeypatch.setitem(accuracy.CONTENDERS, "NumPy lstsq", absent)
        assert "NumPy lstsq" not in accuracy.accuracy_case(ONCE).figures["digits"]
        monkeypatch.setitem(accuracy.CONTENDERS, accuracy.TRIVIUM, absent)
        with pytest.raises(ImportError):
            accuracy.accuracy_case(ONCE)

    def test_missed_goals_are_said(self):
        figures = {
            "digits": {accuracy.TRIVIUM: {"Norris": 9.0, "Filip": 3.0}},
            "dropped": {accuracy.TRIVIUM: {"Filip": 2}},
        }
        text = accuracy_part(Case("accuracy", figures=figures))
        assert "3.0, 2 dropped" in text
        assert text.count("**missed**") == 3
