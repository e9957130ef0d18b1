"""How often the verdict names a winner between equals, finds one, or calls unequals equivalent.

``python -m fuzz.verdict_errors --draws 400 --rows 200 1000``

draws tables, cross-validates simple learners ten times over ten folds, and prints the share of
tables in per cent, with its 95 % interval: of the verdict's own rule, and of others beside it.
"""

import argparse
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from fuzz.verdict_rules import of_folds, other_rules
from fuzz.verdict_worlds import EQUAL, FOLDS, UNSTABLE, World, better_by, class_weights, deal
from trivium.verdict.decide import ALPHA, Verdict, decide
from trivium.verdict.holm import holm

_REPEATS = 10
_MARGIN = 0.01
_NEW = 20_000
_UNEQUAL = ((1.1, 0.999), (2.0, 0.99), (2.0, 0.95))
_BETTER = ((1.7, 0.95), (1.7, 0.9), (1.7, 0.0))
Named = dict[str, bool]
"""Whether a rule names a winner."""


class Table:
    """A table of a world, and which rows each model predicts right."""

    def __init__(self, world: World, n: int, rng: np.random.Generator) -> None:
        self.world = world
        self.X, self.y = world.draw(n, rng)
        self.folds = deal(self.y, _REPEATS, FOLDS, rng, world.together)
        self.hits = self._hits(self.folds, FOLDS)
        self.rng = rng
        self.weights = class_weights(self.y) if world.balanced else np.ones(n)

    def _hits(self, folds: Any, n_folds: int) -> list[Any]:
        return [
            model.cross_validate(self.X[:, i], self.y, folds, n_folds)
            for i, model in enumerate(self.world.models)
        ]

    def verdict(self, runs: int, *, by_rows: bool) -> Verdict:
        """Return what is said after so many runs."""
        names = [f"model {i}" for i in range(len(self.hits))]
        scores, hits = {}, {}
        copies = self.world.together
        for name, right in zip(names, self.hits, strict=True):
            scores[name] = of_folds(right[:runs], self.folds[:runs], FOLDS, self.weights)
            hits[name] = right[:runs]
        scores["floor"] = np.zeros_like(scores[names[0]])
        hits["floor"] = np.zeros_like(hits[names[0]])
        return decide(
            scores,
            floor="floor",
            simplest_first=names,
            test_share=1.0 / (FOLDS - 1),
            n_rows=self.y.size,
            margin=_MARGIN,
            hits=hits if by_rows else None,
            weights=self.weights if self.world.balanced else None,
            together=np.arange(self.y.size) // copies if copies > 1 else None,
        )

    def winners(self) -> Named:
        """Return by which rules a winner is named."""
        named = {
            "verdict, 10 runs": _any_better(self.verdict(_REPEATS, by_rows=True)),
            "verdict, one run": _any_better(self.verdict(1, by_rows=True)),
        }
        halves = deal(self.y, 5, 2, self.rng, self.world.together)
        of_halves = self._hits(halves, 2)
        families: dict[str, list[float]] = {}
        for i, j in combinations(range(len(self.hits)), 2):
            wins = self.hits[i].astype(int) - self.hits[j]
            in_halves = of_folds(of_halves[i].astype(int) - of_halves[j], halves, 2, self.weights)
            found = other_rules(wins, of_folds(wins, self.folds, FOLDS, self.weights), in_halves)
            for rule, p in found.items():
                families.setdefault(rule, []).append(p)
        return named | {rule: bool(holm(np.array(p)).min() < ALPHA) for rule, p in families.items()}

    def wrong(self) -> bool:
        """Return whether the winner that is named is worse on new rows, learnt from this table."""
        pair = self.verdict(_REPEATS, by_rows=True).pairs[0]
        if pair.word != "better":
            return False
        new, labels = self.world.draw(_NEW, self.rng)
        right = {
            f"model {i}": (model.predict(self.X[:, i], self.y, new[:, i]) == (labels == 1)).mean()
            for i, model in enumerate(self.world.models)
        }
        return bool(right[pair.first] < right[pair.second])


def _any_better(verdict: Verdict) -> bool:
    return any(pair.word == "better" for pair in verdict.pairs)


def _winners_and_wrong(table: Table) -> Named:
    return table.winners() | {"verdict, 10 runs: worse on new rows": table.wrong()}


def tally(
    world: World, n: int, draws: int, seed: int, ask: Callable[[Table], Named]
) -> dict[str, int]:
    """Return how often each thing that is asked of tables is so."""
    counts: dict[str, int] = {}
    for number in range(draws):
        table = Table(world, n, np.random.default_rng([seed, n, number]))
        for name, so in ask(table).items():
            counts[name] = counts.get(name, 0) + so
    return counts


def per_cent(count: int, draws: int) -> str:
    """Return a share with its exact 95 % interval.

    Examples
    --------
    >>> per_cent(16, 400)
    '4.0 (2.3–6.4)'
    """
    low = stats.beta.ppf(0.025, count, draws - count + 1) if count else 0.0
    high = stats.beta.ppf(0.975, count + 1, draws - count) if count < draws else 1.0
    return f"{100 * count / draws:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def show(title: str, columns: dict[str, dict[str, int]], draws: int) -> None:
    """Print a table: what was asked, by world."""
    print(f"\n{title}\n\n| | {' | '.join(columns)} |\n| --- |{' --- |' * len(columns)}")
    for name in next(iter(columns.values())):
        cells = [per_cent(counts[name], draws) for counts in columns.values()]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _equivalent(table: Table) -> Named:
    return {
        f"equivalent, {runs} run{'s' * (runs > 1)} by {'rows' if by_rows else 'folds'}": (
            table.verdict(runs, by_rows=by_rows).pairs[0].word == "equivalent"
        )
        for runs in (1, _REPEATS)
        for by_rows in (True, False)
    }


def _suits(name: str, n: int) -> bool:
    """Return whether models that were brought to equal errors at some rows are so at n."""
    return {"linear, 15": n == 200, "linear, 31": n == 1000}.get(name[:10], True)


def run(rows: Iterable[int], draws: int, seed: int, parts: Iterable[str]) -> None:
    """Print what is asked for."""
    for n in rows:
        if "winners" in parts:
            worlds = {name: world for name, world in EQUAL.items() if _suits(name, n)}
            found = {
                name: tally(world, n, draws, seed, Table.winners) for name, world in worlds.items()
            }
            show(f"Equal models, {n} rows: a winner is named", found, draws)
        if "unstable" in parts:
            found = {
                name: tally(
                    world,
                    n,
                    draws,
                    seed,
                    lambda table: (
                        table.winners()
                        | {"verdict, 10 runs: and it is worse on new rows": table.wrong()}
                    ),
                )
                for name, world in UNSTABLE.items()
            }
            show(f"Unstable learners, {n} rows: a winner is named", found, draws)
        if "power" in parts:
            found = {
                f"{points} points, correlated {alike}": tally(
                    better_by(points, alike=alike), n, draws, seed, Table.winners
                )
                for points, alike in _BETTER
            }
            show(f"One model is better, {n} rows: a winner is named", found, draws)
        if "equivalent" in parts:
            found = {
                f"{points} points, correlated {alike}": tally(
                    better_by(points, alike=alike), n, draws, seed, _equivalent
                )
                for points, alike in _UNEQUAL
            }
            show(f"One model is better, {n} rows: called equivalent within 1 %", found, draws)


PARTS = ("winners", "unstable", "power", "equivalent")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    run(asked.rows, asked.draws, asked.seed, asked.parts)


if __name__ == "__main__":
    main()
