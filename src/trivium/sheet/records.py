"""What a run of the sheets yields, as plain data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def signed(value: float, spec: str) -> str:
    """Format a number for running text, with a true minus sign."""
    return format(value, spec).replace("-", "−")


@dataclass(frozen=True, slots=True)
class Check:
    """A published number beside the measured one.

    Attributes
    ----------
    task : int
    quantity : str
    published : str
        As printed: its decimals say how far the two must agree.
    measured : float
    """

    task: int
    quantity: str
    published: str
    measured: float

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
class Part:
    """One numbered part of a task, in the order in which it is read.

    Attributes
    ----------
    title, anchor : str
    text : Markup
        Paragraphs.
    checks : tuple of Check
    pictures : tuple of Picture
    formulas : Markup or None
    answers : tuple of Answer
    picture_width : float
        Least width of a column of pictures, in rem.
    """

    title: str
    anchor: str
    text: Markup
    checks: tuple[Check, ...] = ()
    pictures: tuple[Picture, ...] = ()
    formulas: Markup | None = None
    answers: tuple[Answer, ...] = ()
    picture_width: float = 18.0


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task of the sheets, run."""

    number: int
    title: str
    parts: tuple[Part, ...]
    errata: tuple[Erratum, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every published number of the task."""
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
