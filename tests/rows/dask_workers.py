"""Dask's workers on this machine, for tests: two processes of one thread."""

import contextlib

import distributed


@contextlib.contextmanager
def two_workers():
    """Start two workers and a client; nothing listens beyond this machine."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
