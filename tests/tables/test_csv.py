"""Text files: encodings, separators, quotations, compression, and what is wrong with them."""

import bz2
import gzip
import lzma
import os

import pyarrow as pa
import pytest

from trivium.tables import csv_source, encodings, streams
from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tables.source import open_source


def read(path, names=None):
    """Return the columns of a file as lists."""
    source = open_source(path)
    wanted = source.names if names is None else names
    schema = pa.schema([(name, pa.string()) for name in wanted])
    return pa.Table.from_batches(source.batches(names), schema).to_pydict()


def write(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


TEXT = "name,größe,y\nÄpfel,1,a\nÖl — süß,2,b\n,3,\n"
CELLS = {"name": ["Äpfel", "Öl — süß", None], "größe": ["1", "2", "3"], "y": ["a", "b", None]}


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_any_encoding_and_compression(tmp_path, encoding, pack):
    path = write(tmp_path, pack(TEXT.encode(encoding)), "misnamed.xls")
    assert read(path) == CELLS
    assert open_source(path).place(2) == "line 4"
    assert bool(open_source(path).notes) == (encoding != "utf-8")


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_what_pyarrow_decompresses(tmp_path, codec):
    with pa.CompressedOutputStream(str(tmp_path / "t"), codec) as file:
        file.write(TEXT.encode())
    assert read(tmp_path / "t") == CELLS


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Город,Имя\nМосква,Анна Каренина\nСамара,Дмитрий Карамазов\n" * 3, "cp1251"),
        ("miasto,x\nŁódź,żółty wąż\nGdańsk,gęś\n" * 3, "cp1250"),
        ("Stadt,Straße\nMünchen,Große Straße\nKöln,Übergänge\n", "cp850"),
        ("都市,名前\n東京,夏目漱石です\n大阪,川端康成でした\n" * 3, "shift_jis"),
        ("Stadt,Straße\nMünchen,Große Straße\n" * 3, "cp1252"),
        ("prix,x\n5 €,é\n", "cp1252"),
    ],
)
def test_letters_tell_the_encoding(tmp_path, text, encoding):
    path = write(tmp_path, text.encode(encoding))
    source = open_source(path)
    header, *rows = [line.split(",") for line in text.splitlines()]
    assert list(source.names) == header
    assert list(zip(*read(path).values(), strict=True)) == [tuple(row) for row in rows]
    assert "the file is not UTF-8" in source.notes[0]


def test_an_umlaut_at_the_end_of_a_long_file(tmp_path):
    rows = b"abc,1\n" * 1_000_000
    path = write(tmp_path, b"a,b\n" + rows + b"\xfc,2\n")
    assert read(path)["a"][-1] == "ü"


SEPARATED = {
    "semicolons": ("a;b;c\n1,5;2,5;x\n3,5;4,5;y\n", ";"),
    "tabs": ("a\tb c\n1,5\tx y\n", "\t"),
    "bars": ("a|b|c\n1|2|3,4\n", "|"),
    "commas": ("a,b;c,d\n1,2;3,4\n1,2;3,4\n", ","),
    "said": ("sep=;\na;b\n1;2\n", ";"),
    "said with a mark": ("\ufeffsep=|\r\na|b\r\n1|2\r\n", "|"),
    "carets": ("a^b\n1^2\n", "^"),
    "spaces": ("a b c\n1 2 3\n4 5 6\n", " "),
    "quoted": ('"a,1";"b,2"\n"x;y";"z"\n', ";"),
    "unit": ("a\x1fb\n1\x1f2\n", "\x1f"),
    "one column": ("a\n1\n2\n", None),
    "one column of texts": ("text\nHello, world\n1,2,3\nnone\n", None),
    "one column of quoted texts": ('text\n"Hello, world"\n"1;2;3"\n', None),
    "one column of names": ("full name\nAnna Bell\nCarl Dee\n", None),
    "one column of times": ("time\n10:20\n11:30\n", None),
    "header alone": ("a;b;c", ";"),
}


@pytest.mark.parametrize("name", SEPARATED)
def test_any_separator(tmp_path, name):
    text, separator = SEPARATED[name]
    source = open_source(write(tmp_path, text))
    assert source.separator == separator
    if separator not in (",", None):
        assert any("separated by" in note for note in source.notes)


