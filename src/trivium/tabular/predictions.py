"""Predictions for a table that need not fit in memory: batch by batch, as many rows as come in."""

from collections import Counter
from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import pyarrow as pa

from trivium.blocks.read_ahead import map_ahead
from trivium.parameters import require_number
from trivium.preparation.reading import as_numbers, require_columns
from trivium.tables.errors import CellError, TableError
from trivium.tables.pieces import AT_ONCE, Piece
from trivium.tables.protocol import Source
from trivium.tables.texts import text_of_array
from trivium.tabular.classifier import TabularClassifier

PREDICTION, CONFIDENCE = "prediction", "confidence"


class Answered(NamedTuple):
    """Answers for a batch, and what was seen of its rows.

    Attributes
    ----------
    rows : pyarrow.RecordBatch
    unseen, gaps : dict
        As of `Answers`.
    """

    rows: pa.RecordBatch
    unseen: dict[str, int]
    gaps: dict[str, int]


class Asked(NamedTuple):
    """What is asked of the rows of a table.

    Attributes
    ----------
    needed : tuple of str
        Columns to read.
    as_numbers : dict
        How: what `Source.pieces` takes besides.
    keep : tuple of str
    proba : bool
    least : float or None
        As `abstain_below`.
    schema : pyarrow.Schema
        Of the answers.
    """

    needed: tuple[str, ...]
    as_numbers: dict[str, frozenset[str]]
    keep: tuple[str, ...]
    proba: bool
    least: float | None
    schema: pa.Schema

    def answered(self, model: TabularClassifier, piece: Piece) -> Answered:
        """Read a piece, and answer for its rows.

        Raises
        ------
        TableError
            As `Predictions.batches`; the row is that of the piece.
        """
        batch = piece()
        with_probabilities = self.proba or self.least is not None
        answers = model.answers(batch, with_probabilities=with_probabilities)
        columns = list(answers.probabilities.T) if self.proba else []
        labels = model.classes_[answers.codes]
        if self.least is not None:
            confidence = answers.probabilities.max(axis=1, initial=0.0)
            labels[confidence < self.least] = None
            columns.insert(0, confidence)
        kept = [text_of_array(batch.column(name), name) for name in self.keep]
        arrays = [*kept, pa.array(labels, pa.string()), *map(pa.array, columns)]
        rows = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        return Answered(rows, answers.unseen, answers.gaps)


@dataclass
class Tally:
    """What was seen of rows that were predicted.

    Attributes
    ----------
    rows : int
    abstained : int
        Rows whose likeliest class is less likely than was asked.
    unseen : Counter of str
        Cells, column by column, of a level that no training row has.
    gaps : Counter of str
        Cells, column by column, that are missing where no training row's is.
    """

    rows: int = 0
    abstained: int = 0
    unseen: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)


class Predictions:
    """Answers for the rows of a table, batch by batch.

    Columns are those of `keep`, then "prediction"; with `abstain_below` "confidence", the
    probability of the likeliest class; with `proba` the probability of each class.

    Parameters
    ----------
    model : TabularClassifier
    source : Source
        The table. It has the columns that the model goes by, in any order, and may have others.
    proba : bool
        Whether probabilities of all classes are wanted.
    abstain_below : float or None
        The prediction of a row whose likeliest class is less likely than this is left empty.
    keep : collection of str
        Columns of the table that come along, as they are.

    Attributes
    ----------
    tally : Tally
        Of the batches so far.
    schema : pyarrow.Schema
        Of the batches.
    asked : Asked

    Raises
    ------
    TableError
        If columns are missing, or a column that is kept has the name of an answer.
    ValueError
        If `abstain_below` is no probability.
    """

    def __init__(
        self,
        model: TabularClassifier,
        source: Source,
        *,
        proba: bool = False,
        abstain_below: float | None = None,
        keep: Collection[str] = (),
    ) -> None:
        if abstain_below is not None:
            require_number("abstain_below", abstain_below, least=0.0)
            if abstain_below > 1.0:
                raise ValueError(f"abstain_below={abstain_below}: it must be 1 at most.")
        needed = [column.name for column in model.preparation.plan_.columns]
        require_columns(source.names, needed, source.doubt)
        if unknown := [repr(name) for name in keep if name not in source.names]:
            raise TableError(f"the table has no column {unknown[0]} that could be kept")
        self.model, self.source, self.tally = model, source, Tally()
        kept = tuple(dict.fromkeys(keep))
        read_as = as_numbers(model.preparation.plan_.columns)
        # What comes along from a text file comes as it stands there.
        read_as["plain"] = read_as["plain"].difference(kept)
        answers = [PREDICTION]
        if abstain_below is not None:
            answers.append(CONFIDENCE)
        if proba:
            answers += [f"probability of {name}" for name in model.classes]
        for name in kept:
            if name in answers:
                raise TableError(f"column {name!r} cannot be kept: an answer has that name")
        self.schema = pa.schema(
            [
                *((name, pa.string()) for name in (*kept, PREDICTION)),
                *((name, pa.float64()) for name in answers[1:]),
            ]
        )
        read = tuple(dict.fromkeys([*needed, *kept])) or source.names[:1]
        self.asked = Asked(read, read_as, kept, proba, abstain_below, self.schema)

    def batches(self) -> Generator[pa.RecordBatch]:
        """Predict, batch by batch, in order.

        Raises
        ------
        TableError
            If a cell is not of its column's kind; it names the column and the line.
        """
        try:
            with closing(self._found()) as found:
                for rows, unseen, gaps in found:
                    self.tally.rows += rows.num_rows
                    self.tally.unseen.update(unseen)
                    self.tally.gaps.update(gaps)
                    if self.asked.least is not None:
                        self.tally.abstained += rows.column(PREDICTION).null_count
                    yield rows
        except CellError as error:
            raise error.at(self.source.place(self.tally.rows + error.row)) from error

    def _found(self) -> Generator[Answered]:
        """Answer for the pieces of the table, in order."""
        pieces = self.source.pieces(self.asked.needed, **self.asked.as_numbers)
        return map_ahead(partial(self.asked.answered, self.model), pieces, AT_ONCE)
