"""Versions of what numbers were computed with."""

import platform
from importlib.metadata import version

LIBRARIES = ("trivium", "numpy", "scipy", "scikit-learn", "numba", "matplotlib")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute and draw."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
