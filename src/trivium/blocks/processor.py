"""Which instructions kernels may be written with: those that Numba compiles for.

Mostly these are the instructions of this processor, as LLVM tells them. Who names another one in
``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` has kernels compiled for that one, and has the ways
chosen that suit it. LLVM tells nobody what a processor has that is only named, so the names that
people use stand here in a table.
"""

from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
import numba
from numba.core import codegen

from trivium.blocks.compiled import is_disabled

host_features: Any = codegen.get_host_cpu_features  # Numba publishes no types.

_AVX2 = frozenset({"avx", "avx2", "fma"})
_AVX_VNNI = _AVX2 | {"avxvnni"}
_AVX512 = _AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
_AVX512_VNNI = _AVX512 | {"avx512vnni"}
_NEON = frozenset({"neon"})
_NEON_DOT = _NEON | {"dotprod"}

_NAMED: dict[str, frozenset[str]] = {
    name: features
    for names, features in (
        ("haswell broadwell skylake core-avx2 x86-64-v3 znver1 znver2 znver3", _AVX2),
        ("alderlake raptorlake meteorlake gracemont arrowlake arrowlake-s lunarlake", _AVX_VNNI),
        ("skylake-avx512 skx x86-64-v4", _AVX512),
        ("cascadelake icelake-client icelake-server tigerlake rocketlake znver4", _AVX512_VNNI),
        ("cooperlake", _AVX512_VNNI),
        ("sapphirerapids emeraldrapids graniterapids znver5", _AVX512_VNNI | _AVX_VNNI),
        ("cortex-a72 apple-a7", _NEON),
        ("apple-m1 apple-m2 apple-m3 apple-m4", _NEON_DOT),
        ("cortex-a76 neoverse-n1 neoverse-n2 neoverse-v1 neoverse-v2", _NEON_DOT),
    )
    for name in names.split()
}

_BUILT_ON = {
    "avx2": "avx",
    "fma": "avx",
    "avxvnni": "avx2",
    "avx512f": "avx2",
    "avx512bw": "avx512f",
    "avx512dq": "avx512f",
    "avx512vl": "avx512f",
    "avx512vnni": "avx512f",
    "dotprod": "neon",
}
"""What each needs: without the one, the other is gone."""


def instructions() -> frozenset[str]:
    """Return LLVM's names of sets of instructions, of those that kernels here ask about.

    There are none where nothing is compiled, and none of a processor that nobody here knows.
    """
    if is_disabled():
        return frozenset()
    settings: Any = numba.config
    return _instructions(settings.CPU_NAME, settings.CPU_FEATURES)


@lru_cache
def _instructions(name: str | None, features: str | None) -> frozenset[str]:
    own = llvm.get_host_cpu_name()
    host = _of(own, host_features())
    if features is not None:
        return _of(name or own, features)
    # Numba compiles a named processor's code with what this one has; the name is taken at its word.
    return host if name in (None, own) else host & _of(name, "")


def _of(name: str, features: str) -> frozenset[str]:
    """Return what a processor of some name has, with features that are added (+) or not there (-).

    Examples
    --------
    >>> sorted(_of("haswell", "+avxvnni,-fma"))
    ['avx', 'avx2', 'avxvnni']
    >>> sorted(_of("unheard-of", "+dotprod"))
    ['dotprod', 'neon']
    """
    told = [feature.strip() for feature in features.split(",")]
    have = set(_NAMED.get(name, ()))
    for feature in told:
        if feature[:1] == "+":
            have.update(_with_its_bases(feature[1:]))
    have -= {feature[1:] for feature in told if feature[:1] == "-"}
    known = {"avx", "neon", *_BUILT_ON}
    return frozenset(each for each in known if have.issuperset(_with_its_bases(each)))


def _with_its_bases(feature: str) -> list[str]:
    """Return a set of instructions and all that it is built on."""
    base = _BUILT_ON.get(feature)
    return [feature] if base is None else [feature, *_with_its_bases(base)]
