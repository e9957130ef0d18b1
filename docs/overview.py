"""Make docs/overview.png, the README's picture, from the figures of a run of the sheets.

Usage: python docs/overview.py trivium-sheet/figures
"""

import sys
from pathlib import Path

from PIL import Image

PICTURES = ("moons-regions-16", "moons-density-16-x", "outlier-tilt", "digits-weights")
HEIGHT, GAP = 420, 30


def main(figures: Path) -> None:
    """Set the pictures side by side at one height."""
    pictures = []
    for name in PICTURES:
        picture = Image.open(figures / f"{name}.png").convert("RGB")
        width = round(picture.width * HEIGHT / picture.height)
        pictures.append(picture.resize((width, HEIGHT), Image.Resampling.LANCZOS))
    total = sum(picture.width for picture in pictures) + GAP * (len(pictures) + 1)
    page = Image.new("RGB", (total, HEIGHT + 2 * GAP), "white")
    left = GAP
    for picture in pictures:
        page.paste(picture, (left, GAP))
        left += picture.width + GAP
    page.save(Path(__file__).with_name("overview.png"), optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
