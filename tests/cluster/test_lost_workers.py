import _thread
import logging
import os
import signal
import threading
import time

import dask
import dask.array as da
import distributed
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cluster.dask_workers import started

import trivium
import trivium.rows.cluster
import trivium.rows.workers_of_dask
import trivium.softmax.distinct
from trivium import LeastSquaresClassifier, SoftmaxRegression
from trivium.rows.workers_of_dask import Workers

X = np.random.default_rng(0).normal(size=(3000, 4))
Y = (X[:, :3] + np.random.default_rng(1).normal(size=(3000, 3))).argmax(axis=1)


# That a worker was killed is no news here.
QUIET = {"silence_logs": logging.CRITICAL}


@pytest.fixture(scope="module")
def own_client():
    with started(3, **QUIET) as client:
        yield client


@pytest.fixture(autouse=True)
def _nothing_is_small(monkeypatch):
    monkeypatch.setattr(trivium.rows.cluster, "_SMALL", 0)
    monkeypatch.setattr(trivium.softmax.distinct, "_SMALL", 0)


@pytest.fixture
def kill_at(own_client, monkeypatch):
    """Let a worker be killed once so many tasks were sent; the other way round, count them."""
    sent, keep = {"tasks": 0, "last": None, "everybody": False}, Workers.keep

    def keep_and_kill(self, *arguments, **options):
        future = keep(self, *arguments, **options)
        sent["tasks"] += 1
        if sent["tasks"] == sent["last"]:
            pids = [pid for _, pid in sorted(own_client.run(os.getpid).items())]
            for pid in pids if sent["everybody"] else pids[-1:]:
                os.kill(pid, signal.SIGKILL)
        return future

    def at(last=None, *, everybody=False):
        found = sent["tasks"]
        sent.update(tasks=0, last=last, everybody=everybody)
        return found

    monkeypatch.setattr(Workers, "keep", keep_and_kill)
    return at


@pytest.mark.parametrize("model", [LeastSquaresClassifier(), SoftmaxRegression()], ids=str)
@pytest.mark.parametrize("moment", [0.1, 0.6])
def test_rows_of_files_are_loaded_again_where_a_worker_is_killed(
    own_client, kill_at, tmp_path, model, moment
):
    columns = {name: X[:, j] for j, name in enumerate("abcd")}
    pq.write_table(pa.table({**columns, "y": Y}), tmp_path / "rows.parquet", row_group_size=300)
    own_client.wait_for_workers(2, timeout=60)
    weights = 1.0 + np.arange(3000) % 2
    table = trivium.scan(tmp_path / "rows.parquet", target="y", client=own_client)
    kill_at()
    coef = model.fit(table, sample_weight=weights).coef_
    kill_at(1 + int(moment * kill_at()))
    model.fit(table, sample_weight=weights)
    np.testing.assert_array_equal(model.coef_, coef)


def test_rows_that_were_sent_from_here_are_lost_with_a_clear_error(own_client):
    own_client.wait_for_workers(2, timeout=60)
    parts = own_client.scatter([X[i : i + 500] for i in range(0, 3000, 500)])
    blocks = [da.from_delayed(dask.delayed(part), (500, 4), dtype=float) for part in parts]
    rows = da.concatenate(blocks)
    LeastSquaresClassifier().fit(rows, Y)
    holder, *_ = own_client.who_has(parts)[parts[0].key]
    os.kill(own_client.run(os.getpid)[holder], signal.SIGKILL)
    with pytest.raises(RuntimeError, match="are lost with their worker.*Load rows from files"):
        SoftmaxRegression().fit(rows, Y)


def test_a_cluster_without_workers_ends_in_an_error(monkeypatch):
    monkeypatch.setattr(trivium.rows.workers_of_dask, "_LOOK", 0.2)
    monkeypatch.setattr(trivium.rows.workers_of_dask, "_PATIENCE", 0.6)
    with (
        started(0, **QUIET),
        pytest.raises(RuntimeError, match="No worker is left at tcp://127.0.0.1"),
    ):
        LeastSquaresClassifier().fit(da.from_array(X), Y)


