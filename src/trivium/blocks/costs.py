"""What work takes: the measured constants by which the cheaper of two ways is chosen.

All are nanoseconds of one core of an AMD EPYC (Zen 4, two cores, 2.6 GHz), on which each was
measured by an experiment that isolates it. Only their ratios matter: on a machine that is faster
in all, every choice is the same. Nothing is timed when a choice is made, so that it is the same
each time and for any number of threads.

``python -m benchmarks costs`` does the experiments again, on the machine at hand, and says which
constants differ there by more than a factor of two once one factor for all is taken out. A test
does the same at small sizes. What else is weighed is granted, not measured (how many passes a
matrix may cost, say), and stands where it is used.
"""

from typing import NamedTuple

from trivium.blocks.processor import instructions


class SearchCosts(NamedTuple):
    """What the searches for neighbours take, of d columns, for k neighbours among n rows.

    - Products in float32, for a query:
      query + candidate·k·log2(1 + n/k) + n·(pair + product·d).
    - Direct differences, for a query:
      scan_candidate·k·log2(1 + n/k) + n·(scan_row + (scan_column [+ power])·d).
    - A tree, for a query that looks at so many rows and boxes:
      looks·(look + (look_column [+ power])·d) + k·neighbor.
    - A projection, for the rows that it leaves: fine, and where that leaves them, too,
      whole_row + whole_column·d; to make it ready: axes·(n·d·fine + (d/2 + 1536)·d²), where without
      it rows take write·n·d.

    Attributes
    ----------
    query : float
        A search by products, whatever the rows.
    candidate, scan_candidate : float
        A row that comes among the nearest so far, of which there are about k·log2(1 + n/k).
    pair : float
        A row that is scored, whatever the columns.
    product : float
        Its products, for each column, in float32.
    scan_row, scan_column : float
        Its differences in float64, and the same for each column.
    look, look_column : float
        A row or a box that a tree looks at, and the same for each column.
    neighbor : float
        A neighbour of a tree, which is kept in order and sorted.
    power : float
        A power of a difference, where the metric takes one.
    fine : float
        A score of more coordinates, of a row that the first ones have left.
    whole_row, whole_column : float
        A score of all columns, in bytes, of a row that all coordinates have left, where it is in
        the cache, and the same for each column. Of the few that it leaves, distances hardly count.
    axes : float
        A product of those that find axes and turn rows to them, with all that goes with it.
    write : float
        A number that is written for products.
    """

    query: float
    candidate: float
    pair: float
    product: float
    scan_candidate: float
    scan_row: float
    scan_column: float
    look: float
    look_column: float
    neighbor: float
    power: float
    fine: float
    whole_row: float
    whole_column: float
    axes: float
    write: float


class ByteCosts(NamedTuple):
    """What a search by products of bytes takes in their place; see `SearchCosts`."""

    query: float
    candidate: float
    pair: float
    product: float


WITH_AVX512 = SearchCosts(
    query=520.0,
    candidate=11.0,
    pair=0.12,
    product=0.027,
    scan_candidate=37.0,
    scan_row=0.55,
    scan_column=0.14,
    look=1.9,
    look_column=0.34,
    neighbor=36.0,
    power=11.5,
    fine=10.5,
    whole_row=14.0,
    whole_column=0.064,
    axes=0.07,
    write=4.2,
)

WITH_AVX2 = WITH_AVX512._replace(product=0.029, power=15.0)
"""Measured with AVX2 alone. NEON was not at hand, and takes this set, too."""

_VNNI = ByteCosts(query=1000.0, candidate=22.0, pair=0.14, product=0.008)

BYTES = {
    "AVX-512 VNNI": _VNNI,
    "AVX-VNNI": _VNNI,
    "AVX2": ByteCosts(query=1100.0, candidate=21.0, pair=0.05, product=0.0165),
    "NEON": _VNNI,
}
"""By the instructions that multiply them. AVX-VNNI stands at what AVX-512 takes, for products alone
take the same (3.7 and 3.5 ns a pair of 784 columns). NEON was not at hand: it does as many products
of bytes for one of floats."""


def search_costs() -> SearchCosts:
    """Return what searches take with the instructions that kernels are written with."""
    return WITH_AVX512 if "avx512f" in instructions() else WITH_AVX2


class SoftmaxCosts(NamedTuple):
    """What fits of softmax regression take, of n rows in `size` coordinates.

    - A pass, which evaluates loss and gradient: pass_start + 4·number·n·size·K, where K is the
      number of classes, but one for two. Of sparse rows what is stored counts in the place of
      n·size. That holds from some fifty coordinates on; of fewer, exponentials take more, but
      then preconditioners cost less than a pass whatever is counted.
    - A block of the preconditioner from m rows: block_start + gram·m·size² + inverse·size³.
    - The space of n rows of d columns: n²·(space_product·d + space_factor·n).

    Attributes
    ----------
    pass_start : float
        A pass, whatever its size.
    number : float
        One of the four operations that a pass does with each number and class.
    block_start : float
        A block, whatever its size.
    gram : float
        A product of its matrix of squares, with what brings rows into the frame.
    inverse : float
        Its factor and its inverse, for the size cubed.
    space_product : float
        A product of two rows, for each column.
    space_factor : float
        The factor with pivoting of their products, for the rows cubed.
    """

    pass_start: float
    number: float
    block_start: float
    gram: float
    inverse: float
    space_product: float
    space_factor: float


SOFTMAX = SoftmaxCosts(
    pass_start=80_000.0,
    number=0.078,
    block_start=85_000.0,
    gram=0.043,
    inverse=0.07,
    space_product=0.036,
    space_factor=0.012,
)


class ExactSumsCosts(NamedTuple):
    """What least squares from exact sums take.

    Attributes
    ----------
    product : float
        A product of two numbers, summed as digits: n·c² of n rows whose columns make c of digits.
    double : float
        A product of two pairs of float64, of which factoring d columns takes d³.
    """

    product: float
    double: float


EXACT_SUMS = ExactSumsCosts(product=0.06, double=0.96)


class ComparisonCosts(NamedTuple):
    """What a run of a comparison takes: three models tuned, fitted and asked in ten folds.

    Of n rows of d columns and K classes, of which nearest neighbours looks at e:
    run + n·(squares_number·d + squares_pair·d²) + K·n·(softmax_number·d + softmax_row)
    + e·(votes + votes_class·K + distance·n·d).

    Attributes
    ----------
    run : float
        Whatever the table.
    squares_number, squares_pair : float
        Least squares, for each number of a row, and for each product of two.
    softmax_number, softmax_row : float
        Softmax regression, for each number of a row and class, and for each row and class.
    votes, votes_class : float
        Votes of every number of neighbours of a row, and the same for each class.
    distance : float
        A row and a column that a row is compared with.
    """

    run: float
    squares_number: float
    squares_pair: float
    softmax_number: float
    softmax_row: float
    votes: float
    votes_class: float
    distance: float


COMPARISON = ComparisonCosts(
    run=5.5e8,
    squares_number=2_500.0,
    squares_pair=3.0,
    softmax_number=10_000.0,
    softmax_row=20_000.0,
    votes=160_000.0,
    votes_class=40_000.0,
    distance=0.5,
)
