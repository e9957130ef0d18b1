"""`trivium plot` as somebody runs it."""

import json
import sys
from xml.parsers.expat import ParserCreate

import matplotlib as mpl
import pytest
from PIL import Image
from sklearn.datasets import load_iris

from trivium import cli


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command; return its exit code, what it printed and what it said."""

    def run(*arguments):
        monkeypatch.setattr(cli, "_obey_signals", lambda: None)  # the handlers are the process's
        monkeypatch.setattr(sys, "argv", ["trivium", "plot", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdout", sys.stdout)
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    X, y = load_iris(return_X_y=True)
    path = tmp_path_factory.mktemp("plot") / "iris.csv"
    rows = [f"{a},{b},{c},{d},{'uvw'[k]},kind {k}" for (a, b, c, d), k in zip(X, y, strict=True)]
    path.write_text("a,b,c <b>&,d $ e,word,species\n" + "\n".join(rows) + "\n")
    return path


def test_an_svg_of_two_columns_is_the_same_whatever_a_user_has_set(call, path, tmp_path):
    outs = [tmp_path / "one.svg", tmp_path / "other.SVG"]
    axes = ("--x", "c <b>&", "--y", "d $ e")
    for out, width in zip(outs, (3.0, 9.0), strict=True):
        with mpl.rc_context({"lines.linewidth": width}):
            code, said, err = call(path, "--target", "species", *axes, "--out", out)
        assert (code, err) == (0, "")
    assert "150 rows by c <b>& and d $ e" in said
    assert "accuracy 0.9" in said
    assert outs[0].read_bytes() == outs[1].read_bytes()
    names = []
    reader = ParserCreate()
    reader.StartElementHandler = lambda name, _: names.append(name)
    reader.Parse(outs[0].read_bytes(), True)
    assert names[0] == "svg"
    assert "script" not in names
    # The letters are paths, the texts comments.
    assert "<!-- kind 2 -->" in outs[0].read_text(encoding="utf-8")


def test_principal_axes_on_a_dark_page_and_json(call, path, tmp_path):
    out = tmp_path / "plot.png"
    code, said, _ = call(path, "--target", "species", "--out", out, "--dark", "--json")
    assert code == 0
    told = json.loads(said)
    assert told["axes"] == ["principal axis 1", "principal axis 2"]
    assert (told["out"], told["rows"]) == (str(out), 150)
    assert told["classes"] == ["kind 0", "kind 1", "kind 2"]
    assert set(told["accuracy"]) == {"nearest neighbours", "least squares", "softmax regression"}
    assert min(told["accuracy"].values()) > 0.6
    assert "two principal axes" in told["notes"][0]
    with Image.open(out) as image:
        assert image.width > 2 * image.height > 1000
        assert image.convert("L").getpixel((image.width - 3, 2)) < 40


def test_a_pdf(call, path, tmp_path):
    out = tmp_path / "plot.pdf"
    assert call(path, "--target", "species", "--x", "a", "--y", "b", "--out", out)[0] == 0
    assert out.read_bytes().startswith(b"%PDF")


def test_one_row_of_a_class_is_drawn_and_not_tested(call, tmp_path):
    table = tmp_path / "few.csv"
    table.write_text(
        "x,y,c\n" + "".join(f"{i},{i * i % 7},{'b' if i else 'a'}\n" for i in range(20))
    )
    code, said, _ = call(
        table, "--target", "c", "--x", "x", "--y", "y", "--out", tmp_path / "p.png", "--json"
    )
    assert code == 0
    told = json.loads(said)
    assert set(told["accuracy"].values()) == {None}
    assert "A class has one row: accuracy is not tested." in told["notes"]


def test_letters_that_the_font_lacks_are_mentioned_once(call, tmp_path):
    table = tmp_path / "names.csv"
    table.write_text("数据,y,c\n" + "".join(f"{i},{i % 5},{'ab'[i % 2]}\n" for i in range(8)))
    code, said, err = call(
        *(table, "--target", "c", "--x", "数据", "--y", "y", "--out", tmp_path / "p.png", "--json")
    )
    assert (code, err) == (0, "")
    assert [note for note in json.loads(said)["notes"] if "boxes stand" in note]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--out", "plot.jpg"),
            "--out: name a file that ends in .svg, .png or .pdf, not 'plot.jpg'",
        ),
        (("--out", "plot.svg", "--x", "a"), "--x and --y: name both columns, or none"),
        (
            ("--out", "plot.svg", "--x", "a", "--y", "word"),
            "column 'word' is category: an axis takes",
        ),
        (("--out", "plot.svg", "--x", "a", "--y", "z"), "there is no column 'z'"),
        (("--out", "no/such/folder/plot.svg"), "no/such/folder"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, path, monkeypatch, tmp_path, options, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(path, "--target", "species", *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_rows_of_one_class_are_refused(call, tmp_path):
    table = tmp_path / "one.csv"
    rows = [f"{i},{i % 3},a" for i in range(9)] + [",,b", ",1,b"]
    table.write_text("x,y,c\n" + "\n".join(rows) + "\n")
    code, _, err = call(table, "--target", "c", "--x", "x", "--y", "y", "--out", tmp_path / "p.svg")
    assert code == 2
    assert "the rows that are shown have one class" in err
