"""Scores of four queries and a panel's rows, whatever the panel is written in."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import overload

from trivium.arrays import Floats
from trivium.blocks.intrinsics import inlined
from trivium.neighbors.search.products.byte_panels import BytePanels, ByteQuads
from trivium.neighbors.search.products.byte_products import scores_of_bytes
from trivium.neighbors.search.products.float_products import scores_of_floats
from trivium.neighbors.search.products.layout import PANEL_ROWS, QUAD
from trivium.neighbors.search.products.panels import Panels, Quads

TILE = QUAD * PANEL_ROWS


def score_tile(
    panels: Panels | BytePanels,
    p: int,
    quads: Quads | ByteQuads,
    quad: int,
    scores: Floats,
) -> None:
    """Write the scores of panel p's rows for the queries of a quad, one query after the other.

    For use in kernels, where the choice that stands here is made by what the panels are, before
    anything is compiled.
    """
    if isinstance(panels, BytePanels) and isinstance(quads, ByteQuads):
        _byte_scores(panels, p, quads, quad, scores)
    else:
        scores_of_floats(quads.values[quad], panels.values[p], panels.halves[p], scores)


@inlined
def _byte_scores(panels: BytePanels, p: int, quads: ByteQuads, quad: int, scores: Floats) -> None:
    scores_of_bytes(
        quads.values[quad],
        quads.starts,
        quads.units,
        QUAD * quad,
        panels.values[p],
        panels.units[p],
        panels.halves[p],
        scores,
    )


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
def _score_tile(panels: Any, p: Any, quads: Any, quad: Any, scores: Any) -> Callable[..., None]:
    if panels.instance_class is BytePanels:

        def of_bytes(panels: Any, p: int, quads: Any, quad: int, scores: Floats) -> None:
            _byte_scores(panels, p, quads, quad, scores)

        return of_bytes

    def of_floats(panels: Any, p: int, quads: Any, quad: int, scores: Floats) -> None:
        scores_of_floats(quads.values[quad], panels.values[p], panels.halves[p], scores)

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
