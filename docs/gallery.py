"""Make the pictures of docs/gallery.md from the lines of Python beneath each of them.

Usage: python docs/gallery.py [NAME ...]
"""

import re
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl

from trivium.displays.palette import notebook_style

PAGE = Path(__file__).with_name("gallery.md")
_EXAMPLE = re.compile(r"!\[[^\]]*\]\(gallery/(\w+)\.png\)\s+```python\n(.*?)```", re.DOTALL)
_FIRST = re.compile(r"```python\n(.*?)```", re.DOTALL)


def examples() -> dict[str, str]:
    """Return the lines of each picture by its name, those that all begin with included."""
    text = PAGE.read_text(encoding="utf-8")
    beginning = _FIRST.search(text)
    if beginning is None:
        raise ValueError(f"{PAGE.name} begins with no lines of Python")
    return {name: beginning[1] + lines for name, lines in _EXAMPLE.findall(text)}


def run(name: str) -> dict[str, Any]:
    """Run an example in the look of the page; return what it has named."""
    with mpl.rc_context(), tempfile.TemporaryDirectory() as folder:
        mpl.rcdefaults()
        mpl.rcParams.update(notebook_style())  # type: ignore[arg-type]
        script = Path(folder) / f"{name}.py"
        script.write_text(examples()[name], encoding="utf-8")
        return runpy.run_path(str(script))


def main(wanted: set[str]) -> None:
    """Write the pictures beside the page, but for those that a browser shows."""
    from matplotlib import pyplot as plt

    mpl.use("Agg")
    folder = PAGE.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name in examples():
        if wanted and name not in wanted:
            continue
        display = run(name).get("display")
        if display is not None:
            with mpl.rc_context({"savefig.facecolor": "white"}):
                display.figure_.savefig(
                    folder / f"{name}.png", dpi=110, metadata={"Software": None}
                )
        plt.close("all")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
