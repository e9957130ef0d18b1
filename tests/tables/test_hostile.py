"""Tables as people have them: what each column is taken for, and which labels there are."""

import numpy as np
import pytest

from trivium.tables.errors import TableError
from trivium.tables.kinds import NumberStyle
from trivium.tables.look import look
from trivium.tables.values import values_of

N = 24  # rows of a table where nothing else is said


def csv(columns, separator=",", end="\n"):
    """Write columns as a file; cells are quoted where they must be."""

    def cell(text):
        text = str(text)
        if any(each in text for each in (separator, '"', "\n", "\r")):
            text = '"' + text.replace('"', '""') + '"'
        return text

    rows = zip(*columns.values(), strict=True)
    lines = [columns.keys(), *rows]
    return end.join(separator.join(map(cell, line)) for line in lines) + end


def kinds(path, *arguments, **choices):
    """Return the kind of each feature."""
    return {each.name: str(each.kind) for each in look(path, *arguments, **choices).columns}


def cycled(*values, n=N):
    return [values[i % len(values)] for i in range(n)]


COLUMNS = {
    # name: (cells, kind, a part of the reason)
    "plain": (cycled("1", "2.5", "-3", "1e-3", "+4", ".5", "5."), "numeric", "numbers"),
    "integers": (cycled("3", "1", "2"), "numeric", "whole numbers"),
    "integer floats": (cycled("3.0", "1.0", "2.0"), "numeric", "whole numbers"),
    "gaps": (cycled("3.0", "", "2.0"), "numeric", "whole numbers"),
    "white": (cycled(" 3", "1 ", "  ", "\t2"), "numeric", "whole numbers"),
    "words for nothing": (cycled("3", "NA", "n/a", "?", "7"), "numeric", 'missing: "?", "NA"'),
    "leading zeros": (cycled("01", "02", "13"), "category", "leading zeros"),
    "minus zeros": (cycled("-01", "02", "13"), "category", "leading zeros"),
    "zeros alone": (cycled("00", "0", "1"), "category", "leading zeros"),
    "leading zeros late": ([*cycled("1", "2", n=N - 1), "02"], "category", "leading zeros"),
    "long codes": (cycled("1234567890123456789", "1234567890123456788"), "category", "digits"),
    "long unique": ([str(2**60 + i) for i in range(N)], "dropped", "different in every row"),
    "beyond 2**53": (cycled("9007199254740993", "9007199254740992"), "category", "digits"),
    "up to 2**53": (cycled("9007199254740991", "5"), "numeric", "whole"),
    "large floats": (cycled("1e300", "9.1e15", "-2.5e200"), "numeric", "numbers"),
    "e codes": (cycled("1E5", "0E4", "2E7", "33"), "category", "an E among them"),
    "mixed codes": (cycled("A12", "0E4", "17", "1E5"), "category", ""),
    "counter": (range(1, N + 1), "dropped", "counter of the rows"),
    "counter from 0": (range(N), "dropped", "counter of the rows"),
    "float counter": ([f"{i}.0" for i in range(N)], "dropped", "counter of the rows"),
    "shuffled counter": ([(7 * i) % N for i in range(N)], "dropped", "another order"),
    "customer_id": ([100 + i * i for i in range(N)], "dropped", "identifier, by its name"),
    "invoice_no": ([100 + i * i for i in range(N)], "dropped", "identifier, by its name"),
    "smoking_no": ([100 + i * i for i in range(N)], "numeric", "whole numbers"),
    "schoolid": ([100 + i * i for i in range(N)], "dropped", "identifier, by its name"),
    "uric acid": ([100 + i * i for i in range(N)], "numeric", "whole numbers"),
    "patient": (cycled(*range(101, 107)), "group", "belong together"),
    "patientId": (cycled("p1", "p2", "p3", "p4"), "group", "belong together"),
    "account": ([str(12345678 + 1111 * i * i) for i in range(N)], "dropped", "8 digits"),
    "year": (range(1990, 1990 + N), "numeric", "whole"),
    "uuid": ([f"{i * 7919:08x}-12ab" for i in range(N)], "dropped", "different in every row"),
    "names": ([f"Person {chr(65 + i)}." for i in range(N)], "dropped", "different in every row"),
    "sentences": ([f"It was a dark night, number {i}." for i in range(N)], "text", "free text"),
    "zip": (cycled("10115", "80331", "20095"), "category", "postcode"),
    "phone": (cycled("4930123456", "4930123457", "4930123450"), "category", "telephone"),
    "country_code": (cycled("1", "44", "49"), "category", "codes"),
    "sqrt_residual": (cycled("1", "44", "49"), "numeric", "whole"),
    "constant": (["same"] * N, "dropped", "constant"),
    "constant number": (["5", *["5.0"] * (N - 1)], "dropped", "constant"),
    "one and nothing": (cycled("x", ""), "category", "one word"),
    "empty": ([""] * N, "dropped", "every cell is empty"),
    "no value": (cycled("NA", "", "?"), "dropped", "no cell holds a value"),
    "zero one": (cycled("0", "1", ""), "boolean", "0 and 1"),
    "zero one floats": (cycled("0.0", "1.0", ""), "boolean", "0 and 1"),
    "yes no": (cycled("Yes", "no", "NO", "NA"), "boolean", "yes and no"),
    "true": (cycled("TRUE", "false", "t", "F"), "boolean", "true and false"),
    "y": (cycled("y", "n"), "boolean", "y and n"),
    "not a pair": (cycled("yes", "off"), "category", "words"),
    "colour": (cycled("red", "NA", "blue"), "category", "words"),
    "case": (cycled("red", "Red", "RED "), "category", "words"),
    "decimal comma": (cycled("1,5", "0,25", "1.234,5"), "numeric", "decimal comma"),
    "small comma": (cycled("0,123", "0,5"), "numeric", "decimal comma"),
    "thousands": (cycled("1,234,567", "12", "1,234.5"), "numeric", "commas between thousands"),
    "lakh": (cycled("12,34,567", "1,23,456.5", "12"), "numeric", "commas between thousands"),
    "spaces": (cycled("1 234", "12 345 678,5", "3"), "numeric", "spaces between thousands"),
    "apostrophes": (cycled("1'234.50", "12", "1’000"), "numeric", "apostrophes"),
    "dollars": (cycled("$1,234.50", "-$3", "($4.10)", "$ 5"), "numeric", "$"),
    "euros": (cycled("1.234,50 €", "3 €", "-4,10€"), "numeric", "€"),
    "two currencies": (cycled("$1", "€2", "$3"), "category", "words with digits"),
    "percent": (cycled("12%", "3.5 %", "0%"), "numeric", "%"),
    "some percent": (cycled("12%", "0.5", "3%"), "category", ""),
    "brackets": (cycled("(3)", "4", "(1.5)"), "numeric", "brackets for minus"),
    "minus sign": (cycled("−3", "4", "−1.5"), "numeric", "numbers"),
    "iso": (cycled("2020-01-02", "1999-12-31"), "date", "year first"),
    "iso times": (cycled("2020-01-02T10:20:30Z", "2020-01-02 10:20:30.5+02:00"), "date", "year"),
    "slashes": (cycled("2020/1/2", "1999/12/31"), "date", "year first"),
    "eight digits": (cycled("20200102", "19991231", "20240229"), "date", "eight digits"),
    "points": (cycled("1.2.2020", "31.12.1999", ""), "date", "day first"),
    "month first": (cycled("1/2/2020", "12/31/1999", "NA"), "date", "month first"),
    "month first late": ([*["1/2/2020"] * (N - 1), "1/13/2020"], "date", "month first"),
    "day first late": ([*["1/2/2020"] * (N - 1), "13/1/2020"], "date", "day first"),
    "months": (cycled("2020-01", "2021-12"), "date", "months"),
    "months and years": (cycled("1/2020", "12/2021"), "date", "months"),
    "mostly numbers": ([*(i / 7 for i in range(N - 1)), "much"], "text", "numbers, but for"),
    "mostly dates": ([*["1.2.2020"] * (N - 1), "soon"], "category", "dates, but for some"),
    "two digit years": (cycled("31.12.99", "1.2.03"), "date", "day first"),
    "named months": (cycled("3 Jan 2020", "14 Feb 2021"), "date", "month's name"),
    "english dates": (cycled("Jan 3, 2020", "February 14, 2021 10:30 PM"), "date", "name"),
    "no such days": (cycled("2020-02-30", "2020-13-01"), "category", ""),
    "two orders": (cycled("13/1/2020", "1/13/2020"), "category", ""),
    "times": (cycled("10:30", "11:45:10", "1:02 pm"), "date", "times of day"),
    "minutes and seconds": (cycled("35:20", "61:10"), "category", ""),
    "kilograms": (cycled("70 kg", "81.5 kg", "93kg"), "numeric", "numbers with kg"),
    "two units": (cycled("70 kg", "81.5 g", "93 kg"), "category", ""),
    "some units": (cycled("70 kg", "81.5"), "category", ""),
    "percent counter": ([f"{i}%" for i in range(N)], "numeric", "%"),
    "<b>tag</b>": (cycled("<i>a</i>", "[red]b[/red]"), "category", "words"),
    "\x1b[31mred": (cycled("\x1b[2Ja", "b"), "category", "words"),
    "quotes": (cycled('a "b"', "c,d", "e\nf", "g\r\nh"), "category", "words"),
    "empty words": (cycled('""', "x"), "category", "words"),
    "huge": (["x" * 3_000_000, *cycled("a", "b", n=N - 1)], "category", "words"),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_kinds(tmp_path, name):
    cells, kind, reason = COLUMNS[name]
    path = tmp_path / "table.csv"
    text = csv({"first": cycled("a", "b"), name: list(cells)})
    path.write_text(text, encoding="utf-8", newline="")
    column = look(path).columns[1]
    assert (column.name, column.kind) == (name, kind), column
    assert reason in column.reason


LABELS = {
    "words for nothing": ["NA", "None", "TRUE", "01", "1.0", "nan", "null", "-", "?"],
    "white": [" a", "a", "a ", "A", "a.", " "],
    "zeros": ["01", "1", "001", "1.0"],
    "integers": ["0", "1", "2"],
    "truths": ["TRUE", "FALSE"],
    "long codes": ["1234567890123456789", "1234567890123456788"],
    "quotes": ['a"b', "a,b", "a\nb", "a;b"],
    "letters": ["Übergröße", "naïve", "日本", "\U0001f600"],
    "control": ["\x1b[31m", "\x07", "a\tb"],
    "dates": ["2020-01-01", "2020-01-02"],
    "numbers": ["1,5", "2,5"],
    "long": ["x" * 100_000, "y"],
}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_text_exactly_as_in_the_file(tmp_path, name):
    labels = LABELS[name]
    path = tmp_path / "table.csv"
    given = [*cycled(*labels, n=4 * len(labels)), "", "", ""]
    text = csv({"x": range(len(given)), "y": given})
    path.write_text(text, encoding="utf-8", newline="")
    seen = look(path, "y")
    assert seen.target.classes == tuple(sorted(labels))
    assert set(seen.target.counts) == {4}
    assert list(seen.labels()) == given[:-3]
    assert (seen.rows_read, seen.rows_used) == (len(given), len(given) - 3)
    assert "3 rows have no label in 'y': they are not used" in seen.notes
    for word in labels:
        told = any(note.startswith(f"{word!r} is a class") for note in seen.notes)
        assert told <= (word.strip().lower() in ("na", "none", "nan", "null", "-", "?", ""))


def test_a_word_such_as_na_is_said_to_be_a_class(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"x": range(N), "y": cycled("NA", "b")}))
    assert any("'NA' is a class of 'y' with 12 rows" in note for note in look(path, "y").notes)
    with pytest.raises(TableError, match="one class only in 12 rows"):
        look(path, "y", missing=["NA"])


