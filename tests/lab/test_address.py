import errno
import re
import socket

import pytest

from trivium.lab.address import LabError, listen


def test_a_free_port_of_this_machine_alone():
    with listen().listener as listener, listen().listener as other:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.getsockname()[1] != other.getsockname()[1]


def test_only_this_machine_needs_no_token():
    for host, local in (("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)):  # noqa: S104
        address = listen(host)
        with address.listener:
            assert address.is_local is local
            assert (address.hosts is None) is not local
            assert (f"?token={address.token}" in address.url) is not local
            assert address.url.startswith(
                f"http://{'127.0.0.1' if not local else host}:{address.port}/"
            )


def test_the_names_that_it_answers_to():
    address = listen("localhost")
    with address.listener:
        assert address.hosts == {f"127.0.0.1:{address.port}", f"localhost:{address.port}"}


def test_tokens_differ():
    first, second = listen("0.0.0.0"), listen("0.0.0.0")  # noqa: S104
    with first.listener, second.listener:
        assert first.token != second.token
        assert len(first.token) >= 32


def test_a_port_that_is_taken():
    address = listen()
    with address.listener, pytest.raises(LabError, match=f"--port: {address.port} is taken"):
        listen(port=address.port)


@pytest.mark.parametrize("host", ["192.0.2.1", "x" * 70])
def test_a_name_that_is_not_this_machines(host):
    with pytest.raises(LabError, match=re.escape(f"--host: {host!r} is no name of this machine")):
        listen(host)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "--port: 80 is not for everybody to take"),
        (errno.EMFILE, "cannot listen at 127.0.0.1:80: Too many open files"),
    ],
)
def test_what_the_system_refuses(monkeypatch, number, words):
    class Refusing(socket.socket):
        def bind(self, _place):
            raise OSError(number, "Too many open files")

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(LabError, match=words):
        listen(port=80)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_numbers_of_six_are_written_in_brackets():
    address = listen("::1")
    with address.listener:
        assert address.is_local
        assert address.url == f"http://[::1]:{address.port}/"
        assert f"[::1]:{address.port}" in address.hosts
