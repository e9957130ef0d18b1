import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from trivium.displays import palette


def luminance(color):
    channels = np.asarray(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#15171c"])
@pytest.mark.parametrize(
    "color", [*palette.CLASS_COLORS, palette.ACCENT, palette.MUTED, palette.OUTLIER_COLOR]
)
def test_colors_that_no_page_swaps_read_on_white_and_on_dark(color, page):
    assert contrast(color, page) >= 3.0


@pytest.mark.parametrize("page", ["#ffffff", "#15171c"])
def test_sequential_lines_read_on_white_and_on_dark(page):
    ends = mpl.colormaps[palette.SEQUENTIAL](palette.SEQUENTIAL_LINE_RANGE)
    assert min(contrast(end, page) for end in ends) >= 2.0


def test_color_and_marker_together_tell_88_classes_apart():
    looks = {(s["color"], s["marker"]) for s in map(palette.class_style, range(88))}
    assert len(looks) == 88


def test_style_is_valid_and_inks_every_text():
    with mpl.rc_context(palette.style("#abcdef")):
        assert mpl.rcParams["text.color"] == mpl.rcParams["xtick.color"] == "#abcdef"
        assert mpl.rcParams["axes.facecolor"] == "none"


def test_importing_the_displays_imports_no_matplotlib():
    code = "import sys, trivium.displays; sys.exit(any('matplotlib' in m for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
