"""From a comparison to its page: the verdict first, then how sure, then everything else."""

from markupsafe import Markup

from trivium.comparison.class_tables import classes
from trivium.comparison.names import marked
from trivium.comparison.particulars import (
    checks,
    columns,
    go_on,
    how_done,
    notes,
    summary,
    table_words,
)
from trivium.comparison.phrases import headline, sentences, tied
from trivium.comparison.result import Result
from trivium.comparison.score_tables import calibration, costs, how_sure, scores
from trivium.report import Document, render
from trivium.versions import versions


def as_document(comparison: Result) -> Document:
    """Lay out the report of a comparison.

    Of the cells of the table it shows the names of classes and nothing else. What differs from
    run to run stands in the part on costs alone.

    Parameters
    ----------
    comparison : Result

    Returns
    -------
    trivium.report.Document
    """
    parts = (
        how_sure(comparison),
        scores(comparison),
        costs(comparison),
        classes(comparison),
        calibration(comparison),
        checks(comparison),
        columns(comparison),
        notes(comparison),
        how_done(comparison),
        go_on(comparison),
    )
    data = comparison.data
    return Document(
        title=headline(comparison),
        lead=tied(" ".join(sentences(comparison))),
        sections=tuple(part for part in parts if part is not None),
        summary=summary(comparison),
        facts=tuple(versions().items()),
        kicker=Markup("Which classifier predicts {}: {}").format(
            marked(str(data["target"])), table_words(data)
        ),
    )


def to_html(comparison: Result) -> str:
    """Return the report of a comparison as one HTML page that asks for nothing from outside.

    Parameters
    ----------
    comparison : Result

    Returns
    -------
    str
        The whole file, to be written as UTF-8.
    """
    return render(as_document(comparison))
