"""Scenes to begin with: the exercise sheets' rows, and rows that show what a classifier cannot do.

Each preset names what there is to see. Rows are made anew, the same each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from trivium.lab.scene import Scene
from trivium.lab.settings import Settings

OUTLIER_DIRECTION = (1.0, 1.75)
"""The sheets' outlier is at a scale times this place."""
OUTLIER_SCALES = (1, 2, 4, 8)
_OUTLIER_WINDOW = (-1.5, 9.5, -1.5, 15.5)  # holds all four, so that one can be dragged to the next


@dataclass(frozen=True)
class Preset:
    """A scene to begin with.

    Attributes
    ----------
    title : str
    about : str
        A sentence on what there is to see.
    make : callable
        Returns the scene.
    """

    title: str
    about: str
    make: Callable[[], Scene]


def moons(n_rows: int = 1000, n_test: int = 100) -> Scene:
    """Return the sheets' two moons: all but the last rows train.

    Parameters
    ----------
    n_rows : int
        The sheets have 1000.
    n_test : int
        The last ones, which are only predicted.

    Returns
    -------
    Scene
    """
    from sklearn.datasets import make_moons

    X, codes = make_moons(n_samples=n_rows, noise=0.2, random_state=0)
    cut = n_rows - n_test
    return Scene(
        X[:cut],
        codes[:cut],
        ("0", "1"),
        ("x₁", "x₂"),
        Settings(k=5),
        "Two moons",
        X_test=X[cut:],
        test_codes=codes[cut:],
    )


def outlier(scale: float) -> Scene:
    """Return the sheets' two clouds, and one row far off at scale·(1, 1.75).

    Parameters
    ----------
    scale : float
        The sheets have 1, 2, 4 and 8.

    Returns
    -------
    Scene
        Its marked row is the outlier; ``rounded`` is set, as the sheets score rint(f).

    Examples
    --------
    >>> from trivium.lab.presets import outlier
    >>> scene = outlier(2)
    >>> scene.X[scene.marked]
    array([2. , 3.5])
    """
    from sklearn.model_selection import train_test_split

    random = np.random.RandomState(0)  # the sheets' own generator
    X = np.vstack([0.2 * random.randn(500, 2), 1.0 + 0.2 * random.randn(500, 2)])
    y = np.repeat([1, -1], 500)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.1, shuffle=True, random_state=0)
    return Scene(
        np.vstack([X, np.multiply(scale, OUTLIER_DIRECTION)]),
        np.append(y == 1, False).astype(np.intp),
        ("-1", "+1"),
        ("x₁", "x₂"),
        Settings(rounded=True, sizes="cooks_distance"),
        f"An outlier at scale {scale:g}",
        marked=len(X),
        X_test=X_test,
        test_codes=(y_test == 1).astype(np.intp),
        window=_OUTLIER_WINDOW,
    )


def masked() -> Scene:
    """Return three classes in a row, the middle one of which least squares predicts for no row."""
    random = np.random.RandomState(0)
    codes = np.repeat([0, 1, 2], [70, 40, 70])
    X = 2.0 * (codes[:, None] - 1) + 0.5 * random.randn(180, 2)
    return Scene(X, codes, ("left", "middle", "right"), title="Three classes, one masked")


def separable() -> Scene:
    """Return two classes that a line separates, without a penalty."""
    random = np.random.RandomState(0)
    X = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 60, axis=0) + 0.28 * random.randn(120, 2)
    settings = Settings(softmax_alpha=0.0, softmax_shading="p(c|x)", step=100, learning_rate=1.0)
    return Scene(
        X, np.repeat([0, 1], 60), ("left", "right"), settings=settings, title="Separable classes"
    )


def imbalanced() -> Scene:
    """Return two classes that overlap, one of them with one row in twenty."""
    random = np.random.RandomState(0)
    X = np.vstack([random.randn(190, 2), [1.2, 1.2] + 0.6 * random.randn(10, 2)])
    codes = np.repeat([0, 1], [190, 10])
    settings = Settings(k=9, softmax_shading="p(c|x)", shaded_class=1)
    return Scene(X, codes, ("common", "rare"), settings=settings, title="Imbalanced classes")


def digits() -> Scene:
    """Return the sheets' digits on the two principal axes of the rows to learn from."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    parts = train_test_split(X / 16, y, test_size=0.25, shuffle=True, random_state=0)
    X, X_test, y, y_test = parts
    axes = PCA(2, svd_solver="full").fit(X)
    return Scene(
        axes.transform(X),
        y,
        tuple("0123456789"),
        ("first principal axis", "second principal axis"),
        Settings(k=15),
        "Digits on two principal axes",
        X_test=axes.transform(X_test),
        test_codes=y_test,
    )


PRESETS: dict[str, Preset] = {
    "moons": Preset(
        "Two moons",
        "Neighbours follow the bend that no straight line can: watch the leave-one-out curve of k.",
        moons,
    ),
    **{
        f"outlier-{scale}": Preset(
            f"Outlier at scale {scale}",
            "One row on its own side of the line pulls at it all the more the farther it is: drag "
            "it, and turn robust on.",
            partial(outlier, scale),
        )
        for scale in OUTLIER_SCALES
    },
    "masked": Preset(
        "Three masked classes",
        "Least squares predicts the class in the middle for none of its rows; the two others do.",
        masked,
    ),
    "separable": Preset(
        "Separable classes",
        "Without a penalty the loss falls for ever, and the probabilities tend to 0 and 1.",
        separable,
    ),
    "imbalanced": Preset(
        "Imbalanced classes",
        "A class of few rows is outvoted: high accuracy, and yet it is hardly ever predicted.",
        imbalanced,
    ),
    "digits": Preset(
        "Digits on two principal axes",
        "Ten classes in two of 64 dimensions: what the picture leaves out, no classifier can tell.",
        digits,
    ),
}
"""By a short name that fits into a link."""
