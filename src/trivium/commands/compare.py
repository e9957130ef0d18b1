"""`trivium compare`: which of the three is good enough, and how sure that is."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.fit import Weights
from trivium.commands.progress import progress
from trivium.commands.words import (
    console,
    errors_in_one_line,
    print_json,
    print_lines,
    print_scores,
)

if TYPE_CHECKING:
    from trivium.comparison.comparison import Comparison
    from trivium.comparison.result import ModelResult

_INTERRUPTED = 130
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_BYTES = {"": 1.0, "b": 1.0, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9}
_BYTES |= {"kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30, "t": 1e12, "tb": 1e12, "tib": 2.0**40}
_SHOWN = ("accuracy", "balanced_accuracy", "log_loss", "brier")


class Metric(StrEnum):
    """What the verdict goes by."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced-accuracy"
    LOG_LOSS = "log-loss"
    BRIER = "brier"
    MACRO_F1 = "macro-f1"
    F1 = "f1"
    PRECISION = "precision"
    RECALL = "recall"
    ROC_AUC = "roc-auc"
    AVERAGE_PRECISION = "average-precision"


def compare(
    data: reading.Data,
    target: reading.Target,
    group: reading.Group = None,
    time: reading.Time = None,
    positive: Annotated[
        str | None, typer.Option(metavar="CLASS", help="What f1, recall and the like are about.")
    ] = None,
    metric: Annotated[
        Metric | None,
        typer.Option(
            help="What the verdict goes by; accuracy, or where classes are very unequal balanced "
            "accuracy.",
            show_default=False,
        ),
    ] = None,
    class_weight: Annotated[
        Weights,
        typer.Option(help="balanced: classes weigh alike; auto: where they are very unequal."),
    ] = Weights.AUTO,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="For everything, such as 60s, 5m, 1h: what runs over is stopped, and said. By "
            "default runs are repeated for a minute.",
        ),
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Of this process, such as 2GB.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Deals rows into folds.")] = 0,
    folds: Annotated[int, typer.Option(min=2, help="Of each run.")] = 10,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=1, help="Runs of all folds; by default up to 10, as the budget has room for."
        ),
    ] = None,
    with_reference: Annotated[
        bool,
        typer.Option("--with-reference", help="Run scikit-learn's gradient boosting along."),
    ] = False,
    show_rows: Annotated[
        bool, typer.Option("--show-rows", help="Let what is said show cells of the table.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Where report.html and report.json go; nothing is written else."
        ),
    ] = None,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print report.json and nothing else.")
    ] = False,
) -> None:
    """Say which of the three classifiers is good enough for a table, and how sure that is.

    All three are tuned and tested on the same folds, again and again while there is time. The
    verdict has three words: better, equivalent within 1 %, cannot tell.
    """
    seconds = _amount("--budget", budget, _SECONDS, "60s, 5m or 1h")
    memory = _amount("--max-memory", max_memory, _BYTES, "500MB or 2GB")
    from trivium.comparison.compare import compare_table
    from trivium.comparison.limits import Clock
    from trivium.comparison.output import require_places, write_report
    from trivium.comparison.settings import BUDGET, Settings
    from trivium.tables.errors import TableError
    from trivium.tables.file_names import names_of_files
    from trivium.tables.look import Look

    clock = Clock(seconds or BUDGET)
    with ExitStack() as kept:
        with errors_in_one_line(), _stop_is_said(), progress("comparing") as tell:
            settings = Settings(
                folds=folds,
                repeats=repeats,
                seed=seed,
                metric=None if metric is None else metric.value.replace("-", "_"),
                positive=positive,
                group=group,
                time=time,
                class_weight=None if class_weight is Weights.NONE else class_weight.value,
                budget=seconds,
                max_memory=None if memory is None else int(memory),
                with_reference=with_reference,
                show_rows=show_rows,
            )
            places = (
                None
                if out is None
                else kept.enter_context(require_places(out, names_of_files(data)))
            )
            tell("reading")
            kinds = reading.with_group(kinds, group)
            seen = reading.look_at(data, target, kinds, missing, drop, decimal, dates, sheet)
            if not isinstance(seen, Look):
                raise TableError(
                    "the table does not fit in memory, where rows are compared again and again: "
                    "compare some of its files, or fit a model to all"
                )
            found = compare_table(seen, settings, clock, tell)
        try:
            if places is not None:
                with errors_in_one_line(), progress("writing the report"):
                    write_report(found, places)
        finally:  # the verdict is not lost with a disk that is full, nor the report with a pipe
            if json:
                print_json(found.to_dict())
            else:
                print_comparison(found)
        if places is not None and not json:
            print_lines([f"The report: {places.html}"])
    if found.interrupted:
        raise typer.Exit(_INTERRUPTED)


@contextmanager
def _stop_is_said() -> Iterator[None]:
    """Say that there is nothing to be said, where the user has ended the runs too early for it."""
    try:
        yield
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            typer.echo(
                "trivium: stopped before there was a verdict, which takes two folds: nothing to "
                "report",
                err=True,
            )
        raise


def _amount(option: str, text: str | None, units: dict[str, float], example: str) -> float | None:
    """Read a number with a unit.

    Raises
    ------
    TyperException
        If it is none, or not above zero.
    """
    if text is None:
        return None
    read = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if read is None or read[2] not in units or float(read[1]) == 0.0:
        raise TyperException(f"{option} takes an amount such as {example}, not {text!r}")
    return float(read[1]) * units[read[2]]


def print_comparison(found: "Comparison") -> None:
    """Print the verdict, the scores and what to look at first."""
    from trivium.comparison.phrases import (
        dealing,
        headline,
        metric_of,
        model_word,
        sentences,
        upper_first,
    )

    out = console()
    out.print(f"[bold]{headline(found)}.[/]", highlight=False)
    print_lines(sentences(found))
    shown = [*_SHOWN, *([found.metric] if found.metric not in _SHOWN else [])]
    rows = [
        (
            model_word(model.name) + " *" * (model.name == found.verdict.chosen),
            *_cells(model, shown),
        )
        for model in (*found.models, found.floor)
    ]
    heads = ["model", *(metric_of(name).word for name in shown)]
    print_scores(upper_first(dealing(found)), heads, rows)
    open_checks = [check for check in found.checks if check.status != "fine"]
    _print_list("Look at this first", [c.text for c in open_checks if c.status == "warning"])
    _print_list("Notes", [*(c.text for c in open_checks if c.status == "note"), *found.notes])


def _print_list(title: str, lines: list[str]) -> None:
    from trivium.commands.words import print_notes

    if lines:
        console().print(f"[bold]{title}[/]")
        print_notes(lines)


def _cells(model: "ModelResult", names: list[str]) -> list[str]:
    if not model.scores:
        return ["–"] * len(names)
    return [f"{model.scores[name][0]:.3f} ± {model.scores[name][1]:.3f}" for name in names]
