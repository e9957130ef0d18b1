"""A table of every kind of column, with gaps and rare levels, that tests share."""

import numpy as np
import pandas as pd
import pyarrow as pa

from trivium.tables.kinds import Column, DateStyle, Kind, NumberStyle

COLUMNS = (
    Column("age", Kind.NUMERIC, number=NumberStyle()),
    Column("income", Kind.NUMERIC, number=NumberStyle()),
    Column("colour", Kind.CATEGORY),
    Column("town", Kind.CATEGORY),
    Column("member", Kind.BOOLEAN, truths=("true",), falsehoods=("false",)),
    Column("joined", Kind.DATE, date=DateStyle()),
)
"""What they are."""


def shop(n=400, seed=0, gaps=True):
    """Return a data frame of customers of a shop; `spent` is a quantity that no column tells."""
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 1500, n)
    table = pd.DataFrame(
        {
            "age": rng.normal(40.0, 12.0, n).round(2),
            "income": np.exp(rng.normal(10.0, 1.0, n)),
            "colour": rng.choice(["red", "green", "blue", "rot"], n, p=[0.5, 0.3, 0.15, 0.05]),
            "town": [f"town {number}" for number in rng.zipf(1.6, n) % 60],
            "member": rng.random(n) < 0.4,
            "joined": pd.Timestamp("2019-03-01") + pd.to_timedelta(days, unit="D"),
        }
    )
    if gaps:
        table["member"] = table["member"].astype(object)
        for name in table:
            table.loc[rng.random(n) < 0.1, name] = None
    return table


def plain(table):
    """Return it with floats, words and dates, as scikit-learn's transformers take it."""
    words = {name: table[name].astype(object).where(table[name].notna(), None) for name in table}
    return pd.DataFrame(words, dtype=object).astype(
        {"age": float, "income": float, "member": float, "joined": "datetime64[us]"}
    )


def text(table):
    """Return it as Arrow strings."""
    columns = {}
    for name in table:
        cells = table[name]
        columns[name] = pa.array(
            [None if pd.isna(c) else str(c)[:10] if name == "joined" else str(c) for c in cells],
            pa.string(),
        )
    return pa.table(columns)
