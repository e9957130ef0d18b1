"""What a careful person would say of a table, and what it may not pass over in silence."""

import pytest

from trivium.tables import date_style
from trivium.tables.errors import TableError
from trivium.tables.look import look

N = 30


def notes_of(tmp_path, columns, separator=",", target=None):
    """Write columns, which repeat to N rows, as a file; return its columns and notes."""
    rows = ([cells[i % len(cells)] for cells in columns.values()] for i in range(N))
    path = tmp_path / "table.csv"
    path.write_text("\n".join(separator.join(row) for row in [columns, *rows]) + "\n")
    found = look(path, target)
    return {each.name: each for each in found.columns}, found.notes


DATES = {
    "two orders": (
        ["13/1/2020", "1/13/2020"],
        "orders: 15 cells read day first, 15 otherwise; the first that differs is in line 3",
        "dates, but not of one order",
    ),
    "a few of another order": (
        [*["13/1/2020"] * 9, "1/13/2020"],
        "orders: 27 cells read day first, 3 otherwise; the first that differs is in line 11",
        "dates, but not of one order",
    ),
    "two orders and no dates": (
        ["13.1.2020", "2020-01-13", "30.2.2020"],
        "several orders: 10 cells read year first, 10 otherwise, 10 are no dates; the first",
        "dates, but not of one order",
    ),
    "one that there is not": (
        ["28/2/2020", "30/2/2020", "1/2/2020"],
        "holds 20 dates of one order, but 10 cells are none, the first in line 3",
        "dates, but for some cells",
    ),
    "none that there is": (["30/2/2020", "31/4/2020"], "there are no such days", "dates, but for"),
    "times of day": (["10:30", "25:10"], "holds 15 times of day, but 15 cells", "dates, but for"),
    "scores": (["3-2", "1-0", "2-2"], None, "words with digits"),
    "versions": (["1.2.3", "1.2.4", "10.0.2"], None, "words with digits"),
    "one day that there is not": (["30/2/2020"], "there are no such days", "constant"),
}  # fmt: skip


@pytest.mark.parametrize("name", DATES)
def test_dates_that_do_not_agree_are_said(tmp_path, name):
    cells, said, reason = DATES[name]
    columns, notes = notes_of(tmp_path, {"d": cells, "y": ["a", "b"]})
    assert columns["d"].reason.startswith(reason)
    assert len(notes) == (said is not None)
    assert said is None or said in notes[0]


def test_all_classes_that_are_words_for_no_value_are_named(tmp_path):
    words = ["-", "?", "NA", "None", "nan", "a"]
    notes = notes_of(tmp_path, {"x": ["1", "2", "3.5", "4"], "y": words}, target="y")[1]
    assert [note[:15] for note in notes[:3]] == [
        "'-' is a class ",
        "'?' is a class ",
        "'NA' is a class",
    ]
    assert notes[3] == "so are 'None' and 'nan'"
    notes = notes_of(tmp_path, {"x": ["1", "2", "3.5"], "y": [*words[:4], "a"]}, target="y")[1]
    assert notes[3] == "so is 'None'"


def test_what_is_said_of_more_columns_names_them(tmp_path):
    columns = {name: ["NA", "r", "s"] for name in "abcde"}
    notes = notes_of(tmp_path, columns)[1]
    assert notes[3] == ("the same is to be said of words for no value in 2 more columns: 'd', 'e'")
    columns, _ = notes_of(tmp_path, {"a": ["NA", "?", "-", "nan", "null", "1.5", "2"]})
    assert columns["a"].reason == 'numbers; missing: "-", "?", "NA" and 2 more'


POINTS = [
    # separator, cells of another column, sign that is said to be taken
    (";", ["a", "b"], "."),
    (";", ["1.5", "2.5"], None),
    (";", ["1,5", "2,5"], ","),
    (";", ["1,5", "2,5", "3,1 €"], ","),
    (",", ["a", "b"], None),
    ("|", ["a", "b"], None),
]


@pytest.mark.parametrize(("separator", "more", "sign"), POINTS)
def test_points_that_may_stand_between_thousands(tmp_path, separator, more, sign):
    columns = {"x": ["4.898", "12.345", "1.200"], "more": more}
    notes = notes_of(tmp_path, columns, separator)[1]
    said = [note for note in notes if "column 'x' does not tell" in note]
    assert len(said) == (sign is not None)
    assert sign is None or f"1.234 or 1234: the decimal sign is taken for {sign!r}" in said[0]


OTHER_FORMS = [
    ["Mon 2021-03-01", "Tue 2021-03-02"],
    ["Mo. 1.3.2021", "Di. 2.3.2021"],
    ["1. März 2021", "12. April 2021"],
    ["3 Mai 2021", "4 Juni 2021"],
    ["5 de mayo de 2021", "7 de junio de 2021"],
    ["2021-Q1", "2021 Q2"],
    ["KW 7/2021", "KW 8/2021"],
]


@pytest.mark.parametrize("cells", OTHER_FORMS)
def test_dates_of_forms_that_are_not_read_are_said(tmp_path, cells):
    columns, notes = notes_of(tmp_path, {"d": cells, "y": ["a", "b"]})
    assert columns["d"].kind == "category"
    assert notes == (
        "column 'd' seems to hold dates in a form that is not read: it is not taken for dates",
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1.5k", "2.25k", "0.5k"], True),
        (["1.5k", "2.2M", "3,5 Mio."], True),
        (["1.5*", "2.5†", "3.1*"], True),
        (["10.0.0.1", "10.0.0.2"], False),
        (["12a", "12b", "7c"], False),
        (["v1.5", "v2.5"], False),
    ],
)
def test_numbers_with_marks_that_are_not_known_are_said(tmp_path, cells, said):
    quoted = [f'"{each}"' for each in cells]
    columns, notes = notes_of(tmp_path, {"x": quoted, "y": ["a", "b"]})
    assert columns["x"].kind == "category"
    assert any("marks that are not known" in note for note in notes) == said


@pytest.mark.parametrize("cells", [["inf"], ["inf", "-Infinity"], ["∞", "NA"]])
def test_a_column_that_is_infinite_everywhere(tmp_path, cells):
    with pytest.raises(TableError, match="column 'x' has an infinite number in line 2"):
        notes_of(tmp_path, {"x": cells, "y": ["a", "b"]})


def test_every_other_form_of_a_date_holds_a_year():
    forms = date_style._OTHER_FORMS.split("|^")
    assert len(forms) == 5
    assert all(date_style._YEAR in form for form in forms)  # looked for first
