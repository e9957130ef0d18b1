import errno
import re
import socket

import pytest

from trivium.lab.address import LabError, listen, own_names


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


def test_other_machines_are_given_addresses_of_theirs(monkeypatch):
    class Routed(socket.socket):
        def connect(self, place):
            if self.family != socket.AF_INET:
                raise OSError("no such network")

        def getsockname(self):
            datagram = self.type == socket.SOCK_DGRAM
            return ("10.1.2.3", 9) if datagram else super().getsockname()

    monkeypatch.setattr(socket, "socket", Routed)
    monkeypatch.setattr(socket, "gethostname", lambda: "desk")
    address, local = listen("0.0.0.0"), listen()  # noqa: S104
    with address.listener, local.listener:
        end = f":{address.port}/?token={address.token}"
        assert address.url == f"http://127.0.0.1{end}"
        assert address.others == (f"http://10.1.2.3{end}", f"http://desk{end}")
        assert local.others == ()


def test_a_machine_without_a_network_has_its_name_alone(monkeypatch):
    class Alone(socket.socket):
        def connect(self, _place):
            raise OSError("unreachable")

    monkeypatch.setattr(socket, "socket", Alone)
    monkeypatch.setattr(socket, "gethostname", lambda: "desk")
    assert own_names() == ("desk",)
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    assert own_names() == ()
