"""What a codec does: one for each class of estimators."""

from abc import ABC, abstractmethod
from typing import Any

from trivium.storage.entries import Stored, Written

ROWS, MOMENTS, LEARNT = WHAT = (
    "training rows",
    "moments of the training rows",
    "what was learnt",
)
"""What the digest in a fingerprint is of."""


class Codec(ABC):
    """Brings what an estimator has learnt into a file, and out of it again.

    Parameters
    ----------
    kind : type
        The estimator's class.
    """

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    @abstractmethod
    def write(self, model: Any, written: Written) -> None:
        """Write what a fitted estimator has learnt, its parameters apart.

        Raises
        ------
        NotStorableError
            If a part of it is no data.
        """

    @abstractmethod
    def read(self, model: Any, stored: Stored) -> None:
        """Give an estimator that has its parameters what another has learnt.

        Raises
        ------
        Malformed
            If parts are missing, wrong, or do not agree with each other.
        """

    @abstractmethod
    def canaries(self, model: Any, m: int) -> Any:
        """Make m rows that are nobody's, of the scales that the estimator knows."""

    @abstractmethod
    def answers(self, model: Any, rows: Any) -> dict[str, Any]:
        """Answer for rows by numbers that another processor finds too, but for rounding."""

    def rows_kept(self, model: Any) -> int:
        """Count the training rows that a file of the estimator holds."""
        return 0

    @abstractmethod
    def fingerprint(self, model: Any, written: Written) -> tuple[int | None, str, dict[str, Any]]:
        """Return how many rows there were, what tells them from others, and that as arrays."""
