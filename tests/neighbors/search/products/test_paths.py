"""Scores by each processor's own instructions, and bounds that hold for what bytes leave out."""

from fractions import Fraction

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from llvmlite import ir
from tests.neighbors.reference import nearest
from tests.neighbors.search.asking import EUCLIDEAN, ask, assert_same

from trivium.blocks.compiled import kernel
from trivium.blocks.processor import instructions
from trivium.neighbors.search import brute
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.products import byte_products
from trivium.neighbors.search.products.byte_products import PATHS, scores_by
from trivium.neighbors.search.products.float_products import float_shape, scores_in
from trivium.neighbors.search.products.quantized import write
from trivium.neighbors.search.products.tile_loop import Shape

RUNS = {
    "AVX-512 VNNI": {"avx512vnni"},
    "AVX-VNNI": {"avx512vnni", "avx512vl"},  # the same instruction, in another encoding
    "AVX2": {"avx2"},
    "NEON": {"dotprod"},
}
"""What this processor needs to run a path: not always what chooses it."""

FLOATS = {"16 registers": "avx avx2 fma", "32 registers": "avx avx2 fma avx512f", "128 bits": ""}


def runs(path):
    return RUNS[path] <= instructions() or path == byte_products.CHOSEN


@pytest.fixture
def tile():
    """Room for the scores of a tile, filled with what no score is."""
    return np.full(1024, np.nan, np.float32)


