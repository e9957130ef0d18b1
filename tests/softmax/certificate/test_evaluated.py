"""A bound from the evaluation where a fit ended: never below the truth, and as tight as its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.softmax.certificate.test_duality_gap import TRUTH, Case

from trivium import SoftmaxRegression
from trivium.rows import csr
from trivium.rows.memory import ArrayRows
from trivium.rows.sparse import CsrRows
from trivium.softmax.certificate import duality_gap
from trivium.softmax.certificate.duality_gap import certify
from trivium.softmax.objective.cross_entropy import CrossEntropy


def both(case, theta, sparse=False):
    """Bounds with and without the evaluation, and the reads of the rows that each took."""
    n_classes = len(theta)
    rows = ArrayRows(case.X, case.codes, n_classes, case.w)
    if sparse:
        rows = CsrRows(csr.Csr.of_array(case.X), case.codes, n_classes, case.w)
    rows.summary()
    given_ = {"alpha": case.alpha, "fit_intercept": case.intercept}
    at = CrossEntropy(rows, **given_).evaluate(theta)
    intercept = theta[:, case.d] if case.intercept else np.zeros(n_classes)
    found, reads = [], rows.reads
    for known in (at, None):
        given_at = rows, theta[:, : case.d], intercept
        found.append(certify(*given_at, **given_, at=known).gap)
        found.append(rows.reads - reads)
        reads = rows.reads
    return found


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    alpha=st.sampled_from([1e-9, 1e-6, 1e-3, 1.0]),
    intercept=st.booleans(),
    weighted=st.booleans(),
    offset=st.sampled_from([0.0, 7.0]),
    scales=st.sampled_from([None, [1e-4, 1.0, 1e4]]),
)
def test_never_below_the_truth_and_as_tight(seed, alpha, intercept, weighted, offset, scales):
    case = Case(
        seed, n=60, d=3, n_classes=2, alpha=alpha, intercept=intercept, weighted=weighted,
        scales=scales,
    )  # fmt: skip
    case.X += offset * np.abs(case.X).max(axis=0)
    path = list(case.path())
    best = min(case.loss(theta) for theta in path[-3:])
    unit = 1 / np.append(np.abs(case.X).max(axis=0), 1.0)[: path[0].shape[1]]
    near = [path[-1] + 10.0**-k * unit * case.rng.normal(size=unit.shape) for k in range(1, 9)]
    for theta in [*path[:8], *near, path[-1]]:
        reach = float(np.abs(case.X).max(axis=0) @ np.abs(theta[:, :3]).max(axis=0))
        evaluated, _, plain, _ = both(case, theta)
        assert evaluated >= float(case.loss(theta) - best) - TRUTH * max(1.0, reach / 10)
        rounding = (1e-14 * (1 + offset) * np.abs(case.X).max()) ** 2 / alpha
        assert evaluated <= 1.1 * plain + rounding + 1e-15 * float(case.loss(theta))


@pytest.mark.parametrize("offset", [0.0, 7.0])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_sparse_rows_have_the_same_bound(offset, n_classes, monkeypatch):
    monkeypatch.setattr(csr, "_FEW_VALUES", 0)
    case = Case(6, n=300, d=4, n_classes=n_classes, alpha=1e-3, intercept=True)
    case.X[:, 1:] *= case.rng.random((300, 3)) < 0.3
    case.X[:, 0] += offset
    *_, best = case.path()
    for size in (1e-2, 1e-4, 1e-6):
        theta = best + size * case.rng.normal(size=best.shape)
        evaluated, reads, plain, others = both(case, theta, sparse=True)
        assert size > 1e-6 or reads < others  # else it is loose
        assert evaluated == pytest.approx(plain, rel=1e-6)
        assert evaluated == pytest.approx(both(case, theta)[0], rel=0.5)
        assert evaluated >= float(case.loss(theta) - case.loss(best))


def test_it_saves_a_read():
    case = Case(1, n=900, d=3, n_classes=2, alpha=1e-2, intercept=True)
    *_, best = case.path()
    step = 1e-6 * case.rng.normal(size=best.shape[1])
    _, reads, _, others = both(case, best + np.stack([-step, step]))
    assert (reads, others) == pytest.approx((1.0, 2.0))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_fit_hands_it_on_unless_rows_are_moved(offset, monkeypatch):
    seen = []

    def evaluated(at, *given_):
        seen.append(at)
        return known(at, *given_)

    known = duality_gap.Evaluated
    monkeypatch.setattr(duality_gap, "Evaluated", evaluated)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 4)) + offset
    y = X[:, 0] - offset + rng.normal(size=500) > 0
    model = SoftmaxRegression(1e-2).fit(X, y)
    assert len(seen) == (offset == 0.0)
    assert model.optimality_gap_ < 1e-9
    for at in seen:
        np.testing.assert_array_equal(at.parameters[:, :4], model.coef_)
        np.testing.assert_array_equal(at.parameters[:, 4], model.intercept_)
