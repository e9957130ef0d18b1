"""Scores against k, and training against the step."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from sklearn.datasets import make_moons
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trivium import KNeighborsClassifier, KNeighborsClassifierCV, SoftmaxRegression
from trivium.displays import NeighborsSweepDisplay, TrainingCurvesDisplay
from trivium.displays._axes import spread
from trivium.displays.k_sweep import sweep_scores


class TestNeighborsSweep:
    KS = (1, 2, 4, 8, 16)

    def test_from_estimator_draws_rss_and_accuracy_of_every_k(self):
        X, y = make_moons(300, noise=0.2, random_state=0)
        train, test = slice(200), slice(200, None)
        estimator = KNeighborsClassifier().fit(X[train], y[train])
        display = NeighborsSweepDisplay.from_estimator(
            estimator,
            X[test],
            y[test],
            self.KS,
            X_train=X[train],
            y_train=y[train],
            published={"RSS": {1: 6, 4: 5}},
            title="Sweep",
        )
        each = [KNeighborsClassifier(k).fit(X[train], y[train]) for k in self.KS]
        rss = [np.sum((model.predict(X[test]) - y[test]) ** 2) for model in each]
        accuracy = [np.mean(model.predict(X[test]) == y[test]) for model in each]
        np.testing.assert_array_equal(display.lines_["RSS"].get_xdata(), self.KS)
        np.testing.assert_array_equal(display.lines_["RSS"].get_ydata(), rss)
        np.testing.assert_allclose(display.lines_["accuracy"].get_ydata(), accuracy)
        assert display.train_lines_["accuracy"].get_ydata()[0] == 1.0
        rings = np.asarray(display.rings_["RSS"].get_offsets())
        np.testing.assert_array_equal(rings, [[1, 6], [4, 5]])
        names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert names == ["test", "train", "published"]
        display.figure_.savefig(io.BytesIO())

    @pytest.mark.parametrize(
        ("ks", "ticks"),
        [
            ([1, 2, 4], ["1", "2", "4"]),
            ([2**i for i in range(10)], [str(2**i) for i in range(10)]),
            ([2**i for i in range(11)], ["1", "4", "16", "64", "256", "1024"]),
            ([5], ["5"]),
            ([3, 5, 6], ["3", "6"]),
        ],
    )
    def test_ticks_are_whole_ks_and_few(self, ks, ticks):
        display = NeighborsSweepDisplay(ks, {"accuracy": np.ones(len(ks))}).plot()
        assert [label.get_text() for label in display.ax_.get_xticklabels()] == ticks
        assert display.ax_.get_legend() is None

    def test_labels_that_are_no_numbers_have_no_rss(self):
        labels = np.array([["a", "b"], ["a", "a"]])
        scores = sweep_scores(labels, ["a", "b"])
        assert list(scores) == ["accuracy"]
        np.testing.assert_array_equal(scores["accuracy"], [1.0, 0.5])

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"ks": [0, 1]}, "ks must increase"),
            ({"ks": [2, 2]}, "ks must increase"),
            ({"ks": []}, "ks must be one-dimensional"),
            ({"scores": {}}, "scores must hold"),
            ({"scores": {"RSS": [1.0]}}, r"scores\['RSS'\] must have 2 values"),
            ({"train_scores": {"loss": [1.0, 2.0]}}, "train_scores names 'loss'"),
            ({"published": {"loss": {1: 1.0}}}, "published names 'loss'"),
        ],
    )
    def test_bad_input(self, arguments, match):
        with pytest.raises(ValueError, match=match):
            NeighborsSweepDisplay(**{"ks": [1, 2], "scores": {"RSS": [3.0, 4.0]}, **arguments})

    def test_bad_train_rows_and_labels(self):
        with pytest.raises(ValueError, match="X_train and y_train"):
            NeighborsSweepDisplay.from_estimator(None, [[0]], [0], [1], X_train=[[0]])
        with pytest.raises(ValueError, match="y must have shape"):
            sweep_scores(np.zeros((1, 3)), [0, 1])


HISTORY = {
    "loss": np.array([2.3, 1.0, 0.5]),
    "train_accuracy": np.array([0.1, 0.8, 0.9]),
    "validation_loss": np.array([2.3, 1.1, 0.6]),
    "validation_accuracy": np.array([0.1, 0.7, 0.85]),
}


class TestSweepOfAChoice:
    @pytest.fixture
    def rows(self):
        return make_moons(90, noise=0.3, random_state=0)

    def test_it_is_what_the_choice_was_made_by(self, rows):
        model = make_pipeline(StandardScaler(), KNeighborsClassifierCV()).fit(*rows)
        display = NeighborsSweepDisplay.from_estimator(model)
        results = model[-1].cv_results_
        np.testing.assert_array_equal(display.ks, results["n_neighbors"])
        np.testing.assert_array_equal(display.scores["accuracy"], results["accuracy"])
        np.testing.assert_array_equal(display.standard_errors["accuracy"], results["accuracy_se"])
        (legend,) = [child for child in display.ax_.get_children() if isinstance(child, Legend)]
        names = [text.get_text() for text in legend.get_texts()]
        chosen = f"chosen: k = {model[-1].n_neighbors_}"
        assert names == ["leave-one-out", "± 1 standard error", chosen]

    def test_k_s_may_be_named_all_the_same(self, rows):
        model = KNeighborsClassifierCV().fit(*rows)
        display = NeighborsSweepDisplay.from_estimator(model, ks=[1, 5])
        expected = model.cv_results_["accuracy"][[0, 4]]
        np.testing.assert_array_equal(display.scores["accuracy"], expected)
        with pytest.raises(ValueError, match="ks holds 5000, which was not tried"):
            NeighborsSweepDisplay.from_estimator(model, ks=[1, 5000])

    def test_another_scorer_s_scores_are_shown(self, rows):
        model = KNeighborsClassifierCV(scoring="balanced_accuracy").fit(*rows)
        display = NeighborsSweepDisplay.from_estimator(model)
        np.testing.assert_array_equal(display.scores["score"], model.cv_results_["score"])
        assert not display.standard_errors

    def test_test_rows_are_predicted_for_every_k_that_was_tried(self, rows):
        X, y = rows
        model = KNeighborsClassifierCV().fit(X[:60], y[:60])
        display = NeighborsSweepDisplay.from_estimator(model, X[60:], y[60:])
        np.testing.assert_array_equal(display.ks, model.cv_results_["n_neighbors"])
        assert display.chosen == model.n_neighbors_
        plain = KNeighborsClassifier().fit(X[:60], y[:60])
        display = NeighborsSweepDisplay.from_estimator(plain, X[60:], y[60:])
        assert display.ks.tolist() == [1, 2, 4, 8, 16, 32]

    def test_bad_sweeps(self, rows):
        with pytest.raises(ValueError, match="KNeighborsClassifier did not choose its k: give X"):
            NeighborsSweepDisplay.from_estimator(KNeighborsClassifier().fit(*rows))
        with pytest.raises(ValueError, match="X and y must be given together"):
            NeighborsSweepDisplay.from_estimator(KNeighborsClassifierCV().fit(*rows), rows[0])
        with pytest.raises(ValueError, match="standard_errors names 'b', which scores does not"):
            NeighborsSweepDisplay([1], {"a": [1.0]}, standard_errors={"b": [0.1]})


class TestAccuracyAxis:
    def test_a_steep_rise_leaves_the_axis_to_what_follows(self):
        accuracy = np.concatenate([[0.1, 0.6], np.linspace(0.9, 0.95, 98)])
        axes = TrainingCurvesDisplay(1 - accuracy, accuracy).plot().axes_[1]
        low, high = axes.get_ylim()
        assert 0.85 < low < 0.91
        assert 0.95 < high < 0.97
        assert "begins at 0.100 ↓" in [text.get_text() for text in axes.texts]

    @pytest.mark.parametrize("accuracy", [[0.1, 0.4, 0.7, 1.0], [1.0, 1.0], [np.nan, np.nan]])
    def test_other_curves_are_shown_whole(self, accuracy):
        axes = TrainingCurvesDisplay([1.0] * len(accuracy), accuracy).plot().axes_[1]
        low, high = axes.get_ylim()
        assert len(axes.texts) == 1
        if np.isfinite(accuracy).all():
            assert low <= min(accuracy)
            assert max(accuracy) <= high <= 1.05

    def test_no_ticks_lie_beyond_one_by_much(self):
        accuracy = np.concatenate([[0.1], np.ones(99)])
        axes = TrainingCurvesDisplay(1 - accuracy, accuracy).plot().axes_[1]
        assert axes.get_ylim()[1] < 1.002


class TestTrainingCurves:
    def test_history_is_drawn_from_step_zero(self):
        estimator = SimpleNamespace(history_=HISTORY)
        display = TrainingCurvesDisplay.from_estimator(
            estimator, validation_name="test", loss_scale="log", title="Descent"
        )
        keys = {"accuracy": "train_accuracy"}
        for name, line in display.lines_.items():
            np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
            np.testing.assert_array_equal(line.get_ydata(), HISTORY[keys.get(name, name)])
        assert set(display.lines_) == {
            "loss",
            "accuracy",
            "validation_loss",
            "validation_accuracy",
        }
        texts = [text.get_text() for text in display.axes_[1].texts]
        assert texts == ["train 0.900", "test 0.850"]
        assert display.axes_[0].get_yscale() == "log"
        display.figure_.savefig(io.BytesIO())

    def test_softmax_regression(self):
        X, y = make_moons(80, noise=0.2, random_state=0)
        estimator = SoftmaxRegression().fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
        display = TrainingCurvesDisplay.from_estimator(estimator)
        expected = estimator.history_["validation_accuracy"]
        np.testing.assert_array_equal(display.lines_["validation_accuracy"].get_ydata(), expected)
        assert expected[-1] == pytest.approx(estimator.score(X[60:], y[60:]))

    @pytest.mark.parametrize("scale", ["linear", "log"])
    def test_end_labels_stand_at_the_last_value(self, scale):
        display = TrainingCurvesDisplay([5.0, 1.0], [0.0, 1.0]).plot(loss_scale=scale)
        axes = display.ax_
        height = axes.texts[0].xy[1]
        last = axes.transData.transform((0, 1.0))[1]
        assert axes.transAxes.transform((0, height))[1] == pytest.approx(last)

    def test_equal_ends_are_labelled_apart(self):
        display = TrainingCurvesDisplay([2.0, 1.0], [0, 1], validation_loss=[2.0, 1.0]).plot()
        display.figure_.draw_without_rendering()
        one, other = (text.get_window_extent() for text in display.ax_.texts)
        assert not one.overlaps(other)

    def test_many_steps_have_no_markers_and_one_state_is_drawn(self):
        many = TrainingCurvesDisplay(np.ones(100), np.ones(100)).plot()
        assert many.lines_["loss"].get_marker() == "None"
        TrainingCurvesDisplay([1.0], [1.0]).plot(Figure().subplots(1, 2))

    @pytest.mark.parametrize(
        ("last", "text"), [(0.0, "0.000"), (1e-20, "1e-20"), (0.5, "0.500"), (4.32e6, "4.32e+06")]
    )
    def test_last_values_are_written_with_the_digits_that_say_something(self, last, text):
        display = TrainingCurvesDisplay([1.0, last], [0.0, 1.0]).plot()
        assert display.ax_.texts[0].get_text() == f"train {text}"

    @pytest.mark.parametrize("last", [0.0, 1e-25, 1e-2, 0.9])
    def test_a_logarithmic_axis_has_numbers_and_names_beside_it(self, last):
        losses = [1.0, 0.95, last]
        display = TrainingCurvesDisplay(losses, [0, 0.5, 1], validation_loss=[1.0, 1.0, 0.9])
        figure = display.plot(loss_scale="log").figure_
        figure.savefig(io.BytesIO())
        axes = display.ax_
        low, high = axes.get_ylim()
        numbers = [t for t in axes.get_yticklabels() if low <= t.get_position()[1] <= high]
        assert sum(bool(t.get_text()) for t in numbers) >= 1
        assert all(-0.1 <= text.xy[1] <= 1.1 for text in axes.texts)

    def test_long_names_of_rows_are_broken_and_part(self):
        display = TrainingCurvesDisplay(
            [2.0, 1.0],
            [0, 1],
            validation_loss=[2.0, 1.0],
            validation_name="the rows held out of the survey of 2019 ($)",
        ).plot()
        display.figure_.savefig(io.BytesIO())
        one, other = (text.get_window_extent() for text in display.ax_.texts)
        assert not one.overlaps(other)
        assert display.ax_.get_window_extent().width > 0.2 * display.figure_.bbox.width

    def test_bad_input(self):
        with pytest.raises(ValueError, match="accuracy must have 2 values, got 1"):
            TrainingCurvesDisplay([1.0, 2.0], [1.0])
        with pytest.raises(ValueError, match="validation_loss must have 1 values"):
            TrainingCurvesDisplay([1.0], [1.0], validation_loss=[1.0, 2.0])
        with pytest.raises(ValueError, match="loss_scale"):
            TrainingCurvesDisplay([1.0], [1.0]).plot(loss_scale="cubic")
        with pytest.raises(ValueError, match="has no history_"):
            TrainingCurvesDisplay.from_estimator(SimpleNamespace())
        with pytest.raises(ValueError, match="lacks 'train_accuracy'"):
            TrainingCurvesDisplay.from_estimator(SimpleNamespace(history_={"loss": [1.0]}))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8))
def test_spread_keeps_order_gap_and_mean(positions):
    settled = np.array(spread(positions, 0.1))
    order = np.argsort(positions, kind="stable")
    assert (np.diff(settled[order]) >= 0.1 - 1e-9).all()
    assert settled.mean() == pytest.approx(np.mean(positions), abs=1e-9)


def test_spread_leaves_what_stands_apart():
    assert spread([0.9, 0.1], 0.2) == pytest.approx([0.9, 0.1])
