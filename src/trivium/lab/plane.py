"""Classifiers of a notebook, fitted anew while a hand moves their rows."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone, is_classifier

from trivium.arrays import Float64, Indices, Labels
from trivium.displays._arrays import plane_rows, points_like
from trivium.lab.painting import Window, as_window, panel, shading_image
from trivium.lab.plane_events import PlaneEvent
from trivium.lab.plane_widget import PlaneWidget, require_few
from trivium.lab.view import CELLS, View, view_around
from trivium.labels import as_labels, encoded, known_codes

_log = logging.getLogger("trivium")
_MARGIN = 0.15  # of the rows' ranges: room to drag a row into
_MOST_CLASSES = 24


class Plane(PlaneWidget):
    """Rows of the plane that a hand moves, and what classifiers fitted to them predict.

    Each edit fits a clone of every classifier and asks it for the class of 80 times 80 points.
    Runs in JupyterLab without a network; needs ``pip install "trivium[notebook]"``.

    Parameters
    ----------
    models : classifier, sequence of classifiers, or dict of str to classifier
        One panel each, side by side. They are cloned and never changed; pipelines and
        scikit-learn's own classifiers do.
    X : array-like or table of shape (n, 2)
        Rows; a table gives the axes their names.
    y : array-like of shape (n,)
        Labels.
    feature_names : sequence of two str, default=None
        Names of the axes; by default those of a table.
    window : tuple of float, default=None
        (left, right, bottom, top) of the panels; by default round the rows, with some room.

    Attributes
    ----------
    X : ndarray of shape (n, 2)
        Rows as they are now.
    y : ndarray of shape (n,)
        Their labels.
    models_ : dict of str to classifier
        Fitted to these rows; those that could not be are missing.
    scores_ : dict of str to float
        Their accuracy on these rows.
    classes : ndarray
        Classes that rows can have: those of `y` at first.

    Raises
    ------
    TypeError
        If a model is a class, not an object of it, or the window is not of numbers.
    ValueError
        If there is no model, or one is no classifier; if a row is not finite, rows and labels do
        not fit together, or there are more rows or classes than can be told apart; if the window
        is empty or not finite.

    Examples
    --------
    >>> from trivium import KNeighborsClassifier, LeastSquaresClassifier
    >>> from trivium.lab import Plane
    >>> X = [[0.0, 0.0], [1.0, 0.2], [3.0, 2.0], [4.0, 2.5]]
    >>> plane = Plane([KNeighborsClassifier(1), LeastSquaresClassifier()], X, ["a", "a", "b", "b"])
    >>> plane.scores_
    {'KNeighborsClassifier': 1.0, 'LeastSquaresClassifier': 1.0}
    """

    def __init__(
        self,
        models: Any,
        X: Any,
        y: ArrayLike,
        *,
        feature_names: Sequence[str] | None = None,
        window: Window | None = None,
    ) -> None:
        self._models = _named(models)
        self._like = X
        self.X: Float64 = plane_rows(X).copy()
        require_few(len(self.X))
        labels = as_labels(y)
        if labels.size != len(self.X):
            raise ValueError(f"X has {len(self.X)} rows, but y has {labels.size} labels")
        self.classes: Labels
        self.codes: Indices
        self.classes, self.codes = encoded(labels)
        if self.classes.size > _MOST_CLASSES:
            raise ValueError(
                f"y has {self.classes.size} classes: a plane tells {_MOST_CLASSES} apart at most"
            )
        if window is None:
            window = view_around(self.X, margin=_MARGIN).window
        self._grid = View(as_window(window), CELLS).grid
        self.models_: dict[str, Any] = {}
        self.scores_: dict[str, float] = {}
        super().__init__(
            self.X,
            self.codes,
            classes=[str(name) for name in self.classes],
            window=self._grid.extent,
            names=_axis_names(X, feature_names),
            panels=self._panels(),
        )

    @property
    def y(self) -> Labels:
        """Labels of the rows as they are now."""
        labels: Labels = self.classes[self.codes]
        return labels

    def handle(self, events: Sequence[PlaneEvent]) -> None:
        """Do what a hand did: change the rows, and fit once to all of it."""
        edits = [event for event in events if event.is_edit]
        for event in edits:
            self._edit(event)
        if edits:
            self.show_rows(self.X, self.codes)
            self.show(self._panels())

    def _edit(self, event: PlaneEvent) -> None:
        self.X, self.codes = self.X.copy(), self.codes.copy()
        match event:
            case PlaneEvent(kind="move", row=int(row)):
                self.X[row] = event.x, event.y
            case PlaneEvent(kind="relabel", row=int(row), code=int(code)):
                self.codes[row] = code
            case PlaneEvent(kind="remove", row=int(row)):
                self.X = np.delete(self.X, row, axis=0)
                self.codes = np.delete(self.codes, row)
            case PlaneEvent(kind="add", code=int(code)):
                self.X = np.vstack([self.X, [[event.x, event.y]]])
                self.codes = np.append(self.codes, np.intp(code))

    def _panels(self) -> list[dict[str, Any]]:
        """Fit every model, and return what the panels show."""
        self.models_, self.scores_ = {}, {}
        return [self._panel(name, model) for name, model in self._models.items()]

    def _panel(self, name: str, model: Any) -> dict[str, Any]:
        window = self._grid.extent
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                fitted = clone(model).fit(points_like(self._like, self.X), self.y)
                labels = self._predict(fitted, self._grid.points)
                boundaries = self._grid.boundaries(labels, lambda at: self._predict(fitted, at))
                score = float(np.mean(self._predict(fitted, self.X) == self.codes))
            except Exception as error:  # a model refuses rows: the hand goes on, and mends them
                _log.debug("%s could not be fitted to the plane.", name, exc_info=True)
                return panel(name, window, failure=_one_line(error))
        self.models_[name] = fitted
        self.scores_[name] = score
        right = round(score * self.codes.size)
        notes = [f"accuracy {score:.3f}", *dict.fromkeys(_one_line(each.message) for each in said)]
        lines = [("boundary", "", boundaries)] if len(boundaries) else []
        return panel(
            name,
            window,
            image=shading_image(labels.reshape(self._grid.shape)),
            lines=lines,
            note=" · ".join(notes),
            description=f"{right} of {self.codes.size} points get their own class; "
            + self._shares(labels),
        )

    def _predict(self, fitted: Any, points: Float64) -> Indices:
        """Return the classes of points, by their places."""
        labels = as_labels(fitted.predict(points_like(self._like, points)), "predictions")
        return known_codes(labels, self.classes, name="predictions")

    def _shares(self, codes: Indices) -> str:
        counts = np.bincount(codes, minlength=self.classes.size) / codes.size
        shares = [
            f"{name!s} {share:.0%}"
            for name, share in zip(self.classes, counts, strict=True)
            if share
        ]
        return "of the plane: " + ", ".join(shares)


def _named(models: Any) -> dict[str, Any]:
    """Return models by name, each name once."""
    if isinstance(models, Mapping):
        found = {str(name): model for name, model in models.items()}
    else:
        several = models if isinstance(models, (list, tuple)) else [models]
        found = {}
        for model in several:
            name = (model if isinstance(model, type) else type(model)).__name__
            same = sum(type(other) is type(model) for other in several)
            place = sum(type(other) is type(model) for other in found.values()) + 1
            found[name if same == 1 else f"{name} {place}"] = model
    if not found:
        raise ValueError("models must hold at least one classifier")
    for name, model in found.items():
        if isinstance(model, type):
            raise TypeError(
                f"models holds {name}, a class; give an object of it: {model.__name__}()"
            )
        if not (hasattr(model, "fit") and hasattr(model, "predict")):
            raise ValueError(f"models holds {name}, which has no fit and predict")
        if not _classifies(model):
            raise ValueError(f"models holds {name}, which is no classifier")
    return found


def _classifies(model: Any) -> bool:
    """Whether a model is a classifier, or does not say what it is."""
    try:
        return bool(is_classifier(model))
    except (AttributeError, TypeError, ValueError):  # none of scikit-learn's kind
        return getattr(model, "_estimator_type", "classifier") == "classifier"


def _axis_names(X: Any, feature_names: Sequence[str] | None) -> tuple[str, str]:
    """Return the names of the axes: given, a table's own, or x1 and x2."""
    given = list(getattr(X, "columns", ("x1", "x2"))) if feature_names is None else feature_names
    if len(given) != 2:
        raise ValueError(f"feature_names must hold two names, got {len(given)}")
    return str(given[0]), str(given[1])


def _one_line(error: object) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "…"
