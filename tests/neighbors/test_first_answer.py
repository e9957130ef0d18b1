"""What the first small answers of a process compile: none of the loops that take seconds."""

import json
import os
import subprocess
import sys

PROGRAM = """
import json, sys
import numpy as np
from numba.core import event
from trivium import (
    KNeighborsClassifier, KNeighborsClassifierCV, KNeighborsDensity, NearestNeighbors
)

compiled = []

class Listener(event.Listener):
    def on_start(self, event):
        compiled.append(event.data["dispatcher"].py_func.__module__)

    def on_end(self, event):
        pass

event.register("numba:compile", Listener())
rng = np.random.default_rng(0)
for d in (2, 64):
    X, Q = rng.normal(size=(900, d)), rng.normal(size=(100, d))
    y = X[:, 0] + rng.normal(size=900) > 0
    model = KNeighborsClassifier().fit(X, y)
    model.predict(Q), model.predict_proba(Q)
    KNeighborsDensity(9).fit(X, y).score_samples(Q)
    KNeighborsClassifierCV().fit(X, y).predict(Q)
    search = NearestNeighbors().fit(X)
    search.kneighbors(Q), search.kneighbors(), search.radius_neighbors(Q, radius=1.0)
json.dump(sorted(set(compiled)), sys.stdout)
"""


def test_small_answers_compile_votes_alone(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    ours = [name for name in json.loads(ended.stdout) if name.startswith("trivium")]
    assert ours == ["trivium.neighbors.path_kernels"]
