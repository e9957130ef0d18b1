import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from markupsafe import Markup

from trivium.sheet.derivation import derivation

# Elements of MathML Core; browsers need no library for these.
CORE = {"math", "mrow", "mi", "mo", "mn", "mfrac", "msub", "msup", "munder", "mspace"}
MEASURED = {"gradient_error": 2.345e-10, "step": 1e-5, "parameters": 650}


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(f"<div>{derivation(**MEASURED)}</div>")  # noqa: S314 - our own markup


def formulas(root: ET.Element) -> list[str]:
    """The text of every display formula, without spaces and invisible operators."""
    blocks = [one for one in root.iter("math") if one.get("display") == "block"]
    return [re.sub(r"[\s\u2061]", "", "".join(one.itertext())) for one in blocks]


def test_it_is_markup_of_mathml_core_and_paragraphs(root):
    assert isinstance(derivation(**MEASURED), Markup)
    assert {one.tag for one in root.iter()} <= CORE | {"div", "p", "strong"}
    assert all(
        len(one) == 2 for tag in ("mfrac", "msub", "msup", "munder") for one in root.iter(tag)
    )


def test_each_step_of_the_chain_is_there_in_order(root):
    steps = [
        "gj=∑kWjkxk+bj",
        "pc=egc∑megm",
        "L=−1n∑ilogpi,yi",
        "∂ℓ∂θ=∑j∑c∂ℓ∂pc∂pc∂gj∂gj∂θ",
        "∂ℓ∂pc=−1[y=c]pc",
        "∂pc∂gj=pc(δcj−pj)",
        "∂ℓ∂gj=−∑c1[y=c](δcj−pj)",
        "∂ℓ∂gj=pj−1[y=j]",
        "∂gj∂Wjk=xk",
        "∂gj∂bj=1",
        "∂L∂W=1n(P−Y)⊤X",
        "∂L∂b=1n(P−Y)⊤1",
        "1n(P−Y)⊤X+αW",
        "L(θ+hem)−L(θ−hem)2h",
    ]
    assert formulas(root) == steps


def test_the_derived_gradient_is_the_gradient():
    """The last formulas, on random rows, against central differences of the stated loss."""
    rng = np.random.default_rng(0)
    n, d, classes, alpha, h = 7, 4, 3, 0.3, 1e-5
    X, y = rng.normal(size=(n, d)), rng.integers(classes, size=n)
    Y = np.eye(classes)[y]
    theta = rng.normal(size=classes * (d + 1))

    def probabilities(theta):
        W, b = theta[: classes * d].reshape(classes, d), theta[classes * d :]
        scores = np.exp(X @ W.T + b)
        return W, scores / scores.sum(axis=1, keepdims=True)

    def loss(theta):
        W, P = probabilities(theta)
        return -np.log(P[np.arange(n), y]).mean() + alpha / 2 * (W**2).sum()

    W, P = probabilities(theta)
    by_W, by_b = (P - Y).T @ X / n + alpha * W, (P - Y).T @ np.ones(n) / n
    steps = h * np.eye(theta.size)
    central = [(loss(theta + step) - loss(theta - step)) / (2 * h) for step in steps]
    np.testing.assert_allclose(np.r_[by_W.ravel(), by_b], central, atol=1e-9)


def test_the_last_paragraphs_state_the_measured_check(root):
    text = " ".join("".join(root.itertext()).split())
    assert "Each of 650 components" in text
    assert "The largest absolute difference was 2.3×10−10." in text
    assert "= 1.0×10−5:" in text
    assert "= 2.2×10−11 from rounding" in text


def test_an_exact_gradient_and_many_parameters_are_stated_plainly():
    text = derivation(gradient_error=0.0, step=1e-5, parameters=7850).striptags()
    assert "was 0." in text
    assert "7,850 components" in text


@pytest.mark.parametrize("value", [-1e-9, float("nan"), float("inf")])
def test_an_impossible_gradient_error_is_refused(value):
    with pytest.raises(ValueError, match="gradient_error must be"):
        derivation(**MEASURED | {"gradient_error": value})


@pytest.mark.parametrize("value", [0.0, -1e-5, float("nan"), float("inf")])
def test_an_impossible_step_is_refused(value):
    with pytest.raises(ValueError, match="step must be"):
        derivation(**MEASURED | {"step": value})


def test_no_parameters_are_refused():
    with pytest.raises(ValueError, match="parameters must be"):
        derivation(**MEASURED | {"parameters": 0})
