"""Rows that are nobody's, whose answers a file holds: a model that is read has to give them again.

They are made of the scales that a model knows, never of rows that it was fitted to. Numbers are
compared with room for another processor's rounding.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, one_line

_MOST, _NUMBERS = 4, 1 << 16  # rows, and numbers in them all unless one row has more
_ROUNDING = 1e-9

Answer = Callable[[Any], dict[str, Any]]
"""By their names, arrays with a line for each row."""


def fractions(m: int, d: int) -> Float64:
    """Return m rows of odd thousandths between -1 and 1, in an order that looks like none.

    Examples
    --------
    >>> fractions(2, 3).round(2)
    array([[-0.77,  0.71,  0.2 ],
           [ 0.64,  0.13, -0.38]])
    """
    i, j = np.arange(1, m + 1)[:, None], np.arange(1, d + 1)
    return (2 * ((i * 709 + j * 743 - 1339) % 1000) - 999) / 1000.0


def between(least: Floats, most: Floats, m: int) -> Float64:
    """Return m rows between the least and the greatest values of columns.

    Of a column without a spread, values between its own and zero; of zeros alone, above zero.
    """
    middle = 0.5 * least.astype(np.float64) + 0.5 * most
    half = 0.5 * most.astype(np.float64) - 0.5 * least
    t = fractions(m, middle.size)
    alone = np.where(middle == 0.0, np.abs(t), middle * (1.0 - 0.25 * np.abs(t)))
    rows: Float64 = np.where(half > 0.0, middle + half * t, alone)
    return rows


def of_slopes(slopes: Float64, m: int) -> Float64:
    """Return m rows in which each column moves linear functions by about as much.

    Parameters
    ----------
    slopes : ndarray of shape (n_functions, d)
    """
    greatest = np.abs(slopes).max(axis=0)
    scale = np.clip(np.where(greatest > 0.0, greatest, 1.0), 1e-100, 1e100)
    rows: Float64 = fractions(m, slopes.shape[1]) / scale
    return rows


def write_canaries(
    made: Callable[[int], Float64], answer: Answer, written: Written, columns: int
) -> None:
    """Write canaries and what the model answers, or that it has no answer to them.

    Parameters
    ----------
    made : callable
        Makes so many rows.
    answer : callable
        Given rows.
    written : Written
    columns : int
    """
    rows = made(max(1, min(_MOST, _NUMBERS // columns)))
    written.put("canary.rows", rows)
    try:
        answers = _answers(answer, rows)
    except (ValueError, ArithmeticError):  # of a metric that makes nothing of such rows
        answers = {}
    written.record["canaries"] = sorted(answers)
    for name, values in answers.items():
        written.put(f"canary.{name}", values)


def read_canary_rows(stored: Stored, columns: Any) -> Float64:
    """Hand out the canaries, which warrant that there are so many columns."""
    rows = stored.array("canary.rows", "float64", (None, None))
    if columns != rows.shape[1]:
        raise stored.wrong("canary.rows", f"of {rows.shape[1]} columns")
    if not 1 <= len(rows) <= _MOST:
        raise stored.wrong("canary.rows", f"of {len(rows)} rows")
    return rows


def check_canaries(answer: Answer, stored: Stored, rows: Any) -> None:
    """Raise unless a model that was read answers as the one that was written.

    Raises
    ------
    Malformed
    """
    names = stored.value("canaries")
    if not isinstance(names, list) or len(names) > _MOST:
        raise stored.wrong("canaries", "no list of answers")
    if not names:
        return
    try:
        answers = _answers(answer, rows)
    except Exception as error:
        raise Malformed(f"the model fails for a canary: {one_line(error)}") from error
    if names != sorted(answers):
        raise stored.wrong("canaries", "not a list of the model's answers")
    for name in names:
        own = answers[name]
        told = stored.array(f"canary.{name}", "float64", own.shape, finite=False)
        if not _are_close(own, told):
            raise Malformed(f"the model answers a canary by other {name} than those in the file")


def _answers(answer: Answer, rows: Any) -> dict[str, Any]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return answer(rows)


def _are_close(own: Float64, told: Float64) -> bool:
    """Whether numbers are equal, but for rounding beside the greatest of each row."""
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.where(np.isfinite(told), np.abs(told), 0.0).reshape(len(told), -1)
        room = _ROUNDING * finite.max(axis=1, initial=0.0)
        room = room.reshape(-1, *[1] * (told.ndim - 1))
        close = (own == told) | (np.abs(own - told) <= room) | (np.isnan(own) & np.isnan(told))
    return bool(close.all())
