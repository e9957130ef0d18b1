"""The commands: they parse, call one room, print. Each has a module of its own."""

from typing import Annotated

import typer

from trivium.commands import compare, fit, inspect, lab, look, plot, predict, sheet

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Nearest neighbours, linear least squares and softmax regression: "
    "exact, fast, and explained by pictures.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from trivium import __version__

        typer.echo(f"trivium {__version__}")
        raise typer.Exit


@app.callback()
def _trivium(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


app.command(epilog="Example: `trivium look patients.csv --target outcome`")(look.look)
app.command(
    epilog="Example: `trivium compare patients.csv --target outcome --group patient --out report`"
)(compare.compare)
app.command(epilog="Example: `trivium fit patients.csv --target outcome --out outcome.model`")(
    fit.fit
)
app.command(
    epilog="Example: `trivium predict outcome.model new_patients.csv --out predictions.csv --proba`"
)(predict.predict)
app.command(epilog="Example: `trivium inspect outcome.model`")(inspect.inspect)
app.command(
    epilog="Example: `trivium plot patients.csv --target outcome --x age --y dose --out plot.svg`"
)(plot.plot)
app.command(epilog="Example: `trivium sheet --task 2 --out results`")(sheet.sheet)
app.command(epilog="Example: `trivium lab patients.csv --target outcome`")(lab.lab)
