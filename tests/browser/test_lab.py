"""The lab's page in a browser: what a hand does to it, and what it answers."""

import csv
import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.browser.lab_process import PATIENCE, running

from trivium import KNeighborsClassifier, LeastSquaresClassifier
from trivium.lab.presets import PRESETS, outlier
from trivium.lab.scene import Scene
from trivium.masking import MaskedClassWarning

PANELS = ("Nearest neighbours", "Least squares", "Softmax regression")
_ANSWERED = """() => {
    const { told, answered } = document.querySelector(".trivium-plane").dataset;
    return Number(answered ?? 0) >= Number(told ?? 0);
}"""


def card(page, panel):
    return page.get_by_role("region", name=panel, exact=True)


def score(page, panel, name):
    """Return a score as the page shows it."""
    row = card(page, panel).get_by_role("rowheader", name=name, exact=True).locator("xpath=..")
    return float(row.locator("td").inner_text().replace("−", "-"))


def svg(page, panel):
    return page.get_by_role("application", name=re.compile(f"^{panel}"))


def list_of(where, name):
    return where.get_by_role("combobox", name=name, exact=True)


def choose(page, title):
    """Choose a scene; return once its rows are there: what is done to those before is dropped."""
    plane = page.locator(".trivium-plane")
    before = plane.get_attribute("data-origin")
    list_of(page, "Scene").select_option(label=title)
    expect(plane).not_to_have_attribute("data-origin", before)
    expect(page.locator(".lab-status")).to_have_text(
        next(preset.about for preset in PRESETS.values() if preset.title == title)
    )


def saved(page):
    """Return the scene that the page saves, once it has answered all that was done."""
    page.wait_for_function(_ANSWERED)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this scene as a file").click()
    return Scene.from_json(download.value.path().read_text(encoding="utf-8"))


def place_of(page, panel, x, y):
    """Return where on the window a place of the plane is."""
    left, right, bottom, top = saved(page).window
    box = svg(page, panel).locator("rect.frame").bounding_box()
    return (
        box["x"] + box["width"] * (x - left) / (right - left),
        box["y"] + box["height"] * (top - y) / (top - bottom),
    )


def test_the_outlier_is_dragged_and_the_sheets_numbers_are_read(open_lab):
    page = open_lab().page
    choose(page, "Outlier at scale 1")
    expect(card(page, PANELS[1]).get_by_text("test accuracy by rint")).to_be_visible()
    for scale, published in ((1, 0.95), (2, 0.95), (4, 0.95), (8, 0.85)):
        if scale > 1:
            begin = place_of(page, PANELS[1], scale / 2, 1.75 * scale / 2)
            end = place_of(page, PANELS[1], scale, 1.75 * scale)
            page.mouse.move(*begin)
            page.mouse.down()
            page.mouse.move(*end, steps=12)
            page.mouse.up()
        scene = saved(page)
        row = scene.X[scene.marked]
        assert row == pytest.approx([scale, 1.75 * scale], abs=0.06)
        # A hand is as exact as a pixel: the page shows what a fit of its own rows gives.
        y = scene.codes * 2 - 1
        model = LeastSquaresClassifier().fit(scene.X, y)
        expected = np.mean(
            np.rint(model.decision_function(scene.X_test)) == scene.test_codes * 2 - 1
        )
        expect(
            card(page, PANELS[1])
            .get_by_role("row")
            .filter(has=page.get_by_role("rowheader", name="test accuracy by rint", exact=True))
            .locator("td")
        ).to_have_text(f"{expected:.4g}")
        assert expected == pytest.approx(published, abs=0.011)


def test_all_three_answer_what_the_estimators_do(open_lab):
    page = open_lab().page
    choose(page, "Three masked classes")
    card(page, PANELS[0]).get_by_role("slider", name="k, the neighbours that vote").focus()
    page.keyboard.press("ArrowRight")
    expect(card(page, PANELS[0]).locator(".lab-slider .lab-value")).to_have_text("6")
    scene = saved(page)
    model = KNeighborsClassifier(6).fit(scene.X, scene.codes)
    assert score(page, PANELS[0], "accuracy") == model.score(scene.X, scene.codes)
    with pytest.warns(MaskedClassWarning):
        model = LeastSquaresClassifier().fit(scene.X, scene.codes)
    expected = model.score(scene.X, scene.codes)
    assert score(page, PANELS[1], "accuracy") == pytest.approx(expected, abs=5e-5)


