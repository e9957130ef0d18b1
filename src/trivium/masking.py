"""Classes that a fitted model never predicts, and the warning of it.

A rare class can be outvoted or outweighed in every row, which accuracy hardly shows. And with
three classes and more, the indicator of a class that lies between others can be fitted by a
plane that is nowhere the greatest (Hastie, Tibshirani & Friedman, The Elements of Statistical
Learning, 2nd ed. 2009, section 4.2, figure 4.2).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices, Labels
from trivium.blocks.linear_scores import bound_scores
from trivium.blocks.map_reduce import block_length
from trivium.blocks.workers import one_blas_thread
from trivium.labels import shown
from trivium.rows.block import Block
from trivium.rows.csr import as_large_csr, dense, takes_sparse
from trivium.rows.labelled import LabelledRows
from trivium.rows.source import SAMPLES, Rows

_FIRST_LOOKS, _FIRST_LOOK_A_CLASS = SAMPLES, 8  # rows
_MANY = 1e9
_NAMED = 5
_LEAST_ROWS_A_CLASS = 25  # on average: in smaller tables, to be outvoted is no surprise
_RARER = 0.75  # of two classes; where columns tell nothing, chance alone decides between equals
_RARER_OF_SEVERAL = 0.5


class MaskedClassWarning(UserWarning):
    """A class is predicted for no training row, although its rows have a weight."""


@takes_sparse
@dataclass(frozen=True)
class _Named:
    """Which classes have the greatest value in a row of a block.

    Attributes
    ----------
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
    """

    coef: Float64
    intercept: Float64

    def __call__(self, block: Block) -> NDArray[np.bool_]:
        found = np.zeros(len(self.coef), dtype=np.bool_)
        X = dense(block.X) if as_large_csr(block.X) is None else block.X
        with np.errstate(over="ignore", invalid="ignore"):
            scores = X @ self.coef.T + self.intercept
        bound_scores(scores, block.X, self.coef, self.intercept)
        found[scores.argmax(axis=1)] = True
        return found


@one_blas_thread()
def masked_classes(rows: Rows, coef: Float64, intercept: Float64) -> Indices:
    """Return the classes that have the greatest value in no row.

    Parameters
    ----------
    rows : Rows
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of int
    """
    named, n_classes = _Named(coef, intercept), coef.shape[0]
    # A few rows from all over the table usually name every class, and no more has to be read.
    found = np.zeros(n_classes, dtype=np.bool_)
    for size in _FIRST_LOOKS:
        if not found.all():
            found |= named(rows.sample(max(size, _FIRST_LOOK_A_CLASS * n_classes)))
    if not found.all():
        length = block_length(max(rows.shape[1], n_classes))
        if rows.n_stored is not None:
            length = max(length, block_length(n_classes))
        found = rows.reduce(named, np.logical_or, length=length)
    return np.flatnonzero(~found)


def rare_classes(rows: LabelledRows, mass: Float64) -> Indices:
    """Return the classes that have a weight, but little of it beside the greatest one.

    Of two classes that is one with less than three quarters; of more, with less than half. Such a
    class can be outweighed in every row. That one which is as frequent as others is not predicted
    has other reasons: a penalty that leaves nothing of the columns, say.

    Parameters
    ----------
    rows : LabelledRows
    mass : ndarray of shape (n_classes,)
        Weight of each class's rows.

    Returns
    -------
    ndarray of int
        None of a table of few rows.
    """
    weights, n = rows.weights, float(rows.codes.size)
    if weights is not None and np.all(weights == np.rint(weights)):  # numbers of rows
        n = float(np.minimum(weights, _MANY).sum())
    if n < _LEAST_ROWS_A_CLASS * rows.classes.size:
        return np.empty(0, dtype=np.intp)
    there = mass > 0
    part = _RARER if np.count_nonzero(there) == 2 else _RARER_OF_SEVERAL
    return np.flatnonzero(there & (mass < part * mass.max()))


def warn_of_masked(
    classes: Labels,
    masked: Indices,
    why: str,
    remedy: str,
    *,
    rows: str = "training row",
    balanced: bool = False,
    stacklevel: int,
) -> None:
    """Warn of classes that are never predicted, if there are any.

    Parameters
    ----------
    classes : ndarray
    masked : ndarray of int
        Their positions.
    why, remedy : str
        What the model makes of them, and what to try besides weights and thresholds.
    rows : str
        Which rows were looked at.
    balanced : bool
        Whether classes weigh alike already, so that this is no remedy.
    stacklevel : int
        As of ``warnings.warn`` in the caller's place.
    """
    if masked.size == 0:
        return
    some = ", ".join(map(shown, classes[masked[:_NAMED]]))
    by_balance = "" if balanced else "class_weight='balanced', "
    more = ", ..." if masked.size > _NAMED else ""
    warnings.warn(
        f"{masked.size} of {classes.size} classes are predicted for no {rows} ({some}{more}): "
        f"{why}. Rare classes are heard with {by_balance}more sample_weight on their "
        f"rows, or another threshold, and a scorer such as 'balanced_accuracy' shows what accuracy "
        f"does not. {remedy}",
        MaskedClassWarning,
        stacklevel=stacklevel + 1,
    )
