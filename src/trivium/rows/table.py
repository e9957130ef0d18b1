"""From numbers in memory, all of them or those that are not zero, to rows."""

from trivium.arrays import Float64, Floats, Indices
from trivium.rows.csr import Csr
from trivium.rows.memory import ArrayRows
from trivium.rows.sparse import CsrRows


def rows_of(
    X: Floats | Csr,
    codes: Indices | None = None,
    n_classes: int = 0,
    weights: Float64 | None = None,
) -> ArrayRows:
    """Make `Rows` of an array or of sparse rows; parameters are those of `ArrayRows`."""
    if isinstance(X, Csr):
        return CsrRows(X, codes, n_classes, weights)
    return ArrayRows(X, codes, n_classes, weights)
