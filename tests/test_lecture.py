"""The lecture runs from top to bottom, and its notebook shows what its cells print."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def notebook():
    """Its cells: their kind, source and outputs."""
    return json.loads((DOCS / "lecture.ipynb").read_text(encoding="utf-8"))["cells"]


def cells_of_source():
    text = (DOCS / "lecture.py").read_text(encoding="utf-8")
    _, *pieces = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)
    for kind, body in zip(pieces[::2], pieces[1::2], strict=True):
        if "[markdown]" in kind:
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        yield ("markdown" if "[markdown]" in kind else "code"), body.strip()


def printed(outputs):
    return "".join("".join(each["text"]) for each in outputs if each["output_type"] == "stream")


def test_the_notebook_is_of_this_source(notebook):
    shown = [(cell["cell_type"], "".join(cell["source"]).strip()) for cell in notebook]
    assert shown == list(cells_of_source())


def test_its_cells_run_and_print_what_it_shows(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    plt.close("all")
    with mpl.rc_context(), plt.ioff():
        for cell in notebook:
            if cell["cell_type"] == "code":
                out, source = io.StringIO(), "".join(cell["source"])
                with redirect_stdout(out):
                    exec(compile(source, "lecture", "exec"), names)  # noqa: S102 - our own cells
                assert out.getvalue() == printed(cell["outputs"]), source
        plt.close("all")


def test_it_shows_pictures_and_names_nothing_of_the_machine_that_made_it(notebook):
    outputs = [each for cell in notebook for each in cell.get("outputs", ())]
    assert sum("image/png" in each.get("data", ()) for each in outputs) >= 8
    assert not [each for each in outputs if each.get("name") == "stderr"]
    text = json.dumps([each.get("data", {}).get("text/plain") for each in outputs])
    assert " at 0x" not in text
    assert (DOCS / "lecture.ipynb").stat().st_size < 1e6
