"""Scores of models by cross-validation, as a table in the terminal."""

from collections.abc import Mapping
from typing import Any

from trivium.commands.words import console, in_one_line

_SCORES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log-loss",
}


def print_validation(found: Mapping[str, Any], chosen: str) -> None:
    """Print each model's scores with their standard errors, beside the majority's.

    Parameters
    ----------
    found : mapping
        As `TabularClassifier.validation`.
    chosen : str
        The model that is marked.
    """
    from rich import box
    from rich.table import Table

    if not found:
        return
    table = Table(
        title=f"{found['folds']}-fold cross-validation", title_justify="left", box=box.SIMPLE_HEAD
    )
    table.add_column("model", overflow="fold")
    for word in _SCORES.values():
        table.add_column(word, justify="right")
    for name, scores in found["models"].items():
        mark = " *" if name == chosen else ""
        table.add_row(in_one_line(name) + mark, *_cells(scores))
    table.add_row("the most frequent class", *_cells(found["majority"]))
    console().print(table)


def _cells(scores: Mapping[str, Any]) -> list[str]:
    return [f"{scores[name]:.3f} ± {scores[f'{name}_se']:.3f}" for name in _SCORES]
