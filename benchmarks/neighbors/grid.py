"""Case: classes over a grid, as when class regions are drawn."""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.harness.peers import limit_intel, make_or_miss
from benchmarks.harness.results import Case, Race
from benchmarks.harness.suite import run_race
from benchmarks.harness.timing import Conditions, Contender, two_steps
from benchmarks.neighbors import data
from benchmarks.neighbors.agreement import check_labels
from benchmarks.neighbors.peers import FAISS, PYKDTREE, SCIPY, TRIVIUM
from benchmarks.neighbors.searches import race_search
from benchmarks.neighbors.task import Array, Task

SKLEARN = "scikit-learn"
INTEL = "scikit-learn-intelex"
SEARCHES = (TRIVIUM, PYKDTREE, SCIPY, FAISS)


def grid_case(conditions: Conditions) -> Case:
    """Predict the classes of a grid on two moons, and search its neighbours alone."""
    side = conditions.size(500, 60)
    case = Case("grid")
    for n in (1_000, conditions.size(10_000, 2_000)):
        X, y, grid = data.grid_on_moons(n, side)
        task = Task(X, grid, threads=conditions.threads)
        case.races.append(_race_classes(task, y, conditions))
        case.races.append(race_search("the search alone", task, SEARCHES, conditions))
    return case


def classifiers(n_neighbors: int, n_jobs: int | None) -> dict[str, Callable[[], Any]]:
    """Functions that make classifiers, by name; they raise ImportError where not installed."""

    def trivium() -> Any:
        from trivium import KNeighborsClassifier

        return KNeighborsClassifier(n_neighbors=n_neighbors, n_jobs=n_jobs)

    def sklearn() -> Any:
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(n_neighbors=n_neighbors, n_jobs=n_jobs)

    def intel() -> Any:
        from sklearnex.neighbors import KNeighborsClassifier

        if n_jobs is not None:
            limit_intel(n_jobs)
        return KNeighborsClassifier(n_neighbors=n_neighbors, n_jobs=n_jobs)

    return {TRIVIUM: trivium, SKLEARN: sklearn, INTEL: intel}


def _race_classes(task: Task, y: Array, conditions: Conditions) -> Race:
    def contender(name: str, make: Callable[[], Any]) -> Contender:
        make()  # raises where it is not installed
        return two_steps(
            name,
            lambda: make().fit(task.rows, y),
            lambda model: model.predict(task.queries),
            role="subject" if name == TRIVIUM else "peer",
        )

    makers = classifiers(task.k, task.threads)
    shares = makers[TRIVIUM]().fit(task.rows, y).predict_proba(task.queries)
    most_said = shares.max(axis=1, keepdims=True)
    label = f"classes of a grid on two moons: {task}"
    print(label, flush=True)
    return run_race(
        label,
        [
            make_or_miss(name, "float64", partial(contender, name, make))
            for name, make in makers.items()
        ],
        conditions,
        check_labels(TRIVIUM, (shares == most_said).sum(axis=1) > 1),
        items=len(task.queries),
    )
