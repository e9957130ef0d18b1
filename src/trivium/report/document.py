"""What a report says: plain frozen data, apart from how it is set.

Every text field takes a plain string, which is escaped, or a `markupsafe.Markup`, which is set as
it stands. A block names its own template macro in `kind`, so that a new kind of block is one
dataclass here and one macro in ``templates/blocks.html``.
"""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Literal

from markupsafe import Markup

from trivium.report.anchors import checked_anchor
from trivium.report.code import coloured
from trivium.report.tables import Matrix, Table


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
    """A picture, an inline SVG as `trivium.report.to_svg` makes it, with its caption.

    Parameters
    ----------
    svg : Markup
    caption : str
    anchor : str
        A name for links to the picture; empty for none.
    title : str
        How the text calls it, such as ``Figure 3``; with an anchor it is a link to itself.
    files : tuple of (str, str)
        What a file of the picture is called, and where it is, seen from the page.

    Raises
    ------
    ValueError
        If the anchor could not stand in a link.
    """

    svg: Markup
    caption: str
    anchor: str = ""
    title: str = ""
    files: tuple[tuple[str, str], ...] = ()
    kind: ClassVar[str] = "figure"

    def __post_init__(self) -> None:
        if self.anchor:
            checked_anchor(self.anchor)


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
    """A card: what was printed beside what is measured, with the picture that shows it.

    With an anchor, which must be fit for a link or is a ValueError, links lead to it.
    """

    where: str
    claim: str
    measured: str
    figure: FigureBlock | None = None
    anchor: str = ""
    kind: ClassVar[str] = "erratum"

    def __post_init__(self) -> None:
        if self.anchor:
            checked_anchor(self.anchor)


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of Python to be copied, and what they print.

    Parameters
    ----------
    title : str
        What the lines do; it names them for readers who cannot see them, too.
    code : str
    output : str
        Empty where nothing is printed.
    """

    title: str
    code: str
    output: str = ""
    kind: ClassVar[str] = "listing"

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """The code in pieces, each with its class: ``comment``, ``keyword`` or none."""
        return coloured(self.code)


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
    | Listing
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
