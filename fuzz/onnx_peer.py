"""The command line: ``python -m fuzz.onnx_peer --problems 200``: our models through ONNX.

What `to_sklearn()` returns is converted by skl2onnx and run by onnxruntime, in float64: labels are
the same (but next to ties), and probabilities to 1e-6. It needs ``pip install -e ".[onnx]"``.
"""

import argparse
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from trivium import (
    KNeighborsClassifier,
    LeastSquaresClassifier,
    SoftmaxRegression,
)

_CLOSE = 1e-6


def models(rng: np.random.Generator) -> Iterator[Any]:
    """Yield a model of each kind, unfitted."""
    yield SoftmaxRegression(10.0 ** rng.uniform(-4, 0))
    yield LeastSquaresClassifier(10.0 ** rng.uniform(-4, 0))
    yield LeastSquaresClassifier(0.1, calibration="temperature")
    yield LeastSquaresClassifier(0.1, calibration="sigmoid")
    yield KNeighborsClassifier(int(rng.integers(1, 10)), weights="uniform")


def difference(model: Any, queries: Any) -> str:
    """Say in what the model's ONNX answers otherwise; nothing if in nothing."""
    peer = model.to_sklearn()
    if isinstance(peer, RidgeClassifier):  # whose values skl2onnx has in float32 alone
        peer = _with_the_same_labels(peer)
    graph = to_onnx(
        peer,
        initial_types=[("X", DoubleTensorType([None, queries.shape[1]]))],
        options={id(peer): {"zipmap": False}},
    )
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    labels, told, *_ = session.run(None, {"X": queries})
    apart = np.ones(len(queries), dtype=np.bool_)
    if hasattr(model, "predict_proba"):
        own = model.predict_proba(queries)
        worst = float(np.abs(told - own).max())
        if worst > _CLOSE:
            return f"probabilities differ by {worst:.2g}"
    else:
        own = model.decision_function(queries)
        own = np.column_stack([-own, own]) if own.ndim == 1 else own
    best = np.sort(own, axis=1)
    apart = best[:, -1] - best[:, -2] > _CLOSE
    wrong = np.flatnonzero(apart & (labels != model.predict(queries)))
    return f"{wrong.size} labels differ" if wrong.size else ""


def _with_the_same_labels(ridge: RidgeClassifier) -> LogisticRegression:
    peer = LogisticRegression()
    peer.coef_, peer.intercept_, peer.classes_ = ridge.coef_, ridge.intercept_, ridge.classes_
    peer.n_features_in_ = ridge.n_features_in_
    return peer


def run(problems: int, seed: int) -> int:
    """Ask about so many tables, print what differs, and return how many answers do."""
    wrong = asked = 0
    for number in range(seed, seed + problems):
        rng = np.random.default_rng(number)
        n_classes, d = int(rng.integers(2, 6)), int(rng.integers(1, 12))
        y = np.arange(100) % n_classes
        X = rng.normal(size=(100, d)) + rng.normal(size=(n_classes, d))[y]
        queries = rng.normal(size=(50, d)) * 2.0
        for model in models(rng):
            asked += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found = difference(model.fit(X, y), queries)
                except Exception as error:  # an error is a finding too, and the next is asked
                    found = f"{type(error).__name__}: {error}"
            if found:
                wrong += 1
                print(f"{number} ({model}, {n_classes} classes): {found}", flush=True)
    print(f"{wrong} of {asked} models differ, seeds {seed} to {seed + problems - 1}")
    return wrong


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.onnx_peer", description=__doc__)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    raise SystemExit(run(asked.problems, asked.seed) > 0)


if __name__ == "__main__":
    main()
