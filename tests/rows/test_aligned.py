from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from trivium.rows.aligned import aligned


def odd(values):
    """The same numbers, from an odd byte on."""
    octets = np.empty(8 * len(values) + 1, dtype=np.uint8)[1:]
    array = octets.view(np.float64)
    array[:] = values
    assert not array.flags.aligned
    return array


class Pair(NamedTuple):
    one: object
    other: object


@dataclass(frozen=True)
class Held:
    array: object
    name: str = "held"

    def method(self, factor):
        return factor * self.array


def test_arrays_are_moved_wherever_they_are_held():
    array = odd([1.0, 2.0])
    found = aligned((Pair(array, "a"), [array], {"b": array}, Held(Held(array)), 3, None, np.add))
    arrays = found[0].one, found[1][0], found[2]["b"], found[3].array.array
    for each in arrays:
        assert each.flags.aligned
        np.testing.assert_array_equal(each, [1.0, 2.0])
    assert found[0].other == "a"
    assert found[3].name == "held"
    assert found[4:] == (3, None, np.add)
    assert not array.flags.aligned


def test_functions_take_along_what_they_hold():
    held = Held(odd([1.0, 2.0]))
    bound, part = aligned(held.method), aligned(partial(held.method, odd([3.0])))
    assert bound.__self__.array.flags.aligned
    assert part.args[0].flags.aligned
    np.testing.assert_array_equal(part(), [3.0, 6.0])


def test_what_is_aligned_stays_the_same_object():
    for value in (np.ones(3), Pair(np.ones(3), 1), Held(np.ones(2)), Held, "text", 1.0):
        assert aligned(value) is value
    turned = np.asfortranarray(np.ones((2, 3)))
    assert aligned(turned) is turned
