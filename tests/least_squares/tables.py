"""Tables of rows in memory, for tests."""

from trivium.least_squares.solving.design import Table
from trivium.rows.memory import ArrayRows


def table_of(X, codes, n_classes, weights=None):
    """Make a table of labelled rows."""
    return Table(ArrayRows(X, codes, n_classes, weights))
