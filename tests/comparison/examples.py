"""Comparisons of made predictions: what a run would have found of models that are so good."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from trivium.comparison.comparison import Comparison
from trivium.comparison.result import Check, ModelResult, Reliability
from trivium.verdict.decide import Verdict, decide

REFERENCE = "hist-gradient-boosting"
SIMPLEST_FIRST = ("least-squares", "softmax", "neighbors", REFERENCE)
SKILLS = {"least-squares": 0.6, "softmax": 0.8, "neighbors": 0.79}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
CHECKS = (
    Check("copies", "fine", "No row is like another."),
    Check(
        "groups",
        "warning",
        "Rows of one patient are much more alike than others: 412 rows of 96 patients.",
        columns=("patient",),
        option="--group patient",
    ),
    Check("label_in_a_column", "note", "One column alone is right on 95.1 %.", columns=("width",)),
    Check("far_rows", "note", "Three rows are far from all others.", rows=(1041, 7, 88)),
    Check("class_names", "fine", "No two classes differ only by case, spaces or a dot."),
    Check("never_predicted", "fine", "Every model predicts every class."),
)


def comparison(
    n: int = 400,
    classes: Sequence[str] = ("no", "yes"),
    skills: Mapping[str, float] = SKILLS,
    *,
    repeats: int = 10,
    folds: int = 10,
    seed: int = 0,
    failed: Mapping[str, str] | None = None,
    columns: int = 6,
    shares: Sequence[float] | None = None,
    target: str = "outcome",
    **changes: Any,
) -> Comparison:
    """Make a comparison.

    A model of skill s says s more of the right class than of the others, and then guesses by what
    it said; a model of skill 0 knows nothing.
    """
    rng = np.random.default_rng(seed)
    m = len(classes)
    weights = np.ones(m) / m if shares is None else np.asarray(shares)
    codes = np.sort(rng.choice(m, size=n, p=weights / weights.sum()))
    codes[:m] = np.arange(m)
    counts = np.bincount(codes, minlength=m)
    fold = np.argsort(rng.permutation(n)) % folds
    hardness = rng.normal(size=n)
    said = {
        name: _predictions(rng, codes, m, skill, hardness, repeats)
        for name, skill in skills.items()
    }
    floor = np.full(n, counts.argmax())
    right = {name: predicted == codes for name, (predicted, _) in said.items()}
    by_fold = {name: _by_fold(hits, fold, folds) for name, hits in right.items()}
    by_fold["floor"] = _by_fold(np.tile(floor == codes, (repeats, 1)), fold, folds)
    hits = {name: each[0] for name, each in right.items()} | {"floor": floor == codes}

    def judged(*names: str) -> Verdict:
        return decide(
            {name: each for name, each in by_fold.items() if name in ("floor", *names)},
            floor="floor",
            simplest_first=[name for name in names if name in skills],
            test_share=1 / (folds - 1),
            n_rows=n,
            margin=0.01,
            hits={name: hits[name] for name in ("floor", *names) if name in hits}
            if repeats == 1
            else None,
        )

    verdict = judged(*SIMPLEST_FIRST[:3])
    beside = judged(verdict.chosen or "", REFERENCE).pairs if REFERENCE in skills else ()
    models = [_model(name, *said[name], codes) for name in skills]
    models += [ModelResult(name, reason=reason) for name, reason in (failed or {}).items()]
    models.sort(key=lambda model: SIMPLEST_FIRST.index(model.name))
    probabilities = np.tile(counts / n, (n, 1))
    found = Comparison(
        data=_data(n, classes, counts, columns, target),
        metric="accuracy",
        positive=None,
        folds=folds,
        repeats=repeats,
        seed=seed,
        dealt="rows",
        by=None,
        balanced=False,
        floor=ModelResult("floor", _scores(floor[None], probabilities[None], codes)),
        models=tuple(models),
        fold_scores=by_fold,
        verdict=verdict,
        checks=CHECKS,
        notes=("Column 'x3': 4 cells are empty.", "Labels are text, exactly as in the file."),
        budget=60.0,
        seconds=7.25,
        reference=next(iter(beside), None),
    )
    return replace(found, **changes)


def _predictions(
    rng: np.random.Generator,
    codes: np.ndarray,
    m: int,
    skill: float,
    hardness: np.ndarray,
    repeats: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are about as good as they say, and the likeliest classes."""
    n = codes.size
    wave = 0.9 * hardness + 0.3 * rng.normal(size=n)
    seen = codes.copy()
    slips = wave > np.quantile(wave, np.clip(skill + (1 - skill) / m, 0, 1))
    shift = rng.integers(1, m, size=n) if m > 1 else np.zeros(n, dtype=int)
    seen[slips] = (codes[slips] + shift[slips]) % m
    if skill == 0:
        seen = rng.integers(m, size=n)
    probabilities = np.empty((repeats, n, m))
    for repeat in range(repeats):
        again = seen.copy()
        turned = rng.random(n) < 0.02
        again[turned] = rng.integers(m, size=turned.sum())
        height = np.clip(0.97 - 0.1 * rng.random(n) - 0.25 * (wave > 0.4), 1.0 / m + 0.01, 0.99)
        probabilities[repeat] = ((1 - height) / max(m - 1, 1))[:, None]
        probabilities[repeat, np.arange(n), again] = height
    return probabilities.argmax(axis=2), probabilities


