"""Dask's collections as tables: their parts become partitions, labels come here as codes."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np

from trivium.arrays import Float64, Floats, Indices, Labels
from trivium.containers import as_numbers, require_unmasked
from trivium.labels import as_labels, encoded
from trivium.rows.aligned import aligned
from trivium.rows.cluster import DaskRows, Shard
from trivium.rows.given import NO_LABELS, Given
from trivium.rows.partitions import n_rows_of
from trivium.rows.workers_of_dask import Workers


class DaskTable:
    """A `dask.array.Array` or `dask.dataframe.DataFrame` to learn from, as `Elsewhere`.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame of shape (n, d)

    Raises
    ------
    TypeError
        If it is another collection of Dask's.
    ValueError
        If it is not of two dimensions, or a column holds no numbers.
    """

    def __init__(self, X: Any) -> None:
        self._X, self._names = X, None
        if is_frame(X):
            self._names = _names_of(X)
            _require_numbers(X)
            self._dtype = _dtype_of(list(X.dtypes))
        elif is_array(X):
            if X.ndim != 2:
                raise ValueError(
                    f"Expected 2D array, got a Dask array of {X.ndim} dimension(s) instead."
                )
            if X.dtype.kind == "c":
                raise ValueError("Complex data not supported: X is made of complex numbers.")
            self._dtype = _dtype_of([X.dtype])
        else:
            raise TypeError(
                f"X is a {type(X).__module__}.{type(X).__qualname__}: of Dask's collections, "
                "dask.array.Array and dask.dataframe.DataFrame are tables."
            )

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """Names of the columns; None where they have none, as those of arrays."""
        return self._names

    @property
    def n_columns(self) -> int:
        """How many there are."""
        return int(self._X.shape[1])

    def given(self, y: Any = None, sample_weight: Any = None, *, labelled: bool = True) -> Given:
        """Let the workers load the rows, and read the labels and the weights.

        Parameters
        ----------
        y : dask.array.Array, dask.dataframe.Series or array-like of shape (n,), or None
        sample_weight : as `y`
        labelled : bool
            Whether labels are wanted.

        Raises
        ------
        ImportError, ValueError
            As `Workers.current`, or if labels or weights are malformed; the message names the row.
        RuntimeError
            If rows are lost with their worker.
        """
        if labelled and y is None:
            raise ValueError("Labels are wanted of rows in Dask's collections: give y.")
        workers = Workers.current()
        data = _kept(workers, parts_of(self._X), self.n_columns, self._dtype)
        counts = workers.gather([workers.keep(n_rows_of, part) for part in data])
        shards = [Shard(*pair) for pair in zip(data, counts, strict=True)]
        rows = DaskRows(workers, shards, self.n_columns, self._dtype)
        n = rows.shape[0]
        classes, codes = _labels_of(workers, y) if labelled else (NO_LABELS, None)
        if codes is not None and codes.size != n:
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: X has "
                f"{n} rows, but y has {codes.size}."
            )
        return Given(rows, classes, codes, _weights_of(workers, sample_weight, n))


def is_frame(X: Any) -> bool:
    """Whether a collection is a table with named columns."""
    return _is_a(X, "DataFrame")


def is_array(X: Any) -> bool:
    """Whether a collection is an array."""
    return _is_a(X, "Array")


def _is_a(X: Any, *names: str) -> bool:
    """Whether it is of one of Dask's classes; a `Delayed` would say yes to any question."""
    return any(is_collection(kind) and kind.__name__ in names for kind in type(X).__mro__)


def is_collection(values: Any) -> bool:
    """Whether this is a collection of Dask's, or a class of them, without importing Dask for it."""
    kind = values if isinstance(values, type) else type(values)
    return kind.__module__.partition(".")[0] in ("dask", "dask_expr")


def parts_of(X: Any) -> list[Any]:
    """Return the parts of a collection, each of which is to be computed, with all its columns."""
    from dask.core import flatten
    from dask.delayed import Delayed
    from dask.highlevelgraph import HighLevelGraph

    if is_array(X) and X.ndim == 2 and len(X.chunks[1]) > 1:
        X = X.rechunk({1: -1})
    if not _is_a(X, "Array", "DataFrame", "Series"):
        raise TypeError(
            f"Labels or weights are a {type(X).__module__}.{type(X).__qualname__}: of Dask's "
            "collections, arrays, series and tables have a value a row."
        )
    if hasattr(X, "optimize"):  # of tables and series
        X = X.optimize(fuse=False)
    graph, keys = _renamed(dict(X.__dask_graph__()))
    own = f"trivium-parts-{uuid4()}"
    whole = HighLevelGraph.from_collections(own, graph, dependencies=())
    make: Any = Delayed  # which has no types, nor has the other
    flat: Any = flatten
    return [make(keys.get(key, key), whole, layer=own) for key in flat(X.__dask_keys__())]


