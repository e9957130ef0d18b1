import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import pytest
from tests.programs import PATIENCE

from trivium import __version__, cli, commands, signals
from trivium.sheet import parallel, published
from trivium.sheet.records import Check, Erratum, Part, TaskResult
from trivium.sheet.rendering import render_task
from trivium.sheet.run import former_pictures


@lru_cache
def drawn(number):
    """Return a task with its pictures, drawn by whoever asks for it first."""
    return render_task(number, lambda *_: None)


@pytest.fixture
def drawn_once(monkeypatch):
    """Let runs in this process, of which only what is said of a task is asked, share pictures."""
    monkeypatch.setattr("trivium.sheet.run.render_task", lambda number, _: drawn(number))


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
    for word in ("Task 2", "2.2", "costs most of the accuracy", "8 of 8 published numbers agree"):
        assert word in out
    assert "quantity" not in out  # no number differs
    assert str(tmp_path / "report.html") in out
    assert {path.name for path in tmp_path.iterdir()} == {"figures", "report.html", "sheet.json"}


@pytest.mark.usefixtures("drawn_once")
def test_everything_on_the_terminal(monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, "sheet", "--task", 2, "--verbose", "--out", tmp_path) == 0
    out = capsys.readouterr().out
    for word in ("quantity", "published", "measured", "agrees", "s = 8: accuracy", "which does"):
        assert word in out


