"""What `trivium lab` refuses before there is a page; the page itself is in tests/browser."""

import sys

from trivium.lab import server
from trivium.lab.address import listen


def test_a_library_that_is_missing(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "nicegui", None)
    monkeypatch.setitem(sys.modules, "anywidget", type(sys)("anywidget"))
    code, out, err = call("lab")
    assert (code, out) == (2, "")
    assert err == 'trivium: nicegui is not installed: pip install "trivium[lab]"\n'


def test_a_port_that_is_taken(call, monkeypatch):
    monkeypatch.setattr(server, "require_installed", lambda: None)
    taken = listen()
    with taken.listener:
        code, out, err = call("lab", "--port", taken.port)
    assert (code, out) == (2, "")
    assert err == f"trivium: --port: {taken.port} is taken: leave it out for a free one\n"
