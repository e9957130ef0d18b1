"""What compiled loops know of a metric: how differences add up, and how a sum becomes a distance.

Every distance is computed from direct float64 differences, added up over the columns in
order. What leaves out the root is the "reduced distance", as scikit-learn calls a cheap surrogate
that ranks rows as the distance does; the root is taken where a list of neighbours is decided,
so that lists are sorted by (distance, row number) of the very distances that are returned. A
sum is called lost where squares or powers have under- or overflowed, or may have: such a pair is
measured again, scaled.

Bounding boxes are measured by the same operations in the same order. Differences, sums and
products are rounded monotonically, so the computed distance to a box never exceeds the
computed distance to a row inside it: pruning needs no safety margin. A power of the
processor's library is right to some last bits only; `reduced_limit` makes room for them.

Only here does compiled code ask which form and which root it is. A number that is none of
them makes every distance NaN, which enters no list: it never passes for another metric.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from trivium.arrays import Float64, Floats
from trivium.blocks.compiled import intrinsic, kernel
from trivium.blocks.intrinsics import inlined

# Numba publishes no types.
get_or_insert_function: Any = cgutils.get_or_insert_function

SQUARES, SUM, GREATEST, POWERS = range(4)
"""Forms: what is added up of each column's difference, or the greatest of them."""

SQUARE_ROOT, HALF, ITSELF, POWER_ROOT = range(4)
"""Roots: what makes a distance of the sum."""

VANISHED = 2.0**-960  # of a sum below, squares or powers may have underflowed
_ROOM = 2.0**-930  # for those that have


class Measure(NamedTuple):
    """A metric as compiled loops know it.

    Attributes
    ----------
    form : int
        SQUARES, SUM, GREATEST or POWERS.
    root : int
        SQUARE_ROOT, HALF, ITSELF or POWER_ROOT.
    p : float
        Exponent of POWERS; no other form reads it.
    """

    form: int
    root: int
    p: float = 2.0


def require_known(measure: Measure) -> None:
    """Raise a ValueError unless there are such a form and such a root."""
    if measure.form not in range(4) or measure.root not in range(4):
        raise ValueError(f"{measure}: there is no such form, or no such root.")


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf


def _call_pow(_: Any, base: Any, exponent: Any) -> tuple[Any, Callable[..., Any]]:

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType()] * 2)
        function = get_or_insert_function(builder.module, kind, "pow")
        function.attributes.add("nobuiltin")
        return builder.call(function, arguments)

    return types.float64(base, exponent), generate


power: Callable[[float, float], float] = intrinsic(_power)(_call_pow)
"""Power of a number that is not negative, by the C library that Python uses too.

It is called as a function that the compiler knows nothing of: else it might put a version
for vectors in its place where there is one, whose last bits are other ones.
"""


@kernel
def add_difference(measure: Measure, reduced: float, difference: float) -> float:
    """Add one column's difference to a reduced distance."""
    if measure.form == SQUARES:
        return reduced + difference * difference
    if measure.form == SUM:
        return reduced + abs(difference)
    if measure.form == GREATEST:
        return max(reduced, abs(difference))
    if measure.form == POWERS:
        return reduced + power(abs(difference), measure.p)
    return np.nan


@inlined
def block_distances(measure: Measure, query: Float64, packed: Float64, reduced: Float64) -> None:
    """Reduced distances from a query to a block of rows stored column by column.

    The form is chosen outside the loop over the rows, which vectorises.
    """
    known = SQUARES <= measure.form <= POWERS
    for r in range(reduced.shape[0]):
        reduced[r] = 0.0 if known else np.nan
    for j in range(packed.shape[0]):
        q = query[j]
        if measure.form == SQUARES:
            for r in range(reduced.shape[0]):
                difference = q - packed[j, r]
                reduced[r] += difference * difference
        elif measure.form == SUM:
            for r in range(reduced.shape[0]):
                reduced[r] += abs(q - packed[j, r])
        elif measure.form == GREATEST:
            for r in range(reduced.shape[0]):
                gap = abs(q - packed[j, r])
                reduced[r] = gap if gap > reduced[r] else reduced[r]
        elif measure.form == POWERS:
            for r in range(reduced.shape[0]):
                reduced[r] += power(abs(q - packed[j, r]), measure.p)


