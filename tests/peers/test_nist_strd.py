"""Correct digits on the NIST Statistical Reference Datasets, beside the peers'."""

import math

import numpy as np
import pytest
from benchmarks.linear.accuracy import (
    CONTENDERS,
    MOST_DIGITS,
    TRIVIUM,
    digits,
    digits_of_exact,
    log_relative_error,
)
from tests.peers.nist_strd import DATASETS, Dataset, decimal, exact_solution

PEERS = [name for name in CONTENDERS if name != TRIVIUM]
each_dataset = pytest.mark.parametrize("dataset", DATASETS, ids=lambda each: each.name)


def found(name):
    return {dataset.name: digits(dataset, CONTENDERS[name]) for dataset in DATASETS}


@each_dataset
class TestTranscription:
    """Rational arithmetic on the published decimals proves every certified value."""

    def test_estimates(self, dataset):
        solution = exact_solution(dataset.exact_rows(), dataset.exact_target())
        for exact, certified in zip(solution.coef, dataset.coef, strict=True):
            assert abs(exact - decimal(certified)) <= 5e-15 * abs(exact)

    def test_standard_deviations(self, dataset):
        solution = exact_solution(dataset.exact_rows(), dataset.exact_target())
        sizes = [*solution.variance, solution.residual_variance]
        for exact, certified in zip(sizes, (*dataset.sd, dataset.residual_sd), strict=True):
            assert math.sqrt(exact) == pytest.approx(certified, rel=5e-15, abs=0)

    def test_a_wrong_digit_is_noticed(self, dataset):
        y = dataset.exact_target()
        y[1] += decimal(1e-5) * abs(y[1])
        solution = exact_solution(dataset.exact_rows(), y)
        assert log_relative_error(map(float, solution.coef), dataset.coef) < 12


def test_exact_solution_of_a_small_problem():
    rows = [[decimal(float(v)) for v in row] for row in ([1, 0], [1, 1], [1, 2])]
    solution = exact_solution(rows, [decimal(v) for v in (0.0, 1.0, 5.0)])
    assert solution.coef == [decimal(-0.5), decimal(2.5)]
    assert solution.residual_variance == decimal(1.5)
    assert solution.variance == [decimal(1.25), decimal(0.75)]


def test_columns_are_the_powers():
    dataset = Dataset("", ((3.0,), (0.1,)), (0.0, 0.0), (), (), 0.0, powers=(1, 2, 3))
    np.testing.assert_array_equal(dataset.columns(), [[3.0, 9.0, 27.0], [0.1, 0.01, 0.001]])


@pytest.mark.parametrize(
    ("value", "certified", "expected"),
    [
        (1.001, 1.0, 3.0),
        (-2.0, -2.0, MOST_DIGITS),
        (1e-4, 0.0, 4.0),
        (0.0, 0.0, MOST_DIGITS),
        (7.0, 1.0, 0.0),
        (math.nan, 1.0, 0.0),
        (math.inf, 1.0, 0.0),
    ],
)
def test_log_relative_error(value, certified, expected):
    assert log_relative_error([value], [certified]) == pytest.approx(expected)
    assert log_relative_error([3.0, value], [3.0, certified]) == pytest.approx(expected)


def test_mean_of_correct_digits():
    assert np.mean([correct for correct, _ in found(TRIVIUM).values()]) >= 11.0


def test_filip_on_raw_columns():
    """No answer can be better than that for the rounded columns but by chance."""
    filip = next(dataset for dataset in DATASETS if dataset.name == "Filip")
    correct, _ = digits(filip, CONTENDERS[TRIVIUM])
    assert correct >= 7.0
    assert correct >= digits_of_exact(filip) - 0.3


@each_dataset
def test_no_column_is_dropped(dataset):
    _, dropped = digits(dataset, CONTENDERS[TRIVIUM])
    assert dropped == 0


@pytest.mark.parametrize("peer", PEERS)
def test_beside_a_peer(peer):
    """Nowhere much worse, and better on the whole."""
    theirs, ours = found(peer), found(TRIVIUM)
    for name, (correct, _) in theirs.items():
        assert ours[name][0] >= correct - 1.0, name
    assert np.mean([each for each, _ in ours.values()]) > np.mean(
        [each for each, _ in theirs.values()]
    )
