"""What it costs to score a row for a query: nanoseconds on one core where it was measured.

Whole searches on two cores of a Zen 4 processor, times two, divided by pairs; two widths give a
pair's and a column's. AVX-512 VNNI: 5,000 queries among 50,000 uniform rows of 64 and of 784
columns. AVX2: the former, and 1,000 among 60,000 digit images of 784. AVX-VNNI stands at what
AVX-512 takes, for products alone take the same (3.7 and 3.5 ns a pair of 784 columns). NEON has
not been measured: it does as many products of bytes for one of floats.
"""

from trivium.neighbors.search.products.byte_products import CHOSEN
from trivium.neighbors.search.products.quantized import precisions

PAIR = 0.13
PRODUCT = 0.025  # for each column, in float32
_BYTES = {
    "AVX-512 VNNI": (0.2, 0.006),
    "AVX-VNNI": (0.2, 0.006),
    "AVX2": (0.3, 0.0145),
    "NEON": (0.2, 0.006),
}
"""For a pair, and for each column, by the path that multiplies bytes."""


def pair_cost(n_columns: int) -> float:
    """Time to score a row for a query in the narrowest precision there is."""
    if CHOSEN is not None and "bytes" in precisions(n_columns):
        pair, product = _BYTES[CHOSEN]
        return pair + product * n_columns
    return PAIR + PRODUCT * n_columns
