import numpy as np
import pytest

from trivium.displays.grid import PlaneGrid
from trivium.neighbors.classifier import KNeighborsClassifier
from trivium.neighbors.density import KNeighborsDensity
from trivium.sheet import moons_errata
from trivium.sheet.moons import SWEEP, boundary_length, labels_table
from trivium.sheet.moons_densities import DENSITY_KS, IN_PLANE, Densities
from trivium.sheet.moons_errata import mean_ratios


def test_split_is_the_sheets(moons):
    assert (len(moons.X), len(moons.X_test)) == (900, 100)
    assert np.bincount(moons.y).tolist() == [453, 447]


def test_sweep_is_what_single_fits_give(moons):
    for k in (1, 16, 512):
        model = KNeighborsClassifier(n_neighbors=k).fit(moons.X, moons.y)
        np.testing.assert_array_equal(moons.swept[k], model.predict(moons.X_test))


def test_every_number_agrees_and_what_is_not_printed_says_whence_it_follows(results):
    checks = results[1].checks
    assert [check for check in checks if not check.agrees] == []
    assert sum(not check.follows for check in checks) == 58
    follow = {check.quantity: check.follows for check in checks if check.follows}
    rest = [f"k = {k}: accuracy" for k in SWEEP if k not in (1, 2)]
    assert follow.pop("labels in which the two classifiers differ")
    assert follow == dict.fromkeys(rest, "1 − RSS/100")


def test_predicted_labels_are_all_there(moons):
    table = labels_table(np.array([0, 1, 1]), np.array([0, 0, 1]))
    assert table.rows == (("1 to 3", "0 (1) 1"),)
    predicted = moons.model.predict(moons.X_test)
    rows = labels_table(predicted, moons.y_test).rows
    words = " ".join(row[1] for row in rows).split()
    assert [int(word.strip("()")) for word in words] == predicted.tolist()
    assert sum("(" in word for word in words) == np.sum(predicted != moons.y_test)


def test_densities_are_those_of_single_fits(moons):
    densities = Densities(moons)
    for place, k in enumerate(DENSITY_KS):
        model = KNeighborsDensity(k).fit(moons.X, moons.y)
        np.testing.assert_allclose(densities.rows[place], model.score_samples(None), rtol=1e-12)
        own = model.class_score_samples(None)[np.arange(900), moons.y]
        np.testing.assert_allclose(densities.own_rows[place], own, rtol=1e-12)
    place, k = 1, IN_PLANE[1]
    model = KNeighborsDensity(k).fit(moons.X, moons.y)
    np.testing.assert_allclose(
        densities.fields[place], model.score_samples(moons.grid.points), rtol=0, atol=1e-12
    )


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


def test_pictures_of_every_k_are_there(results):
    names = [picture.name for picture in results[1].pictures]
    assert len(set(names)) == len(names)
    assert all(f"moons-regions-{k}" in names for k in SWEEP)
    for k in (2, 4, 8, 16, 32):
        assert {f"moons-rows-{k}-x", f"moons-rows-{k}-x-given-c"} <= set(names)
    for k in IN_PLANE:
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
