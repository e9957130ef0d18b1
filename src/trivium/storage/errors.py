"""What is said of a file that holds no model, and of a model that no file can hold."""

_LONGEST = 300


class ModelFileError(ValueError):
    """A file is damaged, of a later format, or not what `trivium.save` writes.

    The message is one line that names the file and what is wrong with it.
    """


class Malformed(ValueError):
    """What is wrong with a file, before its name is known."""


class NotStorableError(ValueError):
    """What of a model a file of data cannot hold."""


def one_line(error: Exception) -> str:
    """Return what another error says, on one line of moderate length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
