"""Prose with MathML, from the templates of this room.

Formulas are written with the small macros of ``templates/mathml.html``, so that their source
reads like the formula.
"""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def set_formulas(template: str, **values: Any) -> Markup:
    """Fill a template.

    Parameters
    ----------
    template : str
        Its file's name.
    **values
        What it names; all of it is needed.
    """
    text = _environment().get_template(template).render(**values)
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
