"""Numbers of the sheets beside measured ones, as the tables that people know."""

from collections.abc import Mapping, Sequence

from trivium.report import Column, Table
from trivium.report.tables import Value
from trivium.sheet.records import Check

AGREE = Column("agree", kind="check", words=("agree", "differ"))


def shown(check: Check) -> str:
    """Write a measured number with the decimals of the sheet's, beside that if they differ."""
    measured = f"{check.measured:.{check.decimals}f}".replace("-", "−")
    return measured if check.agrees else f"{measured} (sheet: {check.published})"


def all_agree(checks: Sequence[Check]) -> bool:
    """Whether every number is the sheet's."""
    return all(check.agrees for check in checks)


def classification_table(caption: str, rows: Mapping[str, Mapping[str, Check]]) -> Table:
    """Set a classification report as scikit-learn prints it.

    Parameters
    ----------
    caption : str
    rows : mapping of mapping of Check
        By the row's name and the column's.
    """
    names = ("precision", "recall", "f1-score", "support")
    columns = (Column("class"), *(Column(name, kind="number") for name in names), AGREE)
    body: tuple[tuple[Value, ...], ...] = tuple(
        (
            row,
            *(shown(checks[name]) if name in checks else "" for name in names),
            all_agree(list(checks.values())),
        )
        for row, checks in rows.items()
    )
    return Table(caption, columns, body, sortable=False)
