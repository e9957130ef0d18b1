"""Print the lowest versions that pyproject.toml allows, as constraints for pip.

``python .ci/lowest.py test`` turns each ``name>=1.2`` of the dependencies, of the extra "test" and
of the build into ``name==1.2``, so that what is declared is what was tried.
"""

import re
import sys
import tomllib
from pathlib import Path

_BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)>=(?P<version>[0-9.]+)(?P<marker>\s*;.*)?")


def lowest(requirement: str) -> str:
    """Return the constraint for the lowest version that a requirement allows.

    Parameters
    ----------
    requirement : str
        ``name>=version``, with a marker where it needs one.

    Raises
    ------
    ValueError
        If it has another form: a bound that nobody tries would be a guess.
    """
    bound = _BOUND.fullmatch(requirement.strip())
    if bound is None:
        raise ValueError(f"pyproject.toml: {requirement!r} is not of the form 'name>=version'")
    return f"{bound['name']}=={bound['version']}{bound['marker'] or ''}"


def main(extras: list[str]) -> None:
    """Print a constraint a line."""
    table = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    project = table["project"]
    required = [*table["build-system"]["requires"], *project["dependencies"]]
    for extra in extras:
        required += project["optional-dependencies"][extra]
    print("\n".join(lowest(requirement) for requirement in required))


if __name__ == "__main__":
    main(sys.argv[1:])
