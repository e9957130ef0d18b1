"""Places on a sphere: the angle between them, found through the chord.

Unit vectors in three columns turn angles into chords, which Euclidean searches find. Chords
only say where to look: vectors are rounded, which two places close to each other, or to
antipodes, would show. Each list is decided by the angle itself,

    2·atan2(hypot(sin(Δφ/2), c·sin(Δλ/2)), hypot(sin((φ + φ')/2), c·cos(Δλ/2))),

c² = cos φ·cos φ', with φ for latitudes and λ for longitudes. The first argument is that
of the haversine formula (Sinnott, "Virtues of the haversine", Sky and Telescope 68, 1984),
the second that of the antipode: half of the angle to it is what is left to a right angle. So
it is right to some last bits at any angle, and no square vanishes.
"""

import numpy as np

from trivium.arrays import Float64, Floats, Indices
from trivium.neighbors.search.searcher import Searcher

_PAIRS_AT_ONCE = 1 << 18  # of places, whose angle is computed
_PAIRS_A_PIECE = 1 << 20  # as far as may be told before they are found
_MOST_AT_FIRST = 64
_MORE = 4  # rows beyond the k-th: where they are farther off for certain, the list is, too


def central_angles(places: Floats, others: Floats) -> Float64:
    """Angle between places, row by row: latitudes and longitudes in radians.

    Parameters
    ----------
    places, others : ndarray of shape (n, 2)

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> pole, equator = np.array([[np.pi / 2, 0.0]]), np.array([[0.0, 3.0]])
    >>> central_angles(pole, equator).round(4)
    array([1.5708])
    """
    one, other = places.astype(np.float64), others.astype(np.float64)
    apart = 0.5 * (one - other)
    latitudes, longitudes = np.ascontiguousarray(apart[:, 0]), np.ascontiguousarray(apart[:, 1])
    middle = 0.5 * (one[:, 0] + other[:, 0])
    circle = np.sqrt(np.cos(one[:, 0].copy()) * np.cos(other[:, 0].copy()))
    sine = np.hypot(np.sin(latitudes), circle * np.sin(longitudes))
    cosine = np.hypot(np.sin(middle), circle * np.cos(longitudes))
    angles: Float64 = 2.0 * np.arctan2(sine, cosine)
    return angles


def within_poles(places: Floats) -> Floats:
    """Return places with latitudes of ±π/2 at most: beyond a pole it goes down the other side.

    π/2 is beyond it in float32, and then cos φ is negative, of which `central_angles` takes a
    root.

    Parameters
    ----------
    places : ndarray of shape (n, 2)

    Returns
    -------
    ndarray of shape (n, 2)
        The same array where no latitude is beyond a pole.

    Examples
    --------
    >>> import numpy as np
    >>> within_poles(np.array([[np.pi / 2 + 1e-7, 1.0]])) - [np.pi / 2, 1.0 - np.pi]
    array([[-1.e-07,  0.e+00]])
    """
    latitudes = places[:, 0].astype(np.float64)
    beyond = np.flatnonzero(np.abs(latitudes) > 0.5 * np.pi)
    if not beyond.size:
        return places
    turned = places.astype(np.float64)
    turned[beyond, 0] = np.copysign(np.pi, latitudes[beyond]) - latitudes[beyond]
    turned[beyond, 1] -= np.copysign(np.pi, turned[beyond, 1])
    return turned


def unit_vectors(places: Floats) -> Float64:
    """Points of the unit sphere in three columns."""
    latitudes = places[:, 0].astype(np.float64)
    longitudes = places[:, 1].astype(np.float64)
    circle = np.cos(latitudes)
    return np.column_stack(
        [circle * np.cos(longitudes), circle * np.sin(longitudes), np.sin(latitudes)]
    )


def chord_limit(angles: Float64) -> Float64:
    """Return chords that no row within an angle exceeds, as both are computed.

    Vectors are right to some units of 2^-53, and so are differences of longitudes up to 4π.
    """
    chords: Float64 = 2.0 * np.sin(0.5 * np.minimum(angles, np.pi)) * (1.0 + 2.0**-45) + 2.0**-45
    return chords