def test_summary_of_all_tasks_fits_on_a_screen(monkeypatch, capsys):
    part = Part("1.1", "t", "a", (), (Check(1, "k = 4: accuracy", "0.94", 0.94, follows="RSS"),))
    erratum = Erratum(1, "1.1", "e", "What is wrong, in a line", "1.1, pictures", "c", "m", {})
    results = [TaskResult(number, "Title", (part,), (erratum,) * 4) for number in (1, 2, 3)]
    commands.sheet._print_results(results, Path("trivium-sheet"), verbose=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    last = " ".join(lines[-3:-1])
    assert "0 of 0 published numbers agree, and 3 of 3 that follow from the sheets" in last
    commands.sheet._print_results(results, Path("trivium-sheet"), verbose=True)
    assert "(follows: RSS)" in capsys.readouterr().out


@pytest.mark.usefixtures("drawn_once")
def test_report_says_when_and_how_it_was_made(monkeypatch, tmp_path):
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    foot = page[page.index('<footer class="colophon">') :]
    assert re.search(r"<dt>date</dt><dd>20\d\d-\d\d-\d\d \d\d:\d\d UTC</dd>", foot)
    assert f"<dd>trivium sheet --task 2 --out {tmp_path}</dd>" in foot
    assert f"<dt>trivium</dt><dd>{__version__}</dd>" in foot


@pytest.mark.usefixtures("drawn_once")
def test_json_is_all_that_is_printed(monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, "sheet", "--task", 2, "--json", "--out", tmp_path) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["published"] == 8
    assert printed == (tmp_path / "sheet.json").read_text(encoding="utf-8")


def test_a_number_that_is_not_reproduced_gives_1(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(published.OUTLIER_RSS, 8, "14")
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 1
    out = capsys.readouterr().out
    assert "7 of 8 published numbers agree" in out
    assert re.search(r"s = 8: residual sum of squares +14 +15 +NO", out)
    assert (tmp_path / "report.html").exists()


@pytest.mark.usefixtures("drawn_once")
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
    command = [sys.executable, "-m", "trivium", *map(str, arguments)]
    return subprocess.Popen(command, **{"stderr": subprocess.PIPE, "text": True, **options})


def wait_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    assert condition()


def is_alive(group):
    """Whether any process of a group runs; what has ended, and nobody has asked, does not."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True)
    found = [line.split() for line in listed.stdout.splitlines()]
    return any(int(each) == group and not state.startswith("Z") for each, state in found)


@pytest.fixture
def heeded_hangup():
    """Let processes of a test heed SIGHUP, though the tests themselves were started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("heeded_hangup")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_leaves_nothing_behind(tmp_path, name, code):
    """It comes to all processes while they draw; another's file in the new folder stays."""
    out = tmp_path / "new" / "deep"
    process = start("sheet", "--out", out, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for(out.exists)
    (tmp_path / "new" / "mine.txt").write_text("mine")
    time.sleep(2)
    os.killpg(process.pid, getattr(signal, name))
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert "Traceback" not in error
    assert os.listdir(tmp_path / "new") == ["mine.txt"]
    wait_for(lambda: not is_alive(process.pid))


def test_a_signal_while_python_loads_the_program(tmp_path):
    program = "import os, signal, sys\nsys.modules['typer'] = None\n"  # an ImportError, if reached
    program += "import trivium.cli\nobey = trivium.cli._obey_signals\n"
    program += "def told():\n    obey()\n    os.kill(os.getpid(), signal.SIGINT)\n"
    program += "trivium.cli._obey_signals = told\ntrivium.cli.main()"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_a_run_that_was_killed_leaves_no_process_and_the_next_two_at_once_clear_its_files(tmp_path):
    (tmp_path / ".unfinished-0123abcd").mkdir()  # as earlier versions left it
    (tmp_path / ".unfinished-mine").mkdir()
    process = start("sheet", "--out", tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: any(path.suffix == ".lock" for path in tmp_path.iterdir()))
    time.sleep(2)  # into the work of the others
    assert is_alive(process.pid)
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_for(lambda: not is_alive(process.pid))
    assert len(os.listdir(tmp_path)) > 1
    runs = [start("sheet", "--task", 2, "--out", tmp_path, stdout=subprocess.PIPE) for _ in "ab"]
    for run in runs:
        run.communicate(timeout=PATIENCE)
        assert run.returncode == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"figures", "report.html", "sheet.json", ".unfinished-mine"}


def test_a_worker_that_was_killed_is_an_error_of_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(parallel, "_render", os._exit)
    assert call(monkeypatch, "sheet", "--out", tmp_path / "new") == 2
    assert "killed: perhaps memory ran out" in one_line(capsys.readouterr().err)
    assert os.listdir(tmp_path) == []


def test_a_signal_that_a_library_swallowed_is_obeyed_at_the_next_step(monkeypatch):
    monkeypatch.setattr(signals, "_stopped_by", [])
    with pytest.raises(SystemExit, match="143"):
        signals.stop(15, None)
    with commands.sheet._progress([1]) as advance, pytest.raises(SystemExit, match="143"):
        advance(1, "drawing", 0.5)


def test_a_signal_is_held_back_until_what_is_begun_is_whole(monkeypatch):
    monkeypatch.setattr(signals, "_stopped_by", [])
    done = []

    def write():
        with signals.held_back():
            with signals.held_back():
                signals.stop(15, None)
                done.append("inner")
            done.append("outer")

    with pytest.raises(SystemExit, match="143"):
        write()
    assert done == ["inner", "outer"]
    assert signals._held_back == 0


def test_nohup_is_respected(monkeypatch):
    handlers = {signal.SIGHUP: signal.SIG_IGN}
    monkeypatch.setattr(signal, "getsignal", lambda number: handlers.get(number, signal.SIG_DFL))
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    signals.obey()
    assert handlers[signal.SIGHUP] == signal.SIG_IGN
    assert handlers[signal.SIGINT] == handlers[signal.SIGTERM] == signals.stop


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    process = start("sheet", "--task", 2, "--out", tmp_path, stdout=subprocess.PIPE)
    process.stdout.close()
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGPIPE
    assert "Traceback" not in error


def through_shell(arguments, redirections, folder):
    command = f'exec "$0" -m trivium {arguments} {redirections}'
    return subprocess.run(
        ["sh", "-c", command, sys.executable], capture_output=True, encoding="utf-8", cwd=folder
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize(
    ("arguments", "redirection", "why"),
    [
        ("--version", ">&-", "standard output is closed"),
        ("sheet --help", ">&-", "standard output is closed"),
        ("--version", ">/dev/full", "No space left on device"),
        ("sheet --help", ">/dev/full", "No space left on device"),
        ("sheet --task 2 --json", ">/dev/full", "No space left on device"),
    ],
)
def test_output_that_nobody_takes_gives_2_and_one_line(tmp_path, arguments, redirection, why):
    ended = through_shell(arguments, redirection, tmp_path)
    assert ended.returncode == 2
    assert one_line(ended.stderr) == f"trivium: cannot print the results: {why}"
    assert "Traceback" not in ended.stderr
    assert ("json" in arguments) == (tmp_path / "trivium-sheet" / "report.html").exists()


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_report_is_written_though_there_is_no_output(monkeypatch, capsys, tmp_path, options):
    monkeypatch.setattr(sys, "stdout", None)  # as Python has it where it was closed
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path, *options) == 2
    error = one_line(capsys.readouterr().err)
    assert error == "trivium: cannot print the results: standard output is closed"
    assert (tmp_path / "report.html").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_an_error_that_nobody_reads_gives_2(tmp_path, redirection):
    ended = through_shell("nothing", redirection, tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_what_is_set_around_a_run_changes_nothing(monkeypatch, tmp_path):
    """Nor does anyone have to read its progress, and its JSON is UTF-8 wherever it is printed."""
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path / "as-it-is") == 0
    settings = "figure.dpi: 30\naxes.grid: True\nlines.linewidth: 9\nsvg.fonttype: path\n"
    (tmp_path / "matplotlibrc").write_text(f"{settings}font.size: 30\npatch.facecolor: red\n")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = through_shell("sheet --task 2 --json --out set", "2>/dev/full <&-", tmp_path)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["agree"] == 8
    assert ended.stdout == (tmp_path / "set" / "sheet.json").read_text(encoding="utf-8")
    files = [path for path in (tmp_path / "as-it-is").rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        other = tmp_path / "set" / path.relative_to(tmp_path / "as-it-is")
        # The foot of the page says when and by which command it was made.
        mine, theirs = (
            re.sub(rb"<footer.*?</footer>", b"", each.read_bytes(), flags=re.DOTALL)
            for each in (path, other)
        )
        assert mine == theirs, path.name


@pytest.mark.usefixtures("drawn_once")
def test_names_are_printed_as_they_are(monkeypatch, capsys, tmp_path):
    name = ":cat: [red]x[/red] [/] two\nlines, tab\tand\x1b[31mred"
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path / name) == 0
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown == "The report: " + ascii(str(tmp_path / name / "report.html"))[1:-1]
    (tmp_path / "file").write_text("")
    assert call(monkeypatch, "sheet", "--out", tmp_path / "file" / name) == 2
    captured = capsys.readouterr()
    assert one_line(captured.err).startswith("trivium: cannot write to ")
    assert "\x1b[31m" not in captured.err


@pytest.mark.usefixtures("drawn_once")
def test_pictures_of_an_earlier_run_go_and_other_files_stay(monkeypatch, tmp_path):
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 0
    kept = sorted(os.listdir(tmp_path / "figures"))
    (tmp_path / "figures" / "mine.png").write_text("mine")
    for kind in ("png", "svg", "pdf"):
        (tmp_path / "figures" / f"moons-old.{kind}").write_text("stale")
    (tmp_path / "stale.png").write_text("mine")
    told = json.loads((tmp_path / "sheet.json").read_text(encoding="utf-8"))
    told["pictures"] += ["moons-old", "../stale", "", 3, "gone"]
    (tmp_path / "sheet.json").write_text(json.dumps(told), encoding="utf-8")
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 0
    assert sorted(os.listdir(tmp_path / "figures")) == sorted([*kept, "mine.png"])
    assert (tmp_path / "stale.png").exists()
    told = json.loads((tmp_path / "sheet.json").read_text(encoding="utf-8"))
    kinds = ("png", "svg", "pdf")
    assert sorted(f"{name}.{kind}" for name in told["pictures"] for kind in kinds) == kept


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"pictures": 3}', "\udcff"])
def test_a_file_of_results_that_is_another_s_is_no_error(monkeypatch, tmp_path, content):
    (tmp_path / "sheet.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert former_pictures(tmp_path) == []


@pytest.mark.usefixtures("drawn_once")
def test_output_that_cannot_be_printed_gives_2(monkeypatch, capsys, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(commands.sheet, "_print_results", full)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # restored: the command gives it up
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path) == 2
    error = one_line(capsys.readouterr().err)
    assert error == "trivium: cannot print the results: No space left on device"


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_any_encoding_of_the_terminal(monkeypatch, tmp_path, encoding, options):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    assert call(monkeypatch, "sheet", "--task", 2, "--out", tmp_path, *options) == 0
    terminal.flush()
    printed = terminal.buffer.getvalue()
    if options:
        assert json.loads(printed.decode("utf-8"))["agree"] == 8
    else:
        assert "8 of 8 published numbers agree" in printed.decode(encoding)


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


def test_little_is_loaded_before_signals_are_obeyed():
    code = "import sys, trivium.cli; print(sorted({'typer', 'rich', 'click'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_words_for_a_stream_that_is_closed_are_lost_without_a_word():
    stream = io.StringIO()
    words = cli._Words(stream)
    words.write("heard")
    stream.close()
    words.write("not heard")
    words.flush()
    words.close()  # as the collector of garbage does, which cannot be told of an error
    assert words.closed
