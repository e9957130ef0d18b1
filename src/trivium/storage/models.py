"""`save` and `load`: a fitted model as one file of data, and back."""

import os
import stat
from typing import Any, NamedTuple

from trivium import __version__
from trivium.atomic import atomic_file
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, ModelFileError, NotStorableError, one_line
from trivium.storage.frame import Arrays, opened, packed, unpacked
from trivium.storage.rooms import ROOMS, codec_of

FORMAT = 1
"""Of the files that are written."""

_SHOWN = 40


class _Read(NamedTuple):
    """A model that was read, and what its file says of it."""

    model: Any
    record: dict[str, Any]


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a file of data, which `load` reads.

    The file is a safetensors file with a JSON header: numbers and text, no code. What was written
    is read back before it takes its place, and a file that was there is replaced in one step.

    A model of neighbours is its training rows, and the file holds them all.

    Parameters
    ----------
    model : estimator
        Fitted; of a class of Trivium's.
    path : str or PathLike

    Raises
    ------
    TypeError
        If it is an object of another class.
    ValueError
        If a part of it is no data, as a function that was given as the metric, or nothing that a
        file can hold.
    sklearn.exceptions.NotFittedError
        If it has not been fitted.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, trivium
    >>> from pathlib import Path
    >>> model = trivium.LeastSquaresClassifier()
    >>> model = model.fit([[0.0], [1.0], [3.0], [4.0]], ["a", "a", "b", "b"])
    >>> path = Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> trivium.save(model, path)
    >>> trivium.load(path).predict([[1.9], [2.1]])
    array(['a', 'b'], dtype='<U1')
    """
    name = type(model).__name__
    if name not in ROOMS or type(model) is not codec_of(name).kind:
        raise TypeError(
            f"A file holds a model of one of the classes {', '.join(ROOMS)}; this is an object "
            f"of type {name}."
        )
    try:
        content = _content_of(model, name)
        _read(*_parts_of(content))
    except (NotStorableError, Malformed) as error:
        raise NotStorableError(f"This {name} cannot be stored: {error}.") from error
    with atomic_file(path) as file:
        file.write(content)


def load(path: str | os.PathLike[str]) -> Any:
    """Read a model that `save` has written.

    It answers as the model that was saved, to the bit on the same machine. Nothing in the file is
    run, and nothing is imported by a name in it; the memory that is taken goes by its size.

    Parameters
    ----------
    path : str or PathLike

    Returns
    -------
    estimator
        Fitted. A least-squares model has no sums over its rows any more, so that `partial_fit`
        and `forget` cannot go on from it.

    Raises
    ------
    ModelFileError
        If the file is damaged, of a later format, or no model; the message names it and says what
        is wrong.
    OSError
        If it cannot be read.
    """
    return _read_file(path).model


def describe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Tell what a model's file holds, once it has passed every check of `load`.

    Parameters
    ----------
    path : str or PathLike

    Returns
    -------
    dict
        "class", "format", "trivium" (the version that wrote it), "bytes", "rows_kept" (how many
        training rows the file contains), "fingerprint" (by which one can tell what the model was
        fitted to: "rows", or None where that is not known, "columns", "of", what "digest" is the
        BLAKE2b of; None of a preparation), "parameters", "columns", "classes" (dates as strings).
        Of an estimator "columns" is their number and "names" has their names, or None. Of what
        takes tables "columns" is a list of name, kind, levels, missing and reason. Of a
        classifier of tables also "model", "target", "class_rows", "class_weight", "validation",
        "notes" and "table_notes".

    Raises
    ------
    ModelFileError, OSError
        As `load`.
    """
    model, record = _read_file(path)
    codec = codec_of(record["class"])
    return {
        "class": record["class"],
        "format": record["format"],
        "trivium": record["trivium"],
        "bytes": os.stat(path).st_size,
        "rows_kept": codec.rows_kept(model),
        "fingerprint": codec.fingerprint_of(record["model"]),
        **codec.about(model),
    }


def _content_of(model: Any, name: str) -> bytes:
    """Return the bytes of a model's file."""
    written = Written()
    codec_of(name).write(model, written)
    header = {"format": FORMAT, "trivium": __version__, "class": name}
    return packed({**header, "model": written.record}, written.arrays)


def _read_file(path: str | os.PathLike[str]) -> _Read:
    named = os.fspath(path)
    try:
        if not stat.S_ISREG(os.stat(named).st_mode) and not os.path.isdir(named):
            raise Malformed("it is no regular file")
        return _read(*_parts_of_file(named))
    except Malformed as error:
        raise ModelFileError(f"{named}: {one_line(error)}.") from error


def _parts_of_file(named: str) -> tuple[dict[str, Any], Arrays]:
    """Read a file's record and arrays; its bytes are not kept beside them."""
    with open(named, "rb") as file:
        return _parts_of(file.read())


def _parts_of(content: bytes) -> tuple[dict[str, Any], Arrays]:
    """Return the record and the arrays of a file's bytes.

    Raises
    ------
    Malformed
    """
    frame = opened(content)
    _require_known(frame.record)
    return frame.record, unpacked(content, frame)


def _read(record: dict[str, Any], arrays: Arrays) -> _Read:
    """Make a model of a file's parts.

    Raises
    ------
    Malformed
    """
    stored = Stored(record["model"], arrays)
    try:
        model = codec_of(record["class"]).read(stored)
    except (Malformed, MemoryError):
        raise
    except Exception as error:  # of the classes' own checks, whichever a file makes fail
        raise Malformed(f"a model of it fails: {one_line(error)}") from error
    stored.close()
    return _Read(model, record)


def _require_known(record: dict[str, Any]) -> None:
    """Raise unless a file is of a format and a class that are known."""
    number = record.get("format")
    if type(number) is not int or number < 1:
        raise Malformed("it names no format")
    version = record.get("trivium")
    if not isinstance(version, str) or not version or len(version) > _SHOWN:
        raise Malformed("it does not name the version of Trivium that wrote it")
    if number > FORMAT:
        raise Malformed(
            f"it is of format {number}, and this is Trivium {__version__}, which reads "
            f"format {FORMAT}: take Trivium {version}, which wrote it, or a later one"
        )
    if set(record) != {"format", "trivium", "class", "model", "checksum"}:
        raise Malformed("its record has other entries than those of format 1")
    name = record["class"]
    if not isinstance(name, str) or name not in ROOMS:
        raise Malformed(f"it holds {str(name)[:_SHOWN]!r}, which is no class that files hold")
