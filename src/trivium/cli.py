"""The command line as a process: signals, standard streams and exit codes.

Little is loaded here, so that it can be stopped from its first moment on.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn, TextIO, cast

from trivium import signals


def main() -> NoReturn:
    """Run the command line: errors in one line, exit code 2."""
    _obey_signals()
    _open_closed_descriptors()
    # matplotlib refuses to be imported with a backend that it does not know, as a notebook's.
    os.environ["MPLBACKEND"] = "agg"
    output, words = sys.stdout, sys.stderr
    for stream in (output, words):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a character less rather than none
    try:
        sys.stdout = cast(TextIO, _Closed()) if output is None else output
        sys.stderr = cast(TextIO, _Words(words))
        code = _run()
        sys.stdout.flush()
    except OSError as error:
        _say(f"cannot print the results: {error.strerror or error}")
        output = cast(TextIO, None)  # what could not be printed is not tried again on leaving
        code = 2
    finally:
        sys.stdout, sys.stderr = output, words
    sys.exit(code)


def _obey_signals() -> None:
    signals.obey()


def _open_closed_descriptors() -> None:
    """Let nothing that is opened later take the number of a standard stream that is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _run() -> int:
    from typer.exceptions import TyperException

    from trivium.commands import app
    from trivium.commands.words import in_plain_words

    try:
        return int(app(standalone_mode=False) or 0)
    except TyperException as error:
        message = in_plain_words(error)
        if message:  # none where the help has been printed instead
            _say(message)
        return 2


def _say(message: str) -> None:
    sys.stderr.write(f"trivium: {message}\n")
    sys.stderr.flush()


class _Closed(io.TextIOBase):
    """Standard output where there is none."""

    def write(self, _text: str) -> NoReturn:
        raise OSError(errno.EBADF, "standard output is closed")


class _Words(io.TextIOBase):
    """Standard error, which is silent from the first word on that cannot be written.

    Progress and errors are for somebody who reads them; the results do not wait for that.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute of TextIO
        return getattr(self._stream, "encoding", None) or "utf-8"

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("standard error is closed")
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._try(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(lambda stream: stream.flush())

    def _try(self, act: Any) -> None:
        if self._stream is None or self._stream.closed:  # as at the end of those who gave it
            return
        try:
            act(self._stream)
        except OSError:
            # What waits to be written goes where nobody reads it, for Python tries at its end.
            with suppress(OSError), open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())
            self._stream = None


if __name__ == "__main__":
    main()
