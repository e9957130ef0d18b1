"""Exponentials and logarithms of loops: against decimal truth, and the same by NumPy to the bit."""

from decimal import Decimal, localcontext

import numpy as np

from trivium.blocks.compiled import kernel
from trivium.blocks.elementary import (
    LEAST,
    exp_from_least,
    exp_from_least_by_numpy,
    log1p_of_positive,
    log1p_of_positive_by_numpy,
)

RNG = np.random.default_rng(0)
BELOW_ZERO = -np.concatenate(
    [
        RNG.uniform(0, 1, 500),
        RNG.uniform(0, 40, 500),
        np.minimum(10.0 ** RNG.uniform(-20, 3, 500), -LEAST),
        np.log(2) * np.arange(0.5, 1000, 7.5),
        [0.0, 1e-320, 708.3, 708.4, 740.0, 745.1, 745.2, -LEAST],
    ]
).clip(0.0, -LEAST)
ABOVE_ZERO = np.concatenate(
    [
        10.0 ** RNG.uniform(-300, 0, 500),
        RNG.uniform(0, 2, 500),
        RNG.uniform(0, 1e4, 500),
        [0.0, 5e-324, 2.0**-53, 1e-17, np.sqrt(0.5), np.sqrt(2) - 1, 1.0, 3.0, 1e300],
    ]
)


@kernel
def exponentials(x, found):
    for i in range(x.size):
        found[i] = exp_from_least(x[i])


@kernel
def logarithms(x, found):
    for i in range(x.size):
        found[i] = log1p_of_positive(x[i])


def computed(loop, x):
    found = np.empty_like(x)
    loop(x, found)
    return found


def errors(found, x, truth):
    """Errors in units of the last place of the truth."""
    with localcontext() as context:
        context.prec = 400
        exact = [truth(Decimal(float(value))) for value in x]
        place = [Decimal(float(np.spacing(abs(float(value))))) for value in exact]
        return max(
            abs((Decimal(float(a)) - b) / unit)
            for a, b, unit in zip(found, exact, place, strict=True)
        )


def exp(value):
    with localcontext() as context:
        context.prec = 40
        return value.exp()


def log1p(value):
    with localcontext() as context:
        context.prec = 340 if value < Decimal("1e-30") else 60
        return value if value < Decimal("1e-200") else (1 + value).ln()


def test_exponentials_are_right_to_a_unit_of_the_last_place():
    assert errors(computed(exponentials, BELOW_ZERO), BELOW_ZERO, exp) < 1.0


def test_logarithms_are_right_to_two_units_of_the_last_place():
    assert errors(computed(logarithms, ABOVE_ZERO), ABOVE_ZERO, log1p) < 2.0


def test_numpy_computes_the_same_bits():
    for loop, by_numpy, x in (
        (exponentials, exp_from_least_by_numpy, BELOW_ZERO),
        (logarithms, log1p_of_positive_by_numpy, ABOVE_ZERO),
    ):
        np.testing.assert_array_equal(computed(loop, x), by_numpy(x))


def test_ends_are_exact_and_what_is_no_number_stays_none():
    assert computed(exponentials, np.array([0.0, -0.0, LEAST])).tolist() == [1.0, 1.0, 0.0]
    assert computed(logarithms, np.array([0.0]))[0] == 0.0
    assert np.isnan(computed(exponentials, np.array([np.nan]))).all()
    assert np.isnan(computed(logarithms, np.array([np.nan]))).all()
