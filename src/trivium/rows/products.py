"""Products and sums of what sparse rows store, each entry in the order of rows and columns.

Kernels take the three arrays of a `Csr` apart, since Numba compiles once for each type of them, and
add to what they are given. They run on one thread: `Rows.reduce` hands them blocks.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.blocks.compiled import kernel


@kernel
def add_scores(
    data: Floats, indices: Indices, indptr: Indices, columns: Float64, scores: Float64
) -> None:
    """Add X·columns to scores, of shape (m, K): column of X after column of X.

    The bits are those of the dense loop, which adds zeros in between.
    """
    for row in range(scores.shape[0]):
        for place in range(indptr[row], indptr[row + 1]):
            x, j = np.float64(data[place]), indices[place]
            for k in range(columns.shape[1]):
                scores[row, k] += x * columns[j, k]


@kernel
def add_score(
    data: Floats, indices: Indices, indptr: Indices, column: Float64, scores: Float64
) -> None:
    """Do as `add_scores` with one column: it and the scores are of one dimension."""
    for row in range(scores.shape[0]):
        score = scores[row]
        for place in range(indptr[row], indptr[row + 1]):
            score += np.float64(data[place]) * column[indices[place]]
        scores[row] = score


@kernel
def add_pulled_back_once(
    data: Floats, indices: Indices, indptr: Indices, values: Float64, back: Float64
) -> None:
    """Do as `add_pulled_back` with one value a row."""
    for row in range(values.shape[0]):
        value = values[row]
        for place in range(indptr[row], indptr[row + 1]):
            back[indices[place]] += np.float64(data[place]) * value


@kernel
def add_pulled_back(
    data: Floats, indices: Indices, indptr: Indices, values: Float64, back: Float64
) -> None:
    """Add Xᵀ·values, of values of shape (m, K), to an array of shape (d, K): row after row."""
    for row in range(values.shape[0]):
        for place in range(indptr[row], indptr[row + 1]):
            x, j = np.float64(data[place]), indices[place]
            for k in range(values.shape[1]):
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
    n_values, shifted = columns.shape[1], origin.shape[0] > 0
    for row in range(indptr.shape[0] - 1):
        level = codes[row] if codes.shape[0] > 0 else 0
        for k in range(n_values):
            values[k] = levels[level, k]
        for place in range(indptr[row], indptr[row + 1]):
            x, j = np.float64(data[place]), indices[place]
            if shifted:
                x -= origin[j]
            for k in range(n_values):
                values[k] += x * columns[j, k]
        weight = weights[row] if weights.shape[0] > 0 else 1.0
        for k in range(n_values):
            values[k] *= weight
            totals[k] += values[k]
        for place in range(indptr[row], indptr[row + 1]):
            x, j = np.float64(data[place]), indices[place]
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
        for place in range(indptr[row], indptr[row + 1]):
            x, j = np.float64(data[place]), indices[place]
            value += (x - origin[j] if shifted else x) * column[j]
        value *= weights[row] if weights.shape[0] > 0 else 1.0
        total += value
        for place in range(indptr[row], indptr[row + 1]):
            x, j = np.float64(data[place]), indices[place]
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
        for place in range(indptr[row], indptr[row + 1]):
            i = indices[place]
            x = weight * (data[place] - origin[i]) * unit[i]
            for other in range(place, indptr[row + 1]):
                j = indices[other]
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
        for place in range(indptr[row], indptr[row + 1]):
            j = indices[place]
            z = (data[place] - origin[j]) * unit[j]
            groups[group, j] += weight * z
            squares[j] += weight * z * z
            counts[j] += 1
