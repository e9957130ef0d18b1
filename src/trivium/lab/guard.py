"""Who may talk to the lab's server: an ASGI middleware that knows nothing of what it guards.

A page in another tab of the same browser can send requests to this machine, and a name that an
attacker owns can be made to point to it ("DNS rebinding"). So a request is answered only where its
Host is one of this server's names, its Origin, if it has one, is this server, and, where the server
can be reached from other machines, it carries a token.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

PARAMETER = "token"
"""Of an address, that which holds what a server of other machines asks for."""
POLICY = "; ".join(
    (
        "default-src 'self'",
        # NiceGUI compiles its templates in the browser; an anywidget is a module from a blob.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Guard:
    """Refuse requests from elsewhere; add the headers that keep the page to itself.

    Parameters
    ----------
    app : callable
        The ASGI application that is guarded.
    hosts : collection of str or None
        Names with port, as the header Host gives them, in lower case; None for any name, which
        takes a token.
    token : str or None
        What requests must know: from the parameter `token` of the first one it goes to a cookie.

    Raises
    ------
    ValueError
        If any host is allowed and there is no token.
    """

    def __init__(self, app: App, hosts: frozenset[str] | None, token: str | None) -> None:
        if hosts is None and token is None:
            raise ValueError("a server that answers to any name takes a token")
        self._app, self._hosts, self._token = app, hosts, token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):  # the server's own start and end
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "").lower()
        if self._hosts is not None and host not in self._hosts:
            await _refuse(scope, receive, send, 400, "This server does not go by that name.")
        elif not _is_own(headers.get(b"origin"), scope, host):
            await _refuse(scope, receive, send, 403, "Requests from other sites are refused.")
        elif self._token is None or self._knows(headers.get(b"cookie", ""), host):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http" and self._is_token(_token_of(scope)):
            await _redirect(scope, send, self._cookie(host))
        else:
            await _refuse(
                scope,
                receive,
                send,
                403,
                "Open the address with the token that the server printed.",
            )

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(
            given.encode("utf-8", "surrogateescape"), self._token.encode()
        )

    def _knows(self, cookies: str, host: str) -> bool:
        try:
            kept = SimpleCookie(cookies).get(_cookie_name(host))
        except CookieError:
            return False
        return kept is not None and self._is_token(kept.value)

    def _cookie(self, host: str) -> str:
        return f"{_cookie_name(host)}={self._token}; Path=/; HttpOnly; SameSite=Lax"


def _cookie_name(host: str) -> str:
    """Name a cookie for a port, for browsers do not keep those of two ports apart."""
    port = host.rpartition(":")[2]  # a name from anywhere, which may be malformed
    return f"trivium-lab-{port if port.isdecimal() else '80'}"


def _is_own(origin: str | None, scope: Message, host: str) -> bool:
    """Whether a request comes from the server's own page, or from none.

    An origin is compared as it is written: one that is malformed is another.
    """
    secure = scope.get("scheme") in ("https", "wss")
    return origin is None or origin.lower() == f"{'https' if secure else 'http'}://{host}"


def _token_of(scope: Message) -> str:
    query: str = scope["query_string"].decode("latin-1")
    return dict(parse_qsl(query)).get(PARAMETER, "")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return sending


async def _refuse(scope: Message, receive: Receive, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # its wish to connect
        await send({"type": "websocket.close", "code": 1008})  # the server answers 403
        return
    body = f"{words}\n".encode()
    kinds = ((b"content-type", b"text/plain; charset=utf-8"),)
    length = ((b"content-length", str(len(body)).encode()),)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*kinds, *length, *HEADERS],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _redirect(scope: Message, send: Send, cookie: str) -> None:
    """Send the browser to the same page without the token, which the cookie keeps from now on."""
    query = parse_qsl(scope["query_string"].decode("latin-1"))
    rest = urlencode([(name, value) for name, value in query if name != PARAMETER])
    # A path of two slashes would name another host.
    place = "/" + quote(scope["path"].lstrip("/\\")) + (f"?{rest}" if rest else "")
    headers = [
        (b"location", place.encode("ascii")),
        (b"set-cookie", cookie.encode("latin-1")),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
        *HEADERS,
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
