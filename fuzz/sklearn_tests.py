"""A module of scikit-learn's own tests, run with our classes in place of its own."""

import argparse
import collections
import functools
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest


class Counter:
    """A plugin of pytest that keeps the outcome of the tests that make an object of given classes.

    Parameters
    ----------
    classes : iterable of type
    """

    def __init__(self, classes: Any) -> None:
        self.touched = False
        self.passed: list[str] = []
        self.failed: dict[str, list[tuple[str, str]]] = collections.defaultdict(list)
        for ours in classes:
            self._notice(ours)

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


def run(
    classes: Mapping[str, type], module: ModuleType, tests: str, description: str | None
) -> None:
    """Put classes into scikit-learn's module before its tests are imported, and run these.

    Parameters
    ----------
    classes : mapping of str to type
        By the names that they take there.
    module : module
    tests : str
        Name of the module of tests.
    description : str or None
        What the command says of itself.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", default="", help="tests whose names match, as pytest's -k")
    parser.add_argument("--all", action="store_true", help="list every failing test, not groups")
    asked = parser.parse_args()
    for name, ours in classes.items():
        setattr(module, name, ours)
    counter = Counter(classes.values())
    options = ["-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore"]
    options += ["-r", "", "-o", "addopts=", "-o", "filterwarnings=", "--no-summary"]
    pytest.main([*options, "-k", asked.only, "--pyargs", tests], plugins=[counter])
    _report(counter, every=asked.all)


def _report(counter: Counter, *, every: bool) -> None:
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
