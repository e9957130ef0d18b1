"""What a run comes to: counts in words, and everything measured as JSON."""

import math
from collections.abc import Sequence
from typing import Any

from trivium.sheet.records import Check, TaskResult
from trivium.versions import versions


def counted(checks: Sequence[Check]) -> str:
    """Say how many numbers agree, those that the sheets print apart from those that follow."""
    printed = [check for check in checks if not check.follows]
    text = f"{_agreeing(printed)} of {len(printed)} published numbers agree"
    following = [check for check in checks if check.follows]
    if following:
        text += f", and {_agreeing(following)} of {len(following)} that follow from the sheets"
    return text


def as_json(results: Sequence[TaskResult]) -> dict[str, Any]:
    """Everything measured, for machines."""
    checks = [check for result in results for check in result.checks]
    printed = [check for check in checks if not check.follows]
    following = [check for check in checks if check.follows]
    return {
        "agree": _agreeing(printed),
        "published": len(printed),
        "following_agree": _agreeing(following),
        "following": len(following),
        "records": [
            {
                "task": check.task,
                "quantity": check.quantity,
                "published": float(check.published),
                "measured": check.measured if math.isfinite(check.measured) else None,
                "agrees": check.agrees,
                "follows_from": check.follows or None,
            }
            for check in checks
        ],
        "errata": [
            {
                "task": erratum.task,
                "where": erratum.where,
                "title": erratum.title,
                "claim": erratum.claim,
                "measured": erratum.measured,
                "evidence": erratum.evidence,
            }
            for result in results
            for erratum in result.errata
        ],
        "answers": [
            {"task": answer.task, "question": answer.question, "answer": answer.answer}
            for result in results
            for answer in result.answers
        ],
        "pictures": [picture.name for result in results for picture in result.pictures],
        "versions": versions(),
    }


def _agreeing(checks: Sequence[Check]) -> int:
    return sum(check.agrees for check in checks)
