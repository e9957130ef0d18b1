"""Neighbours as data: the training rows, in the space where the metric is computed, and votes.

What a search makes of its rows (a tree, products) is made again, and gives the same answers.
"""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from trivium.arrays import Indices
from trivium.neighbors.balls import Balls
from trivium.neighbors.class_balls import ClassBalls, SharedBalls
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.classifier_cv import KNeighborsClassifierCV
from trivium.neighbors.density import KNeighborsDensity
from trivium.neighbors.folds import Folds
from trivium.neighbors.nearest import NearestNeighbors
from trivium.neighbors.search.index import Index
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.voting import Voters
from trivium.rows.csr import Csr, as_csr
from trivium.rows.labelled import LabelledRows
from trivium.rows.table import rows_of
from trivium.storage.canaries import between
from trivium.storage.columns import read_columns, read_results, write_columns, write_results
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, NotStorableError
from trivium.storage.estimators import ROWS, EstimatorCodec
from trivium.storage.frame import Arrays
from trivium.storage.labels import classes_of, labels_written

_FLOATS = ("float64", "float32")
_RULES = ("uniform", "distance")
_MOST_THREADS = 1 << 12
_GREATEST = float(np.finfo(np.float64).max)


class Search(EstimatorCodec):
    """`NearestNeighbors`, and what all neighbours estimators have of it."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write rows, and those that weigh nothing, with the numbers that they had."""
        check_is_fitted(model, "_index")
        index, metric = model._index, model._metric()
        if (metric.name, metric.measure, metric.given) != (
            index.metric.name,
            index.metric.measure,
            index.metric.given,
        ) or not _same_function(metric.function, index.metric.function):
            raise NotStorableError("the metric has been set to another since the fit: fit again")
        if model._reads_rows:
            raise NotStorableError(
                f"the training rows are {model._rows_place}, not in memory, and a saved model "
                "holds them: fit to an array of them, or fit again where they are"
            )
        write_columns(model, written)
        _write_rows(written, "rows", index.own_points())
        if model._weightless_numbers.size:
            _write_rows(written, "weightless", model._weightless)
            written.put("weightless.numbers", model._weightless_numbers.astype(np.int64))

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Index the rows again."""
        columns = read_columns(model, stored)
        jobs = model.n_jobs
        if jobs is not None and not (type(jobs) is int and 0 < abs(jobs) <= _MOST_THREADS):
            raise Malformed(f"n_jobs={jobs!r:.40} is no number of threads")
        metric = model._metric()
        points = _rows_of(stored, "rows", _columns_in_space(metric, columns, stored))
        n_rows, light = points.shape[0], np.empty(0, dtype=np.intp)
        model._weightless, model._weightless_numbers, model._kept = (
            np.empty((0, columns)),
            light,
            None,
        )
        if stored.has("weightless.numbers"):
            weightless = _rows_of(stored, "weightless", columns)
            n_given = n_rows + weightless.shape[0]
            light = stored.array(
                "weightless.numbers", "int64", weightless.shape[:1], least=0, most=n_given - 1
            ).astype(np.intp)
            if np.any(np.diff(light) <= 0):
                raise stored.wrong("weightless.numbers", "not rising")
            model._weightless, model._weightless_numbers = weightless, light
            model._kept = np.delete(np.arange(n_given), light)
        if metric.given and n_rows + light.size != columns:
            raise Malformed(f"columns are {columns}, and there are {n_rows + light.size} rows")
        if metric.of_directions and not _are_directions(points):
            raise Malformed("rows are not of length one")
        if metric.check is not None and len(light):
            metric.check(model._weightless, light)
        model._index = Index(
            rows_of(points),
            metric=metric,
            algorithm=model.algorithm,
            n_jobs=model.n_jobs,
            k=model._expected_neighbors(n_rows),
            names=getattr(model, "feature_names_in_", None),
            kept=model._kept,
            in_space=True,
        )

    def canaries(self, model: Any, m: int) -> Any:
        """Make rows between the least and the greatest values of the columns."""
        points = model._index.own_points()
        if isinstance(points, Csr):
            least, most = points.column_ranges()
        else:
            least, most = points.min(axis=0), points.max(axis=0)
        d = model.n_features_in_
        if model._index.metric.given:
            return between(np.full(d, float(least.min())), np.full(d, float(most.max())), m)
        return between(least[:d], most[:d], m)

    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Distances to the nearest rows."""
        return {"distances": self._near(model, rows)[0]}

    def rows_kept(self, model: Any) -> int:
        """Count the training rows that the file holds."""
        return int(model._n_given())

    def _n_neighbors(self, model: Any) -> Any:
        return model.n_neighbors

    def _near(self, model: Any, rows: Any) -> Any:
        k = min(self._n_neighbors(model), model.n_samples_fit_)
        return model.kneighbors(rows, k)

    def fingerprint(self, model: Any, written: Written) -> tuple[int | None, str, Arrays]:
        """Return the training rows, their classes and weights."""
        return self.rows_kept(model), ROWS, written.own_arrays()


