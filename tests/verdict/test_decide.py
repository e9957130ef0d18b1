"""What is said of several models, word by word."""

import numpy as np
import pytest

from trivium.verdict.decide import decide

SIMPLEST_FIRST = ("least-squares", "softmax", "neighbors")


def said(scores, hits=None, *, n_rows=1000, **how):
    return decide(
        scores,
        floor="floor",
        simplest_first=SIMPLEST_FIRST,
        test_share=1 / 9,
        n_rows=n_rows,
        margin=0.01,
        hits=hits,
        **how,
    )


def folds(mean, seed, spread=0.02, repeats=10):
    noise = np.random.default_rng(seed).normal(size=(repeats, 10))
    return mean + spread * (noise - noise.mean())


def test_a_clear_winner_is_chosen():
    verdict = said(
        {"floor": folds(0.5, 0), "least-squares": folds(0.7, 1), "softmax": folds(0.9, 2)}
    )
    assert (verdict.best, verdict.chosen, verdict.better_than_floor) == ("softmax", "softmax", True)
    assert verdict.not_told_apart == ()
    (pair,) = verdict.pairs
    assert (pair.first, pair.second, pair.word) == ("softmax", "least-squares", "better")
    assert pair.rows_needed is None
    assert pair.interval[0] < pair.difference < pair.interval[1]


def test_the_simplest_of_those_not_told_apart_is_chosen():
    verdict = said(
        {
            "floor": folds(0.5, 0),
            "least-squares": folds(0.81, 1, 0.05),
            "softmax": folds(0.7, 2, 0.05),
            "neighbors": folds(0.82, 3, 0.05),
        }
    )
    assert verdict.best == "neighbors"
    assert verdict.not_told_apart == ("least-squares", "neighbors")
    assert (verdict.chosen, verdict.better_than_floor) == ("least-squares", True)
    pair = next(each for each in verdict.pairs if each.second == "least-squares")
    assert pair.word == "cannot tell"
    assert pair.rows_needed > 1000


def right(share, n, seed, repeats=10):
    return np.random.default_rng(seed).random((repeats, n)) < share


def of_rows(hits, **how):
    """Judge by hits; a fold is every tenth row."""
    n = next(iter(hits.values())).shape[1]
    scores = {
        name: np.stack([each[:, fold::10].mean(axis=1) for fold in range(10)], axis=1)
        for name, each in hits.items()
    }
    return said(scores, hits, n_rows=n, **how)


class TestRows:
    def test_names_change_nothing(self):
        hits = {name: right(0.8, 500, i) for i, name in enumerate(SIMPLEST_FIRST)}
        hits["floor"] = right(0.5, 500, 9)
        turned = dict(
            zip(SIMPLEST_FIRST, [hits[name] for name in SIMPLEST_FIRST[::-1]], strict=False)
        )
        one, other = of_rows(hits), of_rows(turned | {"floor": hits["floor"]})
        for pair, twin in zip(one.pairs, other.pairs[::-1], strict=True):
            assert pair.difference == pytest.approx(twin.difference)
            assert (pair.p, pair.word) == (pytest.approx(twin.p), twin.word)
        assert one.test == "McNemar"

    @pytest.mark.parametrize("repeats", [1, 10])
    @pytest.mark.parametrize(("n", "word"), [(20, "cannot tell"), (1000, "equivalent")])
    def test_the_same_rows_are_right(self, n, word, repeats):
        same = right(0.8, n, 0, repeats)
        verdict = of_rows({"floor": ~same, "softmax": same, "neighbors": same})
        (pair,) = verdict.pairs
        assert (pair.first, pair.difference, pair.p, pair.word) == ("softmax", 0.0, 1.0, word)
        assert (verdict.best, verdict.chosen) == ("softmax", "softmax")
        assert verdict.not_told_apart == ("softmax", "neighbors")
        if word == "cannot tell":
            assert 250 < pair.rows_needed < 350

    def test_the_same_difference_in_every_fold(self):
        floor = np.zeros((1, 100), dtype=bool)
        hits = {"floor": floor, "softmax": floor.copy(), "neighbors": floor.copy()}
        hits["softmax"][0, :10] = True  # one in each fold
        hits["neighbors"][0, 10:] = True
        verdict = of_rows(hits)
        floor_and_softmax = verdict.against_floor[0]
        assert floor_and_softmax.first == "softmax"
        assert 2.0**-9 < floor_and_softmax.p < 0.01
        assert verdict.pairs[0].word == "better"

    def test_hits_of_one_run_of_several_are_left_aside(self):
        hits = {"floor": right(0.5, 300, 0), "softmax": right(0.8, 300, 1)}
        assert of_rows(hits).test == "McNemar"
        scores = {name: folds(each.mean(), 2) for name, each in hits.items()}
        first = {name: each[0] for name, each in hits.items()}
        assert said(scores, first).test == "corrected t"
        alone = {name: each[:1] for name, each in scores.items()}
        assert said(alone, first).test == "McNemar"

    def test_what_is_said_of_rows_does_not_count_without_hits(self):
        of_rows = {"weights": np.ones(7), "together": np.zeros(7, dtype=np.intp)}
        assert said(SCORES, **of_rows) == said(SCORES)

    def test_copies_prove_nothing(self):
        few = {"floor": right(0.5, 20, 0), "softmax": right(0.7, 20, 1)}
        many = {name: np.repeat(each, 30, axis=1) for name, each in few.items()}
        together = np.repeat(np.arange(20), 30)
        assert of_rows(many).better_than_floor
        assert not of_rows(many, together=together).better_than_floor

    def test_weights_choose_by_balanced_accuracy(self):
        rare = np.arange(400) % 20 == 0
        hits = {"floor": np.tile(~rare, (10, 1)), "softmax": right(0.8, 400, 3)}
        plain = of_rows(hits)
        balanced = of_rows(hits, weights=0.5 / np.where(rare, rare.sum(), (~rare).sum()))
        assert (plain.against_floor[0].first, plain.better_than_floor) == ("floor", False)
        assert (balanced.against_floor[0].first, balanced.better_than_floor) == ("softmax", True)


