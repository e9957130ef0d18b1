"""Scores of models over their runs: means, standard errors, confusion, reliability."""

import statistics
from collections.abc import Sequence

import numpy as np

from trivium.arrays import Float64, Indices
from trivium.comparison.first_run import Run, Runs
from trivium.comparison.result import ModelResult, Reliability
from trivium.tabular.choice import fold_scores
from trivium.tabular.metrics import ALWAYS, METRICS, Predictions, squared_distances
from trivium.tabular.task import Task
from trivium.tabular.validation import Validation
from trivium.verdict.corrected_t import corrected_t

_MOST_BINS, _ROWS_A_BIN = 10, 20


def result_of(name: str, task: Task, runs: Runs, metric: str, positive: int | None) -> ModelResult:
    """Gather what was found of a model.

    Parameters
    ----------
    name : str
        Also "floor".
    task : Task
    runs : Runs
    metric : str
    positive : int or None
        Class of a metric of one class.
    """
    if name in runs.failed:
        reason, folds_done = runs.failed[name]
        return ModelResult(name, reason=reason, folds_done=folds_done)
    first = runs.runs[0].found[name]
    tested = first.predicted >= 0
    confusion = np.zeros((task.n_classes,) * 2, dtype=np.intp)
    np.add.at(confusion, (task.codes[tested], first.predicted[tested]), 1)
    all_found = [run.found[name] for run in runs.runs]
    n_folds, n_rows = len(runs.runs[0].splits), int(np.count_nonzero(tested))
    fit, predict = np.sum([found.seconds for found in all_found], axis=0) / len(all_found)
    return ModelResult(
        name,
        scores=_scores(name, task, runs.runs, all_found, metric, positive),
        tuned=first.parameters,
        confusion=confusion,
        reliability=_reliability(
            task.codes[tested], first.predicted[tested], first.probabilities[tested]
        ),
        fit_seconds=float(fit) / n_folds,
        predict_seconds=float(predict) / n_rows * 1000.0,
        folds_done=n_folds,
        said=tuple(dict.fromkeys(kind for found in all_found for kind in found.said)),
    )


def _scores(
    name: str,
    task: Task,
    runs: Sequence[Run],
    all_found: Sequence[Validation],
    metric: str,
    positive: int | None,
) -> dict[str, tuple[float, float]]:
    """Return means over runs; errors are those of the rows, which runs do not make more of."""
    names = all_found[0].score._fields
    columns = np.array([found.score for found in all_found]).T.tolist()
    # Exact, so that what is the same in each run is so in the mean, to the last bit.
    means = dict(zip(names, map(statistics.mean, columns), strict=True))
    scores = {key: (means[key], means[f"{key}_se"]) for key in ALWAYS if key in means}
    distances = np.array([_distances(task, found) for found in all_found])
    scores["brier"] = (
        float(distances.mean()),
        float(distances.std(axis=1, ddof=1).mean() / np.sqrt(distances.shape[1])),
    )
    if metric not in scores:
        how = METRICS[metric]
        of_folds = np.array(
            [fold_scores(task, run.splits, run.found[name], how, positive) for run in runs]
        )
        share = float(np.mean([test.size / learn.size for learn, test in runs[0].splits]))
        found = corrected_t(of_folds, share)
        scores[metric] = (found.mean, found.error)
    return scores


def _distances(task: Task, found: Validation) -> Float64:
    some = found.predicted >= 0
    return squared_distances(
        Predictions(task.codes[some], found.predicted[some], found.probabilities[some])
    )


def _reliability(codes: Indices, predicted: Indices, chances: Float64) -> Reliability | None:
    """Sort predictions by how sure they were, and see how many are right."""
    bins = min(_MOST_BINS, codes.size // _ROWS_A_BIN)
    if bins < 1:
        return None
    said = chances[np.arange(codes.size), predicted]
    cuts = np.array_split(np.argsort(said, kind="stable"), bins)
    return Reliability(
        tuple(float(said[cut].mean()) for cut in cuts),
        tuple(float(np.mean(codes[cut] == predicted[cut])) for cut in cuts),
        tuple(int(cut.size) for cut in cuts),
    )