class Votes(Search):
    """`KNeighborsClassifier`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write rows, their classes and weights, and how they vote."""
        super().write_learnt(model, written)
        voters, folds = model._voters, model._folds
        if callable(voters.rule):
            raise NotStorableError(
                "weights is a function, and a file of data holds no code: fit with 'uniform' or "
                "'distance'"
            )
        written.record["classes"] = labels_written(model.classes_)
        written.record["rule"] = voters.rule
        written.put("codes", voters.codes.astype(np.int64))
        if model._row_weights is not None:
            written.put("row_weights", model._row_weights)
        written.record["least_of_folds"] = None if folds is None else folds.least
        if folds is not None:
            for name in ("voting", "fold_of"):
                written.put(f"folds.{name}", getattr(folds, name).astype(np.int64))
            for name in ("weights", "factors", "greatest", "mean", "whole", "keeps"):
                written.put(f"folds.{name}", getattr(folds, name))

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give rows their votes."""
        super().read_learnt(model, stored)
        n = model._index.n_rows
        model.classes_ = classes_of(stored.value("classes"))
        rule: Any = stored.choice("rule", _RULES)
        codes = _codes(stored, n, model.classes_.size)
        model._voters = Voters(codes, model.classes_.size, rule, model.n_jobs)
        model._row_weights = _row_weights(stored, n)
        model._folds = _folds(stored, codes, model.classes_.size, model._n_given())
        model._rule()

    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Distances, and shares of the votes where no two rows are as far as the last one."""
        distances = self._near(model, rows)[0]
        k = distances.shape[1]
        more = model.kneighbors(rows, min(k + 1, model.n_samples_fit_), True)[0]
        shares = model.predict_proba(rows)
        apart = np.ones(len(shares), dtype=np.bool_)
        if model._row_weights is None and more.shape[1] > k:
            apart = more[:, k] - more[:, k - 1] > 1e-6 * more[:, k]
        if model._row_weights is not None:
            apart[:] = False
        shares[~apart] = 0.0
        return {"distances": distances, "shares": shares}


class ChosenVotes(Votes):
    """`KNeighborsClassifierCV`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write what `KNeighborsClassifier` has, and how the number of neighbours was chosen."""
        check_is_fitted(model, "n_neighbors_")
        super().write_learnt(model, written)
        written.record["n_neighbors"] = int(model.n_neighbors_)
        written.record["best_score"] = float(model.best_score_)
        write_results(model, written)

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Give it the number chosen."""
        super().read_learnt(model, stored)
        read_results(model, stored, "n_neighbors")
        model.n_neighbors_ = stored.integer("n_neighbors", 1)
        model.best_score_ = stored.number("best_score")

    def _n_neighbors(self, model: Any) -> Any:
        return model.n_neighbors_


class Densities(Search):
    """`KNeighborsDensity`."""

    def write_learnt(self, model: Any, written: Written) -> None:
        """Write rows, their weights and, where they have some, classes."""
        check_is_fitted(model, "_balls")
        super().write_learnt(model, written)
        by_class = model._by_class
        written.record["classes"] = None
        written.record["fitted_volume"] = "shared"
        if model._balls._weights is not None:
            written.put("row_weights", model._balls._weights)
        if by_class is None:
            return
        written.record["classes"] = labels_written(model.classes_)
        if isinstance(by_class, ClassBalls):
            written.record["fitted_volume"] = "per_class"
        written.put("codes", by_class.codes.astype(np.int64))

    def read_learnt(self, model: Any, stored: Stored) -> None:
        """Make the balls again."""
        super().read_learnt(model, stored)
        n, weights = model._index.n_rows, _row_weights(stored, model._index.n_rows)
        model._balls = Balls(model._index, weights)
        model._check_neighbors(model._balls, None, own=False)
        classes = stored.value("classes")
        volume = stored.choice("fitted_volume", ("shared", "per_class"))
        if classes is None:
            model._by_class = None
            return
        model.classes_ = classes_of(classes)
        codes = _codes(stored, n, model.classes_.size)
        mass = np.bincount(codes, weights, minlength=model.classes_.size)
        model.class_prior_ = mass / mass.sum()
        if volume == "shared":
            model._by_class = SharedBalls(model._balls, codes, model.class_prior_)
        else:
            rows = rows_of(model._index.own_points(), codes, model.classes_.size)
            given = LabelledRows(rows, model.classes_, None, n)
            model._by_class = model._class_balls(given, weights)

    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Densities."""
        return {"densities": model.score_samples(rows)}


CODECS = {
    codec.kind.__name__: codec
    for codec in (
        Search(NearestNeighbors),
        Votes(KNeighborsClassifier),
        ChosenVotes(KNeighborsClassifierCV),
        Densities(KNeighborsDensity),
    )
}
"""By the name of the class."""


