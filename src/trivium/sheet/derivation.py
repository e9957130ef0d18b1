"""The gradient of softmax regression by the chain rule, as MathML with prose between.

The formulas stand in ``templates/derivation.html``.
"""

import math
import sys

from markupsafe import Markup

from trivium.sheet.formulas import set_formulas


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
    return set_formulas(
        "derivation.html",
        parameters=f"{parameters:,}",
        step=step,
        gradient_error=gradient_error,
        truncation=step**2,
        rounding=sys.float_info.epsilon / step,
    )