def test_labels_that_are_written_alike_are_said(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"x": range(N), "y": cycled("yes", "Yes", "yes.", "no")}))
    notes = look(path, "y").notes
    assert (
        "'Yes', 'yes' and 'yes.' are classes of their own, though they are written alike" in notes
    )


def test_a_class_of_one_row_is_said(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"x": range(N), "y": [*cycled("a", "b", n=N - 1), "c"]}))
    assert "class 'c' has one row only" in look(path, "y").notes


TARGETS = {
    "fractions": ([i / 7 for i in range(N)], "'y' is a quantity: 24 different numbers in 24 rows"),
    "integers": ([3 * i + 5 for i in range(N)], "is a quantity: 24 different integers"),
    "comma": ([f"{i},5" for i in range(N)], "is a quantity: 24 different numbers"),
    "dates": ([f"2020-01-{i + 1:02}" for i in range(N)], "24 different dates"),
    "texts": ([f"a{i}" for i in range(N)], "24 different labels in 24 rows"),
    "one class": (["a"] * N, "one class only in 24 rows"),
    "one and gaps": (cycled("a", ""), "one class only in 12 rows"),
    "empty": ([""] * N, "'y' is empty: no row has a label"),
    "infinite": ([*range(N - 1), "inf"], "is a quantity but for a few cells: 24 different labels"),
    "mostly numbers": ([*(i / 7 for i in range(N - 1)), "none"], "is a quantity"),
    "numbers and a word": ([*(i / 7 for i in range(N - 1)), "much"], "but for a few cells"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_no_target(tmp_path, name):
    labels, message = TARGETS[name]
    path = tmp_path / "table.csv"
    path.write_text(csv({"x": range(N), "y": list(labels)}))
    with pytest.raises(TableError, match=message) as error:
        look(path, "y")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(("step", "n_classes"), [(1, 20), (1, 21), (0.5, 10), (0.5, 11)])
def test_numbers_of_few_values_are_classes(tmp_path, step, n_classes):
    path = tmp_path / "table.csv"
    labels = [step * each for each in cycled(*range(n_classes), n=200)]
    path.write_text(csv({"x": range(200), "y": labels}))
    if n_classes in (10, 20):
        assert len(look(path, "y").target.classes) == n_classes
    else:
        with pytest.raises(TableError, match=f"'y' is a quantity: {n_classes} different"):
            look(path, "y")


def test_the_user_may_say_that_numbers_are_classes(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"x": range(N), "y": cycled(*range(0, 72, 3), n=N)}))
    assert len(look(path, "y", kinds={"y": "category"}).target.classes) == 24


