"""From a table to a classifier: choice, scores, notes, rare classes, copies, and no warnings."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from tests.preparation.shop import shop

from trivium.tables.errors import CellError, TableError
from trivium.tables.look import look
from trivium.tabular.fitting import fit_table

MODELS = ("least-squares", "softmax", "neighbors")


def blobs(counts, d=3, seed=0, apart=2.0):
    """Return a table of classes "a", "b", ... of so many rows each, and a column of words."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(counts)), counts)
    X = rng.normal(size=(codes.size, d)).round(3) + apart * rng.normal(size=(len(counts), d))[codes]
    table = pd.DataFrame(X, columns=[f"x{j}" for j in range(d)])
    table["word"] = np.where(rng.random(codes.size) < 0.7, codes.astype(str), "other")
    table["word"] = "w" + table["word"]
    table["label"] = [chr(97 + code) for code in codes]
    return table.sample(frac=1.0, random_state=seed).reset_index(drop=True)


@pytest.fixture(scope="module")
def wine():
    table = load_wine(as_frame=True).frame
    table["target"] = table["target"].map({0: "north", 1: "middle", 2: "south"})
    return table


@pytest.fixture(scope="module")
def fitted(wine):
    return fit_table(look(wine, "target"))


def test_scores_are_those_of_a_good_model_and_beat_the_majority(fitted):
    validation = fitted.validation
    assert list(validation["models"]) == list(MODELS)
    assert validation["majority"]["accuracy"] == pytest.approx(71 / 178)
    for scores in validation["models"].values():
        assert scores["accuracy"] > 0.94
        assert scores["balanced_accuracy"] > 0.94
        assert scores["log_loss"] < 0.2
        assert len(scores["tuned"]) == validation["folds"] == 10
    assert json.loads(json.dumps(validation)) == validation


def test_what_is_predicted_has_the_classes_and_the_greatest_probability(wine, fitted):
    predicted, probabilities = fitted.predict(wine), fitted.predict_proba(wine)
    assert fitted.classes == ("middle", "north", "south")
    assert fitted.class_rows == (71, 59, 48)
    assert fitted.n_rows == 178
    assert np.mean(predicted == wine["target"].to_numpy()) > 0.97
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    np.testing.assert_array_equal(fitted.classes_[probabilities.argmax(axis=1)], predicted)
    both = fitted.predict_both(wine)
    np.testing.assert_array_equal(both[0], predicted)
    np.testing.assert_array_equal(both[1], probabilities)


def test_the_same_seed_gives_the_same_bits(wine, fitted):
    again = fit_table(look(wine, "target"))
    assert again.validation == fitted.validation
    assert again.notes == fitted.notes
    np.testing.assert_array_equal(again.predict_proba(wine), fitted.predict_proba(wine))
    assert fit_table(look(wine, "target"), seed=1).validation != fitted.validation


@pytest.mark.parametrize("model", MODELS)
def test_one_model_is_fitted_if_one_is_asked_for(wine, model):
    told = []
    ours = fit_table(look(wine, "target"), model=model, folds=3, progress=told.append)
    assert ours.model == model
    assert list(ours.validation["models"]) == [model]
    assert told[0] == "reading cells"
    assert f"{model}, fold 2 of 3" in told
    assert told[-1] == f"{model}, all rows"
    kept = "this file will contain 178 of your rows" in " ".join(ours.notes)
    assert kept == (model == "neighbors")


def test_breast_cancer_is_told_apart():
    table = load_breast_cancer(as_frame=True).frame
    ours = fit_table(look(table, "target"), folds=3)
    scores = ours.validation["models"]
    assert scores["softmax"]["accuracy"] > 0.96
    assert scores["softmax"]["log_loss"] < 0.12
    assert scores["neighbors"]["accuracy"] > 0.95


