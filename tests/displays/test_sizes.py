"""Sizes, titles, pages: what makes pictures legible wherever they are shown."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_moons

from trivium import KNeighborsClassifier, KNeighborsDensity, LeastSquaresClassifier
from trivium.displays import (
    BoundaryTiltDisplay,
    ClassRegionsDisplay,
    ClassWeightsDisplay,
    DensityDisplay,
    InfluenceDisplay,
    LabelledRowsDisplay,
    NeighborsSweepDisplay,
    TrainingCurvesDisplay,
)
from trivium.displays.palette import CLASS_COLORS, DARK_PAGE, notebook_style, style

X, Y = make_moons(80, noise=0.2, random_state=0)
NAMES = np.array(["repaid in full", "repaid late or never"])[Y]


def drawn(ax=None):
    """Draw every display that has a legend."""
    linear = LeastSquaresClassifier().fit(X, NAMES)
    neighbors = KNeighborsClassifier(5).fit(X, NAMES)
    yield lambda ax: LabelledRowsDisplay.from_estimator(neighbors, X, NAMES, ax=ax)
    yield lambda ax: ClassRegionsDisplay.from_estimator(neighbors, X, NAMES, resolution=9, ax=ax)
    yield lambda ax: BoundaryTiltDisplay.from_estimators([linear] * 3, X, NAMES, ax=ax)
    yield lambda ax: BoundaryTiltDisplay.from_drag(linear, X, NAMES, [[2, 5], [2, 9]], ax=ax)
    yield lambda ax: InfluenceDisplay.from_estimator(linear, X, NAMES, ax=ax)
    yield lambda ax: ClassWeightsDisplay.from_estimator(linear, ax=ax)
    yield lambda ax: NeighborsSweepDisplay(
        [1, 2, 4], {"accuracy": [0.9, 0.8, 0.9]}, train_scores={"accuracy": [1, 0.9, 0.8]}
    ).plot(ax)


def require_legible(display):
    """Legends, title and names overlap nothing above the axes and keep to the figure."""
    figure = display.figure_
    figure.draw_without_rendering()
    renderer = figure._get_renderer()
    axes = display.ax_
    legends = [each for each in axes.findobj(mpl.legend.Legend) if each.axes is axes]
    boxes = [legend.get_window_extent(renderer) for legend in legends]
    title = axes._left_title if axes._left_title.get_text() else axes.title
    boxes.append(title.get_window_extent(renderer))
    assert title.get_text() == "A title, set afterwards"
    for i, box in enumerate(boxes):
        assert box.y0 >= axes.get_window_extent().y1 - 1
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1
        assert not any(box.overlaps(other) for other in boxes[:i])
    for label in filter(lambda label: label.get_text(), (axes.xaxis.label, axes.yaxis.label)):
        box = label.get_window_extent(renderer)
        assert min(box.x0, box.y0) >= -1


@pytest.mark.parametrize(
    ("made_by", "rc"),
    [
        ("display", style()),
        ("display", notebook_style()),
        ("subplots", {}),
        ("subplots", notebook_style()),
        ("constrained", {}),
        ("constrained", style()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_title_set_afterwards_meets_no_legend(made_by, rc):
    for draw in drawn():
        with mpl.rc_context(rc):
            ax = None
            if made_by != "display":
                layout = "constrained" if made_by == "constrained" else "none"
                ax = plt.figure(layout=layout).subplots()
            display = draw(ax)
            display.ax_.set_title("A title, set afterwards")
            require_legible(display)
            plt.close("all")


def test_pictures_are_as_wide_as_a_notebook_s_others():
    for draw in drawn():
        assert 3.9 <= draw(None).figure_.get_size_inches()[0] <= 6.4
        with mpl.rc_context(style()):
            assert draw(None).figure_.get_size_inches()[0] <= 3.7
    curves = TrainingCurvesDisplay([1.0, 0.5], [0.1, 0.9]).plot()
    assert curves.figure_.get_size_inches()[0] > 8
    model = KNeighborsDensity(5).fit(*make_blobs(50, 2, centers=7, random_state=0))
    fields = DensityDisplay.from_estimator(model, X, resolution=5)
    width, height = fields.figure_.get_size_inches()
    assert len(fields.axes_) == 8
    assert 8 < width < 11
    assert height > 6


def test_a_plane_is_no_higher_than_a_screen_is():
    tower = [[0.0, 0.0], [1.0, 2.9]]
    width, height = LabelledRowsDisplay(tower, [0, 1]).plot().figure_.get_size_inches()
    assert height <= 1.5 * width
    assert height < 6.5


def luminance(color):
    channels = np.array(mpl.colors.to_rgb(color))
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_a_notebook_s_page_and_ink_part(dark):
    rc = notebook_style(dark=dark)
    page = rc["figure.facecolor"]
    assert (page == DARK_PAGE) == dark
    for name, value in rc.items():
        if name.endswith(("color", "edgecolor")) and "facecolor" not in name and value != "none":
            assert contrast(value, page) > 12, name
    assert min(contrast(color, page) for color in CLASS_COLORS) > 2.9
    with mpl.rc_context(rc):
        for draw in drawn():
            display = draw(None)
            lines = [line for line in display.ax_.get_lines() if len(line.get_xdata())]
            assert all(contrast(line.get_color(), page) > 1.6 for line in lines)
            plt.close("all")


class TestManyRows:
    def test_a_part_is_drawn_and_said_to_be(self):
        rng = np.random.default_rng(0)
        rows, labels = rng.normal(size=(30_000, 2)), np.arange(30_000) % 300 == 0
        display = LabelledRowsDisplay(rows, labels, y_pred=~labels).plot()
        counts = [len(points.get_offsets()) for points in display.points_]
        assert abs(sum(counts) - 5000) < 100
        assert counts[1] == 100
        assert len(display.rings_.get_offsets()) == sum(counts)
        (legend,) = display.ax_.findobj(mpl.legend.Legend)
        names = [text.get_text() for text in legend.get_texts()]
        assert "30,000 wrong" in names
        assert f"{sum(counts):,} of 30,000 rows drawn" in names
        again = LabelledRowsDisplay(rows, labels).plot()
        np.testing.assert_array_equal(
            display.points_[0].get_offsets(), again.points_[0].get_offsets()
        )

    def test_lines_over_a_part_of_the_rows_say_so_too(self):
        rng = np.random.default_rng(0)
        rows, labels = rng.normal(size=(6000, 2)), np.arange(6000) % 2
        model = LeastSquaresClassifier().fit(rows, labels)
        for draw in (
            lambda **options: InfluenceDisplay.from_estimator(model, rows, labels, **options),
            lambda **options: BoundaryTiltDisplay.from_drag(
                model, rows, labels, [[1.0, 9.0]], **options
            ),
        ):
            for most, said in ((5000, True), (None, False)):
                legends = draw(max_rows=most).ax_.findobj(mpl.legend.Legend)
                names = [text.get_text() for each in legends for text in each.get_texts()]
                assert ("5,000 of 6,000 rows drawn" in names) == said

    def test_all_on_request(self):
        rows = np.random.default_rng(0).normal(size=(6000, 2))
        display = LabelledRowsDisplay(rows, np.zeros(6000)).plot(max_rows=None)
        assert len(display.points_[0].get_offsets()) == 6000
