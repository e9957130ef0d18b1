"""What is wrong with a table, in one line that names where."""


class TableError(ValueError):
    """A table that cannot be read, or a choice that it does not allow."""


def row_called(row: int) -> str:
    """Name a row, counted from 0, where no file has lines.

    Examples
    --------
    >>> row_called(0)
    'row 1 (counted from 1)'
    """
    return f"row {row + 1:,} (counted from 1)"


class CellError(TableError):
    """A cell that its column cannot hold.

    Parameters
    ----------
    message : str
        What is wrong, with the column's name and without the row.
    column : str
    row : int
        0-based, within what was handed in.
    cell : str
    """

    def __init__(self, message: str, column: str, row: int, cell: str) -> None:
        super().__init__(f"{message} in {row_called(row)}")
        self.message, self.column, self.row, self.cell = message, column, row, cell

    def at(self, place: str) -> TableError:
        """Return the error that names a place (`Source.place`) in the row's stead."""
        return TableError(f"{self.message} in {place}")
