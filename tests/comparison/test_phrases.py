from dataclasses import replace

import pytest
from tests.comparison import examples

from trivium.comparison.phrases import (
    METRICS,
    dealing,
    headline,
    metric_of,
    sentences,
    span,
    with_unit,
)
from trivium.comparison.score_tables import score_text
from trivium.tabular.notes import CALLED
from trivium.verdict.decide import Pair, Verdict


def pair(first, second, word, interval=(0.021, 0.04), rows=None):
    return Pair(first, second, sum(interval) / 2, interval, 0.01, 0.5, word, rows)


def told(pairs, against_floor, chosen="softmax", *, better=True, apart=(), metric="accuracy"):
    """A comparison with a verdict of these pairs."""
    verdict = Verdict(
        "corrected t", 0.01, tuple(pairs), tuple(against_floor), chosen, apart, chosen, better
    )
    return replace(examples.comparison(60, repeats=1), verdict=verdict, metric=metric)


def words_of(found):
    return " ".join(sentences(found))


ABOVE = [pair(name, "floor", "better") for name in examples.SKILLS]


def test_a_verdict_that_everyone_understands():
    found = told(
        [
            pair("softmax", "least-squares", "better"),
            pair("softmax", "neighbors", "equivalent", (-0.002, 0.003)),
        ],
        ABOVE,
        apart=("softmax", "neighbors"),
    )
    assert headline(found) == "Take softmax regression"
    said = sentences(found)
    assert said[0].startswith("Softmax regression was right on ")
    assert said[1:] == [
        f"{CALLED['least-squares'].capitalize()} is worse by 2.1 to 4.0 points.",
        "Nearest neighbours are equivalent within 1 point.",
        "Of models that beat guessing and are not told apart, the simplest is taken.",
    ]


def test_models_that_stand_alike_stand_in_one_sentence():
    pairs = [
        pair("softmax", "least-squares", "cannot tell", (-0.01, 0.02), 3140),
        pair("neighbors", "softmax", "cannot tell", (-0.02, 0.01), 96_512),
    ]
    text = words_of(told(pairs, ABOVE))
    assert (
        f"Cannot tell whether {CALLED['least-squares']} or nearest neighbours are better or "
        "worse: about 3,100 to 97,000 rows would tell." in text
    )


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        ((3140, 3120), "about 3,100 rows would tell."),
        ((3140, None), "about 3,100 rows would tell, or many more."),
        ((None, None), "not even a thousand times the rows would tell."),
    ],
)
def test_how_many_rows_would_tell(needed, words):
    names = ("least-squares", "neighbors")
    pairs = [
        pair("softmax", name, "cannot tell", (-0.01, 0.02), rows)
        for name, rows in zip(names, needed, strict=True)
    ]
    assert words in words_of(told(pairs, ABOVE))


def test_models_that_do_not_beat_guessing_are_said_beside_one_that_does():
    doubtful = pair("least-squares", "floor", "cannot tell", (-0.01, 0.02), 510)
    text = words_of(told([], [doubtful, pair("softmax", "floor", "better")]))
    name = CALLED["least-squares"]
    assert f"Cannot tell whether {name} is better than guessing: about 510 rows" in text


def test_the_chosen_model_need_not_be_the_best():
    pairs = [pair("neighbors", "softmax", "better", (-0.001, 0.05))]
    text = words_of(told(pairs, ABOVE))
    assert "Nearest neighbours are better by 2.5 points (between −0.1 to 5.0 points)." in text


