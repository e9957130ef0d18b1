"""Whether linear functions tell classes apart without error, so that no optimum exists.

A direction V, with one row (V_c, v_c) a class, separates if (V_y - V_c)·x + v_y - v_c >= 0 for
every row x of every class y and every other class c, and > 0 somewhere. Along it the
unpenalised loss falls for ever (Albert & Anderson, Biometrika 71, 1984): the likelihood has a
maximum if and only if there is no such direction. Whether there is one is a linear programme:
maximise the sum of all those margins subject to none being negative and -1 <= V <= 1 (Konis,
Linear programming algorithms for detecting separated data in binary logistic regression
models, PhD thesis, Oxford 2007). Its value is zero exactly if the classes overlap.

Only a few of the n·(K - 1) constraints matter. The programme starts with the rows nearest to
the wrong side and takes in the most violated of the others until none is left; with fewer
constraints its value can only be greater, so that a value of zero is final as well.

A programme's answer is exact to its own tolerance only. The direction is therefore projected
onto the constraints that hold with equality and checked against every row; it counts if no
margin is below zero by more than its rounding, 4(d + 16)·u·max|V|·Σ|x|, with the unit u, and
one at least is above zero by more than that. Among the best directions one of few columns is
taken (least sum of magnitudes), which says more.
"""

from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.map_reduce import map_reduce, row_blocks
from trivium.blocks.scaling import column_centers
from trivium.blocks.workers import one_blas_thread
from trivium.softmax.single_columns import separating_columns

_UNIT = np.finfo(np.float64).eps / 2
_MOST_VARIABLES = 3000
_ROUNDS = 40
# Of the simplex method, and their product with variables: a limit of time would not be the same
# everywhere.
_MOST_STEPS, _MOST_WORK = 20_000, 8_000_000
_EQUAL = 1e-7  # of a row's length: a margin that the programme left at zero


class SeparationWarning(ConvergenceWarning):
    """The classes can be told apart without error, so that the loss has no optimum."""


class Verdict(Enum):
    """What is known about separation; the text completes "the classes ..."."""

    COMPLETE = "are told apart without error by linear functions"
    PARTIAL = "are told apart without error, in a part of the rows at least, by linear functions"
    NONE = "overlap: no linear functions tell any of them apart without error"
    UNKNOWN = "may or may not overlap: that could not be decided"


class Separation(NamedTuple):
    """A verdict and its proof.

    Attributes
    ----------
    verdict : Verdict
    direction : ndarray of shape (n_classes, d) or None
        In the user's coordinates, its greatest entry times the column's spread one.
    pairs : ndarray of bool of shape (n_classes, n_classes) or None
        Whether some row of the first class has a positive margin over the second.
    parts : ndarray of shape (d,) or None
        Range over the classes of each column's coefficient, times the column's spread.
    """

    verdict: Verdict
    direction: Float64 | None = None
    pairs: Any = None
    parts: Float64 | None = None


def find_separation(
    X: Floats,
    codes: Indices,
    coef: Float64,
    intercept: Float64,
    *,
    fit_intercept: bool,
    programme: bool = True,
) -> Separation:
    """Look for a direction that separates: the parameters' own, single columns, a programme.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    codes : ndarray of shape (n,)
        Class of each row, from 0.
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
        Parameters that fit the rows as well as is known.
    fit_intercept : bool
    programme : bool
        Whether to ask the last, which may take long.

    Examples
    --------
    >>> import numpy as np
    >>> X, codes = np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> found = find_separation(X, codes, np.zeros((2, 1)), np.zeros(2), fit_intercept=True)
    >>> found.verdict.name, found.direction
    ('PARTIAL', array([[-1.41421356],
           [ 1.41421356]]))
    """
    rows = _Rows(X, codes, coef.shape[0], fit_intercept=fit_intercept)
    finite = np.isfinite(coef).all() and np.isfinite(intercept).all()
    own = rows.scaled(coef, intercept) if finite else np.zeros((coef.shape[0], rows.width))
    at_own = rows.look(own)
    if at_own.least > 0:
        return rows.separation(Verdict.COMPLETE, own, at_own)
    by_columns = rows.by_single_columns()
    if by_columns is not None:
        found = rows.look(by_columns)
        if found.fails >= 0 and found.pairs.any():
            return rows.separation(_verdict(found), by_columns, found)
    if not programme or (rows.n_classes - 1) * rows.width > _MOST_VARIABLES:
        return Separation(Verdict.UNKNOWN)
    return _by_programme(rows, at_own)


def _verdict(found: "_Margins") -> Verdict:
    """Whether a direction that separates does so for all rows."""
    return Verdict.COMPLETE if found.least > 0 else Verdict.PARTIAL


