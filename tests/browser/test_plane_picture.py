"""The picture of the plane in the gallery is one of the plane as it is."""

import runpy
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_of_the_gallery_is_drawn_from_its_lines(browser, tmp_path):
    plane = runpy.run_path(str(DOCS / "gallery.py"))["run"]("plane")["plane"]
    runpy.run_path(str(DOCS / "plane.py"))["draw"](browser, plane, tmp_path / "plane.png")
    kept = Image.open(DOCS / "gallery" / "plane.png").convert("RGB")
    drawn = Image.open(tmp_path / "plane.png").convert("RGB")
    assert drawn.width == kept.width
    # Letters differ from machine to machine; regions and points do not.
    small = [np.asarray(image.resize((82, 40)), dtype=float) for image in (drawn, kept)]
    assert np.abs(small[0] - small[1]).mean() < 6
