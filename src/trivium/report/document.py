"""What a report says: plain frozen data, apart from how it is set.

Every text field takes a plain string, which is escaped, or a `markupsafe.Markup`, which is set as
it stands. A block names its own template macro in `kind`, so that a new kind of block is one
dataclass here and one macro in ``templates/blocks.html``.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from markupsafe import Markup

from trivium.report.anchors import checked_anchor

Value = str | float | bool | None
_MISSING = "–"


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs of running text, as HTML."""

    html: Markup
    kind: ClassVar[str] = "prose"


@dataclass(frozen=True, slots=True)
class Formulas:
    """A derivation: paragraphs and MathML, as HTML."""

    html: Markup
    kind: ClassVar[str] = "formulas"


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A picture, an inline SVG as `trivium.report.to_svg` makes it, with its caption."""

    svg: Markup
    caption: str
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures that belong together, in a grid of as many columns as fit.

    Parameters
    ----------
    figures : tuple of FigureBlock
    caption : str
        What they have in common.
    min_width : float
        Least width of a column in rem (1 rem is 16 px unless the reader chose otherwise); a
        window narrower than that gets one column.
    """

    figures: tuple[FigureBlock, ...]
    caption: str = ""
    min_width: float = 14.0
    kind: ClassVar[str] = "gallery"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answer, as HTML."""

    question: str
    answer: Markup
    kind: ClassVar[str] = "question"


@dataclass(frozen=True, slots=True)
class Erratum:
    """A card: what was printed beside what is measured, with the picture that shows it."""

    where: str
    claim: str
    measured: str
    figure: FigureBlock | None = None
    kind: ClassVar[str] = "erratum"


@dataclass(frozen=True, slots=True)
class Column:
    """How one column of a table is set.

    Parameters
    ----------
    title : str
    kind : {"text", "number", "check"}
        Numbers stand right-aligned; a check column holds booleans, shown as marks.
    spec : str
        Format of a number, as in ``format(value, spec)``. By default integers stand as they are
        and other numbers with six significant digits.
    words : tuple of str
        What a screen reader says for true and for false in a check column.
    """

    title: str
    kind: Literal["text", "number", "check"] = "text"
    spec: str = ""
    words: tuple[str, str] = ("agrees", "differs")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the template sets it: its text, the key it sorts by, and its mark."""

    text: str
    kind: str
    sort: str | None = None
    mark: bool | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; the first column heads the rows.

    Parameters
    ----------
    caption : str
    columns : tuple of Column
    rows : tuple of tuple
        One value for each column: text, a number, a boolean, or None where there is none. A
        number column takes text too, for what is not one number.
    sortable : bool
        Whether the reader may sort by a column's heading.

    Raises
    ------
    ValueError
        If a row has not one value for each column.
    TypeError
        If a check column holds anything but booleans and None.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sortable: bool = True
    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {number} of table {self.caption!r} has {len(row)} values "
                    f"for {len(self.columns)} columns"
                )
            for column, value in zip(self.columns, row, strict=True):
                is_mark = value is None or isinstance(value, (bool, np.bool_))
                if column.kind == "check" and not is_mark:
                    raise TypeError(
                        f"column {column.title!r} of table {self.caption!r} takes booleans, "
                        f"row {number} has {value!r}"
                    )

    @property
    def body(self) -> Iterator[tuple[Cell, ...]]:
        """The rows, ready to set."""
        for row in self.rows:
            yield tuple(
                _cell(column, value) for column, value in zip(self.columns, row, strict=True)
            )


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts of what was one thing and taken for another; the more of its row, the darker a cell.

    Parameters
    ----------
    caption : str
    names : tuple of str
        Of the rows and of the columns.
    counts : tuple of tuple of int
        As many rows and columns as names; the diagonal is what was taken rightly.
    corner : str
        What rows and columns are.

    Raises
    ------
    ValueError
        If there are not as many rows and columns as names.
    """

    caption: str
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    corner: str = ""
    kind: ClassVar[str] = "matrix"

    @property
    def upright(self) -> bool:
        """Whether names are so short that those of the columns need not be turned."""
        return all(len(Markup(name).striptags()) <= 4 for name in self.names)  # noqa: S704

    def __post_init__(self) -> None:
        sizes = {len(self.counts), *map(len, self.counts)}
        if sizes != {len(self.names)}:
            raise ValueError(
                f"matrix {self.caption!r} has {len(self.names)} names and needs as many rows and "
                "columns"
            )

    @property
    def body(self) -> Iterator[tuple[str, tuple[tuple[int, float, bool], ...]]]:
        """The rows: name, and each cell's count, how dark it is, and whether it is right.

        Errors are as dark as the root of their share of the row, for most shares are small.
        """
        for place, (name, counts) in enumerate(zip(self.names, self.counts, strict=True)):
            whole = max(sum(counts), 1)
            power = [1.0 if other == place else 0.5 for other in range(len(counts))]
            cells = zip(counts, power, strict=True)
            yield name, tuple((n, round((n / whole) ** p, 3), p == 1.0) for n, p in cells)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    status : {"good", "note", "bad"}
    word : str
        What the status is called.
    title, text : str
    details : tuple of (str, str)
        Names and values below the text.
    """

    status: Literal["good", "note", "bad"]
    word: str
    title: str
    text: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """A list of what was looked at, each with its status as a mark and a word."""

    findings: tuple[Finding, ...]
    kind: ClassVar[str] = "findings"


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to be typed: what each does, and its words, none of which is broken where it fits."""

    lines: tuple[tuple[str, tuple[str, ...]], ...]
    kind: ClassVar[str] = "commands"


Block = (
    Prose
    | Formulas
    | FigureBlock
    | Gallery
    | Question
    | Erratum
    | Table
    | Matrix
    | Findings
    | Commands
)


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the report, with an anchor for links; it may hold subsections.

    Raises
    ------
    ValueError
        If the anchor could not stand in a link, or a subsection holds subsections of its own.
    """

    title: str
    anchor: str
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()

    def __post_init__(self) -> None:
        checked_anchor(self.anchor)
        for section in self.sections:
            if section.sections:
                raise ValueError(
                    f"section {section.anchor!r} lies within {self.anchor!r} and holds sections "
                    "of its own: a report has two levels"
                )


