"""Sparse rows at the doors: tables of pandas, malformed matrices, and what stays the user's."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from trivium import (
    KNeighborsClassifier,
    LeastSquaresClassifier,
    NearestNeighbors,
    SeparationWarning,
    SoftmaxRegression,
)
from trivium.softmax import unpenalised

Y = np.arange(60) % 2


def matrix(format_="csr"):
    return sp.random_array((60, 9), density=0.3, rng=np.random.default_rng(0), format=format_)


@pytest.mark.parametrize(
    "model", [KNeighborsClassifier(), LeastSquaresClassifier(alpha=0.1), SoftmaxRegression(0.1)]
)
def test_a_table_of_sparse_columns_is_taken_with_its_names(model):
    table = pd.DataFrame.sparse.from_spmatrix(matrix(), columns=list("abcdefghi"))
    told = model.fit(table, Y).predict(table)
    assert model.feature_names_in_.tolist() == list("abcdefghi")
    X = matrix().toarray()
    np.testing.assert_array_equal(told, type(model)(**model.get_params()).fit(X, Y).predict(X))


@pytest.mark.parametrize("format_", ["csr", "csc", "bsr", "coo"])
@pytest.mark.parametrize("place", [-1, 9_999_999])
def test_an_index_beyond_the_matrix_is_found_before_it_is_used(format_, place):
    X = matrix(format_)
    if format_ == "coo":
        X.coords[1][5] = place
    else:
        X.indices[5] = place
    with pytest.raises(ValueError, match="X is a malformed sparse matrix: "):
        KNeighborsClassifier().fit(X, Y)
    with pytest.raises(ValueError, match="X is a malformed sparse matrix: "):
        KNeighborsClassifier().fit(matrix(), Y).predict(X)


def test_complex_numbers_are_refused():
    with pytest.raises(ValueError, match="Complex data not supported: X"):
        KNeighborsClassifier().fit(matrix() * 1j, Y)


@pytest.mark.parametrize("model", [KNeighborsClassifier(), SoftmaxRegression(0.1)])
def test_the_users_matrix_stays_as_it_is(model):
    X = matrix()
    X.indptr = X.indptr.astype(np.int64)
    X.data, X.indices = np.append(X.data, 0.0), np.append(X.indices, 0).astype(np.int32)
    X.indices[:2] = X.indices[1::-1]  # out of order
    before = X.data, X.indices, X.indptr
    copies = [part.copy() for part in before]
    model.fit(X, Y).predict(X)
    assert all(a is b for a, b in zip(before, (X.data, X.indices, X.indptr), strict=True))
    for part, copy in zip(before, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_a_graph_is_no_table_of_distances():
    graph = NearestNeighbors(n_neighbors=5).fit(matrix()).kneighbors_graph(mode="distance")
    with pytest.raises(ValueError, match="not a sparse graph: the distances that it does not"):
        NearestNeighbors(metric="precomputed").fit(graph)
    apart = np.ones((60, 60)) - np.eye(60)
    model = NearestNeighbors(n_neighbors=1, metric="precomputed").fit(apart)
    with pytest.raises(ValueError, match="are unknown, not zero"):
        model.kneighbors(graph)


def test_without_a_penalty_a_table_is_fitted_as_the_array_that_it_is(monkeypatch):
    X, y = matrix(), np.arange(60) % 3
    found = []
    for most in (unpenalised._MOST_BYTES, 0):
        monkeypatch.setattr(unpenalised, "_MOST_BYTES", most)
        monkeypatch.setattr("trivium.softmax.distinct._SMALL", 0)
        found.append(SoftmaxRegression(0.0, tol=1e-10).fit(X, y))
    plain = SoftmaxRegression(0.0, tol=1e-10).fit(X.toarray(), y)
    assert (found[0].coef_ == plain.coef_).all()
    np.testing.assert_allclose(found[1].coef_, plain.coef_, rtol=1e-7, atol=1e-9)


def test_without_a_penalty_more_columns_than_rows_end_near_the_infimum(monkeypatch):
    rng = np.random.default_rng(1)
    X = sp.random_array((40, 300), density=0.05, rng=rng, format="csr")
    monkeypatch.setattr(unpenalised, "_MOST_BYTES", 0)
    monkeypatch.setattr("trivium.softmax.distinct._SMALL", 0)
    with pytest.warns(SeparationWarning):
        model = SoftmaxRegression(0.0).fit(X, rng.integers(0, 3, 40))
    assert model.optimality_gap_ < 1e-6


def test_without_a_penalty_rows_beyond_proof_are_refused(monkeypatch):
    monkeypatch.setattr(unpenalised, "_MOST_NUMBERS", 500)
    monkeypatch.setattr("trivium.softmax.distinct._SMALL", 0)
    with pytest.raises(ValueError, match="all 60 x 9 numbers of these sparse rows, zeros too"):
        SoftmaxRegression(0.0).fit(matrix(), Y)
