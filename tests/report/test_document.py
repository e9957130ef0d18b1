import math

import numpy as np
import pytest

from trivium.report import Column, Document, Matrix, Section, Table

NUMBER = Column("value", "number")
NAME = Column("name")
CHECK = Column("agrees", "check", words=("same", "other"))


def cell(column: Column, value):
    ((_, cell),) = Table("t", (NAME, column), (("row", value),)).body
    return cell


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (NUMBER, 3, "3"),
        (NUMBER, np.int64(1_000_000), "1000000"),
        (NUMBER, 3.0, "3"),
        (NUMBER, 0.9644444444, "0.964444"),
        (NUMBER, -0.5, "−0.5"),
        (NUMBER, np.float32(0.5), "0.5"),
        (NUMBER, "[0.5 0.5]", "[0.5 0.5]"),
        (NUMBER, None, "–"),
        (Column("value", "number", ".2f"), 0.96444, "0.96"),
        (NAME, "a", "a"),
        (NAME, 4, "4"),
        (CHECK, True, "same"),
        (CHECK, np.False_, "other"),
    ],
)
def test_a_value_is_set_as_its_column_says(column, value, text):
    assert cell(column, value).text == text


def test_numbers_sort_by_value_and_missing_ones_carry_an_empty_key():
    assert cell(NUMBER, -0.5).sort == "-0.5"
    assert cell(NUMBER, None).sort == ""
    assert cell(NUMBER, math.nan).sort == ""
    assert cell(NAME, "a").sort is None
    assert cell(CHECK, True).sort > cell(CHECK, False).sort


def test_only_booleans_get_a_mark():
    assert cell(CHECK, True).mark is True
    assert cell(CHECK, np.False_).mark is False
    assert cell(CHECK, None).mark is None
    assert cell(NUMBER, 1).mark is None


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"row 1 of table 't' has 1 values for 2 columns"):
        Table("t", (NAME, NUMBER), (("a", 1), ("b",)))


def test_a_check_column_refuses_anything_but_booleans():
    with pytest.raises(TypeError, match=r"'agrees' of table 't' takes booleans, row 0 has 'yes'"):
        Table("t", (NAME, CHECK), (("a", "yes"),))


def test_a_section_needs_an_anchor_that_can_stand_in_a_link():
    with pytest.raises(ValueError, match="cannot name a part of a page"):
        Section("Task 1", "Task 1")


def test_sections_go_two_levels_deep():
    inner = Section("c", "c")
    middle = Section("b", "b", sections=(inner,))
    with pytest.raises(ValueError, match="two levels"):
        Section("a", "a", sections=(middle,))


def test_anchors_are_unique_across_both_levels():
    with pytest.raises(ValueError, match="share the anchor 'b'"):
        Document("t", "l", (Section("a", "a", sections=(Section("b", "b"),)), Section("c", "b")))


@pytest.mark.parametrize("counts", [((1, 2),), ((1, 2), (3,)), ((1,), (2,))])
def test_a_matrix_needs_as_many_rows_and_columns_as_names(counts):
    with pytest.raises(ValueError, match="matrix 'taken for' has 2 names and needs as many rows"):
        Matrix("taken for", ("a", "b"), counts)
