"""The machine and the versions, without anything that names them."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_CPU_INFO = Path("/proc/cpuinfo")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_VECTORS = (
    *("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni"),
    *("neon", "asimd", "asimddp", "sve"),
)
_VENDORS = {"AuthenticAMD": "amd", "GenuineIntel": "intel"}

AVX2, AVX512 = "avx2", "avx512"


def instructions() -> str:
    """Name the widest vector instructions that are used here.

    They are the processor's, or no more than AVX2 if Numba's variable says so, by which our
    own kernels go.
    """
    flags = _flags()
    if "avx2" in flags and os.environ.get("NUMBA_CPU_NAME") == "haswell":
        return AVX2
    for flag, name in (("avx512f", AVX512), ("avx2", AVX2), ("asimd", "neon")):
        if flag in flags:
            return name
    return "plain"


def machine_name() -> str:
    """Name a machine by what it is: maker, family and model of its processor, and instructions."""
    info = _cpu_info()
    maker = _VENDORS.get(info.get("vendor_id", ""), platform.machine().lower())
    numbers = [info[key] for key in ("cpu family", "model", "CPU part") if key in info]
    return "-".join([maker, *numbers, instructions()])


def describe_machine() -> dict[str, Any]:
    """Processor, cores, caches, memory and system; what the system does not say is left out."""
    info = _cpu_info()
    flags = _flags()
    narrow = instructions() == AVX2 and "avx512f" in flags
    machine = {
        "processor": info.get("model name") or platform.processor() or platform.machine(),
        "family and model": " / ".join(info[key] for key in ("cpu family", "model") if key in info),
        "cores for this process": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "caches": ", ".join(_caches()),
        "vector instructions": "no more than AVX2 was asked for"
        if narrow
        else ", ".join(name for name in _VECTORS if name in flags),
        "virtual machine": "yes" if "hypervisor" in flags else "",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    return {name: value for name, value in machine.items() if value}


def describe_blas() -> list[str]:
    """BLAS libraries that are loaded, with the kernels they chose."""
    from threadpoolctl import threadpool_info

    return [
        f"{Path(each['filepath']).parent.name.split('.')[0]}: {each['internal_api']}"
        f" {each['version']} ({each.get('architecture', '')})"
        for each in threadpool_info()
        if each["user_api"] == "blas"
    ]


def load() -> float | None:
    """Mean number of running processes over the last minute, where the system says it."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Version of each package, or "not installed"."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _cpu_info() -> dict[str, str]:
    """Fields of the first processor."""
    if not _CPU_INFO.exists():
        return {}
    first = _CPU_INFO.read_text(encoding="utf-8").split("\n\n")[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _flags() -> list[str]:
    info = _cpu_info()
    return (info.get("flags") or info.get("Features") or "").split()


def _caches() -> list[str]:
    caches = []
    for folder in sorted(_CACHES.glob("index*")):
        level, kind, size = (
            (folder / name).read_text(encoding="utf-8").strip()
            for name in ("level", "type", "size")
        )
        caches.append(f"L{level} {'' if kind == 'Unified' else kind.lower() + ' '}{size}")
    return caches


def _memory() -> str:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return ""
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
