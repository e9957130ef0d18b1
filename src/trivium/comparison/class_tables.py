"""The part of the report about classes: how often each is found, and what it is taken for."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from trivium.arrays import Indices
from trivium.comparison.names import marked, quoted, shortened
from trivium.comparison.per_class import PerClass, per_class
from trivium.comparison.phrases import model_word, upper_first
from trivium.comparison.result import ModelResult, Result
from trivium.report import Block, Column, Matrix, Section, Table

_MOST_IN_MATRIX = 12
_MOST_CONFUSIONS = 25
_LONGEST = 72  # letters of a name


def classes(found: Result) -> Section | None:
    """Show the errors of each class for the model that is taken."""
    shown = model_shown(found)
    if shown is None or shown.confusion is None:
        return None
    names = tuple(found.data["classes"])
    blocks: list[Block] = [_per_class_table(found, shown.confusion, names)]
    if len(names) <= _MOST_IN_MATRIX:
        blocks.append(_matrix(shown, shown.confusion, names))
    else:
        blocks.append(_greatest(shown, shown.confusion, names))
    return Section(f"Class by class: {model_word(shown.name)}", "classes", tuple(blocks))


def model_shown(found: Result) -> ModelResult | None:
    """Return the chosen model, else the first that predicted every row."""
    whole = [each for each in found.models if each.confusion is not None]
    chosen = [each for each in whole if each.name == found.verdict.chosen]
    return next(iter(chosen or whole), None)


def class_names(names: Sequence[str], longest: int) -> tuple[Markup, ...]:
    """Return the names of classes for a page, with numbers where they would else look the same."""
    shown = tuple(marked(name, longest) for name in names)
    short = {shortened(quoted(name), longest) for name in names}
    if len(short) == len(shown):
        return shown
    return tuple(Markup("{}. {}").format(place, name) for place, name in enumerate(shown, 1))


def _per_class_table(found: Result, confusion: Indices, names: Sequence[str]) -> Table:
    own = per_class(confusion)
    columns = (
        Column("class"),
        Column("rows", "number", ","),
        Column("found", "number", ".3f"),
        Column("95 % interval", "number"),
        Column("predicted", "number", ","),
        Column("of these, right", "number", ".3f"),
        Column("95 % interval", "number"),
    )
    rows = tuple(
        (
            name,
            int(own.rows[place]),
            _number(own.recall[place]),
            _interval(own.recall_low[place], own.recall_high[place]),
            int(own.predicted[place]),
            _number(own.precision[place]),
            _interval(own.precision_low[place], own.precision_high[place]),
        )
        for place, name in enumerate(class_names(names, _LONGEST))
    )
    return Table(_caption(found, own), columns, rows)


def _caption(found: Result, own: PerClass) -> str:
    text = (
        "Found: the share of a class's rows that is predicted as it (recall). Of these, right: the "
        "share of the rows predicted as a class that is of it (precision). First run"
    )
    if found.dealt == "groups":
        text += ". Rows of a group are alike, so that these intervals are rather too narrow"
    silent = [place for place, rows in enumerate(own.predicted) if not rows]
    if silent:
        count = len(silent)
        text += f". {count} {'class is' if count == 1 else 'classes are'} never predicted"
    return text


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _interval(low: float, high: float) -> str | None:
    return f"{low:.3f} to {high:.3f}" if np.isfinite(low) else None


def _matrix(shown: ModelResult, confusion: Indices, names: Sequence[str]) -> Matrix:
    return Matrix(
        f"Rows of each class (down) and what {model_word(shown.name)} predicted (across); the more "
        "of a class, the darker",
        class_names(names, 20),
        tuple(tuple(map(int, row)) for row in confusion),
        "class ↓ predicted →",
    )


def _greatest(shown: ModelResult, confusion: Indices, names: Sequence[str]) -> Table:
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    whole, shown_names = confusion.sum(axis=1), class_names(names, _LONGEST)
    rows = []
    for place in order:
        actual, predicted = divmod(int(place), len(names))
        count = int(wrong[actual, predicted])
        if count:
            share = count / int(whole[actual])
            rows.append((shown_names[actual], shown_names[predicted], count, share))
    columns = (
        Column("class"),
        Column("taken for"),
        Column("rows", "number", ","),
        Column("share of the class", "number", ".3f"),
    )
    kinds = int((wrong > 0).sum())
    more = f" ({len(rows)} of {kinds:,})" if kinds > len(rows) else ""
    caption = f"{upper_first(model_word(shown.name))}: what is most often taken for what{more}"
    return Table(caption, columns, tuple(rows))
