"""Labels: of their own kind in whatever container, and the missing ones named."""

import datetime
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from tests.containers import DATES, FLAGS, INTEGERS, STRINGS, UNSIGNED

import trivium
from trivium.labels import as_labels, check_classes, encoded, known_codes, require_alike, shown

IDS = [2**53 + 1, 2**53, 5, 2**53, 2**53 + 1, 5]
GREAT = [2**63 + 1, 2**63, 5, 2**63, 2**63 + 1, 5]
TRUTHS = [True, False, True, True, False, False]
WORDS = ["b", "a", "c", "a", "b", "c"]
DAYS = [f"2020-01-0{day}" for day in (2, 1, 3, 1, 2, 3)]

KINDS = {
    "integers": (INTEGERS, IDS, "i"),
    "unsigned": (UNSIGNED, GREAT, "u"),
    "flags": (FLAGS, TRUTHS, "b"),
    "strings": (STRINGS, WORDS, "UO"),
    "dates": (DATES, DAYS, "M"),
}
EVERY = [
    pytest.param(build, values, kinds, id=f"{kind}-{name}")
    for kind, (containers, values, kinds) in KINDS.items()
    for name, build in containers.items()
]


def plain(values):
    """Values as Python writes them, dates as strings."""
    return [str(value)[:10] for value in values] if values.dtype.kind == "M" else values.tolist()


class TestKinds:
    @pytest.mark.parametrize(("build", "values", "kinds"), EVERY)
    def test_labels_keep_their_kind(self, build, values, kinds):
        labels = as_labels(build(values))
        assert labels.dtype.kind in kinds
        assert plain(labels) == values
        assert {type(label) for label in plain(labels)} == {type(values[0])}

    @pytest.mark.parametrize("flag", [None, np.nan, pd.NA])
    def test_an_object_is_what_it_is_beside_a_missing_one(self, flag):
        labels = as_labels(np.array([True, 7, np.int8(3), 2**62], dtype=object))
        assert labels.dtype == np.int64
        assert labels.tolist() == [1, 7, 3, 2**62]
        with pytest.raises(ValueError, match=r"y\b.* row 1"):
            as_labels(np.array([True, flag, 3], dtype=object))

    def test_integers_beyond_64_bits_stay_what_they_are(self):
        labels = as_labels([2**64, -1, 2**64])
        assert labels.tolist() == [2**64, -1, 2**64]
        classes, codes = encoded(labels)
        assert classes.tolist() == [-1, 2**64]
        assert codes.tolist() == [1, 0, 1]

    @given(st.lists(st.integers(-(2**66), 2**66), min_size=1))
    def test_no_integer_changes(self, values):
        for labels in (as_labels(values), as_labels(np.array(values, dtype=object))):
            assert [int(label) for label in labels] == values
            classes, codes = encoded(labels)
            assert [int(label) for label in classes] == sorted(set(values))
            assert classes[codes].tolist() == labels.tolist()

    @given(st.lists(st.text(max_size=3), min_size=1))
    def test_objects_are_encoded_as_numpy_does(self, values):
        classes, codes = encoded(as_labels(np.array(values, dtype=object)))
        wanted, positions = np.unique(np.array(values, dtype=object), return_inverse=True)
        assert classes.tolist() == wanted.tolist()
        assert classes.dtype == object
        np.testing.assert_array_equal(codes, positions)

    def test_whole_floats_stay_floats(self):
        for labels in ([1.0, 2.0], [1, 2.0], np.array([1, 2.0], dtype=object)):
            assert as_labels(labels).dtype == np.float64
        assert as_labels(np.array([1, 2], dtype=np.float16)).dtype == np.float16

    def test_a_column_is_read_as_labels_with_a_warning(self):
        for column in ([["a"], ["b"]], pd.DataFrame({"y": ["a", "b"]})):
            with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
                assert as_labels(column).tolist() == ["a", "b"]


WITH_A_GAP = [
    pytest.param(build, [*values[:3], None, *values[4:]], id=f"{kind}-{name}")
    for kind, (containers, values, _) in KINDS.items()
    for name, build in containers.items()
    if kind != "unsigned"
]


class TestMissing:
    @pytest.mark.parametrize(("build", "values"), WITH_A_GAP)
    def test_a_missing_label_is_named_by_its_row(self, build, values):
        with pytest.raises(ValueError, match=r"\by\b.* row 3\b"):
            as_labels(build(values))

    @pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, float("nan"), Decimal("NaN")])
    @pytest.mark.parametrize("others", [[1, 2, 4], ["a", "b", "c"], [True, False, True]])
    def test_whatever_it_is_written_as(self, missing, others):
        values = [*others[:2], missing, others[2]]
        for labels in (values, np.array(values, dtype=object)):
            with pytest.raises(ValueError, match=r"\by_val\b.* row 2\b"):
                as_labels(labels, "y_val")

    def test_missing_dates_are_named(self):
        with pytest.raises(ValueError, match="y holds no label in row 1, but NaT"):
            as_labels(np.array(["2020-01-01", "NaT"], dtype="M8[D]"))

    def test_nan_among_numpys_strings_is_named(self):
        labels = np.array(["a", np.nan], dtype=np.dtypes.StringDType(na_object=np.nan))
        with pytest.raises(ValueError, match="y holds no label in row 1, but nan"):
            as_labels(labels)


