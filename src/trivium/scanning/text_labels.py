"""Labels that are written in text: whole numbers, truth values, numbers, or words."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from trivium.tables.words import MISSING

_WHOLE = re.compile(r"\s*[+-]?(0|[1-9][0-9]{0,299})\s*")  # no label is rounded to a float64
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
_CODE = re.compile(r"\s*[+-]?0[0-9].*")  # 007 is no 7
_TRUTHS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def value_of(text: str) -> Any:
    """Return what a text stands for by itself: an integer, a truth value, a float or a string.

    Examples
    --------
    >>> [value_of(text) for text in ("7", "True", "1.0", "007", "no")]
    [7, True, 1.0, '007', 'no']
    """
    if text in _TRUTHS:
        return _TRUTHS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and not _CODE.fullmatch(text):
        return float(text)
    return text


def is_missing(text: str) -> bool:
    """Whether a text among numbers says that there is none, such as NA."""
    return text.strip().lower() in MISSING


def values_of_texts(texts: Sequence[str]) -> tuple[list[Any], list[np.dtype[Any]]]:
    """Return what texts stand for together, and the types that they have in NumPy.

    They are integers where all are and one type holds them all, truth values, or numbers; else
    strings, as they stand.

    Examples
    --------
    >>> values_of_texts(["1", "2.0"])
    ([1.0, 2.0], [dtype('float64')])
    >>> values_of_texts(["1", "True"])
    (['1', 'True'], [dtype('O')])
    """
    values = [value_of(text) for text in texts]
    kinds = set(map(type, values))
    if kinds == {bool}:
        return values, [np.dtype(np.bool_)]
    if kinds == {int} and min(values) >= -(2**63) and max(values) < 2**64:
        beyond = max(values) >= 2**63
        if not beyond or min(values) >= 0:
            return values, [np.dtype(np.uint64 if beyond else np.int64)]
    if kinds and kinds <= {int, float} and kinds != {int}:
        return [float(value) for value in values], [np.dtype(np.float64)]
    return list(texts), [np.dtype(object)]
