"""From a table that was looked at to a classifier of its rows."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from trivium.arrays import Indices
from trivium.parameters import require_choice, require_number
from trivium.preparation.plan import Plan
from trivium.preparation.preparation import Preparation
from trivium.tables.errors import TableError
from trivium.tables.look import Look, Seen
from trivium.tabular import notes as say
from trivium.tabular.choice import FLOOR, verdict_of
from trivium.tabular.classifier import SIMPLEST_FIRST, TabularClassifier
from trivium.tabular.reading import Reading, read_task
from trivium.tabular.training import Training
from trivium.tabular.tuning import TUNED, parameter_of
from trivium.tabular.validation import Progress, Validation, cross_validate, kinds_of, quiet


def fit_table(
    seen: Look,
    *,
    model: Literal["auto", "neighbors", "least-squares", "softmax"] = "auto",
    class_weight: Literal["auto", "balanced"] | None = "auto",
    folds: int = 10,
    seed: int = 0,
    group: str | None = None,
    time: str | None = None,
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
        "auto" takes the simplest (least squares, then softmax regression, then neighbours) of
        those that are better than the most frequent class and to which the best one is not better,
        by the verdict on their accuracies (docs/verdict.md).
    class_weight : {"auto", "balanced"} or None, default="auto"
        "balanced" makes classes weigh alike, but for those of fewer than ten rows, which weigh as
        if they were rows of ten; then models are tuned and compared by balanced accuracy. "auto"
        does so where the greatest class has more than ten times the rows of the least, those of
        fewer than ten rows aside.
    folds : int, default=10
        Of the cross-validation, at least 2; fewer where there are fewer different rows.
    seed : int, default=0
        Deals rows into folds.
    group : str, optional
        A column of the kind "group": rows of a group come into one fold, and parameters are chosen
        by folds of groups.
    time : str, optional
        A column of times: what is tested is later than all that was learnt from, also where
        parameters are chosen. The model learns from all rows.
    progress : callable or None
        Is told what runs next, in a few words.

    Returns
    -------
    TabularClassifier

    Raises
    ------
    TableError
        If there is no target, no column tells anything, or all rows are of one group.
    ValueError, TypeError
        If a parameter is out of range.
    """
    told: Progress = (lambda _: None) if progress is None else progress
    require_settings(model, folds, seed)
    told("reading cells")
    reading = read_task(seen, class_weight=class_weight, seed=seed, group=group, time=time)
    notes = of_classes(reading.classes, reading.counts, reading.task.balanced, class_weight)
    plan, rows = reading.task.learn()
    require_columns_that_tell(plan)
    choice = choose(reading, model, folds, seed, told, group=group, time=time)
    made = Made(plan, rows, reading.classes, reading.counts, [*notes, *choice.notes])
    return finished(seen, made, choice, told)


def require_settings(model: str, folds: int, seed: int) -> None:
    """Refuse what is no model, no number of folds and no seed.

    Raises
    ------
    ValueError, TypeError
        If one is out of range.
    """
    require_choice("model", model, ("auto", *SIMPLEST_FIRST))
    require_number("folds", folds, least=2, integer=True)
    require_number("seed", seed, least=0, integer=True)


def require_columns_that_tell(plan: Plan) -> None:
    """Refuse a table of which nothing can be learnt.

    Raises
    ------
    TableError
        If nothing comes of any column.
    """
    if plan.width == 0:
        raise TableError("no column tells anything: each is left out, or holds the same everywhere")


class Choice(NamedTuple):
    """What cross-validation has found.

    Attributes
    ----------
    model : str
    validation : dict
        As of `TabularClassifier`, without what is tuned in the end.
    notes : list of str
    """

    model: str
    validation: dict[str, Any]
    notes: list[str]


class Made(NamedTuple):
    """What a model is fitted to.

    Attributes
    ----------
    plan : Plan
    rows : Training
    classes : sequence of str
    counts : ndarray of int of shape (n_classes,)
        Rows of each class.
    notes : list of str
        What was said before the fit.
    """

    plan: Plan
    rows: Training
    classes: Sequence[str]
    counts: Indices
    notes: list[str]


def choose(
    reading: Reading,
    model: str,
    folds: int,
    seed: int,
    told: Progress,
    *,
    among: Sequence[str] = SIMPLEST_FIRST,
    group: str | None = None,
    time: str | None = None,
) -> Choice:
    """Cross-validate a model, or those that one is chosen among.

    Parameters
    ----------
    reading : Reading
    model, folds, seed, group, time
        As of `fit_table`.
    told : callable
    among : sequence of str
        The models of "auto".

    Raises
    ------
    TableError
        If the rows cannot be parted.
    """
    task, classes = reading.task, reading.classes
    notes = say.of_copies(reading.copies, by_chance=reading.by_chance)
    tried = among if model == "auto" else (model,)
    splits = task.splits(folds, seed)
    if not splits:
        raise TableError("the rows cannot be parted into some to learn from and some to test")
    notes += say.of_groups(group or "", task.groups) + say.of_times(time or "", task.when, splits)
    found = cross_validate(task, splits, tried, told)
    measure = "balanced_accuracy" if task.balanced else "accuracy"
    verdict = verdict_of(task, [(splits, found)], measure)
    notes += say.of_validation(found, task.codes, classes)
    notes += say.of_verdict(verdict, measure, asked=None if model == "auto" else model)
    chosen = verdict.chosen if model == "auto" and verdict.chosen is not None else model
    return Choice(chosen, _as_json(found, len(splits), seed, measure), notes)


def finished(seen: Seen, made: Made, choice: Choice, told: Progress) -> TabularClassifier:
    """Fit the model that was chosen to all rows.

    Parameters
    ----------
    seen : Seen
        With a target.
    made : Made
    choice : Choice
    told : callable
    """
    target: Any = seen.target
    chosen, notes, rows = choice.model, made.notes, made.rows
    told(f"{chosen}, all rows")
    with quiet() as heard:
        estimator = TUNED[chosen](rows)
    notes += [note for note in say.of_warnings(chosen, kinds_of(heard)) if note not in notes]
    if chosen == "neighbors":
        notes.append(say.of_kept_rows(rows.codes.size))
    weights = rows.class_weight
    return TabularClassifier(
        model=chosen,
        preparation=Preparation.of_plan(seen.columns, made.plan),
        estimator=estimator,
        target=target.name,
        classes=tuple(made.classes),
        class_rows=tuple(made.counts.tolist()),
        class_weight=None if weights is None else tuple(weights.values()),
        validation=choice.validation | {"tuned": parameter_of(estimator)},
        notes=tuple(notes),
        table_notes=seen.lasting_notes,
    )


def of_classes(
    classes: Sequence[str], counts: Indices, balanced: bool, asked: str | None
) -> list[str]:
    """Say what is to be said of classes and their rows."""
    notes = say.of_unequal_classes(classes, counts, weighed=balanced, asked=asked == "balanced")
    return notes + say.of_few_rows(classes, counts)


def _as_json(found: dict[str, Validation], folds: int, seed: int, measure: str) -> dict[str, Any]:
    """Return what cross-validation has found as what JSON holds."""
    models = {
        name: {**validation.score._asdict(), "tuned": list(validation.parameters)}
        for name, validation in found.items()
        if name != FLOOR
    }
    return {
        "folds": folds,
        "seed": int(seed),
        "score": measure,
        "majority": found[FLOOR].score._asdict(),
        "models": models,
    }
