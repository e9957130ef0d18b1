"""What a pass through the rows costs: bytes read, operations, bytes sent; and so its seconds.

All rows are dense, of float64. The formulas count what grows; constants are measured.
"""

from typing import NamedTuple


class Work(NamedTuple):
    """What one pass takes.

    Attributes
    ----------
    read : float
        Bytes of numbers, and of labels, that are read.
    operations : float
        Floating-point operations.
    sent : float
        Bytes that each worker gets and gives back, if there are workers.
    held : float
        Bytes of a statistic.
    """

    read: float
    operations: float
    sent: float
    held: float


class Machine(NamedTuple):
    """Rates of one machine, by which operations and bytes become seconds.

    Attributes
    ----------
    cores : int
    read : float
        Bytes a second of numbers that all cores together decode from Parquet and lay as rows.
    copy : float
        The same, from a copy that the system's cache of files holds, or from memory.
    operations : float
        A second and a core, of products of blocks.
    network : float
        Bytes a second.
    task : float
        Seconds until a worker has begun a task and its answer is back.
    """

    cores: int
    read: float
    copy: float
    operations: float
    network: float
    task: float


def least_squares(n: float, d: int, n_classes: int) -> Work:
    """Sum squares and products: one pass, and another where columns nearly depend.

    The lower triangle of the Gram matrix takes n·d·(d + 1) operations, scaling 3·n·d, the sums of
    the classes n·d.
    """
    held = 8.0 * (d * d + (n_classes + 3) * d)
    return Work(n * (8.0 * d + 1), n * d * (d + 5.0), held + 16.0 * d, held)


def softmax(n: float, d: int, n_classes: int) -> Work:
    """Loss and gradient: two products of n·d·K multiplications and additions, and n·K exponentials.

    An exponential counts as twenty operations.
    """
    held = 8.0 * n_classes * (d + 1)
    return Work(n * (8.0 * d + 1), 4.0 * n * d * n_classes + 20.0 * n * n_classes, 2 * held, held)


def nearest(n: float, d: int, n_queries: int, k: int) -> Work:
    """Find k rows of each query, among all: one product of n·m·d multiplications and additions."""
    held = 16.0 * n_queries * k
    return Work(8.0 * n * d, 2.0 * n * n_queries * d, 8.0 * n_queries * d + held, held)


def seconds(work: Work, machine: Machine, n_workers: int = 1, *, again: bool = False) -> float:
    """Estimate the time of a pass, whose rows are spread evenly over machines.

    Parameters
    ----------
    work : Work
    machine : Machine
        Each of them.
    n_workers : int
        Machines; one means that nothing is sent.
    again : bool
        Whether numbers were read before, and a copy or memory holds them.

    Examples
    --------
    >>> machine = Machine(2, 1.6e9, 10e9, 5e9, 1e9, 0.005)
    >>> round(seconds(least_squares(1e9, 20, 10), machine, 10), 1)
    15.1
    """
    share = 1.0 / n_workers
    reading = work.read * share / (machine.copy if again else machine.read)
    computing = work.operations * share / (machine.operations * machine.cores)
    sending = 0.0
    if n_workers > 1:
        sending = machine.task + n_workers * work.sent / machine.network
    return reading + computing + sending
