"""A fit that fails leaves the model that was there before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def whole_or_nothing(estimator: Any) -> Iterator[None]:
    """Give an estimator back every attribute it had, if what is done to it here fails.

    An error and Ctrl-C both count. Attributes may be set, replaced and deleted meanwhile, but
    what they hold must not be changed in place.

    Examples
    --------
    >>> class Model:
    ...     pass
    >>> model = Model()
    >>> model.coef_ = 1.0
    >>> try:
    ...     with whole_or_nothing(model):
    ...         model.coef_, model.classes_ = 2.0, ["a", "b"]
    ...         raise KeyboardInterrupt
    ... except KeyboardInterrupt:
    ...     print(vars(model))
    {'coef_': 1.0}
    """
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        estimator.__dict__ = before  # in one step, or a second Ctrl-C might tear it apart
        raise


def forget(estimator: Any, *names: str) -> None:
    """Delete attributes of an earlier fit that this one does not learn.

    Parameters
    ----------
    estimator : estimator
    *names : str
        Attributes that it may have.

    Examples
    --------
    >>> class Model:
    ...     pass
    >>> model = Model()
    >>> model.coef_ = 1.0
    >>> forget(model, "coef_", "classes_")
    >>> vars(model)
    {}
    """
    for name in names:
        vars(estimator).pop(name, None)
