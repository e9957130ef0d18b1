"""The plane in Python: rows follow events, classifiers are fitted anew, panels show the answer."""

import asyncio
import base64
import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import trivium
from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.displays import palette
from trivium.lab import Plane, PlaneWidget
from trivium.lab.painting import panel, shading_image

WINDOW = (-1.0, 5.0, -1.0, 5.0)


@pytest.fixture
def table():
    rng = np.random.default_rng(5)
    X = np.concatenate([rng.normal(1, 0.7, (20, 2)), rng.normal(3, 0.7, (20, 2))])
    return X, np.repeat(["left", "right"], 20)


def happen(plane, **event):
    """Tell the plane one more event, as the browser does."""
    plane.events = [{"serial": plane._taken + 1, **event}]


def places(plane, number=0):
    """Classes of the cells of a panel, the bottom row first, by the colours of its image."""
    uri = plane.picture["panels"][number]["image"]
    seen = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    colors = np.asarray(seen.convert("RGBA"))[::-1, :, :3].astype(int)
    known = [
        list(bytes.fromhex(palette.class_color(code)[1:])) for code in range(len(plane.classes))
    ]
    return np.array([[known.index(list(cell)) for cell in row] for row in colors.tolist()])


def drawn_rows(plane):
    return np.frombuffer(base64.b64decode(plane.rows["xy"]), "<f8").reshape(-1, 2)


def test_panels_show_what_the_classifiers_predict_before_and_after_a_move(table):
    X, y = table
    models = {"near": KNeighborsClassifier(3), "line": LeastSquaresClassifier()}
    plane = Plane(models, X, y, window=WINDOW)
    cells = plane._grid.points
    for step in range(2):
        for number, (name, model) in enumerate(models.items()):
            truth = model.fit(plane.X, plane.y).predict(cells).reshape(80, 80)
            np.testing.assert_array_equal(plane.classes[places(plane, number)], truth)
            assert plane.scores_[name] == model.score(plane.X, plane.y)
            assert f"accuracy {plane.scores_[name]:.3f}" in plane.picture["panels"][number]["note"]
        if step == 0:
            before = places(plane, 1)
            happen(plane, kind="move", row=3, x=4.5, y=4.5)
    assert (places(plane, 1) != before).any()
    assert plane.X[3].tolist() == [4.5, 4.5]
    assert X[3].tolist() != [4.5, 4.5]


def test_rows_follow_every_edit(table):
    X, y = table
    plane = Plane(KNeighborsClassifier(1), X, y)
    happen(plane, kind="add", x=0.5, y=0.25, code=1)
    assert plane.X[-1].tolist() == [0.5, 0.25]
    assert plane.y[-1] == "right"
    happen(plane, kind="relabel", row=40, code=0)
    assert plane.y[-1] == "left"
    happen(plane, kind="remove", row=0)
    np.testing.assert_array_equal(plane.X[:-1], X[1:])
    np.testing.assert_array_equal(plane.y[:-1], y[1:])
    np.testing.assert_array_equal(drawn_rows(plane), plane.X)
    assert plane.rows["serial"] == plane.picture["serial"] == 3


def test_one_fit_answers_all_that_came_together(table):
    X, y = table
    plane = Plane(KNeighborsClassifier(1), X, y)
    shown = []
    plane.observe(lambda change: shown.append(change["new"]["serial"]), "picture")
    moves = [{"kind": "move", "serial": s, "row": 0, "x": s, "y": 0} for s in (1, 2, 3)]
    plane.events = moves
    assert shown == [3]
    plane.events = [*moves, {"kind": "remove", "serial": 4, "row": 0}]
    assert shown == [3, 4]
    assert len(plane.X) == len(X) - 1


def test_within_a_loop_events_are_handled_at_its_next_turn(table):
    X, y = table
    plane = Plane(KNeighborsClassifier(1), X, y)

    async def hand():
        happen(plane, kind="remove", row=0)
        assert len(plane.X) == len(X)
        await asyncio.sleep(0)
        assert len(plane.X) == len(X) - 1

    asyncio.run(hand())


def test_a_model_that_refuses_says_why_and_the_hand_goes_on():
    plane = Plane([KNeighborsClassifier(2), LeastSquaresClassifier()], [[0, 0], [1, 1]], ["a", "b"])
    assert set(plane.models_) == {"KNeighborsClassifier", "LeastSquaresClassifier"}
    happen(plane, kind="remove", row=1)
    failures = [shown["failure"] for shown in plane.picture["panels"]]
    assert "n_neighbors" in failures[0]
    assert "class" in failures[1]
    assert plane.models_ == {}
    happen(plane, kind="remove", row=0)
    assert all(shown["failure"] for shown in plane.picture["panels"])
    happen(plane, kind="add", x=0, y=0, code=0)
    happen(plane, kind="add", x=1, y=0, code=1)
    assert not any(shown["failure"] for shown in plane.picture["panels"])