CHOICES = {
    "as numeric": ({"kinds": {"zip": "numeric"}}, "zip", "numeric"),
    "as category": ({"kinds": {"age": "category"}}, "age", "category"),
    "as boolean": ({"kinds": {"sex": "boolean"}}, "sex", "boolean"),
    "as date": ({"kinds": {"when": "date"}}, "when", "date"),
    "as text": ({"kinds": {"sex": "text"}}, "sex", "text"),
    "as group": ({"kinds": {"sex": "group"}}, "sex", "group"),
    "dropped": ({"drop": ["sex"]}, "sex", "dropped"),
    "missing": ({"missing": ["none yet"]}, "weight", "numeric"),
    "not missing": ({}, "weight", "category"),
    "decimal": ({"decimal": ","}, "size", "numeric"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_what_the_user_says_holds(tmp_path, name):
    choices, column, kind = CHOICES[name]
    path = tmp_path / "table.csv"
    table = {
        "zip": cycled("10115", "80331", "01067"),
        "age": cycled(20, 30, 40),
        "sex": cycled("m", "f"),
        "when": cycled("1/2/2020", "3/4/2020"),
        "weight": cycled("70", "80", "none yet", "75", "71", "72"),
        "size": cycled("1.234", "2.345"),
        "y": cycled("a", "b"),
    }
    path.write_text(csv(table))
    assert kinds(path, "y", **choices)[column] == kind


def test_a_number_may_stand_for_no_value(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"a": cycled("1.5", "-999", "2"), "b": cycled("-999.0", "1", "2")}))
    seen = look(path, missing=["-999"])
    assert [each.missing for each in seen.columns] == [8, 0]
    found = [values_of(seen.cells(each.name), each) for each in seen.columns]
    np.testing.assert_array_equal([np.isnan(each).sum() for each in found], [8, 0])


