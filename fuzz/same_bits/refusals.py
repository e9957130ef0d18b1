"""Calls that are refused: which error, in which words."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

import trivium
from fuzz.same_bits.recording import Recorder
from fuzz.same_bits.tables import table

ESTIMATORS = (
    "KNeighborsClassifier",
    "KNeighborsClassifierCV",
    "KNeighborsDensity",
    "LeastSquaresClassifier",
    "LeastSquaresClassifierCV",
    "NearestNeighbors",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
)

_X, _y, _ = table("iris")
_n = len(_X)


def _with(value: Any, kind: Any = np.float64) -> Any:
    X = _X.astype(kind)
    X[70, 2] = value
    return X


_ROWS: dict[str, Any] = {
    "NaN": _with(np.nan),
    "infinity": _with(-np.inf),
    "NaN in float32": _with(np.nan, np.float32),
    "beyond 1e300": _with(1e305),
    "None among objects": _with(None, object),
    "words": _with("five", object),
    "strings": _X.astype(str),
    "complex": _with(1j, complex),
    "dates": _X.astype("datetime64[s]"),
    "masked": np.ma.masked_greater(_X, 7),
    "sparse": sparse.csr_array(_X),
    "one axis": _X[:, 0],
    "three axes": _X[None],
    "no rows": _X[:0],
    "no columns": _X[:, :0],
    "ragged": [[1.0, 2.0], [3.0]],
    "one row": _X[:1],
    "scalar": 3.0,
    "nothing": None,
}

_LABELS: dict[str, Any] = {
    "one class": np.zeros(_n),
    "NaN": np.where(_y > 1, np.nan, _y),
    "continuous": _y + np.linspace(0.0, 0.3, _n),
    "two columns": np.column_stack([_y, _y]),
    "too few": _y[:-1],
    "too many": np.r_[_y, 0],
    "mixed": np.array(["a", 1, None] * (_n // 3), dtype=object),
    "nothing": None,
    "masked": np.ma.masked_greater(_y, 1),
    "each its own": np.arange(_n),
}

_WEIGHTS: dict[str, Any] = {
    "negative": np.where(np.arange(_n) == 5, -1.0, 1.0),
    "all zero": np.zeros(_n),
    "NaN": np.where(np.arange(_n) == 5, np.nan, 1.0),
    "infinite": np.where(np.arange(_n) == 5, np.inf, 1.0),
    "too few": np.ones(_n - 1),
    "two axes": np.ones((_n, 2)),
    "words": np.array(["heavy"] * _n),
    "one class left": (_y == 1) * 1.0,
    "number": 3.0,
}

_VALUES: tuple[Any, ...] = (
    None,
    "nonsense",
    -1,
    0,
    200,
    2.5,
    np.nan,
    np.inf,
    True,
    [],
    {"a": 1},
    object,
)


def _asked(model: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Ask a fitted model what it does not answer."""
    for name in ("predict", "predict_proba", "decision_function", "kneighbors", "score_samples"):
        if hasattr(model, name):
            for what, X in (_ROWS | {"narrow": _X[:, :3], "broad": np.hstack([_X, _X])}).items():
                yield f"{name} of {what}", partial(getattr(model, name), X)
    for name in ("score", "influence"):
        if hasattr(model, name):
            for what, y in (_LABELS | {"unknown": _y + 7, "strings": _y.astype(str)}).items():
                yield f"{name} with labels: {what}", partial(getattr(model, name), _X, y)
            for what, w in _WEIGHTS.items():
                yield (
                    f"{name} with weights: {what}",
                    partial(getattr(model, name), _X, _y, sample_weight=w),
                )
    for name in ("kneighbors", "kneighbors_graph"):
        for value in _VALUES if hasattr(model, name) else ():
            yield f"{name} of {value!r}", partial(getattr(model, name), _X[:3], value)
    for name in ("radius_neighbors", "predict_path", "score_samples_path"):
        for value in _VALUES if hasattr(model, name) else ():
            yield f"{name} of {value!r}", partial(getattr(model, name), _X[:3], value)


def _parts(make: Callable[..., Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Add and forget what cannot be."""
    for method in ("partial_fit", "forget"):
        if not hasattr(make(), method):
            continue
        yield f"{method} before anything", partial(getattr(make(), method), _X, _y)
        for what, X in _ROWS.items():
            yield f"{method} of {what}", partial(getattr(make().fit(_X, _y), method), X, _y)
        for what, y in (_LABELS | {"unknown": _y + 7}).items():
            again = getattr(make().fit(_X, _y), method)
            yield f"{method} with labels: {what}", partial(again, _X, y)
        for what, w in _WEIGHTS.items():
            again = getattr(make().fit(_X, _y), method)
            yield f"{method} with weights: {what}", partial(again, _X, _y, sample_weight=w)
        again = getattr(make().fit(_X, _y), method)
        yield f"{method} of other rows", partial(again, _X + 50.0, _y)


def _calls(make: Callable[..., Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name what is asked of an estimator."""
    for what, X in _ROWS.items():
        yield f"fit of {what}", partial(make().fit, X, _y)
    for what, y in _LABELS.items():
        yield f"fit with labels: {what}", partial(make().fit, _X, y)
    for what, w in _WEIGHTS.items():
        yield f"fit with weights: {what}", partial(make().fit, _X, _y, sample_weight=w)
    for parameter in make().get_params():
        for value in _VALUES:
            model = make(**{parameter: value})
            yield f"fit with {parameter}={value!r}", partial(model.fit, _X, _y)
    for method in ("predict", "kneighbors", "score_samples", "decision_function"):
        if hasattr(make(), method):
            yield f"{method} before fit", partial(getattr(make(), method), _X)
    yield "an unknown parameter", partial(make, nonsense=1)
    yield from _asked(make().fit(_X, _y))
    yield from _parts(make)


def _refusal(name: str, recorder: Recorder) -> None:
    for what, call in _calls(getattr(trivium, name)):
        recorder.call(what, call)


def refusals() -> Iterator[tuple[str, Callable[[Recorder], None]]]:
    """Name each estimator's refusals, with the function that notes them."""
    for name in ESTIMATORS:
        yield f"refusals of {name}", partial(_refusal, name)
