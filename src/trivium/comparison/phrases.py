"""The verdict in words of a plain newspaper, for the page, the notebook and the terminal."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from trivium.comparison.names import plain, visible
from trivium.comparison.result import ModelResult, Result
from trivium.tables.shares import per_cent
from trivium.tabular.notes import CALLED
from trivium.verdict.decide import Pair

Text = TypeVar("Text", bound=str)

FLOOR = "floor"
MODEL_WORDS = {
    **CALLED,
    "hist-gradient-boosting": "gradient boosting",
    FLOOR: "guessing",
}


class Metric(NamedTuple):
    """How the numbers of a metric are said.

    Attributes
    ----------
    word : str
    in_points : bool
        Whether differences are said in points: hundredths of the way from 0 to 1.
    is_share : bool
        Whether it is a share of rows, said in per cent.
    of_one_class : bool
        Whether it is about the positive class.
    """

    word: str
    in_points: bool
    is_share: bool = False
    of_one_class: bool = False


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("accuracy", True, is_share=True),
    "balanced_accuracy": Metric("balanced accuracy", True, is_share=True),
    "macro_f1": Metric("macro F1", True),
    "recall": Metric("recall", True, is_share=True, of_one_class=True),
    "precision": Metric("precision", True, is_share=True, of_one_class=True),
    "f1": Metric("F1", True, of_one_class=True),
    "roc_auc": Metric("area under the ROC curve", True, of_one_class=True),
    "average_precision": Metric("average precision", True, of_one_class=True),
    "log_loss": Metric("log-loss", False),
    "brier": Metric("Brier score", False),
}


def metric_of(name: str) -> Metric:
    """Return how a metric is said; one that is not known goes by its own name."""
    return METRICS.get(name) or Metric(visible(name.replace("_", " ")), False)


def model_word(name: str) -> str:
    """Return what a model is called in a sentence."""
    return MODEL_WORDS.get(name) or visible(name)


def tied(text: Text) -> Text:
    """Keep a number and its per cent on one line."""
    return type(text)(text.replace(" %", "\u00a0%"))


def upper_first(text: str) -> str:
    """Begin a sentence with a capital."""
    return text[:1].upper() + text[1:]


def joined(words: Sequence[str], last: str = "and") -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return f" {last} ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def amount(metric: Metric, value: float) -> str:
    """Return a difference without its unit: in points to a tenth, or to three decimals.

    Examples
    --------
    >>> amount(METRICS["accuracy"], -0.0214), amount(METRICS["log_loss"], 0.0214)
    ('−2.1', '0.021')
    """
    if not math.isfinite(value):
        return "unknown"
    text = f"{100 * value:.1f}" if metric.in_points else f"{value:.3f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def unit(metric: Metric) -> str:
    """Return the unit of a difference."""
    return "points" if metric.in_points else f"of {metric.word}"


def with_unit(metric: Metric, value: float) -> str:
    """Return a difference with its unit, such as 1 point."""
    text = amount(metric, value).removesuffix(".0") if metric.in_points else amount(metric, value)
    one = metric.in_points and text == "1"
    return f"{text} point" if one else f"{text} {unit(metric)}"


def span(metric: Metric, interval: tuple[float, float]) -> str:
    """Return an interval with its unit, such as 2.1 to 4.0 points."""
    if not all(map(math.isfinite, interval)):
        return "unknown"
    low, high = (amount(metric, each) for each in interval)
    return f"{low} to {high} {unit(metric)}"


def about(rows: int) -> str:
    """Return a number of rows to two digits, which is as well as it is known.

    Examples
    --------
    >>> about(3149), about(70)
    ('3,100', '70')
    """
    return f"{int(float(f'{rows:.1e}')):,}"


def dealing(found: Result) -> str:
    """Say how rows were predicted that a model had not seen, and how many times."""
    if found.dealt == "time":
        return f"{found.folds} parts in time, each predicted by all earlier ones"
    times = "once" if found.repeats == 1 else f"{found.repeats} times"
    if found.folds < found.folds_dealt:
        return f"{found.folds} of {found.folds_dealt} folds of cross-validation"
    return f"{found.folds}-fold cross-validation, {times}"


def headline(found: Result) -> str:
    """Return the verdict in one line.

    Parameters
    ----------
    found : Result
    """
    verdict = found.verdict
    if verdict.chosen is None:
        return "No verdict: no model ran to its end"
    if verdict.better_than_floor:
        return f"Take {model_word(verdict.chosen)}"
    words = {(pair.word, pair.first == FLOOR) for pair in verdict.against_floor}
    by = " by accuracy" if found.better_by else ""
    if any(word == "cannot tell" for word, _ in words):
        return f"Cannot tell yet whether any model beats guessing{by}"
    if any(word == "equivalent" for word, _ in words):
        return f"No model beats guessing{by}"
    if by:
        return "By accuracy guessing is better than any model"
    return "Take none: guessing is better"


def sentences(found: Result) -> list[str]:
    """Return what the verdict rests on, a sentence each.

    Parameters
    ----------
    found : Result
    """
    chosen = found.verdict.chosen
    if chosen is None:
        return _failures(found)
    said = [_how_good(found, chosen)]
    if found.verdict.better_than_floor:
        said += _others(found, chosen)
    else:
        said += [*_beside_guessing(found), *_better_by(found)]
    if found.reference is not None:
        said += _standings(found, [_other(found.reference, chosen)], chosen)
    if found.interrupted:
        said.append("The runs were stopped by you: this is what was done by then.")
    return [*said, *_failures(found)]


def pair_of(found: Result, one: str, other: str) -> Pair | None:
    """Return the comparison of two models, whichever of them is first."""
    pairs = (*found.verdict.pairs, *found.verdict.against_floor)
    return next((each for each in pairs if {each.first, each.second} == {one, other}), None)


def _how_good(found: Result, chosen: str) -> str:
    """Say how good the model is beside guessing, in a number that everybody understands."""
    model = next(each for each in found.models if each.name == chosen)
    name = upper_first(model_word(chosen))
    it = "they" if _is([chosen]) == "are" else "it"
    if found.metric == "accuracy" and "accuracy" in model.scores:
        right, guess = (
            _value(metric_of("accuracy"), each, "accuracy") for each in (model, found.floor)
        )
        return (
            f"{name} {_was([chosen])} right on {right} of the rows that {it} had not seen; "
            f"guessing, always the most frequent class, is right on {guess}."
        )
    metric = metric_of(found.metric)
    own, floor = (_value(metric, each, found.metric) for each in (model, found.floor))
    article = "an" if metric.word[0] in "aeiouF" else "a"
    of = f" for {plain(found.positive)}" if metric.of_one_class and found.positive else ""
    return (
        f"{name} {_has([chosen])} {article} {metric.word} of {own}{of} on rows that {it} had "
        f"not seen; guessing, always the most frequent class, {floor}."
    )


def _value(metric: Metric, model: ModelResult, name: str) -> str:
    value = model.scores.get(name, (math.nan, 0.0))[0]
    if not math.isfinite(value):
        return "no number"
    text = f"{per_cent(value)} %" if metric.is_share else f"{value:.3f}"
    return text.replace("-", "−")


class _Standing(NamedTuple):
    """How models stand to another one, and by how much or within what; or cannot tell."""

    word: str
    how: str = ""


def _others(found: Result, chosen: str) -> list[str]:
    """Say how the other models stand to the chosen one."""
    pairs = [(each.name, pair_of(found, chosen, each.name)) for each in found.models]
    beside = [(name, pair) for name, pair in pairs if name != chosen and pair is not None]
    said = _standings(found, beside, chosen)
    if len(found.verdict.not_told_apart) > 1:
        said.append("Of models that beat guessing and are not told apart, the simplest is taken.")
    doubtful = [pair for pair in found.verdict.against_floor if not _beats_guessing(pair)]
    return said + _standings(found, [_other(pair, FLOOR) for pair in doubtful], FLOOR)


def _beats_guessing(pair: Pair) -> bool:
    return pair.word == "better" and pair.second == FLOOR


def _beside_guessing(found: Result) -> list[str]:
    return _standings(found, [_other(pair, FLOOR) for pair in found.verdict.against_floor], FLOOR)


def _better_by(found: Result) -> list[str]:
    """Say by which other metrics models beat guessing."""
    return [
        f"By {metric_of(name).word} {joined([model_word(each) for each in models])} {_is(models)} "
        f"better than guessing: --metric {name.replace('_', '-')} goes by that."
        for name, models in found.better_by.items()
    ]


def _other(pair: Pair, one: str) -> tuple[str, Pair]:
    """Return which model stands beside the given one."""
    return (pair.second if pair.first == one else pair.first), pair


def _standings(found: Result, beside: Sequence[tuple[str, Pair]], other: str) -> list[str]:
    """Return a sentence for all models that stand alike."""
    alike: dict[_Standing, list[tuple[str, Pair]]] = {}
    for name, pair in beside:
        alike.setdefault(_standing(found, pair, other), []).append((name, pair))
    return [_sentence(standing, members, other) for standing, members in alike.items()]


def _standing(found: Result, pair: Pair, other: str) -> _Standing:
    metric = metric_of(found.metric)
    if pair.word == "equivalent":
        return _Standing("equivalent", with_unit(metric, found.verdict.margin))
    if pair.word == "cannot tell":
        return _Standing("cannot tell")
    word = "worse" if pair.first == other else "better"
    if pair.interval[0] > 0.0:
        return _Standing(word, span(metric, pair.interval))
    between = span(metric, pair.interval)
    return _Standing(word, f"{with_unit(metric, pair.difference)} (between {between})")


def _sentence(standing: _Standing, members: Sequence[tuple[str, Pair]], other: str) -> str:
    names = [name for name, _ in members]
    word, how = standing
    floor = other == FLOOR
    if word == "cannot tell":
        subject = joined([model_word(name) for name in names], "or")
        side = "better than guessing" if floor else "better or worse"
        rows = _rows_that_tell([pair for _, pair in members])
        be = _is(names[-1:])
        return f"Cannot tell whether {subject} {be} {side}: {rows}."
    subject = upper_first(joined([model_word(name) for name in names]))
    if word == "equivalent":
        return f"{subject} {_is(names)} equivalent{' to guessing' if floor else ''} within {how}."
    return f"{subject} {_is(names)} {word}{' than guessing' if floor else ''} by {how}."


def _rows_that_tell(pairs: Sequence[Pair]) -> str:
    """Say how many rows would tell, from the pair that needs the fewest to the one with most."""
    needed = [each.rows_needed for each in pairs if each.rows_needed is not None]
    if not needed:
        return "not even a thousand times the rows would tell"
    least, most = about(min(needed)), about(max(needed))
    if len(needed) < len(pairs):
        return f"about {least} rows would tell, or many more"
    return f"about {least if least == most else f'{least} to {most}'} rows would tell"


def _failures(found: Result) -> list[str]:
    """Say which models have no scores, those with one reason together."""
    alike: dict[str, list[str]] = {}
    for model in found.models:
        if model.reason:
            alike.setdefault(visible(model.reason), []).append(model.name)
    return [
        f"{upper_first(joined([model_word(name) for name in names]))} {_has(names)} no scores: "
        f"{reason}."
        for reason, names in alike.items()
    ]


def _is(names: Sequence[str]) -> str:
    return "are" if len(names) > 1 or model_word(names[0]).endswith("neighbours") else "is"


def _was(names: Sequence[str]) -> str:
    return "were" if _is(names) == "are" else "was"


def _has(names: Sequence[str]) -> str:
    return "have" if _is(names) == "are" else "has"