class TestWhatIsMissing:
    def test_one_model_or_none(self):
        one = said({"floor": folds(0.5, 0), "softmax": folds(0.9, 1)})
        assert (one.best, one.chosen, one.better_than_floor) == ("softmax", "softmax", True)
        assert (one.pairs, one.not_told_apart) == ((), ())
        none = said({"floor": folds(0.5, 0)})
        assert (none.best, none.chosen, none.better_than_floor) == (None, None, False)
        assert (none.pairs, none.against_floor) == ((), ())

    def test_a_model_that_no_fold_has_a_score_of(self):
        scores = {"floor": folds(0.5, 0), "softmax": folds(0.9, 1)}
        scores["least-squares"] = np.full((10, 10), np.nan)
        verdict = said(scores)
        assert (verdict.best, verdict.chosen) == ("softmax", "softmax")
        (pair,) = verdict.pairs
        assert (pair.p, pair.equivalent, pair.word) == (1.0, 0.0, "cannot tell")
        assert np.isnan([pair.difference, *pair.interval]).all()
        assert pair.rows_needed is None

    def test_none_is_better_than_the_floor(self):
        models = {name: folds(0.5, i) for i, name in enumerate(SIMPLEST_FIRST)}
        verdict = said(models | {"floor": folds(0.6, 3)})
        assert not verdict.better_than_floor
        assert verdict.chosen == "least-squares"
        assert {pair.first for pair in verdict.against_floor} == {"floor"}


SCORES = {"floor": folds(0.5, 0), "softmax": folds(0.6, 1)}
HITS = {"floor": right(0.5, 50, 0), "softmax": right(0.5, 50, 1)}


@pytest.mark.parametrize(
    ("scores", "how", "message"),
    [
        (
            {"floor": np.ones((1, 1))},
            {},
            r"scores have shape \(1, 1\): expected \(repeats, ",
        ),
        ({"floor": np.ones(10)}, {}, r"scores have shape \(10,\): expected"),
        ({"softmax": folds(0.5, 0)}, {}, "floor='floor': it has no scores."),
        (SCORES | {"forest": folds(0.5, 2)}, {}, "model 'forest' has scores, but is not in"),
        (
            SCORES | {"neighbors": np.ones((1, 10))},
            {},
            r"model 'neighbors' has scores of shape \(1, 10\), but 'floor' has \(10, 10\)",
        ),
        (SCORES, {"hits": {"floor": HITS["floor"]}}, "model 'softmax' has scores, but no hits."),
        (
            SCORES,
            {"hits": HITS | {"softmax": right(0.5, 49, 1)}},
            r"model 'softmax' has hits of shape \(10, 49\), but 'floor' has \(10, 50\)",
        ),
        (
            SCORES,
            {"hits": {name: each[:2] for name, each in HITS.items()}},
            r"hits have shape \(2, 50\): expected \(n,\) or \(10, n\), with one row or more.",
        ),
        (SCORES, {"hits": {name: each[:, :0] for name, each in HITS.items()}}, "one row or more"),
        (
            SCORES,
            {"hits": HITS, "weights": np.ones(49)},
            r"weights has shape \(49,\): expected",
        ),
        (
            SCORES,
            {"hits": HITS, "together": np.ones(9, int)},
            r"together has shape \(9,\): expected one",
        ),
    ],
)
def test_what_does_not_fit_together(scores, how, message):
    with pytest.raises(ValueError, match=message):
        said(scores, **how)
