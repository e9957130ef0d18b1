"""Curves as SVG."""

import re
from xml.etree import ElementTree as ET

import numpy as np

from trivium.lab.page.curves import Curve, drawing


def points(svg, name):
    """Return the numbers of a path, two a row."""
    found = ET.fromstring(svg).find(f"path[@class='{name}']")  # noqa: S314  # our own
    numbers = re.findall(r"-?\d+\.\d+", found.get("d"))
    return np.array(numbers, dtype=float).reshape(-1, 2)


def test_great_values_are_above_and_the_mark_is_on_the_line():
    curve = Curve(np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 0.5]))
    svg = drawing(curve, 1, "label")
    line = points(svg, "line")
    assert (np.diff(line[:, 0]) > 0).all()
    assert line[1, 1] < line[2, 1] < line[0, 1]
    assert np.allclose(np.diff(line[:, 0])[0] * 2, np.diff(line[:, 0])[1], atol=0.2)
    assert points(svg, "dot").tolist() == [line[1].tolist()]


def test_what_is_not_finite_is_left_out():
    values = np.array([1.0, np.inf, 2.0, np.nan, -1.0])
    assert len(points(drawing(Curve(np.arange(5.0), values), None, ""), "line")) == 3
    # Of logarithms also what is not positive.
    assert len(points(drawing(Curve(np.arange(5.0), values), None, "", log=True), "line")) == 2
    nothing = drawing(Curve(np.arange(2.0), np.array([np.nan, np.nan])), 0, "")
    assert "path" not in nothing


def test_a_level_curve_is_in_the_middle():
    line = points(drawing(Curve(np.arange(3.0), np.full(3, 0.7)), 0, ""), "line")
    assert (line[:, 1] == 42.0).all()
    assert len(points(drawing(Curve(np.array([1.0]), np.array([0.7])), 0, ""), "line")) == 1


def test_labels_are_escaped():
    svg = drawing(Curve(np.arange(2.0), np.arange(2.0)), 0, '"><script>&')
    assert ET.fromstring(svg).get("aria-label") == '"><script>&'  # noqa: S314  # our own
