r"""Which table each row is left out of, where classes have weights.

A row goes with all its class's weight: of a row of sample weight s what goes is min(s, 1) times the
factor of its class. Factors that are named are the same in every fold. A balance is that of the
rows that stay: without a row of class c, of which m goes, c weighs S_c - m and its rows have more
weight each. A mean squared error has its least where it had if all weights are multiplied by the
same, so that this fold is that of a table with c's rows balanced by S_c - m, without the row.
So there are as many tables as there are classes, or pairs of a class and a weight m.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import row_blocks
from trivium.class_weights import ClassWeight, balanced, class_factors
from trivium.least_squares.deletion.fitted import Fitted
from trivium.least_squares.deletion.high_leverage import LEAST_REMAINING
from trivium.least_squares.solving.absent_classes import below_others, indicator_table
from trivium.least_squares.solving.design import BLOCK_BYTES, Design, Table
from trivium.least_squares.solving.moments import Moments
from trivium.least_squares.solving.svd import Axes, principal_axes
from trivium.rows.labelled import LabelledRows


class Part(NamedTuple):
    """Rows that are left out of one table.

    Attributes
    ----------
    fitted : Fitted
        Its own alpha is not used.
    axes : Axes
        Principal ones.
    rows : ndarray of int or None
        Their numbers; None means all.
    """

    fitted: Fitted
    axes: Axes
    rows: Indices | None = None

    def blocks(self) -> list[slice | Indices]:
        """Rows in blocks that fit a cache, with their targets."""
        table = self.fitted.design.table
        if self.rows is None:
            return list(table.blocks())
        widest = max(table.X.shape[1], table.n_targets)
        return [self.rows[some] for some in row_blocks(self.rows.size, widest, n_bytes=BLOCK_BYTES)]

    def left_out(
        self, rows: slice | Indices, alphas: Float64
    ) -> Iterator[tuple[Float64, NDArray[np.bool_]]]:
        """Yield, for each penalty, residuals without each of some rows, and which have digits."""
        fitted, axes = self.fitted, self.axes
        alone = fitted.alone(axes, rows)
        Q, Y, root = fitted.coordinates(axes, rows)
        for alpha in alphas.tolist():
            left = fitted.leave_out(axes, rows, Q, Y, root, alpha)
            yield left.residuals / root[:, None], alone | (left.remaining > LEAST_REMAINING)


class Folds(NamedTuple):
    """Rows that are scored, of which those that are learnt from are left out one at a time.

    Attributes
    ----------
    scored : LabelledRows
        With their sample weights.
    learnt : LabelledRows
        Those of them whose class has a weight, which comes on top.
    table : Table
        Of the rows learnt.
    places, unheard : ndarray of int
        Numbers among the rows scored of those that are learnt from, and of the others.
    absent : ndarray of int
        Classes that no row learnt is of.
    last : ndarray of int
        Rows learnt of which nothing of their class remains in their fold.
    weighed : bool
        Whether classes have weights.
    parts : list of Part
    """

    scored: LabelledRows
    learnt: LabelledRows
    table: Table
    places: Indices
    unheard: Indices
    absent: Indices
    last: Indices
    weighed: bool
    parts: list[Part]

    def weights(self, part: Part, rows: slice | Indices) -> Float64:
        """Return what some rows learnt count in scores, over a power of two."""
        if not self.weighed:
            return np.square(part.fitted.design.roots(rows))
        return self.scored_weights(self.places[rows])

    def scored_weights(self, rows: Indices) -> Float64:
        """Return the same of rows scored."""
        weights = self.scored.weights
        if weights is None:
            return np.ones(rows.size)
        counted: Float64 = np.ldexp(weights[rows], -self.exponent)
        return counted

    @property
    def exponent(self) -> int:
        """Of that power."""
        weights = self.scored.weights
        return 0 if weights is None else int(np.frexp(weights.max())[1])

    def numbers(self, rows: slice | Indices) -> Indices:
        """Numbers of rows learnt."""
        return np.arange(*rows.indices(self.places.size)) if isinstance(rows, slice) else rows

    def scores(self, rows: slice | Indices, residuals: Float64) -> Float64:
        """Values of each class's function in the models without some rows learnt.

        Parameters
        ----------
        rows : slice or ndarray of int
        residuals : ndarray of shape (m, n_targets)

        Returns
        -------
        ndarray of shape (m, 1) for two classes, else (m, n_classes)
        """
        scores, n_classes = self.table.targets(rows) - residuals, self.learnt.classes.size
        if 2 < n_classes > scores.shape[1]:
            wide = np.zeros((len(scores), n_classes))
            wide[:, np.delete(np.arange(n_classes), self.absent)] = scores
            scores = wide
        scores = below_others(scores, self.absent)
        if self.last.size:
            numbers = self.numbers(rows)
            for place in np.flatnonzero(np.isin(numbers, self.last)).tolist():
                gone = np.append(self.absent, self.learnt.codes[numbers[place]])
                below_others(scores[place : place + 1], gone)
        return scores


def folds_of(
    scored: LabelledRows,
    class_weight: ClassWeight,
    take: Callable[[Table], tuple[Design, Moments | None]],
    *,
    centred: bool,
) -> Folds:
    """Say which tables the rows are left out of.

    Parameters
    ----------
    scored : LabelledRows
    class_weight : dict, "balanced" or None
    take : callable
        Takes a table about its means.
    centred : bool

    Raises
    ------
    ValueError, TypeError
        As `LabelledRows.times`, or if there are no other rows to leave one out of.
    """
    factors = class_factors(class_weight, scored.classes, scored.class_weights())
    learnt = scored.multiplied(factors)
    table = indicator_table(learnt)
    heard = np.ones(len(scored.X), dtype=np.bool_) if factors is None else factors[scored.codes] > 0
    places = np.flatnonzero(heard)
    weights = np.ones(places.size) if scored.weights is None else scored.weights[places]
    if places.size == 1 and weights[0] <= 1.0:
        raise ValueError(
            "To leave one out takes a row and others: there is n_samples = 1 with a weight."
        )
    sizes = np.bincount(learnt.codes, minlength=learnt.classes.size)
    folds = Folds(
        scored,
        learnt,
        table,
        places,
        np.flatnonzero(~heard),
        np.flatnonzero(sizes == 0),
        np.flatnonzero((sizes[learnt.codes] == 1) & (weights <= 1.0)),
        factors is not None,
        [],
    )

    def part(weighed: Table, most: float | Float64, rows: Indices | None = None) -> Part:
        design, moments = take(weighed)
        fitted = Fitted(design, moments, 0.0, centred, most=most)
        return Part(fitted, principal_axes(design, moments), rows)

    if factors is None:
        return folds._replace(parts=[part(table, 1.0)])
    goes = np.minimum(weights, 1.0)
    if not isinstance(class_weight, str):
        each = factors[learnt.codes]
        own = table._replace(weights=each * weights)
        return folds._replace(parts=[part(own, each * goes)])
    parts, kinds = [], np.column_stack([table.codes, goes])
    kinds, kind_of = np.unique(kinds, axis=0, return_inverse=True)
    mass = np.bincount(table.codes, np.ldexp(weights, -folds.exponent)).astype(np.float64)
    for kind, (code, gone) in enumerate(kinds.tolist()):
        rows, rest = np.flatnonzero(kind_of == kind), weights.copy()
        rest[rows[0]] -= gone
        without = mass.copy()
        without[int(code)] = np.ldexp(rest[table.codes == code], -folds.exponent).sum()
        each = balanced(without)[table.codes]
        parts.append(part(table._replace(weights=each * weights), each * goes, rows))
    return folds._replace(parts=parts)
