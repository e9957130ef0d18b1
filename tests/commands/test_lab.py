"""What `trivium lab` refuses before there is a page; the page itself is in tests/browser."""

import sys

import pytest

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rows.csv"], "--target is missing: name the column of labels"),
        (["--target", "y"], "--target names a column, and there is no DATA"),
        (["--x", "a", "--y", "b"], "--x and --y name two columns of DATA, or neither is given"),
        (
            ["rows.csv", "--target", "y", "--x", "a"],
            "--x and --y name two columns of DATA, or neither is given",
        ),
    ],
)
def test_options_that_do_not_go_together(call, arguments, words):
    assert call("lab", *arguments) == (2, "", f"trivium: {words}\n")


def test_a_table_that_cannot_be_shown(call, monkeypatch, tmp_path):
    monkeypatch.setattr(server, "require_installed", lambda: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("a,b,y\n1,2,u\n2,1,v\n3,3,u\n", encoding="utf-8")
    code, out, err = call("lab", "rows.csv", "--target", "z")
    assert (code, out) == (2, "")
    assert "'z'" in err
    code, out, err = call("lab", "rows.csv", "--target", "y", "--x", "a", "--y", "c")
    assert (code, out, err) == (2, "", "trivium: there is no column 'c'\n")