def test_a_decimal_sign_of_the_user_s(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"a": cycled("1.234", "2.345"), "b": cycled("1,234", "2,345")}))
    for decimal, styles in ((".", (".", ".")), (",", (",", ","))):
        columns = look(path, decimal=decimal).columns
        assert tuple(each.number.decimal for each in columns) == styles
    assert [each.number.thousands for each in columns] == [".", ""]


def test_the_file_decides_what_a_column_does_not_tell(tmp_path):
    path = tmp_path / "table.csv"
    doubtful = {"a": cycled("1,234", "2,345"), "d": cycled("1/2/2020", "3/4/2020")}
    cases = [
        (csv({**doubtful, "b": cycled("1,5", "2,25")}), ","),
        (csv({**doubtful, "b": cycled("1.5", "2.25")}), "."),
        (csv(doubtful, ";"), ","),
        (csv({**doubtful, "b": cycled("0,5 €", "2,25 €")}), ","),
        (csv(doubtful), "."),
    ]
    for text, decimal in cases:
        path.write_text(text)
        seen = look(path)
        assert seen.columns[0].number.decimal == decimal
        assert any("does not tell whether" in note for note in seen.notes)
    told = {"e": cycled("1/13/2020", "3/4/2020")}
    path.write_text(csv({**doubtful, **told}))
    assert look(path).columns[1].date.formats == ("%m/%d/%Y",)
    path.write_text(csv(doubtful))
    assert look(path).columns[1].date.formats == ("%d/%m/%Y",)
    assert look(path, dates="mdy").columns[1].date.formats == ("%m/%d/%Y",)
    assert any("day first or month first" in note for note in look(path).notes)
    assert not any("month first" in note for note in look(path, dates="mdy").notes)


