"""Tables with a fault that is planted, their clean twins, and evidence of both."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trivium.comparison.checks import Evidence
from trivium.comparison.result import Check
from trivium.tables.look import look
from trivium.tabular.reading import read_task
from trivium.tabular.validation import cross_validate

ALL = ("least-squares", "softmax", "neighbors")


def table(n: int = 400, seed: int = 0, n_classes: int = 2) -> pd.DataFrame:
    """Five measured columns, two of which tell something of the label, a word and a gap."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, n_classes, n)
    columns = {f"x{place}": rng.normal(size=n).round(3) for place in range(5)}
    columns["x0"] = (columns["x0"] + 0.8 * label).round(3)
    columns["x1"] = (columns["x1"] - 0.8 * label).round(3)
    data = pd.DataFrame(columns)
    data["colour"] = rng.choice(["red", "green", "blue"], n)
    data.loc[rng.random(n) < 0.1, "x4"] = np.nan
    data["label"] = np.array(["no", "yes", "maybe"])[label]
    return data


def evidence_of(
    data: pd.DataFrame,
    models: Sequence[str] = (),
    *,
    folds: int = 5,
    seed: int = 0,
    group: str | None = None,
    time: str | None = None,
    **given: Any,
) -> Evidence:
    """Look at a table, deal its rows and let models predict them."""
    kinds = {} if group is None else {group: "group"}
    seen = look(data, "label", kinds=kinds, **given)
    reading = read_task(seen, seed=seed, group=group, time=time)
    splits = reading.task.splits(folds, seed)
    runs = cross_validate(reading.task, splits, models, lambda _: None) if models else {}
    return Evidence.of(seen, reading, splits, runs, group=group, time=time)


def one(checks: Iterable[Check], name: str) -> Check:
    """Return the one check of a name."""
    (found,) = (check for check in checks if check.name == name)
    return found
