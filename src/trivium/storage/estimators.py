"""One estimator, all of it: its parameters, what it has learnt, a fingerprint and canaries."""

import hashlib
from abc import abstractmethod
from typing import Any

from trivium.storage.canaries import check_canaries, read_canary_rows, write_canaries
from trivium.storage.codec import Codec
from trivium.storage.entries import Stored, Written
from trivium.storage.frame import Arrays, add_arrays
from trivium.storage.values import parameters_of, write_parameters

ROWS, MOMENTS, LEARNT = WHAT = (
    "training rows",
    "moments of the training rows",
    "what was learnt",
)
"""What the digest in a fingerprint is of."""

_DIGEST = 64  # letters
_BESIDE = ("parameters.", "canary.")  # names of arrays that say nothing of what was learnt


class EstimatorCodec(Codec):
    """Brings what an estimator has learnt into a file, and out of it again."""

    @abstractmethod
    def write_learnt(self, model: Any, written: Written) -> None:
        """Write what a fitted estimator has learnt, its parameters apart.

        Raises
        ------
        NotStorableError
            If a part of it is no data.
        """

    @abstractmethod
    def read_learnt(self, model: Any, stored: Stored) -> None:
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

    @abstractmethod
    def fingerprint(self, model: Any, written: Written) -> tuple[int | None, str, Arrays]:
        """Return how many rows there were, what tells them from others, and that as arrays."""

    def write(self, model: Any, written: Written) -> None:
        """Write a fitted estimator."""
        self.write_learnt(model, written)
        rows, what, arrays = self.fingerprint(model, written)
        columns = int(model.n_features_in_)
        told = {"rows": rows, "columns": columns, "of": what, "digest": _digest_of(arrays)}
        written.record["fingerprint"] = told
        write_parameters(model, written)
        write_canaries(
            lambda m: self.canaries(model, m),
            lambda rows: self.answers(model, rows),
            written,
            columns,
        )

    def read(self, stored: Stored) -> Any:
        """Make an estimator of what a file says of it."""
        _require_fingerprint(stored)
        model = self.kind(**parameters_of(stored, self.kind._get_param_names()))
        rows = read_canary_rows(stored, stored.look_at("columns"))
        self.read_learnt(model, stored)
        check_canaries(lambda rows: self.answers(model, rows), stored, rows)
        return model

    def fingerprint_of(self, record: dict[str, Any]) -> Any:
        """Return the fingerprint."""
        return record["fingerprint"]

    def about(self, model: Any) -> dict[str, Any]:
        """Tell parameters, columns and classes."""
        names = getattr(model, "feature_names_in_", None)
        classes = getattr(model, "classes_", None)
        if classes is not None and classes.dtype.kind in "mM":  # which may come as bare integers
            classes = classes.astype(str)
        return {
            "parameters": model.get_params(deep=False),
            "columns": model.n_features_in_,
            "names": None if names is None else names.tolist(),
            "classes": None if classes is None else classes.tolist(),
        }


def _require_fingerprint(stored: Stored) -> None:
    """Raise unless there is a fingerprint, the right one of what the file holds."""
    told = stored.part("fingerprint")
    if not told.is_none("rows"):
        told.integer("rows", 0)
    told.integer("columns", 1)
    of_moments = told.choice("of", WHAT) == MOMENTS
    digest = told.value("digest")
    letters = set(digest) if isinstance(digest, str) and len(digest) == _DIGEST else {"?"}
    known = of_moments or digest == digest_of_learnt(stored.own_arrays())
    if not (known and letters <= set("0123456789abcdef")):
        raise told.wrong("digest", "not that of what the file holds")


def digest_of_learnt(arrays: Arrays) -> str:
    """Return the digest of what a model has learnt, or of its training rows, from its arrays."""
    return _digest_of(
        {name: array for name, array in arrays.items() if not name.startswith(_BESIDE)}
    )


def _digest_of(arrays: Arrays) -> str:
    digest = hashlib.blake2b(digest_size=_DIGEST // 2)
    add_arrays(digest, arrays)
    return digest.hexdigest()
