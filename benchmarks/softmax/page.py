"""The suite's part of the page: goals and tables."""

from pathlib import Path

from benchmarks.harness.goals import Goal
from benchmarks.harness.page import case_part, case_tables, fill
from benchmarks.harness.results import Case, Run
from benchmarks.linear.memory import memory_lines
from benchmarks.softmax import peers

_SIZES = (("50,000", "10"), ("50,000", "50"), ("50,000", "100"), ("2,000", "10"))
_CHOLESKY = "newton-cholesky"

GOALS = (
    *(
        Goal(
            *("two_classes", f"two classes, {n} rows, {d} columns: best peer", "total", 1.5),
            label=f" {n} rows, {d} columns",
        )
        for n, d in _SIZES
    ),
    Goal("square", "1,000 × 1,100, five classes: best peer", "total"),
    Goal(
        *("small", f"small tables: {_CHOLESKY}", "total", 1.2),
        names=(peers.sklearn_name(_CHOLESKY),),
    ),
    Goal("sparse", "sparse rows: best peer", "total", 3.0),
    Goal("classification", "50,000 × 100, ten classes: best peer", "total", 3.0),
    Goal(
        *("classification", "50,000 × 100, ten classes: scikit-learn", "total", 5.0),
        names=peers.SKLEARN,
    ),
    Goal("digits", "digits: best peer", "total", 2.0),
    Goal("images", "images of digits: best peer", "total", 2.0),
    Goal("latency", "one row: LogisticRegression", "call"),
)
"""What is to be reached."""

MOST_PASSES = 40


def section(run: Run, _: Path) -> str:
    """Fill the suite's template."""
    return fill(
        Path(__file__).with_name("page.md"),
        {
            "case": lambda name: case_tables(run, name, GOALS),
            "memory": case_part(run, "memory", lambda case: memory_lines(case.figures["memory"])),
            "passes": passes_line(run.cases.get("classification")),
        },
    )


def passes_line(case: Case | None) -> str:
    """Say how often Trivium reads the rows."""
    goal = f"- Goal: at most {MOST_PASSES} passes over the rows to that gradient."
    counts = [] if case is None else list(case.figures.get("passes", {}).values())
    if not counts or peers.TRIVIUM not in counts[0]:
        return f"{goal} Not measured."
    passes = counts[0][peers.TRIVIUM]
    verdict = "reached" if passes <= MOST_PASSES else "**missed**"
    return f"{goal} {peers.TRIVIUM}: {passes:.3g}, {verdict}."
