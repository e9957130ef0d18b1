"""A programme's answer made exact: equalities hold to the rounding of its own numbers."""

from fractions import Fraction

import numpy as np
import scipy.linalg
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.softmax.separation.polishing import exact_products, polished

UNIT = np.finfo(float).eps / 2


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), m=st.integers(1, 6), n=st.integers(1, 8))
def test_products_are_rounded_once(seed, m, n):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(m, n)) * 10.0 ** rng.integers(-8, 8, size=(m, n))
    vector = rng.normal(size=n) * 10.0 ** rng.integers(-8, 8, size=n)
    truth = [
        float(sum(Fraction(a) * Fraction(b) for a, b in zip(row, vector, strict=True)))
        for row in rows.tolist()
    ]
    found = exact_products(scipy.sparse.csr_array(rows), vector)
    np.testing.assert_array_equal(found, truth)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(3, 12), spread=st.sampled_from([1.0, 1e-4]))
def test_equalities_hold_to_the_rounding_of_the_answer(seed, n, spread):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n - 1, n))
    rows[1:] = rows[0] + spread * rows[1:]
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    null = scipy.linalg.null_space(rows)[:, 0]
    answer = null / np.abs(null).max() + 1e-9 * rng.normal(size=n)
    matrix = scipy.sparse.csr_array(rows)
    left = exact_products(matrix, polished(matrix, answer))
    assert (np.abs(left) <= 2 * UNIT * np.abs(rows).sum(axis=1)).all()
