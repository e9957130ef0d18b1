"""The suite's part of the page: goals and tables."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean

from benchmarks.harness.keys import Key
from benchmarks.harness.page import case_tables, fill
from benchmarks.harness.results import Case, Run
from benchmarks.harness.tables import Goal, markdown_table
from benchmarks.least_squares import influence, limits, peers
from benchmarks.linear import accuracy
from benchmarks.linear.memory import memory_lines


def _dsyrk(most: float) -> Goal:
    """Make a goal against the bare product of the columns."""
    return Goal(
        f"at most {most:g} times the time of the bare dsyrk, the better of the two",
        "total",
        least=1 / most,
        against="limit",
        names=(limits.BLOCKED, limits.PLAIN),
    )


_BEST = Goal("not slower than the best peer", "total")
_FIT_AND_INFLUENCE = Goal(
    "fit and influence at least 20 times as fast as OLSInfluence", "first", least=20.0
)
_ONE_ROW = Goal("one row not slower than RidgeClassifier", "call", names=(peers.RIDGE,))

GOALS = {
    "tall": (
        _dsyrk(1.15),
        Goal("not slower than scikit-learn-intelex", "total", names=peers.INTEL),
        Goal(
            "at least 15 times as fast as LinearRegression",
            "total",
            least=15.0,
            names=(peers.LINEAR,),
        ),
        Goal("at least 5 times as fast as RidgeClassifier", "total", 5.0, names=(peers.RIDGE,)),
    ),
    "wide": (_dsyrk(1.15), _BEST),
    "narrow": (_dsyrk(1.5), _BEST),
    "sparse": (Goal("at least twice as fast as the best peer", "total", least=2.0),),
    "influence": (
        Goal(
            "influence in at most 3 times the time of the fit",
            "again",
            least=1 / 3,
            against="limit",
            names=(influence.FIT,),
        ),
        _FIT_AND_INFLUENCE,
        Goal("influence alone at least 20 times as fast", "again", least=20.0),
    ),
    "boundaries": (Goal("at least 20 times as fast as OLSInfluence", "total", least=20.0),),
    "latency": (_ONE_ROW,),
}
"""What is to be reached, by case."""

KEYS = (
    *(
        Key(case, replace(goal, text=f"{n} × {d}, two and five classes: {rival}"), f"{d} columns")
        for case, n, d, most in (
            ("tall", "200,000", "50", 1.15),
            ("tall", "200,000", "100", 1.15),
            ("narrow", "100,000", "20", 1.5),
            ("wide", "20,000", "1,000", 1.15),
        )
        for goal, rival in ((_BEST, "best peer"), (_dsyrk(most), "better bare dsyrk"))
    ),
    Key("influence", replace(_FIT_AND_INFLUENCE, text="fit and influence: OLSInfluence")),
    Key("latency", replace(_ONE_ROW, text="one row: RidgeClassifier")),
)
"""Figures that machines are compared by."""

LEAST_MEAN, LEAST_FILIP = 11.0, 7.0


def section(run: Run, _: Path) -> str:
    """Fill the suite's template."""
    memory = run.cases.get("memory")
    return fill(
        Path(__file__).with_name("page.md"),
        {
            "case": lambda name: case_tables(run.cases.get(name), GOALS[name]),
            "memory": memory_lines(memory.figures["memory"] if memory else None),
            "accuracy": accuracy_part(run.cases.get("accuracy")),
        },
    )


def accuracy_part(case: Case | None) -> str:
    """Correct digits of everyone on every data set, and the goals."""
    if case is None:
        return "Not run."
    digits, dropped = case.figures["digits"], case.figures["dropped"]
    names = list(digits)
    sets = list(digits[accuracy.TRIVIUM])
    rows = [
        [each, *(_cell(digits[name][each], dropped.get(name, {}).get(each, 0)) for name in names)]
        for each in sets
    ]
    rows.append(["mean", *(f"{mean(digits[name].values()):.1f}" for name in names)])
    table = markdown_table(["", *names], rows, "l" + "r" * len(names))
    return f"{table}\n\n{_accuracy_goals(digits[accuracy.TRIVIUM], dropped[accuracy.TRIVIUM])}"


def _cell(digits: float, dropped: int) -> str:
    return f"{digits:.1f}, {dropped} dropped" if dropped else f"{digits:.1f}"


def _accuracy_goals(digits: Mapping[str, float], dropped: Mapping[str, int]) -> str:
    average, filip = mean(digits.values()), digits["Filip"]
    goals = [
        (f"{LEAST_MEAN:g} digits in the mean", f"{average:.1f}", average >= LEAST_MEAN),
        (f"{LEAST_FILIP:g} digits on Filip", f"{filip:.1f}", filip >= LEAST_FILIP),
        ("no column dropped", f"{sum(dropped.values())}", not dropped),
    ]
    return "\n".join(
        f"- Goal: {text}. Measured: {said}, {'reached' if reached else '**missed**'}."
        for text, said, reached in goals
    )
