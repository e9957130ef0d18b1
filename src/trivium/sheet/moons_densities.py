"""Task 1.4: class probabilities and densities, at the training rows and all over the plane."""

from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from scipy.special import logsumexp

from trivium.arrays import Float64
from trivium.displays import DensityDisplay
from trivium.displays._fields import color_range, density_ticks
from trivium.displays.palette import SEQUENTIAL
from trivium.neighbors.density import KNeighborsDensity
from trivium.report import Column, Table
from trivium.report.tables import Value
from trivium.sheet import published
from trivium.sheet.canvas import plane
from trivium.sheet.check_tables import AGREE, all_agree
from trivium.sheet.formulas import set_formulas
from trivium.sheet.moons import FEATURES, Moons
from trivium.sheet.records import Check, Part, Picture, Pictures

DENSITY_KS = tuple(published.LABEL_FREQUENCIES)
IN_PLANE = (2, 32)  # numbers of neighbours for which the whole plane is drawn
_BAR = 0.62  # inches beside a picture for its colour bar
_GROUND = "#2b2d33"  # on which every colour of the scale can be told, on a light page and a dark


class Densities:
    """Densities for every k from one search for the plane and one for the rows.

    Attributes
    ----------
    fields : Float64 of shape (len(IN_PLANE), n_cells)
        Logarithm of p(x) in the plane.
    class_fields : Float64 of shape (len(IN_PLANE), n_cells, n_classes)
        Logarithm of p(x given c).
    rows : Float64 of shape (n_ks, n)
        Logarithm of p(x) at the training rows, each without itself.
    own_rows : Float64 of shape (n_ks, n)
        Logarithm of p(x given c) there, c the row's own class.
    """

    def __init__(self, moons: Moons) -> None:
        model = KNeighborsDensity(max(DENSITY_KS)).fit(moons.X, moons.y)
        self.class_fields = model.class_score_samples_path(moons.grid.points, IN_PLANE)
        # By Bayes' rule p(x) is the sum of p(x given c) p(c), which saves a second search.
        log_prior = np.log(np.bincount(moons.y) / len(moons.y))
        self.fields = logsumexp(self.class_fields + log_prior, axis=2)
        self.rows = model.score_samples_path(None, DENSITY_KS)
        by_class = model.class_score_samples_path(None, DENSITY_KS)
        self.own_rows = by_class[:, np.arange(len(moons.y)), moons.y]


def density_part(moons: Moons) -> Part:
    """Estimate, draw, and compare what the sheet prints as p(c)."""
    densities = Densities(moons)
    checks, table = _printed(moons)
    at_rows: list[Picture] = []
    in_plane: list[Picture] = []
    for place, k in enumerate(DENSITY_KS):
        at_rows += _at_rows(moons, densities, place, k)
    for place, k in enumerate(IN_PLANE):
        in_plane += _in_plane(moons, densities, place, k)
    count = np.bincount(moons.y)
    text = set_formulas("densities.html", counts=count.tolist(), n=len(moons.y))
    content = (
        text,
        Pictures(
            tuple(at_rows), 25.0, caption="At the training rows, each left out of its own circle."
        ),
        Pictures(tuple(in_plane), 16.0, "All over the plane; each picture has its own scale."),
        table,
    )
    return Part("1.4", "Probabilities and densities", "moons-densities", content, tuple(checks))


def _printed(moons: Moons) -> tuple[list[Check], Table]:
    """Compare what the sheet prints as p(c) with what its program computes."""
    checks: list[Check] = []
    rows: list[tuple[Value, ...]] = []
    for k, frequencies in published.LABEL_FREQUENCIES.items():
        own = moons.nearest_to_mean(k)
        here = [
            Check(1, f"k = {k}: printed “p(c)”, {name} value", printed, float(value))
            for name, printed, value in zip(("first", "second"), frequencies, own, strict=True)
        ]
        checks += here
        rows.append((k, *frequencies, *(f"{value:g}" for value in own), all_agree(here)))
    names = ("k", "first printed", "second printed", "first measured", "second measured")
    columns = (*(Column(name, kind="number") for name in names), AGREE)
    caption = (
        "What the sheet prints as “p(c)”, computed as the sheet does: not class probabilities, "
        "which do not depend on k."
    )
    return checks, Table(caption, columns, tuple(rows))


