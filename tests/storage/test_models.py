"""What is saved and loaded again is the same model."""

import os
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from tests.storage.zoo import answers, are_equal, table

import trivium
from trivium import (
    KNeighborsClassifier,
    KNeighborsDensity,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    ModelFileError,
    NearestNeighbors,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    load,
    save,
)
from trivium.preparation.preparation import Preparation
from trivium.storage.models import describe
from trivium.tabular.classifier import TabularClassifier

X, Y = table()


def again(model, tmp_path):
    save(model, tmp_path / "model")
    return load(tmp_path / "model")


def test_every_model_answers_as_before_to_the_bit(stored):
    different = [
        name
        for name, (_, _, loaded, queries, told) in stored.items()
        if not are_equal(answers(loaded, queries), told)
    ]
    assert not different
    assert len(stored) >= 35


def test_every_model_keeps_its_parameters_and_what_is_said_of_the_fit(stored):
    for name, (model, _, loaded, _, _) in stored.items():
        assert_same(model, loaded, name)


def assert_same(model, loaded, name):
    assert type(loaded) is type(model)
    if isinstance(model, Pipeline):
        assert list(loaded.named_steps) == list(model.named_steps)
        assert (loaded.memory, loaded.verbose) == (None, model.verbose)
    elif not isinstance(model, TabularClassifier):
        np.testing.assert_equal(loaded.get_params(), model.get_params(), name)
    for attribute, value in vars(model).items():
        own = getattr(loaded, attribute)
        if attribute in ("preparation", "estimator"):
            assert_same(value, own, name)
        elif attribute == "steps":
            for one, other in zip(value, own, strict=True):
                assert_same(one[1], other[1], name)
        elif not attribute.startswith("_") and (
            attribute.endswith("_") or isinstance(model, TabularClassifier)
        ):
            np.testing.assert_equal(own, value, f"{name}: {attribute}")
            assert type(own) is type(value)


def test_a_model_that_was_loaded_is_written_as_the_same_bytes(stored, tmp_path):
    for name in ("votes, weights", "votes, sparse", "densities of classes", "softmax, chosen"):
        save(stored[name][2], tmp_path / "model")
        assert (tmp_path / "model").read_bytes() == stored[name][1], name


def test_any_reader_of_safetensors_reads_the_numbers(stored):
    model, content, *_ = stored["least squares, robust"]
    arrays = safetensors.numpy.load(content)
    np.testing.assert_array_equal(arrays["coef"], model.coef_)
    np.testing.assert_array_equal(arrays["robust_weights"], model.robust_weights_)


@pytest.mark.parametrize(
    "classes",
    [
        *(np.array([3, 100, 127], dtype=kind) for kind in ("i1", "u1", "i2", ">i4", "u8", "f4")),
        np.array([-(2**63), 0, 2**63 - 1]),
        np.array([0, 2**63, 2**64 - 1], dtype=np.uint64),
        np.array([-(2**70), 2**64, 10**100], dtype=object),
        np.array([False, True]),
        np.array([-2.0, 1.0, 2.0**60]),
        np.array(["", "NA", "a\nb\0c", "ß€😀"]),
        np.array(["", "01", "\ud800", "None"], dtype=object),
        np.array(["2024-02-29", "2024-03-01"], dtype="datetime64[D]"),
        np.array([1, 2, 3], dtype="datetime64[25s]"),
        np.array([1, 2], dtype="timedelta64[ns]"),
    ],
    ids=lambda classes: str(classes.dtype),
)
def test_classes_of_any_kind(classes, tmp_path):
    y = classes[np.arange(60) % classes.size]
    model = KNeighborsClassifier(3).fit(X, y)
    loaded = again(model, tmp_path)
    assert loaded.classes_.dtype == model.classes_.dtype.newbyteorder("=")
    assert list(map(type, loaded.classes_)) == list(map(type, model.classes_))
    np.testing.assert_array_equal(loaded.classes_, model.classes_)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_names_of_columns_are_kept_and_go_by_name(tmp_path):
    frame = pd.DataFrame(X, columns=["a", "b\n", "ß", ""])
    frame["a"] = 1.0
    model = LeastSquaresClassifier().fit(frame, Y)
    loaded = again(model, tmp_path)
    assert loaded.feature_names_in_.tolist() == list(frame)
    assert loaded.feature_names_in_.dtype == model.feature_names_in_.dtype
    assert loaded.aliased_.tolist() == ["a"]
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame[["b\n", "a", "ß", ""]])


