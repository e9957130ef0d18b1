"""A field of values over the plane, as an image with its colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from trivium.arrays import Float64
from trivium.containers import as_numbers
from trivium.displays import palette
from trivium.displays.grid import PlaneGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    Range = tuple[float, float]

_BAR = (1.03, 0.0, 0.045, 1.0)  # beside the axes, in their units
_ZERO = 0.06  # of its height is the patch of what is zero
_GAP = 0.035


METHODS = {
    "p(x)": ("score_samples", "KNeighborsDensity"),
    "p(x|c)": ("class_score_samples", "KNeighborsDensity"),
    "p(c|x)": ("predict_proba", "KNeighborsDensity and classifiers"),
}
"""What panels may show: the method that says it, and what has that."""


def kinds_of(panels: Sequence[str]) -> list[str]:
    """Return what panels show, each once."""
    names = [panels] if isinstance(panels, str) else list(panels)
    for name in names:
        if name not in METHODS:
            raise ValueError(f"panels must be of 'p(x)', 'p(x|c)', 'p(c|x)', got {name!r}")
    return list(dict.fromkeys(names))


def field(values: ArrayLike | None, name: str, shape: tuple[int, ...]) -> Float64 | None:
    """Return values of cells, which may be infinite but not NaN, in a shape that is checked."""
    if values is None:
        return None
    array = as_numbers(values, name, each="cell")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if np.isnan(array).any():
        raise ValueError(f"{name} holds NaN")
    return array


def draw_logs(axes: Axes, logs: Float64, grid: PlaneGrid, limits: Range | None) -> AxesImage:
    """Draw logarithms of densities, the bar written in densities; -inf has a colour of its own.

    Parameters
    ----------
    axes : matplotlib Axes
    logs : ndarray of shape (n_cells,)
    grid : PlaneGrid
    limits : tuple of float or None
        Ends of the scale; by default those of `color_range`.
    """
    low, high = color_range(logs) if limits is None else limits
    zero = logs == -np.inf
    shown = np.ma.masked_array(np.clip(logs, low, high), zero)
    image = _image(axes, shown, grid, (low, high))
    below, above = bool((logs[~zero] < low).any()), bool((logs > high).any())
    bar = _bar(axes, image, zero, below=below, above=above)
    ticks = density_ticks(low, high)
    bar.set_ticks(np.log(ticks).tolist(), labels=[f"{tick:g}" for tick in ticks])
    bar.ax.minorticks_off()
    return image


def draw_probabilities(axes: Axes, values: Float64, grid: PlaneGrid) -> AxesImage:
    """Draw probabilities on a scale from 0 to 1; exact zero has a colour of its own.

    Parameters
    ----------
    axes : matplotlib Axes
    values : ndarray of shape (n_cells,)
    grid : PlaneGrid
    """
    zero = values == 0
    image = _image(axes, np.ma.masked_array(values, zero), grid, (0.0, 1.0))
    bar = _bar(axes, image, zero, below=False, above=False)
    ticks = [0.25, 0.5, 0.75, 1.0] if zero.any() else [0.0, 0.25, 0.5, 0.75, 1.0]
    bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    return image


def _image(axes: Axes, values: Any, grid: PlaneGrid, limits: Range) -> AxesImage:
    from matplotlib import colormaps

    return axes.imshow(
        values.reshape(grid.shape),
        extent=grid.extent,
        origin="lower",
        cmap=colormaps[palette.SEQUENTIAL].with_extremes(bad=palette.ZERO),
        vmin=limits[0],
        vmax=limits[1],
        interpolation="none",
        aspect=grid.aspect,
        zorder=0,
    )


def _bar(axes: Axes, image: AxesImage, zero: Any, *, below: bool, above: bool) -> Any:
    """Put a colour bar beside the axes, above a patch of what is exactly zero, if anything is."""
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max"}
    extend = ends.get((below, above), "both")
    left, bottom, width, height = _BAR
    if zero.any():
        patch = axes.inset_axes((left, bottom, width, _ZERO))
        patch.set(xlim=(0, 1), ylim=(0, 1), facecolor=palette.ZERO, xticks=[])
        patch.set_yticks([0.5], labels=["0"])
        patch.yaxis.tick_right()
        patch.spines[:].set_visible(False)
        bottom, height = bottom + _ZERO + _GAP, height - _ZERO - _GAP
    # An inset keeps the bar as tall as the panel whatever the aspect makes of it.
    inset = axes.inset_axes((left, bottom, width, height))
    bar = axes.figure.colorbar(image, cax=inset, extend=extend, extendfrac=0.03)
    bar.outline.set_visible(False)
    return bar


def color_range(logs: Float64) -> tuple[float, float]:
    """Return the ends of the colour scale: percentiles 1 and 99.5 of the finite values."""
    finite = logs[np.isfinite(logs)]
    if finite.size == 0:
        return -1.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, (1.0, 99.5)))
    # A constant field still needs a scale of some width for its colour to be defined.
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def density_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round densities between exp(``low``) and exp(``high``), at most ``most``.

    They are 1, 2 and 5 times powers of ten, or as few powers of ten as fit.
    """
    first, last = int(np.floor(low / np.log(10))), int(np.ceil(high / np.log(10)))
    ticks: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        candidates = [float(f"{f}e{decade}") for decade in range(first, last + 1) for f in factors]
        with np.errstate(over="ignore"):
            ticks = [tick for tick in candidates if np.exp(low) <= tick <= np.exp(high)]
        if len(ticks) <= most:
            return ticks
    return ticks[:: -(-len(ticks) // most)]
