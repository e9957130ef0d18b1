"""Scorers of scikit-learn, asked about leave-one-out predictions of every number of neighbours."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.memory import working_memory
from trivium.left_out import LeftOut
from trivium.left_out_scores import LeftOutScorer, error_of_best
from trivium.neighbors.neighborhoods import Neighborhood, counting_weights
from trivium.neighbors.path_kernels import add_cells
from trivium.neighbors.voting import Voters
from trivium.rows.labelled import LabelledRows

_MOST_CELLS = 1 << 24  # of all numbers of neighbours: 128 megabytes

LeaveOut = Callable[[int], Iterable[Neighborhood]]


class Cells(NamedTuple):
    """Weights of rows of each class that are predicted as each, for every number of neighbours.

    Attributes
    ----------
    codes : ndarray of shape (n,)
        Classes of the rows.
    weights : ndarray of shape (n,)
    sums : ndarray of shape (k_max, n_classes, n_classes)
        By their predicted class last.
    """

    codes: Indices
    weights: Float64
    sums: Float64

    def add(self, members: Indices, leaders: Indices) -> None:
        """Add rows that are predicted as `leaders`, of shape (m, k_max)."""
        own = self.codes[members].astype(np.intp, copy=False)
        add_cells(own, self.weights[members], leaders, self.sums)


def cells_for(scorer: LeftOutScorer, rows: LabelledRows, k_max: int) -> Cells | None:
    """Return empty cells for a scorer that depends on them only, unless they would be too many.

    Raises
    ------
    ValueError
        If there are none, and the rows, which the scorer is handed, are not in memory.
    """
    n_classes = rows.classes.size
    if not scorer.by_cells or k_max * n_classes**2 > _MOST_CELLS:
        if not rows.rows.in_memory:
            raise ValueError(
                "This scoring is handed all rows and what is predicted of them, and the rows are "
                "not in memory: fit to an array of them, or choose by 'accuracy', 'neg_log_loss' "
                "or another metric of labels."
            )
        return None
    weights = np.ones(rows.codes.size) if scorer.weights is None else scorer.weights
    sums = np.zeros((k_max, n_classes, n_classes))
    return Cells(rows.codes, np.asarray(weights, dtype=np.float64), sums)


def scores_of_cells(
    scorer: LeftOutScorer, cells: Cells, given: Float64 | None, rule: str
) -> tuple[Float64, Float64]:
    """Score every number of neighbours by its cells.

    Parameters
    ----------
    scorer : LeftOutScorer
    cells : Cells
    given : ndarray of shape (n,) or None
        Sample weights.
    rule : {"one-standard-error", "best"}

    Returns
    -------
    scores, errors : ndarray of shape (k_max,)
        And the standard error of the best.
    """
    counting = counting_weights(None if scorer.weights is None else given)
    worth = float(cells.codes.size if counting is None else counting.sum())
    scores = np.array(
        [scorer.of_cells(each, _named(k)) for k, each in enumerate(cells.sums, start=1)]
    )

    def error_of(place: int) -> float:
        return scorer.error_of_cells(cells.sums[place], float(scores[place]), worth)

    return scores, error_of_best(scores, error_of, rule, tied=0)


def scores_of_rows(
    scorer: LeftOutScorer,
    leave_out: LeaveOut,
    voters: Voters,
    rows: LabelledRows,
    k_max: int,
    rule: str,
) -> tuple[Float64, Float64]:
    """Score every number of neighbours by the shares of every row, some numbers at a time.

    Parameters
    ----------
    scorer : LeftOutScorer
    leave_out : callable
        Returns the neighbourhoods, of some weight, of each row without itself.
    voters : Voters
    rows : LabelledRows
    k_max : int
    rule : {"one-standard-error", "best"}

    Returns
    -------
    scores, errors : ndarray of shape (k_max,)
        And the standard error of the best.
    """
    X = rows.in_memory()  # a scorer is handed an array, or SciPy's
    scores = np.empty(k_max)
    step = max(1, int(working_memory() / 2 / (8 * rows.codes.size * rows.classes.size)))
    for start in range(1, k_max + 1, step):
        ks = range(start, min(start + step, k_max + 1))
        for k, model in zip(ks, _predicted(leave_out, voters, rows, X, ks), strict=True):
            scores[k - 1] = scorer.of_rows(model, _named(k))

    def error_of(place: int) -> float:
        (model,) = _predicted(leave_out, voters, rows, X, [place + 1])
        return scorer.error_of_rows(model)

    return scores, error_of_best(scores, error_of, rule, tied=0)


def _predicted(
    leave_out: LeaveOut, voters: Voters, rows: LabelledRows, X: Any, ks: Sequence[int]
) -> list[LeftOut]:
    """Predict every row by the others, for several numbers of neighbours."""
    shares = np.empty((len(ks), rows.codes.size, rows.classes.size))
    for near in leave_out(max(ks)):
        for members, some in voters.share_blocks(near, ks):
            shares[:, members] = some.transpose(1, 0, 2)
    return [LeftOut(X, rows.classes, each.argmax(axis=1), each) for each in shares]


def _named(k: int) -> str:
    return f"with n_neighbors={k}"
