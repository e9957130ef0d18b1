"""The contenders of a search.

Each is imported when it is asked for, so that one that is not installed is absent.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.peers import limit_intel, make_or_miss
from benchmarks.harness.settings import Setting, kernels, options
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
NANOFLANN = "pynanoflann"
FLANNRUST = "flannrust"
USEARCH = "usearch, exact"
PRODUCT32 = "bare product, float32"
PRODUCT64 = "bare product"

_TILE_QUERIES, _TILE_ROWS = 256, 1024


def trivium(task: Task) -> Contender:
    """`trivium.NearestNeighbors`, choosing by itself."""
    from trivium import NearestNeighbors

    make = lambda: NearestNeighbors(n_neighbors=task.k, n_jobs=task.threads)  # noqa: E731
    return _estimator(TRIVIUM, make, task, role="subject")


def sklearn(task: Task, name: str, algorithm: str, leaf_size: int = 30) -> Contender:
    """scikit-learn's `NearestNeighbors`."""
    from sklearn.neighbors import NearestNeighbors

    def make() -> Any:
        return NearestNeighbors(
            n_neighbors=task.k, algorithm=algorithm, leaf_size=leaf_size, n_jobs=task.threads
        )

    return _estimator(name, make, task)


def intel(task: Task, name: str, algorithm: str, dtype: str = "float64") -> Contender:
    """scikit-learn-intelex's `NearestNeighbors`, without patching scikit-learn."""
    limit_intel(task.threads)
    from sklearnex.neighbors import NearestNeighbors

    def make() -> Any:
        return NearestNeighbors(n_neighbors=task.k, algorithm=algorithm, n_jobs=task.threads)

    return _estimator(name, make, task, dtype=dtype)


def faiss(task: Task) -> Contender:
    """FAISS's exhaustive search."""
    import faiss

    rows, queries = task.of("float32")

    def build() -> Any:
        faiss.omp_set_num_threads(task.threads)
        index = faiss.IndexFlatL2(rows.shape[1])
        index.add(rows)
        return index

    return two_steps(
        FAISS,
        build,
        lambda index: index.search(queries, task.k),
        dtype="float32",
        finish=lambda found: _of_squares(*found),
    )


def usearch(task: Task) -> Contender:
    """Search exhaustively by usearch, which prepares nothing."""
    from usearch.index import MetricKind, search

    rows, queries = task.of("float32")

    def ask(_: None) -> Any:
        return search(
            rows, queries, task.k, MetricKind.L2sq, exact=True, threads=task.threads, dtype="f32"
        )

    return two_steps(
        USEARCH,
        lambda: None,
        ask,
        dtype="float32",
        finish=lambda found: _of_squares(found.distances, found.keys.astype(np.intp)),
    )


def scipy(task: Task, leafsize: int = 16) -> Contender:
    """SciPy's tree."""
    from scipy.spatial import cKDTree

    return two_steps(
        SCIPY,
        lambda: cKDTree(task.rows, leafsize=leafsize),
        lambda tree: tree.query(task.queries, task.k, workers=task.threads),
        finish=_found,
    )


def pykdtree(task: Task, leafsize: int = 16) -> Contender:
    """pykdtree; its threads are those of OpenMP."""
    from pykdtree.kdtree import KDTree

    return two_steps(
        PYKDTREE,
        lambda: KDTree(task.rows, leafsize=leafsize),
        lambda tree: tree.query(task.queries, k=task.k),
        finish=lambda found: Found(found[0], found[1].astype(np.intp)),
    )


def nanoflann(task: Task, leaf_size: int = 10) -> Contender:
    """Search the tree of nanoflann, through pynanoflann."""
    from pynanoflann import KDTree

    def build() -> Any:
        tree = KDTree(n_neighbors=task.k, leaf_size=leaf_size, metric="l2")
        tree.fit(task.rows)
        return tree

    return two_steps(
        NANOFLANN,
        build,
        lambda tree: tree.kneighbors(task.queries, n_jobs=task.threads),
        finish=lambda found: Found(found[0], found[1].astype(np.intp)),
    )


