"""Columns laid side by side: by NumPy or by a compiled loop, the rows are the same."""

import numpy as np
import pytest

from trivium.scanning import laying
from trivium.scanning.laying import Columns

RNG = np.random.default_rng(0)
PLAIN = [RNG.normal(size=5000) for _ in range(7)]
ODD = {
    "float32": RNG.normal(size=5000).astype(np.float32),
    "whole": np.arange(5000, dtype=np.int16),
    "apart": RNG.normal(size=10_000)[::2],
    "not aligned": np.frombuffer(b"." + RNG.normal(size=5000).tobytes(), np.float64, offset=1),
    "not writeable": np.frombuffer(RNG.normal(size=5000).tobytes(), np.float64),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("odd", [None, *ODD])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_hold_what_columns_do(monkeypatch, compiled, odd, dtype):
    monkeypatch.setattr(laying.patience, "is_over", lambda _: compiled)
    columns = PLAIN if odd is None else [*PLAIN, ODD[odd]]
    out = np.full((4500, len(columns) + 2), -1.0, dtype=dtype)
    Columns(columns).lay(123, out[:, 1:-1])
    wanted = np.column_stack(columns)[123 : 123 + len(out)].astype(dtype)
    assert np.array_equal(out[:, 1:-1], wanted)
    assert (out[:, [0, -1]] == -1.0).all()  # others' columns


def test_columns_of_other_kinds_are_never_read_as_float64(monkeypatch):
    monkeypatch.setattr(laying.patience, "is_over", lambda _: True)
    monkeypatch.setattr(laying, "_lay", lambda *_: pytest.fail("read as float64"))
    for odd in ("float32", "whole", "apart", "not aligned"):
        Columns([*PLAIN, ODD[odd]]).lay(0, np.empty((10, 8)))