@pytest.mark.parametrize("rare", [1, 2, 3, 6])
def test_rare_classes_are_kept_and_scores_are_finite(rare):
    table = blobs([60, 50, rare])
    ours = fit_table(look(table, "label"))
    assert ours.classes == ("a", "b", "c")
    assert ours.class_rows == (60, 50, rare)
    for scores in (*ours.validation["models"].values(), ours.validation["majority"]):
        values = [value for name, value in scores.items() if name != "tuned"]
        assert np.isfinite(values).all()
    assert f"'c' ({rare}): so few rows" in " ".join(ours.notes)
    assert ours.predict_proba(table).shape == (len(table), 3)


@pytest.mark.parametrize("counts", [[1, 1], [2, 1], [1, 30], [1, 1, 1, 1], [2, 2]])
def test_the_smallest_tables_are_fitted(counts):
    table = blobs(counts)
    table["word"] = [f"w{j % 2}" for j in range(len(table))]
    for model in MODELS:
        ours = fit_table(look(table, "label"), model=model)
        assert np.isfinite(ours.validation["models"][model]["log_loss"])
        assert len(ours.predict(table)) == len(table)


def test_classes_that_are_unequal_weigh_alike_and_that_is_said():
    table = blobs([400, 25], apart=1.0)
    ours = fit_table(look(table, "label"))
    assert ours.validation["score"] == "balanced_accuracy"
    assert ours.class_weight == pytest.approx((425 / 800, 425 / 50))
    assert "from 25 rows ('b') to 400 ('a'): they weigh alike" in ours.notes[0]
    plain = fit_table(look(table, "label"), class_weight=None, model=ours.model)
    assert plain.class_weight is None
    recall = [np.mean(each.predict(table)[table["label"] == "b"] == "b") for each in (ours, plain)]
    assert recall[0] > recall[1]


def test_balance_can_be_asked_for():
    ours = fit_table(look(blobs([40, 25]), "label"), class_weight="balanced", model="softmax")
    assert ours.notes[0].startswith("As asked: they weigh alike")


def test_copies_do_not_predict_each_other():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(100, 4)), columns=list("abcd"))
    table["label"] = rng.choice(["heads", "tails"], 100)
    copied = pd.concat([table] * 4, ignore_index=True).sample(frac=1.0, random_state=0)
    ours = fit_table(look(copied, "label"))
    assert "300 rows are exact copies of others" in " ".join(ours.notes)
    for scores in ours.validation["models"].values():
        assert abs(scores["accuracy"] - 0.5) < 0.15


def test_what_is_no_better_than_the_most_frequent_class_is_said(fitted):
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"x": rng.normal(size=150), "label": rng.choice(["a", "b"], 150)})
    for weight, measure in ((None, "accuracy"), ("balanced", "balanced accuracy")):
        ours = fit_table(look(table, "label"), class_weight=weight, folds=3, model="softmax")
        said = (
            f"No model is clearly better than naming the most frequent class always, by {measure}."
        )
        assert said in ours.notes
    assert not [note for note in fitted.notes if "clearly better" in note]


def test_few_different_rows_are_dealt_as_rows():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"sex": rng.choice(["m", "f"], 300), "rank": rng.choice(list("xyz"), 300)})
    table["label"] = np.where((table["sex"] == "m") ^ (rng.random(300) < 0.1), "no", "yes")
    ours = fit_table(look(table, "label"))
    assert "There are only 6 different rows" in " ".join(ours.notes)
    assert ours.validation["models"]["least-squares"]["accuracy"] > 0.85


def test_a_class_that_is_never_predicted_is_named():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=200)})
    table["label"] = np.where(rng.random(200) < 0.2, "rare", "usual")
    ours = fit_table(look(table, "label"), model="softmax")
    assert "Softmax regression: 'rare' is never predicted." in ours.notes


def test_the_same_table_in_any_container_gives_the_same_model(tmp_path):
    table = shop(150)
    table["label"] = np.where(table["age"].fillna(40.0) > 40.0, "old", "young")
    table.to_csv(tmp_path / "table.csv", index=False)
    table.to_parquet(tmp_path / "table.parquet")
    fits = [
        fit_table(look(source, "label"), model="softmax", folds=2)
        for source in (table, tmp_path / "table.csv", tmp_path / "table.parquet")
    ]
    for ours in fits[1:]:
        assert ours.preparation.plan_.parts == fits[0].preparation.plan_.parts
        assert ours.validation == fits[0].validation
        np.testing.assert_array_equal(ours.estimator.coef_, fits[0].estimator.coef_)
        np.testing.assert_array_equal(ours.predict_proba(table), fits[0].predict_proba(table))


