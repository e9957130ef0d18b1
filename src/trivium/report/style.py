"""The look of the figures of a report, whatever the user's settings say."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import matplotlib as mpl

from trivium.displays.palette import style


@contextmanager
def in_style() -> Iterator[None]:
    """Apply Trivium's look to what is made, and drawn, inside.

    Whatever the user's settings and files of settings say: the same run gives the same files.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast(Any, style()))  # matplotlib types each key of the settings
        yield
