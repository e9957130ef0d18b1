"""The suite's part of the page: goals, tables and plots."""

from pathlib import Path

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

GOALS = {
    "uniform": _BRUTE,
    "digits": (
        Goal(
            "another answer in at most 0.35 of the time of the bare product in float32",
            "again",
            least=1 / 0.35,
            against="limit",
            names=(peers.PRODUCT32,),
        ),
        _against(peers.FAISS, 12.0),
    ),
    "columns": _TREES,
    "words": tuple(_against(name, 2.0) for name in (words.SKLEARN, words.SKLEARN_ONE)),
    "grid": (Goal("another answer at least 3 times as fast as the best peer", "again", least=3.0),),
    "leave_one_out": (
        Goal(
            "every k for at most 1.1 times the time of the search alone",
            "total",
            least=1 / 1.1,
            against="limit",
            names=(SELF_JOIN,),
        ),
        Goal("at least 50 times as fast as the grid search of ten values", "total", least=50.0),
    ),
    "latency": (Goal("one row at least as fast", "call", names=(grid.SKLEARN,)),),
    "first_call": (),
}
"""What is to be reached, by case."""

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
    peers.FAISS: Style("#CC79A7", line="--", marker="s"),
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
            "plots": [f"{folder.name}/{name}" for name in plots],
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
    return "\n\n".join(parts)


def draw_growth(case: Case, folder: Path) -> list[str]:
    """Draw the sweeps; return the names of the files."""
    panels = {
        name: Panel(title, quantity, [race for race in case.races if race.sweep == name])
        for name, (title, quantity) in SWEEPS.items()
    }
    files = {
        "neighbors-rows.png": [panels[growth.ROWS]],
        "neighbors-columns.png": [panels[growth.COLUMNS], panels[growth.FLAT]],
    }
    for name, shown in files.items():
        draw_sweeps(shown, "again", "queries", STYLES, folder / name)
    return list(files)


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
