"""Whether the answers agree.

Trivium's must equal plain float64 direct differences exactly. A peer's lists must be
right within the rounding of its data type: many expand |q - x|² into a product of
matrices, whose error grows with the lengths of q and x and the number of columns.
"""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.harness.suite import Check, Disagreement
from benchmarks.harness.timing import base_name
from benchmarks.neighbors.task import Array, Found, Task

_CELLS_OF_TRUTH = 150_000_000
_QUERIES_OF_TRUTH = (3, 20)
_QUERIES_A_BLOCK = 500


def check_lists(task: Task, subject: str, dtypes: Mapping[str, str]) -> Check:
    """Make the check of a race whose answers are `Found`.

    Parameters
    ----------
    task : Task
    subject : str
        Name of the contender that must be exact.
    dtypes : mapping of str to str
        Data type that each contender works in.
    """

    def check(answers: dict[str, Found]) -> dict[str, str]:
        exact = answers[subject]
        n = require_exact(task, exact)
        said = {subject: f"exact ({n} queries against plain differences)"}
        for name, found in answers.items():
            if name != subject:
                said[name] = compare(task, exact, found, dtypes[base_name(name)], name)
        return said

    return check


def require_exact(task: Task, found: Found) -> int:
    """Compare with plain differences for a sample of the queries, bit for bit.

    Returns
    -------
    int
        Number of queries in the sample.

    Raises
    ------
    Disagreement
        If one list differs.
    """
    least, most = _QUERIES_OF_TRUTH
    size = min(max(_CELLS_OF_TRUTH // task.rows.size, least), most, len(task.queries))
    sample = np.linspace(0, len(task.queries) - 1, size).astype(np.intp)
    truth = plain_nearest(task.rows, task.queries[sample], task.k)
    for q, distances, indices in zip(sample, *truth, strict=True):
        if not (
            np.array_equal(found.indices[q], indices)
            and np.array_equal(found.distances[q], distances)
        ):
            raise Disagreement(f"Trivium: the neighbours of query {q} are not the exact ones.")
    return size


def plain_nearest(rows: Array, queries: Array, k: int) -> Found:
    """Sum squared differences over the columns in order; sort by (distance, row number)."""
    total = np.zeros((len(queries), len(rows)))
    for column, values in zip(rows.T, queries.T, strict=True):
        difference = values[:, None] - np.ascontiguousarray(column)
        difference *= difference
        total += difference
    distances = np.sqrt(total)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return Found(np.take_along_axis(distances, order, axis=1), order)


def compare(task: Task, exact: Found, found: Found, dtype: str, name: str) -> str:
    """Say how a peer's lists agree with the exact ones.

    A list is wrong if a reported distance, or the true distance of a row in it, is off
    by more than rounding, if a row is in it twice, or if a number is that of no row.

    Raises
    ------
    Disagreement
        If a peer that works in float64 has a wrong list.
    """
    n_wrong = int(wrong_lists(task, exact, found, dtype).sum())
    if n_wrong and dtype == "float64":
        raise Disagreement(f"{name}: {n_wrong} of {len(found.indices)} lists are wrong.")
    n_other = int((found.indices != exact.indices).any(axis=1).sum())
    if n_wrong:
        return f"**{n_wrong:,} lists wrong**, {n_other:,} differ"
    return f"agree; {n_other:,} lists differ" if n_other else "agree"


def wrong_lists(task: Task, exact: Found, found: Found, dtype: str) -> Array:
    """Tell which lists are wrong by more than rounding.

    Squares are compared. The bound is that of a sum of d + 4 rounded terms of the size
    of (|q| + |x|)².

    Returns
    -------
    ndarray of bool, shape (n_queries,)
    """
    rounding = (task.rows.shape[1] + 4) * float(np.finfo(dtype).eps)
    reach = np.sqrt(np.einsum("ij,ij->i", task.rows, task.rows).max())
    lengths = np.sqrt(np.einsum("ij,ij->i", task.queries, task.queries))
    slack = (rounding * (lengths + reach) ** 2)[:, None]
    numbers = np.clip(found.indices, 0, len(task.rows) - 1)
    ordered = np.sort(numbers, axis=1)
    wrong: Array = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    wrong |= (numbers != found.indices).any(axis=1)
    squares = np.square(exact.distances)
    reported = np.square(found.distances.astype(np.float64))
    wrong |= ~(np.abs(reported - squares) <= slack).all(axis=1)  # NaN is wrong, too
    for start in range(0, len(wrong), _QUERIES_A_BLOCK):
        block = slice(start, start + _QUERIES_A_BLOCK)
        differences = task.queries[block, None, :] - task.rows[numbers[block]]
        true = np.einsum("qkj,qkj->qk", differences, differences)
        wrong[block] |= (np.abs(true - squares[block]) > slack[block]).any(axis=1)
    return wrong


def check_labels(subject: str, tied: Array) -> Callable[[dict[str, Array]], dict[str, str]]:
    """Make the check of a race whose answers are classes: all must say the same.

    Parameters
    ----------
    subject : str
    tied : ndarray of bool, shape (n_queries,)
        Where several classes have the most votes; there any of them may be said.
    """

    def check(answers: dict[str, Array]) -> dict[str, str]:
        said = {}
        for name, labels in answers.items():
            other = labels != answers[subject]
            if (other & ~tied).any():
                raise Disagreement(f"{name}: {int((other & ~tied).sum())} classes are wrong.")
            said[name] = f"agree; {int(other.sum()):,} ties differ" if other.any() else "agree"
        return said

    return check
