"""What a codec does: one for each class of models."""

from abc import ABC, abstractmethod
from typing import Any

from trivium.storage.entries import Stored, Written


class Codec(ABC):
    """Brings a model into a file, and out of it again.

    Parameters
    ----------
    kind : type
        The model's class.
    """

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    @abstractmethod
    def write(self, model: Any, written: Written) -> None:
        """Write a fitted model.

        Raises
        ------
        NotStorableError
            If a part of it is no data.
        """

    @abstractmethod
    def read(self, stored: Stored) -> Any:
        """Make a model of what a file says of it.

        Raises
        ------
        Malformed
            If parts are missing, wrong, or do not agree with each other.
        """

    def rows_kept(self, model: Any) -> int:
        """Count the training rows that a file of the model holds."""
        return 0

    @abstractmethod
    def about(self, model: Any) -> dict[str, Any]:
        """Tell of a model what `describe` does, beside what it tells of any file."""

    @abstractmethod
    def fingerprint_of(self, record: dict[str, Any]) -> Any:
        """Return, from the record of a file, by what one can tell what a model was fitted to."""
