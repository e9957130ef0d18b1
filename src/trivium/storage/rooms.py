"""Where the codec of each class is: what needs one loads no others."""

from importlib import import_module

from trivium.storage.codec import Codec

ROOMS = {
    "NearestNeighbors": "neighbors",
    "KNeighborsClassifier": "neighbors",
    "KNeighborsClassifierCV": "neighbors",
    "KNeighborsDensity": "neighbors",
    "LeastSquaresClassifier": "least_squares",
    "LeastSquaresClassifierCV": "least_squares",
    "SoftmaxRegression": "softmax",
    "SoftmaxRegressionCV": "softmax",
    "Preparation": "tables",
    "TabularClassifier": "tabular",
    "Pipeline": "pipelines",
}
"""Where the codec of each class is: the table of all that a file may hold."""

CLASSIFIERS = frozenset(
    name
    for name, room in ROOMS.items()
    if room in ("neighbors", "least_squares", "softmax")
    and name not in ("NearestNeighbors", "KNeighborsDensity")
)
"""Those that may come after a preparation."""


def codec_of(name: str) -> Codec:
    """Return the codec of a class, by its name among `ROOMS`."""
    codec: Codec = import_module(f"trivium.storage.{ROOMS[name]}").CODECS[name]
    return codec