LAID_OUT = {
    "lf": "a,b\n1,x\n2,y\n",
    "crlf": "a,b\r\n1,x\r\n2,y\r\n",
    "cr": "a,b\r1,x\r2,y\r",
    "no last end": "a,b\n1,x\n2,y",
    "blank lines": "\n\na,b\n\n1,x\n\n\n2,y\n\n",
    "quoted": '"a","b"\n"1","x"\n"2","y"\n',
    "mark": "\ufeffa,b\n1,x\n2,y\n",
    "quoted after a mark": '\ufeff"a",b\n1,x\n2,y\n',
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_any_layout(tmp_path, name):
    assert read(write(tmp_path, LAID_OUT[name])) == {"a": ["1", "2"], "b": ["x", "y"]}


def test_quotations(tmp_path):
    text = 'a,"b\n""c""",d\n"x, y","line\r\nline\n\nline",5" pipe\n"""",,"z" \n'
    path = write(tmp_path, text)
    assert read(path) == {
        "a": ["x, y", '"'],
        'b\n"c"': ["line\r\nline\n\nline", None],
        "d": ['5" pipe', "z "],
    }
    assert open_source(path).places([0, 1]) == {0: "line 3", 1: "line 7"}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 22])
def test_blocks_do_not_hide_what_marks_tell(tmp_path, monkeypatch, size):
    read = streams.read_block
    monkeypatch.setattr(encodings, "read_block", lambda stream, path: read(stream, path, size))
    tidy = '"a,1","b"\n"x ""y"", z",1\n"",""""\r\n"u\nv","w"\n'
    assert encodings.survey(write(tmp_path, tidy)).is_tidy(",")
    assert not encodings.survey(write(tmp_path, tidy)).is_tidy(";")
    for untidy in ('"a"x,b\n', 'a,5"\n1,6"\n', '"a" ,b\n', 'a, "b"\n', 'a,b\n"x""y"z,1\n'):
        assert not encodings.survey(write(tmp_path, untidy)).is_tidy(",")


def test_an_empty_quotation_is_an_empty_cell(tmp_path):
    assert read(write(tmp_path, 'a,b\n"",x\n,y\n"""" ,z\n'))["a"][:2] == [None, None]


def test_some_columns_only(tmp_path):
    path = write(tmp_path, "a,b,c\n1,2,3\n4,5,6\n")
    assert read(path, ["c", "a"]) == {"c": ["3", "6"], "a": ["1", "4"]}


def test_headers_without_names(tmp_path):
    source = open_source(write(tmp_path, "a,,b,\n1,2,3,\n"))
    assert source.names == ("a", "column 2", "b", "column 4")
    assert "column 2 has no name in the header: it is called 'column 2' here" in source.notes
    source = open_source(write(tmp_path, "," * 9 + "\n"))
    unnamed = "10 columns have no name in the header: each is called by its number here"
    assert source.notes == (unnamed, source.doubt)


def test_headers_are_kept_exactly(tmp_path):
    assert open_source(write(tmp_path, "a ,A, a,01\n1,2,3,4\n")).names == ("a ", "A", " a", "01")


def test_a_header_of_numbers_is_said(tmp_path):
    source = open_source(write(tmp_path, "5.1,3.5,setosa\n4.9,3.0,setosa\n"))
    assert any("looks like a row" in note for note in source.notes)
    for header in ("2001,2002,2003", "a,1,2", "0,1,2"):
        assert not open_source(write(tmp_path, header + "\n1.5,2,3\n")).notes


def test_a_header_longer_than_what_is_read_first(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_source, "_START", 64)
    names = [f"column number {j}" for j in range(200)]
    path = write(tmp_path, ",".join(names) + "\n" + "1," * 199 + "2\n")
    assert open_source(path).names == tuple(names)
    assert read(path)["column number 199"] == ["2"]


def test_five_thousand_columns(tmp_path):
    path = write(
        tmp_path, ",".join(f"c{j}" for j in range(5000)) + "\n" + ("1," * 4999 + "x\n") * 9
    )
    seen = look(path)
    assert len(seen.columns) == 5000
    assert {each.kind for each in seen.columns} == {"dropped"}


