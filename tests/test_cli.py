import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from trivium import __version__, cli
from trivium.sheet import published


def call(monkeypatch, *arguments):
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["trivium", *map(str, arguments)])
    monkeypatch.setattr(cli, "_obey_signals", lambda: None)  # the handlers are the process's
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code or 0


def one_line(text):
    """The error: the last line that was written, the progress bars left out."""
    (line,) = [line for line in text.splitlines() if line.startswith("trivium:")]
    return line


def test_task_on_the_terminal(monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 0
    out = capsys.readouterr().out
    for word in ("quantity", "published", "measured", "agrees", "8 of 8 published numbers agree"):
        assert word in out
    assert str(tmp_path / "report.html") in out
    assert {path.name for path in tmp_path.iterdir()} == {"figures", "report.html", "sheet.json"}


def test_json_is_all_that_is_printed(monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, "sheet", "--task", 2, "--json", "--out", tmp_path) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["published"] == 8
    assert printed == (tmp_path / "sheet.json").read_text(encoding="utf-8")


def test_a_number_that_is_not_reproduced_gives_1(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(published.OUTLIER_RSS, 8, "14")
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 1
    assert "7 of 8 published numbers agree" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()


def test_default_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "sheet", "--task", 2) == 0
    assert (tmp_path / "trivium-sheet" / "report.html").exists()


def test_unwritable_folder_gives_2_at_once(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "below"
    assert call(monkeypatch, "sheet", "--out", target) == 2
    assert one_line(capsys.readouterr().err).startswith("trivium: cannot write to ")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["sheet", "--task", "4"], "--task"),
        (["sheet", "--task", "two"], "--task"),
        (["sheet", "--nothing"], "--nothing"),
        (["sheets"], "sheets"),
    ],
)
def test_bad_arguments_give_one_line_and_2(monkeypatch, capsys, arguments, what):
    assert call(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert what in one_line(captured.err)
    assert captured.err.count("\n") == 1


def start(*arguments, **options):
    """Start the command line in a process of its own."""
    command = [sys.executable, "-m", "trivium.cli", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_leaves_nothing_behind(tmp_path, name, code):
    """It comes to all processes while they draw; another's file in the new folder stays."""
    out = tmp_path / "new" / "deep"
    process = start("sheet", "--out", out, stdout=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while not (tmp_path / "new" / "deep").exists() and time.monotonic() < until:
        time.sleep(0.05)
    (tmp_path / "new" / "mine.txt").write_text("mine")
    time.sleep(2)
    os.killpg(process.pid, getattr(signal, name))
    _, error = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in error
    assert os.listdir(tmp_path / "new") == ["mine.txt"]


def test_a_signal_that_a_library_swallowed_is_obeyed_at_the_next_step(monkeypatch):
    monkeypatch.setattr(cli, "_stopped_by", [])
    with pytest.raises(SystemExit, match="143"):
        cli._stop(15, None)
    with cli._progress([1]) as advance, pytest.raises(SystemExit, match="143"):
        advance(1, "drawing", 0.5)


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    process = start("sheet", "--task", 2, "--out", tmp_path, stdout=subprocess.PIPE)
    process.stdout.close()
    _, error = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGPIPE
    assert "Traceback" not in error


def test_output_that_cannot_be_printed_gives_2(monkeypatch, capsys, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cli, "_print_results", full)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # restored: the command gives it up
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 2
    error = one_line(capsys.readouterr().err)
    assert error == "trivium: cannot print the results: No space left on device"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_any_encoding_of_the_terminal(tmp_path, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    arguments = ("sheet", "--task", 2, "--out", tmp_path)
    process = start(*arguments, stdout=subprocess.DEVNULL, env=environment)
    process.communicate(timeout=60)
    assert process.returncode == 0
    process = start(*arguments, "--json", stdout=subprocess.PIPE, env=environment, encoding="utf-8")
    printed, _ = process.communicate(timeout=60)
    assert json.loads(printed)["agree"] == 8


def test_a_folder_in_the_way_of_a_file_is_named_before_any_work(monkeypatch, capsys, tmp_path):
    (tmp_path / "report.html").mkdir()
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 2
    assert str(tmp_path / "report.html") in one_line(capsys.readouterr().err)
    assert os.listdir(tmp_path) == ["report.html"]


def test_an_empty_folder_name_is_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "sheet", "--out", "") == 2
    assert "--out is empty" in one_line(capsys.readouterr().err)
    assert os.listdir(tmp_path) == []


def test_no_command_shows_the_help(monkeypatch, capsys):
    assert call(monkeypatch) == 2
    captured = capsys.readouterr()
    assert "sheet" in captured.out + captured.err
    assert "trivium:" not in captured.err


def test_version_and_help(monkeypatch, capsys):
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.strip() == f"trivium {__version__}"
    assert call(monkeypatch, "sheet", "--help") == 0
    assert "Example" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = (
        "import sys, trivium.cli; sys.argv = ['trivium', '--help']\n"
        "try: trivium.cli.main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'scipy', 'sklearn', 'numba', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
