"""What a text file is encoded in, by its own bytes: all of them are read."""

import codecs
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trivium.tables.errors import TableError
from trivium.tables.letters import candidates
from trivium.tables.streams import lines_of, open_plain, read_block

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's mark does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_QUOTE, _BEYOND_ASCII = ord('"'), 128
_SAMPLE = 1 << 16
_START = 4096

NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "latin_1": "Latin-1",
}


@dataclass(frozen=True, slots=True)
class Survey:
    """What all bytes of a text file say.

    Attributes
    ----------
    encoding : str
        Python's name.
    quotes : int
        How many there are; -1 where the encoding does not let them be counted.
    guessed : bool
        Whether the encoding is a guess by letters that occur.
    beside : frozenset of int, or None
        Bytes that stand before quotations and behind them, if every other quotation mark ends one;
        None where the encoding does not let them be found.
    """

    encoding: str
    quotes: int
    guessed: bool = False
    beside: frozenset[int] | None = None

    def is_tidy(self, separator: str) -> bool:
        """Whether each quotation mark surely stands at an end of a cell, or is doubled."""
        return self.beside is not None and self.beside <= frozenset(f'{separator}\r\n"'.encode())


def survey(path: Path) -> Survey:
    """Read a file once and tell its encoding.

    Raises
    ------
    TableError
        If it has NUL bytes, or bytes that its encoding does not have; the line is named.
    """
    with open_plain(path) as stream:
        block = read_block(stream, path)
        encoding = _by_mark(block) or _by_zeros(block)
        if encoding not in (None, "utf-8-sig"):
            return Survey(encoding, -1)
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        quotes, beside, before = 0, frozenset[int](), b"\n"
        while block:
            letters = np.frombuffer(block, np.uint8)  # NumPy counts faster than Python does
            if not letters.min():
                raise _nul(_line_of_nul(path))
            found = int(np.count_nonzero(letters == _QUOTE))
            if found or before == b'"':
                beside |= _beside(before, block.removeprefix(codecs.BOM_UTF8), quotes)
            quotes, before = quotes + found, block[-1:]
            if letters.max() >= _BEYOND_ASCII or decoder.getstate()[0]:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    return _of_eight_bits(path)
            block = read_block(stream, path)
        if decoder.getstate()[0]:
            return _of_eight_bits(path)
    return Survey(encoding or "utf-8", quotes, beside=beside)


def _beside(before: bytes, block: bytes, quotes: int) -> frozenset[int]:
    """Return the bytes before quotations and behind them.

    Parameters
    ----------
    before : bytes
        The last one before the block.
    block : bytes
    quotes : int
        Quotation marks before the block.
    """
    letters = np.frombuffer(before + block, np.uint8)
    places = np.flatnonzero(letters == _QUOTE)
    # A first byte that is a mark has been counted, and looked at but for what follows it.
    ends = (quotes - (before == b'"') + np.arange(len(places))) % 2 == 1
    followed = places[ends & (places < len(letters) - 1)] + 1
    led = places[~ends & (places > 0)] - 1
    there = np.bincount(letters[followed], minlength=256) + np.bincount(letters[led], minlength=256)
    return frozenset(np.flatnonzero(there).tolist())


def _line_of_nul(path: Path) -> int:
    return next(number for number, line in enumerate(lines_of(path), start=1) if b"\0" in line)


def _nul(line: int) -> TableError:
    return TableError(f"line {line} has a NUL byte: the file is damaged, or no text")


def _by_mark(start: bytes) -> str | None:
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def _by_zeros(start: bytes) -> str | None:
    """Recognise UTF-16 without a mark: every other byte of Latin letters is zero."""
    even, odd = start[:_START:2], start[1:_START:2]
    if not odd:
        return None
    shares = even.count(0) / len(even), odd.count(0) / len(odd)
    if shares[0] < 0.05 and shares[1] > 0.3:
        return "utf-16-le"
    if shares[1] < 0.05 and shares[0] > 0.3:
        return "utf-16-be"
    return None


def _of_eight_bits(path: Path) -> Survey:
    """Guess the encoding of a file that is not UTF-8 by the lines that show it."""
    sample, quotes = bytearray(), 0
    for number, line in enumerate(lines_of(path), start=1):
        if b"\0" in line:
            raise _nul(number)
        quotes += line.count(b'"')
        if len(sample) < _SAMPLE and not line.isascii():
            sample += line[:_SAMPLE]
    replaced = bytes(sample).decode("utf-8", "replace")
    wrong = replaced.count("�")
    right = sum(not each.isascii() for each in replaced) - wrong
    if right > wrong:
        raise TableError(f"line {_first_wrong_line(path)} has bytes that are not UTF-8")
    encoding = next(each for each in candidates(bytes(sample)) if _decodes(path, each))
    return Survey(encoding, quotes, guessed=True)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _first_wrong_line(path: Path) -> int:
    return next(n for n, line in enumerate(lines_of(path), start=1) if not _is_utf8(line))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with open_plain(path) as stream:
        try:
            while block := read_block(stream, path):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