def _by_fold(hits: np.ndarray, fold: np.ndarray, folds: int) -> np.ndarray:
    return np.array([[each[fold == k].mean() for k in range(folds)] for each in hits])


def _scores(
    predicted: np.ndarray, probabilities: np.ndarray, codes: np.ndarray
) -> dict[str, tuple[float, float]]:
    n, m = codes.size, probabilities.shape[2]
    hits = (predicted == codes).mean(axis=0)
    own = probabilities[:, np.arange(n), codes]
    losses = -np.log(own).mean(axis=0)
    truth = np.eye(m)[codes]
    brier = ((probabilities - truth) ** 2).sum(axis=2).mean(axis=0)
    recalls = np.array([hits[codes == k].mean() for k in range(m)])
    error = {"balanced": float(recalls.std() / np.sqrt(m * n / m))}
    spread = {"hits": hits, "losses": losses, "brier": brier}
    error |= {name: float(each.std(ddof=1) / np.sqrt(n)) for name, each in spread.items()}
    return {
        "accuracy": (float(hits.mean()), error["hits"]),
        "balanced_accuracy": (float(recalls.mean()), error["balanced"]),
        "log_loss": (float(losses.mean()), error["losses"]),
        "brier": (float(brier.mean()), error["brier"]),
    }


def _model(
    name: str, predicted: np.ndarray, probabilities: np.ndarray, codes: np.ndarray
) -> ModelResult:
    m = probabilities.shape[2]
    confusion = np.bincount(m * codes + predicted[0], minlength=m * m).reshape(m, m)
    height = probabilities[0].max(axis=1)
    bins = np.array_split(np.argsort(height, kind="stable"), 8)
    reliability = Reliability(
        tuple(float(height[each].mean()) for each in bins),
        tuple(float((predicted[0] == codes)[each].mean()) for each in bins),
        tuple(len(each) for each in bins),
    )
    return ModelResult(
        name,
        _scores(predicted, probabilities, codes),
        tuned=({"alpha": 0.1}, {"alpha": 1.0}),
        confusion=confusion,
        reliability=reliability,
        fit_seconds=0.31,
        predict_seconds=0.004,
        folds_done=10,
    )


