import pytest
from tests.rows.dask_workers import two_workers


@pytest.fixture(scope="package")
def client():
    with two_workers() as client:
        yield client
