"""How much memory work may take beyond its data and its result."""

from sklearn import get_config

from trivium.blocks.workers import worker_count


def working_memory() -> float:
    """Bytes that scikit-learn's setting ``working_memory`` (in MiB) allows."""
    return float(get_config()["working_memory"]) * 2**20


def queries_a_piece(bytes_a_query: int, n_jobs: int | None, most: int = 256) -> int:
    """Return how many queries each worker may hold at a time, a multiple of four.

    Examples
    --------
    >>> from sklearn import config_context
    >>> with config_context(working_memory=1):
    ...     queries_a_piece(2**13, n_jobs=2)
    64
    """
    allowed = int(working_memory() / worker_count(n_jobs) / bytes_a_query)
    return max(4, min(most, allowed) // 4 * 4)
