"""The verdict and the scores as a fragment of HTML, for a cell of a notebook."""

from markupsafe import Markup

from trivium.comparison.names import marked
from trivium.comparison.particulars import check_words, table_words
from trivium.comparison.phrases import headline, metric_of, model_word, sentences, tied, upper_first
from trivium.comparison.result import Result
from trivium.comparison.score_tables import score_text

_SHOWN = ("accuracy", "balanced_accuracy", "log_loss", "brier")
# No colour but the notebook's own, so that it reads on light and on dark.
_STYLE = Markup(
    ".trivium-verdict{max-width:44em;line-height:1.5}"
    ".trivium-verdict h3{margin:.2em 0 .3em;font-size:1.35em}"
    ".trivium-verdict p{margin:0 0 .7em}"
    ".trivium-verdict .about{margin:0;opacity:.75;font-size:.9em}"
    ".trivium-verdict table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".trivium-verdict th,.trivium-verdict td{padding:.25em .9em .25em 0;text-align:left;"
    "white-space:nowrap}"
    ".trivium-verdict td{text-align:right}"
    ".trivium-verdict thead th+th{text-align:right}"
    ".trivium-verdict thead th{border-bottom:1px solid currentColor}"
)


def to_fragment(comparison: Result) -> str:
    """Return the verdict and the table of scores, with a small style of their own and no script.

    Parameters
    ----------
    comparison : Result

    Returns
    -------
    str
        HTML that may stand in any page.
    """
    names = [name for name in _SHOWN if name in comparison.floor.scores]
    if comparison.metric not in names:
        names.insert(0, comparison.metric)
    head = Markup("").join(
        Markup('<th scope="col">{}</th>').format(metric_of(name).word) for name in names
    )
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            upper_first(model_word(model.name)),
            Markup("").join(
                Markup("<td>{}</td>").format(score_text(model, name) or "–") for name in names
            ),
        )
        for model in (*comparison.models, comparison.floor)
    )
    checked = Markup("")
    if comparison.checks:
        checked = Markup("<p><strong>{}</strong>: {}.</p>").format(*check_words(comparison))
    return str(
        Markup(
            '<div class="trivium-verdict"><style>{}</style><p class="about">{}: {}</p>'
            '<h3>{}</h3><p>{}</p>{}<table><thead><tr><th scope="col">model</th>{}</tr></thead>'
            "<tbody>{}</tbody></table></div>"
        ).format(
            _STYLE,
            marked(str(comparison.data["target"])),
            table_words(comparison.data),
            headline(comparison),
            tied(" ".join(sentences(comparison))),
            checked,
            head,
            rows,
        )
    )