@pytest.mark.parametrize(
    ("words", "first", "title", "sentence"),
    [
        (
            "cannot tell",
            "softmax",
            "Cannot tell yet whether any model beats guessing",
            "Cannot tell whether softmax regression is better than guessing: ",
        ),
        (
            "equivalent",
            "softmax",
            "No model beats guessing",
            "Softmax regression is equivalent to guessing within 1 point.",
        ),
        (
            "better",
            "floor",
            "Take none: guessing is better",
            "Softmax regression is worse than guessing by 2.1 to 4.0 points.",
        ),
    ],
)
def test_models_that_do_not_beat_guessing(words, first, title, sentence):
    second = "floor" if first == "softmax" else "softmax"
    found = told([], [pair(first, second, words)], better=False)
    assert headline(found) == title
    assert sentence in words_of(found)


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("cannot tell", "Cannot tell yet whether any model beats guessing by accuracy"),
        ("equivalent", "No model beats guessing by accuracy"),
        ("better", "By accuracy guessing is better than any model"),
    ],
)
def test_what_beats_guessing_by_another_metric_is_said(word, title):
    found = told([], [pair("floor", "softmax", word)], better=False)
    found = replace(found, better_by={"log_loss": ("softmax", "neighbors")})
    assert headline(found) == title
    text = "By log-loss softmax regression and nearest neighbours are better than guessing: "
    assert f"{text}--metric log-loss goes by that." in words_of(found)


def test_a_model_without_scores_is_named_with_its_reason():
    found = examples.nothing_ran()
    assert headline(found) == "No verdict: no model ran to its end"
    assert len(sentences(found)) == 1
    assert "softmax regression and nearest neighbours have no scores: it ran" in words_of(found)
    one = examples.failed_model()
    assert "Nearest neighbours have no scores: it ran over its budget" in words_of(one)


def test_the_reference_and_an_interrupted_run_are_said():
    found = examples.comparison(60, repeats=1)
    beside = pair("hist-gradient-boosting", found.verdict.chosen, "better")
    text = words_of(replace(found, reference=beside, interrupted=True))
    assert "Gradient boosting is better by 2.1 to 4.0 points." in text
    assert "stopped by you" in text


def test_losses_are_said_as_they_are_and_shares_in_points():
    found = told([pair("softmax", "neighbors", "better")], ABOVE, metric="log_loss")
    text = words_of(found)
    assert "Softmax regression has a log-loss of 0." in text
    assert "Nearest neighbours are worse by 0.021 to 0.040 of log-loss." in text
    balanced = words_of(replace(found, metric="balanced_accuracy"))
    assert "has a balanced accuracy of " in balanced
    assert " % on rows that it had not seen" in balanced
    one = replace(found, metric="f1", positive="yes", floor=found.models[0], models=found.models)
    scores = {"f1": (0.3456, 0.01)}
    models = tuple(replace(each, scores=scores) for each in found.models)
    text = words_of(replace(one, models=models))
    assert "has an F1 of 0.346 for yes on rows that it had not seen" in text
    assert "of no number on rows" in words_of(replace(found, metric="roc_auc"))


def test_a_share_is_rounded_once():
    found = told([], ABOVE, chosen="neighbors")
    scores = {"accuracy": (442 / 800, 0.01)}
    models = tuple(replace(each, scores=scores) for each in found.models)
    text = words_of(replace(found, models=models))
    assert "Nearest neighbours were right on 55.2 % of the rows that they had not seen" in text
    assert score_text(models[0], "accuracy").startswith("0.552 ")


def test_folds_in_time_are_said_as_they_are():
    found = examples.comparison(60, repeats=1)
    assert dealing(found) == "10-fold cross-validation, once"
    text = "10 parts in time, each predicted by all earlier ones"
    assert dealing(replace(found, dealt="time")) == text
    assert f"{text}; ±".capitalize() in replace(found, dealt="time", by="day").to_html()


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_unit(name):
    metric = metric_of(name)
    assert with_unit(metric, 0.01) == ("1 point" if metric.in_points else f"0.010 of {metric.word}")
    assert span(metric, (-0.00001, 0.02)).startswith("0.0")


def test_a_comparison_prints_its_verdict():
    lines = str(examples.comparison()).splitlines()
    assert lines[0].startswith("Take ")
    assert len(lines) > 2
