"""The parts of the report about the table and the run: checks, columns, notes, commands."""

from collections.abc import Mapping
from typing import Any, Literal

from markupsafe import Markup

from trivium.comparison.names import listed, marked, plain, shell_quoted, shortened, visible
from trivium.comparison.phrases import metric_of, with_unit
from trivium.comparison.result import Check, Result, ShownRows
from trivium.report import (
    Block,
    Column,
    Commands,
    Finding,
    Findings,
    Prose,
    Section,
    Summary,
    Table,
)
from trivium.tables.shares import per_cent

_LONGEST_NAME, _LONGEST_REASON = 72, 300
_MOST_COLUMNS = 10  # of rows that are shown
_LONGEST = 600  # letters of a sentence that came from elsewhere
_MARKS: Mapping[str, tuple[Literal["good", "note", "bad"], str]] = {
    "warning": ("bad", "Warning"),
    "note": ("note", "Note"),
    "fine": ("good", "Fine"),
}
_FITTED = ("neighbors", "least-squares", "softmax")


def summary(found: Result) -> Summary | None:
    """Say in one line what the checks say, with the way to them."""
    if not found.checks:
        return None
    count, rest = check_words(found)
    text = Markup('<a href="#checks">{}</a>: {}').format(count, rest)
    return Summary(text, not any(each.status == "warning" for each in found.checks))


def check_words(found: Result) -> tuple[str, str]:
    """Return how many checks there are, or how many warn, and what that comes to."""
    n_warnings = sum(each.status == "warning" for each in found.checks)
    n_notes = sum(each.status == "note" for each in found.checks)
    if n_warnings:
        count = f"{n_warnings} {'check warns' if n_warnings == 1 else 'checks warn'}"
        return count, "scores may be wrong"
    notes = {0: "nothing found", 1: "one note"}.get(n_notes, f"{n_notes} notes")
    return f"{len(found.checks)} checks of the table", f"no warning, {notes}"


def checks(found: Result) -> Section | None:
    """Show every check, the gravest first, with its evidence and what the user may do."""
    if not found.checks:
        return None
    order = list(_MARKS)
    ordered = sorted(found.checks, key=lambda check: order.index(check.status))
    findings = Findings(tuple(_finding(check) for check in ordered))
    return Section("What was checked", "checks", (findings, *_shown(found.rows)))


def _shown(rows: ShownRows | None) -> tuple[Table, ...]:
    """Show the rows that checks name, in the columns that they are about and some more."""
    if rows is None or not rows.numbers:
        return ()
    names, more = rows.columns[:_MOST_COLUMNS], len(rows.columns) - _MOST_COLUMNS
    caption = "The rows that are named above" + (f", in {len(names)} columns" if more > 0 else "")
    body = tuple(
        (number, *(None if cell is None else marked(cell) for cell in cells[:_MOST_COLUMNS]))
        for number, cells in zip(rows.numbers, rows.cells, strict=True)
    )
    heads = (Column("row", "number", ","), *(Column(marked(name)) for name in names))
    return (Table(caption, heads, body),)


def _finding(check: Check) -> Finding:
    status, word = _MARKS[check.status]
    details: list[tuple[str, str]] = []
    if check.columns:
        one = len(check.columns) == 1
        details.append(("Column" if one else "Columns", listed(check.columns)))
    if check.rows:
        one = len(check.rows) == 1
        details.append(("Row" if one else "Rows", ", ".join(map(str, check.rows))))
    if check.option:
        option = Markup("<code>{}</code>").format(_quoted_option(check))
        details.append(("Try", option))
    title = visible(check.name).replace("_", " ").replace("-", " ")
    text = shortened(visible(check.text), _LONGEST)
    return Finding(status, word, title[:1].upper() + title[1:], text, tuple(details))


def columns(found: Result) -> Section:
    """Show what each column was taken for, and why."""
    rows_used = max(int(found.data["rows_used"]), 1)
    rows = tuple(
        (
            marked(each["name"], _LONGEST_NAME),
            str(each["kind"]),
            int(each["levels"]),
            int(each["missing"]) or None,
            _share(int(each["missing"]), rows_used),
            shortened(visible(each["reason"]), _LONGEST_REASON),
        )
        for each in found.data["columns"]
    )
    heads = (
        Column("column"),
        Column("kind"),
        Column("values", "number", ","),
        Column("missing", "number", ","),
        Column("share", "number"),
        Column("why"),
    )
    used = sum(each["kind"] not in ("text", "group", "dropped") for each in found.data["columns"])
    caption = (
        f"{used:,} of {len(rows):,} columns are used; text, group and dropped ones are not. "
        "Values: how many different ones there are"
    )
    return Section("Columns", "columns", (Table(caption, heads, rows),))


