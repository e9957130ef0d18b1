"""Scenes of tables: the columns as they are, whatever names, cells and gaps they have."""

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.answers.test_all_three import PANELS

from trivium.lab import own_rows
from trivium.lab.own_rows import OwnTable, own_table
from trivium.lab.scene import LONGEST_NAME, Scene
from trivium.lab.view import view_of
from trivium.tables.errors import TableError
from trivium.tables.look import look


def written(tmp_path, text, name="rows.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


PLAIN = "a,b,when,word,c\n" + "".join(
    f"{i % 7}.5,{1000 * (i % 11) + i},2024-01-{1 + i % 28:02d},{'up' if i % 2 else 'down'},"
    f"{'yes' if i % 3 else 'no'}\n"
    for i in range(60)
)


def test_two_columns_are_shown_as_they_are(tmp_path):
    table = own_table(written(tmp_path, PLAIN), "c")
    assert table.columns == ("a", "b", "when")
    scene, notes = table.scene("a", "b")
    np.testing.assert_array_equal(scene.X[:, 0], [i % 7 + 0.5 for i in range(60)])
    np.testing.assert_array_equal(scene.X[:, 1], [1000 * (i % 11) + i for i in range(60)])
    assert [scene.classes[c] for c in scene.codes[:4]] == ["no", "yes", "yes", "no"]
    assert scene.names == ("a", "b")
    assert scene.title == "rows.csv"
    assert scene.settings.standardize
    assert notes == ()
    days = table.scene("when", "a")[0].X[:, 0]
    np.testing.assert_array_equal(np.diff(days[:28]), 1.0)


def test_principal_axes_are_those_of_prepared_columns(tmp_path):
    scene, notes = own_table(written(tmp_path, PLAIN), "c").scene()
    assert scene.n_rows == 60
    assert abs(np.corrcoef(scene.X.T)[0, 1]) < 1e-9
    assert scene.X[:, 0].var() >= scene.X[:, 1].var()
    assert notes[-1].startswith("The two principal axes of ")
    assert not scene.settings.standardize


def test_rows_that_lack_a_value_are_counted(tmp_path):
    text = "x,y,c\n1,2,a\n,3,b\n4,NA,a\n5,6,\n7,8,b\n9,1,a\n2,2,b\n"
    scene, notes = own_table(written(tmp_path, text), "c").scene("x", "y")
    assert scene.X.tolist() == [[1, 2], [7, 8], [9, 1], [2, 2]]
    assert [scene.classes[c] for c in scene.codes] == ["a", "b", "a", "b"]
    assert notes == ("2 of 6 rows lack one of the two values: not shown.",)


def test_of_many_rows_some_of_every_class_are_shown():
    n = 100_000
    rare = np.where(np.isin(np.arange(n), [17, 99_999]), "rare", "common")
    table = {"x": np.arange(n) + 0.5, "y": np.sqrt(np.arange(n)), "c": rare}
    seen = OwnTable(look(pa.table(table), "c"), "many")
    scene, notes = seen.scene("x", "y", n_rows=500)
    assert scene.n_rows == 502
    assert np.bincount(scene.codes).tolist() == [500, 2]
    assert scene.X[[0, -1], 0].tolist() == [0.5, 99_999.5]
    assert notes == ("502 of 100,000 rows are shown, evenly spaced.",)
    assert seen.scene(n_rows=500)[0].n_rows == 502


def test_tags_in_names_and_cells_stay_text(tmp_path):
    name, cell = '<img src=x onerror="alert(1)">', "</script><script>alert(1)</script>"
    quoted = name.replace('"', '""')
    text = f'"{quoted}",y,c\n' + "".join(
        f"{i},{i % 5},{cell if i % 2 else 'b'}\n" for i in range(9)
    )
    scene, _ = own_table(written(tmp_path, text, "<b>.csv"), "c").scene(name, "y")
    assert scene.names == (name, "y")
    assert scene.classes == (cell, "b")
    assert scene.title == "<b>.csv"
    assert Scene.from_fragment(scene.to_fragment()).to_json() == scene.to_json()


def test_long_names_are_shortened_and_stay_apart(tmp_path):
    long = "z" * 300
    text = f"{long},y,c\n" + "".join(f"{i},{i % 5},{long}{i % 3}\n" for i in range(30))
    scene, _ = own_table(written(tmp_path, text), "c").scene(long, "y")
    assert len(scene.names[0]) == LONGEST_NAME
    assert len(set(scene.classes)) == 3
    assert all(len(name) <= LONGEST_NAME for name in scene.classes)


def test_constant_columns_and_one_clear_line(tmp_path):
    text = "x,y,word,c\n" + "".join(f"3,{i % 5},w{i},{'ab'[i % 2]}\n" for i in range(20))
    table = own_table(written(tmp_path, text), "c")
    scene, _ = table.scene("x", "y")
    assert (scene.X[:, 0] == 3).all()
    for panel in PANELS:
        assert not panel.answer(scene, view_of(scene, 10)).failure
    flat, notes = table.scene()
    assert (flat.X[:, 1] == 0).all()
    assert flat.names == ("y", "zero")
    assert any("the other axis is zero" in note for note in notes)


@pytest.mark.parametrize(
    ("axes", "says"),
    [
        (("x", None), "name two columns, x and y, or none"),
        (("x", "x"), "x and y are both column 'x': name two columns"),
        (("x", "nowhere"), "there is no column 'nowhere'"),
        (("x", "c"), "column 'c' is the target"),
        (("x", "word"), "column 'word' is category: an axis takes numbers, truth values or dates"),
        (("x", "far"), r"column 'far' has a number beyond 1e\+100 in line 3"),
        (("x", "left out"), "there is no column 'left out'"),
        (("low", "high"), "no row has a value of both 'low' and 'high'"),
    ],
)
def test_what_is_no_axis_is_said(tmp_path, axes, says):
    text = "x,word,far,left out,low,high,c\n" + "".join(
        f"{i % 5},{'pq'[i % 3 // 2]},{'2e200' if i == 1 else i * 1.5},{i % 4},"
        f"{i % 3 if i % 2 else ''},{'' if i % 2 else i % 3},{'ab'[i % 2] if i else ''}\n"
        for i in range(30)
    )
    table = own_table(written(tmp_path, text), "c", drop=["left out"])
    with pytest.raises(TableError, match=says) as caught:
        table.scene(*axes)
    assert "\n" not in str(caught.value)


def test_what_is_no_table_of_classes_is_said(tmp_path, monkeypatch):
    one = written(tmp_path, "x,y,c\n1,2,a\n3,4,a\n", "one.csv")
    with pytest.raises(TableError, match="one class only"):
        own_table(one, "c")
    many = "x,y,c\n" + "".join(f"{i},{i % 5},{'abc'[i % 3]}{i % 25}\n" for i in range(300))
    with pytest.raises(TableError, match="'c' has 75 classes: a picture tells 24 apart at most"):
        own_table(written(tmp_path, many), "c")
    with pytest.raises(TableError, match="no target was named"):
        OwnTable(look(one), "one")
    with pytest.raises(TableError, match="no column tells anything"):
        own_table(written(tmp_path, "x,c\n1,a\n1,b\n1,a\n", "x.csv"), "c").scene()
    monkeypatch.setattr(own_rows, "is_too_large", lambda source: True)
    with pytest.raises(TableError, match="does not fit in memory"):
        own_table(one, "c")
