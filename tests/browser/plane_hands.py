"""What a hand does to a plane that a browser shows, and what is read off it."""

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from trivium.displays import palette

# Every edit is answered, and the picture of the last one is drawn.
_SETTLED = """([root]) => {
    const { asked, answered } = root.dataset;
    return Number(answered) >= Number(asked ?? 0);
}"""


class Hand:
    """A plane on a page, the first one by default."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page = page
        self.root = page.locator(".trivium-plane").nth(number)
        self.panels = self.root.locator(".trivium-panel > svg")

    @property
    def marks(self) -> Locator:
        """Those of the first panel."""
        return self.panels.first.locator(".marks path")

    def settled(self) -> None:
        """Wait until Python has answered."""
        root = self.root.element_handle()
        self.page.wait_for_function(_SETTLED, arg=[root], timeout=60_000)

    def at(self, row: int) -> tuple[float, float]:
        """Middle of a row's mark, in pixels of the page."""
        x, y = self.marks.nth(row).evaluate(
            """(mark) => {
                const { e, f } = mark.getScreenCTM();
                return [e, f];
            }"""
        )
        return x, y

    def pixels(self, x: float, y: float, window: tuple[float, float, float, float]) -> tuple:
        """Return where a place in the user's units is, in pixels of the page."""
        frame = self.panels.first.locator(".frame").bounding_box()
        left, right, bottom, top = window
        across = frame["x"] + frame["width"] * (x - left) / (right - left)
        return across, frame["y"] + frame["height"] * (top - y) / (top - bottom)

    def drag(self, row: int, to: tuple[float, float]) -> None:
        """Drag a row, over a few places between."""
        x, y = self.at(row)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(*to, steps=8)
        self.page.mouse.up()
        self.settled()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        self.settled()

    def choose(self, name: str) -> None:
        """Choose a tool or a class."""
        self.root.locator("label").get_by_text(name, exact=True).click()

    def regions(self, panel: int = 0, n_classes: int = 2) -> np.ndarray:
        """Classes that a panel shades, by its colours, the bottom row first."""
        uri = self.panels.nth(panel).locator("image").get_attribute("href")
        seen = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGBA")
        colors = np.asarray(seen)[::-1, :, :3].astype(int)
        known = [bytes.fromhex(palette.class_color(code)[1:]) for code in range(n_classes)]
        differences = np.abs(colors[:, :, None] - np.array([list(color) for color in known]))
        return differences.sum(axis=-1).argmin(axis=-1)
