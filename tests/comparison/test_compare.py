"""Comparisons: one set of folds for all, the verdict, reasons of what has not come to its end."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, balanced_accuracy_score, brier_score_loss, log_loss

from trivium import compare, signals
from trivium.blocks.costs import COMPARISON
from trivium.comparison import compare as module
from trivium.comparison import first_run, run
from trivium.comparison.compare import compare_table
from trivium.comparison.limits import Clock, limited
from trivium.comparison.settings import Settings
from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tabular.choice import SIMPLEST_FIRST
from trivium.tabular.metrics import METRICS, Predictions
from trivium.tabular.reading import read_task

MODELS = list(SIMPLEST_FIRST)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True, as_frame=True)
    return compare(X, y.map(dict(enumerate("svw"))), folds=5, repeats=2)


def test_every_model_has_its_scores_beside_the_floor(iris):
    assert [model.name for model in iris.models] == MODELS
    assert iris.floor.scores["accuracy"][0] == pytest.approx(1 / 3)
    assert iris.floor.scores["log_loss"][0] == pytest.approx(np.log(3.0))
    for model in iris.models:
        assert model.scores["accuracy"][0] > 0.8
        assert model.confusion.sum() == 150
        assert model.folds_done == 5
        assert model.reason == ""
        assert sum(model.reliability.rows) == 150
        assert iris.fold_scores[model.name].shape == (2, 5)
        each = iris.fold_scores[model.name].mean()
        assert model.scores["accuracy"][0] == pytest.approx(each)  # folds of one size
    assert iris.verdict.better_than_floor
    assert iris.verdict.chosen == "softmax"
    assert iris.data["classes"] == ["s", "v", "w"]
    assert iris.notes == ()
    assert not [check for check in iris.checks if "failed" in check.text]


def test_a_table_with_groups_and_coins_has_nothing_better_than_the_floor():
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(40), 6)
    X = pd.DataFrame(rng.normal(size=(40, 3))[person] + 0.02 * rng.normal(size=(240, 3)))
    y = rng.permutation(40)[person] % 2
    apart = compare(X, y, repeats=1)
    together = compare(X, y, group=person, repeats=1)
    assert apart.verdict.better_than_floor  # by what tells the person
    assert not together.verdict.better_than_floor
    assert (together.dealt, together.by) == ("groups", "group")
    assert any("40 groups by 'group'" in note for note in together.notes)


def test_rows_of_no_known_group_make_no_winner():
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(40), 6)
    X = pd.DataFrame(rng.normal(size=(40, 3))[person] + 0.02 * rng.normal(size=(240, 3)))
    X["person"] = np.where(rng.random(240) < 0.1, None, "p" + pd.Series(person).astype(str))
    found = compare(X, rng.permutation(40)[person] % 2, group="person", repeats=1)
    assert not found.verdict.better_than_floor
    lost = X["person"].isna().sum()
    assert f"{lost} rows have no group by 'person', and may belong to any" in " ".join(found.notes)
    assert found.models[0].confusion.sum() == 240 - lost


def test_a_class_of_one_row_is_named_once():
    rng = np.random.default_rng(5)
    y = np.append("odd", rng.choice(["a", "b"], 89))
    found = compare(rng.normal(size=(90, 2)), y, repeats=1, folds=3)
    few = [check.text for check in found.checks if "'odd' (1)" in check.text]
    assert len(few) == 1
    assert not any("odd" in note or "one row only" in note for note in found.notes)


def test_the_floor_is_the_same_to_the_last_bit_and_fewer_folds_are_said():
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=12)})
    y = np.repeat(["a", "b"], [5, 7])
    found = compare(X, y, folds=500, repeats=3)
    assert (found.folds, found.repeats) == (12, 3)
    assert "12 folds in place of 500: there are no more different rows to be dealt." in found.notes
    assert found.floor.scores["accuracy"][0] == 7 / 12


@pytest.mark.parametrize("told", [1.3, 0.0])
def test_what_accuracy_does_not_show_of_a_rare_class_is_said_by_another_metric(told):
    rng = np.random.default_rng(1)
    y = rng.permutation(np.repeat(["often", "rare"], [360, 40]))
    X = pd.DataFrame({"x": rng.normal(size=400) + told * (y == "rare")})
    found = compare(X, y, repeats=1, class_weight=None)
    assert not found.verdict.better_than_floor
    assert set(found.better_by) == ({"log_loss"} if told else set())
    assert ("--metric log-loss" in str(found)) == bool(told)
    assert found.to_dict()["better_by"] == {k: list(v) for k, v in found.better_by.items()}
    again = compare(X, y, repeats=1, class_weight=None, metric="log_loss")
    assert again.better_by == {}
    assert again.verdict.better_than_floor == bool(told)


def test_by_time_what_is_tested_is_later_and_there_is_one_run():
    rng = np.random.default_rng(4)
    when = pd.date_range("2021-01-01", periods=240).strftime("%Y-%m-%d").to_numpy()
    X = pd.DataFrame({"x": rng.normal(size=240), "when": when})
    y = np.where(X["x"] + 0.3 * rng.normal(size=240) > 0, "up", "down")
    found = compare(X.sample(frac=1.0, random_state=0), y, time="when", repeats=3)
    assert (found.dealt, found.by, found.repeats) == ("time", "when", 1)
    assert found.models[0].confusion.sum() == 240 - 240 // 11
    with pytest.raises(TableError, match="'g' cannot be the group and the time at once"):
        compare(X, y, time="g", group="g")


def test_the_metric_that_is_asked_for_decides():
    rng = np.random.default_rng(5)
    y = rng.permutation(np.repeat(["no", "yes"], [150, 50]))
    X = pd.DataFrame({"x": rng.normal(size=200) + (y == "yes")})
    found = compare(X, y, metric="roc_auc", positive="yes", repeats=1, with_reference=True)
    assert found.metric == "roc_auc"
    for model in found.models:
        assert 0.6 < model.scores["roc_auc"][0] < 1.0
    assert found.models[-1].name == "hist-gradient-boosting"
    assert found.reference is not None
    assert {found.reference.first, found.reference.second} == {
        found.verdict.chosen,
        "hist-gradient-boosting",
    }
    assert found.floor.scores["roc_auc"][0] == pytest.approx(0.5)
    loss = compare(X, y, metric="log_loss", repeats=1)
    assert loss.verdict.margin == pytest.approx(0.01 * loss.fold_scores["floor"].mean())
    assert loss.verdict.best == min(loss.models, key=lambda m: m.scores["log_loss"][0]).name
    with pytest.raises(TableError, match="f1 is about one class: name it by --positive"):
        compare(X, y, metric="f1")
    with pytest.raises(TableError, match="no class 'yess': do you mean 'yes'"):
        compare(X, y, positive="yess")
    with pytest.raises(ValueError, match="metric='auc'"):
        compare(X, y, metric="auc")


def test_metrics_are_those_of_scikit_learn():
    rng = np.random.default_rng(6)
    for n_classes in (2, 4):
        codes, chances = rng.integers(0, n_classes, 90), rng.dirichlet(np.ones(n_classes), 90)
        of = Predictions(codes, chances.argmax(axis=1), chances)
        peers = {
            "accuracy": accuracy_score(codes, of.predicted),
            "balanced_accuracy": balanced_accuracy_score(codes, of.predicted),
            "log_loss": log_loss(codes, chances),
            "brier": brier_score_loss(codes, chances[:, 1] if n_classes == 2 else chances),
        }
        for name, value in peers.items():
            assert METRICS[name].measure(of) == pytest.approx(value)
    nobody = Predictions(np.zeros(5, int), np.zeros(5, int), np.full((5, 2), 0.5), 1)
    assert np.isnan(METRICS["roc_auc"].measure(nobody))
    assert np.isnan(METRICS["average_precision"].measure(nobody))
    assert METRICS["f1"].measure(nobody) == 0.0


def task_of(n=60):
    X, y = load_iris(return_X_y=True, as_frame=True)
    table = X.assign(target=y).sample(n, random_state=0)
    seen = look(table, "target")
    return seen, read_task(seen).task


def test_a_model_that_fails_or_never_ends_is_a_row_with_its_reason(monkeypatch):
    seen, _ = task_of()

    def forever(rows):
        while True:
            pass

    def broken(rows):
        raise ValueError("cell 17.25 is bad")

    def greedy(rows):
        raise MemoryError

    shares = []

    def impatient(seconds, memory):
        shares.append(seconds)
        return limited(min(seconds, 4.0), memory)

    monkeypatch.setattr(first_run, "limited", impatient)
    monkeypatch.setattr(module, "TUNED", {**module.TUNED, "softmax": forever, "neighbors": broken})
    found = compare_table(seen, Settings(budget=400.0, repeats=1), Clock(400.0))
    assert 0.0 < shares[0] <= 0.85 * 400.0  # to prepare the first fold
    assert 0.0 < shares[1] <= shares[0] / 3.0
    least_squares, softmax, neighbors = found.models
    assert least_squares.scores
    assert softmax.reason.startswith("out of time after 0 of 10 folds (400 s for all models)")
    assert neighbors.reason == "failed in fold 1 of 10 (ValueError)"  # no cell
    assert found.verdict.chosen == "least-squares"
    assert found.verdict.pairs == ()
    shown = compare_table(seen, Settings(repeats=1, show_rows=True), Clock(60.0))
    assert "cell 17.25" in shown.models[2].reason

    monkeypatch.setattr(module, "TUNED", {**module.TUNED, "softmax": greedy, "neighbors": greedy})
    found = compare_table(seen, Settings(repeats=1, max_memory=5_000_000_000), Clock(60.0))
    assert found.models[1].reason == "needs more memory than 5,000 MB"
    found = compare_table(seen, Settings(repeats=1), Clock(60.0))
    assert found.models[2].reason == "memory ran out"
    monkeypatch.setattr(module, "TUNED", dict.fromkeys(MODELS, broken))
    found = compare_table(seen, Settings(repeats=3), Clock(60.0))
    assert found.verdict.chosen is None
    assert found.repeats == 1


def test_runs_that_time_has_no_room_for_are_left_out(monkeypatch):
    seen, _ = task_of()
    monkeypatch.setattr(run, "_another_run", lambda *_: None)
    found = compare_table(seen, Settings(repeats=4), Clock(60.0))
    assert found.repeats == 1
    assert "Only 1 of 4 runs came to their end: the rest is left out." in found.notes


def test_what_time_has_been_enough_for_is_the_same_folds_for_all(monkeypatch):
    seen, task = task_of()

    class Late(Clock):
        fits = 0

        @property
        def spent(self):
            return 1e9 if self.fits > 9 else 0.0

    clock = Late(60.0)

    def counted(learner):
        def learn(rows):
            clock.fits += 1
            return learner(rows)

        return learn

    monkeypatch.setattr(module, "TUNED", {k: counted(v) for k, v in module.TUNED.items()})
    found = compare_table(seen, Settings(budget=60.0), clock)
    assert (found.folds, found.repeats) == (3, 1)
    n_tested = sum(test.size for _, test in task.splits(10, 0)[:3])
    for model in found.models:
        assert model.confusion.sum() == n_tested
        assert len(model.tuned) == 3
    assert any(note.startswith("Time was over after 3 of 10 folds") for note in found.notes)
    assert "3 of 10 folds of cross-validation" in found.to_html()
    clock.fits = 9
    found = compare_table(seen, Settings(budget=60.0), clock)
    assert found.verdict.chosen is None
    assert all(model.reason.startswith("out of time after") for model in found.models)


def pressed_at(number, learner):
    def learn(rows, fits=[]):  # noqa: B006
        fits.append(rows)
        if len(fits) == number:
            signals.stop(signals.signal.SIGINT, None)
        return learner(rows)

    return learn


def test_what_the_user_ends_is_reported_as_far_as_it_came(monkeypatch):
    seen, _ = task_of()
    tuned = dict(module.TUNED)
    monkeypatch.setattr(module, "TUNED", {**tuned, "softmax": pressed_at(4, tuned["softmax"])})
    found = compare_table(seen, Settings(repeats=4), Clock(60.0))
    assert found.interrupted
    assert (found.folds, found.repeats) == (3, 1)
    assert all(len(model.tuned) == 3 for model in found.models)
    assert any(note.startswith("You ended the runs after 3 of 10") for note in found.notes)
    monkeypatch.setattr(module, "TUNED", {**tuned, "softmax": pressed_at(14, tuned["softmax"])})
    found = compare_table(seen, Settings(repeats=4), Clock(60.0))
    assert found.interrupted
    assert (found.folds, found.repeats) == (10, 1)
    monkeypatch.setattr(module, "TUNED", {**tuned, "softmax": pressed_at(2, tuned["softmax"])})
    try:
        with pytest.raises(SystemExit):  # one fold says nothing
            compare_table(seen, Settings(), Clock(60.0))
    finally:
        signals.pardon_interrupt()


def test_repeats_are_as_many_as_work_that_is_counted_allows():
    _, task = task_of(150)
    assert run.planned_repeats(task, 4, 60.0) == 10
    assert run.planned_repeats(task, 4, 6.0) < 10
    assert run.planned_repeats(task, 4, 0.1) == 1
    assert run.seconds_of_a_run(task, 8) > run.seconds_of_a_run(task, 4)


@pytest.mark.parametrize("cost", COMPARISON._fields)
def test_every_cost_of_a_run_counts(cost, monkeypatch):
    _, task = task_of(150)
    before = run.seconds_of_a_run(task, 4)
    twice = COMPARISON._replace(**{cost: 2.0 * getattr(COMPARISON, cost)})
    monkeypatch.setattr(run, "COMPARISON", twice)
    assert before < run.seconds_of_a_run(task, 4) < 2.0 * before


def test_the_same_seed_gives_the_same_comparison(iris):
    X, y = load_iris(return_X_y=True, as_frame=True)
    again = compare(X, y.map(dict(enumerate("svw"))), folds=5, repeats=2)
    assert again.verdict == iris.verdict
    for one, other in zip(again.models, iris.models, strict=True):
        assert one.scores == other.scores
    other = compare(X, y, folds=5, repeats=2, seed=1)
    assert other.models[2].scores != iris.models[2].scores


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux alone")
def test_a_limit_of_memory_below_what_is_needed_is_refused():
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(TableError, match="--max-memory: this process needs .* MB at least"):
        compare(X, y, max_memory=10_000_000)


def test_settings_are_checked():
    X, y = load_iris(return_X_y=True, as_frame=True)
    for wrong in ({"folds": 1}, {"repeats": 0}, {"seed": -1}, {"budget": 0.0}, {"max_memory": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            compare(X, y, **wrong)
    for wrong in ("with_reference", "show_rows"):
        with pytest.raises(TypeError, match=wrong):
            compare(X, y, **{wrong: 3})
    with pytest.raises(ValueError, match="class_weight"):
        compare(X, y, class_weight="b")


def test_tables_that_cannot_be_parted_are_refused():
    X = pd.DataFrame({"x": np.arange(12.0) ** 2, "t": [5] * 12, "g": ["one"] * 12})
    y = np.tile(["a", "b"], 6)
    with pytest.raises(TableError, match="column 't' holds one time only"):
        compare(X, y, time="t")
    with pytest.raises(TableError, match="all rows are of one group by column 'g'"):
        compare(X, y, group="g")
    with pytest.raises(TableError, match="no column 'u'"):
        compare(X, y, time="u")
    words = X.assign(w=["north east", "in"] * 6)
    with pytest.raises(TableError, match="'w' holds neither dates nor numbers"):
        compare(words, y, time="w")
    with pytest.raises(TableError, match="no column tells anything"):
        compare(X[["t"]], y)
    late = pd.DataFrame({"x": np.arange(12.0) ** 2, "t": [1.0] + [np.nan] * 10 + [2.0]})
    late["g"] = ["one"] + ["two"] * 10 + ["one"]
    with pytest.raises(TableError, match="cannot be parted into some to learn from"):
        compare(late, y, time="t", group="g")
