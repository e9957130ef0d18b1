"""`trivium predict`: what a model says of the rows of a table, however many there are."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.cluster import connected
from trivium.commands.progress import progress
from trivium.commands.words import (
    errors_in_one_line,
    print_json,
    print_lines,
    require_other_file,
)

if TYPE_CHECKING:
    from trivium.tabular.classifier import TabularClassifier
    from trivium.tabular.predictions import Tally


def predict(
    model: reading.Model,
    data: reading.Data,
    out: Annotated[
        str,
        typer.Option(metavar="FILE", help="Where predictions go: .csv, .csv.gz, .parquet, ..."),
    ],
    proba: Annotated[
        bool, typer.Option("--proba", help="Add the probability of each class.")
    ] = False,
    abstain_below: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="P",
            help="Leave the prediction empty where no class is as likely as P, and add the "
            "confidence: the probability of the likeliest class.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="A column that comes along, as it is."),
    ] = None,
    decimal: reading.Decimal = None,
    sheet: reading.Sheet = None,
    dask: reading.Dask = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Predict the class of each row of a table, in order, one row out for each row in.

    Columns are found by their names: they may come in any order, and there may be others. Numbers
    are read as the training table wrote them, unless --decimal says otherwise.
    """
    from trivium.atomic import atomic_file
    from trivium.blocks.read_ahead import begun
    from trivium.tables.source import open_source
    from trivium.tables.unchanged import Stamp
    from trivium.tables.writing import batch_writer, format_of, needs_no_quotes

    if not out:
        raise TyperException("--out is empty: name a file")
    try:
        kind = format_of(out)
    except ValueError as error:
        raise TyperException(f"--out: {error}") from error
    with errors_in_one_line(), connected(dask) as client, progress("predicting") as tell:
        require_other_file(out, model, *data)
        opened = begun(  # which reads all of a text file
            lambda: (
                open_source(list(data), sheet=sheet)
                if client is None
                else reading.open_anywhere(data, sheet)
            )
        )
        from trivium.tabular.predictions import Predictions  # meanwhile, for that takes a while

        stamp = Stamp.of(Path(model))  # before it is read
        fitted = _loaded(model)
        used = fitted if decimal is None else fitted.with_decimal(decimal)
        there: Any = {}
        made_by: Any = Predictions
        if client is not None:
            from trivium.tabular.predictions_on_workers import ModelFile, PredictionsOnWorkers

            model_file = ModelFile(Path(model).absolute(), stamp, _loaded, decimal)
            there = {"client": client, "file": model_file, "sheet": sheet}
            made_by = PredictionsOnWorkers
        predictions = made_by(
            used, opened(), proba=proba, abstain_below=abstain_below, keep=keep or (), **there
        )
        plain = not keep and needs_no_quotes(fitted.classes)
        with (
            atomic_file(out) as file,
            batch_writer(file, predictions.schema, kind, quoted=not plain) as writer,
            closing(predictions.batches()) as batches,
        ):
            start, n_rows = time.monotonic(), predictions.source.n_rows
            if n_rows is not None:
                tell.begin(n_rows)
            for batch in batches:
                writer.write_batch(batch)
                rows = predictions.tally.rows
                rate = rows / max(time.monotonic() - start, 1e-9)
                tell.advance(batch.num_rows)
                if n_rows is None:
                    tell(f"{rows:,} rows, {rate:,.0f} a second")
            tell.end()
    if json:
        print_json(_as_json(predictions.tally, out))
    else:
        print_lines(_sentences(predictions.tally, out))


def _loaded(path: "str | Path") -> "TabularClassifier":
    """Read a model of tables, here or on a worker."""
    from trivium.storage.models import load
    from trivium.tables.errors import TableError
    from trivium.tabular.classifier import TabularClassifier

    fitted = load(path)
    if not isinstance(fitted, TabularClassifier):
        raise TableError(f"{path} holds a {type(fitted).__name__}, which takes no tables")
    return fitted


def _as_json(tally: "Tally", out: str) -> dict[str, object]:
    return {
        "rows": tally.rows,
        "abstained": tally.abstained,
        "unseen": dict(tally.unseen),
        "gaps": dict(tally.gaps),
        "out": out,
    }


def _sentences(tally: "Tally", out: str) -> Iterator[str]:
    yield f"{tally.rows:,} rows predicted: {out}"
    if tally.abstained:
        yield f"{tally.abstained:,} rows have no prediction: no class is likely enough."
    for name, count in tally.unseen.items():
        cells = "1 cell is" if count == 1 else f"{count:,} cells are"
        yield f"Column {name!r}: {cells} of a level that no training row has."
    for name, count in tally.gaps.items():
        cells = "1 cell is" if count == 1 else f"{count:,} cells are"
        yield f"Column {name!r}: {cells} missing, where no training row lacks one."