def test_every_control_is_worked_by_keyboard_alone(open_lab):
    page = open_lab().page
    reached = []
    page.keyboard.press("Tab")
    while (name := page.evaluate(_FOCUSED)) not in reached and len(reached) < 60:
        reached.append(name)
        page.keyboard.press("Tab")
    shown = page.evaluate(_CONTROLS)
    assert len(shown) > 20
    assert sorted(set(shown) - set(reached)) == []

    press_select = list_of(page, "Scene")
    press_select.focus()
    page.keyboard.type("Three")
    expect(page.locator(".lab-status")).to_have_text(PRESETS["masked"].about)
    expect(card(page, PANELS[1])).to_contain_text("No row is predicted as middle")

    softmax = card(page, PANELS[2])
    for name in ("To the start of the descent", "Step", "Step"):
        softmax.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
    expect(softmax.get_by_text("step 2:").first).to_be_visible()
    softmax.get_by_role("slider", name="Step").focus()
    page.keyboard.press("End")
    expect(softmax.get_by_text("step 200:").first).to_be_visible()
    softmax.get_by_role("slider", name="Learning rate").focus()
    page.keyboard.press("End")
    expect(softmax.locator(".lab-notes")).to_contain_text("too great")
    list_of(softmax, "Shading").focus()
    page.keyboard.press("ArrowDown")
    expect(list_of(softmax, "Class c")).to_be_visible()

    least_squares = card(page, PANELS[1])
    for name in ("Robust", "Predict rint(f)"):
        box = least_squares.get_by_role("checkbox", name=name)
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    scene = saved(page)
    assert scene.settings.robust
    assert scene.settings.rounded
    assert scene.settings.step == 200
    assert scene.settings.softmax_shading == "p(c|x)"
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(least_squares.get_by_role("checkbox", name="Predict rint(f)")).not_to_be_checked()


_FOCUSED = """() => {
    const at = document.activeElement;
    return at.id + at.getAttribute("aria-label") + at.textContent.slice(0, 40) + at.value;
}"""
# One of several radio buttons is reached, the others by arrows.
_CONTROLS = """() => [...document.querySelectorAll(
    ".lab button, .lab select, .lab input, .lab summary, .lab [tabindex='0']")]
    .filter((at) => at.checkVisibility() && !at.disabled && (at.type !== "radio" || at.checked))
    .map((at) =>
        at.id + at.getAttribute("aria-label") + at.textContent.slice(0, 40) + at.value)"""


def test_rows_are_edited_by_keyboard_and_undone(open_lab):
    page = open_lab().page
    choose(page, "Separable classes")
    before = saved(page)
    svg(page, PANELS[0]).focus()
    for key in ("n", "ArrowRight", "ArrowUp", "2"):  # moved twice, and of the second class
        page.keyboard.press(key)
        page.wait_for_function(_ANSWERED)
    after = saved(page)
    assert (after.X[0] > before.X[0]).all()
    assert (after.X[1:] == before.X[1:]).all()
    assert after.codes[0] == 1
    expect(page.get_by_role("group", name=PANELS[1]).locator(".trivium-note")).to_contain_text(
        "Row 0 is of class right now"
    )
    svg(page, PANELS[0]).focus()
    page.keyboard.press("Delete")
    assert saved(page).n_rows == before.n_rows - 1
    svg(page, PANELS[0]).focus()
    page.keyboard.press("a")
    assert saved(page).n_rows == before.n_rows
    for _ in range(5):
        page.get_by_role("button", name="Undo").click()
    assert saved(page).to_json() == before.to_json()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light"), (2200, "dark")])
def test_everybody_can_use_it_and_nothing_leaves(open_lab, width, scheme):
    page, requests, complaints = open_lab(width, scheme)
    for _ in range(2):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        choose(page, "Separable classes")
        list_of(card(page, PANELS[0]), "Shading").select_option("p(x|c)")
        card(page, PANELS[1]).get_by_role(
            "combobox", name="Sizes of the rows", exact=True
        ).select_option("leverage")
        expect(card(page, PANELS[2]).get_by_text("step 100:").first).to_be_visible()
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    place = urlsplit(page.url).netloc
    assert {urlsplit(each).netloc for each in requests} <= {place, ""}
    assert complaints == []


def test_light_and_dark_change_by_a_button(open_lab):
    page = open_lab(scheme="light").page
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(paper) == "rgb(21, 23, 28)"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_two_tabs_do_not_disturb_each_other(open_lab):
    first, second = open_lab().page, open_lab().page
    choose(first, "Three masked classes")
    choose(second, "Separable classes")
    card(first, PANELS[0]).get_by_role("slider").first.focus()
    first.keyboard.press("End")
    svg(second, PANELS[2]).focus()
    second.keyboard.press("a")
    one, other = saved(first), saved(second)
    assert one.to_json() == PRESETS["masked"].make().with_settings(k=180).to_json()
    assert other.n_rows == PRESETS["separable"].make().n_rows + 1
    assert other.settings == PRESETS["separable"].make().settings


