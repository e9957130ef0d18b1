"""From rows and a penalty to the parameters: which solver, and in which coordinates."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.products import length_of
from trivium.blocks.workers import one_blas_thread
from trivium.rows.source import Rows
from trivium.softmax.coordinates.dependence import dependence_of
from trivium.softmax.coordinates.problem import Problem, ProblemAt, Seen
from trivium.softmax.coordinates.row_space import RowSpace, Spanned, row_space
from trivium.softmax.coordinates.scaling import frame_of
from trivium.softmax.coordinates.unframed import Unframed, may_be_unframed
from trivium.softmax.curvature.exact_hessian import ExactDirection
from trivium.softmax.curvature.preconditioner_schedule import PreconditionerSchedule
from trivium.softmax.curvature.reach import Reach
from trivium.softmax.objective.cross_entropy import CrossEntropy, CrossEntropyAt
from trivium.softmax.pilot import pilot_rows, pilot_start
from trivium.softmax.solvers.gradient_descent import gradient_descent
from trivium.softmax.solvers.lbfgs import PAIRS, lbfgs
from trivium.softmax.solvers.newton import newton
from trivium.softmax.solvers.newton_cg import newton_direction
from trivium.softmax.solvers.protocol import Inverse, Result, Status

_EXACT_WORK = 2e6  # operations a step of Newton's, below which few steps beat cheap ones
_FEW_COLUMNS, _ONE_MATRIX = 64, 6e7  # of two classes: columns, and rows times their squares

_FLATTER = 0.35  # of the slope, which a step of Newton's may leave: the next step is dearer

_FEWEST_PAIRS, _PAIRS_VALUES = 1, 3 << 20  # steps remembered of many columns; their numbers
_MOST_ROUNDINGS = 64.0  # that a gradient may keep where no step helps any more

FitObserver = Callable[[Float64, Any, float], bool | None]
"""Told of the start and of each step: parameters as the user has them, a point's loss,
gradient and accuracy (`Seen`), and the length of the step. True asks to stop there."""


class Fitted(NamedTuple):
    """Where a fit ended.

    Attributes
    ----------
    coef : ndarray of shape (n_classes, d)
    intercept : ndarray of shape (n_classes,)
        Zero where none is fitted.
    n_iter : int
    status : Status
    solver : str
        The one that ran.
    gradient : ndarray of shape (n_classes, d [+ 1])
        In the user's coordinates.
    loss, accuracy : float
    objective : CrossEntropy
        Of the rows as they come, less its `center` if it has one.
    at : CrossEntropyAt or None
        The evaluation of just these parameters, of rows as they come, if there was one.
    """

    coef: Float64
    intercept: Float64
    n_iter: int
    status: Status
    solver: str
    gradient: Float64
    loss: float
    accuracy: float
    objective: CrossEntropy
    at: CrossEntropyAt | None


def fit_parameters(
    rows: Rows,
    *,
    alpha: float,
    fit_intercept: bool,
    solver: str,
    learning_rate: float | str,
    max_iter: int,
    tol: float,
    start: Float64 | None = None,
    observe: FitObserver,
) -> Fitted:
    """Minimise the penalised mean cross-entropy.

    Parameters
    ----------
    rows : Rows
        Finite, of magnitudes whose sums and differences are.
    alpha : float
    fit_intercept : bool
    solver : str
        One of `SOLVERS`. "newton" keeps the square of (n_classes - 1)·d numbers, "newton-cg" the
        probability of each class for every row, unless that is more than scikit-learn's setting
        ``working_memory`` allows.
    learning_rate : float or "auto"
        For gradient descent.
    max_iter : int
    tol : float
        Of the gradient's greatest entry, in the user's coordinates.
    start : ndarray of shape (n_classes, d [+ 1]) or None
        None means zeros, or of many rows the optimum of some; what is worse than zeros means
        these, too, except for gradient descent.
    observe : callable

    Returns
    -------
    Fitted
    """
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        if solver == "gradient-descent":
            objective = CrossEntropy(rows, alpha=alpha, fit_intercept=fit_intercept)
            watch = _Watch(observe)
            rate = _rate(objective) if isinstance(learning_rate, str) else learning_rate
            result = gradient_descent(
                objective,
                np.zeros(objective.shape) if start is None else start,
                learning_rate=rate,
                max_iter=max_iter,
                tol=tol,
                observe=watch,
            )
            return _fitted(objective, result, solver, watch)
        sparse = rows.n_stored is not None
        frame = frame_of(rows.summary(), centred=fit_intercept, sparse=sparse)
        objective = CrossEntropy(
            rows, alpha=alpha, fit_intercept=fit_intercept, center=frame.center
        )
        space = row_space(rows, frame, alpha)
        size = rows.shape[1] if space is None else space.pivots.size
        dependence = None
        if alpha == 0 and space is None:  # a penalty holds what the loss leaves free
            dependence = dependence_of(rows, frame, centred=fit_intercept)
        problem = Problem(objective, frame, dependence)
        chosen = solver == "auto"
        if chosen:
            solver = cheapest_solver(rows.shape[0], size, rows.n_classes)
        if space is not None:
            watch = _Watch(observe)
            result = _minimise_by_rows(problem, space, start, solver, max_iter, tol, watch)
        else:
            watch = _Watch(observe, problem)
            first, known = _first(problem, start), None
            some = pilot_rows(objective.rows) if start is None and alpha > 0 else None
            if some is None and solver != "newton" and _is_guided_by_diagonal(problem, tol):
                problem = watch.problem = Unframed(objective, frame)
                first = _first(problem, start)
            if some is not None:
                pilot = _Pilot(some.shape[0], size, rows.n_classes)
                first = _better(problem, pilot_start(problem, some, pilot))
                known = pilot.inverse if first.any() else None
                if chosen and known is not None and rows.n_classes == 2:
                    solver = "lbfgs"  # whose steps are evaluations alone, and as good as Newton's
            result = _minimise(problem, first, solver, max_iter, tol, watch, known)
        return _fitted(objective, result, solver, watch)


def cheapest_solver(n_rows: int, n_columns: int, n_classes: int) -> str:
    """Choose a solver by the work of its steps.

    Newton's are few, and each costs a product of all pairs of columns and of classes, and a
    factorisation; where that is nothing beside the cost of any step, it is the fastest. Two classes
    are one pair, whose products are those of one matrix.

    Examples
    --------
    >>> cheapest_solver(150, 4, 3), cheapest_solver(1797, 64, 10), cheapest_solver(50_000, 100, 2)
    ('newton', 'lbfgs', 'lbfgs')
    """
    if n_classes == 2:
        work = n_rows * n_columns**2
        return "newton" if n_columns <= _FEW_COLUMNS and work <= _ONE_MATRIX else "lbfgs"
    pairs = n_classes * (n_classes - 1) / 2
    products = n_rows * pairs * (n_columns + 1) * (n_columns + 2) / 2
    factor = ((n_classes - 1) * (n_columns + 1)) ** 3 / 3
    return "newton" if products + factor <= _EXACT_WORK else "lbfgs"


def _is_guided_by_diagonal(problem: Problem, tol: float) -> bool:
    """Whether sparse rows have so many columns that the diagonal is all their preconditioner."""
    if problem.objective.rows.n_stored is None or problem.dependence is not None:
        return False
    diagonal = PreconditionerSchedule(problem, tol, warm=False).is_diagonal
    return diagonal and may_be_unframed(problem.frame)


def _first(problem: Problem, start: Float64 | None) -> Float64:
    """Choose where to begin: at zero, if that is no worse than what was given."""
    if start is None:
        if problem.objective.by_columns:  # many parameters, perhaps: one zero stands for all
            return np.broadcast_to(0.0, problem.objective.shape)
        return np.zeros(problem.objective.shape)
    return _better(problem, problem.from_users(start))


def _better(problem: Problem, point: Float64) -> Float64:
    """Return a point, or zero where that is no worse."""
    zeros = np.zeros(problem.objective.shape)
    return point if problem.evaluate(point).loss < np.log(zeros.shape[0]) else zeros


class _Pilot:
    """A solver of few rows: what it takes where they are few enough, and what it learns.

    Attributes
    ----------
    inverse : Inverse or None
        Of the whole Hessian at the end, if steps were Newton's.
    """

    def __init__(self, n_rows: int, n_columns: int, n_classes: int) -> None:
        self._solver = cheapest_solver(n_rows, n_columns, n_classes)
        if n_classes == 2 and n_rows * n_columns**2 <= _ONE_MATRIX:  # whose use outlasts it
            self._solver = "newton"
        self.inverse: Inverse | None = None

    def __call__(self, problem: Problem, first: Float64, tol: float, **options: Any) -> Result:
        """Minimise as one of `_MINIMISERS` does."""
        if self._solver != "newton":
            return _MINIMISERS[self._solver](problem, first, tol, **options)
        direction = ExactDirection(problem, tol)
        options |= {"flatter": _FLATTER, "reach": Reach(problem)}
        result = newton(problem, first, direction=direction, **options)
        # The last steps went by matrices from before them, which are far less like this one.
        self.inverse = direction.inverse(problem.evaluate(result.parameters))
        return result


def _minimise(
    problem: Problem,
    first: Float64,
    solver: str,
    max_iter: int,
    tol: float,
    watch: "_Watch",
    known: Inverse | None = None,
) -> Result:
    """Run a solver that works in the problem's coordinates."""
    result = _MINIMISERS[solver](
        problem, first, tol, known, max_iter=max_iter, stop=problem.stop(tol), observe=watch
    )
    if result.status is Status.NO_PROGRESS and problem.is_rounding(watch.at, tol, _MOST_ROUNDINGS):
        return result._replace(status=Status.ROUNDING)
    return result


