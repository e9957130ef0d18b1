"""The picture of the plane in the documentation is one of the plane as it is."""

import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_of_the_documentation_is_drawn(browser, tmp_path):
    spec = importlib.util.spec_from_file_location("plane_picture", DOCS / "plane.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.draw(browser, tmp_path / "plane.png")
    drawn, kept = (Image.open(path / "plane.png").convert("RGB") for path in (tmp_path, DOCS))
    assert drawn.width == kept.width
    # Letters differ from machine to machine; regions and points do not.
    small = [np.asarray(image.resize((82, 40)), dtype=float) for image in (drawn, kept)]
    assert np.abs(small[0] - small[1]).mean() < 6
