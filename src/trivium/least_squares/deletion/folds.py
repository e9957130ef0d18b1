r"""Which table each row is left out of, where classes have weights.

A row is removed with its class's weight: of a row of sample weight s, the weight removed is
min(s, 1) times the factor of its class. Factors that are named are the same in every fold. A
balance is that of the rows that stay: without a row of class c, of which m is removed, c weighs
S_c - m and its rows have more weight each. A mean squared error has its least where it had if all
weights are multiplied by the same, so that this fold is that of a table with c's rows balanced by
S_c - m, without the row. So there are as many tables as there are classes, or pairs of a class and
a weight m.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.class_weights import ClassWeight, balanced, class_factors
from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.solving.absent_classes import below_others, indicator_table
from trivium.least_squares.solving.design import Table
from trivium.least_squares.solving.solve import Taken
from trivium.least_squares.solving.svd import Axes, principal_axes
from trivium.least_squares.solving.targets import targets
from trivium.rows.labelled import LabelledRows


class Part(NamedTuple):
    """Rows that are left out of one table.

    Attributes
    ----------
    fitted : FittedTable
        Its own alpha is not used.
    axes : Axes
        Principal ones.
    numbers : ndarray of int or None
        Those of the rows, which rise; None means all.
    """

    fitted: FittedTable
    axes: Axes
    numbers: Indices | None = None

    def places(self) -> Indices:
        """Return the numbers of the rows."""
        return np.arange(self.fitted.table.shape[0]) if self.numbers is None else self.numbers

    def table(self) -> Table:
        """Return the rows that are left out, as a table of their own."""
        table = self.fitted.table
        return table if self.numbers is None else Table(table.rows.subset(self.numbers))


class FoldScores(NamedTuple):
    """How residuals without rows make values of the functions of all classes.

    Attributes
    ----------
    n_targets : int
        Of the table that rows are left out of.
    n_classes : int
    absent : ndarray of int
        Classes that no row learnt is of.
    last : ndarray of int
        Rows learnt of which nothing of their class remains in their fold.
    """

    n_targets: int
    n_classes: int
    absent: Indices
    last: Indices

    def values(self, residuals: Float64, own: Indices, codes: Indices, numbers: Indices) -> Float64:
        """Values of each class's function in the models without some rows learnt.

        Parameters
        ----------
        residuals : ndarray of shape (m, n_targets)
        own, codes : ndarray of shape (m,)
            Their classes as the table has them, and among all.
        numbers : ndarray of int of shape (m,)

        Returns
        -------
        ndarray of shape (m, 1) for two classes, else (m, n_classes)
        """
        known = 2 if self.n_targets == 1 else self.n_targets
        scores = targets(own, known) - residuals
        if 2 < self.n_classes > scores.shape[1]:
            wide = np.zeros((len(scores), self.n_classes))
            wide[:, np.delete(np.arange(self.n_classes), self.absent)] = scores
            scores = wide
        scores = below_others(scores, self.absent)
        if self.last.size:
            for place in np.flatnonzero(np.isin(numbers, self.last)).tolist():
                gone = np.append(self.absent, codes[place])
                below_others(scores[place : place + 1], gone)
        return scores


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
    places, weightless : ndarray of int
        Numbers among the rows scored of those that are learnt from, and of those whose class has
        no weight, which are without weight in the fit.
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
    weightless: Indices
    absent: Indices
    last: Indices
    weighed: bool
    parts: list[Part]

    def weights(self, part: Part) -> Float64:
        """Return what rows learnt count in scores, over a power of two."""
        if self.weighed:
            return self.scored_weights(self.places)
        fitted = part.fitted
        if fitted.table.rows.weights is None:
            return np.ones(self.places.size)
        weights = fitted.design.scaling.weights(fitted.table.rows.weights)
        return np.square(np.sqrt(weights))

    def scored_weights(self, rows: Indices) -> Float64:
        """Return what some rows scored count in scores, over a power of two."""
        weights = self.scored.weights
        if weights is None:
            return np.ones(rows.size)
        counted: Float64 = np.ldexp(weights[rows], -self.exponent)
        return counted

    @property
    def taken(self) -> Taken | None:
        """What is known of the table learnt, where rows are left out of it itself."""
        fitted = self.parts[0].fitted
        return None if self.weighed else (fitted.design, fitted.moments)

    @property
    def exponent(self) -> int:
        """Of that power."""
        weights = self.scored.weights
        return 0 if weights is None else int(np.frexp(weights.max())[1])

    @property
    def scores(self) -> FoldScores:
        """How residuals without rows make values of the functions of all classes."""
        n_classes = self.learnt.classes.size
        return FoldScores(self.table.n_targets, n_classes, self.absent, self.last)


def folds_of(
    scored: LabelledRows,
    class_weight: ClassWeight,
    take: Callable[[Table, Indices | None], Taken],
    *,
    centred: bool,
) -> Folds:
    """Say which tables the rows are left out of.

    Parameters
    ----------
    scored : LabelledRows
    class_weight : dict, "balanced" or None
    take : callable
        Takes a table, of rows that had these numbers as they were given, about its means.
    centred : bool

    Raises
    ------
    ValueError, TypeError
        As `LabelledRows.times`, or if there are no other rows to leave one out of.
    """
    factors = class_factors(class_weight, scored.classes, scored.class_weights())
    learnt = scored.multiplied(factors)
    table = indicator_table(learnt)
    weighs = np.ones(scored.codes.size, dtype=np.bool_)
    if factors is not None:
        weighs = factors[scored.codes] > 0
    places = np.flatnonzero(weighs)
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
        np.flatnonzero(~weighs),
        np.flatnonzero(sizes == 0),
        np.flatnonzero((sizes[learnt.codes] == 1) & (weights <= 1.0)),
        factors is not None,
        [],
    )

    def part(weighed: Table, most: float | Float64, numbers: Indices | None = None) -> Part:
        design, moments = take(weighed, learnt.kept)
        fitted = FittedTable(weighed, design, moments, 0.0, centred, most=most)
        return Part(fitted, principal_axes(weighed, design, moments), numbers)

    if factors is None:
        return folds._replace(parts=[part(table, 1.0)])
    removed = np.minimum(weights, 1.0)
    if not isinstance(class_weight, str):
        each = factors[learnt.codes]
        own = table.reweighted(each * weights)
        return folds._replace(parts=[part(own, each * removed)])
    codes = table.rows.codes
    parts, kinds = [], np.column_stack([codes, removed])
    kinds, kind_of = np.unique(kinds, axis=0, return_inverse=True)
    mass = np.bincount(codes, np.ldexp(weights, -folds.exponent)).astype(np.float64)
    for kind, (code, gone) in enumerate(kinds.tolist()):
        rows, rest = np.flatnonzero(kind_of == kind), weights.copy()
        rest[rows[0]] -= gone
        without = mass.copy()
        without[int(code)] = np.ldexp(rest[codes == code], -folds.exponent).sum()
        each = balanced(without)[codes]
        parts.append(part(table.reweighted(each * weights), each * removed, rows))
    return folds._replace(parts=parts)
