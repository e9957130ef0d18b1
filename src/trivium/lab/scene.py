"""A scene of the lab: rows of the plane with their classes, and all that is set. Immutable.

A scene is what a link or a small file of JSON holds (`scene_text.py`). Every edit returns a new
scene, so that undoing is going back to the one before, and two pages never share one that changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivium.arrays import Float64, Indices
from trivium.lab import scene_text
from trivium.lab.settings import Settings
from trivium.storage.errors import one_line

MOST_ROWS = 5000
"""Rows of a scene, those that test it counted apart."""
MOST_CLASSES = 24
LONGEST_NAME = 80
"""Letters of a title, a class or the name of an axis."""
LARGEST = 1e100
"""No coordinate is greater: squares and spreads stay far within float64."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Rows, classes, names and settings.

    Attributes
    ----------
    X : ndarray of shape (n, 2)
        Rows that the classifiers learn from, in the user's units. There may be none.
    codes : ndarray of int of shape (n,)
        Place of each row's class in `classes`. Of some classes there may be no row.
    classes : tuple of str
        Names of the classes, all different.
    names : tuple of two str
        Names of the axes.
    settings : Settings
    title : str
    marked : int or None
        Number of a row that the scene is about, such as an outlier.
    X_test, test_codes : ndarray of shape (m, 2) and (m,)
        Rows that are only predicted; there may be none.
    window : tuple of four float or None
        (left, right, bottom, top) to show at first; None means around the rows.

    Raises
    ------
    ValueError
        If the parts do not fit together, or one is too large or not finite; the message names it.

    Notes
    -----
    The arrays cannot be written to; scenes share those that an edit leaves alone. Two scenes are
    equal if they are the same object: compare `to_json` of both to compare what they hold.

    Examples
    --------
    >>> from trivium.lab.scene import Scene
    >>> scene = Scene([[0, 0], [1, 1]], [0, 1], ("a", "b"))
    >>> scene.moved(1, 2.0, 3.0).X
    array([[0., 0.],
           [2., 3.]])
    >>> scene.added(5.0, 5.0, 0).codes, scene.codes
    (array([0, 1, 0]), array([0, 1]))
    """

    X: Float64
    codes: Indices
    classes: tuple[str, ...]
    names: tuple[str, str] = ("x", "y")
    settings: Settings = field(default_factory=Settings)
    title: str = ""
    marked: int | None = None
    X_test: Float64 = field(default_factory=lambda: np.empty((0, 2)))
    test_codes: Indices = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    window: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        classes = _texts("classes", self.classes)
        if not 1 <= len(classes) <= MOST_CLASSES:
            raise ValueError(f"classes must be 1 to {MOST_CLASSES}, got {len(classes)}")
        if len(set(classes)) < len(classes):
            raise ValueError("classes must have different names")
        names = _texts("names", self.names)
        if len(names) != 2:
            raise ValueError(f"names must be those of two axes, got {len(names)}")
        X = _rows("X", self.X)
        X_test = _rows("X_test", self.X_test)
        values: dict[str, Any] = {
            "classes": classes,
            "names": names,
            "title": _texts("title", [self.title])[0],
            "X": X,
            "codes": _codes("codes", self.codes, len(X), len(classes)),
            "X_test": X_test,
            "test_codes": _codes("test_codes", self.test_codes, len(X_test), len(classes)),
            "window": _window(self.window),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if not isinstance(self.settings, Settings):
            raise ValueError("settings must be Settings")
        if self.settings.shaded_class >= len(classes):
            raise ValueError(
                f"shaded_class is {self.settings.shaded_class}, and there are {len(classes)} "
                "classes, counted from 0"
            )
        if self.marked is not None:
            object.__setattr__(self, "marked", self._row(self.marked, "marked"))

    @property
    def n_rows(self) -> int:
        """Number of rows to learn from."""
        return int(self.codes.size)

    @property
    def present(self) -> Indices:
        """Places of the classes that have rows to learn from, in order."""
        return np.unique(self.codes)

    def moved(self, row: int, x: float, y: float) -> Self:
        """Return the scene with one row elsewhere.

        Parameters
        ----------
        row : int
        x, y : float
            In the user's units.

        Raises
        ------
        ValueError
            If there is no such row, or the place is not finite or too far.
        """
        X = self.X.copy()
        X[self._row(row)] = x, y
        return replace(self, X=X)

    def added(self, x: float, y: float, code: int) -> Self:
        """Return the scene with one row more, which is the last.

        Raises
        ------
        ValueError
            If the place is not finite or too far, there is no such class, or no room.
        """
        X = np.vstack([self.X, [[x, y]]])
        return replace(self, X=X, codes=np.append(self.codes, self._code(code)))

    def removed(self, row: int) -> Self:
        """Return the scene without one row; those after it move up by one.

        Raises
        ------
        ValueError
            If there is no such row.
        """
        row = self._row(row)
        marked = self.marked
        if marked is not None:
            marked = None if marked == row else marked - (marked > row)
        return replace(
            self, X=np.delete(self.X, row, axis=0), codes=np.delete(self.codes, row), marked=marked
        )

    def relabelled(self, row: int, code: int) -> Self:
        """Return the scene with one row of another class.

        Raises
        ------
        ValueError
            If there is no such row or class.
        """
        codes = self.codes.copy()
        codes[self._row(row)] = self._code(code)
        return replace(self, codes=codes)

    def with_settings(self, **changes: Any) -> Self:
        """Return the scene with some settings changed, by name.

        Raises
        ------
        ValueError
            If there is no such setting, or a value is out of range.
        """
        unknown = sorted(set(changes) - set(Settings.__dataclass_fields__))
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]!r}")
        return replace(self, settings=replace(self.settings, **changes))

    def to_json(self) -> str:
        """Write the scene as JSON.

        Returns
        -------
        str
            In letters of ASCII, the same for the same scene, numbers to their last digit.

        Examples
        --------
        >>> from trivium.lab.scene import Scene
        >>> print(Scene([[0, 0.1]], [0], ("a",)).to_json())
        {"X":[[0.0,0.1]],"classes":["a"],"codes":[0],"names":["x","y"],"scene":1}
        """
        plain = {
            "X": self.X.tolist(),
            "codes": self.codes.tolist(),
            "classes": list(self.classes),
            "names": list(self.names),
            "title": self.title,
            "marked": self.marked,
            "X_test": self.X_test.tolist(),
            "test_codes": self.test_codes.tolist(),
            "window": None if self.window is None else list(self.window),
            "settings": self.settings.to_plain(),
        }
        return scene_text.written(plain)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a scene from JSON, whoever wrote it.

        Raises
        ------
        ValueError
            In one line: what is wrong, and where.
        """
        plain = scene_text.read(text)
        try:
            settings = Settings(**scene_text.known(plain.pop("settings", {}), Settings))
            return cls(settings=settings, **plain)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"This is no scene: {one_line(error)}.") from None

    def to_fragment(self) -> str:
        """Write the scene as the end of a link, without its ``#``: some 20 letters a row."""
        return scene_text.packed(self.to_json())

    @classmethod
    def from_fragment(cls, fragment: str) -> Self:
        """Read a scene from the end of a link, with or without its ``#``.

        Raises
        ------
        ValueError
            In one line: what is wrong.
        """
        return cls.from_json(scene_text.unpacked(fragment))

    def _row(self, row: int, what: str = "row") -> int:
        if not _is_integer(row) or not 0 <= row < self.n_rows:
            raise ValueError(f"{what} must be one of the {self.n_rows} rows, counted from 0")
        return int(row)

    def _code(self, code: int) -> int:
        if not _is_integer(code) or not 0 <= code < len(self.classes):
            raise ValueError(f"class must be one of the {len(self.classes)}, counted from 0")
        return int(code)


