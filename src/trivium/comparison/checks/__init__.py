"""What a careful person looks at before a verdict is believed, a module each."""

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

_MOST_ROWS = 20_000


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Run all checks.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    tuple of Check
        In an order that is always the same; those that find nothing are among them, and one that
        finds several things comes several times.
    """
    rows = prepared(evidence, _MOST_ROWS)
    return (
        *check_giveaways(evidence),
        *check_groups(evidence),
        *check_times(evidence),
        *check_copies(evidence),
        *check_spelling(evidence),
        *check_denied(evidence),
        *check_influential(evidence, rows),
        *check_far(evidence, rows),
        *check_classes(evidence),
        *check_columns(evidence),
    )


__all__ = ["Evidence", "run_checks"]
