"""What it costs to score a row for a query: nanoseconds on one core where it was measured."""

from trivium.blocks.costs import BYTES, ByteCosts, SearchCosts, search_costs
from trivium.neighbors.search.products.byte_products import CHOSEN
from trivium.neighbors.search.products.quantized import precisions


def costs_of(n_columns: int) -> SearchCosts | ByteCosts:
    """Return what products take in the narrowest precision there is."""
    if CHOSEN is not None and "bytes" in precisions(n_columns):
        return BYTES[CHOSEN]
    return search_costs()


def pair_cost(n_columns: int) -> float:
    """Time to score a row for a query in the narrowest precision there is."""
    costs = costs_of(n_columns)
    return costs.pair + costs.product * n_columns
