"""The metrics: one table, of which everything else reads what a metric is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.neighbors.search.functions import NAMED, Function, function_of
from trivium.neighbors.search.given import require_distances
from trivium.neighbors.search.measures import (
    GREATEST,
    HALF,
    ITSELF,
    POWER_ROOT,
    POWERS,
    SQUARE_ROOT,
    SQUARES,
    SUM,
    Measure,
)
from trivium.neighbors.search.searcher import Points
from trivium.neighbors.search.sparse.lengths import (
    exponents_of,
    scaled_lengths,
    sparse_directions,
)
from trivium.neighbors.search.sphere import require_places, within_poles
from trivium.parameters import require_number
from trivium.rows.csr import Csr


@overload
def directions(X: Floats) -> Float64: ...


@overload
def directions(X: Csr) -> Csr: ...


def directions(X: Points) -> Points:
    """Scale rows to unit length, so that cosine distances become Euclidean ones.

    For unit vectors u and v, 1 - cos(u, v) = |u - v|²/2. A row of zeros has no
    direction; one more column gives it an axis of its own, at distance 1 from every
    other row and 0 from other rows of zeros.

    Parameters
    ----------
    X : ndarray or Csr of shape (n, d)

    Returns
    -------
    ndarray or Csr of shape (n, d + 1)
        Of the same kind, and the same numbers.
    """
    if isinstance(X, Csr):
        return sparse_directions(X)
    exponent = exponents_of(np.abs(X).max(axis=1))
    scaled = np.ldexp(X.astype(np.float64), -exponent[:, None])  # exact: squares stay in range
    length = scaled_lengths(scaled)
    zero = length == 0.0
    length[zero] = 1.0
    return np.column_stack([scaled / length[:, None], zero])


@dataclass(frozen=True)
class Metric:
    """What a metric is.

    Attributes
    ----------
    name : str
    measure : Measure
        How it is computed, in the space below.
    aliases : tuple of str
        Other names that scikit-learn has for it.
    by_products : bool
        Whether it ranks rows as Euclidean distances do, so that certified products find them.
    space : callable or None
        Brings rows into the space where `measure` computes the metric; None: they are there.
    of_directions : bool
        Whether the space is that of unit vectors, of which "auto" builds no tree.
    norm : float or None
        Exponent of the norm it comes from, whose balls have volumes; None: from none.
    check : callable or None
        Raises where rows (and their numbers) make no sense to it.
    on_sphere : bool
        Whether rows are places on a sphere, found by the chords that `measure` computes.
    given : bool
        Whether rows are distances themselves, which no loop computes.
    function : Function or None
        What computes it in place of a loop.
    """

    name: str
    measure: Measure
    aliases: tuple[str, ...] = ()
    by_products: bool = False
    space: Callable[[Any], Any] | None = None
    of_directions: bool = False
    norm: float | None = None
    check: Callable[[Floats, Indices | None], None] | None = None
    on_sphere: bool = False
    given: bool = False
    function: Function | None = None

    def brought(self, rows: Any) -> Any:
        """Bring rows into the space where `measure` computes the metric."""
        return rows if self.space is None else self.space(rows)

    @property
    def has_trees(self) -> bool:
        """Whether trees of rows find neighbours by it."""
        return not self.given and self.function is None

    @property
    def takes_sparse(self) -> bool:
        """Whether it adds up columns, of which those that are not stored add nothing."""
        return self.norm is not None or self.of_directions

    @property
    def has_volumes(self) -> bool:
        """Whether its balls have the volumes that a density needs."""
        return self.norm is not None or self.on_sphere


_ALL = (
    Metric("euclidean", Measure(SQUARES, SQUARE_ROOT), ("l2",), by_products=True, norm=2.0),
    Metric("manhattan", Measure(SUM, ITSELF), ("l1", "cityblock"), norm=1.0),
    Metric("chebyshev", Measure(GREATEST, ITSELF), ("infinity",), norm=np.inf),
    Metric("minkowski", Measure(POWERS, POWER_ROOT, 2.0), ("p",), norm=2.0),
    Metric(
        "cosine", Measure(SQUARES, HALF), by_products=True, space=directions, of_directions=True
    ),
    Metric(
        "haversine",
        Measure(SQUARES, SQUARE_ROOT),
        by_products=True,
        space=within_poles,
        check=require_places,
        on_sphere=True,
    ),
    Metric("precomputed", Measure(-1, -1), check=require_distances, given=True),
)

METRICS = {metric.name: metric for metric in _ALL}
"""By name; "minkowski" still lacks its exponent."""

NAMES = {name: metric for metric in _ALL for name in (metric.name, *metric.aliases)}
"""By every name that scikit-learn knows them by."""


def require_sparse(metric: Metric) -> None:
    """Raise a ValueError where a metric can do nothing with sparse rows."""
    if metric.takes_sparse:
        return
    if metric.name == "precomputed":
        raise ValueError(
            "Metric 'precomputed' takes all distances, not a sparse graph: the distances that it "
            "does not store are unknown, not zero."
        )
    names = [name for name, each in NAMES.items() if each.takes_sparse]
    raise ValueError(
        f"Metric {metric.name if metric.function else repr(metric.name)} not valid for sparse "
        f"input: use X.toarray(), or one of {', '.join(map(repr, names))}."
    )


def metric_of(name: Any, p: Any = 2, params: Any = None) -> Metric:
    """Look up the metric that an estimator's parameters name.

    Parameters
    ----------
    name : str or callable
        One of `NAMES` or of SciPy's (`NAMED`), or a function of two rows.
    p : float or None
        Exponent of "minkowski": 1, 2 and infinity are Manhattan, Euclidean and Chebyshev
        distances themselves. Other metrics have none, and leave it alone.
    params : dict or None
        May name `p` too, and weights of columns `w`; what functions take.

    Raises
    ------
    ValueError
        If there is no such metric, it takes no such parameter, or `p` is less than one.
    TypeError
        If `p` is no number or `params` is no dictionary.

    Examples
    --------
    >>> metric_of("cityblock").name, metric_of("minkowski", 1).name
    ('manhattan', 'manhattan')
    """
    if params is not None and not isinstance(params, dict):
        raise TypeError(f"metric_params={params!r}: expected a dictionary or None.")
    given = dict(params or {})
    ours = isinstance(name, str) and name in NAMES  # whichever is SciPy's too
    if callable(name) or (isinstance(name, str) and name in NAMED and not ours):
        return _by_function(function_of(name, 2.0, given))
    if not ours:
        raise ValueError(
            f"metric={name!r}: expected a function of two rows, or one of "
            f"{', '.join(map(repr, dict.fromkeys((*NAMES, *NAMED))))}."
        )
    metric = NAMES[name]
    if metric.name != "minkowski":
        if given:
            raise ValueError(f"metric_params has {next(iter(given))!r}, and {name!r} takes none.")
        return metric
    exponent = _exponent(p, given)
    if "w" in given:
        return _by_function(function_of("minkowski", exponent, given))
    if given:
        raise ValueError(
            f"metric_params has {next(iter(given))!r}; metric={name!r} takes 'p' and 'w' alone."
        )
    for exact in _ALL:
        if exact.norm == exponent and exact is not metric:
            return exact
    return replace(metric, measure=metric.measure._replace(p=exponent), norm=exponent)


def _by_function(function: Function) -> Metric:
    return Metric(function.name, Measure(-1, -1), function=function)


def _exponent(p: Any, params: dict[str, Any]) -> float:
    """Exponent of "minkowski", from either of the places where it may stand, and out of one."""
    exponent = _checked_exponent(2 if p is None else p)
    another = params.pop("p", None)
    if another is None:
        return exponent
    other = _checked_exponent(another)
    if exponent not in (2.0, other):
        raise ValueError(f"p={p!r}, but metric_params has 'p': {another!r}; set one.")
    return other


def _checked_exponent(p: Any) -> float:
    if isinstance(p, (float, np.floating)) and p == np.inf:
        return np.inf
    try:
        return require_number("p", p, least=1.0)
    except ValueError as error:
        raise ValueError(f"{error} (Or infinity; with p < 1 there is no metric.)") from None
