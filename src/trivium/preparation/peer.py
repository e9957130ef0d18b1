"""A preparation as scikit-learn's own transformers, fitted."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from trivium.arrays import Float64
from trivium.preparation.dates import DAY, DatePlan, on_circle, turns
from trivium.preparation.levels import LevelPlan
from trivium.preparation.numbers import NumberPlan
from trivium.preparation.plan import Plan
from trivium.preparation.truths import TruthPlan

_RARE = "\x00"  # a level that no table has: stands for rare ones where an encoder learns


def column_transformer(plan: Plan) -> ColumnTransformer:
    """Return the transformers of a plan, side by side.

    Parameters
    ----------
    plan : Plan
    """
    steps, lessons = [], {}
    for number, (column, part) in enumerate(zip(plan.columns, plan.parts, strict=True)):
        if isinstance(part, LevelPlan):
            step, lesson = _of_levels(part)
        elif isinstance(part, DatePlan):
            step, lesson = _of_dates(part), pd.Series(pd.to_datetime([0, 1], unit="s"))
        else:
            step, lesson = _of_numbers(part), pd.Series([0.0, np.nan])
        steps.append((f"column {number}", step, [column.name]))
        lessons[column.name] = lesson
    # Encoders learn from columns of their own length: each is filled up with its first cell.
    length = max(map(len, lessons.values()), default=0)
    frame = pd.DataFrame(
        {
            name: lesson.reindex(range(length), fill_value=lesson.iloc[0])
            for name, lesson in lessons.items()
        }
    )
    whole = ColumnTransformer(steps, sparse_threshold=1.0 if plan.sparse else 0.0)
    whole.fit(frame)
    for (_, step, _), part in zip(whole.transformers_, plan.parts, strict=False):
        _teach(step, part)
    return whole


def _of_levels(part: LevelPlan) -> tuple[Pipeline, Any]:
    """Return an encoder, and the column that teaches it: what comes once is rare."""
    words: list[str | None] = [*part.kept, *[None] * part.gaps]
    lesson = pd.Series([*words, *words, _RARE], dtype=object)
    encoder = OneHotEncoder(
        min_frequency=2, handle_unknown="infrequent_if_exist", sparse_output=True
    )
    return Pipeline([("words", FunctionTransformer(_words)), ("encode", encoder)]), lesson


def _of_numbers(part: NumberPlan | TruthPlan) -> FeatureUnion:
    value: Any = SimpleImputer(strategy="median")
    if isinstance(part, NumberPlan):
        value = Pipeline([("impute", value), ("scale", StandardScaler())])
    steps = [("value", value)] * part.varies
    steps += [("missing", MissingIndicator(features="all"))] * part.gaps
    return FeatureUnion(steps)


def _of_dates(part: DatePlan) -> FeatureUnion:
    steps: list[tuple[str, Any]] = []
    if part.day.varies:
        days = ("days", FunctionTransformer(_days))
        rest = [("impute", SimpleImputer()), ("scale", StandardScaler())]
        steps.append(("value", Pipeline([days, *rest])))
    steps += [
        (cycle, FunctionTransformer(_points, kw_args={"cycle": cycle})) for cycle in part.cycles
    ]
    if part.day.gaps:
        marks = [("days", FunctionTransformer(_days)), ("mark", MissingIndicator(features="all"))]
        steps.append(("missing", Pipeline(marks)))
    return FeatureUnion(steps)


def _teach(step: Any, part: Any) -> None:
    """Give a fitted transformer what was learnt."""
    if isinstance(part, LevelPlan):
        return
    number = part.day if isinstance(part, DatePlan) else part
    if not number.varies:
        return
    value = dict(step.transformer_list)["value"]
    if isinstance(part, TruthPlan):
        value.statistics_ = np.array([part.usual])
        return
    value.named_steps["impute"].statistics_ = np.array([number.median])
    scaler = value.named_steps["scale"]
    scaler.mean_, scaler.scale_ = np.array([number.mean]), np.array([number.scale])
    scaler.var_ = np.square(scaler.scale_)


def _words(cells: Any) -> Any:
    """Mark all missing cells by None, of which an encoder tells NaN apart."""
    return cells.astype(object).where(cells.notna(), None)


def _seconds(dates: Any) -> Float64:
    """Seconds since 1970-01-01 of a frame of one column of dates, NaN where one is missing."""
    moments = dates.iloc[:, 0].to_numpy(dtype="datetime64[us]")
    seconds: Float64 = moments.astype(np.int64) / 1e6
    seconds[np.isnat(moments)] = np.nan
    return seconds


def _days(dates: Any) -> Float64:
    return _seconds(dates)[:, None] / DAY


def _points(dates: Any, cycle: str) -> Float64:
    return on_circle(turns(_seconds(dates), cycle))
