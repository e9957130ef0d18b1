"""Task 1: k nearest neighbours on two moons."""

from functools import partial
from typing import Literal

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import make_moons
from sklearn.metrics import classification_report
from sklearn.neighbors import KNeighborsClassifier as PeerClassifier

from trivium.arrays import Float64, Indices, Labels
from trivium.displays import (
    ClassRegionsDisplay,
    DensityDisplay,
    LabelledRowsDisplay,
    NeighborsSweepDisplay,
    PlaneGrid,
)
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.density import KNeighborsDensity
from trivium.neighbors.nearest import NearestNeighbors
from trivium.sheet import published
from trivium.sheet.canvas import WIDTH, figure, plane
from trivium.sheet.records import Answer, Check, Part, Picture

N_TRAIN = 900
K = 5
FEATURES = ("x₁", "x₂")
SWEEP = tuple(published.SWEEP_RSS)
ColorBy = Literal["true", "predicted"]
DENSITY_KS = tuple(published.LABEL_FREQUENCIES)


class Moons:
    """The sheet's data, and every answer read off one search each.

    Attributes
    ----------
    X, y : rows and labels to train on
    X_test, y_test : the other rows
    model : the classifier, fitted
    swept : labels of the test rows for each k of the sweep
    grid : the plane in which pictures are drawn
    regions : class of every cell of the grid for each k of the sweep
    """

    def __init__(self) -> None:
        X, y = make_moons(n_samples=1000, noise=0.2, random_state=0)
        self.X: Float64 = X[:N_TRAIN]
        self.X_test: Float64 = X[N_TRAIN:]
        self.y: Indices = y[:N_TRAIN]
        self.y_test: Indices = y[N_TRAIN:]
        self.model = KNeighborsClassifier(n_neighbors=K).fit(self.X, self.y)
        self.swept = dict(zip(SWEEP, self.model.predict_path(self.X_test, SWEEP), strict=True))
        self.grid = PlaneGrid.around(X, resolution=160)
        cells = self.model.predict_path(self.grid.points, SWEEP)
        self.regions = dict(zip(SWEEP, cells, strict=True))

    def nearest_to_mean(self, k: int) -> Float64:
        """Frequencies, in order of first appearance, of the labels nearest to the data's mean."""
        search = NearestNeighbors(k).fit(self.X)
        labels = self.y[search.kneighbors(self.X.mean(axis=0)[None, :])[1][0]]
        _, first, count = np.unique(labels, return_index=True, return_counts=True)
        frequencies: Float64 = count[np.argsort(first)] / k
        return frequencies

    def boundaries(self, k: int) -> Float64:
        """Lines along which the class changes in the pictures, NaN between two of them."""

        def predict(points: Float64) -> Labels:
            labels: Labels = self.model.predict_path(points, [k])[0]
            return labels

        return self.grid.boundaries(self.regions[k], predict)


def parts(moons: Moons) -> tuple[Part, ...]:
    """Run the five parts of the task."""
    return _data(moons), _five(moons), _sweep(moons), _densities(moons), _question(moons)


def _data(moons: Moons) -> Part:
    predicted = moons.model.predict(moons.X_test)
    rows = partial(LabelledRowsDisplay, feature_names=FEATURES)

    left, right, bottom, top = moons.grid.extent

    def show(display: LabelledRowsDisplay, title: str, color_by: ColorBy = "true") -> Figure:
        def draw(ax: Axes) -> None:
            display.plot(ax, color_by=color_by, title=title)
            ax.set(xlim=(left, right), ylim=(bottom, top))  # one frame for all three

        return plane(draw, moons.grid)

    wrong = int(np.sum(predicted != moons.y_test))
    pictures = (
        Picture(
            "moons-train",
            f"The {len(moons.X)} rows to train on.",
            "Scatter of the training rows: two interleaved half moons, one a class.",
            lambda: show(rows(moons.X, moons.y), "Training rows"),
        ),
        Picture(
            "moons-test",
            f"The {len(moons.X_test)} rows to test on.",
            "Scatter of the test rows by their true class.",
            lambda: show(rows(moons.X_test, moons.y_test), "Test rows"),
        ),
        Picture(
            "moons-predicted",
            f"The same by predicted class, k = {K}; rings mark the {wrong} wrong ones.",
            f"Scatter of the test rows by predicted class, {wrong} errors ringed.",
            lambda: show(
                rows(moons.X_test, moons.y_test, y_pred=predicted),
                f"Test rows as predicted, k = {K}",
                "predicted",
            ),
        ),
    )
    text = Markup(
        "<p>Two half moons of 500 rows each with noise 0.2, shuffled; the first 900 rows "
        "train, the last 100 test. Distances are Euclidean.</p>"
    )
    return Part("1.1 The rows", "moons-rows", text, pictures=pictures)


