"""Small problems take the ways of large ones here."""

import pytest

from trivium.blocks.costs import WITH_AVX512
from trivium.neighbors.search import brute
from trivium.neighbors.search.projections import projected


@pytest.fixture(autouse=True, scope="module")
def nothing_is_little_work():
    """Let panels and projections be made for the few rows of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brute, "_LITTLE_WORK", 0)
        cheap = WITH_AVX512._replace(axes=0.04)  # projections pay for few queries too
        patch.setattr(projected, "search_costs", lambda: cheap)
        yield
