"""The suite of least squares refuses other answers, and has a section."""

import numpy as np
import pytest
from benchmarks.harness.results import Case, Entry, Race, Run
from benchmarks.harness.suite import Disagreement
from benchmarks.harness.timing import Conditions, base_name
from benchmarks.least_squares import influence, limits, peers
from benchmarks.least_squares.fits import agree, race_fits
from benchmarks.least_squares.influence import Measures, boundaries_case, influence_case
from benchmarks.least_squares.page import GOALS, section
from benchmarks.least_squares.sparse import SOLVERS, sparse_case
from benchmarks.least_squares.suite import SUITE
from benchmarks.least_squares.task import Fitted, Task
from benchmarks.linear.data import labelled_rows

ONCE = Conditions(threads=2, rounds=1, steady=0.0, pause=0.0, quick=True)


@pytest.mark.parametrize("n", [1, 2, 5_000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_bare_products(n, threads):
    X = np.random.default_rng(0).normal(size=(n, 30))
    products = limits.products_in_blocks(X, threads)
    np.testing.assert_allclose(np.triu(products), np.triu(X.T @ X), rtol=1e-12, atol=1e-9)


def test_targets():
    X = np.zeros((3, 1))
    np.testing.assert_array_equal(Task(X, np.array([0, 1, 0])).targets, [-1, 1, -1])
    np.testing.assert_array_equal(Task(X, np.array([0, 2, 1])).targets, np.eye(3)[[0, 2, 1]])


@pytest.mark.parametrize("n_classes", [2, 4])
def test_everyone_fits_the_same(n_classes, monkeypatch):
    monkeypatch.setattr(peers, "kernels", list)  # which would each be tried in a process
    task = Task(*labelled_rows(500, 6, n_classes))
    race = race_fits(task, peers.ALL, ONCE)
    assert list(dict.fromkeys(base_name(entry.name) for entry in race.entries)) == list(peers.ALL)
    for entry in race.entries:
        assert bool(entry.laps) != bool(entry.absent)
        if entry.laps and entry.role == "peer":
            assert entry.agreement.endswith("apart")
    timed = {entry.name for entry in race.entries if entry.laps}
    assert timed >= {peers.TRIVIUM, peers.LINEAR, peers.RIDGE, *limits.LIMITS}


@pytest.mark.parametrize("change", [1e-6, np.nan])
@pytest.mark.parametrize("field", Fitted._fields)
def test_other_coefficients_are_refused(field, change):
    ours = Fitted(np.array([[2.0, -1.0]]), np.array([0.5]))
    near = ours._replace(**{field: getattr(ours, field) * (1 + 1e-10)})
    assert agree({peers.TRIVIUM: ours, "peer": near})["peer"] == "1e-10 apart"
    far = ours._replace(**{field: getattr(ours, field) * (1 + change)})
    with pytest.raises(Disagreement, match="peer: coefficients are"):
        agree({peers.TRIVIUM: ours, "peer": far})


def test_everyone_fits_the_same_to_sparse_rows():
    case = sparse_case(ONCE)
    assert len(case.races) == 4
    for race in case.races:
        assert {entry.name for entry in race.entries if entry.laps} == {peers.TRIVIUM, *SOLVERS}


def test_influence():
    (race,) = influence_case(ONCE).races
    assert race.subject().agreement == "agree"
    assert [entry.name for entry in race.entries][1:] == [influence.FIT, influence.STATSMODELS]


@pytest.mark.parametrize("field", Measures._fields)
def test_other_influence_is_refused(field):
    ours = Measures(*np.random.default_rng(0).random((3, 5)))
    far = ours._replace(**{field: getattr(ours, field) + 1e-6})
    assert influence.agree({influence.TRIVIUM: ours, "peer": ours})["peer"] == "agree"
    with pytest.raises(Disagreement, match=f"peer: {field} is"):
        influence.agree({influence.TRIVIUM: ours, "peer": far})


def test_boundaries():
    (race,) = boundaries_case(ONCE).races
    assert {entry.name: entry.agreement for entry in race.entries} == {
        influence.TRIVIUM: "agree",
        influence.STATSMODELS: "agree",
    }


def test_other_boundaries_are_refused():
    ours = np.random.default_rng(0).random((5, 3))
    with pytest.raises(Disagreement, match="peer: coefficients are"):
        influence.same_boundaries({influence.TRIVIUM: ours, "peer": ours + 1e-6})


def timed(name, role, total):
    return Entry(name, role, "float64", [{"total": total}])


def test_section(tmp_path):
    entries = [
        timed(peers.TRIVIUM, "subject", 0.10),
        timed(peers.LINEAR, "peer", 2.0),
        timed(peers.RIDGE, "peer", 0.4),
        timed(peers.INTEL_RIDGE, "peer", 0.11),
        timed(limits.PLAIN, "limit", 0.09),
        timed(limits.READ, "limit", 0.01),
    ]
    memory = {"rows": 10, "columns": 2, "data": 1.0, "beyond": {peers.TRIVIUM: 0.01}}
    cases = {
        "tall": Case("tall", [Race("fit: 200,000 rows, 50 columns, 2 classes", entries)]),
        "memory": Case("memory", figures={"memory": memory}),
    }
    text = section(Run("least_squares", "", {}, [], {}, {}, cases), tmp_path)
    assert "Measured against bare dsyrk: 0.90×, reached" in text
    assert "Measured against scikit-learn-intelex Ridge: 1.10×, reached" in text
    assert "Measured against scikit-learn LinearRegression: 20.0×, reached" in text
    assert "Measured against scikit-learn RidgeClassifier: 4.00×, **missed**" in text
    assert "Trivium 0.0 MiB; reached" in text
    assert "Not run." in text


def test_every_case_has_goals_or_figures():
    assert set(SUITE.cases) == {*(goal.case for goal in GOALS), "memory", "accuracy"}
