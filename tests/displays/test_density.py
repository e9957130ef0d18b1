import io
import warnings
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

from trivium import KNeighborsClassifier, KNeighborsDensity
from trivium.displays import DensityDisplay, PlaneGrid, palette
from trivium.displays._fields import color_range, density_ticks

GRID = PlaneGrid((0.0, 1.0, 0.0, 1.0), (3, 4))


def draw(log_density, class_log_density=None, **options):
    log_density = np.asarray(log_density, dtype=float)
    if class_log_density is None:
        class_log_density = np.column_stack([log_density, log_density])
    display = DensityDisplay(log_density, class_log_density, GRID, classes=["a", "b"], **options)
    return display.plot(Figure().subplots(1, 3))


def test_each_panel_shows_its_own_field_on_its_own_scale():
    rng = np.random.default_rng(0)
    log_p, log_pc = rng.normal(size=12), rng.normal(size=(12, 2)) * [5, 50]
    display = draw(log_p, log_pc)
    scales = set()
    for image, field in zip(display.images_, [log_p, *log_pc.T], strict=True):
        low, high = color_range(field)
        assert image.get_clim() == (low, high)
        expected = np.clip(field, low, high).reshape(GRID.shape)
        np.testing.assert_allclose(np.asarray(image.get_array()), expected)
        scales.add((low, high))
    assert len(scales) == 3
    assert [axes.get_title() for axes in display.axes_] == ["p(x)", "p(x | a)", "p(x | b)"]


@pytest.mark.parametrize("fill", [np.inf, -np.inf, 0.0])
def test_fields_without_spread_are_drawn(fill):
    display = draw(np.full(12, fill))
    display.figure_.savefig(io.BytesIO(), format="svg")
    assert np.isfinite(np.asarray(display.images_[0].get_array())).all()


def test_infinities_take_the_end_colours_and_do_not_stretch_the_scale():
    finite = np.linspace(-3, 3, 10)
    with_ends = draw([*finite, np.inf, -np.inf])
    image = with_ends.images_[0]
    assert image.get_clim() == color_range(finite)
    np.testing.assert_array_equal(
        np.asarray(image.get_array()).ravel()[-2:], image.get_clim()[::-1]
    )


def test_rows_of_each_class_stand_in_their_panel():
    rows, labels = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.9]], ["a", "a", "b"]
    display = draw(np.arange(12), X=rows, y=labels)
    counts = [len(axes.collections[0].get_offsets()) for axes in display.axes_]
    assert counts == [3, 2, 1]


def test_from_estimator_draws_what_the_estimator_says():
    X, y = make_moons(120, noise=0.2, random_state=0)
    # Grid points that are rows put an infinite density on the field.
    X = np.vstack([X, np.repeat(PlaneGrid.around(X, resolution=8).points[:1], 9, axis=0)])
    y = np.append(y, np.zeros(9, dtype=int))
    grid = PlaneGrid.around(X[:120], resolution=8)
    estimator = KNeighborsDensity(5).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = estimator.score_samples(grid.points)
        display = DensityDisplay.from_estimator(estimator, X, y, grid=grid, title="k = 5")
    np.testing.assert_array_equal(display.log_density, expected)
    assert np.isposinf(expected[0])
    assert display.ax_.get_title() == "k = 5: p(x)"
    display.figure_.savefig(io.BytesIO())


def test_from_estimator_lays_its_own_grid_and_needs_no_labels():
    X, y = make_moons(60, noise=0.2, random_state=0)
    display = DensityDisplay.from_estimator(KNeighborsDensity(5).fit(X, y), X, resolution=7)
    assert display.images_[0].get_array().shape == (7, 7)
    # Rows whose classes are not known stand in p(x) alone.
    assert [len(axes.collections) for axes in display.axes_] == [1, 0, 0]


def test_rows_without_labels_have_one_density():
    X, _ = make_moons(60, noise=0.2, random_state=0)
    model = KNeighborsDensity(5).fit(X)
    display = DensityDisplay.from_estimator(model, X, resolution=7)
    assert [axes.get_title() for axes in display.axes_] == ["p(x)"]
    np.testing.assert_array_equal(display.log_density, model.score_samples(display.grid.points))


def test_panels_by_choice_are_the_estimators_own_answers():
    X, y = make_moons(60, noise=0.2, random_state=0)
    names = np.array(["ill", "well"])[y]
    model = KNeighborsDensity(5).fit(X, names)
    display = DensityDisplay.from_estimator(
        model, X, names, panels=["p(c|x)", "p(x)"], only=["well"], resolution=7
    )
    assert [axes.get_title() for axes in display.axes_] == ["p(well | x)", "p(x)"]
    points = display.grid.points
    shown = np.ma.filled(display.images_[0].get_array(), 0.0).ravel()
    np.testing.assert_allclose(shown, model.predict_proba(points)[:, 1])
    # Any classifier has p(c|x), and nothing else.
    peer = KNeighborsClassifier(5).fit(X, names)
    display = DensityDisplay.from_estimator(peer, X, names, panels=["p(c|x)"], resolution=7)
    assert display.kinds == ["p(c|x)"]
    with pytest.raises(ValueError, match="KNeighborsClassifier has no score_samples"):
        DensityDisplay.from_estimator(peer, X, names, panels=["p(x)"], resolution=7)


def test_panels_share_one_scale_on_request():
    rng = np.random.default_rng(0)
    display = DensityDisplay(
        rng.normal(size=12), rng.normal(size=(12, 2)) * [5, 50], GRID, classes=["a", "b"]
    )
    drawn = display.plot(Figure().subplots(1, 3), common_scale=True)
    assert len({image.get_clim() for image in drawn.images_}) == 1


