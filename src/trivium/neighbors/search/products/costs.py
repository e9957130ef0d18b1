"""What it costs to score a row for a query: nanoseconds on one core where it was measured."""

from trivium.neighbors.search.products.quantized import precisions

PAIR = 0.13
PRODUCT = 0.025  # for each column, in float32
_BYTE_PAIR, _BYTE_PRODUCT = 0.2, 0.006


def pair_cost(n_columns: int) -> float:
    """Time to score a row for a query in the narrowest precision there is."""
    if "bytes" in precisions(n_columns):
        return _BYTE_PAIR + _BYTE_PRODUCT * n_columns
    return PAIR + PRODUCT * n_columns
