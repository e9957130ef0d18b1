"""The file as bytes: safetensors, a JSON header and after it arrays of numbers.

The header of a file from elsewhere is checked in full before anything is made of it: every array
lies where the one before it ends, is as long as its shape and type say, and the last one ends with
the file. So nothing is allocated that the file does not hold.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from trivium.storage.errors import Malformed, NotStorableError
from trivium.storage.strict_json import parsed, written

Arrays = dict[str, NDArray[Any]]

TYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
"""Types of arrays in a file."""

_NAMES = {dtype: name for name, dtype in TYPES.items()}
_KEY = "trivium"
_MOST_HEADER = 100_000_000  # as safetensors' own
_MOST_DIMENSIONS, _LONGEST = 4, 1 << 40
_LENGTH = 8  # bytes that hold the header's


class Frame(NamedTuple):
    """What a header says, and the arrays that are still to be checked against it.

    Attributes
    ----------
    record : dict
        What is said of the model.
    places : dict
        Of each array its type, shape, and where it begins and ends.
    """

    record: dict[str, Any]
    places: dict[str, Any]


def packed(record: dict[str, Any], arrays: Arrays) -> bytes:
    """Write a model's record and arrays as the bytes of a file.

    Raises
    ------
    NotStorableError
        If an array is of a type that files do not have, or the header grows too long.
    """
    own = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    for name, array in own.items():
        if array.dtype not in _NAMES:
            raise NotStorableError(f"{name} is of type {array.dtype}, which files do not have")
    text = written({**record, "checksum": checksum(record, own)})
    if len(text) > _MOST_HEADER // 2:
        raise NotStorableError(f"names and classes take {len(text) / 1e6:.0f} MB, 50 at most")
    content: bytes = safetensors.numpy.save(own, {_KEY: text})
    return content


def opened(content: bytes) -> Frame:
    """Check the header of a file, and return what it says.

    Raises
    ------
    Malformed
    """
    size = len(content)
    if size < _LENGTH:
        raise Malformed(f"it has {size} bytes: no header")
    length = int.from_bytes(content[:_LENGTH], "little")
    if not 2 <= length <= min(size - _LENGTH, _MOST_HEADER):
        raise Malformed(
            f"it is no model, or not whole: the header is said to have {length} bytes, and the "
            f"file has {size}"
        )
    raw = memoryview(content)[_LENGTH : _LENGTH + length]
    if bytes(raw[:1]) != b"{":
        raise Malformed("the header does not begin with a brace: no file of models")
    try:
        places = parsed(str(raw, "ascii"), "the header", warranted=size)
    except UnicodeDecodeError as error:  # other letters are written by their numbers
        raise Malformed(f"the header is no ASCII: {error.reason} at byte {error.start}") from error
    metadata = places.pop("__metadata__", None)
    if not isinstance(metadata, dict) or list(metadata) != [_KEY]:
        raise Malformed("the header says nothing of a model of Trivium")
    if not isinstance(metadata[_KEY], str):
        raise Malformed("what the header says of the model is no text")
    record = parsed(metadata[_KEY], "the record of the model", warranted=size)
    if not isinstance(record, dict):
        raise Malformed("the record of the model is no table of names")
    return Frame(record, places)


def unpacked(content: bytes, frame: Frame) -> Arrays:
    """Return the arrays of a file, if they are where its header says and have its checksum.

    Raises
    ------
    Malformed
    """
    _require_places(frame.places, len(content) - _LENGTH - int.from_bytes(content[:8], "little"))
    try:
        arrays: Arrays = safetensors.numpy.load(content)
    except SafetensorError as error:
        raise Malformed(f"it is no safetensors file: {error}") from error
    record = {key: value for key, value in frame.record.items() if key != "checksum"}
    if frame.record.get("checksum") != checksum(record, arrays):
        raise Malformed("it is damaged: its content does not have the checksum that it names")
    return arrays


def checksum(record: Mapping[str, Any], arrays: Arrays) -> str:
    """Compute BLAKE2b over a record and arrays, whatever order they are in."""
    digest = hashlib.blake2b(written(record).encode(), digest_size=32)
    add_arrays(digest, arrays)
    return digest.hexdigest()


def add_arrays(digest: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Add arrays by their names to a digest."""
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        digest.update(array.reshape(-1).view(np.uint8))


def _require_places(places: dict[str, Any], n_bytes: int) -> None:
    """Raise unless arrays lie one behind the other, fill the file, and are as long as they say."""
    found = []
    for name, entry in places.items():
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise Malformed(f"the header says of {_named(name)} something else than type and place")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in TYPES:
            raise Malformed(f"{_named(name)} is of a type that models do not have")
        if (
            not _are_counts(shape)
            or len(shape) > _MOST_DIMENSIONS
            or max(shape, default=0) > _LONGEST
        ):
            raise Malformed(f"{_named(name)} has a shape that is none")
        if not _are_counts(offsets) or len(offsets) != 2:
            raise Malformed(f"{_named(name)} has a place that is none")
        begin, end = offsets
        if end - begin != math.prod(shape) * TYPES[dtype].itemsize:
            raise Malformed(
                f"{_named(name)} takes {end - begin} bytes, which is not what its shape says"
            )
        found.append((begin, end, name))
    ended = 0
    for begin, end, name in sorted(found):
        if begin != ended:
            raise Malformed(f"{_named(name)} does not begin where the array before it ends")
        ended = end
    if ended != n_bytes:
        raise Malformed(f"its arrays take {ended} bytes, and there are {n_bytes}")


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _named(name: str) -> str:
    return f"array {name[:40]!r}"
