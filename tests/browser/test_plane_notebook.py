"""The plane in JupyterLab: what a hand does there reaches the classifiers, and nothing leaves."""

import json
import time

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.browser.jupyterlab import jupyterlab
from tests.browser.plane_hands import Hand
from tests.browser.plane_scenes import WINDOW

from trivium import KNeighborsClassifier, LeastSquaresClassifier

MODELS = {"neighbours": KNeighborsClassifier(3), "least squares": LeastSquaresClassifier()}

# The notebook's rows go to a file after each event.
CELL = f"""
import json, pathlib
import numpy as np
from trivium import KNeighborsClassifier, LeastSquaresClassifier
from trivium.lab import Plane
rng = np.random.default_rng(5)
X = np.concatenate([rng.normal(1, 0.5, (20, 2)), rng.normal(3, 0.5, (20, 2))])
models = {{"neighbours": KNeighborsClassifier(3), "least squares": LeastSquaresClassifier()}}
plane = Plane(models, X, np.repeat(["a", "b"], 20), window={WINDOW})
def write(event):
    told = dict(serial=event.serial, X=plane.X.tolist(), y=plane.y.tolist())
    pathlib.Path("now.tmp").write_text(json.dumps(told))
    pathlib.Path("now.tmp").rename("now.json")
plane.on_event(write)
plane
"""


class Notebook(Hand):
    """The plane of a notebook, and the rows that its kernel has."""

    def __init__(self, page, lab, requests):
        super().__init__(page)
        self.lab, self.requests = lab, requests

    def rows(self):
        """Rows and labels, once the kernel has heard all."""
        told = int(self.root.get_attribute("data-told"))
        path = self.lab.folder / "now.json"
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if path.exists():
                now = json.loads(path.read_text())
                if now["serial"] >= told:
                    return np.array(now["X"]).reshape(-1, 2), np.array(now["y"])
            time.sleep(0.02)
        raise AssertionError("the kernel has not heard of the last event")


@pytest.fixture(scope="module")
def notebook(browser, tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab")) as lab:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        lab.open(page, "plane.ipynb", [CELL])
        yield Notebook(page, lab, requests)
        context.close()


def check_regions(notebook, X, y):
    """What the panels shade is what classifiers predict that were fitted to these rows."""
    left, right, bottom, top = WINDOW
    across = left + (np.arange(80) + 0.5) * (right - left) / 80
    up = bottom + (np.arange(80) + 0.5) * (top - bottom) / 80
    cells = np.column_stack([np.tile(across, 80), np.repeat(up, 80)])
    for number, model in enumerate(MODELS.values()):
        truth = (model.fit(X, y).predict(cells) == "b").reshape(80, 80)
        np.testing.assert_array_equal(notebook.regions(number), truth)
        note = notebook.root.locator(".trivium-note").nth(number).inner_text()
        assert note == f"accuracy {model.score(X, y):.3f}"


def test_a_row_that_is_dragged_bends_the_regions_of_its_classifiers(notebook):
    before = notebook.regions(1)
    notebook.drag(3, notebook.pixels(4.6, 0.2, WINDOW))
    X, y = notebook.rows()
    pixel = (WINDOW[1] - WINDOW[0]) / notebook.panels.first.bounding_box()["width"]
    np.testing.assert_allclose(X[3], [4.6, 0.2], atol=2 * pixel)
    check_regions(notebook, X, y)
    assert (notebook.regions(1) != before).any()


def test_rows_are_added_relabelled_and_deleted_by_mouse(notebook):
    X, y = notebook.rows()
    notebook.choose("b")
    notebook.choose("Add")
    notebook.page.mouse.click(*notebook.pixels(0.0, 4.0, WINDOW))
    notebook.settled()
    added, labels = notebook.rows()
    assert len(added) == len(X) + 1 == notebook.marks.count()
    np.testing.assert_allclose(added[-1], [0.0, 4.0], atol=0.1)
    assert labels[-1] == "b"
    notebook.choose("a")
    notebook.choose("Relabel")
    notebook.page.mouse.click(*notebook.at(len(X)))
    notebook.settled()
    assert notebook.rows()[1][-1] == "a"
    check_regions(notebook, *notebook.rows())
    notebook.choose("Delete")
    notebook.page.mouse.click(*notebook.at(len(X)))
    notebook.settled()
    np.testing.assert_array_equal(notebook.rows()[0], X)
    np.testing.assert_array_equal(notebook.rows()[1], y)
    assert notebook.marks.count() == len(X)
    notebook.choose("Move")


def test_every_edit_is_made_by_keys_alone_and_none_reaches_the_notebook(notebook):
    cells = notebook.page.locator(".jp-Cell").count()
    X, y = notebook.rows()
    notebook.panels.first.focus()
    notebook.press("Escape", "a")
    added, _ = notebook.rows()
    assert len(added) == len(X) + 1
    notebook.press("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    step = 0.02 * 6
    moved = notebook.rows()[0][-1] - added[-1]
    np.testing.assert_allclose(moved, [2 * step - step / 10, step], atol=1e-9)
    notebook.press("2")
    assert notebook.rows()[1][-1] == "b"
    notebook.press("Enter")
    assert notebook.rows()[1][-1] == "a"
    status = notebook.root.locator(".trivium-status").inner_text()
    assert status.startswith(f"Point {len(X) + 1} of {len(X) + 1} is now of class a")
    notebook.press("n")
    assert notebook.root.locator(".trivium-status").inner_text().startswith("Point 1 of")
    notebook.press("p", "Delete")
    np.testing.assert_array_equal(notebook.rows()[0], X)
    np.testing.assert_array_equal(notebook.rows()[1], y)
    assert notebook.page.locator(".jp-Cell").count() == cells


def test_everybody_can_use_it(notebook):
    found = Axe().run(notebook.page, context=".trivium-plane")
    assert found.violations_count == 0, found.generate_report()


def test_nothing_leaves_the_machine(notebook):
    own = (notebook.lab.url, "data:", f"blob:{notebook.lab.url}")
    assert [url for url in notebook.requests if not url.startswith(own)] == []
