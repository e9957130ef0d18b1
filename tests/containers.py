"""The containers that labels come in, each a function of a list."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa


def pandas_of(dtype):
    return lambda values: pd.Series(values, dtype=dtype)


def arrow_of(kind):
    return lambda values: pd.Series(pa.array(values), dtype=pd.ArrowDtype(kind))


def objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def ordered(values):
    present = {value for value in values if value is not None}
    return pd.Categorical(values, categories=sorted(present, reverse=True), ordered=True)


ANY = {
    "list": list,
    "tuple": tuple,
    "objects": objects,
    "pandas objects": pandas_of(object),
    "pandas category": pandas_of("category"),
    "pandas ordered": ordered,
    "polars": pl.Series,
    "arrow": pa.array,
    "arrow chunks": lambda values: pa.chunked_array([values[:2], values[2:]]),
    "arrow dictionary": lambda values: pa.array(values).dictionary_encode(),
}
INTEGERS = {
    **ANY,
    "pandas Int64": pandas_of("Int64"),
    "pandas Int64 array": lambda values: pd.array(values, dtype="Int64"),
    "pandas int64[pyarrow]": arrow_of(pa.int64()),
    "pandas category of Int64": lambda values: pd.Series(values, dtype="Int64").astype("category"),
}
UNSIGNED = {
    "list": list,
    "objects": objects,
    "pandas UInt64": pandas_of("UInt64"),
    "pandas uint64[pyarrow]": lambda values: pd.Series(values, dtype=pd.ArrowDtype(pa.uint64())),
    "polars": lambda values: pl.Series(values, dtype=pl.UInt64),
    "arrow": lambda values: pa.array(values, pa.uint64()),
}
FLAGS = {
    **ANY,
    "pandas boolean": pandas_of("boolean"),
    "pandas bool[pyarrow]": arrow_of(pa.bool_()),
}
STRINGS = {
    **ANY,
    "pandas str": pandas_of("str"),
    "pandas string": pandas_of("string"),
    "pandas string[pyarrow]": arrow_of(pa.string()),
    "polars categorical": lambda values: pl.Series(values, dtype=pl.Categorical),
    "polars enum": lambda values: pl.Series(values, dtype=pl.Enum(["c", "a", "b"])),
    "arrow large": lambda values: pa.array(values, pa.large_string()),
    "NumPy's": lambda values: np.array(values, np.dtypes.StringDType(na_object=None)),
}
DATES = {
    "NumPy": lambda values: np.array(values, dtype="M8[D]"),
    "pandas": lambda values: pd.Series(np.array(values, dtype="M8[s]")),
    "polars": lambda values: pl.Series(np.array(values, dtype="M8[D]")),
    "arrow": lambda values: pa.array(np.array(values, dtype="M8[D]")),
}
