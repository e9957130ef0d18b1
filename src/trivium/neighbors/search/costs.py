"""Which algorithm costs less: a model whose constants were measured (`blocks.costs`).

What a tree costs depends on how the rows lie, so it is not guessed: a tree is asked for the
neighbours of some of its own rows, and what it had to look at is counted. Nothing is timed, so
that the choice is the same each time.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trivium.arrays import Floats
from trivium.blocks.costs import search_costs
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.measures import POWERS
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.search.products.costs import costs_of, pair_cost
from trivium.neighbors.search.projections.axes import effective_dimension

_FEW_ROWS = 200
_PROBES = 32
_LARGE = 1_000_000  # numbers in all the rows; smaller trees are soon built
_SOME_ROWS = 1024, 4096
_FEW_SOUGHT = 16  # of so many rows one or none is sought
_FAR_LARGER = 8  # times as many rows: a tree over some is soon built beside one over all
_MOST = 0.75  # of its rows: with them, a tree looks at (rows)^0.25 at least, measured 0.34 to 0.9
_SLOWING = 0.5  # of growth: the more rows, the less a tree looks at for each more


class Choice(NamedTuple):
    """The algorithm that is used, and why."""

    algorithm: str
    reason: str


def brute_cost(metric: Metric, n_rows: int, n_columns: int, k: int) -> float:
    """Time for a query among so many rows by `Brute` or, for other metrics, `Scan`."""
    n_candidates = k * math.log2(1.0 + n_rows / k)
    if metric.by_products:
        costs = costs_of(n_columns)
        return costs.query + costs.candidate * n_candidates + n_rows * pair_cost(n_columns)
    scan = search_costs()
    row = scan.scan_row + (scan.scan_column + _power(metric)) * n_columns
    return scan.scan_candidate * n_candidates + n_rows * row


def tree_cost(metric: Metric, looks: float, n_columns: int, k: int) -> float:
    """Time for a query that makes a tree look at so many rows and boxes, by `KDTree.probe`."""
    costs = search_costs()
    each = costs.look + (costs.look_column + _power(metric)) * n_columns
    return looks * each + k * costs.neighbor


def _power(metric: Metric) -> float:
    return search_costs().power if metric.measure.form == POWERS else 0.0


def without_trees(metric: Metric, rows: Floats) -> Choice | None:
    """Choose where no tree has to be asked, for none can win; None where one may.

    On uniform data in D columns a tree looks at most rows unless there are far more than 2^D. D
    is the number of columns that the rows effectively have (`effective_dimension`), which
    correlation makes small.
    """
    n, d = rows.shape
    if metric.of_directions:
        return Choice("brute", f"{metric.name}: unit vectors, by products")
    if n < _FEW_ROWS:
        reason = f"few rows ({n}): measuring all of them costs less than a tree"
        return Choice("brute", reason)
    dimension = float(d) if n >= 2.0 ** min(d, 64) else effective_dimension(rows)
    if n < 2.0 ** min(dimension, 64.0):
        reason = (
            f"{n} rows are too few for a tree in {d} columns "
            f"({dimension:.3g} effectively): it would look at most of them"
        )
        return Choice("brute", reason)
    return None


def choose(
    metric: Metric, rows: Floats, k: int, build: Callable[[Floats], KDTree]
) -> tuple[Choice, KDTree | None]:
    """Choose an algorithm for many queries, as many as there are rows.

    A tree is built to be asked only where it may win (`without_trees`). Where it would be
    large, small ones over some of the rows say first what to expect of it.

    Returns
    -------
    choice : Choice
    tree : KDTree or None
        The tree, where it was chosen.
    """
    chosen = without_trees(metric, rows)
    if chosen is not None:
        return chosen, None
    n, d = rows.shape
    probes, by_brute = rows[:: -(-n // _PROBES)], brute_cost(metric, n, d, k)
    if rows.size > _LARGE and n > 2 * _SOME_ROWS[1]:

        def loses(looks: float) -> bool:
            return tree_cost(metric, looks, d, k) > by_brute

        expected = _expected_looks(rows, probes, k, build, loses)
        by_tree = tree_cost(metric, expected, d, k)
        if by_tree > by_brute:
            reason = (
                f"by what trees over some of the rows look at, a query would make one over all of "
                f"them look at {expected:.2g} rows and boxes, {by_tree / 1000:.3g} µs; "
                f"all {n} rows take {by_brute / 1000:.3g} µs"
            )
            return Choice("brute", reason), None
    tree = build(rows)
    looks = tree.probe(probes, min(k + 1, n))  # each finds itself, which costs nothing
    by_tree = tree_cost(metric, looks, d, k)
    better = by_tree < by_brute
    reason = (
        f"a query makes a tree look at {looks:.0f} rows and boxes, {by_tree / 1000:.3g} µs; "
        f"all {n} rows take {by_brute / 1000:.3g} µs"
    )
    return Choice("kd_tree" if better else "brute", reason), tree if better else None


def _expected_looks(
    rows: Floats,
    probes: Floats,
    k: int,
    build: Callable[[Floats], KDTree],
    loses: Callable[[float], bool],
) -> float:
    """Extrapolate what a tree over all rows looks at from trees over some of them.

    One that looks at most of its rows to find a few tells little apart: a larger one is asked only
    if a tree that looks at ever less of its rows could win, and ever larger ones as long as they
    look at all of theirs and one over all rows might win.
    """

    def looks(size: int) -> float:
        step = rows.shape[0] // size
        some = np.ascontiguousarray(rows[step // 2 :: step][:size])
        return build(some).probe(probes, min(k + 1, size))

    n, (few, many) = rows.shape[0], _SOME_ROWS
    at_few = looks(few)
    if at_few >= _MOST * few and k <= few // _FEW_SOUGHT:
        least = float(at_few * (n / few) ** (_SLOWING if at_few >= few else _SLOWING**2))
        if loses(least):
            return least
    while True:
        at_many = looks(many)
        growth = math.log(at_many / at_few) / math.log(many / few)
        expected = float(at_many * (n / many) ** (_SLOWING * growth))
        larger = many * many // few
        if at_many < many or n < _FAR_LARGER * larger or loses(expected):
            return expected
        few, many, at_few = many, larger, at_many
