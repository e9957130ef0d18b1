"""A cluster of Dask's workers, by its address."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trivium.tables.errors import TableError

_PATIENCE = 10  # seconds


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Connect to a cluster, and leave it at the end; None stands for no cluster.

    Parameters
    ----------
    address : str or None
        As "tcp://10.0.0.5:8786".

    Yields
    ------
    distributed.Client or None

    Raises
    ------
    TableError
        If nobody answers there, or Dask is not installed; or if scheduler or workers are lost.
    """
    if address is None:
        yield None
        return
    from trivium.rows.workers_of_dask import LostError

    try:
        import distributed
    except ImportError as error:
        raise TableError('--dask: Dask is not installed: pip install "trivium[dask]"') from error
    try:
        connect: Any = distributed.Client  # without types
        client = connect(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TableError(
            f"--dask: no scheduler answers at {address} within {_PATIENCE} seconds"
        ) from error
    try:
        yield client
    except LostError as error:
        raise TableError(f"--dask: {error}") from error
    except OSError as error:
        if client.status == "running":  # then it is a file's
            raise
        raise TableError(f"--dask: the scheduler at {address} is lost") from error
    finally:
        client.close()