class TestRefusals:
    @pytest.mark.parametrize(
        ("y", "error", "words"),
        [
            ([0.5, 1.0], ValueError, "Unknown label type: continuous.*y holds 0.5 in row 0"),
            ([1.0, 2.5], ValueError, "Unknown label type: continuous.*y holds 2.5 in row 1"),
            ([1e300, 2e300], ValueError, "Unknown label type: continuous"),
            (pl.Series([1.0, 2.5]), ValueError, "Unknown label type: continuous"),
            (np.array([1, 2.5], dtype=object), ValueError, "y holds 2.5 in row 1"),
            ([1.0, -np.inf], ValueError, "y contains infinity. The first is in row 1"),
            ([1.0, 2**53 + 1], ValueError, "y holds 9007199254740993 in row 1, which is no float"),
            ([0.5, 10**400], ValueError, "y holds 1000.* in row 1, which is no float64"),
            (["a", 1], ValueError, "y mixes strings and others: 'a' in row 0, 1 in row 1"),
            ([1.5, "a"], ValueError, "y mixes strings and others: 1.5 in row 0, 'a' in row 1"),
            ([b"a", b"b"], TypeError, "y holds bytes"),
            (np.array([b"a", b"b"]), TypeError, "y holds bytes"),
            (np.array([1j, 2j]), ValueError, "Complex data not supported: y"),
            (np.zeros(2, dtype=[("a", int)]), ValueError, "y is made of void: labels are"),
            ([datetime.date(2020, 1, 1)] * 2, ValueError, r"y holds .*2020.* in row 0: labels are"),
            ([(1, 2), (3, 4)], ValueError, r"y should be a 1d array.*\(2, 2\)"),
            ([[1], [2, 3]], ValueError, "y is no regular array"),
            ([np.zeros((2, 2)), 1], ValueError, "y is no regular array"),
            ("ab", ValueError, r"y should be a 1d array, got an array of shape \(\)"),
            (None, ValueError, "y should be a 1d array, got None"),
            (sparse.csr_array([0, 1]), TypeError, "y is sparse"),
            (sparse.csr_matrix([[0], [1]]), TypeError, "y is sparse"),
        ],
    )
    def test_what_no_label_is_gets_one_clear_error(self, y, error, words):
        with pytest.raises(error, match=words):
            as_labels(y)

    def test_an_array_in_the_place_of_a_label(self):
        y = np.empty(2, dtype=object)
        y[:] = [np.zeros(2), 1]
        with pytest.raises(ValueError, match=r"y holds array.* in row 0: labels are"):
            as_labels(y)

    def test_classes_are_labels_too(self):
        assert check_classes(pd.array([2**53 + 1, 2**53], dtype="Int64")).tolist() == [
            2**53,
            2**53 + 1,
        ]
        with pytest.raises(ValueError, match="classes holds no label in place 1"):
            check_classes(["a", None])
        first = np.array([2**53, 2**53 + 1], dtype=np.int64)
        with pytest.raises(ValueError, match="not those of the first call"):
            check_classes(np.array([2**53, 2**53 + 2], dtype=np.uint64), first)

    def test_strings_and_numbers_are_not_alike(self):
        for labels in (np.array(["a"]), np.array(["a"], dtype=object)):
            with pytest.raises(ValueError, match="y holds strings, but the classes are numbers"):
                require_alike(labels, np.array([1]))
        with pytest.raises(ValueError, match="y holds numbers, but the classes are dates"):
            require_alike(np.array([1]), np.array(["2020"], dtype="M8[Y]"))
        require_alike(np.array([True]), np.array([2**70], dtype=object))


class TestKnownCodes:
    def test_dates_are_the_same_in_every_unit(self):
        classes = np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]")
        codes = known_codes(np.array(["2020-01-02", "2020-01-01"], dtype="M8[ns]"), classes)
        assert codes.tolist() == [1, 0]
        with pytest.raises(ValueError, match="y holds 2020-01-02T00:00:01 in row 0"):
            known_codes(np.array(["2020-01-02T00:00:01"], dtype="M8[s]"), classes)

    def test_ids_differ_in_the_last_digit(self):
        classes = np.array([2**53, 2**53 + 1])
        codes = known_codes(np.array([2**53 + 1, 2**53], dtype=np.uint64), classes)
        assert codes.tolist() == [1, 0]
        with pytest.raises(ValueError, match="y holds 9007199254740994 in row 0"):
            known_codes(np.array([2**53 + 2]), classes)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (np.int64(3), "3"),
        (np.str_("a"), "'a'"),
        ("b", "'b'"),
        (2.5, "2.5"),
        (np.datetime64("2020-01-01", "ns"), "2020-01-01T00:00:00.000000000"),
    ],
)
def test_labels_are_shown_as_written(label, text):
    assert shown(label) == text


