"""Draw every display of twelve very different tables, light and dark, on pages to look through.

Usage: python docs/contact_sheets.py FOLDER [DISPLAY ...]

Writes a PNG for each display and page colour, and index.html, which shows them all.
"""

import io
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_blobs,
    make_moons,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    LeastSquaresClassifier,
    MaskedClassWarning,
    SoftmaxRegression,
)
from trivium import displays as d
from trivium.displays.palette import notebook_style

mpl.use("Agg")

ACROSS, WIDTH, HEIGHT = 4, 640, 560


class Table(NamedTuple):
    """Rows, their classes, and how to choose a plane of them."""

    X: Any
    y: Any
    plane: dict[str, Any]

    def numbers(self) -> Any:
        """Columns of numbers alone."""
        return self.X.select_dtypes("number") if hasattr(self.X, "columns") else self.X

    def steps(self) -> Any:
        """Return the steps before a model."""
        if len(self.numbers().T) == len(np.asarray(self.X).T):
            return StandardScaler()
        from sklearn.compose import make_column_transformer

        number, other = self.numbers().columns, self.X.columns.difference(self.numbers().columns)
        return make_column_transformer(
            (StandardScaler(), list(number)), (OneHotEncoder(), list(other))
        )


def tables() -> dict[str, Table]:
    """Return the twelve tables by name."""
    rng = np.random.default_rng(0)
    moons = make_moons(200, noise=0.25, random_state=0)
    iris, wine, cancer = (
        f(return_X_y=True, as_frame=True) for f in (load_iris, load_wine, load_breast_cancer)
    )
    species = np.array(["setosa", "versicolor", "virginica"])[iris[1]]
    digits = load_digits(return_X_y=True)
    far = make_moons(120, noise=0.2, random_state=1)
    many = make_blobs(600, 2, centers=12, cluster_std=0.8, random_state=3)
    big = make_moons(200_000, noise=0.3, random_state=2)
    outlier = np.vstack([moons[0], [[60.0, 45.0]]]), np.append(moons[1], 1)
    few = make_blobs(20, 2, centers=2, cluster_std=2.0, random_state=1)
    constant = pd.DataFrame({"height": rng.normal(170, 9, 90), "always 3": 3.0})
    mixed = pd.DataFrame(
        {
            "income in $ a year, before taxes and transfers": rng.lognormal(10.5, 0.6, 400),
            "age": rng.integers(18, 90, 400),
            "region": rng.choice(["north", "south", "west"], 400, p=[0.6, 0.3, 0.1]),
        }
    )
    rare = np.where(
        mixed["age"] + rng.normal(0, 9, 400) > 84, "repaid late, or $not at all", "repaid in full"
    )
    return {
        "moons, 200 rows": Table(*moons, {}),
        "iris, a frame": Table(
            iris[0], species, {"features": ("petal length (cm)", "petal width (cm)")}
        ),
        "wine, 13 columns": Table(*wine, {"projection": "pca"}),
        "digits, 64 columns, 10 classes": Table(*digits, {"projection": "pca"}),
        "cancer, 30 columns": Table(
            cancer[0],
            np.array(["malignant", "benign"])[cancer[1]],
            {"features": ("mean radius", "mean area")},
        ),
        "1e-6 beside 1e9": Table(far[0] * [1e-6, 1e9], far[1], {}),
        "12 classes": Table(many[0], np.array([f"class {c}" for c in "ABCDEFGHIJKL"])[many[1]], {}),
        "20 rows": Table(*few, {}),
        "200,000 rows": Table(*big, {}),
        "one outlier": Table(*outlier, {}),
        "a constant column": Table(constant, constant["height"] > 172, {}),
        "mixed, rare class": Table(
            mixed, rare, {"features": ("income in $ a year, before taxes and transfers", "age")}
        ),
    }


def _binary(table: Table) -> Table:
    """Return the rows of the two most frequent classes."""
    labels = np.asarray(table.y)
    classes, counts = np.unique(labels, return_counts=True)
    kept = np.isin(labels, classes[np.argsort(-counts, kind="stable")[:2]])
    return Table(table.X[kept], labels[kept], table.plane)


def labelled(table: Table) -> Any:
    """LabelledRowsDisplay."""
    model = make_pipeline(table.steps(), KNeighborsClassifier(5)).fit(table.X, table.y)
    return d.LabelledRowsDisplay.from_estimator(model, table.X, table.y, **table.plane)


def regions_neighbors(table: Table) -> Any:
    """ClassRegionsDisplay of nearest neighbours; set_title comes afterwards."""
    model = make_pipeline(table.steps(), KNeighborsClassifier(5)).fit(table.X, table.y)
    display = d.ClassRegionsDisplay.from_estimator(
        model, table.X, table.y, ring_errors=True, **table.plane
    )
    display.ax_.set_title("A title set afterwards")
    return display


def regions_softmax(table: Table) -> Any:
    """ClassRegionsDisplay of softmax regression; the title is given."""
    model = make_pipeline(table.steps(), SoftmaxRegression(alpha=1e-3)).fit(table.X, table.y)
    return d.ClassRegionsDisplay.from_estimator(
        model, table.X, table.y, title="Softmax", **table.plane
    )


def side_by_side(table: Table) -> Any:
    """SideBySideDisplay of the three classifiers."""
    models = [
        make_pipeline(table.steps(), model).fit(table.X, table.y)
        for model in (
            KNeighborsClassifier(5),
            LeastSquaresClassifier(alpha=1e-3),
            SoftmaxRegression(alpha=1e-3),
        )
    ]
    return d.SideBySideDisplay.from_estimators(
        models, table.X, table.y, title="Three", note="A note.", **table.plane
    )


