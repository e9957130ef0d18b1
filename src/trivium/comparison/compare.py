"""`trivium.compare`: three classifiers on one table, and a verdict on them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from trivium.arrays import Float64
from trivium.comparison.checks import Evidence, run_checks
from trivium.comparison.comparison import Comparison
from trivium.comparison.first_run import Learner, Run, Runs, run_once
from trivium.comparison.frames import with_columns
from trivium.comparison.limits import Clock, require_memory
from trivium.comparison.reference import NAME, reference
from trivium.comparison.result import Check, ShownRows
from trivium.comparison.run import run_again
from trivium.comparison.scores import result_of
from trivium.comparison.settings import BUDGET, Settings
from trivium.signals import work_may_go_on
from trivium.tables.errors import TableError
from trivium.tables.look import Look, look
from trivium.tables.target import is_of_one_row
from trivium.tabular import notes as say
from trivium.tabular.choice import FLOOR, fold_scores, verdict_of
from trivium.tabular.classifier import SIMPLEST_FIRST
from trivium.tabular.metrics import METRICS
from trivium.tabular.notes import CALLED
from trivium.tabular.reading import Reading, read_task
from trivium.tabular.tuning import TUNED
from trivium.tabular.validation import Progress
from trivium.verdict.decide import ALPHA, Pair, Verdict

_OTHERS = ("log_loss", "balanced_accuracy")


def compare(
    X: Any,
    y: Any,
    *,
    group: Any = None,
    time: Any = None,
    positive: str | None = None,
    metric: str | None = None,
    class_weight: Literal["auto", "balanced"] | None = "auto",
    folds: int = 10,
    repeats: int | None = None,
    seed: int = 0,
    budget: float | None = None,
    max_memory: int | None = None,
    with_reference: bool = False,
    show_rows: bool = False,
    kinds: Mapping[str, str] = {},
    progress: Progress | None = None,
) -> Comparison:
    """Compare nearest neighbours, least squares and softmax regression on a table.

    Each is tuned inside the rows that it learns from, by its own exact route; all have the same
    folds, and a floor beside them: the most frequent class. Ten folds come first, and again, dealt
    otherwise, while there is time. The verdict has three words: better, equivalent within one
    percent, cannot tell.

    Parameters
    ----------
    X : data frame, Arrow table, mapping of columns or array-like of shape (n_rows, n_columns)
        Numbers, words, dates and truth values, with gaps: what columns are is decided as by
        `trivium look`.
    y : str or array-like of shape (n_rows,)
        A column of `X`, or the labels. Missing ones are not used.
    group : str or array-like of shape (n_rows,), optional
        What rows belong to, such as a patient: rows of a group are never on two sides of a fold.
    time : str or array-like of shape (n_rows,), optional
        When rows were: what is tested is later than all that was learnt from.
    positive : str, optional
        The class that a metric of one class is about.
    metric : str, optional
        What the verdict goes by: "accuracy", "balanced_accuracy", "log_loss", "brier", "macro_f1",
        or of the positive class "f1", "precision", "recall", "roc_auc", "average_precision". By
        default accuracy, or balanced accuracy where classes weigh alike.
    class_weight : {"auto", "balanced"} or None, default="auto"
        "auto" has classes weigh alike where they are very unequal.
    folds : int, default=10
    repeats : int, optional
        How many times all folds are run. By default as many as the budget has room for, by counted
        work, up to ten.
    seed : int, default=0
    budget : float, optional
        Seconds for everything: the first run goes fold by fold, and the verdict is on those that
        all models have done. By default repeats end after a minute, the first run after half an
        hour.
    max_memory : int, optional
        Bytes of this process that no model may exceed.
    with_reference : bool, default=False
        Whether scikit-learn's gradient boosting is run beside the three.
    show_rows : bool, default=False
        Whether cells may be shown: those of rows that checks name, and what models raise.
    kinds : mapping of str to str, optional
        Columns that are of a kind that you know better.
    progress : callable, optional
        Is told what runs next, in a few words.

    Returns
    -------
    Comparison
        With `verdict`, `models`, `checks`, `to_dict()`, `to_html()`, `figures()`.

    Raises
    ------
    TableError
        If the table cannot be read, or there is nothing to compare.
    ValueError, TypeError
        If a parameter is out of range.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from trivium import compare
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> found = compare(X, y, repeats=1)
    >>> found.verdict.better_than_floor
    True
    """
    table, names = with_columns(X, {"target": y, "group": group, "time": time})
    settings = Settings(
        folds=folds,
        repeats=repeats,
        seed=seed,
        metric=metric,
        positive=positive,
        group=names.get("group"),
        time=names.get("time"),
        class_weight=class_weight,
        budget=budget,
        max_memory=max_memory,
        with_reference=with_reference,
        show_rows=show_rows,
    )
    clock = Clock(BUDGET if budget is None else budget)
    groups = {} if settings.group is None else {settings.group: "group"}
    seen = look(table, names["target"], kinds={**kinds, **groups})
    return compare_table(seen, settings, clock, progress)


def compare_table(
    seen: Look, settings: Settings, clock: Clock, progress: Progress | None = None
) -> Comparison:
    """Compare the three on a table that was looked at.

    Parameters
    ----------
    seen : Look
        With a target; a column of groups is of that kind.
    settings : Settings
    clock : Clock
        Began when the work did.
    progress : callable, optional

    Raises
    ------
    TableError
        If there is nothing to compare.
    """
    told: Progress = (lambda _: None) if progress is None else progress
    told("reading cells")
    reading = read_task(
        seen,
        class_weight=settings.class_weight,
        seed=settings.seed,
        group=settings.group,
        time=settings.time,
    )
    task = reading.task
    metric, positive = settings.metric_of(reading.classes, balanced=task.balanced)
    width = task.learn()[0].width
    if width == 0:
        raise TableError("no column tells anything: each is left out, or holds the same everywhere")
    require_memory(settings.max_memory)
    if not task.splits(settings.folds, settings.seed):
        raise TableError("the rows cannot be parted into some to learn from and some to test")
    learners = _learners(settings)
    with work_may_go_on():
        runs = run_once(task, learners, settings, clock, told)
    verdict, beside = _judge(reading, runs, metric, positive)
    first = "" if verdict.chosen is None else f"so far {CALLED[verdict.chosen]}; "
    with work_may_go_on():
        run_again(
            runs, task, learners, settings, clock, width, lambda doing: told(f"{first}{doing}")
        )
    if len(runs.runs) > 1:
        verdict, beside = _judge(reading, runs, metric, positive)
    told("checks")
    checks = _checks(seen, reading, runs.runs[0], settings)
    names = [*SIMPLEST_FIRST, *([NAME] if settings.with_reference else [])]
    return Comparison(
        data=seen.to_dict()["data"],
        metric=metric,
        positive=settings.positive,
        folds=len(runs.runs[0].splits),
        repeats=len(runs.runs),
        seed=settings.seed,
        dealt="time" if settings.time else "groups" if settings.group else "rows",
        by=settings.time or settings.group,
        balanced=task.balanced,
        floor=result_of(FLOOR, task, runs, metric, positive),
        models=tuple(result_of(name, task, runs, metric, positive) for name in names),
        fold_scores=_by_fold(reading, runs.runs, metric, positive),
        verdict=verdict,
        better_by=_better_by(reading, runs, metric, verdict),
        checks=checks,
        notes=_notes(seen, reading, runs, settings),
        budget=clock.seconds,
        seconds=clock.spent,
        reference=beside,
        interrupted=runs.interrupted,
        folds_dealt=runs.n_dealt,
        rows=_rows(seen, checks) if settings.show_rows else None,
    )


def _checks(seen: Look, reading: Reading, run: Run, settings: Settings) -> tuple[Check, ...]:
    evidence = Evidence.of(
        seen, reading, run.splits, run.found, group=settings.group, time=settings.time
    )
    return run_checks(evidence)


def _rows(seen: Look, checks: Sequence[Check]) -> ShownRows:
    """Take the rows that checks name from the table, with the columns that they are about first."""
    numbers = dict.fromkeys(row for check in checks for row in check.rows)
    about = [name for check in checks if check.rows for name in check.columns]
    target = [] if seen.target is None else [seen.target.name]
    others = [name for name in (*about, *seen.table.column_names) if name not in target]
    names = [*target, *dict.fromkeys(name for name in others if name in seen.table.column_names)]
    taken = seen.table.select(names).take(pa.array([number - 1 for number in numbers], pa.int64()))
    cells = zip(*(taken.column(name).to_pylist() for name in names), strict=True)
    return ShownRows(tuple(names), tuple(numbers), tuple(cells))


def _learners(settings: Settings) -> dict[str, Learner]:
    learners: dict[str, Learner] = {name: TUNED[name] for name in SIMPLEST_FIRST}
    if settings.with_reference:
        learners[NAME] = reference(settings.seed)
    return learners


def _judge(
    reading: Reading, runs: Runs, metric: str, positive: int | None
) -> tuple[Verdict, Pair | None]:
    """Judge the three, and the chosen one beside the reference, which is never chosen."""

    def judged(names: tuple[str, ...]) -> Verdict:
        some = [
            (splits, {name: found[name] for name in (FLOOR, *names) if name in found})
            for splits, found in runs.runs
        ]
        return verdict_of(reading.task, some, metric, positive=positive, simplest_first=names)

    verdict = judged(SIMPLEST_FIRST)
    if verdict.chosen is None or NAME not in runs.runs[0].found:
        return verdict, None
    return verdict, judged((verdict.chosen, NAME)).pairs[0]


def _better_by(
    reading: Reading, runs: Runs, metric: str, verdict: Verdict
) -> dict[str, tuple[str, ...]]:
    """Find other metrics by which models beat guessing, where by accuracy none does.

    Where one class is much more frequent, what knows a little of the others names them so rarely
    that accuracy does not show it. p is corrected for how many metrics are looked at, too.
    """
    if metric != "accuracy" or verdict.chosen is None or verdict.better_than_floor:
        return {}
    found = {}
    for other in _OTHERS:
        pairs = verdict_of(reading.task, runs.runs, other).against_floor
        above = [
            pair.first
            for pair in pairs
            if pair.word == "better" and pair.second == FLOOR and pair.p < ALPHA / len(_OTHERS)
        ]
        if above:
            found[other] = tuple(name for name in SIMPLEST_FIRST if name in above)
    return found


def _by_fold(
    reading: Reading, runs: list[Run], metric: str, positive: int | None
) -> dict[str, Float64]:
    how = METRICS[metric]
    return {
        name: np.array(
            [fold_scores(reading.task, splits, f[name], how, positive) for splits, f in runs]
        )
        for name in runs[0].found
    }


def _notes(seen: Look, reading: Reading, runs: Runs, settings: Settings) -> tuple[str, ...]:
    task = reading.task
    # Classes of few rows are named by a check.
    notes = [note for note in seen.notes if not is_of_one_row(note)]
    notes += say.of_unequal_classes(
        reading.classes,
        reading.counts,
        weighed=task.balanced,
        asked=settings.class_weight == "balanced",
    )
    notes += say.of_times(settings.time or "", task.when, runs.runs[0].splits)
    notes += say.of_groups(settings.group or "", task.groups)
    made = len(task.splits(settings.folds, settings.seed))  # of which time may cut the last
    what = "times" if settings.time else "groups" if settings.group else "different rows"
    notes += say.of_fewer_folds(settings.folds, made, what)
    for name, found in runs.runs[0].found.items():
        notes += say.of_warnings(name, found.said)
    return (*notes, *runs.notes)
