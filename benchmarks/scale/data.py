"""A table in Parquet: ten classes of unequal size, columns of different units."""

from pathlib import Path

import numpy as np

N_COLUMNS, N_CLASSES = 20, 10
_SHARES = np.array([20, 15, 12, 10, 10, 10, 8, 7, 5, 3]) / 100
_A_GROUP = 1 << 20


def write_table(path: Path, n_rows: int, *, n_columns: int = N_COLUMNS, seed: int = 0) -> Path:
    """Write rows as row groups of a million, unless the file is there.

    Floats are not written as a dictionary, which pyarrow does by default: it would take a fifth
    more room and twenty times as long.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.exists():
        return path
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(N_CLASSES, n_columns))
    scale = 10.0 ** rng.integers(-3, 4, n_columns)
    offset = 3.0 * scale * rng.normal(size=n_columns)
    names = [f"x{column}" for column in range(n_columns)]
    schema = pa.schema([*((name, pa.float64()) for name in names), ("y", pa.int8())])
    part = path.with_suffix(".part")
    with pq.ParquetWriter(part, schema, use_dictionary=["y"], compression="snappy") as writer:
        for start in range(0, n_rows, _A_GROUP):
            m = min(_A_GROUP, n_rows - start)
            y = rng.choice(N_CLASSES, m, p=_SHARES)
            X = (1.5 * rng.normal(size=(m, n_columns)) + centers[y]) * scale + offset
            arrays = [*(pa.array(X[:, column]) for column in range(n_columns)), y.astype(np.int8)]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=_A_GROUP)
    part.rename(path)
    return path
