"""Peers that may be missing, and what limits their threads."""

from collections.abc import Callable

from benchmarks.harness.tables import SUBJECT
from benchmarks.harness.timing import Absent, Contender

NOT_INSTALLED = "not installed"


def make_or_miss(
    name: str, dtype: str, make: Callable[[], Contender | Absent]
) -> Contender | Absent:
    """Make a contender, or say that it is not installed; Trivium has to be."""
    try:
        return make()
    except ImportError:
        if name == SUBJECT:
            raise
        return Absent(name, "peer", dtype, NOT_INSTALLED)


def limit_intel(threads: int) -> None:
    """Limit the threads of oneDAL."""
    import daal4py

    daal4py.daalinit(threads)
