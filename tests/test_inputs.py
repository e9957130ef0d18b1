"""The door: what is let in, and how an error names the place."""

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator

from trivium.inputs import check_labelled_rows, check_rows, check_weights
from trivium.magnitudes import require_finite_rows, require_magnitude
from trivium.rows.memory import ArrayRows


class Fitted(BaseEstimator):
    """An estimator that does nothing."""


def fitted(X):
    estimator = Fitted()
    check_rows(estimator, X, reset=True)
    return estimator


TABLES = {
    "pandas": pd.DataFrame,
    "polars": lambda columns: pl.DataFrame(columns, strict=False),
    "pyarrow": pa.table,
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


class TestRows:
    @pytest.mark.parametrize(
        ("dtype", "kept"),
        [
            (np.float64, np.float64),
            (np.float32, np.float32),
            (np.float16, np.float64),
            (np.int64, np.float64),
            (np.uint8, np.float64),
            (bool, np.float64),
            (object, np.float64),
        ],
    )
    def test_numbers_become_float64_and_float32_stays(self, dtype, kept):
        X = np.array([[1, 0], [0, 1]]).astype(dtype)
        rows = check_rows(Fitted(), X, reset=True)
        assert rows.dtype == kept
        np.testing.assert_array_equal(rows, [[1, 0], [0, 1]])

    def test_rows_are_stored_row_by_row(self):
        rows = check_rows(Fitted(), np.asfortranarray(np.arange(6.0).reshape(2, 3)), reset=True)
        assert rows.flags.c_contiguous

    def test_rows_in_the_right_form_are_not_copied(self):
        X = np.ones((3, 2), dtype=np.float32)
        assert np.shares_memory(check_rows(Fitted(), X, reset=True), X)

    @every_table
    def test_tables_give_their_numbers_and_their_names(self, table):
        estimator = Fitted()
        rows = check_rows(estimator, table({"a": [1, 2], "b": [0.5, 1.5]}), reset=True)
        np.testing.assert_array_equal(rows, [[1, 0.5], [2, 1.5]])
        assert estimator.feature_names_in_.tolist() == ["a", "b"]
        assert estimator.n_features_in_ == 2

    def test_a_mask_is_not_ignored(self):
        X = np.ma.array([[0.0], [1.0]], mask=[[False], [True]])
        with pytest.raises(ValueError, match="X is a masked array"):
            check_rows(Fitted(), X, reset=True)
        X.mask = False
        assert check_rows(Fitted(), X, reset=True).tolist() == [[0.0], [1.0]]

    @pytest.mark.parametrize("dtype", ["M8[ms]", "m8[ms]"])
    @pytest.mark.parametrize("table", [np.asarray, pd.DataFrame, pl.DataFrame])
    def test_dates_are_no_numbers(self, dtype, table):
        X = table(np.array([[1, 2], [3, 4]]).astype(dtype))
        with pytest.raises(ValueError, match="X_val is made of dates or times, not of numbers"):
            check_rows(Fitted(), X, reset=True, name="X_val")

    @pytest.mark.parametrize(
        "table",
        [
            pl.DataFrame({"a": [1.0, 2.0], "t": [dt.date(2020, 1, 1), dt.date(2021, 1, 1)]}),
            pl.DataFrame({"a": [1.0, 2.0], "t": [dt.timedelta(1), dt.timedelta(2)]}),
            pl.DataFrame({"a": [1.0, 2.0], "t": [dt.time(1), dt.time(2)]}),
            pd.DataFrame({"a": [1.0, 2.0], "t": pd.date_range("2020", periods=2)}),
            pd.DataFrame({"a": [1.0, 2.0], "t": pd.date_range("2020", periods=2, tz="UTC")}),
            pa.table({"a": [1.0, 2.0], "t": pa.array([dt.date(2020, 1, 1)] * 2)}),
        ],
    )
    def test_dates_beside_numbers_are_named_by_their_column(self, table):
        with pytest.raises(ValueError, match="Column 't' of X is made of dates or times"):
            fitted(table)

    def test_dates_among_objects(self):
        rows = [[np.timedelta64(1, "D"), 1.0], [np.timedelta64(1, "h"), 2.0]]
        for X in (rows, np.array(rows, dtype=object)):
            with pytest.raises(ValueError, match="X is made of dates or times"):
                fitted(X)

    def test_an_integer_beyond_float64_is_named(self):
        with pytest.raises(ValueError, match="In X, row 1, column 0 holds 1000"):
            fitted(np.array([[1, 2], [10**400, 1]], dtype=object))

    def test_dates_in_an_arrow_table(self):
        X = pa.table({"day": np.array([1, 2], dtype="M8[s]")})
        with pytest.raises(ValueError, match="X is made of dates or times"):
            check_rows(Fitted(), X, reset=True)

    def test_complex_numbers_are_refused_in_one_line(self):
        with pytest.raises(ValueError, match="Complex data not supported: X is made of") as caught:
            check_rows(Fitted(), np.ones((2, 2), dtype=complex), reset=True)
        assert "\n" not in str(caught.value)

    def test_sums_that_overflow_are_no_infinities(self):
        X = np.full((40, 2), 1.7e308)
        np.testing.assert_array_equal(check_rows(Fitted(), X, reset=True), X)
        X[1::2] *= -1
        np.testing.assert_array_equal(check_rows(Fitted(), X, reset=True), X)


class TestBadRows:
    def test_a_table_without_columns_is_told_as_that(self):
        frame = pd.DataFrame(index=range(3))
        arrow = pa.Table.from_pandas(frame, preserve_index=False)
        for X in (frame, arrow, pl.DataFrame(), sparse.csr_array((3, 0))):
            with pytest.raises(ValueError, match=r"^X has no columns: 0 feature\(s\) \(shape="):
                check_rows(Fitted(), X, sparse=True)

    @pytest.mark.parametrize(
        ("value", "kind"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
    )
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_the_first_value_that_is_not_finite_is_named(self, value, kind, dtype):
        X = np.zeros((5, 3), dtype=dtype)
        X[3, 1] = X[4, 0] = value
        with pytest.raises(ValueError, match=rf"X contains {kind}: row 3, column 1\."):
            check_rows(Fitted(), X, reset=True)
        with pytest.raises(ValueError, match=rf"X contains {kind}: row 3, column 1\."):
            check_rows(fitted(np.zeros((1, 3))), X)
        with pytest.raises(ValueError, match=rf"X contains {kind}: row 3, column 1\."):
            check_labelled_rows(Fitted(), X, [0, 1, 0, 1, 0])

    def test_plus_and_minus_infinity_do_not_cancel(self):
        with pytest.raises(ValueError, match="infinity: row 0, column 0"):
            check_rows(Fitted(), np.array([[np.inf], [-np.inf]]), reset=True)

    def test_a_bad_value_far_down_is_found(self):
        X = np.zeros((1_200_000, 1), dtype=np.float32)
        X[1_100_000] = np.nan
        with pytest.raises(ValueError, match="NaN: row 1100000, column 0"):
            check_rows(Fitted(), X, reset=True)

    @every_table
    def test_a_missing_value_in_a_table_is_named_by_its_column(self, table):
        with pytest.raises(ValueError, match="NaN: row 1, column 'size'"):
            check_rows(Fitted(), table({"age": [1, 2], "size": [1.5, None]}), reset=True)

    def test_a_missing_integer_of_pandas_is_named(self):
        X = pd.DataFrame({"a": pd.array([1, None], dtype="Int64")})
        with pytest.raises(ValueError, match="row 1, column 'a'"):
            check_rows(Fitted(), X, reset=True)

    @every_table
    def test_a_string_in_a_table_is_named_by_its_column(self, table):
        X = table({"age": [1, 2], "size": ["3", "large"]})
        with pytest.raises(ValueError, match="In X, row 1, column 'size' holds 'large'"):
            check_rows(Fitted(), X, reset=True)

    @pytest.mark.parametrize("value", ["large", None, (1, 2), 1j])
    def test_a_thing_that_is_no_number_in_an_array_of_objects_is_named(self, value):
        X = np.zeros((3, 2), dtype=object)
        X[2, 1] = value
        with pytest.raises((ValueError, TypeError), match="row 2, column 1"):
            check_rows(Fitted(), X, reset=True)

    def test_a_string_beyond_the_columns_known_by_name(self):
        estimator = fitted(pd.DataFrame({"a": [1.0], "b": [2.0]}))
        X = np.array([[1, 2, "three"]], dtype=object)
        with (
            pytest.warns(UserWarning, match="valid feature names"),
            pytest.raises(ValueError, match="row 0, column 2|3 features"),
        ):
            check_rows(estimator, X)

    @pytest.mark.parametrize(
        ("X", "match"),
        [
            ([1.0, 2.0], "Expected 2D array, got 1D"),
            (3.0, "Expected 2D array, got scalar"),
            (np.zeros((2, 2, 2)), "dim 3"),
            (np.zeros((0, 2)), "0 sample"),
            (np.zeros((2, 0)), "0 feature"),
            ([[1.0, 2.0], [3.0]], "inhomogeneous"),
            ([np.zeros((2, 2)), np.zeros((2, 3))], "inhomogeneous|broadcast"),
            (pd.DataFrame({"a": []}), "0 sample"),
        ],
    )
    def test_a_wrong_shape_is_named(self, X, match):
        with pytest.raises(ValueError, match=match):
            check_rows(Fitted(), X, reset=True)

    def test_a_sparse_matrix_is_refused(self):
        with pytest.raises(TypeError, match="[Ss]parse"):
            check_rows(Fitted(), sparse.eye_array(3), reset=True)

    def test_another_number_of_columns_than_in_fit_is_refused(self):
        with pytest.raises(ValueError, match="X has 3 features.*expecting 2"):
            check_rows(fitted(np.zeros((1, 2))), np.zeros((1, 3)))

    @every_table
    def test_other_column_names_or_another_order_are_refused(self, table):
        estimator = fitted(table({"a": [1.0], "b": [2.0]}))
        with pytest.raises(ValueError, match="same order"):
            check_rows(estimator, table({"b": [1.0], "a": [2.0]}))
        with pytest.raises(ValueError, match="(?s)unseen.*c"):
            check_rows(estimator, table({"a": [1.0], "c": [2.0]}))


class TestLabelledRows:
    def test_labels_become_codes_of_sorted_classes(self):
        rows = check_labelled_rows(Fitted(), np.zeros((4, 1)), ["b", "a", "c", "a"])
        assert rows.classes.tolist() == ["a", "b", "c"]
        assert rows.codes.tolist() == [1, 0, 2, 0]
        assert rows.weights is rows.kept is None
        assert rows.n_given == 4

    def test_rows_of_weight_zero_are_gone_and_their_class_stays(self):
        X = np.arange(4.0)[:, None]
        rows = check_labelled_rows(Fitted(), X, ["c", "a", "b", "a"], [1, 0.5, 0, 2])
        assert rows.in_memory()[:, 0].tolist() == [0, 1, 3]
        assert rows.classes.tolist() == ["a", "b", "c"]
        assert rows.codes.tolist() == [2, 0, 0]
        assert rows.weights.tolist() == [1, 0.5, 2]
        assert rows.kept.tolist() == [0, 1, 3]
        assert rows.n_given == 4
        weightless, numbers = rows.weightless()
        assert weightless.tolist() == [[2.0]]
        assert numbers.tolist() == [2]
        some, present = rows.of_weight()
        assert present.tolist() == rows.classes_of_weight().tolist() == [0, 2]
        assert some.classes.tolist() == ["a", "c"]
        assert some.codes.tolist() == [1, 0, 0]

    def test_without_weights_nothing_is_taken_out(self):
        rows = check_labelled_rows(Fitted(), np.zeros((2, 1)), ["b", "a"])
        assert rows.of_weight()[0] is rows
        assert len(rows.weightless()[0]) == rows.weightless()[1].size == 0

    @pytest.mark.parametrize(("label", "name"), [(3, "3"), ("a", "'a'"), (True, "True")])
    def test_one_class_is_named(self, label, name):
        with pytest.raises(ValueError, match=rf"one class only \({name}, in all 2 rows.*Fitted"):
            check_labelled_rows(Fitted(), np.zeros((2, 1)), [label, label])

    def test_one_class_after_weights_is_no_error(self):
        rows = check_labelled_rows(Fitted(), np.zeros((2, 1)), ["a", "b"], [0, 1])
        assert rows.classes.tolist() == ["a", "b"]
        assert rows.codes.tolist() == [1]

    def test_a_missing_label_is_named_by_its_row_whatever_it_weighs(self):
        y = np.array(["a", "b", None, "a"], dtype=object)
        for weights in ([0, 1, 1, 1], [1, 1, 0, 1]):
            with pytest.raises(ValueError, match="no label in row 2"):
                check_labelled_rows(Fitted(), np.zeros((4, 1)), y, weights)

    def test_one_class_may_be_enough(self):
        rows = check_labelled_rows(Fitted(), np.zeros((2, 1)), [1, 1], least_classes=1)
        assert rows.classes.tolist() == [1]

    @pytest.mark.parametrize(
        ("y", "match"),
        [
            ([0, 1], "inconsistent numbers of samples"),
            ([0.5, 1.5, 2.25], "continuous"),
            ([0, np.nan, 1], "y contains NaN. The first is in row 1"),
            (np.array([0, 1, np.inf]), "y contains infinity.* The first is in row 2"),
            (np.ma.array([0, 1, 1], mask=[0, 1, 0]), "y is a masked array"),
            ([[0, 1], [1, 0], [1, 1]], "1d array"),
            (None, "y"),
        ],
    )
    def test_wrong_labels_are_named(self, y, match):
        with pytest.raises(ValueError, match=match):
            check_labelled_rows(Fitted(), np.zeros((3, 1)), y)

    @pytest.mark.parametrize("y", [["a", None, "b"], ["a", 1, "b"]])
    def test_labels_that_cannot_be_sorted_are_one_clear_error(self, y):
        with pytest.raises((ValueError, TypeError), match=r"\by\b|[Ll]abel"):
            check_labelled_rows(Fitted(), np.zeros((3, 1)), np.array(y, dtype=object))


class TestWeights:
    @pytest.mark.parametrize("weights", [None, 1, 1.0, [1, 1, 1], [True] * 3])
    def test_weights_of_one_are_no_weights(self, weights):
        assert check_weights(weights, 3) == (None, None)

    def test_one_number_weighs_every_row(self):
        weights, kept = check_weights(2.5, 3)
        assert weights.tolist() == [2.5] * 3
        assert kept is None

    def test_ones_and_zeros_choose_rows(self):
        weights, kept = check_weights([1, 0, 1], 3)
        assert weights is None
        assert kept.tolist() == [0, 2]

    def test_positive_weights_are_kept_beside_their_rows(self):
        weights, kept = check_weights(pd.Series([0.5, 0, 5e-324]), 3)
        assert weights.tolist() == [0.5, 5e-324]
        assert kept.tolist() == [0, 2]

    @pytest.mark.parametrize("bad", [-1, -1e-300, np.nan, np.inf])
    def test_a_bad_weight_is_named_by_its_row(self, bad):
        with pytest.raises(ValueError, match=f"row 1 weighs {float(bad)}"):
            check_weights([1, bad, bad], 3)

    @pytest.mark.parametrize("weights", [[1, 2], [1, 2, 3, 4], [[1], [2], [3]]])
    def test_a_wrong_shape_is_named(self, weights):
        with pytest.raises(ValueError, match=r"shape \(.*expected \(3,\)"):
            check_weights(weights, 3)

    @pytest.mark.parametrize(
        ("weights", "words"),
        [
            (np.array([1, 2, 3]) + 0j, "sample_weight is not made of numbers, but of complex128"),
            (np.array([1, 2, 3], dtype="M8[s]"), "sample_weight is not made of numbers"),
            (np.array([1, 2, 3], dtype="m8[s]"), "sample_weight is not made of numbers"),
            (["1", "2", "3"], "sample_weight is not made of numbers"),
            ([1, None, 3], "sample_weight holds no number in row 1, but None"),
            (pd.array([1, None, 3], dtype="Int64"), "row 1 weighs nan"),
            (pd.array([1, None, 3], dtype="Float64"), "row 1 weighs nan"),
            (pl.Series([1, None, 3]), "row 1 weighs nan"),
            (pa.array([1, None, 3]), "row 1 weighs nan"),
            (np.ma.array([1, 2, 3], mask=[0, 1, 0]), "sample_weight is a masked array.* row 1"),
        ],
    )
    def test_what_no_weight_is_gets_one_clear_error(self, weights, words):
        with pytest.raises(ValueError, match=words):
            check_weights(weights, 3)

    def test_sparse_weights_are_refused(self):
        with pytest.raises(TypeError, match="sample_weight is sparse"):
            check_weights(sparse.csr_array([1, 0, 1]), 3)

    @pytest.mark.parametrize("weights", [0, [0, 0, 0], [0.0, -0.0, 0]])
    def test_no_weight_at_all(self, weights):
        with pytest.raises(ValueError, match="zero in every row"):
            check_weights(weights, 3)

    def test_a_string_among_weights_is_an_error_about_weights(self):
        with pytest.raises((ValueError, TypeError), match="sample_weight"):
            check_weights([1, "heavy", 1], 3)


class TestMagnitude:
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_a_column_beyond_it_is_named(self, dtype):
        X = np.array([[0.0, 1e30], [1.0, -1e20]], dtype=dtype)
        rows = ArrayRows(X)
        require_magnitude(fitted(X), rows, 1e100)
        with pytest.raises(ValueError, match=r"from -1e\+20 to 1e\+30 in column 1.*up to 1e\+25"):
            require_magnitude(fitted(X), rows, 1e25)

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_values_that_are_not_finite_are_named_as_they_were_given(self, value):
        X = np.zeros((2_000_000, 1))
        X[-3] = value
        rows, kept = ArrayRows(X), np.arange(len(X)) + 5
        kind = "NaN" if np.isnan(value) else "infinity"
        for given, row in ((None, len(X) - 3), (kept, len(X) + 2)):
            with pytest.raises(ValueError, match=f"contains {kind}: row {row}, column 0"):
                require_finite_rows(fitted(X[:1]), rows, given)
        X[-3] = 0.0
        require_finite_rows(None, ArrayRows(X))

    def test_finite_values_whose_sum_is_not_are_let_through(self):
        require_finite_rows(None, ArrayRows(np.full((9000, 1), -1.7e308)))
        require_finite_rows(None, ArrayRows(np.repeat([[0.0], [1.7e308]], 5, axis=0)))
        require_finite_rows(None, ArrayRows(np.empty((0, 2))))


def test_good_input_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_labelled_rows(Fitted(), [[1, 2], [3, 4]], ["a", "b"], [1, 2])