def test_cells_larger_than_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_source, "_BLOCK", 64)
    cells = [f"{i} " + "x" * (i * i) for i in range(60)]
    path = write(tmp_path, "a,b\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)))
    assert read(path) == {"a": [str(i) for i in range(60)], "b": cells}


@pytest.mark.parametrize("block", [32, 50, 97, 1000])
def test_the_size_of_blocks_changes_nothing(tmp_path, monkeypatch, block):
    rows = [f'{i % 7},"a\nb{i % 3}",{i / 8},2020-01-{i % 28 + 1:02},é{i % 2}\n' for i in range(200)]
    path = write(tmp_path, "i,t,x,d,y\n" + "".join(rows))
    whole = look(path, "y")
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    cut = look(path, "y")
    assert cut.columns == whole.columns
    assert cut.target == whole.target
    assert cut.table.combine_chunks() == whole.table.combine_chunks()


REFUSED = {
    "empty": ("", "the file is empty"),
    "white": (" \n\n", "has no rows"),
    "a line sep= alone": ("sep=;\n", "the file has no header"),
    "header only": ("a,b\n", "the table has no rows below its header"),
    "header twice": ("a,b,a\n1,2,3\n", "names 2 columns 'a': columns 1 and 3"),
    "header three times": ("a,a,a\n1,2,3\n", "names 3 columns 'a': columns 1, 2 and 3"),
    "called by number": ("column 2,\n1,2\n", "names 2 columns 'column 2'"),
    "ragged": ("a,b\n1,2\n3\n", "line 3 has 1 field where the header names 2 columns"),
    "longer": ("a,b\n1,2\n3,4,5\n", "line 3 has 3 fields where the header names 2 columns"),
    "ragged later": (
        'a,b\n"x\ny",2\n\n3,4,5\n',
        "line 5 has 3 fields where the header names 2 columns",
    ),
    "open": ('a,b\n1,"x\n2,y\n', "the quotation that begins in line 2 does not end"),
    "text behind": ('a,b\n1,"x"\n"6"z,y\n', "line 3 has text behind a quotation that has ended"),
    "text behind white space": ('a;b\n"x" y;2\n', "line 2 has text behind"),
    "marks not doubled": ('a,b\n"x\ny",1\n"He said "no"",2\n', "line 4 has text behind"),
    "a mark not doubled": ('a,b\n1,2\n"5" pipe",3\n', "line 3 has text behind"),
    "text behind in UTF-16": ('a,b\n"6"z,y\n'.encode("utf-16"), "line 2 has text behind"),
    "text behind in the header": ('"a"x,b\n1,2\n', "line 1 has text behind"),
    "text behind after a bare mark": ('a,b\n5" pipe,x\n"6"z,"y"\n', "line 3 has text behind"),
    "open header": ('a,"b\n1,2\n', "the quotation that begins in line 1 does not end"),
    "nul": ("a,b\n1,x\n2,\0\n", "line 3 has a NUL byte"),
    "nul later": (b"a,b\n\xfc,x\n2,\0\n", "line 3 has a NUL byte"),
    "not utf-8": (
        "ä,b\nöü,x\n".encode() + b"\xff\xfe,y\n" + "ß,z\n".encode(),
        "line 3 has bytes that are not UTF-8",
    ),
    "half utf-8": ("ä,b\nöüöüöü,".encode()[:-2] + b"\xc3", "not UTF-8"),
    "half utf-16": (b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le")[:-1], "is no whole UTF-16"),
    "truncated": (gzip.compress(os.urandom(9999).hex().encode())[:-3000], "damaged compressed"),
    "truncated Latin": (
        gzip.compress("ü".encode("cp1252") * 9 + os.urandom(9999).hex().encode())[:-3000],
        "damaged compressed",
    ),
    "garbled": (gzip.compress(b"a,b\n1,2\n")[:10] + b"\xff" * 20, "damaged compressed"),
    "flipped": (gzip.compress(b"a,b\n1,2\n")[:-6] + b"abcdef", "damaged compressed"),
    "no xz": (b"\xfd7zXZ\x00zzz", "damaged compressed"),
    "no bz2": (b"BZhzzzz", "damaged compressed"),
    "no zstd": (b"\x28\xb5\x2f\xfdzzz", "damaged compressed"),
    "parquet": (b"PAR1zzz", "is no whole Parquet file"),
    "feather": (b"ARROW1zz", "is no whole Feather file"),
    "excel": (b"PK\x03\x04zz", "is no Excel file that can be read"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "NUL byte"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path, name):
    content, message = REFUSED[name]
    path = write(tmp_path, content)
    with pytest.raises(TableError) as error:
        look(path)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_is_no_file(tmp_path):
    with pytest.raises(TableError, match="No such file"):
        open_source(tmp_path / "none.csv")
    with pytest.raises(TableError, match="has no files"):
        open_source(tmp_path)


def test_a_pipe_cannot_be_read_twice(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(TableError, match="is no regular file"):
        open_source(path)
