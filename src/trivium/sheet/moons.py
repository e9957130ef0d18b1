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
    LabelledRowsDisplay,
    NeighborsSweepDisplay,
    PlaneGrid,
)
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.nearest import NearestNeighbors
from trivium.report import Column, Table
from trivium.report.tables import Value
from trivium.sheet import published
from trivium.sheet.canvas import WIDTH, figure, plane
from trivium.sheet.check_tables import AGREE, all_agree, classification_table, shown
from trivium.sheet.records import Answer, Check, Content, Part, Picture, Pictures

N_TRAIN = 900
K = 5
FEATURES = ("x₁", "x₂")
SWEEP = tuple(published.SWEEP_RSS)
ColorBy = Literal["true", "predicted"]
REMEMBERED = (1, 450, N_TRAIN)  # numbers of neighbours asked about the training rows themselves


class Moons:
    """The sheet's data, and every answer read off one search each.

    Attributes
    ----------
    X, y : rows and labels to train on
    X_test, y_test : the other rows
    model : the classifier, fitted
    swept : labels of the test rows for each k of the sweep
    remembered : labels of the training rows themselves for k = 1, 450 and 900
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
        remembered = self.model.predict_path(self.X, REMEMBERED)
        self.remembered = dict(zip(REMEMBERED, remembered, strict=True))
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


def lesson(moons: Moons) -> Markup:
    """Say what is to be learnt."""
    wrong = {k: int(np.sum(labels != moons.y_test)) for k, labels in moons.swept.items()}
    best = min(wrong, key=wrong.__getitem__)
    return Markup(
        "<strong>The number of neighbours sets how much is remembered.</strong> k = 1 repeats "
        "every training row and errs on {} of {} test rows; k = {} errs on {}; k = N forgets all "
        "but the majority class ([[moons-sweep]])."
    ).format(wrong[1], len(moons.y_test), best, wrong[best])


def data_part(moons: Moons) -> Part:
    """Draw the rows."""
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
        "train ([[moons-train]]), the last 100 test ([[moons-test]]). Distances are Euclidean.</p>"
    )
    return Part("1.1", "The rows", "moons-rows", (text, Pictures(pictures)))


def five_part(moons: Moons) -> Part:
    """Compare the two classifiers with k = 5."""
    own = moons.model.predict(moons.X_test)
    peer = PeerClassifier(n_neighbors=K).fit(moons.X, moons.y).predict(moons.X_test)
    checks = [
        Check(
            1,
            "labels in which the two classifiers differ",
            "0",
            float(np.sum(own != peer)),
            follows="both print the same labels",
        )
    ]
    tables = []
    for who, name, labels in (
        ("own", "Trivium’s", own),
        ("scikit-learn", "scikit-learn’s", peer),
    ):
        report = classification_report(
            moons.y_test, labels, target_names=["class 0", "class 1"], output_dict=True
        )
        # scikit-learn gives the accuracy alone; the sheet prints it in the column of f1.
        report["accuracy"] = {"f1-score": report["accuracy"], "support": len(labels)}
        rows = {
            row: {
                column: Check(1, f"{who}: {row}, {column}", value, float(report[row][column]))
                for column, value in columns.items()
            }
            for row, columns in published.CLASSIFICATION_REPORT.items()
        }
        checks += [check for row in rows.values() for check in row.values()]
        tables.append(classification_table(f"Classification report of {name} classifier", rows))
    text = Markup(
        "<p>Trivium’s classifier and scikit-learn’s, each with k = {}. They predict {} labels for "
        "the {} test rows. Every number of the two reports is measured here; the mark says that "
        "the sheet prints the same ones.</p>"
    ).format(K, "the same" if np.array_equal(own, peer) else "different", len(own))
    content: tuple[Content, ...] = (text, labels_table(own, moons.y_test), *tables)
    return Part("1.2", f"k = {K}", "moons-five", content, tuple(checks))


def labels_table(predicted: Labels, truth: Labels) -> Table:
    """Set predicted labels in rows of twenty; a wrong one stands in brackets."""
    width = 20
    rows = []
    for start in range(0, len(predicted), width):
        here = slice(start, start + width)
        labels = " ".join(
            f"{label}" if label == true else f"({label})"
            for label, true in zip(predicted[here], truth[here], strict=True)
        )
        rows.append((f"{start + 1} to {min(start + width, len(predicted))}", labels))
    columns = (Column("test rows"), Column("predicted labels"))
    caption = f"The predicted labels, k = {K}; those in brackets are wrong."
    return Table(caption, columns, tuple(rows), sortable=False)


def sweep_part(moons: Moons) -> Part:
    """Score and draw the model for every k."""
    checks: list[Check] = []
    rows: list[tuple[Value, ...]] = []
    pictures: list[Picture] = []
    for k, labels in moons.swept.items():
        wrong = labels != moons.y_test
        rss = Check(
            1, f"k = {k}: residual sum of squares", published.SWEEP_RSS[k], float(wrong.sum())
        )
        printed = k in published.SWEEP_ACCURACY_PRINTED
        accuracy = Check(
            1,
            f"k = {k}: accuracy",
            published.SWEEP_ACCURACY[k],
            float(1 - wrong.mean()),
            follows="" if printed else "1 − RSS/100",
        )
        checks += [rss, accuracy]
        rows.append(
            (
                k,
                rss.published,
                shown(rss),
                accuracy.published if printed else None,
                None if printed else accuracy.published,
                shown(accuracy),
                all_agree([rss, accuracy]),
            )
        )
        pictures.append(
            Picture(
                f"moons-regions-{k}",
                f"k = {k}: {wrong.sum()} of {len(wrong)} test rows wrong, ringed.",
                f"Class regions of the classifier with k = {k}, and the test rows upon them.",
                partial(_regions_figure, moons, k),
            )
        )
    names = (
        "k",
        "RSS printed",
        "measured",
        "accuracy printed",
        "1 − printed RSS/100",
        "measured",
    )
    columns = (*(Column(name, kind="number") for name in names), AGREE)
    caption = "The sweep over k. The sheet prints the accuracy for two k; for the rest it follows."
    text = Markup(
        "<p>One search for the 512 nearest rows answers every k ([[moons-sweep]]). The regions "
        "are the model’s own: each cell has the class that the model predicts there.</p>"
    )
    sweep = Picture("moons-sweep", *_sweep_words(), lambda: _sweep_figure(moons))
    content = (text, sweep, Table(caption, columns, tuple(rows)), Pictures(tuple(pictures)))
    title = "From k = 1 to k = 512"
    return Part("1.3", title, "moons-sweep-part", content, tuple(checks))


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


def question_part(moons: Moons) -> Part:
    """Answer what k does."""
    accuracy = {k: float(np.mean(labels == moons.y)) for k, labels in moons.remembered.items()}
    (everyone,) = moons.model.predict_path(moons.X_test, [N_TRAIN])
    test = float(np.mean(everyone == moons.y_test))
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
    return Part("1.5", "The role of k", "moons-question", (text, *answers))


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
