"""What a comparison has found, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trivium.arrays import Float64, Indices
from trivium.verdict.decide import Pair, Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a careful person looks at before a verdict is believed.

    Attributes
    ----------
    name : str
        Such as "copies"; the same for every table.
    status : {"fine", "note", "warning"}
        A warning is what may make the scores wrong.
    text : str
        One line, with the evidence: no cell's value but the names of classes.
    columns : tuple of str
        What it is about.
    rows : tuple of int
        Rows of the table, counted from 1, the gravest first; the most telling ones only.
    option : str
        What the user may add to the command, such as "--group patient"; or empty.
    """

    name: str
    status: Literal["fine", "note", "warning"]
    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    option: str = ""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often what was said to be so probable came true.

    Attributes
    ----------
    said, came : tuple of float
        Mean probability of the predicted class, and share of right predictions, bin by bin.
    rows : tuple of int
        Predictions in each bin; bins hold about equally many.
    """

    said: tuple[float, ...]
    came: tuple[float, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What was found of one model, or of the floor.

    Attributes
    ----------
    name : str
        "least-squares", "softmax", "neighbors", "hist-gradient-boosting", or "floor".
    scores : mapping of str to (float, float)
        Each metric's mean over repeats, and its standard error over rows; empty where the model
        has not run to its end.
    tuned : tuple of mapping
        The parameters that were chosen, fold by fold.
    confusion : ndarray of int of shape (n_classes, n_classes) or None
        Rows of a class (first index) that were predicted as another, in the first run.
    reliability : Reliability or None
    fit_seconds, predict_seconds : float
        Of one fold: to tune and fit, and to predict a thousand rows; timings, which differ from
        run to run.
    folds_done : int
        Of the first run.
    reason : str
        Why there are no scores; empty where there are.
    said : tuple of str
        Names of warnings.
    """

    name: str
    scores: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tuned: tuple[Mapping[str, float], ...] = ()
    confusion: Indices | None = None
    reliability: Reliability | None = None
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    folds_done: int = 0
    reason: str = ""
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownRows:
    """Rows that checks name, cell by cell, where the user lets them be shown.

    Attributes
    ----------
    columns : tuple of str
        The target first.
    numbers : tuple of int
        Rows of the table, counted from 1.
    cells : tuple of tuple of str or None
        Of each row one for each column.
    """

    columns: tuple[str, ...]
    numbers: tuple[int, ...]
    cells: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True, eq=False)
class Result:
    """What was found of three classifiers on one table: scores, the verdict, the checks.

    Attributes
    ----------
    data : mapping
        The table as `trivium look --json` has it: rows_read, rows_used, target, classes,
        class_rows, columns.
    metric : str
        What the verdict goes by.
    positive : str or None
        The class that metrics of one class are about.
    folds, repeats : int
        Folds that all models have done.
    seed : int
    dealt : {"rows", "groups", "time"}
        How rows come into folds.
    by : str or None
        The column of groups or of time.
    balanced : bool
        Whether classes weigh alike.
    floor : ModelResult
        The most frequent class always, with the classes' shares as probabilities.
    models : tuple of ModelResult
        In the order from the simplest.
    fold_scores : mapping of str to ndarray of shape (repeats, folds)
        The metric, fold by fold, of those that have run to their end, the floor too.
    verdict : Verdict
    checks : tuple of Check
    notes : tuple of str
        What was said of the table and of the runs.
    budget, seconds : float
        What was allowed and what it took.
    better_by : mapping of str to tuple of str
        Where no model beats guessing by accuracy: other metrics by which some do, and which.
    reference : Pair or None
        The chosen model beside scikit-learn's gradient boosting, where that was asked for.
    interrupted : bool
        Whether the user has ended the runs.
    rows : ShownRows or None
    folds_dealt : int
        Of which `folds` are done; 0 stands for as many.
    """

    data: Mapping[str, Any]
    metric: str
    positive: str | None
    folds: int
    repeats: int
    seed: int
    dealt: Literal["rows", "groups", "time"]
    by: str | None
    balanced: bool
    floor: ModelResult
    models: tuple[ModelResult, ...]
    fold_scores: Mapping[str, Float64]
    verdict: Verdict
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    budget: float
    seconds: float
    better_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reference: Pair | None = None
    interrupted: bool = False
    rows: ShownRows | None = None
    folds_dealt: int = 0
