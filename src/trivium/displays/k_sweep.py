"""Scores of nearest neighbours against k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64, Labels
from trivium.displays import palette
from trivium.displays._arrays import label_vector, series
from trivium.displays._axes import ink, legend_above, own_size, panels
from trivium.displays._pipelines import unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D

    from trivium.displays._axes import AxesLike


_MOST_POINTS = 40
_CHOSEN: dict[str, Any] = {"color": palette.ACCENT, "linestyle": ":", "linewidth": 1.6}


class NeighborsSweepDisplay:
    """Each score against the number of neighbours on a base-2 axis, one panel a score.

    Scores of different units never share an axis; the panels share k.

    Parameters
    ----------
    ks : array-like of shape (n_ks,)
        Numbers of neighbours, increasing.
    scores : mapping of str to array-like of shape (n_ks,)
        Name of each score and its values, on test rows.
    train_scores : mapping of str to array-like of shape (n_ks,), default=None
        The same on the training rows, for any of the scores.
    published : mapping of str to mapping of int to float, default=None
        For any of the scores, the values published for some k's: drawn as open rings.
    standard_errors : mapping of str to array-like of shape (n_ks,), default=None
        For any of the scores: drawn as a band of one standard error to either side.
    chosen : int, default=None
        The number of neighbours that was chosen: drawn as a vertical line.
    name : str, default="test"
        What the scores are of, for the legend.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        The panels, in the order of ``scores``.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    lines_ : dict of str to Line2D
        The line of each score.
    train_lines_ : dict of str to Line2D
        The line of each training score.
    rings_ : dict of str to PathCollection
        The published values of each score.

    Raises
    ------
    ValueError
        If there is no score, lengths disagree, the k's do not increase from at least 1, or
        another mapping names a score that ``scores`` lacks.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from trivium.displays import NeighborsSweepDisplay
    >>> display = NeighborsSweepDisplay(
    ...     [1, 2, 4], {"accuracy": [0.94, 0.96, 0.94]}, published={"accuracy": {1: 0.94}}
    ... )
    >>> display.plot(Figure().subplots()).ax_.get_xscale()
    'log'
    """

    def __init__(
        self,
        ks: ArrayLike,
        scores: Mapping[str, ArrayLike],
        *,
        train_scores: Mapping[str, ArrayLike] | None = None,
        published: Mapping[str, Mapping[int, float]] | None = None,
        standard_errors: Mapping[str, ArrayLike] | None = None,
        chosen: int | None = None,
        name: str = "test",
    ) -> None:
        self.ks: Float64 = series(ks, "ks")
        if self.ks[0] < 1 or np.any(np.diff(self.ks) <= 0):
            raise ValueError("ks must increase from at least 1")
        if not scores:
            raise ValueError("scores must hold at least one score")
        self.scores = self._curves(scores, "scores")
        self.train_scores = self._curves(train_scores or {}, "train_scores")
        self.published = {name: dict(values) for name, values in (published or {}).items()}
        self.standard_errors = self._curves(standard_errors or {}, "standard_errors")
        self.chosen, self.name = chosen, name
        for argument, given in (
            ("train_scores", self.train_scores),
            ("published", self.published),
            ("standard_errors", self.standard_errors),
        ):
            strangers = sorted(set(given) - set(self.scores))
            if strangers:
                raise ValueError(f"{argument} names {strangers[0]!r}, which scores does not")

    def _curves(self, curves: Mapping[str, ArrayLike], name: str) -> dict[str, Float64]:
        return {
            key: series(values, f"{name}[{key!r}]", len(self.ks)) for key, values in curves.items()
        }

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        ks: ArrayLike | None = None,
        *,
        X_train: ArrayLike | None = None,
        y_train: ArrayLike | None = None,
        published: Mapping[str, Mapping[int, float]] | None = None,
        ax: AxesLike = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the scores for every k: those on test rows, or those by which k was chosen.

        Test rows are predicted for all k's from one search, and accuracy and RSS are drawn; RSS,
        the sum of (y - prediction)² over the rows, where labels are numbers. Without test rows it
        is the leave-one-out score by which a `KNeighborsClassifierCV` chose its k.

        Parameters
        ----------
        estimator : KNeighborsClassifier or KNeighborsClassifierCV
            Fitted; any with ``predict_path`` will do where ``X`` is given, and a pipeline that
            ends in one.
        X : array-like of shape (n, d), default=None
            Test rows.
        y : array-like of shape (n,), default=None
            Their classes.
        ks : array-like of shape (n_ks,), default=None
            Numbers of neighbours, increasing; by default those that were tried by an estimator
            that chose one, else powers of two up to the number of training rows.
        X_train, y_train : array-like of shape (m, d) and (m,), default=None
            Training rows and classes, for a second line of accuracy; each row is
            among its own neighbours.
        published : mapping of str to mapping of int to float, default=None
            Published values, for "RSS" and "accuracy".
        ax : matplotlib Axes or one a score, default=None
            Where to draw; a single one is divided; a new figure by default.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        NeighborsSweepDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If only one of ``X`` and ``y``, or of ``X_train`` and ``y_train``, is given; if neither
            ``X`` is given nor did the estimator choose k.
        """
        for one, other, names in ((X, y, "X and y"), (X_train, y_train, "X_train and y_train")):
            if (one is None) != (other is None):
                raise ValueError(f"{names} must be given together")
        unwrapped = unwrap(estimator)
        results = getattr(unwrapped.model, "cv_results_", {})
        tried = results.get("n_neighbors")
        if X is None or y is None:
            if tried is None:
                raise ValueError(
                    f"{unwrapped.name} did not choose its k: give X and y, rows to predict, or "
                    "fit a KNeighborsClassifierCV"
                )
            return cls._of_choice(unwrapped.model, ks, published).plot(ax, **plot_options)
        unwrapped.require("predict_path", "KNeighborsClassifier, KNeighborsClassifierCV")
        if ks is None:
            n = int(unwrapped.model.n_samples_fit_)
            ks = 2 ** np.arange(n.bit_length()) if tried is None else tried
        whole = [int(k) for k in series(ks, "ks")]
        train_scores = None
        if X_train is not None and y_train is not None:
            # RSS grows with the number of rows: on the training rows it would dwarf the other.
            labels = unwrapped.model.predict_path(unwrapped.rows(X_train), whole)
            fitted = sweep_scores(labels, y_train)
            train_scores = {"accuracy": fitted["accuracy"]}
        scores = sweep_scores(unwrapped.model.predict_path(unwrapped.rows(X), whole), y)
        chosen = None if tried is None else int(unwrapped.model.n_neighbors_)
        display = cls(whole, scores, train_scores=train_scores, published=published, chosen=chosen)
        return display.plot(ax, **plot_options)

    @classmethod
    def _of_choice(
        cls, model: Any, ks: ArrayLike | None, published: Mapping[str, Mapping[int, float]] | None
    ) -> Self:
        """Return the display of the leave-one-out scores by which a fitted model chose k."""
        results, tried = model.cv_results_, model.cv_results_["n_neighbors"]
        shown = np.arange(len(tried))
        if ks is not None:
            wanted = series(ks, "ks")
            shown = np.flatnonzero(np.isin(tried, wanted))
            if len(shown) < len(wanted):
                stranger = wanted[~np.isin(wanted, tried)][0]
                raise ValueError(f"ks holds {stranger:g}, which was not tried")
        name = "score" if "score" in results else "accuracy"
        errors = np.asarray(results[f"{name}_se"])[shown]
        return cls(
            tried[shown],
            {name: np.asarray(results[name])[shown]},
            published=published,
            standard_errors={name: errors} if np.isfinite(errors).all() else None,
            chosen=int(model.n_neighbors_),
            name="leave-one-out",
        )

    def plot(self, ax: AxesLike = None, *, title: str | None = None) -> Self:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes or one a score, default=None
            Where to draw; a single one is divided; a new figure by default.
        title : str, default=None
            Title, above the first panel.

        Returns
        -------
        NeighborsSweepDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``ax`` does not hold as many axes as scores.
        """
        self.axes_ = panels(
            ax,
            len(self.scores),
            1,
            own_size((6.4, 1.1 + 2.4 * len(self.scores)), (3.6, 0.8 + 1.7 * len(self.scores))),
        )
        self.lines_: dict[str, Line2D] = {}
        self.train_lines_: dict[str, Line2D] = {}
        self.rings_: dict[str, PathCollection] = {}
        for axes, name in zip(self.axes_, self.scores, strict=True):
            self._draw_score(axes, name)
            _k_axis(axes, self.ks)
            if axes is not self.axes_[-1]:
                axes.tick_params(labelbottom=False)
        self.axes_[-1].set_xlabel("number of neighbours k")
        legend_above(self.axes_[0], [self._handles()], title)
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def _draw_score(self, axes: Axes, name: str) -> None:
        if name in self.train_scores:
            (line,) = axes.plot(self.ks, self.train_scores[name], **palette.TRAIN_LINE)
            self.train_lines_[name] = line
        look = self._look()
        if name in self.standard_errors:
            middle, error = self.scores[name], self.standard_errors[name]
            axes.fill_between(
                self.ks, middle - error, middle + error, color=palette.MUTED, alpha=0.25, lw=0
            )
        if self.chosen is not None:
            axes.axvline(self.chosen, **_CHOSEN, zorder=1)
        (self.lines_[name],) = axes.plot(self.ks, self.scores[name], **look)
        points = self.published.get(name, {})
        if points:
            self.rings_[name] = axes.scatter(
                list(points),
                list(points.values()),
                s=62,
                facecolors="none",
                edgecolors=palette.ACCENT,
                linewidths=1.3,
                zorder=3,
            )
        # Room for a ring round the least and the greatest value.
        axes.margins(y=0.12)
        axes.set_ylabel(name)

    def _look(self) -> dict[str, Any]:
        """Return how the line is drawn: with its points, unless these would touch."""
        points = {"marker": "o", "markersize": 3.2} if len(self.ks) <= _MOST_POINTS else {}
        return {**palette.TEST_LINE, "color": ink(), **points}

    def _handles(self) -> list[Line2D]:
        from matplotlib.lines import Line2D

        handles: list[Line2D] = []
        if self.train_scores or self.standard_errors or self.chosen is not None:
            handles.append(Line2D([], [], label=self.name, **self._look()))
        if self.train_scores:
            handles.append(Line2D([], [], label="train", **palette.TRAIN_LINE))
        if self.standard_errors:
            label = "± 1 standard error"
            handles.append(Line2D([], [], lw=7, color=palette.MUTED, alpha=0.35, label=label))
        if self.chosen is not None:
            handles.append(Line2D([], [], label=f"chosen: k = {self.chosen}", **_CHOSEN))
        if self.rings_:
            look: dict[str, Any] = {"mfc": "none", "mec": palette.ACCENT, "mew": 1.3, "ms": 7}
            handles.append(Line2D([], [], ls="", marker="o", label="published", **look))
        return handles


def sweep_scores(labels: Labels, y: ArrayLike) -> dict[str, Float64]:
    """Return the scores of the labels predicted for many k's.

    Parameters
    ----------
    labels : ndarray of shape (n_ks, n)
        Labels, as ``predict_path`` returns them.
    y : array-like of shape (n,)
        True labels.

    Returns
    -------
    dict of str to ndarray of shape (n_ks,)
        "RSS" (if labels are numbers) and "accuracy".

    Raises
    ------
    ValueError
        If ``y`` is not one label a column of ``labels``.
    """
    truth = label_vector(y, "y", labels.shape[1])
    scores = {"accuracy": np.mean(labels == truth, axis=1)}
    if np.issubdtype(truth.dtype, np.number):
        residuals = labels.astype(np.float64) - truth
        scores = {"RSS": np.sum(residuals**2, axis=1), **scores}
    return scores


def _k_axis(axes: Axes, ks: Sequence[float] | Float64) -> None:
    axes.set_xscale("log", base=2)
    low, high = int(np.ceil(np.log2(ks[0]))), int(np.floor(np.log2(ks[-1])))
    # Beyond ten powers of two the labels would touch on a phone: every other one.
    step = 1 if high - low < 10 else 2
    ticks = [2**power for power in range(low, high + 1, step)]
    if len(ticks) < 2:
        ticks = sorted({int(ks[0]), int(ks[-1])})
    axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    axes.minorticks_off()