class _Margins(NamedTuple):
    """Margins of all rows over all other classes, as a statistic.

    Attributes
    ----------
    least : float
        Least margin, less what rounding may have added to it.
    fails : float
        Least margin, plus that: negative if some row is on the wrong side for certain.
    pairs : ndarray of bool of shape (n_classes, n_classes)
        Whether a margin is positive for certain.
    rows, others : ndarray of shape (m,)
        Row and class of the least margins, in units of the rows' lengths.
    margins : ndarray of shape (m,)
    """

    least: float
    fails: float
    pairs: Any
    rows: Indices
    others: Indices
    margins: Float64


class _Rows:
    """Rows, centred where there are intercepts, in units of each column's spread."""

    def __init__(self, X: Floats, codes: Indices, n_classes: int, *, fit_intercept: bool) -> None:
        self.X, self.codes, self.n_classes = X, codes, n_classes
        self.fit_intercept = fit_intercept
        self.center = column_centers(X) if fit_intercept else np.zeros(X.shape[1])
        self.blocks = row_blocks(*X.shape)
        squares = map_reduce(lambda rows: self._squares(rows), self.blocks, np.add)
        self.spread = np.sqrt(squares / X.shape[0])
        self.unit = np.where(self.spread > 0, 1.0 / np.where(self.spread > 0, self.spread, 1), 0)
        self.width = X.shape[1] + fit_intercept
        self.most = 3 * self.width * n_classes  # constraints to take in at a time

    def _squares(self, rows: slice) -> Float64:
        X = np.asarray(self.X[rows], dtype=np.float64) - self.center
        squares: Float64 = np.einsum("ij,ij->j", X, X)
        return squares

    def take(self, rows: slice | Indices) -> Float64:
        """Take some rows, scaled, with a one for the intercept."""
        X: Float64 = (np.asarray(self.X[rows], dtype=np.float64) - self.center) * self.unit
        return np.column_stack([X, np.ones(X.shape[0])]) if self.fit_intercept else X

    def scaled(self, coef: Float64, intercept: Float64) -> Float64:
        """Parameters for scaled rows."""
        V: Float64 = coef * self.spread
        if not self.fit_intercept:
            return V
        return np.column_stack([V, intercept + coef @ self.center])

    def by_single_columns(self) -> Float64 | None:
        """Add up the directions of single columns that separate, if there are any."""
        found = separating_columns(
            self.X, self.codes, self.n_classes, fit_intercept=self.fit_intercept
        )
        if found is None:
            return None
        signs, between = found
        V = np.zeros((self.n_classes, self.width))
        V[:, : self.X.shape[1]] = signs
        if self.fit_intercept:
            V[:, -1] = -(signs * ((between - self.center) * self.unit)).sum(axis=1)
        return V

    def look(self, V: Float64) -> _Margins:
        """Compute every margin under a direction."""
        greatest = float(np.abs(V).max())

        def margins(rows: slice) -> _Margins:
            X, codes = self.take(rows), self.codes[rows]
            each = np.arange(codes.size)
            logits = X @ V.T
            margin = logits[each, codes][:, None] - logits
            rounding = (4 * (X.shape[1] + 16) * _UNIT * greatest) * np.abs(X).sum(axis=1)[:, None]
            pairs = np.zeros((self.n_classes, self.n_classes), dtype=np.bool_)
            np.logical_or.at(pairs, codes, margin > rounding)
            margin[each, codes] = np.inf
            relative = margin / np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
            flat = relative.ravel()
            few = min(self.most, flat.size - codes.size)
            chosen = np.argpartition(flat, few - 1)[:few] if few else np.empty(0, dtype=np.intp)
            row, other = np.divmod(chosen, self.n_classes)
            return _Margins(
                float((margin - rounding).min()),
                float((margin + rounding).min()),
                pairs,
                row + rows.start,
                other,
                flat[chosen],
            )

        return map_reduce(margins, self.blocks, self._merge)

    def _merge(self, one: _Margins, two: _Margins) -> _Margins:
        margins = np.concatenate([one.margins, two.margins])
        kept = np.argsort(margins, kind="stable")[: self.most]
        return _Margins(
            min(one.least, two.least),
            min(one.fails, two.fails),
            one.pairs | two.pairs,
            np.concatenate([one.rows, two.rows])[kept],
            np.concatenate([one.others, two.others])[kept],
            margins[kept],
        )

    def objective(self) -> Float64:
        """Gradient of the sum of all margins, the rows scaled to unit length."""

        def sums(rows: slice) -> Float64:
            X = self.take(rows)
            X /= np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
            own = np.zeros((self.n_classes, self.width))
            np.add.at(own, self.codes[rows], X)
            total: Float64 = self.n_classes * own - X.sum(axis=0)
            return total

        return map_reduce(sums, self.blocks, np.add)

    def constraints(self, rows: Indices, others: Indices) -> Any:
        """Sparse matrix of the margins of some rows over some classes, in unit length."""
        X = self.take(rows)
        X /= np.maximum(np.linalg.norm(X, axis=1), 1e-300)[:, None]
        columns = np.arange(self.width)
        own = self.codes[rows][:, None] * self.width + columns
        other = others[:, None] * self.width + columns
        pointer = 2 * self.width * np.arange(rows.size + 1)
        matrix = scipy.sparse.csr_array(
            (np.hstack([X, -X]).ravel(), np.hstack([own, other]).ravel(), pointer),
            shape=(rows.size, self.n_classes * self.width),
        )
        # A common shift of all classes changes nothing: the last class stays at zero.
        return matrix[:, : (self.n_classes - 1) * self.width]

    def separation(self, verdict: Verdict, V: Float64, margins: _Margins) -> Separation:
        """Give a direction that was found back to the user."""
        d = self.X.shape[1]
        parts = np.ptp(V[:, :d], axis=0)
        scale = float(np.abs(V[:, :d]).max())
        scale = 1 / scale if scale > 0 else 1.0
        return Separation(verdict, V[:, :d] * (scale * self.unit), margins.pairs, parts)


