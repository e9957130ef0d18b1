"""What was found out of a column, and what a careful person would say of it."""

from dataclasses import dataclass

from trivium.tables.kinds import Column


@dataclass(frozen=True, slots=True)
class Hints:
    """What the user, or the rest of the file, says of numbers and dates.

    Attributes
    ----------
    decimal : str or None
        "." or ",".
    order : str or None
        "dmy", "mdy" or "ymd".
    missing : tuple of str
        Words of the user's for no value.
    decimal_forced, order_forced : bool
        Whether they are the user's: then all numbers, or dates, are so.
    """

    decimal: str | None = None
    order: str | None = None
    missing: tuple[str, ...] = ()
    decimal_forced: bool = False
    order_forced: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence on a column, which names a row where it has one.

    Attributes
    ----------
    topic : str
        Notes of one topic are gathered where they are many.
    text : str
        With `PLACE` for the row, if any.
    row : int or None
        0-based.
    cells : int
        How many cells are like that row's, where it says so.
    """

    topic: str
    text: str
    row: int | None = None
    cells: int = 0


MOSTLY_NUMBERS, MOSTLY_DATES, MIXED_DATES = "numbers", "dates", "dates of several orders"
"""Topics of a column whose cells are so, but for a few, and of one whose dates do not agree."""
PLACE = "\x00"
"""Stands for the place of a note's row: no text of a file has it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A column, with what a careful person would say of it.

    Attributes
    ----------
    column : Column
    notes : tuple of Note
    doubt : str or None
        "comma", "point" or "order": of what the column alone does not tell enough.
    evidence : str or None
        The decimal sign or the order that the column alone tells.
    """

    column: Column
    notes: tuple[Note, ...] = ()
    doubt: str | None = None
    evidence: str | None = None
