"""Classes whose names differ only as slips of the pen do."""

import re
import unicodedata

import numpy as np

from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.words import fine, listed
from trivium.comparison.result import Check

_NAME = "classes written alike"


def check_spelling(evidence: Evidence) -> tuple[Check, ...]:
    """Look for classes that differ only by case, spaces or a dot."""
    alike: dict[str, list[int]] = {}
    for place, name in enumerate(evidence.classes):
        alike.setdefault(spelt(name), []).append(place)
    groups = [places for places in alike.values() if len(places) > 1]
    if not groups:
        text = "No two classes differ only by case, spaces or a dot."
        return (fine(_NAME, text),)
    counts, codes = evidence.counts, evidence.task.codes
    said, rare = [], []
    for places in groups:
        ranked = sorted(places, key=lambda place: (-counts[place], place))
        said.append(
            listed([evidence.classes[place] for place in ranked])
            + f" ({', '.join(f'{counts[place]:,}' for place in ranked[:3])} rows)"
        )
        rare += ranked[1:]
    more = f", and {len(said) - 3} more such sets" if len(said) > 3 else ""
    text = (
        f"{'; '.join(said[:3])}{more} differ only by case, spaces or a dot: if they are one class, "
        "their rows are counted as errors."
    )
    rows = np.concatenate([np.flatnonzero(codes == place) for place in rare])
    return (Check(_NAME, "warning", text, (evidence.target,), evidence.numbers(rows)),)


def spelt(name: str) -> str:
    """Return what is left of a name without case, spaces and dots.

    Numbers are told apart by what they are: 1.0 is 1, and 1.5 is not 15.

    Examples
    --------
    >>> spelt("New  York.") == spelt("new york"), spelt("1.0") == spelt("1"), spelt("1.5")
    (True, True, '1.5')
    """
    bare = unicodedata.normalize("NFKC", name).casefold().strip()
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", bare):
        return repr(float(bare))
    # Between digits both tell something: 1.10 and 11.0, 1 10 and 11 0.
    return re.sub(r"(?<!\d)[\s._\u200b]+|[\s._\u200b]+(?!\d)", "", bare)
