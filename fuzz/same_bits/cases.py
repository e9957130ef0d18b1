"""The cases: an estimator, its parameters, a table, its labels and weights, and what is done."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import make_scorer, precision_score
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, StratifiedKFold

from fuzz.same_bits.tables import KEPT, LABELS, LONG, MADE, REAL, WEIGHTS
from trivium.softmax.fitting import FAST_SOLVERS

RANDOM = tuple(f"random {seed}" for seed in range(24))
"""Problems of `fuzz.problems`, by their seeds."""

_PARTS = ("iris", "C", "float32", "ties", "dependent", "constant", "outlier", "far from zero")


class Case(NamedTuple):
    """What is to be recorded.

    Attributes
    ----------
    estimator : str
        A public name of Trivium.
    table : str
        A name in one of the dicts of `tables`, or "random" and a seed.
    words : dict
        Parameters.
    way : str
        A name in `ways.WAYS`.
    weights, labels : str
        Names in `tables.WEIGHTS` and `tables.LABELS`; "" are the labels of the table.
    """

    estimator: str
    table: str
    words: dict[str, Any] = {}  # noqa: RUF012 - nobody writes into it
    way: str = "fit"
    weights: str = "none"
    labels: str = ""

    @property
    def name(self) -> str:
        """All of it, in a line."""
        words = ", ".join(f"{key}={_shown(value)}" for key, value in self.words.items())
        more = [self.labels and f"labels {self.labels}", f"weights {self.weights}", self.way]
        shown = [each for each in more if each not in ("", "weights none", "fit")]
        return ", ".join([f"{self.estimator}({words}) {self.table}", *shown])


def _shown(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    if isinstance(value, np.ndarray):
        return f"array {value.shape}"
    if isinstance(value, list) and isinstance(value[0], tuple):
        return f"{len(value)} folds"
    return " ".join(repr(value).split())


def third_powers(distances: Any) -> Any:
    """Weigh neighbours by a function."""
    return 1.0 / (0.1 + distances) ** 3


def greatest_step(a: Any, b: Any) -> float:
    """Measure two rows by a function."""
    return float(np.abs(a - b).max() + 0.5 * np.abs(a - b).min())


_PRECISION = make_scorer(precision_score, average="macro", zero_division=0.0)
_FOLDS = [(np.arange(150)[k % 3 != np.arange(150) % 3], np.arange(k, 150, 3)) for k in range(3)]


def _shared(estimator: str, **words: Any) -> Iterator[Case]:
    """Ask what every estimator of labelled rows is asked."""
    for table in (*KEPT, *REAL, *MADE, *LONG):
        yield Case(estimator, table, words)
    for table in RANDOM[: 12 if "CV" in estimator else None]:
        yield Case(estimator, table, words, weights="zeros" if table[-1] in "369" else "none")
    for weights in WEIGHTS:
        yield Case(estimator, "C", words, weights=weights)
    for labels in LABELS:
        yield Case(estimator, "C", words, labels=labels)
    for way in ("fit_and_overwrite", "fit_another_first", "fit_in_vain", "fit_a_copy"):
        yield Case(estimator, "iris", words, way)
    yield Case(estimator, "70,000 x 3", words, weights="fractions")
    yield Case(estimator, "30,000 x 20", words, weights="zeros")


def _balanced(estimator: str) -> Iterator[Case]:
    for class_weight in ("balanced", {0: 2.5, 2: 0.25}, {1: 0.0}):
        for weights in ("none", "fractions", "zeros"):
            yield Case(estimator, "C", {"class_weight": class_weight}, weights=weights)
    if estimator != "KNeighborsClassifierCV":  # whose 200 numbers of neighbours take long
        yield Case(estimator, "70,000 x 3", {"class_weight": "balanced"})


def _scorers(estimator: str, *more: Any) -> Iterator[Case]:
    for scoring in ("accuracy", None, "balanced_accuracy", "f1_macro", _PRECISION, *more):
        for weights in ("none", "fractions"):
            yield Case(estimator, "iris", {"scoring": scoring}, weights=weights)
    for scoring in ("roc_auc", "average_precision", "f1"):
        yield Case(estimator, "two classes", {"scoring": scoring})
    for table in ("iris", "wine", "ties", "outlier"):
        yield Case(estimator, table, {"rule": "best"})


def _measures() -> Iterator[dict[str, Any]]:
    """Name metrics with their parameters."""
    for metric in ("euclidean", "manhattan", "chebyshev", "cosine"):
        yield {"metric": metric}
    for p in (1.0, 1.5, 3.0, np.inf):
        yield {"p": p}
    yield {"metric_params": {"w": np.array([0.5, 2.0, 0.0, 1.0])}}
    for metric in ("hamming", "canberra", "braycurtis", "correlation", "jaccard", "seuclidean"):
        yield {"metric": metric}
    yield {"metric": "mahalanobis"}


def _algorithms() -> Iterator[tuple[str, dict[str, Any]]]:
    for algorithm in ("auto", "brute", "kd_tree", "ball_tree"):
        for table in ("ties", "float32", "duplicates", "tiny and huge", "breast_cancer"):
            yield table, {"algorithm": algorithm}
        for jobs in (1, 2):
            if algorithm != "brute":
                yield "70,000 x 3", {"algorithm": algorithm, "n_jobs": jobs}
            yield "9,000 x 12 integers", {"algorithm": algorithm, "n_jobs": jobs}
            yield "6,000 x 96", {"algorithm": algorithm, "n_jobs": jobs}


def neighbors() -> Iterator[Case]:
    """Name the cases of nearest neighbours."""
    name = "NearestNeighbors"
    for table in (*KEPT, *REAL, *MADE, *LONG, *RANDOM[:6]):
        yield Case(name, table, {"n_neighbors": 4, "radius": 0.05}, "fit_without_labels")
    for words in _measures():
        for table in ("C", "bool", "float32"):
            yield Case(name, table, {"radius": 2.0} | words)
    yield Case(name, "statsmodels/spector", {"metric": greatest_step})
    yield Case("KNeighborsClassifier", "one column", {"metric": greatest_step})
    for table, words in _algorithms():
        yield Case(name, table, {"radius": 0.03} | words)
    for table, metric in (("places", "haversine"), ("distances", "precomputed")):
        for algorithm in ("auto", "brute"):
            yield Case(name, table, {"metric": metric, "algorithm": algorithm, "radius": 0.5})
        for estimator in ("KNeighborsClassifier", "KNeighborsClassifierCV"):
            yield Case(estimator, table, {"metric": metric}, weights="fractions")
    yield Case("KNeighborsDensity", "places", {"metric": "haversine"})
    name = "KNeighborsClassifier"
    yield from _shared(name)
    yield from _balanced(name)
    for votes in ("uniform", "distance", third_powers, None):
        for table in ("ties", "duplicates", "iris", "70,000 x 3"):
            yield Case(name, table, {"weights": votes, "n_neighbors": 7}, weights="integers")
    for words in _measures():
        yield Case(name, "C", words)
    for table, words in _algorithms():
        yield Case(name, table, words)
    yield Case(name, "70,000 x 3", {"n_neighbors": 150}, "fit_with_little_memory")
    name = "KNeighborsClassifierCV"
    yield from _shared(name, k_max=20)
    yield from _balanced(name)
    yield from _scorers(name, "neg_log_loss", "roc_auc_ovr")
    for votes in ("distance", third_powers):
        yield Case(name, "ties", {"weights": votes})
    for jobs in (1, 2):
        yield Case(name, "70,000 x 3", {"k_max": 9, "n_jobs": jobs, "scoring": "f1_macro"})
    name = "KNeighborsDensity"
    yield from _shared(name)
    for unbiased in (True, False):
        for volume in ("shared", "per_class"):
            for table in ("iris", "ties", "30,000 x 20"):
                yield Case(name, table, {"unbiased": unbiased, "volume": volume})
    for metric in ("manhattan", "chebyshev"):
        yield Case(name, "iris", {"metric": metric})
    yield Case(name, "wine", {}, "fit_without_labels")


def least_squares() -> Iterator[Case]:
    """Name the cases of least squares."""
    name = "LeastSquaresClassifier"
    yield from _shared(name)
    yield from _balanced(name)
    for table in (*MADE, "iris", "digits", "float32", "30,000 x 20", "70,000 x 3"):
        yield Case(name, table, {"alpha": 0.1})
        yield Case(name, table, {"alpha": 0.0, "fit_intercept": False}, weights="fractions")
        yield Case(name, table, {"robust": True, "alpha": 1e-3})
    for calibration in ("sigmoid", "isotonic", "temperature"):
        for table in ("iris", "ties", "outlier", "two classes", "separated", "70,000 x 3"):
            yield Case(name, table, {"calibration": calibration}, weights="fractions")
        yield Case(name, "outlier", {"calibration": calibration, "robust": True})
    for way in ("in_parts", "fit_and_add", "forget"):
        for table in (*_PARTS, "30,000 x 20"):
            yield Case(name, table, {"alpha": 1e-3}, way, "fractions")
            yield Case(name, table, {}, way)
        yield Case(name, "iris", {"fit_intercept": False}, way, "integers")
    name = "LeastSquaresClassifierCV"
    yield from _shared(name)
    yield from _balanced(name)
    yield from _scorers(name, "neg_mean_squared_error")
    for table in ("iris", "wine", "ties", "wide", "70,000 x 3"):
        yield Case(name, table, {"alphas": [1e-3, 1.0, 1e3], "fit_intercept": False})


def softmax() -> Iterator[Case]:
    """Name the cases of softmax regression."""
    name = "SoftmaxRegression"
    yield from _shared(name)
    yield from _balanced(name)
    for solver in (*FAST_SOLVERS, "gradient-descent"):
        for table in ("iris", "ties", "float32", "outlier", "dependent", "two classes"):
            for alpha in (0.0, 0.01):
                words: dict[str, Any] = {"alpha": alpha, "solver": solver, "max_iter": 60}
                yield Case(name, table, words, weights="fractions")
        yield Case(name, "30,000 x 20", {"solver": solver, "max_iter": 5})
        yield Case(name, "70,000 x 3 float32 Fortran", {"solver": solver, "max_iter": 5})
    for table in (*MADE, "iris", "wine", "70,000 x 3"):
        yield Case(name, table, {"alpha": 0.0})
        yield Case(name, table, {"alpha": 0.1, "fit_intercept": False})
    for stop in ({"learning_rate": 0.01}, {"tol": 1e-10}, {"max_iter": 2}, {"warm_start": True}):
        extra: dict[str, Any] = {"solver": "gradient-descent"} if "learning_rate" in stop else {}
        for way in ("fit", "fit_twice", "fit_validated"):
            yield Case(name, "iris", {"max_iter": 50} | stop | extra, way)
    for way in ("in_parts", "fit_and_add"):
        for table in (*_PARTS, "30,000 x 20"):
            yield Case(name, table, {}, way, "fractions")
    name = "SoftmaxRegressionCV"
    few = {"alphas": [1e-4, 1e-2, 1.0], "cv": 3}
    for case in (*_shared(name, **few), *_balanced(name), *_scorers(name, "neg_log_loss")):
        yield case._replace(words=few | case.words)
    for cv in (5, KFold(4, shuffle=True, random_state=0), StratifiedKFold(3), _FOLDS):
        yield Case(name, "iris", {"cv": cv}, weights="zeros")
    yield Case(name, "iris", {"cv": GroupKFold(4)}, "fit_in_groups")
    yield Case(name, "iris", {"cv": ShuffleSplit(3, random_state=1), "scoring": "roc_auc_ovr"})
    for solver in FAST_SOLVERS:
        for jobs in (1, 2):
            yield Case(name, "wine", few | {"solver": solver, "n_jobs": jobs})
            yield Case(name, "70,000 x 3", few | {"solver": solver, "n_jobs": jobs})


def cases() -> list[Case]:
    """Return all, each with a name of its own."""
    found = {case.name: case for case in (*neighbors(), *least_squares(), *softmax())}
    return list(found.values())
