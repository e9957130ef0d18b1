"""The lab's server as a process: who is let in, and how it ends."""

import http.client
import os
import signal
import socket
import sys
import time
from urllib.parse import urlsplit

import pytest
from tests.browser.lab_process import PATIENCE, running

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport="
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "SGVsbG8sIHdvcmxkIQ==",
}


def ask(url, path="/", **headers):
    """Return the status, the headers and the body of an answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    upgraded = answer.status == 101
    found = answer.status, answer.headers, b"" if upgraded else answer.read()
    connection.close()
    return found


def test_its_own_page_and_sockets_are_answered(lab):
    origin = lab.url.rstrip("/")
    status, headers, body = ask(lab.url)
    assert status == 200
    assert b"</html>" in body
    assert "default-src 'self'" in headers["content-security-policy"]
    assert ask(lab.url, SOCKET + "polling", Origin=origin)[0] == 200
    assert ask(lab.url, SOCKET + "websocket", **UPGRADE, Origin=origin)[0] == 101


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_another_origin_is_refused(lab, origin):
    assert ask(lab.url, SOCKET + "polling", Origin=origin)[0] != 200
    assert ask(lab.url, SOCKET + "websocket", **UPGRADE, Origin=origin)[0] == 403
    assert ask(lab.url, Origin=origin)[0] == 403


def test_another_host_is_refused(lab):
    assert ask(lab.url, Host="evil.example")[0] == 400
    assert ask(lab.url, SOCKET + "websocket", **UPGRADE, Host="evil.example")[0] == 403


def test_it_listens_here_alone(lab):
    with pytest.raises(OSError, match="refused|unreachable|assign|timed out"):
        socket.create_connection(("127.0.0.2", urlsplit(lab.url).port), timeout=10)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_ends_tidily_and_leaves_nothing(tmp_path, number, code):
    with running(folder=tmp_path) as lab:
        assert ask(lab.url)[0] == 200
        # A visitor who is still there does not hold it up.
        place = urlsplit(lab.url)
        with socket.create_connection((place.hostname, place.port)):
            lab.process.send_signal(number)
            assert lab.process.wait(PATIENCE) == code
    assert not [line for line in lab.said if "Traceback" in line or "Error" in line]
    assert list(tmp_path.iterdir()) == []


def test_it_opens_in_the_users_browser(tmp_path, monkeypatch):
    program, opened = tmp_path / "open.py", tmp_path / "opened"
    program.write_text(
        "import pathlib, sys\n"
        f"pathlib.Path({str(opened)!r}).write_text(sys.argv[1], encoding='utf-8')\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {program} %s")
    with running(folder=tmp_path, program=("trivium", "lab")) as lab:
        end = time.monotonic() + PATIENCE
        while not (opened.exists() and opened.read_text(encoding="utf-8")):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert opened.read_text(encoding="utf-8") == lab.url


def test_elsewhere_takes_a_token_and_warns(tmp_path):
    with running("--host", "0.0.0.0", folder=tmp_path) as lab:  # noqa: S104
        assert any("other machines can reach this page" in line for line in lab.said)
        token = urlsplit(lab.url).query
        assert lab.url.startswith("http://127.0.0.1:")
        assert ask(lab.url)[0] == 403
        assert ask(lab.url, "/?token=wrong")[0] == 403
        assert ask(lab.url, SOCKET + "polling")[0] == 403
        assert ask(lab.url, SOCKET + "websocket", **UPGRADE)[0] == 403
        status, headers, _ = ask(lab.url, f"/?{token}")
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"].partition(";")[0]
        assert ask(lab.url, Cookie=cookie)[0] == 200
        assert ask(lab.url, SOCKET + "websocket", **UPGRADE, Cookie=cookie)[0] == 101
