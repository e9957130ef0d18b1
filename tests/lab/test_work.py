"""Work off the event loop, with jobs that end when the test says so."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from trivium.lab.work import Worker

PATIENCE = 60


class Story:
    """A worker whose jobs wait to be let go."""

    def __init__(self, threads):
        self.begun, self.ended, self.failures = [], [], []
        self.gates = {}
        self.worker = Worker(self.work, self.done, self.fail, threads)

    def work(self, job):
        self.begun.append(job)
        assert self.gates.setdefault(job, threading.Event()).wait(PATIENCE)
        if job < 0:
            raise ValueError("negative")
        return job * 10

    def done(self, job, result):
        self.ended.append((job, result))

    def fail(self, job, error):
        self.failures.append((job, str(error)))

    def let_go(self, *jobs):
        for job in jobs:
            self.gates.setdefault(job, threading.Event()).set()

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.001)


def told(tell):
    with ThreadPoolExecutor(4) as threads:

        async def run():
            story = Story(threads)
            await tell(story)
            return story

        return asyncio.run(run())


def test_the_last_of_many_is_done_and_those_before_it_are_not():
    async def tell(story):
        for job in range(90):
            story.worker.ask(job)
        await story.until(lambda: story.begun)
        story.let_go(*range(1000))
        await story.until(lambda: not story.worker.is_busy)
        for job in (200, 201):
            story.worker.ask(job)
        await story.until(lambda: not story.worker.is_busy)

    story = told(tell)
    assert story.ended == [(89, 890), (201, 2010)]


def test_one_at_a_time_and_what_comes_meanwhile_waits():
    async def tell(story):
        story.worker.ask(1)
        await story.until(lambda: story.begun)
        story.worker.ask(2)
        story.worker.ask(3)
        await asyncio.sleep(0.05)
        assert story.begun == [1]
        story.let_go(1, 3)
        await story.until(lambda: not story.worker.is_busy)

    story = told(tell)
    assert story.ended == [(1, 10), (3, 30)]


def test_what_fails_is_told_and_ends_nothing():
    async def tell(story):
        story.let_go(-1, 5)
        story.worker.ask(-1)
        await story.until(lambda: not story.worker.is_busy)
        story.worker.ask(5)
        await story.until(lambda: not story.worker.is_busy)

    story = told(tell)
    assert (story.failures, story.ended) == ([(-1, "negative")], [(5, 50)])


def test_closing_ends_it():
    async def tell(story):
        story.worker.ask(1)
        await story.until(lambda: story.begun)
        story.worker.ask(2)
        story.worker.close()
        story.let_go(1, 2, 3)
        await story.until(lambda: not story.worker.is_busy)
        story.worker.ask(3)
        assert not story.worker.is_busy

    story = told(tell)
    assert (story.begun, story.ended) == ([1], [])
