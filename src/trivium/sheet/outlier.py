"""Task 2: linear least squares with an outlier."""

from functools import partial
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.model_selection import train_test_split

from trivium.arrays import Float64, Indices
from trivium.displays import BoundaryTiltDisplay, LabelledRowsDisplay, PlaneGrid
from trivium.displays.lines import clip_boundary
from trivium.displays.palette import INK, OUTLIER_COLOR, OUTLIER_MARKER
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.report import Column, Formulas, Table
from trivium.report.tables import Value
from trivium.sheet import published
from trivium.sheet.canvas import plane
from trivium.sheet.check_tables import AGREE, all_agree, shown
from trivium.sheet.formulas import set_formulas
from trivium.sheet.records import Answer, Check, Part, Picture, Pictures, signed

SCALES = tuple(published.OUTLIER_RSS)
BEYOND = 16  # the question speaks of it, the sheet does not run it
FEATURES = ("x₁", "x₂")
_SMALL = 2.6  # inches: four pictures in a row


class Fit(NamedTuple):
    """The model with the outlier at one scale, and how its predictions score.

    `rounded` is what the sheet predicts, rint(f(x)); `signed` is the class by the sign.
    """

    model: LeastSquaresClassifier
    values: Float64
    rounded: Float64
    signed: Indices


class Outlier:
    """The sheet's rows and the fits at each scale of the outlier (0: without it).

    Attributes
    ----------
    X, y : rows to train on, without the outlier
    X_test, y_test : the other rows
    fits : dict of Fit
    """

    def __init__(self) -> None:
        random = np.random.RandomState(0)  # the sheet's own generator
        X = np.vstack([0.2 * random.randn(500, 2), 1.0 + 0.2 * random.randn(500, 2)])
        y = np.repeat([1, -1], 500)
        self.X, self.X_test, self.y, self.y_test = train_test_split(
            X, y, test_size=0.1, shuffle=True, random_state=0
        )
        self.grid = PlaneGrid.around(X)
        self.fits = {scale: self._fit(scale) for scale in (0, *SCALES, BEYOND)}

    def place(self, scale: int) -> Float64:
        """Where the outlier stands."""
        return scale * np.array([1.0, 1.75])

    def rows(self, scale: int) -> tuple[Float64, Indices]:
        """Training rows with the outlier, labelled -1, as the last."""
        return np.vstack([self.X, self.place(scale)]), np.append(self.y, -1)

    def accuracy(self, scale: int, predicted: Float64 | Indices) -> float:
        """Share of the test rows whose label the prediction equals."""
        return float(np.mean(predicted == self.y_test))

    def tilt(self, scale: int) -> float:
        """Angle in degrees between the boundary and the one without the outlier."""
        here, plain = (self.fits[s].model.coef_[0] for s in (scale, 0))
        cosine = here @ plain / np.sqrt((here @ here) * (plain @ plain))
        return float(np.degrees(np.arccos(min(1.0, cosine))))

    def _fit(self, scale: int) -> Fit:
        X, y = self.rows(scale) if scale else (self.X, self.y)
        model = LeastSquaresClassifier().fit(X, y)
        values = model.decision_function(self.X_test)
        return Fit(model, values, np.rint(values), model.predict(self.X_test))


def parts(outlier: Outlier) -> tuple[Part, ...]:
    """Run the three parts of the task."""
    return _rows_and_line(outlier), _scores(outlier), _question(outlier)


def lesson(outlier: Outlier) -> Markup:
    """Say what is to be learnt."""
    return Markup(
        "<strong>Squared error punishes being too right.</strong> One row of {}, far out on its "
        "own side, turns the line by {:.0f}° ([[outlier-tilt]]); yet most of the accuracy that "
        "the sheet loses is lost by rounding ([[erratum-rint]])."
    ).format(len(outlier.y) + 1, outlier.tilt(SCALES[-1]))


def normal_equations(outlier: Outlier, scale: int) -> tuple[Float64, Float64, Float64]:
    """Return AᵀA, Aᵀy and their solution (w₁, w₂, b), A being the rows with a column of ones."""
    X, y = outlier.rows(scale)
    A = np.column_stack([X, np.ones(len(X))])
    model = outlier.fits[scale].model
    return A.T @ A, A.T @ y, np.append(model.coef_[0], model.intercept_[0])


