import pytest
from tests.rows.dask_workers import started


@pytest.fixture(scope="package")
def client():
    with started(2) as client:
        yield client
