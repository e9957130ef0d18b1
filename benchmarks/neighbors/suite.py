"""The suite: its cases in the order of the page."""

from benchmarks.harness.suite import Suite
from benchmarks.neighbors.first_call import first_call_case
from benchmarks.neighbors.grid import grid_case
from benchmarks.neighbors.growth import growth_case
from benchmarks.neighbors.latency import latency_case
from benchmarks.neighbors.leave_one_out import leave_one_out_case
from benchmarks.neighbors.page import GOALS, section
from benchmarks.neighbors.searches import columns_case, digits_case, uniform_case
from benchmarks.neighbors.words import words_case

SUITE = Suite(
    name="neighbors",
    title="Nearest neighbours",
    packages=(
        "trivium",
        "scikit-learn",
        "scikit-learn-intelex",
        "faiss-cpu",
        "usearch",
        "pykdtree",
        "pynanoflann",
        "flannrust",
        "scipy",
        "numpy",
        "numba",
        "mlxtend",
        "threadpoolctl",
    ),
    cases={
        "uniform": uniform_case,
        "digits": digits_case,
        "columns": columns_case,
        "words": words_case,
        "grid": grid_case,
        "leave_one_out": leave_one_out_case,
        "growth": growth_case,
        "latency": latency_case,
        "first_call": first_call_case,
    },
    section=section,
    goals=GOALS,
)