def test_a_scene_is_a_link_and_a_file(open_lab):
    scene = outlier(2).with_settings(k=9, sizes="leverage", step=7, softmax_shading="p(c|x)")
    page = open_lab(fragment=scene.to_fragment()).page
    expect(page.locator(".lab-status")).to_have_text("The scene of the link")
    assert saved(page).to_json() == scene.to_json()
    expect(list_of(card(page, PANELS[1]), "Sizes of the rows")).to_have_value("leverage")
    page.get_by_role("button", name="A link to this scene").click()
    link = page.get_by_role("dialog").locator("textarea").input_value()
    assert Scene.from_fragment(urlsplit(link).fragment).to_json() == scene.to_json()
    page.keyboard.press("Escape")

    other = PRESETS["masked"].make().with_settings(k=3)
    given = {"name": "my <b>scene</b>.json", "mimeType": "application/json"}
    opening = page.get_by_label("Open a scene from a file")
    opening.set_input_files({**given, "buffer": other.to_json().encode()})
    expect(page.locator(".lab-status")).to_have_text("Opened: my <b>scene</b>.json")
    assert saved(page).to_json() == other.to_json()
    opening.set_input_files({**given, "buffer": b'{"scene": 1}'})
    expect(page.locator(".lab-status")).to_have_text("This is no scene: it has no key 'X'.")
    opening.set_input_files({**given, "buffer": b" " * 900_001})
    expect(page.locator(".lab-status")).to_contain_text("at most 900,000 bytes")
    assert saved(page).to_json() == other.to_json()


def test_a_tab_keeps_its_scene_when_its_page_is_loaded_again(open_lab):
    page = open_lab().page
    choose(page, "Separable classes")
    card(page, PANELS[0]).get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    before = saved(page)
    page.wait_for_function(
        "(scene) => Object.values(sessionStorage).some((kept) => kept.includes(scene))",
        arg=before.to_fragment(),
    )
    page.reload()
    expect(page.locator(".lab-status")).to_have_text("The scene as it was when the page was left")
    assert saved(page).to_json() == before.to_json()
    # A link that is pasted into the tab's address is what the tab shows from then on.
    scene = PRESETS["masked"].make()
    page.goto(f"{page.url}#{scene.to_fragment()}")
    expect(page.locator(".lab-status")).to_have_text("The scene of the link")
    assert saved(page).to_json() == scene.to_json()


def test_a_link_of_great_numbers_holds_nothing_up(open_lab):
    scene = PRESETS["masked"].make().with_settings(k=10**6, learning_rate=1e300, n_steps=10_000)
    page = open_lab(fragment=scene.to_fragment()).page
    expect(page.locator(".lab-status")).to_have_text("The scene of the link")
    expect(page.get_by_role("group", name=PANELS[0])).to_contain_text("k = 1000000 is more than")
    slider = card(page, PANELS[0]).get_by_role("slider", name="k, the neighbours that vote")
    slider.focus()
    page.keyboard.press("Home")
    expect(card(page, PANELS[0])).to_contain_text("leave-one-out accuracy")
    assert saved(page).settings == scene.with_settings(k=1).settings


def test_a_link_that_is_damaged_is_said(open_lab):
    page = open_lab(fragment="damaged").page
    expect(page.locator(".lab-status")).to_contain_text("This link holds no scene")
    expect(page.locator(".trivium-panel image[href]")).to_have_count(3)


def test_a_link_that_no_message_holds_is_said(open_lab):
    page = open_lab(fragment="a" * 1_000_000).page
    expect(page.locator(".lab-status")).to_have_text(
        "This link is too long: a scene has at most 900,000 bytes"
    )
    expect(page.locator(".trivium-panel image[href]")).to_have_count(3)


def test_a_move_of_the_scene_before_is_dropped(open_lab):
    page = open_lab().page
    choose(page, "Three masked classes")
    page.wait_for_function(_ANSWERED)
    svg(page, PANELS[0]).focus()
    page.keyboard.press("n")
    page.wait_for_function(_ANSWERED)
    # The server has opened the other scene before the browser shows it.
    page.evaluate(
        """() => {
            const list = document.querySelector(".lab-head select");
            list.value = "separable";
            list.dispatchEvent(new Event("change"));
            const panel = document.querySelector(".trivium-panel svg");
            const press = () => panel.isConnected && panel.dispatchEvent(
                new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
            for (let wait = 0; wait < 400; wait += 2) setTimeout(press, wait);
        }"""
    )
    expect(page.locator(".lab-status")).to_have_text(PRESETS["separable"].about)
    page.wait_for_timeout(500)
    np.testing.assert_array_equal(saved(page).X, PRESETS["separable"].make().X)


