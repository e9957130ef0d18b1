"""Cases: one row at a time, and memory."""

from functools import partial

from sklearn.datasets import load_digits

from benchmarks.harness.results import Case
from benchmarks.harness.timing import Conditions
from benchmarks.linear.latency import race_single_rows
from benchmarks.linear.memory import memory_of_fits
from benchmarks.softmax.peers import LOGISTIC, MODELS, TRIVIUM, classifier, logistic


def latency_case(conditions: Conditions) -> Case:
    """Predict the class of single rows."""
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    models = {
        TRIVIUM: partial(classifier, 1.0 / len(X)),
        LOGISTIC: partial(logistic, "newton-cg", tol=1e-6, max_iter=1_000),
    }
    label = f"class of one row: digits, {len(X):,} rows, {X.shape[1]} columns, ten classes"
    return Case("latency", [race_single_rows(label, models, X, y, conditions)])


def memory_case(conditions: Conditions) -> Case:
    """Measure fits in processes of their own."""
    n, d = conditions.size(200_000, 20_000), conditions.size(100, 20)
    return Case("memory", figures={"memory": memory_of_fits("softmax", MODELS, n, d, 5)})
