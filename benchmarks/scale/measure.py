"""One measurement in a process of its own.

``python -m benchmarks.scale.measure WHAT FILE [WORKERS]``

It prints seconds, the peak of resident memory, and what belongs to the fit, as JSON.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

Answer = dict[str, Any]


def bare_read(path: str) -> Answer:
    """Read all numbers and lay them row by row: two threads, alternate row groups."""
    import numpy as np
    import pyarrow.parquet as pq

    piece = 2048  # rows whose copy stays in a core's cache
    failed = []

    def read(first: int) -> None:
        try:
            file = pq.ParquetFile(path, pre_buffer=False)
            names = [name for name in file.schema_arrow.names if name.startswith("x")]
            for group in range(first, file.num_row_groups, 2):
                table = file.read_row_group(group, columns=names, use_threads=False)
                columns = [column.chunk(0).to_numpy() for column in table.columns]
                rows = np.empty((piece, len(columns)))
                for start in range(0, len(table), piece):
                    some = rows[: min(piece, len(table) - start)]
                    for place, column in enumerate(columns):
                        some[:, place] = column[start : start + piece]
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=read, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return {}


def _scan(path: str, **options: Any) -> Any:
    from trivium import scan

    return scan(path, target="y", **options)


def least_squares(path: str) -> Answer:
    """Fit least squares from the file."""
    from trivium import LeastSquaresClassifier

    model = LeastSquaresClassifier().fit(_scan(path))
    return {"coef": float(abs(model.coef_).sum())}


def softmax(path: str) -> Answer:
    """Fit softmax regression from the file, which copies it once."""
    from trivium import SoftmaxRegression

    model = SoftmaxRegression(0.0).fit(_scan(path))
    return _of_softmax(model)


def softmax_without_copy(path: str) -> Answer:
    """Fit softmax regression, each pass from the file itself."""
    from trivium import SoftmaxRegression

    model = SoftmaxRegression(0.0).fit(_scan(path, cache=False))
    return _of_softmax(model)


def _of_softmax(model: Any) -> Answer:
    loss = float(model.history_["loss"][-1])
    return {"passes": model.n_passes_, "loss": loss, "gap": model.optimality_gap_}


def nearest(path: str) -> Answer:
    """Find the ten nearest rows of 2,000 queries, the rows in the file."""
    from trivium import NearestNeighbors

    rows = _scan(path)
    model = NearestNeighbors(n_neighbors=10).fit(rows)
    return _search(model, path)


def nearest_in_memory(path: str) -> Answer:
    """Do the same with the rows in memory, which are read first."""
    import numpy as np
    import pyarrow.parquet as pq

    from trivium import NearestNeighbors

    start = time.perf_counter()
    table = pq.read_table(path)
    names = [name for name in table.column_names if name.startswith("x")]
    X = np.column_stack([table[name].to_numpy() for name in names])
    read = time.perf_counter() - start
    found = _search(NearestNeighbors(n_neighbors=10).fit(X), path)
    return found | {"read": read}


def _search(model: Any, path: str) -> Answer:
    import numpy as np
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path, buffer_size=1 << 16, pre_buffer=False)  # not all of a group
    names = [name for name in file.schema_arrow.names if name.startswith("x")]
    some = next(file.iter_batches(2000, columns=names))
    queries = np.column_stack([column.to_numpy() for column in some.columns])
    queries = queries + 0.01 * queries.std(axis=0)
    start = time.perf_counter()
    distances, indices = model.kneighbors(queries)
    return {
        "search": time.perf_counter() - start,
        "sum": float(distances.sum()),
        "numbers": int(indices.sum()),
    }


def sgd(path: str) -> Answer:
    """Fit scikit-learn's SGDClassifier chunk by chunk, standardised, five epochs."""
    import numpy as np
    import pyarrow.parquet as pq
    from sklearn.linear_model import SGDClassifier
    from sklearn.preprocessing import StandardScaler

    def chunks() -> Any:
        for batch in pq.ParquetFile(path).iter_batches(1 << 17):
            columns = [column.to_numpy() for column in batch.columns]
            yield np.column_stack(columns[:-1]), columns[-1]

    start = time.perf_counter()
    scaler = StandardScaler()
    for X, _ in chunks():
        scaler.partial_fit(X)
    model = SGDClassifier(loss="log_loss", alpha=1e-4, random_state=0)
    classes = np.arange(10)
    for _ in range(5):
        for X, y in chunks():
            model.partial_fit(scaler.transform(X), y, classes)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "loss": _log_loss(model, scaler, chunks())}


def _log_loss(model: Any, scaler: Any, chunks: Any) -> float:
    """Mean log-loss of all rows, which are read once more, outside the time."""
    import numpy as np

    total, n = 0.0, 0
    for X, y in chunks:
        p = model.predict_proba(scaler.transform(X))[np.arange(len(y)), y.astype(int)]
        total -= float(np.log(np.maximum(p, 1e-15)).sum())
        n += len(y)
    return total / n


def on_workers(path: str, kind: str, n_workers: int) -> Answer:
    """Fit, or search, on a Dask cluster of so many processes of one thread; the rows stay on them.

    The cluster is there, and has done the same once, before the clock starts.
    """
    from distributed import Client, LocalCluster

    from trivium import LeastSquaresClassifier, NearestNeighbors, SoftmaxRegression

    kinds: dict[str, Any] = {
        "least_squares": LeastSquaresClassifier,
        "softmax": partial(SoftmaxRegression, 0.0),
        "nearest": partial(NearestNeighbors, 10),
    }
    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=None, memory_limit=None
        ) as cluster,
        Client(cluster) as client,
    ):
        for _ in range(2):  # the first time workers load what reads files
            start = time.perf_counter()
            model = kinds[kind]().fit(_scan(path, client=client))
            more = _search(model, path) if kind == "nearest" else {}
            seconds = time.perf_counter() - start
    more |= _of_softmax(model) if kind == "softmax" else {}
    return {"seconds": seconds, **more}


def peak() -> float:
    """Megabytes that were resident at once, at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


KINDS: dict[str, Callable[[str], Answer]] = {
    each.__name__: each
    for each in (
        bare_read,
        least_squares,
        softmax,
        softmax_without_copy,
        nearest,
        nearest_in_memory,
        sgd,
    )
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    what, file, *workers = sys.argv[1:]
    # To load libraries is not what is measured.
    import pyarrow.parquet  # noqa: F401

    if what != "bare_read":
        from trivium import (  # noqa: F401
            LeastSquaresClassifier,
            NearestNeighbors,
            SoftmaxRegression,
        )
    begun, worked = time.perf_counter(), time.process_time()
    found = on_workers(file, what, int(workers[0])) if workers else KINDS[what](file)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak(), **found}))