@pytest.mark.parametrize(
    "parameters",
    [
        {"alphas": [0.1, 1], "scoring": "roc_auc_ovr", "cv": 3},
        {"alphas": np.array([0.5, 1.0]), "class_weight": {0: 2, 1: 0.5}},
        {"alphas": (np.float64(0.1), np.int64(2)), "class_weight": "balanced", "n_jobs": 1},
        {"alphas": 2, "cv": [(np.arange(30), np.arange(30, 60)), ([*range(30, 60)], [0, 1, 2])]},
        {"alphas": 2, "fit_intercept": np.False_, "tol": np.float32(1e-5)},
    ],
)
def test_parameters_of_any_kind(parameters, tmp_path):
    model = SoftmaxRegressionCV(**parameters).fit(X, Y)
    loaded = again(model, tmp_path)
    np.testing.assert_equal(loaded.get_params(), model.get_params())
    np.testing.assert_equal(loaded.cv_results_, model.cv_results_)


def test_class_weights_of_dates_and_numbers_that_are_not_finite(tmp_path):
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], dtype="datetime64[D]")
    weights = {days[0]: 2.0, days[2]: 3.0}
    model = KNeighborsClassifier(p=np.inf, class_weight=weights).fit(X, days[Y])
    loaded = again(model, tmp_path)
    assert loaded.class_weight == weights
    assert loaded.p == np.inf
    assert are_equal(answers(loaded, X), answers(model, X))


def test_parameters_that_are_set_after_the_fit_are_those_of_the_file(tmp_path):
    model = KNeighborsClassifier(3).fit(X, Y).set_params(n_neighbors=7, weights="distance")
    loaded = again(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    loaded.set_params(n_neighbors=1)
    np.testing.assert_array_equal(loaded.predict(X), Y)


def test_rows_stay_as_wide_as_they_were(stored):
    loaded = stored["nearest, float32"][2]
    assert loaded._index.own_points().dtype == np.float32
    assert stored["nearest, sparse"][2]._index.own_points().indices.dtype == np.int32


def test_least_squares_does_not_go_on_and_says_so(tmp_path):
    model = LeastSquaresClassifier().fit(X, Y)
    loaded = again(model, tmp_path)
    for method in (loaded.partial_fit, loaded.forget):
        with pytest.raises(ValueError, match="nor does a file. Fit to all rows again"):
            method(X[:3], Y[:3])
    influence, own = model.influence(X, Y), loaded.influence(X, Y)
    np.testing.assert_allclose(own.leverage, influence.leverage, rtol=1e-9)
    loaded.fit(X, Y).partial_fit(X[:3], Y[:3])


def test_softmax_goes_on_from_its_parts(tmp_path):
    model = SoftmaxRegression(0.1).partial_fit(X[:20], Y[:20], classes=[0, 1, 2])
    loaded = again(model.partial_fit(X[20:40], Y[20:40]), tmp_path)
    model.partial_fit(X[40:], Y[40:])
    loaded.partial_fit(X[40:], Y[40:])
    np.testing.assert_array_equal(loaded.coef_, model.coef_)


def own_metric(one, other):
    return abs(one - other).sum()


class Sub(LeastSquaresClassifier):
    pass


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (NearestNeighbors(metric=own_metric), "metric=<function own_metric"),
        (KNeighborsClassifier(weights=np.ones_like), "weights is a function"),
        (SoftmaxRegressionCV(2, cv=KFold(2)), "cv=KFold.* is of type KFold"),
        (LeastSquaresClassifierCV(2, scoring=lambda m, X, y: 1.0), "scoring=<function"),
        (KNeighborsClassifier(class_weight={0: 1, 1: 1, 2: 1, date: 1}), "is a function"),
    ],
)
def test_code_is_refused_in_one_line(model, what, tmp_path):
    model.fit(X) if isinstance(model, NearestNeighbors) else model.fit(X, Y)
    with pytest.raises(
        ValueError, match=f"This {type(model).__name__} cannot be stored: .*{what}"
    ) as error:
        save(model, tmp_path / "model")
    assert "\n" not in str(error.value)
    assert os.listdir(tmp_path) == []


