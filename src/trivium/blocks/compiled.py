"""Numba's compiler with the settings that every kernel here shares."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import register_jitable

from trivium.blocks.compile_times import watch_compiler
from trivium.blocks.full_collections import put_full_collections_off

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function with Numba on its first call, and keep the machine code on disk.

    The compiled code runs without the interpreter's lock, so that threads share the
    work. Floating-point operations keep the order in which they are written: no
    reassociation, no contraction. Where no folder for the cache can be written (a
    read-only installation without a home), the code is compiled in each process.
    """
    return _compiled(function, fastmath=False)


def inner_kernel(function: Function) -> Function:
    """Let kernels call a function, compiled with them, which for Python stays what it is.

    What would let Python call the compiled code is a third of the work of compiling few lines.
    """
    if is_disabled():
        return function
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    inner: Function = register_jitable(**options)(function)
    return inner


def contracting_kernel(function: Function) -> Function:
    """Compile like `kernel`, but let a product and a sum become one fused operation.

    Twice as fast where products are summed. The last bits then depend on the machine:
    for sums that only say where to look, with a bound that holds for any rounding.
    """
    return _compiled(function, fastmath={"contract"})


def reordering_kernel(function: Function) -> Function:
    """Compile like `contracting_kernel`, and let sums be taken in any order, of numbers alone.

    So loops over sums and greatest values become vectors. NaN must not come in.
    """
    return _compiled(function, fastmath={"contract", "reassoc", "nsz", "nnan"})


def intrinsic(plain: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let kernels call what the decorated function writes in LLVM's language.

    Parameters
    ----------
    plain : callable
        Does the same in Python, where nothing is compiled (``NUMBA_DISABLE_JIT=1``, for debuggers
        and measurements of coverage).
    """

    def decorate(write: Callable[..., Any]) -> Callable[..., Any]:
        written: Callable[..., Any] = numba.extending.intrinsic(write)
        return plain if is_disabled() else written

    return decorate


class Patience:
    """Work that a process does without some compiled loops before it is worth having them.

    To compile takes seconds, to load what is kept on disk some tenths. Whoever has another
    way to do little work takes it until what was done so, in all of the process, has taken
    about as long. Which way that is never shows in a result.

    Parameters
    ----------
    loop : callable
        The kernel that takes longest to compile.
    to_compile, to_load : float
        How much work to wait for, in the caller's units: where the loop has to be compiled,
        and where it is kept.

    Attributes
    ----------
    done : float
        Work so far. Threads that count at once may lose some of it, which is no harm.
    limit : float or None
        What it is compared with; None until it is first asked for.
    """

    def __init__(self, loop: Callable[..., Any], to_compile: float, to_load: float) -> None:
        self._loop = loop
        self._limits = to_compile, to_load
        self.done = 0.0
        self.limit: float | None = None

    def is_over(self, work: float) -> bool:
        """Count some work that is about to be done; say whether compiled loops are to do it."""
        if self.limit is None:
            self.limit = self._limits[is_kept(self._loop)]
        self.done += work
        return self.done > self.limit


def is_kept(loop: Callable[..., Any]) -> bool:
    """Whether a kernel's machine code is there or, as it seems, on disk.

    A file may be there that is of no use, since it was written for another version or
    another processor. To take it for what it should be costs time, and nothing else.
    """
    if is_disabled():
        return True
    compiled: Any = loop
    if compiled.signatures:
        return True
    folder = compiled.stats.cache_path
    if folder is None:
        return False
    function = compiled.py_func
    name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}-*.nbi"
    return any(Path(folder).glob(name))


def uncompiled(loop: Function) -> Function:
    """Return the function that a kernel was made of, which Python runs without compiling it.

    On lists of few numbers it takes less than to load what was compiled.
    """
    plain: Function = getattr(loop, "py_func", loop)
    return plain


def is_disabled() -> bool:
    """Whether the user has told Numba to compile nothing."""
    settings: Any = numba.config
    return bool(settings.DISABLE_JIT)


def _compiled(function: Function, fastmath: bool | set[str]) -> Function:
    if is_disabled():
        as_compiled: Function = np.errstate(all="ignore")(function)  # compiled code does not warn
        return as_compiled
    # Nobody calls kernels from C: what Numba would compile for that is left out.
    options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "no_cfunc_wrapper": True}
    try:
        compiled: Function = numba.njit(function, cache=True, **options)
    except RuntimeError:  # numba's word for "no locator available": nowhere to keep a cache
        compiled = numba.njit(function, **options)
    return compiled


if hasattr(os, "register_at_fork"):
    # A child that was forked while another thread compiled would wait for Numba's lock for ever.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )

watch_compiler()
put_full_collections_off()
