"""What differs between two records."""

from collections.abc import Iterator

Facts = dict[str, str]


def told_apart(old: Facts, new: Facts) -> Iterator[str]:
    """Name what is not the same in two dicts, with both values."""
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name, "(not there)"), new.get(name, "(not there)")
        if before != after:
            yield f"{name}: {before} -> {after}"


def differences(old: dict[str, Facts], new: dict[str, Facts]) -> Iterator[str]:
    """Name each case and fact that is not the same."""
    for case in dict.fromkeys([*old, *new]):
        if case not in old or case not in new:
            yield f"{case}: only in the {'new' if case in new else 'old'} record"
            continue
        for line in told_apart(old[case], new[case]):
            yield f"{case}: {line}"
