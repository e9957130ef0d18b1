"""Task 2: linear least squares with an outlier."""

from collections.abc import Iterable
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
from trivium.displays.palette import INK, OUTLIER_COLOR, OUTLIER_MARKER, class_style
from trivium.least_squares.classifier import LeastSquaresClassifier
from trivium.sheet import published
from trivium.sheet.canvas import WIDTH, figure, plane
from trivium.sheet.records import Answer, Check, Erratum, Part, Picture, signed

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
    return _pictures(outlier), _scores(outlier), _question(outlier)


def _pictures(outlier: Outlier) -> Part:
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
    text = Markup(
        "<p>500 rows of class +1 around (0, 0) and 500 of class −1 around (1, 1); nine tenths "
        "train. Then one row of class −1 is added at s·(1, 1.75): on the correct side of "
        "the boundary, but farther and farther from it. The line is f(x) = 0.</p>"
    )
    return Part(
        "2.1 The rows and the line",
        "outlier-rows",
        text,
        pictures=tuple(pictures),
        picture_width=15.0,
    )


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
    checks = []
    for scale in SCALES:
        rounded = outlier.fits[scale].rounded
        rss = float(np.sum((outlier.y_test - rounded) ** 2))
        accuracy = outlier.accuracy(scale, rounded)
        checks += [
            Check(2, f"s = {scale}: residual sum of squares", published.OUTLIER_RSS[scale], rss),
            Check(2, f"s = {scale}: accuracy", published.OUTLIER_ACCURACY[scale], accuracy),
        ]
    text = Markup(
        "<p>The sheet predicts rint(f(x)), the nearest whole number. These are its scores; see "
        "below for what rounding does to them.</p>"
    )
    return Part("2.2 Scores", "outlier-scores", text, checks=tuple(checks))


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
    return Part(
        "2.3 What the outlier does",
        "outlier-question",
        text,
        pictures=(picture,),
        answers=(answer,),
    )


def errata(outlier: Outlier) -> tuple[Erratum, ...]:
    """Gather the evidence for the two errata of the task."""
    return _rounding(outlier), _range(outlier)


def _rounding(outlier: Outlier) -> Erratum:
    zero = [int(np.sum(outlier.fits[s].rounded == 0)) for s in SCALES]
    by_sign = [outlier.accuracy(s, outlier.fits[s].signed) for s in SCALES]
    two = int(np.sum(outlier.fits[BEYOND].rounded == 2))
    rounded_beyond = outlier.accuracy(BEYOND, outlier.fits[BEYOND].rounded)
    signed_beyond = outlier.accuracy(BEYOND, outlier.fits[BEYOND].signed)
    return Erratum(
        2,
        "2.2",
        "Accuracy falls from 0.95 to 0.85 because of the outlier.",
        f"Most of it is rint: it answers class 0, which does not exist, for {_listed(zero)} test "
        f"rows with |f| < 0.5. By the sign of f the accuracy is "
        f"{_listed([f'{a:.2f}' for a in by_sign])}. At s = {BEYOND}, rint even answers 2 ({two} "
        f"of {len(outlier.y_test)} rows): accuracy {rounded_beyond:.2f} against "
        f"{signed_beyond:.2f} by sign.",
        {
            **{f"class_0_s{s}": n for s, n in zip(SCALES, zero, strict=True)},
            **{f"accuracy_by_sign_s{s}": a for s, a in zip(SCALES, by_sign, strict=True)},
            "accuracy_by_rint_s16": rounded_beyond,
            "accuracy_by_sign_s16": signed_beyond,
        },
        Picture(
            "erratum-rint",
            "f at the test rows. Rounding sends what lies in the band to class 0.",
            "Values of f at the test rows for each scale; some fall into the band from −0.5 to "
            "0.5, where rounding gives 0.",
            lambda: figure(partial(_draw_values, outlier), (WIDTH, 2.9)),
        ),
    )


def _draw_values(outlier: Outlier, ax: Axes) -> None:
    scales = (*SCALES, BEYOND)
    for place, scale in enumerate(scales):
        values = outlier.fits[scale].values
        for position, label in enumerate((-1, 1)):
            f = values[outlier.y_test == label]
            # Spread by rank, so that no two points hide each other and no seed is needed.
            height = place + 0.3 * (np.argsort(np.argsort(f)) / len(f) - 0.5)
            ax.scatter(f, height, s=7, rasterized=True, **class_style(position))
    ax.axvspan(-0.5, 0.5, color=OUTLIER_COLOR, alpha=0.2, linewidth=0)
    ax.axvline(0, color=INK, linewidth=1.0)
    ax.set_yticks(range(len(scales)), [f"s = {s}" for s in scales])
    ax.set_xlabel("f(x)")
    ax.invert_yaxis()


def _range(outlier: Outlier) -> Erratum:
    tilt = {s: outlier.tilt(s) for s in (SCALES[-1], BEYOND)}
    accuracy = outlier.accuracy(BEYOND, outlier.fits[BEYOND].signed)
    return Erratum(
        2,
        "2.3",
        "Speaks of outliers from 1 to 16.",
        f"The sheet runs {_listed(SCALES)}. Run here, s = {BEYOND} tilts the boundary by "
        f"{tilt[BEYOND]:.1f}° (s = {SCALES[-1]}: {tilt[SCALES[-1]]:.1f}°) and has the accuracy "
        f"{accuracy:.2f} by sign.",
        {"largest_scale_run_by_sheet": SCALES[-1], "tilt_s8": tilt[8], "tilt_s16": tilt[16]},
    )


def _listed(values: Iterable[object]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}"
