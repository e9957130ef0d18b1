"""scikit-learn's own checks, every one of them, for every estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import trivium

ESTIMATORS = [
    trivium.NearestNeighbors(),
    trivium.NearestNeighbors(algorithm="kd_tree", metric="cosine"),
    trivium.NearestNeighbors(n_neighbors=2, metric="precomputed"),
    trivium.KNeighborsClassifier(),
    trivium.KNeighborsClassifier(2, metric="minkowski", p=3, algorithm="ball_tree"),
    trivium.KNeighborsClassifier(algorithm="kd_tree", weights="distance"),
    trivium.KNeighborsClassifierCV(),
    trivium.KNeighborsClassifierCV(
        k_max=4, scoring="neg_log_loss", rule="best", weights="distance"
    ),
    trivium.KNeighborsDensity(n_neighbors=3),
    trivium.KNeighborsDensity(n_neighbors=3, volume="per_class"),
    trivium.LeastSquaresClassifier(),
    trivium.LeastSquaresClassifier(alpha=0.1, fit_intercept=False),
    trivium.LeastSquaresClassifier(alpha=0.1, calibration="sigmoid"),
    trivium.LeastSquaresClassifier(robust=True),
    trivium.LeastSquaresClassifier(alpha=0.1, calibration="temperature", robust=True),
    trivium.LeastSquaresClassifierCV(),
    trivium.LeastSquaresClassifierCV(alphas=4, scoring="neg_mean_squared_error", rule="best"),
    trivium.SoftmaxRegression(),
    trivium.SoftmaxRegression(solver="gradient-descent", max_iter=10_000, tol=0.1),
    trivium.SoftmaxRegressionCV(alphas=4, cv=3),
]


def cannot_hold(estimator):
    """Functions through the origin cannot have one sign everywhere, whatever classes weigh.

    What is asked of sparse rows supposes that whoever has probabilities is a classifier.
    """
    if isinstance(estimator, trivium.KNeighborsDensity):
        checks = "check_estimator_sparse_array", "check_estimator_sparse_matrix"
        return dict.fromkeys(checks, "a density is no classifier")
    if not getattr(estimator, "fit_intercept", True):
        return {"check_class_weight_classifiers": "there is no intercept"}
    return {}


# One check repeats rows and asks for the density at them, which is infinite; one gives a class
# next to no weight, so that it is not predicted.
@pytest.mark.filterwarnings("ignore:.*predicted for no training row:trivium.MaskedClassWarning")
@pytest.mark.filterwarnings("ignore:.*the ball has no volume:UserWarning")
# Some hand sparse rows to what is to make a tree.
@pytest.mark.filterwarnings("ignore:.*makes a tree of dense rows, and X is sparse:UserWarning")
# And it takes a hundredth of the steps that it had been given.
@pytest.mark.filterwarnings("ignore:gradient-descent stopped after 1000 steps")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=cannot_hold)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
