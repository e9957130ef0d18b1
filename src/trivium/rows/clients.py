"""Clients of clusters, checked before anything is asked of them."""

from typing import Any


def require_client(client: Any) -> None:
    """Raise a TypeError unless it is a client of Dask's, without importing Dask for it."""
    if not hasattr(client, "nthreads"):
        raise TypeError(
            f"client={client!r}: expected a distributed.Client, as Client(cluster) or "
            'Client("tcp://scheduler:8786").'
        )


def require_open(client: Any) -> None:
    """Raise a RuntimeError if a client was closed."""
    if getattr(client, "status", "running") == "closed":
        raise RuntimeError(
            "The client of the cluster is closed: start another, and name the rows by it again."
        )