def test_what_no_file_holds_is_refused(tmp_path):
    path = tmp_path / "model"
    for other in (Sub().fit(X, Y), KFold(2), X):
        with pytest.raises(TypeError, match=f"object of type {type(other).__name__}"):
            save(other, path)
    with pytest.raises(NotFittedError):
        save(LeastSquaresClassifier(), path)
    for model, setting in (
        (NearestNeighbors().fit(X), {"metric": "manhattan"}),
        (NearestNeighbors(metric="seuclidean").fit(X), {"metric": "hamming"}),
        (NearestNeighbors(metric="seuclidean").fit(X), {"metric_params": {"V": np.ones(4)}}),
        (NearestNeighbors(metric="hamming").fit(X), {"metric_params": {"w": np.ones(4)}}),
        (NearestNeighbors().fit(X), {"metric": "cosine"}),
    ):
        with pytest.raises(ValueError, match="metric has been set to another since the fit"):
            save(model.set_params(**setting), path)
    nested = SoftmaxRegression().fit(X, Y)
    nested.class_weight = nested_list = []
    for _ in range(20):
        nested_list.append([])
        nested_list = nested_list[0]
    with pytest.raises(ValueError, match="class_weight is nested too deeply"):
        save(nested, path)
    diverged = SoftmaxRegression().fit(X, Y)
    diverged.coef_ = diverged.coef_ * np.nan
    with pytest.raises(ValueError, match="the fit has diverged"):
        save(diverged, path)
    endless = SoftmaxRegression().fit(X, Y).set_params(max_iter=10**5000)
    with pytest.raises(ValueError, match="a number cannot be written"):
        save(endless, path)
    wide = SoftmaxRegression().fit(X[:2], ["a", "b"])
    wide.classes_ = np.array(["a", "b" * 9_000_000])
    with pytest.raises(ValueError, match="2 labels of 9000000 letters are too many"):
        save(wide, path)
    for classes, what in (
        (np.array([0, "1"], dtype=object), "neither all strings nor all integers"),
        (np.array([0, 1], dtype=np.longdouble), "labels are of type"),
    ):
        wide.classes_ = classes
        with pytest.raises(ValueError, match=what):
            save(wide, path)
    wide.classes_ = np.array([1, 0])
    with pytest.raises(ValueError, match="classes do not rise"):
        save(wide, path)
    named = SoftmaxRegression().fit(X, Y)
    named.intercept_ = named.intercept_.astype(np.float16)
    with pytest.raises(ValueError, match="intercept is of type float16"):
        save(named, path)
    assert os.listdir(tmp_path) == []


def test_a_header_that_grows_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("trivium.storage.frame._MOST_HEADER", 1000)
    with pytest.raises(ValueError, match="names and classes take"):
        save(LeastSquaresClassifier().fit(X, Y), tmp_path / "model")


def test_a_file_that_was_there_stays_if_nothing_takes_its_place(tmp_path):
    path = tmp_path / "model"
    model = NearestNeighbors().fit(X)
    save(model, path)
    with pytest.raises(ValueError, match="cannot be stored"):
        save(model.set_params(metric="cosine"), path)
    assert load(path).metric == "minkowski"
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        save(NearestNeighbors().fit(X), tmp_path)
    assert os.listdir(tmp_path) == ["model"]


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="pipe: it is no regular file"):
        load(tmp_path / "pipe")