def _minimise_by_rows(
    problem: Problem,
    space: RowSpace,
    start: Float64 | None,
    solver: str,
    max_iter: int,
    tol: float,
    watch: "_Watch",
) -> Result:
    """Run a solver in the space of the rows, and go on in that of the columns if need be."""
    spanned = Spanned(problem, space)
    watch.problem = spanned
    result = _minimise(spanned, _first(spanned, start), solver, max_iter, tol, watch)
    here = problem.from_users(watch.parameters)
    at = problem.evaluate(here)
    watch.seen = at.seen  # coordinates may have told it with fewer digits
    if result.status not in (Status.CONVERGED, Status.ROUNDING, Status.NO_PROGRESS):
        return result
    if np.abs(at.seen.gradient).max() <= tol:
        return result._replace(status=Status.CONVERGED)
    if problem.is_rounding(at, tol, _MOST_ROUNDINGS):
        return result._replace(status=Status.ROUNDING)
    watch.go_on(problem)
    # Newton's matrix of all columns would be far larger than the one that was asked for.
    solver = "newton-cg" if solver == "newton-cg" else "lbfgs"
    more = _minimise(problem, here, solver, max_iter - result.n_iter, tol, watch)
    return more._replace(n_iter=result.n_iter + more.n_iter)


def _by_newton_cg(
    problem: Problem, first: Float64, tol: float, known: Inverse | None = None, **options: Any
) -> Result:
    renew = PreconditionerSchedule(problem, tol, warm=bool(first.any()), known=known)
    direction = _ByConjugateGradients(renew, problem.small(tol))
    return newton(problem, first, direction=direction, **options)


