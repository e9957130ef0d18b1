"""All constants measured again, beside those that are kept."""

from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import NamedTuple

from benchmarks.costs import comparison, least_squares, neighbors, softmax
from benchmarks.costs.experiments import Watch
from trivium.blocks.costs import BYTES, COMPARISON, EXACT_SUMS, SOFTMAX, search_costs
from trivium.blocks.workers import at_most, one_blas_thread
from trivium.neighbors.search.products.byte_products import CHOSEN

WITHIN = 2.0
"""Times as much, or as little, that a constant may be once one factor for all is taken out."""

_WITH = {
    "search": {
        "pair": ("product", 8),
        "scan_row": ("scan_column", 4),
        "look": ("look_column", 4),
        "whole_row": ("whole_column", 64),
    },
    "bytes": {"pair": ("product", 32)},
    "softmax": {"inverse": ("gram", 2)},
    "exact_sums": {},
    "comparison": {
        "softmax_row": ("softmax_number", 10),
        "votes": ("votes_class", 3),
        "votes_class": ("votes", 0.05),
        "distance": ("votes", 1e-5),
        "squares_number": ("squares_pair", 60),
        "squares_pair": ("squares_number", 0.005),
    },
}
"""What is known as part of a whole, no better: what few columns take, or few classes."""

Experiment = Callable[[Watch], Mapping[str, float]]

EXPERIMENTS: dict[str, tuple[Experiment, ...]] = {
    "search": (
        neighbors.in_float32,
        neighbors.scan,
        neighbors.tree,
        neighbors.pruning,
        neighbors.axes,
        neighbors.writing,
    ),
    "bytes": (neighbors.in_bytes,),
    "softmax": (softmax.passes, softmax.blocks, softmax.space),
    "exact_sums": (least_squares.sums, least_squares.doubles),
    "comparison": (comparison.models,),
}
"""By the set of constants that they measure."""


class Constant(NamedTuple):
    """A constant, kept and measured again.

    Attributes
    ----------
    name : str
    kept, measured : float
        Nanoseconds.
    """

    name: str
    kept: float
    measured: float

    @property
    def ratio(self) -> float:
        """Measured in units of what is kept."""
        return self.measured / self.kept


def kept() -> dict[str, Mapping[str, float]]:
    """Return the constants by which choices are made on this machine."""
    found: dict[str, Mapping[str, float]] = {
        "search": search_costs()._asdict(),
        "softmax": SOFTMAX._asdict(),
        "exact_sums": EXACT_SUMS._asdict(),
        "comparison": COMPARISON._asdict(),
    }
    if CHOSEN is not None:
        found["bytes"] = BYTES[CHOSEN]._asdict()
    return found


def measure(watch: Watch, groups: Iterable[str] = EXPERIMENTS) -> list[Constant]:
    """Do the experiments, each in this thread alone.

    Parameters
    ----------
    watch : Watch
    groups : iterable of str
    """
    here = kept()
    found = []
    with at_most(1), one_blas_thread():
        for group in groups:
            for experiment in EXPERIMENTS[group] if group in here else ():
                found += _beside_each_other(group, here[group], experiment(watch))
    return found


def _beside_each_other(
    group: str, here: Mapping[str, float], measured: Mapping[str, float]
) -> list[Constant]:
    found = []
    for name in measured:
        said, values = f"{group}.{name}", [here[name], measured[name]]
        if name in _WITH[group]:
            other, many = _WITH[group][name]
            said += f" + {many:g} {other}"
            values[0] += many * here[other]
            values[1] += many * measured[other]
        found.append(Constant(said, *values))
    return found


def scale_of(constants: Iterable[Constant]) -> float:
    """Return the factor that the machine has in common: the median ratio.

    Examples
    --------
    >>> scale_of([Constant("a", 1.0, 3.0), Constant("b", 2.0, 6.0), Constant("c", 1.0, 9.0)])
    3.0
    """
    return median(each.ratio for each in constants)


def is_off(constant: Constant, scale: float) -> bool:
    """Whether a constant is another one here, the machine's own factor taken out."""
    return not 1.0 / WITHIN <= constant.ratio / scale <= WITHIN


def table(constants: list[Constant]) -> str:
    """Show them, and mark those that are off."""
    scale = scale_of(constants)
    lines = [f"{'constant':36} {'kept':>12} {'measured':>12} {'ratio':>7}", ""]
    for each in constants:
        mark = "  ** off **" if is_off(each, scale) else ""
        numbers = f"{each.kept:12.4g} {each.measured:12.4g} {each.ratio / scale:7.2f}"
        lines.append(f"{each.name:36} {numbers}{mark}")
    lines += ["", f"nanoseconds; ratios are those of this machine over {scale:.2f}, their median"]
    return "\n".join(lines)
