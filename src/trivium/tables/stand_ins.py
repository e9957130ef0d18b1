"""Numbers that may stand for no value, as -999 does among ages."""

from trivium.tables.counted_numbers import Numbers
from trivium.tables.findings import Note

_BELOW = (-9.0, -99.0, -999.0, -9999.0, -99999.0)
_ABOVE = (99.0, 999.0, 9999.0, 99999.0, 999999.0)
_TIMES, _FAR = 2, 10.0


def notes_of_stand_ins(name: str, numbers: Numbers) -> tuple[Note, ...]:
    """Say that a number of nines, far from all others, may stand for no value.

    Parameters
    ----------
    name : str
        The column's.
    numbers : Numbers
    """
    different = numbers.different
    if len(different) < 3 or (different[0] >= 0 and different[-1] not in _ABOVE):
        return ()
    notes = []
    if different[0] in _BELOW and different[1] >= 0:
        notes += _note(name, numbers, different[0])
    if different[-1] in _ABOVE and different[0] >= 0 and different[-1] >= _FAR * different[-2]:
        notes += _note(name, numbers, different[-1])
    return tuple(notes)


def _note(name: str, numbers: Numbers, value: float) -> list[Note]:
    times = numbers.times(value)
    if times < _TIMES:
        return []
    text = (
        f"column {name!r} holds {value:.0f} in {times:,} rows, far from its other numbers: "
        f"--missing {value:.0f} says that it stands for no value"
    )
    return [Note("numbers that may stand for no value", text)]
