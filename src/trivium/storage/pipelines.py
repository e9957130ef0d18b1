"""scikit-learn's pipeline of a preparation and a classifier as data."""

from typing import Any

from sklearn.pipeline import Pipeline

from trivium.preparation.preparation import Preparation
from trivium.storage.codec import Codec
from trivium.storage.entries import Stored, Written
from trivium.storage.errors import NotStorableError
from trivium.storage.rooms import codec_of
from trivium.storage.tables import columns_told, require_texts
from trivium.storage.tabular import PREPARATION, read_estimator, write_estimator


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
        PREPARATION.write(steps[0], written.part("preparation"))
        write_estimator(steps[1], written)

    def read(self, stored: Stored) -> Pipeline:
        """Make it of those."""
        names = require_texts(stored.value("steps"), "steps")
        if len(names) != 2:
            raise stored.wrong("steps", "not the names of two steps")
        verbose = stored.flag("verbose")
        preparation = PREPARATION.read(stored.part("preparation"))
        estimator = read_estimator(preparation, stored)
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
        return codec_of(type(model[-1]).__name__).rows_kept(model[-1])

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


CODECS: dict[str, Codec] = {"Pipeline": Pipelines(Pipeline)}
"""By the name of the class."""
