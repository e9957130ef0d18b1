"""What a comparison is asked for, checked."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from trivium.parameters import require_choice, require_flag, require_number
from trivium.tables.errors import TableError
from trivium.tabular.metrics import METRICS

BUDGET = 60.0
FIRST_RUN = 1800.0
"""Seconds that the first run may take, where no budget was named."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a comparison is asked for.

    Attributes
    ----------
    folds : int
    repeats : int or None
        Runs of all folds, at most; None for as many as the budget has room for, up to ten.
    seed : int
    metric : str or None
        None for accuracy, or balanced accuracy where classes weigh alike.
    positive : str or None
    group, time : str or None
        Columns.
    class_weight : {"auto", "balanced"} or None
    budget : float or None
        Seconds for everything. None: the first run takes what it needs, and repeats go on for a
        minute.
    max_memory : int or None
        Bytes of the process.
    with_reference : bool
        Whether scikit-learn's gradient boosting runs along.
    show_rows : bool
        Whether cells may be shown.

    Raises
    ------
    ValueError, TypeError
        If one is out of range.
    """

    folds: int = 10
    repeats: int | None = None
    seed: int = 0
    metric: str | None = None
    positive: str | None = None
    group: str | None = None
    time: str | None = None
    class_weight: str | None = "auto"
    budget: float | None = None
    max_memory: int | None = None
    with_reference: bool = False
    show_rows: bool = False

    def __post_init__(self) -> None:
        require_number("folds", self.folds, least=2, integer=True)
        if self.repeats is not None:
            require_number("repeats", self.repeats, least=1, integer=True)
        require_number("seed", self.seed, least=0, integer=True)
        if self.metric is not None:
            require_choice("metric", self.metric, tuple(METRICS))
        if self.class_weight is not None:
            require_choice("class_weight", self.class_weight, ("auto", "balanced"))
        if self.budget is not None:
            require_number("budget", self.budget, least=0.0, above=True)
        if self.max_memory is not None:
            require_number("max_memory", self.max_memory, least=1, integer=True)
        require_flag("with_reference", self.with_reference)
        require_flag("show_rows", self.show_rows)
        if self.group is not None and self.group == self.time:
            raise TableError(f"column {self.group!r} cannot be the group and the time at once")

    def metric_of(self, classes: Sequence[str], *, balanced: bool) -> tuple[str, int | None]:
        """Return the metric's name and the place of the positive class.

        Raises
        ------
        TableError
            If the positive class is none, or the metric needs one and none was named.
        """
        metric = self.metric or ("balanced_accuracy" if balanced else "accuracy")
        if self.positive is None:
            if METRICS[metric].needs_positive:
                option = metric.replace("_", "-")
                raise TableError(f"--metric {option} is about one class: name it by --positive")
            return metric, None
        if self.positive not in classes:
            near = difflib.get_close_matches(self.positive, classes, n=3, cutoff=0.5)
            listed = " or ".join(map(repr, near or classes[:5]))
            raise TableError(f"there is no class {self.positive!r}: do you mean {listed}?")
        return metric, list(classes).index(self.positive)
