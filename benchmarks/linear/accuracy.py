"""Case: correct digits on the NIST Statistical Reference Datasets.

Every contender gets the columns as float64 holds them, powers of x among them, unscaled
and in the order of the model. What rounding them to float64 costs alone is told by the
exact answer for the rounded columns, in rational numbers.
"""

import warnings
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from tests.peers.nist_strd import DATASETS, Dataset, exact_solution

from benchmarks.harness.results import Case
from benchmarks.harness.timing import Conditions

Array = np.ndarray[Any, Any]

MOST_DIGITS = 15.0
"""As many as the certified values have."""

TRIVIUM = "Trivium"
EXACT = "exact answer for the rounded columns"


class Fitted(NamedTuple):
    """Coefficients, the intercept's first where there is one, and the rank that was found.

    The rank is that of the columns without the intercept's; None where nothing is said.
    """

    coef: Array
    rank: int | None


Fit = Callable[[Array, Array, bool], Fitted]
"""Takes columns, targets and whether there is an intercept."""


def log_relative_error(values: Iterable[float], certified: Iterable[float]) -> float:
    """Correct digits of the worst coefficient, between 0 and 15.

    -log10(|b - c| / |c|), and -log10|b| where c is zero (McCullough, "Assessing the
    reliability of statistical software", Am. Stat. 52, 1998).

    Examples
    --------
    >>> round(log_relative_error([1.001, 2.0], [1.0, 2.0]), 1)
    3.0
    >>> log_relative_error([float("nan")], [1.0])
    0.0
    """
    b, c = np.array(list(values)), np.array(list(certified))
    with np.errstate(divide="ignore"):
        digits = -np.log10(np.abs(b - c) / np.where(c == 0, 1.0, np.abs(c)))
    return float(np.nan_to_num(np.clip(digits, 0.0, MOST_DIGITS), nan=0.0).min())


def trivium(X: Array, y: Array, fit_intercept: bool) -> Fitted:
    """Solve as `LeastSquaresClassifier` does, for any targets."""
    from trivium.least_squares.solving.design import Table
    from trivium.least_squares.solving.solve import solve
    from trivium.rows.memory import ArrayRows

    solved = solve(Table(ArrayRows(X), y[:, None]), 0.0, centred=fit_intercept)
    assert solved is not None  # noqa: S101 - nothing here is beyond float64
    solution = solved.solution
    return _with_intercept(solution.coef[:, 0], solution.intercept, fit_intercept, solution.rank)


def lstsq(X: Array, y: Array, fit_intercept: bool) -> Fitted:
    """NumPy's `lstsq`, with a column of ones for the intercept."""
    A = _with_ones(X, fit_intercept)
    coef, _, rank, _ = np.linalg.lstsq(A, y)
    return Fitted(coef, int(rank) - fit_intercept)


def sklearn(X: Array, y: Array, fit_intercept: bool) -> Fitted:
    """scikit-learn's `LinearRegression`."""
    from sklearn.linear_model import LinearRegression

    model = LinearRegression(fit_intercept=fit_intercept).fit(X, y)
    return _with_intercept(model.coef_, model.intercept_, fit_intercept, int(model.rank_))


def statsmodels(X: Array, y: Array, fit_intercept: bool, method: str) -> Fitted:
    """Statsmodels' `OLS`, with a column of ones for the intercept."""
    from statsmodels.api import OLS

    model = OLS(y, _with_ones(X, fit_intercept))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a singular matrix: its rank is counted instead
        coef = model.fit(method=method).params
    return Fitted(coef, int(model.rank) - fit_intercept)


CONTENDERS: dict[str, Fit] = {
    TRIVIUM: trivium,
    "NumPy lstsq": lstsq,
    "scikit-learn LinearRegression": sklearn,
    "statsmodels OLS, pinv": lambda X, y, one: statsmodels(X, y, one, "pinv"),
    "statsmodels OLS, qr": lambda X, y, one: statsmodels(X, y, one, "qr"),
}


def digits(dataset: Dataset, fit: Fit) -> tuple[float, int | None]:
    """Correct digits of a contender, and how many columns it dropped.

    Returns
    -------
    tuple of (float, int or None)
        None where the contender does not tell its rank.
    """
    X = dataset.columns()
    coef, rank = fit(X, dataset.target(), dataset.intercept)
    return log_relative_error(coef, dataset.coef), None if rank is None else X.shape[1] - rank


def digits_of_exact(dataset: Dataset) -> float:
    """Correct digits of the exact answer, the columns rounded to float64."""
    ones = [Fraction(1)] * dataset.intercept
    rows = [[*ones, *map(Fraction, row)] for row in dataset.columns().tolist()]
    solution = exact_solution(rows, [Fraction(value) for value in dataset.y])
    return log_relative_error(map(float, solution.coef), dataset.coef)


def accuracy_case(_: Conditions) -> Case:
    """Count correct digits, and columns that were dropped, of every contender."""
    counted: dict[str, dict[str, float]] = {}
    dropped: dict[str, dict[str, int]] = {}
    for name, fit in CONTENDERS.items():
        try:
            found = {dataset.name: digits(dataset, fit) for dataset in DATASETS}
        except ImportError:
            if name == TRIVIUM:
                raise
            continue
        counted[name] = {each: value for each, (value, _) in found.items()}
        dropped[name] = {each: gone for each, (_, gone) in found.items() if gone}
    counted[EXACT] = {dataset.name: digits_of_exact(dataset) for dataset in DATASETS}
    return Case("accuracy", figures={"digits": counted, "dropped": dropped})


def _with_ones(X: Array, fit_intercept: bool) -> Array:
    return np.hstack([np.ones((len(X), 1)), X]) if fit_intercept else X


def _with_intercept(coef: Array, intercept: Any, fit_intercept: bool, rank: int) -> Fitted:
    return Fitted(np.r_[intercept, coef] if fit_intercept else np.asarray(coef), rank)
