"""The search by the algorithm that suits the rows, chosen when enough is asked to pay for it.

Until then every row is measured (`Scan`), for neither trees nor products win where there is
little to do; and least of all where their loops would first have to be compiled.
"""

from typing import Any, NamedTuple

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import Patience
from trivium.blocks.locks import Lock
from trivium.blocks.unlocked import unlocked
from trivium.neighbors.search.brute import Brute
from trivium.neighbors.search.costs import Choice, choose, without_trees
from trivium.neighbors.search.kd_tree.nearest import answer
from trivium.neighbors.search.kd_tree.tree import KDTree
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.search.products.shortlist import shortlist
from trivium.neighbors.search.scan import Scan
from trivium.neighbors.search.searcher import Searcher

_LITTLE_WORK = 2_000_000  # numbers to subtract: done before a tree could be built

patience = Patience(answer, to_compile=1 << 32, to_load=1 << 27)
"""Numbers that are subtracted, at less than 1 ns each, before "auto" chooses."""

products_patience = Patience(shortlist, to_compile=1 << 32, to_load=1 << 27)
"""The same before products are used, whether they were chosen or asked for."""


class _Settled(NamedTuple):
    """The algorithm, and what carries it out."""

    choice: Choice
    searcher: Searcher


class Chosen:
    """Rows searched by the algorithm asked for, or by the one that will cost less.

    Parameters
    ----------
    metric : Metric
    rows : ndarray of shape (n, d)
        In the space of the metric's measure.
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}
    k : int
        Number of neighbours that will be asked for, which "auto" goes by.
    n_jobs : int or None
        Number of threads that build a tree.
    once : bool
        Whether the rows are searched once, and then forgotten.
    """

    def __init__(
        self,
        metric: Metric,
        rows: Floats,
        algorithm: str,
        k: int,
        n_jobs: int | None,
        *,
        once: bool = False,
    ) -> None:
        self._once = once
        self._metric = metric
        self._rows = rows
        self._k = k
        self._n_jobs = n_jobs
        self._asked = 0
        self._scan = Scan(metric.measure, rows)
        self._lock = Lock()
        self._settled: _Settled | None = None
        self._may_need_trees = False  # as far as it was looked at
        if algorithm == "brute":
            self._settled = _Settled(Choice("brute", "asked for"), self._brute())
        elif algorithm != "auto":
            reason = "asked for" if algorithm == "kd_tree" else "asked for as a ball_tree"
            self._settled = _Settled(Choice("kd_tree", reason), self._tree(rows))

    def __getstate__(self) -> dict[str, Any]:
        """Copy and pickle what is settled, or that nothing is; not the lock."""
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _rows=unlocked(state["_rows"]), _lock=Lock())

    @property
    def choice(self) -> Choice:
        """The algorithm for many queries, which is settled now unless it was."""
        return self._settle().choice

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        self._searcher(queries).nearest(queries, skip, n_jobs, found, own=own)

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        return self._searcher(queries).within(queries, radius, skip, n_jobs)

    def _searcher(self, queries: Floats) -> Searcher:
        """Return who answers: the plain search as long as little has been asked."""
        settled = self._settled
        if settled is not None and settled.choice.algorithm == "kd_tree":
            return settled.searcher  # it is built
        work = queries.shape[0] * self._rows.size
        self._asked += work
        chooses, multiplies = patience.is_over(work), products_patience.is_over(work)
        if self._asked < _LITTLE_WORK:
            return self._scan
        if settled is None and not chooses:
            settled = self._settle_without_trees() if multiplies else None
            if settled is None:
                return self._scan
        settled = settled or self._settle()
        waits = settled.choice.algorithm == "brute" and not multiplies
        return self._scan if waits else settled.searcher

    def _settle_without_trees(self) -> _Settled | None:
        """Settle what no tree has to be asked for, whose loops may not be there; look once."""
        if not self._may_need_trees:
            with self._lock.held:
                if self._settled is None and not self._may_need_trees:
                    choice = without_trees(self._metric, self._rows)
                    self._may_need_trees = choice is None
                    if choice is not None:
                        self._settled = _Settled(choice, self._brute())
        return self._settled

    def _settle(self) -> _Settled:
        settled = self._settled
        if settled is None:
            with self._lock.held:
                settled = self._settled
                if settled is None:
                    choice, tree = choose(self._metric, self._rows, self._k, self._tree)
                    settled = _Settled(choice, tree or self._brute())
                    self._settled = settled
        return settled

    def _tree(self, rows: Floats) -> KDTree:
        return KDTree(self._metric.measure, rows, self._n_jobs)

    def _brute(self) -> Searcher:
        if self._metric.by_products:
            return Brute(self._metric.measure, self._rows, self._once)
        return Scan(self._metric.measure, self._rows)
