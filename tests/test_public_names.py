"""The public face: every name is there, and importing the package alone costs nothing."""

import json
import subprocess
import sys

import pytest

import trivium

HEAVY = {"joblib", "matplotlib", "numba", "pandas", "scipy", "sklearn", "threadpoolctl"}


def modules_after(code):
    """Names of the modules that a fresh interpreter holds after running some code."""
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_importing_the_package_imports_no_room_and_nothing_heavy():
    loaded = modules_after("import trivium") - modules_after("")
    assert "trivium" in loaded
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("trivium.")}


def test_a_name_imports_its_own_wing_only():
    loaded = modules_after("import trivium\ntrivium.LeastSquaresClassifier")
    assert "trivium.least_squares.classifier" in loaded
    assert not {name for name in loaded if name.startswith(("trivium.soft", "trivium.neigh"))}
    assert "matplotlib" not in loaded


@pytest.mark.parametrize("name", trivium.__all__)
def test_every_public_name_resolves(name):
    value = getattr(trivium, name)
    assert name == "__version__" or value.__name__ == name
    assert getattr(trivium, name) is value


def test_every_name_that_resolves_is_public():
    assert set(trivium.__all__) == {*trivium._HOME, "__version__"}


def test_the_displays_are_there_on_first_use_and_draw_nothing():
    loaded = modules_after("import trivium\ntrivium.displays.ClassRegionsDisplay")
    assert "trivium.displays.regions" in loaded
    assert "matplotlib" not in loaded
    assert not {name for name in loaded if name.startswith(("trivium.soft", "trivium.neigh"))}


def test_dir_lists_the_public_names_and_the_rooms():
    assert dir(trivium) == sorted([*trivium.__all__, "displays", "lab"])


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match=r"module 'trivium' has no attribute 'NoSuchName'"):
        trivium.NoSuchName  # noqa: B018
    with pytest.raises(ImportError, match="NoSuchName"):
        from trivium import NoSuchName  # noqa: F401
