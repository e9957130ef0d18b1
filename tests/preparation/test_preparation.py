"""The estimator: tables of any origin and order, in parts or whole, as data and beside a peer."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from tests.preparation.shop import COLUMNS, plain, shop, text

from trivium import SoftmaxRegression
from trivium.preparation.preparation import Preparation
from trivium.tables.errors import CellError, TableError
from trivium.tables.kinds import Column, Kind


@pytest.fixture(scope="module")
def table():
    return shop()


@pytest.fixture(scope="module")
def fitted(table):
    return Preparation(COLUMNS).fit(table)


def test_what_columns_are_is_looked_at_if_it_is_not_given(table, fitted):
    ours = Preparation().fit(table)
    assert [column.kind for column in ours.columns_] == [column.kind for column in COLUMNS]
    assert ours.n_features_in_ == 6
    assert ours.feature_names_in_.tolist() == list(table)
    for cells in (table, text(table)):
        np.testing.assert_array_equal(ours.transform(cells), fitted.transform(table))


def test_names_are_unique_stable_and_hold_no_cell(table, fitted):
    names = fitted.get_feature_names_out().tolist()
    assert len(set(names)) == len(names) == fitted.transform(table).shape[1]
    words = {str(cell) for name in ("colour", "town") for cell in table[name].dropna()}
    assert not [(name, word) for name in names for word in words if word in name]
    assert names[:4] == ["age", "age is missing", "income", "income is missing"]
    assert "joined: time of year, sine" in names


def test_a_name_that_is_there_already_gets_a_number():
    table = pd.DataFrame(
        {"x": [1.5, None, 3.0, 7.0], "x is missing": [2.5, 1.5, 0.5, 9.5], "other": [1, 0, 0, 1]}
    )
    names = Preparation().fit(table).get_feature_names_out().tolist()
    assert names == ["x", "x is missing", "x is missing (2)", "other"]


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("wide", [True, False])
def test_the_matrix_is_that_of_scikit_learns_transformers(gaps, wide):
    table = shop(gaps=gaps)
    ours = Preparation(COLUMNS, sparse=wide).fit(table)
    later = pd.concat([table, shop(100, seed=1)], ignore_index=True)
    later.loc[5:9, ["colour", "town"]] = "new"
    X, peer = ours.transform(later), ours.to_sklearn()
    theirs = peer.transform(plain(later))
    assert sparse.issparse(X) == sparse.issparse(theirs) == wide
    if wide:
        X, theirs = X.toarray(), theirs.toarray()
    np.testing.assert_array_equal(X, theirs)


def test_quantities_are_scaled_as_scikit_learn_learns_to(table, fitted):
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    numbers = plain(table)[["age", "income"]]
    theirs = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    ours = fitted.transform(table)[:, [0, 2]]
    np.testing.assert_allclose(ours, theirs.fit_transform(numbers), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "classifier",
    [LogisticRegression(max_iter=2000), RidgeClassifier(), KNeighborsClassifier()],
    ids=lambda each: type(each).__name__,
)
def test_pipelines_of_either_say_the_same(table, fitted, classifier):
    y = np.random.default_rng(5).integers(0, 3, len(table)) + (plain(table)["age"] > 40) * 1
    own = classifier.fit(fitted.transform(table), y).predict(fitted.transform(table))
    theirs = make_pipeline(fitted.to_sklearn(), classifier)
    np.testing.assert_array_equal(own, theirs[-1].predict(theirs[0].transform(plain(table))))


def test_it_works_in_scikit_learns_searches_and_gives_frames(table):
    y = np.where(plain(table)["age"].fillna(40.0) > 40.0, "old", "young")
    model = make_pipeline(Preparation(COLUMNS), SoftmaxRegression(alpha=0.01))
    search = GridSearchCV(model, {"preparation__max_levels": [3, 50]}, cv=3).fit(table, y)
    assert search.best_score_ > 0.9
    frame = clone(search.best_estimator_[0]).set_output(transform="pandas").fit_transform(table)
    assert frame.columns[0] == "age"


def test_rows_in_parts_columns_in_any_order_and_other_columns_give_the_same_bits(table, fitted):
    whole = fitted.transform(table)
    other = text(table).append_column("more", pa.array(["?"] * len(table)))
    other = other.select(sorted(other.column_names, reverse=True))
    for size in (1, 7, 64, 399):
        parts = [fitted.transform(batch) for batch in other.to_batches(max_chunksize=size)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    chunked = pa.Table.from_batches(other.to_batches(max_chunksize=50))
    np.testing.assert_array_equal(fitted.transform(chunked), whole)


def test_the_order_of_training_rows_changes_nothing_but_rounding(table, fitted):
    again = Preparation(COLUMNS).fit(table.iloc[::-1].reset_index(drop=True))
    assert again.get_feature_names_out().tolist() == fitted.get_feature_names_out().tolist()
    np.testing.assert_allclose(again.transform(table), fitted.transform(table), rtol=1e-12)


def test_sparse_and_dense_hold_the_same(table):
    dense = Preparation(COLUMNS, sparse=False).fit(table)
    thin = Preparation(COLUMNS, sparse=True).fit(table)
    X = thin.transform(table)
    assert X.format == "csr"
    assert X.has_canonical_format
    assert (X.data != 0.0).all()
    np.testing.assert_array_equal(X.toarray(), dense.transform(table))


def test_a_wide_table_is_sparse_of_itself_and_many_levels_are_pooled():
    rng = np.random.default_rng(3)
    words = {f"c{j}": [f"w{v}" for v in rng.integers(0, 60, 1000)] for j in range(6)}
    words["many"] = [f"w{v}" for v in [*range(400), *range(300), *range(300)]]
    columns = [Column(name, Kind.CATEGORY) for name in words]
    ours = Preparation(columns).fit(words)
    X = ours.transform(words)
    assert sparse.issparse(X)
    assert X.shape[1] == 7 * 51
    assert (X.sum(axis=1) == 7.0).all()
    assert Preparation(columns, max_levels=3).fit(words).plan_.width == 7 * 4


def test_unseen_levels_are_counted_by_column(table, fitted):
    later = table.head(20).copy()
    later.loc[:4, "colour"] = "mauve"
    later.loc[3:9, "town"] = "Rome"
    fitted.transform(later)
    assert fitted.unseen_ == {"colour": 5, "town": 7}
    batches = text(later).to_batches(max_chunksize=4)
    fitted.transform(pa.Table.from_batches(batches))
    assert fitted.unseen_ == {"colour": 5, "town": 7}
    fitted.transform(table)
    assert fitted.unseen_ == {}


def test_it_is_data(table, fitted):
    again = Preparation.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.columns_ == fitted.columns_
    assert again.plan_ == fitted.plan_
    np.testing.assert_array_equal(again.transform(table), fitted.transform(table))
    given = Preparation(fitted.columns_, min_frequency=3, sparse=True).fit(table)
    again = Preparation.from_dict(json.loads(json.dumps(given.to_dict())))
    assert again.get_params() == given.get_params()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.pop("plan"), "This is no preparation: 'plan'"),
        (lambda d: d["plan"]["parts"].pop(), "Plan: expected as many parts as columns"),
        (lambda d: d["plan"]["parts"][2].pop("kept"), "Column 3 of the plan: kept: expected"),
        (lambda d: d["plan"]["columns"][0].update(kind="text"), "Column 1 of the plan: .*text"),
        (lambda d: d["plan"].update(sparse=1), "sparse=1: expected true or false"),
        (lambda d: d.update(columns=[3]), "This is no preparation"),
    ],
)
def test_what_is_stored_is_checked(fitted, spoil, message):
    data = json.loads(json.dumps(fitted.to_dict()))
    spoil(data)
    with pytest.raises(ValueError, match=message):
        Preparation.from_dict(data)


def test_missing_columns_are_all_named(table, fitted):
    for other in (table, text(table), text(table).to_batches()[0]):
        few = (
            other.drop(columns=["age", "town"])
            if other is table
            else other.drop_columns(["age", "town"])
        )
        with pytest.raises(TableError, match=r"lacks the columns 'age', 'town'"):
            fitted.transform(few)
    with pytest.raises(
        TableError, match=r"'age', by which the model goes; it has 'AGE ', but names"
    ):
        fitted.transform(table.rename(columns={"age": "AGE "}))
    with pytest.raises(TableError, match=r"lacks the column 'age', by which"):
        fitted.transform(table.drop(columns="age"))


@pytest.mark.parametrize(
    ("name", "cell"), [("age", "old"), ("age", "inf"), ("member", "perhaps"), ("joined", "soon")]
)
def test_a_cell_of_another_kind_is_named_by_column_and_row(table, fitted, name, cell):
    cells = {other: list(column) for other, column in text(table).to_pydict().items()}
    cells[name][317] = cell
    whole = pa.table(cells)
    for wrong in (whole, pa.Table.from_batches(whole.to_batches(max_chunksize=100))):
        with pytest.raises(CellError, match=name) as caught:
            fitted.transform(wrong)
        assert (caught.value.column, caught.value.row, caught.value.cell) == (name, 317, cell)


def test_empty_strings_are_missing_cells(table, fitted):
    cells = text(table)
    filled = pa.table({name: cells[name].fill_null("") for name in cells.column_names})
    np.testing.assert_array_equal(fitted.transform(filled), fitted.transform(cells))


def test_no_rows_give_no_rows(fitted, table):
    assert fitted.transform(text(table).slice(0, 0)).shape == (0, fitted.plan_.width)


def test_no_rows_teach_nothing(fitted, table):
    with pytest.raises(TableError, match="the table has no rows"):
        Preparation(fitted.columns_).fit(text(table).slice(0, 0))


def test_a_failed_fit_leaves_what_was_there(table):
    ours = Preparation(COLUMNS).fit(table)
    before = ours.plan_
    with pytest.raises(TableError):
        ours.set_params(columns=[Column("other", Kind.NUMERIC)]).fit(table)
    assert ours.plan_ is before


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"min_frequency": 0}, ValueError, "min_frequency"),
        ({"max_levels": 1.5}, TypeError, "max_levels"),
        ({"sparse": "yes"}, ValueError, "sparse='yes'"),
    ],
)
def test_parameters_are_checked(table, parameters, error, message):
    with pytest.raises(error, match=message):
        Preparation(**parameters).fit(table)
