"""A text in blocks of lines is the text, and each block but the last ends with a line."""

import io

import pytest

from trivium.tables.dialect import records
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


QUOTED = [
    b'a,b\n"1\n2",3\n',
    b'"a"\n"b ""c""\n\n"\n"",d\n"\r\n"\r\n',
    b'"x\ry"\r"\r"\r1',
    b'"' + b"long\n" * 30 + b'"\n"a","b"\n',
]


@pytest.mark.parametrize("text", [*TEXTS, *QUOTED])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 40, 1000])
def test_no_block_ends_within_a_quotation(text, size):
    blocks = list(blocks_of_lines(io.BytesIO(text), size, quoted=True))
    assert b"".join(blocks) == text
    assert all(block[-1:] in (b"\n", b"\r") for block in blocks[:-1])
    assert all(block.count(b'"') % 2 == 0 for block in blocks)

    def cells(text):
        lines = io.StringIO(text.decode(), newline="")
        return [record.text.rstrip("\r\n") for record in records(lines, ",")]

    assert [each for block in blocks for each in cells(block)] == cells(text)