def density(table: Table) -> Any:
    """DensityDisplay: p(x), then p(x|c) of two classes."""
    rows = table.numbers()
    model = make_pipeline(StandardScaler(), KNeighborsDensity(10)).fit(rows, table.y)
    two = np.unique(table.y)[:2]
    return d.DensityDisplay.from_estimator(
        model, rows, table.y, only=two, resolution=120, **table.plane
    )


def posterior(table: Table) -> Any:
    """DensityDisplay: p(c|x) of two classes."""
    model = make_pipeline(table.steps(), KNeighborsClassifier(10)).fit(table.X, table.y)
    two = np.unique(table.y)[:2]
    return d.DensityDisplay.from_estimator(
        model, table.X, table.y, panels=["p(c|x)"], only=two, resolution=120, **table.plane
    )


def weights(table: Table) -> Any:
    """ClassWeightsDisplay: bars."""
    model = make_pipeline(table.steps(), SoftmaxRegression(alpha=1e-3)).fit(table.X, table.y)
    return d.ClassWeightsDisplay.from_estimator(model, title="Softmax")


def tilt(table: Table) -> Any:
    """BoundaryTiltDisplay.from_drag."""
    two = _binary(table)
    model = make_pipeline(two.steps(), LeastSquaresClassifier(alpha=1e-3))
    from trivium.displays._planes import plane_of

    points = plane_of(two.X, **two.plane).points
    middle, spread = np.median(points, axis=0), np.ptp(points, axis=0)
    places = [middle + share * spread for share in (1.0, 3.0, 9.0)]
    return d.BoundaryTiltDisplay.from_drag(
        model,
        two.X,
        two.y,
        places,
        labels=["1 spread", "3", "9 spreads away"],
        view="rows",
        **two.plane,
    )


def influence(table: Table) -> Any:
    """InfluenceDisplay."""
    model = make_pipeline(table.steps(), LeastSquaresClassifier(alpha=1e-3)).fit(table.X, table.y)
    display = d.InfluenceDisplay.from_estimator(model, table.X, table.y, **table.plane)
    display.ax_.set_title("Set afterwards")
    return display


def sweep(table: Table) -> Any:
    """NeighborsSweepDisplay of a KNeighborsClassifierCV."""
    model = make_pipeline(table.steps(), KNeighborsClassifierCV())
    if len(table.X) > 5000:
        table = Table(table.X[:5000], table.y[:5000], table.plane)
    return d.NeighborsSweepDisplay.from_estimator(model.fit(table.X, table.y))


def training(table: Table) -> Any:
    """TrainingCurvesDisplay of gradient descent."""
    steps = table.steps()
    rows = steps.fit_transform(table.X)
    half = np.arange(len(rows)) % 2 == 0
    labels = np.asarray(table.y)
    model = SoftmaxRegression(alpha=1e-3, solver="gradient-descent", max_iter=120)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows[half], labels[half], X_val=rows[~half], y_val=labels[~half])
    return d.TrainingCurvesDisplay.from_estimator(model)


SHEETS: tuple[Callable[[Table], Any], ...] = (
    labelled,
    regions_neighbors,
    regions_softmax,
    side_by_side,
    density,
    posterior,
    weights,
    tilt,
    influence,
    sweep,
    training,
)


def picture(draw: Callable[[Table], Any], table: Table, *, dark: bool) -> Image.Image:
    """Return a display of a table as an image, or what it raised."""
    from matplotlib import pyplot as plt

    with mpl.rc_context(notebook_style(dark=dark)):
        file = io.BytesIO()
        try:
            draw(table).figure_.savefig(file, dpi=100)
            return Image.open(file).convert("RGB")
        except (ValueError, TypeError) as error:
            page = Image.new("RGB", (WIDTH, HEIGHT), "pink")
            ImageDraw.Draw(page).text(
                (10, 10), "\n".join(str(error)[i : i + 80] for i in range(0, 400, 80))
            )
            return page
        finally:
            plt.close("all")


def sheet(draw: Callable[[Table], Any], *, dark: bool) -> Image.Image:
    """Return the contact sheet of a display."""
    ground, ink = ("#000000", "#ffffff") if dark else ("#dddddd", "#000000")
    every = tables()
    down = -(-len(every) // ACROSS)
    page = Image.new("RGB", (ACROSS * WIDTH, down * HEIGHT), ground)
    for place, (name, table) in enumerate(every.items()):
        image = picture(draw, table, dark=dark)
        image.thumbnail((WIDTH - 10, HEIGHT - 30))
        corner = place % ACROSS * WIDTH + 5, place // ACROSS * HEIGHT + 24
        page.paste(image, corner)
        ImageDraw.Draw(page).text((corner[0], corner[1] - 18), name, fill=ink)
    return page


def main(folder: Path, wanted: list[str]) -> None:
    """Write the sheets and their page."""
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore", MaskedClassWarning)
    for draw in SHEETS:
        if wanted and draw.__name__ not in wanted:
            continue
        for dark in (False, True):
            sheet(draw, dark=dark).save(
                folder / f"{draw.__name__}-{'dark' if dark else 'light'}.png"
            )
    (folder / "index.html").write_text("\n".join(_page()), encoding="utf-8")


def _page() -> Iterator[str]:
    yield "<!doctype html><meta charset=utf-8><title>Displays of twelve tables</title>"
    for draw in SHEETS:
        yield f"<h2>{draw.__doc__}</h2>"
        for tone in ("light", "dark"):
            name = f"{draw.__name__}-{tone}"
            yield f"<img src='{name}.png' alt='{name}' width='100%'>"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
