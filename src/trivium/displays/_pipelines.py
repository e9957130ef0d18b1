"""A fitted pipeline seen through: its last step, and the columns that its first one takes.

Pictures are in the columns that the user gave, whatever steps come before the model: points of the
picture go through the steps, and what the model says in its own columns (coefficients, densities)
is carried back through them. For a picture in the columns of the last step, a display is given
that step and the rows as it gets them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.containers import as_array, as_numbers
from trivium.displays._arrays import points_like
from trivium.displays._planes import Plane

_AS_LINEAR = (
    1e-9  # of the greatest value of a column: what may be left of a map beside its linear part
)
_PROBES = (-30.0, -1.0, 2.0, 30.0)  # along each column, where no rows are given
_STEP = 0.01  # of a cell, to either side: a derivative
_COUNTED = {2: "two"}


@dataclass(frozen=True)
class Unwrapped:
    """A model and the steps before it.

    Parameters
    ----------
    model : object
        What classifies: the last step of a pipeline, or an estimator by itself.
    before : tuple of object
        Fitted transformers, in order.
    """

    model: Any
    before: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """The name of the model's class."""
        return type(self.model).__name__

    def require(self, attribute: str, owners: str) -> None:
        """Raise a ValueError unless the model has an attribute that a picture shows.

        Parameters
        ----------
        attribute : str
        owners : str
            What has it, for the error.
        """
        if not hasattr(self.model, attribute):
            raise ValueError(
                f"{self.name} has no {attribute}: it is not fitted, or is none of those that have "
                f"({owners})"
            )

    def rows(self, X: Any) -> Any:
        """Return rows as the model gets them."""
        for steps in self.before:
            X = steps.transform(X)
        return X

    def at(self, points: Float64, plane: Plane) -> Any:
        """Return points of the plane as the model gets them.

        Parameters
        ----------
        points : ndarray of shape (n, 2)
        plane : Plane
            Which rows they are.
        """
        with np.errstate(all="ignore"):
            return self.rows(plane.rows(points))

    def ask(self, method: str, points: Float64, plane: Plane) -> Any:
        """Return what a method of the model answers at points of the plane.

        Parameters
        ----------
        method : str
        points : ndarray of shape (n, 2)
        plane : Plane
            Which rows they are.

        Raises
        ------
        ValueError
            If the model refuses what a step leaves at one of the points, NaN or infinity: a
            logarithm, say, of what lies left of the rows. Whatever else the model raises.
        """
        rows = self.at(points, plane)
        try:
            return getattr(self.model, method)(rows)
        except ValueError as error:
            if not self.before:
                raise
            finite = np.isfinite(_dense(rows)).all(axis=1)
            if finite.all():
                raise
            x, y = points[~finite][0]
            raise ValueError(
                f"the steps before {self.name} give no finite value at ({x:g}, {y:g}), a point "
                "of the picture: give a grid, grid=PlaneGrid(...), within which they do"
            ) from error

    def planes(self, coef: Float64, intercept: Float64, plane: Plane) -> tuple[Float64, Float64]:
        """Return linear functions of the model's columns as functions of the plane's axes.

        Parameters
        ----------
        coef : ndarray of shape (..., n_targets, m)
            Coefficients for the m columns that the model gets.
        intercept : ndarray of shape (..., n_targets)
        plane : Plane
            At whose points the steps must be linear.

        Returns
        -------
        coef : ndarray of shape (..., n_targets, 2)
        intercept : ndarray of shape (..., n_targets)

        Raises
        ------
        ValueError
            If the steps are not linear at these points.
        """
        if not self.before and plane.whole:
            return coef, intercept
        points = plane.points
        # From the middle of the rows, and as far as they spread: no digits are lost there.
        low, high = points.min(axis=0) / 2, points.max(axis=0) / 2
        centre, reach = low + high, np.where(high > low, high - low, 1.0)
        matrix, shift = self._linear_map(
            lambda points: self.rows(plane.rows(points)), centre, reach, points
        )
        return coef @ matrix, intercept + coef @ (shift - matrix @ centre)

    def column_weights(self, coef: Float64) -> Float64:
        """Return coefficients of the model's columns as those of the columns of the first step.

        Where each of the model's columns is one of the first step's, scaled and shifted, they stay
        as they are: in units in which the columns can be compared, if that is why they were scaled.

        Parameters
        ----------
        coef : ndarray of shape (n_targets, m)

        Returns
        -------
        ndarray of shape (n_targets, d)

        Raises
        ------
        ValueError
            If the steps are not linear.
        """
        if not self.before:
            return coef
        d = int(self.before[0].n_features_in_)
        unit = np.eye(d)
        probes = np.vstack([*(size * unit for size in _PROBES), np.ones((1, d))])
        matrix, _ = self._linear_map(self._unnamed, np.zeros(d), np.ones(d), probes)
        scales = np.diagonal(matrix)
        one_by_one = matrix.shape == (d, d) and (scales >= 0).all()
        if one_by_one and np.count_nonzero(matrix) == np.count_nonzero(scales):
            return coef
        return coef @ matrix

    def named_weights(
        self, coef: Float64, X: Any
    ) -> tuple[Float64, Float64 | None, list[str], str]:
        """Return coefficients by column of a table, rows of those columns, their names and unit.

        They are the columns of the first step where the steps are linear, else those that the
        model gets.

        Parameters
        ----------
        coef : ndarray of shape (n_targets, m)
        X : array-like of shape (n, d) or None
            The user's rows.

        Returns
        -------
        coef : ndarray of shape (n_targets, columns)
        rows : ndarray of shape (n, columns) or None
            None where ``X`` is.
        names : list of str
        unit : str
            What of a column one is.
        """
        first = self.before[0] if self.before else self.model
        d = int(getattr(first, "n_features_in_", None) or coef.shape[1])
        names = [str(each) for each in getattr(first, "feature_names_in_", ())]
        names = names or [f"x{i + 1}" for i in range(d)]
        try:
            mixed = self.column_weights(coef)
        except (ValueError, TypeError):  # not linear, or of columns that are no numbers
            mixed = None
        if mixed is not None and mixed is not coef:
            return mixed, None if X is None else as_numbers(X, "X"), names, "unit of the column"
        rows = None if X is None else _dense(self.rows(X))
        if not self.before:
            return coef, rows, names, "unit of the column"
        if mixed is not None and coef.shape[1] == d:
            return coef, rows, names, self._scaled_unit()
        return coef, rows, self._names_out(coef.shape[1]), "unit of the column that the model gets"

    def _scaled_unit(self) -> str:
        """Return what a unit of a column is after steps that scale each."""
        from sklearn.preprocessing import StandardScaler

        steps = [step for part in self.before for _, step in getattr(part, "steps", [("", part)])]
        standard = len(steps) == 1 and isinstance(steps[0], StandardScaler) and steps[0].with_std
        return "standard deviation of the column" if standard else "unit of the scaled column"

    def _names_out(self, m: int) -> list[str]:
        """Return the names of the columns that the model gets, as far as the steps know them."""
        names: Any = None
        for steps in self.before:
            try:
                names = [str(each) for each in steps.get_feature_names_out()]
            except (AttributeError, ValueError):
                names = None
        if names is not None:
            # Without the names of steps that stand before those of columns, where none is lost.
            short = [name.rpartition("__")[2] for name in names]
            names = short if len(set(short)) == len(names) else names
        return names if names is not None and len(names) == m else [f"x{i + 1}" for i in range(m)]

    def _unnamed(self, points: Float64) -> Any:
        with warnings.catch_warnings():
            # Steps that were fitted to a table get its columns in their order, without names.
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            return self.rows(points)

    def _linear_map(
        self, steps: Callable[[Float64], Any], centre: Float64, reach: Float64, probes: Float64
    ) -> tuple[Float64, Float64]:
        """Return the steps as a matrix (m, d) and their value at the centre, from their values."""
        d = centre.size
        high, low = centre + np.diag(reach), centre - np.diag(reach)
        with np.errstate(all="ignore"):
            values = _dense(steps(np.vstack([centre[None], high, low, probes])))
            value, after, before = values[0], values[1 : d + 1], values[d + 1 : 2 * d + 1]
            # By the distance as rounded: it may be small beside the centre, as of a year.
            matrix: Float64 = ((after - before) / np.diagonal(high - low)[:, None]).T
            rest = np.abs(values[2 * d + 1 :] - value - (probes - centre) @ matrix.T)
        if not (rest <= _AS_LINEAR * np.abs(values).max(axis=0)).all():
            raise ValueError(
                f"the steps before {self.name} are not linear, so its coefficients are not weights "
                "of the columns of X: give the last step, pipeline[-1], and the rows as it gets "
                "them, pipeline[:-1].transform(X)"
            )
        return matrix, value

    def log_areas(self, points: Float64, cell: tuple[float, float], plane: Plane) -> Float64:
        """Return by how much the steps enlarge a small area at each point of the plane.

        A density of the model's columns times that factor is one of the user's columns (change of
        variables). Derivatives are central differences over a hundredth of a cell. Where rows have
        more columns than the plane, it is the volume in all of them that counts.

        Parameters
        ----------
        points : ndarray of shape (n, 2)
        cell : tuple of float
            Sides of a cell of the picture.
        plane : Plane
            Which rows the points are.

        Returns
        -------
        ndarray of shape (n,)
            Natural logarithms; -inf where the steps flatten the plane.

        Raises
        ------
        ValueError
            If the steps do not lead from the columns to as many.
        """
        if not self.before:
            return np.zeros(len(points))
        rows = points if plane.whole else as_numbers(plane.rows(points), "X")
        like = plane.rows(points[:1])
        steps = np.array(cell) if plane.spread is None else plane.spread / 200
        slopes = []
        with np.errstate(all="ignore"):
            for axis, side in enumerate(steps):
                step = np.zeros(len(steps))
                step[axis] = _STEP * side
                high, low = rows + step, rows - step
                rise = _dense(self.rows(points_like(like, high))) - _dense(
                    self.rows(points_like(like, low))
                )
                if rise.shape[1] != len(steps):
                    raise ValueError(
                        f"the steps before {self.name} make {rise.shape[1]} columns of "
                        f"{_COUNTED.get(len(steps), len(steps))}, and a density of those is none "
                        f"of {'the plane' if plane.whole else 'these'}"
                    )
                slopes.append(rise / (high - low)[:, [axis]])
            logs: Float64 = np.linalg.slogdet(np.stack(slopes, axis=1))[1]
        return logs


