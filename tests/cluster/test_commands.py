"""Fits and predictions whose rows are read by the workers of a Dask cluster."""

import itertools
import os
import signal
import sys

import dask
import numpy as np
import pandas as pd
import pytest
from tests.cluster.dask_workers import started

import trivium
import trivium.rows.cluster
from trivium.rows.loading import rows_on_workers
from trivium.rows.workers_of_dask import LostError, Workers

N = 900


@pytest.fixture(scope="module")
def workers():
    with started(2) as client:
        yield client


@pytest.fixture
def rows(tmp_path):
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, N)
    table = pd.DataFrame(
        {
            "size": codes + random.normal(size=N),
            "town": pd.Series(random.choice(["x", "y"], N)).mask(random.random(N) < 0.1),
            "class": pd.Series(np.array(["a", "b", "c"])[codes]).mask(random.random(N) < 0.05),
        }
    )
    (tmp_path / "rows").mkdir()
    for number, part in enumerate(np.array_split(np.arange(N), 5)):
        table.iloc[part].to_parquet(tmp_path / "rows" / f"{number}.parquet", index=False)
    return tmp_path / "rows"


def test_workers_fit_the_model_of_memory(call, rows, tmp_path, monkeypatch, workers):
    monkeypatch.setattr(trivium.rows.cluster, "_SMALL", 0)  # else few rows are fetched
    monkeypatch.setattr("trivium.tabular.streamed.FileRows", lambda _: None)  # none is read here
    kept = []

    def spied(client, table):
        kept.append(rows_on_workers(client, table))
        return kept[-1]

    monkeypatch.setattr("trivium.rows.loading.rows_on_workers", spied)
    address = workers.scheduler.address
    for model in ("least-squares", "softmax"):
        fit = ("--target", "class", "--model", model, "--folds", 2, "--out")
        assert call("fit", rows, *fit, tmp_path / "here.model")[0] == 0
        code, _, err = call("fit", rows, *fit, tmp_path / "there.model", "--dask", address)
        assert (code, err) == (0, "")
        here, there = (trivium.load(tmp_path / f"{name}.model") for name in ("here", "there"))
        assert there.preparation.plan_ == here.preparation.plan_
        np.testing.assert_allclose(
            there.predict_proba(rows), here.predict_proba(rows), rtol=1e-8, atol=1e-10
        )
    assert [each.shape for each in kept] == [(here.n_rows, here.preparation.plan_.width)] * 2


@pytest.mark.parametrize("installed", [True, False])
def test_nobody_answers(call, rows, tmp_path, monkeypatch, installed):
    monkeypatch.setattr("trivium.commands.cluster._PATIENCE", 1)
    words = "no scheduler answers at tcp://127.0.0.1:9 within 1 seconds"
    if not installed:
        monkeypatch.setitem(sys.modules, "distributed", None)
        words = "Dask is not installed"
    place = tmp_path / "no.model"
    fit = ("--target", "class", "--out", place, "--dask", "tcp://127.0.0.1:9")
    code, out, err = call("fit", rows, *fit)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert words in err
    assert not place.exists()


@pytest.fixture
def model(call, rows, tmp_path):
    place = tmp_path / "y.model"
    fit = ("--target", "class", "--model", "softmax", "--folds", 2, "--out", place)
    assert call("fit", rows, *fit)[0] == 0
    return place


def test_one_file_is_the_table_that_it_is_without_workers(call, rows, tmp_path, workers):
    place = tmp_path / "size=2024" / "0.parquet"  # a folder that names a column of the file
    place.parent.mkdir()
    (rows / "0.parquet").rename(place)
    fit = ("--target", "class", "--model", "neighbors", "--folds", 2, "--out", tmp_path / "m.model")
    there = ("--dask", workers.scheduler.address)
    assert call("fit", place, *fit, *there)[0] == 0
    predict = ("predict", tmp_path / "m.model", place, "--proba", "--out")
    assert call(*predict, tmp_path / "here.csv")[0] == 0
    assert call(*predict, tmp_path / "there.csv", *there)[0] == 0
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


def many_rows(n=150_000):
    random = np.random.default_rng(1)
    towns = pd.Series(random.choice(["x", "y", "new"], n)).mask(random.random(n) < 0.1)
    return pd.DataFrame({"size": random.normal(size=n), "town": towns, "id": np.arange(n)})


