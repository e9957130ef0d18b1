"""Products of what sparse rows store, against the dense loop."""

import numpy as np
import pytest
from tests.rows.test_csr import sparse, table

from trivium.rows.products import add_there_and_back


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("width", [2, 8, 9, 17])
def test_there_and_back_is_the_dense_loop_to_the_bit(width, index):
    full, rng = table(), np.random.default_rng(width)
    full[-1] = 0.0  # nothing is stored from there on, of which the next line could be called
    rows = sparse(full, index=index)
    columns, levels = rng.normal(size=(full.shape[1], width)), rng.normal(size=(2, width))
    weights, codes = rng.uniform(size=len(full)), rng.integers(0, 2, size=len(full))
    origin = np.where(np.arange(full.shape[1]) == 1, 0.5, 0.0)
    back, totals = np.zeros((2, *columns.shape)), np.zeros((2, width))
    given = rows.data, rows.indices, rows.indptr, origin, weights, codes, levels, columns
    add_there_and_back(*given, np.empty(width), back[0], totals[0])
    for row, stored, weight, code in zip(full, full != 0, weights, codes, strict=True):
        values = levels[code].copy()
        for j in np.flatnonzero(stored):
            values += (row[j] - origin[j]) * columns[j]
        values *= weight
        totals[1] += values
        for j in np.flatnonzero(stored):
            back[1, j] += (row[j] - origin[j]) * values
    assert (back[0] == back[1]).all()
    assert (totals[0] == totals[1]).all()
