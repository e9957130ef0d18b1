"""What the browser tells is read once, and nonsense is dropped."""

import math

import pytest

from trivium.lab.plane_events import PlaneEvent, read_events

MOVE = {"kind": "move", "serial": 1, "row": 0, "x": 0.5, "y": -1, "panel": 1, "done": False}


def read(*told, after=0):
    return read_events(list(told), after, n_rows=2, n_classes=2, n_panels=2)


def test_an_event_is_read_with_all_its_parts():
    assert read(MOVE) == [PlaneEvent("move", 1, 0, 0.5, -1.0, panel=1, done=False)]
    assert read(MOVE)[0].is_edit
    assert not read({"kind": "hover", "serial": 1, "x": None, "y": None})[0].is_edit


def test_each_is_read_once_and_in_order():
    told = [{**MOVE, "serial": serial} for serial in (3, 2, 4, 4, 5)]
    assert [event.serial for event in read(*told, after=2)] == [3, 4, 5]


def test_rows_are_counted_along():
    add = {"kind": "add", "serial": 1, "x": 0, "y": 0, "code": 1}
    found = read(add, {**MOVE, "serial": 2, "row": 2}, {**MOVE, "serial": 3, "row": 3})
    assert [event.serial for event in found] == [1, 2]
    remove = {"kind": "remove", "serial": 1, "row": 0}
    assert [event.serial for event in read(remove, {**MOVE, "serial": 2, "row": 1})] == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "explode"},
        {"kind": None},
        {"serial": None},
        {"serial": "1"},
        {"serial": 0},
        {"serial": 2**60},
        {"row": None},
        {"row": 2},
        {"row": -1},
        {"row": 0.5},
        {"row": True},
        {"x": None},
        {"x": math.nan},
        {"y": math.inf},
        {"x": 10**400},
        {"y": "0"},
        {"kind": "add"},
        {"kind": "add", "code": 2},
        {"kind": "relabel"},
        {"kind": "remove", "row": None},
        {"kind": "tool", "tool": "hammer"},
        {"kind": "class", "code": None},
    ],
)
def test_nonsense_is_dropped_and_what_follows_is_not(change):
    assert read({**MOVE, **change}, {**MOVE, "serial": 9}) == [
        PlaneEvent("move", 9, 0, 0.5, -1.0, panel=1, done=False)
    ]


@pytest.mark.parametrize("told", [None, 3, "move", {"kind": "move"}, [3, None, "move"]])
def test_what_is_no_list_of_events_holds_none(told):
    assert read_events(told, 0, 2, 2) == []


def test_a_pointer_that_leaves_is_nowhere():
    (event,) = read({"kind": "hover", "serial": 1, "x": None, "y": None, "panel": 7})
    assert (event.x, event.y, event.panel) == (None, None, 0)


def test_events_of_other_rows_are_stale():
    told = [{**MOVE, "row": 90}, {**MOVE, "serial": 2, "origin": 3}, {**MOVE, "serial": 3.5}]
    found = read_events(told, 0, n_rows=2, n_classes=2, n_panels=2, origin=3)
    assert [(each.kind, each.serial, each.is_edit) for each in found] == [
        ("stale", 1, False),
        ("move", 2, True),
    ]
