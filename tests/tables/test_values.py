"""Cells of a known column as numbers, truth values, seconds and levels."""

import datetime
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.tables import dates, numbers
from trivium.tables.errors import CellError
from trivium.tables.kinds import Column, DateStyle, Kind, NumberStyle
from trivium.tables.look import look
from trivium.tables.values import takes_numbers, values_of

NUMERIC = Column("x", Kind.NUMERIC)
BOOLEAN = Column("b", Kind.BOOLEAN, truths=("yes", "1"), falsehoods=("no", "0"))
DATE = Column("d", Kind.DATE, date=DateStyle(("%d.%m.%Y", "iso")))
CATEGORY = Column("c", Kind.CATEGORY, missing_words=("gone",))
EUROPEAN = NumberStyle(",", ".", ("€",), brackets=True)


def array(*texts):
    return pa.array(texts, pa.string())


def test_plain_numbers():
    found = values_of(array("1", "2.5", None, "-0", "1e-3", "+4"), NUMERIC)
    np.testing.assert_array_equal(found, [1, 2.5, np.nan, -0.0, 1e-3, 4])
    assert np.signbit(found[3])
    assert found.flags.writeable


def test_words_and_white_space_are_missing_numbers():
    found = values_of(array("1", " NA ", "n/a", "?", "  ", "\u00a02 ", None), NUMERIC)
    np.testing.assert_array_equal(found, [1, np.nan, np.nan, np.nan, np.nan, 2, np.nan])
    own = Column("x", Kind.NUMERIC, missing_words=("none yet",))
    np.testing.assert_array_equal(values_of(array("1", "none yet"), own), [1, np.nan])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50 €", 1234.5), ("€ -3", -3), ("-€3", -3), ("(4,5)", -4.5), ("(€ 4)", -4),
        ("−5", -5), ("1e3", 1000), ("1.234.567", 1234567), (",5", 0.5), ("5,", 5),
        ("0,5", 0.5), ("007", 7),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, value):
    column = Column("x", Kind.NUMERIC, number=EUROPEAN)
    assert values_of(array(text), column)[0] == value


@pytest.mark.parametrize(
    "text", ["1.23,4", "1,2,3", "12.34", "0.123", "--3", "((3))", "€", "%", "1 2", "3 kg", "0x1"]
)
def test_what_is_no_number(text):
    column = Column("x", Kind.NUMERIC, number=EUROPEAN)
    with pytest.raises(CellError, match="column 'x' has a cell that is no number"):
        values_of(array("1", text), column)


def test_a_letter_before_digits_makes_a_code():
    column = Column("x", Kind.NUMERIC, number=NumberStyle(".", "", ("L",)))
    assert values_of(array("1 L", "2L"), column).tolist() == [1, 2]
    with pytest.raises(CellError, match="no number"):
        values_of(array("L1"), column)
    codes = [f"L{n % 29}" for n in range(200)]
    (found,) = look({"x": codes, "y": ["a", "b"] * 100}, "y").columns
    assert found.kind is Kind.CATEGORY


@pytest.mark.parametrize("name", ["Kundennr", "Kunden-Nr.", "accountnumber", "customer_no"])
def test_numbers_of_customers_are_no_quantities(name):
    numbers_ = np.random.default_rng(0).permutation(900)[:200] + 100
    (found,) = look({name: numbers_.tolist(), "y": ["a", "b"] * 100}, "y").columns
    assert found.kind is Kind.DROPPED


def test_a_unit_that_all_numbers_have():
    """25 % is 25 where .25 may be the same: what has no unit is no number there."""
    shares = Column("x", Kind.NUMERIC, number=NumberStyle(".", "", ("%",)))
    assert values_of(array("12 %", "0.5%", "0", None), shares)[:3].tolist() == [12, 0.5, 0]
    with pytest.raises(CellError, match="a cell that is no number with % "):
        values_of(array("12 %", "0.25"), shares)
    assert not takes_numbers(shares)
    assert takes_numbers(Column("x", Kind.NUMERIC, number=EUROPEAN))
    assert not takes_numbers(Column("x", Kind.NUMERIC, missing_words=("-999",)))
    assert not takes_numbers(CATEGORY)


def test_what_typed_tables_write_is_never_in_doubt():
    dmy = Column("d", Kind.DATE, date=DateStyle(("%d/%m/%Y",)))
    found = values_of(array("03/02/1970", "1970-02-03", "1970-02-03 00:00:00"), dmy)
    assert found.tolist() == [33 * 86400.0] * 3
    assert values_of(array("True", "yes", "False", "no"), BOOLEAN).tolist() == [1, 1, 0, 0]


