"""Boundaries with all rows, and without each of the most influential."""

import io
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV
from trivium.displays import InfluenceDisplay
from trivium.displays.lines import class_borders
from trivium.displays.palette import INK, style
from trivium.sheet.outlier import Outlier

VIEW = (-1.0, 2.0, -3.0, 1.0)


@pytest.fixture(scope="module")
def two():
    return make_blobs(60, centers=[[0, 0], [2, 1]], random_state=1)


@pytest.fixture(scope="module")
def three():
    X, y = make_blobs(90, centers=[[0, 0], [3, 0], [1.5, 2.6]], random_state=2, cluster_std=0.9)
    return X, np.array(["ant", "bee", "cat"])[y]


@pytest.fixture(scope="module")
def sheet():
    return Outlier()


def draw(X, y, **options):
    return InfluenceDisplay.from_estimator(LeastSquaresClassifier().fit(X, y), X, y, **options)


def legend_texts(display):
    return [
        text.get_text() for legend in display.ax_.findobj(Legend) for text in legend.get_texts()
    ]


def borders(line):
    """Ends of each border of a drawn line, shape (n_borders, 2, 2)."""
    points = line.get_xydata()
    return np.stack([points[::3], points[1::3]], axis=1)


class TestTwoClasses:
    def test_lines_are_those_of_the_refits(self, two):
        X, y = two
        display = draw(X, y)
        model = LeastSquaresClassifier().fit(X, y)
        np.testing.assert_array_equal(display.rows, model.influence(X, y).table(3)["row"])
        np.testing.assert_allclose(
            model.decision_function(display.line_.get_xydata()), 0, atol=1e-12
        )
        assert len(display.loo_lines_) == 3
        for row, line in zip(display.rows, display.loo_lines_, strict=True):
            refit = LeastSquaresClassifier().fit(np.delete(X, row, axis=0), np.delete(y, row))
            values = refit.decision_function(line.get_xydata())
            np.testing.assert_allclose(values, 0, atol=1e-10)

    def test_rows_left_out_are_ringed_numbered_and_named(self, two):
        X, y = two
        display = draw(X, y, top=2, ax=Figure().subplots())
        cook = LeastSquaresClassifier().fit(X, y).influence(X, y).cooks_distance
        np.testing.assert_array_equal(display.rings_.get_offsets(), X[display.rows])
        assert [number.get_text() for number in display.numbers_] == [str(r) for r in display.rows]
        names = [f"without row {r} (Cook {cook[r]:.3g})" for r in display.rows]
        texts = legend_texts(display)
        assert set(texts) == {"0", "1", "with all rows", *names}
        for number, line, ring in zip(
            display.numbers_, display.loo_lines_, display.rings_.get_edgecolors(), strict=True
        ):
            assert to_rgb(number.get_color()) == to_rgb(line.get_color()) == to_rgb(ring)

    @pytest.mark.parametrize("weighted", [False, True])
    def test_weights_tables_and_penalties(self, two, weighted):
        X, y = two
        table = pd.DataFrame(X, columns=["width", "height"])
        weights = np.random.default_rng(0).integers(1, 5, len(y)) if weighted else None
        model = LeastSquaresClassifierCV(alphas=[0.1]).fit(table, y, sample_weight=weights)
        display = InfluenceDisplay.from_estimator(model, table, y, top=1, sample_weight=weights)
        kept = np.delete(np.arange(len(y)), display.rows)
        refit = LeastSquaresClassifier(alpha=model.alpha_).fit(
            X[kept], y[kept], None if weights is None else weights[kept]
        )
        values = refit.decision_function(display.loo_lines_[0].get_xydata())
        np.testing.assert_allclose(values, 0, atol=1e-10)
        assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("width", "height")

    @pytest.mark.parametrize("scale", [1, 2, 4, 8, 16])
    def test_the_sheets_outlier_and_both_lines_are_in_view(self, sheet, scale):
        X, y = sheet.rows(scale)
        display = draw(X, y, top=1)
        assert display.rows.tolist() == [len(X) - 1]
        (left, right), (bottom, top) = display.ax_.get_xlim(), display.ax_.get_ylim()
        low, high = (left, bottom), (right, top)
        assert (low < X[-1]).all()
        assert (high > X[-1]).all()
        for line in (display.line_, display.loo_lines_[0]):
            ends = line.get_xydata()
            # Long enough to be seen, within the view to rounding.
            assert np.linalg.norm(ends[1] - ends[0]) > 0.25 * (right - left)
            assert (ends > np.array(low) - 1e-9).all()
            assert (ends < np.array(high) + 1e-9).all()

    def test_a_view_of_the_other_rows_points_to_those_beyond(self, sheet):
        X, y = sheet.rows(16)
        display = draw(X, y, top=1, view="rows")
        assert display.ax_.get_ylim()[1] < 2
        (number,) = display.numbers_
        assert number.arrow_patch is not None
        extent = np.array([display.ax_.get_xlim(), display.ax_.get_ylim()])
        # At the edge, on the way from the centre to the row; the number stands before it.
        edge, ray = np.array(number.xy), X[-1] - extent.mean(axis=1)
        assert np.abs(edge[:, None] - extent).min() < 1e-12
        way = edge - extent.mean(axis=1)
        np.testing.assert_allclose(way / np.linalg.norm(way), ray / np.linalg.norm(ray))
        assert np.dot(number.xyann, ray) < 0
        display.figure_.savefig(io.BytesIO())

    def test_a_view_of_the_other_rows_where_there_are_none(self):
        X, y = [[0.0, 0.0], [1.0, 0.2], [0.1, 1.0], [2.0, 2.0]], [0, 0, 1, 1]
        display = draw(X, y, top=9, view="rows")
        assert sorted(display.rows) == [0, 1, 2, 3]
        assert all(number.arrow_patch is None for number in display.numbers_)

    def test_no_boundary_is_said(self):
        # Without either row one class is left, and its function is constant.
        display = draw([[0.0, 0.0], [1.0, 1.0]], [0, 1], top=5)
        assert display.line_ is not None
        assert display.loo_lines_ == [None, None]
        told = [text for text in legend_texts(display) if text.startswith("without")]
        # Nothing is left to tell Cook's distance from either.
        assert sorted(told) == [f"without row {row}: no boundary in view" for row in (0, 1)]
        display.figure_.savefig(io.BytesIO())

    def test_the_legend_names_the_first_few_only(self, two):
        display = draw(*two, top=8)
        texts = legend_texts(display)
        assert sum(text.startswith("without row") for text in texts) == 5
        assert "and 3 more" in texts
        assert len(display.loo_lines_) == len(display.numbers_) == 8
        display = draw(*two, top=8, legend=False, title="Rows")
        assert legend_texts(display) == []
        assert display.ax_.get_title() == "Rows"

    @pytest.mark.parametrize("color", [INK, "#e6e7ea"])
    def test_all_rows_are_ink_of_the_page(self, two, color):
        with rc_context(style(color)):
            display = draw(*two)
            display.figure_.savefig(io.BytesIO())
        assert to_rgb(display.line_.get_color()) == to_rgb(color)
        assert display.line_.get_linestyle() == "-"
        assert all(line.get_linestyle() == "--" for line in display.loo_lines_)
        above = [line.get_zorder() for line in (*display.loo_lines_, display.line_)]
        assert above == sorted(above, reverse=True)


