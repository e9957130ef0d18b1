"""Votes in NumPy: for so little work that to compile loops would take longer.

What is found has the bits of the compiled walks (`path_kernels`).
"""

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.blocks.map_reduce import cut

_ENTRIES_A_PIECE = 1 << 16


def counts(codes: Indices, ks: Indices, n_classes: int) -> Indices:
    """Count the nearest k of each class, for several k.

    Parameters
    ----------
    codes : ndarray of shape (m, p)
        Class of each neighbour.
    ks : ndarray of shape (n_ks,)
    n_classes : int

    Returns
    -------
    ndarray of shape (m, n_ks, n_classes)

    Examples
    --------
    >>> counts(np.array([[2, 1, 1]]), np.array([3, 1]), n_classes=3)
    array([[[0, 2, 1],
            [0, 0, 1]]])
    """
    m, p = codes.shape
    ends, which = np.unique(np.minimum(ks, p), return_inverse=True)
    # An entry is counted once, for the least k that takes it in.
    first = np.searchsorted(ends, np.arange(ends[-1]), side="right") * n_classes
    cells = ends.size * n_classes
    found = np.empty((m, ks.size, n_classes), dtype=np.intp)
    for piece in cut(m, max(1, _ENTRIES_A_PIECE // p)):
        some = codes[piece, : ends[-1]] + first
        some += cells * np.arange(len(some))[:, None]
        each = np.bincount(some.ravel(), minlength=len(some) * cells)
        found[piece] = each.reshape(-1, ends.size, n_classes).cumsum(axis=1)[:, which]
    return found


def share_votes(votes: Float64) -> int:
    """Do as `path_kernels.share_votes`."""
    total = np.zeros(votes.shape[:2])
    for c in range(votes.shape[2]):
        total += votes[:, :, c]
    silent = (total == 0.0).any(axis=1)
    if silent.any():
        return int(silent.argmax())
    votes /= total[:, :, None]
    return -1
