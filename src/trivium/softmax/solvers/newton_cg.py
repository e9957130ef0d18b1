"""Newton's direction by conjugate gradients.

Nocedal & Wright, Numerical Optimization, 2nd ed. 2006, algorithm 7.1 (line search
Newton-CG), with a preconditioner that the caller supplies.
"""

import numpy as np

from trivium.arrays import Float64
from trivium.blocks.products import inner
from trivium.softmax.solvers.protocol import Curved, Inverse

_MOST_PRODUCTS = 500


def newton_direction(at: Curved, precondition: Inverse, tol: float) -> Float64:
    """Solve Hessian·direction = -gradient by conjugate gradients, no better than is useful.

    The residual is reduced to min(1/2, √g) of the gradient g, in the preconditioner's
    norm, which makes the outer iteration superlinear (Nocedal & Wright, theorem 7.2);
    and not below a tenth of what `tol` asks of the gradient itself.
    """
    residual = -at.gradient
    direction = np.zeros_like(residual)
    conditioned = precondition(residual)
    search = conditioned
    size = inner(residual, conditioned)
    goal = size * min(0.25, float(np.linalg.norm(at.gradient)))
    for _ in range(_MOST_PRODUCTS):
        product = at.hessian_product(search)
        curvature = inner(search, product)
        if curvature <= 0:  # flat to rounding: the Hessian of a convex loss is never negative
            break
        length = size / curvature
        direction = direction + length * search
        residual = residual - length * product
        conditioned = precondition(residual)
        previous, size = size, inner(residual, conditioned)
        if size <= goal or np.abs(residual).max() <= 0.1 * tol:
            break
        search = conditioned + (size / previous) * search
    return direction if direction.any() else search
