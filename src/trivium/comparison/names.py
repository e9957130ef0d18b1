"""Names and sentences that came with a table, made safe to show.

A name of a column may hold tags, control characters that a terminal obeys, or characters that
turn the text around it from right to left. What does not show is written as Python writes it.
"""

import shlex

from markupsafe import Markup

LONGEST = 40
"""Letters of a name in running text and in tables."""
_LONGEST_TITLE = 300  # or a page of many such names would be large


def visible(text: object) -> str:
    r"""Return a text in one line, with the characters that would not show written as in Python.

    Examples
    --------
    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(text))


def quoted(name: str) -> str:
    """Return a name as it shows, in quotation marks where white space would not."""
    line = visible(name)
    return f"'{line}'" if line != line.strip() or not line else line


def shortened(text: str, longest: int = LONGEST) -> str:
    """Leave out the middle of a long text: names of one table often begin alike.

    Examples
    --------
    >>> shortened("the first and the last letters stay", 20)
    'the first an…rs stay'
    """
    if len(text) <= longest:
        return text
    tail = longest // 3 + 1
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def plain(name: str, longest: int = LONGEST) -> str:
    """Return a name for a text without markup."""
    return shortened(quoted(name), longest)


def marked(name: str, longest: int = LONGEST) -> Markup:
    """Return a name for a page: escaped, in its own direction, the whole of it in a title.

    Examples
    --------
    >>> marked("<b>")
    Markup('<bdi>&lt;b&gt;</bdi>')
    """
    whole = quoted(name)
    short = shortened(whole, longest)
    if short == whole:
        return Markup("<bdi>{}</bdi>").format(whole)
    title = shortened(whole, _LONGEST_TITLE)
    return Markup('<bdi title="{}">{}</bdi>').format(title, short)


def listed(names: tuple[str, ...], most: int = 8) -> Markup:
    """Return several names for a page, and how many more there are."""
    shown = Markup(", ").join(marked(name) for name in names[:most])
    more = len(names) - most
    return shown + Markup(" and {} more").format(f"{more:,}") if more > 0 else shown


def shell_quoted(text: str) -> str:
    r"""Quote a text for a shell, with what would not show as an escape of bash and zsh.

    Examples
    --------
    >>> shell_quoted("it's $HOME")
    '\'it\'"\'"\'s $HOME\''
    >>> shell_quoted("a\tb")
    "$'a\\x09b'"
    """
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_in_shell, text)) + "'"


def _in_shell(letter: str) -> str:
    if letter in "\\'":
        return "\\" + letter
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"  # beyond, \x would be a byte and no letter
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
