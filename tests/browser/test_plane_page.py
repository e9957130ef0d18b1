"""The same plane on a page of NiceGUI's: fingers, dark pages, texts that are not trusted."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.browser.plane_hands import Hand
from tests.browser.plane_scenes import WINDOW, rows

import trivium


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the page is served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("page") / "log.txt"
    roots = [Path(trivium.__file__).resolve().parents[1], Path(__file__).resolve().parents[2]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, roots))}
    environment.pop("PYTEST_CURRENT_TEST", None)  # NiceGUI would take it for a test of its own
    program = [sys.executable, "-m", "tests.browser.plane_page", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(program, env=environment, stdout=out, stderr=out)
    end = time.monotonic() + 60
    while "ready" not in log.read_text():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    said = log.read_text()  # before it ends, which may cut off what it is about
    server.terminate()
    server.wait(60)
    assert "Traceback" not in said, said


@pytest.fixture
def show(browser, address):
    """Open a page in a window of that width, for a mouse or for fingers."""
    contexts = []

    def shown(path="/", width=1400, scheme="light", touch=False):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=touch
        )
        contexts.append(context)
        hand = Hand(context.new_page())
        hand.complaints = []
        hand.page.on("pageerror", lambda error: hand.complaints.append(str(error)))
        hand.page.on("console", lambda said: said.type == "error" and complain(hand, said))
        hand.page.goto(address + path)
        hand.root.locator(".trivium-panel").first.wait_for(timeout=60_000)
        return hand

    yield shown
    for context in contexts:
        for page in context.pages:  # a request that is cut off is an error to the server
            page.wait_for_load_state("networkidle")
        context.close()


def complain(hand, said):
    if "favicon" not in said.location.get("url", ""):
        hand.complaints.append(said.text)


def hold(hand, row):
    """Drag a row up and to the right, and do not let go."""
    x, y = hand.at(row)
    hand.page.mouse.move(x, y)
    hand.page.mouse.down()
    hand.page.mouse.move(x + 30, y - 30, steps=4)


def state(hand, address):
    return hand.page.request.get(f"{address}/state").json()


def touches(hand, *places):
    """Touch the first place, draw on through the others, and let go."""
    session = hand.page.context.new_cdp_session(hand.page)
    for number, (x, y) in enumerate(places):
        kind = "touchStart" if number == 0 else "touchMove"
        point = {"x": x, "y": y}
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_drag_reaches_the_classifiers_and_comes_back_to_every_panel(show, address):
    hand = show()
    before = hand.regions(1)
    hand.drag(3, hand.pixels(4.6, 0.2, WINDOW))
    now = state(hand, address)
    np.testing.assert_allclose(now["X"][3], [4.6, 0.2], atol=0.05)
    assert (hand.regions(1) != before).any()
    second = hand.panels.nth(1).locator(".marks path").nth(3)
    assert second.get_attribute("transform") == hand.marks.nth(3).get_attribute("transform")
    assert hand.complaints == []


def test_a_finger_moves_a_row_or_scrolls_the_page(show, address):
    hand = show(width=390, touch=True)
    x, y = hand.at(3)
    touches(hand, (x + 5, y + 5), (x + 30, y - 20), (x + 60, y - 40), (x + 65, y - 45))
    hand.settled()
    X, _ = rows()
    unit = hand.panels.first.locator(".frame").bounding_box()["width"] / (WINDOW[1] - WINDOW[0])
    moved = np.array(state(hand, address)["X"][3]) - X[3]
    np.testing.assert_allclose(moved, np.array([60, 50]) / unit, atol=3 / unit)
    assert hand.page.evaluate("scrollY") == 0
    x, y = hand.pixels(4.8, -0.8, WINDOW)  # where no row is
    touches(hand, *((x, y - 15 * step) for step in range(12)))
    hand.page.wait_for_function("scrollY > 0")


def test_a_finger_adds_a_row(show, address):
    hand = show(width=390, touch=True)
    hand.choose("Add")
    x, y = hand.pixels(0.0, 4.0, WINDOW)
    hand.page.touchscreen.tap(x, y)
    hand.settled()
    np.testing.assert_allclose(state(hand, address)["X"][-1], [0.0, 4.0], atol=0.05)
    assert len(state(hand, address)["X"]) == 41 == hand.marks.count()


def test_a_double_click_adds_a_row_of_the_class_that_is_chosen(show, address):
    hand = show()
    hand.choose("b")
    hand.page.mouse.dblclick(*hand.pixels(0.0, 4.0, WINDOW))
    hand.settled()
    assert state(hand, address)["y"][-1] == "b"
    assert hand.marks.count() == 41


def test_moves_wait_for_an_answer_and_the_last_one_is_never_lost(show, address):
    hand = show("/silent")
    x, y = hand.at(3)
    hand.page.mouse.move(x, y)
    hand.page.mouse.down()
    for step in range(30):
        hand.page.mouse.move(x + step, y + step)
    hand.page.mouse.up()
    hand.settled()
    moves = [kind for kind in state(hand, address)["heard"] if kind == "move"]
    assert len(moves) == 2  # the first, which nobody answered, and the one that lets go
    np.testing.assert_allclose(hand.at(3), [x + 29, y + 29], atol=1)


@pytest.mark.parametrize("key", ["Delete", "Backspace", "2", "a", "Enter", "n"])
def test_what_else_is_done_to_rows_ends_a_drag(show, address, key):
    hand = show()
    hold(hand, 0)
    hand.press(key)
    before = state(hand, address)["X"]
    assert before != rows()[0].tolist()
    hand.page.mouse.move(700, 300, steps=5)
    hand.page.mouse.up()
    hand.settled()
    hand.drag(30, hand.pixels(4.0, 0.0, WINDOW))  # a whole drag later nothing of it is left
    now = state(hand, address)["X"]
    assert [row for row in range(len(now)) if now[row] != before[row]] == [30]


@pytest.mark.parametrize("button", ["Undo", "Another scene"])
def test_rows_that_python_sends_end_a_drag(show, button):
    hand = show("/changing")
    first = hand.at(1)
    hold(hand, 1)
    hand.settled()
    hand.page.get_by_role("button", name=button).evaluate("(button) => button.click()")
    hand.page.wait_for_function(
        "([root, count, x]) => {"
        "const marks = [...root.querySelectorAll('.marks path')];"
        "const at = marks[1]?.getScreenCTM().e;"
        "return marks.length === count && (count === 1 || Math.abs(at - x) < 1); }",
        arg=[hand.root.element_handle(), 1 if button == "Another scene" else 3, first[0]],
    )
    places = [hand.at(row) for row in range(hand.marks.count())]
    hand.page.mouse.move(700, 300, steps=5)
    hand.page.mouse.up()
    assert [hand.at(row) for row in range(hand.marks.count())] == places


def test_a_drag_goes_on_over_the_answers_to_it(show, address):
    hand = show()
    hold(hand, 0)
    hand.settled()
    hand.page.mouse.move(*hand.pixels(4.5, 4.5, WINDOW), steps=3)
    hand.settled()
    hand.page.mouse.move(*hand.pixels(4.0, 0.0, WINDOW), steps=3)
    hand.page.mouse.up()
    hand.settled()
    np.testing.assert_allclose(state(hand, address)["X"][0], [4.0, 0.0], atol=0.1)


def test_other_classes_arrive_without_complaint(show):
    hand = show("/changing")
    for count in (1, 3, 1, 3):
        hand.page.get_by_role("button", name="Another scene").click()
        hand.page.wait_for_function(
            "([root, count]) => root.querySelectorAll('.marks path').length === count",
            arg=[hand.root.element_handle(), count],
        )
    assert all(hand.marks.evaluate_all("(marks) => marks.map((mark) => mark.getAttribute('d'))"))
    assert hand.complaints == []


_LABELS = """(svg) => {
    const box = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll(".axes text")].map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const across = text.getAttribute("text-anchor") === "middle";
        return { left: left - box.left, right: right - box.left, top, bottom, across };
    });
    const apart = (a, b) =>
        a.right < b.left || b.right < a.left || a.bottom <= b.top || b.bottom <= a.top;
    return {
        seen: boxes.length > 5 && boxes.every((each) => each.left >= 0 && each.right <= box.width),
        apart: boxes
            .filter((each) => each.across)
            .every((a, at, all) => all.slice(at + 1).every((b) => apart(a, b))),
    };
}"""


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize(
    "ends", [(0, 1e-300), (-1e-200, 1e-200), (0, 2e-9), (1e9, 1e9 + 8), (-2.5e-9, -0.5e-9)]
)
def test_numbers_of_any_size_are_drawn_whole(show, width, ends):
    hand = show(f"/wide?low={ends[0]!r}&high={ends[1]!r}", width)
    assert hand.marks.count() == 15
    hand.panels.first.focus()
    hand.page.keyboard.press("p")
    assert "; 2 more at this place" in hand.root.locator(".trivium-status").inner_text()
    assert hand.complaints == []
    for panel in hand.panels.all():
        found = panel.evaluate(_LABELS)
        assert found["apart"]
        assert found["seen"] or ends[1] == 1e-300  # which has few numbers
    hold(hand, 3)
    hand.page.mouse.up()
    assert hand.complaints == []


def test_events_alone_go_up_and_no_picture_comes_back_with_them(show, address):
    hand = show()
    sent, received = [], []

    def listen(socket):
        socket.on("framesent", lambda frame: sent.append(str(frame)))
        socket.on("framereceived", lambda frame: received.append(str(frame)))

    hand.page.on("websocket", listen)
    hand.page.reload()
    hand.root.locator(".trivium-panel").first.wait_for(timeout=60_000)
    hand.drag(3, hand.pixels(4.6, 0.2, WINDOW))
    assert any("events" in frame for frame in sent)
    assert not any("image" in frame or "_esm" in frame for frame in sent)
    assert any("image" in frame for frame in received)
    assert not any("class Drawing" in frame for frame in received)


def test_the_pointer_says_where_it_is_and_that_it_left(show, address):
    hand = show("/silent")
    hand.page.mouse.move(*hand.pixels(4.0, 4.5, WINDOW))
    hand.page.mouse.move(2, 2)
    hand.settled()
    heard = [kind.split() for kind in state(hand, address)["heard"] if kind.startswith("hover ")]
    np.testing.assert_allclose([float(value) for value in heard[0][1:]], [4.0, 4.5], atol=0.02)
    assert heard[-1] == ["hover", "None", "None"]


def test_sizes_and_highlighted_rows_are_drawn(show):
    hand = show("/silent")
    scales = hand.marks.evaluate_all("(marks) => marks.map((mark) => mark.getCTM().a)")
    assert np.all(np.diff(scales) >= 0)
    assert scales[-1] > 3 * scales[0]
    assert hand.panels.first.locator(".near").get_attribute("d").count("M") == 2


def test_texts_are_text_and_never_markup(show):
    hand = show("/hostile")
    assert hand.page.locator("img").count() == 0
    assert hand.page.title() == "Plane"
    assert "<script>" in hand.root.inner_text()
    assert hand.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_everybody_can_use_it(show, width, scheme):
    hand = show(f"/?dark={scheme == 'dark'}", width, scheme)
    hand.root.locator("summary").click()
    hand.panels.first.focus()
    hand.press("n", "ArrowRight")
    found = Axe().run(hand.page, context=".trivium-plane")
    assert found.violations_count == 0, found.generate_report()
    assert hand.page.evaluate("document.documentElement.scrollWidth") <= width
