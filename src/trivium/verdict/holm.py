"""Holm's correction of several tests.

References
----------
S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
Statistics 6, 1979, 65-70.
"""

import numpy as np

from trivium.arrays import Float64


def raised(p: Float64) -> Float64:
    """Return what `holm` returns, where it would be more than 1 too.

    What an uncorrected p is divided by is how much it is corrected by, which a bound of 1 hides.

    Parameters
    ----------
    p : ndarray of shape (m,)

    Examples
    --------
    >>> import numpy as np
    >>> raised(np.array([1.0, 0.6, 1.0]))
    array([2. , 1.8, 2. ])
    """
    order = np.argsort(p, kind="stable")
    times = p[order] * np.arange(p.size, 0, -1)
    corrected = np.empty(p.size)
    corrected[order] = np.maximum.accumulate(times)
    return corrected


def holm(p: Float64) -> Float64:
    """Correct p-values of a family of tests, so that one in twenty families has a false find.

    The least of m is multiplied by m, the next by m - 1, and so on; none becomes less than one
    before it, nor more than 1.

    Parameters
    ----------
    p : ndarray of shape (m,)

    Returns
    -------
    corrected : ndarray of shape (m,)

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.04, 0.01, 0.03]))
    array([0.06, 0.03, 0.06])
    """
    return np.minimum(raised(p), 1.0)
