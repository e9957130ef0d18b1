import numpy as np
import pytest

from trivium.displays.grid import PlaneGrid
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.sheet import moons_errata
from trivium.sheet.moons import SWEEP, boundary_length, parts
from trivium.sheet.moons_errata import mean_ratios


def test_split_is_the_sheets(moons):
    assert (len(moons.X), len(moons.X_test)) == (900, 100)
    assert np.bincount(moons.y).tolist() == [453, 447]


def test_sweep_is_what_single_fits_give(moons):
    for k in (1, 16, 512):
        model = KNeighborsClassifier(n_neighbors=k).fit(moons.X, moons.y)
        np.testing.assert_array_equal(moons.swept[k], model.predict(moons.X_test))


def test_every_published_number_agrees(moons):
    checks = [check for part in parts(moons) for check in part.checks]
    assert len(checks) == 67
    assert [check for check in checks if not check.agrees] == []


def test_frequencies_are_of_the_rows_nearest_to_the_mean(moons):
    distance = np.linalg.norm(moons.X - moons.X.mean(axis=0), axis=1)
    labels = moons.y[np.argsort(distance)[:16]]
    first = labels[0]
    expected = [np.mean(labels == first), np.mean(labels != first)]
    assert moons.nearest_to_mean(16).tolist() == expected


class _Halves:
    """Regions parted by a straight line across the middle."""

    grid = PlaneGrid((0.0, 2.0, 0.0, 1.0), (10, 40))
    regions = {1: np.tile(np.repeat([0, 1], 20), 10)}  # noqa: RUF012 - a stand-in, never changed


def test_boundary_length_of_a_straight_line():
    assert boundary_length(_Halves(), 1) == pytest.approx(1.0)


def test_pictures_of_every_k_are_there(moons):
    names = [picture.name for part in parts(moons) for picture in part.pictures]
    assert len(set(names)) == len(names)
    assert all(f"moons-regions-{k}" in names for k in SWEEP)
    for k in (2, 4, 8, 16, 32):
        fields = ("x", "x-given-0", "x-given-1")
        assert all(f"moons-density-{k}-{field}" in names for field in fields)


def test_errata_carry_the_sheets_facts(moons):
    contour, prior, zero, bias, pictures, everyone = moons_errata.errata(moons)
    assert contour.evidence["share_changed_k1_k512"] > 0.05
    assert prior.evidence["prior_0"] == 453 / 900
    assert prior.evidence["mean_posterior_0_k4"] == pytest.approx(0.5, abs=5e-5)
    assert zero.evidence["rows_with_zero_radius"] > 0
    assert zero.evidence["rows_infinite_when_left_out"] == 0
    assert bias.evidence["sheet_k8"] > 1.2
    assert pictures.evidence["pixels_of_first"] > 1000
    assert pictures.evidence["pixels_of_first_left"] == 0
    assert pictures.evidence["pixels_in_saved_file"] == 0
    assert f"{everyone.evidence['train_accuracy_k900']:.4f}" == "0.5033"
    assert f"{everyone.evidence['train_accuracy_k450']:.4f}" == "0.8511"


def test_density_is_unbiased_where_the_sheets_is_not():
    sheet, unbiased = mean_ratios((4, 16))
    # E[k/(nV)] with x among its neighbours is k/(k - 2); the mean over 7400 rows, which
    # share neighbours, scatters by a few per cent.
    np.testing.assert_allclose(sheet, [4 / 2, 16 / 14], rtol=0.05)
    np.testing.assert_allclose(unbiased, 1.0, atol=0.04)
