"""What a tab keeps, with a client that answers as told."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from trivium.lab.page.kept import Kept
from trivium.lab.presets import PRESETS


class Client:
    """A client whose answers are given: an error is raised, a function is called."""

    def __init__(self, *answers):
        self.answers, self.told = list(answers), []

    def run_javascript(self, code, *, timeout=None):
        self.told.append(code)
        if timeout is None:
            return None

        async def answer():
            found = self.answers.pop(0)
            found = found() if callable(found) else found
            if isinstance(found, Exception):
                raise found
            return found

        return answer()


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: once a browser is open, its loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def test_a_connection_that_is_lost_while_a_scene_is_read_loses_no_scene():
    kept = Kept(Client(TimeoutError(), TimeoutError(), ["abc", True]))
    assert finish(kept.read()) == ("abc", True)


def test_a_client_that_is_gone_is_asked_no_more():
    def go():
        kept.close()
        return TimeoutError()

    kept = Kept(client := Client(TimeoutError(), go))
    assert finish(kept.read()) == ("", False)
    assert len(client.told) == 2


@pytest.mark.parametrize("answer", [None, "abc", ["a"], [1, True], {}])
def test_an_answer_that_is_none_is_no_scene(answer):
    assert finish(Kept(Client(answer)).read()) == ("", False)


def test_a_link_that_is_too_long_is_said():
    with pytest.raises(ValueError, match="This link is too long: a scene has at most 900,000 byte"):
        finish(Kept(Client([None, False])).read())


def test_a_scene_is_kept_once_it_is_at_rest():
    async def story():
        kept = Kept(client := Client())
        first, last = PRESETS["masked"].make(), PRESETS["separable"].make()
        kept.keep(first)
        kept.keep(last)
        async with asyncio.timeout(60):
            while not client.told:
                await asyncio.sleep(0.01)
        kept.keep_now(last)
        (code,) = client.told
        assert last.to_fragment() in code

    finish(story())
