"""The contenders of a search.

Each is imported when it is asked for, so that one that is not installed is absent.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.peers import limit_intel, make_or_miss
from benchmarks.harness.tables import SUBJECT
from benchmarks.harness.timing import Absent, Contender, two_steps
from benchmarks.neighbors.task import Array, Found, Task

TRIVIUM = SUBJECT
INTEL32 = "scikit-learn-intelex brute, float32"
INTEL64 = "scikit-learn-intelex brute"
INTEL_TREE = "scikit-learn-intelex kd_tree"
FAISS = "FAISS IndexFlatL2"
SKLEARN = "scikit-learn brute"
SKLEARN_TREE = "scikit-learn kd_tree"
SCIPY = "SciPy cKDTree"
PYKDTREE = "pykdtree"
PRODUCT32 = "bare product, float32"
PRODUCT64 = "bare product"

_TILE_QUERIES, _TILE_ROWS = 256, 1024


def trivium(task: Task) -> Contender:
    """`trivium.NearestNeighbors`, choosing by itself."""
    from trivium import NearestNeighbors

    make = lambda: NearestNeighbors(n_neighbors=task.k, n_jobs=task.threads)  # noqa: E731
    return _estimator(TRIVIUM, make, task, role="subject")


def sklearn(task: Task, algorithm: str) -> Contender:
    """scikit-learn's `NearestNeighbors`."""
    from sklearn.neighbors import NearestNeighbors

    def make() -> Any:
        return NearestNeighbors(n_neighbors=task.k, algorithm=algorithm, n_jobs=task.threads)

    return _estimator(SKLEARN_TREE if algorithm == "kd_tree" else SKLEARN, make, task)


def intel(task: Task, algorithm: str, dtype: str = "float64") -> Contender:
    """scikit-learn-intelex's `NearestNeighbors`, without patching scikit-learn."""
    limit_intel(task.threads)
    from sklearnex.neighbors import NearestNeighbors

    def make() -> Any:
        return NearestNeighbors(n_neighbors=task.k, algorithm=algorithm, n_jobs=task.threads)

    brute = INTEL32 if dtype == "float32" else INTEL64
    return _estimator(INTEL_TREE if algorithm == "kd_tree" else brute, make, task, dtype=dtype)


def faiss(task: Task) -> Contender:
    """FAISS's exhaustive search."""
    import faiss

    rows, queries = task.of("float32")

    def build() -> Any:
        faiss.omp_set_num_threads(task.threads)
        index = faiss.IndexFlatL2(rows.shape[1])
        index.add(rows)
        return index

    def finish(found: tuple[Array, Array]) -> Found:
        return Found(np.sqrt(np.maximum(found[0], 0)), found[1])  # it reports squares

    return two_steps(
        FAISS, build, lambda index: index.search(queries, task.k), dtype="float32", finish=finish
    )


def scipy(task: Task) -> Contender:
    """SciPy's tree."""
    from scipy.spatial import cKDTree

    return two_steps(
        SCIPY,
        lambda: cKDTree(task.rows),
        lambda tree: tree.query(task.queries, task.k, workers=task.threads),
        finish=_found,
    )


def pykdtree(task: Task) -> Contender:
    """pykdtree; its threads are those of OpenMP."""
    from pykdtree.kdtree import KDTree

    return two_steps(
        PYKDTREE,
        lambda: KDTree(task.rows),
        lambda tree: tree.query(task.queries, k=task.k),
        finish=lambda found: Found(found[0], found[1].astype(np.intp)),
    )


def bare_product(task: Task, dtype: str) -> Contender:
    """Product of queries and rows in tiles, a thread a band of queries; nothing is kept."""
    from threadpoolctl import threadpool_limits

    rows, queries = task.of(dtype)
    columns = [rows[at : at + _TILE_ROWS].T for at in range(0, len(rows), _TILE_ROWS)]
    bands = [queries[at : at + _TILE_QUERIES] for at in range(0, len(queries), _TILE_QUERIES)]

    def multiply(band: Array) -> None:
        tile = np.empty((len(band), _TILE_ROWS), dtype=dtype)
        for each in columns:
            np.matmul(band, each, out=tile[:, : each.shape[1]])

    def work(_: None) -> None:
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(task.threads) as pool:
            list(pool.map(multiply, bands))

    name = PRODUCT32 if dtype == "float32" else PRODUCT64
    made = two_steps(name, lambda: None, work, role="limit", dtype=dtype)
    return Contender(made.name, made.role, made.dtype, None, made.lap)


MAKERS: dict[str, tuple[str, Callable[[Task], Contender]]] = {
    TRIVIUM: ("float64", trivium),
    INTEL32: ("float32", lambda task: intel(task, "brute", "float32")),
    INTEL64: ("float64", lambda task: intel(task, "brute")),
    FAISS: ("float32", faiss),
    SKLEARN: ("float64", lambda task: sklearn(task, "brute")),
    SKLEARN_TREE: ("float64", lambda task: sklearn(task, "kd_tree")),
    INTEL_TREE: ("float64", lambda task: intel(task, "kd_tree")),
    SCIPY: ("float64", scipy),
    PYKDTREE: ("float64", pykdtree),
    PRODUCT32: ("float32", lambda task: bare_product(task, "float32")),
    PRODUCT64: ("float64", lambda task: bare_product(task, "float64")),
}
"""Contenders by name, with the data type that each works in."""

DTYPES = {name: dtype for name, (dtype, _) in MAKERS.items()}
BRUTE = (TRIVIUM, INTEL32, INTEL64, FAISS, SKLEARN, PRODUCT32, PRODUCT64)
TREES = (TRIVIUM, PYKDTREE, SCIPY, SKLEARN_TREE, INTEL_TREE)


def contenders(task: Task, names: Iterable[str]) -> list[Contender | Absent]:
    """Make contenders by name; one that cannot be imported is absent."""
    return [make_or_miss(name, DTYPES[name], partial(MAKERS[name][1], task)) for name in names]


def _estimator(
    name: str, make: Callable[[], Any], task: Task, *, role: Any = "peer", dtype: str = "float64"
) -> Contender:
    rows, queries = task.of(dtype)
    return two_steps(
        name,
        lambda: make().fit(rows),
        lambda model: model.kneighbors(queries),
        role=role,
        dtype=dtype,
        finish=_found,
    )


def _found(answer: tuple[Array, Array]) -> Found:
    return Found(*answer)
