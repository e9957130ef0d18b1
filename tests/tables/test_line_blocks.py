"""A text in blocks of lines is the text, and each block but the last ends with a line."""

import io

import pytest

from trivium.tables.line_blocks import blocks_of_lines

TEXTS = [
    b"",
    b"a",
    b"a,b\n1,2\n\n3,4",
    b"a,b\r\n1,2\r\n",
    b"a\rb\rc",
    b"one\r\r\n\ntwo\n",
    b"x" * 50 + b"\n" + b"y" * 50,
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 40, 1000])
def test_blocks_are_whole_lines(text, size):
    blocks = list(blocks_of_lines(io.BytesIO(text), size))
    assert b"".join(blocks) == text
    assert all(block[-1:] in (b"\n", b"\r") for block in blocks[:-1])
    most = max(map(len, text.splitlines(keepends=True)), default=0)
    assert all(len(block) < size + max(size, most) + 1 for block in blocks)
