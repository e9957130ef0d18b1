"""Names of columns, as they stand in a table."""

import re
from collections import Counter
from collections.abc import Sequence

from trivium.tables.errors import TableError


def checked_headers(headers: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of all columns, and notes: a column without a name has its number for one.

    Raises
    ------
    TableError
        If there is no column, or if two have the same name.
    """
    if not headers:
        raise TableError("the table has no columns")
    names = tuple(name or f"column {j}" for j, name in enumerate(headers, start=1))
    for name, times in Counter(names).items():
        if times > 1:
            places = [j for j, each in enumerate(names, start=1) if each == name]
            listed = ", ".join(map(str, places[:-1])) + f" and {places[-1]}"
            raise TableError(
                f"the header names {times} columns {name!r}: columns {listed} of the table"
            )
    notes = [
        f"column {j} has no name in the header: it is called 'column {j}' here"
        for j, name in enumerate(headers, start=1)
        if not name
    ]
    if len(notes) > 3:
        notes = [
            f"{len(notes)} columns have no name in the header: each is called by its number here"
        ]
    if looks_like_a_row(headers):
        notes.append("the first line looks like a row of values, but is taken for the header")
    return names, tuple(notes)


def looks_like_a_row(headers: Sequence[str]) -> bool:
    """Whether a header is rather a row of values: more than half of it are fractions.

    Whole numbers may be years, or numbers of columns.
    """
    fractions = [each for each in headers if re.fullmatch(r"\s*[+-]?\d+[.,]\d+\s*", each)]
    return 2 * len(fractions) > len(headers)