def require_places(rows: Floats, numbers: Indices | None = None) -> None:
    """Raise a ValueError unless rows are latitudes and longitudes in radians.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    numbers : ndarray of shape (n,) or None
        What an error calls the rows; None: 0, 1, ...
    """
    if rows.shape[1] != 2:
        raise ValueError(
            f"metric='haversine' takes two columns, latitude and longitude in radians; X has "
            f"{rows.shape[1]}."
        )
    for column, (name, most, word) in enumerate(
        (("latitude", 0.5 * np.pi, "π/2"), ("longitude", 2.0 * np.pi, "2π"))
    ):
        # Of float32, π/2 is greater than of float64.
        beyond = np.flatnonzero(np.abs(rows[:, column]) > most * (1.0 + 2.0**-23))
        if beyond.size:
            row = beyond[0] if numbers is None else numbers[beyond[0]]
            raise ValueError(
                f"metric='haversine': the {name} in row {row} is {rows[beyond[0], column]:.6g}, "
                f"beyond ±{word}. Are these degrees? np.radians makes radians of them."
            )


class Sphere:
    """Places on a sphere, by a search for the chords between them.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
    vectors : ndarray of shape (n, 3)
        Their unit vectors.
    chords : Searcher
        Of the vectors, Euclidean.
    """

    def __init__(self, places: Floats, vectors: Floats, chords: Searcher) -> None:
        self._places = places
        self._vectors = vectors
        self.chords = chords

    def nearest(
        self,
        queries: Floats,
        skip: Indices,
        n_jobs: int | None,
        found: tuple[Float64, Indices],
        *,
        own: bool = False,
    ) -> None:
        """Find the k nearest rows; see `Searcher`."""
        m, k = found[0].shape
        vectors = self._vectors if own else unit_vectors(queries)
        available = self._places.shape[0] - bool((skip >= 0).any())
        more = min(k + _MORE, available)
        chords, rows = np.empty((m, more)), np.empty((m, more), dtype=np.intp)
        self.chords.nearest(vectors, skip, n_jobs, (chords, rows), own=own)
        starts = np.arange(0, m * more + 1, more)
        angles, rows = self._in_order(queries, starts, rows.reshape(-1))
        found[0][:] = angles.reshape(m, more)[:, :k]
        found[1][:] = rows.reshape(m, more)[:, :k]
        if more == available:
            return
        doubtful = np.flatnonzero(chords[:, -1] <= chord_limit(found[0][:, -1]))
        start, step = 0, min(_MOST_AT_FIRST, max(1, _PAIRS_A_PIECE // self._places.shape[0]))
        while start < doubtful.size:
            some = doubtful[start : start + step]
            start += step
            limits = chord_limit(found[0][some, -1])
            starts, _, rows = self.chords.within(vectors[some], limits, skip[some], n_jobs)
            angles, rows = self._in_order(queries[some], starts, rows)
            places = starts[:-1, None] + np.arange(k)
            found[0][some], found[1][some] = angles[places], rows[places]
            step = max(1, min(4 * step, some.size * _PAIRS_A_PIECE // rows.size))

    def within(
        self, queries: Floats, radius: float | Float64, skip: Indices, n_jobs: int | None
    ) -> tuple[Indices, Float64, Indices]:
        """Find every row within a radius; see `Searcher`."""
        reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), queries.shape[:1])
        vectors = unit_vectors(queries)
        starts, _, rows = self.chords.within(vectors, chord_limit(reach), skip, n_jobs)
        whose = np.repeat(np.arange(queries.shape[0]), np.diff(starts))
        angles = self._angles(queries, whose, rows)
        inside = angles <= reach[whose]
        counts = np.bincount(whose[inside], minlength=queries.shape[0])
        return np.concatenate([[0], np.cumsum(counts)]), angles[inside], rows[inside]

    def _angles(self, queries: Floats, whose: Indices, rows: Indices) -> Float64:
        """Compute the angles between queries and rows, pair by pair."""
        angles = np.empty(rows.size)
        for start in range(0, rows.size, _PAIRS_AT_ONCE):
            some = slice(start, start + _PAIRS_AT_ONCE)
            angles[some] = central_angles(queries[whose[some]], self._places[rows[some]])
        return angles

    def _in_order(self, queries: Floats, starts: Indices, rows: Indices) -> tuple[Float64, Indices]:
        """Sort each query's rows by (angle, number), and return the angles too."""
        whose = np.repeat(np.arange(queries.shape[0]), np.diff(starts))
        angles = self._angles(queries, whose, rows)
        order = np.lexsort((rows, angles, whose))
        return angles[order], rows[order]
