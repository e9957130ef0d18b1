import numpy as np
import pytest

import trivium
from trivium import LeastSquaresClassifier, SoftmaxRegression
from trivium.rows.cluster import DaskRows
from trivium.rows.loading import partitions_of

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 3))
    y = np.array(["a", "b", "c"])[(X + rng.normal(size=X.shape)).argmax(axis=1)]
    table = pa.table({"x": X[:, 0], "y": X[:, 1], "z": X[:, 2], "kind": y})
    pq.write_table(table.slice(0, 500), tmp_path / "1.parquet", row_group_size=70)
    pq.write_table(table.slice(500, 0), tmp_path / "2.parquet")
    pq.write_table(table.slice(500), tmp_path / "3.parquet", row_group_size=150)
    return X, y, str(tmp_path / "*.parquet")


def test_workers_read_the_files_of_a_scan(client, files):
    X, y, paths = files
    table = trivium.scan(paths, target="kind", client=client)
    assert isinstance(table.given().rows, DaskRows)
    for model in (LeastSquaresClassifier(), SoftmaxRegression(alpha=0.1)):
        plain = type(model)(**model.get_params()).fit(X, y)
        model.fit(table)
        np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-10)
        np.testing.assert_array_equal(model.predict(table), plain.predict(X))
        assert model.score(table) == plain.score(X, y)


def test_a_file_that_is_gone_is_named(client, files, tmp_path):
    table = trivium.scan(files[2], target="kind", client=client)
    given = table.given()
    (tmp_path / "3.parquet").unlink()
    with pytest.raises(Exception, match=r"3\.parquet"):
        table.given().rows.summary()
    del given


def test_partitions_begin_where_reading_may(files):
    table = trivium.scan(files[2], target="kind").table
    places = partitions_of(table)
    firsts, stops = zip(*places, strict=True)
    assert set(firsts) <= set(table.starts)
    assert (*firsts[1:], 900) == stops
    assert 8 <= len(places) <= 16
