"""What a run of the sheets yields, as plain data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from trivium.report import Formulas, Matrix, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def signed(value: float, spec: str) -> str:
    """Format a number for running text, with a true minus sign."""
    return format(value, spec).replace("-", "−")


@dataclass(frozen=True, slots=True)
class Check:
    """A number of the sheets beside the measured one.

    Attributes
    ----------
    task : int
    quantity : str
    published : str
        As printed: its decimals say how far the two must agree.
    measured : float
    follows : str
        From what the number follows where the sheet does not print it itself; else empty.
    """

    task: int
    quantity: str
    published: str
    measured: float
    follows: str = ""

    @property
    def decimals(self) -> int:
        """Number of decimals printed."""
        return len(self.published.partition(".")[2])

    @property
    def agrees(self) -> bool:
        """Whether the measured number, rounded like the published one, is the same."""
        return f"{self.measured:.{self.decimals}f}" == self.published


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure to be drawn when it is needed.

    Attributes
    ----------
    name : str
        Name of the file, and of the figure in the page.
    caption : str
    label : str
        What it shows, for readers who cannot see it.
    draw : callable
    """

    name: str
    caption: str
    label: str
    draw: "Callable[[], Figure]"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel from one process to another without the drawing, which is done by then."""
        return Picture, (self.name, self.caption, self.label, _drawn_elsewhere)


def _drawn_elsewhere() -> "Figure":
    raise RuntimeError("This picture was drawn in another process; only its file is here.")


@dataclass(frozen=True, slots=True)
class Erratum:
    """Where a sheet is wrong, and what this run measured instead.

    Attributes
    ----------
    task : int
    part : str
        Number of the part where it belongs, such as ``1.4``.
    name : str
        Its name in links.
    title : str
        What is wrong, in a line.
    where : str
        Place in the sheet.
    claim : str
        What the sheet says or does.
    measured : str
        What is so, with the numbers of this run.
    evidence : dict of float
        Those numbers by name.
    picture : Picture or None
    """

    task: int
    part: str
    name: str
    title: str
    where: str
    claim: str
    measured: str
    evidence: dict[str, float]
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the sheet, answered from what was measured."""

    task: int
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side.

    Attributes
    ----------
    pictures : tuple of Picture
    width : float
        Least width of a column, in rem.
    caption : str
        What they have in common.
    """

    pictures: tuple[Picture, ...]
    width: float = 18.0
    caption: str = ""


Content = Markup | Formulas | Table | Matrix | Picture | Pictures | Answer
"""What a part consists of; Markup is paragraphs, in which ``[[name]]`` refers to a picture."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a task, in the order in which it is read.

    Attributes
    ----------
    number : str
        As the sheet numbers it, such as ``1.4``; empty for what is not on the sheet.
    title, anchor : str
    content : tuple of Content
    checks : tuple of Check
    """

    number: str
    title: str
    anchor: str
    content: tuple[Content, ...]
    checks: tuple[Check, ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every question answered."""
        return tuple(each for each in self.content if isinstance(each, Answer))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every figure."""
        found: list[Picture] = []
        for each in self.content:
            if isinstance(each, Picture):
                found.append(each)
            elif isinstance(each, Pictures):
                found += each.pictures
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task of the sheets, run.

    Attributes
    ----------
    number : int
    title : str
    parts : tuple of Part
    errata : tuple of Erratum
    lesson : str
        What is to be learnt from it, in a sentence or two; Markup stands as it is.
    """

    number: int
    title: str
    parts: tuple[Part, ...]
    errata: tuple[Erratum, ...]
    lesson: str = ""

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every number of the task that the sheets print, or that follows from one."""
        return tuple(check for part in self.parts for check in part.checks)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every question answered."""
        return tuple(answer for part in self.parts for answer in part.answers)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every figure, those of the errata last."""
        drawn = [picture for part in self.parts for picture in part.pictures]
        return (*drawn, *(erratum.picture for erratum in self.errata if erratum.picture))