class TestSeveralClasses:
    def test_borders_are_those_of_the_refits(self, three):
        X, y = three
        display = draw(X, y, top=2)
        for row, line in zip(
            [None, *display.rows], [display.line_, *display.loo_lines_], strict=True
        ):
            kept = np.ones(len(X), dtype=bool) if row is None else np.arange(len(X)) != row
            refit = LeastSquaresClassifier().fit(X[kept], y[kept])
            inner = borders(line).mean(axis=1)
            scores = np.sort(refit.decision_function(inner), axis=1)
            np.testing.assert_allclose(scores[:, -1], scores[:, -2], atol=1e-10)
            assert (scores[:, -2] > scores[:, -3]).all()
            assert len(inner) == 3

    @given(st.integers(0, 2**32 - 1), st.integers(2, 6))
    def test_borders_are_where_the_greatest_function_changes(self, seed, n_classes):
        rng = np.random.default_rng(seed)
        coef, intercept = rng.normal(size=(n_classes, 2)), 0.5 * rng.normal(size=n_classes)
        found = class_borders(coef, intercept, VIEW)
        if found is not None:
            along = found[::3] + np.linspace(0, 1, 9)[:, None, None] * (found[1::3] - found[::3])
            scores = np.sort(along @ coef.T + intercept, axis=-1)
            np.testing.assert_allclose(scores[..., -1], scores[..., -2], atol=1e-12)
        # Along a random path, the class changes just where the path crosses a border.
        path = rng.uniform((-1, -3), (2, 1), size=(12, 2))
        steps = np.linspace(0, 1, 400)[:, None]
        for start, end in pairwise(path):
            best = ((start + steps * (end - start)) @ coef.T + intercept).argmax(axis=1)
            crossed = (
                0
                if found is None
                else sum(
                    crosses(start, end, *border)
                    for border in np.stack([found[::3], found[1::3]], axis=1)
                )
            )
            # A visit of a class between two steps is two crossings, and so is missed.
            assert crossed >= np.count_nonzero(np.diff(best))
            assert best[0] == best[-1] or crossed

    def test_one_function_wins_everywhere_or_two_are_the_same(self):
        coef = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
        assert class_borders(coef, np.array([0.0, 5.0, 1.0]), VIEW) is None
        twins = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
        found = class_borders(twins, np.zeros(3), VIEW)
        np.testing.assert_array_equal(np.unique(found[~np.isnan(found[:, 0]), 0]), [0.0])

    def test_a_masked_class_has_no_border(self):
        # Middle one of three parallel functions, nowhere the greatest.
        coef = np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
        found = class_borders(coef, np.array([0.0, -0.2, 0.0]), VIEW)
        np.testing.assert_allclose(np.sort(found, axis=0), [[0.0, -3.0], [0.0, 1.0]], atol=1e-15)

    def test_classes_are_named_and_the_picture_drawn(self, three):
        display = draw(*three, title="Three")
        assert {"ant", "bee", "cat", "with all rows"} < set(legend_texts(display))
        display.figure_.savefig(io.BytesIO())


