"""Files that were made to do harm, checksum and all: each is one error that says what is wrong."""

import json
import re
from copy import deepcopy

import numpy as np
import pytest
from tests.storage.mutations import (
    mutated,
    parts_of,
    put_together,
    repair_fingerprint,
    split,
    with_header,
)
from tests.storage.zoo import answers, are_equal

from trivium import ModelFileError, load
from trivium.storage.frame import checksum


def refused(content, tmp_path):
    """Return what is said of a file that is refused."""
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelFileError) as error:
        load(tmp_path / "model")
    told = str(error.value)
    assert told.startswith(f"{tmp_path / 'model'}: ")
    assert "\n" not in told
    return told


def test_a_file_put_together_again_is_read(stored, tmp_path):
    """Or the others would be refused for another reason than theirs."""
    for name, (_, content, _, queries, told) in stored.items():
        (tmp_path / "model").write_bytes(put_together(*parts_of(content)))
        assert are_equal(answers(load(tmp_path / "model"), queries), told), name


HEADERS = [
    ("it has 5 bytes: no header", lambda text, data: b"12345"),
    ("said to have 99999999999 bytes", lambda text, data:
     (99999999999).to_bytes(8, "little") + data),
    ("said to have 0 bytes", lambda text, data: bytes(8) + data),
    ("does not begin with a brace", lambda text, data: with_header(b" " + text.encode(), data)),
    ("is no ASCII: ordinal not in range", lambda text, data: with_header(b"{\xff}", data)),
    ("is no JSON: Expecting", lambda text, data: with_header(b'{"a":}', data)),
    ("is nested too deeply", lambda text, data: with_header(b'{"a":' + b"[" * 10**5, data)),
    ("has the number NaN", lambda text, data: with_header(b'{"a":NaN}', data)),
    ("has the number 1e999", lambda text, data: with_header(b'{"a":1e999}', data)),
    ("a number that is too long",
     lambda text, data: with_header(b'{"a":' + b"9" * 5000 + b"}", data)),
    ("has the key 'a' twice", lambda text, data: with_header(b'{"a":1,"b":2,"a":3}', data)),
    ("would take 100 MB",
     lambda text, data: with_header(b'{"a":[' + b"{}," * 614_000 + b"0]}", b"")),
    ("says nothing of a model", lambda text, data: with_header(b"{}", data)),
    ("says nothing of a model",
     lambda text, data: with_header(b'{"__metadata__":{"a":"b"}}', data)),
    ("is no text", lambda text, data: with_header(b'{"__metadata__":{"trivium":3}}', data)),
    ("no table of names",
     lambda text, data: with_header(b'{"__metadata__":{"trivium":"3"}}', data)),
    ("arrays take", lambda text, data: with_header(text.encode(), data + b"1234")),
    ("arrays take", lambda text, data: with_header(text.encode(), data[:-1])),
]  # fmt: skip


@pytest.mark.parametrize(("what", "made"), HEADERS)
def test_headers(what, made, stored, tmp_path):
    header, data = split(stored["least squares"][1])
    assert what in refused(made(header.decode().rstrip(), data), tmp_path)


ENTRIES = [
    ("takes 0 bytes, which is not what its shape says", {"data_offsets": [0, 0]}),
    ("bytes, which is not what its shape says", {"shape": [3, 2**40]}),
    ("bytes, which is not what its shape says", {"dtype": "F32"}),
    ("does not begin where the array before it ends", {"data_offsets": [8, 104]}),
    ("is of a type that models do not have", {"dtype": "BF16"}),
    ("is of a type that models do not have", {"dtype": 3}),
    ("has a shape that is none", {"shape": [3, 4, 0, 0, 0]}),
    ("has a shape that is none", {"shape": [3, -4]}),
    ("has a shape that is none", {"shape": [True, 4]}),
    ("has a shape that is none", {"shape": [0, 2**41]}),
    ("has a shape that is none", {"shape": "ab"}),
    ("has a place that is none", {"data_offsets": [0, 96, 96]}),
    ("has a place that is none", {"data_offsets": [-96, 0]}),
    ("something else than type and place", {"more": 1}),
]


