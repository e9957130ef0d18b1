"""Whole numbers of which each occurs once: counters of rows, identifiers, times and quantities."""

import numpy as np
import pytest

from trivium.tables.look import look

N = 40
LEFT_OUT, DIFFERENT = "is left out as a counter", "differ in every row"
RANDOM = np.random.default_rng(0)


def shuffled(numbers):
    return np.random.default_rng(1).permutation(list(numbers)).tolist()


def without(place, numbers):
    return [each for i, each in enumerate(numbers) if i != place]


def seen(name, cells):
    found = look({"first": ["a", "b"] * (len(cells) // 2) + ["a"] * (len(cells) % 2), name: cells})
    return found.columns[1], found.notes


COUNTERS = {
    "in steps": (range(10, 10 * N + 1, 10), ", in steps of 10"),
    "in steps from afar": ([10_000 + 7 * i for i in range(N)], ", in steps of 7"),
    "in steps, shuffled": (shuffled(range(0, 7 * N, 7)), ", in steps of 7, in another order"),
    "one is missing": (without(9, range(1, N + 1)), ", with a gap"),
    "two are missing": (without(3, without(9, range(1, N + 1))), ", with gaps"),
    "one is missing, shuffled": (shuffled(without(9, range(N))), ", with a gap, in another order"),
    "one is empty": ([i if i != 9 else "" for i in range(1, N + 1)], ", with a gap"),
    "falls": (range(N, 0, -1), ", in another order"),
    "from afar": (range(1001, 1001 + N), ""),
    "few": ([1, 2, 3, 4, 5, 6, 7, 8, 10, 11], ", with a gap"),
}


@pytest.mark.parametrize("name", COUNTERS)
def test_a_counter_is_left_out_and_said(name):
    cells, how = COUNTERS[name]
    column, notes = seen("zeile", [str(each) for each in cells])
    assert (column.kind, column.reason) == ("dropped", "a counter of the rows" + how)
    assert len(notes) == 1
    assert f"column 'zeile' {LEFT_OUT} of the rows{how}: --as zeile=numeric keeps it" in notes[0]
    _, notes = seen("die Zeile", [str(each) for each in cells])
    assert "--as 'die Zeile=numeric' keeps it" in notes[0]
    column, notes = seen("id", [str(each) for each in cells])
    assert (column.kind, notes) == ("dropped", ())  # the name tells


QUANTITIES = {
    "prices": (RANDOM.choice(99_999, N, replace=False), DIFFERENT),
    "prices that rise": (np.sort(RANDOM.choice(99_999, N, replace=False)), "rise from row to row"),
    "many are missing": ([*without(3, range(1, N + 1))[::2], N + 1], DIFFERENT),
    "most are empty": ([*range(1, 21), *[""] * 20], DIFFERENT),
    "few, shuffled": (shuffled(without(5, range(1, 13))), DIFFERENT),
    "years": (range(1950, 1950 + N), DIFFERENT),
    "around zero": (range(-50, 51, 5), None),
    "amounts": ([f"{1000 + 37 * i:,}" for i in range(N)], DIFFERENT),
    "large": ([f"{10**15 + i**2}" for i in range(N)], None),
    "fractions": ([i / 2 for i in range(N)], None),
    "very few": (range(9), None),
    "often repeated": ([*range(1, N - 3), 1, 2, 3, 4], None),
    "one comes again": ([*range(1, N), 7], "counts the rows, it seems, 1 of which"),
}


@pytest.mark.parametrize("name", QUANTITIES)
def test_other_whole_numbers_stay_and_are_said_to_differ(name):
    cells, said = QUANTITIES[name]
    column, notes = seen("beitrag", [str(each) for each in cells])
    if name == "large":
        assert "integers of 16 digits" in column.reason
    else:
        assert column.kind == "numeric"
    notes = [note for note in notes if "decimal sign" not in note]
    assert len(notes) == (said is not None)
    assert said is None or said in notes[0]


@pytest.mark.parametrize("name", ["year", "Monat", "minute", "created at"])
def test_times_run_on_and_nothing_is_said(name):
    for cells in (range(N), range(0, 5 * N, 5), [11_292 + i * i for i in range(N)]):
        column, notes = seen(name, list(cells))
        assert (column.kind, notes) == ("numeric", ())


@pytest.mark.parametrize("name", ["matricule", "customer", "Patient", "N° SIRET", "kunde"])
def test_names_tell_identifiers(name):
    column, notes = seen(name, [str(each) for each in RANDOM.choice(90_000, N, replace=False)])
    assert (column.kind, notes) == ("dropped", ())
    assert "identifier, by its name" in column.reason


def test_a_telephone_may_have_few_digits():
    numbers = [10_000 + 37 * (i % 20) for i in range(N)]
    for name in ("phone", "Tel.", "tel_nr", "téléphone"):
        assert "telephone numbers" in seen(name, numbers)[0].reason
    for name, cells in (("phone minutes", numbers), ("phone", [i % 20 for i in range(N)])):
        assert seen(name, cells)[0].kind == "numeric"
