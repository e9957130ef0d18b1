"""Python in pieces, so that a page can set comments and keywords apart."""

import keyword
import tokenize
from io import StringIO


def coloured(code: str) -> list[tuple[str, str]]:
    """Cut Python code into pieces of one kind.

    Parameters
    ----------
    code : str

    Returns
    -------
    list of (str, str)
        Each piece with its kind: ``comment``, ``keyword``, or an empty string for the rest. Joined,
        the pieces are the code.

    Raises
    ------
    tokenize.TokenError
        If the code ends within brackets or a string.

    Examples
    --------
    >>> from trivium.report.code import coloured
    >>> coloured("for x in X:  # all")
    [('for', 'keyword'), (' x ', ''), ('in', 'keyword'), (' X:  ', ''), ('# all', 'comment')]
    """
    starts = [0]
    for line in code.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    pieces: list[tuple[str, str]] = []
    done = 0
    for token in tokenize.generate_tokens(StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            kind = "comment"
        elif token.type == tokenize.NAME and keyword.iskeyword(token.string):
            kind = "keyword"
        else:
            continue
        begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        if begin > done:
            pieces.append((code[done:begin], ""))
        pieces.append((token.string, kind))
        done = end
    if done < len(code):
        pieces.append((code[done:], ""))
    return pieces