@pytest.mark.parametrize(("what", "entry"), ENTRIES)
def test_places_of_arrays(what, entry, stored, tmp_path):
    header, data = split(stored["least squares"][1])
    places = json.loads(header)
    places["coef"].update(entry)
    told = refused(with_header(json.dumps(places).encode(), data), tmp_path)
    assert what in told
    assert "'coef'" in told or "'class_weights'" in told


def test_what_the_library_refuses_and_python_does_not(stored, tmp_path):
    header, data = split(stored["least squares"][1])
    places = json.loads(header)
    places["\ud800"] = {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}
    told = refused(with_header(json.dumps(places).encode(), data), tmp_path)
    assert "it is no safetensors file" in told


def test_places_that_overlap(stored, tmp_path):
    header, data = split(stored["least squares"][1])
    places = json.loads(header)
    places["more"] = places["coef"]
    told = refused(with_header(json.dumps(places).encode(), data), tmp_path)
    assert "does not begin where the array before it ends" in told


def test_damage_that_leaves_all_well_formed_is_seen_by_the_checksum(stored, tmp_path):
    record, arrays = parts_of(stored["least squares"][1])
    arrays["coef"][0, 0] = np.nextafter(arrays["coef"][0, 0], 9.0)
    assert "it is damaged" in refused(put_together(record, arrays, repaired=False), tmp_path)


def of_model(**entries):
    def change(record, arrays):
        record["model"].update(entries)

    return change


def of_array(name, change):
    def made(record, arrays):
        arrays[name] = change(arrays[name])

    return made


def put(place, value):
    def change(array):
        array[place] = value
        return array

    return change


def of_past(**entries):
    return lambda record, arrays: record["model"]["past"].update(entries)


def parameter(**entries):
    return lambda record, arrays: record["model"]["parameters"].update(entries)


def classes(kind, values):
    return of_model(classes={"kind": kind, "values": values})


def calibrator(**entries):
    return lambda record, arrays: record["model"]["calibrator"].update(entries)


def of_column(name, value, place=0):
    def change(record, arrays):
        record["model"]["columns"][place][name] = value

    return change


def of_style(**entries):
    return lambda record, arrays: record["model"]["columns"][0]["number"].update(entries)


def of_part(place, **entries):
    return lambda record, arrays: record["model"]["plan"]["parts"][place].update(entries)


def of_estimator(entries):
    return lambda record, arrays: record["model"]["estimator"].update(entries)


def without_probabilities(record, arrays):
    estimator = record["model"]["estimator"]
    estimator["parameters"]["calibration"] = estimator["calibrator"] = None
    estimator["canaries"].remove("log_odds")
    for name in list(arrays):
        if name.startswith("estimator.calibrator") or name.endswith("log_odds"):
            del arrays[name]


def of_other_preparation(record, arrays):
    plan = record["model"]["preparation"]["plan"]
    del plan["parts"][0], plan["columns"][0]
    arrays["preparation.canary.rows"] = arrays["preparation.canary.rows"][:, 1:]
    record["model"]["preparation"]["canaries"] = []
    del arrays["preparation.canary.matrix"]


