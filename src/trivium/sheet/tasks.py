"""The three tasks by number. Each is imported when it runs."""

from collections.abc import Callable

from trivium.sheet.records import TaskResult


def _moons() -> TaskResult:
    from trivium.sheet import moons, moons_errata

    data = moons.Moons()
    title = "Nearest neighbours on two moons"
    return TaskResult(1, title, moons.parts(data), moons_errata.errata(data))


def _outlier() -> TaskResult:
    from trivium.sheet import outlier

    data = outlier.Outlier()
    title = "Least squares with an outlier"
    return TaskResult(2, title, outlier.parts(data), outlier.errata(data))


def _digits() -> TaskResult:
    from trivium.sheet import digits, digits_errata

    data = digits.Digits()
    title = "Softmax regression on digits"
    return TaskResult(3, title, digits.parts(data), digits_errata.errata(data))


TASKS: dict[int, Callable[[], TaskResult]] = {1: _moons, 2: _outlier, 3: _digits}
