import tokenize

import pytest

from trivium.report import Listing
from trivium.report.code import coloured

CODE = 'for x in X:  # in the order "given"\n    text = """\n    # not a comment"""\n'


@pytest.mark.parametrize("code", ["", "x", CODE, "é = 'ü'  # ∂L\nif é:\n    pass"])
def test_pieces_joined_are_the_code(code):
    assert "".join(piece for piece, _ in coloured(code)) == code


def test_comments_and_keywords_are_told_apart():
    found = [piece for piece in coloured(CODE) if piece[1]]
    assert found == [
        ("for", "keyword"),
        ("in", "keyword"),
        ('# in the order "given"', "comment"),
    ]


def test_code_that_ends_within_brackets_is_refused():
    with pytest.raises(tokenize.TokenError):
        _ = Listing("half", "print(").pieces