PREPARED, TABULAR = "preparation", "table, least-squares"
LS, VOTES, GIVEN, SPARSE = "least squares", "votes, weights", "votes, given", "votes, sparse"
RECORDS = [
    (LS, "names no format", lambda r, a: r.update(format="1")),
    (LS, "does not name the version", lambda r, a: r.update(trivium="")),
    (LS, r"format 2, and this is Trivium .* take Trivium 9.9, which wrote it, or a later one",
     lambda r, a: r.update(format=2, trivium="9.9", more=[])),
    (LS, "other entries than those of format 1", lambda r, a: r.update(more=1)),
    (LS, "'os.system', which is no class", lambda r, a: r.update({"class": "os.system"})),
    (LS, "the model is no table of names", lambda r, a: r.update(model=[])),
    (LS, "rank is missing", lambda r, a: r["model"].pop("rank")),
    (LS, "more is not known", of_model(more=1)),
    (LS, "parameters.more is not known", parameter(more=1)),
    (LS, "parameters.alpha is missing", lambda r, a: r["model"]["parameters"].pop("alpha")),
    (LS, "parameters is no table of names", of_model(parameters=3)),
    (LS, "array 'more' is not known", lambda r, a: a.update(more=np.zeros(3))),
    (LS, "array coef is missing", lambda r, a: a.pop("coef")),
    (LS, "coef is of type float32", of_array("coef", np.float32)),
    (LS, r"coef is of shape \(12,\), not \(3, 4\)", of_array("coef", np.ravel)),
    (LS, "coef is not finite", of_array("coef", put((0, 0), np.nan))),
    (LS, "class_weights is not between 0 and inf", of_array("class_weights", put(0, -1.0))),
    (LS, "class_weights is not between 0 and inf", of_array("class_weights", put(0, np.nan))),
    (LS, "rank is no integer from 0 to 4", of_model(rank=5)),
    (LS, "rank is no integer from 0 to 4", of_model(rank=True)),
    (LS, "fitted_alpha is no finite number of 0 or more", of_model(fitted_alpha=-1)),
    (LS, "centred is neither true nor false", of_model(centred=1)),
    (LS, "columns are 5|canary.rows is of 4 columns", of_model(columns=5)),
    (LS, "names is no list of the 4 columns' names", of_model(names=["a"])),
    (LS, "names is no list of the 4 columns' names", of_model(names=["a", "b", "c", 4])),
    (LS, "masked is no list of places", of_model(masked=["a"])),
    (LS, "masked is no list of places among 3", of_model(masked=[3])),
    (LS, "masked is no list of places among 3", of_model(masked=[1, 0])),
    ("least squares, aliased", "aliased is not rising", of_array("aliased", lambda x: x[[0, 0]])),
    (LS, "alpha='a': expected a number", parameter(alpha="a")),
    (LS, "alpha is nothing that a parameter can be", parameter(alpha={"code": "import os"})),
    (LS, "alpha is nothing that a parameter can be", parameter(alpha={"number": "1e999"})),
    (LS, "alpha is nothing that a parameter can be",
     parameter(alpha={"label": {"kind": "int8", "values": [1, 2]}})),
    (LS, "class_weight is no table", parameter(class_weight={"dict": [1]})),
    (LS, "class_weight has a key twice", parameter(class_weight={"dict": [[1, 2], [1, 2]]})),
    (LS, "class_weight has a key that is none", parameter(class_weight={"dict": [[[], 2]]})),
    (LS, "class_weight is nested too deeply", parameter(class_weight=[[[[[[[[[[[]]]]]]]]]]])),
    (LS, "parameters.x is of shape|array parameters.x is missing", parameter(alpha={"array": "x"})),
    (LS, "fingerprint.rows is no integer", lambda r, a: r["model"]["fingerprint"].update(rows=-1)),
    (LS, "fingerprint.of is none of", lambda r, a: r["model"]["fingerprint"].update(of="x")),
    (LS, "fingerprint.digest is not that", lambda r, a: r["model"]["fingerprint"].update(digest=3)),
    ("votes", "fingerprint.digest is not that",
     lambda r, a: r["model"]["fingerprint"].update(digest="0" * 64)),
    (LS, "canaries is no list of answers", of_model(canaries=3)),
    (LS, "canaries is not a list of the model's answers", of_model(canaries=["distances"])),
    (LS, "canary.rows is of 5 rows", of_array("canary.rows", lambda x: x[[0, 0, 0, 0, 0]])),
    (LS, "answers a canary by other scores", of_array("coef", put((0, 0), 9.0))),
    (LS, "answers a canary by other scores", of_array("intercept", put(0, 9.0))),
    (LS, "classes are no labels", of_model(classes=[0, 1, 2])),
    (LS, "classes are no labels", classes("int64", 3)),
    (LS, "classes do not rise", classes("int64", [0, 2, 1])),
    (LS, "classes do not rise", classes("str3", ["a", "a", "b"])),
    (LS, "classes are not all of type int", classes("int64", [0, 1, 2.0])),
    (LS, "classes are not all of type int", classes("int64", [0, True, 2])),
    (LS, "classes are not all of type str", classes("strings", ["a", "b", 3])),
    (LS, "classes are not all of type bool", classes("bool", [0, 1, 2])),
    (LS, "classes are not all of type float", classes("float32", [0, 1, 2])),
    (LS, "classes are beyond int8", classes("int8", [0, 1, 128])),
    (LS, "classes are beyond uint64", classes("uint64", [-1, 1, 2])),
    (LS, "classes are beyond float16", classes("float16", [0.0, 1.0, 1e6])),
    (LS, "classes are longer than 1 letters", classes("str1", ["a", "b", "cd"])),
    (LS, "classes are said to be 9999999 letters wide", classes("str9999999", ["a", "b", "c"])),
    (LS, "classes hold no date", classes("datetime64[D]", [-(2**63), 1, 2])),
    (LS, "classes are of kind 'object', which is not known", classes("object", [0, 1, 2])),
    (LS, "classes are 1, and there have to be 2", classes("int8", [0])),
    ("least squares, robust", "n_iter is no number of fits", of_model(n_iter=0)),
    ("least squares, sigmoid", "present is no list of places", calibrator(present=[0, 9])),
    ("least squares, sigmoid", "curves is neither sigmoid nor steps", calibrator(curves="x")),
    ("least squares, sigmoid", "calibrator has no temperature", calibrator(temperature=0.0)),
    ("least squares, sigmoid", "falling", of_array("calibrator.curve_0", put(0, -1.0))),
    ("least squares, two, isotonic", "not rising", of_array("calibrator.curve_0", np.fliplr)),
    ("least squares, sigmoid", "not of the classes that have a weight",
     of_array("class_weights", put(1, 1.0))),
    ("least squares, chosen", "cv_results is without alpha",
     lambda r, a: a.pop("cv_results.alpha")),
    ("least squares, chosen", "cv_results.accuracy is of shape",
     of_array("cv_results.accuracy", lambda x: x[:1])),
    ("softmax, a class without", "intercept is not finite of",
     of_array("intercept", put(0, np.inf))),
    ("softmax, a class without", "coef is not zero of", of_array("coef", put((1, 0), 1.0))),
    ("softmax", "solver is none of", of_model(solver="eval")),
    ("softmax", "history is there without n_passes", lambda r, a: a.pop("n_passes")),
    ("softmax", "history.loss is of shape", of_array("history.loss", lambda x: x[:-1])),
    ("softmax, in parts", "past.exponent is no integer", of_past(exponent=1 << 40)),
    ("softmax, in parts", "past.slope is of shape", of_past(fit_intercept=False)),
    (VOTES, "codes is not between 0 and 2", of_array("codes", put(0, 3))),
    (VOTES, "row_weights is not positive", of_array("row_weights", put(0, 0.0))),
    (VOTES, "row_weights is not positive", of_array("row_weights", put(slice(None), 1e308))),
    (VOTES, "rule is none of 'uniform', 'distance'", of_model(rule="eval")),
    (VOTES, "least_of_folds is no weight", of_model(least_of_folds="x")),
    (VOTES, "folds.voting is not rising", of_array("folds.voting", lambda x: x[::-1])),
    (VOTES, "folds is not of positive weights", of_array("folds.mean", put(0, 0.0))),
    (VOTES, "folds.whole is not made of zeros and ones",
     lambda r, a: a["folds.whole"].view(np.uint8).fill(7)),
    (VOTES, "weightless.numbers is not rising", of_array("weightless.numbers", lambda x: x[::-1])),
    (VOTES, "weightless.numbers is not between", of_array("weightless.numbers", put(0, 99))),
    (VOTES, r"weightless is of shape", of_array("weightless", lambda x: x[:, :3])),
    (VOTES, r"rows is of shape", of_array("rows", lambda x: x[:, :3])),
    (VOTES, r"n_jobs=100000 is no number of threads", parameter(n_jobs=100_000)),
    (VOTES, r"the model fails for a canary: n_neighbors=0", parameter(n_neighbors=0)),
    (VOTES, r"canary.distances is of shape", parameter(n_neighbors=2)),
    (VOTES, r"metric='eval': expected", parameter(metric="eval")),
    ("nearest", "answers a canary by other distances", parameter(metric="manhattan")),
    ("votes", "answers a canary by other shares",
     of_array("codes", lambda x: (x + 1) % 3)),
    ("nearest", "rows is without a row|of shape", of_array("rows", lambda x: x[:0])),
    (GIVEN, "columns are 60, and there are|of shape|not rising",
     of_array("weightless.numbers", lambda x: x[:-1])),
    ("nearest, given", "columns are 60, and there are 59 rows", of_array("rows", lambda x: x[:-1])),
    (GIVEN, "Negative values in data", of_array("weightless", put((0, 0), -1.0))),
    (GIVEN, "Negative values in data", of_array("rows", put((0, 0), -1.0))),
    ("nearest, cosine", "rows are not of length one", of_array("rows", put((0, 0), 3.0))),
    ("nearest, sparse cosine", "rows are not of length one", of_array("rows.data", put(0, 3.0))),
    (SPARSE, "rows_shape is no shape", of_model(rows_shape=[4])),
    (SPARSE, "rows_shape is no shape", of_model(rows_shape="4")),
    (SPARSE, "rows_shape is not that of the rows", of_model(rows_shape=[49, 4])),
    (SPARSE, "rows_shape is not that of the columns", of_model(rows_shape=[50, 1 << 40])),
    (SPARSE, "rows.indices is not between 0 and 3", of_array("rows.indices", put(0, 4))),
    (SPARSE, "rows.indices is not rising in every row", of_array("rows.indices", np.sort)),
    (SPARSE, "rows.indptr is not rising from zero", of_array("rows.indptr", put(3, 0))),
    (SPARSE, "rows.indptr is of type int64", of_array("rows.indptr", np.int64)),
    (PREPARED, "plan is no plan", of_model(plan=[])),
    (PREPARED, "min_frequency is no number of rows", of_model(min_frequency=0)),
    (PREPARED, "sparse is neither true nor false", of_model(sparse=1)),
    (PREPARED, "columns_given is neither true nor false", of_model(columns_given="auto")),
    (PREPARED, "columns is no list", of_model(columns={})),
    (PREPARED, "columns is not all of different names", of_column("name", "day")),
    (PREPARED, "a column is not what a column is", lambda r, a: r["model"]["columns"].append(3)),
    (PREPARED, "name and reason of a column are no list of strings", of_column("reason", 3)),
    (PREPARED, "name and reason of a column have half a letter", of_column("name", "\ud800")),
    (PREPARED, "a column is of a kind that is not known", of_column("kind", "pickle")),
    (PREPARED, "a column has levels that are no number", of_column("levels", -1)),
    (PREPARED, "a column has a style of another kind", of_column("kind", "boolean")),
    (PREPARED, "missing_words are no list of strings", of_column("missing_words", "NA")),
    (PREPARED, "numbers are written in no known style", of_column("number", {"decimal": "."})),
    (PREPARED, "numbers are written in no known style", of_style(decimal=".*")),
    (PREPARED, "numbers are written in no known style", of_style(brackets=1)),
    (PREPARED, "numbers have marks that are too long", of_style(marks=["kg" * 99])),
    (PREPARED, "dates are written in no known format", of_column("date", {"formats": ["%c"]}, 1)),
    (PREPARED, "plan is of other columns than the table's", of_column("missing", 3)),
    (PREPARED, "plan is none: .*scale", of_part(0, scale=0.0)),
    (PREPARED, "plan is none: .*expected a finite number", of_part(0, median="3")),
    (PREPARED, "plan is not what is made of it", of_part(0, more=3)),
    (PREPARED, "answers a canary by other matrix", of_part(0, median=99.0)),
    (PREPARED, "canary.rows is not between", of_array("canary.rows", put((0, 0), 1e30))),
    (TABULAR, "classes is not two or more that rise", of_model(classes=["b", "a", "c"])),
    (TABULAR, "classes are no list of strings", of_model(classes=[1, 2, 3])),
    (TABULAR, "target are no list of strings", of_model(target=None)),
    (TABULAR, "class_rows is no numbers of rows", of_model(class_rows=[1.5, 2, 3])),
    (TABULAR, "class_rows is not of as many classes", of_model(class_rows=[3, 4])),
    (TABULAR, "class_weight is no weights", of_model(class_weight=[-1.0, 1.0, 1.0])),
    (TABULAR, "validation is no table of scores", of_model(validation=3)),
    (TABULAR, "model is none of", of_model(model="pickle")),
    (TABULAR, "estimator.class is none of", of_estimator({"class": "os.system"})),
    (TABULAR, "estimator.class is none of", of_estimator({"class": "NearestNeighbors"})),
    (TABULAR, "classes are not places of the classes",
     of_estimator({"classes": {"kind": "int64", "values": [0, 1, 7]}})),
    (TABULAR, "the estimator tells no probabilities", without_probabilities),
    (TABULAR, "and 13 are prepared|columns, and", of_other_preparation),
    ("pipeline", "steps is not the names of two steps", of_model(steps=["a"])),
    ("pipeline", "steps is not the names of two steps", of_model(steps=["a", "a"])),
    ("pipeline", "steps is not the names of two steps", of_model(steps=["a__b", "a"])),
]  # fmt: skip