def _renamed(graph: dict[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Give the tasks of a graph that was not fused keys of their own: the graph, and new keys.

    Else tasks of a filtered table, of its labels and of what was predicted for it would share keys
    and, fused with others in each graph, not be the same. Dask then warns that it may deadlock.
    What is no task, as numbers and futures, is alike everywhere.
    """
    tasks = [key for key, value in graph.items() if hasattr(value, "dependencies")]
    functions = [getattr(graph[key], "func", None) for key in tasks]
    are_fused = any(getattr(f, "__name__", "") == "_execute_subgraph" for f in functions)
    if are_fused or any(type(value) in (tuple, list) for value in graph.values()):
        return graph, {}  # by the user, or in an older form, within which keys cannot be told
    own = f"trivium-part-{uuid4()}"
    new = {key: (own, number) for number, key in enumerate(tasks)}
    renamed = {new[key]: graph[key].substitute(new, key=new[key]) for key in tasks}
    return {key: value for key, value in graph.items() if key not in new} | renamed, new


def _kept(
    workers: Workers, parts: Sequence[Any], n_columns: int, dtype: np.dtype[Any]
) -> list[Any]:
    """Compute parts where they are to stay, as rows."""
    from dask.delayed import delayed

    made = delayed(as_rows, pure=False)
    futures: list[Any] = workers.client.compute(
        [made(part, n_columns, dtype, place) for place, part in enumerate(parts)]
    )
    workers.watch(futures)
    return futures


def as_rows(part: Any, n_columns: int, dtype: np.dtype[Any], number: int) -> Floats:
    """Return a part of a collection as a C-ordered array.

    Raises
    ------
    ValueError, TypeError
        If it is no table of numbers; the message names the partition, and the column if known.
    """
    name = f"Partition {number} of X"
    require_unmasked(part, name)
    if not hasattr(part, "__array__"):
        raise TypeError(
            f"{name} is a {type(part).__module__}.{type(part).__qualname__}: expected a NumPy "
            "array or a table of pandas."
        )
    if hasattr(part, "to_numpy"):
        numbers = _of_frame(part, dtype, name)
    else:
        try:
            numbers = np.asarray(part, dtype=dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} holds something that is no number: {error}.") from error
    if numbers.ndim != 2 or numbers.shape[1] != n_columns:
        raise ValueError(f"{name} has the shape {numbers.shape}; expected {n_columns} columns.")
    rows: Floats = aligned(np.ascontiguousarray(numbers))
    return rows


def _of_frame(part: Any, dtype: np.dtype[Any], name: str) -> Floats:
    """Return a table of pandas as an array; what is missing is NaN."""
    out = np.empty(part.shape, dtype=dtype)
    for place, column in enumerate(part.columns):
        try:
            out[:, place] = part.iloc[:, place].to_numpy(dtype=dtype, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} holds no numbers in column {column!r}: {error}.") from error
    return out


def _labels_of(workers: Workers, y: Any) -> tuple[Labels, Indices]:
    """Return the classes, and each row's, in the smallest type of integers that has room."""
    if not is_collection(y):
        classes, codes = encoded(as_labels(y))
        return classes, codes.astype(_smallest(classes.size))
    parts = workers.client.compute(parts_of(y))
    workers.watch(parts)
    found = workers.gather([workers.keep(encoded_part, part, n) for n, part in enumerate(parts)])
    named = [classes for classes, _ in found if classes.size]
    if not named:
        return NO_LABELS, np.empty(0, dtype=np.uint8)
    classes, places = encoded(as_labels(np.concatenate(named)))
    of_parts = np.split(places.astype(_smallest(classes.size)), np.cumsum(list(map(len, named))))
    within_parts = [within for own, within in found if own.size]
    pairs = zip(of_parts[:-1], within_parts, strict=True)
    return classes, np.concatenate([own[within] for own, within in pairs])


def encoded_part(part: Any, number: int) -> tuple[Labels, Indices]:
    """Encode the labels of a partition, by those that it has.

    Raises
    ------
    ValueError, TypeError
        As `as_labels`; the message names the partition.
    """
    if not len(part):
        return NO_LABELS, np.empty(0, dtype=np.uint8)
    classes, codes = encoded(as_labels(part, f"Partition {number} of y"))
    return classes, codes.astype(_smallest(classes.size))


def _smallest(n_classes: int) -> np.dtype[Any]:
    return np.min_scalar_type(max(n_classes - 1, 0))


def _weights_of(workers: Workers, weights: Any, n_rows: int) -> Float64 | None:
    """Bring weights here, and check them."""
    if weights is None:
        return None
    if is_collection(weights):
        parts = workers.client.compute(parts_of(weights))
        workers.watch(parts)
        found = workers.gather(parts)
        weights = np.concatenate([as_numbers(part, "sample_weight") for part in found])
    given: Float64 = as_numbers(weights, "sample_weight")
    if given.ndim == 0:
        given = np.full(n_rows, given)
    if given.shape != (n_rows,):
        raise ValueError(
            f"sample_weight has shape {given.shape}; expected ({n_rows},), one weight a row."
        )
    bad = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if bad.size:
        raise ValueError(
            f"sample_weight must be finite and not negative; row {bad[0]} weighs {given[bad[0]]}."
        )
    return given


def _names_of(X: Any) -> tuple[str, ...] | None:
    """Return the names of columns, if they are strings; None if none is.

    Raises
    ------
    TypeError
        If some are strings and some are not.
    """
    names = list(X.columns)
    texts = [isinstance(name, str) for name in names]
    if all(texts):
        return tuple(names)
    if any(texts):
        raise TypeError("The names of the columns of X are strings and others: make all strings.")
    return None


def _dtype_of(dtypes: list[Any]) -> np.dtype[Any]:
    """float32 where NumPy's type of all columns is, else float64."""
    are_plain = bool(dtypes) and all(isinstance(dtype, np.dtype) for dtype in dtypes)
    is_short = are_plain and np.result_type(*dtypes) == np.float32
    return np.dtype(np.float32 if is_short else np.float64)


def _require_numbers(X: Any) -> None:
    """Raise a ValueError at the first column whose type is none of numbers."""
    for name, dtype in zip(X.columns, X.dtypes, strict=True):
        kind = getattr(dtype, "kind", "O")
        if kind not in "biuf" and not (isinstance(dtype, np.dtype) and kind == "O"):
            raise ValueError(
                f"X holds {dtype} in column {name!r}: expected numbers. Leave the column out, or "
                "make numbers of it."
            )
