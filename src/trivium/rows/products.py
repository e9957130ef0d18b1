"""Products and sums of what sparse rows store, each entry in the order of rows and columns.

Kernels take the three arrays of a `Csr` apart, since Numba compiles once for each type of them, and
add to what they are given. They run on one thread: `Rows.reduce` hands them blocks.

Places and columns are without sign (`np.uintp`): of a number that has one each access asks whether
it counts from the end, which takes as long as the access itself. Where a column has several
numbers, their line of the cache is called before it is needed: columns follow each other in no
order that a processor could guess.
"""

from typing import Any

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import inner_kernel, kernel
from trivium.blocks.intrinsics import address, prefetch

_LINE = 8  # numbers


@inner_kernel
def places_of(indptr: Indices, row: int) -> Any:
    """Count the places of what a row stores, without sign."""
    return range(np.uintp(indptr[row]), np.uintp(indptr[row + 1]))


@inner_kernel
def call(first: Any, column: np.uintp, n_values: np.uintp) -> None:
    """Call the lines of the cache that hold the numbers of a column."""
    for k in range(np.uintp(0), n_values, np.uintp(_LINE)):
        prefetch(first, column * n_values + k)


@kernel
def add_scores(
    data: Floats, indices: Indices, indptr: Indices, columns: Float64, scores: Float64
) -> None:
    """Add X·columns to scores, of shape (m, K): column of X after column of X.

    The bits are those of the dense loop, which adds zeros in between.
    """
    for row in range(scores.shape[0]):
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            for k in range(np.uintp(columns.shape[1])):
                scores[row, k] += x * columns[j, k]


@kernel
def add_score(
    data: Floats, indices: Indices, indptr: Indices, column: Float64, scores: Float64
) -> None:
    """Do as `add_scores` with one column: it and the scores are of one dimension."""
    for row in range(scores.shape[0]):
        score = scores[row]
        for place in places_of(indptr, row):
            score += np.float64(data[place]) * column[np.uintp(indices[place])]
        scores[row] = score


@kernel
def add_pulled_back_once(
    data: Floats, indices: Indices, indptr: Indices, values: Float64, back: Float64
) -> None:
    """Do as `add_pulled_back` with one value a row."""
    for row in range(values.shape[0]):
        value = values[row]
        for place in places_of(indptr, row):
            back[np.uintp(indices[place])] += np.float64(data[place]) * value


@kernel
def add_pulled_back(
    data: Floats, indices: Indices, indptr: Indices, values: Float64, back: Float64
) -> None:
    """Add Xᵀ·values, of values of shape (m, K), to an array of shape (d, K): row after row."""
    for row in range(values.shape[0]):
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            for k in range(np.uintp(values.shape[1])):
                back[j, k] += x * values[row, k]


@kernel
def add_there_and_back(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    origin: Float64,
    weights: Float64,
    codes: Indices,
    levels: Float64,
    columns: Float64,
    values: Float64,
    back: Float64,
    totals: Float64,
) -> None:
    """Add Xᵀ·w·(level + X·columns) to `back`, of shape (d, K), in one read of the rows.

    What is stored counts less `origin`, unless that is empty. No weights: all are one. A row's
    level is that of its code; no codes: of the first. `values` is room for K numbers, and to
    `totals` what stands in the brackets is added, times the weights.
    """
    n_values, shifted = np.uintp(columns.shape[1]), origin.shape[0] > 0
    there, here, last = address(columns, 0), address(back, 0), indices.shape[0] - 1
    for row in range(indptr.shape[0] - 1):
        level = codes[row] if codes.shape[0] > 0 else 0
        for k in range(n_values):
            values[k] = levels[level, k]
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            call(here, j, n_values)
            if shifted:
                x -= origin[j]
            for k in range(n_values):
                values[k] += x * columns[j, k]
        weight = weights[row] if weights.shape[0] > 0 else 1.0
        for k in range(n_values):
            values[k] *= weight
            totals[k] += values[k]
        n_stored = indptr[row + 1] - indptr[row]
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            call(there, np.uintp(indices[min(np.intp(place) + n_stored, last)]), n_values)
            if shifted:
                x -= origin[j]
            for k in range(n_values):
                back[j, k] += x * values[k]


@kernel
def add_one_there_and_back(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    origin: Float64,
    weights: Float64,
    codes: Indices,
    levels: Float64,
    column: Float64,
    back: Float64,
    totals: Float64,
) -> None:
    """Do as `add_there_and_back` with one column: levels, column and back are of one dimension."""
    shifted, total = origin.shape[0] > 0, 0.0
    for row in range(indptr.shape[0] - 1):
        value = levels[codes[row] if codes.shape[0] > 0 else 0]
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            value += (x - origin[j] if shifted else x) * column[j]
        value *= weights[row] if weights.shape[0] > 0 else 1.0
        total += value
        for place in places_of(indptr, row):
            x, j = np.float64(data[place]), np.uintp(indices[place])
            back[j] += (x - origin[j] if shifted else x) * value
    totals[0] += total


@kernel
def add_squares(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    origin: Float64,
    unit: Float64,
    weights: Float64,
    gram: Float64,
) -> None:
    """Add weighted products of columns to the upper triangle of a matrix of shape (d, d).

    What is stored counts less `origin`, times `unit`. No weights: all are one.
    """
    for row in range(indptr.shape[0] - 1):
        weight = weights[row] if weights.shape[0] > 0 else 1.0
        for place in places_of(indptr, row):
            i = np.uintp(indices[place])
            x = weight * (data[place] - origin[i]) * unit[i]
            for other in range(place, np.uintp(indptr[row + 1])):
                j = np.uintp(indices[other])
                gram[i, j] += x * ((data[other] - origin[j]) * unit[j])


@kernel
def add_column_sums(
    data: Floats,
    indices: Indices,
    indptr: Indices,
    origin: Float64,
    unit: Float64,
    weights: Float64,
    codes: Indices,
    groups: Float64,
    squares: Float64,
    counts: Indices,
    group_weights: Float64,
) -> None:
    """Add weighted sums of columns, class by class, to `groups`, and of their squares.

    What is stored counts less `origin`, times `unit`; `counts` says how often something is. No
    weights: all are one. No codes: all rows are of one class.
    """
    for row in range(indptr.shape[0] - 1):
        weight = weights[row] if weights.shape[0] > 0 else 1.0
        group = codes[row] if codes.shape[0] > 0 else 0
        group_weights[group] += weight
        for place in places_of(indptr, row):
            j = np.uintp(indices[place])
            z = (data[place] - origin[j]) * unit[j]
            groups[group, j] += weight * z
            squares[j] += weight * z * z
            counts[j] += 1
