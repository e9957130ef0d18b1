import errno
import os
import stat
import subprocess
import sys

import pytest
from tests.programs import PATIENCE, run_program

from trivium.atomic import atomic_file, require_writable

_STOPS_HALFWAY = """
import sys, time
from trivium.atomic import atomic_file, require_writable
with atomic_file(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print("written", flush=True)
    time.sleep(900)
"""


def test_the_file_appears_at_the_end_with_the_permissions_of_a_new_one(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_file(tmp_path / "model") as file:
            file.write(b"new")
            assert not (tmp_path / "model").exists()
    finally:
        os.umask(before)
    assert (tmp_path / "model").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["model"]


def test_all_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        own = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, n=name, own=own: (done.append(n), own(*args)))
    with atomic_file(tmp_path / "model") as file:
        file.write(b"new")
    assert done[:2] == ["fsync", "replace"]
    assert (tmp_path / "model").read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_what_was_there(tmp_path, error):
    (tmp_path / "old").write_bytes(b"old")
    for name in ("old", "new"):
        # All of the block is what is interrupted.
        with pytest.raises(error), atomic_file(tmp_path / name) as file:  # noqa: PT012
            file.write(b"half")
            raise error
    assert os.listdir(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


def test_the_file_that_a_link_names_is_replaced(tmp_path):
    for name in ("there", "not_yet"):
        (tmp_path / f"to_{name}").symlink_to(tmp_path / "far" / name)
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "there").write_bytes(b"old")
    for name in ("there", "not_yet"):
        with atomic_file(tmp_path / f"to_{name}") as file:
            file.write(b"new")
        assert (tmp_path / f"to_{name}").is_symlink()
        assert (tmp_path / "far" / name).read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path / "far")) == ["not_yet", "there"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("folder", errno.EISDIR),
        ("pipe", errno.EINVAL),
        ("loop", errno.ELOOP),
        ("file/below", errno.ENOTDIR),
        ("nowhere/below", errno.ENOENT),
        ("n" * 300, errno.ENAMETOOLONG),
    ],
)
def test_where_no_file_can_be_written_is_said_before_any_work(tmp_path, name, number):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(OSError) as error, atomic_file(tmp_path / name):  # noqa: PT011 - its number says which
        pytest.fail("the file was opened")
    assert (error.value.errno, error.value.filename) == (number, str(tmp_path / name))
    assert len(str(error.value).splitlines()) == 1
    assert sorted(os.listdir(tmp_path)) == before


def test_a_file_that_must_not_be_written_stays(tmp_path, monkeypatch):
    (tmp_path / "old").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # as root may all
    with pytest.raises(PermissionError, match="old"), atomic_file(tmp_path / "old"):
        pytest.fail("the file was opened")


def test_a_full_disk_leaves_what_was_there(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    run_program(
        "import os, resource, signal\n"
        "from trivium.atomic import atomic_file, require_writable\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))\n"
        "for size in (1 << 15, 1 << 17, 1 << 22):\n"
        "    try:\n"
        "        with atomic_file('old') as file:\n"
        "            file.write(bytes(size))\n"
        "    except OSError as error:\n"
        "        assert error.filename == 'old' and size > 1 << 16, error\n"
        "    else:\n"
        "        assert size < 1 << 16\n"
        "assert os.listdir() == ['old'] and os.stat('old').st_size == 1 << 15\n"
        "print('done')"
    )


def test_what_a_killed_process_left_goes_and_what_a_living_one_is_at_stays(tmp_path):
    command = [sys.executable, "-c", _STOPS_HALFWAY, str(tmp_path / "model")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"written\n"
        with atomic_file(tmp_path / "model") as file:
            file.write(b"mine")
        assert len(os.listdir(tmp_path)) == 3  # its file and its lock
        other.kill()
        other.wait(PATIENCE)
    assert (tmp_path / "model").read_bytes() == b"mine"
    with atomic_file(tmp_path / "another"):
        pass
    assert len(os.listdir(tmp_path)) == 4  # each clears its own
    with atomic_file(tmp_path / "model") as file:
        file.write(b"new")
    assert sorted(os.listdir(tmp_path)) == ["another", "model"]
    assert (tmp_path / "model").read_bytes() == b"new"


def test_one_that_may_be_alive_is_left_alone(tmp_path):
    with atomic_file(tmp_path / "model"):
        leftovers = os.listdir(tmp_path)
    for name in leftovers:
        (tmp_path / name).touch()
    with atomic_file(tmp_path / "model"):
        pass
    assert os.listdir(tmp_path) == ["model"]
    for name in leftovers:
        (tmp_path / name).mkdir()  # no lock can be had there
    with atomic_file(tmp_path / "model"):
        pass
    assert sorted(os.listdir(tmp_path)) == sorted(["model", *leftovers])


def test_places_that_cannot_be_written_are_refused_before_work(tmp_path):
    require_writable(tmp_path / "new.txt")
    there = tmp_path / "there.txt"
    there.write_text("as it was")
    require_writable(there)
    assert there.read_text() == "as it was"
    with pytest.raises(FileNotFoundError, match=r"nowhere/new\.txt"):
        require_writable(tmp_path / "nowhere" / "new.txt")
    with pytest.raises(IsADirectoryError):
        require_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["there.txt"]


def test_folders_that_must_not_be_written(tmp_path, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: str(p) != str(tmp_path) and allowed(p, mode))
    with pytest.raises(PermissionError, match=r"new\.txt"):
        require_writable(tmp_path / "new.txt")