def _share(count: int, whole: int) -> str | None:
    if not count:
        return None
    percent = per_cent(count / whole)
    return "< 0.1\u00a0%" if percent == "0.0" else f"{percent}\u00a0%"


def notes(found: Result) -> Section | None:
    """Repeat what was said of the table and of the runs."""
    if not found.notes:
        return None
    items = Markup("").join(
        Markup("<li>{}</li>").format(shortened(visible(note), _LONGEST)) for note in found.notes
    )
    return Section("Notes", "notes", (Prose(Markup("<ul>{}</ul>").format(items)),))


def how_done(found: Result) -> Section:
    """Say how the numbers came about, so that they can be judged and made again."""
    data, metric = found.data, metric_of(found.metric)
    paragraphs = [
        f"{data['rows_used']:,} of {data['rows_read']:,} rows have a label.",
        _dealing(found),
        "Each model was tuned and fitted anew for each fold, from the other rows alone, with all "
        "that is learnt of the table: levels, scales, what stands for a missing value.",
        _testing(found),
        f"Differences{' of ' + metric.word if metric.in_points else ''} within "
        f"{with_unit(metric, found.verdict.margin)} are taken not to matter.",
    ]
    if found.balanced:
        paragraphs.append("Classes weigh alike in each fit, for they are very unequal.")
    if found.positive is not None:
        paragraphs.append(f"Scores of one class are those of {plain(found.positive)}.")
    text = Markup("").join(Markup("<p>{}</p>").format(each) for each in paragraphs)
    return Section("How it was done", "done", (Prose(text),))


def _dealing(found: Result) -> str:
    times = "once" if found.repeats == 1 else f"{found.repeats} times over"
    by = "" if found.by is None else plain(found.by)
    if found.dealt == "groups":
        how = f"rows of one group, by the column {by}, went into one fold"
    elif found.dealt == "time":
        return (
            f"Rows stand in the order of the column {by}: each of {found.folds} folds was "
            "predicted from earlier rows."
        )
    else:
        how = "copies of a row went into one fold"
    n_folds = max(found.folds, found.folds_dealt)
    return f"Rows were dealt into {n_folds} folds, {times}, seed {found.seed}; {how}."


def _testing(found: Result) -> str:
    holm = "p is corrected by Holm's method over the pairs."
    if found.verdict.test == "McNemar":
        return (
            "Two models were compared by McNemar's test, on the rows that one of them "
            f"predicts right and the other wrong; {holm}"
        )
    return (
        "Two models were compared by Nadeau and Bengio's corrected t test, which knows that folds "
        f"share their training rows; {holm} Equivalence goes by its Bayesian counterpart."
    )


def go_on(found: Result) -> Section:
    """Show the commands that fit the model and predict with it."""
    target = shell_quoted(str(found.data["target"]))
    again = ("trivium", "compare", "DATA", "--target", target)
    lines: list[tuple[str, tuple[str, ...]]] = [
        ("Compare again, as a check says", (*again, each)) for each in _options(found)
    ]
    chosen = found.verdict.chosen
    if chosen in _FITTED:
        fit = ["trivium", "fit", "DATA", "--target", target, "--model", chosen]
        if found.dealt == "groups" and found.by is not None:
            fit += ["--group", shell_quoted(found.by)]
        doubt = "" if found.verdict.better_than_floor else ", which is not shown to beat guessing,"
        lines.append((f"Fit the model{doubt} to all rows", (*fit, "--out", "MODEL")))
        predict = ("trivium", "predict", "MODEL", "NEW_DATA", "--out", "predictions.csv", "--proba")
        lines.append(("Predict new rows", predict))
    blocks: tuple[Block, ...] = (
        Prose(
            Markup(
                "<p>DATA, NEW_DATA and MODEL stand for your files. Options that say how the table "
                "is to be read (<code>--as</code>, <code>--missing</code>, <code>--drop</code>, "
                "…) belong to each of these commands as they did to this one.</p>"
            )
        ),
        Commands(tuple(lines)),
    )
    return Section("How to go on", "next", blocks if lines else blocks[:1])


def _options(found: Result) -> list[str]:
    """Return what checks would add, each once."""
    wanted = (each for each in found.checks if each.option and each.status != "fine")
    return list(dict.fromkeys(_quoted_option(each) for each in wanted))


def _quoted_option(check: Check) -> str:
    """Return what a check would add, with the name of a column as a shell needs it."""
    flag, _, name = check.option.partition(" ")
    return (
        f"{visible(flag)} {shell_quoted(name)}" if name in check.columns else visible(check.option)
    )


def table_words(data: Mapping[str, Any]) -> str:
    """Return the size of the table in words."""
    n_classes = len(data["classes"])
    return f"{data['rows_used']:,} rows, {len(data['columns']):,} columns, {n_classes} classes"
