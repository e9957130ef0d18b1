"""What the user says of a table, and what its columns are by that and by each other."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from trivium.tables.cells import Cells
from trivium.tables.date_style import ORDERS
from trivium.tables.decide import decide
from trivium.tables.errors import TableError
from trivium.tables.findings import PLACE, Finding, Hints, Note
from trivium.tables.kinds import Kind
from trivium.tables.numbers import require_decimal
from trivium.tables.overrides import decide_as, kind_of
from trivium.tables.protocol import Source
from trivium.tables.quantities import note_of_points

_MOST_NOTES, _MOST_NAMES = 3, 10


class Choices:
    """What the user says, checked against the names of columns."""

    def __init__(
        self,
        target: str | None,
        kinds: Mapping[str, str],
        missing: Iterable[str],
        drop: Iterable[str],
        decimal: str | None,
        dates: str | None,
        names: tuple[str, ...],
        doubt: str | None,
    ) -> None:
        self.target, self.dropped = target, frozenset(drop)
        for name in (*(() if target is None else (target,)), *kinds, *sorted(self.dropped)):
            _require(name, names, doubt)
        if decimal is not None:
            require_decimal(decimal)
        if dates not in (None, *ORDERS):
            raise TableError(f"the order of dates is dmy, mdy or ymd, not {dates!r}")
        self.kinds = {name: kind_of(name, word) for name, word in kinds.items()}
        if target in self.dropped:
            raise TableError(f"the target {target!r} cannot be left out")
        if target in self.kinds and self.kinds[target] is not Kind.CATEGORY:
            raise TableError(
                f"the target {target!r} can be of kind category alone, not {self.kinds[target]}"
            )
        for name in self.kinds:
            if name in self.dropped:
                raise TableError(f"column {name!r} is left out and given a kind at once")
        words = tuple(dict.fromkeys(missing))
        self.hints = Hints(decimal, dates, words, decimal is not None, dates is not None)


def decide_all(
    cells_of: Callable[[str], Cells],
    names: Sequence[str],
    chosen: Choices,
    source: Source,
    each: Callable[[Callable[[str], Finding], Sequence[str]], Iterable[Finding]] = map,
) -> dict[str, Finding]:
    """Decide each column alone, and then those in doubt by what the others tell.

    Parameters
    ----------
    cells_of : function
        Takes a name and returns the column's cells.
    names : sequence of str
    chosen : Choices
    source : Source
    each : function
        As `map`: applies a function to names.

    Raises
    ------
    TableError
        If a column cannot be what it is said to be.
    """

    def finding(name: str, hints: Hints) -> Finding:
        cells = cells_of(name)
        kind = chosen.kinds.get(name)
        return decide(name, cells, hints) if kind is None else decide_as(name, cells, kind, hints)

    features = [name for name in names if name != chosen.target]
    first = each(lambda name: finding(name, chosen.hints), features)
    findings = dict(zip(features, first, strict=True))
    told = [found.evidence for found in findings.values()]
    commas = _by_separator(source) == ","
    decimal = chosen.hints.decimal or _told(told, (".", ","))
    hints = {
        "comma": replace(chosen.hints, decimal=decimal or _by_separator(source)),
        "point": replace(chosen.hints, decimal="," if decimal == "," else None),
        "order": replace(chosen.hints, order=chosen.hints.order or _told(told, ("dmy", "mdy"))),
    }
    for name, found in findings.items():
        if found.doubt is not None and hints[found.doubt] != chosen.hints:
            findings[name] = finding(name, hints[found.doubt])
        elif found.doubt == "point" and decimal is None and (commas or "," in told):
            findings[name] = replace(found, notes=(*found.notes, note_of_points(name)))
    return findings


def _told(evidence: list[str | None], choices: tuple[str, str]) -> str | None:
    """Return what columns tell that agree with each other."""
    there = [each for each in choices if each in evidence]
    return there[0] if len(there) == 1 else None


def _by_separator(source: Source) -> str | None:
    """Semicolons are written where a comma is the decimal sign."""
    return "," if getattr(source, "separator", None) == ";" else None


def written(
    noted: Iterable[tuple[str, Note]], places_of: Callable[[Iterable[int]], Mapping[int, str]]
) -> list[str]:
    """Write notes out, with places; many of one topic become one."""
    topics: dict[str, list[Note]] = {}
    columns: dict[str, list[str]] = {}
    for name, note in noted:
        topics.setdefault(note.topic, []).append(note)
        columns.setdefault(note.topic, []).append(repr(name))
    shown = [note for notes in topics.values() for note in notes[:_MOST_NOTES]]
    places = places_of([note.row for note in shown if note.row is not None])
    lines = []
    for topic, notes in topics.items():
        for note in notes[:_MOST_NOTES]:
            place = "" if note.row is None else places[note.row]
            lines.append(note.text.replace(PLACE, place))
        if len(notes) > _MOST_NOTES:
            more = columns[topic][_MOST_NOTES:]
            which = f"{len(more):,} more column" + ("s" if len(more) > 1 else "")
            listed = ", ".join(more[:_MOST_NAMES]) + (" ..." if len(more) > _MOST_NAMES else "")
            lines.append(f"the same is to be said of {topic} in {which}: {listed}")
    return lines


def _require(name: str, names: tuple[str, ...], doubt: str | None) -> None:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        folded = [each for each in names if each.casefold().strip() == name.casefold().strip()]
        near = folded or near
        if near:
            listed = " or ".join(map(repr, near))
            raise TableError(f"there is no column {name!r}: do you mean {listed}?")
        listed = ", ".join(map(repr, names[:5])) + (" ..." if len(names) > 5 else "")
        more = "" if doubt is None else f"; {doubt}"
        raise TableError(f"there is no column {name!r}; there is {listed}{more}")
