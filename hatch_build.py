"""Writes the commit that Trivium is built from into what is built."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface):
    """Adds a file with the commit to the package, if Git tells it."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Ask Git in a clone; an unpacked source distribution has the file already."""
        if version == "editable" or not (Path(self.root) / ".git").exists():
            return
        git = ["git", "-C", self.root]
        try:
            commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            return
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name, "commit.txt")
        file.write_text(commit, encoding="ascii")
        place = "src/trivium" if self.target_name == "sdist" else "trivium"
        build_data["force_include"][str(file)] = f"{place}/_commit.txt"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing beside what was built."""
        if self._folder is not None:
            self._folder.cleanup()
