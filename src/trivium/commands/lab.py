"""`trivium lab`: the three classifiers over the same points, on a page of this machine."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.progress import progress
from trivium.commands.words import errors_in_one_line, in_one_line, print_lines

if TYPE_CHECKING:
    from trivium.lab.own_scenes import OwnScenes


def lab(
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATA", help="A table of your own, as `trivium look` takes it."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COL", help="The column of labels of DATA.")
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="COL", help="The column across; with --y.")
    ] = None,
    y: Annotated[
        str | None,
        typer.Option("--y", metavar="COL", help="The column upwards; else principal axes."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Where to listen; elsewhere than here it takes a token, and warns."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="A free one by default.", show_default=False)
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and open nothing.")
    ] = False,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
) -> None:
    """Open a page on which the three classifiers learn from rows that you move.

    The page is served by this machine to itself, asks for nothing from outside, and ends with
    Ctrl-C. Rows are those of the exercise sheets, others that show what a classifier cannot do, and
    your own.
    """
    from trivium.lab.address import LabError, listen
    from trivium.lab.server import require_installed, serve

    if data and target is None:
        raise TyperException("--target is missing: name the column of labels")
    if target is not None and not data:
        raise TyperException("--target names a column, and there is no DATA")
    if (x is None) != (y is None) or (x is not None and not data):
        raise TyperException("--x and --y name two columns of DATA, or neither is given")
    try:
        require_installed()
        address = listen(host, port)
    except LabError as error:
        raise TyperException(in_one_line(error)) from error
    if not address.is_local:
        typer.echo(
            "trivium: other machines can reach this page: give its address, with the token, only "
            "to those who may see your rows; what they send is not encrypted",
            err=True,
        )
    with address.listener:
        own = None
        if data and target is not None:
            choices = {
                "kinds": reading.kinds_of(kinds),
                "missing": missing or (),
                "drop": drop or (),
                "decimal": decimal,
                "dates": dates,
                "sheet": sheet,
            }
            own = _own_scenes(data, target, None if x is None or y is None else (x, y), choices)
        from trivium.lab.page.opening import page_of
        from trivium.lab.presets import PRESETS
        from trivium.lab.warm_up import warm_up

        print_lines(["Warming up: after an installation, kernels are compiled once ..."])
        warm_up()
        serve(
            page_of(PRESETS, own),
            address,
            show=not no_browser,
            ready=lambda: print_lines(
                [
                    f"The lab: {address.url} (Ctrl-C ends it)",
                    *(f"From other machines: {each}" for each in address.others),
                ]
            ),
        )


def _own_scenes(
    data: list[str], target: str, axes: tuple[str, str] | None, choices: Mapping[str, Any]
) -> "OwnScenes":
    """Read a table; where two columns are all that there is, they are its axes."""
    from trivium.lab.own_rows import own_table
    from trivium.lab.own_scenes import OwnScenes

    with errors_in_one_line(), progress("reading"):
        table = own_table(data, target, **choices)
        if axes is None and len(table.columns) == 2:
            axes = (table.columns[0], table.columns[1])
        return OwnScenes(table, axes)
