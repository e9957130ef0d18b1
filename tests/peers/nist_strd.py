"""Linear regression data sets of the NIST Statistical Reference Datasets, and their exact answers.

Observations and certified values are facts published by the National Institute of
Standards and Technology (https://www.itl.nist.gov/div898/strd/lls/lls.shtml). All
observations have few enough digits for `repr` to give back the published decimal, so
that `exact_solution` can prove a certified value with rational numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """A model y = intercept + columns·coef with certified estimates.

    `coef` and `sd` are the estimates and their standard deviations, the intercept's first
    where there is one; `residual_sd` is that of the residuals. `powers` are those of the
    single column x; without them the columns of `x` are taken as they are.
    """

    name: str
    x: tuple[tuple[float, ...], ...]
    y: tuple[float, ...]
    coef: tuple[float, ...]
    sd: tuple[float, ...]
    residual_sd: float
    powers: tuple[int, ...] = ()
    intercept: bool = True

    def columns(self) -> np.ndarray:
        """Columns in float64, the powers rounded to it, without one for the intercept."""
        rows = [self._expanded(row) for row in self.x]
        return np.array([[float(value) for value in row] for row in rows])

    def target(self) -> np.ndarray:
        """Observed responses in float64."""
        return np.array(self.y)

    def exact_rows(self) -> list[list[Fraction]]:
        """Columns as published, powers exact, after one of ones for an intercept."""
        ones = [Fraction(1)] * self.intercept
        return [[*ones, *self._expanded(row)] for row in self.x]

    def exact_target(self) -> list[Fraction]:
        """Responses as published."""
        return [decimal(value) for value in self.y]

    def _expanded(self, row: Sequence[float]) -> list[Fraction]:
        exact = [decimal(value) for value in row]
        return [exact[0] ** power for power in self.powers] if self.powers else exact


@dataclass(frozen=True)
class ExactSolution:
    """Least-squares estimates as rational numbers, and squares of their deviations."""

    coef: list[Fraction]
    variance: list[Fraction]
    residual_variance: Fraction


def decimal(value: float) -> Fraction:
    """Take the shortest decimal that reads as this float."""
    return Fraction(repr(value))


def exact_solution(rows: Sequence[Sequence[Fraction]], y: Sequence[Fraction]) -> ExactSolution:
    """Solve the normal equations in rational numbers, by elimination without rounding.

    Parameters
    ----------
    rows : sequence of rows
        Of full column rank, more rows than columns.
    y : sequence
    """
    p = len(rows[0])
    columns = list(zip(*rows, strict=True))
    gram = [[_dot(one, other) for other in columns] for one in columns]
    cross = [_dot(column, y) for column in columns]
    # To the right of the Gram matrix: the products with y, and the identity.
    work = [[*gram[i], cross[i], *(Fraction(i == j) for j in range(p))] for i in range(p)]
    for i in range(p):
        pivot = work[i][i]
        work[i] = [value / pivot for value in work[i]]
        for k in range(p):
            factor = work[k][i]
            if k != i and factor:
                work[k] = [a - factor * b for a, b in zip(work[k], work[i], strict=True)]
    coef = [line[p] for line in work]
    residuals = [value - _dot(row, coef) for row, value in zip(rows, y, strict=True)]
    spread = _dot(residuals, residuals) / (len(rows) - p)
    return ExactSolution(coef, [spread * work[i][p + 1 + i] for i in range(p)], spread)


def _dot(one: Iterable[Fraction], other: Iterable[Fraction]) -> Fraction:
    return sum(map(prod, zip(one, other, strict=True)), Fraction(0))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split()))


def _columns(*columns: str | Iterable[float]) -> tuple[tuple[float, ...], ...]:
    """Make rows of columns, each of which may be text."""
    read = [_numbers(each) if isinstance(each, str) else each for each in columns]
    return tuple(zip(*read, strict=True))


_NORRIS = Dataset(
    "Norris",
    _columns(
        """
        0.2 337.4 118.2 884.6 10.1 226.5 666.3 996.3 448.6 777 558.2 0.4 0.6 775.5 666.9 338 447.5
        11.6 556 228.1 995.8 887.6 120.2 0.3 0.3 556.8 339.1 887.2 999 779 11.1 118.3 229.2 669.1
        448.9 0.5
        """,
    ),
    _numbers(
        """
        0.1 338.8 118.1 888 9.2 228.1 668.5 998.5 449.1 778.9 559.2 0.3 0.1 778.1 668.8 339.3 448.9
        10.8 557.7 228.3 998 888.8 119.6 0.3 0.6 557.6 339.3 888 998.5 778.9 10.2 117.6 228.9 668.4
        449.2 0.2
        """
    ),
    coef=(-0.262323073774029, 1.00211681802045),
    sd=(0.232818234301152, 0.429796848199937e-03),
    residual_sd=0.884796396144373,
)

_PONTIUS = Dataset(
    "Pontius",
    _columns([150_000.0 * (i % 20 + 1) for i in range(40)]),
    _numbers(
        """
        0.11019 0.21956 0.32949 0.43899 0.54803 0.65694 0.76562 0.87487 0.98292 1.09146 1.20001
        1.30822 1.41599 1.52399 1.63194 1.73947 1.84646 1.95392 2.06128 2.16844 0.11052 0.22018
        0.32939 0.43886 0.54798 0.65739 0.76596 0.87474 0.98300 1.09150 1.20004 1.30818 1.41613
        1.52408 1.63159 1.73965 1.84696 1.95445 2.06177 2.16829
        """
    ),
    coef=(0.673565789473684e-03, 0.732059160401003e-06, -0.316081871345029e-14),
    sd=(0.107938612033077e-03, 0.157817399981659e-09, 0.486652849992036e-16),
    residual_sd=0.205177424076185e-03,
    powers=(1, 2),
)

_NO_INT_1 = Dataset(
    "NoInt1",
    _columns([60.0 + i for i in range(11)]),
    tuple(130.0 + i for i in range(11)),
    coef=(2.07438016528926,),
    sd=(0.165289256198347e-01,),
    residual_sd=3.56753034006338,
    intercept=False,
)

_NO_INT_2 = Dataset(
    "NoInt2",
    _columns([4.0, 5.0, 6.0]),
    (3.0, 4.0, 4.0),
    coef=(0.727272727272727,),
    sd=(0.420827318078432e-01,),
    residual_sd=0.369274472937998,
    intercept=False,
)

_FILIP = Dataset(
    "Filip",
    _columns(
        """
        -6.860120914 -4.324130045 -4.358625055 -4.358426747 -6.955852379 -6.661145254 -6.355462942
        -6.118102026 -7.115148017 -6.815308569 -6.519993057 -6.204119983 -5.853871964 -6.109523091
        -5.79832982 -5.482672118 -5.171791386 -4.851705903 -4.517126416 -4.143573228 -3.709075441
        -3.499489089 -6.300769497 -5.953504836 -5.642065153 -5.031376979 -4.680685696 -4.329846955
        -3.928486195 -8.56735134 -8.363211311 -8.107682739 -7.823908741 -7.522878745 -7.218819279
        -6.920818754 -6.628932138 -6.323946875 -5.991399828 -8.781464495 -8.663140179 -8.473531488
        -8.247337057 -7.971428747 -7.676129393 -7.352812702 -7.072065318 -6.774174009 -6.478861916
        -6.159517513 -6.835647144 -6.53165267 -6.224098421 -5.910094889 -5.598599459 -5.290645224
        -4.974284616 -4.64454848 -4.290560426 -3.885055584 -3.408378962 -3.13200249 -8.726767166
        -8.66695597 -8.511026475 -8.165388579 -7.886056648 -7.588043762 -7.283412422 -6.995678626
        -6.691862621 -6.392544977 -6.067374056 -6.684029655 -6.378719832 -6.065855188 -5.752272167
        -5.132414673 -4.811352704 -4.098269308 -3.66174277 -3.2644011
        """,
    ),
    _numbers(
        """
        0.8116 0.9072 0.9052 0.9039 0.8053 0.8377 0.8667 0.8809 0.7975 0.8162 0.8515 0.8766 0.8885
        0.8859 0.8959 0.8913 0.8959 0.8971 0.9021 0.909 0.9139 0.9199 0.8692 0.8872 0.89 0.891
        0.8977 0.9035 0.9078 0.7675 0.7705 0.7713 0.7736 0.7775 0.7841 0.7971 0.8329 0.8641 0.8804
        0.7668 0.7633 0.7678 0.7697 0.77 0.7749 0.7796 0.7897 0.8131 0.8498 0.8741 0.8061 0.846
        0.8751 0.8856 0.8919 0.8934 0.894 0.8957 0.9047 0.9129 0.9209 0.9219 0.7739 0.7681 0.7665
        0.7703 0.7702 0.7761 0.7809 0.7961 0.8253 0.8602 0.8809 0.8301 0.8664 0.8834 0.8898 0.8964
        0.8963 0.9074 0.9119 0.9228
        """
    ),
    coef=(
        -1467.48961422980,
        -2772.17959193342,
        -2316.37108160893,
        -1127.97394098372,
        -354.478233703349,
        -75.1242017393757,
        -10.8753180355343,
        -1.06221498588947,
        -0.670191154593408e-01,
        -0.246781078275479e-02,
        -0.402962525080404e-04,
    ),
    sd=(
        298.084530995537,
        559.779865474950,
        466.477572127796,
        227.204274477751,
        71.6478660875927,
        15.2897178747400,
        2.23691159816033,
        0.221624321934227,
        0.142363763154724e-01,
        0.535617408889821e-03,
        0.896632837373868e-05,
    ),
    residual_sd=0.334801051324544e-02,
    powers=tuple(range(1, 11)),
)

_LONGLEY = Dataset(
    "Longley",
    _columns(
        """
        83 88.5 88.2 89.5 96.2 98.1 99 100 101.2 104.6 108.4 110.8 112.6 114.2 115.7 116.9
        """,
        """
        234289 259426 258054 284599 328975 346999 365385 363112 397469 419180 442769 444546 482704
        502601 518173 554894
        """,
        """
        2356 2325 3682 3351 2099 1932 1870 3578 2904 2822 2936 4681 3813 3931 4806 4007
        """,
        """
        1590 1456 1616 1650 3099 3594 3547 3350 3048 2857 2798 2637 2552 2514 2572 2827
        """,
        """
        107608 108632 109773 110929 112075 113270 115094 116219 117388 118734 120445 121950 123366
        125368 127852 130081
        """,
        [1947.0 + i for i in range(16)],
    ),
    _numbers(
        """
        60323 61122 60171 61187 63221 63639 64989 63761 66019 67857 68169 66513 68655 69564 69331
        70551
        """
    ),
    coef=(
        -3482258.63459582,
        15.0618722713733,
        -0.358191792925910e-01,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807e-01,
        1829.15146461355,
    ),
    sd=(
        890420.383607373,
        84.9149257747669,
        0.334910077722432e-01,
        0.488399681651699,
        0.214274163161675,
        0.226073200069370,
        455.478499142212,
    ),
    residual_sd=304.854073561965,
)

_RIPPLE = (759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048)
_RIPPLES = (*_RIPPLE, *_RIPPLE[-2::-1])
"""Added to an exact polynomial; orthogonal to polynomials of degree 5."""

_WAMPLER_SD = (
    2152.32624678170,
    2363.55173469681,
    779.343524331583,
    101.475507550350,
    5.64566512170752,
    0.112324854679312,
)


def _wampler(number: int, base: Fraction, height: int) -> Dataset:
    """Polynomial of degree 5 with coefficients 1, base, base², ..., and `height` ripples."""
    exact = [
        sum((base * x) ** power for power in range(6)) + height * ripple
        for x, ripple in enumerate(_RIPPLES)
    ]
    return Dataset(
        f"Wampler{number}",
        _columns([float(x) for x in range(21)]),
        tuple(map(float, exact)),
        coef=tuple(float(base**power) for power in range(6)),
        sd=tuple(float(height * decimal(value)) for value in _WAMPLER_SD),
        residual_sd=float(height * decimal(2360.14502379268)),
        powers=(1, 2, 3, 4, 5),
    )


DATASETS = (
    _NORRIS,
    _PONTIUS,
    _NO_INT_1,
    _NO_INT_2,
    _FILIP,
    _LONGLEY,
    _wampler(1, Fraction(1), 0),
    _wampler(2, Fraction(1, 10), 0),
    _wampler(3, Fraction(1), 1),
    _wampler(4, Fraction(1), 100),
    _wampler(5, Fraction(1), 10_000),
)
"""In the order in which NIST lists them, from the easiest to the hardest."""
