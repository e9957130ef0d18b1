"""Read-only arrays."""

import gc

import joblib
import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from trivium import KNeighborsClassifier, LeastSquaresClassifier, SoftmaxRegression
from trivium.blocks.unlocked import unlocked


def locked(array):
    array = array.copy()
    array.flags.writeable = False
    return array


class TestUnlocked:
    def test_what_may_be_written_stays_what_it_is(self):
        array = np.ones(3)
        assert unlocked(array) is array

    @pytest.mark.parametrize(
        "array",
        [
            np.arange(6.0).reshape(2, 3),
            np.arange(6, dtype=np.float32).reshape(2, 3).T,
            np.arange(12)[::-3],
            np.empty((0, 4)),
        ],
    )
    def test_the_memory_is_the_same(self, array):
        view = array.view()
        view.flags.writeable = False
        free = unlocked(view)
        assert free.flags.writeable
        assert (free.dtype, free.shape) == (view.dtype, view.shape)
        np.testing.assert_array_equal(free, array)
        free[...] = 7
        assert (array == 7).all()

    def test_the_memory_is_kept(self):
        free = unlocked(locked(np.full(1 << 16, 5.0)))
        others = [np.zeros(1 << 16) for _ in range(8)]
        assert (free == 5).all()
        assert not any(other.any() for other in others)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(),
        KNeighborsClassifier(algorithm="kd_tree"),
        KNeighborsClassifier(algorithm="brute"),
        LeastSquaresClassifier(),
        SoftmaxRegression(),
    ],
)
def test_nothing_is_compiled_once_more_for_them(model, dtype, tmp_path):
    def answers(X, y, mmap_mode):
        of = "decision_function" if isinstance(model, LeastSquaresClassifier) else "predict_proba"
        joblib.dump(model.fit(X, y), tmp_path / "model")  # as joblib hands it to its workers
        there = joblib.load(tmp_path / "model", mmap_mode)
        return [getattr(model, of)(X), getattr(there, of)(X), model.predict(X), there.predict(X)]

    def for_read_only_arrays():
        loops = (each for each in gc.get_objects() if issubclass(type(each), Dispatcher))
        known = {(loop, types) for loop in loops for types in loop.signatures}
        return {each for each in known if any("readonly" in str(kind) for kind in each[1])}

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2000, 3)).astype(dtype), np.arange(2000) % 2
    before = for_read_only_arrays()
    for mine, one in zip(answers(locked(X), locked(y), "r"), answers(X, y, None), strict=True):
        np.testing.assert_array_equal(mine, one)
    assert for_read_only_arrays() == before
