"""The suite: its cases in the order of the page."""

from benchmarks.harness.suite import Suite
from benchmarks.softmax.fits import (
    classification_case,
    digits_case,
    images_case,
    small_case,
    sparse_case,
    square_case,
    two_classes_case,
)
from benchmarks.softmax.page import GOALS, section
from benchmarks.softmax.singles import latency_case, memory_case

SUITE = Suite(
    name="softmax",
    title="Softmax regression",
    packages=(
        "trivium",
        "scikit-learn",
        "scikit-learn-intelex",
        "scipy",
        "numpy",
        "numba",
        "glum",
        "mlxtend",
        "threadpoolctl",
    ),
    cases={
        "digits": digits_case,
        "classification": classification_case,
        "two_classes": two_classes_case,
        "square": square_case,
        "small": small_case,
        "sparse": sparse_case,
        "images": images_case,
        "memory": memory_case,
        "latency": latency_case,
    },
    section=section,
    goals=GOALS,
)
