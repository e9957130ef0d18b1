"""Tables whose rows are no array: what the door of every fit and prediction asks of them."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from trivium.rows.given import NO_LABELS as NO_LABELS
from trivium.rows.given import Given as Given


@runtime_checkable
class Elsewhere(Protocol):
    """A table whose rows are in files, or on a cluster."""

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """Names of the columns to learn from; None where they have none."""

    @property
    def n_columns(self) -> int:
        """How many there are."""

    def given(self, y: Any = None, sample_weight: Any = None, *, labelled: bool = True) -> Given:
        """Read the labels and the weights.

        Parameters
        ----------
        y, sample_weight : as given to ``fit``
            None where the table has a column of them.
        labelled : bool
            Whether labels are wanted.

        Raises
        ------
        ValueError
            If labels are wanted and there are none, or are named twice, or one is missing; the
            message names the file and the row.
        """


def has_labels(X: Any) -> bool:
    """Whether X is such a table, with a column of labels."""
    table = elsewhere_of(X)
    return table is not None and bool(getattr(table, "has_labels", False))


def elsewhere_of(X: Any) -> Elsewhere | None:
    """Return a table whose rows are no array: itself, or one that stands for Dask's; else None."""
    if isinstance(X, np.ndarray):
        return None
    if is_of_dask(X):
        from trivium.rows.dask_tables import DaskTable

        table: Elsewhere = DaskTable(X)
        return table
    return X if isinstance(X, Elsewhere) else None


def is_of_dask(X: Any) -> bool:
    """Whether it is a collection of Dask's, without importing Dask for it."""
    return type(X).__module__.partition(".")[0] in ("dask", "dask_expr")
