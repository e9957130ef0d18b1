"""Names for the arrays that pass between rooms."""

from typing import Any

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating[Any]]
"""Rows as the user gave them: float64 or float32."""
Indices = npt.NDArray[np.intp]
Labels = npt.NDArray[Any]
