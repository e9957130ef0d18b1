import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from markupsafe import Markup
from matplotlib.figure import Figure

from trivium.report import (
    Column,
    Commands,
    Document,
    Erratum,
    FigureBlock,
    Finding,
    Findings,
    Formulas,
    Gallery,
    Listing,
    Matrix,
    Prose,
    Question,
    Section,
    Summary,
    Table,
    render,
    to_svg,
)

HOSTILE = '"><script>alert(1)</script><img src="https://example.org/x" onerror=\'x\'>'
VOID = {"meta", "link", "img", "br", "hr", "input", "image", "path", "use"}


class Page(HTMLParser):
    """Every element of a page with its attributes; fails on tags that do not nest."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def picture(name: str) -> FigureBlock:
    figure = Figure(figsize=(2, 2))
    axes = figure.add_subplot()
    axes.scatter([1, 2], [1, 2])
    axes.imshow([[0, 1]])
    return FigureBlock(to_svg(figure, name=name, label=f"Picture {name}"), f"Caption {name}")


def sample(text: str = "plain text", *, good: bool = True) -> Document:
    table = Table(
        text,
        (Column(text), Column("value", "number"), Column("agrees", "check", words=(text, "no"))),
        ((text, 1.5, True), ("b", None, False), ("c", text, None)),
    )
    blocks = (
        Prose(Markup("<p>{}</p>").format(text)),
        table,
        Gallery(tuple(picture(f"small-{k}") for k in range(3)), text),
        FigureBlock(picture("large").svg, text, "figure-large", text, (("SVG", "large.svg"),)),
    )
    inner = (
        Question(text, Markup("<p>{}</p>").format(text)),
        Erratum(text, text, text, picture("shown"), "erratum-shown"),
        Erratum(text, text, text),
        Formulas(Markup('<math display="block"><mi>x</mi></math>')),
        Table("no sorting", (Column("a"),), (("b",),), sortable=False),
        Matrix(text, (text, text), ((3, 1), (0, 0)), text),
        Findings(
            (
                Finding("bad", text, text, text, ((text, text),)),
                Finding("note", "Note", "t", text),
                Finding("good", "Fine", "t", text),
            )
        ),
        Commands(((text, ("program", text)),)),
        Listing(text, "x = 1  # one\nif x < 2 & True:\n    pass", text),
    )
    return Document(
        text,
        text,
        (Section(text, "one", blocks, (Section(text, "one-a", inner),)), Section(text, "two")),
        Summary(text, good),
        ((text, text), ("NumPy", "2.4")),
        kicker=text,
    )


def test_the_same_document_gives_the_same_bytes():
    assert render(sample()) == render(sample())


def test_nothing_is_requested_from_outside():
    html = render(sample())
    page = Page(html)
    for tag, attributes in page.elements:
        for key in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
            value = attributes.get(key) or ""
            if tag == "a":
                continue  # a link, which nothing follows by itself
            assert value.startswith(("data:", "#")) or not value, (tag, key, value)
    assert all(target.startswith("#") for target in re.findall(r"url\(\s*['\"]?([^)]*)", html))
    assert "@import" not in html
    urls = set(re.findall(r"https?://[^\s\"'<>)]+", html))
    assert urls == {"http://www.w3.org/2000/svg"}


def test_the_policy_allows_the_one_script_by_its_hash_and_no_handlers():
    page = Page(render(sample()))
    (policy,) = (
        one["content"]
        for one in page.all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    )
    digest = hashlib.sha256(page.text["script"].encode()).digest()
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:; ")
    assert f"script-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert len(page.all("script")) == 1
    assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]


def test_hostile_text_is_escaped_in_every_field():
    hostile, plain = Page(render(sample(HOSTILE))), Page(render(sample()))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [list(one) for _, one in hostile.elements] == [list(one) for _, one in plain.elements]


def test_links_and_ids_resolve():
    page = Page(render(sample()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {one["href"] for one in page.all("a") + page.all("use")} - {"large.svg"}
    assert targets <= {f"#{name}" for name in ids}
    assert {"#one", "#one-a", "#two", "#content"} <= targets


def test_figures_that_share_a_name_are_refused():
    section = Section("s", "s", (picture("same"), picture("same")))
    with pytest.raises(ValueError, match=r"share the id 'same\.1'"):
        render(Document("t", "l", (section,)))


def test_markup_for_readers_who_cannot_see_the_page():
    page = Page(render(sample()))
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels == [1, 2, 3, 2]
    assert all(one.get("scope") in {"row", "col"} for one in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) == 3
    scrollers = [one for one in page.all("div") if one.get("class") == "scroll"]
    assert all(one["tabindex"] == "0" and one["aria-label"] for one in scrollers)
    pictures = [one for one in page.all("svg") if one.get("role") == "img"]
    assert len(pictures) == 5
    assert all(one["aria-label"] for one in pictures)
    assert all(one.get("aria-hidden") for one in page.all("svg") if one not in pictures)


def test_a_table_says_how_it_sorts_and_what_its_marks_mean():
    page = Page(render(sample("agrees with the sheet")))
    assert ["data-sortable" in one for one in page.all("table")] == [True, False, False]
    assert [one["data-sort"] for one in page.all("td") if "data-sort" in one] == [
        *("1.5", "1"),
        *("", "0"),
        "",
    ]
    html = render(sample("agrees with the sheet"))
    assert html.count('<span class="unseen">agrees with the sheet</span>') == 1
    assert html.count('<span class="unseen">no</span>') == 1


def test_a_matrix_is_as_dark_as_its_shares_and_an_empty_row_is_none():
    page = Page(render(sample()))
    cells = [one for one in page.all("td") if "--share" in (one.get("style") or "")]
    assert [one["class"] for one in cells] == ["right", "wrong", "none", "right"]
    assert [one["class"] for one in page.all("table") if "class" in one] == ["matrix"]
    short = Matrix("t", (Markup("<bdi>0</bdi>"), "1234"), ((1000, 1), (0, 0)))
    html = render(Document("t", "", (Section("s", "s", (short,)),)))
    assert '<table class="matrix upright">' in html
    assert ">1,000</td>" in html
    assert [one["style"] for one in cells] == [f"--share: {x}" for x in (0.75, 0.5, 0.0, 0.0)]


@pytest.mark.parametrize(("good", "word"), [(True, "good"), (False, "bad")])
def test_the_summary_says_whether_it_is_good_news(good, word):
    assert f'<p class="summary {word}">' in render(sample(good=good))


def test_a_document_of_nothing_but_a_title_renders():
    page = Page(render(Document("Title & more", "", ())))
    assert page.text["title"] == page.text["h1"] == "Title & more"
    assert not page.all("footer")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "face"),
    [
        *((text, face) for text in ("ink", "quiet", "accent") for face in ("paper", "surface")),
        *(("good", "surface"), ("bad", "surface")),
        *(("good", "good-wash"), ("bad", "bad-wash")),
    ],
)
def test_colours_reach_the_contrast_of_wcag_aa(text, face, scheme):
    css = (files("trivium.report") / "templates" / "page.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", css)
    colours = {name: both[scheme] for name, *both in pairs}
    low, high = sorted(luminance(colours[name]) for name in (text, face))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_code_stands_in_the_page_as_it_is_typed():
    code = "if a < b & c:  # <tags>\n    pass"
    page = render(Document("t", "l", (Section("s", "s", (Listing("Do", code, "1 < 2"),)),)))
    (shown,) = re.findall("<code>(.*?)</code>", page, re.DOTALL)
    assert html.unescape(re.sub("<[^>]*>", "", shown)) == code
    assert '<span class="comment"># &lt;tags&gt;</span>' in shown
    assert "<samp>1 &lt; 2</samp>" in page


def test_a_figure_can_be_pointed_at_and_its_files_are_linked():
    block = FigureBlock(picture("a").svg, "Words.", "figure-a", "Figure 1", (("PDF", "f/a.pdf"),))
    page = render(Document("t", "l", (Section("s", "s", (block,)),)))
    assert '<figure class="picture" id="figure-a">' in page
    assert '<a class="title" href="#figure-a">Figure 1.</a> Words.' in page
    assert '<a href="f/a.pdf"><span class="unseen">Figure 1 as </span>PDF</a>' in page


@pytest.mark.parametrize(
    "make",
    [
        lambda: FigureBlock(Markup("<svg></svg>"), "c", anchor="Figure 1"),
        lambda: Erratum("w", "c", "m", anchor="no spaces"),
    ],
)
def test_an_anchor_that_cannot_stand_in_a_link_is_refused(make):
    with pytest.raises(ValueError, match="cannot name a part of a page"):
        make()
