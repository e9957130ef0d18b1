"""The suite's part of the page: goals, tables and plots."""

from dataclasses import replace
from pathlib import Path

from benchmarks.harness.keys import Key
from benchmarks.harness.page import case_tables, fill
from benchmarks.harness.plots import Panel, Style, draw_sweeps
from benchmarks.harness.results import Case, Run
from benchmarks.harness.tables import Goal, sweep_table
from benchmarks.neighbors import grid, growth, peers, words
from benchmarks.neighbors.leave_one_out import SELF_JOIN


def _against(name: str, least: float, stage: str = "again") -> Goal:
    """Make a goal against one peer."""
    words = {"again": "another answer", "first": "fit and first answer"}[stage]
    return Goal(f"{words} at least {least:g} times as fast", stage, least=least, names=(name,))


_BRUTE = (
    _against(peers.INTEL32, 1.0),
    _against(peers.INTEL64, 1.8),
    _against(peers.FAISS, 3.0),
    _against(peers.SKLEARN, 4.0),
)
_TREES = tuple(
    _against(name, least, stage)
    for stage in ("again", "first")
    for name, least in ((peers.PYKDTREE, 2.0), (peers.SCIPY, 3.0), (peers.SKLEARN_TREE, 6.0))
)

_EVERY_K = Goal(
    "every k for at most 1.1 times the time of the search alone",
    "total",
    least=1 / 1.1,
    against="limit",
    names=(SELF_JOIN,),
)
_GRID_SEARCH = Goal("at least 40 times as fast as the grid search of ten values", "total", least=40)
_ONE_ROW = Goal("one row at least as fast", "call", names=(grid.SKLEARN,))

GOALS = {
    "uniform": _BRUTE,
    "digits": (
        Goal(
            "another answer in at most half the time of the bare product in float32",
            "again",
            least=2.0,
            against="limit",
            names=(peers.PRODUCT32,),
        ),
        _against(peers.FAISS, 6.0),
    ),
    "columns": _TREES,
    "words": tuple(_against(name, 2.0) for name in (words.SKLEARN, words.SKLEARN_ONE)),
    "grid": (Goal("another answer at least 3 times as fast as the best peer", "again", least=3.0),),
    "leave_one_out": (_EVERY_K, _GRID_SEARCH),
    "latency": (_ONE_ROW,),
    "first_call": (),
}
"""What is to be reached, by case."""


def _product(text: str, least: float) -> Goal:
    names = (peers.PRODUCT32,)
    return Goal(f"{text}: bare float32 product", "again", least, against="limit", names=names)


def _faiss(text: str, least: float) -> Goal:
    return Goal(f"{text}: FAISS", "again", least, names=(peers.FAISS,))


def _best(text: str, least: float) -> Goal:
    return Goal(f"{text}: best peer", "again", least)


KEYS = (
    *(
        Key("uniform", goal(f"50,000 rows, {d} columns", least), f"{d} columns", with_bytes=3.0)
        for d in (64, 784)
        for goal, least in ((_faiss, 2.0), (_product, 1.0))
    ),
    *(
        key
        for m, usual, with_bytes in (("1,000", 0.5, 0.3), ("5,000", 0.35, 0.15))
        for text, label in ((f"images, {m} queries", f"{m} queries"),)
        for key in (
            Key("digits", _product(text, 1 / usual), label, with_bytes=1 / with_bytes),
            Key("digits", _faiss(text, 6.0), label),
        )
    ),
    *(
        Key("columns", _best(f"{n} rows, {d} columns", least), f"{d} columns")
        for n, d, least in (("100,000", 2, 2.0), ("100,000", 3, 2.0), ("50,000", 4, 1.2))
    ),
    Key("columns", _best("100,000 rows, 8 columns", 1.2), "8 columns"),
    Key("growth", _best("growth by rows, the worst", 1.2), sweep=growth.ROWS),
    Key("growth", _best("growth by columns, the worst", 1.2), sweep=growth.COLUMNS),
    Key("growth", _best("growth by columns of a flat, the worst", 1.2), sweep=growth.FLAT),
    Key("leave_one_out", replace(_EVERY_K, text="leave-one-out, every k: the search alone")),
    Key("leave_one_out", replace(_GRID_SEARCH, text="leave-one-out, every k: grid search")),
    Key("latency", replace(_ONE_ROW, text="one row: scikit-learn")),
)
"""Figures that machines are compared by."""

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
            "case": lambda name: case_tables(run.cases.get(name), GOALS[name]),
            "sweeps": lambda: sweep_tables(run.cases.get("growth")),
            "memory": memory_line(run.cases.get("latency")),
            "most_seconds": f"{growth.MOST_SECONDS:g}",
            "plots": plots,
        },
    )


def sweep_tables(case: Case | None) -> str:
    """Ratio to the fastest peer at every point of every sweep."""
    if case is None:
        return "Not run."
    parts = []
    for name, (title, quantity) in SWEEPS.items():
        races = [race for race in case.races if race.sweep == name]
        if races:
            table = sweep_table(races, quantity, "again")
            parts.append(f"**{title[0].upper()}{title[1:]}**\n\n{table}")
    return "\n\n".join(parts) or "Not run."


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
    memory = {} if case is None else case.figures["memory"]
    if "growth" not in memory:
        return "- Goal: memory does not grow with the number of calls. Not measured."
    verdict = "reached" if memory["growth"] <= MOST_GROWTH_MIB else "**missed**"
    return (
        f"- Goal: memory does not grow with the number of calls. {memory['calls']:,} more calls of "
        f"Trivium: {memory['growth']:+.2f} MiB, {verdict} (at most {MOST_GROWTH_MIB:g})."
    )
