"""What stands around the rows of a table is said: titles, units, headers once more, totals."""

import openpyxl
import pytest

from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tables.source import open_source
from trivium.tabular.fitting import fit_table
from trivium.tabular.predictions import Predictions

ROWS = [f"{i % 7}.5,{'uvw'[i % 3]},{'ab'[i % 2]}" for i in range(30)]
HEADER = "x,c,y"


def write(tmp_path, *lines):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


ABOVE = {
    "a title": (["Sales 2024"], "from line 2 on there are 3 fields, separated by commas"),
    "comments": (["# by me", "", "# 2024; x"], "from line 4 on there are 3 fields"),
    "a padded title": (["Sales 2024,,"], "the header names one of 3 columns alone"),
    "empty fields": ([",,"], "the header names none of 3 columns alone"),
}


@pytest.mark.parametrize("name", ABOVE)
def test_titles_above_the_header_are_said(tmp_path, name):
    lines, said = ABOVE[name]
    path = write(tmp_path, *lines, HEADER, *ROWS)
    assert any(note.startswith(said) for note in look(path).notes)
    with pytest.raises(TableError, match=f"there is no column 'y'; there is .*; {said}"):
        look(path, "y")
    model = fit_table(look(write(tmp_path, HEADER, *ROWS), "y"), model="least-squares")
    with pytest.raises(TableError, match=f"lacks the column.*; {said}"):
        Predictions(model, open_source(write(tmp_path, *lines, HEADER, *ROWS)))


def test_a_title_in_an_excel_file_is_said(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Sales 2024"], [], *(line.split(",") for line in (HEADER, *ROWS))):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(TableError, match="the header names one of 3 columns alone"):
        look(tmp_path / "t.xlsx", "y")


@pytest.mark.parametrize("lines", [["text", "a, b", "1,2,3", "c"], ["name", "a", "b"], ["x;y"]])
def test_other_files_have_no_such_doubt(tmp_path, lines):
    assert open_source(write(tmp_path, *lines)).doubt is None
    assert open_source({"a": [1], "": [2], " ": [3]}).doubt is None


AROUND = {
    "units": ([HEADER, "cm,,", *ROWS], "line 2 may hold units"),
    "a second header": (["size,place,y", HEADER, *ROWS], "line 2 may hold units"),
    "the header again": ([HEADER, *ROWS[:9], HEADER, *ROWS[9:]], "line 11 repeats the header"),
    "a total": ([HEADER, *ROWS, "107.0,Total:,"], "line 32 may be a total or a footnote"),
    "a sum that is no number": ([HEADER, *ROWS, "Summe,,"], "line 32 may be a total or a footnote"),
    "a footnote": ([HEADER, *ROWS, "* preliminary,,"], "line 32 may be a total or a footnote"),
}


@pytest.mark.parametrize("name", AROUND)
def test_what_is_around_the_rows_is_said(tmp_path, name):
    lines, said = AROUND[name]
    notes = look(write(tmp_path, *lines), "y").notes
    assert sum(note.startswith(said) for note in notes) == 1
    assert not any(note.startswith("line") for note in look(write(tmp_path, HEADER, *ROWS)).notes)


def test_a_word_that_comes_again_is_no_total(tmp_path):
    rows = [row.replace("u", "total") for row in ROWS]
    assert rows[-3].split(",")[1] == "total"
    assert not look(write(tmp_path, HEADER, *rows[:-2]), "y").notes


STAND_INS = {
    "below": (["0.5", "2", "-999", "7"], "-999 in 7 rows"),
    "above": (["1", "2", "99", "4"], "99 in 7 rows"),
    "near": (["91", "97", "99", "95"], None),
    "among others below": (["-5", "-99", "3", "7"], None),
    "once": ([*map(str, range(29)), "9999"], None),
    "two numbers": (["9", "99"], None),
}


@pytest.mark.parametrize("name", STAND_INS)
def test_numbers_that_may_stand_for_no_value(tmp_path, name):
    cells, said = STAND_INS[name]
    path = write(tmp_path, "x,y", *(f"{cells[i % len(cells)]},{'ab'[i % 2]}" for i in range(30)))
    notes = [note for note in look(path).notes if "far from its other numbers" in note]
    assert len(notes) == (said is not None)
    if said is not None:
        assert f"holds {said}" in notes[0]
        assert not look(path, missing=[said.split()[0]]).notes


@pytest.mark.parametrize("cells", [["1.5", "2", "<0.5", "3"], ["1", "2", "low", "4"]])
def test_numbers_among_other_cells_are_said(tmp_path, cells):
    path = write(tmp_path, "x,y", *(f"{cells[i % 4]},{'ab'[i % 2]}" for i in range(28)))
    column, notes = look(path).columns[0], look(path).notes
    assert column.kind == "category"
    assert notes[0].startswith(
        "column 'x' holds 21 numbers, but 7 cells are none, the first in line 4"
    )
