"""Draw a plane as a picture: its own JavaScript in a headless Chromium, without a page to serve."""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

WIDTH, HEIGHT, TWICE = 840, 100, 2
COLORS = 96

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


def draw(browser: Browser, widget: Any, path: Path) -> None:
    """Draw a `trivium.lab.Plane` with its first row chosen, at twice the pixels of its width."""
    state = {name: getattr(widget, name) for name in ("look", "rows", "picture", "events")}
    text = json.dumps(state).replace("<", "\\u003c")
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=TWICE
    )
    page = context.new_page()
    page.set_content(PAGE.format(css=widget._css, script=widget._esm, state=text))
    page.locator(".trivium-panel > svg").first.focus()
    page.keyboard.press("n")
    page.evaluate("document.activeElement.blur()")
    shot = page.screenshot(full_page=True)
    context.close()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLORS).save(path, optimize=True)