@dataclass(frozen=True, slots=True)
class Summary:
    """The one line a hurried reader reads, and whether it is good news."""

    text: str
    good: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Parameters
    ----------
    title : str
    lead : str
        A sentence or two below the title.
    sections : tuple of Section
    summary : Summary or None
    facts : tuple of (str, str)
        Names and values such as versions and the seed, for the foot of the page.
    kicker : str
        A short line above the title: what it is about.

    Raises
    ------
    ValueError
        If two sections share an anchor.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
    summary: Summary | None = None
    facts: tuple[tuple[str, str], ...] = ()
    kicker: str = ""

    def __post_init__(self) -> None:
        anchors = Counter(
            part.anchor for section in self.sections for part in (section, *section.sections)
        )
        repeated = sorted(anchor for anchor, count in anchors.items() if count > 1)
        if repeated:
            raise ValueError(f"sections share the anchor {', '.join(map(repr, repeated))}")


def _cell(column: Column, value: Value) -> Cell:
    """Set one value; missing ones get an empty sort key, which sorts last in either direction."""
    if value is None:
        return Cell(_MISSING, column.kind, sort="")
    if column.kind == "check":
        return Cell(column.words[not value], "check", sort=str(int(value)), mark=bool(value))
    if column.kind == "number" and isinstance(value, (int, float, np.number)):
        default = "" if isinstance(value, (int, np.integer)) else ".6g"
        text = format(value, column.spec or default).replace("-", "−")
        return Cell(text, "number", sort="" if math.isnan(value) else repr(float(value)))
    return Cell(value if isinstance(value, str) else str(value), column.kind)