def test_a_metric_that_makes_nothing_of_canaries_is_stored_without(tmp_path):
    """Russell's and Rao's distance of a row from itself is none where all is zero, say."""
    model = NearestNeighbors(1).fit(X)
    model.n_neighbors = 0  # refused when it is asked
    loaded = again(model, tmp_path)
    with pytest.raises(ValueError, match="n_neighbors=0"):
        loaded.kneighbors(X)


def test_description(stored, tmp_path):
    (tmp_path / "model").write_bytes(stored["votes, weights"][1])
    told = describe(tmp_path / "model")
    assert told["class"] == "KNeighborsClassifier"
    assert (told["format"], told["trivium"]) == (1, trivium.__version__)
    assert told["bytes"] == len(stored["votes, weights"][1])
    assert told["parameters"]["weights"] == "distance"
    assert (told["columns"], told["names"], told["classes"]) == (4, None, [0, 1, 2])
    assert told["rows_kept"] == told["fingerprint"]["rows"] == 60
    (tmp_path / "model").write_bytes(stored["least squares"][1])
    told = describe(tmp_path / "model")
    assert told["rows_kept"] == 0
    assert told["fingerprint"]["of"] == "moments of the training rows"
    (tmp_path / "model").write_bytes(stored["table, neighbors"][1])
    told = describe(tmp_path / "model")
    assert (told["model"], told["target"]) == ("neighbors", "label")
    assert told["classes"] == ["01", "1", "NA"]
    assert told["rows_kept"] == told["fingerprint"]["rows"] == 60
    assert told["columns"][0]["name"] == "size"
    assert told["columns"][0]["kind"] == "numeric"
    assert told["notes"] == list(stored["table, neighbors"][0].notes)
    (tmp_path / "model").write_bytes(stored["preparation"][1])
    told = describe(tmp_path / "model")
    assert (told["rows_kept"], told["fingerprint"]) == (0, None)
    assert len(told["columns"]) == 5
    (tmp_path / "model").write_bytes(stored["pipeline"][1])
    told = describe(tmp_path / "model")
    assert told["rows_kept"] == 0
    assert told["classes"] == ["01", "1", "NA"]


def test_description_names_dates(tmp_path):
    days = np.array(["2024-01-31", "2024-02-29", "2024-12-31"], dtype="datetime64[ns]")
    save(LeastSquaresClassifier().fit(X, days[Y]), tmp_path / "model")
    assert describe(tmp_path / "model")["classes"][0].startswith("2024-01-31T00:00")


def test_pipelines_of_other_steps_are_refused(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcd"))
    for pipeline, what in (
        (make_pipeline(Preparation(), SoftmaxRegression(), memory=str(tmp_path)), "without memory"),
        (make_pipeline(SoftmaxRegression()), "pipelines of two steps"),
        (make_pipeline(Preparation(), LogisticRegression()), "last step is of type LogisticReg"),
        (make_pipeline(Preparation(), KNeighborsDensity()), "last step is of type KNeighborsDens"),
    ):
        pipeline.fit(frame, Y)
        with pytest.raises(ValueError, match=what):
            save(pipeline, tmp_path / "model")


def test_fingerprints_tell_rows_from_others(tmp_path):
    path, digests = tmp_path / "model", []
    for rows in (X, X, X[::-1], np.vstack([X[:-1], X[-1:] + 1e-9])):
        save(LeastSquaresClassifier().fit(rows, Y), path)
        digests.append(describe(path)["fingerprint"]["digest"])
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_canaries_are_no_training_rows(stored):
    for name, (model, content, *_) in stored.items():
        if hasattr(model, "_index"):
            rows = safetensors.numpy.load(content)["canary.rows"]
            assert model.kneighbors(rows, 1)[0].min() > 0.0, name


def test_to_load_imports_no_pickle_and_no_other_wing(tmp_path):
    save(SoftmaxRegression().fit(X, Y), tmp_path / "model")
    before = set(sys.modules)
    load(tmp_path / "model")
    assert set(sys.modules) == before


def test_an_infinite_density_is_no_reason_to_fail(tmp_path):
    model = KNeighborsDensity(2).fit(np.zeros((5, 2)))
    assert np.isfinite(again(model, tmp_path).score_samples([[1.0, 1.0]])).all()
