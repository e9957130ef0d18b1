"""Case: leave-one-out for every k at the price of one search."""

from typing import Any

import numpy as np
from sklearn.datasets import make_classification

from benchmarks.harness.results import Case
from benchmarks.harness.suite import Disagreement, run_race
from benchmarks.harness.timing import Conditions, one_step
from benchmarks.neighbors.peers import TRIVIUM
from benchmarks.neighbors.task import Array

SELF_JOIN = "its search alone (every row's neighbours)"
GRID_SEARCH = "scikit-learn GridSearchCV, 10 values of k, 10 folds"


def leave_one_out_case(conditions: Conditions) -> Case:
    """Choose k by leave-one-out, against one search and against a grid search."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier

    from trivium import KNeighborsClassifierCV, NearestNeighbors

    n, k_max = conditions.size(20_000, 1_500), conditions.size(200, 40)
    n_jobs = conditions.threads
    X, y = make_classification(
        n_samples=n, n_features=16, n_informative=10, flip_y=0.1, random_state=0
    )
    ks = np.unique(np.geomspace(1, k_max, 10).round().astype(int))
    folds = conditions.size(10, 3)

    def every_k() -> Any:
        return KNeighborsClassifierCV(k_max=k_max, n_jobs=n_jobs).fit(X, y)

    def self_join() -> Array:
        search = NearestNeighbors(n_neighbors=k_max + 1, n_jobs=n_jobs).fit(X)
        indices: Array = search.kneighbors(None, return_distance=False)
        return indices

    def grid_search() -> Any:
        model = KNeighborsClassifier(n_jobs=1)
        return GridSearchCV(model, {"n_neighbors": ks}, cv=folds, n_jobs=n_jobs).fit(X, y)

    def check(answers: dict[str, Any]) -> dict[str, str]:
        plain = shares_right(answers[SELF_JOIN][:, :k_max], y)
        counted = answers[TRIVIUM].cv_results_["accuracy"]
        if not np.allclose(counted, plain, rtol=0, atol=1e-12):
            raise Disagreement("Trivium: leave-one-out accuracies are not those counted plainly.")
        return {TRIVIUM: f"all {k_max} accuracies as counted plainly"}

    label = f"leave-one-out for every k up to {k_max}: {n:,} rows, 16 columns"
    print(label, flush=True)
    rivals = [
        one_step(TRIVIUM, every_k, role="subject"),
        one_step(SELF_JOIN, self_join, role="limit"),
        one_step(GRID_SEARCH, grid_search, compared=False, most_rounds=1),
    ]
    return Case("leave_one_out", [run_race(label, rivals, conditions, check, items=n)])


def shares_right(indices: Array, y: Array) -> Array:
    """Share of rows that the majority of their nearest k others names right, for every k.

    Parameters
    ----------
    indices : ndarray of shape (n, k_max)
    y : ndarray of shape (n,)
        Classes 0, 1, ...; the smallest of those that tie wins.

    Returns
    -------
    ndarray of shape (k_max,)
    """
    votes = np.zeros((len(y), int(y.max()) + 1), dtype=np.intp)
    right = np.empty(indices.shape[1])
    for place, neighbors in enumerate(indices.T):
        votes[np.arange(len(y)), y[neighbors]] += 1
        right[place] = (votes.argmax(axis=1) == y).mean()
    return right
