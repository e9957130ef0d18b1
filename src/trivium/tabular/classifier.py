"""A classifier of the rows of a table, as people have them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trivium.arrays import Float64
from trivium.preparation.parsing import values_in
from trivium.preparation.preparation import Preparation
from trivium.preparation.reading import text_batches
from trivium.tables.kinds import Column
from trivium.tables.numbers import with_decimal
from trivium.tabular.answers import Answers, answers_of

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SIMPLEST_FIRST = ("least-squares", "softmax", "neighbors")
"""Linear functions solved for, linear ones found by steps, and all training rows."""


@dataclass(frozen=True, eq=False)
class TabularClassifier:
    """What `fit_table` makes: a preparation, a classifier, and what was said of them.

    Attributes
    ----------
    model : {"least-squares", "softmax", "neighbors"}
    preparation : Preparation
        Fitted; its `columns_` are all columns of the training table.
    estimator : LeastSquaresClassifier, SoftmaxRegression or KNeighborsClassifier
        Fitted to the prepared rows; its classes are the places of `classes`.
    target : str
        The column of labels.
    classes : tuple of str
        In order.
    class_rows : tuple of int
        Training rows of each class.
    class_weight : tuple of float or None
        Factors on the weights of the classes; None where rows of all classes weigh the same.
    validation : dict
        What cross-validation has found, as what JSON holds: "folds", "seed", "score" (the name of
        what models are compared by), "majority" (its scores), and "models", from names to scores
        and to what was tuned. Empty where there was none.
    notes : tuple of str
        What was said of the fit.
    table_notes : tuple of str
        What was said of columns and labels of the training table, rows counted from 1; not how it
        was stored.
    unseen : dict
        From names of columns to how many cells, in the last prediction, were of a level that no
        training row has; only where there were some.
    gaps : dict
        From names of columns to how many cells, in the last prediction, were missing though no
        training row's was; only where there were some.
    """

    model: str
    preparation: Preparation
    estimator: Any
    target: str
    classes: tuple[str, ...]
    class_rows: tuple[int, ...]
    class_weight: tuple[float, ...] | None = None
    validation: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    table_notes: tuple[str, ...] = ()
    unseen: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)

    @property
    def classes_(self) -> NDArray[np.object_]:
        """The classes, as an array."""
        return np.array(self.classes, dtype=object)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns of the training table, but the target."""
        return self.preparation.columns_

    @property
    def n_rows(self) -> int:
        """Training rows."""
        return sum(self.class_rows)

    def predict(self, table: Any) -> NDArray[np.object_]:
        """Say which class each row is of.

        Parameters
        ----------
        table : pyarrow.Table, pyarrow.RecordBatch, data frame or path
            Columns may come in any order, and there may be others.

        Returns
        -------
        ndarray of str of shape (n_rows,)

        Raises
        ------
        TableError
            If columns are missing, or a cell is not of its column's kind.
        """
        return self.classes_[self._asked(table, with_probabilities=False).codes]

    def predict_proba(self, table: Any) -> Float64:
        """Say how probable each class is.

        Parameters
        ----------
        table : pyarrow.Table, pyarrow.RecordBatch, data frame or path

        Returns
        -------
        ndarray of shape (n_rows, n_classes)

        Raises
        ------
        TableError
            As `predict`.
        """
        return self._asked(table).probabilities

    def predict_both(self, table: Any) -> tuple[NDArray[np.object_], Float64]:
        """Return what `predict` and `predict_proba` do, of a table that is read once."""
        answers = self._asked(table)
        return self.classes_[answers.codes], answers.probabilities

    def with_decimal(self, sign: str) -> Self:
        """Return the same classifier for tables of text with another decimal sign.

        Parameters
        ----------
        sign : {".", ","}

        Raises
        ------
        TableError
            If it is neither.
        """
        plan = self.preparation.plan_
        columns, used = (
            tuple(with_decimal(column, sign) for column in each)
            for each in (self.columns, plan.columns)
        )
        preparation = Preparation.of_plan(columns, replace(plan, columns=used))
        return replace(self, preparation=preparation, unseen={}, gaps={})

    def to_sklearn(self) -> "Pipeline":
        """Return scikit-learn's pipeline of the same preparation and classifier, fitted.

        Returns
        -------
        Pipeline
            It takes what that of `Preparation.to_sklearn` does. Probabilities are the same but for
            rounding, and labels but for ties.

        Raises
        ------
        ValueError
            If scikit-learn has nothing like the classifier, or a class has no training row.
        """
        from sklearn.pipeline import Pipeline

        peer = self.estimator.to_sklearn()
        peer.classes_ = self.classes_[peer.classes_]
        return Pipeline([("preparation", self.preparation.to_sklearn()), ("classifier", peer)])

    def answers(
        self, batch: pa.RecordBatch, *, with_probabilities: bool, first: int = 0
    ) -> Answers:
        """Answer for rows that have been read.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            The columns that the model goes by, as text or as numbers.
        with_probabilities : bool
        first : int
            What errors call the first row.

        Raises
        ------
        CellError
            If a cell is not of its column's kind.
        """
        plan, n_classes = self.preparation.plan_, len(self.classes)
        values = values_in(batch, plan.columns, first=first)
        (X, unseen), gaps = plan.matrix(values), plan.new_gaps(values)
        if not batch.num_rows:
            return _none(n_classes if with_probabilities else 0)
        if with_probabilities:
            return Answers(*answers_of(self.estimator, X, n_classes), unseen, gaps)
        return Answers(self.estimator.predict(X), np.empty((batch.num_rows, 0)), unseen, gaps)

    def _asked(self, table: Any, *, with_probabilities: bool = True) -> Answers:
        columns, first = self.preparation.plan_.columns, 0
        found = [_none(len(self.classes) if with_probabilities else 0)]
        for batch in text_batches(table, [column.name for column in columns], columns):
            found.append(self.answers(batch, with_probabilities=with_probabilities, first=first))
            first += batch.num_rows
        codes, probabilities, unseen, gaps = zip(*found, strict=True)
        for own, counts in ((self.unseen, unseen), (self.gaps, gaps)):
            own.clear()
            own.update(sum(map(Counter, counts), Counter[str]()))
        answered = np.concatenate(codes), np.concatenate(probabilities)
        return Answers(*answered, self.unseen, self.gaps)


def _none(width: int) -> Answers:
    """Return the answers for no rows."""
    return Answers(np.empty(0, dtype=np.intp), np.empty((0, width)), {}, {})
