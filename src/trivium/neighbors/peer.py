"""The same training rows, searched by scikit-learn's estimators."""

from typing import Any

import numpy as np
from sklearn import neighbors

from trivium.rows.csr import as_scipy


def nearest(model: Any) -> Any:
    """Return the counterpart of a fitted `NearestNeighbors`.

    Raises
    ------
    ValueError
        As `classifier`.
    """
    rows = _rows(model)
    peer = neighbors.NearestNeighbors(
        n_neighbors=model.n_neighbors, radius=model.radius, **_of_search(model)
    )
    return _named(peer.fit(rows), model)


def classifier(model: Any) -> Any:
    """Return the counterpart of a fitted classifier, which votes in the same way.

    A row of whole weight w is there w times.

    Parameters
    ----------
    model : KNeighborsClassifier or KNeighborsClassifierCV

    Returns
    -------
    sklearn.neighbors.KNeighborsClassifier

    Raises
    ------
    ValueError
        If weights of rows are no whole numbers, rows without weight are to be told from others by
        given distances, or a class has no weight: scikit-learn has nothing like that.
    """
    rows, voters, weights = _rows(model), model._voters_now(), model._row_weights
    codes = voters.codes
    if np.unique(codes).size < model.classes_.size:
        raise ValueError(
            "scikit-learn has no counterpart of a model in which a class has no weight."
        )
    if weights is not None:
        if not np.all(weights == np.rint(weights)) or model._index.metric.given:
            raise ValueError(
                "scikit-learn has no counterpart of weights that are no whole numbers."
            )
        times = np.repeat(np.arange(codes.size), weights.astype(np.intp))
        rows, codes = rows[times], codes[times]
    peer = neighbors.KNeighborsClassifier(
        n_neighbors=model._own_k(), weights=voters.rule, **_of_search(model)
    )
    peer = _named(peer.fit(rows, codes), model)
    peer.classes_ = model.classes_
    return peer


def _rows(model: Any) -> Any:
    """Return the training rows in float64; of cosine distances, their directions."""
    index = model._index
    if index.metric.given and model._kept is not None:
        raise ValueError(
            "scikit-learn has no counterpart of given distances to rows of which some weigh "
            "nothing."
        )
    if index.is_streamed:
        raise ValueError(
            "scikit-learn's counterpart holds all rows in memory, and those of this model are not: "
            "fit to an array of them."
        )
    rows = as_scipy(index.own_points())[:, : model.n_features_in_]
    return rows.astype(np.float64, copy=False)


def _of_search(model: Any) -> dict[str, Any]:
    params = dict(model.metric_params or {})  # to which scikit-learn adds
    p = params.pop("p", 2 if model.p is None else model.p)
    return {
        "metric": "minkowski" if model.metric == "p" else model.metric,
        "p": p,
        "metric_params": params or None,
        "n_jobs": model.n_jobs,
    }


def _named(peer: Any, model: Any) -> Any:
    if hasattr(model, "feature_names_in_"):
        peer.feature_names_in_ = model.feature_names_in_
    return peer