def _five(moons: Moons) -> Part:
    own = moons.model.predict(moons.X_test)
    peer = PeerClassifier(n_neighbors=K).fit(moons.X, moons.y).predict(moons.X_test)
    checks = [
        Check(1, "labels in which the two classifiers differ", "0", float(np.sum(own != peer)))
    ]
    for who, labels in (("own", own), ("scikit-learn", peer)):
        report = classification_report(
            moons.y_test, labels, target_names=["class 0", "class 1"], output_dict=True
        )
        # scikit-learn gives the accuracy alone; the sheet prints it in the column of f1.
        report["accuracy"] = {"f1-score": report["accuracy"], "support": len(labels)}
        checks += [
            Check(1, f"{who}: {row}, {column}", value, float(report[row][column]))
            for row, columns in published.CLASSIFICATION_REPORT.items()
            for column, value in columns.items()
        ]
    text = Markup(
        "<p>Trivium's classifier and scikit-learn's, each with k = {}, and the classification "
        "report of each.</p>"
    ).format(K)
    return Part(f"1.2 k = {K}", "moons-five", text, checks=tuple(checks))


def _sweep(moons: Moons) -> Part:
    checks = []
    pictures = [Picture("moons-sweep", *_sweep_words(), lambda: _sweep_figure(moons))]
    for k, labels in moons.swept.items():
        wrong = labels != moons.y_test
        rss, accuracy = published.SWEEP_RSS[k], published.SWEEP_ACCURACY[k]
        through = "" if k in published.SWEEP_ACCURACY_PRINTED else " (published through the RSS)"
        checks += [
            Check(1, f"k = {k}: residual sum of squares", rss, float(wrong.sum())),
            Check(1, f"k = {k}: accuracy{through}", accuracy, float(1 - wrong.mean())),
        ]
        pictures.append(
            Picture(
                f"moons-regions-{k}",
                f"k = {k}: {wrong.sum()} of {len(wrong)} test rows wrong, ringed.",
                f"Class regions of the classifier with k = {k}, and the test rows upon them.",
                partial(_regions_figure, moons, k),
            )
        )
    text = Markup(
        "<p>One search for the 512 nearest rows answers every k. The regions are the "
        "model's own: each cell has the class that the model predicts there.</p>"
    )
    return Part(
        "1.3 From k = 1 to k = 512",
        "moons-sweep-part",
        text,
        checks=tuple(checks),
        pictures=tuple(pictures),
    )


def _sweep_words() -> tuple[str, str]:
    return (
        "Residual sum of squares and accuracy against k; open rings are the published values.",
        "Two curves against the number of neighbours: errors fall until k = 16 and rise again.",
    )


def _sweep_figure(moons: Moons) -> Figure:
    wrong = np.array([np.sum(labels != moons.y_test) for labels in moons.swept.values()])
    display = NeighborsSweepDisplay(
        SWEEP,
        {"RSS": wrong, "accuracy": 1 - wrong / len(moons.y_test)},
        published={
            "RSS": {k: float(value) for k, value in published.SWEEP_RSS.items()},
            "accuracy": {k: float(value) for k, value in published.SWEEP_ACCURACY.items()},
        },
    )
    return figure(lambda ax: display.plot(ax), (WIDTH, 2.75))


def _regions_figure(moons: Moons, k: int) -> Figure:
    display = ClassRegionsDisplay(
        moons.regions[k],
        moons.grid,
        boundaries=moons.boundaries(k),
        X=moons.X_test,
        y=moons.y_test,
        y_pred=moons.swept[k],
        feature_names=FEATURES,
    )
    return plane(lambda ax: display.plot(ax, title=f"k = {k}"), moons.grid)


