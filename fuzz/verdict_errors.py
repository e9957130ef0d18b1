"""How often the verdict names a winner between equals, finds one, or calls unequals equivalent.

``python -m fuzz.verdict_errors --draws 400 --rows 200 1000``

draws tables, cross-validates simple learners ten times over ten folds, and prints the share of
tables in per cent, with its 95 % interval: of the verdict's own rule, and of others beside it.
"""

import argparse
from collections.abc import Callable, Iterable
from itertools import combinations, product
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
Ask = Callable[["Table"], Named]


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

    def winner(self) -> Named:
        """Return whether the verdict names a winner."""
        return {
            "verdict, 10 runs": _any_better(self.verdict(_REPEATS, by_rows=True)),
            "verdict, one run": _any_better(self.verdict(1, by_rows=True)),
        }

    def winners(self) -> Named:
        """Return by which rules a winner is named."""
        halves = deal(self.y, 5, 2, self.rng, self.world.together)
        of_halves = self._hits(halves, 2)
        families: dict[str, list[float]] = {}
        for i, j in combinations(range(len(self.hits)), 2):
            wins = self.hits[i].astype(int) - self.hits[j]
            in_halves = of_folds(of_halves[i].astype(int) - of_halves[j], halves, 2, self.weights)
            found = other_rules(wins, of_folds(wins, self.folds, FOLDS, self.weights), in_halves)
            for rule, p in found.items():
                families.setdefault(rule, []).append(p)
        return self.winner() | {
            rule: bool(holm(np.array(p)).min() < ALPHA) for rule, p in families.items()
        }

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


def _also_wrong(ask: Ask) -> Ask:
    return lambda table: ask(table) | {"10 runs, and it is worse on new rows": table.wrong()}


def _equivalent(table: Table) -> Named:
    return {
        f"{'one run' if runs == 1 else '10 runs'} by {'rows' if by_rows else 'folds'}": (
            table.verdict(runs, by_rows=by_rows).pairs[0].word == "equivalent"
        )
        for by_rows in (True, False)
        for runs in (_REPEATS, 1)
    }


def _equal(n: int) -> dict[str, World]:
    """Return the worlds whose models expect as many errors at n rows, and which n rows suffice."""
    suits = {"linear, 15": n == 200, "linear, 31": n == 1000, "five copie": n >= 100}
    return {name: world for name, world in EQUAL.items() if suits.get(name[:10], True)}


def _better(kinds: Iterable[tuple[float, float]]) -> dict[str, World]:
    return {f"{by} points, correlated {alike}": better_by(by, alike=alike) for by, alike in kinds}


def studies(n: int, ask: Ask) -> dict[str, tuple[str, dict[str, World], Ask]]:
    """Return what can be studied at n rows: a title, worlds, and what is asked of their tables."""
    return {
        "equal": ("Equal models: a winner is named", _equal(n), ask),
        "unstable": ("Unstable learners: a winner is named", UNSTABLE, _also_wrong(ask)),
        "power": ("One model is better: a winner is named", _better(_BETTER), ask),
        "equivalent": (
            "One model is better: called equivalent within 1 %",
            _better(_UNEQUAL),
            _equivalent,
        ),
    }


def tally(world: World, n: int, draws: int, seed: list[int], ask: Ask) -> dict[str, int]:
    """Return how often each thing that is asked of tables is so."""
    counts: dict[str, int] = {}
    for number in range(draws):
        table = Table(world, n, np.random.default_rng([*seed, n, number]))
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


def run(rows: Iterable[int], draws: int, seed: int, parts: Iterable[str], ask: Ask) -> None:
    """Print what is asked for, as tables."""
    for n, part in product(rows, parts):
        title, worlds, asked = studies(n, ask)[part]
        heads: list[str] = []
        for place, (name, world) in enumerate(worlds.items()):
            counts = tally(world, n, draws, [seed, len(part), place], asked)
            if not heads:
                heads = list(counts)
                print(f"\n{title}, {n} rows, {draws} draws: %\n")
                print(f"| | {' | '.join(heads)} |\n| --- |{' --- |' * len(heads)}")
            cells = [per_cent(counts[head], draws) for head in heads]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


PARTS = ("equal", "unstable", "power", "equivalent")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--verdict-alone", action="store_true", help="no other rules")
    asked = parser.parse_args()
    ask = Table.winner if asked.verdict_alone else Table.winners
    run(asked.rows, asked.draws, asked.seed, asked.parts, ask)


if __name__ == "__main__":
    main()
