"""All answers where Numba compiles nothing, as for debuggers and measurements of coverage."""

import json
import os
import subprocess
import sys

import numpy as np

from trivium.blocks.compiled import kernel
from trivium.neighbors.search.products import bitmask

PROGRAM = """
import json, sys, warnings
import numpy as np
import trivium
from trivium.neighbors.search import brute, chosen, scan

warnings.simplefilter("error", RuntimeWarning)
warnings.simplefilter("ignore", UserWarning)
rng = np.random.default_rng(0)
answers = {}
chosen._LITTLE_WORK = 0
for patience in (
    brute.patience,
    chosen.patience,
    chosen.products_patience,
    *scan.patience.values(),
):
    patience.limit = -1  # loops from the start

def keep(name, *arrays):
    answers[name] = [np.asarray(array).tolist() for array in arrays]

for n, d in ((40, 2), (90, 20)):
    X = np.round(rng.normal(size=(n, d)), 1)
    X[:6] = X[6:12]
    y = np.digitize(X[:, 0] + 0.5 * rng.normal(size=n), [-0.5, 0.5])
    weights = rng.integers(0, 3, n)
    Q = np.vstack([rng.normal(size=(9, d)), X[:2], np.full((1, d), 1e200)])
    brute._LITTLE_WORK, brute._FEW_QUERIES = (0, 1) if d == 20 else (20_000_000, 8)
    for metric in ("euclidean", "manhattan", "chebyshev", "cosine"):
        for algorithm in ("kd_tree", "brute"):
            if d == 20 and algorithm == "kd_tree":
                continue
            nearest = trivium.NearestNeighbors(n_neighbors=3, algorithm=algorithm, metric=metric)
            nearest.fit(X)
            keep(f"{d} {metric} {algorithm}", *nearest.kneighbors(Q), *nearest.kneighbors())
            within = nearest.radius_neighbors(Q, radius=0.4)
            keep(f"{d} {metric} {algorithm} within", *(np.concatenate(each) for each in within))
    voters = trivium.KNeighborsClassifier(3, weights="distance").fit(X, y, sample_weight=weights)
    keep(f"{d} votes", voters.predict_proba(Q[:-1]), voters.predict_path(Q, [1, 3, 5]))
    if d < 20:
        keep(f"{d} cv", trivium.KNeighborsClassifierCV(k_max=5).fit(X, y).predict(Q))
        density = trivium.KNeighborsDensity(3).fit(X, y)
        keep(f"{d} density", density.score_samples(Q[:-1]), density.predict_proba(Q[:-1]))
    squares = trivium.LeastSquaresClassifier(alpha=1.0).fit(X, y > 0)
    keep(f"{d} squares", squares.decision_function(Q), squares.influence(X, y > 0).leverage)
    softmax = trivium.SoftmaxRegression(alpha=1.0).fit(X, y)
    keep(f"{d} softmax", softmax.predict_proba(Q[:-1]))
json.dump(answers, sys.stdout)
"""


def answers(**settings):
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


def test_all_answers_are_the_same():
    compiled, plain = answers(), answers(NUMBA_DISABLE_JIT="1")
    assert plain.keys() == compiled.keys()
    for name, arrays in plain.items():
        for one, other in zip(arrays, compiled[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15, err_msg=name)


@kernel
def marked(scores, start, limit):
    return bitmask.marks(scores, start, limit)


@kernel
def any_marked(scores, start, limit):
    return bitmask.any_within(scores, start, limit)


@kernel
def lowest_of(bits):
    return bitmask.lowest(bits)


def test_marks():
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        scores = rng.integers(0, 9, 100).astype(dtype)
        scores[7] = np.nan
        for start, limit in ((0, 3), (5, -1), (36, 9)):
            plain = bitmask._marks_one_by_one(scores, start, dtype(limit))
            assert plain == marked(scores, start, dtype(limit)) % 2**64
            if plain:
                assert bitmask._lowest_by_its_complement(plain) == lowest_of(
                    np.int64(plain - (plain >> 63 << 64))
                )
        numbers = np.nan_to_num(scores)
        for start, limit in ((0, 3), (5, -1), (36, 0)):
            plain = bitmask._any_one_by_one(numbers, start, dtype(limit))
            assert plain == any_marked(numbers, start, dtype(limit)) == (limit >= 0)
