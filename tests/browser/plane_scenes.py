"""Rows that the tests' notebook and page show."""

import numpy as np

WINDOW = (-1.0, 5.0, -1.0, 5.0)
HOSTILE = """<img src=x onerror="document.title='broken'">"><script>alert(1)</script>"""


def rows():
    """Two clouds of twenty rows, and their labels."""
    rng = np.random.default_rng(5)
    X = np.concatenate([rng.normal(1, 0.5, (20, 2)), rng.normal(3, 0.5, (20, 2))])
    return X, np.repeat(["a", "b"], 20)
