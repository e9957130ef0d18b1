"""Dask's workers on this machine, for tests: processes of one thread."""

import contextlib
import os

import distributed


@contextlib.contextmanager
def started(number, **options):
    """Start so many workers and a client; nothing listens beyond this machine.

    Dask lets each worker have one BLAS thread by setting so in its parent too, whose other
    children, in other tests, would have one as well: that ends with the workers.
    """
    before = dict(os.environ)
    try:
        with (
            distributed.LocalCluster(
                n_workers=number,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address=None,
                **options,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
