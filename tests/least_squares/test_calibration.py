"""Probabilities from exact leave-one-out scores."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss

from trivium import LeastSquaresClassifier
from trivium.least_squares.calibration import calibrator_of

pytestmark = pytest.mark.filterwarnings("ignore:.*predicted for no training row")


def problem(seed, n, d, n_classes):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % n_classes)
    return rng.normal(size=(n, d)) + 2.0 * np.eye(n_classes, d)[y], y


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@pytest.mark.parametrize("n_classes", [2, 3])
class TestMethods:
    def test_the_calibrator_has_seen_scores_of_refits(self, method, n_classes):
        X, y = problem(0, 60, 3, n_classes)
        model = LeastSquaresClassifier(0.1, calibration=method).fit(X, y)
        scores = np.empty((60, 1 if n_classes == 2 else n_classes))
        for row in range(60):
            keep = np.arange(60) != row
            refit = LeastSquaresClassifier(0.1).fit(X[keep], y[keep])
            scores[row] = refit.decision_function(X[[row]])
        peer = calibrator_of(scores, y, np.arange(n_classes), None, method)
        given = LeastSquaresClassifier(0.1).fit(X, y).decision_function(X).reshape(60, -1)
        np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(given), atol=1e-6)

    def test_probabilities_are_probabilities(self, method, n_classes):
        X, y = problem(1, 80, 2, n_classes)
        labels = np.array(["a", "b", "c"])[y]
        model = LeastSquaresClassifier(calibration=method).fit(X, labels)
        probabilities = model.predict_proba(X)
        assert probabilities.shape == (80, n_classes)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
        assert log_loss(labels, probabilities) < np.log(n_classes)
        np.testing.assert_array_equal(
            model.predict(X), np.array(["a", "b", "c"])[probabilities.argmax(axis=1)]
        )
        assert not hasattr(model, "decision_function")

    def test_weights_count(self, method, n_classes):
        X, y = problem(2, 60, 2, n_classes)
        w = np.where(y == 0, 5.0, 1.0)
        heavy = LeastSquaresClassifier(calibration=method).fit(X, y, w).predict_proba(X)
        even = LeastSquaresClassifier(calibration=method).fit(X, y).predict_proba(X)
        assert heavy[:, 0].mean() > even[:, 0].mean()


@pytest.mark.parametrize("method", ["sigmoid", "temperature"])
def test_whole_weights_are_repeated_rows(method):
    X, y = problem(5, 40, 2, 3)
    w = np.random.default_rng(6).integers(1, 4, size=40)
    model = LeastSquaresClassifier(0.1, calibration=method).fit(X, y, w)
    repeated = LeastSquaresClassifier(0.1, calibration=method)
    repeated.fit(np.repeat(X, w, axis=0), np.repeat(y, w))
    np.testing.assert_allclose(model.predict_proba(X), repeated.predict_proba(X), atol=1e-5)


class TestRefusals:
    def test_without_calibration_there_are_no_probabilities(self):
        X, y = problem(3, 30, 2, 2)
        model = LeastSquaresClassifier().fit(X, y)
        assert not hasattr(model, "predict_proba")
        with pytest.raises(AttributeError):
            model.predict_proba(X)

    def test_an_old_calibrator_is_not_used(self):
        X, y = problem(7, 30, 2, 2)
        model = LeastSquaresClassifier(calibration="sigmoid").fit(X, y)
        model.set_params(calibration=None).fit(X, y).set_params(calibration="sigmoid")
        with pytest.raises(NotFittedError):
            model.predict_proba(X)

    def test_only_ratios_of_weights_that_are_no_counts_matter(self):
        X, y = problem(8, 40, 2, 2)
        w = np.random.default_rng(9).uniform(0.1, 0.9, size=40)
        told = [
            LeastSquaresClassifier(calibration="sigmoid").fit(X, y, scale * w).predict_proba(X)
            for scale in (1.0, 1e-6)
        ]
        np.testing.assert_allclose(told[0], told[1], atol=1e-6)

    def test_parameters(self):
        X, y = problem(4, 30, 2, 2)
        with pytest.raises(ValueError, match="calibration='platt': expected one of 'sigmoid'"):
            LeastSquaresClassifier(calibration="platt").fit(X, y)
        with pytest.raises(ValueError, match="set one of the two only"):
            LeastSquaresClassifier(calibration="sigmoid", robust=True).fit(X, y)
