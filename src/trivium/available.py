"""Methods that an estimator has only with some parameters."""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.utils import metaestimators

Method = TypeVar("Method", bound=Callable[..., Any])

available_if: Callable[[Callable[[Any], Any]], Callable[[Method], Method]] = (
    metaestimators.available_if
)
"""scikit-learn's decorator, which has no types of its own."""
