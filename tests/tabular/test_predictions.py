"""Predictions of tables that need not fit in memory."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from trivium.tables import csv_source
from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tables.source import open_source
from trivium.tabular.fitting import fit_table
from trivium.tabular.predictions import Predictions

N = 240


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, N)
    return {
        "size": [f"{value:.3f}" for value in rng.normal(kind, 0.7)],
        "shop": [("north", "south", "west")[place] for place in rng.integers(0, 3, N)],
        "day": [f"2024-{1 + month:02d}-17" for month in rng.integers(0, 12, N)],
        "code": [f"A{number:03d}" for number in range(N)],
        "sold": [("no", "yes")[each] for each in kind],
    }


@pytest.fixture(scope="module")
def model(rows):
    return fit_table(look(rows, "sold"), model="softmax")


def all_of(predictions):
    batches = list(predictions.batches())
    return pa.Table.from_batches(batches, schema=predictions.schema).to_pydict()


def as_csv(rows, path):
    lines = [",".join(rows), *map(",".join, zip(*rows.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return open_source(path)


@pytest.mark.parametrize("block", [200, 1 << 12, 1 << 20])
def test_a_row_out_for_each_row_in_in_order(model, rows, tmp_path, monkeypatch, block):
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    source = as_csv(rows, tmp_path / "rows.csv")
    found = all_of(Predictions(model, source, proba=True, keep=["code"]))
    assert list(found) == ["code", "prediction", "probability of no", "probability of yes"]
    assert found["code"] == rows["code"]
    table = {name: rows[name] for name in ("size", "shop", "day")}
    assert found["prediction"] == model.predict(table).tolist()
    expected = model.predict_proba(table)
    for place, name in enumerate(model.classes):
        np.testing.assert_array_equal(found[f"probability of {name}"], expected[:, place])


def test_columns_in_any_order_and_others(model, rows):
    expected = all_of(Predictions(model, open_source(rows)))
    turned = {"more": ["x"] * N, **{name: rows[name] for name in reversed(rows)}}
    del turned["sold"]
    assert all_of(Predictions(model, open_source(turned))) == expected


def test_abstaining(model, rows):
    predictions = Predictions(model, open_source(rows), abstain_below=0.8)
    found = all_of(predictions)
    confidence = model.predict_proba(rows).max(axis=1)
    np.testing.assert_array_equal(found["confidence"], confidence)
    silent = [label is None for label in found["prediction"]]
    assert silent == (confidence < 0.8).tolist()
    assert 0 < predictions.tally.abstained == sum(silent) < N
    for least in (1.5, -0.1):
        with pytest.raises(ValueError, match="abstain_below"):
            Predictions(model, open_source(rows), abstain_below=least)


def test_unseen_levels_are_counted(model, rows):
    more = {**rows, "shop": ["east", "east", *rows["shop"][2:]]}
    predictions = Predictions(model, open_source(more))
    all_of(predictions)
    assert predictions.tally.unseen == {"shop": 2}
    assert predictions.tally.rows == N


def test_missing_cells_are_counted_where_no_training_row_has_one(model, rows):
    emptied = {name: ["", *cells[1:]] for name, cells in rows.items()}
    emptied |= {"shop": [None, "NA", *rows["shop"][2:]], "sold": rows["sold"]}
    predictions = Predictions(model, open_source(emptied))
    all_of(predictions)
    assert predictions.tally.gaps == {"size": 1, "shop": 1, "day": 1}
    assert predictions.tally.unseen == {"shop": 1}  # a word like any other among words
    model.predict(emptied)
    assert model.gaps == dict(predictions.tally.gaps)
    model.predict(rows)
    assert model.gaps == {}
    used = fit_table(look(emptied, "sold", missing=["NA"]), model="softmax")
    again = Predictions(used, open_source(emptied))
    all_of(again)
    assert again.tally.gaps == {}


def test_no_rows(model, rows):
    predictions = Predictions(model, open_source({name: [] for name in rows}))
    assert all_of(predictions) == {"prediction": []}


def test_blocks_without_rows(model, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(csv_source, "_BLOCK", 50)
    lines = [",".join(row) for row in zip(*rows.values(), strict=True)]
    lines[100] += "\n" * 300
    (tmp_path / "rows.csv").write_text("\n".join([",".join(rows), *lines]))
    for more in ({}, {"proba": True, "abstain_below": 0.7}):
        found = Predictions(model, open_source(tmp_path / "rows.csv"), **more)
        assert all_of(found) == all_of(Predictions(model, open_source(rows), **more))
    assert model.predict(tmp_path / "rows.csv").tolist() == model.predict(rows).tolist()


def test_missing_columns_are_named(model, rows):
    few = {name: rows[name] for name in ("shop", "code")}
    with pytest.raises(TableError, match=r"lacks the columns 'size', 'day'"):
        Predictions(model, open_source(few))
    with pytest.raises(TableError, match="no column 'cod' that could be kept"):
        Predictions(model, open_source(rows), keep=["cod"])


def test_what_is_kept_has_a_name_of_its_own(model, rows):
    with pytest.raises(TableError, match="column 'prediction' cannot be kept"):
        Predictions(model, open_source({**rows, "prediction": rows["code"]}), keep=["prediction"])


@pytest.mark.parametrize("block", [200, 1 << 20])
@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("size", "tall", "a cell that is no number"),
        ("day", "17th", "a cell that is no date written as YYYY-MM-DD"),
        ("size", "inf", "an infinite number"),
    ],
)
def test_a_cell_of_another_kind_is_named(
    model, rows, tmp_path, monkeypatch, block, column, cell, words
):
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    cells = list(rows[column])
    cells[200] = cell
    source = as_csv({**rows, column: cells}, tmp_path / "rows.csv")
    with pytest.raises(TableError, match=rf"column '{column}' has {words} in line 202"):
        all_of(Predictions(model, source))


def test_numbers_of_typed_tables_are_no_text_of_another_style(tmp_path):
    """1.234 is 1234 in the training file, and 1.234 as a number of a Parquet file."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, N)
    amounts = (1000 + 3000 * kind + rng.integers(0, 2000, N)).tolist()
    lines = [f"{a // 1000}.{a % 1000:03d},5;{'ab'[k]}" for a, k in zip(amounts, kind, strict=True)]
    (tmp_path / "train.csv").write_text("\n".join(["amount;y", *lines]) + "\n")
    model = fit_table(look(tmp_path / "train.csv", "y"), model="softmax")
    values = [1.234, 5.678, 1234.5, 5678.5]
    texts = ["1,234", "5,678", "1.234,5", "5.678,5"]
    expected = model.predict_proba({"amount": texts})
    frame = pd.DataFrame({"amount": values})
    pa.parquet.write_table(pa.table({"amount": values}), tmp_path / "t.parquet")
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    for data in (
        frame,
        pa.table({"amount": values}),
        pl.DataFrame(frame),
        tmp_path / "t.parquet",
        tmp_path / "t.xlsx",
    ):
        found = all_of(Predictions(model, open_source(data), proba=True, keep=["amount"]))
        assert found["amount"] == ["1.234", "5.678", "1234.5", "5678.5"]
        np.testing.assert_array_equal(found["probability of b"], expected[:, 1])
        np.testing.assert_array_equal(model.predict_proba(data), expected)


