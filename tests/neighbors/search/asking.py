"""How the tests of a search ask it, and compare what it found."""

import numpy as np

from trivium.neighbors.search.metrics import METRICS
from trivium.neighbors.search.products.panels import empty_panels, write_panels

CODES = {name: metric.measure for name, metric in METRICS.items() if not metric.given}
"""How each metric is computed, by its name."""

EUCLIDEAN, COSINE = CODES["euclidean"], CODES["cosine"]


def nobody(queries):
    """Leave out no row for any query."""
    return np.full(queries.shape[0], -1, dtype=np.intp)


def ask(searcher, queries, k, skip=None, n_jobs=1, **words):
    """Lists of a searcher, written over numbers that no answer holds."""
    found = (
        np.full((queries.shape[0], k), np.nan),
        np.full((queries.shape[0], k), -7, dtype=np.intp),
    )
    searcher.nearest(queries, nobody(queries) if skip is None else skip, n_jobs, found, **words)
    return found


def assert_same(found, right):
    """Lists are the same to the last bit."""
    for one, other in zip(found, right, strict=True):
        np.testing.assert_array_equal(one, other)


def pack_rows(rows, frame):
    """Panels of rows in a frame."""
    panels = empty_panels(rows.shape[0], frame)
    write_panels(panels, 0, rows, frame)
    return panels
