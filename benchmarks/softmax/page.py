"""The suite's part of the page: goals and tables."""

from dataclasses import replace
from pathlib import Path

from benchmarks.harness.keys import Key
from benchmarks.harness.page import case_tables, fill
from benchmarks.harness.results import Case, Run
from benchmarks.harness.tables import Goal
from benchmarks.linear.memory import memory_lines
from benchmarks.softmax import peers

_BEST = Goal("at least twice as fast as the best peer", "total", least=2.0)

GOALS = {
    "digits": (_BEST,),
    "classification": (
        Goal(
            "at least 5 times as fast as the best of scikit-learn's solvers",
            "total",
            least=5.0,
            names=peers.SKLEARN,
        ),
        Goal(
            "at least 3 times as fast as scikit-learn-intelex",
            "total",
            least=3.0,
            names=peers.INTEL,
        ),
    ),
    "two_classes": (Goal("at least 1.5 times as fast as the best peer", "total", least=1.5),),
    "square": (Goal("not slower than the best peer", "total"),),
    "small": (
        Goal(
            "at least 1.2 times as fast as scikit-learn's newton-cholesky",
            "total",
            least=1.2,
            names=(peers.sklearn_name("newton-cholesky"),),
        ),
    ),
    "sparse": (
        Goal("at least 3 times as fast as the best of scikit-learn's solvers", "total", least=3.0),
    ),
    "images": (_BEST,),
    "latency": (Goal("one row not slower than LogisticRegression", "call"),),
}
"""What is to be reached, by case."""

_SIZES = ("50,000 rows, 10", "50,000 rows, 50", "50,000 rows, 100", "2,000 rows, 10")

KEYS = (
    *(
        Key(
            "two_classes", Goal(f"two classes, {each} columns: best peer", "total", 1.5), f"{each} "
        )
        for each in _SIZES
    ),
    Key("square", Goal("1,000 × 1,100, five classes: best peer", "total")),
    Key("classification", Goal("50,000 × 100, ten classes: best peer", "total", least=3.0)),
    Key("digits", replace(_BEST, text="digits: best peer")),
    Key("latency", Goal("one row: LogisticRegression", "call")),
)
"""Figures that machines are compared by."""

MOST_PASSES = 40


def section(run: Run, _: Path) -> str:
    """Fill the suite's template."""
    memory = run.cases.get("memory")
    return fill(
        Path(__file__).with_name("page.md"),
        {
            "case": lambda name: case_tables(run.cases.get(name), GOALS[name]),
            "memory": memory_lines(memory.figures["memory"] if memory else None),
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
