"""Levels as columns of a table: one a level, one of missing cells, one of what is rare or unseen.

Levels that training rows have too rarely are pooled with those that they do not have at all: what
is learnt of the former is the best guess of the latter.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trivium.arrays import Float64, Indices
from trivium.preparation.numbers import truth


class Levels(NamedTuple):
    """Cells of a column of levels.

    Attributes
    ----------
    words : sequence of str
        Different ones.
    codes : ndarray of int of shape (n,)
        Their places; -1 where a cell is missing.
    """

    words: Sequence[str]
    codes: NDArray[np.signedinteger[Any]]

    def take(self, rows: Indices) -> "Levels":
        """Return the cells of some rows."""
        return Levels(self.words, self.codes[rows])


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """What training rows have taught about a column of levels.

    Attributes
    ----------
    kept : tuple of str
        Levels that have a column each, in order.
    pooled : tuple of str
        Levels that are too rare for one, in order.
    gaps : bool
        Whether a cell was missing; then missing cells have a column. If not, they are unseen.
    """

    kept: tuple[str, ...]
    pooled: tuple[str, ...]
    gaps: bool

    @classmethod
    def learn(cls, levels: Levels, *, min_frequency: int, max_levels: int) -> Self | None:
        """Learn from the cells of training rows.

        Parameters
        ----------
        levels : Levels
        min_frequency : int
            Rows of a level that it takes to be kept.
        max_levels : int
            Levels to keep at most, the most frequent ones; of equals those first in order.

        Returns
        -------
        LevelPlan or None
            None if nothing can be learnt of the column: all cells are missing, or all are
            present and of one level, or of levels that are all rare.
        """
        return cls.learn_read([levels], min_frequency=min_frequency, max_levels=max_levels)

    @classmethod
    def learn_read(
        cls, parts: Iterable[Levels], *, min_frequency: int, max_levels: int
    ) -> Self | None:
        """Learn from the cells of training rows, some at a time.

        Parameters
        ----------
        parts : iterable of Levels
        min_frequency, max_levels : int
            As of `learn`.

        Returns
        -------
        LevelPlan or None
            As `learn`.
        """
        gaps, total = False, Counter[str]()
        for levels in parts:
            counts = np.bincount(levels.codes + 1, minlength=len(levels.words) + 1)
            gaps = gaps or bool(counts[0])
            present = np.flatnonzero(counts[1:]).tolist()
            total.update({levels.words[place]: int(counts[place + 1]) for place in present})
        ranked = sorted((-count, word) for word, count in total.items())
        kept = [word for count, word in ranked if -count >= min_frequency][:max_levels]
        chosen = set(kept)
        pooled = [word for _, word in ranked if word not in chosen]
        if len(kept) + bool(pooled) + gaps < 2:
            return None
        return cls(tuple(sorted(kept)), tuple(sorted(pooled)), gaps)

    @property
    def width(self) -> int:
        """Columns that come of it."""
        return len(self.kept) + self.gaps + 1

    def names(self, column: str) -> tuple[str, ...]:
        """Name these columns, by no level's word."""
        return (
            *(f"{column}, level {number}" for number in range(1, len(self.kept) + 1)),
            *(f"{column} is missing",) * self.gaps,
            f"{column}, other or unseen",
        )

    def places(self, levels: Levels) -> tuple[Indices, int]:
        """Say which column is 1 in each row.

        Parameters
        ----------
        levels : Levels

        Returns
        -------
        places : ndarray of int of shape (n,)
        unseen : int
            Cells of a level that no training row has.
        """
        other = self.width - 1
        place_of = dict.fromkeys(self.pooled, other)
        place_of.update({word: place for place, word in enumerate(self.kept)})
        places = np.full(len(levels.words) + 1, -1, dtype=np.intp)
        places[: len(levels.words)] = [place_of.get(word, -1) for word in levels.words]
        unseen = np.flatnonzero(places[:-1] < 0)
        places[unseen] = other
        places[-1] = len(self.kept)  # of missing cells, and the last column if they have none
        n_unseen = 0
        if unseen.size:
            counts = np.bincount(levels.codes + 1, minlength=places.size)
            n_unseen = int(counts[1:][unseen].sum())
        found: Indices = places[levels.codes]
        return found, n_unseen

    def fill(self, levels: Levels, out: Float64) -> int:
        """Write these columns into zeros, and say how many cells are of an unseen level.

        Parameters
        ----------
        levels : Levels
        out : ndarray of shape (n, width)
            Zeros.
        """
        places, unseen = self.places(levels)
        out[np.arange(places.size), places] = 1.0
        return unseen

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON holds."""
        return {"kept": list(self.kept), "pooled": list(self.pooled), "gaps": self.gaps}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the plan that `to_dict` has written.

        Raises
        ------
        ValueError
            If that is not what `data` is.
        """
        kept, pooled = (_words(data, name) for name in ("kept", "pooled"))
        if set(kept) & set(pooled):
            raise ValueError("kept, pooled: a level is in both.")
        return cls(kept, pooled, truth(data, "gaps"))


def _words(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Read levels of a stored plan."""
    words = data.get(name)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{name}: expected a list of words.")
    if words != sorted(set(words)):
        raise ValueError(f"{name}: expected different words in order.")
    return tuple(words)
