"""Searches by the instructions of other processors that this one has, too.

Each is a process of its own, which goes by them and compiles its kernels anew: minutes.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.neighbors.search.products.test_paths import runs
from tests.programs import PATIENCE

TESTS = Path(__file__).parents[1] / "neighbors" / "search"

AS_ANOTHER = """
import sys
from unittest import mock
from trivium.blocks import processor

features = frozenset(sys.argv[1].split())
with mock.patch.object(processor, "_instructions", lambda *_: features):
    from trivium.neighbors.search.products import byte_products
    assert (byte_products.CHOSEN or "") == sys.argv[2], byte_products.CHOSEN
    import pytest
    sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *sys.argv[3:]]))
"""

OTHERS = {
    "AVX2": ("avx avx2 fma", {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}),
    "AVX-VNNI": ("avx avx2 fma avxvnni", {}),
}
"""Instructions by which a path is chosen, and what tells Numba of them."""


@pytest.mark.parametrize("name", [*filter(runs, OTHERS)])
def test_searches_by_every_path(name, tmp_path):
    """What is compiled is kept apart."""
    features, settings = OTHERS[name]
    run = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, features, name, TESTS / "products"],
        env=os.environ | settings | {"NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.returncode == 0, run.stdout + run.stderr
