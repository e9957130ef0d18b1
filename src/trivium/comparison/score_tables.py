"""The parts of the report that compare models: how sure, scores, costs, calibration."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from trivium.comparison.names import visible
from trivium.comparison.phrases import (
    Metric,
    about,
    amount,
    dealing,
    metric_of,
    model_word,
    span,
    tied,
    unit,
    upper_first,
    with_unit,
)
from trivium.comparison.pictures import (
    Picture,
    calibrations,
    differences,
    model_pairs,
    over_guessing,
)
from trivium.comparison.result import ModelResult, Result
from trivium.report import (
    Block,
    Column,
    FigureBlock,
    Gallery,
    Prose,
    Section,
    Table,
    in_style,
    to_svg,
)
from trivium.verdict.decide import Pair

_SHOWN = ("accuracy", "balanced_accuracy", "log_loss", "brier")


def how_sure(found: Result) -> Section | None:
    """Show every difference with its interval, and the word that is said of it."""
    pairs = (*model_pairs(found), *found.verdict.against_floor)
    if not pairs:
        return None
    metric = metric_of(found.metric)
    drawn = {"differences": differences(found), "over-guessing": over_guessing(found)}
    figures = tuple(_block(name, each) for name, each in drawn.items() if each is not None)
    blocks: tuple[Block, ...] = (
        Prose(_three_words(found, metric)),
        Gallery(figures, min_width=22.0),
        _pairs_table(pairs, found, metric),
    )
    return Section("How sure that is", "sure", blocks)


def _three_words(found: Result, metric: Metric) -> Markup:
    margin = with_unit(metric, found.verdict.margin)
    point = " A point is a hundredth of the way from 0 to 1." if metric.in_points else ""
    if found.metric == "accuracy":
        point = " A point is one row in a hundred."
    text = Markup(
        "<p><strong>Better</strong>: chance alone would rarely make such a difference (p below "
        ".05, corrected for the number of comparisons). <strong>Equivalent</strong>: the "
        "difference is within {} with a probability of 95 % or more. <strong>Cannot tell</strong>: "
        "neither; more rows would tell. An interval that leaves out zero is not enough for a word: "
        "intervals are not corrected for the number of comparisons.{}</p>"
    )
    return tied(text.format(margin, point))


def _pairs_table(pairs: Sequence[Pair], found: Result, metric: Metric) -> Table:
    rows = tuple(
        (
            upper_first(model_word(pair.first)),
            model_word(pair.second),
            pair.word.replace(" ", "\u00a0"),
            amount(metric, pair.difference),
            span(metric, pair.interval).removesuffix(f" {unit(metric)}"),
            _p(pair.p),
            _p(pair.equivalent),
            _needed(pair),
        )
        for pair in pairs
    )
    margin = with_unit(metric, found.verdict.margin)
    columns = (
        Column("model"),
        Column("over"),
        Column("word"),
        Column("difference", "number"),
        Column("95 % interval", "number"),
        Column("p", "number"),
        Column("equivalent", "number"),
        Column("rows needed", "number"),
    )
    return Table(
        f"Differences of {metric.word}{' in points' if metric.in_points else ''}. p: of no "
        f"difference, corrected. Equivalent: probability that it is within {margin}",
        columns,
        rows,
        sortable=False,
    )


def _p(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value < 0.001:
        return "< .001"
    return "> .999" if value > 0.999 else f"{value:.3f}".removeprefix("0")


def _needed(pair: Pair) -> str | None:
    if pair.word != "cannot tell":
        return None
    if pair.rows_needed is None:
        return "out of reach"
    return f"about {about(pair.rows_needed)}"


def scores(found: Result) -> Section:
    """Show the scores of every model and of the floor, and why some have none."""
    names = [name for name in _SHOWN if name in found.floor.scores or _any(found, name)]
    if found.metric not in names and _any(found, found.metric):
        names.insert(0, found.metric)
    remarks = any(model.reason or model.said for model in found.models)
    columns = [Column("model"), *(Column(metric_of(name).word, "number") for name in names)]
    if remarks:
        columns.append(Column("remark"))
    rows = []
    for model in (*found.models, found.floor):
        row: list[str | float | None] = [upper_first(model_word(model.name))]
        row += [score_text(model, name) for name in names]
        if remarks:
            row.append(_remark(model))
        rows.append(tuple(row))
    table = Table(_score_caption(found), tuple(columns), tuple(rows), sortable=False)
    return Section("Scores", "scores", (table,))


def _any(found: Result, name: str) -> bool:
    return any(name in model.scores for model in found.models)


def score_text(model: ModelResult, name: str) -> str | None:
    """Return a score with its standard error, if there is one."""
    value, error = model.scores.get(name, (math.nan, math.nan))
    if not math.isfinite(value):
        return None
    text = f"{value:.3f}".replace("-", "−")
    return f"{text} ± {error:.3f}" if math.isfinite(error) else text


def _remark(model: ModelResult) -> str | None:
    parts = [visible(model.reason)] if model.reason else []
    if model.said:
        parts.append("warned of " + ", ".join(map(visible, model.said)))
    return "; ".join(parts) or None


def _score_caption(found: Result) -> str:
    return (
        f"{upper_first(dealing(found))}; ± one standard error over rows. Of log-loss and "
        "Brier score, low is good. Guessing: the most frequent class, always, with the shares of "
        "the classes as probabilities"
    )


def costs(found: Result) -> Section:
    """Show what models cost to fit, to predict with, and to hand on."""
    rows = tuple(
        (
            upper_first(model_word(model.name)),
            _seconds(model.fit_seconds) if model.scores else None,
            _seconds(model.predict_seconds) if model.scores else None,
            _held(model),
        )
        for model in found.models
    )
    columns = (
        Column("model"),
        Column("tune and fit", "number"),
        Column("predict 1,000 rows", "number"),
        Column("its file holds"),
    )
    caption = "Seconds of one fold on the machine of this run: they differ from run to run"
    return Section("What it costs", "costs", (Table(caption, columns, rows, sortable=False),))


def _held(model: ModelResult) -> str | None:
    """Say whether a model that is handed on takes rows along."""
    if not model.scores:
        return None
    return "all the rows that it learnt from" if model.name == "neighbors" else "none of the rows"


def _seconds(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value < 0.001:
        return "< 1 ms"
    return f"{1000 * value:.0f} ms" if value < 1.0 else f"{value:,.1f} s"


def calibration(found: Result) -> Section | None:
    """Show how often what was said to be so probable came true."""
    drawn = calibrations(found)
    if not drawn:
        return None
    figures = tuple(
        _block(f"calibration-{place}", each) for place, each in enumerate(drawn.values(), 1)
    )
    text = Markup(
        "<p>Of the predictions that were said to be right with a probability of 80 %, about 80 in "
        "100 should be right: marks on the dashed line. Below it, a model says too much; above it, "
        "too little. Upright lines are 95 % intervals.</p>"
    )
    blocks = (Prose(tied(text)), Gallery(figures, min_width=17.0))
    return Section("Can its probabilities be believed?", "calibration", blocks)


def _block(name: str, picture: Picture) -> FigureBlock:
    with in_style():
        svg = to_svg(picture.figure, name=name, label=picture.label)
    return FigureBlock(svg, tied(picture.caption))
