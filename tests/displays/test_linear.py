"""Class weights as images, and boundaries turned by an outlier."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from trivium import LeastSquaresClassifier, SoftmaxRegression
from trivium.displays import BoundaryTiltDisplay, ClassWeightsDisplay
from trivium.displays.lines import clip_boundary

ROWS = np.array([[0.0, 0.0], [1.0, 1.0], [0.2, 0.1]])
LABELS = [1, -1, 1]


class TestClassWeights:
    def test_images_are_the_coefficients_on_one_scale_round_zero(self):
        coef = np.random.default_rng(0).normal(size=(10, 64))
        estimator = SimpleNamespace(coef_=coef, classes_=np.arange(10))
        display = ClassWeightsDisplay.from_estimator(estimator, image_shape=(8, 8), title="Weights")
        limit = np.abs(coef).max()
        for image, weights in zip(display.images_, coef, strict=True):
            np.testing.assert_array_equal(np.asarray(image.get_array()).ravel(), weights)
            assert image.get_clim() == (-limit, limit)
        assert [axes.get_title() for axes in display.axes_] == [str(i) for i in range(10)]
        display.figure_.savefig(io.BytesIO())

    def test_two_classes_that_share_a_row_are_named_by_the_second(self):
        estimator = SimpleNamespace(coef_=np.ones((1, 6)), classes_=np.array(["no", "yes"]))
        display = ClassWeightsDisplay.from_estimator(
            estimator, image_shape=(2, 3), ax=Figure().subplots()
        )
        assert [axes.get_title() for axes in display.axes_] == ["yes"]
        assert display.images_[0].get_array().shape == (2, 3)

    def test_zero_weights_are_drawn(self):
        display = ClassWeightsDisplay(np.zeros((2, 4)), image_shape=(2, 2)).plot()
        display.figure_.savefig(io.BytesIO())
        assert display.images_[0].get_clim() == (-1.0, 1.0)

    @pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
    @pytest.mark.parametrize("n_classes", [1, 2, 7])
    def test_names_and_scale_are_whole(self, scale, n_classes):
        rng = np.random.default_rng(0)
        names = [f"occupation group {c}" for c in range(n_classes)]
        display = ClassWeightsDisplay(
            scale * rng.normal(size=(n_classes, 64)), image_shape=(8, 8), classes=names
        )
        display.plot(title="Weights")
        figure = display.figure_
        FigureCanvasAgg(figure)
        figure.canvas.draw()
        label = display.colorbar_.ax.xaxis.label
        assert ("1e" in label.get_text()) == (scale != 1.0)
        assert not display.colorbar_.ax.xaxis.get_offset_text().get_visible()
        boxes = [axes.title.get_window_extent() for axes in display.axes_]
        for i, box in enumerate([label.get_window_extent(), *boxes]):
            assert box.x0 >= 0
            assert box.x1 <= figure.bbox.width
            assert not any(box.overlaps(other) for other in boxes[: i - 1] if i)
        shown = [axes.get_title().replace("\n", " ") for axes in display.axes_]
        assert shown == names

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_softmax_regression(self, n_classes):
        rng = np.random.default_rng(0)
        estimator = SoftmaxRegression().fit(rng.normal(size=(60, 4)), np.arange(60) % n_classes)
        display = ClassWeightsDisplay.from_estimator(estimator, image_shape=(2, 2))
        shown = [np.asarray(image.get_array()).ravel() for image in display.images_]
        np.testing.assert_array_equal(shown, estimator.coef_)

    @pytest.mark.parametrize(
        ("weights", "options", "match"),
        [
            (np.ones((2, 63)), {"image_shape": (8, 8)}, r"shape \(n_classes, 64\) for images"),
            (np.ones(64), {"image_shape": (8, 8)}, "weights must have shape"),
            (np.ones((0, 64)), {"image_shape": (8, 8)}, "weights must have shape"),
            (np.ones(64), {}, r"weights must have shape \(n_classes, n_columns\), got \(64,\)"),
            (np.full((1, 64), np.nan), {}, "weights must be finite"),
            (np.ones((2, 64)), {"classes": [0]}, "classes must name 2"),
            (np.ones((2, 3)), {"feature_names": ["a"]}, "feature_names must name 3 columns, got 1"),
        ],
    )
    def test_bad_input(self, weights, options, match):
        with pytest.raises(ValueError, match=match):
            ClassWeightsDisplay(weights, **options)

    def test_bad_columns(self):
        with pytest.raises(ValueError, match="n_columns"):
            ClassWeightsDisplay(np.ones((1, 64)), image_shape=(8, 8)).plot(n_columns=0)
        with pytest.raises(ValueError, match="top must be at least 1, got 0"):
            ClassWeightsDisplay(np.ones((1, 64))).plot(top=0)


class TestBoundaryTilt:
    def test_lines_satisfy_f_of_x_is_zero(self):
        rng = np.random.default_rng(0)
        coefs, intercepts = rng.normal(size=(6, 2)), rng.normal(size=6) * 0.1
        display = BoundaryTiltDisplay(coefs, intercepts, ROWS, LABELS).plot()
        drawn = 0
        for coef, intercept, line in zip(coefs, intercepts, display.lines_, strict=True):
            if line is not None:
                drawn += 1
                np.testing.assert_allclose(line.get_xydata() @ coef + intercept, 0, atol=1e-12)
        assert drawn >= 4
        colors = {tuple(line.get_color()) for line in display.lines_ if line is not None}
        assert len(colors) == drawn

    def test_vertical_horizontal_and_zero(self):
        coefs, intercepts = [[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [-1.0, -1.0, 1.0]
        display = BoundaryTiltDisplay(coefs, intercepts, ROWS, LABELS, labels=list("vhz")).plot()
        vertical, horizontal, none = display.lines_
        np.testing.assert_array_equal(vertical.get_xdata(), [0.5, 0.5])
        np.testing.assert_array_equal(horizontal.get_ydata(), [0.5, 0.5])
        assert none is None
        texts = [t.get_text() for legend in legends(display.ax_) for t in legend.get_texts()]
        assert "z (no boundary in view)" in texts
        display.figure_.savefig(io.BytesIO())

    def test_outliers_share_the_colour_of_their_fit_and_the_view_decides(self):
        outliers = [[np.nan, np.nan], [0.9, 1.0], [8.0, 14.0]]
        display = BoundaryTiltDisplay(
            [[1.0, 1.0]] * 3, [-1.0] * 3, ROWS, LABELS, outliers=outliers
        ).plot(Figure().subplots())
        none, near, far = display.outlier_points_
        assert none is None
        np.testing.assert_array_equal(np.asarray(far.get_offsets()), [[8.0, 14.0]])
        for point, line in zip((near, far), display.lines_[1:], strict=True):
            np.testing.assert_allclose(point.get_facecolor()[0], line.get_color())
        assert display.ax_.get_ylim()[1] > 14
        display.plot(Figure().subplots(), view="rows", legend=False)
        assert display.outlier_points_[2] is None
        assert display.ax_.get_ylim()[1] < 2

    def test_from_estimators(self):
        fits = [
            SimpleNamespace(
                coef_=np.array([[s, 1.0]]), intercept_=np.array([-1.0]), classes_=[-1, 1]
            )
            for s in (1.0, 2.0)
        ]
        display = BoundaryTiltDisplay.from_estimators(fits, ROWS, LABELS, labels=["a", "b"])
        np.testing.assert_array_equal(display.coefs, [[1.0, 1.0], [2.0, 1.0]])
        np.testing.assert_array_equal(display.classes, [-1, 1])

    def test_least_squares_decides_nothing_on_its_line(self):
        rng = np.random.default_rng(0)
        X = np.vstack([rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) + 2])
        y = np.repeat([1, -1], 50)
        outliers = np.array([[s, 1.75 * s] for s in (1.0, 8.0)])
        fits = [
            LeastSquaresClassifier().fit(np.vstack([X, row]), np.append(y, 1)) for row in outliers
        ]
        display = BoundaryTiltDisplay.from_estimators(fits, X, y, outliers=outliers)
        for fit, line in zip(fits, display.lines_, strict=True):
            np.testing.assert_allclose(fit.decision_function(line.get_xydata()), 0, atol=1e-9)

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            ({"coefs": [1.0, 2.0]}, "coefs must have shape"),
            ({"coefs": np.empty((0, 2))}, "coefs must have shape"),
            ({"coefs": [[np.inf, 1.0]]}, "must be finite"),
            ({"intercepts": [1.0, 2.0]}, "intercepts must have 1 values"),
            ({"labels": ["a", "b"]}, "labels must name 1"),
            ({"outliers": [[1.0]]}, "outliers must have shape"),
        ],
    )
    def test_bad_input(self, change, match):
        good = {"coefs": [[1.0, 1.0]], "intercepts": [0.0], "X": ROWS, "y": LABELS}
        with pytest.raises(ValueError, match=match):
            BoundaryTiltDisplay(**{**good, **change})

    def test_bad_view_and_estimators(self):
        with pytest.raises(ValueError, match="view must be"):
            BoundaryTiltDisplay([[1.0, 1.0]], [0.0], ROWS, LABELS).plot(view="moon")
        with pytest.raises(ValueError, match="at least one"):
            BoundaryTiltDisplay.from_estimators([], ROWS, LABELS)
        three = SimpleNamespace(coef_=np.ones((3, 2)), intercept_=np.ones(3), classes_=[0, 1, 2])
        with pytest.raises(ValueError, match="one row of coef_, for two classes, got 3"):
            BoundaryTiltDisplay.from_estimators([three], ROWS, LABELS)


def legends(axes):
    from matplotlib.legend import Legend

    return axes.findobj(Legend)


@pytest.mark.parametrize(
    ("coef", "intercept"), [([1.0, 0.0], -9.0), ([0.0, 1.0], 9.0), ([1e-300, 0.0], 1e300)]
)
def test_a_line_beside_the_rectangle_is_not_drawn(coef, intercept):
    assert clip_boundary(np.array(coef), intercept, (0.0, 1.0, 0.0, 1.0)) is None


@given(
    st.floats(-np.pi, np.pi),
    st.floats(-0.45, 0.45),
    st.tuples(*[st.sampled_from([1e-100, 1e-9, 1.0, 1e9, 1e100])] * 2),
    st.tuples(*[st.sampled_from([0.0, 3.0, -200.0])] * 2),
)
def test_units_and_places_of_the_rectangle_change_nothing(angle, offset, units, places):
    normal = np.array([np.cos(angle), np.sin(angle)])
    expected = clip_boundary(normal, -offset, (-1.0, 1.0, -1.0, 1.0))
    units, places = np.array(units), np.array(places)
    low, high = (places - 1) * units, (places + 1) * units
    coef = normal / units
    ends = clip_boundary(
        coef, -offset - coef @ (places * units), (low[0], high[0], low[1], high[1])
    )
    np.testing.assert_allclose(ends / units - places, expected, atol=1e-12)


# Rounded: next to the smallest float64 the check itself would lose its digits.
finite = st.floats(-10, 10).map(lambda value: round(value, 6))


@given(finite, finite, finite)
def test_clipped_ends_lie_on_the_line_and_on_the_rectangles_edge(a, b, intercept):
    extent = (-1.0, 2.0, -3.0, 1.0)
    ends = clip_boundary(np.array([a, b]), intercept, extent)
    corners = np.array([[x, y] for x in extent[:2] for y in extent[2:]])
    values = corners @ [a, b] + intercept
    if ends is None:
        # No line, or one that does not part the corners by more than rounding.
        assert not (a or b) or min(values.max(), -values.min()) <= 1e-9 * max(abs(a), abs(b), 1)
        return
    unit = np.hypot(a, b)
    np.testing.assert_allclose((ends @ [a, b] + intercept) / unit, 0, atol=1e-9)
    edges = np.abs(ends[:, [0, 0, 1, 1]] - extent).min(axis=1)
    np.testing.assert_allclose(edges, 0, atol=1e-9)


def test_a_fit_without_an_outlier_is_dashed_ink_and_the_others_are_a_sequence():
    coefs, outliers = np.ones((3, 2)), np.array([[np.nan, np.nan], [0.0, 1.0], [1.0, 0.0]])
    display = BoundaryTiltDisplay(
        coefs, [-1.0, -0.9, -0.8], [[0, 0], [1, 1]], [0, 1], outliers=outliers
    ).plot()
    baseline, *others = display.lines_
    assert baseline.get_linestyle() == "--"
    assert [line.get_linestyle() for line in others] == ["-", "-"]
    assert baseline.get_color() == rcParams["text.color"]
    assert all(to_rgba(line.get_color()) != to_rgba(baseline.get_color()) for line in others)
    assert baseline.get_zorder() > others[0].get_zorder()
