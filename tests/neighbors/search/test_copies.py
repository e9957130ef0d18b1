"""Groups of rows with the same bits."""

import numpy as np
import pytest

from trivium.neighbors.search import copies
from trivium.neighbors.search.copies import Copies


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("d", [1, 3, 20])
def test_groups_are_those_of_equal_rows(rng, d, dtype):
    rows = rng.normal(size=(50, d)).astype(dtype)[rng.integers(0, 50, 3000)]
    found = Copies.of(rows)
    truth, first, group_of = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    assert np.array_equal(found.first, np.sort(first))
    assert np.array_equal(rows[found.first][found.group_of], rows)
    assert found.first.size == len(truth)
    for group in range(len(truth)):
        members = found.numbers[found.starts[group] : found.starts[group + 1]]
        assert np.array_equal(members, np.flatnonzero(group_of == group_of[found.first[group]]))


def test_rows_of_which_many_are_one_are_grouped(rng):
    rows = np.where(rng.random((4000, 1)) < 0.3, 0.0, rng.random((4000, 2)))
    found = Copies.of(rows)
    assert np.diff(found.starts).max() == (rows == 0).all(axis=1).sum()


def test_zeros_of_either_sign_are_apart():
    found = Copies.of(np.where(np.arange(2048) % 2, 0.0, -0.0)[:, None])
    assert found.first.tolist() == [0, 1]


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: rng.random((5000, 3)),
        lambda rng: rng.integers(0, 40, (5000, 2)).astype(float),
        lambda rng: np.column_stack([np.zeros((5000, 2)), rng.random((5000, 9))]),
        lambda rng: np.zeros((500, 2)),
    ],
    ids=["none are equal", "three equals each", "the first columns are constant", "few rows"],
)
def test_what_is_not_worth_it_is_left(rng, make):
    assert Copies.of(make(rng)) is None


def test_a_sample_that_misleads_does_no_harm(rng):
    rows = rng.random((8192, 2))
    rows[::8] = 0.5
    assert copies._may_repeat(rows[::8], 8192)
    rows[::8] = rng.random((1024, 2))
    rows[::8][::64] = 0.5
    assert Copies.of(rows) is None


def test_rows_whose_hashes_are_equal_by_chance_are_not_taken_for_copies(rng, monkeypatch):
    monkeypatch.setattr(copies, "_hashed", lambda rows: np.zeros(len(rows), np.uint64))
    assert Copies.of(rng.random((2000, 2))) is None
    assert Copies.of(np.ones((2000, 2))) is not None
