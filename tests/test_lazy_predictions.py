import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from trivium import (
    KNeighborsClassifier,
    KNeighborsDensity,
    LeastSquaresClassifier,
    LeastSquaresClassifierCV,
    SoftmaxRegression,
)

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.array(["no", "yes", "both"])[X.argmax(axis=1)]
MODELS = [
    LeastSquaresClassifier(),
    LeastSquaresClassifier(calibration="sigmoid"),
    LeastSquaresClassifierCV(),
    SoftmaxRegression(alpha=0.1),
    KNeighborsClassifier(3),
    KNeighborsDensity(3),
]
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"]


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


ASKED = [(model, method) for model in MODELS for method in METHODS if hasattr(model, method)]


@pytest.mark.parametrize(("model", "method"), ASKED, ids=str)
def test_answers_for_collections_are_lazy_and_those_of_memory(model, method):
    plain = getattr(model.fit(X, Y), method)(X)
    array = getattr(model, method)(da.from_array(X, chunks=((20, 0, 40), (2, 1))))
    assert isinstance(array, da.Array)
    assert (array.shape, array.dtype) == (plain.shape, plain.dtype)
    np.testing.assert_array_equal(array.compute(), plain)
    np.testing.assert_array_equal(array[25:30].compute(), plain[25:30])
    names = pd.DataFrame(X, columns=["a", "b", "c"])
    model.fit(names, Y)
    table = getattr(model, method)(dd.from_pandas(names, npartitions=3))
    assert isinstance(table, da.Array)
    assert table.dtype == plain.dtype
    np.testing.assert_array_equal(table.compute(), getattr(model, method)(names))


def test_what_is_asked_of_the_model_as_it_was_is_answered_so():
    model = LeastSquaresClassifier().fit(X, Y)
    plain, lazy = model.predict(X), model.predict(da.from_array(X))
    model.fit(-X, Y)
    np.testing.assert_array_equal(lazy.compute(), plain)


def test_a_partition_without_rows_has_no_answers():
    names = pd.DataFrame(X, columns=["a", "b", "c"]).assign(a=np.arange(60.0))
    model = SoftmaxRegression(alpha=0.1).fit(names, Y)
    some = dd.from_pandas(names, npartitions=3)
    some = some[some["a"] > 30]
    np.testing.assert_array_equal(model.predict(some).compute(), model.predict(some.compute()))


def test_columns_are_compared_at_once():
    table = dd.from_pandas(pd.DataFrame(X, columns=["a", "b", "c"]), npartitions=3)
    model = SoftmaxRegression(alpha=0.1).fit(table.compute(), Y)
    with pytest.raises(ValueError, match="has them in another order"):
        model.predict(table[["b", "a", "c"]])
    with pytest.raises(ValueError, match="X has 2 features"):
        model.predict(da.from_array(X[:, :2]))
    with pytest.raises(NotFittedError):
        SoftmaxRegression().predict(da.from_array(X))
