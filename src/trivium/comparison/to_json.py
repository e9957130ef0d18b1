"""A comparison as plain data for JSON: finite numbers or None, in an order that stays."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trivium.comparison.per_class import per_class
from trivium.comparison.result import Check, ModelResult, Reliability, Result, ShownRows
from trivium.tabular.metrics import ALWAYS
from trivium.verdict.decide import Pair, Verdict
from trivium.versions import versions


def to_dict(comparison: Result) -> dict[str, Any]:
    """Return everything that was found, for machines.

    What differs from run to run stands under "timings" and nowhere else.

    Parameters
    ----------
    comparison : Result

    Returns
    -------
    dict
        Of dictionaries, lists, strings, whole and finite numbers, booleans and None.
    """
    classes = tuple(comparison.data["classes"])
    document = {
        "data": dict(comparison.data),
        "notes": comparison.notes,
        "metric": comparison.metric,
        "positive": comparison.positive,
        "folds": comparison.folds,
        "folds_dealt": max(comparison.folds, comparison.folds_dealt),
        "repeats": comparison.repeats,
        "seed": comparison.seed,
        "dealt": comparison.dealt,
        "by": comparison.by,
        "balanced": comparison.balanced,
        "floor": {"name": comparison.floor.name, **_scores(comparison.floor)},
        "models": [_model(each, classes) for each in comparison.models],
        "fold_scores": comparison.fold_scores,
        "verdict": _verdict(comparison.verdict),
        "better_by": comparison.better_by,
        "reference": None if comparison.reference is None else _pair(comparison.reference),
        "interrupted": comparison.interrupted,
        "checks": [_check(each) for each in comparison.checks],
        "rows": _rows(comparison.rows),
        "timings": _timings(comparison),
        "versions": versions(),
    }
    cleaned: dict[str, Any] = plain(document)
    return cleaned


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: arrays as lists, NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _scores(model: ModelResult) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    if not model.scores:  # it has not come to its end
        found = {f"{name}{se}": None for name in ALWAYS for se in ("", "_se")}
    for name, (mean, error) in model.scores.items():
        found[name], found[f"{name}_se"] = mean, error
    return found


def _model(model: ModelResult, classes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": model.name,
        **_scores(model),
        "tuned": model.tuned,
        "folds_done": model.folds_done,
        "confusion": model.confusion,
        "per_class": _per_class(model, classes),
        "reliability": _reliability(model.reliability),
        "said": model.said,
        "reason": model.reason or None,
    }


def _per_class(model: ModelResult, classes: tuple[str, ...]) -> list[dict[str, Any]] | None:
    if model.confusion is None:
        return None
    found = per_class(model.confusion)._asdict()
    return [
        {"class": name, **{key: values[place] for key, values in found.items()}}
        for place, name in enumerate(classes)
    ]


def _reliability(reliability: Reliability | None) -> dict[str, Any] | None:
    if reliability is None:
        return None
    return {"said": reliability.said, "came": reliability.came, "rows": reliability.rows}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "better_than_floor": verdict.better_than_floor,
        "not_told_apart": verdict.not_told_apart,
        "best": verdict.best,
        "chosen": verdict.chosen,
        "test": verdict.test,
        "margin": verdict.margin,
        "pairs": [_pair(each) for each in verdict.pairs],
        "against_floor": [_pair(each) for each in verdict.against_floor],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": pair.difference,
        "interval": pair.interval,
        "p": pair.p,
        "equivalent": pair.equivalent,
        "word": pair.word,
        "rows_needed": pair.rows_needed,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "status": check.status,
        "text": check.text,
        "columns": check.columns,
        "rows": check.rows,
        "option": check.option or None,
    }


def _rows(rows: ShownRows | None) -> list[dict[str, Any]]:
    if rows is None:
        return []
    return [
        {"row": number, "cells": dict(zip(rows.columns, cells, strict=True))}
        for number, cells in zip(rows.numbers, rows.cells, strict=True)
    ]


def _timings(comparison: Result) -> dict[str, Any]:
    return {
        "budget": comparison.budget,
        "seconds": comparison.seconds,
        "models": {
            each.name: {"fit_seconds": each.fit_seconds, "predict_seconds": each.predict_seconds}
            for each in comparison.models
        },
    }
