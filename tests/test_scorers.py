"""Scorers: which one is meant, what it is told of the classes, and who gets which metadata."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    make_scorer,
)

from trivium.scorers import routed, score_of, scorer_of, with_classes


class Constant(ClassifierMixin, BaseEstimator):
    """Answers the second of two classes, with a probability of .8."""

    def __init__(self, classes):
        self.classes = classes
        self.classes_ = np.array(classes)

    def predict(self, X):
        return np.repeat(self.classes_[1], len(X))

    def predict_proba(self, X):
        return np.tile([0.2, 0.8], (len(X), 1))


X = np.zeros((4, 1))


class TestClasses:
    def test_a_metric_of_probabilities_is_told_of_classes_that_are_not_there(self):
        model = Constant(["a", "b"])
        scorer = with_classes(scorer_of(model, "neg_log_loss"), model.classes_, {})
        assert scorer(model, X, ["b"] * 4) == pytest.approx(np.log(0.8))
        assert scorer(model, X, ["a"] * 4) == pytest.approx(np.log(0.2))

    @pytest.mark.parametrize("name", ["f1", "precision", "recall", "jaccard", "average_precision"])
    @pytest.mark.parametrize("names", [["no", "yes"], [3, 7], [-1, 1]])
    def test_of_two_classes_the_second_is_positive(self, name, names):
        model = Constant(names)
        scorer = with_classes(scorer_of(model, name), model.classes_, {})
        y = np.array(names)[[1, 1, 1, 0]]
        expected = {"f1": 6 / 7, "recall": 1.0}.get(name, 0.75)
        assert scorer(model, X, y) == pytest.approx(expected)

    def test_what_a_scorer_was_made_with_stays(self):
        model, y = Constant(["no", "yes"]), ["no", "no", "no", "yes"]
        scorer = make_scorer(f1_score, pos_label="no")
        assert with_classes(scorer, model.classes_, {})(model, X, y) == 0.0
        macro = make_scorer(f1_score, average="macro")
        plain = f1_score(y, ["yes"] * 4, average="macro")
        assert with_classes(macro, model.classes_, {})(model, X, y) == plain
        assert "pos_label" not in macro._kwargs

    def test_what_it_will_be_given_is_not_told_twice(self):
        scorer = make_scorer(log_loss, response_method="predict_proba", greater_is_better=False)
        model = Constant(["a", "b"])
        with config_context(enable_metadata_routing=True):
            given = {"labels": ["a", "b"]}
            told = with_classes(scorer, model.classes_, given)
            assert told(model, X, ["b"] * 4, **given) == pytest.approx(np.log(0.8))

    def test_a_label_that_is_positive_by_default_is(self):
        model = Constant([0, 1])
        scorer = make_scorer(average_precision_score, response_method="predict_proba")
        assert with_classes(scorer, model.classes_, {})._kwargs == {}

    def test_a_function_is_left_alone(self):
        def score(model, X, y):
            return 0.5

        assert with_classes(scorer_of(None, score), np.array([0, 1]), {}) is score


class TestIntegersBeyond64Bits:
    @pytest.mark.parametrize("scoring", ["accuracy", "f1", "neg_log_loss"])
    def test_scores_are_those_of_other_labels(self, scoring):
        model, peer = Constant([2**70, 2**70 + 1]), Constant([0, 1])
        codes = np.array([1, 1, 1, 0])
        y = np.array([2**70 + code for code in codes.tolist()], dtype=object)
        scorer = scorer_of(model, scoring)
        assert score_of(scorer, model, X, y, {}) == score_of(scorer, peer, X, codes, {})

    def test_a_label_that_is_no_class_is_told_wrong(self):
        scorer = scorer_of(None, "accuracy")
        for classes in ([2**70, 2**70 + 1], [0, 1]):
            model = Constant(classes)
            y = np.array([2**71, classes[1], classes[1], classes[0]], dtype=object)
            assert score_of(scorer, model, X, y, {}) == 0.5


class TestWhich:
    def test_none_is_accuracy(self):
        assert scorer_of(Constant([0, 1]), None)(Constant([0, 1]), X, [1, 1, 1, 0]) == 0.75

    @pytest.mark.parametrize("scoring", [["accuracy"], 3, {"a": "accuracy"}])
    def test_neither_a_name_nor_a_callable(self, scoring):
        with pytest.raises(TypeError, match="expected the name of a scorer"):
            scorer_of(None, scoring)

    def test_a_metric_is_no_scorer(self):
        with pytest.raises(ValueError, match="make_scorer"):
            scorer_of(None, accuracy_score)


class TestRouting:
    def test_without_routing(self):
        weights, groups = np.ones(4), np.arange(4)
        scorer = make_scorer(accuracy_score)
        assert routed(None, "fit", scorer, {"sample_weight": None, "groups": None}) == ({}, {})
        for_splitter, for_scorer = routed(
            None, "fit", scorer, {"sample_weight": weights, "groups": groups}
        )
        assert for_splitter == {"groups": groups}
        assert for_scorer == {"sample_weight": weights}
        with pytest.raises(ValueError, match="NoneType.fit takes price, value only with"):
            routed(None, "fit", scorer, {"price": weights, "value": weights})

    @pytest.mark.parametrize(
        "scoring",
        [
            lambda model, X, y: 0.5,
            make_scorer(lambda y, told: 0.5),
            "adjusted_rand_score",
        ],
    )
    def test_a_scorer_that_takes_no_weights(self, scoring):
        scorer = scorer_of(None, scoring)
        assert routed(None, "fit", scorer, {"sample_weight": None}) == ({}, {})
        with pytest.raises(ValueError, match="takes no sample_weight"):
            routed(None, "fit", scorer, {"sample_weight": np.ones(4)})

    @pytest.mark.parametrize(
        "scoring", [lambda model, X, y, **more: 0.5, lambda model, X, y, sample_weight: 0.5, dict]
    )
    def test_functions_that_take_weights(self, scoring):
        given = {"sample_weight": np.ones(4)}
        assert routed(None, "fit", scoring, given) == ({}, given)
