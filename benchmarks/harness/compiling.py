"""Races are between libraries at work: Trivium compiles before the clock starts."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def compiled_at_once() -> Iterator[None]:
    """Let Trivium compile, or load, every loop that is asked for meanwhile, for good.

    Left alone, a process waits until it has done as much work as compiling would be worth.
    """
    from trivium.blocks.compiled import Patience

    wait = Patience.is_over

    def is_over(patience: Patience, _: float) -> bool:
        return wait(patience, math.inf)

    with patch.object(Patience, "is_over", is_over):
        yield
