"""Tables that are read again whenever they are wanted: the models of memory, to the bit."""

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from trivium import save
from trivium.preparation.prepared_table import PreparedTable, learnt
from trivium.rows.selected_table import taken
from trivium.tables import typed_source
from trivium.tables.errors import TableError
from trivium.tables.look import look
from trivium.tables.source import open_source
from trivium.tables.streamed_look import look_streamed
from trivium.tabular import streamed_fitting, training
from trivium.tabular.fitting import fit_table
from trivium.tabular.reading import used_columns
from trivium.tabular.streamed_fitting import fit_streamed

N = 600


def table(n=N, seed=0):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 3, n)
    labels = np.where(np.arange(n) == 7, 3, codes)  # one row of a class that few rows miss

    def gaps(values):
        return pd.Series(values).mask(random.random(n) < 0.1)

    return pd.DataFrame(
        {
            "size": (codes + random.normal(size=n)).round(3),
            "weight": gaps(random.normal(size=n) * 1e5 - 3e7),
            "count": random.integers(0, 50, n),
            "true": gaps(random.choice(["yes", "no"], n)),
            "town": gaps(np.array(["w", "x", "y", "z"])[(codes + random.integers(0, 2, n)) % 4]),
            "rare": [f"r{each}" for each in random.geometric(0.2, n)],
            "day": gaps(
                pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, n), "D")
            ),
            "row": np.arange(n),
            "label": gaps(np.array(["a", "NA", "01", "rare"])[labels]),
        }
    )


@pytest.fixture(params=["parquet", "csv"])
def folder(request, tmp_path, monkeypatch):
    """Write the table in files of several lengths, whose batches are short."""
    monkeypatch.setattr(typed_source, "ROWS_OF_A_BATCH", 64)
    (tmp_path / "rows").mkdir()
    cuts = [0, 100, 100, 101, 350, N]
    for number, (start, stop) in enumerate(pairwise(cuts)):
        place = tmp_path / "rows" / f"{number}.{request.param}"
        getattr(table().iloc[start:stop], f"to_{request.param}")(place, index=False)
    return tmp_path / "rows"


def bytes_of(model, path):
    save(model, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("folder", "model"),
    [
        *(("parquet", model) for model in ("auto", "least-squares", "softmax", "neighbors")),
        ("csv", "auto"),
    ],
    indirect=["folder"],
)
def test_the_model_is_that_of_memory_to_the_bit(folder, tmp_path, model):
    expected = fit_table(look(folder, "label"), model=model, folds=2)
    seen = look_streamed(open_source(folder), "label")
    told = []
    found = fit_streamed(seen, model=model, folds=2, progress=told.append)
    assert bytes_of(found, tmp_path / "a") == bytes_of(expected, tmp_path / "b")
    assert found.notes == expected.notes
    assert told[0] == "learning what columns come to"


@pytest.mark.parametrize("model", ["least-squares", "softmax"])
def test_of_very_many_rows_some_choose(folder, tmp_path, monkeypatch, model):
    monkeypatch.setattr(training, "_MOST_ROWS", 150)
    monkeypatch.setattr(training, "_LEAST_ROWS", 150)
    expected = fit_table(look(folder, "label"), model=model, folds=2, class_weight="balanced")
    seen = look_streamed(open_source(folder), "label")
    found = fit_streamed(seen, model=model, folds=2, class_weight="balanced")
    assert found.notes[2].startswith("Scores are of 135 rows, evenly spaced among 534")
    alike = replace(found, validation=expected.validation, notes=expected.notes)
    assert bytes_of(alike, tmp_path / "a") == bytes_of(expected, tmp_path / "b")
    assert found.validation["tuned"] == expected.validation["tuned"]


def test_neighbours_need_memory(folder, monkeypatch):
    seen = look_streamed(open_source(folder), "label")
    monkeypatch.setattr(streamed_fitting, "available_memory", lambda: 1e5)
    with pytest.raises(TableError, match=r"is its rows: 5\d\d of \d+ numbers take .* GB are free"):
        fit_streamed(seen, model="neighbors")
    found = fit_streamed(seen, folds=2)
    assert list(found.validation["models"]) == ["least-squares", "softmax"]
    assert any(note.startswith("Nearest neighbours are not tried") for note in found.notes)


def test_what_is_refused(folder):
    with pytest.raises(TableError, match="no target was named"):
        fit_streamed(look_streamed(open_source(folder)))
    names = [name for name in table().columns if name not in ("label", "row")]
    with pytest.raises(TableError, match="no column tells anything"):
        fit_streamed(look_streamed(open_source(folder), "label", drop=names))
    seen = look_streamed(open_source(folder), "label")
    (path, *_) = sorted(folder.iterdir())
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(TableError, match="has changed since it was first read"):
        fit_streamed(seen)


def test_prepared_rows_in_other_processes(folder):
    seen = look_streamed(open_source(folder), "label")
    plan = learnt(seen.watched, used_columns(seen.columns), seen.kept, np.empty(N))
    prepared = PreparedTable(seen.source, plan, seen.kept, seen.rows_read)
    sent = pickle.dumps(prepared)
    there = pickle.loads(sent)  # noqa: S301 - as Dask does with its own
    rows = np.array([3, 250, 533])
    np.testing.assert_array_equal(taken(there, rows), taken(prepared, rows))
    path = sorted(folder.iterdir())[-1]
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(TableError, match="has changed since it was first read"):
        pickle.loads(sent)  # noqa: S301
    held = PreparedTable(open_source(table()), plan, seen.kept, N)
    with pytest.raises(TypeError, match="in no files cannot be sent"):
        pickle.dumps(held)


def test_prepared_rows_from_any_row_on(folder):
    expected = fit_table(look(folder, "label"), model="softmax", folds=2).preparation
    seen = look_streamed(open_source(folder), "label")
    assert (
        learnt(seen.watched, used_columns(seen.columns), seen.kept, np.empty(N)) == expected.plan_
    )
    prepared = PreparedTable(seen.source, expected.plan_, seen.kept, seen.rows_read)
    whole = expected.transform(look(folder).table)[seen.kept]
    assert prepared.shape == whole.shape
    firsts = {int(seen.kept[:n].sum()) for n in (0, 100, 101, 350)}
    assert list(prepared.starts) == sorted(firsts)
    for rows in (np.arange(len(whole)), np.array([400, 3, 250, 95, 533]), np.array([500])):
        np.testing.assert_array_equal(taken(prepared, rows), whole[rows])
    (number,) = np.flatnonzero(np.flatnonzero(seen.kept) == 101)
    assert prepared.where(number).endswith(f" of {sorted(folder.iterdir())[3]}")
    for reader in prepared.readers(3, prepared.starts[3]):
        reader.close()
