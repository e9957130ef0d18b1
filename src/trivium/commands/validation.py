"""Scores of models by cross-validation, as a table in the terminal."""

from collections.abc import Mapping
from typing import Any

from trivium.commands.words import in_one_line, print_scores

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
    if not found:
        return
    title, heads = f"{found['folds']}-fold cross-validation", ["model", *_SCORES.values()]
    rows = [
        (in_one_line(name) + " *" * (name == chosen), *_cells(scores))
        for name, scores in found["models"].items()
    ]
    rows.append(("the most frequent class", *_cells(found["majority"])))
    print_scores(title, heads, rows)


def _cells(scores: Mapping[str, Any]) -> list[str]:
    return [f"{scores[name]:.3f} ± {scores[f'{name}_se']:.3f}" for name in _SCORES]