def _by_lbfgs(
    problem: Problem, first: Float64, tol: float, known: Inverse | None = None, **options: Any
) -> Result:
    pairs = PAIRS
    if problem.objective.rows.n_stored is not None:
        pairs = min(max(_FEWEST_PAIRS, _PAIRS_VALUES // first.size), PAIRS)
    renew = PreconditionerSchedule(problem, tol, warm=bool(first.any()), known=known)
    return lbfgs(problem, first, renew=renew, pairs=pairs, **options)


def _by_newton(
    problem: Problem, first: Float64, tol: float, known: Inverse | None = None, **options: Any
) -> Result:
    direction = ExactDirection(problem, tol, known)
    options |= {"flatter": _FLATTER, "reach": Reach(problem)}
    return newton(problem, first, direction=direction, **options)


_MINIMISERS = {"newton-cg": _by_newton_cg, "lbfgs": _by_lbfgs, "newton": _by_newton}
"""Each takes a problem, the point to begin at, tol, what is known of the Hessian's inverse there,
and `max_iter`, `stop` and `observe`."""

FAST_SOLVERS = tuple(_MINIMISERS)
"""Names of the solvers that go to the optimum in few steps, in a problem's coordinates."""

SOLVERS = ("auto", *FAST_SOLVERS, "gradient-descent")
"""What a user may ask for: one of these by its cost, each by its name, and the textbook's path."""


class _ByConjugateGradients:
    """Newton's direction, with a preconditioner that is renewed."""

    def __init__(self, renew: PreconditionerSchedule, tol: float) -> None:
        self._renew, self._tol = renew, tol
        self._step = 0
        self._precondition: Inverse = np.copy

    def __call__(self, at: ProblemAt) -> Float64:
        self._precondition = self._renew(self._step, at) or self._precondition
        self._step += 1
        return newton_direction(at, self._precondition, self._tol)


class _Watch:
    """Passes on to an observer what a solver reports, in the user's coordinates."""

    def __init__(self, observe: FitObserver, problem: Problem | None = None) -> None:
        self._observe, self.problem = observe, problem
        self._known = False
        self.parameters = np.empty(0)
        self.at: Any = None
        self.seen: Seen | CrossEntropyAt

    def __call__(self, parameters: Float64, at: Any, step: float) -> bool | None:
        """Pass on one point; answer as the observer does."""
        self.at = at
        if self._known:
            self._known = False
            return None
        if self.problem is not None:
            users, at = self.problem.users(parameters), at.seen
            if users is not parameters:
                step = length_of(users - self.parameters) if self.parameters.size else 0.0
            parameters = users
        self.parameters, self.seen = parameters, at
        return self._observe(parameters, at, step)

    def at_users(self) -> CrossEntropyAt | None:
        """Return the last evaluation, if it is that of the user's parameters to the bit."""
        at = getattr(self.at, "plain", None)
        if at is None or at.objective.center is not None:
            return None
        same = at.parameters is self.parameters or np.array_equal(at.parameters, self.parameters)
        return at if same else None

    def go_on(self, problem: Problem) -> None:
        """Expect another solver's steps, whose start is known from the one before it."""
        self.problem, self._known = problem, True


def _rate(objective: CrossEntropy) -> float:
    """One over the greatest curvature possible, with which every step lowers the loss."""
    curvature = float(np.linalg.eigvalsh(objective.curvature_bound())[-1])
    return 1.0 / curvature if curvature > 0 else 1.0  # flat: no step leads anywhere


def _fitted(objective: CrossEntropy, result: Result, solver: str, watch: _Watch) -> Fitted:
    d = objective.rows.shape[1]
    parameters = watch.parameters
    intercept = parameters[:, d].copy() if objective.fit_intercept else np.zeros(len(parameters))
    return Fitted(
        np.ascontiguousarray(parameters[:, :d]),
        intercept,
        result.n_iter,
        result.status,
        solver,
        watch.seen.gradient,
        watch.seen.loss,
        watch.seen.accuracy,
        objective,
        watch.at_users(),
    )