def test_points_are_decimal_unless_commas_are(tmp_path):
    path = tmp_path / "table.csv"
    points = {"a": cycled("1.234", "12.345", "3"), "m": cycled("1.234 €", "12.345 €")}
    cases = [
        (csv(points), NumberStyle(), "."),
        (csv(points, ";"), NumberStyle(), "."),
        (csv({**points, "b": cycled("1,5", "2,5")}), NumberStyle(",", "."), ","),
        (csv({**points, "b": cycled("1,5", "2,5"), "c": cycled("1.5", "2.5")}), NumberStyle(), "."),
    ]
    for text, style, decimal in cases:
        path.write_text(text)
        a, m = look(path).columns[:2]
        assert (a.number, m.number.decimal) == (style, decimal)


def test_a_few_cells_that_are_no_numbers_are_said_with_their_line(tmp_path):
    path = tmp_path / "table.csv"
    cells = [*cycled("1", "2", "3", n=20), "many", "1", "few"]
    path.write_text(csv({"a": cells, "b": cycled("x", "y", n=23)}))
    seen = look(path)
    assert seen.columns[0].kind == "category"
    note = (
        "column 'a' holds 21 numbers, but 2 cells are none, the first in line 22: it is not taken"
    )
    assert any(each.startswith(note) for each in seen.notes)
    assert not any("many" in each for each in seen.notes)


