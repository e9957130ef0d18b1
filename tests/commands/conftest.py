"""What the tests of commands share."""

import sys

import pytest

from trivium import cli


@pytest.fixture
def call(monkeypatch, capsys):
    """Run a command; return its exit code, what it printed and what it said."""

    def run(*arguments):
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(cli, "_obey_signals", lambda: None)  # the handlers are the process's
        monkeypatch.setattr(sys, "argv", ["trivium", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdout", sys.stdout)
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return run
