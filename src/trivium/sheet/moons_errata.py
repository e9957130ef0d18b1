"""Task 1: where the sheet is wrong, each with evidence from this run."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from trivium.arrays import Float64
from trivium.displays.palette import ACCENT, CLASS_COLORS, INK, MUTED
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.density import KNeighborsDensity
from trivium.neighbors.nearest import NearestNeighbors
from trivium.sheet.canvas import WIDTH, figure, plane
from trivium.sheet.moons import FEATURES, N_TRAIN, Moons
from trivium.sheet.moons_densities import DENSITY_KS
from trivium.sheet.records import Erratum, Picture


def errata(moons: Moons) -> tuple[Erratum, ...]:
    """Gather the evidence for the six errata of the task."""
    return (
        _contour(moons),
        _class_probabilities(moons),
        _zero_division(moons),
        _bias(),
        _lost_pictures(moons),
        _all_neighbors(moons),
    )


def _contour(moons: Moons) -> Erratum:
    line = (moons.X_test[:, 1] > moons.X_test[:, 0]).astype(int)
    right = float(np.mean(line == moons.y_test))
    right = max(right, 1 - right)
    changed = float(np.mean(moons.regions[1] != moons.regions[512]))

    def draw(ax: Axes) -> None:
        left, low, bottom, high = moons.grid.extent
        x = np.linspace(left, low, 80)
        y = np.linspace(bottom, high, 80)
        levels = np.exp([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
        ax.contour(x, y, np.exp(x * y[:, None]), levels=levels, colors=[MUTED], linewidths=0.8)
        ax.plot([], [], color=MUTED, label="the sheet's contours of exp(x₁·x₂)")
        ends = np.array([max(left, bottom), min(low, high)])
        ax.plot(ends, ends, color=ACCENT, label="the sheet's line y = x")
        own = moons.boundaries(16)
        ax.plot(own[:, 0], own[:, 1], color=INK, lw=1.6, label="the model's boundary, k = 16")
        ax.set(xlim=(left, low), ylim=(bottom, high), aspect="equal")
        ax.set(xlabel=FEATURES[0], ylabel=FEATURES[1])
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=1)

    return Erratum(
        1,
        "1.3",
        "contour",
        "The drawn “decision boundary” is no model’s",
        "1.3, pictures",
        "The background “decision boundary” is a contour of exp(x₁·x₂), and the line is y = x.",
        "Neither depends on the model, so they are the same for every k. The model's own regions "
        f"differ on {changed:.1%} of the picture between k = 1 and k = 512, and the line y = x "
        f"classifies {right:.0%} of the test rows correctly, against "
        f"{np.mean(moons.swept[16] == moons.y_test):.0%} by the model with k = 16.",
        {"share_changed_k1_k512": changed, "accuracy_of_line": right},
        Picture(
            "erratum-contour",
            "What the sheet draws, and where the model changes its mind.",
            "The sheet's contour and line beside the boundary of the model, which they ignore.",
            lambda: plane(draw, moons.grid, lines=3),
        ),
    )


def _class_probabilities(moons: Moons) -> Erratum:
    count = np.bincount(moons.y)
    prior = count / len(moons.y)
    posterior = KNeighborsClassifier(n_neighbors=4).fit(moons.X, moons.y).predict_proba(moons.X)
    mean = posterior.mean(axis=0)
    printed = moons.nearest_to_mean(4)
    return Erratum(
        1,
        "1.4",
        "class-probabilities",
        "The “class probabilities” are of a few rows, in no order of classes",
        "1.4, p(c)",
        "Prints [0.75 0.25] and the like as “class probabilities on the train set”.",
        "These are frequencies of labels among the k rows nearest to the mean of the data (the "
        "query is broadcast over the whole matrix), in order of first appearance, not of class: "
        f"computed so, k = 4 gives [{printed[0]:.2f} {printed[1]:.2f}]. The class probabilities "
        f"are {count[0]}/{len(moons.y)} = {prior[0]:.4f} and {count[1]}/{len(moons.y)} = "
        f"{prior[1]:.4f}; the mean posterior at k = 4 is [{mean[0]:.4f} {mean[1]:.4f}].",
        {
            "prior_0": float(prior[0]),
            "prior_1": float(prior[1]),
            "mean_posterior_0_k4": float(mean[0]),
            "mean_posterior_1_k4": float(mean[1]),
        },
    )


def _zero_division(moons: Moons) -> Erratum:
    distances, indices = NearestNeighbors(2).fit(moons.X).kneighbors(moons.X)
    same = moons.y[indices] == moons.y[:, None]
    radius = np.where(same, distances, 0.0).max(axis=1)
    zero = int(np.sum(radius == 0.0))
    model = KNeighborsDensity(2).fit(moons.X, moons.y)
    own = model.class_score_samples(None)[np.arange(len(moons.y)), moons.y]
    infinite = int(np.sum(np.isposinf(own)))
    return Erratum(
        1,
        "1.4",
        "zero-division",
        "p(x|c) divides by zero at k = 2",
        "1.4, p(x|c)",
        "p(x|c) = k_c/(N_c·V_c) with x among its own neighbours.",
        f"Divides by zero at k = 2 for {zero} of {len(moons.y)} rows: x is its own nearest "
        "neighbour, and where the other one is of the other class, the radius within its own is "
        f"0. With x left out, by its number, {infinite} rows have an infinite density.",
        {"rows_with_zero_radius": zero, "rows_infinite_when_left_out": infinite},
    )


def mean_ratios(ks: tuple[int, ...]) -> tuple[Float64, Float64]:
    """Mean of estimated over true density, by the sheet's formula and without its bias.

    On 10,000 uniform rows of the unit square, where the density is 1, at the rows so far
    inside that no circle reaches over the border.
    """
    X = np.random.default_rng(0).random((10_000, 2))
    inside = np.flatnonzero(np.all((X > 0.07) & (X < 0.93), axis=1))
    biased, model = (KNeighborsDensity(max(ks), unbiased=u).fit(X) for u in (False, True))
    sheet = np.exp(biased.score_samples_path(X[inside], ks)).mean(axis=1)
    unbiased = np.exp(model.score_samples_path(None, ks)[:, inside]).mean(axis=1)
    return sheet, unbiased


def _bias() -> Erratum:
    ks = DENSITY_KS
    sheet, unbiased = mean_ratios(ks)
    at = ks.index(8)

    def draw(ax: Axes) -> None:
        ax.axhline(1.0, color=MUTED, linewidth=1.0)
        ax.plot(ks, sheet, "o-", color=ACCENT, label="k/(nV), x among its neighbours")
        ax.plot(ks, unbiased, "s-", color=CLASS_COLORS[0], label="(k − 1)/(nV), x left out")
        ax.set_xscale("log", base=2)
        ax.set_yscale("log", base=2)
        ax.set_xticks(ks, [str(k) for k in ks])
        ticks = [1, 2, 4, 8, 16]
        ax.set_yticks(ticks, [str(tick) for tick in ticks])
        ax.set(xlabel="neighbours k", ylabel="mean estimate / truth")
        ax.legend(loc="upper right")

    return Erratum(
        1,
        "1.4",
        "bias",
        "p(x) is biased upward",
        "1.4, p(x)",
        "p(x) = k/(N·V) with x among its own neighbours.",
        f"Biased upward. Where the true density is 1, the formula gives {sheet[at]:.2f} on average "
        f"at k = 8; at k = 2 it has no finite mean ({sheet[0]:.0f} in this draw). (k − 1)/(nV) "
        f"with x left out gives {unbiased[at]:.2f} at k = 8.",
        {"sheet_k8": float(sheet[at]), "sheet_k2": float(sheet[0]), "ours_k8": float(unbiased[at])},
        Picture(
            "erratum-bias",
            "Uniform rows in the unit square, away from its border.",
            "Mean of the estimated density over the true one against k: far above 1 for the "
            "sheet's formula at small k, on 1 without the bias.",
            lambda: figure(draw, (WIDTH, 2.6), (0.52, 0.44, 0.08, 0.08)),
        ),
    )


def _lost_pictures(moons: Moons) -> Erratum:
    def pixels(*colors: str) -> Float64:
        made = Figure(figsize=(2, 2))
        canvas: Any = FigureCanvasAgg(made)
        for color in colors:
            ax = made.axes[0] if made.axes else made.add_axes((0, 0, 1, 1))
            ax.set_axis_off()
            ax.scatter(moons.X[:, 0], moons.X[:, 1], color=color)
        canvas.draw()
        shown: Float64 = np.asarray(canvas.buffer_rgba())[..., :3].astype(float)
        return shown

    with mpl.rc_context():
        mpl.rcdefaults()  # as the sheet, which sets nothing
        blue = np.round(255 * np.array(to_rgb("tab:blue")))
        first, both = (
            int(np.all(pixels(*colors) == blue, axis=2).sum())
            for colors in (("tab:blue",), ("tab:blue", "tab:orange"))
        )
        ink = int(np.any(pixels() != 255, axis=2).sum())
    return Erratum(
        1,
        "1.4",
        "lost-pictures",
        "One scatter covers the other, and the saved file is empty",
        "1.4, pictures",
        "Draws p(x) and p(x|c) as two scatters of the same rows in one axes, and saves the figure "
        "after it was shown and closed.",
        f"The second scatter covers the first: drawn so, {both} of its {first} pixels remain. "
        f"A file saved after that is a new, empty figure: {ink} of its pixels have any ink. Here "
        "each density has a picture and a scale of its own.",
        {"pixels_of_first": first, "pixels_of_first_left": both, "pixels_in_saved_file": ink},
    )


def _all_neighbors(moons: Moons) -> Erratum:
    accuracy = [float(np.mean(labels == moons.y)) for labels in moons.remembered.values()]
    return Erratum(
        1,
        "1.5",
        "all-neighbours",
        "k = N underfits; it does not fit perfectly",
        "1.5",
        "At k = N the fit is perfect with training error zero, and overfits.",
        f"The opposite: at k = {N_TRAIN} every row gets the majority class, train accuracy "
        f"{accuracy[2]:.4f} ({accuracy[1]:.4f} at k = 450). It is k = 1 whose train accuracy is "
        f"{accuracy[0]:.0f}.",
        {"train_accuracy_k900": accuracy[2], "train_accuracy_k450": accuracy[1]},
    )
