import shutil
import subprocess

import pytest

from trivium import versions
from trivium.versions import sources_commit


@pytest.fixture
def clone(tmp_path):
    """A clone with one commit, that is used as it stands."""
    package = tmp_path / "src" / "trivium"
    package.mkdir(parents=True)
    (package / "code.py").write_text("x = 1")
    if shutil.which("git") is None:
        pytest.skip("there is no Git on the PATH")
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "One"]):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    return package


def test_what_was_built_has_its_commit_written_down(tmp_path):
    assert sources_commit(tmp_path) is None
    (tmp_path / "_commit.txt").write_text("0123abc\n")
    assert sources_commit(tmp_path) == "0123abc"


def test_git_tells_the_commit_of_a_clone_and_whether_it_was_changed(clone):
    commit = sources_commit(clone)
    assert len(commit) == 40
    (clone / "code.py").write_text("x = 2")
    assert sources_commit(clone) == f"{commit}, changed since"


def test_without_git_nothing_is_told(clone, monkeypatch):
    def absent(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(versions.subprocess, "run", absent)
    assert sources_commit(clone) is None
