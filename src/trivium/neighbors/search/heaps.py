"""Binary heaps of (distance, row number) with the worst on top.

The top is what a newcomer has to beat. Heaps are sorted once at the end.
"""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.compiled import kernel
from trivium.blocks.intrinsics import inlined


def begin(distances: Float64, rows: Indices, n_rows: int) -> None:
    """Fill heaps with what is behind every row, so that one at infinite distance still enters."""
    distances.fill(np.inf)
    rows.fill(n_rows)


@inlined
def worse(distance: float, row: int, other_distance: float, other_row: int) -> bool:
    """Whether the first pair sorts behind the second."""
    return distance > other_distance or (distance == other_distance and row > other_row)


@kernel
def sift_down(distances: Float64, rows: Indices, size: int, distance: float, row: int) -> None:
    """Put a pair in place of the heap's top and restore the order of the heap."""
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        right = child + 1
        if right < size and worse(distances[right], rows[right], distances[child], rows[child]):
            child = right
        if not worse(distances[child], rows[child], distance, row):
            break
        distances[hole], rows[hole] = distances[child], rows[child]
        hole = child
    distances[hole], rows[hole] = distance, row


@inlined
def sort_heap(distances: Float64, rows: Indices) -> None:
    """Sort a heap into ascending (distance, row number) in place."""
    for size in range(distances.shape[0] - 1, 0, -1):
        distance, row = distances[size], rows[size]
        distances[size], rows[size] = distances[0], rows[0]
        sift_down(distances, rows, size, distance, row)
