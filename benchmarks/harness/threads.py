"""The same number of threads, and the same instructions, for every contender.

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

_AVX2_ONLY = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "",  # else it compiles for all that the processor has
    "OPENBLAS_CORETYPE": "Haswell",
    "FAISS_OPT_LEVEL": "avx2",  # read by older versions
    "FAISS_SIMD_LEVEL": "AVX2",
}
"""What keeps to AVX2 who can be told: our kernels, OpenBLAS and FAISS."""


def limit_threads(threads: int, *, avx2: bool = False) -> None:
    """Tell every library that is imported from now on how many threads to use.

    Parameters
    ----------
    threads : int
    avx2 : bool, default=False
        Use no wider instructions than AVX2, as most processors have.

    Raises
    ------
    RuntimeError
        If NumPy, and with it a BLAS, has been loaded already.
    """
    if "numpy" in sys.modules:
        raise RuntimeError("NumPy has been imported: its threads can no longer be limited.")
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
    os.environ.update(_AVX2_ONLY if avx2 else {})
