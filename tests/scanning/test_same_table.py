"""A table in files is the table in memory: numbers, classes, codes, weights."""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scanning.written import in_memory, read, tables, write

from trivium.labels import encoded
from trivium.scanning.scan import scan

SHAPES = {"size": st.integers(1, 9), "most": st.integers(1, 3), "length": st.integers(1, 9)}


def require_same(found, pieces, most, length):
    X, y, weights = in_memory(pieces)
    table = pickle.loads(pickle.dumps(found.table))  # noqa: S301  # as Dask sends it
    assert table.dtype == X.dtype
    for start in table.starts:
        np.testing.assert_array_equal(read(table, most=most, length=length, start=start), X[start:])
    classes, codes = encoded(y)
    got = found.given()
    np.testing.assert_array_equal(got.classes, classes)
    assert got.classes.dtype == classes.dtype
    np.testing.assert_array_equal(got.codes, codes)
    assert got.codes.dtype == np.min_scalar_type(max(len(classes) - 1, 0))
    np.testing.assert_array_equal(got.weights, weights)
    np.testing.assert_array_equal(found.y, y)


@pytest.mark.parametrize("end", [".parquet"])
@settings(deadline=None, max_examples=60)
@given(pieces=tables(), **SHAPES)
def test_typed_files_are_the_table_in_memory(end, pieces, size, most, length):
    with tempfile.TemporaryDirectory() as folder:
        write(pieces, Path(folder), end, size=size)
        found = scan(f"{folder}/*{end}", target="label", weight="weight")
        require_same(found, pieces, most, length)
