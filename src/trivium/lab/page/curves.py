"""Small curves beside a panel, as SVG in the ink of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from trivium.arrays import Float64

WIDTH, HEIGHT = 300.0, 84.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 4.0, 6.0, 6.0


class Curve(NamedTuple):
    """One curve.

    Attributes
    ----------
    places : ndarray of shape (n,)
        Across, from left to right.
    values : ndarray of shape (n,)
        Upwards; what is not finite is left out.
    """

    places: Float64
    values: Float64


def drawing(curve: Curve, at: int | None, label: str, *, log: bool = False) -> str:
    """Return the SVG of a curve, and of a mark at one place.

    Parameters
    ----------
    curve : Curve
    at : int or None
        The place that is marked.
    label : str
        What the picture says, for who does not see it.
    log : bool
        Whether heights are logarithms; values that are not positive are left out.

    Returns
    -------
    str
        An ``<svg>``; texts are escaped.

    Examples
    --------
    >>> import numpy as np
    >>> from trivium.lab.page.curves import Curve, drawing
    >>> drawing(Curve(np.arange(2.0), np.array([1.0, 0.5])), 1, "a & b")[:47]
    '<svg viewBox="0 0 300 84" role="img" aria-label'
    """
    values = np.asarray(curve.values, dtype=np.float64)
    if log:
        values = np.log(np.where(values > 0, values, np.nan))
    known = np.isfinite(values)
    values = np.where(known, values, np.nan)
    head = (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(label)}" '
        'preserveAspectRatio="none" class="lab-curve">'
    )
    if not known.any():
        return f"{head}</svg>"
    x = _LEFT + (WIDTH - _LEFT - _RIGHT) * _share(np.asarray(curve.places, dtype=np.float64))
    y = _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - _share(values))
    parts = [head, f'<path class="axis" d="M{_LEFT:g} {HEIGHT - 1:g}H{WIDTH - _RIGHT:g}"/>']
    parts.append(f'<path class="line" d="{_path(x, y, known)}"/>')
    if at is not None and 0 <= at < len(values):
        parts.append(f'<path class="mark" d="M{x[at]:.1f} 0V{HEIGHT:g}"/>')
        if known[at]:
            # A line of no length with round ends is a dot that the stretched picture keeps round.
            parts.append(f'<path class="dot" d="M{x[at]:.1f} {y[at]:.1f}h0"/>')
    return "".join([*parts, "</svg>"])


def _share(values: Float64) -> Float64:
    """Return values as shares of their range; in the middle where all are alike."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    shares: Float64 = (values - low) / (high - low) if high > low else values - values + 0.5
    return shares


def _path(x: Float64, y: Float64, known: Sequence[bool] | np.ndarray) -> str:
    written, command = [], "M"
    for across, down, there in zip(x.tolist(), y.tolist(), known, strict=True):
        if there:
            written.append(f"{command}{across:.1f} {down:.1f}")
        command = "L" if there else "M"
    return "".join(written)