class TestBytes:
    @pytest.mark.parametrize("n_groups", [0, 1, 5, 196])
    @pytest.mark.parametrize("name", [*filter(runs, PATHS)])
    def test_sums_are_exact(self, name, n_groups, tile):
        """The greatest numbers of all are among them: nothing saturates."""
        path = PATHS[name]
        multiply = scores_by(path)
        rng = np.random.default_rng(n_groups)
        quad = rng.integers(-path.largest, path.largest + 1, 16 * n_groups, dtype=np.int8)
        panel = rng.integers(0, 256, 1024 * n_groups).astype(np.uint8)
        quad.reshape(-1, 4, 4)[: n_groups // 2, :2] = np.array([path.largest, -path.largest])[
            :, None
        ]
        panel.reshape(-1, 256, 4)[: n_groups // 2, :7] = 255 if path.shift else 127
        starts = rng.integers(-1000, 1000, 12, dtype=np.int32)
        own, units, halves = (np.full(size, 1.0, np.float32) for size in (12, 256, 256))
        own[4:8], units[:], halves[:] = [1, 2, 4, 8], 0.5, 0.25

        @numba.njit
        def of_tile(quad, starts, own, panel, units, halves, scores):
            multiply(quad, starts, own, 4, panel, units, halves, scores)

        of_tile(quad, starts, own, panel, units, halves, tile)
        whole = panel.reshape(-1, 256, 4).astype(int)
        whole = whole if path.shift else (whole + 128) % 256 - 128
        sums = np.einsum("gqb,grb->qr", quad.reshape(-1, 4, 4).astype(int), whole)
        expected = 0.25 + (starts[4:8, None] + sums) * np.array([0.5, 1, 2, 4])[:, None]
        np.testing.assert_array_equal(tile.reshape(4, 256), expected.astype(np.float32))

    @pytest.mark.parametrize("name", PATHS)
    def test_python_says_the_same(self, name, tile, monkeypatch):
        """What stands in Python for a path that this processor does not have."""
        monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
        plain, path = scores_by(PATHS[name]), PATHS[name]
        rng = np.random.default_rng(0)
        quad = rng.integers(-path.largest, path.largest + 1, 48, dtype=np.int8)
        panel = rng.integers(0, 256, 3072).astype(np.uint8)
        starts, own = np.arange(8, dtype=np.int32), np.arange(8, dtype=np.float32)
        units, halves = np.full(256, 2, np.float32), np.arange(256, dtype=np.float32)
        plain(quad, starts, own, 4, panel, units, halves, tile)
        row = panel.reshape(3, 256, 4)[:, 17].astype(int)
        row = row if path.shift else (row + 128) % 256 - 128
        product = (quad.reshape(3, 4, 4)[:, 2].astype(int) * row).sum()
        assert tile[2 * 256 + 17] == np.float32(17 + (starts[6] + product) * own[6] * 2)

    @pytest.mark.parametrize(
        ("have", "name"),
        [
            ("avx avx2 fma avx512f avx512vnni avxvnni", "AVX-512 VNNI"),
            ("avx avx2 fma avxvnni", "AVX-VNNI"),
            ("avx avx2 fma avx512f", "AVX2"),
            ("neon dotprod", "NEON"),
            ("neon", None),
            ("", None),
        ],
    )
    def test_the_fastest_that_there_is_is_chosen(self, have, name, monkeypatch):
        monkeypatch.setattr(byte_products, "instructions", lambda: frozenset(have.split()))
        assert byte_products.chosen() == name

    def test_an_arm_processor_gets_its_dot_product(self):
        """Compiled for one; it takes such a processor to run it."""
        words = ir.VectorType(ir.IntType(32), 4)
        module = ir.Module()
        function = ir.Function(module, ir.FunctionType(words, [words] * 3), "multiply")
        builder = ir.IRBuilder(function.append_basic_block())
        builder.ret(PATHS["NEON"].multiply(builder, *function.args))
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        target = llvm.Target.from_triple("aarch64-unknown-linux-gnu")
        machine = target.create_target_machine(cpu="apple-m1")
        module.triple = "aarch64-unknown-linux-gnu"
        assert "sdot" in machine.emit_assembly(llvm.parse_assembly(str(module)))


class TestFloats:
    @pytest.mark.parametrize("n_columns", [0, 1, 7, 100])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("have", FLOATS)
    def test_every_shape_adds_the_products(self, have, dtype, n_columns):
        features = frozenset(FLOATS[have].split())
        multiply = scores_in(lambda itemsize: float_shape(features, itemsize))
        rng = np.random.default_rng(n_columns)
        quad = rng.integers(-9, 9, 4 * n_columns).astype(dtype)
        panel = rng.integers(-9, 9, 256 * n_columns).astype(dtype)
        halves, found = np.arange(256).astype(dtype), np.full(1024, np.nan, dtype)

        @numba.njit
        def of_tile(quad, panel, halves, scores):
            multiply(quad, panel, halves, scores)

        of_tile(quad, panel, halves, found)
        expected = halves + quad.reshape(-1, 4).T @ panel.reshape(-1, 256)
        np.testing.assert_array_equal(found.reshape(4, 256), expected)

    def test_shapes_fit_the_registers(self):
        for features, registers, size in ("avx", 16, 32), ("avx512f avx", 32, 64), ("neon", 32, 16):
            for itemsize in (4, 8):
                shape = float_shape(frozenset(features.split()), itemsize)
                assert isinstance(shape, Shape)
                assert shape.lanes * itemsize == size
                assert 4 * shape.vectors + shape.vectors + 1 <= registers


@kernel
def write_byte_scores(panels, p, quads, quad, scores):
    byte_products.scores_of_bytes(
        quads.values[quad],
        quads.starts,
        quads.units,
        4 * quad,
        panels.values[p],
        panels.units[p],
        panels.halves[p],
        scores,
    )


def few(kind, rng, n, d):
    rows = rng.normal(size=(n, d))
    if kind == "all signs alike":
        rows = np.abs(rows) + 3.0 * (np.arange(n)[:, None] % 2)
    if kind == "an outlier":
        rows[0] *= 50.0
    if kind == "just between steps":  # what is left out is as much as it can be
        rows = rng.integers(-60, 60, size=(n, d)) + 0.5
        rows[:, 0] = 127.0
    return rows


@pytest.mark.skipif(not byte_products.available(), reason="needs a processor that multiplies bytes")
@pytest.mark.parametrize("d", [37, 200])
@pytest.mark.parametrize("kind", ["normal", "all signs alike", "an outlier", "just between steps"])
class TestBracket:
    def test_of_a_query_and_a_row(self, kind, d):
        rows = few(kind, np.random.default_rng(d), 10, d)
        queries = np.vstack([rows[:5], few(kind, np.random.default_rng(d + 1), 4, d)])
        written = write(rows, "bytes", 1)
        quads, margins = written.quads(queries)
        scores = byte_scores(written.panels, quads)
        for q in range(len(queries)):
            for r in range(len(rows)):
                true = true_score(queries[q], rows[r], written.frame)
                score, margin = float(scores[q, r]), margins[q] / 2
                assert score - margin <= true <= score + written.panels.slack[r] + margin

    def test_of_rows_that_ask_for_each_other_both_ways(self, kind, d):
        rows = few(kind, np.random.default_rng(d), 10, d)
        written = write(rows, "bytes", 1)
        quads, own = written.quads(rows)
        before = written.panels
        written, margins = written.for_pairs(own)
        np.testing.assert_array_equal(margins, np.maximum(own, before.slack[: len(rows)]))
        np.testing.assert_array_equal(written.panels.slack[: len(rows)], margins)
        assert (written.panels.halves <= before.halves).all()
        scores, halves = byte_scores(written.panels, quads), written.panels.halves[0]
        slack = written.panels.slack
        for q in range(len(rows)):
            for r in range(len(rows)):
                true = true_score(rows[r], rows[q], written.frame)
                score = float(scores[q, r]) - float(halves[r]) + float(halves[q])
                assert score - margins[r] / 2 <= true <= score + slack[q] + margins[r] / 2


def byte_scores(panels, quads):
    scores = np.empty((4 * len(quads.values), 256), np.float32)
    for quad in range(len(quads.values)):
        write_byte_scores(panels, 0, quads, quad, scores[4 * quad : 4 * quad + 4].reshape(-1))
    return scores


def true_score(query, row, frame):
    """|x|²/2 - q·x without any rounding."""
    scale = Fraction(frame.scale)
    centers = [Fraction(float(value)) for value in frame.center]
    q, x = (
        [
            (Fraction(float(value)) - center) * scale
            for value, center in zip(each, centers, strict=True)
        ]
        for each in (query, row)
    )
    return sum(b * (b / 2 - a) for a, b in zip(q, x, strict=True))


def test_bytes_of_the_fewest_bits_still_tell_rows_apart(monkeypatch):
    """Lists are right and most are proved, whichever path this process has."""
    rows = np.random.default_rng(0).normal(size=(3000, 40))
    written = []
    go_on = Brute._go_on

    def spied(self, precision, *rest):
        left = go_on(self, precision, *rest)
        written.append((precision, left.size))
        return left

    monkeypatch.setattr(Brute, "_go_on", spied)
    assert_same(ask(Brute(EUCLIDEAN, rows), rows[:500], 10), nearest(rows[:500], rows, 10))
    monkeypatch.setattr(brute, "_COLUMNS_WORTH_JOIN", -(10**9))
    found = ask(Brute(EUCLIDEAN, rows), rows, 10, np.arange(3000), own=True)
    assert_same(found, nearest(None, rows, 10))
    left_by_bytes = [left for precision, left in written if precision == "bytes"]
    assert len(left_by_bytes) == (2 if byte_products.available() else 0)
    assert all(left < 50 for left in left_by_bytes)
