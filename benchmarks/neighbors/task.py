"""A search: rows, queries, and how many neighbours on how many threads."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


_FEW_COLUMNS, _ROWS_OF_TRIALS, _QUERIES_OF_TRIALS = 16, 10_000, 2_000


class Found(NamedTuple):
    """Lists of neighbours, each of shape (n_queries, k)."""

    distances: Array
    indices: Array


@dataclass(frozen=True)
class Task:
    """Rows of shape (n, d) and queries of shape (m, d), both float64."""

    rows: Array
    queries: Array
    k: int = 10
    threads: int = 2

    def of(self, dtype: str) -> tuple[Array, Array]:
        """Rows and queries in a data type."""
        return self._float32 if dtype == "float32" else (self.rows, self.queries)

    @cached_property
    def _float32(self) -> tuple[Array, Array]:
        return self.rows.astype(np.float32), self.queries.astype(np.float32)

    def smaller(self) -> "Task":
        """Take fewer queries, and fewer rows where columns are too many for trees."""
        few = self.rows.shape[1] <= _FEW_COLUMNS
        rows = self.rows if few else self.rows[:_ROWS_OF_TRIALS]
        return Task(rows, self.queries[:_QUERIES_OF_TRIALS], self.k, self.threads)

    def __str__(self) -> str:
        n, d = self.rows.shape
        return f"{n:,} rows, {self.queries.shape[0]:,} queries, {d} columns, k = {self.k}"
