"""Columns so small that a penalty leaves them next to nothing, in every way of solving."""

import numpy as np
import pytest
import scipy.sparse

from trivium import LeastSquaresClassifier, LeastSquaresClassifierCV

N = 60
rng = np.random.default_rng(0)
ROWS = rng.normal(size=(N, 3))
WIDE = rng.normal(size=(N, 80))
y = (ROWS[:, :2].sum(axis=1) + rng.normal(size=N) > 0).astype(int)


def fitted(X, alpha=1.0, **keywords):
    return LeastSquaresClassifier(alpha, **keywords).fit(X, y)


FITS = {
    "squares": lambda X: fitted(X),
    "no intercept": lambda X: fitted(X, fit_intercept=False),
    "sparse": lambda X: fitted(scipy.sparse.csr_array(X)),
    "partial": lambda X: LeastSquaresClassifier(1.0).partial_fit(X, y, classes=[0, 1]),
    "robust": lambda X: fitted(X, robust=True),
    "chosen": lambda X: LeastSquaresClassifierCV([1.0]).fit(X, y),
    "many rows": lambda X: LeastSquaresClassifier(1.0).fit(np.tile(X, (99, 1)), np.tile(y, 99)),
    "more columns": lambda X: fitted(np.c_[X, WIDE]),
    "many columns": lambda X: fitted(np.c_[X, np.tile(WIDE, 13)]),
    "sparse, many columns": lambda X: fitted(
        scipy.sparse.csr_array(np.c_[X, WIDE, np.zeros((N, 2000))])
    ),
    "a column twice": lambda X: fitted(np.c_[X, X[:, :1]], alpha=1e-14),
    "a column twice, in many rows": lambda X: LeastSquaresClassifier(1e-14).fit(
        np.tile(np.c_[X, X[:, :1]], (99, 1)), np.tile(y, 99)
    ),
    "a row left out": lambda X: Left(fitted(X), X),
}


class Left:
    """What `influence` says of the fit without a row."""

    def __init__(self, model, X):
        self.coef_ = model.influence(X, y).loo_coef([3])[0][0]


@pytest.mark.parametrize("unit", [1e-124, 1e-130, 1e-150, 1e-200, 1e-290])
@pytest.mark.parametrize("fit", FITS)
def test_coefficients_are_as_small_as_the_columns(fit, unit):
    """What the others leave of the targets times a column, over the penalty."""
    X, moderate = ROWS.copy(), ROWS.copy()
    X[:, 1] *= unit
    moderate[:, 1] *= 1e-90
    coef, wanted = FITS[fit](X).coef_[0], FITS[fit](moderate).coef_[0]
    np.testing.assert_allclose(coef[1] / unit, wanted[1] / 1e-90, rtol=1e-9)
    np.testing.assert_allclose(np.delete(coef, 1), np.delete(wanted, 1), rtol=1e-9, atol=1e-14)


def test_a_coefficient_is_the_product_with_what_is_left_over_the_penalty():
    X = ROWS * [1.0, 1e-290, 1.0]
    model, others = fitted(X), fitted(X[:, [0, 2]])
    left = 2 * y - 1 - others.decision_function(X[:, [0, 2]])
    wanted = (ROWS[:, 1] - ROWS[:, 1].mean()) @ left / N
    np.testing.assert_allclose(model.coef_[0, 1] / 1e-290, wanted, rtol=1e-12)
