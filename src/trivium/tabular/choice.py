"""Which of several models is taken: the simplest that is not clearly worse than the best."""

from collections.abc import Mapping

from trivium.tabular.scores import Score

SIMPLEST_FIRST = ("least-squares", "softmax", "neighbors")
"""Linear functions solved for, linear ones found by steps, and all training rows."""


def simplest_adequate(scores: Mapping[str, Score], *, balanced: bool) -> str:
    """Return the simplest model whose accuracy is within one standard error of the best one's.

    Parameters
    ----------
    scores : mapping
        From some of `SIMPLEST_FIRST`.
    balanced : bool
        Whether to go by balanced accuracy.

    References
    ----------
    Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed. 2009,
    section 7.10.

    Examples
    --------
    >>> near = Score(0.88, 0.02, 0.8, 0.02, 0.3, 0.01)
    >>> best = Score(0.89, 0.02, 0.9, 0.02, 0.2, 0.01)
    >>> simplest_adequate({"neighbors": best, "softmax": near}, balanced=False)
    'softmax'
    >>> simplest_adequate({"neighbors": best, "softmax": near}, balanced=True)
    'neighbors'
    """
    name = "balanced_accuracy" if balanced else "accuracy"
    best = max(scores.values(), key=lambda score: float(getattr(score, name)))
    enough = getattr(best, name) - getattr(best, f"{name}_se")
    there = [model for model in SIMPLEST_FIRST if model in scores]
    return next(model for model in there if getattr(scores[model], name) >= enough)
