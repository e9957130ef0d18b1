"""Rows scaled and added up by class: the same by NumPy to the bit."""

import numpy as np
import pytest

import trivium
from trivium.blocks.gram import LANES, STRIP, add_gram, panels, zeros_for
from trivium.least_squares.solving import moments, packing
from trivium.least_squares.solving.packing import add_packed, pack, pack_by_numpy


@pytest.mark.parametrize("in_panels", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [0, 2, 7])
def test_numpy_computes_the_same_bits(n_classes, weighted, in_panels):
    rng = np.random.default_rng(n_classes)
    for n, d, dtype in (
        (9, 8, np.float64),
        (70, 15, np.float64),
        (1, 1, np.float64),
        (300, 5, np.float32),
        (700, 1, np.float64),
        (90, 23, np.float32),
        (40, 7 * LANES + 7, np.float64),
    ):
        X = rng.choice([0.0, -0.0, np.nan, np.inf, 1e30, *rng.normal(size=99)], size=(n, d))
        codes = rng.integers(0, n_classes, n if n_classes else 0) if n_classes else np.empty(0, int)
        weights = rng.uniform(0.1, 3.0, n if weighted else 0)
        found = []
        for scale in (pack, pack_by_numpy):
            groups = max(1, n_classes)
            packed = panels(n + 2, d) if in_panels else np.empty((1, n + 2, d))
            packed[:, :, : min(d, packed.shape[2])] = 7.0
            if in_panels and d > packed.shape[2]:
                packed[-1, :, d % LANES or LANES :] = 0.0
            width = packed.shape[0] * packed.shape[2]
            sums = np.full(d, 0.5), np.full((groups, width), 0.1), np.full(groups, 0.1)
            given = X.astype(dtype), weights, codes, np.full(d, 0.3), np.full(d, 0.25)
            scale(*given, packed, *sums)
            found.append((packed, *sums))
        for value, again in zip(*found, strict=True):
            np.testing.assert_array_equal(value, again)
        rows, width = np.hstack(found[0][0][:, :n])[:, :d], found[0][0].shape[2]
        root = np.sqrt(weights)[:, None] if weighted else 1.0
        np.testing.assert_array_equal(
            rows, (X.astype(dtype).astype(np.float64) - 0.3) * 0.25 * root
        )
        assert (found[0][0][0, n:, : min(d, width)] == 7.0).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_strips_of_packed_rows_add_up_as_packed_rows_do(weighted):
    rng = np.random.default_rng(0)
    n, d, groups = 3 * STRIP + 5, 2 * LANES + 3, 3
    codes, weights = rng.integers(0, groups, n), rng.uniform(0.1, 3.0, n if weighted else 0)
    given = rng.normal(size=(n, d)), weights, codes, np.full(d, 0.3), np.full(d, 0.25)
    found = []
    for at_once in (True, False):
        packed = panels(STRIP if at_once else n, d)
        gram = zeros_for(packed)
        sums = np.zeros(d), np.zeros((groups, len(gram))), np.zeros(groups)
        if at_once:
            add_packed(*given, packed, *sums, gram)
        else:
            pack_by_numpy(*given, packed, *sums)
            add_gram(packed, n, d, gram)
        found.append((*sums, np.triu(gram)))
    for value, again in zip(*found, strict=True):
        np.testing.assert_array_equal(value, again)


def test_what_is_loaded_while_labels_are_read_is_what_rows_in_files_need(monkeypatch, tmp_path):
    began, needed = [], []
    monkeypatch.setattr(packing, "begun", began.append)
    monkeypatch.setattr(packing, "is_kept", lambda _: True)
    monkeypatch.setattr(moments, "worth_it", lambda *_: True)
    monkeypatch.setattr(moments.patience, "is_over", lambda _: True)

    def noting(*given):
        needed.append(tuple((array.dtype, array.ndim, array.flags.c_contiguous) for array in given))
        add_packed(*given)

    monkeypatch.setattr(moments, "add_packed", noting)
    np.save(tmp_path / "X.npy", np.random.default_rng(0).normal(size=(600, 20)))
    rows, y = trivium.scan(tmp_path / "X.npy"), np.arange(600) % 3
    trivium.LeastSquaresClassifier().fit(rows, y)
    assert needed
    monkeypatch.setattr(packing, "add_packed", noting)
    (load,) = began
    load()
    assert len(set(needed)) == 1


def test_loops_that_are_not_kept_are_not_compiled_before_they_are_worth_it(monkeypatch):
    monkeypatch.setattr(packing, "begun", lambda _: pytest.fail("begun"))
    monkeypatch.setattr(packing, "is_kept", lambda _: False)
    packing.load_meanwhile()
    monkeypatch.undo()
    packing._use_once()
