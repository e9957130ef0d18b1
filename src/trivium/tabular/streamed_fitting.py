"""From a table that does not fit in memory to a classifier of its rows."""

from typing import Any, Literal

import numpy as np

from trivium.arrays import Indices
from trivium.blocks.memory import available_memory
from trivium.preparation.plan import Plan
from trivium.preparation.prepared_table import PreparedTable, learnt
from trivium.rows.stored import Progress as RowProgress
from trivium.tables.errors import TableError
from trivium.tables.streamed_look import StreamedLook
from trivium.tabular import notes as say
from trivium.tabular.classifier import SIMPLEST_FIRST, TabularClassifier
from trivium.tabular.fitting import (
    Made,
    choose,
    finished,
    of_classes,
    require_columns_that_tell,
    require_settings,
)
from trivium.tabular.reading import Reading, is_balanced, reading_of, used_columns
from trivium.tabular.streamed import PreparedRows, rows_of
from trivium.tabular.training import Training, stride_of
from trivium.tabular.validation import Progress

_COPIES = 3  # of the numbers of all rows, that a model of neighbours is made with


def fit_streamed(
    seen: StreamedLook,
    *,
    model: Literal["auto", "neighbors", "least-squares", "softmax"] = "auto",
    class_weight: Literal["auto", "balanced"] | None = "auto",
    folds: int = 10,
    seed: int = 0,
    progress: Progress | None = None,
    rows_progress: RowProgress | None = None,
    client: Any = None,
) -> TabularClassifier:
    """Fit a classifier to a table that is read again whenever it is wanted.

    The model is that of `fit_table` to the bit. What is said of it is found in some of the rows,
    evenly spaced, where there are more than 200,000. A model of nearest neighbours is its rows, and
    they have to fit in memory.

    Parameters
    ----------
    seen : StreamedLook
        With a target.
    model, class_weight, folds, seed, progress
        As of `fit_table`.
    rows_progress : Progress or None
        Is told how far passes through all rows have come.
    client : distributed.Client or None
        Whose workers read the files, which they find where they are here, and fit a linear model
        to all rows: to 1e-10 that of memory.

    Raises
    ------
    TableError
        As `fit_table`, or if there is no memory for the rows of a model of neighbours.
    ValueError, TypeError
        If a parameter is out of range.
    """
    told: Progress = (lambda _: None) if progress is None else progress
    require_settings(model, folds, seed)
    if seen.target is None:
        raise TableError("no target was named: there is nothing to learn")
    classes, counts = seen.target.classes, np.array(seen.target.counts)
    columns, balanced = used_columns(seen.columns), is_balanced(class_weight, counts)
    notes = of_classes(classes, counts, balanced, class_weight)
    told("learning what columns come to")
    plan = learnt(seen.watched, columns, seen.kept, seen.room.numbers)
    seen.room.let_go()
    require_columns_that_tell(plan)
    n = seen.rows_used
    among: Any = SIMPLEST_FIRST
    if model in ("auto", "neighbors"):
        needed, there = _COPIES * 8.0 * n * (plan.width + len(columns)), available_memory()
        if needed > there and model == "neighbors":
            raise TableError(
                f"a model of nearest neighbours is its rows: {n:,} of {plan.width:,} numbers take "
                f"{needed / 1e9:.3g} GB, and {there / 1e9:.3g} GB are free: fit least-squares or "
                "softmax, or some of the rows"
            )
        if needed > there:
            among = SIMPLEST_FIRST[:2]
            notes.append(say.of_rows_out_of_memory())
    stride = 1 if model == "neighbors" else stride_of(n, plan.width)
    told("reading some of the rows" if stride > 1 else "reading the rows")
    some = rows_of(seen, columns, stride)
    reading = _reading(seen, some.values, some.codes, balanced=balanced, seed=seed)
    choice = choose(reading, model, folds, seed, told, among=among)
    if stride > 1:
        notes.append(say.of_some_rows(some.codes.size, n))
    if choice.model == "neighbors":
        if stride > 1:
            told("reading the rows")
            some = rows_of(seen, columns)
            reading = _reading(seen, some.values, some.codes, balanced=balanced, seed=seed)
        _, rows = reading.task.learn()
    else:
        rows = _streamed(seen, plan, reading, some.codes, rows_progress, client)
    del some, reading  # of which nothing is wanted while all rows are read
    return finished(seen, Made(plan, rows, classes, counts, [*notes, *choice.notes]), choice, told)


def _reading(
    seen: StreamedLook, values: Any, codes: Indices, *, balanced: bool, seed: int
) -> Reading:
    """Return some rows, which are of all classes, as a task."""
    target: Any = seen.target
    return reading_of(
        used_columns(seen.columns),
        values,
        codes,
        target.classes,
        target.name,
        balanced=balanced,
        seed=seed,
    )


def _streamed(
    seen: StreamedLook,
    plan: Plan,
    reading: Reading,
    codes: Indices,
    progress: RowProgress | None,
    client: Any,
) -> Training:
    """Return all rows, which are read whenever they are wanted, and those that choose."""
    task, target = reading.task, seen.target
    X, _ = plan.matrix(task.values)
    sample = Training(X, codes, task.copies, task.balanced, task.seed)
    table = PreparedTable(seen.source, plan, seen.kept, seen.rows_read)
    n_classes = 0 if target is None else len(target.classes)
    every: Any = seen.codes
    if seen.kept is not None:
        every = every[seen.kept]
    rows: Any = PreparedRows(table, n_classes, progress, client)
    return Training(rows, every, np.empty(0, np.intp), task.balanced, task.seed, sample=sample)
