"""Sums of products of columns in tiles, against plain matrix products."""

import os
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.programs import run_program

from trivium import LeastSquaresClassifier, scan
from trivium.blocks.gram import LANES, add_gram, padded, worth_it


def _difference(n, d):
    """Return how far products are from those of matrices, over what rounding may make of them."""
    rng = np.random.default_rng(n + d)
    rows = np.zeros((n, padded(d)))
    rows[:, :d] = rng.normal(size=(n, d))
    begin = rng.normal(size=(padded(d),) * 2)
    gram = begin.copy()
    add_gram(rows, gram)
    upper = np.triu_indices(d)
    bound = np.abs(begin) + np.abs(rows).T @ np.abs(rows)
    return np.max((np.abs(gram - begin - rows.T @ rows) / bound)[upper]) / np.finfo(float).eps


@pytest.mark.parametrize("n", [1, 127, 128, 300])
@pytest.mark.parametrize("d", [1, 7, 8, 9, 24, 25, 50, 96, 200])
def test_the_upper_triangle_is_added_to(n, d):
    assert _difference(n, d) <= 2.0 * n


def test_no_row_adds_nothing():
    gram = np.ones((LANES, LANES))
    add_gram(np.empty((0, LANES)), gram)
    assert (gram == 1.0).all()


def test_shorter_vectors_add_up_the_same():
    """A processor of 256 bits has other tiles, which any of 512 runs, too."""
    program = """
        import sys; sys.path.insert(0, ".")
        from tests.blocks.test_gram import LANES, _difference
        assert LANES == 4
        assert max(_difference(n, d) / n for n in (1, 130) for d in (3, 4, 13, 60)) <= 2.0
        print("done")
    """
    run_program(textwrap.dedent(program), env=os.environ | {"NUMBA_CPU_NAME": "x86-64-v3"})


def test_widths_are_vectors_and_do_not_share_places_of_the_cache():
    for d in range(1, 1200):
        vectors, rest = divmod(padded(d), LANES)
        assert rest == 0
        assert d <= padded(d) < d + 2 * LANES
        assert vectors <= 8 or vectors % 2 == 1


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
