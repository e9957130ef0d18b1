"""What stands around the rows of a table: titles above the header, units below it, totals, notes.

Nothing of it is left out: a row more or less is for the user to decide. It is said.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from trivium.tables.cells import Cells
from trivium.tables.dialect import COMMON, NAMES, records
from trivium.tables.findings import MOSTLY_DATES, MOSTLY_NUMBERS, PLACE, Finding, Note

_MOST_ABOVE, _LEAST_BELOW = 20, 3
_LEAST_ROWS = 5
_RECORDS = 200
_TOTALS = (
    "total", "totals", "grand total", "sum", "summe", "gesamt", "insgesamt", "gesamtsumme", "somme",
    "totale", "somma", "suma", "totaal", "average", "mean", "mittelwert", "moyenne",
)  # fmt: skip


def header_below(text: str) -> str | None:
    """Say where the header may stand in a file whose first line has one field.

    Parameters
    ----------
    text : str
        The start of the file.
    """
    for separator in COMMON:
        found = list(islice(records(io.StringIO(text, newline=""), separator), _RECORDS))
        found = found[:-1]  # the last may be cut
        if not found or found[-1].fields == 1:
            continue
        n = found[-1].fields
        first = next(k for k, record in enumerate(found) if record.fields == n)
        same = all(record.fields == n for record in found[first:])
        if same and first <= _MOST_ABOVE and len(found) - first >= _LEAST_BELOW:
            return (
                f"from line {found[first].line} on there are {n} fields, separated by "
                f"{NAMES[separator]}: if that is the header, remove what stands above it"
            )
    return None


def title_above(headers: Sequence[str]) -> str | None:
    """Say that a header with one name may be a title."""
    named = sum(bool(each) for each in headers)
    if named > 1 or len(headers) < _LEAST_BELOW:
        return None
    what = f"{'one' if named else 'none'} of {len(headers)} columns alone"
    return f"the header names {what}: if it is a title, remove it, so that the header comes first"


def notes_of_edges(cells: Mapping[str, Cells], findings: Iterable[Finding]) -> list[Note]:
    """Say that the first row may be units, and the last one a total or a footnote.

    Parameters
    ----------
    cells : mapping from names to Cells
        Of all columns.
    findings : iterable of Finding
        Of these columns.
    """
    last = next(iter(cells.values())).rows - 1
    if last + 1 < _LEAST_ROWS:
        return []
    odd = {
        note.row
        for found in findings
        for note in found.notes
        if note.topic in (MOSTLY_NUMBERS, MOSTLY_DATES) and note.cells == 1
    }
    notes = []
    again = _header_again(cells)
    if again is not None:
        text = f"{PLACE} repeats the header: remove it, for it is taken for a row"
        notes.append(Note("headers", text, again))
    if 0 in odd:
        text = (
            f"{PLACE} may hold units, or belong to the header, rather than be a row: then remove it"
        )
        notes.append(Note("units", text, 0))
    if last in odd or _is_total(cells):
        text = f"{PLACE} may be a total or a footnote rather than a row: then remove it"
        notes.append(Note("totals", text, last))
    return notes


def _header_again(cells: Mapping[str, Cells]) -> int | None:
    """Return the first row whose cells are the names of their columns, if there is one."""
    names = list(cells)
    if len(names) == 1:
        return None
    again = cells[names[0]].index_of(names[0])
    same = again >= 0 and all(cells[name].cell(again) == name for name in names)
    return again if same else None


def _is_total(cells: Mapping[str, Cells]) -> bool:
    """Whether a word of the last row, which no other row has in its column, is that of a total."""
    for column in cells.values():
        word = column.cell(column.rows - 1)
        if word is None or word.strip(" \t:").lower() not in _TOTALS:
            continue
        if column.times(word) == 1:
            return True
    return False
