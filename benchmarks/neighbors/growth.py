"""Case: queries a second as rows or columns grow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from benchmarks.harness.ratios import predicted, seconds
from benchmarks.harness.results import Case, Entry, Race
from benchmarks.harness.settings import choose, line_up
from benchmarks.harness.suite import run_race
from benchmarks.harness.tables import show_seconds
from benchmarks.harness.timing import Conditions
from benchmarks.neighbors import data
from benchmarks.neighbors.agreement import check_lists
from benchmarks.neighbors.peers import (
    DTYPES,
    FAISS,
    INTEL32,
    INTEL64,
    SKLEARN,
    TREES,
    TRIVIUM,
    USEARCH,
    make,
    settings,
)
from benchmarks.neighbors.task import Array, Task

ALL = (*dict.fromkeys((*TREES, FAISS, USEARCH, INTEL32, INTEL64, SKLEARN)),)

CAPPED = tuple(name for name in ALL if name != TRIVIUM)
MOST_SECONDS = 2.0
"""Peers whose search is expected to take longer are left out."""

ROWS, COLUMNS, FLAT = "rows", "columns", "columns, six dimensions"
_MANY_VALUES = 3_200_000
_ROWS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
_COLUMNS = (2, 4, 8, 16, 32, 64, 128, 256, 784)

Maker = Callable[[int, int, int], tuple[Array, Array]]


def growth_case(conditions: Conditions) -> Case:
    """Sweep rows at 16 columns, and columns with and without structure."""
    # A sweep shows how times grow: there few rounds do, and a point may take a while.
    few = replace(conditions, rounds=min(conditions.rounds, 3), budget=conditions.budget / 10)
    n = conditions.size(50_000, 1_000)
    m = conditions.size(5_000, 100)
    columns = (2, 8, 32) if conditions.quick else _COLUMNS
    rows = (1_000, 3_000, 10_000) if conditions.quick else _ROWS
    by_columns = [(n, _fewer(n * each, m), each) for each in columns]
    races = [
        *sweep(ROWS, data.uniform, [(each, _fewer(each * 16, m), 16) for each in rows], few),
        *sweep(COLUMNS, data.uniform, by_columns, few),
        *sweep(FLAT, data.embedded, by_columns, few),
    ]
    return Case("growth", races)


def sweep(
    name: str, maker: Maker, sizes: Sequence[tuple[int, int, int]], conditions: Conditions
) -> Iterator[Race]:
    """Race everyone at growing sizes, peers until a search would take too long.

    Their settings are tried at the size in the middle.

    Parameters
    ----------
    name : str
    maker : callable
        Makes rows and queries of a size.
    sizes : sequence of (n, n_queries, d)
    conditions : Conditions
    """
    middle = Task(*maker(*sizes[len(sizes) // 2]), threads=conditions.threads)
    choices = choose(middle.smaller(), ALL, make, settings())
    pasts: dict[str, list[tuple[float, float]]] = {each: [] for each in CAPPED}
    for n, m, d in sizes:
        at = n if name == ROWS else d
        task = Task(*maker(n, m, d), threads=conditions.threads)
        print(f"{name}: {task}", flush=True)
        late = {each: too_late(past, at, m) for each, past in pasts.items()}
        some = [each for each in ALL if late.get(each) is None]
        race = run_race(
            f"{name}: {task}",
            line_up(task, some, make, choices),
            conditions,
            check_lists(task, TRIVIUM, DTYPES),
            items=m,
        )
        race.entries += [_left_out(each, late[each]) for each in ALL if each not in some]
        race.sweep, race.at = name, at
        for entry in race.entries:
            if entry.laps and entry.name in pasts:
                pasts[entry.name].append((at, _slowest(entry) / m))
        yield race


def too_late(past: Sequence[tuple[float, float]], at: float, n_queries: int) -> float | None:
    """Predict the seconds of a search if they are more than `MOST_SECONDS`.

    Parameters
    ----------
    past : sequence of (size, seconds a query)
    at : float
        The next size.
    n_queries : int
    """
    if not past:
        return None
    sizes, times = zip(*past, strict=True)
    expected = predicted(sizes, times, at) * n_queries
    return expected if expected > MOST_SECONDS else None


def _left_out(name: str, expected: float | None) -> Entry:
    reason = f"left out: {show_seconds(expected or 0.0)} expected"
    return Entry(name, "peer", DTYPES[name], absent=reason)


def _slowest(entry: Entry) -> float:
    return max(seconds(entry, stage) for stage in ("first", "again"))


def _fewer(n_values: int, m: int) -> int:
    """Take a fifth of the queries where rows have many values."""
    return m if n_values <= _MANY_VALUES else m // 5