def flannrust(task: Task, leaf_size: int = 10) -> Contender:
    """Search the tree of flannrust, which reports squares."""
    from flannrust import KDTree

    return two_steps(
        FLANNRUST,
        lambda: KDTree(task.rows, leaf_size=leaf_size, threads=task.threads),
        lambda tree: tree.query(task.queries, task.k, workers=task.threads),
        finish=lambda found: _of_squares(found[0], found[1].astype(np.intp)),
    )


def bare_product(task: Task, name: str, dtype: str) -> Contender:
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

    made = two_steps(name, lambda: None, work, role="limit", dtype=dtype)
    return Contender(made.name, made.role, made.dtype, None, made.lap)


MAKERS: dict[str, tuple[str, Callable[..., Contender]]] = {
    TRIVIUM: ("float64", trivium),
    INTEL32: ("float32", partial(intel, name=INTEL32, algorithm="brute", dtype="float32")),
    INTEL64: ("float64", partial(intel, name=INTEL64, algorithm="brute")),
    FAISS: ("float32", faiss),
    USEARCH: ("float32", usearch),
    SKLEARN: ("float64", partial(sklearn, name=SKLEARN, algorithm="brute")),
    SKLEARN_TREE: ("float64", partial(sklearn, name=SKLEARN_TREE, algorithm="kd_tree")),
    INTEL_TREE: ("float64", partial(intel, name=INTEL_TREE, algorithm="kd_tree")),
    SCIPY: ("float64", scipy),
    PYKDTREE: ("float64", pykdtree),
    NANOFLANN: ("float64", nanoflann),
    FLANNRUST: ("float64", flannrust),
    PRODUCT32: ("float32", partial(bare_product, name=PRODUCT32, dtype="float32")),
    PRODUCT64: ("float64", partial(bare_product, name=PRODUCT64, dtype="float64")),
}
"""Contenders by name, with the data type that each works in."""

DTYPES = {name: dtype for name, (dtype, _) in MAKERS.items()}
BRUTE = (TRIVIUM, INTEL32, INTEL64, FAISS, USEARCH, SKLEARN, PRODUCT32, PRODUCT64)
WIDE = (TRIVIUM, INTEL32, FAISS, PRODUCT32)
"""Of hundreds of columns, where a search by the others takes up to half a minute."""

TREES = (TRIVIUM, PYKDTREE, SCIPY, SKLEARN_TREE, INTEL_TREE, NANOFLANN, FLANNRUST)


def settings() -> dict[str, list[Setting]]:
    """List what is tried of each, beside as it comes."""
    products = dict.fromkeys((FAISS, SKLEARN, PRODUCT32, PRODUCT64), kernels())
    return {
        **products,
        SKLEARN_TREE: options("leaf_size", (15, 60)),
        SCIPY: options("leafsize", (8, 32)),
        PYKDTREE: options("leafsize", (8, 32)),
        NANOFLANN: options("leaf_size", (20, 40)),
        FLANNRUST: options("leaf_size", (20, 40)),
    }


def make(task: Task, name: str, **chosen: Any) -> Contender | Absent:
    """Make a contender by name; one that cannot be imported is absent."""
    dtype, maker = MAKERS[name]
    return make_or_miss(name, dtype, lambda: maker(task, **chosen))


def contenders(task: Task, names: Iterable[str]) -> list[Contender | Absent]:
    """Make contenders by name, each as it comes."""
    return [make(task, name) for name in names]


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


def _of_squares(squares: Array, indices: Array) -> Found:
    return Found(np.sqrt(np.maximum(squares, 0)), indices)


def _found(answer: tuple[Array, Array]) -> Found:
    return Found(*answer)
