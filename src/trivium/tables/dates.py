"""Dates and times as people write them, in seconds since 1970-01-01.

A format is one of `FORMATS`, a pattern as of `strptime`; "iso" is ISO 8601. A time of day, to the
second and below, may follow each of them or stand alone. All is arithmetic on digits, the same on
each platform and in each locale.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trivium.arrays import Float64
from trivium.tables.blanks import blanked
from trivium.tables.numbers import stripped

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MONTH = {name: m for names in (_MONTHS, _LONG) for m, name in enumerate(names, start=1)}
_MONTH["sept"] = 9

_PARTS = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<short>[0-9]{2})",
    "%m": r"(?P<month>[0-9]{1,2})",
    "%d": r"(?P<day>[0-9]{1,2})",
    "%b": r"(?P<name>[A-Za-z]{3,9})\.?",
}
_LETTERS = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Mon", "%H": "HH", "%M": "MM",
}  # fmt: skip
_ISO = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?:[.,](?P<fraction>[0-9]{1,9}))?)? ?(?P<half>[AaPp]\.?[Mm]\.?)?"
    r" ?(?P<zone>Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_TIME = rf"(?:(?:[T,]|,? +){_CLOCK})?"
CLOCK = "%H:%M"
"""The format of times of day, on the first of January 1970."""

FORMATS = (
    "iso",
    "%Y/%m/%d",
    "%Y-%m-%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d. %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%Y%m%d",
    "%Y-%m",
    "%m/%Y",
    CLOCK,
)


def spelled(format_: str) -> str:
    """Return a format as people write it.

    Examples
    --------
    >>> spelled("%d.%m.%Y"), spelled("iso")
    ('DD.MM.YYYY', 'YYYY-MM-DD')
    """
    text = "%Y-%m-%d" if format_ == "iso" else format_
    for directive, letters in _LETTERS.items():
        text = text.replace(directive, letters)
    return text


def seconds(texts: pa.Array, formats: Sequence[str]) -> pa.Array:
    """Return seconds since 1970-01-01, with null for what is no date of any of the formats.

    Parameters
    ----------
    texts : Arrow array of strings
    formats : sequence of str
        Tried in this order.
    """
    texts = stripped(texts)
    found = np.full(len(texts), np.nan)
    open_ = texts.is_valid().to_numpy(zero_copy_only=False)
    for format_ in formats:
        if not open_.any():
            break
        places = np.flatnonzero(open_)
        part = seconds_of_format(texts.take(pa.array(places)), format_)
        good = ~np.isnan(part)
        found[places[good]] = part[good]
        open_[places[good]] = False
    return pa.array(found, from_pandas=True)


def seconds_of_format(texts: pa.Array, format_: str) -> Float64:
    """Return seconds since 1970-01-01, with NaN for what is no date of this format."""
    groups = pc.extract_regex(texts, _pattern(format_))
    found = np.full(len(texts), np.nan)
    valid = groups.is_valid().to_numpy(zero_copy_only=False)
    if not valid.any():
        return found
    parts = groups.drop_null()
    day = 0.0 if format_ == CLOCK else _days(parts)
    found[valid] = day * 86_400.0 + _time_of_day(parts)
    return found


def _pattern(format_: str) -> str:
    if format_ == "iso":
        return f"^{_ISO}{_TIME}$"
    if format_ == CLOCK:
        return f"^{_CLOCK}$"
    pattern = format_.replace(".", r"\.").replace(" ", " +")
    if format_ == "%Y%m%d":
        pattern = "(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?:[.,]0+)?"
    for directive, part in _PARTS.items():
        pattern = pattern.replace(directive, part)
    return f"^{pattern}{_TIME}$"


def _numbers(parts: pa.StructArray, field: str, default: float = np.nan) -> Float64:
    """Return a group of digits as numbers; the default where it is absent or empty."""
    if parts.type.get_field_index(field) < 0:
        return np.full(len(parts), default)
    text = parts.field(field)
    text = blanked(text, pc.equal(text, ""))
    read = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(read), default, read)


def _days(parts: pa.StructArray) -> Float64:
    """Return days since 1970-01-01, with NaN where there is no such day."""
    year = _numbers(parts, "year")
    short = _numbers(parts, "short")
    year = np.where(np.isnan(year), np.where(short < 69, 2000 + short, 1900 + short), year)
    month = _numbers(parts, "month")
    if parts.type.get_field_index("name") >= 0:
        names = pc.utf8_lower(parts.field("name"))
        month = np.array([_MONTH.get(each, np.nan) for each in names.to_pylist()])
    day = _numbers(parts, "day", 1.0)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)
    safe = np.where(good, year, 1970), np.where(good, month, 1), np.where(good, day, 1)
    months = ((safe[0] - 1970) * 12 + safe[1] - 1).astype(np.int64).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    length = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - first
    good &= safe[2] <= length
    return np.where(good, first + safe[2] - 1, np.nan)


def _time_of_day(parts: pa.StructArray) -> Float64:
    """Return seconds since midnight of Greenwich where a zone is named, with NaN where wrong."""
    hour, minute, second = (_numbers(parts, each, 0.0) for each in ("hour", "minute", "second"))
    fraction = pc.binary_join_element_wise("0.", parts.field("fraction"), "")
    fraction = pc.cast(fraction, pa.float64()).to_numpy(zero_copy_only=False)
    half = pc.utf8_lower(parts.field("half"))
    evening = pc.starts_with(half, "p").to_numpy(zero_copy_only=False)
    halved = pc.not_equal(half, "").to_numpy(zero_copy_only=False)
    good = (minute < 60) & (second < 61) & (hour < 24) & (~halved | ((hour >= 1) & (hour <= 12)))
    hour = np.where(halved, hour % 12 + 12 * evening, hour)
    zone = parts.field("zone")
    digits = pc.replace_substring_regex(zone, "[^0-9]", "")
    ahead = _numbers(pa.StructArray.from_arrays([digits], ["zone"]), "zone", 0.0)
    ahead = np.where(ahead < 100, ahead * 60, ahead // 100 * 60 + ahead % 100)
    sign = np.where(pc.starts_with(zone, "-").to_numpy(zero_copy_only=False), -60.0, 60.0)
    time = hour * 3600 + minute * 60 + second + fraction - sign * ahead
    return np.where(good, time, np.nan)