def _at_rows(moons: Moons, densities: Densities, place: int, k: int) -> list[Picture]:
    lost = int(np.sum(np.isneginf(densities.own_rows[place])))
    none = f"; {lost} rows without a neighbour of their class are hollow" if lost else ""
    return [
        Picture(
            f"moons-rows-{k}-x",
            f"p(x) at the training rows, k = {k}.",
            f"The training rows coloured by the estimated density p(x), k = {k}.",
            partial(_rows_figure, moons, densities.rows[place], f"k = {k}: p(x)"),
        ),
        Picture(
            f"moons-rows-{k}-x-given-c",
            f"p(x | c) at the training rows of class c, k = {k}{none}.",
            f"The training rows coloured by the density of their own class, k = {k}.",
            partial(_rows_figure, moons, densities.own_rows[place], f"k = {k}: p(x | c)"),
        ),
    ]


def _rows_figure(moons: Moons, values: Float64, title: str) -> Figure:
    """Draw rows coloured by the logarithm of a density; where that is zero, hollow."""
    finite = np.isfinite(values)
    low, high = color_range(values)
    # The dark end of the scale is for the plane, which is mostly empty.
    colors = ListedColormap(mpl.colormaps[SEQUENTIAL](np.linspace(0.18, 1.0, 200)))
    left, right, bottom, top = moons.grid.extent

    def draw(ax: Axes) -> None:
        ax.axvspan(left, right, color=_GROUND, linewidth=0, zorder=0)
        order = np.argsort(values, kind="stable")
        shown = order[finite[order]]  # the densest last, where they hide the least
        points = ax.scatter(
            moons.X[shown, 0],
            moons.X[shown, 1],
            c=values[shown],
            s=7,
            cmap=colors,
            vmin=low,
            vmax=high,
            linewidths=0,
            rasterized=True,
        )
        ax.scatter(
            moons.X[~finite, 0],
            moons.X[~finite, 1],
            s=7,
            facecolors="none",
            edgecolors="#c9cbd1",
            linewidths=0.6,
            rasterized=True,
        )
        ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", title=title)
        ax.set(xlabel=FEATURES[0], ylabel=FEATURES[1])
        bar = ax.figure.colorbar(points, cax=ax.inset_axes((1.03, 0.0, 0.045, 1.0)))
        ticks = density_ticks(low, high)
        bar.set_ticks(np.log(ticks).tolist(), labels=[f"{tick:g}" for tick in ticks])
        bar.ax.minorticks_off()
        bar.outline.set_visible(False)

    return plane(draw, moons.grid, lines=0, right=_BAR)


def _in_plane(moons: Moons, densities: Densities, place: int, k: int) -> list[Picture]:
    def panel(panel: int) -> Figure:
        display = DensityDisplay(
            densities.fields[place],
            densities.class_fields[place],
            moons.grid,
            classes=[0, 1],
            X=moons.X,
            y=moons.y,
            feature_names=FEATURES,
        )

        def draw(ax: Axes) -> None:
            display.plot_panel(ax, panel, title=f"k = {k}")

        return plane(draw, moons.grid, lines=0, right=_BAR)

    return [
        Picture(
            f"moons-density-{k}-{('x', 'x-given-0', 'x-given-1')[number]}",
            f"{name}, k = {k}.",
            f"Field of the estimated density {name}, k = {k}, on its own colour scale.",
            partial(panel, number),
        )
        for number, name in enumerate(("p(x)", "p(x | 0)", "p(x | 1)"))
    ]