def _write_rows(written: Written, name: str, rows: Any) -> None:
    sparse = as_csr(rows)
    if sparse is None:
        written.put(name, rows)
        return
    written.record[f"{name}_shape"] = list(sparse.shape)
    written.put(f"{name}.data", sparse.data[sparse.stored])
    written.put(f"{name}.indices", sparse.indices[sparse.stored])
    written.put(f"{name}.indptr", sparse.indptr - sparse.indptr[0])


def _rows_of(stored: Stored, name: str, columns: int) -> Any:
    """Hand out rows, dense or sparse."""
    if stored.has(name):
        rows = stored.array(name, _FLOATS, (None, columns))
        if rows.size == 0:
            raise stored.wrong(name, "without a row")
        return rows
    data = stored.array(f"{name}.data", _FLOATS, (None,))
    shape = stored.value(f"{name}_shape")
    if not isinstance(shape, list) or [type(each) for each in shape] != [int, int]:
        raise stored.wrong(f"{name}_shape", "no shape")
    n, d = shape
    if d != columns:
        raise stored.wrong(f"{name}_shape", "not that of the columns")
    indices = stored.array(f"{name}.indices", ("int32", "int64"), data.shape, least=0, most=d - 1)
    indptr = stored.array(f"{name}.indptr", indices.dtype, (None,), least=0, most=data.size)
    if not 1 <= n == indptr.size - 1:
        raise stored.wrong(f"{name}_shape", "not that of the rows")
    if indptr[0] != 0 or indptr[-1] != data.size or np.any(np.diff(indptr) < 0):
        raise stored.wrong(f"{name}.indptr", "not rising from zero to all that is stored")
    within = np.ones(max(data.size - 1, 0), dtype=np.bool_)
    firsts = indptr[1:-1]
    within[firsts[(firsts > 0) & (firsts < data.size)] - 1] = False
    if np.any(np.diff(indices)[within] <= 0):
        raise stored.wrong(f"{name}.indices", "not rising in every row")
    return Csr(data, indices, indptr, (n, d))


def _columns_in_space(metric: Metric, columns: int, stored: Stored) -> int:
    """Return how many columns rows have where the metric is computed."""
    if metric.given:  # one for each row that weighs something
        return columns - stored.length("weightless.numbers")
    return columns + metric.of_directions


def _are_directions(points: Any) -> bool:
    """Whether rows have length one, but for rounding."""
    sparse = as_csr(points)
    if sparse is None:
        lengths = np.einsum("ij,ij->i", points, points, dtype=np.float64)
    else:
        rows = np.repeat(np.arange(sparse.shape[0]), np.diff(sparse.indptr))
        with np.errstate(over="ignore"):
            lengths = np.bincount(rows, np.square(sparse.data), minlength=sparse.shape[0])
    return bool(np.all(np.abs(lengths - 1.0) < 1e-6))


def _same_function(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    if one.metric != other.metric or set(one.params) != set(other.params):
        return False
    return all(np.array_equal(one.params[name], other.params[name]) for name in one.params)


def _codes(stored: Stored, n: int, n_classes: int) -> Indices:
    return stored.array("codes", "int64", (n,), least=0, most=n_classes - 1).astype(np.intp)


def _row_weights(stored: Stored, n: int) -> Any:
    if not stored.has("row_weights"):
        return None
    weights = stored.array("row_weights", "float64", (n,), most=_GREATEST)
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not (weights > 0.0).all() or not np.isfinite(total):
        raise stored.wrong("row_weights", "not positive everywhere")
    return weights


def _folds(stored: Stored, codes: Indices, n_classes: int, n_given: int) -> Folds | None:
    least = stored.value("least_of_folds")
    if least is None:
        return None
    if type(least) is not float or not 0.0 <= least < np.inf:
        raise stored.wrong("least_of_folds", "no weight")
    n = codes.size
    factors = stored.array("folds.factors", "float64", (None, n_classes), least=0.0)
    n_folds = factors.shape[0]
    voting = stored.array("folds.voting", "int64", (n,), least=0, most=n_given - 1)
    if np.any(np.diff(voting) <= 0):
        raise stored.wrong("folds.voting", "not rising")
    fold_of = stored.array("folds.fold_of", "int64", (n,), least=0, most=n_folds - 1)
    whole = stored.array("folds.whole", "bool", (n_folds,))
    weights = stored.array("folds.weights", "float64", (n,), least=0.0)
    greatest, mean, keeps = (
        stored.array(f"folds.{name}", "float64", (n_folds,), least=0.0)
        for name in ("greatest", "mean", "keeps")
    )
    if not (weights.min() > 0.0 and greatest.min() > 0.0 and mean.min() > 0.0):
        raise stored.wrong("folds", "not of positive weights")
    places = voting.astype(np.intp), fold_of.astype(np.intp)
    return Folds(places[0], codes, weights, places[1], factors, greatest, mean, whole, keeps, least)
