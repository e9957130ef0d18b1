"""How the numbers of a column are written, by all of them together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.tables import column_names, numbers, words
from trivium.tables.cells import Filled, as_mask, is_one_of
from trivium.tables.counted_numbers import HeldNumbers
from trivium.tables.errors import CellError
from trivium.tables.findings import MOSTLY_NUMBERS, PLACE, Finding, Hints, Note
from trivium.tables.kinds import NumberStyle
from trivium.tables.quantities import Written, of_numbers

MOSTLY, _HALF = 0.8, 0.5
_BEYOND = 2.0**53
_MOST_REMAINDERS = 40
_MARKED = r"^\s*[+-]?[0-9]+[.,][0-9]+ ?(?:\pL{1,4}|[^\pL0-9\s])\.?\s*$"


def numbers_of(name: str, filled: Filled, hints: Hints) -> Finding | Note | None:
    """Find out whether cells are numbers.

    Returns
    -------
    Finding
        They are, or look like numbers and are none.
    Note
        Most are.
    None
        They are not.

    Raises
    ------
    CellError
        If some of them are infinite and all others are numbers, if there are others.
    """
    infinite = is_one_of(filled.texts, words.INFINITE)
    finite = filled.texts.filter(pa.array(~infinite)) if infinite.any() else filled.texts
    if not len(finite):
        raise _infinite(name, filled, infinite)
    near = as_mask(pc.match_substring_regex(finite, r"[0-9]"))
    counts = filled.counts[~infinite]
    if counts[near].sum() < _HALF * counts.sum():
        return None
    style, doubt, evidence = style_of(finite, counts, hints)
    canonical = numbers.canonical(finite, style)
    good = as_mask(pc.is_valid(canonical))
    if not good.all():
        return _mostly(name, filled, infinite, good) or _marked(name, finite, counts)
    problem = _marks_problem(finite, style)
    if problem:
        return Note("marks of numbers", f"column {name!r} {problem}: no numbers are made of it")
    table = np.full(len(filled.texts), np.inf)
    table[~infinite] = pc.cast(canonical, pa.float64()).to_numpy(zero_copy_only=False)
    if np.isinf(table).any():
        raise _infinite(name, filled, np.isinf(table))
    held = HeldNumbers(filled.by_row(table))
    # What texts say, each once: a median of theirs is of those that differ.
    code, named = code_of(canonical, table), column_names.code_of(name, HeldNumbers(table))
    written = Written(style, filled.missing_words, doubt, code, named)
    found = of_numbers(name, held, written, lambda: len(filled.texts))
    return replace(found, evidence=found.evidence or evidence)


def _infinite(name: str, filled: Filled, mask: Any) -> CellError:
    return CellError(f"column {name!r} has an infinite number", name, filled.first_row(mask), "")


def code_of(canonical: pa.Array, values: Any) -> str | None:
    """Say why numbers, as they are written, are codes."""
    if _any(canonical, r"^[+-]?0[0-9]"):
        return "leading zeros"
    if (np.abs(values) >= _BEYOND).any() and _any(
        canonical.filter(pa.array(np.abs(values) >= _BEYOND)), r"^[+-]?[0-9]+$"
    ):
        return "integers of more digits than a number keeps"
    if _any(canonical, r"^[0-9]+[eE][0-9]+$") and not _any(canonical, r"\.|[eE][+-]"):
        return "digits with an E among them"
    return None


def style_of(
    texts: pa.Array, counts: Any, hints: Hints
) -> tuple[NumberStyle, str | None, str | None]:
    """Choose the style that reads most cells; say whether others read as many, and what is sure."""
    marks = _marks(texts)
    brackets = _any(texts, r"\(")
    dressed = [
        replace(each, marks=marks, brackets=brackets)
        for each in _possible(texts, hints.decimal if hints.decimal_forced else None)
    ]
    if len(dressed) == 1:
        return dressed[0], None, None
    read = []
    for style in dressed:
        good = as_mask(pc.is_valid(numbers.canonical(texts, style)))
        read.append(int(counts[good].sum()))
    best = [each for each, rows in zip(dressed, read, strict=True) if rows == max(read)]
    plainest = best[0]
    signs = {each.decimal for each in best}
    if len(signs) == 1:
        told = _any(texts, r"[0-9]\.[0-9]|[0-9],[0-9]")
        return plainest, None, plainest.decimal if told else None
    doubt = "comma" if _any(texts, ",") else "point"
    wanted = [each for each in best if each.decimal == hints.decimal]
    if wanted:
        return wanted[0], doubt, None
    # With commas alone groups of three are more likely in English; with points alone they are
    # decimals.
    if plainest.decimal == "," and not _any(texts, r"\."):
        plainest = next(each for each in best if each.decimal == ".")
    return plainest, doubt, None


def _possible(texts: pa.Array, decimal: str | None) -> list[NumberStyle]:
    comma, point = _any(texts, ","), _any(texts, r"\.")
    quote, white = (
        _any(texts, "['’]"),
        _any(texts, r"[0-9][\s\x{00A0}\x{2007}\x{2009}\x{202F}][0-9]"),
    )
    there = {"": True, ",": comma, ".": point, "'": quote, " ": white}
    found = [
        each
        for each in numbers.STYLES
        if there[each.thousands]
        and (each.decimal == "." or comma or each.thousands == "." or decimal == ",")
        and decimal in (None, each.decimal)
    ]
    return found or [NumberStyle(decimal or ".")]


def _marks(texts: pa.Array) -> tuple[str, ...]:
    """Return the currencies and percent signs that stand beside digits."""
    bare = pc.replace_substring_regex(
        texts, r"[0-9.,'’()+\-−\s\x{00A0}\x{2007}\x{2009}\x{202F}]+", " "
    )
    bare = pc.unique(numbers.stripped(bare))
    if len(bare) > _MOST_REMAINDERS:
        return ()
    found = {each for each in bare.to_pylist() if each in numbers.MARKS}
    found |= {each + "." for each in found if each + "." in numbers.MARKS}
    return tuple(sorted(found))


def _marks_problem(texts: pa.Array, style: NumberStyle) -> str | None:
    """Say which marks leave open what the numbers measure."""
    if len({each.rstrip(".") for each in style.marks}) > 1:
        return "has amounts in " + " and ".join(style.marks)
    for mark in style.marks:
        bare = texts.filter(pc.invert(pc.match_substring(texts, mark)))
        if mark not in numbers.CURRENCIES and _any(bare, "[1-9]"):
            return f"has numbers with and without {mark}"
    return None


def _mostly(name: str, filled: Filled, infinite: Any, good: Any) -> Note | None:
    other = np.zeros(len(filled.texts), bool)
    other[~infinite] = ~good
    others = filled.rows_of(other)
    numbered = filled.used - others
    if numbered < _HALF * filled.used:
        return None
    cells = "1 cell is" if others == 1 else f"{others:,} cells are"
    return Note(
        MOSTLY_NUMBERS if numbered >= MOSTLY * filled.used else "numbers among other cells",
        f"column {name!r} holds {numbered:,} numbers, but {cells} none, the first in {PLACE}: it "
        "is not taken for a quantity; mend the file, or name a word that stands for no value "
        "(--missing)",
        filled.first_row(other),
        others,
    )


def _marked(name: str, texts: pa.Array, counts: Any) -> Note | None:
    """Say of fractions with marks behind them, most of a column, that the marks are not known."""
    marked = as_mask(pc.match_substring_regex(texts, _MARKED))
    if counts[marked].sum() < MOSTLY * counts.sum():
        return None
    text = (
        f"column {name!r} seems to hold numbers with marks that are not known: none are made of it"
    )
    return Note("marks of numbers", text)


def _any(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())
