"""What the frame of a picture of the plane shows: far rows, legends, names and numbers."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from trivium import KNeighborsClassifier, KNeighborsDensity, LeastSquaresClassifier
from trivium.displays import (
    BoundaryTiltDisplay,
    ClassRegionsDisplay,
    DensityDisplay,
    InfluenceDisplay,
    LabelledRowsDisplay,
    PlaneGrid,
)
from trivium.displays._frame import rows_in_view
from trivium.displays.palette import style


def income_and_age(n=120):
    rng = np.random.default_rng(1)
    y = np.array(["clerk", "manager", "director"])[rng.integers(3, size=n)]
    return np.column_stack([rng.normal(5e4, 1e4, n), rng.normal(45, 12, n)]), y


def figure_of(size, layout):
    figure = Figure(figsize=size, layout=layout)
    FigureCanvasAgg(figure)
    return figure


def legend_boxes(display):
    renderer = display.figure_.canvas.get_renderer()
    return [legend.get_window_extent(renderer) for legend in display.ax_.findobj(Legend)]


def legend_texts(display):
    return [t.get_text() for legend in display.ax_.findobj(Legend) for t in legend.get_texts()]


class TestFarRows:
    def test_few_far_rows_are_beyond_the_view_and_pointed_to(self):
        X, y = income_and_age()
        X[0], X[1] = [1e6, 40], [5e4, -1e6]
        for display in (
            LabelledRowsDisplay(X, y).plot(Figure().subplots()),
            ClassRegionsDisplay.from_estimator(
                KNeighborsClassifier(3).fit(X, y), X, y, ax=Figure().subplots()
            ).rows_,
        ):
            assert display.ax_.get_xlim()[1] < 1.2e5
            assert display.ax_.get_ylim()[0] > -20
            assert "2 rows beyond" in legend_texts(display)
            right, bottom = (arrow.xy for arrow in display.arrows_)
            assert right == pytest.approx((display.ax_.get_xlim()[1], 40))
            assert bottom == pytest.approx((5e4, display.ax_.get_ylim()[0]))
            # They point outwards: their tails lie inside.
            assert display.arrows_[0].xyann[0] < 0
            assert display.arrows_[1].xyann[1] > 0

    def test_all_are_in_view_where_asked(self):
        X, y = income_and_age()
        X[0] = [1e6, 40]
        display = LabelledRowsDisplay(X, y).plot(Figure().subplots(), view="all")
        assert display.ax_.get_xlim()[1] > 1e6
        assert display.arrows_ == []
        model = KNeighborsDensity(5).fit(X, y)
        near = DensityDisplay.from_estimator(model, X, y, resolution=5)
        assert near.ax_.get_xlim()[1] < 1.2e5
        assert near.grid.aspect == near.ax_.get_aspect() == "auto"
        every = DensityDisplay.from_estimator(model, X, y, resolution=5, view="all")
        assert every.ax_.get_xlim()[1] > 1e6
        with pytest.raises(ValueError, match="view must be 'all' or 'most'"):
            LabelledRowsDisplay(X, y).plot(Figure().subplots(), view="some")

    @given(st.integers(0, 2**32 - 1), st.sampled_from(["normal", "uniform", "exponential"]))
    def test_no_row_of_an_ordinary_table_is_far(self, seed, kind):
        X = getattr(np.random.default_rng(seed), kind)(size=(300, 2)) * [1e5, 1e-3]
        assert rows_in_view(X).all()

    @pytest.mark.parametrize("scale", [1.0, 1e-9, 1e9, 1e300])
    def test_what_is_far_knows_no_units(self, scale):
        X = np.random.default_rng(0).normal(size=(200, 2))
        X[7] = [100, 0]
        expected = np.arange(200) != 7
        np.testing.assert_array_equal(rows_in_view(X * [scale, 1]), expected)

    def test_a_class_of_far_rows_stays_in_view_and_so_do_constant_columns_and_few_rows(self):
        X, y = income_and_age()
        X[0] = [1e6, 40]
        y[0] = "owner"
        assert rows_in_view(X, y).all()
        assert not rows_in_view(X).all()
        rare = np.column_stack([np.zeros(200), np.arange(200.0)])
        rare[3, 0] = 1
        assert rows_in_view(rare).all()
        assert rows_in_view(np.array([[0.0, 0], [1, 0], [1e6, 0]])).all()

    def test_many_rows_beyond_a_grid_are_counted_only(self):
        X, y = income_and_age()
        display = LabelledRowsDisplay(X, y)
        display.plot(Figure().subplots(), view=PlaneGrid((4.9e4, 5.1e4, 0, 100)))
        beyond = np.sum(np.abs(X[:, 0] - 5e4) > 1e3)
        assert f"{beyond} rows beyond" in legend_texts(display)
        assert display.arrows_ == []


class TestLegends:
    NAMES = (
        [str(c) for c in range(12)],
        [f"occupation group {c}" for c in range(12)],
        ["_hidden", "$x^", "a name that goes on and on and does not end for a long while", "b"],
        ["x" * 70, "y"],
    )

    @pytest.mark.parametrize("names", NAMES)
    @pytest.mark.parametrize(
        ("size", "layout", "units"),
        [  # any two of them together
            ((3.0, 3.4), "constrained", (1.0, 1.0)),
            ((3.0, 3.4), None, (1e4, 7.0)),
            ((9.0, 5.0), "constrained", (1e4, 7.0)),
            ((9.0, 5.0), None, (1.0, 1.0)),
        ],
    )
    def test_they_are_whole(self, names, size, layout, units):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(120, 2)) * units
        y = np.array(names)[np.arange(120) % len(names)]
        display = LabelledRowsDisplay(X, y, y_pred=np.roll(y, 1))
        figure = figure_of(size, layout)
        display.plot(figure.subplots(), title="Title")
        figure.canvas.draw()
        texts = [text.replace("\n", " ").replace("\\$", "$") for text in legend_texts(display)]
        shown = {text.replace(" ", "") for text in texts}
        assert {name.replace(" ", "") for name in names} < shown
        width, height = figure.bbox.size
        title = display.ax_.title.get_window_extent()
        axes = display.ax_.get_window_extent()
        for box in legend_boxes(display):
            assert box.x0 >= -1
            assert box.x1 <= width + 1
            assert axes.y1 - 1 <= box.y0
            assert box.y1 <= title.y0 + 3
        assert title.y1 <= height + 1
        assert axes.height > 0.25 * height

    def test_a_power_of_ten_above_the_axis_stands_free(self):
        X = np.random.default_rng(0).normal(size=(60, 2)) * [1, 1e9]
        display = LabelledRowsDisplay(X, np.arange(60) % 2)
        figure = figure_of((4, 4), "constrained")
        display.plot(figure.subplots())
        figure.canvas.draw()
        offset = display.ax_.yaxis.get_offset_text().get_window_extent()
        assert offset.height > 0
        assert not any(box.overlaps(offset) for box in legend_boxes(display))

    def test_columns_keep_the_order_of_the_classes_row_by_row(self):
        X = np.random.default_rng(0).normal(size=(60, 2))
        display = LabelledRowsDisplay(X, np.arange(60) % 12)
        figure = figure_of((3, 4), "constrained")
        display.plot(figure.subplots())
        figure.canvas.draw()
        texts = display.ax_.get_legend().get_texts()
        places = {int(t.get_text()): t.get_window_extent() for t in texts}
        order = sorted(places, key=lambda c: (-round(places[c].y0), places[c].x0))
        assert order == list(range(12))


class TestNamesAndNumbers:
    def test_dollar_signs_of_a_table_begin_no_formula(self):
        table = pd.DataFrame({"income ($ per $)": [0.0, 1.0], "_age": [1.0, 0.0]})
        figure = figure_of((4, 4), "constrained")
        display = LabelledRowsDisplay(table, ["$a_$", "b"]).plot(figure.subplots())
        figure.canvas.draw()
        assert display.ax_.get_xlabel() == r"income (\$ per \$)"
        assert display.ax_.get_ylabel() == "_age"

    SIZES = (3.0, 3.0), (4.0, 3.0), (10.0, 4.0)
    LAYOUTS = "constrained", None, "tight"
    RANGES = (1e4, 1.4e5), (738000, 738400), (-9e5, 2e5)

    @pytest.mark.parametrize("turn", range(3))
    @pytest.mark.parametrize("place", range(3))
    def test_numbers_do_not_touch_and_names_are_whole(self, place, turn):
        """Any two of a size, a layout and a range are met together."""
        size, layout = self.SIZES[place], self.LAYOUTS[turn]
        low, high = self.RANGES[(place + turn) % 3]
        rng = np.random.default_rng(0)
        X = np.column_stack([rng.uniform(low, high, 50), rng.uniform(18, 90, 50)])
        names = ("household income before taxes and transfers, in dollars a year", "age")
        figure = figure_of(size, layout)
        display = LabelledRowsDisplay(X, np.arange(50) % 2, feature_names=names)
        display.plot(figure.subplots())
        figure.canvas.draw()
        labels = display.ax_.get_xticklabels()
        boxes = [label.get_window_extent() for label in labels if label.get_text()]
        inside = [box for box in boxes if box.x1 > 0]
        assert len(inside) >= 1
        assert all(a.x1 < b.x0 for a, b in pairwise(inside))
        for label in (display.ax_.xaxis.label, display.ax_.yaxis.label):
            box = label.get_window_extent()
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= figure.bbox.width + 1
            assert box.y1 <= figure.bbox.height + 1

    def test_short_numbers_are_written_out(self):
        days = np.column_stack([np.linspace(738000, 738400, 20), np.arange(20.0)])
        figure = figure_of((6, 4), "constrained")
        display = LabelledRowsDisplay(days, np.arange(20) % 2).plot(figure.subplots())
        figure.canvas.draw()
        assert display.ax_.xaxis.get_offset_text().get_text() == ""
        assert "738200" in [label.get_text() for label in display.ax_.get_xticklabels()]


class TestLinearDisplays:
    def test_units_part_in_influence_and_tilt(self):
        X, _ = income_and_age()
        y = (X[:, 1] + X[:, 0] / 1e3 > 95).astype(int)
        model = LeastSquaresClassifier().fit(X, y)
        influence = InfluenceDisplay.from_estimator(model, X, y, ax=Figure().subplots())
        tilt = BoundaryTiltDisplay.from_estimators([model], X, y, ax=Figure().subplots())
        for display, line in ((influence, influence.line_), (tilt, tilt.lines_[0])):
            bottom, top = display.ax_.get_ylim()
            assert bottom > X[:, 1].min() - 10
            assert top < X[:, 1].max() + 10
            assert display.ax_.get_aspect() == "auto"
            ends = line.get_xydata()
            np.testing.assert_allclose(model.decision_function(ends), 0, atol=1e-12)
            frame = np.array([display.ax_.get_xlim(), display.ax_.get_ylim()])
            edge = np.abs(ends[:, :, None] - frame) / np.diff(frame)
            np.testing.assert_allclose(edge.min(axis=(1, 2)), 0, atol=1e-12)

    @pytest.mark.parametrize("view", ["all", "rows"])
    def test_numbers_of_rows_part_in_different_units(self, view):
        X, _ = income_and_age(60)
        y = (X[:, 1] > 45).astype(int)
        X[0], X[1] = [3e5, 30], [2.9e5, 31]
        with rc_context(style()):
            figure = figure_of((4, 4), "constrained")
            display = InfluenceDisplay.from_estimator(
                LeastSquaresClassifier().fit(X, y), X, y, top=4, view=view, ax=figure.subplots()
            )
            figure.canvas.draw()
        boxes = [super(type(n), n).get_window_extent() for n in display.numbers_]
        axes = display.ax_.get_window_extent()
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:i])
            assert axes.overlaps(box)
