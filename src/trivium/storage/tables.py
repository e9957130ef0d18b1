"""Columns of a table as data, and what was learnt of them: checked word by word."""

from typing import Any

import numpy as np

from trivium.preparation.dates import DAY, DatePlan
from trivium.preparation.levels import LevelPlan, Levels
from trivium.preparation.plan import Plan
from trivium.preparation.preparation import Preparation
from trivium.preparation.truths import TruthPlan
from trivium.storage.canaries import check_canaries, fractions, write_canaries
from trivium.storage.codec import Codec
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, one_line
from trivium.storage.strict_json import written as json_written
from trivium.tables.dates import FORMATS
from trivium.tables.kinds import Column, DateStyle, Kind, NumberStyle

_DECIMALS, _THOUSANDS = (".", ","), ("", ",", ".", " ", "'")
_LONGEST_MARK = 40
_MOST = 1 << 53


class Preparations(Codec):
    """`Preparation`."""

    def write(self, model: Preparation, written: Written) -> None:
        """Write what was learnt of the columns, and canaries."""
        written.record.update(model.to_dict())
        plan = model.plan_
        write_canaries(
            lambda m: fractions(m, max(1, len(plan.parts))),
            lambda rows: {"matrix": _matrix(plan, rows)},
            written,
            max(1, len(plan.parts)),
        )

    def read(self, stored: Stored) -> Preparation:
        """Make it of that."""
        names = ("min_frequency", "max_levels", "sparse", "columns_given", "columns", "plan")
        data = {name: stored.value(name) for name in names}
        for name in ("min_frequency", "max_levels"):
            if type(data[name]) is not int or not 1 <= data[name] <= _MOST:
                raise stored.wrong(name, "no number of rows or levels")
        for name in ("columns_given", "sparse"):
            if type(data[name]) is not bool and (name, data[name]) != ("sparse", "auto"):
                raise stored.wrong(name, "neither true nor false")
        columns = _columns_of(data["columns"], stored)
        plan = data["plan"]
        if not isinstance(plan, dict) or set(plan) != {"columns", "parts", "sparse"}:
            raise stored.wrong("plan", "no plan")
        used = _columns_of(plan["columns"], stored)
        by_name = {column.name: column for column in columns}
        if [by_name.get(column.name) for column in used] != list(used):
            raise stored.wrong("plan", "of other columns than the table's")
        try:
            model = Preparation.from_dict(data)
        except ValueError as error:
            raise stored.wrong("plan", f"none: {one_line(error)}") from error
        if json_written(model.to_dict()) != json_written(data):
            raise stored.wrong("plan", "not what is made of it")
        plan = model.plan_
        rows = stored.array("canary.rows", "float64", (None, max(1, len(plan.parts))))
        if not len(rows) or np.abs(rows).max() >= 1.0:
            raise stored.wrong("canary.rows", "not between -1 and 1")
        check_canaries(lambda rows: {"matrix": _matrix(plan, rows)}, stored, rows)
        return model

    def fingerprint_of(self, record: dict[str, Any]) -> Any:
        """Nothing is known of the rows."""
        return None

    def about(self, model: Preparation) -> dict[str, Any]:
        """Tell parameters and columns."""
        return {"parameters": model.get_params(deep=False), "columns": columns_told(model)}


CODECS = {"Preparation": Preparations(Preparation)}
"""By the name of the class."""


def columns_told(model: Preparation) -> list[dict[str, Any]]:
    """Tell of each column what `trivium look` does."""
    return [
        {
            "name": column.name,
            "kind": str(column.kind),
            "levels": column.levels,
            "missing": column.missing,
            "reason": column.reason,
        }
        for column in model.columns_
    ]


