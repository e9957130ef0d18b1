"""The suite's part of the page: goals, tables and plots."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness.goals import Goal, sweep_goal_lines
from benchmarks.harness.page import case_part, case_tables, fill
from benchmarks.harness.plots import Panel, Style, draw_sweeps
from benchmarks.harness.results import Case, Run
from benchmarks.harness.tables import sweep_table
from benchmarks.neighbors import grid, growth, peers, words
from benchmarks.neighbors.leave_one_out import SELF_JOIN


def _uniform(columns: int) -> tuple[Goal, ...]:
    """Make the goals of so many columns that a tree is of no use."""
    text = f"50,000 rows, {columns} columns"

    def against(rival: str, name: str, least: float, **others: Any) -> Goal:
        return Goal(
            *("uniform", f"{text}: {rival}", "again", least),
            names=(name,),
            label=f" {columns} columns",
            **others,
        )

    return (
        against("FAISS", peers.FAISS, 2.0, with_bytes=3.0),
        against("bare float32 product", peers.PRODUCT32, 1.0, with_bytes=3.0, against="limit"),
        against("intelex in float32", peers.INTEL32, 1.0),
        *(
            (
                against("intelex in float64", peers.INTEL64, 1.8),
                against("scikit-learn", peers.SKLEARN, 4.0),
            )
            if columns == 64  # at more, nobody waits for these two
            else ()
        ),
    )


def _images(queries: str, most: float, most_with_bytes: float) -> tuple[Goal, ...]:
    """Make the goals of images; the most is a share of the bare product's time."""
    text, label = f"images, {queries} queries", f"{queries} queries"
    return (
        Goal(
            *("digits", f"{text}: bare float32 product", "again", 1 / most),
            with_bytes=1 / most_with_bytes,
            against="limit",
            names=(peers.PRODUCT32,),
            label=label,
        ),
        Goal("digits", f"{text}: FAISS", "again", 6.0, names=(peers.FAISS,), label=label),
    )


def _few_columns(rows: str, columns: int, best: float, *, by_name: bool = True) -> Iterator[Goal]:
    """Make the goals of a few columns, where trees are at home: the best peer, and some."""
    text, label = f"{rows} rows, {columns} columns", f" {columns} columns"
    yield Goal("columns", f"{text}: best peer", "again", best, label=label)
    trees = ((peers.PYKDTREE, 2.0), (peers.SCIPY, 3.0), (peers.SKLEARN_TREE, 6.0))
    for stage, asked in (("again", ""), ("first", ", fit and first answer")):
        for name, least in trees if by_name else ():
            yield Goal(
                "columns", f"{text}{asked}: {name}", stage, least, names=(name,), label=label
            )


def _growth(words: str, sweep: str) -> Goal:
    return Goal("growth", f"growth by {words}, the worst: best peer", "again", 1.2, sweep=sweep)


GOALS = (
    *_uniform(64),
    *_uniform(784),
    *_images("1,000", 0.5, 0.3),
    *_images("5,000", 0.35, 0.15),
    *_few_columns("100,000", 2, best=2.0),
    *_few_columns("100,000", 3, best=2.0),
    *_few_columns("50,000", 4, best=1.2, by_name=False),
    *_few_columns("100,000", 8, best=1.2),
    _growth("rows", growth.ROWS),
    _growth("columns", growth.COLUMNS),
    _growth("columns of a flat", growth.FLAT),
    Goal("words", "texts: scikit-learn", "again", 2.0, names=(words.SKLEARN, words.SKLEARN_ONE)),
    Goal("grid", "classes of a grid: best peer", "again", 3.0, label="classes of a grid"),
    Goal("grid", "search of a grid: best peer", "again", 3.0, label="the search alone"),
    Goal(
        *("leave_one_out", "leave-one-out, every k: the search alone", "total", 1 / 1.1),
        against="limit",
        names=(SELF_JOIN,),
    ),
    Goal("leave_one_out", "leave-one-out, every k: grid search of ten values", "total", 40.0),
    Goal("latency", "one row: scikit-learn", "call", names=(grid.SKLEARN,)),
)
"""What is to be reached."""

