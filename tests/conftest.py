"""Settings for the whole suite."""

import os

import pytest
from hypothesis import settings

# Lets scikit-learn run its check of array-API input too; read when SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("MPLBACKEND", "agg")
# OpenBLAS reads it when NumPy is imported: its threads that wait for work soon give up their core,
# which another process of the tests can use.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

# A machine that others load as well makes no example wrong.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True, scope="session")
def compiled_from_the_start():
    """Let compiled loops do the little work of a test, and trees be built for it.

    What NumPy does at first is tested where a test asks for it (`test_plain`, `test_chosen`).
    """
    from trivium.neighbors.search import brute, chosen, scan
    from trivium.softmax.solvers import lbfgs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chosen, "_LITTLE_WORK", 0)
        for patience in (
            brute.patience,
            chosen.patience,
            chosen.products_patience,
            lbfgs.patience,
            *scan.patience.values(),
        ):
            patch.setattr(patience, "limit", -1)
        yield