def told_of(model):
    return model.get("estimator", model).get("fingerprint")


@pytest.mark.parametrize(("name", "what", "change"), RECORDS)
def test_records_and_arrays(name, what, change, stored, tmp_path):
    record, arrays = parts_of(stored[name][1])
    before = deepcopy(record["model"])
    change(record, arrays)
    if isinstance(record["model"], dict) and told_of(record["model"]) == told_of(before):
        repair_fingerprint(record, arrays)
    said = refused(put_together(record, arrays), tmp_path)
    assert re.search(what, said), said


def test_a_checksum_is_the_same_in_whatever_order():
    arrays = {"b": np.arange(3.0), "a": np.zeros((0, 2))}
    assert checksum({"x": 1, "y": 2}, arrays) == checksum(
        {"y": 2, "x": 1}, dict(reversed(arrays.items()))
    )


def test_mutated_files_give_the_same_answers_or_one_error(stored, tmp_path):
    """As `python -m fuzz.model_files` does, which asks of more, and within limits of memory."""
    files, lengths = list(stored.values()), []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        _, content, _, queries, told = files[rng.integers(len(files))]
        kind, other = mutated(content, rng)
        (tmp_path / "model").write_bytes(other)
        try:
            model = load(tmp_path / "model")
        except ModelFileError as error:
            lengths.append((len(str(error).splitlines()), len(str(error))))
            continue
        assert kind.startswith("repaired") or are_equal(answers(model, queries), told), (seed, kind)
    assert np.all(np.array(lengths) < (2, 1000))
    assert len(lengths) > 150
