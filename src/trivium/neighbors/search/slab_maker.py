"""Rows of a block made ready for a search: by whoever has them, in this process or another."""

from dataclasses import dataclass

from trivium.arrays import Floats
from trivium.neighbors.search.chosen import Chosen
from trivium.neighbors.search.copies import Copies
from trivium.neighbors.search.costs import Choice
from trivium.neighbors.search.functions import Functions
from trivium.neighbors.search.given import Given
from trivium.neighbors.search.metrics import Metric
from trivium.neighbors.search.repeats import Repeats
from trivium.neighbors.search.searcher import Searcher
from trivium.neighbors.search.slabs import Slab
from trivium.neighbors.search.sparse.searcher import SparseSearch
from trivium.neighbors.search.sphere import Sphere, unit_vectors
from trivium.rows.block import Block
from trivium.rows.csr import as_csr


@dataclass(frozen=True)
class SlabMaker:
    """Makes blocks of rows ready.

    Attributes
    ----------
    metric : Metric
    k : int
        Number of neighbours that will be asked for, which "auto" goes by.
    n_jobs : int or None
    once : bool
        Whether rows are searched once, and then forgotten.
    """

    metric: Metric
    k: int
    n_jobs: int | None
    once: bool

    def __call__(self, block: Block, algorithm: str, *, in_space: bool = False) -> Slab:
        """Make rows ready for an algorithm; `in_space` says that they are in the metric's space."""
        metric = self.metric
        sparse = as_csr(block.X)
        if sparse is not None:
            points = sparse if in_space else metric.brought(sparse)
            return Slab(block.first, points, SparseSearch(metric.measure, points))
        points = block.X if in_space else metric.brought(block.X)
        if metric.given:
            return Slab(block.first, points, Given())
        if metric.function is not None:
            return Slab(block.first, points, Functions(metric.function, points))
        copies = Copies.of(points)
        if copies is None:
            return Slab(block.first, points, self._searcher(points, algorithm))
        distinct = self._searcher(points.take(copies.first, axis=0), algorithm)
        return Slab(block.first, points, Repeats(copies, distinct))

    def _searcher(self, points: Floats, algorithm: str) -> Searcher:
        vectors = unit_vectors(points) if self.metric.on_sphere else points
        chosen = Chosen(self.metric, vectors, algorithm, self.k, self.n_jobs, once=self.once)
        return Sphere(points, vectors, chosen) if self.metric.on_sphere else chosen


def choice_of(searcher: Searcher) -> Choice | None:
    """Return the algorithm for many queries, and why; None where there is no choice."""
    if isinstance(searcher, Repeats):
        choice = choice_of(searcher.distinct)
        n_distinct, n_rows = searcher.copies.first.size, searcher.copies.group_of.size
        reason = f"{n_distinct} of {n_rows} rows are distinct, and these are searched: "
        return choice and choice._replace(reason=reason + choice.reason)
    chosen = searcher.chords if isinstance(searcher, Sphere) else searcher
    return chosen.choice if isinstance(chosen, Chosen) else None
