"""Folds: classes evenly, copies on one side."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium.preparation.levels import Levels
from trivium.tabular.folds import (
    come_by_chance,
    copies_of,
    folds_of,
    joined,
    splits_in_time,
    splits_of,
)

nan = np.nan


def test_copies_are_rows_of_the_same_cells_with_missing_ones_the_same():
    numbers = np.array([1.0, nan, 1.0, nan, 1.0])
    words = Levels(["a", "b"], np.array([0, -1, 0, -1, 1], np.int32))
    groups, combinations = copies_of([numbers, words])
    assert groups.tolist() == [0, 1, 0, 1, 4]
    assert combinations == 6.0


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, nan]), st.integers(-1, 2)), min_size=1))
def test_copies_are_found_as_python_finds_them(rows):
    numbers = np.array([number for number, _ in rows])
    codes = np.array([code for _, code in rows], np.int32)
    groups, _ = copies_of([numbers, Levels(["a", "b", "c"], codes)])
    first = {}
    expected = [first.setdefault((str(n), c), place) for place, (n, c) in enumerate(rows)]
    assert groups.tolist() == expected
    assert copies_of([])[0].size == 0


def test_copies_of_a_few_possible_rows_come_by_chance():
    few = np.tile([0.0, 1.0, 2.0], 50)
    assert come_by_chance(*copies_of([few, few % 2]))
    measured = np.repeat(np.random.default_rng(0).normal(size=(30, 3)), 5, axis=0)
    assert not come_by_chance(*copies_of(list(measured.T)))  # as records that were copied


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=2),
    st.integers(2, 6),
    st.integers(0, 3),
)
def test_folds_keep_groups_together_and_leave_none_empty(rows, n_folds, seed):
    codes, groups = (np.array(part) for part in zip(*rows, strict=True))
    n_folds = min(n_folds, np.unique(groups).size)
    fold = folds_of(codes, groups, n_folds, seed)
    assert np.unique(fold).tolist() == list(range(n_folds))
    for group in np.unique(groups):
        assert np.unique(fold[groups == group]).size == 1


@pytest.mark.parametrize("n", [10, 53, 200])
def test_without_copies_every_class_is_dealt_evenly(n):
    codes = np.random.default_rng(n).integers(0, 3, n)
    fold = folds_of(codes, np.arange(n), 5, seed=1)
    table = np.zeros((3, 5), dtype=int)
    np.add.at(table, (codes, fold), 1)
    assert np.ptp(table, axis=1).max() <= 1
    assert np.ptp(table.sum(axis=0)) <= 1
    assert (fold != folds_of(codes, np.arange(n), 5, seed=2)).any()


def test_folds_have_as_many_rows_where_groups_are_of_many():
    groups = np.r_[np.zeros(10, dtype=int), np.arange(10, 20)]
    fold = folds_of(np.zeros(20, dtype=int), groups, 2, seed=0)
    assert np.bincount(fold).tolist() == [10, 10]
    three = np.repeat(np.arange(5), [9, 6, 5, 5, 5])
    assert np.bincount(folds_of(three % 1, three, 3, seed=0)).tolist() == [9, 11, 10]


def test_splits_learn_from_every_class():
    codes = np.array([0] * 10 + [1] * 2 + [2])
    splits = splits_of(codes, np.arange(13), 5, seed=0)
    assert len(splits) == 5
    for learn, test in splits:
        assert set(codes[learn]) == {0, 1, 2}
        assert test.size
        assert 12 not in test
        assert not set(learn) & set(test)


def test_classes_of_one_row_each_are_not_split():
    assert splits_of(np.arange(3), np.arange(3), 5, seed=0) == []
    assert splits_of(np.array([0, 0, 1]), np.array([0, 0, 2]), 5, seed=0) == []


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1))
def test_what_is_joined_is_together_by_either_division_and_nothing_else(rows):
    first, second = (np.array(part) for part in zip(*rows, strict=True))
    groups = joined(first, second)
    expected = np.arange(len(rows))  # by chains, one link at a time
    for _ in rows:
        for own in (first, second):
            for value in np.unique(own):
                expected[own == value] = expected[own == value].min()
    np.testing.assert_array_equal(
        groups[:, None] == groups[None, :], expected[:, None] == expected[None, :]
    )


@given(
    st.lists(st.tuples(st.one_of(st.just(nan), st.integers(0, 9)), st.integers(0, 30)), min_size=1),
    st.integers(1, 5),
)
def test_what_is_tested_is_later_than_what_was_learnt_and_of_other_groups(rows, n_folds):
    when, groups = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    tested = []
    for learn, test in splits_in_time(when, groups, n_folds):
        assert when[learn].max() < when[test].min()
        assert not set(groups[learn]) & set(groups[test])
        tested += test.tolist()
    assert len(tested) == len(set(tested))


def test_parts_in_time_are_of_one_size_where_times_differ():
    splits = splits_in_time(
        np.random.default_rng(0).permutation(110).astype(float), np.arange(110), 10
    )
    assert [(learn.size, test.size) for learn, test in splits] == [
        (10 * n, 10) for n in range(1, 11)
    ]
