"""From the results of the tasks to the page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from markupsafe import Markup

from trivium.report import (
    Block,
    Document,
    FigureBlock,
    Formulas,
    Gallery,
    Listing,
    Matrix,
    Prose,
    Question,
    Section,
    Summary,
    Table,
)
from trivium.report import Erratum as ErratumCard
from trivium.sheet.listings import listings
from trivium.sheet.records import Answer, Content, Erratum, Part, Picture, Pictures, TaskResult
from trivium.sheet.summary import counted
from trivium.versions import versions

Text = TypeVar("Text", bound=str)

_FIGURE = re.compile(r"\[\[([a-z0-9-]+)\]\]")
_PLACE = re.compile(r"\[\[#([a-z0-9-]+) ([^\]]+)\]\]")


def tied(text: Text) -> Text:
    """Keep short formulas such as k = 5 and (k − 1) on one line."""
    whole = text.replace("(k − 1)", "(k\u00a0−\u00a01)")
    return type(text)(re.sub(r"(?<!\w)(\w) = (?=[\d−-])", "\\1\u00a0=\u00a0", whole))


def summary_of(results: Sequence[TaskResult]) -> Summary:
    """Say in one line whether the sheets were reproduced."""
    checks = [check for result in results for check in result.checks]
    n_errata = sum(len(result.errata) for result in results)
    text = f"{counted(checks)}; {n_errata} errata, each measured"
    return Summary(text, all(check.agrees for check in checks))


def as_document(
    results: Sequence[TaskResult],
    drawn: Mapping[str, Markup],
    facts: Sequence[tuple[str, str]] = (),
) -> Document:
    """Lay out the report.

    Parameters
    ----------
    results : sequence of TaskResult
    drawn : mapping
        The SVG of each picture by its name.
    facts : sequence of (str, str)
        Names and values for the foot of the page, before the versions.
    """
    layout = _Layout(results, drawn)
    return Document(
        title="The exercise sheets, run and checked",
        lead="Nearest neighbours, linear least squares and softmax regression: every published "
        "number beside the one measured in this run, every picture drawn from the model itself, "
        "and every place where the sheets are wrong. The parts have the sheets’ own numbers.",
        sections=(
            Section("What you will learn", "lessons", (layout.lessons(),)),
            Section("Where the sheets are wrong", "errata", (layout.list_of_errata(),)),
            *(layout.task(result) for result in results),
        ),
        summary=summary_of(results),
        facts=(*facts, *versions().items()),
    )


def _reading_order(results: Sequence[TaskResult]) -> Iterator[Picture]:
    """Every picture where the reader meets it."""
    for result in results:
        for part in result.parts:
            yield from part.pictures
            for erratum in _errata_of(result, part):
                if erratum.picture is not None:
                    yield erratum.picture


def _errata_of(result: TaskResult, part: Part) -> list[Erratum]:
    return [erratum for erratum in result.errata if erratum.part == part.number]


class _Layout:
    """What is set, with the numbers of the figures."""

    def __init__(self, results: Sequence[TaskResult], drawn: Mapping[str, Markup]) -> None:
        self._results, self._drawn = results, drawn
        pictures = _reading_order(results)
        self._titles = {each.name: f"Figure {n}" for n, each in enumerate(pictures, start=1)}

    def lessons(self) -> Prose:
        item = Markup("<li>{}</li>")
        told = Markup().join(item.format(each.lesson) for each in self._results)
        return Prose(self._linked(Markup("<ol>{}</ol>").format(told)))

    def list_of_errata(self) -> Prose:
        item = Markup('<li><a href="#erratum-{}">{}</a>: {}.</li>')
        listed = Markup().join(
            item.format(each.name, each.where, tied(each.title))
            for result in self._results
            for each in result.errata
        )
        intro = Markup("<p>Each stands in the part where it belongs, with what was measured.</p>")
        return Prose(intro + Markup("<ul>{}</ul>").format(listed))

    def task(self, result: TaskResult) -> Section:
        parts = tuple(self._part(result, part) for part in result.parts)
        title = f"Task {result.number}: {result.title}"
        return Section(title, f"task-{result.number}", sections=parts)

    def _part(self, result: TaskResult, part: Part) -> Section:
        first, *rest = (self._block(each) for each in part.content)
        blocks = [first]
        if part.number:
            lines = listings(result.number)[part.number]
            before = f"{result.number}.{int(part.number[2:]) - 1}"
            after = "" if before.endswith(".0") else f", after the lines of {before}"
            title = f"{part.number} in Python{after}"
            blocks.append(Listing(title, lines.code, lines.output))
        blocks += rest
        blocks += [self._card(erratum) for erratum in _errata_of(result, part)]
        return Section(f"{part.number} {part.title}".strip(), part.anchor, tuple(blocks))

    def _block(self, content: Content) -> Block:
        if isinstance(content, Answer):
            answer = Markup("<p>{}</p>").format(tied(content.answer))
            return Question(content.question, answer)
        if isinstance(content, Picture):
            return self._figure(content)
        if isinstance(content, Pictures):
            figures = tuple(self._figure(each) for each in content.pictures)
            return Gallery(figures, content.caption, content.width)
        if isinstance(content, (Formulas, Table, Matrix)):
            return content
        return Prose(self._linked(tied(content)))

    def _figure(self, picture: Picture) -> FigureBlock:
        kinds = ("SVG", "PDF", "PNG")
        return FigureBlock(
            self._drawn[picture.name],
            tied(picture.caption),
            anchor=f"figure-{picture.name}",
            title=self._titles[picture.name],
            files=tuple((kind, f"figures/{picture.name}.{kind.lower()}") for kind in kinds),
        )

    def _card(self, erratum: Erratum) -> ErratumCard:
        return ErratumCard(
            f"{erratum.where}: {tied(erratum.title)}",
            tied(erratum.claim),
            tied(erratum.measured),
            self._figure(erratum.picture) if erratum.picture else None,
            anchor=f"erratum-{erratum.name}",
        )

    def _linked(self, text: Markup) -> Markup:
        """Turn ``[[name]]`` into links to figures and ``[[#anchor words]]`` into links."""

        def figure(found: re.Match[str]) -> str:
            name = found[1]
            return f'<a href="#figure-{name}">{self._titles[name].replace(" ", "&nbsp;")}</a>'

        linked = _FIGURE.sub(figure, _PLACE.sub(r'<a href="#\1">\2</a>', str(text)))
        return Markup(linked)  # noqa: S704 - it was Markup, and names are letters
