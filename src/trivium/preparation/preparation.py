"""The estimator: learns what to make of a table's columns, and makes it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Float64
from trivium.parameters import require_choice, require_number
from trivium.preparation.parsing import values_in
from trivium.preparation.plan import Plan
from trivium.preparation.reading import text_batches, text_table
from trivium.tables.kinds import USED, Column
from trivium.tables.look import look
from trivium.whole_or_nothing import whole_or_nothing

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer


class Preparation(TransformerMixin, BaseEstimator):
    """Turn a table, as people have them, into numbers.

    A quantity is scaled to mean 0 and standard deviation 1; the median stands for missing cells,
    and where training rows had some, a column of 0 and 1 marks them. A truth value is 0 or 1, so
    is a level, each in a column of its own: one for missing cells where training rows had some,
    one for levels that are rare or were not there. A date is the number of its day, scaled, and
    its places in the year, week and day, as sine and cosine, where dates go round them. Columns
    of which training rows tell nothing are left out, and so is what is neither.

    Parameters
    ----------
    columns : iterable of Column or None, default=None
        What the columns of the table are, as `trivium.tables.look.look` says; None asks it.
    min_frequency : int, default=2
        Rows of a level that it takes not to be pooled as rare. What is learnt of levels that come
        once is the best guess of those that come next (Good, Biometrika 40, 1953).
    max_levels : int, default=50
        Levels of a column that have a column each, at most: the most frequent ones.
    sparse : {"auto", True, False}, default="auto"
        Whether `transform` returns SciPy's CSR. "auto": where there are 256 columns or more, and
        an eighth of the entries at most are not zero.

    Attributes
    ----------
    columns_ : tuple of Column
        All columns of the training table, with what each was taken for.
    plan_ : Plan
        What was learnt.
    unseen_ : dict
        From names of columns to how many cells, in the last call of `transform`, were of a level
        that no training row has; only where there were some.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    Examples
    --------
    >>> import pandas as pd
    >>> from trivium.preparation.preparation import Preparation
    >>> table = pd.DataFrame({"size": [1.5, 2.5, None, 4.5], "shop": ["n", "n", "s", "s"]})
    >>> preparation = Preparation().fit(table)
    >>> preparation.get_feature_names_out().tolist()
    ['size', 'size is missing', 'shop, level 1', 'shop, level 2', 'shop, other or unseen']
    >>> preparation.transform(pd.DataFrame({"shop": ["s", "w"], "size": [2.5, None]}))[:, 1:]
    array([[0., 0., 1., 0.],
           [1., 0., 0., 1.]])
    >>> preparation.unseen_
    {'shop': 1}
    """

    def __init__(
        self,
        columns: Iterable[Column] | None = None,
        *,
        min_frequency: int = 2,
        max_levels: int = 50,
        sparse: bool | Literal["auto"] = "auto",
    ) -> None:
        self.columns = columns
        self.min_frequency = min_frequency
        self.max_levels = max_levels
        self.sparse = sparse

    def fit(self, table: Any, y: Any = None) -> Self:
        """Learn from a table.

        Parameters
        ----------
        table : pyarrow.Table, data frame or path
            What `trivium.tables.look.look` takes.
        y : None
            Not used.

        Raises
        ------
        ValueError
            If the table is malformed, one of `columns` is not there, a cell is not of its column's
            kind, or a parameter is out of range.
        """
        require_number("min_frequency", self.min_frequency, least=1, integer=True)
        require_number("max_levels", self.max_levels, least=1, integer=True)
        if not isinstance(self.sparse, bool):
            require_choice("sparse", self.sparse, ("auto",))
        with whole_or_nothing(self):
            if self.columns is None:
                seen = look(table)
                columns, rows = seen.columns, seen.table
            else:
                columns = tuple(self.columns)
                used = [column.name for column in columns if column.kind in USED]
                rows = text_table(table, used)
            used_columns = [column for column in columns if column.kind in USED]
            plan = Plan.learn(
                used_columns,
                values_in(rows, used_columns),
                min_frequency=self.min_frequency,
                max_levels=self.max_levels,
                sparse=None if self.sparse == "auto" else self.sparse,
            )
            self._keep(columns, plan)
        return self

    def transform(self, table: Any) -> Float64 | sparse.csr_array:
        """Turn a table into numbers.

        Parameters
        ----------
        table : pyarrow.Table, pyarrow.RecordBatch, data frame or path
            Columns may come in any order, and there may be others.

        Returns
        -------
        ndarray or csr_array of shape (n_rows, n_columns)

        Raises
        ------
        ValueError
            If columns are missing, all of which it names, or a cell is not of its column's kind;
            it names column and row.
        """
        check_is_fitted(self, "plan_")
        names = [column.name for column in self.plan_.columns]
        parts, first = [], 0
        unseen: Counter[str] = Counter()
        for batch in text_batches(table, names, self.plan_.columns):
            part, counts = self.plan_.matrix(values_in(batch, self.plan_.columns, first=first))
            parts.append(part)
            unseen.update(counts)
            first += batch.num_rows
        self.unseen_ = dict(unseen)
        return _stacked(parts) if parts else self.plan_.matrix(None)[0]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : None
            Not used.
        """
        check_is_fitted(self, "plan_")
        return np.array(self.plan_.names, dtype=object)

    def to_sklearn(self) -> "ColumnTransformer":
        """Return the same as scikit-learn's transformers, fitted.

        Returns
        -------
        ColumnTransformer
            It takes a pandas data frame whose quantities and truth values are floats, levels
            strings, and dates datetime64, with NaN, None and NaT where cells are missing.
        """
        check_is_fitted(self, "plan_")
        from trivium.preparation.peer import column_transformer  # takes pandas, which few need

        return column_transformer(self.plan_)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON holds; `from_dict` reads it."""
        check_is_fitted(self, "plan_")
        return {
            "min_frequency": int(self.min_frequency),
            "max_levels": int(self.max_levels),
            "sparse": self.sparse,
            "columns_given": self.columns is not None,
            "columns": [column.to_dict() for column in self.columns_],
            "plan": self.plan_.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the preparation that `to_dict` has written.

        Raises
        ------
        ValueError
            If that is not what `data` is.
        """
        try:
            columns = tuple(Column.from_dict(column) for column in data["columns"])
            plan = Plan.from_dict(data["plan"])
            new = cls(
                columns if data["columns_given"] else None,
                min_frequency=int(data["min_frequency"]),
                max_levels=int(data["max_levels"]),
                sparse=data["sparse"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"This is no preparation: {error}") from error
        new._keep(columns, plan)
        return new

    @classmethod
    def of_plan(cls, columns: Iterable[Column], plan: Plan) -> Self:
        """Return the preparation of a plan.

        Parameters
        ----------
        columns : iterable of Column
            All columns of the training table.
        plan : Plan
        """
        new = cls()
        new._keep(tuple(columns), plan)
        return new

    def _keep(self, columns: tuple[Column, ...], plan: Plan) -> None:
        self.columns_, self.plan_, self.unseen_ = columns, plan, {}
        names = [column.name for column in columns]
        self.n_features_in_ = len(names)
        self.feature_names_in_ = np.array(names, dtype=object)


def _stacked(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if sparse.issparse(parts[0]):
        return sparse.vstack(parts, format="csr")
    return np.concatenate(parts)