MOST_GROWTH_MIB = 1.0

SWEEPS = {
    growth.ROWS: ("uniform, 16 columns", "rows"),
    growth.COLUMNS: ("uniform", "columns"),
    growth.FLAT: ("a flat of six dimensions", "columns"),
}
"""Title and quantity of each sweep."""

# Colours that colour-blind readers tell apart (Okabe and Ito); a dash is float32.
STYLES = {
    peers.TRIVIUM: Style("#D55E00", width=3.4),
    peers.PYKDTREE: Style("#009E73", marker="^"),
    peers.SCIPY: Style("#56B4E9", marker="^"),
    peers.SKLEARN_TREE: Style("#E69F00", marker="^"),
    peers.INTEL_TREE: Style("#0072B2", marker="^"),
    peers.NANOFLANN: Style("#999999", marker="^"),
    peers.FLANNRUST: Style("#666666", marker="v"),
    peers.FAISS: Style("#CC79A7", line="--", marker="s"),
    peers.USEARCH: Style("#999999", line="--", marker="s"),
    peers.INTEL32: Style("#0072B2", line="--", marker="s"),
    peers.INTEL64: Style("#0072B2", marker="s"),
    peers.SKLEARN: Style("#E69F00", marker="s"),
}


def section(run: Run, folder: Path) -> str:
    """Fill the suite's template, and draw its plots into the folder."""
    plots = []
    if "growth" in run.cases:
        plots = draw_growth(run.cases["growth"], folder)
    return fill(
        Path(__file__).with_name("page.md"),
        {
            "case": lambda name: case_tables(run, name, GOALS),
            "sweeps": lambda: case_part(run, "growth", lambda case: sweep_tables(case, run)),
            "memory": memory_line(run.cases.get("latency")),
            "most_seconds": f"{growth.MOST_SECONDS:g}",
            "plots": plots,
        },
    )


def sweep_tables(case: Case, run: Run) -> str:
    """Ratio to the nearest peer at every point of every sweep, and the goal of each."""
    parts = []
    for name, (title, quantity) in SWEEPS.items():
        races = [race for race in case.races if race.sweep == name]
        if races:
            table = sweep_table(races, quantity, "again")
            goals = "\n".join(sweep_goal_lines(GOALS, name, run))
            parts.append(f"**{title[0].upper()}{title[1:]}**\n\n{table}\n\n{goals}")
    return "\n\n".join(parts)


def draw_growth(case: Case, folder: Path) -> list[str]:
    """Draw the sweeps that were run; return the names of the files."""
    panels = {
        name: Panel(title, quantity, [race for race in case.races if race.sweep == name])
        for name, (title, quantity) in SWEEPS.items()
    }
    files = {
        "neighbors-rows.png": [panels[growth.ROWS]],
        "neighbors-columns.png": [panels[growth.COLUMNS], panels[growth.FLAT]],
    }
    drawn = {name: shown for name, shown in files.items() if any(each.races for each in shown)}
    for name, shown in drawn.items():
        draw_sweeps(shown, "again", "queries", STYLES, folder / name)
    return list(drawn)


def memory_line(case: Case | None) -> str:
    """Say how memory grew over many small calls."""
    memory = {} if case is None else case.figures.get("memory", {})
    if "growth" not in memory:
        return "- Goal: memory does not grow with the number of calls. Not measured."
    verdict = "reached" if memory["growth"] <= MOST_GROWTH_MIB else "**missed**"
    return (
        f"- Goal: memory does not grow with the number of calls. {memory['calls']:,} more calls of "
        f"Trivium: {memory['growth']:+.2f} MiB, {verdict} (at most {MOST_GROWTH_MIB:g})."
    )
