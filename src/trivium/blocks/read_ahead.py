"""What a thread of its own does while others work: reads items ahead, or makes a single thing."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from itertools import islice
from queue import Full, Queue, SimpleQueue
from threading import Event, Thread
from typing import NamedTuple, TypeVar

from trivium.blocks.workers import map_in_order

Item = TypeVar("Item")
Result = TypeVar("Result")
_LOOKS = 0.05  # seconds after which a reader that waits looks whether anybody still wants items


class _End(NamedTuple):
    """What comes after the last item."""

    error: BaseException | None


def read_ahead(items: Iterable[Item], most: int) -> Generator[Item]:
    """Yield items in their order, of which a thread of its own reads some before they are wanted.

    It pays where reading lets go of the interpreter, as reading files does.

    Parameters
    ----------
    items : iterable
        Nobody else uses it meanwhile.
    most : int
        Items that wait at most, so that memory stays bounded.

    Raises
    ------
    BaseException
        What reading raises, after the items before it.

    Examples
    --------
    >>> list(read_ahead(range(5), 2))
    [0, 1, 2, 3, 4]
    """
    queue: Queue[Item | _End] = Queue(most)
    unwanted = Event()

    def hand_over(item: Item | _End) -> bool:
        while not unwanted.is_set():
            try:
                queue.put(item, timeout=_LOOKS)
                return True
            except Full:
                continue
        return False

    def read() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not hand_over(item):
                    return
        except BaseException as raised:
            error = raised
        hand_over(_End(error))

    reader = Thread(target=read, name="trivium-reader", daemon=True)
    reader.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        unwanted.set()
        reader.join()


def map_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], most: int
) -> Generator[Result]:
    """Apply a function to items that are read ahead, on several threads; yield results in order.

    Parameters
    ----------
    function : callable
    items : iterable
        As in `read_ahead`.
    most : int
        Items that threads share at once; a quarter as many wait.

    Raises
    ------
    BaseException
        What the function raises, or reading does, after the results before it.

    Examples
    --------
    >>> list(map_ahead(abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    with closing(read_ahead(items, max(1, most // 4))) as read:
        while True:
            some: list[Item] = []
            try:
                some.extend(islice(read, most))
            except Exception:  # raised again, after the results of what was read before it
                yield from map_in_order(function, some)
                raise
            if not some:
                return
            yield from map_in_order(function, some)


def begun(make: Callable[[], Result]) -> Callable[[], Result]:
    """Begin to make something on a thread of its own; return what waits for it.

    Who does not wait leaves the thread to itself: it holds up nobody, nor the end of the process.

    Parameters
    ----------
    make : callable

    Raises
    ------
    BaseException
        What it raises, when the result is asked for.

    Examples
    --------
    >>> result = begun(lambda: 6 * 7)
    >>> result()
    42
    """
    made: SimpleQueue[Result] = SimpleQueue()
    failed: SimpleQueue[BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            made.put(make())
            failed.put(None)
        except BaseException as error:
            failed.put(error)

    def result() -> Result:
        error = failed.get()
        if error is not None:
            raise error
        return made.get()

    Thread(target=run, name="trivium-maker", daemon=True).start()
    return result
