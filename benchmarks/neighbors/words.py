"""Case: sparse rows as texts have them, by the cosine of their angle."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from benchmarks.harness.peers import make_or_miss
from benchmarks.harness.results import Case
from benchmarks.harness.suite import Check, Disagreement, run_race
from benchmarks.harness.timing import Conditions, Contender, two_steps
from benchmarks.neighbors.peers import TRIVIUM
from benchmarks.neighbors.task import Array, Found

SKLEARN = "scikit-learn brute"
SKLEARN_ONE = "scikit-learn brute, one thread"

_SLACK = 1e-12  # of cosines that products of unit vectors round
_QUERIES_A_BLOCK = 100
_MEASURED = 20  # queries whose distances are compared bit for bit


def texts(n: int, d: int, stored: int, seed: int = 0) -> csr_array:
    """Weigh words of texts by how rare they are (TF-IDF), where few words are common.

    Parameters
    ----------
    n, d : int
        Number of texts, and of words.
    stored : int
        About how many different words a text has.
    seed : int
    """
    rng = np.random.default_rng(seed)
    chance = 1.0 / (np.arange(d) + 10.0)
    drawn = n * round(1.15 * stored)  # some come more than once
    words = np.searchsorted(np.cumsum(chance) / chance.sum(), rng.random(drawn))
    shuffled = rng.permutation(d)[np.minimum(words, d - 1)]
    places = np.repeat(np.arange(n), drawn // n).astype(np.int32), shuffled.astype(np.int32)
    counts = csr_array((np.ones(drawn), places), shape=(n, d))
    counts.sum_duplicates()
    rare = np.log((1.0 + n) / (1.0 + np.bincount(counts.indices, minlength=d))) + 1.0
    counts.data = (1.0 + np.log(counts.data)) * rare[counts.indices]
    lengths = np.sqrt(counts.multiply(counts).sum(axis=1))
    counts.data /= np.repeat(lengths, np.diff(counts.indptr))
    return counts


def words_case(conditions: Conditions) -> Case:
    """Texts like some, among many."""
    n, m = conditions.size(50_000, 2_000), conditions.size(1_000, 100)
    table = texts(n + m, conditions.size(100_000, 5_000), 60)
    rows, queries = table[:n], table[n:]
    k, threads = 10, conditions.threads
    label = (
        f"texts: {n:,} rows, {m:,} queries, {rows.shape[1]:,} columns, "
        f"{rows.nnz / n:.0f} stored a row, k = {k}"
    )
    print(label, flush=True)
    makers = {
        TRIVIUM: partial(_contender, TRIVIUM, _trivium, rows, queries, k, threads),
        SKLEARN: partial(_contender, SKLEARN, _sklearn, rows, queries, k, threads),
        SKLEARN_ONE: partial(_contender, SKLEARN_ONE, _sklearn, rows, queries, k, 1),
    }
    contenders = [make_or_miss(name, "float64", make) for name, make in makers.items()]
    check = check_texts(rows, queries, TRIVIUM)
    return Case("words", [run_race(label, contenders, conditions, check, items=m)])


def check_texts(rows: csr_array, queries: csr_array, subject: str) -> Check:
    """Make the check of a race whose answers are lists by cosine distance.

    Every list has to hold the nearest rows as far as rounding can tell, and the subject's
    distances, for some queries, the bits of a sum over all columns.
    """

    def check(answers: dict[str, Found]) -> dict[str, str]:
        exact = answers[subject]
        sample = np.linspace(0, queries.shape[0] - 1, _MEASURED).astype(np.intp)
        for q in sample:
            right = plain_cosines(rows[exact.indices[q]].toarray(), queries[[q]].toarray())
            if not np.array_equal(right, exact.distances[q]):
                raise Disagreement(f"{subject}: distances of query {q} are not the exact ones.")
        said = {}
        for name, found in answers.items():
            require_nearest(rows, queries, found, name)
            other = int((found.indices != exact.indices).any(axis=1).sum())
            said[name] = f"agree; {other:,} lists differ" if other else "agree"
        said[subject] = f"exact ({_MEASURED} queries against sums over all columns)"
        return said

    return check


def plain_cosines(rows: Array, query: Array) -> Array:
    """Halve the squared differences of unit vectors, summed over the columns in order."""
    units = [each / np.sqrt(np.square(each).sum(axis=1))[:, None] for each in (rows, query)]
    halves: Array = 0.5 * np.cumsum(np.square(units[1] - units[0]), axis=1)[:, -1]
    return halves


def require_nearest(rows: csr_array, queries: csr_array, found: Found, name: str) -> None:
    """Raise a `Disagreement` unless lists hold the nearest rows and their distances."""
    turned = rows.T.tocsr()
    for start in range(0, queries.shape[0], _QUERIES_A_BLOCK):
        some = slice(start, start + _QUERIES_A_BLOCK)
        distances = 1.0 - (queries[some] @ turned).toarray()
        k = found.indices.shape[1]
        least = np.sort(np.partition(distances, k - 1, axis=1)[:, :k], axis=1)
        listed = np.take_along_axis(distances, found.indices[some], axis=1)
        twice = np.diff(np.sort(found.indices[some], axis=1), axis=1) == 0
        for each in (found.distances[some], listed):
            if not (np.abs(each - least) <= _SLACK).all() or twice.any():
                raise Disagreement(f"{name}: lists of queries from {start} on are wrong.")


def _trivium(k: int, threads: int) -> Any:
    from trivium import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, metric="cosine", n_jobs=threads)


def _sklearn(k: int, threads: int) -> Any:
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine", n_jobs=threads)


def _contender(
    name: str,
    make: Callable[[int, int], Any],
    rows: csr_array,
    queries: csr_array,
    k: int,
    threads: int,
) -> Contender:
    make(k, threads)  # raises where it is not installed
    return two_steps(
        name,
        lambda: make(k, threads).fit(rows),
        lambda model: model.kneighbors(queries),
        role="subject" if name == TRIVIUM else "peer",
        finish=lambda answer: Found(*answer),
    )