def _rows_and_line(outlier: Outlier) -> Part:
    train, test = _pictures(outlier)
    equations = {scale: normal_equations(outlier, scale) for scale in SCALES}
    rows: list[tuple[Value, ...]] = []
    for scale, (gram, right, beta) in equations.items():
        rest = float(np.abs(gram @ beta - right).max())
        rows.append((scale, *map(float, beta), f"{rest:.0e}".replace("-", "−")))
    columns = (
        Column("s", kind="number"),
        *(Column(name, kind="number", spec=".4f") for name in ("w₁", "w₂", "b")),
        Column("what is left of the equations", kind="number"),
    )
    text = Markup(
        "<p>500 rows of class +1 around (0, 0) and 500 of class −1 around (1, 1); nine tenths "
        "train. Then one row of class −1 is added at s·(1, 1.75): on the correct side of "
        "the boundary, but farther and farther from it ([[outlier-train-1]] to "
        "[[outlier-train-8]]). The line is f(x) = 0.</p>"
    )
    formulas = set_formulas(
        "normal_equations.html",
        n=len(outlier.y) + 1,
        equations={s: (a.tolist(), b.tolist()) for s, (a, b, _) in equations.items()},
    )
    caption = (
        "The solutions, and the greatest absolute entry of AᵀAβ − Aᵀy at Trivium’s coefficients."
    )
    content = (
        text,
        Pictures(train, 15.0),
        Formulas(formulas),
        Table(caption, columns, tuple(rows)),
        Pictures(test, 15.0),
    )
    return Part("2.1", "The rows and the line", "outlier-rows", content)


def _pictures(outlier: Outlier) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """Draw the training rows and the test rows, each with the line, for every scale."""
    pictures = []
    for scale in SCALES:
        x, y = outlier.place(scale)
        pictures.append(
            Picture(
                f"outlier-train-{scale}",
                f"Training rows and the outlier at ({x:g}, {y:g}).",
                f"Two clouds of training rows; one row of class −1 stands apart at {x:g}, {y:g}.",
                partial(_train_figure, outlier, scale),
            )
        )
    for scale in SCALES:
        undecided = int(np.sum(outlier.fits[scale].rounded == 0))
        pictures.append(
            Picture(
                f"outlier-test-{scale}",
                f"Test rows by the sign of f, s = {scale}; rings mark the {undecided} rows that "
                "rounding sends to class 0.",
                f"Test rows, the line f(x) = 0, and {undecided} rows near it ringed.",
                partial(_test_figure, outlier, scale),
            )
        )
    return tuple(pictures[: len(SCALES)]), tuple(pictures[len(SCALES) :])


def _train_figure(outlier: Outlier, scale: int) -> Figure:
    X, y = outlier.rows(scale)
    display = LabelledRowsDisplay(X[:-1], y[:-1], feature_names=FEATURES)
    low, high = X.min() - 0.1 * scale, X.max() + 0.1 * scale
    square = PlaneGrid((low, high, low, high))

    def draw(ax: Axes) -> None:
        display.plot(ax, title=f"s = {scale}")
        ax.scatter(
            X[-1:, 0],
            X[-1:, 1],
            marker=OUTLIER_MARKER,
            s=70,
            color=OUTLIER_COLOR,
            edgecolors=INK,
            zorder=4,
        )
        _draw_line(ax, outlier.fits[scale].model, square)

    return plane(draw, square, width=_SMALL)


def _test_figure(outlier: Outlier, scale: int) -> Figure:
    fit = outlier.fits[scale]
    display = LabelledRowsDisplay(outlier.X_test, fit.signed, feature_names=FEATURES)
    zero = outlier.X_test[fit.rounded == 0]

    def draw(ax: Axes) -> None:
        display.plot(ax, title=f"s = {scale}")
        _draw_line(ax, fit.model, outlier.grid)
        ax.scatter(zero[:, 0], zero[:, 1], s=80, facecolors="none", edgecolors=INK, zorder=4)

    return plane(draw, outlier.grid, width=_SMALL)


