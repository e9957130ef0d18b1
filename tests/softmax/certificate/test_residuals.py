"""What certificates rest on: bounds on rounding that hold where rounding is most of it."""

import numpy as np
import pytest

from trivium.rows.memory import ArrayRows
from trivium.softmax.certificate.residuals import Model, Residuals

FAR = 1e7  # of columns and intercepts, whose products nearly cancel in the logits


def model(seed, *, centred):
    """Rows far from zero, logits near it, and the same logits in extended precision."""
    rng = np.random.default_rng(seed)
    X = FAR + rng.normal(size=(120, 3))
    codes = rng.integers(0, 3, size=120)
    coef = rng.normal(size=(3, 3))
    if not centred:
        coef -= coef.mean(axis=1, keepdims=True)
    intercept = -FAR * coef.sum(axis=1) if centred else np.zeros(3)
    weights = rng.uniform(0.1, 3.0, size=120)
    found = Model(ArrayRows(X, codes, 3, weights), coef, intercept, alpha=0.0, centred=centred)
    wide = X.astype(np.longdouble) @ coef.T.astype(np.longdouble) + intercept
    sums = found.reduce(found.linear.residuals, Residuals.merge)
    return found, sums, wide


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_logits_rounding_is_less_than_its_bound(seed, centred):
    found, sums, wide = model(seed, centred=centred)
    (block,) = found.rows.slabs(1 << 30)
    p, logits, _ = found.linear.probabilities(found.linear.columns(block))
    error = logits - wide.T
    variance = (p * error**2).sum(axis=0) - (p * error).sum(axis=0) ** 2
    truth = float(np.sqrt(found.rows.weights @ variance / found.total))
    assert 0 < truth <= found.divergence_of_rounding(sums)
    between = np.abs(error[:, None] - error).max()
    assert 0 < between <= found.logit_error()


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_no_loss_is_above_its_bound(seed, centred):
    found, sums, wide = model(seed, centred=centred)
    top = wide.max(axis=1)
    log_sum = np.log(np.exp(wide - top[:, None]).sum(axis=1)) + top
    lost = log_sum - wide[np.arange(120), found.rows.codes]
    w = found.rows.weights.astype(np.longdouble)
    assert w @ lost / w.sum() <= found.loss_at_most(sums)
