import numpy as np
import pytest
from scipy.stats import binomtest

from trivium.comparison.per_class import per_class, wilson


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 50), (50, 50), (3, 7), (998, 1000)])
def test_intervals_are_those_of_scipy(hits, n):
    share, low, high = (each[0] for each in wilson(np.array([hits]), np.array([n])))
    peer = binomtest(hits, n).proportion_ci(method="wilson")
    assert share == hits / n
    np.testing.assert_allclose((low, high), peer, rtol=1e-12, atol=1e-15)
    assert 0.0 <= low <= share <= high <= 1.0


def test_shares_of_no_rows_are_no_number_and_warn_of_nothing():
    found = per_class(np.array([[2, 0, 0], [1, 0, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(found.rows, [2, 1, 0])
    np.testing.assert_array_equal(found.predicted, [3, 0, 0])
    np.testing.assert_array_equal(found.recall, [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(found.precision, [2 / 3, np.nan, np.nan])
    assert np.isnan(found.recall_low[2])
    assert np.isnan(found.precision_high[1:]).all()


def test_shares_are_those_of_the_rows_themselves():
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(5, size=(2, 300))
    confusion = np.zeros((5, 5), dtype=np.intp)
    np.add.at(confusion, (actual, predicted), 1)
    found = per_class(confusion)
    for k in range(5):
        assert found.recall[k] == np.mean(predicted[actual == k] == k)
        assert found.precision[k] == np.mean(actual[predicted == k] == k)
