"""Batches of rows come back from files of every format."""

import csv
import gzip
import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from trivium.tables.writing import FORMATS, batch_writer, format_of, needs_no_quotes

ROWS = {
    "prediction": ["a", "b,c", 'say "x"', None, " s", "line\nbreak", "="],
    "p, of a": [0.1, 1e-300, 1 / 3, 0.0, 1.0, 0.5, 0.25],
}


def written(kind, columns=ROWS, pieces=2, **how):
    table = pa.table(columns)
    file = io.BytesIO()
    with batch_writer(file, table.schema, kind, **how) as writer:
        for batch in table.to_batches(max_chunksize=-(-table.num_rows // pieces)):
            writer.write_batch(batch)
    return file.getvalue()


def read_back(kind, content):
    if kind == ".parquet":
        return pa.parquet.read_table(io.BytesIO(content)).to_pydict()
    if kind in (".feather", ".arrow"):
        return pa.ipc.open_file(content).read_all().to_pydict()
    text = (gzip.decompress(content) if kind == ".csv.gz" else content).decode()
    lines = list(csv.reader(io.StringIO(text), delimiter="\t" if kind == ".tsv" else ","))
    rows = [(label or None, float(p)) for label, p in lines[1:]]
    return dict(zip(lines[0], map(list, zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_come_back_in_order(kind):
    assert read_back(kind, written(kind)) == ROWS


@pytest.mark.parametrize("kind", FORMATS)
def test_same_rows_same_bytes(kind):
    assert written(kind) == written(kind)


def test_plain_labels_stand_without_quotes():
    columns = {"prediction": ["yes", None, "no"], "p": [1.0, 0.5, 0.75]}
    assert written(".csv", columns, quoted=False) == b"prediction,p\nyes,1\n,0.5\nno,0.75\n"


def test_labels_that_need_quotes():
    assert needs_no_quotes(["yes", "NA", "1.0", "=x"])
    for label in ("a,b", 'a"b', "a\nb", "a\rb", "a\tb", " a", "a "):
        assert not needs_no_quotes(["yes", label])


def test_formats_go_by_the_name():
    assert [format_of(f"a.b{kind.upper()}") for kind in FORMATS] == list(FORMATS)
    with pytest.raises(ValueError, match=r"answers\.txt: its name should end in one of \.csv, "):
        format_of("some/answers.txt")
