"""Every link of the texts leads somewhere, those of generated pages too."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for where in ("*.md", "docs/**/*.md", "src/**/*.md", "fuzz/**/*.md", "tests/**/*.md")
    for path in ROOT.glob(where)
)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:")


def prose(path):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`(?!\])", "", text)


def anchors(path):
    """Name the headings as GitHub does."""
    found, counts = set(), Counter()
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(f"{name}-{counts[name]}" if counts[name] else name)
        counts[name] += 1
    return found


def broken(page):
    for target in _LINK.findall(prose(page)):
        if _ELSEWHERE.match(target):
            continue
        place, _, anchor = target.partition("#")
        path = (page.parent / place) if place else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page):
    assert list(broken(page)) == []


def test_generated_pages_are_among_them():
    names = {str(page.relative_to(ROOT / "docs")) for page in PAGES if "docs" in page.parts}
    assert any(re.fullmatch(r"performance/[\w-]+/README.md", name) for name in names)
    assert {"performance.md", "gallery.md"} <= names


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "other.md").write_text("# A `word`, and more\n# Twice\n# Twice\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md#a-word-and-more) [b](other.md#twice-1) [c](#here) [`d`](gone.md)\n"
        "[e](other.md#none) ![f](gone.png) [g](https://example.org) `[h](code)`\n"
        "```\n[i](no)\n```\n",
        encoding="utf-8",
    )
    assert list(broken(page)) == ["gone.md", "other.md#none", "gone.png"]
