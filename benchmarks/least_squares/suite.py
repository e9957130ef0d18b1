"""The suite: its cases in the order of the page."""

from benchmarks.harness.suite import Suite
from benchmarks.least_squares.fits import narrow_case, tall_case, wide_case
from benchmarks.least_squares.influence import boundaries_case, influence_case
from benchmarks.least_squares.page import GOALS, section
from benchmarks.least_squares.singles import latency_case, memory_case
from benchmarks.least_squares.sparse import sparse_case
from benchmarks.linear.accuracy import accuracy_case

SUITE = Suite(
    name="least_squares",
    title="Linear least squares",
    packages=(
        "trivium",
        "scikit-learn",
        "scikit-learn-intelex",
        "statsmodels",
        "glum",
        "scipy",
        "numpy",
        "numba",
        "threadpoolctl",
    ),
    cases={
        "tall": tall_case,
        "wide": wide_case,
        "narrow": narrow_case,
        "sparse": sparse_case,
        "influence": influence_case,
        "boundaries": boundaries_case,
        "memory": memory_case,
        "latency": latency_case,
        "accuracy": accuracy_case,
    },
    section=section,
    goals=GOALS,
)