def test_the_script_prints_the_numbers_that_are_shown(open_lab, tmp_path):
    page = open_lab().page
    choose(page, "Three masked classes")
    page.get_by_role("button", name="Copy as Python").click()
    code = page.get_by_role("dialog").locator("textarea").input_value()
    (tmp_path / "scene.py").write_text(code, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "scene.py"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE
    )
    assert ran.returncode == 0, ran.stderr
    printed = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in ran.stdout.splitlines()}
    assert float(printed["least squares: accuracy"]) == pytest.approx(
        score(page, PANELS[1], "accuracy"), abs=5e-5
    )
    assert float(printed["softmax regression: loss"]) == pytest.approx(
        score(page, PANELS[2], "loss"), rel=5e-4
    )


def test_names_from_a_scene_are_text(open_lab):
    name = '<img src=x onerror="document.title=1">'
    scene = Scene(
        [[0, 0], [1, 1], [2, 0]], [0, 1, 0], (name, "b"), (name, "</script>"), title=name
    ).with_settings(k=1, neighbors_shading="p(c|x)")
    page = open_lab(fragment=scene.to_fragment()).page
    expect(page.locator(".lab-status")).to_have_text("The scene of the link")
    expect(page.locator(".trivium-legend").first).to_contain_text(name)
    assert page.locator("img").count() == 0
    assert page.title() == "Trivium's lab"
    assert json.loads(saved(page).to_json())["classes"][0] == name


def test_closing_a_tab_ends_its_work(browser, tmp_path):
    scene = PRESETS["moons"].make().with_settings(step=0, n_steps=10_000, learning_rate=1e-3)
    with running(folder=tmp_path, program=("tests.browser.lab_driver",)) as lab:
        page = browser.new_page()
        page.goto(f"{lab.url}#{scene.to_fragment()}")
        expect(page.locator(".lab-status")).to_have_text("The scene of the link")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.close()
        assert lab.line("ended") == "ended: 0 descents go on"
        assert lab.line("closed") == "closed while at rest"


CELLS = ("<script>document.title=1</script>", '"><img src=x onerror=document.title=1>', "{{7*7}}")


def hostile_table(path, n_rows):
    """Write a table whose names and cells are tags, and whose numbers have gaps."""
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(n_rows, 2))
    names = ['<b onclick="x">a</b>', "</style><script>document.title=1</script>", "<i>class</i>"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row, (x, y) in enumerate(numbers.tolist()):
            writer.writerow(["NaN" if row % 97 == 0 else x, y, CELLS[row % len(CELLS)]])
    return names


def test_a_hostile_table_neither_injects_nor_hangs(open_lab, tmp_path):
    names = hostile_table(tmp_path / "<img src=x>.csv", 1_000_000)
    with running("<img src=x>.csv", "--target", names[2], folder=tmp_path) as lab:
        page, requests, complaints = open_lab(url=lab.url)
        assert list_of(page, "Scene").locator("option").first.inner_text() == "<img src=x>.csv"
        expect(page.get_by_text(CELLS[0]).first).to_be_attached()
        expect(page.locator(".axes text.name").first).to_have_text(names[0])
        expect(page.locator(".lab-status")).to_contain_text("rows are shown, evenly spaced")
        list_of(page, "Up").select_option("")
        expect(page.locator(".axes text.name").first).to_have_text("principal axis 1")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.locator("img").count() == 0
        assert page.title() == "Trivium's lab"
        assert {urlsplit(each).netloc for each in requests} <= {urlsplit(lab.url).netloc, ""}
        assert complaints == []
        page.context.close()


def test_columns_of_a_table_are_chosen(open_lab, tmp_path):
    from sklearn.datasets import load_iris

    iris = load_iris(as_frame=True)
    table = iris.data.assign(species=iris.target_names[iris.target])
    table.to_csv(tmp_path / "iris.csv", index=False)
    columns = table.columns.tolist()
    arguments = ("iris.csv", "--target", "species", "--x", columns[2], "--y", columns[3])
    with running(*arguments, folder=tmp_path) as lab:
        page = open_lab(url=lab.url).page
        scene = saved(page)
        assert scene.names == (columns[2], columns[3])
        assert pytest.approx(table[columns[2:4]].to_numpy()) == scene.X
        assert scene.classes == ("setosa", "versicolor", "virginica")
        list_of(page, "Up").select_option(label=columns[0])
        expect(page.locator(".axes text.name").nth(1)).to_have_text(columns[0])
        assert pytest.approx(table[[columns[2], columns[0]]].to_numpy()) == saved(page).X
        list_of(page, "Across").select_option(label=columns[0])  # the other list makes way
        expect(list_of(page, "Up")).to_have_value("1")
        page.context.close()
