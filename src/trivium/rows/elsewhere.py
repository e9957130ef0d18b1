"""Tables whose rows are no array: what the door of every fit and prediction asks of them."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.rows.source import Rows


class Given(NamedTuple):
    """What such a table gives to learn from, labels read and nothing else.

    Attributes
    ----------
    rows : Rows
        All of them, without classes and weights.
    classes : ndarray of shape (n_classes,)
        The labels there are, sorted as `labels.encoded` sorts them; empty without labels.
    codes : ndarray of shape (n,) or None
        Position of each row's label among them, in the smallest type of integers that has room.
    weights : ndarray of shape (n,) or None
        As they are given, zeros too; checked to be finite and not negative.
    """

    rows: Rows
    classes: Labels
    codes: Indices | None
    weights: Float64 | None


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


NO_LABELS: Labels = np.empty(0, dtype=np.intp)
"""Classes of rows without labels."""


def elsewhere_of(X: Any) -> Elsewhere | None:
    """Return a table whose rows are no array: itself, or one that stands for Dask's; else None."""
    if isinstance(X, np.ndarray):
        return None
    if type(X).__module__.partition(".")[0] in ("dask", "dask_expr"):
        from trivium.rows.cluster import DaskTable  # type: ignore[import-not-found]  # to come

        table: Elsewhere = DaskTable(X)
        return table
    return X if isinstance(X, Elsewhere) else None
