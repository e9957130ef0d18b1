"""A classifier of table rows as data, and scikit-learn's pipeline of the same two steps."""

from typing import Any

from sklearn.pipeline import Pipeline

from trivium.preparation.preparation import Preparation
from trivium.storage import least_squares, neighbors, softmax, tables
from trivium.storage.codec import Codec
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import Malformed, NotStorableError
from trivium.storage.tables import columns_told, require_texts
from trivium.storage.values import value_of, value_written
from trivium.tabular.choice import SIMPLEST_FIRST
from trivium.tabular.classifier import TabularClassifier

_ESTIMATORS: dict[str, Codec] = {
    **neighbors.CODECS,
    **least_squares.CODECS,
    **softmax.CODECS,
}
_PREPARATION = tables.CODECS["Preparation"]
_LEFT = frozenset({"NearestNeighbors", "KNeighborsDensity"})  # which are no classifiers


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
        _PREPARATION.write(model.preparation, written.part("preparation"))
        _write_estimator(model.estimator, written)

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
        preparation = _PREPARATION.read(stored.part("preparation"))
        estimator = _read_estimator(stored)
        _require_fit(preparation, estimator)
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
        return _ESTIMATORS[type(model.estimator).__name__].rows_kept(model.estimator)

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


class Pipelines(Codec):
    """scikit-learn's `Pipeline` of a `Preparation` and one of our classifiers."""

    def write(self, model: Pipeline, written: Written) -> None:
        """Write both steps, and their names."""
        steps = [step for _, step in model.steps]
        if len(steps) != 2 or type(steps[0]) is not Preparation or model.memory is not None:
            raise NotStorableError(
                "a file holds pipelines of two steps, a Preparation and one of Trivium's "
                "classifiers, without memory"
            )
        written.record["steps"] = [str(name) for name, _ in model.steps]
        written.record["verbose"] = bool(model.verbose)
        _PREPARATION.write(steps[0], written.part("preparation"))
        _write_estimator(steps[1], written)

    def read(self, stored: Stored) -> Pipeline:
        """Make it of those."""
        names = require_texts(stored.value("steps"), "steps")
        if len(names) != 2:
            raise stored.wrong("steps", "not the names of two steps")
        verbose = stored.flag("verbose")
        preparation = _PREPARATION.read(stored.part("preparation"))
        estimator = _read_estimator(stored)
        _require_fit(preparation, estimator)
        steps = [(names[0], preparation), (names[1], estimator)]
        try:
            model = Pipeline(steps, verbose=verbose)
            model.get_params()
            model._validate_steps()
        except (ValueError, TypeError) as error:  # of names that are none
            raise stored.wrong("steps", "not the names of two steps") from error
        return model

    def rows_kept(self, model: Pipeline) -> int:
        """Count those of the classifier."""
        return _ESTIMATORS[type(model[-1]).__name__].rows_kept(model[-1])

    def fingerprint_of(self, record: dict[str, Any]) -> Any:
        """Return the classifier's."""
        return record["estimator"]["fingerprint"]

    def about(self, model: Pipeline) -> dict[str, Any]:
        """Tell parameters of the classifier, columns and classes."""
        return {
            "parameters": model[-1].get_params(deep=False),
            "columns": columns_told(model[0]),
            "classes": model.classes_.tolist(),
        }


CODECS: dict[str, Codec] = {
    "TabularClassifier": Tabular(TabularClassifier),
    "Pipeline": Pipelines(Pipeline),
}
"""By the name of the class."""


def _write_estimator(estimator: Any, written: Written) -> None:
    name = type(estimator).__name__
    known = name in _ESTIMATORS and name not in _LEFT and type(estimator) is _ESTIMATORS[name].kind
    if not known:
        raise NotStorableError(f"its last step is of type {name}, no classifier of Trivium's")
    part = written.part("estimator")
    part.record["class"] = name
    _ESTIMATORS[name].write(estimator, part)


def _read_estimator(stored: Stored) -> Any:
    part = stored.part("estimator")
    return _ESTIMATORS[part.choice("class", sorted(set(_ESTIMATORS) - _LEFT))].read(part)


def _require_fit(preparation: Preparation, estimator: Any) -> None:
    width = preparation.plan_.width
    if estimator.n_features_in_ != width:
        raise Malformed(
            f"the estimator takes {estimator.n_features_in_} columns, and {width} are prepared"
        )