def test_a_wrong_cell_names_its_row():
    cells = pa.chunked_array([array("1", "2", None), array("1", "two", "2", "two")])
    with pytest.raises(CellError) as error:
        values_of(cells, NUMERIC)
    assert (error.value.column, error.value.row, error.value.cell) == ("x", 4, "two")
    assert str(error.value) == "column 'x' has a cell that is no number in row 5 (counted from 1)"
    assert str(error.value.at("line 6")).endswith("a cell that is no number in line 6")


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999", "∞"])
def test_infinite_numbers_are_refused(text):
    with pytest.raises(
        CellError, match=r"column 'x' has an infinite number in row 2 \(counted from 1\)"
    ):
        values_of(array("1", text), NUMERIC)


def test_truth_values():
    found = values_of(array("Yes", "no ", "1.00", "0,0", None, "NA"), BOOLEAN)
    np.testing.assert_array_equal(found, [1, 0, 1, 0, np.nan, np.nan])
    with pytest.raises(CellError, match=r"no truth value of those known \(yes, 1, no, 0\)"):
        values_of(array("yes", "maybe"), BOOLEAN)


def test_dates():
    found = values_of(array("2.1.1970", "1970-01-01T00:00:01.5Z", None, "-"), DATE)
    np.testing.assert_array_equal(found, [86400, 1.5, np.nan, np.nan])
    with pytest.raises(CellError, match="column 'd' has a cell that is no date written as "):
        values_of(array("1/2/2020"), DATE)


def test_levels_are_as_they_are():
    found = values_of(pa.chunked_array([array("a ", "NA", None), array("gone")]), CATEGORY)
    assert found.to_pylist() == ["a ", "NA", None, None]
    assert values_of(pa.chunked_array([], pa.string()), CATEGORY).to_pylist() == []
    assert len(values_of(pa.chunked_array([], pa.string()), NUMERIC)) == 0


@settings(max_examples=80, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_bits(value):
    for text in (repr(value), f"{value:.17g}", f" {value!r} "):
        found = values_of(array(text), NUMERIC)[0]
        assert np.float64(found).tobytes() == np.float64(value).tobytes()


@settings(max_examples=80, deadline=None)
@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 999),
    st.sampled_from([each for each in numbers.STYLES if each.thousands]),
)
def test_groups_of_digits(whole, fraction, style):
    text = f"{whole:,}.{fraction:03}"
    text = text.translate({ord(","): style.thousands, ord("."): style.decimal})
    assert numbers.values(array(text), style)[0].as_py() == float(f"{whole}.{fraction:03}")


@settings(max_examples=80, deadline=None)
@given(
    st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2199, 12, 31)),
    st.sampled_from([each for each in dates.FORMATS if each not in ("iso", "%Y%m%d", dates.CLOCK)]),
)
def test_dates_are_those_of_strptime(moment, pattern):
    text = moment.strftime(pattern)
    wanted = datetime.datetime.strptime(text, pattern).replace(tzinfo=datetime.UTC).timestamp()
    for end, more in (("", 0), (" 13:14:15", 47655), (" 1:02 pm", 46920), (" 00:00+01:30", -5400)):
        assert dates.seconds(array(text + end), (pattern,))[0].as_py() == wanted + more


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-29", "2020-00-01", "2020-01-32", "2020-1-1", "20-01-01", "2020-01-01 24:00",
        "2020-01-01 10:60", "2020-01-01 13:00 pm", "2020-01-01x", "0000-01-01",
    ],
)  # fmt: skip
def test_what_is_no_iso_date(text):
    assert dates.seconds(array(text), ("iso",))[0].as_py() is None


@pytest.mark.parametrize("text", ["1 Foo 2020", "31 Apr 2020", "29 Feb 2021"])
def test_what_is_no_date_of_a_named_month(text):
    assert dates.seconds(array(text), ("%d %b %Y",))[0].as_py() is None


@pytest.mark.parametrize(
    "column",
    [
        NUMERIC, BOOLEAN, DATE, CATEGORY,
        Column("x", Kind.NUMERIC, "why", 3, 2, ("NA",), EUROPEAN),
    ],
)  # fmt: skip
def test_columns_are_data(column):
    assert Column.from_dict(json.loads(json.dumps(column.to_dict()))) == column
