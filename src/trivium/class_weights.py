"""Weights of classes: factors on the weights of their rows, named or balanced."""

from collections.abc import Mapping
from numbers import Real
from typing import Any, Literal

import numpy as np

from trivium.arrays import Float64, Labels
from trivium.labels import hashable, shown

ClassWeight = Mapping[Any, float] | Literal["balanced"] | None


def class_factors(
    class_weight: Any, classes: Labels, mass: Float64, *, allow_none_left: bool = False
) -> Float64 | None:
    """Return the factor on the weights of each class's rows; None where none is asked for.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        A dict gives the factor of the classes that it names, and the others have 1. "balanced"
        makes the classes that have a weight weigh alike: Σw/(number of these classes · its own
        weight), as in scikit-learn.
    classes : ndarray of shape (n_classes,)
    mass : ndarray of shape (n_classes,)
        Weight of each class's rows.
    allow_none_left : bool
        Whether a dict may leave nothing of any class.

    Raises
    ------
    ValueError
        If it is another string; if a factor is negative or not finite, or none is positive of the
        classes that have a weight; if a name is that of no class, and not every class is named.
    TypeError
        If it is neither a dict, a string nor None, or a factor is no number.

    References
    ----------
    King & Zeng, "Logistic regression in rare events data", Political Analysis 9 (2001).

    Examples
    --------
    >>> import numpy as np
    >>> classes, mass = np.array(["no", "yes"]), np.array([6.0, 2.0])
    >>> class_factors("balanced", classes, mass)
    array([0.66666667, 2.        ])
    >>> class_factors({"yes": 5}, classes, mass)
    array([1., 5.])
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(f"class_weight={class_weight!r}: expected 'balanced', a dict or None.")
        return balanced(mass)
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            f"class_weight is of type {type(class_weight).__name__}: expected a dict, 'balanced' "
            "or None."
        )
    for name, factor in class_weight.items():
        _require_factor(name, factor)
    labels = hashable(classes)
    factors = np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
    unknown = [name for name in class_weight if name not in set(labels)]
    if unknown and not all(label in class_weight for label in labels):
        raise ValueError(
            f"class_weight names {shown(unknown[0])}, which is none of the {classes.size} classes "
            f"({', '.join(map(shown, classes[:5]))}{', ...' if classes.size > 5 else ''})."
        )
    if not allow_none_left and not (factors[mass > 0] > 0).any():
        raise ValueError("class_weight is zero of every class: nothing is left to learn from.")
    return factors


def balanced(mass: Float64) -> Float64:
    """Return the factors that make the classes which have a weight weigh alike.

    Examples
    --------
    >>> import numpy as np
    >>> balanced(np.array([6.0, 2.0, 0.0]))
    array([0.66666667, 2.        , 1.        ])
    """
    present = mass > 0
    scaled = np.ldexp(mass[present], -np.frexp(mass.max())[1])  # exact, and its sum is finite
    factors = np.ones(mass.size)
    factors[present] = scaled.sum() / (scaled.size * scaled)
    return factors


def require_known_beforehand(class_weight: Any, method: str) -> None:
    """Raise a ValueError where a balance is asked for of rows that come in parts."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        raise ValueError(
            f"class_weight='balanced' goes by all rows, of which {method} sees a part: give a dict "
            "of each class's weight, as compute_class_weight of sklearn.utils.class_weight finds "
            "them from the labels of all rows."
        )


def _require_factor(name: Any, factor: Any) -> None:
    if isinstance(factor, (bool, np.bool_)) or not isinstance(factor, Real):
        raise TypeError(f"class_weight[{name!r}]={factor!r}: expected a number.")
    try:
        number = float(factor)
    except OverflowError:  # an integer beyond float64
        number = np.inf
    if not 0 <= number < np.inf:
        raise ValueError(
            f"class_weight[{name!r}]={factor!r}: expected a finite number, zero or greater."
        )
