"""Versions of what numbers were computed with, and the sources that Trivium was built from."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("trivium", "numpy", "scipy", "scikit-learn", "numba", "matplotlib")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute and draw."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def sources_commit(package: Path = Path(__file__).parent) -> str | None:
    """Return the commit of Trivium's sources, if anything tells it.

    What was built has it written down; in a clone that is used as it stands, Git tells, and
    whether files were changed since.

    Parameters
    ----------
    package : Path, default=the folder of this file
        Trivium's package.

    Returns
    -------
    str or None
    """
    written = package / "_commit.txt"
    if written.exists():
        return written.read_text(encoding="ascii").strip()
    clone = package.parent.parent
    if not (clone / ".git").exists():
        return None
    commit = _git(clone, "rev-parse", "HEAD")
    changed = commit and _git(clone, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}, changed since" if changed else commit or None


def _git(clone: Path, *arguments: str) -> str:
    """Ask Git; without an answer, return nothing."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(clone), *arguments],  # noqa: S607 - the user's own Git
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
