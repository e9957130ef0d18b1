"""How much memory work may take beyond its data and its result."""

from pathlib import Path

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


def available_memory() -> float:
    """Bytes that this process may still take: of the machine's, and of its control group's.

    Infinite where the system does not say.
    """
    free = [_of_machine(), _of_group(Path("/sys/fs/cgroup"))]
    return min(free)


def _of_machine() -> float:
    """Return what the machine has left."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        values = dict(line.split(":", 1) for line in lines)
        return float(values["MemAvailable"].split()[0]) * 1024.0
    except (OSError, KeyError, ValueError):
        return float("inf")


def _of_group(folder: Path) -> float:
    """Return what is left of a control group's memory, the cache of files aside."""
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return float("inf")
        used = float((folder / "memory.current").read_text(encoding="ascii"))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        cached = float(dict(line.split() for line in lines).get("inactive_file", 0))
        return max(0.0, float(limit) - used + cached)
    except (OSError, ValueError):
        return float("inf")