@kernel
def distance_of(measure: Measure, reduced: float) -> float:
    """Turn a reduced distance into the distance."""
    if measure.root == SQUARE_ROOT:
        return math.sqrt(reduced)
    if measure.root == HALF:
        return 0.5 * reduced
    if measure.root == ITSELF:
        return reduced
    if measure.root == POWER_ROOT:
        return power(reduced, 1.0 / measure.p)
    return np.nan


@kernel
def reduced_limit(measure: Measure, distance: float) -> float:
    """Return a reduced distance that no row within `distance` exceeds, rounding included.

    `_ROOM` takes in every square or power that may have vanished (`measured_again`). A
    power root is taken by an exponent that is rounded, which a distance of any size turns
    into 750 units in the last place at most; a power makes p units of each.
    """
    if measure.root == SQUARE_ROOT:
        return distance * distance * (1.0 + 2.0**-50) + _ROOM
    if measure.root == HALF:
        return 2.0 * distance + _ROOM
    if measure.root == ITSELF:
        return distance
    if measure.root == POWER_ROOT:
        return power(distance, measure.p) * (1.0 + 2.0**-20 + measure.p * 2.0**-40) + _ROOM
    return np.nan


@kernel
def limit_after_step(measure: Measure, distance: float, step: float, margin: float) -> float:
    """Return a reduced distance that no row within `distance` of a point exceeds after a step.

    `step` is the reduced distance to the next point. By the triangle inequality, which for
    halves of squares holds for their roots. `margin` covers rounding, 2^-500 squares that
    vanished; a sum of powers that may have lost some counts as the greatest such sum.
    """
    if measure.root == SQUARE_ROOT:
        length = distance + math.sqrt(step)
    elif measure.root == HALF:
        length = math.sqrt(2.0 * distance) + math.sqrt(step)
    elif measure.root == ITSELF:
        length = distance + step
    elif measure.root == POWER_ROOT:
        length = distance + power(max(step, VANISHED), 1.0 / measure.p)
    else:
        return np.nan
    length = length * margin + 2.0**-500
    return reduced_limit(measure, 0.5 * length * length if measure.root == HALF else length)


@kernel
def is_lost(measure: Measure, reduced: float) -> bool:
    """Whether a sum is lost: squares or powers have under- or overflowed, or may have."""
    lossy = measure.root == SQUARE_ROOT or measure.root == POWER_ROOT
    return lossy and not VANISHED <= reduced < np.inf


@inlined
def pair_distance(measure: Measure, reduced: float, query: Float64, row: Floats) -> float:
    """Turn a reduced distance into the distance, even where the sum is lost."""
    if is_lost(measure, reduced):
        return measured_again(measure, query, row)
    return distance_of(measure, reduced)


@kernel
def measured_again(measure: Measure, query: Float64, row: Floats) -> float:
    """Distance of a pair whose sum of squares or powers left float64, or came close to it.

    Squares are taken of differences divided by a power of two. That is exact, so nothing
    shows where nothing was lost. Powers, whose exponent may be great, are taken of
    differences divided by the greatest of them.
    """
    largest = 0.0
    for j in range(query.shape[0]):
        gap = abs(query[j] - row[j])
        largest = gap if gap > largest else largest
    if largest == 0.0 or largest == np.inf:
        return largest
    total = 0.0
    if measure.root == SQUARE_ROOT:
        _, exponent = math.frexp(largest)
        for j in range(query.shape[0]):
            difference = math.ldexp(query[j] - row[j], -exponent)
            total += difference * difference
        return math.ldexp(math.sqrt(total), exponent)
    if measure.root == POWER_ROOT:
        for j in range(query.shape[0]):
            total += power(abs(query[j] - row[j]) / largest, measure.p)
        return largest * power(total, 1.0 / measure.p)
    return np.nan
