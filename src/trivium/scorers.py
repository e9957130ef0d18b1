"""Scorers of scikit-learn: which one is meant, and which classes it needs to know.

A scorer of a part of the rows does not know the classes that the part lacks, nor which of two
strings is the positive one. As in scikit-learn's own classifiers with cross-validation it is
informed, unless whoever made it has set them.
"""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.metadata_routing import process_routing

from trivium.arrays import Labels
from trivium.inputs import require_weights
from trivium.labels import are_beyond_64_bits, as_labels, codes_among, require_alike

Scorer = Callable[..., float]


def scorer_of(estimator: Any, scoring: Any) -> Scorer:
    """Return the scorer that a parameter `scoring` stands for; None stands for accuracy.

    Raises
    ------
    TypeError
        If it is neither a name, a callable nor None.
    ValueError
        If no scorer has that name, or the callable is a metric and no scorer.
    """
    if scoring is None or isinstance(scoring, str):
        named: Any = get_scorer("accuracy" if scoring is None else scoring)
        # A name cannot request that weights be routed to the scorer that it names.
        scorer: Scorer = named.set_score_request(sample_weight=True) if _routing() else named
        return scorer
    if not callable(scoring):
        raise TypeError(
            f"scoring={scoring!r}: expected the name of a scorer, a scorer of scikit-learn or None."
        )
    return check_scoring(estimator, scoring=scoring)  # type: ignore[no-any-return]


def with_classes(scorer: Any, classes: Labels, metadata: dict[str, Any]) -> Scorer:
    """Return a scorer that knows which classes there are, and the positive one of two: the second.

    A metric of predicted labels takes the classes from these, and needs the positive one
    only.

    Parameters
    ----------
    scorer : callable
    classes : ndarray
    metadata : dict
        What it will be given besides.
    """
    metric = getattr(scorer, "_score_func", None)
    if metric is None:
        return scorer  # type: ignore[no-any-return]
    takes, made_with = inspect.signature(metric).parameters, scorer._kwargs or {}
    more: dict[str, Any] = {}
    if "labels" in takes and scorer._response_method != "predict":
        more["labels"] = classes
    # Where one class is positive unless an average over the classes is asked for.
    over_classes = (
        "average" in takes
        and takes["average"].default == "binary"
        and made_with.get("average", "binary") != "binary"
    )
    if "pos_label" in takes and classes.size == 2:
        usual = takes["pos_label"].default
        if over_classes:
            more["pos_label"] = None
        elif "labels" in takes or not (usual is None or usual in classes.tolist()):
            more["pos_label"] = classes[-1]
    more = {name: value for name, value in more.items() if name not in metadata}
    informed = copy.copy(scorer)
    informed._kwargs = {**more, **made_with}
    return informed  # type: ignore[no-any-return]


def asked(scorer: Any, model: Any, X: Any, y: Labels, metadata: dict[str, Any]) -> float:
    """Ask a scorer about a fitted model; the scorer knows the classes.

    Integers beyond 64 bits, which metrics of scikit-learn refuse, are replaced by their positions
    among the classes; a function of the user's is given the labels.

    Parameters
    ----------
    scorer : callable
    model : classifier
    X : array-like of shape (n, d)
    y : ndarray of shape (n,)
    metadata : dict
        What it is given besides.
    """
    beyond = are_beyond_64_bits(y) or are_beyond_64_bits(model.classes_)
    if beyond and hasattr(scorer, "_score_func"):
        y, model = codes_among(y, model.classes_), copy.copy(model)
        model.classes_ = np.arange(model.classes_.size)
    return float(with_classes(scorer, model.classes_, metadata)(model, X, y, **metadata))


def score_of(scorer: Scorer, model: Any, X: Any, y: Any, metadata: dict[str, Any]) -> float:
    """Ask a scorer about a fitted model, with labels and weights as they come.

    Raises
    ------
    ValueError
        If labels or weights are malformed, or the labels of another kind than the classes.
    """
    truth, given = as_labels(y), dict(metadata)
    require_alike(truth, model.classes_)
    if given.get("sample_weight") is not None:
        given["sample_weight"] = require_weights(given["sample_weight"], truth.size)
    return asked(scorer, model, X, truth, given)


def routed(
    estimator: Any, method: str, scorer: Scorer, metadata: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Say what a splitter and a scorer are to be given of a method's arguments.

    With scikit-learn's `enable_metadata_routing` it is what they ask for; a plain function,
    which cannot ask, is given the weights. Without, groups go to the splitter and weights to the
    scorer.

    Parameters
    ----------
    estimator : estimator
        Which names its splitter, if it has one, and its scorer in `get_metadata_routing`.
    method : {"fit", "score"}
    scorer : callable
    metadata : dict
        Arguments by name; None means that one is not given.

    Returns
    -------
    for_splitter, for_scorer : dict

    Raises
    ------
    ValueError
        If there are weights, and the scorer takes none; or arguments that only routing could
        bring to their place, and it is off.
    """
    given = {name: value for name, value in metadata.items() if value is not None}
    weights = {"sample_weight": given["sample_weight"]} if "sample_weight" in given else {}
    if _routing():
        parts = process_routing(estimator, method, **given)
        for_splitter = dict(parts.get("splitter", {}).get("split", {}))
        for_scorer = dict(parts.scorer.score)
        if not hasattr(scorer, "get_metadata_routing"):
            for_scorer = weights
    else:
        extra = sorted(given.keys() - {"sample_weight", "groups"})
        if extra:
            raise ValueError(
                f"{type(estimator).__name__}.{method} takes {', '.join(extra)} only with "
                "sklearn.set_config(enable_metadata_routing=True), and where a scorer or a "
                "splitter asks for it."
            )
        for_splitter = {"groups": given["groups"]} if "groups" in given else {}
        for_scorer = weights
    if "sample_weight" in for_scorer and not _takes_weights(scorer):
        raise ValueError(
            f"scoring={scorer!r} takes no sample_weight, so that every row would count once in it: "
            "give it a parameter sample_weight, or fit without weights."
        )
    return for_splitter, for_scorer


def _takes_weights(scorer: Any) -> bool:
    try:
        takes = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters
    except (TypeError, ValueError):  # functions written in C have no signature
        return True
    return "sample_weight" in takes or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values()
    )


def _routing() -> bool:
    return bool(get_config()["enable_metadata_routing"])
