"""What a file says of a model, handed out entry by entry, each checked and each once."""

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.storage.errors import Malformed
from trivium.storage.frame import Arrays

Shape = tuple[int | None, ...]


class Written:
    """What a file will say of a model: a record that is JSON, and arrays.

    Parameters
    ----------
    arrays : dict of ndarray or None
        Those of the whole, to which a part adds its own under longer names.
    prefix : str
        What names of arrays begin with.
    """

    def __init__(self, arrays: Arrays | None = None, prefix: str = "") -> None:
        self.record: dict[str, Any] = {}
        self.arrays: Arrays = {} if arrays is None else arrays
        self._prefix = prefix

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Store an array."""
        self.arrays[self._prefix + name] = array.astype(array.dtype.newbyteorder("<"), copy=False)

    def own_arrays(self) -> Arrays:
        """Return the arrays stored so far, parts' too, by their names here."""
        return _below(self._prefix, self.arrays)

    def part(self, name: str) -> "Written":
        """Begin an entry that has entries of its own."""
        part = Written(self.arrays, f"{self._prefix}{name}.")
        self.record[name] = part.record
        return part


class Stored:
    """What a file says of a model.

    Each method hands out one entry, and raises `Malformed` where it is missing or not what it has
    to be. `close` raises where something has not been asked for.

    Parameters
    ----------
    record : object
        What the header says.
    arrays : dict of ndarray
        From which those that are handed out are taken away.
    prefix : str
        What names of arrays begin with.
    """

    def __init__(self, record: Any, arrays: Arrays, prefix: str = "") -> None:
        if not isinstance(record, dict):
            raise Malformed(f"{prefix[:-1] or 'the model'} is no table of names")
        self._record, self._arrays, self._prefix = dict(record), arrays, prefix
        self._parts: list[Stored] = []

    def has(self, name: str) -> bool:
        """Whether there is an array of a name."""
        return self._prefix + name in self._arrays

    def length(self, name: str) -> int:
        """Return the length of an array that is still to be handed out, zero if there is none."""
        array = self._arrays.get(self._prefix + name)
        return 0 if array is None or array.ndim == 0 else len(array)

    def value(self, name: str) -> Any:
        """Hand out an entry that is still to be checked."""
        if name not in self._record:
            raise Malformed(f"{self._prefix}{name} is missing")
        return self._record.pop(name)

    def look_at(self, name: str) -> Any:
        """Return an entry that will be handed out, and checked, later."""
        return self._record.get(name)

    def is_none(self, name: str) -> bool:
        """Whether an entry is null, which is all there is of it then."""
        if self._record.get(name, self) is not None:
            return False
        del self._record[name]
        return True

    def part(self, name: str) -> "Stored":
        """Hand out an entry that has entries of its own."""
        part = Stored(self.value(name), self._arrays, f"{self._prefix}{name}.")
        self._parts.append(part)
        return part

    def integer(self, name: str, least: int, most: int = 1 << 53) -> int:
        """Hand out an integer within bounds."""
        value = self.value(name)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(name, f"no integer from {least} to {most}")
        return value

    def number(self, name: str, least: float = -math.inf) -> float:
        """Hand out a finite number that is at least as great."""
        value = self.value(name)
        if type(value) not in (int, float) or not least <= value <= 1.8e308:
            raise self.wrong(name, f"no finite number of {least:g} or more")
        return float(value)

    def flag(self, name: str) -> bool:
        """Hand out true or false."""
        value = self.value(name)
        if type(value) is not bool:
            raise self.wrong(name, "neither true nor false")
        return value

    def choice(self, name: str, choices: Iterable[str]) -> str:
        """Hand out one of several strings."""
        value = self.value(name)
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(name, f"none of {', '.join(map(repr, choices))}")
        return value

    def array(
        self,
        name: str,
        dtypes: Any,
        shape: Shape,
        *,
        least: float = -math.inf,
        most: float = math.inf,
        finite: bool = True,
    ) -> NDArray[Any]:
        """Hand out an array.

        Parameters
        ----------
        name : str
        dtypes : type or tuple of types
            Any of which it may have.
        shape : tuple
            None where any length will do.
        least, most : float
            Bounds of its values.
        finite : bool
            Whether all have to be finite.
        """
        array = self._arrays.pop(self._prefix + name, None)
        if array is None:
            raise Malformed(f"array {self._prefix}{name} is missing")
        allowed = dtypes if isinstance(dtypes, tuple) else (dtypes,)
        if array.dtype not in [np.dtype(each) for each in allowed]:
            raise self.wrong(name, f"of type {array.dtype}")
        expected = array.ndim == len(shape) and all(
            known is None or known == length
            for known, length in zip(shape, array.shape, strict=True)
        )
        if not expected:
            wanted = ", ".join("any" if length is None else str(length) for length in shape)
            raise self.wrong(name, f"of shape {array.shape}, not ({wanted})")
        if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise self.wrong(name, "not finite everywhere")
        bounded = array.size and (least > -math.inf or most < math.inf)
        if bounded and not (array.min() >= least and array.max() <= most):
            raise self.wrong(name, f"not between {least:g} and {most:g} everywhere")
        if array.dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
            raise self.wrong(name, "not made of zeros and ones")
        return array

    def any_array(self, name: str, dtypes: Any) -> NDArray[Any]:
        """Hand out an array of up to two dimensions."""
        array = self._arrays.get(self._prefix + name)
        shape: Shape = (None,) * min(2, 0 if array is None else array.ndim)
        return self.array(name, dtypes, shape, finite=False)

    def own_arrays(self) -> Arrays:
        """Return the arrays that have not been handed out, parts' too, by their names here."""
        return _below(self._prefix, self._arrays)

    def names(self, pattern: str) -> list[str]:
        """Name the arrays, of those that have not been handed out, that match a pattern."""
        return [name for name in self.own_arrays() if re.fullmatch(pattern, name)]

    def close(self) -> None:
        """Raise if entries have been left; arrays too, of the whole."""
        for part in self._parts:
            part.close()
        if self._record:
            raise Malformed(f"{self._prefix}{next(iter(self._record))[:40]} is not known")
        if not self._prefix and self._arrays:
            raise Malformed(f"array {next(iter(self._arrays))[:40]!r} is not known")

    def wrong(self, name: str, what: str) -> Malformed:
        """Return an error that says what an entry is."""
        return Malformed(f"{self._prefix}{name} is {what}")


def _below(prefix: str, arrays: Arrays) -> Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
