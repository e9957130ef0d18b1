"""The same number of threads for every contender.

Most libraries read the environment when they are loaded, so it is set before the first
of them is imported.
"""

import os
import sys

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",  # cores that joblib counts
)


def limit_threads(threads: int) -> None:
    """Tell every library that is imported from now on how many threads to use.

    Raises
    ------
    RuntimeError
        If NumPy, and with it a BLAS, has been loaded already.
    """
    if "numpy" in sys.modules:
        raise RuntimeError("NumPy has been imported: its threads can no longer be limited.")
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
