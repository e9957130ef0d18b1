import json
import os
import subprocess
import sys

import pytest

from trivium import __version__, cli
from trivium.sheet import published


def call(monkeypatch, *arguments):
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["trivium", *map(str, arguments)])
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
    assert one_line(capsys.readouterr().err).startswith(f"trivium: cannot write to {target}: ")
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


def test_interruption(monkeypatch, capsys, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("trivium.sheet.run.TASKS", {2: interrupt})
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path / "new") == 130
    assert "Traceback" not in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


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