def _by_programme(rows: _Rows, start: _Margins) -> Separation:
    """Solve the programme, taking in what it violates, until it separates or is zero."""
    objective = rows.objective()[:-1].ravel()
    size = float(np.abs(objective).sum())
    if size == 0:  # every class has the same mean: margins sum to zero, whatever V
        return Separation(Verdict.NONE)
    objective /= size
    chosen = np.column_stack([start.rows, start.others])
    for _ in range(_ROUNDS):
        matrix = rows.constraints(chosen[:, 0], chosen[:, 1])
        answer = _best(objective, matrix)
        if answer is None:
            return Separation(Verdict.UNKNOWN)
        if objective @ answer * size <= _EQUAL:
            return Separation(Verdict.NONE)
        V, found = _checked(rows, matrix, answer)
        if found.fails >= 0:
            if not found.pairs.any():
                return Separation(Verdict.NONE)
            return _sparser(rows, objective, matrix, V, found)
        wrong = found.margins < 0
        more = np.column_stack([found.rows[wrong], found.others[wrong]])
        together = np.unique(np.vstack([chosen, more]), axis=0)
        if together.shape[0] == chosen.shape[0]:
            return Separation(Verdict.UNKNOWN)
        chosen = together
    return Separation(Verdict.UNKNOWN)


def _checked(rows: _Rows, matrix: Any, answer: Float64) -> tuple[Float64, _Margins]:
    """Project an answer and compute every row's margins under it."""
    V = np.zeros((rows.n_classes, rows.width))
    V[:-1] = _polished(matrix, answer).reshape(rows.n_classes - 1, rows.width)
    return V, rows.look(V)


def _best(objective: Float64, matrix: Any) -> Float64 | None:
    """Maximise the sum of the margins."""
    return _programme(-objective, -matrix, np.zeros(matrix.shape[0]), (-1, 1))


def _sparser(
    rows: _Rows, objective: Float64, matrix: Any, V: Float64, found: _Margins
) -> Separation:
    """Prefer a direction of least sum of magnitudes among the best, if it separates as well."""
    stack = scipy.sparse.vstack
    least = objective @ V[:-1].ravel()
    bounded = stack([-matrix, scipy.sparse.csr_array(-objective[None, :])], format="csr")
    both = scipy.sparse.hstack([bounded, -bounded], format="csr")
    limits = np.append(np.zeros(matrix.shape[0]), -least)
    halves = _programme(np.ones(both.shape[1]), both, limits, (0, None))
    if halves is not None:
        other, there = _checked(rows, matrix, halves[: objective.size] - halves[objective.size :])
        if there.fails >= 0 and there.pairs.any():
            V, found = other, there
    return rows.separation(_verdict(found), V, found)


def _programme(cost: Float64, matrix: Any, limits: Float64, bounds: Any) -> Float64 | None:
    """Minimise cost·z subject to matrix·z <= limits and bounds; None if that was not done."""
    solved = scipy.optimize.linprog(
        cost,
        A_ub=matrix,
        b_ub=limits,
        bounds=bounds,
        method="highs",
        options={
            "maxiter": min(_MOST_STEPS, _MOST_WORK // matrix.shape[1]),
            "primal_feasibility_tolerance": 1e-10,
            "dual_feasibility_tolerance": 1e-10,
        },
    )
    return solved.x if solved.status == 0 else None


def _polished(matrix: Any, answer: Float64) -> Float64:
    """Project an answer onto the constraints that it meets with equality."""
    equal = matrix[np.abs(matrix @ answer) <= _EQUAL].toarray()
    if not equal.size:
        return answer
    with one_blas_thread():
        # Orthonormal rows of what must vanish; twice, for the first leaves its own rounding.
        _, values, basis = scipy.linalg.svd(equal, full_matrices=False)
        basis = basis[values > 1e-10 * values[0]]
        for _ in range(2):
            answer = answer - basis.T @ (basis @ answer)
    return np.where(np.abs(answer) > 1e-13 * np.abs(answer).max(), answer, 0.0)
