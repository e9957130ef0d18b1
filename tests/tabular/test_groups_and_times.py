"""Tables whose rows come in groups or in time: nothing is chosen or tested by its own kind."""

import numpy as np
import pytest

from trivium.tables.kinds import Column, Kind
from trivium.tabular.task import Task
from trivium.tabular.tuning import TUNED
from trivium.tabular.validation import cross_validate


def people(n_people=60, each=8, seed=0):
    """Rows that tell the person, and a label that is tossed for every person."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), each)
    X = rng.normal(size=(n_people, 4))[person] + 0.05 * rng.normal(size=(person.size, 4))
    codes = rng.permutation(n_people)[person] % 2
    columns = tuple(Column(f"x{number}", Kind.NUMERIC) for number in range(4))
    values = {column.name: X[:, place] for place, column in enumerate(columns)}
    return Task(columns, values, codes, 2, np.arange(codes.size), False, 0), person


def test_a_group_is_on_one_side_and_nothing_is_learnt_from_its_own():
    task, person = people()
    found = {
        groups is None: cross_validate(own, own.splits(5, 0), TUNED, lambda _: None)
        for groups in (None, person)
        for own in [task._replace(groups=groups)]
    }
    assert found[True]["neighbors"].score.accuracy > 0.95  # by the person's other rows
    for name in TUNED:
        assert found[False][name].score.accuracy < 0.65
    # One row out, neighbours would remember the person; whole persons out, they must not.
    alone = [own["n_neighbors"] for own in found[True]["neighbors"].parameters]
    together = [own["n_neighbors"] for own in found[False]["neighbors"].parameters]
    assert max(alone) < 8 < np.median(together)


@pytest.mark.parametrize("name", TUNED)
def test_parameters_are_chosen_by_earlier_rows_for_later_ones(name):
    rng = np.random.default_rng(1)
    task, _ = people(80, 1)
    when = rng.permutation(80).astype(float)
    when[:3] = np.nan
    task = task._replace(when=when)
    for part in (task.part(*split) for split in task.splits(4, 0)):
        assert not set(part.test) & {0, 1, 2}
        assert part.rows is not None
        for learn, test in part.rows.splits:
            times = when[part.learn]
            assert times[learn].max() < times[test].min()
            assert np.unique(part.rows.codes[learn]).size == 2
        assert set(TUNED[name](part.rows).predict(part.X)) <= {0, 1}


def test_too_few_groups_or_times_to_choose_by_leave_parameters_as_they_are():
    X = np.random.default_rng(2).normal(size=(12, 1))
    codes, column = np.arange(12) % 2, Column("x", Kind.NUMERIC)
    task = Task(
        (column,), {"x": X[:, 0]}, codes, 2, np.arange(12), False, 0, when=codes.astype(float)
    )
    _, rows = task.learn()
    assert rows.splits == []
    for learn in TUNED.values():
        assert learn(rows).classes_.tolist() == [0, 1]


@pytest.mark.parametrize("when", [False, True])
def test_a_row_of_no_known_group_is_on_no_side(when):
    task, person = people()
    rng = np.random.default_rng(3)
    groups = np.where(rng.random(person.size) < 0.2, -1, person)
    task = task._replace(groups=groups)
    if when:
        task = task._replace(when=rng.permutation(person.size).astype(float))
    lost = np.flatnonzero(groups < 0)
    for learn, test in task.splits(5, 0):
        assert not np.isin(lost, np.append(learn, test)).any()
        assert not set(groups[learn]) & set(groups[test])
    _, rows = task.learn()  # of all rows, for the model that is kept
    assert rows.codes.size == person.size
    for learn, test in rows.splits:
        assert not np.isin(lost, np.append(learn, test)).any()
    found = cross_validate(task, task.splits(5, 0), ["neighbors"], lambda _: None)
    assert (found["neighbors"].predicted[lost] == -1).all()
    assert found["neighbors"].score.accuracy < 0.65
