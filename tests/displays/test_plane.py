"""The grid, the labelled rows and the class regions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import rc_context
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from sklearn.datasets import make_moons
from sklearn.neighbors import KNeighborsClassifier as PeerClassifier

from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.displays import ClassRegionsDisplay, LabelledRowsDisplay, PlaneGrid, palette
from trivium.displays._axes import legend_lines
from trivium.displays.scatter import class_handles


@pytest.fixture(scope="module")
def moons():
    return make_moons(200, noise=0.25, random_state=0)


@pytest.fixture
def ax():
    return Figure().subplots()


def offsets(collection):
    return np.asarray(collection.get_offsets())


def image_classes(display):
    """Read the classes back from the colours of the image."""
    colors = np.array([to_rgba(palette.class_color(i))[:3] for i in range(len(display.classes))])
    rgb = np.asarray(display.image_.get_array())[..., None, :3]
    return display.classes[np.abs(rgb - colors).sum(axis=-1).argmin(axis=-1)]


class TestPlaneGrid:
    def test_points_are_the_cells_of_an_image_with_the_grids_extent(self, ax):
        grid = PlaneGrid((-1.0, 2.0, 0.0, 1.0), (4, 5))
        image = ax.imshow(np.arange(20).reshape(4, 5), extent=grid.extent, origin="lower")
        left, right, bottom, top = image.get_extent()
        columns = (grid.points[:, 0] - left) / (right - left) * 5
        rows = (grid.points[:, 1] - bottom) / (top - bottom) * 4
        np.testing.assert_array_equal(np.floor(rows) * 5 + np.floor(columns), np.arange(20))

    def test_around_holds_every_row_even_a_single_one(self, moons):
        for rows in (moons[0], [[3.0, 4.0]], [[0.0, 0.0], [0.0, 2.0]]):
            left, right, bottom, top = PlaneGrid.around(rows, resolution=3).extent
            low, high = np.min(rows, axis=0), np.max(rows, axis=0)
            assert left < low[0] <= high[0] < right
            assert bottom < low[1] <= high[1] < top

    def test_no_margin_is_the_bounding_box(self):
        assert PlaneGrid.around([[0, 0], [1, 2]], margin=0).extent == (0, 1, 0, 2)

    def test_figure_is_flat_for_a_flat_plane_and_never_a_tower(self):
        flat, tower = PlaneGrid((0, 3, 0, 1)), PlaneGrid((0, 1, 0, 3))
        assert flat.figure_size()[1] < flat.figure_size()[0]
        assert tower.figure_size(3.0)[1] == 4.5

    @pytest.mark.parametrize("sides", [(9, 1), (1, 9), (1e9, 1e-9)])
    def test_figure_of_different_units_is_neither_flat_nor_a_tower(self, sides):
        width, height = PlaneGrid((0, sides[0], 0, sides[1])).figure_size(3.0)
        assert 0.8 * width < height < 1.3 * width

    def test_many_lines_of_legend_leave_the_axes_half_as_high_as_wide(self):
        width, height = PlaneGrid((0, 1, 0, 1)).figure_size(3.0, lines=20)
        assert height - (0.7 + 0.2 * 20) >= 0.5 * width

    @given(st.tuples(*[st.floats(1e-9, 1e9)] * 2), st.floats(0, 0.5))
    def test_margins_are_a_part_of_each_axis(self, spans, margin):
        rows = np.array([[0.0, 0.0], [1.0, 0.3], [0.2, 1.0]]) * spans
        left, right, bottom, top = PlaneGrid.around(rows, margin=margin).extent
        np.testing.assert_allclose(
            (-left, right - spans[0]), margin * spans[0], atol=1e-9 * spans[0]
        )
        np.testing.assert_allclose(
            (-bottom, top - spans[1]), margin * spans[1], atol=1e-9 * spans[1]
        )

    @pytest.mark.parametrize("value", [40.0, -40.0, 0.0, 3e9, 1e-9, 1e-310])
    @pytest.mark.parametrize("noise", [0.0, 1e-14])
    def test_a_column_that_does_not_vary_stands_in_the_middle(self, value, noise):
        rows = np.column_stack([[1e4, 5e4, 9e4], value * np.array([1.0, 1.0 + noise, 1.0])])
        left, right, bottom, top = PlaneGrid.around(rows).extent
        assert (left, right) == pytest.approx((1e4 - 4800, 9e4 + 4800))
        size = abs(value) / 20 or 0.5
        assert (value - bottom, top - value) == pytest.approx((size, size), rel=1e-6, abs=1e-300)

    def test_cells_are_as_many_in_each_axis_own_units(self):
        grid = PlaneGrid.around([[0, 18], [1e6, 90]], resolution=100)
        x, y = np.unique(grid.points[:, 0]), np.unique(grid.points[:, 1])
        assert len(x) == len(y) == 100
        assert np.diff(y).max() < 1
        assert y.min() > 10

    @pytest.mark.parametrize(
        ("sides", "aspect"),
        [((1, 1), "equal"), ((2.9, 1), "equal"), ((1, 3.1), "auto"), ((1e5, 60), "auto")],
    )
    def test_aspect_is_equal_while_the_units_can_be(self, sides, aspect):
        assert PlaneGrid((0, sides[0], 0, sides[1])).aspect == aspect

    def test_a_spread_beyond_float64(self):
        with pytest.raises(ValueError, match="column 1 of X spans more than float64 holds"):
            PlaneGrid.around([[0, 1.5e308], [1, -1.5e308]])
        with pytest.raises(ValueError, match="extent"):
            PlaneGrid((-1.5e308, 1.5e308, 0, 1))

    @pytest.mark.parametrize("extent", [(1, 0, 0, 1), (0, 1, 1, 1), (0, np.inf, 0, 1)])
    def test_bad_extent(self, extent):
        with pytest.raises(ValueError, match="extent"):
            PlaneGrid(extent)

    def test_bad_shape_and_margin(self):
        with pytest.raises(ValueError, match="shape"):
            PlaneGrid.around([[0, 0], [1, 1]], resolution=0)
        with pytest.raises(ValueError, match="margin"):
            PlaneGrid.around([[0, 0], [1, 1]], margin=-1)


class TestLabelledRows:
    def test_every_row_is_drawn_once_in_its_class(self, moons, ax):
        X, y = moons
        display = LabelledRowsDisplay(X, y).plot(ax)
        for position, points in enumerate(display.points_):
            np.testing.assert_array_equal(offsets(points), X[y == position])
            assert points.get_rasterized()
        assert display.ax_ is ax
        assert display.figure_ is ax.figure
        assert display.rings_ is None

    def test_rings_are_the_wrong_predictions(self, moons, ax):
        X, y = moons
        estimator = KNeighborsClassifier(25).fit(X, y)
        wrong = estimator.predict(X) != y
        assert 0 < wrong.sum() < len(X)
        display = LabelledRowsDisplay.from_estimator(estimator, X, y, ax=ax)
        np.testing.assert_array_equal(offsets(display.rings_), X[wrong])
        assert not display.rings_.get_rasterized()
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert texts[-1] == f"{wrong.sum()} wrong"

    def test_color_by_predicted_groups_rows_by_prediction(self, ax):
        rows = np.arange(6.0).reshape(3, 2)
        display = LabelledRowsDisplay(rows, ["a", "b", "b"], y_pred=["a", "a", "b"])
        display.plot(ax, color_by="predicted")
        assert [len(offsets(points)) for points in display.points_] == [2, 1]

    def test_a_class_without_rows_keeps_its_color(self, ax):
        display = LabelledRowsDisplay([[0, 0]], [2], classes=[0, 1, 2]).plot(ax)
        assert display.points_[:2] == [None, None]
        expected = to_rgba(palette.CLASS_COLORS[2])[:3]
        np.testing.assert_allclose(display.points_[2].get_facecolor()[0, :3], expected)

    def test_a_table_names_the_axes(self, ax):
        table = pd.DataFrame({"width": [0.0, 1.0], "height": [1.0, 0.0]})
        display = LabelledRowsDisplay(table, [0, 1]).plot(ax, title="Two", legend=False)
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
        assert display.ax_.get_legend() is None
        assert ax.get_title(loc="center") == "Two"

    def test_rings_take_the_ink_in_force(self, ax):
        with rc_context(palette.style("#eeeeee")):
            display = LabelledRowsDisplay([[0, 0]], [0], y_pred=[1]).plot(ax)
        np.testing.assert_allclose(display.rings_.get_edgecolor()[0], to_rgba("#eeeeee"))

    def test_without_axes_a_figure_is_made(self):
        assert LabelledRowsDisplay([[0, 0]], [0]).plot().figure_.axes

    def test_long_legends_break_into_lines_that_keep_the_order(self, ax):
        handles = class_handles(np.arange(20))
        lines = legend_lines(handles)
        assert len(lines) > 1
        assert [handle for line in lines for handle in line] == handles

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"X": [[0, 0, 0]]}, "X must have shape"),
            ({"X": np.empty((0, 2))}, "X must have shape"),
            ({"X": [[0, np.nan]]}, "X must be finite"),
            ({"y": [0, 1]}, "y must have shape"),
            ({"y_pred": [[0]]}, "y_pred must have shape"),
            ({"classes": [1, 2]}, "y holds 0"),
            ({"classes": [0, 1], "y_pred": [5]}, "y_pred holds 5"),
            ({"classes": [1, 0]}, "classes must be"),
            ({"feature_names": ["one"]}, "feature_names must hold two"),
        ],
    )
    def test_bad_input(self, arguments, match):
        with pytest.raises(ValueError, match=match):
            LabelledRowsDisplay(**{"X": [[0, 0]], "y": [0], **arguments})

    def test_bad_color_by(self, ax):
        display = LabelledRowsDisplay([[0, 0]], [0])
        with pytest.raises(ValueError, match="needs y_pred"):
            display.plot(ax, color_by="predicted")
        with pytest.raises(ValueError, match="color_by must be"):
            display.plot(ax, color_by="truth")


class TestClassRegions:
    @pytest.mark.parametrize("n_classes", [2, 4])
    @pytest.mark.filterwarnings("ignore:.*predicted for no training row")
    @pytest.mark.parametrize(
        "model", [KNeighborsClassifier(3), LeastSquaresClassifier(), SoftmaxRegression()]
    )
    def test_image_shows_the_estimators_own_predictions(self, moons, ax, n_classes, model):
        X, _ = moons
        y = np.array(["a", "b", "c", "d"])[np.arange(len(X)) % n_classes]
        estimator = model.fit(X, y)
        grid = PlaneGrid.around(X, resolution=30)
        display = ClassRegionsDisplay.from_estimator(estimator, X, y, grid=grid, ax=ax)
        expected = estimator.predict(grid.points).reshape(30, 30)
        np.testing.assert_array_equal(image_classes(display), expected)
        assert tuple(display.image_.get_extent()) == grid.extent
        assert display.image_.origin == "lower"

    def test_a_sweep_keeps_colors_when_a_class_vanishes(self, moons, ax):
        X, y = moons
        grid = PlaneGrid.around(X, resolution=20)
        estimator = KNeighborsClassifier().fit(X[:199], y[:199])
        paths = estimator.predict_path(grid.points, [1, 199])
        for labels in paths:
            display = ClassRegionsDisplay(labels, grid, classes=[0, 1]).plot(ax)
            np.testing.assert_array_equal(image_classes(display), labels.reshape(20, 20))
        assert len(np.unique(paths[1])) == 1

    def test_errors_are_ringed_on_top(self, moons, ax):
        X, y = moons
        estimator = PeerClassifier(31).fit(X, y)
        display = ClassRegionsDisplay.from_estimator(
            estimator, X, y, ring_errors=True, resolution=10, ax=ax, color_by="predicted"
        )
        assert len(offsets(display.rows_.rings_)) == np.sum(estimator.predict(X) != y)

    def test_a_table_reaches_the_estimator_with_its_names(self, moons, ax):
        X, y = moons
        table = pd.DataFrame(X, columns=["east", "north"])
        estimator = PeerClassifier().fit(table, y)
        display = ClassRegionsDisplay.from_estimator(estimator, table, resolution=10, ax=ax)
        assert display.rows_ is None
        assert ax.get_xlabel() == "east"

    def test_bad_input(self, moons):
        X, y = moons
        grid = PlaneGrid((0, 1, 0, 1), (1, 2))
        with pytest.raises(ValueError, match=r"labels must have shape \(2,\)"):
            ClassRegionsDisplay([0], grid)
        with pytest.raises(ValueError, match="X and y must be given together"):
            ClassRegionsDisplay([0, 1], grid, X=X)
        with pytest.raises(ValueError, match="labels holds 1"):
            ClassRegionsDisplay([0, 1], grid, classes=[0])
        with pytest.raises(ValueError, match=r"boundaries must have shape \(n_points, 2\)"):
            ClassRegionsDisplay([0, 1], grid, boundaries=[0.5])
        with pytest.raises(ValueError, match="boundaries must be finite"):
            ClassRegionsDisplay([0, 1], grid, boundaries=[[0.5, np.inf]])
        with pytest.raises(ValueError, match="ring_errors=True needs y"):
            ClassRegionsDisplay.from_estimator(PeerClassifier().fit(X, y), X, ring_errors=True)


class TestContainers:
    @pytest.mark.parametrize(
        "y",
        [
            pd.array([7, 3, 7, 3], dtype="Int64"),
            pd.Series([True, False, True, False], dtype="boolean"),
            pd.Categorical(["b", "a", "b", "a"]),
            np.array([2**53 + 1, 2**53, 2**53 + 1, 2**53], dtype=object),
        ],
    )
    def test_labels_keep_their_kind(self, y):
        X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        model = LeastSquaresClassifier().fit(X, y)
        axes = Figure().subplots()
        for display in (LabelledRowsDisplay, ClassRegionsDisplay):
            drawn = display.from_estimator(model, X, y, ax=axes)
            np.testing.assert_array_equal(drawn.classes, model.classes_)
            with pytest.raises(ValueError, match=r"\by\b.*row 3\b"):
                display.from_estimator(model, X, [*list(y)[:3], None], ax=axes)

    def test_numbers_are_numbers(self):
        with pytest.raises(ValueError, match="X is not made of numbers"):
            LabelledRowsDisplay(np.ones((2, 2)) + 0j, [0, 1])
        with pytest.raises(ValueError, match="y should be a 1d array|must have shape"):
            LabelledRowsDisplay(np.ones((2, 2)), None)
