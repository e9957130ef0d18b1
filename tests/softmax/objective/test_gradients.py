"""Slabs of many classes: whole numbers of parts, and the sums of the rows, however they are cut."""

import numpy as np
import pytest

from trivium.rows.block import Block
from trivium.softmax.objective import gradients
from trivium.softmax.objective.gradients import gradient_of, part_length, slab_of_many_classes


@pytest.mark.parametrize("n", [1, 500, 5_000, 10_000_000])
@pytest.mark.parametrize("d", [1, 30, 1_000, 100_000])
def test_a_slab_is_a_whole_number_of_parts(n, d):
    slab, part = slab_of_many_classes(n, d), part_length(d)
    assert slab % part == 0
    assert slab <= 8 * part


@pytest.mark.parametrize("center", [None, np.linspace(-1.0, 1.0, 6)])
def test_parts_add_up_to_the_slab(center, monkeypatch):
    rng = np.random.default_rng(0)
    X, codes, w = rng.normal(size=(700, 6)), rng.integers(0, 4, 700), rng.uniform(size=700)
    given = Block(0, X, codes, w), center, rng.normal(size=(4, 6)), rng.normal(size=4)
    gradient, sums = gradient_of(*given, edges=True)
    monkeypatch.setattr(gradients, "_MOST_ROWS", 128)
    in_parts, of_parts = gradient_of(*given, edges=True, room=True)
    np.testing.assert_allclose(in_parts[:, :6], gradient, rtol=0, atol=1e-11)
    assert in_parts.shape == (4, 7)
    for one, other in zip(sums, of_parts, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-12)
    assert not np.array_equal(in_parts[:, :6], gradient)  # it was cut
