"""Pictures of the three classifiers, as matplotlib Displays in scikit-learn's convention.

A Display takes arrays in its constructor and draws them in ``plot(ax=None, ...)``, which returns
itself and keeps ``ax_`` and ``figure_``; ``from_estimator`` computes the arrays. What scikit-learn
already draws (confusion matrices, learning curves) is not drawn again here. Draw within
``matplotlib.rc_context(palette.style())`` for Trivium's look. matplotlib is imported only when
something is drawn.
"""

from trivium.displays.boundary_tilt import BoundaryTiltDisplay
from trivium.displays.class_weights import ClassWeightsDisplay
from trivium.displays.density import DensityDisplay
from trivium.displays.grid import PlaneGrid
from trivium.displays.influence import InfluenceDisplay
from trivium.displays.k_sweep import NeighborsSweepDisplay
from trivium.displays.regions import ClassRegionsDisplay
from trivium.displays.scatter import LabelledRowsDisplay
from trivium.displays.side_by_side import SideBySideDisplay
from trivium.displays.training import TrainingCurvesDisplay

__all__ = [
    "BoundaryTiltDisplay",
    "ClassRegionsDisplay",
    "ClassWeightsDisplay",
    "DensityDisplay",
    "InfluenceDisplay",
    "LabelledRowsDisplay",
    "NeighborsSweepDisplay",
    "PlaneGrid",
    "SideBySideDisplay",
    "TrainingCurvesDisplay",
]
