"""How commands print tables, in terminals of any width."""

import pytest

from trivium.commands.words import print_rows, print_scores

HEADS = ["model", "accuracy", "balanced accuracy"]
ROWS = [("least squares *", "0.633 ± 0.062", "0.500 ± 0.001"), ("[red]", "–", "")]


@pytest.mark.parametrize("width", [20, 30, 46, 47, 50, 51, 80, 200])
def test_no_number_is_cut_where_lines_are_short(monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    print_scores("5-fold [b]", HEADS, ROWS)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    words = " ".join(out.split())
    for number in ("0.633 ± 0.062", "0.500 ± 0.001", "[red]", "5-fold [b]"):
        assert number in words
    assert ("- least squares *: accuracy" in words) == (width < 47)


def test_cells_that_are_empty_are_left_out_of_a_list(capsys):
    print_rows("Title", HEADS, ROWS)
    assert capsys.readouterr().out.split("\n")[2].rstrip() == "- [red]: accuracy –"
