"""Which rows bend the boundary."""

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Indices, Labels
from trivium.blocks.properties import cached_property
from trivium.blocks.workers import one_blas_thread
from trivium.containers import as_array
from trivium.labels import shown
from trivium.least_squares.deletion.case_deletion import EachLeftOut
from trivium.least_squares.deletion.fitted import FittedTable
from trivium.least_squares.solving.absent_classes import below_others
from trivium.least_squares.solving.svd import reached
from trivium.least_squares.solving.targets import decisions, leading
from trivium.parameters import require_number


class Influence:
    """What a least-squares classifier would be without each of its training rows.

    `LeastSquaresClassifier.influence` makes it. Rows are left out one at a time, whole,
    whatever they weigh; those that stay keep their weights, also where class_weight="balanced" of
    the fit without the row would give them slightly others. It keeps the table it was made of,
    without a copy.

    Attributes
    ----------
    leverage : ndarray of shape (n,)
        Diagonal of the hat matrix: how far a row's fitted value follows its own target.
    loo_residuals : ndarray of shape (n, n_targets)
        Target less what the fit without the row predicts for it.
    loo_scores : ndarray of shape (n,) for two classes, else (n, n_classes)
        What the fit without the row predicts for it, as `decision_function` would.
    loo_predictions : ndarray of shape (n,)
        The class that this names.
    cooks_distance : ndarray of shape (n,)
        How far all fitted values move without the row: their weighted sum of squares over
        p·s², with p the trace of the hat matrix and s² the residual sum of squares of all
        targets over Σw - p; where a weight is below one, over (Σw)²/Σw² - p. NaN where
        nothing is left to tell s² from, or p is zero: columns of zeros and no intercept.
    shift : ndarray of shape (n,)
        Root mean square of that move, in the units of the targets. It is always defined,
        and puts rows in the same order.

    References
    ----------
    Cook & Weisberg, Residuals and Influence in Regression, 1982, chapter 3.
    """

    def __init__(
        self, fitted: FittedTable, left_out: EachLeftOut, classes: Labels, absent: Indices
    ) -> None:
        self._fitted, self._left_out, self._classes = fitted, left_out, classes
        self.leverage = left_out.leverage
        self.loo_residuals = left_out.residuals
        self.shift = left_out.shift
        self._absent = absent
        self.cooks_distance = self._scaled_shift()

    @cached_property
    def loo_scores(self) -> Float64:
        """Return what the fit without the row predicts for it, as `decision_function` would."""
        return decisions(self._scores)

    @cached_property
    def loo_predictions(self) -> Labels:
        """Return the class that this names."""
        labels: Labels = self._classes[leading(self._scores, self._absent)]
        return labels

    def loo_coef(self, rows: ArrayLike) -> tuple[Float64, Float64]:
        """Coefficients and intercepts of the fits without some rows, each left out alone.

        Parameters
        ----------
        rows : array-like of int of shape (m,)

        Returns
        -------
        coef : ndarray of shape (m, n_targets, n_features)
        intercept : ndarray of shape (m, n_targets)

        Raises
        ------
        IndexError
            If a row is none of the table's.
        TypeError
            If rows are not integers.

        Examples
        --------
        >>> from trivium import LeastSquaresClassifier
        >>> X, y = [[0.0], [1.0], [3.0], [4.0], [30.0]], [0, 0, 1, 1, 1]
        >>> influence = LeastSquaresClassifier().fit(X, y).influence(X, y)
        >>> coef, intercept = influence.loo_coef([4])
        >>> coef.round(2), intercept.round(2)
        (array([[[0.6]]]), array([[-1.2]]))
        """
        numbers = self._row_numbers(rows)
        fitted, axes = self._fitted, self._left_out.axes
        design, deletion = fitted.design, fitted.deletion(axes)
        block, most = fitted.take(numbers)
        with one_blas_thread():
            Q, _, root = deletion.coordinates(block, most)
        penalty = deletion.penalty_without(root, fitted.alpha, weighted=block.weights is not None)
        missed = self.loo_residuals[numbers]
        way = np.broadcast_to(reached(axes.values, penalty), Q.shape)
        moved = (way * Q)[:, :, None] * (missed * root[:, None])[:, None, :]
        coordinates = way[:, :, None] * axes.targets - moved
        with one_blas_thread():
            coef = np.swapaxes(axes.back(fitted.penalty()) @ coordinates, 1, 2)
            intercept = np.zeros(coef.shape[:2])
            if fitted.centred:
                scaling = design.scaling
                target_means = scaling.target_origin + design.target_center
                intercept += target_means - coef @ scaling.means(design.center)
                intercept -= deletion.share(root)[:, None] * missed
        for place, row in enumerate(numbers.tolist()):
            if row in self._left_out.anew:
                solution = self._left_out.anew[row]
                coef[place], intercept[place] = solution.coef.T, solution.intercept
        return coef, intercept

    def table(self, top: int | None = 10) -> dict[str, Float64 | Indices | Labels]:
        """Rows in the order of their influence, the greatest shift first.

        Parameters
        ----------
        top : int or None
            So many rows; None means all.

        Returns
        -------
        dict of ndarray
            "row", "label", "loo_prediction", "cooks_distance", "shift", "leverage" and
            "loo_residual" (its length over all targets). A table library takes it as it is.

        Raises
        ------
        ValueError
            If `top` is less than one.
        """
        if top is not None:
            require_number("top", top, least=1, integer=True)
        order = np.argsort(-self.shift, kind="stable")[:top]
        labels: Labels = self._classes[self._fitted.table.rows.codes[order]]
        return {
            "row": order,
            "label": labels,
            "loo_prediction": self.loo_predictions[order],
            "cooks_distance": self.cooks_distance[order],
            "shift": self.shift[order],
            "leverage": self.leverage[order],
            "loo_residual": np.linalg.norm(self.loo_residuals[order], axis=1),
        }

    def __repr__(self) -> str:
        """Show the most influential rows."""
        columns = self.table(5)
        lines = [
            f"Influence of {self.leverage.size} rows, the greatest first:",
            f"{'row':>8} {'label':>12} {'without it':>12} {'Cook':>9} {'leverage':>9}",
        ]
        for row, label, told, cook, _, leverage, _ in zip(*columns.values(), strict=True):
            names = f"{shown(label)[:12]:>12} {shown(told)[:12]:>12}"
            lines.append(f"{row:>8} {names} {cook:>9.3g} {leverage:>9.3g}")
        return "\n".join(lines)

    @property
    def _scores(self) -> Float64:
        """What fits without the rows predict for them, of shape (n, n_targets)."""
        return below_others(self._fitted.table.targets() - self.loo_residuals, self._absent)

    def _scaled_shift(self) -> Float64:
        design, scaling = self._fitted.design, self._fitted.design.scaling
        weights = self._fitted.table.rows.weights
        roots = np.ones(1) if weights is None else np.sqrt(scaling.weights(weights))
        with np.errstate(over="ignore"):  # of weights near float64's end, a distance has none
            weight = float(np.ldexp(design.weight, scaling.weight_exponent))
        if np.ldexp(float(roots.min()) ** 2, scaling.weight_exponent) < 1.0:  # no counts
            weight = design.weight**2 / float(np.square(roots * roots).sum())
        used = float(self.leverage.sum())
        free = weight - used
        if used == 0.0 or free < 1e-6 or self._left_out.mean_square == 0.0:
            return np.full(self.shift.size, np.nan)
        with np.errstate(over="ignore"):
            distance: Float64 = self.shift**2 / self._left_out.mean_square * (free / used)
        return distance

    def _row_numbers(self, rows: ArrayLike) -> Indices:
        numbers = np.atleast_1d(as_array(rows, "rows", each="place"))
        if numbers.size == 0:
            numbers = numbers.astype(np.intp)
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1:
            raise TypeError(f"rows={rows!r}: expected a list of row numbers.")
        n = self.leverage.size
        beyond = np.flatnonzero((numbers < 0) | (numbers >= n))
        if beyond.size:
            raise IndexError(f"There is no row {numbers[beyond[0]]}: the table has {n} rows.")
        return numbers.astype(np.intp)
