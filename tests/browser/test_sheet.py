"""The report of the exercise sheets, as students open it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((each) => !each.closest(".scroll, .unseen, .skip, svg, pre"))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1400, "dark"), (2200, "light")]
)
def test_everybody_can_read_it_and_it_asks_for_nothing(show, width, scheme):
    page, requests, complaints = show("sheet", width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_TOO_WIDE) == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert requests == [page.url]
    assert complaints == []


def test_figures_grow_by_keyboard_and_by_click(show):
    page = show("sheet").page
    grow = page.get_by_role("button", name="Enlarge Figure 2", exact=True)
    figure = page.locator("figure.picture", has=grow)
    small = figure.locator("svg").bounding_box()["width"]
    grow.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Figure 2.")
    assert dialog.locator("svg").bounding_box()["width"] > 1.5 * small
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("Figure 3.")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(grow).to_be_focused()
    expect(figure.locator("svg")).to_be_visible()
    figure.locator("svg").click()
    expect(dialog).to_contain_text("Figure 2.")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    everywhere = "document.querySelectorAll('figure.picture > svg').length"
    assert page.evaluate(everywhere) == page.locator("figure.picture").count()


def test_code_is_copied(show):
    page = show("sheet").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    listing = page.locator("#moons-question .listing")
    listing.get_by_role("button", name="Copy").click()
    expect(listing.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == listing.locator("code").inner_text()
    assert copied.startswith("for k in [1, 450, 900]:\n    ")


def test_code_is_marked_where_it_may_not_be_copied(show):
    page = show("sheet").page
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    listing = page.locator("#moons-question .listing")
    listing.get_by_role("button", name="Copy").click()
    expect(listing.get_by_role("button", name="Marked")).to_be_visible()
    assert page.evaluate("getSelection().toString()").startswith("for k in [1, 450, 900]:")


def test_there_is_a_way_back_on_a_phone(show):
    page = show("sheet", 390).page
    page.locator("#digits-gradient").scroll_into_view_if_needed()
    page.get_by_role("link", name="Contents", exact=True).click()
    expect(page.locator("#contents").get_by_role("link", name="1.4")).to_be_in_viewport()


def test_links_of_errata_and_figures_lead_there(show):
    page = show("sheet").page
    for link in ("#erratum-rounding", "#figure-outlier-tilt"):
        page.locator(f"a[href='{link}']:not(.title)").first.click()
        expect(page.locator(link)).to_be_in_viewport()


def test_it_prints_without_empty_pages(show):
    page = show("sheet", 794, "dark").page
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    for hidden in (".up", ".grow", ".copy", ".files", ".contents"):
        assert not page.locator(hidden).first.is_visible()
    pdf = page.pdf(format="A4")
    assert 15 <= len(re.findall(rb"/Type /Page\n", pdf)) <= 40


def test_it_is_whole_without_its_script(show):
    with_script, without = show("sheet").page, show("sheet", script=False).page
    assert without.locator("button").count() == 0
    for selector in (".prose", "#outlier-scores pre", "table td", ".erratum .side + p"):
        words = without.locator(selector).all_inner_texts()
        assert len(words) > 1
        assert words == with_script.locator(selector).all_inner_texts()
