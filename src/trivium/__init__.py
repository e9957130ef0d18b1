"""Trivium: nearest neighbours, linear least squares and softmax regression.

The public names live here and are imported on first use, so that
``import trivium`` costs next to nothing; so are ``trivium.displays``, the pictures, and
``trivium.lab``, the plane that a hand changes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trivium import displays as displays
    from trivium import lab as lab
    from trivium.comparison.compare import compare
    from trivium.least_squares.classifier import LeastSquaresClassifier
    from trivium.least_squares.classifier_cv import LeastSquaresClassifierCV
    from trivium.masking import MaskedClassWarning
    from trivium.neighbors.classifier import KNeighborsClassifier
    from trivium.neighbors.classifier_cv import KNeighborsClassifierCV
    from trivium.neighbors.density import KNeighborsDensity
    from trivium.neighbors.nearest import NearestNeighbors
    from trivium.scanning.scan import scan
    from trivium.softmax.classifier import SoftmaxRegression
    from trivium.softmax.classifier_cv import SoftmaxRegressionCV
    from trivium.softmax.separation.directions import SeparationWarning
    from trivium.storage.errors import ModelFileError
    from trivium.storage.models import load, save

__version__ = "0.1.0"

__all__ = [
    "KNeighborsClassifier",
    "KNeighborsClassifierCV",
    "KNeighborsDensity",
    "LeastSquaresClassifier",
    "LeastSquaresClassifierCV",
    "MaskedClassWarning",
    "ModelFileError",
    "NearestNeighbors",
    "SeparationWarning",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "__version__",
    "compare",
    "load",
    "save",
    "scan",
]

_HOME = {
    "KNeighborsClassifier": "trivium.neighbors.classifier",
    "KNeighborsClassifierCV": "trivium.neighbors.classifier_cv",
    "KNeighborsDensity": "trivium.neighbors.density",
    "LeastSquaresClassifier": "trivium.least_squares.classifier",
    "LeastSquaresClassifierCV": "trivium.least_squares.classifier_cv",
    "MaskedClassWarning": "trivium.masking",
    "ModelFileError": "trivium.storage.errors",
    "NearestNeighbors": "trivium.neighbors.nearest",
    "SeparationWarning": "trivium.softmax.separation.directions",
    "SoftmaxRegression": "trivium.softmax.classifier",
    "SoftmaxRegressionCV": "trivium.softmax.classifier_cv",
    "compare": "trivium.comparison.compare",
    "load": "trivium.storage.models",
    "save": "trivium.storage.models",
    "scan": "trivium.scanning.scan",
}

_ROOMS = ("displays", "lab")


def __getattr__(name: str) -> object:
    """Import a public name, or a room of pictures, on first use (PEP 562)."""
    if name in _ROOMS:
        return import_module(f"trivium.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'trivium' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
