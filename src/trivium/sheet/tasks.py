"""The three tasks by number. Each is imported when it runs."""

from collections.abc import Callable

from trivium.sheet.records import TaskResult


def _moons() -> TaskResult:
    from trivium.sheet import moons, moons_densities, moons_errata

    data = moons.Moons()
    parts = (
        moons.data_part(data),
        moons.five_part(data),
        moons.sweep_part(data),
        moons_densities.density_part(data),
        moons.question_part(data),
    )
    title = "Nearest neighbours on two moons"
    return TaskResult(1, title, parts, moons_errata.errata(data), moons.lesson(data))


def _outlier() -> TaskResult:
    from trivium.sheet import outlier, outlier_errata

    data = outlier.Outlier()
    title = "Least squares with an outlier"
    errata = outlier_errata.errata(data)
    return TaskResult(2, title, outlier.parts(data), errata, outlier.lesson(data))


def _digits() -> TaskResult:
    from trivium.sheet import digits, digits_errata, digits_pictures

    data = digits.Digits()
    parts = (
        digits.gradient_part(data),
        digits.descent_part(data),
        digits_pictures.pictures_part(data),
        digits_pictures.optimum_part(data),
    )
    title = "Softmax regression on digits"
    return TaskResult(3, title, parts, digits_errata.errata(data), digits.lesson(data))


TASKS: dict[int, Callable[[], TaskResult]] = {1: _moons, 2: _outlier, 3: _digits}
