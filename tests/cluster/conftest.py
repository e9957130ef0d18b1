"""What the tests of rows on a cluster share."""

import pytest
from tests.cluster.dask_workers import started
from tests.commands.conftest import call

__all__ = ["call", "client"]


@pytest.fixture(scope="package")
def client():
    with started(2) as client:
        yield client
