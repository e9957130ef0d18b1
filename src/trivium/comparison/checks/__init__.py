"""What a careful person looks at before a verdict is believed, a module each."""

import logging
from collections.abc import Callable, Mapping

from trivium.comparison.checks.classes import check_classes
from trivium.comparison.checks.columns import check_columns
from trivium.comparison.checks.copies import check_copies
from trivium.comparison.checks.denied import check_denied
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.far import check_far
from trivium.comparison.checks.giveaways import check_giveaways
from trivium.comparison.checks.groups import check_groups
from trivium.comparison.checks.influential import check_influential
from trivium.comparison.checks.prepared import prepared
from trivium.comparison.checks.spelling import check_spelling
from trivium.comparison.checks.times import check_times
from trivium.comparison.result import Check

_log = logging.getLogger("trivium")


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Run all checks.

    A check that fails, for want of memory say, is told as that: it takes no verdict with it.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    tuple of Check
        In an order that is always the same; those that find nothing are among them, and one that
        finds several things comes several times.
    """
    found: list[Check] = []
    for name, check in _CHECKS.items():
        try:
            found += check(evidence)
        except (
            Exception
        ) as error:  # told, but for its words, which may hold a cell: these are logged
            _log.debug("The check %r failed", name, exc_info=True)
            text = f"Not looked at: the check failed ({type(error).__name__})."
            found.append(Check(name, "note", text))
    return tuple(found)


def _check_rows(evidence: Evidence) -> tuple[Check, ...]:
    """Run the checks that take rows as numbers, which are made once."""
    rows = prepared(evidence)
    return (*check_influential(evidence, rows), *check_far(evidence, rows))


_CHECKS: Mapping[str, Callable[[Evidence], tuple[Check, ...]]] = {
    "columns that give the label away": check_giveaways,
    "columns that look like a group": check_groups,
    "columns that look like a time": check_times,
    "copies": check_copies,
    "classes written alike": check_spelling,
    "labels that all models deny": check_denied,
    "rows apart from others": _check_rows,
    "classes": check_classes,
    "columns": check_columns,
}

__all__ = ["Evidence", "run_checks"]
