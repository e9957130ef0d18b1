"""Stretches of files, sent to other processes: the pieces that reading all of a table makes."""

import gzip
import pickle
from itertools import chain

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from trivium.tables.errors import TableError
from trivium.tables.file_names import parts_of
from trivium.tables.source import open_parts
from trivium.tables.stretches import loads

N = 100_000
NUMBERS = np.arange(N) * 1.5
WORDS = [f"w{number % 23}" for number in range(N)]


def text(cell="{}", start=b""):
    rows = (f"{cell.format(word)};{number}" for word, number in zip(WORDS, NUMBERS, strict=True))
    return start + "\n".join(["word;number", *rows]).encode()


def table(words):
    return pa.table({"word": words, "number": NUMBERS, "both": pa.array(WORDS)})


def write(kind, place):
    """Write a file; return how many loads of a piece it is at least."""
    match kind:
        case "parquet" | "parquet of one group":
            size = N if "one" in kind else 9_001
            parquet.write_table(table(pa.array(WORDS)), place, row_group_size=size)
            return 1 if "one" in kind else 7
        case "dictionaries":
            words = pa.array(WORDS).dictionary_encode()
            parquet.write_table(table(words), place, row_group_size=9_001)
            return 7
        case "aligned":
            parquet.write_table(table(pa.array(WORDS)), place, row_group_size=16_384)
            return 7
        case "feather":
            feather.write_feather(table(pa.array(WORDS)), place)
            return 1
        case "gzip":
            place.write_bytes(gzip.compress(text(), 1))
            return 1
        case "quoted":
            place.write_bytes(text('"a ""{}""\n;b"', b"\xef\xbb\xbf"))
        case "old lines":
            place.write_bytes(text("a cell of {}, with more of it").replace(b"\n", b"\r"))
        case "not tidy":
            place.write_bytes(text('an inch" of {} and of more'))
            return 1
        case "plain":
            place.write_bytes(text("a cell of {}, with more of it", b"sep=;\n"))
    return 2


KINDS = (
    "parquet",
    "parquet of one group",
    "dictionaries",
    "aligned",
    "feather",
    "gzip",
    "quoted",
    "old lines",
    "not tidy",
    "plain",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_pieces", [1, 3])
def test_stretches_are_the_pieces_of_a_table(tmp_path, kind, n_pieces):
    (tmp_path / "year=2024").mkdir()
    least = write(kind, tmp_path / "year=2024" / "0")
    source = open_parts(parts_of(tmp_path))
    names = ("number", "year", "word")
    how = {"numbers": frozenset(["number"]), "plain": frozenset(["number"])}
    sent = [pickle.loads(pickle.dumps(load)) for load in loads(source, n_pieces)]  # noqa: S301
    pieces = chain.from_iterable(share.pieces(names, **how) for share in chain(*sent))
    found = [piece() for piece in pieces]
    expected = [piece() for piece in source.pieces(names, **how)]
    assert [each.num_rows for each in found] == [each.num_rows for each in expected]
    assert found == expected
    assert sum(each.num_rows for each in found) == N
    assert n_pieces > 1 or len(sent) >= least


def test_small_files_go_together(tmp_path):
    for number in range(200):
        (tmp_path / f"{number:03}.csv").write_text(f"a,b\n{number},1\n")
    sizes = [len(load) for load in loads(open_parts(parts_of(tmp_path)), 100)]
    assert sizes == [64, 64, 64, 8]


def test_a_file_that_has_changed_is_refused(tmp_path):
    place = tmp_path / "0.csv"
    place.write_text("a,b\n1,1\n")
    ((share,),) = loads(open_parts(parts_of(tmp_path)), 1)
    place.write_text("a,b\n1,1\n2,2\n")
    with pytest.raises(TableError, match="0.csv has changed since it was first read"):
        next(share.pieces(["a"], numbers=(), plain=()))