def _draw_line(ax: Axes, model: LeastSquaresClassifier, grid: PlaneGrid) -> None:
    """Draw f(x) = 0 across the picture."""
    left, right, bottom, top = grid.extent
    ends = clip_boundary(model.coef_[0], float(model.intercept_[0]), grid.extent)
    if ends is not None:
        ax.plot(ends[:, 0], ends[:, 1], color=INK, linewidth=1.4)
    ax.set(xlim=(left, right), ylim=(bottom, top))


def _scores(outlier: Outlier) -> Part:
    checks: list[Check] = []
    rows: list[tuple[Value, ...]] = []
    for scale in SCALES:
        fit = outlier.fits[scale]
        residual = float(np.sum((outlier.y_test - fit.rounded) ** 2))
        rss = Check(
            2, f"s = {scale}: residual sum of squares", published.OUTLIER_RSS[scale], residual
        )
        accuracy = Check(
            2,
            f"s = {scale}: accuracy",
            published.OUTLIER_ACCURACY[scale],
            outlier.accuracy(scale, fit.rounded),
        )
        checks += [rss, accuracy]
        rows.append(
            (
                scale,
                rss.published,
                shown(rss),
                accuracy.published,
                shown(accuracy),
                all_agree([rss, accuracy]),
                outlier.accuracy(scale, fit.signed),
            )
        )
    names = ("s", "RSS printed", "measured", "accuracy printed", "measured")
    columns = (
        *(Column(name, kind="number") for name in names),
        AGREE,
        Column("accuracy by sign of f", kind="number", spec=".2f"),
    )
    text = Markup(
        "<p>The sheet predicts rint(f(x)), the nearest whole number. These are its scores on the "
        "{} test rows; the last column says how many rows lie on the correct side of the line.</p>"
    ).format(len(outlier.y_test))
    table = Table("Scores of the rounded predictions", columns, tuple(rows))
    return Part("2.2", "Scores", "outlier-scores", (text, table), tuple(checks))


def _question(outlier: Outlier) -> Part:
    tilts = ", ".join(f"{outlier.tilt(s):.1f}° at s = {s}" for s in (*SCALES, BEYOND))
    accuracies = ", ".join(
        f"{outlier.accuracy(s, outlier.fits[s].signed):.2f}" for s in (*SCALES, BEYOND)
    )
    value = {s: outlier.fits[s].model.decision_function(outlier.place(s)[None])[0] for s in (1, 8)}
    plain = outlier.fits[0].model.decision_function(outlier.place(8)[None])[0]
    answer = Answer(
        2,
        "How does the outlier affect the fit?",
        f"Squared error punishes a row for lying too far on the correct side: without it, f at "
        f"s = 8 would be "
        f"{signed(plain, '.1f')}, far beyond the target −1, so the fit turns to bring it to "
        f"{signed(value[8], '.1f')}. "
        f"The boundary tilts by {tilts}, though one row of {len(outlier.y) + 1} does it. The "
        f"clouds lie far enough apart that the classes by sign suffer late: accuracy {accuracies}.",
    )
    shown = (*SCALES, BEYOND)
    display = BoundaryTiltDisplay(
        np.array([outlier.fits[s].model.coef_[0] for s in (0, *shown)]),
        np.array([outlier.fits[s].model.intercept_[0] for s in (0, *shown)]),
        outlier.X,
        outlier.y,
        labels=["without", *(f"s = {s}" for s in shown)],
        outliers=np.vstack([np.full(2, np.nan), *(outlier.place(s) for s in shown)]),
        feature_names=FEATURES,
    )
    picture = Picture(
        "outlier-tilt",
        "The line f(x) = 0 without the outlier and with it at each scale.",
        "Boundaries over the training rows: the farther the outlier, the more the line turns.",
        lambda: plane(lambda ax: display.plot(ax, view="rows"), outlier.grid, lines=3),
    )
    text = Markup("<p>Answered from the numbers of this run.</p>")
    return Part("2.3", "What the outlier does", "outlier-question", (text, answer, picture))
