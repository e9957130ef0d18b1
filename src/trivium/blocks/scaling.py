"""Weights of which the greatest is about one: what all that sums over rows does first."""

import numpy as np

from trivium.arrays import Float64


def comparable_weights(weights: Float64 | None) -> Float64 | None:
    """Divide weights by a power of two so that the greatest is about one.

    Where only their ratios matter this changes no bit of a result, and keeps sums and
    squares of very large and very small weights within float64.
    """
    if weights is None:
        return None
    comparable: Float64 = np.ldexp(weights, -np.frexp(weights.max())[1])
    return comparable
