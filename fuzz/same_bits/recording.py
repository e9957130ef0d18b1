"""What became of a case: digests of what was learnt and answered, errors and warnings."""

import hashlib
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy import sparse

from fuzz.same_bits.tables import NotInstalled

COUNTS = ("n_passes_", "n_reads_")
"""Attributes that count how often rows are read: no part of the result."""

_TIMES = ("time", "seconds")
_NOT_ASKED = ("fit", "forget", "get_", "partial_fit", "set_")

_MORE: Mapping[str, tuple[dict[str, Any], ...]] = {
    "kneighbors": ({"n_neighbors": 2, "return_distance": False},),
    "kneighbors_graph": ({"mode": "distance"}, {"n_neighbors": 1}),
    "radius_neighbors": ({"sort_results": True}, {"return_distance": False}),
    "radius_neighbors_graph": ({"mode": "distance"},),
}
"""Keywords with which a method is asked once more."""

_MANY_ROWS = 5000  # asked about all of them, only these methods, once
_ABOUT_MANY = ("decision_function", "influence", "kneighbors", "predict", "score_samples")

Facts = dict[str, str]


def digest(value: Any) -> str:
    """Return an array's type, shape and hash; what else there is as it is printed."""
    if isinstance(value, np.ndarray) and value.dtype == np.longdouble:  # some bytes are padding
        nearest = value.astype(np.float64)
        return f"long {digest(nearest)}, {digest((value - nearest).astype(np.float64))}"
    if isinstance(value, np.ndarray) and value.dtype != object:
        told = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.dtype.str} {value.shape} {told[:20]}"
    if isinstance(value, np.ndarray):
        parts = "\n".join(digest(each) for each in value.ravel())
        return f"objects {value.shape} {hashlib.sha256(parts.encode()).hexdigest()[:20]}"
    if isinstance(value, np.generic | int | float | str | None):
        return repr(value)
    return type(value).__name__


def facts(value: Any, name: str, depth: int = 2) -> Iterator[tuple[str, str]]:
    """Name the arrays, numbers and strings in a value, each with its digest.

    Parameters
    ----------
    value : object
        Dicts, lists, tuples and sparse matrices are entered; so are other objects, for their
        public attributes.
    name : str
    depth : int
        Of objects within objects, so many are entered.
    """
    if isinstance(value, dict):
        for key, each in value.items():
            yield from facts(each, f"{name}[{key!r}]", depth)
    elif isinstance(value, list | tuple):
        yield name, f"{type(value).__name__} of {len(value)}"
        for number, each in enumerate(value):
            yield from facts(each, f"{name}[{number}]", depth)
    elif sparse.issparse(value):
        parts: Any = value
        yield name, f"{type(value).__name__} {parts.shape}"
        for part in ("data", "indices", "indptr"):
            yield f"{name}.{part}", digest(getattr(parts, part))
    else:
        yield name, digest(value)
        if depth > 0 and type(value).__module__.startswith("trivium."):
            for attribute in attributes(value):
                yield from facts(getattr(value, attribute), f"{name}.{attribute}", depth - 1)


def attributes(model: Any) -> list[str]:
    """Return the names of an object's public data; of an estimator, of what it has learnt."""
    learner = hasattr(model, "get_params")
    names = []
    for name in sorted({*vars(model), *dir(type(model))}):
        if name.startswith("_") or name.endswith("__") or (learner and not name.endswith("_")):
            continue
        if any(part in name for part in _TIMES):
            continue
        try:
            value = getattr(model, name)
        except AttributeError:  # a property of what was not learnt
            continue
        if not callable(value):
            names.append(name)
    return names


def methods(model: Any) -> list[str]:
    """Return the names of an estimator's methods that answer something."""
    found = inspect.getmembers(type(model), inspect.isroutine)
    return [name for name, _ in found if not name.startswith(("_", *_NOT_ASKED))]


class Recorder:
    """Collects what happens, under names.

    Attributes
    ----------
    facts : dict of str
    counts : dict of str
        Of what is in `COUNTS`.
    """

    def __init__(self) -> None:
        self.facts: Facts = {}
        self.counts: Facts = {}

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        """Call a function; note its warnings, and its result or its error.

        Returns
        -------
        object or None
            The result; None after an error.
        """
        result = None
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                result = function()
                self.facts |= facts(result, name, depth=0 if hasattr(result, "fit") else 1)
            except NotInstalled as missing:
                self.facts[name] = f"skipped: {missing}"
            except Exception as error:  # what a call raises is recorded, too
                self.facts[name] = f"{type(error).__name__}: {error}"
        for number, each in enumerate(heard):
            told = f"{each.category.__name__}: {each.message}"
            self.facts[f"{name}, warning {number}"] = told
        return result

    def learnt(self, name: str, model: Any) -> None:
        """Note what an estimator has learnt."""
        for attribute in attributes(model):
            noted = self.counts if attribute in COUNTS else self.facts
            noted |= facts(getattr(model, attribute), f"{name}{attribute}")

    def ask(
        self, name: str, model: Any, queries: Mapping[str, Any], y: Any = None, weight: Any = None
    ) -> None:
        """Ask every method about every query, with arguments by the names of its parameters.

        Parameters
        ----------
        name : str
            Before the names of what is noted.
        model : object
        queries : mapping of array-like
            By name. Methods that take labels, too, are asked only about those as long as `y`.
        y, weight : array-like of shape (n,), or None
        """
        n_rows = max(len(X) for X in queries.values() if X is not None)
        for method in methods(model):
            if not hasattr(model, method):
                self.facts[f"{name}{method}"] = "not there"
                continue
            takes = inspect.signature(getattr(model, method)).parameters
            if "y" in takes and y is None:
                continue
            given: dict[str, Any] = {"ks": [2, 3, 5], "y": y}
            words = {key: value for key, value in given.items() if key in takes}
            more = [*_MORE.get(method, ()), *([{"ks": [1]}] if "ks" in takes else [])]
            weighed = "sample_weight" in takes and weight is not None
            for about, X in queries.items():
                if "y" in takes and X is not None and len(X) != len(y):
                    continue
                many = n_rows > _MANY_ROWS and (X is None or len(X) > _MANY_ROWS)
                if many and method not in _ABOUT_MANY:
                    continue
                extra = [*([] if many else more), *([{"sample_weight": weight}] if weighed else [])]
                for each in ({}, *extra):
                    self._ask(name, model, method, about, X, words | each)

    def _ask(
        self, name: str, model: Any, method: str, about: str, X: Any, words: dict[str, Any]
    ) -> None:
        plain = [f"{key}={words[key]!r}" for key in words if key not in ("y", "sample_weight")]
        if "sample_weight" in words:
            plain.append("weighed")
        asked = f"{name}{method}({', '.join([about, *plain])})"
        answer = self.call(asked, lambda: getattr(model, method)(X, **words))
        if hasattr(answer, "loo_coef"):
            self.call(f"{asked}.loo_coef", lambda: answer.loo_coef([0, 5, 2]))
