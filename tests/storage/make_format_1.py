"""``python -m tests.storage.make_format_1``: write files of format 1, which have to stay readable.

They were written once, and are not to be written again: that they can still be read is the point.
Only those that are not there are written.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse
from sklearn.pipeline import Pipeline, make_pipeline
from tests.storage.zoo import people, table, weights

import trivium
from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    NearestNeighbors,
    SoftmaxRegression,
    SoftmaxRegressionCV,
)
from trivium.preparation.preparation import Preparation
from trivium.tables.look import look
from trivium.tabular.classifier import TabularClassifier
from trivium.tabular.fitting import fit_table

FOLDER = Path(__file__).with_name("format_1")
ANSWERS = FOLDER / "answers.json"
_METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "kneighbors",
    "score_samples",
    "transform",
)


def models():
    """Yield a model of each class, of different kinds of labels and columns, and its name."""
    X, y = table(24, 3)
    w = weights(24)
    days = np.array(["2024-01-31", "2024-02-29", "2024-12-31"], dtype="datetime64[D]")
    frame = pd.DataFrame(X, columns=["length", "width", "ß"])
    sparse = scipy.sparse.csr_array(np.where(np.abs(X) > 1.0, X, 0.0).astype(np.float32))
    large = np.array([-1, 2**64, 10**30], dtype=object)
    yield "nearest", NearestNeighbors(3, metric="cosine").fit(X)
    yield "nearest_sparse", NearestNeighbors(3, p=1).fit(sparse)
    balanced = KNeighborsClassifier(3, class_weight="balanced", weights="distance")
    yield "neighbors", balanced.fit(X, days[y], w)
    yield "neighbors_cv", KNeighborsClassifierCV(5).fit(X, np.array(["a", "NA", ""])[y])
    yield "density", KNeighborsDensity(3, volume="per_class").fit(X, y == 1, w)
    calibrated = LeastSquaresClassifier(calibration="isotonic", robust=True)
    yield "least_squares", calibrated.fit(X, np.array([3, 5, 7], dtype=np.uint8)[y])
    yield "least_squares_cv", LeastSquaresClassifierCV([0.1, 1.0]).fit(frame, large[y])
    yield "softmax", SoftmaxRegression(0.1, class_weight={0: 2.0}).fit(X, y, w)
    yield "softmax_cv", SoftmaxRegressionCV((0.1, 1.0), cv=2).fit(X, y.astype(np.float64))
    rows = people(40)
    seen = look(rows, "label")
    yield "table_least_squares", fit_table(seen, model="least-squares", folds=2)
    yield "table_neighbors", fit_table(seen, model="neighbors", folds=2)
    X, y = rows.drop(columns="label"), rows["label"]
    yield "preparation", Preparation().fit(X)
    yield "pipeline", make_pipeline(Preparation(sparse=True), SoftmaxRegression(0.1)).fit(X, y)


def queries(model):
    """Return rows that a model is asked about."""
    if isinstance(model, (Preparation, Pipeline, TabularClassifier)):
        return people(6, seed=7).drop(columns="label")
    rows = table(6, 3, seed=7)[0]
    names = getattr(model, "feature_names_in_", None)
    return rows if names is None else pd.DataFrame(rows, columns=names)


def told(model):
    """Return what a model answers, as JSON."""
    rows = queries(model)
    found = {name: getattr(model, name)(rows) for name in _METHODS if hasattr(model, name)}
    return {
        name: [np.asarray(part).astype(str).tolist() for part in own]
        if isinstance(own, tuple)
        else np.asarray(own).astype(str).tolist()
        for name, own in found.items()
    }


if __name__ == "__main__":
    answers = json.loads(ANSWERS.read_text(encoding="utf-8"))
    for name, model in models():
        if name not in answers:
            trivium.save(model, FOLDER / f"{name}.safetensors")
            answers[name] = told(model)
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
