"""Fits whose rows are read and kept by the workers of a Dask cluster."""

import sys

import numpy as np
import pandas as pd
import pytest
from tests.rows.dask_workers import two_workers

import trivium
import trivium.rows.cluster
from trivium.rows.loading import rows_on_workers

N = 900


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


def test_workers_fit_the_model_of_memory(call, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(trivium.rows.cluster, "_SMALL", 0)  # else few rows are fetched
    monkeypatch.setattr("trivium.tabular.streamed.FileRows", lambda _: None)  # none is read here
    kept = []

    def spied(client, table):
        kept.append(rows_on_workers(client, table))
        return kept[-1]

    monkeypatch.setattr("trivium.rows.loading.rows_on_workers", spied)
    with two_workers() as client:
        address = client.scheduler.address
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
    if installed:
        pytest.importorskip("distributed")
    else:
        monkeypatch.setitem(sys.modules, "distributed", None)
        words = "Dask is not installed"
    place = tmp_path / "no.model"
    fit = ("--target", "class", "--out", place, "--dask", "tcp://127.0.0.1:9")
    code, out, err = call("fit", rows, *fit)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert words in err
    assert not place.exists()
