"""Which instructions kernels are written with, on this processor and for one that is named."""

import os
import textwrap

import llvmlite.binding as llvm
import numba
import pytest
from tests.programs import run_program

from trivium.blocks import processor
from trivium.blocks.processor import instructions

HOST = processor._instructions(None, None)


def test_those_of_this_processor_are_among_what_llvm_tells():
    told = llvm.get_host_cpu_features()
    assert all(told.get(feature, True) for feature in HOST)
    assert not {name for name in ("avx2", "avx512f", "avx512vnni") if told.get(name)} - HOST


def test_a_processor_that_is_named_has_its_own_and_no_more_than_this_one():
    own = llvm.get_host_cpu_name()
    assert processor._instructions(own, None) == HOST
    assert processor._instructions("haswell", None) == HOST & {"avx", "avx2", "fma"}
    assert processor._instructions("an unheard-of one", None) == frozenset()


@pytest.mark.parametrize(
    ("name", "features", "has", "lacks"),
    [
        ("haswell", "", "avx2 fma", "avxvnni avx512f"),
        ("haswell", "+avx512vnni", "avx2 avx512f avx512vnni", "avx512vl"),
        ("znver4", "", "avx2 avx512f avx512vnni", "avxvnni neon"),
        ("znver4", "-avx512f,+fma", "avx2 fma", "avx512f avx512vnni avx512vl"),
        ("alderlake", "", "avx2 avxvnni", "avx512f"),
        ("alderlake", "-avx2", "avx", "avx2 avxvnni"),
        ("apple-m1", "", "neon dotprod", "avx"),
        ("generic", "", "", "avx neon"),
        ("generic", "+avx2, +fma", "avx avx2 fma", "avx512f"),
    ],
)
def test_features_are_added_and_taken_with_what_is_built_on_them(name, features, has, lacks):
    found = processor._instructions(name, features)
    assert found >= set(has.split())
    assert not found & set(lacks.split())


def test_without_features_of_its_own_a_string_is_added_to_this_processor():
    assert processor._instructions(None, "-avx") == HOST - {
        each for each in HOST if each.startswith("avx") or each == "fma"
    }


def test_nothing_is_there_where_nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert instructions() == frozenset()


def test_a_process_goes_by_the_names_that_it_was_started_with():
    program = """
        from trivium.blocks.processor import instructions
        assert instructions() == {"avx", "avx2", "fma"}
        print("done")
    """
    named = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}
    run_program(textwrap.dedent(program), env=os.environ | named)