def test_preparation_is_learnt_inside_the_fold():
    # Each row's word is its own: learnt outside, words that come once would be pooled otherwise.
    rng = np.random.default_rng(0)
    words = [f"w{j // 2}" for j in range(80)]
    table = pd.DataFrame({"word": words, "x": rng.normal(size=80)})
    table["label"] = np.repeat(rng.choice(["a", "b"], 40), 2)
    ours = fit_table(look(table, "label", kinds={"word": "category"}))
    for scores in ours.validation["models"].values():
        assert scores["accuracy"] < 0.8


def test_cells_and_unseen_levels_in_predictions():
    table = blobs([60, 50])
    ours = fit_table(look(table, "label"), model="softmax")
    later = table.head(30).astype({"word": object})
    later.loc[:6, "word"] = "new"
    batches = pa.Table.from_pandas(later).to_batches(max_chunksize=8)
    later = pa.Table.from_batches(batches)
    ours.predict(later)
    assert ours.unseen == {"word": 7}
    ours.predict(table)
    assert ours.unseen == {}
    with pytest.raises(CellError, match="x1") as caught:
        ours.predict(table.head(30).astype({"x1": object}).assign(x1=["1"] * 29 + ["one"]))
    assert caught.value.row == 29
    with pytest.raises(TableError, match="lacks the columns 'x0', 'x2'"):
        ours.predict(table.drop(columns=["x0", "x2"]))
    assert ours.predict(later.slice(0, 0)).shape == (0,)
    assert ours.predict_proba(later.slice(0, 0)).shape == (0, 2)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"model": "forest"}, ValueError, "model='forest'"),
        ({"class_weight": {}}, ValueError, "class_weight={}"),
        ({"folds": 1}, ValueError, "folds"),
        ({"seed": -1}, ValueError, "seed"),
    ],
)
def test_parameters_are_checked(wine, parameters, error, message):
    with pytest.raises(error, match=message):
        fit_table(look(wine, "target"), **parameters)


def test_no_target_and_no_column_are_refused(wine):
    with pytest.raises(TableError, match="no target was named"):
        fit_table(look(wine))
    table = pd.DataFrame({"same": ["s"] * 20, "label": ["a", "b"] * 10})
    with pytest.raises(TableError, match="no column tells anything"):
        fit_table(look(table, "label"))


def test_groups_and_times_are_kept_apart_and_the_model_learns_of_all_rows():
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(30), 5)
    table = pd.DataFrame(rng.normal(size=(30, 2))[person], columns=["a", "b"])
    table["person"] = person
    table["day"] = pd.date_range("2020-01-01", periods=150).strftime("%Y-%m-%d")
    table["label"] = np.where(rng.permutation(30)[person] % 2, "yes", "no")
    seen = look(table, "label", kinds={"person": "group"})
    apart = fit_table(look(table, "label", drop=["person"]), model="neighbors", folds=5)
    grouped = fit_table(seen, model="neighbors", folds=5, group="person")
    later = fit_table(seen, model="neighbors", folds=5, time="day")
    scores = [m.validation["models"]["neighbors"]["accuracy"] for m in (apart, grouped, later)]
    assert scores[1] < scores[0] - 0.2
    assert "30 groups by 'person'" in " ".join(grouped.notes)
    assert "cut into 6 parts" in " ".join(later.notes)
    assert grouped.n_rows == later.n_rows == 150
    late = table.assign(day=["2020-01-01"] + [""] * 148 + ["2020-01-02"])
    late["person"] = ["one"] + ["two"] * 148 + ["one"]
    seen = look(late, "label", kinds={"person": "group"})
    with pytest.raises(TableError, match="cannot be parted"):
        fit_table(seen, group="person", time="day")
