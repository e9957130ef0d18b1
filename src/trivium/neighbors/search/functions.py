"""Distances that a function computes, SciPy's or the user's, from blocks of queries to all rows."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import cut
from trivium.blocks.workers import map_in_order
from trivium.neighbors.search.given import Given

NAMED = (
    "braycurtis",
    "canberra",
    "correlation",
    "dice",
    "hamming",
    "jaccard",
    "mahalanobis",
    "rogerstanimoto",
    "russellrao",
    "seuclidean",
    "sokalsneath",
    "sqeuclidean",
    "yule",
)
"""Metrics of SciPy's that scikit-learn takes too."""

_OF_TRUTHS = ("dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath", "yule")
_DISTANCES_A_PIECE = 1 << 20


class Function(NamedTuple):
    """A metric that is computed by a function.

    Attributes
    ----------
    metric : str or callable
        Of `NAMED`, or "minkowski" with weights of columns, or a function of two rows.
    params : dict
        What it is given besides.
    """

    metric: str | Callable[..., float]
    params: dict[str, Any]

    @property
    def name(self) -> str:
        """What errors call it."""
        if isinstance(self.metric, str):
            return repr(self.metric)
        return getattr(self.metric, "__name__", type(self.metric).__name__)


class Functions:
    """Rows from which a function computes distances; every row is looked at.

    Parameters
    ----------
    function : Function
        "seuclidean" without variances V, and "mahalanobis" without the inverse VI of the
        covariances, take those of the rows.
    rows : ndarray of shape (n, d)

    Raises
    ------
    ValueError
        If a parameter of SciPy's functions has another shape than the columns ask for, or holds
        other numbers than it may; if the function fails for the first row.
    """

    def __init__(self, function: Function, rows: Floats) -> None:
        self._function = function
        self._rows = self._prepared(rows)
        self._params = {**_of_rows(function, rows), **_checked(function, rows.shape[1])}
        self._given = Given()
        try:
            self._distances(rows[:1], np.array([0]), 1)  # which need not be a number
        except Exception as error:  # a user's function may raise any: named, with its cause
            raise ValueError(f"metric={function.name} fails for row 0: {error}") from error

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""

        def run(piece: slice) -> None:
            distances = self._distances(queries[piece], skip[piece])
            self._given.nearest(distances, skip[piece], 1, (found[0][piece], found[1][piece]))

        for _ in map_in_order(run, self._pieces(queries), self._jobs(n_jobs)):
            pass

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), queries.shape[:1])

        def run(piece: slice) -> tuple[Indices, Float64, Indices]:
            distances = self._distances(queries[piece], skip[piece])
            starts, near, rows = self._given.within(distances, reach[piece], skip[piece], 1)
            return np.diff(starts), near, rows

        parts = zip(*map_in_order(run, self._pieces(queries), self._jobs(n_jobs)), strict=True)
        counts, distances, rows = (np.concatenate(part) for part in parts)
        return np.concatenate([[0], np.cumsum(counts)]), distances, rows

    def _distances(self, queries: Floats, skip: Indices, n_rows: int | None = None) -> Float64:
        """Compute distances to the first rows, or to all."""
        rows = self._rows[:n_rows]
        prepared = self._prepared(queries)
        metric: Any = self._function.metric  # the stubs know no function with arguments
        distances: Float64 = cdist(prepared, rows, metric, **self._params)
        bad = ~(distances >= 0.0)
        own = np.flatnonzero(skip >= 0)
        bad[own, skip[own]] = False  # nobody asks for a row's distance from itself
        if bad.any():
            query, row = np.argwhere(bad)[0]
            raise ValueError(
                f"metric={self._function.name} is {distances[query, row]} between "
                f"{queries[query]} and row {row}: distances are numbers that are not negative."
            )
        return distances

    def _prepared(self, rows: Floats) -> Any:
        if self._function.metric in _OF_TRUTHS:
            return rows != 0
        return np.ascontiguousarray(rows, dtype=np.float64)

    def _pieces(self, queries: Floats) -> list[slice]:
        m, n = queries.shape[0], self._rows.shape[0]
        step = max(1, _DISTANCES_A_PIECE // n)
        return cut(m, step)

    def _jobs(self, n_jobs: int | None) -> int | None:
        """Return the number of threads: one where a function of the user's is called."""
        return 1 if callable(self._function.metric) else n_jobs


def function_of(metric: Any, p: float, params: dict[str, Any]) -> Function:
    """Return the function that parameters name.

    Raises
    ------
    ValueError
        If SciPy's function takes no such parameter.
    """
    if metric == "minkowski":
        return Function(metric, {"p": p, **params})
    if isinstance(metric, str):
        takes = ["w"]
        if metric == "seuclidean":
            takes = ["V"]
        elif metric == "mahalanobis":
            takes = ["VI"]
        unknown = [name for name in params if name not in takes]
        if unknown:
            raise ValueError(
                f"metric_params has {unknown[0]!r}; metric={metric!r} takes {takes[0]!r} alone."
            )
    return Function(metric, dict(params))


def _checked(function: Function, n_columns: int) -> dict[str, Any]:
    """Return the parameters, SciPy's as copies: it reads them without asking for their size."""
    params = dict(function.params)
    if callable(function.metric):
        return params
    for name, shape, least, bound in (
        ("w", (n_columns,), 0.0, ", zero or greater"),
        ("V", (n_columns,), np.nextafter(0.0, 1.0), ", greater than zero"),
        ("VI", (n_columns, n_columns), -np.inf, ""),
    ):
        if name not in params:
            continue
        try:
            numbers = np.array(params[name], dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            numbers = np.array(np.nan)
        if numbers.shape != shape or not (np.isfinite(numbers) & (numbers >= least)).all():
            raise ValueError(
                f"metric_params[{name!r}] must hold finite numbers{bound}, in the shape {shape}, "
                f"for the {n_columns} columns."
            )
        params[name] = numbers
    return params


def _of_rows(function: Function, rows: Floats) -> dict[str, Any]:
    """Return what some functions take from the training rows, where it is not given."""
    if function.metric == "seuclidean" and "V" not in function.params:
        variances = np.var(rows, axis=0, dtype=np.float64, ddof=1) if len(rows) > 1 else None
        if variances is None or not (variances > 0).all():
            raise ValueError(
                "metric='seuclidean' divides by the variances of the columns, and one is zero: "
                "leave that column out, or give metric_params={'V': variances}."
            )
        return {"V": variances}
    if function.metric == "mahalanobis" and "VI" not in function.params:
        covariances = np.atleast_2d(np.cov(rows.astype(np.float64), rowvar=False))
        if len(rows) <= rows.shape[1] or np.linalg.matrix_rank(covariances) < rows.shape[1]:
            raise ValueError(
                "metric='mahalanobis' needs the inverse of the covariances of the columns, which "
                "depend on each other: leave columns out, or give metric_params={'VI': inverse}."
            )
        return {"VI": np.linalg.inv(covariances)}
    return {}
