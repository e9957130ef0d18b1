"""What every search offers, however it goes about it."""

from typing import Any, Protocol

from trivium.arrays import Float64, Floats, Indices
from trivium.rows.csr import Csr

Points = Floats | Csr
"""Rows or queries in a metric's space: all numbers of theirs, or those that are stored."""


class Searcher(Protocol):
    """Rows made ready for one way of searching."""

    def nearest(
        self,
        queries: Any,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows of each query.

        Parameters
        ----------
        queries : ndarray or Csr of shape (m, d)
            Whichever the rows are.
        skip : ndarray of shape (m,)
            A row number to leave out for each query; -1 leaves out none.
        n_jobs : int or None
            Number of threads; the result does not depend on it.
        found : tuple of two ndarrays of shape (m, k)
            Receives distances and row numbers, both sorted by (distance, row number).
            There are at least k rows to be found, `skip` taken into account.
        own : bool
            Whether the queries are all of the rows, in order, and `skip` leaves each out of its own
            list. The lists are the same without it; a searcher that works on pairs of rows may
            serve both at once.
        """

    def within(
        self, queries: Any, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row at most `radius` away from each query.

        Parameters
        ----------
        queries, skip, n_jobs : as in `nearest`
        radius : float, or ndarray of shape (m,)
            One for all queries, or each one's own.

        Returns
        -------
        starts : ndarray of shape (m + 1,)
            Query q's rows are those from starts[q] up to starts[q + 1].
        distances, indices : ndarray of shape (starts[-1],)
            By ascending row number within each query.
        """