def test_exact_zero_has_a_colour_of_its_own():
    logs = np.array([-np.inf, *np.linspace(-9, 0, 11)])
    shares = np.column_stack([np.exp(logs), 1 - np.exp(logs)])
    display = DensityDisplay(logs, None, GRID, class_probability=shares, classes=["a", "b"])
    display.plot(Figure().subplots(1, 3))
    colors = []
    for image in display.images_:
        cells = image.to_rgba(image.get_array()).reshape(-1, 4)
        colors.append({tuple(np.round(cell, 6)) for cell in cells[1:]})
    grey = tuple(np.round([*to_rgb(palette.ZERO), 1.0], 6))
    first = [
        tuple(np.round(image.to_rgba(image.get_array()).reshape(-1, 4)[0], 6))
        for image in display.images_
    ]
    assert first[:2] == [grey, grey]
    assert first[2] != grey
    assert grey not in colors[0] | colors[1]
    labels = [
        [text.get_text() for text in child.get_yticklabels()]
        for child in display.axes_[0].child_axes
    ]
    assert ["0"] in labels


def test_a_single_axes_is_divided_and_columns_wrap():
    field = np.arange(12.0)
    display = DensityDisplay(field, field[:, None], GRID, classes=[0])
    figure = Figure(layout="constrained")
    display.plot(figure.subplots(), n_columns=1)
    assert len(display.axes_) == 2
    assert display.axes_[0].get_position().y0 > display.axes_[1].get_position().y1


def test_units_part_and_long_names_keep_to_their_panels():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2)) * [3e4, 9] + [6e4, 45]
    y = np.array([f"a class with a long name $ {c} $" for c in "abc"])[np.arange(60) % 3]
    display = DensityDisplay.from_estimator(
        KNeighborsDensity(5).fit(X, y), X, y, resolution=9, n_columns=4
    )
    display.figure_.savefig(io.BytesIO())
    boxes = [axes.title.get_window_extent() for axes in display.axes_]
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
    for axes, image in zip(display.axes_, display.images_, strict=True):
        assert axes.get_aspect() == "auto"
        assert axes.get_ylim() == pytest.approx(image.get_extent()[2:])
        assert axes.get_ylim()[1] < X[:, 1].max() + 10


@pytest.mark.parametrize("low", [-700.0, -10.0, -1.0, 0.0, 5.0])
@pytest.mark.parametrize("width", [1e-3, 0.7, 3.0, 12.0, 300.0])
def test_ticks_lie_on_the_scale_and_are_few(low, width):
    ticks = density_ticks(low, low + width)
    assert len(ticks) <= 6
    assert all(low - 1e-9 <= np.log(tick) <= low + width + 1e-9 for tick in ticks)
    if width >= 3.0:
        assert len(ticks) >= 2


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"log_density": np.zeros(5)}, "log_density must have shape"),
        ({"class_log_density": np.zeros((12, 3))}, "class_log_density must have shape"),
        ({"log_density": np.full(12, np.nan)}, "log_density holds NaN"),
        ({"classes": [1, 1]}, "classes must be"),
        ({"y": [0]}, "y must not be given without X"),
        ({"X": [[0, 0]], "y": [7]}, "y holds 7"),
        ({"classes": None}, "classes must name the columns"),
        ({"class_probability": np.full((12, 2), 1.5)}, "class_probability must lie between 0"),
        ({"log_density": None, "class_log_density": None}, "must be given"),
    ],
)
def test_bad_input(change, match):
    good = {
        "log_density": np.zeros(12),
        "class_log_density": np.zeros((12, 2)),
        "grid": GRID,
        "classes": [0, 1],
    }
    with pytest.raises(ValueError, match=match):
        DensityDisplay(**{**good, **change})


def test_of_many_rows_a_part_is_drawn_and_said_to_be():
    rng = np.random.default_rng(0)
    X, y = (
        rng.normal(size=(8000, 2)),
        np.array(["a", "b"])[(np.arange(8000) % 100 == 0).astype(int)],
    )
    grid = PlaneGrid.around(X, resolution=4)
    display = DensityDisplay(np.zeros(16), np.zeros((16, 2)), grid, classes=["a", "b"], X=X, y=y)
    display.plot(Figure().subplots(1, 3))
    counts = [len(axes.collections[0].get_offsets()) for axes in display.axes_]
    assert counts[0] == counts[1] + counts[2]
    assert counts[2] == 80
    assert f"{counts[0]:,} of 8,000 rows drawn" in display.ax_.get_xlabel().replace("\n", " ")


def test_bad_panels():
    display = DensityDisplay(np.zeros(12), np.zeros((12, 2)), GRID, classes=[0, 1])
    with pytest.raises(ValueError, match="panels must be of .* got 'p'"):
        display.plot(panels=["p"])
    with pytest.raises(ValueError, match=r"has no field 'p\(c\|x\)'"):
        display.plot(panels=["p(c|x)"])
    with pytest.raises(ValueError, match="only holds 7"):
        display.plot(only=[7])
    with pytest.raises(ValueError, match="leave no panel"):
        display.plot(panels=[])


def test_bad_axes():
    display = DensityDisplay(np.zeros(12), np.zeros((12, 2)), GRID, classes=[0, 1])
    with pytest.raises(ValueError, match="n_columns must be at least 1"):
        display.plot(n_columns=0)
    with pytest.raises(ValueError, match="3 axes, got 2"):
        display.plot(Figure().subplots(1, 2))
    with pytest.raises(ValueError, match="3 axes, got 1"):
        display.plot(Figure().add_axes((0, 0, 1, 1)))
