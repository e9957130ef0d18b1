"""Rows in files say what rows in memory say, to the bit, however they are read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.rows import files, passes, selected_table
from trivium.rows.files import FileRows
from trivium.rows.memory import ArrayRows
from trivium.rows.stored import Stored


class Table:
    """An array as a table in files: readers share columns, and reading begins at some rows only."""

    names, is_raw = None, False

    def __init__(self, X, starts=(0,)):
        self._X, self.shape, self.dtype, self.starts = X, X.shape, X.dtype, sorted({0, *starts})
        self.opened, self.closed = [], 0

    def readers(self, most, start=0):
        assert start in self.starts
        self.opened.append(start)
        return [_Reader(self, start, part, most) for part in range(most)]

    def where(self, row):
        return f"row {row} of its file"


class _Reader:
    def __init__(self, table, start, part, n_parts):
        self._table, self._next, self._columns = table, start, slice(part, None, n_parts)

    def fill(self, out):
        rows = self._table._X[self._next : self._next + len(out)]
        assert len(rows) == len(out)
        out[:, self._columns] = rows[:, self._columns]
        self._next += len(out)

    def close(self):
        self._table.closed += 1


def sums(block):
    """A statistic that depends on the order of all that is added."""
    return (
        block.first,
        block.X.sum(axis=0),
        block.codes.sum(),
        float(block.weigh(block.X[:, 0]).sum()),
    )


def merge(one, other):
    return (one[0], *(a + b for a, b in zip(one[1:], other[1:], strict=True)))


@st.composite
def tables(draw):
    n, d = draw(st.integers(1, 60)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    X = rng.normal(size=(n, d)).astype(draw(st.sampled_from([np.float64, np.float32])))
    weights = draw(st.sampled_from([None, rng.uniform(1, 2, n)]))
    starts = draw(st.lists(st.integers(0, n - 1), max_size=3))
    return X, rng.integers(0, 3, n), weights, starts


@settings(max_examples=20)
@given(tables(), st.integers(1, 70), st.integers(30, 2000), st.sampled_from([False, True]))
def test_same_as_memory(table, length, n_bytes, cache):
    X, codes, weights, starts = table
    memory = ArrayRows(X, codes, 3, weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "CHUNK_BYTES", n_bytes)
        patch.setattr(passes.chunk_length, "__defaults__", (n_bytes,))
        patch.setattr(selected_table, "_AT_ONCE", n_bytes)
        patch.setattr(files, "_MOST_HELD", n_bytes // 4)
        rows = FileRows(Stored(Table(X, starts), cache), codes.astype(np.int8), 3, weights)
        numbers = np.flatnonzero(codes != 1)
        for _ in range(2):
            _assert_alike(rows, memory, length)
        # Of files all columns are read to take one.
        assert rows.reads == pytest.approx(memory.reads + 2 * (1 - 1 / X.shape[1]))
        if numbers.size:
            _assert_alike(rows.subset(numbers), memory.subset(numbers), length)


def _assert_alike(rows, memory, length):
    assert (rows.shape, rows.dtype, rows.n_classes) == (memory.shape, memory.dtype, 3)
    beside = (np.arange(memory.shape[0]) / 3,)

    def of(block, numbers):
        return (*sums(block), numbers.sum())

    def of_two(block, numbers):
        return block.codes + numbers

    for one, other in [
        (r.reduce(of, merge, length=length, beside=beside) for r in (rows, memory)),
        (r.each(lambda b: b.X * 2, length=length) for r in (rows, memory)),
        (r.each(lambda b: b.X, length=length) for r in (rows, memory)),  # of which nothing is kept
        (
            r.each(lambda b, x: b.codes + x, length=length, beside=beside, blas=False)
            for r in (rows, memory)
        ),
        (r.summary() for r in (rows, memory)),
        (r.sample(7) for r in (rows, memory)),
        (r.take(np.array([0, r.shape[0] - 1, 0])) for r in (rows, memory)),
        ([r.column(0)] for r in (rows, memory)),
        ([part for b in r.blocks(length) for part in b] for r in (rows, memory)),
    ]:
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    whole, same = (np.concatenate([slab.X for slab in r.slabs(100)]) for r in (rows, memory))
    np.testing.assert_array_equal(whole, same)


def test_samples_of_usual_sizes_cost_no_read():
    X = np.random.default_rng(0).normal(size=(1000, 2))
    table = Table(X)
    rows = FileRows(table)
    rows.summary()
    before = len(table.opened)
    np.testing.assert_array_equal(rows.sample(256).X, X[::4])
    assert len(table.opened) == before
    rows.sample(100)
    assert len(table.opened) == before + 1


def test_reading_jumps_over_rows_that_nobody_wants(monkeypatch):
    X = np.arange(4000.0).reshape(1000, 4)
    table = Table(X, [500, 900])
    monkeypatch.setattr(selected_table, "_GAP", 3200)
    np.testing.assert_array_equal(FileRows(table).take(np.array([950, 3])).X, X[[950, 3]])
    assert table.opened == [0, 900]
    assert table.closed == 2


def test_a_pass_that_fails_closes_what_it_opened_and_keeps_no_copy(tmp_path):
    table = Table(np.ones((1000, 2)))
    stored = Stored(table, str(tmp_path))

    def fail(block):
        if block.first >= 500:
            raise ArithmeticError
        return 0

    with pytest.raises(ArithmeticError):
        FileRows(stored).reduce(fail, max, length=100)
    assert table.closed == len(table.opened) * 2 or table.closed > 0
    assert stored.table is table
    assert not list(tmp_path.iterdir())


def test_a_copy_has_no_name_and_is_read_from_then_on(tmp_path):
    X = np.random.default_rng(1).normal(size=(3000, 5))
    table = Table(X)
    stored = Stored(table, str(tmp_path))
    rows = FileRows(stored)
    first = rows.reduce(sums, merge, length=64)
    assert not list(tmp_path.iterdir())
    opened = len(table.opened)
    again = rows.reduce(sums, merge, length=64)
    assert len(table.opened) == opened
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_unasked_copy_is_made_where_many_passes_are_expected(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("trivium.rows.stored._is_in_memory", lambda _: False)
    table = Table(np.ones((300, 2)))
    rows = FileRows(Stored(table, "auto"))
    rows.reduce(sums, merge, length=64)
    rows.expect_passes()
    for _ in range(3):
        rows.reduce(sums, merge, length=64)
    assert len(table.opened) == 2


def test_a_disk_that_fills_ends_a_copy_and_the_fit_only_if_it_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("trivium.rows.stored._is_in_memory", lambda _: False)

    def full(self, numbers, place):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trivium.rows.raw_table.RawFile.write", full)
    rows = FileRows(Stored(Table(np.ones((300, 2))), "auto"))
    rows.expect_passes()
    assert rows.reduce(sums, merge, length=64)[1][0] == 300
    rows = FileRows(Stored(Table(np.ones((300, 2))), tmp_path))
    with pytest.raises(OSError, match=r"could not be copied to .*\(No space left on device\)"):
        rows.reduce(sums, merge, length=64)
    assert not list(tmp_path.iterdir())


def test_no_room_for_a_copy_is_said_where_one_was_asked_for(tmp_path):
    rows = FileRows(Stored(Table(np.ones((30, 2))), str(tmp_path / "missing")))
    with pytest.raises(OSError, match="could not be copied to .*name another folder by `cache`"):
        rows.reduce(sums, merge, length=64)
