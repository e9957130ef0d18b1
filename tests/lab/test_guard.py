"""The guard alone, before an application that says who got through."""

import asyncio

import pytest

from trivium.lab.guard import POLICY, Guard

HERE = "127.0.0.1:8000"


async def inner(scope, _receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})
    else:
        await send({"type": f"{scope['type']}.in"})


def ask(guard, *, kind="http", path="/", query="", scheme="http", **headers):
    sent = []
    scope = {
        "type": kind,
        "scheme": scheme,
        "path": path,
        "query_string": query.encode() if isinstance(query, str) else query,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent


def status(sent):
    return sent[0].get("status", sent[0]["type"])


def local(token=None):
    return Guard(inner, frozenset({HERE, "localhost:8000"}), token)


@pytest.mark.parametrize("host", [HERE, "localhost:8000", "LOCALHOST:8000"])
def test_its_own_page_is_answered(host):
    sent = ask(local(), host=host)
    assert status(sent) == 200
    assert dict(sent[0]["headers"])[b"content-security-policy"].decode() == POLICY
    assert status(ask(local(), host=host, origin=f"http://{host}")) == 200
    assert status(ask(local(), kind="websocket", host=host)) == "websocket.in"


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1", "127.0.0.1:9000", ""])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_name_is_refused(kind, host):
    refused = {"http": 400, "websocket": "websocket.close"}[kind]
    assert status(ask(local(), kind=kind, host=host)) == refused


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:9000",
        "http://localhost:8000",
        "",
        "http://",
        "http://[",
        f"https://{HERE}",
        f"http://{HERE}/",
        f"http://x@{HERE}",
        "http://\xff",
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_origin_is_refused(kind, origin):
    refused = {"http": 403, "websocket": "websocket.close"}[kind]
    assert status(ask(local(), kind=kind, host=HERE, origin=origin)) == refused


def test_no_host_at_all_is_refused():
    assert status(ask(local())) == 400


def test_the_token_goes_from_the_address_to_a_cookie():
    guard = Guard(inner, None, "sesame")
    assert status(ask(guard, host="lab.example:80")) == 403
    assert status(ask(guard, host="lab.example:80", query="token=wrong")) == 403
    sent = ask(guard, host="lab.example:80", query="a=1&token=sesame", path="//evil.example")
    assert status(sent) == 303
    headers = dict(sent[0]["headers"])
    assert headers[b"location"] == b"/evil.example?a=1"
    kept = headers[b"set-cookie"].decode()
    assert "HttpOnly" in kept
    cookie = kept.partition(";")[0]
    assert status(ask(guard, host="lab.example:80", cookie=f"other=1; {cookie}")) == 200
    assert status(ask(guard, kind="websocket", host="lab.example:80", cookie=cookie)) == (
        "websocket.in"
    )


@pytest.mark.parametrize("cookie", ["", "trivium-lab-80=wrong", "trivium-lab-80=\xff", "a b=;;=["])
def test_a_wrong_cookie_lets_nobody_in(cookie):
    guard = Guard(inner, None, "sesame")
    assert status(ask(guard, host="lab.example:80", cookie=cookie)) == 403
    sent = ask(guard, kind="websocket", host="lab.example:80", cookie=cookie)
    assert status(sent) == "websocket.close"
    # A token in a socket's address is not a cookie.
    sent = ask(guard, kind="websocket", host="lab.example:80", query="token=sesame")
    assert status(sent) == "websocket.close"


@pytest.mark.parametrize("host", ["[", "[]:x", "a]:b", "\xff", "a:\xb2", ""])
def test_a_malformed_host_is_a_name_like_any(host):
    guard = Guard(inner, None, "sesame")
    assert status(ask(guard, host=host, cookie="a=1")) == 403
    kept = dict(ask(guard, host=host, query="token=sesame")[0]["headers"])[b"set-cookie"].decode()
    assert kept.startswith("trivium-lab-80=sesame; ")
    assert status(ask(guard, host=host, cookie=kept.partition(";")[0])) == 200
    assert status(ask(local(), host=host)) == 400


@pytest.mark.parametrize("query", [b"token=\xff", b"\xff=\xfe&&=;", b"token=%ff%fe", b"token=%00"])
def test_a_malformed_query_is_a_wrong_token(query):
    assert status(ask(Guard(inner, None, "sesame"), host=HERE, query=query)) == 403


def test_a_path_ends_no_line_of_the_header():
    sent = ask(Guard(inner, None, "sesame"), host=HERE, query="token=sesame", path="/a\r\nb: \xfc")
    assert dict(sent[0]["headers"])[b"location"] == b"/a%0D%0Ab%3A%20%C3%BC"


def test_behind_a_proxy_the_scheme_is_the_proxys():
    headers = {"host": HERE, "origin": f"https://{HERE}"}
    assert status(ask(local(), scheme="https", **headers)) == 200
    assert status(ask(local(), kind="websocket", scheme="wss", **headers)) == "websocket.in"


def test_any_name_takes_a_token():
    with pytest.raises(ValueError, match="takes a token"):
        Guard(inner, None, None)


def test_the_servers_own_start_and_end_pass():
    assert ask(local(), kind="lifespan") == [{"type": "lifespan.in"}]
