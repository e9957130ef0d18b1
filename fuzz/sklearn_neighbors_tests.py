"""scikit-learn's own tests of its neighbours, with Trivium's classes in place of scikit-learn's.

``python -m fuzz.sklearn_neighbors_tests`` puts `KNeighborsClassifier` and `NearestNeighbors` into
`sklearn.neighbors` before scikit-learn's module of tests is imported, runs it, and counts those
tests that make an object of one of the two. What fails is listed by test, with its first error.
"""

import sklearn.neighbors

import trivium
from fuzz.sklearn_tests import run

SWAPPED = ("KNeighborsClassifier", "NearestNeighbors")
TESTS = "sklearn.neighbors.tests.test_neighbors"

if __name__ == "__main__":
    run({name: getattr(trivium, name) for name in SWAPPED}, sklearn.neighbors, TESTS, __doc__)
