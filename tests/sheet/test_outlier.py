import numpy as np
import pytest

from trivium.sheet.outlier import BEYOND, SCALES, normal_equations
from trivium.sheet.outlier_errata import errata


def test_rows_are_the_sheets(outlier):
    X, y = outlier.rows(4)
    assert X.shape == (901, 2)
    assert X[-1].tolist() == [4.0, 7.0]
    assert y[-1] == -1


def test_every_published_number_agrees(results):
    checks = results[2].checks
    assert len(checks) == 8
    assert [check for check in checks if not check.agrees or check.follows] == []


def test_normal_equations_are_of_the_rows_with_the_outlier(outlier):
    gram, right, solution = normal_equations(outlier, 8)
    X, y = outlier.rows(8)
    assert gram[2, 2] == len(X) == 901
    assert right[2] == y.sum()
    np.testing.assert_allclose(gram[0, 1], X[:, 0] @ X[:, 1])
    np.testing.assert_allclose(gram @ solution, right, atol=1e-10)


@pytest.mark.parametrize("scale", [0, *SCALES, BEYOND])
def test_fit_solves_the_normal_equations(outlier, scale):
    X, y = outlier.rows(scale) if scale else (outlier.X, outlier.y)
    ones = np.column_stack([X, np.ones(len(X))])
    beta = np.linalg.solve(ones.T @ ones, ones.T @ y)
    model = outlier.fits[scale].model
    np.testing.assert_allclose([*model.coef_[0], model.intercept_[0]], beta, rtol=1e-10)


def test_tilt_grows_with_the_outlier(outlier):
    tilts = [outlier.tilt(scale) for scale in (0, *SCALES, BEYOND)]
    assert tilts[0] == pytest.approx(0.0, abs=1e-5)
    assert tilts == sorted(tilts)


def test_errata_carry_the_sheets_facts(outlier):
    rounding, beyond = (erratum.evidence for erratum in errata(outlier))
    assert [rounding[f"class_0_s{s}"] for s in SCALES] == [5, 5, 5, 15]
    assert [rounding[f"accuracy_by_sign_s{s}"] for s in SCALES] == [1.0, 1.0, 1.0, 0.98]
    assert rounding["accuracy_by_rint_s16"] == pytest.approx(0.67)
    assert rounding["accuracy_by_sign_s16"] == pytest.approx(0.93)
    assert beyond["tilt_s16"] > beyond["tilt_s8"]
