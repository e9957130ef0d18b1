"""The suite's part of the page: goals and tables."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

from benchmarks.harness.goals import Goal
from benchmarks.harness.page import case_part, case_tables, fill
from benchmarks.harness.results import Case, Run
from benchmarks.harness.tables import markdown_table
from benchmarks.least_squares import influence, limits, peers
from benchmarks.linear import accuracy
from benchmarks.linear.memory import memory_lines


def _fits(
    case: str, rows: str, columns: str, most: float, others: Sequence[tuple[str, float]] = ()
) -> Iterator[Goal]:
    """Make the goals of a size; the most is in times of the bare product of the columns."""
    text, label = f"{rows} × {columns}, two and five classes", f" {columns} columns"
    yield Goal(case, f"{text}: best peer", "total", label=label)
    yield Goal(
        *(case, f"{text}: better bare dsyrk", "total", 1 / most),
        against="limit",
        names=(limits.BLOCKED, limits.PLAIN),
        label=label,
    )
    for name, least in others:
        rival = name.removeprefix("scikit-learn ")
        yield Goal(case, f"{text}: {rival}", "total", least, names=(name,), label=label)


_SKLEARN = ((peers.LINEAR, 15.0), (peers.RIDGE, 5.0))

GOALS = (
    *_fits("tall", "200,000", "50", 1.15, _SKLEARN),
    *_fits("tall", "200,000", "100", 1.15, _SKLEARN),
    *_fits("narrow", "100,000", "20", 1.5),
    *_fits("wide", "20,000", "1,000", 1.15),
    Goal("sparse", "sparse rows: best peer", "total", 2.0),
    Goal("influence", "fit and influence: OLSInfluence", "first", 20.0),
    Goal("influence", "influence alone: OLSInfluence", "again", 20.0),
    Goal(
        *("influence", "influence alone: the fit", "again", 1 / 3),
        against="limit",
        names=(influence.FIT,),
    ),
    Goal("boundaries", "coefficients without each row: OLSInfluence", "total", 20.0),
    Goal("latency", "one row: RidgeClassifier", "call", names=(peers.RIDGE,)),
)
"""What is to be reached."""

LEAST_MEAN, LEAST_FILIP = 11.0, 7.0


def section(run: Run, _: Path) -> str:
    """Fill the suite's template."""
    return fill(
        Path(__file__).with_name("page.md"),
        {
            "case": lambda name: case_tables(run, name, GOALS),
            "memory": case_part(run, "memory", lambda case: memory_lines(case.figures["memory"])),
            "accuracy": case_part(run, "accuracy", accuracy_part),
        },
    )


def accuracy_part(case: Case) -> str:
    """Correct digits of everyone on every data set, and the goals."""
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
