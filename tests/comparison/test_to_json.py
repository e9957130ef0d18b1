import json
from dataclasses import replace

import numpy as np
import pytest
from tests.comparison import examples
from tests.comparison.examples import EXAMPLES

from trivium.comparison.result import ModelResult, Reliability
from trivium.comparison.to_json import plain


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_comparison_is_json_and_says_the_same_again(name):
    found = EXAMPLES[name]()
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert json.loads(text) == found.to_dict()
    assert text == json.dumps(EXAMPLES[name]().to_dict(), allow_nan=False)


def test_what_machines_look_for():
    document = examples.comparison().to_dict()
    assert {"rows_read", "rows_used", "target", "classes", "columns"} <= document["data"].keys()
    for model in document["models"]:
        assert {"name", "accuracy", "accuracy_se", "log_loss", "log_loss_se"} <= model.keys()
        assert model["reason"] is None
    assert document["verdict"]["better_than_floor"] is True
    assert document["verdict"]["not_told_apart"] == ["softmax", "neighbors"]
    assert document["floor"]["name"] == "floor"
    assert set(document["fold_scores"]) == {"floor", *examples.SKILLS}


def test_classes_stand_beside_their_numbers():
    found = examples.long_names()
    for model, given in zip(found.to_dict()["models"], found.models, strict=True):
        assert [each["class"] for each in model["per_class"]] == found.data["classes"]
        for place, each in enumerate(model["per_class"]):
            row = given.confusion[place]
            assert each["rows"] == row.sum()
            assert each["recall"] == row[place] / row.sum()
            assert each["recall_low"] < each["recall"] < each["recall_high"]


def test_a_model_without_scores_has_its_reason():
    models = {each["name"]: each for each in examples.failed_model().to_dict()["models"]}
    assert models["softmax"]["reason"] == "memory ran out"
    assert models["softmax"]["confusion"] is models["softmax"]["per_class"] is None
    assert models["softmax"]["accuracy"] is models["softmax"]["log_loss"] is None


def test_timings_differ_in_one_place_alone():
    one = examples.comparison()
    models = tuple(replace(each, fit_seconds=9.0, predict_seconds=8.0) for each in one.models)
    other = replace(one, models=models, seconds=55.0)
    first, second = one.to_dict(), other.to_dict()
    assert first.pop("timings") != second.pop("timings")
    assert first == second


def test_what_is_not_finite_is_null():
    reliability = Reliability((np.nan,), (np.inf,), (1,))
    scores = {"accuracy": (np.float32("nan"), float("-inf"))}
    bad = ModelResult("softmax", scores, reliability=reliability)
    found = replace(examples.comparison(60, repeats=1), models=(bad,)).to_dict()
    (model,) = found["models"]
    assert model["accuracy"] is model["accuracy_se"] is None
    assert model["reliability"] == {"said": [None], "came": [None], "rows": [1]}
    assert plain({"a": np.array([[1, 2]]), 3: np.bool_(True)}) == {"a": [[1, 2]], "3": True}
