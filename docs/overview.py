"""Make docs/overview.png, the README's picture: four displays, legible at 840 pixels.

Usage: python docs/overview.py
"""

from pathlib import Path

import matplotlib as mpl
from sklearn.datasets import load_digits, make_moons

from trivium import (
    KNeighborsClassifier,
    KNeighborsDensity,
    LeastSquaresClassifier,
    SoftmaxRegression,
)
from trivium.displays import (
    BoundaryTiltDisplay,
    ClassRegionsDisplay,
    ClassWeightsDisplay,
    DensityDisplay,
)
from trivium.displays.palette import notebook_style

SIZE = (8.4, 6.2)  # inches: of 100 pixels as it is shown, of 200 in the file

TITLES = (
    "Which class: five nearest neighbours",
    "How dense: p(x given class 0)",
    "What an outlier does to least squares",
    "Softmax: what each pixel says",
)


def main(path: Path) -> None:
    """Draw and write the picture."""
    from matplotlib import pyplot as plt

    mpl.use("Agg")
    mpl.rcdefaults()
    mpl.rcParams.update(notebook_style())  # type: ignore[arg-type]
    X, y = make_moons(200, noise=0.25, random_state=0)
    digits = load_digits()
    figure = plt.figure(figsize=SIZE, layout="constrained")
    parts = figure.subfigures(2, 2, wspace=0.04, hspace=0.04).ravel()
    regions, density, tilt, weights = (part.subplots() for part in parts)
    ClassRegionsDisplay.from_estimator(
        KNeighborsClassifier(5).fit(X, y), X, y, ax=regions, legend=False
    )
    DensityDisplay.from_estimator(
        KNeighborsDensity(10).fit(X, y), X, y, panels=["p(x|c)"], only=[0], ax=[density]
    )
    density.set_title("")
    places = [(3, 2), (6, 4), (12, 8)]
    BoundaryTiltDisplay.from_drag(
        LeastSquaresClassifier(), X, y, places, view="rows", legend=False, ax=tilt
    )
    softmax = SoftmaxRegression(alpha=1e-2).fit(digits.data / 16, digits.target)
    ClassWeightsDisplay.from_estimator(softmax, image_shape=(8, 8), ax=weights)
    for axes in (regions, density, tilt):
        axes.set(xlabel="", ylabel="")
    for part, title in zip(parts, TITLES, strict=True):
        part.suptitle(title, x=0.02, ha="left", weight="bold")
    figure.savefig(path, dpi=200, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(__file__).with_name("overview.png"))
