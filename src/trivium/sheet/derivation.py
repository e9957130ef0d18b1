"""The gradient of softmax regression by the chain rule, as MathML with prose between.

The formulas stand in ``templates/derivation.html``, written with the small macros of
``templates/mathml.html`` so that their source reads like the formula.
"""

import math
import sys
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def derivation(*, gradient_error: float, step: float, parameters: int) -> Markup:
    """Derive the gradient through p, g and theta, and state how it was checked in this run.

    Parameters
    ----------
    gradient_error : float
        Largest absolute difference between a component of the gradient and its central
        difference.
    step : float
        The step of the central differences.
    parameters : int
        How many components were compared.

    Returns
    -------
    markupsafe.Markup
        Paragraphs and display formulas.

    Raises
    ------
    ValueError
        If a number could not be the outcome of such a check.
    """
    if not (math.isfinite(gradient_error) and gradient_error >= 0):
        raise ValueError(f"gradient_error must be finite and not negative, not {gradient_error}")
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"step must be finite and positive, not {step}")
    if parameters < 1:
        raise ValueError(f"parameters must be at least 1, not {parameters}")
    template = _environment().get_template("derivation.html")
    text = template.render(
        parameters=f"{parameters:,}",
        step=step,
        gradient_error=gradient_error,
        truncation=step**2,
        rounding=sys.float_info.epsilon / step,
    )
    return Markup(text)  # noqa: S704 - an escaping template


def _power_of_ten(value: float) -> tuple[str, int]:
    """Split a number into a coefficient of two digits and its power of ten."""
    coefficient, exponent = f"{value:.1e}".split("e")
    return coefficient, int(exponent)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("trivium.sheet"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["power_of_ten"] = _power_of_ten
    return environment
