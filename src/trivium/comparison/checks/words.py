"""How checks say things: names of columns in one line, counts, shares."""

from collections.abc import Sequence

from trivium.comparison.names import shell_quoted, shortened
from trivium.comparison.phrases import MODEL_WORDS
from trivium.comparison.result import Check
from trivium.tables.shares import per_cent

_NAMED = 3


def fine(name: str, text: str) -> Check:
    """Return a check that has found nothing."""
    return Check(name, "fine", text)


def rows(count: int) -> str:
    """Say how many rows.

    Examples
    --------
    >>> rows(1), rows(1200)
    ('1 row', '1,200 rows')
    """
    return "1 row" if count == 1 else f"{count:,} rows"


def share(part: float) -> str:
    """Say a share, never 100 % of what is not all, nor 0 % of what is not none.

    Examples
    --------
    >>> share(0.5), share(0.9999), share(1.0), share(0.0001)
    ('50.0 %', '99.9 %', '100 %', '0.1 %')
    """
    if part in (0.0, 1.0):
        return f"{part:.0%}".replace("%", " %")
    return f"{per_cent(min(max(part, 0.001), 0.999))} %"


def quoted(name: str) -> str:
    r"""Quote a name in one line, whatever it holds; of a long one its ends.

    Examples
    --------
    >>> quoted("age"), quoted("two\nlines")
    ("'age'", "'two\\nlines'")
    """
    return repr(shortened(name))


def called(model: str) -> str:
    """Return what a model is called in a sentence."""
    return MODEL_WORDS.get(model, model)


def listed(names: Sequence[str], most: int = _NAMED) -> str:
    """Quote some names, and say how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed(list("abcde"))
    ("'a' and 'b'", "'a', 'b', 'c' and 2 more")
    """
    some = [quoted(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(some)} and {len(names) - most} more"
    return " and ".join([", ".join(some[:-1]), some[-1]] if len(some) > 1 else some)


def option(flag: str, name: str) -> str:
    """Return what to add to the command.

    Examples
    --------
    >>> option("--group", "patient id")
    "--group 'patient id'"
    """
    return f"{flag} {shell_quoted(name)}"
