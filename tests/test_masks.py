"""Every public method refuses a mask, in whichever of its arguments.

The methods and arguments are found by looking: one that is added must be taught here what to
be called with, or the test fails.
"""

import inspect
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import trivium
from trivium import displays
from trivium.displays import PlaneGrid
from trivium.least_squares.deletion.influence import Influence

N = 24
X = np.random.default_rng(5).normal(size=(N, 2))
Y = np.arange(N) % 2
X[:, 0] += 2.0 * Y
WEIGHTS = np.ones(N)
GRID = PlaneGrid((0.0, 1.0, 0.0, 1.0), (2, 2))


class Halves:
    """A splitter that does with groups, and without."""

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2

    def split(self, X, y=None, groups=None):
        halves = np.arange(N // 2), np.arange(N // 2, N)
        return iter([halves, halves[::-1]])


ESTIMATORS = {
    "KNeighborsClassifier": {"n_neighbors": 2},
    "KNeighborsClassifierCV": {"k_max": 3},
    "KNeighborsDensity": {"n_neighbors": 3},
    "LeastSquaresClassifier": {},
    "LeastSquaresClassifierCV": {"alphas": [0.1, 1.0]},
    "NearestNeighbors": {"n_neighbors": 2},
    "SoftmaxRegression": {"alpha": 0.1},
    "SoftmaxRegressionCV": {"alphas": [0.1, 1.0], "cv": Halves()},
    ("LeastSquaresClassifier", "predict_proba"): {"calibration": "sigmoid"},
    ("LeastSquaresClassifier", "predict_log_proba"): {"calibration": "sigmoid"},
}
NO_ESTIMATORS = {"MaskedClassWarning", "ModelFileError", "SeparationWarning", "__version__"}
IGNORED = {("NearestNeighbors", "fit", "y"), ("KNeighborsDensity", "score", "y")}
ARRAY = ("ArrayLike", "_SupportsArray", "Float64", "ndarray", "Sequence[int]", "Sequence[float]")
PLAIN = {"X", "y", "sample_weight"}  # in methods of scikit-learn, which annotates nothing

# What a method is called with: by owner and method, by owner, or by name alone.
GIVEN = {
    "X": X,
    "y": Y,
    "sample_weight": WEIGHTS,
    "classes": [0, 1],
    "X_val": X,
    "y_val": Y,
    "groups": Y,
    "ks": [1, 2],
    "rows": [0, 1],
    "radius": WEIGHTS,
    ("LeastSquaresClassifier", "forget"): {"X": X[:3], "y": Y[:3], "sample_weight": WEIGHTS[:3]},
    ("KNeighborsDensity", "path"): {"ks": [2, 3]},
    "BoundaryTiltDisplay": {
        "coefs": [[1.0, 0.0]],
        "intercepts": [0.5],
        "outliers": [[1.0, 2.0]],
        "estimators": lambda: [trivium.LeastSquaresClassifier().fit(X, Y)],
        "model": lambda: trivium.LeastSquaresClassifier(),
    },
    "SideBySideDisplay": {"estimators": lambda: [trivium.LeastSquaresClassifier().fit(X, Y)]},
    "ClassRegionsDisplay": {
        "labels": [0, 0, 1, 1],
        "grid": GRID,
        "boundaries": [[0.5, 0.0], [0.5, 1.0]],
        "y_pred": Y,
        "estimator": lambda: trivium.LeastSquaresClassifier().fit(X, Y),
    },
    "ClassWeightsDisplay": {
        "weights": np.eye(2, 64),
        "X": np.eye(64),
        "estimator": lambda: trivium.LeastSquaresClassifier().fit(np.eye(64), np.arange(64) % 2),
    },
    "DensityDisplay": {
        "log_density": np.zeros(4),
        "class_log_density": np.zeros((4, 2)),
        "class_probability": np.full((4, 2), 0.5),
        "grid": GRID,
        "estimator": lambda: trivium.KNeighborsDensity(3).fit(X, Y),
    },
    "InfluenceDisplay": {
        "coef": [[1.0, 0.0]],
        "intercept": [0.0],
        "loo_coef": [[[1.0, 0.0]]] * 2,
        "loo_intercept": [[0.0]] * 2,
        "cooks_distance": [0.1, 0.2],
        "estimator": lambda: trivium.LeastSquaresClassifier().fit(X, Y),
    },
    "LabelledRowsDisplay": {
        "y_pred": Y,
        "estimator": lambda: trivium.LeastSquaresClassifier().fit(X, Y),
    },
    "NeighborsSweepDisplay": {
        "scores": {"accuracy": [0.5, 0.6]},
        "train_scores": {"accuracy": [0.7, 0.8]},
        "standard_errors": {"accuracy": [0.1, 0.1]},
        "X_train": X,
        "y_train": Y,
        "estimator": lambda: trivium.KNeighborsClassifier(2).fit(X, Y),
    },
    "TrainingCurvesDisplay": {
        "loss": [2.0, 1.0],
        "accuracy": [0.5, 0.6],
        "validation_loss": [2.0, 1.0],
        "validation_accuracy": [0.5, 0.6],
        "estimator": lambda: trivium.SoftmaxRegression().fit(X, Y),
    },
    "PlaneGrid": {"extent": (0.0, 1.0, 0.0, 1.0), "labels": [0, 0, 1, 1]},
}


def public_methods():
    """Names of owners and of their public methods, with the constructors of Displays."""
    owners = [getattr(trivium, name) for name in trivium.__all__ if name not in NO_ESTIMATORS]
    owners += [getattr(displays, name) for name in displays.__all__]
    for owner in [*owners, Influence]:
        for name, member in inspect.getmembers(owner, callable):
            own = name == "__init__" and owner is not Influence
            if own or not name.startswith(("_", "get_", "set_")):
                yield owner, name, member


def array_arguments(owner, name, member):
    for argument in inspect.signature(member).parameters.values():
        annotation = str(argument.annotation)
        if argument.annotation is argument.empty:
            takes = argument.name in PLAIN
        else:
            takes = any(word in annotation for word in ARRAY) and "Callable" not in annotation
        takes = takes or (argument.name in PLAIN and argument.annotation in (object, Any))
        if takes and (owner.__name__, name, argument.name) not in IGNORED:
            yield argument.name


CASES = [
    pytest.param(owner, name, argument, id=f"{owner.__name__}-{name}-{argument}")
    for owner, name, member in public_methods()
    for argument in array_arguments(owner, name, member)
]


def fitted(owner, method=""):
    options = ESTIMATORS.get((owner.__name__, method), ESTIMATORS[owner.__name__])
    return owner(**options).fit(X, Y)


def arguments_of(owner, name, member):
    """Arguments of a call that is right."""
    kind = "path" if name.endswith("_path") else name
    own = {**GIVEN, **GIVEN.get(owner.__name__, {}), **GIVEN.get((owner.__name__, kind), {})}
    if owner.__name__ in ESTIMATORS and name == "__init__":
        own = ESTIMATORS[owner.__name__]
    given = {}
    for argument in inspect.signature(member).parameters.values():
        if argument.name in own:
            value = own[argument.name]
            given[argument.name] = value() if callable(value) else value
    if name.startswith("from_"):
        given["ax"] = Figure().subplots()
    return given


def masked(value):
    """Mask the first entry."""
    if isinstance(value, dict):
        return {name: masked(part) for name, part in value.items()}
    array = np.array(value)
    mask = np.zeros(array.shape, dtype=bool)
    mask.flat[0] = True
    return np.ma.array(array, mask=mask)


def call(owner, name, given):
    if name == "__init__":
        made = owner(**given)
        if owner.__name__ in ESTIMATORS:
            made.fit(X, Y)
    elif name.startswith("from_") or name == "around":
        getattr(owner, name)(**given)
    elif owner is displays.PlaneGrid:
        getattr(GRID, name)(**given)
    elif owner is Influence:
        getattr(fitted(trivium.LeastSquaresClassifier).influence(X, Y), name)(**given)
    else:
        getattr(fitted(owner, name), name)(**given)


@pytest.mark.parametrize(("owner", "name", "argument"), CASES)
def test_a_mask_is_refused(owner, name, argument):
    given = arguments_of(owner, name, getattr(owner, name))
    assert argument in given, f"Say in GIVEN what {owner.__name__}.{name} takes as {argument}."
    call(owner, name, given)
    with pytest.raises(ValueError, match=r"is a masked array, masked in \w+ 0"):
        call(owner, name, {**given, argument: masked(given[argument])})


def test_there_are_methods_of_every_kind():
    names = {case.id for case in CASES}
    assert {
        "KNeighborsClassifier-predict_path-ks",
        "KNeighborsDensity-fit-sample_weight",
        "LeastSquaresClassifier-forget-X",
        "LeastSquaresClassifier-partial_fit-classes",
        "LeastSquaresClassifierCV-__init__-alphas",
        "LeastSquaresClassifierCV-influence-y",
        "SoftmaxRegression-fit-y_val",
        "SoftmaxRegression-score-sample_weight",
        "SoftmaxRegressionCV-fit-groups",
        "InfluenceDisplay-from_estimator-y",
        "Influence-loo_coef-rows",
    } <= names


def test_a_mask_that_hides_nothing_is_no_mask():
    plain = trivium.LeastSquaresClassifier().fit(X, Y, WEIGHTS)
    unmasked = [np.ma.array(part) for part in (X, Y, WEIGHTS)]
    again = trivium.LeastSquaresClassifier().fit(*unmasked)
    np.testing.assert_array_equal(again.coef_, plain.coef_)


@pytest.mark.parametrize(
    "rows",
    [
        [np.ma.array([0.0, 1.0], mask=[False, False]), np.ma.array([1.0, 2.0], mask=[False, True])],
        np.ma.array([[0.0, 1.0], [1.0, 2.0]], mask=[[False, False], [False, True]]),
    ],
)
def test_the_place_of_a_masked_value_is_named_in_a_list_of_rows_too(rows):
    with pytest.raises(ValueError, match="X is a masked array, masked in row 1, column 1"):
        trivium.LeastSquaresClassifier().fit(rows, [0, 1])


def test_a_masked_fold_is_refused():
    train = np.ma.array(np.arange(N), mask=np.arange(N) == 3)
    model = trivium.SoftmaxRegressionCV(2, cv=[(train, np.arange(N))])
    with pytest.raises(ValueError, match="Fold 0 is a masked array, masked in place 3"):
        model.fit(X, Y)


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored:UserWarning")
@pytest.mark.parametrize(
    ("groups", "words"),
    [(["a", None] * 12, "groups holds no value in row 1"), (Y[:3], r"groups has shape \(3,\)")],
)
def test_groups_are_one_a_row(groups, words):
    with pytest.raises(ValueError, match=words):
        trivium.SoftmaxRegressionCV(2, cv=2).fit(X, Y, groups=groups)


@pytest.mark.parametrize("rule", [np.ma.array, lambda d: np.ma.array(d, mask=d > d.min())])
def test_what_a_function_of_distances_masks_is_refused(rule):
    model = trivium.KNeighborsClassifier(3, weights=rule).fit(X, Y)
    if rule is np.ma.array:
        assert model.predict(X).shape == (N,)
    else:
        with pytest.raises(ValueError, match=r"What weights=.* returned is a masked array"):
            model.predict(X)


@pytest.mark.parametrize("y", [["a", np.ma.masked, "b"], [0, 1, np.ma.masked]])
def test_the_masked_constant_among_labels_is_named(y):
    with pytest.raises(ValueError, match=r"y is a masked array, masked in row [12]"):
        trivium.LeastSquaresClassifier().fit([[0.0], [1.0], [2.0]], y)
