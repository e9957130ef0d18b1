"""What sparse rows give the objective is what the same rows give as an array."""

import numpy as np
import pytest

from trivium.rows import csr
from trivium.rows.block import NO_CODES, Block
from trivium.rows.csr import Csr
from trivium.rows.table import rows_of
from trivium.softmax.objective import stored
from trivium.softmax.objective.cross_entropy import CrossEntropy
from trivium.softmax.objective.stored import (
    block_of_stored,
    center_of_stored,
    moments_of,
    moved_rows,
)

N, D = 90, 7


@pytest.fixture(autouse=True)
def _as_large(monkeypatch):
    monkeypatch.setattr(csr, "_FEW_VALUES", 0)
    monkeypatch.setattr(stored, "PART", 16)
    for user in ("objective.gradients", "objective.statistics", "certificate.residuals"):
        monkeypatch.setattr(f"trivium.softmax.{user}.PART", 16)


def table(dtype=np.float64, indices=np.int64):
    rng = np.random.default_rng(0)
    X = np.where(rng.random((N, D)) < 0.3, rng.normal(size=(N, D)), 0.0)
    X[:, 4], X[40] = 0.0, 0.0
    X[:, 2] = 50.0 + rng.random(N)
    X = X.astype(dtype)
    rows = Csr.of_array(X)
    return X, Csr(rows.data, rows.indices.astype(indices), rows.indptr.astype(indices), rows.shape)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("indices", [np.int64, np.int32])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("moved", [True, False])
def test_the_objective(dtype, indices, n_classes, weighted, fit_intercept, moved):
    X, sparse = table(dtype, indices)
    rng = np.random.default_rng(1)
    y, w = rng.integers(0, n_classes, N), rng.uniform(0.5, 2.0, N) if weighted else None
    center = np.zeros(D)
    center[2] = 50.5
    options = {"alpha": 0.1, "fit_intercept": fit_intercept, "center": center if moved else None}
    one, two = (CrossEntropy(rows_of(rows, y, n_classes, w), **options) for rows in (X, sparse))
    parameters, direction = rng.normal(size=(2, *one.shape)) * 0.3
    parameters[:, 2] *= 1e-2
    at, there = one.evaluate(parameters), two.evaluate(parameters)
    assert there.loss == pytest.approx(at.loss, rel=1e-13)
    assert there.accuracy == pytest.approx(at.accuracy, rel=1e-13)
    np.testing.assert_allclose(there.gradient, at.gradient, atol=1e-13)
    np.testing.assert_allclose(there.residual, at.residual, rtol=1e-13)
    for beside in (at.beside, ()):
        expected = one.hessian_product(parameters, direction, beside)
        found = two.hessian_product(parameters, direction, beside)
        np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(there.curvature(), at.curvature(), atol=1e-14)
    np.testing.assert_allclose(two.probabilities(parameters), one.probabilities(parameters))


def test_a_center_of_columns_with_zeros():
    """Then rows of a block are made dense, and blocks are short."""
    X, sparse = table()
    y = np.arange(N) % 3
    center = np.full(D, 0.5)
    one, two = (CrossEntropy(rows_of(rows, y, 3), center=center) for rows in (X, sparse))
    parameters = np.random.default_rng(0).normal(size=one.shape) * 0.1
    assert two.long == two.length == one.length
    at, there = one.evaluate(parameters), two.evaluate(parameters)
    np.testing.assert_allclose(there.gradient, at.gradient, atol=1e-13)
    expected = at.hessian_product(parameters)
    np.testing.assert_allclose(there.hessian_product(parameters), expected, atol=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("center", [None, 2])
def test_moments(weighted, center):
    X, sparse = table()
    w = np.random.default_rng(0).uniform(0.5, 2.0, N) if weighted else None
    moved = None
    if center is not None:
        moved = np.zeros(D)
        moved[center] = 50.5
    shift = X.mean(axis=0) - (0.0 if moved is None else moved)
    found = moments_of(Block(0, sparse, NO_CODES, w), moved, shift)
    deviation = X - X.mean(axis=0)
    w = np.ones(N) if w is None else w
    expected = np.stack([w @ deviation, w @ deviation**2])
    np.testing.assert_allclose(found, expected, atol=1e-11 if center is None else 1e-13, rtol=1e-9)


def test_rows_that_need_not_be_moved_are_the_rows():
    _, sparse = table()
    block = Block(0, sparse, NO_CODES, None)
    assert moved_rows(block, None) is sparse
    assert moved_rows(block, np.zeros(D)) is sparse
    assert isinstance(moved_rows(block, np.ones(D)), np.ndarray)


def test_a_center_is_that_of_columns_far_from_zero():
    X, sparse = table()
    summary = rows_of(sparse).summary()
    center = center_of_stored(summary, summary.means)
    assert np.flatnonzero(center).tolist() == [2]
    assert center[2] == pytest.approx(X[:, 2].mean())


@pytest.mark.parametrize(("n", "d", "a_row", "blocks"), [(4000, 9, 3, 16), (4000, 8000, 60, 2)])
def test_blocks_are_few_where_columns_are_many(n, d, a_row, blocks):
    indptr = np.arange(n + 1) * a_row
    rows = Csr(np.ones(n * a_row), np.tile(np.arange(a_row), n), indptr, (n, d))
    assert block_of_stored(rows_of(rows)) == n // blocks
