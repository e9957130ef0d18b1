"""A scene as a script of Python, which prints the numbers of the three panels.

The script needs Trivium alone and no file: rows are in it, to their last digit. It asks the same
public estimators as the panels do, and prints the scores that they show; `printed` says which.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from trivium.lab.answers import least_squares, neighbors, softmax
from trivium.lab.answers.answer import Answer
from trivium.lab.answers.descent import descent_of
from trivium.lab.scene import Scene
from trivium.lab.view import view_of

PANELS: dict[str, ModuleType] = {
    "neighbors": neighbors,
    "least_squares": least_squares,
    "softmax": softmax,
}
TITLES = {
    "neighbors": "k nearest neighbours",
    "least_squares": "least squares",
    "softmax": "softmax regression",
}
_WIDTH = 96
_RIGHT = "np.mean({model}.predict({X}) == {y})"
_ROUNDED = "np.mean(np.rint(least_squares.decision_function({X})) == signs[{y}])"
_OWN, _TEST = {"X": "X", "y": "y"}, {"X": "X_test", "y": "y_test"}
_EXPRESSIONS = {
    "neighbors": {
        "accuracy": _RIGHT.format(model="neighbors", **_OWN),
        "leave-one-out accuracy": "np.mean(neighbors.predict(None) == y)",
        "test accuracy": _RIGHT.format(model="neighbors", **_TEST),
    },
    "least_squares": {
        "accuracy": _RIGHT.format(model="least_squares", **_OWN),
        "accuracy by rint": _ROUNDED.format(**_OWN),
        "leave-one-out accuracy": "np.mean(influence.loo_predictions == y)",
        "test accuracy": _RIGHT.format(model="least_squares", **_TEST),
        "test accuracy by rint": _ROUNDED.format(**_TEST),
    },
    "softmax": {
        "accuracy": _RIGHT.format(model="softmax", **_OWN),
        "loss": 'softmax.history_["loss"][-1]',
        "gap": "softmax.optimality_gap_",
        "test accuracy": _RIGHT.format(model="softmax", **_TEST),
    },
}


def script(scene: Scene) -> str:
    """Write a script that prints the scores of a scene.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    str
        A program of Python. A panel without an answer has no part in it.

    Examples
    --------
    >>> from trivium.lab.scene import Scene
    >>> from trivium.lab.script import script
    >>> told = script(Scene([[0, 0], [0, 1], [3, 0]], [0, 0, 1], ("a", "b")))
    >>> print(told.splitlines()[-2])
    print(f"softmax regression: loss {softmax.history_['loss'][-1]:.6g}")
    """
    view = view_of(scene, 2)
    found = {panel: module.answer(scene, view) for panel, module in PANELS.items()}
    parts = [_head(scene)]
    for panel, answer in found.items():
        if not answer.failure:
            parts.append(_PARTS[panel](scene, answer.scores) + _prints(panel, answer.scores, scene))
    return "\n".join(parts)


def printed(answers: Mapping[str, Answer]) -> str:
    """Return what the script of a scene prints, from the answers of its panels.

    Parameters
    ----------
    answers : mapping of str to Answer
        By "neighbors", "least_squares" and "softmax", in this order.

    Returns
    -------
    str
        A line for each score.
    """
    return "".join(
        f"{TITLES[panel]}: {name} {value:{_form(name)}}\n"
        for panel, answer in answers.items()
        for name, value in answer.scores.items()
    )


def _head(scene: Scene) -> str:
    title = scene.title or "A scene of the lab"
    scaled = scene.settings.standardize
    lines = [
        f"# {title!r}: columns {scene.names[0]!r}, {scene.names[1]!r}",
        "import numpy as np",
        *["from sklearn.preprocessing import StandardScaler"] * scaled,
        "",
        "from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression",
        "",
        _array("X", scene.X.tolist()),
        f"classes = {list(scene.classes)!r}",
        _array("y", scene.codes.tolist(), "  # places in classes"),
    ]
    if scene.test_codes.size:
        lines.append(_array("X_test", scene.X_test.tolist()))
        lines.append(_array("y_test", scene.test_codes.tolist()))
    if scaled:
        lines.append("scaler = StandardScaler().fit(X)")
        lines.append("X = scaler.transform(X)")
    if scaled and scene.test_codes.size:
        lines.append("X_test = scaler.transform(X_test)")
    return "\n".join(lines) + "\n"


def _array(name: str, values: list[Any], comment: str = "") -> str:
    """Write an array in lines of moderate length, every number so that it comes back."""
    inner = textwrap.wrap(repr(values)[1:-1], _WIDTH, break_long_words=False)
    return "\n".join([f"{name} = np.array([{comment}", *(f"    {line}" for line in inner), "])"])


def _neighbors(scene: Scene, scores: Mapping[str, float]) -> str:
    del scores
    return f"neighbors = KNeighborsClassifier(n_neighbors={scene.settings.k}).fit(X, y)\n"


def _least_squares(scene: Scene, scores: Mapping[str, float]) -> str:
    alpha, robust = scene.settings.alpha, scene.settings.robust
    given = f"alpha={alpha!r}, robust={robust!r}"
    told = f"least_squares = LeastSquaresClassifier({given}).fit(X, y)\n"
    if "leave-one-out accuracy" in scores:
        told += "influence = least_squares.influence(X, y)\n"
    if "accuracy by rint" in scores:
        signs = np.full(len(scene.classes), 9)  # of no value that is rounded to -1, 0 or 1
        signs[scene.present] = -1, 1
        told += f"signs = np.array({signs.tolist()!r})  # of the classes\n"
    return told


def _softmax(scene: Scene, scores: Mapping[str, float]) -> str:
    del scores
    alpha = scene.settings.softmax_alpha
    if scene.settings.step is None:
        return f"softmax = SoftmaxRegression(alpha={alpha!r}).fit(X, y)\n"
    descent = descent_of(scene)
    steps = descent.at(scene.settings.step).number
    lines = [
        f"optimum = SoftmaxRegression(alpha={alpha!r}).fit(X, y)",
        'least = optimum.history_["loss"][-1] - optimum.optimality_gap_',
        "softmax = SoftmaxRegression(",
        f"    alpha={alpha!r},",
        '    solver="gradient-descent",',
        f"    learning_rate={scene.settings.learning_rate!r},",
        f"    max_iter={max(steps, 1)},",
        "    tol=0,",
        ").fit(X, y)  # it warns that it was stopped",
    ]
    if steps == 0:
        lines.append("# Step 0 is asked for: all coefficients are zero, and the first class leads.")
    if descent.diverged_at is not None and steps == descent.diverged_at - 1:
        lines.append(f"# At step {descent.diverged_at} the loss is no longer finite.")
    return "\n".join(lines) + "\n"


_PARTS = {"neighbors": _neighbors, "least_squares": _least_squares, "softmax": _softmax}


def _prints(panel: str, scores: Mapping[str, float], scene: Scene) -> str:
    expressions = dict(_EXPRESSIONS[panel])
    if panel == "softmax" and scene.settings.step is not None:
        at = descent_of(scene).at(scene.settings.step).number
        loss = f'softmax.history_["loss"][{at}]'
        expressions["loss"] = loss
        expressions["gap"] = f"max({loss} - least, 0)"
        expressions["accuracy"] = f'softmax.history_["train_accuracy"][{at}]'
        if at == 0:
            expressions["test accuracy"] = "np.mean(y_test == y.min())"
    return "".join(
        f'print(f"{TITLES[panel]}: {name} {{{_quoted(expressions[name])}:{_form(name)}}}")\n'
        for name in scores
    )


def _form(name: str) -> str:
    return ".2g" if name == "gap" else ".6g"


def _quoted(expression: str) -> str:
    """Return an expression as it stands within a string in double quotes."""
    return expression.replace('"', "'")
