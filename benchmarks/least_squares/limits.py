"""Work that no fit through the Gram matrix can do without."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.linalg.blas import dsyrk
from threadpoolctl import ThreadpoolController

from benchmarks.harness.timing import Contender, one_step
from benchmarks.least_squares.task import Task
from benchmarks.linear.data import Array

BLOCKED = "bare dsyrk in blocks"
PLAIN = "bare dsyrk"
READ = "one read of the rows"
LIMITS = (BLOCKED, PLAIN, READ)
_BLOCK_BYTES = 1 << 20


def bare_product(task: Task, name: str, library: str = "SciPy") -> Contender:
    """Sum of squares and products of the columns, or of the values."""
    work = {
        BLOCKED: lambda: products_in_blocks(task.X, task.threads),
        PLAIN: lambda: task.X.T @ task.X if library == "NumPy" else dsyrk(1.0, task.X.T),
        READ: task.X.sum,
    }[name]
    return one_step(name, work, role="limit", compared=False)


def products_in_blocks(X: Array, threads: int) -> Array:
    """Upper triangle of XᵀX, a thread a share of the rows, in blocks that fit a cache.

    Every thread has one BLAS thread and a matrix of its own.
    """
    n, d = X.shape
    length = max(_BLOCK_BYTES // (8 * d), 64)

    def share(rows: slice) -> Array:
        products = np.zeros((d, d), order="F")
        for start in range(rows.start, rows.stop, length):
            block = X[start : min(start + length, rows.stop)]
            dsyrk(1.0, block.T, beta=1.0, c=products, overwrite_c=True)
        return products

    cuts = np.linspace(0, n, threads + 1).astype(int).tolist()
    shares = [slice(*ends) for ends in pairwise(cuts)]
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(share, shares), start=np.zeros((d, d)))


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    """Look for loaded libraries, once: it takes longer than a small product."""
    return ThreadpoolController()
