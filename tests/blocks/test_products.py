"""Products of columns against plain matrix products."""

import numpy as np
import pytest

from trivium.blocks.products import add_products


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (300, 40), (0, 3), (5, 200)])
def test_the_upper_triangle_is_added_to(shape):
    rng = np.random.default_rng(0)
    rows, gram = rng.normal(size=shape), rng.normal(size=(shape[1],) * 2)
    expected = np.where(np.tri(shape[1], k=-1, dtype=bool), gram, gram + rows.T @ rows)
    add_products(rows, gram)
    np.testing.assert_allclose(gram, expected, rtol=1e-12, atol=1e-12)


def test_rows_of_a_larger_array():
    rows = np.random.default_rng(1).normal(size=(9, 4))
    gram = np.zeros((4, 4))
    add_products(rows[2:7], gram)
    np.testing.assert_allclose(gram, np.triu(rows[2:7].T @ rows[2:7]))


@pytest.mark.parametrize(
    ("rows", "gram"),
    [
        (np.ones((3, 2), dtype=np.float32), np.zeros((2, 2))),
        (np.ones((2, 3)).T, np.zeros((2, 2))),
        (np.ones((3, 4))[:, :2], np.zeros((2, 2))),
        (np.ones(3), np.zeros((2, 2))),
        (np.ones((3, 2)), np.zeros((3, 3))),
        (np.ones((3, 2)), np.broadcast_to(0.0, (2, 2))),
        (np.ones((3, 2)), np.frombuffer(bytes(32)).reshape(2, 2)),
    ],
)
def test_other_arrays_are_refused(rows, gram):
    with pytest.raises(ValueError, match=r"C-ordered matrices of float64|expected \(2, 2\)"):
        add_products(rows, gram)
