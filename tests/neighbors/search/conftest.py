"""Small problems take the ways of large ones here."""

import pytest

from trivium.neighbors.search import brute
from trivium.neighbors.search.projections import projected


@pytest.fixture(autouse=True, scope="module")
def nothing_is_little_work():
    """Let panels and projections be made for the few rows of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brute, "_LITTLE_WORK", 0)
        patch.setattr(projected, "_PREPARATION", 1.0)  # projections pay for few queries too
        yield
