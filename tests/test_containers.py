"""Numbers in whatever container: masks, gaps and what is no number are named by their place."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from trivium.containers import as_array, as_numbers, require_unmasked


class TestNumbers:
    @pytest.mark.parametrize(
        "values",
        [
            [1, 2.5, True],
            (np.float32(1), 2.5, np.True_),
            np.array([1, Decimal("2.5"), Fraction(1)], dtype=object),
            np.array([1, 2.5, 1], dtype=np.float16),
            np.ma.array([1, 2.5, 1]),
            pd.Series([1, 2.5, 1], dtype="Float64"),
            pd.Series([1, 2.5, 1], dtype=pd.ArrowDtype(pa.float64())),
            pl.Series([1.0, 2.5, 1.0]),
            pa.chunked_array([[1.0], [2.5, 1.0]]),
        ],
        ids=lambda values: type(values).__name__,
    )
    def test_real_numbers_become_float64(self, values):
        numbers = as_numbers(values, "sample_weight")
        assert numbers.dtype == np.float64
        assert numbers.tolist() == [1.0, 2.5, 1.0]

    def test_a_number_alone_and_a_table_keep_their_shape(self):
        assert as_numbers(3, "w").shape == ()
        assert as_numbers([[1, Decimal(2)]], "w").tolist() == [[1.0, 2.0]]

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (np.array([1 + 0j, 2]), "w is not made of numbers, but of complex128"),
            ([1, 2 + 0j], r"w is not made of numbers: row 1 holds \(2\+0j\)"),
            (1j, "w is not made of numbers, but of complex128"),
            (np.array([1, 2], dtype="M8[s]"), "w is not made of numbers, but of datetime64"),
            (np.array([1, 2], dtype="m8[s]"), "w is not made of numbers, but of timedelta64"),
            (pd.to_datetime(["2020", "2021"]), "w is not made of numbers, but of datetime64"),
            (pd.Series(pd.to_datetime(["2020"])).dt.tz_localize("UTC"), "row 0 holds Timestamp"),
            (pl.Series([datetime.date(2020, 1, 1)]), "w is not made of numbers, but of datetime64"),
            (np.array([np.timedelta64(1, "s")], dtype=object), "row 0 holds 1 seconds"),
            (["1", "2"], "w is not made of numbers, but of str_"),
            ([1, "2"], "w is not made of numbers: row 1 holds '2'"),
            (np.array([1, "2"], dtype=object), "w is not made of numbers: row 1 holds '2'"),
            (pd.Series(["1", "2"], dtype="string"), "row 0 holds '1'"),
            ("12", "w is not made of numbers, but of str_"),
            (b"12", "w is not made of numbers, but of bytes_"),
            ([[1.0], ["2"]], "w is not made of numbers: row 1, column 0 holds '2'"),
            ([1, 10**400], "w holds a number beyond float64 in row 1"),
            ([1.5, 10**400], "w holds 10+ in row 1, which is no float64"),
            ([1, [2, 3]], "w is no regular array"),
        ],
    )
    def test_what_is_no_real_number_is_named(self, values, words):
        with pytest.raises(ValueError, match=words):
            as_numbers(values, "w")

    @pytest.mark.parametrize("gap", [None, pd.NA, pd.NaT, Decimal("NaN"), Decimal("sNaN")])
    def test_a_missing_number_is_named(self, gap):
        with pytest.raises(ValueError, match="w holds no number in row 1, but"):
            as_numbers([1, gap], "w")
        with pytest.raises(ValueError, match="w holds no number in its only value, but"):
            as_numbers(gap, "w")

    def test_nan_is_left_to_the_caller(self):
        for values in ([1, np.nan], pd.array([1, None], dtype="Int64"), pl.Series([1, None])):
            np.testing.assert_array_equal(as_numbers(values, "w"), [1, np.nan])

    @pytest.mark.parametrize("kind", [sparse.csr_array, sparse.coo_matrix])
    def test_sparse_numbers_are_refused(self, kind):
        with pytest.raises(TypeError, match="w is sparse"):
            as_numbers(kind([[1, 2]]), "w")


class TestMasks:
    @pytest.mark.parametrize("dtype", [float, int, bool, complex, "U3", object, "M8[s]"])
    def test_of_every_kind_of_array(self, dtype):
        values = np.ma.array(np.array([0, 1, 2]).astype(dtype), mask=[False, False, True])
        for check in (as_array, as_numbers):
            with pytest.raises(ValueError, match="w is a masked array, masked in row 2"):
                check(values, "w")
        values.mask = np.ma.nomask
        assert type(as_array(values, "w")) is np.ndarray

    def test_the_place_has_a_name(self):
        with pytest.raises(ValueError, match="alphas is a masked array, masked in place 1"):
            require_unmasked(np.ma.array([1, 2], mask=[0, 1]), "alphas", each="place")
        with pytest.raises(ValueError, match="masked in its only value"):
            require_unmasked(np.ma.masked, "w")
        with pytest.raises(ValueError, match="masked in row 1"):
            require_unmasked((1, np.ma.masked), "w")

    def test_nothing_else_is_taken_for_a_mask(self):
        # pandas keeps a mask of its own, where its missing values are.
        require_unmasked(pd.array([1, None], dtype="Int64"), "w")
        require_unmasked(np.ma.zeros(2, dtype=[("a", int)]), "w")
        require_unmasked([np.ma.zeros(2), np.ma.zeros(2)], "w")