def _is_integer(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def _is_kept(values: ArrayLike, dtype: type) -> TypeGuard[NDArray[Any]]:
    """Whether an array is another scene's: nobody writes to it, so that scenes may share it."""
    if not isinstance(values, np.ndarray) or values.dtype != dtype:
        return False
    flags = values.flags
    return flags.owndata and not flags.writeable and flags.c_contiguous


def _texts(what: str, texts: Any) -> tuple[str, ...]:
    given = tuple(texts)
    for text in given:
        if not isinstance(text, str) or len(text) > LONGEST_NAME:
            raise ValueError(f"{what} must be text of at most {LONGEST_NAME} letters")
    return given


def _rows(what: str, X: ArrayLike) -> Float64:
    rows = X if _is_kept(X, np.float64) else np.array(X, dtype=np.float64, order="C")
    if rows.size == 0 and rows.shape != (0, 2):
        rows = np.empty((0, 2))
    if rows.ndim != 2 or rows.shape[1] != 2:
        raise ValueError(f"{what} must be rows of two numbers, got shape {rows.shape}")
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{what} has {len(rows)} rows; the lab shows {MOST_ROWS} at most")
    bad = np.flatnonzero(~(np.abs(rows) <= LARGEST).all(axis=1))
    if bad.size:
        raise ValueError(f"{what}, row {bad[0]}: not finite, or beyond {LARGEST:g}")
    rows.setflags(write=False)
    return rows


def _codes(what: str, codes: ArrayLike, n_rows: int, n_classes: int) -> Indices:
    given = codes if _is_kept(codes, np.intp) else np.array(codes)
    if given.size == 0 and given.dtype != np.intp:
        given = np.empty(0, dtype=np.intp)
    if given.dtype.kind not in "iu" or given.shape != (n_rows,):
        raise ValueError(f"{what} must be one integer for each of {n_rows} rows")
    bad = np.flatnonzero((given < 0) | (given >= n_classes))
    if bad.size:
        raise ValueError(f"{what}, row {bad[0]}: there is no class {given[bad[0]]}")
    places: Indices = given.astype(np.intp, copy=False)
    places.setflags(write=False)
    return places


def _window(window: Any) -> tuple[float, float, float, float] | None:
    if window is None:
        return None
    sides = np.array(window, dtype=np.float64)
    good = sides.shape == (4,) and bool((np.abs(sides) <= 2 * LARGEST).all())
    if not (good and sides[0] < sides[1] and sides[2] < sides[3]):
        raise ValueError("window must be finite (left, right, bottom, top), left below right")
    left, right, bottom, top = sides.tolist()
    return left, right, bottom, top