def unwrap(estimator: Any) -> Unwrapped:
    """Return the model within a fitted pipeline, a search or a frozen estimator.

    Parameters
    ----------
    estimator : object
        Any estimator; one of none of these kinds is its own model.

    Raises
    ------
    ValueError
        If the last step of a pipeline is none.
    """
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import Pipeline

    before: list[Any] = []
    while True:
        if isinstance(estimator, Pipeline):
            if len(estimator.steps) > 1:
                before.append(estimator[:-1])
            estimator = estimator.steps[-1][1]
            if estimator is None or isinstance(estimator, str):
                raise ValueError("the last step of the pipeline is no model: it passes rows on")
        elif isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return Unwrapped(estimator, tuple(before))


def require_columns(estimator: Any, X: ArrayLike, *, chosen: bool = False) -> None:
    """Raise a ValueError unless an estimator takes rows of this many columns, two if none chosen.

    Parameters
    ----------
    estimator : object
        Fitted.
    X : array-like
        The rows that a picture is asked for.
    chosen : bool, default=False
        Whether a plane was chosen, among as many columns as there are.
    """
    shape = getattr(X, "shape", None)
    shape = as_array(X, "X").shape if shape is None else tuple(shape)
    if len(shape) != 2:
        return  # which the rows' own check refuses
    fitted = getattr(estimator, "n_features_in_", None)
    if fitted in (None, shape[1]) and (chosen or shape[1] == 2):
        return
    unwrapped = unwrap(estimator)
    name = type(estimator).__name__
    if chosen:
        raise ValueError(
            f"X has {shape[1]} columns, but {name} was fitted to {fitted}: give the columns that "
            "it was fitted to"
        )
    if shape[1] == 2:
        raise ValueError(
            f"X has 2 columns, but {name} was fitted to {fitted}: give all its columns, and name "
            "the two of the picture, features=(..., ...)"
        )
    advice = "Name two of its columns, features=(..., ...), or give projection='pca'"
    if unwrapped.before and getattr(unwrapped.model, "n_features_in_", None) == 2:
        advice += (
            f". The last step, {unwrapped.name}, gets two: give pipeline[-1] and "
            "pipeline[:-1].transform(X), with feature_names=pipeline[:-1].get_feature_names_out()"
        )
    raise ValueError(f"X must have shape (n, 2), got {shape}: a picture has two axes. {advice}")


def _dense(rows: Any) -> Float64:
    """Return rows from a step as an array, where the step may have made them sparse."""
    return as_numbers(getattr(rows, "toarray", lambda: rows)(), "X")