X = np.random.default_rng(3).normal(size=(24, 2))
MODELS = [
    trivium.KNeighborsClassifier(2),
    trivium.KNeighborsClassifierCV(3),
    trivium.KNeighborsDensity(2),
    trivium.LeastSquaresClassifier(),
    trivium.LeastSquaresClassifier(calibration="temperature"),
    trivium.LeastSquaresClassifierCV(4),
    trivium.SoftmaxRegression(),
    trivium.SoftmaxRegressionCV(2, cv=2, scoring="accuracy"),
]
NAMES = [type(model).__name__ for model in MODELS]
SOME = [
    pytest.param(build, values, kinds, id=f"{kind}-{name}")
    for kind, (containers, values, kinds) in KINDS.items()
    for name, build in containers.items()
    if name in ("objects", "polars", "pandas", "arrow chunks", "NumPy's") or "Int64" in name
]


class TestModels:
    @pytest.mark.filterwarnings("ignore::trivium.MaskedClassWarning")
    @pytest.mark.parametrize("model", MODELS, ids=NAMES)
    @pytest.mark.parametrize(("build", "values", "kinds"), SOME)
    def test_classes_are_the_labels_given_and_everything_else_that_of_codes(
        self, model, build, values, kinds
    ):
        values = 4 * values
        codes = [sorted(set(values)).index(value) for value in values]
        model.fit(X, build(values))
        assert model.classes_.dtype.kind in kinds
        assert plain(model.classes_) == sorted(set(values))
        asked = model.predict_proba if hasattr(model, "predict_proba") else model.predict
        if hasattr(model, "predict"):
            right = model.score(X, build(values))
            pairs = zip(plain(model.predict(X)), values, strict=True)
            assert right == np.mean([told == label for told, label in pairs])
        told = asked(X)
        coded = model.fit(X, codes)
        if hasattr(model, "predict_proba"):
            np.testing.assert_array_equal(told, coded.predict_proba(X))

    @pytest.mark.parametrize("model", MODELS, ids=NAMES)
    @pytest.mark.parametrize(
        "values", [pd.array([1, None, 2] * 8, "Int64"), pl.Series(["a", None, "b"] * 8)]
    )
    def test_a_missing_label_is_named(self, model, values):
        with pytest.raises(ValueError, match=r"\by\b.*row 1\b"):
            model.fit(X, values)
        if hasattr(model, "score") and not isinstance(model, trivium.KNeighborsDensity):
            with pytest.raises(ValueError, match=r"\by\b.*row 1\b"):
                model.fit(X, [0, 1] * 12).score(X, values)

    @pytest.mark.parametrize(
        "model", [trivium.LeastSquaresClassifier(), trivium.SoftmaxRegression()]
    )
    def test_parts_in_other_containers(self, model):
        ids = [2**53, 2**53 + 1] * 12
        whole = pd.array(ids, dtype="Int64")
        model.partial_fit(X, whole, classes=pl.Series(ids[:2]))
        assert model.classes_.tolist() == ids[:2]
        assert model.classes_.dtype == np.int64
        model.partial_fit(X, np.array(ids, dtype=object), classes=ids[1::-1])
        with pytest.raises(ValueError, match=r"\by\b.*row 0\b"):
            model.partial_fit(X, [None, *ids[1:]])
        if hasattr(model, "forget"):
            model.forget(X, whole)
            np.testing.assert_allclose(
                model.coef_, trivium.LeastSquaresClassifier().fit(X, ids).coef_, rtol=1e-9
            )
            assert model.influence(X, pd.Series(whole)).leverage.shape == (24,)
            with pytest.raises(ValueError, match=r"\by\b.*row 0\b"):
                model.forget(X, pd.array([None, *ids[1:]], dtype="Int64"))
            with pytest.raises(ValueError, match=r"\by\b.*row 0\b"):
                model.influence(X, pd.array([None, *ids[1:]], dtype="Int64"))

    def test_validation_labels(self):
        y = pd.array([True, False] * 12, dtype="boolean")
        model = trivium.SoftmaxRegression().fit(X, y, X_val=X, y_val=pl.Series(y.tolist()))
        np.testing.assert_allclose(
            model.history_["validation_accuracy"][:-1], model.history_["train_accuracy"][:-1]
        )
        with pytest.raises(ValueError, match="y_val holds no label in row 1"):
            model.fit(X, y, X_val=X[:2], y_val=pd.array([True, None], dtype="boolean"))

    def test_nearly_as_many_float_classes_as_rows_are_doubted(self):
        with pytest.warns(UserWarning, match="number of unique classes"):
            trivium.KNeighborsClassifier(1).fit(X, np.arange(24.0))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trivium.KNeighborsClassifier(1).fit(X, [f"row {i}" for i in range(24)])