def write(table, place, kind):
    """Write a table whose pieces are many, in files that can be cut and in others."""
    place.mkdir()
    if kind == "csv":
        table["note"] = 'in "quotes",\n' + table["id"].astype(str)
        table.to_csv(place / "0.csv", index=False)
        table[:1000].to_csv(place / "1.csv.gz", index=False)
        return
    table.to_parquet(place / "0.parquet", index=False, row_group_size=21_000)
    codes = table.astype({"town": "category"})  # whose groups have dictionaries of their own
    codes.to_parquet(place / "1.parquet", index=False, row_group_size=21_000)
    for number in range(3):
        table[number : 20 * number].to_feather(place / f"2{number}.feather")


@pytest.mark.parametrize(("kind", "ending"), [("csv", "csv"), ("parquet", "parquet")])
def test_workers_predict_the_same_bytes(call, model, tmp_path, workers, monkeypatch, kind, ending):
    write(many_rows(), tmp_path / "new", kind)
    monkeypatch.setattr("trivium.tabular.predictions_on_workers._PIECES", 1)
    asked = ("predict", model, tmp_path / "new", "--proba", "--abstain-below", 0.5, "--keep", "id")
    found = {}
    for where, more in {"here": (), "there": ("--dask", workers.scheduler.address)}.items():
        place = tmp_path / f"{where}.{ending}"
        code, out, err = call(*asked, "--out", place, *more, "--json")
        assert (code, err) == (0, "")
        found[where] = place.read_bytes(), out.replace(where, "")
    assert found["here"] == found["there"]
    assert '"town"' in found["there"][1]
    assert set(workers.run(n_models).values()) == {0}


def n_models():
    from trivium.tabular.predictions_on_workers import _models

    return len(_models)


def test_a_wrong_cell_is_named_as_it_stands(call, model, tmp_path, workers, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = many_rows(1000).astype({"size": str})
    table.to_csv("a.csv", index=False)
    table.loc[700, "size"] = "large"
    table.to_csv("b.csv", index=False)
    there = ("--out", "out.csv", "--dask", workers.scheduler.address)
    code, out, err = call("predict", model, "a.csv", "b.csv", *there)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "'size'" in err
    assert f"line 702 of {tmp_path / 'b.csv'}" in err
    (tmp_path / "b.csv").write_text("size,town\n1,x\n2,x,3\n")
    code, _, err = call("predict", model, "b.csv", *there)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{tmp_path / 'b.csv'}: line 3 has 3 fields" in err
    code, _, err = call("predict", model, "", *there)
    assert (code, err) == (2, "trivium: no file is named: its name is empty\n")
    assert not (tmp_path / "out.csv").exists()


def test_a_worker_that_dies_costs_time_alone(call, model, tmp_path, monkeypatch, workers):
    write(many_rows(), tmp_path / "new", "parquet")
    monkeypatch.setattr("trivium.tabular.predictions_on_workers._PIECES", 1)
    asked = ("predict", model, tmp_path / "new", "--proba", "--out")
    assert call(*asked, tmp_path / "here.csv")[0] == 0
    keep, sent = Workers.keep, itertools.count()

    def keep_and_kill(self, *arguments, **options):
        future = keep(self, *arguments, **options)
        if next(sent) == 5:
            os.kill(max(workers.run(os.getpid).values()), signal.SIGKILL)
        return future

    monkeypatch.setattr(Workers, "keep", keep_and_kill)
    there = tmp_path / "there.csv"
    # For so long Dask tries to fetch what the dead worker had answered.
    with dask.config.set({"distributed.comm.timeouts.connect": "2s"}):
        assert call(*asked, there, "--dask", workers.scheduler.address)[0] == 0
    assert next(sent) > 10
    assert there.read_bytes() == (tmp_path / "here.csv").read_bytes()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LostError("No worker is left."), "--dask: No worker is left."),
        (TimeoutError("Timed out"), "--dask: the scheduler at {} is lost"),
        (OSError(28, "No space left on device"), "a file: No space left on device"),
    ],
)
def test_what_is_lost_is_one_line(call, model, rows, tmp_path, monkeypatch, workers, error, words):
    def lost(self, futures):
        if isinstance(error, TimeoutError):
            self.client.close()
        raise error

    monkeypatch.setattr(Workers, "gather", lost)
    asked = ("predict", model, rows, "--out", tmp_path / "out.csv")
    address = workers.scheduler.address
    code, out, err = call(*asked, "--dask", address)
    assert (code, out, err) == (2, "", f"trivium: {words.format(address)}\n")
    assert not (tmp_path / "out.csv").exists()
