"""Whether linear functions separate classes, so that no optimum exists.

A direction V, with one row (V_c, v_c) a class, separates if (V_y - V_c)·x + v_y - v_c >= 0 for
every row x of every class y and every other class c, and > 0 somewhere. Along it the
unpenalised loss falls for ever (Albert & Anderson, Biometrika 71, 1984): the likelihood has a
maximum if and only if there is no such direction. Whether there is one is a linear programme (LP):
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
taken (least sum of magnitudes), which is easier to read.
"""

from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from trivium.arrays import Float64
from trivium.rows.source import Rows
from trivium.softmax.separation.margins import MarginRows, Margins, Mask
from trivium.softmax.separation.polishing import polished as _polished

_MOST_VARIABLES = 3000
_ROUNDS = 40
# Of the simplex method, and their product with variables: a limit of time would not be the same
# everywhere.
_MOST_STEPS, _MOST_WORK = 20_000, 8_000_000
_NOTHING = 1e-7  # of rows' lengths: a sum of margins that is none


class SeparationWarning(ConvergenceWarning):
    """The classes are separated, so that the loss has no optimum."""


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
    scaled : ndarray of shape (n_classes, d [+ 1]) or None
        The direction for columns less their centers, in units of their spread.
    """

    verdict: Verdict
    direction: Float64 | None = None
    pairs: Any = None
    parts: Float64 | None = None
    scaled: Float64 | None = None


def find_separation(
    rows: Rows,
    coef: Float64,
    intercept: Float64,
    *,
    fit_intercept: bool,
    programme: bool = True,
) -> Separation:
    """Search for a direction that separates: the parameters' own, single columns, a programme.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
        Parameters that fit the rows as well as is known.
    fit_intercept : bool
    programme : bool
        Whether to solve the last, which may take long.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.rows.memory import ArrayRows
    >>> rows = ArrayRows(np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]), 2)
    >>> found = find_separation(rows, np.zeros((2, 1)), np.zeros(2), fit_intercept=True)
    >>> found.verdict.name, found.direction
    ('PARTIAL', array([[-1.41421356],
           [ 1.41421356]]))
    """
    scaled = MarginRows(rows, fit_intercept=fit_intercept)
    finite = np.isfinite(coef).all() and np.isfinite(intercept).all()
    own = scaled.scaled(coef, intercept) if finite else np.zeros((len(coef), scaled.width))
    at_own = scaled.look(own)
    if at_own.least > 0:
        return _separation(scaled, Verdict.COMPLETE, own, at_own)
    by_columns = scaled.by_single_columns()
    if by_columns is not None:
        found = scaled.look(by_columns)
        if found.fails >= 0 and found.pairs.any():
            return _separation(scaled, _verdict(found), by_columns, found)
    if not programme or (scaled.n_classes - 1) * scaled.width > _MOST_VARIABLES:
        return Separation(Verdict.UNKNOWN)
    return _by_programme(scaled, at_own)


def winning_margins(rows: Rows, separation: Separation, *, fit_intercept: bool) -> Mask | None:
    """Find the margins that a direction makes positive for certain, as in `losing_classes`.

    None where there is no direction.
    """
    if separation.scaled is None:
        return None
    return MarginRows(rows, fit_intercept=fit_intercept).lose(separation.scaled)


def losing_classes(rows: Rows, separation: Separation, *, fit_intercept: bool) -> Mask | None:
    """Find, row by row, the classes whose probability vanishes as the loss nears its infimum.

    Far along a direction that separates, those over which a row's margin is positive are lost.
    What the loss tends to is that of the others, and may be separated in its turn: the programme is
    solved again without the margins that are positive already, until it finds no more.

    Parameters
    ----------
    rows : Rows
        Of which every class has one.
    separation : Separation
    fit_intercept : bool

    Returns
    -------
    ndarray of bool of shape (n, n_classes) or None
        None where there is no direction.
    """
    scaled = MarginRows(rows, fit_intercept=fit_intercept)
    direction, before = separation.scaled, 0
    while direction is not None:
        now = int(np.count_nonzero(scaled.lose(direction)))
        if now == before or now == rows.shape[0] * (rows.n_classes - 1):
            break
        if (rows.n_classes - 1) * scaled.width > _MOST_VARIABLES:
            break
        start = scaled.look(np.zeros((rows.n_classes, scaled.width)))
        direction, before = _by_programme(scaled, start, to_show=False).scaled, now
    return scaled.lost


def _verdict(found: "Margins") -> Verdict:
    """Whether a direction that separates does so for all rows."""
    return Verdict.COMPLETE if found.least > 0 else Verdict.PARTIAL


def _separation(rows: MarginRows, verdict: Verdict, V: Float64, margins: Margins) -> Separation:
    """Turn a direction of scaled rows into one in the user's coordinates."""
    unit = rows.scaling.unit
    d = unit.size
    parts = np.ptp(V[:, :d], axis=0)
    scale = float(np.abs(V[:, :d]).max())
    scale = 1 / scale if scale > 0 else 1.0
    return Separation(verdict, V[:, :d] * (scale * unit), margins.pairs, parts, V)


def _by_programme(rows: MarginRows, start: Margins, *, to_show: bool = True) -> Separation:
    """Solve the programme, taking in what it violates, until it separates or is zero.

    A direction to show has as few columns as may be.
    """
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
        if objective @ answer * size <= _NOTHING:
            return Separation(Verdict.NONE)
        V, found = _checked(rows, matrix, answer)
        if found.fails >= 0:
            if not found.pairs.any():
                return Separation(Verdict.NONE)
            if not to_show:
                return _separation(rows, _verdict(found), V, found)
            return _sparser(rows, objective, matrix, V, found)
        wrong = found.margins < 0
        more = np.column_stack([found.rows[wrong], found.others[wrong]])
        together = np.unique(np.vstack([chosen, more]), axis=0)
        if together.shape[0] == chosen.shape[0]:
            return Separation(Verdict.UNKNOWN)
        chosen = together
    return Separation(Verdict.UNKNOWN)


def _checked(rows: MarginRows, matrix: Any, answer: Float64) -> tuple[Float64, Margins]:
    """Project an answer and compute every row's margins under it."""
    V = np.zeros((rows.n_classes, rows.width))
    V[:-1] = _polished(matrix, answer).reshape(rows.n_classes - 1, rows.width)
    return V, rows.look(V)


def _best(objective: Float64, matrix: Any) -> Float64 | None:
    """Maximise the sum of the margins."""
    return _programme(-objective, -matrix, np.zeros(matrix.shape[0]), (-1, 1))


def _sparser(
    rows: MarginRows, objective: Float64, matrix: Any, V: Float64, found: Margins
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
    return _separation(rows, _verdict(found), V, found)


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
