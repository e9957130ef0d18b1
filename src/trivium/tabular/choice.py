"""Which of several models is taken, by the verdict on their folds."""

from collections.abc import Mapping, Sequence

import numpy as np

from trivium.arrays import Float64
from trivium.tabular.classifier import SIMPLEST_FIRST
from trivium.tabular.folds import Split
from trivium.tabular.metrics import METRICS, Metric, Predictions, by_fold
from trivium.tabular.task import Task
from trivium.tabular.validation import Validation
from trivium.verdict.decide import Verdict, decide

FLOOR = "floor"
"""The most frequent class, always."""

_MARGIN = 0.01
_SHARES_OF_ROWS = ("accuracy", "balanced_accuracy")


def verdict_of(
    task: Task,
    runs: Sequence[tuple[Sequence[Split], Mapping[str, Validation]]],
    metric: str = "accuracy",
    *,
    positive: int | None = None,
    simplest_first: Sequence[str] = SIMPLEST_FIRST,
) -> Verdict:
    """Judge models by cross-validation.

    Parameters
    ----------
    task : Task
    runs : sequence of (splits, mapping from names to Validation)
        One or more of the same number of folds; all have the same models, and "floor".
    metric : str
        Of `METRICS`.
    positive : int or None
        The class that a metric of one class is about.
    simplest_first : sequence of str

    Returns
    -------
    Verdict
        Differences that do not matter are .01, or a hundredth of the floor's loss. By accuracy rows
        are compared, copies and groups as one; by other metrics, and in time, folds.
    """
    how = METRICS[metric]
    sign = 1.0 if how.greater_is_better else -1.0
    first_splits, first = runs[0]
    scores = {
        name: sign * np.array([fold_scores(task, s, f[name], how, positive) for s, f in runs])
        for name in first
    }
    tested = np.sort(np.concatenate([test for _, test in first_splits]))
    codes, together = task.codes[tested], np.unique(task.together[tested], return_inverse=True)[1]
    hits = weights = None
    if metric in _SHARES_OF_ROWS and task.when is None:
        hits = {
            name: np.array([f[name].predicted[tested] == codes for _, f in runs]) for name in first
        }
    if metric == "balanced_accuracy":
        weights = 1.0 / np.bincount(codes)[codes]
    margin = _MARGIN if how.greater_is_better else _MARGIN * abs(float(scores[FLOOR].mean()))
    return decide(
        scores,
        floor=FLOOR,
        simplest_first=simplest_first,
        test_share=float(np.mean([test.size / learn.size for learn, test in first_splits])),
        n_rows=tested.size,
        margin=margin,
        hits=hits,
        weights=weights,
        together=None if together.max() + 1 == tested.size else together,
    )


def fold_scores(
    task: Task, splits: Sequence[Split], found: Validation, metric: Metric, positive: int | None
) -> Float64:
    """Return a metric of each fold.

    Returns
    -------
    ndarray of shape (n_folds,)
        NaN where it has no value.
    """
    return by_fold(
        metric,
        [
            Predictions(
                task.codes[test], found.predicted[test], found.probabilities[test], positive
            )
            for _, test in splits
        ],
    )
