"""What a column of a table is, as data that can be stored: kinds, and how cells are written.

A kind is decided over a whole column, of whose cells only the text counts. What was decided is all
that is needed to read further cells of that column, of any file, in the same way.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """What the cells of a column are taken for."""

    NUMERIC = "numeric"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"
    """Free text, which no classifier is given."""
    GROUP = "group"
    """What rows belong together by (a patient, a customer), which no classifier is given."""
    DROPPED = "dropped"
    """Identifiers, row counters, constants, empty columns, and what the user leaves out."""


USED = frozenset({Kind.NUMERIC, Kind.CATEGORY, Kind.BOOLEAN, Kind.DATE})
"""Kinds whose cells become numbers."""


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How the numbers of a column are written.

    Attributes
    ----------
    decimal : str
        "." or ",".
    thousands : str
        What stands between groups of three digits: "", ",", ".", " " (any white space) or "'".
    marks : tuple of str
        What is cut off before or after a number, such as a currency or "%".
    brackets : bool
        Whether (3) is -3.
    """

    decimal: str = "."
    thousands: str = ""
    marks: tuple[str, ...] = ()
    brackets: bool = False


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How the dates of a column are written.

    Attributes
    ----------
    formats : tuple of str
        Patterns as of `strptime`, tried in this order; "iso" stands for ISO 8601.
    """

    formats: tuple[str, ...] = ("iso",)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is, why, and how its cells are read.

    Attributes
    ----------
    name : str
    kind : Kind
    reason : str
        Why it is of this kind, in one clause; of all that was decided, with what was ambiguous.
    levels : int
        Different cells, missing ones aside.
    missing : int
        Cells that are empty or hold one of `missing_words`.
    missing_words : tuple of str
        Words, beside the empty cell, that stand for no value in this column.
    number : NumberStyle or None
        Of a numeric column; of a category or group, that its levels are whole numbers.
    date : DateStyle or None
        Of dates.
    truths, falsehoods : tuple of str
        Words of a boolean column, in lower case.
    """

    name: str
    kind: Kind
    reason: str = ""
    levels: int = 0
    missing: int = 0
    missing_words: tuple[str, ...] = ()
    number: NumberStyle | None = None
    date: DateStyle | None = None
    truths: tuple[str, ...] = ()
    falsehoods: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON holds."""
        return {**asdict(self), "kind": str(self.kind)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the column that `to_dict` has written.

        Raises
        ------
        KeyError, TypeError, ValueError
            If that is not what `data` is.
        """
        given = dict(data)
        given["kind"] = Kind(given["kind"])
        if given["number"] is not None:
            number = dict(given["number"])
            given["number"] = NumberStyle(**{**number, "marks": tuple(number["marks"])})
        if given["date"] is not None:
            given["date"] = DateStyle(tuple(given["date"]["formats"]))
        for words in ("missing_words", "truths", "falsehoods"):
            given[words] = tuple(given[words])
        return cls(**given)
