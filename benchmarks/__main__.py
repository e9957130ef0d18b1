"""The command line: ``python -m benchmarks neighbors``, ``python -m benchmarks docs``.

Nothing here may load NumPy before the threads are limited, so that suites are imported
late.
"""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.harness.threads import limit_threads

if TYPE_CHECKING:
    from benchmarks.harness.suite import Suite

SUITES = ("neighbors", "least_squares", "softmax")
"""Packages beside the harness, each with a ``suite.SUITE``."""

RESULTS = Path(__file__).with_name("results")
"""Where results go if nothing is said; not kept."""

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def _suite(name: str) -> "Suite":
    suite: Suite = import_module(f"benchmarks.{name}.suite").SUITE
    return suite


def _command(name: str) -> Callable[..., None]:
    def command(
        case: Annotated[
            list[str] | None, typer.Option(help="A case to run; may be repeated. All by default.")
        ] = None,
        out: Annotated[
            Path | None,
            typer.Option(
                help="Where results go; benchmarks/results/<machine>/<suite>.json by default."
            ),
        ] = None,
        keep: Annotated[
            bool, typer.Option("--keep", help="Keep the other cases of earlier results there.")
        ] = False,
        threads: Annotated[int, typer.Option(min=1, help="Threads of every contender.")] = 2,
        rounds: Annotated[int, typer.Option(min=1)] = 5,
        budget: Annotated[
            float, typer.Option(help="Seconds after which a race starts no further round.")
        ] = 80.0,
        calls: Annotated[
            int, typer.Option(min=1, help="Small calls after which memory is looked at.")
        ] = 100_000,
        minutes: Annotated[
            float, typer.Option(help="Minutes after which no further case begins.")
        ] = float("inf"),
        avx2: Annotated[
            bool, typer.Option("--avx2", help="Keep to AVX2, as most processors have no more.")
        ] = False,
        quick: Annotated[
            bool, typer.Option("--quick", help="Small sizes: does everything work?")
        ] = False,
    ) -> None:
        limit_threads(threads, avx2=avx2)
        from benchmarks.harness.machine import machine_name
        from benchmarks.harness.suite import run_suite
        from benchmarks.harness.timing import Conditions

        suite = _suite(name)
        unknown = sorted(set(case or ()) - set(suite.cases))
        if unknown:
            raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(suite.cases)}.")
        conditions = Conditions(
            threads=threads,
            rounds=min(rounds, 2) if quick else rounds,
            budget=min(budget, 5.0) if quick else budget,
            steady=0.0 if quick else 4.0,
            quick=quick,
            calls=min(calls, 2_000) if quick else calls,
        )
        results = out or RESULTS / machine_name() / f"{name}.json"
        some = case or list(suite.cases)
        run = run_suite(suite, some, conditions, results, keep=keep, minutes=minutes)
        typer.echo(f"\nwritten: {results}")
        raise typer.Exit(int(any(run.cases[each].failed for each in some)))

    command.__doc__ = f"Run the suite `{name}`."
    return command


for _name in SUITES:
    app.command(_name)(_command(_name))


@app.command("all")
def everything(
    folder: Annotated[Path, typer.Option(help="Where folders of machines are.")] = Path(
        "docs/performance"
    ),
    minutes: Annotated[
        float, typer.Option(help="Minutes after which no further case begins.")
    ] = 25.0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of every contender.")] = 2,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes: does everything work?")
    ] = False,
) -> None:
    """Renew all results of this machine, and say which goals are reached."""
    from benchmarks.everything import renew

    raise typer.Exit(renew(folder, minutes, threads, quick=quick))


@app.command()
def first_answer() -> None:
    """Measure first answers, with no kernel compiled and with all kept; exit with 1 if too slow."""
    from benchmarks.first_answer import GOALS, measure, reached

    slow = 0
    typer.echo("processor seconds, cache empty and full")
    for case, empty, warm in measure():
        good = reached(case, empty, warm)
        slow += not good
        mark = "" if good else "  ** slower than its goal **"
        typer.echo(f"{empty:7.2f} {warm:7.2f}  {GOALS[case].about}{mark}")
    raise typer.Exit(int(slow > 0))


@app.command()
def costs(
    repeats: Annotated[
        int, typer.Option(min=1, help="Of each piece of work; the least counts.")
    ] = 9,
) -> None:
    """Measure the constants again that choices go by; exit with 1 if one is off by twice."""
    limit_threads(1)
    from benchmarks.costs import again, borders
    from benchmarks.costs.experiments import Watch

    constants = again.measure(Watch(repeats))
    scale = again.scale_of(constants)
    typer.echo(again.table(constants) + "\n")
    found = borders.measure(Watch(3))
    typer.echo(borders.table(found))
    off = any(again.is_off(each, scale) for each in constants)
    slow = any(each.ratio > borders.MOST for each in found)
    raise typer.Exit(int(off or slow))


@app.command()
def scale(
    folder: Annotated[Path, typer.Option(help="Where tables are written; they are kept.")],
    out: Annotated[Path, typer.Option(help="Results, as JSON.")] = Path("docs/scale/results.json"),
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: does it work?")] = False,
) -> None:
    """Measure fits of files from 1e5 to 2e7 rows and on Dask clusters; show them in tables."""
    limit_threads(2)
    from benchmarks.scale.run import page, run

    found = run(folder, quick=quick, rounds=rounds)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    typer.echo(page(found))
    typer.echo(f"written: {out}")


@app.command()
def docs(
    page: Annotated[
        Path, typer.Option(help="The page; results and plots are in the folder of its name.")
    ] = Path("docs/performance.md"),
) -> None:
    """Write the page and its plots from the results beside it."""
    from benchmarks.harness.page import write_page

    write_page([_suite(name) for name in SUITES], page)
    typer.echo(f"written: {page}")


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
