"""`trivium fit`: from a table to a model that can be shipped."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.cluster import connected
from trivium.commands.progress import progress
from trivium.commands.validation import print_validation
from trivium.commands.words import (
    errors_in_one_line,
    print_json,
    print_lines,
    print_notes,
    require_other_file,
)

if TYPE_CHECKING:
    from trivium.tables.look import Seen
    from trivium.tabular.classifier import TabularClassifier


class Model(StrEnum):
    """What is fitted."""

    AUTO = "auto"
    NEIGHBORS = "neighbors"
    LEAST_SQUARES = "least-squares"
    SOFTMAX = "softmax"


class Weights(StrEnum):
    """How classes weigh."""

    AUTO = "auto"
    BALANCED = "balanced"
    NONE = "none"


def fit(
    data: reading.Data,
    target: reading.Target,
    out: Annotated[str, typer.Option(metavar="MODEL", help="The file of the model.")],
    model: Annotated[
        Model, typer.Option(help="auto: the simplest to which the best is not clearly better.")
    ] = Model.AUTO,
    class_weight: Annotated[
        Weights,
        typer.Option(help="balanced: classes weigh alike; auto: where they are very unequal."),
    ] = Weights.AUTO,
    folds: Annotated[int, typer.Option(min=2, help="Of the cross-validation.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Deals rows into folds.")] = 0,
    group: reading.Group = None,
    time: reading.Time = None,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
    stream: reading.Stream = False,
    dask: reading.Dask = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Fit a model to a table, say what was done and how well it does, and write it to a file."""
    from trivium.atomic import require_writable
    from trivium.storage.models import save
    from trivium.tables.look import Look
    from trivium.tabular.fitting import fit_table
    from trivium.tabular.streamed_fitting import fit_streamed

    if not out:
        raise TyperException("--out is empty: name a file")
    weights: Any = None if class_weight is Weights.NONE else class_weight.value
    with errors_in_one_line(), connected(dask) as client, progress("fitting") as tell:
        require_other_file(out, *data)
        require_writable(out)
        tell("reading")
        kinds = reading.with_group(kinds, group)
        seen = reading.look_at(
            data,
            target,
            kinds,
            missing,
            drop,
            decimal,
            dates,
            sheet,
            stream=stream or dask is not None,
            anywhere=dask is not None,
            tell=tell,
        )
        settings: Any = {
            "model": model.value,
            "class_weight": weights,
            "folds": folds,
            "seed": seed,
            "progress": tell,
        }
        if isinstance(seen, Look):
            fitted = fit_table(seen, **settings, group=group, time=time)
        else:
            _require_in_memory(group, time)
            fitted = fit_streamed(seen, **settings, rows_progress=tell, client=client)
        tell("writing")
        save(fitted, out)
    if json:
        print_json(_as_json(seen, fitted, out))
    else:
        _print(seen, fitted, out)


def _require_in_memory(group: str | None, time: str | None) -> None:
    """Refuse to part rows by groups or times that are not in memory."""
    from trivium.tables.errors import TableError

    for option, name in (("--group", group), ("--time", time)):
        if name is not None:
            raise TableError(f"{option}: the rows have to be in memory to be parted by {name!r}")


def _as_json(seen: "Seen", fitted: "TabularClassifier", out: str) -> dict[str, Any]:
    document = seen.to_dict()
    notes = [*document.pop("notes"), *fitted.notes]
    if hasattr(seen, "watched"):
        notes.insert(0, reading.STREAMED)
    return {
        **document,
        "model": fitted.model,
        "validation": dict(fitted.validation),
        "notes": notes,
        "out": out,
    }


def _print(seen: "Seen", fitted: "TabularClassifier", out: str) -> None:
    used = len(fitted.preparation.plan_.columns)
    print_lines(
        [
            f"{seen.rows_used:,} of {seen.rows_read:,} rows have a label; "
            f"{len(fitted.classes)} classes; {used} of {len(seen.columns)} columns are used."
        ]
    )
    print_validation(fitted.validation, fitted.model)
    streamed = [reading.STREAMED] if hasattr(seen, "watched") else []
    print_notes([*streamed, *seen.notes, *fitted.notes])
    kept = f"{fitted.n_rows:,}" if fitted.model == "neighbors" else "none"
    print_lines(["How sure that is, and what to look at first: trivium compare."])
    print_lines([f"The model: {out} (it contains {kept} of your rows)"])