def crosses(a, b, c, d):
    """Whether the segments ab and cd cross."""

    def turn(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return turn(a, b, c) * turn(a, b, d) <= 0 and turn(c, d, a) * turn(c, d, b) <= 0


class TestNumbers:
    @pytest.mark.parametrize("size", [(4.0, 3.0), (8.0, 6.0)])
    @pytest.mark.parametrize("far", [[0.0, 0.0], [5.1, -3.9], [5.0, -4.0]])
    @pytest.mark.parametrize("view", ["all", "rows"])
    def test_they_part_where_rows_meet(self, two, size, far, view):
        X = np.vstack([two[0], [[5, -4], far]])
        y = np.append(two[1], [0, 0])
        with rc_context(style()):
            figure = Figure(figsize=size, layout="constrained")
            FigureCanvasAgg(figure)
            display = draw(X, y, top=3, view=view, ax=figure.subplots())
            figure.canvas.draw()
        # Of the text alone: an annotation's own extent takes in its arrow.
        boxes = [Text.get_window_extent(number) for number in display.numbers_]
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:i])

    @pytest.mark.parametrize("away", [(0, 1), (0, -1), (1, 0), (-1, 0)])
    def test_they_go_where_they_cover_nothing(self, away):
        # A row with others all round but on one side.
        angle = np.linspace(0, 2 * np.pi, 80)
        ring = np.column_stack([np.cos(angle), np.sin(angle)])
        ring = ring[ring @ away < 0.5] * np.linspace(0.3, 1, 8)[:, None, None]
        X = np.vstack([[[0.0, 0.0]], ring.reshape(-1, 2), [[-5.0, -5.0], [5.0, 5.0]]])
        display = InfluenceDisplay(
            [[0, 0]], [1], [[[0, 0]]], [[1]], [0], X, [1, *[0] * (len(X) - 1)]
        ).plot()
        (number,) = display.numbers_
        assert np.dot(number.xyann, away) > 0
        assert not number.get_text().strip("0")


GOOD = {
    "coef": [[1.0, 1.0]],
    "intercept": [0.0],
    "loo_coef": [[[1.0, 2.0]]],
    "loo_intercept": [[0.5]],
    "rows": [1],
    "X": [[0.0, 0.0], [1.0, 1.0], [0.2, 0.1]],
    "y": [1, -1, 1],
}


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "match"),
        [
            ({"coef": [1.0, 1.0]}, r"coef must have shape \(1, 2\), got \(2,\)"),
            ({"coef": np.ones((2, 2))}, r"coef must have shape \(1, 2\)"),
            ({"y": [0, 1, 2]}, r"coef must have shape \(3, 2\)"),
            ({"intercept": [0.0, 1.0]}, r"intercept must have shape \(1,\)"),
            ({"loo_coef": [[1.0, 1.0]]}, r"loo_coef must have shape \(1, 1, 2\)"),
            ({"loo_intercept": [0.5]}, r"loo_intercept must have shape \(1, 1\)"),
            ({"loo_coef": [[[np.nan, 1.0]]]}, "loo_coef must be finite"),
            ({"rows": [3]}, "row 3, but X has 3 rows"),
            ({"rows": [-1]}, "row -1, but X has 3 rows"),
            ({"rows": []}, "rows must be a list of row numbers"),
            ({"rows": [0.5]}, "rows must be a list of row numbers"),
            ({"rows": 1}, "rows must be a list of row numbers"),
            ({"cooks_distance": [1.0, 2.0]}, "cooks_distance must have 1 values"),
            ({"X": [[0.0]] * 3}, "X must have shape"),
        ],
    )
    def test_arrays(self, change, match):
        InfluenceDisplay(**GOOD)
        with pytest.raises(ValueError, match=match):
            InfluenceDisplay(**{**GOOD, **change})

    def test_view(self):
        with pytest.raises(ValueError, match="view='moon': expected one of 'all', 'rows'"):
            InfluenceDisplay(**GOOD).plot(view="moon")

    def test_estimators(self, two):
        X, y = two
        model = LeastSquaresClassifier().fit(X, y)
        with pytest.raises(ValueError, match=r"X must have shape \(n, 2\)"):
            InfluenceDisplay.from_estimator(model, np.hstack([X, X]), y)
        with pytest.raises(ValueError, match="top=0: expected an integer at least 1"):
            InfluenceDisplay.from_estimator(model, X, y, top=0)
        with pytest.raises(TypeError, match="top=1.5: expected an integer"):
            InfluenceDisplay.from_estimator(model, X, y, top=1.5)
        with pytest.raises(ValueError, match="not the rows"):
            InfluenceDisplay.from_estimator(model, X[1:], y[1:])
        with pytest.raises(NotFittedError):
            InfluenceDisplay.from_estimator(LeastSquaresClassifier(), X, y)
