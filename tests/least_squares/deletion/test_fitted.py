"""Rows of a fit that are taken one by one."""

import numpy as np
import pytest
from tests.least_squares.tables import table_of

from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.solving.solve import solve


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("numbers", [[0, 4, 7], [7, 0, 4], [5, 5, 1], []])
def test_rows_are_taken_in_the_order_asked_for(weighted, numbers):
    rng = np.random.default_rng(0)
    X, codes, w = rng.normal(size=(9, 2)), np.arange(9) % 3, rng.uniform(1.0, 2.0, size=9)
    table = table_of(X, codes, 3, w if weighted else None)
    solved = solve(table, 0.0, centred=True)
    most, numbers = rng.uniform(size=9), np.array(numbers, dtype=np.intp)
    fitted = FittedTable(table, solved.design, solved.moments, 0.0, True, most)
    block, goes = fitted.take(numbers)
    np.testing.assert_array_equal(block.X, X[numbers])
    np.testing.assert_array_equal(block.codes, codes[numbers])
    scaled = np.ldexp(most, -solved.design.scaling.weight_exponent)
    np.testing.assert_array_equal(goes, np.sqrt(scaled[numbers]))
    if weighted:
        np.testing.assert_array_equal(block.weights, w[numbers])
    else:
        assert block.weights is None
