"""Cases: one row at a time, and memory."""

from sklearn.datasets import load_digits

from benchmarks.harness.results import Case
from benchmarks.harness.timing import Conditions
from benchmarks.least_squares.peers import MODELS
from benchmarks.linear.latency import race_single_rows
from benchmarks.linear.memory import memory_of_fits


def latency_case(conditions: Conditions) -> Case:
    """Predict the class of single rows, two classes and ten."""
    X, y = load_digits(return_X_y=True)
    X = X[:, X.std(axis=0) > 0]
    size = f"digits, {len(X):,} rows, {X.shape[1]} columns"
    races = [
        race_single_rows(f"class of one row: {size}, ten classes", MODELS, X, y, conditions),
        race_single_rows(f"class of one row: {size}, odd or even", MODELS, X, y % 2, conditions),
    ]
    return Case("latency", races)


def memory_case(conditions: Conditions) -> Case:
    """Measure fits in processes of their own."""
    n, d = conditions.size(200_000, 20_000), conditions.size(100, 20)
    return Case("memory", figures={"memory": memory_of_fits("least_squares", MODELS, n, d, 2)})
