"""One model, all of it: its parameters, what it has learnt, a fingerprint and canaries."""

import hashlib
from typing import Any

from trivium.storage.canaries import check_canaries, read_canary_rows, write_canaries
from trivium.storage.codec import MOMENTS, WHAT, Codec
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, one_line
from trivium.storage.frame import Arrays, add_arrays
from trivium.storage.values import parameters_of, write_parameters

_DIGEST = 64  # letters
_BESIDE = ("parameters.", "canary.")  # names of arrays that say nothing of what was learnt


def write_model(model: Any, codec: Codec, written: Written) -> None:
    """Write a fitted model.

    Raises
    ------
    NotStorableError
        If a part of it is no data.
    """
    codec.write(model, written)
    rows, what, arrays = codec.fingerprint(model, written)
    columns = int(model.n_features_in_)
    told = {"rows": rows, "columns": columns, "of": what, "digest": _digest_of(arrays)}
    written.record["fingerprint"] = told
    write_parameters(model, written)
    write_canaries(codec, model, written)


def read_model(codec: Codec, stored: Stored) -> Any:
    """Make a model of what a file says of it.

    Raises
    ------
    Malformed
        If that is not what `write_model` writes.
    """
    _require_fingerprint(stored)
    model = codec.kind(**parameters_of(stored, codec.kind._get_param_names()))
    try:
        rows = read_canary_rows(stored, stored.look_at("columns"))
        codec.read(model, stored)
        check_canaries(codec, model, stored, rows)
    except (Malformed, MemoryError):
        raise
    except Exception as error:  # of the estimators' own checks, whichever a file makes fail
        raise Malformed(f"a model of it fails: {one_line(error)}") from error
    return model


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