def _matrix(plan: Plan, rows: Any) -> Any:
    """Return what a plan makes of cells of the scales that it knows, dense."""
    pairs = zip(plan.columns, plan.parts, rows.T, strict=False)
    values = {column.name: _cells(part, t) for column, part, t in pairs}
    matrix, _ = plan.matrix(values) if values else plan.matrix(None)
    dense: Any = matrix
    if plan.sparse:
        dense = dense.toarray()
    return dense if values else np.zeros((len(rows), plan.width))


def _cells(part: Any, t: Any) -> Any:
    """Make cells of a column: one of the scale, one missing, and so on in turn."""
    if isinstance(part, LevelPlan):
        words = [*part.kept[:2], *part.pooled[:1], "\0"]
        codes = np.arange(t.size) % (len(words) + 1) - 1
        return Levels(words, codes)
    missing = np.arange(t.size) % 3 == 1
    if isinstance(part, TruthPlan):
        return np.where(missing, np.nan, t > 0.0)
    number, unit = (part.day, DAY) if isinstance(part, DatePlan) else (part, 1.0)
    cells = number.mean + 0.5 * number.scale * t
    return np.where(missing, np.nan, unit * cells)


def _columns_of(records: Any, stored: Stored) -> tuple[Column, ...]:
    """Make columns of JSON.

    Raises
    ------
    Malformed
    """
    if not isinstance(records, list):
        raise stored.wrong("columns", "no list")
    columns = tuple(map(_column_of, records))
    if len({column.name for column in columns}) < len(columns):
        raise stored.wrong("columns", "not all of different names")
    return columns


def _column_of(record: Any) -> Column:
    fields = tuple(Column.__dataclass_fields__)
    if not isinstance(record, dict) or set(record) != set(fields):
        raise Malformed("a column is not what a column is said to be")
    require_texts([record["name"], record["reason"]], "name and reason of a column")
    kind = record["kind"]
    if kind not in list(Kind):
        raise Malformed("a column is of a kind that is not known")
    for count in ("levels", "missing"):
        if type(record[count]) is not int or not 0 <= record[count] <= _MOST:
            raise Malformed(f"a column has {count} that are no number")
    for words in ("missing_words", "truths", "falsehoods"):
        require_texts(record[words], words)
    number, date = record["number"], record["date"]
    numbered = kind in (Kind.NUMERIC, Kind.CATEGORY, Kind.GROUP)
    if (number is not None and not numbered) or (date is not None and kind != Kind.DATE):
        raise Malformed("a column has a style of another kind")
    return Column(
        **{
            **record,
            "kind": Kind(kind),
            "number": None if number is None else _number_style(number),
            "date": None if date is None else _date_style(date),
            **{w: tuple(record[w]) for w in ("missing_words", "truths", "falsehoods")},
        }
    )


def _number_style(record: Any) -> NumberStyle:
    if not isinstance(record, dict) or set(record) != set(NumberStyle.__dataclass_fields__):
        raise Malformed("a column's numbers are written in no known style")
    marks = record["marks"]
    require_texts(marks, "marks")
    known = record["decimal"] in _DECIMALS and record["thousands"] in _THOUSANDS
    if not known or type(record["brackets"]) is not bool:
        raise Malformed("a column's numbers are written in no known style")
    if not all(0 < len(mark) <= _LONGEST_MARK for mark in marks):
        raise Malformed("a column's numbers have marks that are too long")
    return NumberStyle(record["decimal"], record["thousands"], tuple(marks), record["brackets"])


def _date_style(record: Any) -> DateStyle:
    formats = record.get("formats") if isinstance(record, dict) and len(record) == 1 else None
    if not isinstance(formats, list) or not all(each in FORMATS for each in formats):
        raise Malformed("a column's dates are written in no known format")
    return DateStyle(tuple(formats))


def require_texts(values: Any, what: str) -> list[str]:
    """Check a list of strings that any table can hold.

    Raises
    ------
    Malformed
    """
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Malformed(f"{what} are no list of strings")
    try:
        "".join(values).encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"{what} have half a letter") from error
    return values
