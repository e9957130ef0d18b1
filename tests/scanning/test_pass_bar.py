"""The bar of a pass: drawn where a pass takes a while, and taken away whatever happens."""

import io

import numpy as np
import pytest
from rich.console import Console

import trivium
from trivium.scanning import pass_bar
from trivium.scanning.pass_bar import PassBar


@pytest.fixture
def table(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(40.0).reshape(20, 2) % 7)
    return tmp_path / "x.npy"


def test_a_long_pass_draws_a_bar_and_takes_it_away(monkeypatch, table):
    monkeypatch.setattr(pass_bar, "_DELAY", -1.0)
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    bar = PassBar(console)
    trivium.LeastSquaresClassifier().fit(
        trivium.scan(table, target=np.arange(20) % 2, progress=bar)
    )
    drawn = console.file.getvalue()
    assert "reading rows" in drawn
    assert "100 %" in drawn
    assert "rows/s" in drawn
    assert bar._bar is None


def test_a_short_pass_draws_nothing(table, capsys):
    for progress in (True, False):
        found = trivium.scan(table, target=np.arange(20) % 2, progress=progress)
        trivium.LeastSquaresClassifier().fit(found)
    assert capsys.readouterr() == ("", "")


def test_a_bar_goes_when_the_next_pass_begins(monkeypatch):
    monkeypatch.setattr(pass_bar, "_DELAY", -1.0)
    bar = PassBar(Console(file=io.StringIO(), force_terminal=True))
    bar.begin(10)
    bar.advance(5)
    bar.begin(10)
    assert bar._bar is None
    bar.end()
