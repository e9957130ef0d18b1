"""The command line: ``python -m fuzz neighbors --problems 3000 --seed 0``."""

import argparse
from importlib import import_module

import numpy as np

WINGS = ("neighbors", "least_squares", "softmax")
"""Modules beside this one: `problem` draws one, `mismatches` names what differs."""


def run(wing: str, problems: int, seed: int) -> int:
    """Ask so many problems, print what differs, and return how many problems do."""
    module = import_module(f"fuzz.{wing}")
    wrong = 0
    for number in range(seed, seed + problems):
        table = module.problem(number)
        try:
            found = list(module.mismatches(table, np.random.default_rng(number + 10**6)))
        except Exception as error:  # an error is a finding too, and the next problem is asked
            found = [f"{type(error).__name__}: {error}"]
        wrong += bool(found)
        for what in found:
            shape = f"{table.X.shape[0]} × {table.X.shape[1]}"
            print(f"{wing} {number} ({table.kind}, {shape}): {what}", flush=True)
    print(f"{wing}: {wrong} of {problems} problems differ, seeds {seed} to {seed + problems - 1}")
    return wrong


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("wing", choices=WINGS)
    parser.add_argument("--problems", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    raise SystemExit(run(asked.wing, asked.problems, asked.seed) > 0)


if __name__ == "__main__":
    main()