def _data(
    n: int, classes: Sequence[str], counts: np.ndarray, columns: int, target: str
) -> dict[str, Any]:
    kinds = ("numeric", "category", "boolean", "date", "text", "dropped")
    reasons = (
        "all cells are numbers",
        "few different words, each in several rows",
        "two words for yes and no",
        "all cells are dates, day first",
        "nearly every cell is a text of its own",
        "one value in every row",
    )
    return {
        "rows_read": n + 3,
        "rows_used": n,
        "target": target,
        "classes": list(classes),
        "class_rows": dict(zip(classes, map(int, counts), strict=True)),
        "columns": [
            {
                "name": f"x{place + 1}",
                "kind": kinds[place % 6],
                "levels": 3 + 37 * place,
                "missing": 4 * (place % 3),
                "reason": reasons[place % 6],
            }
            for place in range(columns)
        ],
    }


@cache
def long_names() -> Comparison:
    """Twelve classes whose long names begin alike, columns with names that are longer still."""
    classes = [
        f"Non-small-cell lung carcinoma, stage {a} with metastases in {b}"
        for a in ("I", "II", "III")
        for b in ("bone", "brain", "liver", "other organs")
    ]
    skills = {"least-squares": 0.55, "softmax": 0.7, "neighbors": 0.5}
    found = comparison(3000, classes, skills, target="Diagnosis (histology, as of the last visit)")
    columns = [
        {**each, "name": f"measurement of {'a very long quantity ' * 4}number {place}"}
        for place, each in enumerate(found.data["columns"])
    ]
    return replace(found, data={**found.data, "columns": columns})


@cache
def many_classes() -> Comparison:
    """Sixty classes, and two hundred columns."""
    classes = [f"species {number:02d}" for number in range(60)]
    skills = {"least-squares": 0.71, "softmax": 0.85, "neighbors": 0.8}
    skills[REFERENCE] = 0.86
    shares = 0.93 ** np.arange(60)
    return comparison(20_000, classes, skills, repeats=1, columns=200, shares=shares)


@cache
def failed_model() -> Comparison:
    """One model has run out of time and another out of memory."""
    failed = {
        "neighbors": "it ran over its budget of 20 s after 3 of 10 folds",
        "softmax": "memory ran out",
    }
    return comparison(failed=failed, skills={"least-squares": 0.7}, repeats=1)


@cache
def nothing_ran() -> Comparison:
    """No model has run to its end."""
    failed = dict.fromkeys(SKILLS, "it ran over its budget of 5 s after 0 of 10 folds")
    return comparison(failed=failed, skills={}, repeats=1)


@cache
def cannot_tell() -> Comparison:
    """Few rows."""
    skills = {"least-squares": 0.62, "softmax": 0.7, "neighbors": 0.66}
    return comparison(90, ("lost", "won", "drawn"), skills, seed=3)


@cache
def coin() -> Comparison:
    """Labels by coin."""
    return comparison(300, skills=dict.fromkeys(SKILLS, 0.0), seed=1)


@cache
def hostile() -> Comparison:
    """Tags, control characters and turning characters wherever a name can stand."""
    turned = f"\u202e{HOSTILE}\x1b[31m\u2066"
    found = comparison(classes=(HOSTILE, turned), target=HOSTILE, repeats=1)
    column = {**found.data["columns"][0], "name": turned, "reason": HOSTILE}
    checks = (Check(HOSTILE, "warning", turned, (HOSTILE, turned), (1,), f"--group {HOSTILE}"),)
    data = {**found.data, "columns": [column, {**column, "name": HOSTILE}]}
    failed = ModelResult("neighbors", reason=turned, said=(HOSTILE,))
    models = (*found.models[:2], failed)
    return replace(
        found, data=data, checks=checks, notes=(turned,), models=models, by=turned, dealt="groups"
    )


EXAMPLES = {
    each.__name__: each
    for each in (
        comparison,
        long_names,
        many_classes,
        failed_model,
        nothing_ran,
        cannot_tell,
        coin,
        hostile,
    )
}
