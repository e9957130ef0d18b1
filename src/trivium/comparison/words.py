"""The verdict in sentences."""

from trivium.comparison.result import Comparison
from trivium.tabular.metrics import METRICS
from trivium.tabular.notes import CALLED
from trivium.verdict.decide import Pair

_OTHERS = {
    "hist-gradient-boosting": "gradient boosting",
    "floor": "the most frequent class",
}


def called(name: str) -> str:
    """Return what a model is called in a sentence."""
    return {**CALLED, **_OTHERS}[name]


def amount(difference: float, metric: str) -> str:
    """Return a difference of a metric in words: points of a hundred, or a plain number."""
    if METRICS[metric].greater_is_better:
        return f"{100.0 * difference:.1f} points"
    return f"{difference:.3f}"


def sentences_of(found: Comparison) -> list[str]:
    """Say what to take, and how sure that is: one sentence a line, the first for the hurried."""
    verdict = found.verdict
    if verdict.chosen is None:
        return ["No model has come to its end: there is no verdict."]
    metric = found.metric.replace("_", " ").replace("log loss", "log-loss")
    if verdict.better_than_floor:
        lines = [f"Take {called(verdict.chosen)}."]
    else:
        lines = [
            f"None of the models is clearly better than naming the most frequent class always, by "
            f"{metric}."
        ]
    lines += [
        sentence_of(pair, found.metric) for pair in verdict.pairs if verdict.chosen in _both(pair)
    ]
    if found.reference is not None:
        lines.append(sentence_of(found.reference, found.metric))
    return lines


def sentence_of(pair: Pair, metric: str) -> str:
    """Say what is known of two models."""
    first, second = called(pair.first), called(pair.second)
    first = first[0].upper() + first[1:]
    low, high = (amount(bound, metric) for bound in pair.interval)
    between = f"{low.removesuffix(' points')} to {high}".replace("-", "−")
    if pair.word == "better":
        return f"{first} is better than {second}, by {between}."
    if pair.word == "equivalent":
        return f"{first} and {second} are equivalent within 1 %."
    told = f"{first} or {second}: cannot tell ({between})"
    if pair.rows_needed is None:
        return f"{told}."
    return f"{told}; about {pair.rows_needed:,} rows would."


def _both(pair: Pair) -> tuple[str, str]:
    return pair.first, pair.second
