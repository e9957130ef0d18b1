"""From the results of the tasks to the page and the JSON."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from markupsafe import Markup

from trivium.report import (
    Block,
    Column,
    Document,
    FigureBlock,
    Formulas,
    Gallery,
    Prose,
    Question,
    Section,
    Summary,
    Table,
)
from trivium.report import Erratum as ErratumCard
from trivium.sheet.records import Check, Part, Picture, TaskResult
from trivium.versions import versions

Text = TypeVar("Text", bound=str)


def tied(text: Text) -> Text:
    """Keep short formulas such as k = 5 and (k − 1) on one line."""
    whole = text.replace("(k − 1)", "(k\u00a0−\u00a01)")
    return type(text)(re.sub(r"(?<!\w)(\w) = (?=[\d−-])", "\\1\u00a0=\u00a0", whole))


def as_json(results: Sequence[TaskResult]) -> dict[str, Any]:
    """Everything measured, for machines."""
    checks = [check for result in results for check in result.checks]
    return {
        "agree": sum(check.agrees for check in checks),
        "published": len(checks),
        "records": [
            {
                "task": check.task,
                "quantity": check.quantity,
                "published": float(check.published),
                "measured": check.measured if math.isfinite(check.measured) else None,
                "agrees": check.agrees,
            }
            for check in checks
        ],
        "errata": [
            {
                "task": erratum.task,
                "where": erratum.where,
                "claim": erratum.claim,
                "measured": erratum.measured,
                "evidence": erratum.evidence,
            }
            for result in results
            for erratum in result.errata
        ],
        "answers": [
            {"task": answer.task, "question": answer.question, "answer": answer.answer}
            for result in results
            for answer in result.answers
        ],
        "pictures": [picture.name for result in results for picture in result.pictures],
        "versions": versions(),
    }


def summary_of(results: Sequence[TaskResult]) -> Summary:
    """Say in one line whether the sheets were reproduced."""
    checks = [check for result in results for check in result.checks]
    agree = sum(check.agrees for check in checks)
    n_errata = sum(len(result.errata) for result in results)
    text = f"{agree} of {len(checks)} published numbers agree; {n_errata} errata, each measured"
    return Summary(text, agree == len(checks))


def as_document(results: Sequence[TaskResult], drawn: Mapping[str, Markup]) -> Document:
    """Lay out the report.

    Parameters
    ----------
    results : sequence of TaskResult
    drawn : mapping
        The SVG of each picture by its name.
    """
    return Document(
        title="The exercise sheets, run and checked",
        lead="Nearest neighbours, linear least squares and softmax regression: every published "
        "number beside the one measured in this run, every picture drawn from the model itself, "
        "and every place where the sheets are wrong.",
        sections=tuple(_section(result, drawn) for result in results),
        summary=summary_of(results),
        facts=tuple(versions().items()),
    )


def _section(result: TaskResult, drawn: Mapping[str, Markup]) -> Section:
    anchor = f"task-{result.number}"
    cards = tuple(
        ErratumCard(
            erratum.where,
            tied(erratum.claim),
            tied(erratum.measured),
            _block(erratum.picture, drawn) if erratum.picture else None,
        )
        for erratum in result.errata
    )
    errata = Section("Where the sheet is wrong", f"{anchor}-errata", cards)
    parts = tuple(
        Section(part.title, part.anchor, tuple(_blocks(part, drawn))) for part in result.parts
    )
    return Section(f"Task {result.number}: {result.title}", anchor, sections=(*parts, errata))


def _blocks(part: Part, drawn: Mapping[str, Markup]) -> list[Block]:
    blocks: list[Block] = [Prose(tied(part.text))]
    if part.formulas is not None:
        blocks.append(Formulas(part.formulas))
    answer = Markup("<p>{}</p>")
    blocks += [Question(each.question, answer.format(tied(each.answer))) for each in part.answers]
    figures = tuple(_block(picture, drawn) for picture in part.pictures)
    if len(figures) == 1:
        blocks += figures
    elif figures:
        blocks.append(Gallery(figures, min_width=part.picture_width))
    if part.checks:
        blocks.append(_table(part.title, part.checks))
    return blocks


def _table(title: str, checks: Sequence[Check]) -> Table:
    columns = (
        Column("quantity"),
        Column("published", kind="number"),
        Column("measured", kind="number"),
        Column("agrees", kind="check"),
    )
    rows = tuple(
        (tied(each.quantity), each.published, each.measured, each.agrees) for each in checks
    )
    return Table(f"{title}: published and measured", columns, rows)


def _block(picture: Picture, drawn: Mapping[str, Markup]) -> FigureBlock:
    return FigureBlock(drawn[picture.name], tied(picture.caption))
