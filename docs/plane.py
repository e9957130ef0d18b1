"""Make docs/plane.png, the picture of the plane: its own JavaScript in a headless Chromium.

Usage: python docs/plane.py; needs ``pip install -e ".[browser]"`` and the system's Chromium.
"""

import io
import json
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from sklearn.datasets import make_moons

from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.lab import Plane

WIDTH, HEIGHT, TWICE = 840, 100, 2

# A model as notebooks have one, of which nobody hears.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Plane</title>
<style>body {{ margin: 10px; background: white; color: #1b1c1f }} {css}</style>
<main></main>
<script type="application/json">{state}</script>
<script type="module">
{script}
const state = JSON.parse(document.querySelector("script").textContent);
const model = {{ get: (name) => state[name], set() {{}}, on() {{}}, save_changes() {{}} }};
render({{ model, el: document.querySelector("main") }});
</script></html>"""


def plane() -> Plane:
    """Return the plane that docs/lab.md makes."""
    X, y = make_moons(200, noise=0.25, random_state=0)
    models = {
        "5 neighbours": KNeighborsClassifier(5),
        "least squares": LeastSquaresClassifier(),
        "softmax": SoftmaxRegression(alpha=1e-3),
    }
    return Plane(models, X, y)


def draw(browser: Browser, path: Path) -> None:
    """Draw the plane with a row chosen, at twice the pixels of its width."""
    widget = plane()
    state = {name: getattr(widget, name) for name in ("look", "rows", "picture", "events")}
    text = json.dumps(state).replace("<", "\\u003c")
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=TWICE
    )
    page = context.new_page()
    page.set_content(PAGE.format(css=widget._css, script=widget._esm, state=text))
    panel = page.locator(".trivium-panel > svg").first
    panel.focus()
    page.keyboard.press("n")
    page.evaluate("document.activeElement.blur()")
    shot = page.screenshot(full_page=True)
    context.close()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(96).save(path, optimize=True)


def main() -> None:
    """Draw it beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        draw(browser, Path(__file__).with_name("plane.png"))
        browser.close()


if __name__ == "__main__":
    main()
