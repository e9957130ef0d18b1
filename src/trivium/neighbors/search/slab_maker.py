"""Rows of a block made ready for a search: by whoever has them, in this process or another."""

from dataclasses import dataclass

from trivium.neighbors.search.chosen import Chosen
from trivium.neighbors.search.functions import Functions
from trivium.neighbors.search.given import Given
from trivium.neighbors.search.metrics import Metric
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
        vectors = unit_vectors(points) if metric.on_sphere else points
        if metric.given:
            searcher: Searcher = Given()
        elif metric.function is not None:
            searcher = Functions(metric.function, vectors)
        else:
            searcher = Chosen(metric, vectors, algorithm, self.k, self.n_jobs, once=self.once)
        if metric.on_sphere:
            searcher = Sphere(points, vectors, searcher)
        return Slab(block.first, points, searcher)
