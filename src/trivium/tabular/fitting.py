"""From a table that was looked at to a classifier of its rows."""

from typing import Any, Literal

import numpy as np

from trivium.arrays import Indices
from trivium.parameters import require_choice, require_number
from trivium.preparation.parsing import column_values
from trivium.preparation.preparation import Preparation
from trivium.tables.errors import TableError
from trivium.tables.kinds import USED
from trivium.tables.look import Look
from trivium.tabular import notes as say
from trivium.tabular.choice import SIMPLEST_FIRST, simplest_adequate
from trivium.tabular.classifier import TabularClassifier
from trivium.tabular.folds import come_by_chance, copies_of
from trivium.tabular.task import Task
from trivium.tabular.tuning import TUNED, parameter_of
from trivium.tabular.validation import Progress, Validation, cross_validate, kinds_of, quiet
from trivium.tabular.weights import are_unequal


def fit_table(
    seen: Look,
    *,
    model: Literal["auto", "neighbors", "least-squares", "softmax"] = "auto",
    class_weight: Literal["auto", "balanced"] | None = "auto",
    folds: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> TabularClassifier:
    """Fit a classifier to a table, and say how well it does.

    Each model is tuned inside its training rows by its own exact route: the number of neighbours
    and the penalty of least squares by leaving one row out, the penalty of softmax regression by
    paths through five folds. Cross-validation repeats all of it, the preparation too, in each
    fold.

    Parameters
    ----------
    seen : Look
        With a target.
    model : {"auto", "neighbors", "least-squares", "softmax"}, default="auto"
        "auto" takes the simplest (least squares, then softmax regression, then neighbours) whose
        accuracy is within one standard error of the best.
    class_weight : {"auto", "balanced"} or None, default="auto"
        "balanced" makes classes weigh alike, but for those of fewer than ten rows, which weigh as
        if they were rows of ten; then models are tuned and compared by balanced accuracy. "auto"
        does so where the greatest class has more than ten times the rows of the least, those of
        fewer than ten rows aside.
    folds : int, default=5
        Of the cross-validation, at least 2; fewer where there are fewer different rows.
    seed : int, default=0
        Deals rows into folds.
    progress : callable or None
        Is told what runs next, in a few words.

    Returns
    -------
    TabularClassifier

    Raises
    ------
    TableError
        If there is no target, or no column tells anything.
    ValueError, TypeError
        If a parameter is out of range.
    """
    require_choice("model", model, ("auto", *SIMPLEST_FIRST))
    if class_weight is not None:
        require_choice("class_weight", class_weight, ("auto", "balanced"))
    require_number("folds", folds, least=2, integer=True)
    require_number("seed", seed, least=0, integer=True)
    told: Progress = (lambda _: None) if progress is None else progress
    if seen.target is None:
        raise TableError("no target was named: there is nothing to learn")
    classes = seen.target.classes
    codes = _codes(seen)
    counts = np.bincount(codes, minlength=len(classes))
    balanced = class_weight == "balanced" or (class_weight == "auto" and are_unequal(counts))
    told("reading cells")
    task, copies, by_chance = _task(seen, codes, balanced=balanced, seed=seed)
    notes = say.of_unequal_classes(
        classes, counts, weighed=balanced, asked=class_weight == "balanced"
    )
    notes += say.of_copies(copies, by_chance=by_chance)
    plan, rows = task.learn()
    if plan.width == 0:
        raise TableError("no column tells anything: each is left out, or holds the same everywhere")

    tried = SIMPLEST_FIRST if model == "auto" else (model,)
    splits = task.splits(folds, seed)
    found = cross_validate(task, splits, tried, told)
    scores = {name: found[name].score for name in tried}
    measure = "balanced_accuracy" if balanced else "accuracy"
    notes += say.of_validation(found, codes, classes)
    notes += say.of_the_floor(scores, found["majority"].score, measure)
    chosen: str = model
    if model == "auto":
        chosen = simplest_adequate(scores, balanced=balanced)
        notes.append(say.of_choice(chosen, scores, measure))
    told(f"{chosen}, all rows")
    with quiet() as heard:
        estimator = TUNED[chosen](rows)
    notes += [note for note in say.of_warnings(chosen, kinds_of(heard)) if note not in notes]
    if chosen == "neighbors":
        notes.append(say.of_kept_rows(codes.size))
    weights = rows.class_weight
    return TabularClassifier(
        model=chosen,
        preparation=Preparation.of_plan(seen.columns, plan),
        estimator=estimator,
        target=seen.target.name,
        classes=classes,
        class_rows=tuple(counts.tolist()),
        class_weight=None if weights is None else tuple(weights.values()),
        validation=_as_json(found, len(splits), seed, measure) | {"tuned": parameter_of(estimator)},
        notes=tuple(notes),
        table_notes=seen.notes,
    )


def _codes(seen: Look) -> Indices:
    """Places of the labels among the classes."""
    places = {name: place for place, name in enumerate(seen.target.classes)}  # type: ignore[union-attr]
    return np.array([places[label] for label in seen.labels()], dtype=np.intp)


def _task(seen: Look, codes: Indices, *, balanced: bool, seed: int) -> tuple[Task, Indices, bool]:
    """Read all cells, and find copies of rows; return also whether these come by chance."""
    columns = tuple(column for column in seen.columns if column.kind in USED)
    values = {column.name: column_values(seen.cells(column.name), column) for column in columns}
    copies, combinations = copies_of(list(values.values()))
    if not columns:
        copies = np.arange(codes.size)
    by_chance = come_by_chance(copies, combinations)
    kept = np.arange(codes.size) if by_chance else copies
    n_classes = int(codes.max()) + 1
    return Task(columns, values, codes, n_classes, kept, balanced, seed), copies, by_chance


def _as_json(found: dict[str, Validation], folds: int, seed: int, measure: str) -> dict[str, Any]:
    """Return what cross-validation has found as what JSON holds."""
    models = {
        name: {**validation.score._asdict(), "tuned": list(validation.parameters)}
        for name, validation in found.items()
        if name != "majority"
    }
    return {
        "folds": folds,
        "seed": int(seed),
        "score": measure,
        "majority": found["majority"].score._asdict(),
        "models": models,
    }
