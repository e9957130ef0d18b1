"""Images, paths and ticks say what the arrays say."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from trivium.displays import palette
from trivium.lab.painting import coordinates, panel, path, placed, shade, shading_image, ticks


def pixels(uri):
    head, _, body = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(body))).convert("RGBA"))


def rgb(color):
    return list(bytes.fromhex(color[1:]))


def test_an_image_of_classes_is_upright_and_in_their_colours():
    classes = np.array([[0, 1, 2], [9, 9, 0]])
    seen = pixels(shading_image(classes))
    assert seen.shape == (2, 3, 4)
    for row, column in np.ndindex(2, 3):
        color = palette.class_color(classes[1 - row, column])
        assert seen[row, column, :3].tolist() == rgb(color)
    usual, deeper = (round(palette.REGION_ALPHA * times * 255) for times in (1, 2))
    # 9 has the colour of 1, and is told from it by its depth.
    assert seen[..., 3].tolist() == [[deeper, deeper, usual], [usual] * 3]


def test_where_no_class_is_named_nothing_is_painted():
    seen = pixels(shading_image(np.array([[0, -1]])))[0]
    assert (seen[:, 3] == 0).tolist() == [False, True]


def test_an_image_of_values_is_transparent_at_exact_zeros_alone():
    values = np.array([[0.0, 1e-300, 0.5, 1.0]])
    seen = pixels(shading_image(values, "density", 3))[0]
    assert seen[0, 3] == 0
    opacities = seen[1:, 3].tolist()
    assert 0 < opacities[0] < opacities[1] < opacities[2] < 255
    assert seen[1:, :3].tolist() == [rgb(shade(3))] * 3


def test_what_is_unknown_is_transparent_and_no_image_is_empty():
    assert pixels(shading_image(np.array([[np.nan]]), "density"))[0, 0, 3] == 0
    assert shading_image(np.empty((0, 0))) == ""


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e300])
def test_paths_are_placed_alike_in_all_units(scale):
    window = (0.0, 2.0 * scale, -scale, scale)
    points = np.array([[0.0, 0.0], [1.0, 0.5], [np.nan, np.nan], [2.0, 1.0], [0.0, -1.0]]) * scale
    assert path(points, window) == "M0 500L500 250M1000 0L0 1000"


def test_points_far_outside_stay_moderate_numbers():
    shown = placed([[1e308, -1e308]], (0.0, 1e-3, 0.0, 1e-3))
    assert np.abs(shown).max() <= 21_000
    assert shown[0, 0] > 1000
    assert shown[0, 1] > 1000  # downwards


def test_a_line_of_no_points_has_no_path():
    assert path(np.empty((0, 2)), (0.0, 1.0, 0.0, 1.0)) == ""


def test_coordinates_are_exact():
    points = np.random.default_rng(0).normal(size=(7, 2)) * 1e9
    back = np.frombuffer(base64.b64decode(coordinates(points)), "<f8").reshape(-1, 2)
    np.testing.assert_array_equal(back, points)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-1.1, 1.3), (1e9, 1e9 + 1e-3), (1e-12, 3e-12), (-5e8, 7e8)]
)
def test_ticks_are_few_and_differ_and_stand_where_they_say(low, high):
    found = ticks(low, high)
    texts = [tick["text"] for tick in found]
    assert 2 <= len(found) <= 7
    assert len(set(texts)) == len(texts)
    for tick in found:
        assert 0 <= tick["at"] <= 1
        there = low + tick["at"] * (high - low)
        assert float(tick["text"].replace("−", "-")) == pytest.approx(there, abs=(high - low) / 50)


def test_a_panel_holds_sizes_in_percent_and_plain_numbers():
    shown = panel("a", (0, 1, 0, 1), sizes=[0.0, 0.5, 2.0, np.nan], rows=np.array([3, 1]))
    assert shown["sizes"] == [0, 50, 100, 0]
    assert shown["rows"] == [3, 1]
    assert all(type(row) is int for row in shown["rows"])