def deadly(part):
    os.kill(os.getpid(), signal.SIGKILL)


def test_rows_that_kill_their_workers_end_in_an_error():
    rows = da.from_array(X).map_blocks(deadly, dtype=float, meta=np.empty((0, 0)))
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        started(1, **QUIET),
        pytest.raises(RuntimeError, match="^Workers died at the same rows, 1 of them"),
    ):
        LeastSquaresClassifier().fit(rows, Y)


def slowly(part):
    time.sleep(10)
    return part


def a_while(part):
    time.sleep(3)  # the next test waits for its end
    return part


def briefly(part):
    time.sleep(1)
    return part


def test_workers_that_stand_still_end_in_an_error(own_client, monkeypatch):
    monkeypatch.setattr(trivium.rows.workers_of_dask, "_LOOK", 0.2)
    monkeypatch.setattr(trivium.rows.workers_of_dask, "_STALL", 0.6)
    monkeypatch.setattr(distributed.Client, "call_stack", lambda _: {})  # as if nobody worked
    own_client.wait_for_workers(1, timeout=60)
    rows = da.from_array(X).map_blocks(a_while, dtype=float, meta=np.empty((0, 0)))
    with pytest.raises(RuntimeError, match="The workers of tcp://127.0.0.1.* stand still"):
        LeastSquaresClassifier().fit(rows, Y)


def test_a_worker_may_die_while_it_is_asked(own_client, monkeypatch):
    monkeypatch.setattr(trivium.rows.workers_of_dask, "_LOOK", 0.2)
    asked = []

    def call_stack(_):
        asked.append(True)
        raise distributed.comm.CommClosedError("Stream is closed")

    monkeypatch.setattr(distributed.Client, "call_stack", call_stack)
    own_client.wait_for_workers(1, timeout=60)
    rows = da.from_array(X).map_blocks(briefly, dtype=float, meta=np.empty((0, 0)))
    assert LeastSquaresClassifier().fit(rows, Y).score(X, Y) > 0.5
    assert asked


def test_all_workers_may_be_killed_if_others_come(own_client, kill_at, tmp_path, monkeypatch):
    monkeypatch.setattr(trivium.rows.workers_of_dask, "_STALL", 4.0)
    columns = {name: X[:, j] for j, name in enumerate("abcd")}
    pq.write_table(pa.table({**columns, "y": Y}), tmp_path / "rows.parquet", row_group_size=300)
    own_client.wait_for_workers(2, timeout=60)
    table = trivium.scan(tmp_path / "rows.parquet", target="y", client=own_client)
    kill_at()
    coef = SoftmaxRegression().fit(table).coef_
    kill_at(kill_at() // 2, everybody=True)
    np.testing.assert_array_equal(SoftmaxRegression().fit(table).coef_, coef)


def test_an_interrupt_cancels_what_runs(own_client, monkeypatch):
    wait = Workers._wait

    def wait_and_interrupt(self, futures):
        threading.Timer(0.5, _thread.interrupt_main).start()
        wait(self, futures)

    monkeypatch.setattr(Workers, "_wait", wait_and_interrupt)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    own_client.wait_for_workers(1, timeout=60)
    before = set(own_client.futures)
    rows = da.from_array(X).map_blocks(slowly, dtype=float, meta=np.empty((0, 0)))
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            LeastSquaresClassifier().fit(rows, Y)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert time.monotonic() - start < 8
    while not set(own_client.futures) <= before and time.monotonic() < start + 8:
        time.sleep(0.05)
    assert set(own_client.futures) <= before


def test_what_cannot_be_cancelled_any_more_is_noted_and_hides_no_other_error(
    own_client, caplog, monkeypatch
):
    def gone(*_, **__):
        raise OSError("Timed out")

    monkeypatch.setattr(distributed.Client, "cancel", gone)
    monkeypatch.setattr(distributed.Client, "run", gone)
    with caplog.at_level(logging.DEBUG, "trivium"):
        Workers(own_client).cancel([])
        Workers(own_client).run(len)
    noted = [record for record in caplog.records if record.name == "trivium"]
    assert [record.exc_text is not None for record in noted] == [True, True]
