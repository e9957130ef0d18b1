"""Cases and refusals, run one after the other."""

from typing import Any

import numpy as np

import trivium
from fuzz.same_bits.cases import Case
from fuzz.same_bits.recording import Recorder, facts
from fuzz.same_bits.tables import LABELS, WEIGHTS, Table, table
from fuzz.same_bits.ways import WAYS

_MANY_ROWS = 5000


def run(case: Case, recorder: Recorder) -> None:
    """Fit and ask; note what happened.

    The arrays that are given are noted too, before and after: no call may write into them.
    """
    given = recorder.call("table", lambda: table(case.table))
    if given is None:
        return
    if case.labels:
        given = given._replace(y=LABELS[case.labels](given.y))
    weight = WEIGHTS[case.weights](np.asarray(given.y))
    model = recorder.call("parameters", lambda: getattr(trivium, case.estimator)(**case.words))
    if model is None:
        return
    before = dict(facts([given.X, given.y, weight, given.queries], "given"))
    for step, do in WAYS[case.way](model, given, weight):
        model = recorder.call(step, do) or model
        if case.way != "fit":
            recorder.learnt(f"{step}: ", model)
            recorder.ask(f"{step}: ", model, {"queries": given.queries})
    questions = _questions(given)
    if not hasattr(model, "kneighbors"):
        del questions["None"]
    if case.way != "fit" and len(given.X) > _MANY_ROWS:
        questions.pop("None", None)
        del questions["X"]  # `influence` of rows added later fits anew for each
    recorder.ask("", model, questions, given.y, weight)
    recorder.learnt("", model)
    after = dict(facts([given.X, given.y, weight, given.queries], "given"))
    recorder.facts |= {f"{name} afterwards": told for name, told in after.items()}
    recorder.facts |= before


def _questions(given: Table) -> dict[str, Any]:
    """Return queries by name: new rows, one alone, training rows, the very table and None."""
    X, queries = given.X, given.queries
    found = {"queries": queries, "X": X, "None": None}
    if isinstance(queries, np.ndarray) and queries.dtype != object:
        with np.errstate(over="ignore"):
            found |= {"one query": queries[:1], "float32 queries": queries.astype(np.float32)}
        found["queries backwards"] = np.asfortranarray(queries[::-1])
    if isinstance(X, np.ndarray):
        found["rows"] = X[1:200:3]
        if len(X) < _MANY_ROWS:
            found["a copy of X"] = X.copy()
    return found
