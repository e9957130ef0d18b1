"""Task 3: where the sheets are wrong, each with evidence from this run."""

import numpy as np

from trivium.arrays import Float64
from trivium.sheet.digits import N_CLASSES, Digits, first_sheets_rates
from trivium.sheet.records import Erratum, signed
from trivium.softmax.objective.cross_entropy import softmax

_STEP = 1e-5  # of central differences


def errata(digits: Digits) -> tuple[Erratum, ...]:
    """Gather the evidence for the four errata of the task."""
    return _sign(), _two_scales(digits), _matrix_maximum(digits), _integer_labels(digits)


def _sign() -> Erratum:
    p = 0.25
    slope = float((-np.log(p + _STEP) + np.log(p - _STEP)) / (2 * _STEP))
    return Erratum(
        3,
        "3.1",
        "sign",
        "The sign of ∂L/∂p is missing",
        "3.1, first sheet",
        "∂L/∂p = Σ 1/p · 1[y = c].",
        f"The sign is missing: at p = {p} central differences of −log p give "
        f"{signed(slope, '.4f')}, which is −1/p, not 1/p. The second sheet has −1/p.",
        {"central_difference": slope, "minus_one_over_p": -1 / p},
    )


def _two_scales(digits: Digits) -> Erratum:
    """Compare mixed derivatives of the first sheet's field, which a gradient has equal."""
    n = len(digits.X)
    # The steps are rates·mean gradient, so the field that the sheet follows is this.
    scale = first_sheets_rates(n) / 0.001
    point = np.random.default_rng(0).normal(size=digits.objective.shape)
    c, pixel = 0, int(digits.X.mean(axis=0).argmax())

    def derivative(of: int, by: int) -> float:
        ahead, behind = point.copy(), point.copy()
        ahead[c, by] += _STEP
        behind[c, by] -= _STEP
        rise = [digits.objective.evaluate(at).gradient[c, of] for at in (ahead, behind)]
        return float(scale[of] * (rise[0] - rise[1]) / (2 * _STEP))

    weight_by_bias, bias_by_weight = derivative(pixel, -1), derivative(-1, pixel)
    ratio = weight_by_bias / bias_by_weight
    return Erratum(
        3,
        "3.2",
        "two-scales",
        "One learning rate for a sum and for a mean",
        "3.2, first sheet",
        "One learning rate for a summed weight gradient and an averaged bias gradient.",
        f"The bias learns n = {n} times slower, and no loss has this for its gradient: mixed "
        "derivatives of a loss are equal, whichever variable comes first. Here the weight's entry "
        f"changes with the bias at the rate {weight_by_bias:.4g}, the bias's entry with the weight "
        f"at {bias_by_weight:.4g}, {ratio:.0f} times less.",
        {"mixed_derivative_ratio": ratio, "n": n},
    )


def sheets_softmax(logits: Float64) -> Float64:
    """Softmax as the first sheet writes it: less the greatest entry of the matrix, in place."""
    logits -= np.max(logits)
    exponentials = np.exp(logits)
    probabilities: Float64 = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def _matrix_maximum(digits: Digits) -> Erratum:
    logits = digits.X_test @ digits.parameters[:, :64].T + digits.parameters[:, 64]
    logits[0] += 800.0  # the same for every class: no probability depends on it
    given = logits.copy()
    with np.errstate(invalid="ignore"):
        sheet = sheets_softmax(given)
    lost = int(np.isnan(sheet).any(axis=1).sum())
    moved = float(np.abs(given - logits).max())
    own, _ = softmax(logits)
    own_lost = int(np.isnan(own).any(axis=1).sum())
    return Erratum(
        3,
        "3.2",
        "matrix-maximum",
        "Softmax subtracts the maximum of the whole matrix",
        "3.2, first sheet",
        "Softmax subtracts the maximum of the whole matrix, in place.",
        "Rows far below that maximum underflow to 0/0. With 800 added to all the logits of one "
        f"test row, which changes no probability, the sheet's softmax gives NaN for {lost} of "
        f"{len(logits)} rows and has moved its argument by {moved:.0f}; with each row's own "
        f"maximum, taken from a copy, {own_lost} rows are lost.",
        {"rows_lost": lost, "argument_moved_by": moved, "rows_lost_here": own_lost},
    )


def _integer_labels(digits: Digits) -> Erratum:
    point = np.random.default_rng(0).normal(size=digits.objective.shape)
    weights, bias = point[:, :64], point[:, 64]
    p, _ = softmax(digits.X @ weights.T + bias)
    truth = _central_differences(digits, point)
    one_hot = np.eye(N_CLASSES)[digits.y]
    errors = {}
    for name, labels in (("integer", digits.y[:, None]), ("one_hot", one_hot)):
        gradient = (p - labels).T @ digits.X[:, _PIXELS] / len(digits.X)
        errors[name] = float(np.abs(gradient - truth).max())
    return Erratum(
        3,
        "3.2",
        "integer-labels",
        "probs − y with integer labels is not a gradient",
        "3.2, second sheet",
        "The gradient uses probs − y with the integer labels as a column.",
        "Not a gradient: against central differences of the loss its components are off by up to "
        f"{errors['integer']:.3g}, though none is greater than {np.abs(truth).max():.3g}. With "
        f"one-hot labels, which are meant, the difference is {errors['one_hot']:.0e}.",
        {"error_integer_labels": errors["integer"], "error_one_hot_labels": errors["one_hot"]},
    )


_PIXELS = slice(18, 24)  # a row across the middle, where there is ink


def _central_differences(digits: Digits, point: Float64) -> Float64:
    """Partial derivatives of the mean loss by the weights of some pixels."""
    columns = range(*_PIXELS.indices(64))
    slopes = np.empty((N_CLASSES, len(columns)))
    for c in range(N_CLASSES):
        for place, pixel in enumerate(columns):
            ahead, behind = point.copy(), point.copy()
            ahead[c, pixel] += _STEP
            behind[c, pixel] -= _STEP
            rise = digits.objective.evaluate(ahead).loss - digits.objective.evaluate(behind).loss
            slopes[c, place] = rise / (2 * _STEP)
    return slopes
