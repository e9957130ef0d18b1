"""Scores of four queries and a panel's rows, whatever the panel is written in."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import overload

from trivium.arrays import Floats
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads, byte_scores
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.panels import Panels, Quads, panel_scores

TILE = QUAD * PANEL_ROWS


def score_tile(
    panels: Panels | BytePanels,
    p: int,
    quads: Quads | ByteQuads,
    quad: int,
    sums: Any,
    scores: Floats,
) -> None:
    """Write the scores of panel p's rows for the queries of a quad, one query after the other.

    `sums`, of 1024 words, is room to work in. For use in kernels, where the choice that stands
    here is made by what the panels are, before anything is compiled.
    """
    if isinstance(panels, BytePanels) and isinstance(quads, ByteQuads):
        byte_scores(panels, p, quads, quad, sums, scores)
    else:
        panel_scores(quads.values[quad], panels.values[p], panels.halves[p], scores)


def slack_of(panels: Panels | BytePanels, row: int) -> float:
    """Return how far a row's upper bound lies above its score. For use in kernels."""
    if isinstance(panels, BytePanels):
        return float(panels.slack[row])
    return 2.0 * float(panels.error) * float(panels.squares[row])


def without_slack(panels: Panels | BytePanels) -> Panels | BytePanels:
    """Panels as if scores were exact, for a search that has nothing to prove."""
    if isinstance(panels, BytePanels):
        return panels._replace(error=0.0, slack=np.zeros_like(panels.slack))
    return panels._replace(error=0.0)


@overload(score_tile, strict=False)
def _score_tile(
    panels: Any, p: Any, quads: Any, quad: Any, sums: Any, scores: Any
) -> Callable[..., None]:
    if panels.instance_class is BytePanels:

        def of_bytes(panels: Any, p: int, quads: Any, quad: int, sums: Any, scores: Floats) -> None:
            byte_scores(panels, p, quads, quad, sums, scores)

        return of_bytes

    def of_floats(panels: Any, p: int, quads: Any, quad: int, sums: Any, scores: Floats) -> None:
        panel_scores(quads.values[quad], panels.values[p], panels.halves[p], scores)

    return of_floats


@overload(slack_of, strict=False)
def _slack_of(panels: Any, row: Any) -> Callable[..., float]:
    if panels.instance_class is BytePanels:

        def of_bytes(panels: Any, row: int) -> float:
            return float(panels.slack[row])

        return of_bytes

    def of_floats(panels: Any, row: int) -> float:
        return 2.0 * float(panels.error) * float(panels.squares[row])

    return of_floats