def table_of(numbers, sign, between=""):
    def written(x):
        return f"{x:,.3f}".replace(",", "_").replace(".", sign).replace("_", between)

    return {"x": list(map(written, numbers)), "y": ["ab"[int(x > 3000)] for x in numbers]}


@pytest.mark.parametrize(
    ("theirs", "ours"), [((",", ""), "."), ((".", ""), ","), ((",", "."), "."), ((".", ","), ",")]
)
def test_numbers_of_another_decimal_sign_are_refused_or_read(tmp_path, theirs, ours):
    """Never a thousand times too large or too small."""
    numbers = np.random.default_rng(0).normal(3000, 2000, N).round(3)
    model = fit_table(look(table_of(numbers, *theirs), "y"), model="softmax")
    expected = model.predict_proba(table_of(numbers, *theirs))
    sign = "comma" if ours == "." else "point"
    for between in {"", "," if ours == "." else "."}:
        other = table_of(numbers, ours, between)
        with pytest.raises(
            TableError, match=rf"'x' has a cell that is no number with a decimal {sign}"
        ):
            model.predict(other)
        found = model.with_decimal(ours).predict_proba(other)
        np.testing.assert_array_equal(found, expected)
    assert model.with_decimal(theirs[0]).columns == model.columns
    with pytest.raises(TableError, match="the decimal sign is '.' or ',', not ';'"):
        model.with_decimal(";")
