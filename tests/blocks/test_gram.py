"""Sums of products of columns in tiles, against plain matrix products."""

import os
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.programs import run_program

from trivium import LeastSquaresClassifier, scan
from trivium.blocks.gram import LANES, add_gram, panels, worth_it, zeros_for


def _difference(n, d):
    """Return how far products are from those of matrices, over what rounding may make of them."""
    rng = np.random.default_rng(n + d)
    X = rng.normal(size=(n, d))
    packed = panels(n + 1, d)
    for panel, start in zip(packed, range(0, d, LANES), strict=True):
        part = X[:, start : start + LANES]
        panel[:n, : part.shape[1]] = part
    packed[:, n:] = np.nan  # which do not count
    gram = zeros_for(packed)
    assert not gram.any()
    begin = rng.normal(size=gram.shape)
    gram[:] = begin
    add_gram(packed, n, d, gram)
    bound = np.abs(begin[:d, :d]) + np.abs(X).T @ np.abs(X)
    off = np.abs(gram[:d, :d] - begin[:d, :d] - X.T @ X) / bound
    return np.max(off[np.triu_indices(d)]) / np.finfo(float).eps


@pytest.mark.parametrize("n", [1, 255, 256, 600])
@pytest.mark.parametrize("d", [1, 3, 7, 8, 9, 11, 12, 24, 25, 50, 61, 96, 200])
def test_the_upper_triangle_is_added_to(n, d):
    assert _difference(n, d) <= 2.0 * n


@pytest.mark.parametrize("rest", range(1, LANES))
@pytest.mark.parametrize("whole", [0, 1, 2, 3, 6])
def test_few_columns_of_the_last_panel_add_up_as_many_do(whole, rest):
    d = whole * LANES + rest
    packed = panels(300, d)
    packed[:, :300] = np.random.default_rng(d).normal(size=(len(packed), 300, LANES))
    packed[-1, :, rest:] = 0.0
    packed[:, 300:] = np.nan
    few, many = zeros_for(packed), zeros_for(packed)
    add_gram(packed, 300, d, few)
    add_gram(packed, 300, len(packed) * LANES, many)
    np.testing.assert_array_equal(np.triu(few[:d, :d]), np.triu(many[:d, :d]))


def test_no_row_adds_nothing():
    gram = np.ones((LANES, LANES))
    add_gram(panels(1, LANES), 0, LANES, gram)
    assert (gram == 1.0).all()


def test_shorter_vectors_add_up_the_same():
    """A processor of 256 bits has other tiles, which any of 512 runs, too."""
    program = """
        import sys; sys.path.insert(0, ".")
        from tests.blocks.test_gram import LANES, _difference
        assert LANES == 4
        assert max(_difference(n, d) / n for n in (1, 260) for d in (1, 3, 4, 13, 14, 60)) <= 2.0
        print("done")
    """
    run_program(textwrap.dedent(program), env=os.environ | {"NUMBA_CPU_NAME": "x86-64-v3"})


@pytest.mark.parametrize("d", [1, LANES, LANES + 1, 5 * LANES - 1])
def test_panels_hold_all_columns_and_zeros_from_lines_of_the_cache_on(d):
    packed = panels(3, d)
    assert packed.shape == (-(-d // LANES), 3, LANES)
    assert panels(256, d).shape[1] == 257
    assert packed.ctypes.data % 64 == 0
    assert zeros_for(packed).ctypes.data % 64 == 0
    beyond = np.arange(packed.shape[0] * LANES).reshape(-1, 1, LANES) >= d
    assert not packed[np.broadcast_to(beyond, packed.shape)].any()


def test_fits_of_large_tables_are_those_of_files_to_the_bit(tmp_path):
    n, d = 40_000, 31
    assert worth_it(n, d)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d) + rng.normal(size=d)
    y, weights = rng.integers(0, 4, n), rng.uniform(0.5, 2.0, n)
    table = pa.table({f"x{j}": X[:, j] for j in range(d)} | {"y": y, "w": weights})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=9_999)
    fit = LeastSquaresClassifier().fit(X, y, sample_weight=weights)
    other = LeastSquaresClassifier().fit(np.asfortranarray(X), y, sample_weight=weights)
    read = LeastSquaresClassifier().fit(scan(tmp_path / "rows.parquet", target="y", weight="w"))
    for model in (other, read):
        np.testing.assert_array_equal(model.coef_, fit.coef_)
    design = np.column_stack([X / X.std(axis=0), np.ones(n)]) * np.sqrt(weights)[:, None]
    targets = (y[:, None] == np.arange(4)) * np.sqrt(weights)[:, None]
    expected = np.linalg.lstsq(design, targets, rcond=None)[0][:-1].T / X.std(axis=0)
    np.testing.assert_allclose(fit.coef_ * X.std(axis=0), expected * X.std(axis=0), atol=1e-13)
