"""What `trivium.compare` answers with: findings that can be shown."""

from typing import TYPE_CHECKING, Any

from trivium.comparison import document, notebook, phrases, pictures, to_json
from trivium.comparison.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Comparison(Result):
    """Three classifiers on one table: findings, and how they are shown."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything that was found as plain data for JSON.

        Returns
        -------
        dict
            Numbers are finite or None. What differs from run to run stands under "timings".
        """
        return to_json.to_dict(self)

    def to_html(self) -> str:
        """Return the report as one HTML page that asks for nothing from outside.

        Returns
        -------
        str
            The whole file, to be written as UTF-8.
        """
        return document.to_html(self)

    def figures(self) -> "dict[str, Figure]":
        """Return the figures of the report.

        Returns
        -------
        dict of str to matplotlib.figure.Figure
            "differences", "over guessing", and "calibration of ..." for each model; those for
            which nothing was found are left out.
        """
        return pictures.figures(self)

    def __str__(self) -> str:

        return "\n".join([f"{phrases.headline(self)}.", *phrases.sentences(self)])

    def _repr_html_(self) -> str:

        return notebook.to_fragment(self)
