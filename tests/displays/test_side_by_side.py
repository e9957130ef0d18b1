import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_iris, make_moons
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.displays import SideBySideDisplay


def fitted(X, y):
    return {
        "k = 5": KNeighborsClassifier(5).fit(X, y),
        "scaled": make_pipeline(StandardScaler(), SoftmaxRegression(alpha=0.1)).fit(X, y),
        "line": LeastSquaresClassifier().fit(X, y),
    }


def test_each_panel_shows_its_own_predictions_on_one_grid():
    X, y = make_moons(60, noise=0.2, random_state=0)
    models = fitted(X, y)
    display = SideBySideDisplay.from_estimators(models, X, y, resolution=20, ring_errors=True)
    grids = {each.grid for each in display.displays.values()}
    assert len(grids) == 1
    for axes, (name, model) in zip(display.axes_, models.items(), strict=True):
        shown = display.displays[name]
        np.testing.assert_array_equal(shown.labels, model.predict(shown.grid.points))
        assert len(shown.rows_.rings_.get_offsets()) == np.sum(model.predict(X) != y)
        assert axes.get_title() == f"{name}\n{np.sum(model.predict(X) != y)} wrong"


def test_columns_are_named_once_for_all():
    X, y = load_iris(return_X_y=True)
    display = SideBySideDisplay.from_estimators(
        fitted(X, y), X, y, features=(2, 3), resolution=20, title="Iris", note="A note."
    )
    figure = display.figure_
    figure.draw_without_rendering()
    assert all("other 2 columns" in axes.get_xlabel().replace("\n", " ") for axes in display.axes_)
    assert [axes.get_ylabel() for axes in display.axes_[1:]] == ["", ""]
    boxes = [axes.get_tightbbox() for axes in display.axes_]
    legend = display.legend_.get_window_extent()
    assert legend.y0 >= max(box.y1 for box in boxes) - 1
    assert legend.y1 <= figure.bbox.y1 + 1
    assert display.legend_.get_title().get_text() == "Iris"


def test_a_class_has_one_colour_whoever_knows_it():
    X, y = make_moons(60, noise=0.2, random_state=0)
    late = SoftmaxRegression(alpha=0.1).fit(X, y + 1)
    early = SoftmaxRegression(alpha=0.1).fit(X, y)
    display = SideBySideDisplay.from_estimators([early, late], X, y, resolution=9)
    assert list(display.displays) == ["SoftmaxRegression 1", "SoftmaxRegression 2"]
    for shown in display.displays.values():
        assert shown.classes.tolist() == [0, 1, 2]
    assert [text.get_text() for text in display.legend_.get_texts()] == ["0", "1", "2"]


def test_rows_that_are_not_drawn_are_mentioned():
    rng = np.random.default_rng(0)
    X, y = np.vstack([rng.normal(size=(6000, 2)), [[500.0, 500.0]]]), np.arange(6001) % 2
    model = LeastSquaresClassifier().fit(X, y)
    display = SideBySideDisplay.from_estimators([model], X, y, resolution=9)
    names = [text.get_text() for text in display.legend_.get_texts()]
    assert set(names) == {"0", "1", "1 row beyond", "5,000 of 6,001 rows drawn"}


def test_own_axes_have_no_legend_of_the_figure():
    X, y = make_moons(30, random_state=0)
    models = fitted(X, y)
    display = SideBySideDisplay.from_estimators(models, X, y, ax=Figure().subplots(), resolution=9)
    assert display.legend_ is None
    assert len(display.axes_) == 3


def test_bad_input():
    X, y = make_moons(30, random_state=0)
    with pytest.raises(ValueError, match="at least one display"):
        SideBySideDisplay({})
    with pytest.raises(ValueError, match="at least one fitted classifier"):
        SideBySideDisplay.from_estimators([], X, y)
    display = SideBySideDisplay.from_estimators(fitted(X, y), X, y, resolution=9)
    with pytest.raises(ValueError, match="n_columns must be at least 1, got 0"):
        display.plot(n_columns=0)
