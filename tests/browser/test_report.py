import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.comparison.examples import EXAMPLES

# Elements that reach beyond the window, apart from those within what scrolls by itself.
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((each) => !each.closest(".scroll, .unseen, .skip, svg, [class=word]"))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
@pytest.mark.parametrize("name", [*EXAMPLES, "notebook"])
def test_everybody_can_read_it_and_it_asks_for_nothing(show, name, width, scheme):
    page, requests, complaints = show(name, width, scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert requests == [page.url]
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1400, "dark")])
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_wider_than_the_window(show, name, width, scheme):
    page, requests, complaints = show(name, width, scheme)
    assert requests == [page.url]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_TOO_WIDE) == []


@pytest.mark.parametrize("width", [1024, 1100, 1184, 1200, 1300])
def test_no_column_is_hidden_on_a_laptop(show, width):
    page = show("comparison", width).page
    hidden = "[...document.querySelectorAll('.scroll')].map((e) => e.scrollWidth - e.clientWidth)"
    assert max(page.evaluate(hidden)) <= 0


@pytest.mark.parametrize("name", ["long_names", "many_classes", "hostile"])
def test_it_prints(show, name):
    page = show(name, 794, "dark").page
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    colours = "(e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor])"
    ink, paper = page.evaluate(f"{colours}(document.body)")
    assert ink == "rgb(27, 28, 31)"
    assert paper == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").count(b"/Type /Page\n") >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_take_the_ink_of_the_page(show, scheme):
    page = show("comparison", 1400, scheme).page
    colour = "(e => getComputedStyle(e).color)"
    fills = page.evaluate("""[...document.querySelectorAll("svg[role=img] text")]
        .map((each) => getComputedStyle(each).fill)""")
    assert len(fills) > 30
    assert set(fills) == {page.evaluate(f"{colour}(document.body)")}


def test_tables_sort_by_keyboard(show):
    page = show("many_classes").page
    table = page.locator("#columns table")
    first = table.locator("tbody th").first
    assert first.inner_text() == "x1"
    button = table.get_by_role("button", name="values")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert first.inner_text() == "x200"
    assert table.locator("th[aria-sort=descending]").inner_text().startswith("values")


def test_the_page_is_whole_without_its_script(show):
    with_script = show("comparison").page
    without = show("comparison", script=False).page
    for selector in ("h1", ".lead", "main section:last-of-type"):
        assert without.locator(selector).inner_text() == with_script.locator(selector).inner_text()


def test_the_way_to_the_checks_leads_there(show):
    page = show("comparison", 390).page
    page.locator(".summary a").click()
    expect(page.locator("#checks h2")).to_be_in_viewport()
    assert page.url.endswith("#checks")
