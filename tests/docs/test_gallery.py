"""The lines beneath each picture of the gallery draw it."""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import pytest

from trivium import displays

mpl.use("Agg")
DOCS = Path(__file__).parents[2] / "docs"
GALLERY = runpy.run_path(str(DOCS / "gallery.py"))
TEXT = (DOCS / "gallery.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GALLERY["examples"]())
def test_lines_draw(name):
    from matplotlib import pyplot as plt

    if name == "plane":
        pytest.importorskip("anywidget")
    names = GALLERY["run"](name)
    if name == "plane":
        assert len(names["plane"].scores_) == 3
    else:
        names["display"].figure_.draw_without_rendering()
    plt.close("all")


def test_every_display_has_a_picture_and_every_picture_is_there():
    for name in displays.__all__:
        assert name == "PlaneGrid" or f"{name}.from_" in TEXT, name
    shown = set(re.findall(r"\(gallery/(\w+)\.png\)", TEXT))
    assert shown == {path.stem for path in (DOCS / "gallery").glob("*.png")}
    assert shown == {*GALLERY["examples"](), "lab"}


def test_examples_are_few_lines_each():
    beginning = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
    for name, lines in GALLERY["examples"]().items():
        own = lines.removeprefix(beginning).strip().splitlines()
        assert len([line for line in own if not line.startswith("from ")]) <= 4, name