def test_what_a_model_warns_of_stands_under_its_panel():
    X = [[0, 0], [0, 1], [3, 0], [3, 1]]
    plane = Plane(SoftmaxRegression(alpha=0.0), X, ["a", "a", "b", "b"])
    assert "separat" in plane.picture["panels"][0]["note"]


def test_tables_and_pipelines_keep_the_names_of_their_columns(table):
    X, y = table
    frame = pd.DataFrame(X, columns=["width <b>", "height"])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    plane = Plane([model, KNeighborsClassifier(3)], frame, y)
    assert plane.look["names"] == ["width <b>", "height"]
    happen(plane, kind="move", row=0, x=2, y=2)
    assert plane.models_["Pipeline"].feature_names_in_.tolist() == list(frame.columns)
    assert not any(shown["failure"] for shown in plane.picture["panels"])


def test_models_of_one_kind_are_numbered(table):
    plane = Plane(
        [KNeighborsClassifier(1), KNeighborsClassifier(9), LeastSquaresClassifier()], *table
    )
    titles = [shown["title"] for shown in plane.picture["panels"]]
    assert titles == ["KNeighborsClassifier 1", "KNeighborsClassifier 2", "LeastSquaresClassifier"]


def test_boundaries_are_lines_of_the_panel(table):
    plane = Plane(LeastSquaresClassifier(), *table)
    (line,) = plane.picture["panels"][0]["lines"]
    assert line["kind"] == "boundary"
    assert line["path"].startswith("M")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [[0, 0]], ["a"]), "models must hold at least one"),
        ((["knn"], [[0, 0]], ["a"]), "models holds str, which has no fit and predict"),
        ((KNeighborsClassifier(), [[0, 0, 0]], ["a"]), r"X must have shape \(n, 2\)"),
        ((LinearRegression(), [[0, 0]], ["a"]), "models holds LinearRegression, which is no cl"),
        ((make_pipeline(LinearRegression()), [[0, 0]], ["a"]), "Pipeline, which is no classifier"),
        ((KNeighborsClassifier(), [[0, 0], [1, np.nan]], ["a", "b"]), "row 1, column 1 holds NaN"),
        ((KNeighborsClassifier(), [[np.inf, 0]], ["a"]), "row 0, column 0 holds infinity"),
        ((KNeighborsClassifier(), [[0, 0]], ["a", "b"]), "X has 1 rows, but y has 2 labels"),
        ((KNeighborsClassifier(), np.eye(2).repeat(20, 0), range(40)), "y has 40 classes"),
        ((KNeighborsClassifier(), np.zeros((5001, 2)), [0] * 5001), "5001 rows: a plane draws"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Plane(*arguments)


@pytest.mark.parametrize(
    ("window", "error"),
    [
        ((1, 0, 0), ValueError),
        ((1, 0, 0, 1), ValueError),
        ((0, np.inf, 0, 1), ValueError),
        ((-1e308, 1e308, 0, 1), ValueError),
        ((0, 10**400, 0, 1), ValueError),
        ("abcd", TypeError),
        ("0101", TypeError),
        (7, TypeError),
        ((0, 1, None, 1), TypeError),
    ],
)
def test_a_window_is_four_numbers_in_order(window, error):
    with pytest.raises(error, match="^window"):
        Plane(KNeighborsClassifier(1), [[0, 0]], ["a"], window=window)
    with pytest.raises(error, match="^window"):
        PlaneWidget([[0, 0]], [0], classes=["a"], window=window)


@pytest.mark.parametrize("side", [5e-324, 1e-310, 1e-300, 1e-200, 1e300])
def test_windows_of_any_width_are_drawn(side):
    window = (0, side, 0, side)
    plane = Plane(KNeighborsClassifier(1), [[0, 0], [1e-200, side]], ["a", "b"], window=window)
    assert plane.look["ticks"][0][0] == {"at": 0.0, "text": "0"}
    assert all(0 <= tick["at"] <= 1 for axis in plane.look["ticks"] for tick in axis)


@pytest.mark.parametrize("models", [KNeighborsClassifier, [LogisticRegression], {"mine": Plane}])
def test_a_class_is_no_model(models):
    with pytest.raises(TypeError, match=r"models holds .*, a class; give an object of it: \w+\(\)"):
        Plane(models, [[0, 0]], ["a"])


class Foreign:
    """A classifier that is none of scikit-learn's kind."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.array(["a"] * len(X))

    def __sklearn_clone__(self):
        return self


def test_a_model_that_does_not_say_what_it_is_may_classify():
    assert Plane(Foreign(), [[0, 0]], ["a"]).scores_ == {"Foreign": 1.0}


def test_names_of_the_axes_are_two():
    with pytest.raises(ValueError, match="feature_names must hold two names, got 1"):
        Plane(KNeighborsClassifier(1), [[0, 0]], ["a"], feature_names=["x"])


class TestWidget:
    @pytest.fixture
    def widget(self):
        return PlaneWidget(
            [[0, 0], [1, 1]], [0, 1], classes=["a", "b"], window=WINDOW, panels=[panel("p", WINDOW)]
        )

    def test_events_are_handed_on_once_and_what_is_chosen_is_kept(self, widget):
        heard = []
        widget.on_event(heard.append)
        told = [
            {"kind": "select", "serial": 1, "row": 1},
            {"kind": "tool", "serial": 2, "tool": "add"},
            {"kind": "class", "serial": 3, "code": 1},
        ]
        widget.events = told[:2]
        widget.events = told
        assert [event.serial for event in heard] == [1, 2, 3]
        assert (widget.selected, widget.tool, widget.code) == (1, "add", 1)
        widget.events = [{"kind": "remove", "serial": 4, "row": 0}]
        assert widget.selected is None

    def test_answers_say_to_which_event(self, widget):
        happen(widget, kind="remove", row=0)
        assert widget.picture["serial"] == 0
        widget.show_rows([[1, 1]], [1])
        widget.show([], serial=1)
        assert widget.rows["serial"] == widget.picture["serial"] == 1

    def test_a_browser_sets_events_alone(self, widget):
        heard = []
        widget.on_event(heard.append)
        event = {"kind": "select", "serial": 1, "row": 0}
        widget.set_state({"rows": {}, "picture": {}, "look": {}, "events": [event]})
        assert widget.rows["codes"] == [0, 1]
        assert widget.picture["panels"]
        assert len(heard) == 1

    def test_rows_are_sent_again_only_where_they_differ_or_an_edit_is_refused(self, widget):
        sent = []
        widget.observe(lambda change: sent.append(change["new"]["serial"]), "rows")
        happen(widget, kind="hover", x=0, y=0)
        widget.show_rows([[0, 0], [1, 1]], [0, 1])
        assert sent == []
        happen(widget, kind="move", row=0, x=9, y=9)
        widget.show_rows([[0, 0], [1, 1]], [0, 1], serial=1)
        assert sent == []
        widget.show_rows([[0, 0], [1, 1]], [0, 1])
        widget.show_rows([[0, 0], [1, 2]], [0, 1])
        assert sent == [2, 2]

    def test_rows_of_a_test_are_shown_beside(self, widget):
        widget.show_rows([[0, 0]], [0], others=([[2, 2]], [1]))
        assert widget.rows["others"]["codes"] == [1]

    def test_equal_choices_are_both_sent(self, widget):
        sent = []
        widget.observe(lambda change: sent.append(change["new"]), "choice")
        widget.choose(tool="add")
        widget.choose(tool="add")
        assert len(sent) == 2
        assert widget.tool == "add"

    def test_only_what_there_is_can_be_chosen(self, widget):
        with pytest.raises(ValueError, match="there is no 'colour' to choose"):
            widget.choose(colour=1)

    @pytest.mark.parametrize(
        ("points", "codes", "message"),
        [
            ([[0, 0]], [0, 1], "codes must be one for each of 1 rows"),
            ([[0, 0]], [2], "codes must be places of the 2 classes"),
            ([[0, 0]], [-1], "codes must be places of the 2 classes"),
        ],
    )
    def test_rows_that_do_not_fit_are_refused(self, widget, points, codes, message):
        with pytest.raises(ValueError, match=message):
            widget.show_rows(points, codes)

    def test_a_closed_widget_is_let_go(self, widget):
        from ipywidgets.widgets import widget as registry

        heard = []
        widget.on_event(heard.append)
        widget.close()
        assert not {widget, widget.layout} & set(registry._instances.values())
        widget.events = [{"kind": "select", "serial": 1, "row": 0}]
        assert heard == []


def test_without_its_extra_it_says_what_to_install():
    program = (
        "import sys\nsys.modules['anywidget'] = None\nimport trivium\n"
        "try: trivium.lab.Plane\nexcept ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert 'pip install "trivium[notebook]"' in run.stdout, run.stderr


def test_no_two_of_twenty_four_classes_have_one_tint():
    uri = shading_image(np.arange(24).reshape(4, 6))
    seen = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGBA")
    assert len(set(np.asarray(seen).view("u4").ravel().tolist())) == 24


def test_the_room_has_two_names_and_no_other():
    assert dir(trivium.lab) == ["Plane", "PlaneWidget"]
    with pytest.raises(AttributeError, match="module 'trivium.lab' has no attribute 'Plan'"):
        trivium.lab.Plan  # noqa: B018
