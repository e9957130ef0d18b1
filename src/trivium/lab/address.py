"""Where the lab listens: a socket of its own, and the names that it goes by."""

from __future__ import annotations

import errno
import ipaddress
import os
import secrets
import socket
from typing import NamedTuple

LOCAL = "127.0.0.1"


class LabError(ValueError):
    """What keeps the lab from being opened, in one line."""


class Address(NamedTuple):
    """A place to listen at, and who is let in."""

    listener: socket.socket
    host: str
    port: int
    hosts: frozenset[str] | None
    """Values of the header Host that are answered; None: any."""
    token: str | None
    """What requests have to know; None where only this machine reaches the server."""

    @property
    def url(self) -> str:
        """What is typed into a browser of this machine."""
        return self._url_of(LOCAL if _is_every(self.host) else self.host)

    @property
    def others(self) -> tuple[str, ...]:
        """What is typed into browsers of other machines, where that is not `url`."""
        if not _is_every(self.host):
            return ()
        return tuple(self._url_of(name) for name in own_names())

    def _url_of(self, host: str) -> str:
        query = f"?token={self.token}" if self.token else ""
        return f"http://{_in_url(host)}:{self.port}/{query}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        return self.token is None


def listen(host: str = LOCAL, port: int = 0) -> Address:
    """Take a port, so that nobody else does before the page is ready.

    Parameters
    ----------
    host : str, default="127.0.0.1"
        A name or number of this machine; 0.0.0.0 for all.
    port : int, default=0
        0 for a free one.

    Returns
    -------
    Address
        With a token unless `host` is this machine's own loop.

    Raises
    ------
    LabError
        If the port is taken or not allowed, or if `host` is no name of this machine.
    """
    try:
        family, kind, proto, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise LabError(f"--host: {host!r} is no name of this machine") from error
    listener = socket.socket(family, kind, proto)
    try:
        if os.name == "posix":  # elsewhere it lets two programs have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise LabError(_reason(error, host, port)) from error
    taken: int = listener.getsockname()[1]
    local = ipaddress.ip_address(str(place[0]).partition("%")[0]).is_loopback
    names = {LOCAL, "localhost", host.lower()}
    return Address(
        listener,
        host,
        taken,
        None if _is_every(host) else frozenset(f"{_in_url(name)}:{taken}" for name in names),
        None if local else secrets.token_urlsafe(24),
    )


def own_names() -> tuple[str, ...]:
    """Return this machine's number in its network and its name, as far as it knows them.

    Nothing is sent: to connect a datagram's socket is to ask the machine's own table of routes. The
    places are those set aside for documentation.
    """
    found = []
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as asking:
                asking.connect((elsewhere, 9))
                found.append(str(asking.getsockname()[0]))
        except OSError:  # it is in no such network
            continue
    numbers = [number for number in found if not ipaddress.ip_address(number).is_loopback]
    name = socket.gethostname()
    return (*numbers[:1], *([name] if name and not name.startswith("localhost") else ()))


def _reason(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"--port: {port} is taken: leave it out for a free one"
        case errno.EACCES:
            return f"--port: {port} is not for everybody to take: leave it out for a free one"
        case errno.EADDRNOTAVAIL:
            return f"--host: {host!r} is no name of this machine"
    return f"cannot listen at {host}:{port}: {error.strerror or error}"


def _is_every(host: str) -> bool:
    """Whether a host stands for every network that the machine is in."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
