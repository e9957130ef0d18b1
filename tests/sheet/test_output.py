import os
import threading

import pytest
from tests.programs import PATIENCE

from trivium.lock_file import LockFile
from trivium.sheet.output import OutputFolder


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_appear_together_at_the_end(tmp_path):
    out = tmp_path / "a" / "b"
    with OutputFolder(out) as output:
        output.write("report.html", b"page")
        output.write("figures/one.png", b"picture")
        assert not (out / "report.html").exists()
    assert contents(out) == ["figures/one.png", "report.html"]
    assert sorted(os.listdir(out)) == ["figures", "report.html"]


def test_files_of_the_same_name_are_replaced_and_others_stay(tmp_path):
    (tmp_path / "report.html").write_bytes(b"old")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    with OutputFolder(tmp_path) as output:
        output.write("report.html", b"new")
    assert (tmp_path / "report.html").read_bytes() == b"new"
    assert (tmp_path / "notes.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_nothing_half_written(tmp_path, error):
    (tmp_path / "report.html").write_bytes(b"old")
    for folder in (tmp_path, tmp_path / "new" / "deep"):
        # All of the block is what is interrupted.
        with pytest.raises(error), OutputFolder(folder) as output:  # noqa: PT012
            output.write("report.html", b"half")
            raise error
    assert os.listdir(tmp_path) == ["report.html"]
    assert (tmp_path / "report.html").read_bytes() == b"old"


def test_a_file_in_the_way_is_an_error_before_any_work(tmp_path):
    (tmp_path / "taken").write_text("")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(OSError), OutputFolder(folder):  # noqa: PT011 - which one depends on the system
            pytest.fail("the folder was entered")
    assert os.listdir(tmp_path) == ["taken"]


def test_what_others_put_into_a_new_folder_stays(tmp_path):
    with pytest.raises(RuntimeError), OutputFolder(tmp_path / "a" / "b"):  # noqa: PT012
        (tmp_path / "a" / "mine.txt").write_text("mine")
        raise RuntimeError
    assert contents(tmp_path) == ["a/mine.txt"]
    assert not (tmp_path / "a" / "b").exists()


@pytest.mark.parametrize(
    ("taken", "in_the_way"),
    [("report.html/x", "report.html"), ("figures", "figures")],
)
@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_moved_if_a_place_is_taken(tmp_path, taken, in_the_way, known):
    """Seen on entering where the files are known, and before the first move where not."""
    names = ("figures/one.png", "report.html", "sheet.json")
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")
    with pytest.raises(OSError, match=in_the_way) as error:  # noqa: PT012, SIM117
        with OutputFolder(tmp_path, names if known else ()) as output:
            assert not known
            for name in names:
                output.write(name, b"new")
    assert error.value.filename == str(tmp_path / in_the_way)
    assert contents(tmp_path) == [taken]


def test_what_a_living_run_is_at_stays_and_what_a_dead_one_left_goes(tmp_path):
    dead = tmp_path / ".unfinished-0123abcd"
    (dead / "figures").mkdir(parents=True)
    (dead / "figures" / "one.png").write_bytes(b"half")
    (tmp_path / ".unfinished-0123abcd.lock").write_bytes(b"")  # which nobody holds
    (tmp_path / ".unfinished-mine").mkdir()
    with OutputFolder(tmp_path) as one:
        one.write("one", b"1")
        assert not dead.exists()
        with OutputFolder(tmp_path) as two:
            one.write("two", b"1")
            two.write("two", b"2")
        assert contents(tmp_path).count("two") == 1
    assert sorted(os.listdir(tmp_path)) == [".unfinished-mine", "one", "two"]
    assert (tmp_path / "two").read_bytes() == b"1"


def test_files_of_an_earlier_use_go_unless_they_are_written_again(tmp_path):
    for name in ("kept", "gone", "mine"):
        (tmp_path / name).write_bytes(b"old")

    def former(folder):
        assert folder == tmp_path
        return ["kept", "gone", "never"]

    with pytest.raises(RuntimeError), OutputFolder(tmp_path, former=former):
        raise RuntimeError
    assert contents(tmp_path) == ["gone", "kept", "mine"]
    with OutputFolder(tmp_path, former=former) as output:
        output.write("kept", b"new")
    assert contents(tmp_path) == ["kept", "mine"]


def test_files_move_one_run_at_a_time(tmp_path):
    moving, results = LockFile(tmp_path / ".unfinished-moves.lock"), []

    def run():
        with OutputFolder(tmp_path) as output:
            output.write("one", b"1")
            written.set()
        results.append((tmp_path / "one").exists())

    written, other = threading.Event(), threading.Thread(target=run)
    assert moving.acquire(wait=True)
    other.start()
    written.wait(PATIENCE)
    assert not (tmp_path / "one").exists()
    moving.release()
    other.join(PATIENCE)
    assert results == [True]
    assert os.listdir(tmp_path) == ["one"]


def test_nothing_is_written_before_the_folder_is_entered(tmp_path):
    with pytest.raises(RuntimeError, match="has not been entered"):
        OutputFolder(tmp_path).write("one", b"1")
