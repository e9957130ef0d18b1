"""The figures of a comparison: how sure differences are, and whether probabilities come true."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trivium.comparison.per_class import wilson
from trivium.comparison.phrases import (
    Metric,
    metric_of,
    model_word,
    span,
    upper_first,
)
from trivium.comparison.result import Reliability, Result
from trivium.displays.palette import CLASS_COLORS, INK, MUTED
from trivium.report import in_style
from trivium.verdict.decide import Pair

_WIDTH = 3.6  # inches: readable on a phone
_LINE = 0.52  # inches of one pair
_MARKS = "its 95 % interval, and shaded the margin within which a difference does not matter"
WORD_STYLES: dict[str, dict[str, Any]] = {
    "better": {"color": CLASS_COLORS[0], "marker": "o"},
    "equivalent": {"color": CLASS_COLORS[2], "marker": "s"},
    "cannot tell": {"color": MUTED, "marker": "D"},
}


class Picture(NamedTuple):
    """A figure, what it shows for readers who cannot see it, and its caption."""

    figure: Figure
    label: str
    caption: str


def differences(found: Result) -> Picture | None:
    """Draw the difference of every two models with its interval, the margin shaded."""
    pairs = model_pairs(found)
    if not pairs:
        return None
    metric = metric_of(found.metric)
    caption = f"Model against model: the difference of their scores, {_MARKS}."
    return _intervals(pairs, found, metric, caption)


def over_guessing(found: Result) -> Picture | None:
    """Draw how much better than the floor each model is, with intervals."""
    pairs = found.verdict.against_floor
    if not pairs:
        return None
    metric = metric_of(found.metric)
    others = bool(model_pairs(found))
    same = "the same" if others else f"the difference of their scores, {_MARKS}"
    caption = f"Model against guessing, which is the most frequent class, always: {same}."
    if others:
        caption += " Mind that the scale is another one."
    return _intervals(pairs, found, metric, caption)


def model_pairs(found: Result) -> tuple[Pair, ...]:
    """Return every two models, and the chosen one beside the reference."""
    reference = () if found.reference is None else (found.reference,)
    return (*found.verdict.pairs, *reference)


def calibrations(found: Result) -> dict[str, Picture]:
    """Draw, for each model, how often what was said to be so probable came true."""
    drawn = {}
    for model in found.models:
        if model.reliability is not None and model.reliability.rows:
            drawn[model.name] = _calibration(model.name, model.reliability)
    return drawn


def figures(found: Result) -> dict[str, Figure]:
    """Return every figure of a comparison by its name.

    Parameters
    ----------
    found : Result

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        "differences", "over guessing", and "calibration of ..." for each model.
    """
    drawn = {"differences": differences(found), "over guessing": over_guessing(found)}
    drawn |= {f"calibration of {name}": each for name, each in calibrations(found).items()}
    return {name: each.figure for name, each in drawn.items() if each is not None}


def mean_gap(reliability: Reliability) -> tuple[float, float]:
    """Return what was said on average less what came true, and its standard error.

    The error is that of rows which come true as often as was said.
    """
    said, came, rows = (np.asarray(each, np.float64) for each in _columns(reliability))
    n = rows.sum()
    gap = float((rows * (said - came)).sum() / n)
    return gap, float(np.sqrt((rows * said * (1.0 - said)).sum()) / n)


def _columns(reliability: Reliability) -> tuple[Sequence[float], ...]:
    return reliability.said, reliability.came, reliability.rows


def _intervals(pairs: Sequence[Pair], found: Result, metric: Metric, caption: str) -> Picture:
    scale = 100.0 if metric.in_points else 1.0
    margin = scale * found.verdict.margin
    with in_style():
        figure = Figure(figsize=(_WIDTH, 0.62 + _LINE * len(pairs)), layout="constrained")
        axes = figure.add_subplot()
        ends = [scale * end for pair in pairs for end in pair.interval if np.isfinite(end)]
        least = 1.3 * margin or 1.0  # where nothing is known and no margin either
        low, high = min([*ends, -least]), max([*ends, least])
        pad = 0.03 * (high - low)
        axes.set_xlim(low - pad, high + pad)
        axes.set_ylim(len(pairs) - 0.45, -0.5)
        # Bands and zeros stand beside the intervals alone, not behind the words above them.
        tops = [place - 0.14 for place in range(len(pairs))]
        ends = [place + 0.24 for place in range(len(pairs))]
        bands = [2.0 * margin] * len(pairs)
        axes.bar(0.0, 0.38, bands, tops, color=MUTED, alpha=0.25, linewidth=0)
        axes.vlines([0.0] * len(pairs), tops, ends, color=INK, linewidth=0.8)
        for place, pair in enumerate(pairs):
            _draw_pair(axes, place, pair, scale)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"difference in {'points' if metric.in_points else metric.word}")
    spoken = [f"{_versus(pair)}: {span(metric, pair.interval)}, {pair.word}" for pair in pairs]
    return Picture(figure, upper_first("; ".join(spoken)), caption)


def _draw_pair(axes: Axes, place: int, pair: Pair, scale: float) -> None:
    look = WORD_STYLES[pair.word]
    low, high = (scale * end for end in pair.interval)
    axes.plot([low, high], [place + 0.05, place + 0.05], color=look["color"], linewidth=2.0)
    face = "none" if pair.word == "cannot tell" else look["color"]
    axes.plot(
        [scale * pair.difference],
        [place + 0.05],
        marker=look["marker"],
        markersize=6.0,
        markerfacecolor=face,
        markeredgecolor=look["color"],
        markeredgewidth=1.6,
    )
    across = axes.get_yaxis_transform()
    axes.text(0.0, place - 0.3, _versus(pair), transform=across, va="center", fontsize=8.5)
    axes.text(
        1.0, place - 0.3, pair.word, transform=across, va="center", ha="right", fontweight="bold"
    )


def _versus(pair: Pair) -> str:
    return f"{model_word(pair.first)} over {model_word(pair.second)}"


def _calibration(name: str, reliability: Reliability) -> Picture:
    said, came, rows = (np.asarray(each) for each in _columns(reliability))
    hits = np.rint(came * rows).astype(np.int64)
    _, low, high = wilson(hits, rows.astype(np.int64))
    with in_style():
        figure = Figure(figsize=(3.1, 3.1), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0.0, 1.0], [0.0, 1.0], color=MUTED, linestyle=(0, (4, 1.6)), linewidth=1.2)
        axes.vlines(said, low, high, color=CLASS_COLORS[0], linewidth=1.4)
        axes.plot(said, came, color=CLASS_COLORS[0], marker="o", markersize=4.0, linewidth=1.2)
        least = max(0.0, float(np.floor(10.0 * min(said.min(), low.min()))) / 10.0)
        axes.set(xlim=(least, 1.01), ylim=(least, 1.01), aspect="equal")
        axes.set(title=upper_first(model_word(name)))
        axes.set(xlabel="probability that was said", ylabel="share that came true")
    label = f"Calibration of {model_word(name)}: " + "; ".join(
        f"said {p:.2f}, came true {q:.2f}" for p, q in zip(said, came, strict=True)
    )
    return Picture(
        figure, label, f"{upper_first(model_word(name))}: {calibration_words(reliability)}"
    )


def calibration_words(reliability: Reliability) -> str:
    """Say whether probabilities are too high, too low, or come true."""
    gap, error = mean_gap(reliability)
    said = float(np.average(reliability.said, weights=reliability.rows))
    percent = f"{100 * said:.1f} % said on average, {100 * (said - gap):.1f} % came true"
    if abs(gap) <= 2.0 * error:
        return f"{percent}: as often as was said, as far as these rows can tell."
    return f"{percent}: it says {'too much' if gap > 0 else 'too little'}."