def _densities(moons: Moons) -> Part:
    checks, pictures = [], []
    for k, frequencies in published.LABEL_FREQUENCIES.items():
        for place, (printed, own) in enumerate(
            zip(frequencies, moons.nearest_to_mean(k), strict=True)
        ):
            what = f"k = {k}: printed “p(c)”, {('first', 'second')[place]} value"
            checks.append(Check(1, what, printed, float(own)))
        fields = _Fields(moons, k)
        for panel, name in enumerate(("p(x)", "p(x | 0)", "p(x | 1)")):
            pictures.append(
                Picture(
                    f"moons-density-{k}-{('x', 'x-given-0', 'x-given-1')[panel]}",
                    f"{name} from {k} neighbours.",
                    f"Field of the estimated density {name}, k = {k}, on its own colour scale.",
                    partial(fields.panel, panel),
                )
            )
    prior = np.bincount(moons.y) / len(moons.y)
    text = Markup(
        "<p>The class probabilities are p(0) = {:.4f} and p(1) = {:.4f}. Densities are "
        "(k − 1)/(nV), V the area of the smallest circle around x that holds its k nearest "
        "rows. Where k<sub>c</sub> of these k rows are of class c, which has n<sub>c</sub> rows, "
        "p(x | c) = (k − 1)/k · k<sub>c</sub>/(n<sub>c</sub>V) with the same circle, so that "
        "p(c | x) = k<sub>c</sub>/k and p(c | x) p(x) = p(x | c) p(c). Every picture has its own "
        "scale. What the sheet prints as “p(c)” is something else; see below.</p>"
    ).format(*prior)
    return Part(
        "1.4 Densities",
        "moons-densities",
        text,
        checks=tuple(checks),
        pictures=tuple(pictures),
    )


class _Fields:
    """Densities on the grid for one k, computed once for three pictures."""

    def __init__(self, moons: Moons, k: int) -> None:
        self._moons, self._k = moons, k
        self._values: tuple[Float64, Float64] | None = None

    def panel(self, panel: int) -> Figure:
        moons = self._moons
        if self._values is None:
            model = KNeighborsDensity(self._k).fit(moons.X, moons.y)
            cells = moons.grid.points
            self._values = model.score_samples(cells), model.class_score_samples(cells)
        display = DensityDisplay(
            *self._values, moons.grid, classes=[0, 1], X=moons.X, y=moons.y, feature_names=FEATURES
        )

        def draw(ax: Axes) -> None:
            display.plot_panel(ax, panel, title=f"k = {self._k}")

        return plane(draw, moons.grid, lines=0, right=0.62)


def _question(moons: Moons) -> Part:
    everyone = KNeighborsClassifier(n_neighbors=N_TRAIN).fit(moons.X, moons.y)
    ks = (1, 450, N_TRAIN)
    train = dict(zip(ks, everyone.predict_path(moons.X, ks), strict=True))
    accuracy = {k: float(np.mean(labels == moons.y)) for k, labels in train.items()}
    test = float(np.mean(everyone.predict(moons.X_test) == moons.y_test))
    length = {k: boundary_length(moons, k) for k in (1, 16, 256)}
    wrong = {k: int(np.sum(labels != moons.y_test)) for k, labels in moons.swept.items()}
    best = min(wrong, key=wrong.__getitem__)
    answers = (
        Answer(
            1,
            "How does the boundary change with k?",
            f"It gets shorter and smoother. Its length in the picture falls from {length[1]:.1f} "
            f"at k = 1, where single rows own islands, to {length[16]:.1f} at k = 16 and "
            f"{length[256]:.1f} at k = 256, where it no longer follows the moons. On the test "
            f"rows k = {best} makes the fewest errors, {wrong[best]}, against {wrong[1]} at k = 1 "
            f"and {wrong[512]} at k = 512.",
        ),
        Answer(
            1,
            "What happens when k is the number of training rows?",
            f"Every query has the same {N_TRAIN} neighbours, so every row gets the majority class "
            f"and the boundary is gone: accuracy {accuracy[N_TRAIN]:.4f} on the training rows, "
            f"{test:.2f} on the test rows. That is underfitting. It is k = 1 that has no training "
            f"error (accuracy {accuracy[1]:.2f}), each row being its own neighbour.",
        ),
    )
    text = Markup("<p>Answered from the numbers of this run.</p>")
    return Part("1.5 The role of k", "moons-question", text, answers=answers)


def boundary_length(moons: Moons, k: int) -> float:
    """Length of the boundary between the regions, in the units of the plane.

    Counts the sides between cells of different classes, which measures the distance along
    the axes: a slanted line counts up to the square root of two times its length.
    """
    cells = moons.regions[k].reshape(moons.grid.shape)
    left, right, bottom, top = moons.grid.extent
    up, across = moons.grid.shape
    beside = np.sum(cells[:, 1:] != cells[:, :-1]) * (top - bottom) / up
    above = np.sum(cells[1:] != cells[:-1]) * (right - left) / across
    return float(beside + above)
