"""A property that is computed when it is first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):
    """A property that is computed once and kept.

    Like `functools.cached_property` of Python 3.12 and later. That of 3.11 holds one lock for all
    objects of a class while it computes: threads wait for each other, and a process forked
    meanwhile waits for ever. Here two threads may compute the same value; both get the first.

    Examples
    --------
    >>> class Circle:
    ...     def __init__(self, radius):
    ...         self.radius = radius
    ...
    ...     @cached_property
    ...     def area(self):
    ...         print("computed")
    ...         return 3.14159 * self.radius**2
    >>> circle = Circle(1)
    >>> circle.area
    computed
    3.14159
    >>> circle.area
    3.14159
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> "cached_property[Value]": ...

    @overload
    def __get__(self, owner: object, kind: type) -> Value: ...

    def __get__(self, owner: object, kind: type) -> "cached_property[Value] | Value":
        if owner is None:
            return self
        value: Value = vars(owner).setdefault(self._name, self._compute(owner))
        return value