def test_many_notes_of_one_topic_become_one(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({f"c{j}": cycled("1/2/2020", "3/4/2020") for j in range(50)}))
    notes = look(path).notes
    assert len(notes) == 4
    assert "the order of dates in 47 more columns" in notes[-1]


REFUSED = {
    "infinite": ("a,b\n1,x\ninf,y\n3,x\n", {}, "column 'a' has an infinite number in line 3"),
    "infinity": ("a,b\n1,x\n2,y\n-Infinity,x\n", {}, "'a' has an infinite number in line 4"),
    "too large": ("a,b\n1,x\n\n1e999,y\n3,x\n", {}, "'a' has an infinite number in line 4"),
    "target": ("a,b\n1,x\n", {"target": "c"}, "there is no column 'c'; there is 'a', 'b'"),
    "near": ("Age,b\n1,x\n", {"target": "age"}, "no column 'age': do you mean 'Age'?"),
    "misspelt": ("outcome,b\n1,x\n", {"target": "outcom"}, "do you mean 'outcome'?"),
    "drop": ("a,b\n1,x\n", {"drop": ["z"]}, "there is no column 'z'"),
    "as": ("a,b\n1,x\n", {"kinds": {"z": "text"}}, "there is no column 'z'"),
    "kind": ("a,b\n1,x\n", {"kinds": {"a": "int"}}, "'int' is no kind; kinds are numeric,"),
    "dropped target": ("a,b\n1,x\n", {"target": "a", "drop": ["a"]}, "cannot be left out"),
    "kind of target": ("a,b\n1,x\n", {"target": "a", "kinds": {"a": "date"}}, "category alone"),
    "both": ("a,b\n1,x\n", {"drop": ["a"], "kinds": {"a": "date"}}, "given a kind at once"),
    "decimal": ("a,b\n1,x\n", {"decimal": ";"}, "the decimal sign is"),
    "dates": ("a,b\n1,x\n", {"dates": "dym"}, "the order of dates is dmy, mdy or ymd"),
    "no numbers": (
        "a,b\n1,x\n2,y\n",
        {"kinds": {"b": "numeric"}},
        "cannot be numeric: it has a cell that is no number in line 2",
    ),
    "infinite as": ("a\n1\ninf\n", {"kinds": {"a": "numeric"}}, "infinite number in line 3"),
    "no dates": ("a,b\n1,x\n", {"kinds": {"b": "date"}}, "a cell that is no date in line 2"),
    "odd date": ("a\n2020-01-01\n1.1.2020\nx\n", {"kinds": {"a": "date"}}, "in line 3"),
    "not two": ("a\nx\ny\nz\n", {"kinds": {"a": "boolean"}}, "3 different words, not two"),
    "nothing": ("a,b\nNA,x\n", {"kinds": {"a": "numeric"}}, "no cell holds a value"),
    "sheet": ("a,b\n1,x\n", {"sheet": "s"}, "is no Excel file: it has no sheets"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_names_column_and_line(tmp_path, name):
    text, choices, message = REFUSED[name]
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(TableError) as error:
        look(path, **choices)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_infinity_among_words_is_a_word(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"a": cycled("inf", "sup", "max")}))
    assert kinds(path) == {"a": "category"}
    path.write_text(csv({"a": [*cycled("1", "2", n=N - 1), "inf"]}))
    assert kinds(path, missing=["inf"]) == {"a": "numeric"}
    with pytest.raises(TableError, match="every column is left out"):
        look(path, drop=["a"])


def test_labels_without_a_target(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(csv({"a": cycled("1", "2")}))
    with pytest.raises(TableError, match="no target was named"):
        look(path).labels()
