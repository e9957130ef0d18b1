"""Predictions for the rows of files that the workers of a Dask cluster read and answer for."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from trivium.blocks.locks import Lock
from trivium.blocks.read_ahead import map_ahead
from trivium.blocks.workers import at_most
from trivium.rows.partitions import threads_of_worker
from trivium.rows.worker_memory import memory_kept
from trivium.rows.workers_of_dask import Workers
from trivium.tables.errors import CellError, TableError
from trivium.tables.many_files import ManyFiles
from trivium.tables.pieces import AT_ONCE
from trivium.tables.stretches import Share, loads
from trivium.tables.unchanged import Stamp
from trivium.tabular.classifier import TabularClassifier
from trivium.tabular.predictions import Answered, Asked, Predictions

_PIECES = 8  # of a load
_LOADS = 2  # of each thread of the workers: one that it answers for, one that waits

_lock = Lock()
_models: dict["ModelFile", TabularClassifier] = {}  # that was used last, on a worker


class ModelFile(NamedTuple):
    """A model that workers load themselves, once each: no bytes of it are sent.

    Attributes
    ----------
    path : Path
    stamp : Stamp
    load : callable
        Makes a model of a path.
    decimal : str or None
        As of `TabularClassifier.with_decimal`.
    """

    path: Path
    stamp: Stamp
    load: Callable[[Path], TabularClassifier]
    decimal: str | None = None

    def model(self) -> TabularClassifier:
        """Return the model, which is kept until another one is asked for.

        Raises
        ------
        TableError
            If the file is gone, or has changed.
        """
        with _lock.held:
            if self not in _models:
                _models.clear()
                self.stamp.require(self.path)
                model = self.load(self.path)
                model = model if self.decimal is None else model.with_decimal(self.decimal)
                _models[self] = model
            return _models[self]


class Load(NamedTuple):
    """What a worker has answered, and what is wrong with the piece after that.

    Attributes
    ----------
    answered : list of Answered
        Piece by piece.
    wrong : tuple or None
        What a `TableError`, or a `CellError`, is made of: errors do not all bear the way.
    """

    answered: list[Answered]
    wrong: tuple[Any, ...] | None = None

    def each(self) -> Iterable[Answered]:
        """Hand out the answers, then raise the error."""
        yield from self.answered
        if self.wrong is not None:
            raise TableError(*self.wrong) if len(self.wrong) == 1 else CellError(*self.wrong)


class PredictionsOnWorkers(Predictions):
    """Answers as of `Predictions`, batch by batch the same, which workers of a cluster find.

    A few loads of pieces at a time are on the workers, and one is here. Where a worker dies,
    others answer for its loads.

    Parameters
    ----------
    model : TabularClassifier
    source : ManyFiles
        Workers find the files where they are here.
    client : distributed.Client
    file : ModelFile
        Of the model.
    sheet : str or None
        Of Excel files.
    **settings
        As of `Predictions`.

    Raises
    ------
    TableError, ValueError
        As `Predictions`.
    """

    def __init__(
        self,
        model: TabularClassifier,
        source: ManyFiles,
        *,
        client: Any,
        file: ModelFile,
        sheet: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(model, source, **settings)
        self._workers, self._file = Workers(client), file
        self._loads = loads(source, _PIECES, sheet)

    def _found(self) -> Generator[Answered]:
        client, waiting = self._workers.client, deque[Any]()
        try:
            for load in self._loads:
                waiting.append(self._workers.keep(_answered, self._file, self.asked, load))
                while len(waiting) >= _LOADS * max(1, sum(client.nthreads().values())):
                    yield from self._next(waiting)
            while waiting:
                yield from self._next(waiting)
        finally:
            self._workers.cancel(waiting)
            self._workers.run(_forget)

    def _next(self, waiting: deque[Any]) -> Iterable[Answered]:
        """Wait for the first load."""
        load: Load = self._workers.gather([waiting[0]])[0]
        waiting.popleft()
        return load.each()


def _forget() -> None:
    """Let a worker's model go."""
    _models.clear()


def _answered(file: ModelFile, asked: Asked, shares: list[Share]) -> Load:
    """Answer for a load, on a worker."""
    found: list[Answered] = []
    try:
        model = file.model()
        pieces = chain.from_iterable(
            share.pieces(asked.needed, **asked.as_numbers) for share in shares
        )
        with memory_kept(), at_most(threads_of_worker()):
            for answered in map_ahead(partial(asked.answered, model), pieces, AT_ONCE):
                found.append(answered)  # noqa: PERF402 - what is there stays there if one fails
    except CellError as error:
        return Load(found, (error.message, error.column, error.row, error.cell))
    except TableError as error:
        return Load(found, (str(error),))
    return Load(found)
