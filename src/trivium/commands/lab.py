"""`trivium lab`: the three classifiers over the same points, on a page of this machine."""

from typing import Annotated

import typer
from typer.exceptions import TyperException

from trivium.commands.words import in_one_line, print_lines


def lab(
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
) -> None:
    """Open a page on which the three classifiers learn from rows that you move.

    The page is served by this machine to itself, asks for nothing from outside, and ends with
    Ctrl-C.
    """
    from trivium.lab.address import LabError, listen
    from trivium.lab.server import require_installed, serve

    try:
        require_installed()
        address = listen(host, port)
    except LabError as error:
        raise TyperException(in_one_line(error)) from error
    from trivium.lab.page.opening import page_of
    from trivium.lab.presets import PRESETS
    from trivium.lab.warm_up import warm_up

    if not address.is_local:
        typer.echo(
            f"trivium: other machines can reach this page at {host}: give its address, with the "
            "token, only to those who may see your rows; what they send is not encrypted",
            err=True,
        )
    with address.listener:
        print_lines(["Warming up: after an installation, kernels are compiled once ..."])
        warm_up()
        serve(
            page_of(PRESETS),
            address,
            show=not no_browser,
            ready=lambda: print_lines([f"The lab: {address.url} (Ctrl-C ends it)"]),
        )
