"""A classifier of table rows as data: both of its steps, and what was said of them."""

from typing import Any

from trivium.preparation.preparation import Preparation
from trivium.storage import tables
from trivium.storage.codec import Codec
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, NotStorableError
from trivium.storage.rooms import CLASSIFIERS, codec_of
from trivium.storage.tables import columns_told, require_texts
from trivium.storage.values import value_of, value_written
from trivium.tabular.classifier import SIMPLEST_FIRST, TabularClassifier

PREPARATION = tables.CODECS["Preparation"]


class Tabular(Codec):
    """`TabularClassifier`."""

    def write(self, model: TabularClassifier, written: Written) -> None:
        """Write both steps, and what was said."""
        written.record.update(
            {
                "model": model.model,
                "target": model.target,
                "classes": list(model.classes),
                "class_rows": list(model.class_rows),
                "class_weight": None if model.class_weight is None else list(model.class_weight),
                "validation": value_written(model.validation, "validation", written),
                "notes": list(model.notes),
                "table_notes": list(model.table_notes),
            }
        )
        PREPARATION.write(model.preparation, written.part("preparation"))
        write_estimator(model.estimator, written)

    def read(self, stored: Stored) -> TabularClassifier:
        """Make it of those."""
        name = stored.choice("model", SIMPLEST_FIRST)
        (target,) = require_texts([stored.value("target")], "target")
        classes = require_texts(stored.value("classes"), "classes")
        if len(classes) < 2 or classes != sorted(set(classes)):
            raise stored.wrong("classes", "not two or more that rise")
        rows, weight = stored.value("class_rows"), stored.value("class_weight")
        if not isinstance(rows, list) or not all(type(n) is int and n >= 0 for n in rows):
            raise stored.wrong("class_rows", "no numbers of rows")
        if weight is not None and not (
            isinstance(weight, list) and all(type(w) is float and w >= 0.0 for w in weight)
        ):
            raise stored.wrong("class_weight", "no weights")
        if len(rows) != len(classes) or (weight is not None and len(weight) != len(classes)):
            raise stored.wrong("class_rows", "not of as many classes as there are")
        validation = value_of(stored.value("validation"), "validation", stored)
        if not isinstance(validation, dict):
            raise stored.wrong("validation", "no table of scores")
        notes, table_notes = (
            tuple(require_texts(stored.value(each), each)) for each in ("notes", "table_notes")
        )
        preparation = PREPARATION.read(stored.part("preparation"))
        estimator = read_estimator(preparation, stored)
        places = estimator.classes_
        if places.dtype.kind not in "iu" or not 0 <= places[0] <= places[-1] < len(classes):
            raise Malformed("the estimator's classes are not places of the classes")
        if not hasattr(estimator, "predict_proba"):
            raise Malformed("the estimator tells no probabilities")
        return TabularClassifier(
            model=name,
            preparation=preparation,
            estimator=estimator,
            target=target,
            classes=tuple(classes),
            class_rows=tuple(rows),
            class_weight=None if weight is None else tuple(weight),
            validation=validation,
            notes=notes,
            table_notes=table_notes,
        )

    def rows_kept(self, model: TabularClassifier) -> int:
        """Count those of the estimator."""
        return codec_of(type(model.estimator).__name__).rows_kept(model.estimator)

    def fingerprint_of(self, record: dict[str, Any]) -> Any:
        """Return the estimator's."""
        return record["estimator"]["fingerprint"]

    def about(self, model: TabularClassifier) -> dict[str, Any]:
        """Tell what was said of table and fit."""
        return {
            "parameters": model.estimator.get_params(deep=False),
            "columns": columns_told(model.preparation),
            "model": model.model,
            "target": model.target,
            "classes": list(model.classes),
            "class_rows": list(model.class_rows),
            "class_weight": None if model.class_weight is None else list(model.class_weight),
            "validation": model.validation,
            "notes": list(model.notes),
            "table_notes": list(model.table_notes),
        }


CODECS: dict[str, Codec] = {"TabularClassifier": Tabular(TabularClassifier)}
"""By the name of the class."""


def write_estimator(estimator: Any, written: Written) -> None:
    """Write a classifier of prepared rows.

    Raises
    ------
    NotStorableError
        If it is none of Trivium's.
    """
    name = type(estimator).__name__
    if name not in CLASSIFIERS or type(estimator) is not codec_of(name).kind:
        raise NotStorableError(f"its last step is of type {name}, no classifier of Trivium's")
    part = written.part("estimator")
    part.record["class"] = name
    codec_of(name).write(estimator, part)


def read_estimator(preparation: Preparation, stored: Stored) -> Any:
    """Make that classifier, and check that it takes what is prepared."""
    part = stored.part("estimator")
    estimator = codec_of(part.choice("class", sorted(CLASSIFIERS))).read(part)
    width = preparation.plan_.width
    if estimator.n_features_in_ != width:
        raise Malformed(
            f"the estimator takes {estimator.n_features_in_} columns, and {width} are prepared"
        )
    return estimator
