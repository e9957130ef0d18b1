"""scikit-learn's own tests of its neighbours, with Trivium's classes in place of scikit-learn's.

``python -m fuzz.sklearn_neighbors_tests`` puts `KNeighborsClassifier` and `NearestNeighbors` into
`sklearn.neighbors` before scikit-learn's module of tests is imported, runs it, and counts those
tests that make an object of one of the two. What fails is listed by test, with its first error.
"""

import argparse
import collections
import functools
import re
from typing import Any

import pytest
import sklearn.neighbors

import trivium

SWAPPED = ("KNeighborsClassifier", "NearestNeighbors")
TESTS = "sklearn.neighbors.tests.test_neighbors"


class Counter:
    """A plugin of pytest that keeps the outcome of the tests that touch our classes."""

    def __init__(self) -> None:
        self.touched = False
        self.passed: list[str] = []
        self.failed: dict[str, list[tuple[str, str]]] = collections.defaultdict(list)

    def swap(self) -> None:
        """Put our classes in, so that each notices when an object is made."""
        for name in SWAPPED:
            ours = getattr(trivium, name)
            self._notice(ours)
            setattr(sklearn.neighbors, name, ours)

    def _notice(self, ours: Any) -> None:
        make = ours.__init__

        @functools.wraps(make)
        def noticed(*args: Any, **kwargs: Any) -> None:
            self.touched = True
            make(*args, **kwargs)

        ours.__init__ = noticed

    def pytest_runtest_setup(self) -> None:
        """Forget the test before."""
        self.touched = False

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """Note what came of a test."""
        outcome = yield
        report = outcome.get_result()
        if report.when != "call" or not self.touched:
            return
        if report.passed:
            self.passed.append(item.nodeid)
        elif report.failed:
            error = f"{call.excinfo.typename}: {call.excinfo.value}".splitlines()[0]
            self.failed[item.originalname].append((item.name, error))


def main() -> None:
    """Run the tests and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="tests whose names match, as pytest's -k")
    parser.add_argument("--all", action="store_true", help="list every failing test, not groups")
    asked = parser.parse_args()
    report(Counter(), TESTS, only=asked.only, every=asked.all)


def report(counter: Counter, tests: str, *, only: str, every: bool) -> None:
    """Run a module of tests with our classes in their places, and print what came of it."""
    counter.swap()
    options = ["-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore"]
    options += ["-r", "", "-o", "addopts=", "-o", "filterwarnings=", "--no-summary"]
    pytest.main([*options, "-k", only, "--pyargs", tests], plugins=[counter])
    n_failed = sum(map(len, counter.failed.values()))
    print(f"\n{len(counter.passed)} of {len(counter.passed) + n_failed} tests that touch us pass")
    for test, failures in sorted(counter.failed.items(), key=lambda group: -len(group[1])):
        errors = collections.Counter(re.sub(r"\d+", "#", error[:150]) for _, error in failures)
        print(f"{len(failures):4d} {test}")
        for error, count in errors.most_common(len(errors) if every else 3):
            print(f"     {count:4d} {error}")
        if every:
            for name, error in failures:
                print(f"          {name}: {error[:200]}")


if __name__ == "__main__":
    main()
