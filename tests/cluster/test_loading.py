import pickle
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import trivium
from trivium import LeastSquaresClassifier, SoftmaxRegression
from trivium.rows.cluster import DaskRows
from trivium.rows.loading import partitions_of


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


def test_values_that_are_not_finite_are_named_by_their_file(client, tmp_path):
    x = np.arange(500.0)
    y = np.arange(500) % 2
    pq.write_table(pa.table({"x": x, "y": y}), tmp_path / "1.parquet")
    x[250] = np.nan
    pq.write_table(pa.table({"x": x, "y": y}), tmp_path / "2.parquet", row_group_size=100)
    paths = str(tmp_path / "*.parquet")
    plain = trivium.scan(paths, target="y")
    with pytest.raises(ValueError, match=r"row 250 .*2\.parquet") as said:
        LeastSquaresClassifier().fit(plain)
    table = trivium.scan(paths, target="y", client=client)
    with pytest.raises(ValueError, match=re.escape(str(said.value))):
        LeastSquaresClassifier().fit(table)
    rows = table.given().rows
    assert rows.where(750) == plain.given().rows.where(750)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trivium.rows.cluster._SMALL", 0)
        assert rows.subset(np.array([3, 750])).where(1) == rows.where(750)


def test_scans_with_a_client_are_not_pickled(client, files):
    with pytest.raises(TypeError, match="^A scan with a client cannot be pickled or copied: the"):
        pickle.dumps(trivium.scan(files[2], target="kind", client=client))
    again = pickle.loads(pickle.dumps(trivium.scan(files[2], target="kind")))  # noqa: S301
    np.testing.assert_array_equal(again.y, files[1])


def test_what_is_no_client_or_a_closed_one_is_refused(client, files):
    with pytest.raises(
        TypeError, match=r"^client='tcp://x': expected a distributed\.Client, as Cl"
    ):
        trivium.scan(files[2], target="kind", client="tcp://x")
    own = type(client)(client.scheduler.address, set_as_default=False)
    table = trivium.scan(files[2], target="kind", client=own)
    sent, unsent = (table.given().rows.relabelled(np.arange(900) % 2, 2) for _ in range(2))
    sent.sample(10)
    own.close()
    for ask in sent.summary, unsent.summary, lambda: LeastSquaresClassifier().fit(table):
        with pytest.raises(RuntimeError, match="^The client of the cluster is closed: start anoth"):
            ask()
