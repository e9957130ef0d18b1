"""The page for the student who holds the sheet: every number of the sheets, under its own."""

import re

import pytest
from markupsafe import Markup

from trivium.report import Listing, Prose
from trivium.sheet.check_tables import classification_table, shown
from trivium.sheet.document import as_document
from trivium.sheet.listings import listings
from trivium.sheet.records import Check

ASKED = {
    "1.1": ("moons-train", "moons-test", "moons-predicted"),
    "1.2": (),
    "1.3": ("moons-sweep", *(f"moons-regions-{2**i}" for i in range(10))),
    "1.4": tuple(f"moons-rows-{k}-{of}" for k in (2, 4, 8, 16, 32) for of in ("x", "x-given-c")),
    "1.5": (),
    "2.1": tuple(f"outlier-{of}-{s}" for of in ("train", "test") for s in (1, 2, 4, 8)),
    "2.2": (),
    "2.3": (),
    "3.1": (),
    "3.2": (),
    "3.3": ("digits-curves", "digits-second-curves", "digits-right", "digits-wrong"),
}
"""The numbered parts of both sheets, and the pictures that each asks for."""


@pytest.fixture(scope="module")
def document(results):
    drawn = {
        picture.name: Markup("<svg>{}</svg>").format(picture.name)
        for result in results.values()
        for picture in result.pictures
    }
    return as_document(list(results.values()), drawn, [("date", "today")])


@pytest.fixture(scope="module")
def sections(document):
    parts = [part for section in document.sections for part in section.sections]
    return {part.title.split()[0]: part for part in parts}


def test_every_part_of_the_sheets_is_answered_under_its_own_number(results, sections):
    assert [number for number in sections if number[0].isdigit()] == list(ASKED)
    for result in results.values():
        for part in result.parts:
            if part.number:
                assert set(ASKED[part.number]) <= {picture.name for picture in part.pictures}
    questions = {
        n for n, part in sections.items() if any(b.kind == "question" for b in part.blocks)
    }
    assert {"1.5", "2.3"} <= questions
    assert any(block.kind == "formulas" for block in sections["3.1"].blocks)
    assert {block.kind for block in sections["2.1"].blocks} >= {"formulas", "table"}


def test_every_part_has_its_lines_of_python(sections):
    for number in ASKED:
        (listing,) = [each for each in sections[number].blocks if isinstance(each, Listing)]
        assert listing.title.startswith(f"{number} in Python")
        assert listing.code == listings(int(number[0]))[number].code


def test_errata_are_listed_first_and_stand_where_they_belong(results, document, sections):
    lessons, errata, *_ = document.sections
    assert lessons.blocks[0].html.count("<li>") == 3
    links = re.findall('href="#([^"]*)"', errata.blocks[0].html)
    cards = {
        block.anchor: number
        for number, part in sections.items()
        for block in part.blocks
        if block.kind == "erratum"
    }
    assert sorted(links) == sorted(cards)
    for result in results.values():
        for erratum in result.errata:
            assert cards[f"erratum-{erratum.name}"] == erratum.part
            assert erratum.where.startswith(erratum.part)


def test_figures_are_numbered_in_reading_order_and_links_lead_to_them(document):
    figures = []
    for section in document.sections:
        for part in section.sections:
            for block in part.blocks:
                if block.kind == "gallery":
                    figures += block.figures
                elif block.kind == "figure":
                    figures.append(block)
                elif block.kind == "erratum" and block.figure:
                    figures.append(block.figure)
    assert [each.title for each in figures] == [f"Figure {n + 1}" for n in range(len(figures))]
    titles = {each.anchor: each.title for each in figures}
    prose = "".join(
        block.html
        for section in document.sections
        for part in (section, *section.sections)
        for block in part.blocks
        if isinstance(block, Prose)
    )
    references = re.findall('<a href="#(figure-[^"]*)">([^<]*)</a>', prose)
    assert len(references) > 8
    for anchor, words in references:
        assert titles[anchor] == words.replace("&nbsp;", " ")
    assert "[[" not in prose
    assert "&lt;a" not in prose


def test_every_number_of_the_sheets_is_in_a_table_of_its_part(results, sections):
    for result in results.values():
        for part in result.parts:
            cells = [
                cell.text
                for block in sections[(part.number or part.title).split()[0]].blocks
                if block.kind == "table"
                for row in block.body
                for cell in row
            ]
            for check in part.checks:
                if not check.quantity.startswith("labels in which"):  # said in words
                    assert {shown(check), f"{check.measured:g}"} & set(cells), check.quantity


def test_facts_stand_before_the_versions(document):
    assert document.facts[0] == ("date", "today")


def test_a_number_that_differs_stands_beside_the_sheets():
    good, bad = Check(1, "a", "0.96", 0.9583), Check(1, "b", "0.98", -0.9)
    assert shown(good) == "0.96"
    assert shown(bad) == "−0.90 (sheet: 0.98)"
    row = {"precision": good, "recall": bad}
    table = classification_table("t", {"class 0": row})
    assert table.rows == (("class 0", "0.96", "−0.90 (sheet: 0.98)", "", "", False),)
