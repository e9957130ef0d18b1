"""Boundaries of class regions lie where the classifiers' own predictions change."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import rc_context
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.displays import ClassRegionsDisplay, PlaneGrid, palette
from trivium.displays._boundaries import cell_labels
from trivium.displays.lines import class_borders

PIXELS = 500  # a side: a picture of 2.5 inches at 200 dots an inch


def lines(points):
    """Split at the rows of NaN."""
    gaps = np.flatnonzero(np.isnan(points[:, 0]))
    return [part[~np.isnan(part[:, 0])] for part in np.split(points, gaps)]


def pixels(points, grid):
    left, right, bottom, top = grid.extent
    return (points - [left, bottom]) / [right - left, top - bottom] * PIXELS


def along(points, n=5):
    """Points along every piece of the lines."""
    steps = np.linspace(0, 1, n)[:, None, None]
    return np.concatenate(
        [(p[:-1] + steps * (p[1:] - p[:-1])).reshape(-1, 2) for p in lines(points)]
    )


def income_and_age(n_classes, n=240, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n)
    income = np.exp(rng.normal(10.4 + 0.5 * y, 0.3))
    age = np.clip(rng.normal(32 + 11 * y, 8), 18, 90)
    return np.column_stack([income, age]), np.array(["a", "b", "c", "d"])[y]


UNITS = [(1.0, 1.0), (1e5, 40.0), (1e-9, 1e9), (3.0, 1e6)]


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.filterwarnings("ignore:.*predicted for no training row")
def test_a_linear_classifiers_boundary_is_the_analytic_line(n_classes, units):
    """Each of two models comes with each number of classes, and with all units."""
    model = (LeastSquaresClassifier, SoftmaxRegression)[(n_classes + UNITS.index(units)) % 2]
    rng = np.random.default_rng(n_classes)
    centres = 2.2 * np.array([[0, 0], [1, 0.3], [0.2, 1], [1.2, 1.3]])[:n_classes]
    y = rng.integers(n_classes, size=200)
    X = (centres[y] + rng.normal(size=(200, 2))) * units
    estimator = model(alpha=1e-9).fit(X, y)
    display = ClassRegionsDisplay.from_estimator(estimator, X, y, ax=Figure().subplots())
    drawn = pixels(display.boundary_.get_xydata(), display.grid)
    truth = class_borders(estimator.coef_, estimator.intercept_, display.grid.extent)
    exact = pixels(truth, display.grid)
    # Both ways: what is drawn lies on a border, and all of every border is drawn.
    assert distance(along(drawn), exact).max() < 0.5
    assert distance(along(exact, 400), drawn).max() < 0.5
    # Away from where three regions meet, straight to a hundredth of a pixel or so.
    assert np.quantile(distance(along(drawn), exact), 0.95) < 0.02


def distance(points, polylines):
    """Distance of each point from the nearest piece of the lines."""
    starts = np.concatenate([p[:-1] for p in lines(polylines)])
    ways = np.concatenate([np.diff(p, axis=0) for p in lines(polylines)])
    nearest = np.full(len(points), np.inf)
    for start, way in zip(starts, ways, strict=True):
        t = np.clip((points - start) @ way / max(way @ way, 1e-300), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(start + t[:, None] * way - points, axis=1))
    return nearest


@pytest.mark.parametrize("units", UNITS)
def test_one_nearest_neighbours_boundary_is_where_two_classes_are_as_near(units):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(40, 2)) * units
    y = rng.integers(3, size=40)
    estimator = KNeighborsClassifier(1).fit(X, y)
    display = ClassRegionsDisplay.from_estimator(estimator, X, y, ax=Figure().subplots())
    size = np.reshape(display.grid.extent, (2, 2)) @ [-1, 1]
    queries = along(display.boundary_.get_xydata(), 2)[::3]
    # In the model's own distances, which are those of the raw units.
    far = np.sqrt((((queries[:, None] - X) / max(units)) ** 2).sum(axis=2))
    least = np.stack([far[:, y == c].min(axis=1) for c in range(3)], axis=1)
    first, second = np.sort(least, axis=1)[:, :2].T
    # A pixel further, the distances differ by a pixel at most.
    pixel = np.max(size / max(units)) / PIXELS
    assert (second - first).max() < pixel
    # And the boundary is complete: a random path changes class just where it crosses.
    labels = estimator.predict(display.grid.points).reshape(display.grid.shape)
    assert np.mean(labels == display.labels.reshape(display.grid.shape)) > 0.9999


@pytest.mark.parametrize("model", [KNeighborsClassifier(9), SoftmaxRegression(alpha=1e-3)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_income_and_age_are_drawn_in_their_own_units(model, n_classes):
    X, y = income_and_age(n_classes)
    X[0] = [1e6, 40]
    table = pd.DataFrame(X, columns=["income", "age"])
    display = ClassRegionsDisplay.from_estimator(
        model.fit(table, y), table, y, view="all", ax=Figure().subplots()
    )
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.06 * (high - low)
    ax = display.ax_
    np.testing.assert_allclose(ax.get_xlim(), (low[0] - margin[0], high[0] + margin[0]))
    np.testing.assert_allclose(ax.get_ylim(), (low[1] - margin[1], high[1] + margin[1]))
    assert ax.get_aspect() == "auto"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("income", "age")
    # On either side of every piece, a tenth of a cell away, the predictions differ.
    points = along(display.boundary_.get_xydata(), 2)
    step = (high - low + 2 * margin) / display.grid.shape[::-1] / 10
    around = [points + step * way for way in ([1, 0], [-1, 0], [0, 1], [0, -1])]
    inside = [np.clip(p, low - margin, high + margin) for p in around]
    seen = np.stack([model.predict(pd.DataFrame(p, columns=table.columns)) for p in inside])
    assert np.mean((seen != seen[0]).any(axis=0)) > 0.99


def half_plane(normal, offset):
    return lambda points: (points @ np.asarray(normal) > offset).astype(int)


@given(st.floats(0, 2 * np.pi), st.floats(-1.3, 1.3), st.integers(300, 330), st.integers(300, 330))
def test_a_fine_grid_misses_no_half_plane(angle, offset, up, across):
    grid = PlaneGrid((-1.0, 1.0, -1.0, 1.0), (up, across))
    ask = half_plane([np.cos(angle), np.sin(angle)], offset)
    np.testing.assert_array_equal(cell_labels(ask, grid), ask(grid.points))


def test_a_fine_grid_asks_at_each_place_once_and_few():
    grid, asked = PlaneGrid((-1.0, 1.0, -1.0, 1.0), (600, 600)), []

    def ask(points):
        asked.append(points)
        return half_plane([1.0, 0.4], 0.1)(points)

    cell_labels(ask, grid)
    points = np.concatenate(asked)
    assert len(np.unique(points, axis=0)) == len(points) < 75_000


@given(st.floats(0, np.pi), st.floats(-0.8, 0.8), st.floats(1.5, 6.0), st.booleans())
def test_a_fine_grid_misses_no_strip(angle, offset, width, upright):
    normal = np.array([1.0, 0.0] if upright else [np.cos(angle), np.sin(angle)])
    grid = PlaneGrid((-1.0, 1.0, -1.0, 1.0), (300, 330))

    def ask(points):
        return (np.abs(points @ normal - offset) < width / 300).astype(int)

    missed = ask(grid.points) != cell_labels(ask, grid)
    # A corner of the picture may cut a short one off, between two rows that are asked.
    assert missed.sum() < 60
    assert not upright or not missed.any()


def test_names_are_kept_whole_however_the_answers_come():
    def ask(points):
        return np.array(["in" if inside else "outside" for inside in points[:, 0] < 0.9975])

    grid = PlaneGrid((-1.0, 1.0, -1.0, 1.0), (600, 600))
    labels = cell_labels(ask, grid)
    np.testing.assert_array_equal(labels, ask(grid.points))
    assert set(labels) == {"in", "outside"}
    lone = PlaneGrid((0.0, 1.0, 0.0, 1.0), (2, 2))
    found = lone.boundaries(["in"] * 4, ask)
    np.testing.assert_allclose(found[:, 0], 0.9975, atol=0.01)


@given(st.floats(0, np.pi), st.floats(-0.9, 0.9), st.integers(2, 40))
def test_a_coarse_grid_has_the_exact_line_too(angle, offset, resolution):
    normal = np.array([np.cos(angle), np.sin(angle)])
    grid = PlaneGrid((-1.0, 1.0, -1.0, 1.0), (resolution, resolution))
    ask = half_plane(normal, offset)
    found = grid.boundaries(ask(grid.points), ask)
    if len(found):
        assert np.nanmax(np.abs(found @ normal - offset)) < 2 / resolution / 60
    midway = grid.boundaries(ask(grid.points))
    if len(midway):
        assert np.nanmax(np.abs(midway @ normal - offset)) < 1.5 * 2 / resolution


def test_lines_end_at_the_frame():
    grid = PlaneGrid((0.0, 4.0, 0.0, 1.0), (5, 8))
    ask = half_plane([1.0, 0.0], 1.7)
    for found in (grid.boundaries(ask(grid.points)), grid.boundaries(ask(grid.points), ask)):
        assert found[:, 1].min() == 0.0
        assert found[:, 1].max() == 1.0
        assert not np.isnan(found).any()
    np.testing.assert_allclose(found[:, 0], 1.7, atol=0.5 / 100)


def test_an_island_is_a_closed_line_and_three_classes_meet_in_a_point():
    grid = PlaneGrid((-1.0, 1.0, -1.0, 1.0), (40, 40))

    def disc(points):
        return (np.hypot(*points.T) < 0.5).astype(int)

    for found in (grid.boundaries(disc(grid.points)), grid.boundaries(disc(grid.points), disc)):
        (line,) = lines(found)
        np.testing.assert_array_equal(line[0], line[-1])
        np.testing.assert_allclose(np.hypot(*line.T), 0.5, atol=0.05)

    def thirds(points):
        return np.array(["a", "b", "c"])[((np.arctan2(*points.T) + np.pi) // 2.1).astype(int)]

    found = grid.boundaries(thirds(grid.points), thirds)
    middle = np.hypot(*found.T)
    assert np.nanmin(middle) < 0.05
    assert sum(len(line) for line in lines(found)) < len(found) + 3


def test_no_boundary_where_one_class_wins_everywhere():
    grid = PlaneGrid((0, 1, 0, 1), (3, 3))
    assert grid.boundaries(np.zeros(9)).shape == (0, 2)
    display = ClassRegionsDisplay(np.zeros(9, dtype=int), grid, classes=[0, 1])
    assert display.plot(Figure().subplots()).boundary_ is None
    with pytest.raises(ValueError, match=r"labels must have shape \(9,\)"):
        grid.boundaries([0])


@pytest.mark.parametrize("color", [palette.INK, "#e6e7ea"])
def test_boundaries_are_ink_beneath_the_rows(color):
    grid = PlaneGrid((0, 4, 0, 1), (1, 4))
    with rc_context(palette.style(color)):
        display = ClassRegionsDisplay([0, 0, 1, 1], grid, X=[[1, 0.5]], y=[0])
        display.plot(Figure().subplots(), region_alpha=0.25)
        display.figure_.savefig(io.BytesIO())
    assert to_rgb(display.boundary_.get_color()) == to_rgb(color)
    assert display.image_.get_zorder() < display.boundary_.get_zorder()
    assert display.boundary_.get_zorder() < display.rows_.points_[0].get_zorder()
    alpha = np.asarray(display.image_.get_array())[0, :, 3]
    np.testing.assert_allclose(alpha, 0.25)


def test_a_busy_boundary_covers_little_of_its_regions():
    grid = PlaneGrid((0, 1, 0, 1), (300, 300))
    stripes = np.tile(np.arange(300) % 2, 300)
    display = ClassRegionsDisplay(stripes, grid).plot(Figure().subplots())
    box = display.ax_.get_window_extent()
    width = box.width / display.figure_.dpi * 72
    assert display.boundary_.get_linewidth() * 299 <= 1.01 * palette.BOUNDARY_SHARE * width
    two = ClassRegionsDisplay(stripes > 2, grid, classes=[False, True])
    assert two.plot(Figure().subplots()).boundary_ is None
