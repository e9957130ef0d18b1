"""What stands beside the numbers of each row: its label and its weight, read before them."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices, Labels
from trivium.scanning.column_file import ColumnFile
from trivium.scanning.column_table import numbers_of, type_in
from trivium.scanning.label_codes import LabelCodes


class Beside(NamedTuple):
    """Labels and weights of rows in files.

    Attributes
    ----------
    sizes : tuple of int
        Rows of each file.
    classes : ndarray of shape (n_classes,)
        Empty without labels.
    codes : ndarray of shape (n,) or None
    weights : ndarray of shape (n,) or None
    """

    sizes: tuple[int, ...]
    classes: Labels
    codes: Indices | None
    weights: Float64 | None


def read_beside(
    files: Sequence[ColumnFile],
    target: str | None,
    weight: str | None,
    known: Labels | None,
    *,
    as_text: bool = False,
) -> Beside:
    """Read the labels and weights of all files.

    Parameters
    ----------
    files : sequence of ColumnFile
    target, weight : str or None
        Columns; None of what is not wanted.
    known : ndarray or None
        The classes that there may be, sorted.
    as_text : bool
        Whether numbers among labels are written as text.

    Raises
    ------
    ValueError
        If a label or a weight is missing, or is none.
    """
    labels = None if target is None else expected_labels(files, target, known, as_text=as_text)
    weights, sizes = list[Float64](), list[int]()
    wanted = [name for name in (target, weight) if name is not None]
    for file in files:
        if not wanted and file.n_rows is not None:
            sizes.append(file.n_rows)
            continue
        row = 0
        with closing(file.batches(wanted or list(file.types)[:1])) as batches:
            for batch in batches:
                if labels is not None:
                    labels.add(batch[0], file, row)
                if weight is not None:
                    weights.append(weights_of(batch[-1], weight, file, row))
                row += len(batch[0])
        sizes.append(row)
    classes, codes = (np.empty(0, dtype=np.intp), None) if labels is None else labels.finish()
    together = None if weight is None else np.concatenate([np.empty(0), *weights])
    return Beside(tuple(sizes), classes, codes, together)


def expected_labels(
    files: Sequence[ColumnFile], target: str, known: Labels | None, *, as_text: bool = False
) -> LabelCodes:
    """Look by the types of columns whether all files have labels of one kind.

    Parameters
    ----------
    files, target, known, as_text
        As of `read_beside`.

    Raises
    ------
    ValueError
        If one does not.
    """
    labels = LabelCodes(target, known, as_text=as_text)
    for file in files:
        labels.expect(type_in(file, target), file.stamp.path, is_empty=file.n_rows == 0)
    return labels


def weights_of(cells: Any, name: str, file: ColumnFile, row: int) -> Float64:
    """Return weights of rows.

    Raises
    ------
    ValueError
        If one is missing, negative or not finite.
    """
    weights: Float64 = numbers_of(cells, name, file, row).astype(np.float64)
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise ValueError(
            f"Weights must be finite and not negative; column {name!r} holds "
            f"{weights[bad[0]]} in {file.where(row + int(bad[0]))}."
        )
    return weights
