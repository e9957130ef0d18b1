"""While kernels are compiled, Python does not search all of its memory for garbage."""

import gc
from types import FunctionType, SimpleNamespace

import pytest
from numba.core import event
from numba.core.errors import TypingError

from trivium.blocks.compiled import kernel
from trivium.blocks.full_collections import NoFullCollections


@pytest.fixture(autouse=True)
def thresholds():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


@pytest.fixture
def listener():
    return NoFullCollections()


def compiling(module):
    function = SimpleNamespace(py_func=SimpleNamespace(__module__=module))
    return SimpleNamespace(data={"dispatcher": function})


def collects_fully():
    return gc.get_threshold()[2] < 1000


def test_full_collections_wait_until_the_outermost_function_is_compiled(listener):
    outer, inner = compiling("trivium.neighbors.kernels"), compiling("numba.np.arrayobj")
    listener.on_start(outer)
    assert gc.get_threshold()[:2] == (700, 10)
    for _ in range(2):
        assert not collects_fully()
        listener.on_start(inner)
        assert not collects_fully()
        listener.on_end(inner)
    assert not collects_fully()
    listener.on_end(outer)
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("module", ["somebody.else", "trivially.named.alike", None])
def test_kernels_of_others_are_compiled_as_ever(listener, module):
    outer = compiling(module)
    listener.on_start(outer)
    listener.on_start(compiling("trivium.neighbors.kernels"))  # on their behalf
    assert gc.get_threshold() == (700, 10, 10)
    gc.set_threshold(0)
    listener.on_end(outer)
    assert gc.get_threshold()[0] == 0


def test_whoever_sets_thresholds_meanwhile_keeps_them(listener):
    outer = compiling("trivium.neighbors.kernels")
    listener.on_start(outer)
    gc.set_threshold(1234, 5, 6)
    listener.on_end(outer)
    assert gc.get_threshold() == (1234, 5, 6)


def test_an_end_without_a_start_changes_nothing(listener):
    listener.on_end(compiling("trivium.neighbors.kernels"))
    assert gc.get_threshold() == (700, 10, 10)


def test_they_come_again_when_the_compiler_fails():
    def wrong(x):
        return x.there_is_no_such_attribute

    code = wrong.__code__.replace(co_filename="<string>")
    ours = kernel(FunctionType(code, {"__name__": "trivium.somewhere"}))
    seen = []

    class Looks(event.Listener):
        def on_start(self, event):
            seen.append(collects_fully())

        def on_end(self, event):
            pass

    with event.install_listener("numba:run_pass", Looks()), pytest.raises(TypingError):
        ours(1)
    assert set(seen) == {False}
    assert gc.get_threshold() == (700, 10, 10)
