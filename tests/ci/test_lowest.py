"""The lowest versions, as CI reads them from pyproject.toml."""

import subprocess
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "lowest.py"


@pytest.fixture(scope="module")
def lowest():
    spec = spec_from_file_location("lowest", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lowest


def test_every_dependency_is_pinned_to_the_bound_that_is_declared():
    run = subprocess.run([sys.executable, SCRIPT, "test"], capture_output=True, text=True)
    pinned = dict(line.split("==") for line in run.stdout.splitlines())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert {f"{name}>={version}" for name, version in pinned.items()} > set(declared)
    assert "hatchling" in pinned


def test_a_marker_stays(lowest):
    requirement = "intel-lib>=2026.2; platform_machine == 'x86_64'"
    assert lowest(requirement) == "intel-lib==2026.2; platform_machine == 'x86_64'"


@pytest.mark.parametrize("requirement", ["numpy", "numpy<3", "numpy>=2,<3", "trivium[test]"])
def test_a_bound_that_would_not_be_tried_is_refused(lowest, requirement):
    with pytest.raises(ValueError, match="is not of the form 'name>=version'"):
        lowest(requirement)
