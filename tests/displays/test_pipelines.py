"""Pictures of pipelines are in the columns that the user gave."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.figure import Figure
from scipy.sparse import csr_array
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris, make_moons
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier as PeerClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from trivium import (
    KNeighborsClassifier,
    KNeighborsDensity,
    LeastSquaresClassifier,
    SoftmaxRegression,
)
from trivium.displays import (
    BoundaryTiltDisplay,
    ClassRegionsDisplay,
    ClassWeightsDisplay,
    DensityDisplay,
    InfluenceDisplay,
    LabelledRowsDisplay,
    NeighborsSweepDisplay,
    PlaneGrid,
    TrainingCurvesDisplay,
)

LINEAR = {
    "scaler": StandardScaler(),
    "one-sided": MinMaxScaler(),
    "principal axes": make_pipeline(StandardScaler(), PCA(2)),
    "more columns": FeatureUnion([("a", StandardScaler()), ("b", PCA(1))]),
    "columns in turn": ColumnTransformer([("a", MinMaxScaler(), [1]), ("b", "passthrough", [0])]),
}
BINS = KBinsDiscretizer(5, encode="ordinal", quantile_method="averaged_inverted_cdf")


@pytest.fixture(scope="module")
def rows():
    """Income and year of birth: units far apart, and one far from zero."""
    X, y = make_moons(120, noise=0.25, random_state=0)
    return X * [2e4, 9.0] + [5e4, 1970.0], np.array(["no", "yes"])[y]


@pytest.fixture
def ax():
    return Figure().subplots()


def wrapped(pipeline, how, X, y):
    if how == "search":
        return GridSearchCV(pipeline, {f"{pipeline.steps[-1][0]}": [pipeline[-1]]}, cv=2).fit(X, y)
    fitted = pipeline.fit(X, y)
    return FrozenEstimator(fitted) if how == "frozen" else fitted


def along(line):
    """Points of a drawn line."""
    points = np.column_stack(line.get_data()).astype(float)
    points = points[np.isfinite(points).all(axis=1)]
    return points[0] + np.linspace(0, 1, 5)[:, None] * (points[-1] - points[0])


class TestRegions:
    @pytest.mark.parametrize("how", ["pipeline", "search", "frozen"])
    @pytest.mark.parametrize("model", [KNeighborsClassifier(5), PeerClassifier(5)])
    def test_each_cell_shows_what_the_pipeline_predicts_there(self, rows, ax, how, model):
        X, y = rows
        estimator = wrapped(make_pipeline(StandardScaler(), model), how, X, y)
        display = ClassRegionsDisplay.from_estimator(
            estimator, X, y, ring_errors=True, resolution=40, ax=ax
        )
        np.testing.assert_array_equal(display.labels, estimator.predict(display.grid.points))
        left, right, bottom, top = display.grid.extent
        assert (left < X[:, 0]).all()
        assert (X[:, 0] < right).all()
        assert 1900 < bottom < top < 2030
        wrong = np.sum(estimator.predict(X) != y)
        assert len(display.rows_.rings_.get_offsets()) == wrong

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
    def test_a_step_finds_a_table_s_columns_by_name(self, rows, ax, kind):
        X, y = rows
        table = kind({"income": X[:, 0], "born": X[:, 1]})
        steps = ColumnTransformer([("scaled", StandardScaler(), ["born", "income"])])
        estimator = make_pipeline(steps, KNeighborsClassifier(5)).fit(table, y)
        display = ClassRegionsDisplay.from_estimator(estimator, table, resolution=30, ax=ax)
        points = kind(dict(zip(("income", "born"), display.grid.points.T, strict=True)))
        np.testing.assert_array_equal(display.labels, estimator.predict(points))
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("income", "born")

    def test_a_step_that_is_not_defined_in_the_picture_names_the_point(self, rows, ax):
        X, y = rows
        X = np.abs(X - X.min(axis=0)) + 1e-3
        estimator = make_pipeline(FunctionTransformer(np.log), KNeighborsClassifier(5)).fit(X, y)
        with pytest.raises(ValueError, match=r"no finite value at \(-.*, -.*\).*PlaneGrid"):
            ClassRegionsDisplay.from_estimator(estimator, X, y, ax=ax)
        grid = PlaneGrid.around(X, resolution=20, margin=0)
        ClassRegionsDisplay.from_estimator(estimator, X, y, grid=grid, ax=ax)
        knows_missing = make_pipeline(FunctionTransformer(np.log), DecisionTreeClassifier())
        ClassRegionsDisplay.from_estimator(knows_missing.fit(X, y), X, y, ax=ax)

    def test_what_a_model_refuses_besides_is_its_own_word(self, rows, ax):
        X, y = rows
        estimator = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
        with pytest.raises(NotFittedError):
            ClassRegionsDisplay.from_estimator(estimator, X, y, ax=ax)
        estimator.fit(X, y)[-1].set_params(n_neighbors=500)
        with pytest.raises(ValueError, match="n_neighbors"):
            ClassRegionsDisplay.from_estimator(estimator, X, y, ax=ax)


class TestBoundaries:
    @pytest.mark.parametrize("steps", LINEAR.values(), ids=LINEAR)
    def test_scores_are_equal_along_the_line(self, rows, ax, steps):
        X, y = rows
        estimator = make_pipeline(steps, LeastSquaresClassifier(alpha=1e-3)).fit(X, y)
        display = BoundaryTiltDisplay.from_estimators([estimator], X, y, ax=ax)
        scores = np.abs(estimator.decision_function(X))
        on_line = estimator.decision_function(along(display.lines_[0]))
        np.testing.assert_allclose(on_line, 0, atol=1e-9 * scores.max())

    @pytest.mark.parametrize("steps", LINEAR.values(), ids=LINEAR)
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_without_a_row_it_is_the_line_of_a_fit_without_it(self, rows, ax, steps, n_classes):
        X, y = rows
        y = np.where(X[:, 1] > 1975, "old", y) if n_classes == 3 else y
        estimator = make_pipeline(steps, LeastSquaresClassifier(alpha=1e-3)).fit(X, y)
        display = InfluenceDisplay.from_estimator(estimator, X, y, top=2, ax=ax)
        inner = estimator[:-1].transform(X)
        for row, coef, intercept in zip(
            display.rows, display.loo_coef, display.loo_intercept, strict=True
        ):
            others = np.arange(len(X)) != row
            # The penalty is a part of the sum over rows: the same for one row less.
            without = LeastSquaresClassifier(alpha=1e-3).fit(inner[others], y[others])
            expected = without.decision_function(inner)
            scores = (X @ coef.T + intercept).reshape(expected.shape)
            np.testing.assert_allclose(scores, expected, atol=1e-8)

    def test_steps_may_make_rows_sparse(self, rows, ax):
        X, y = rows
        steps = make_pipeline(MinMaxScaler(), FunctionTransformer(csr_array))
        estimator = make_pipeline(steps, RidgeClassifier()).fit(X, y)
        display = BoundaryTiltDisplay.from_estimators([estimator], X, y, ax=ax)
        np.testing.assert_allclose(
            estimator.decision_function(along(display.lines_[0])), 0, atol=1e-9
        )

    def test_units_do_not_turn_an_unpenalised_line(self, rows, ax):
        X, y = rows
        plain = InfluenceDisplay.from_estimator(LeastSquaresClassifier().fit(X, y), X, y, ax=ax)
        pipeline = make_pipeline(StandardScaler(), LeastSquaresClassifier()).fit(X, y)
        scaled = InfluenceDisplay.from_estimator(pipeline, X, y, ax=ax)
        np.testing.assert_array_equal(plain.rows, scaled.rows)
        np.testing.assert_allclose(plain.cooks_distance, scaled.cooks_distance, rtol=1e-8)
        for one, other in zip(
            [plain.line_, *plain.loo_lines_], [scaled.line_, *scaled.loo_lines_], strict=True
        ):
            np.testing.assert_allclose(one.get_xydata(), other.get_xydata(), rtol=1e-8)

    @pytest.mark.parametrize(
        "steps",
        [PolynomialFeatures(2), BINS, FunctionTransformer(lambda X: np.log(X - 1))],
    )
    def test_steps_that_bend_are_refused(self, rows, ax, steps):
        X, y = rows
        estimator = make_pipeline(steps, LeastSquaresClassifier(alpha=1.0)).fit(X, y)
        with pytest.raises(ValueError, match=r"LeastSquaresClassifier are not linear.*pipeline\["):
            BoundaryTiltDisplay.from_estimators([estimator], X, y, ax=ax)
        with pytest.raises(ValueError, match=r"LeastSquaresClassifier are not linear"):
            InfluenceDisplay.from_estimator(estimator, X, y, ax=ax)


class TestWeights:
    @pytest.mark.parametrize(
        "steps",
        [
            PCA(4),
            make_pipeline(MinMaxScaler(), PCA(2, whiten=True)),
            FunctionTransformer(lambda X: 9.0 - X),
        ],
    )
    @pytest.mark.parametrize("names", [False, True])
    def test_scores_rise_by_them(self, ax, steps, names):
        X, y = load_iris(return_X_y=True)
        table = pd.DataFrame(X, columns=list("abcd")) if names else X
        estimator = make_pipeline(steps, SoftmaxRegression(alpha=0.01)).fit(table, y)
        display = ClassWeightsDisplay.from_estimator(estimator, image_shape=(2, 2), ax=ax)
        inner = estimator[-1]
        scores = np.asarray(estimator[:-1].transform(table)) @ inner.coef_.T
        rise = X @ display.weights.T
        np.testing.assert_allclose(rise - rise[0], scores - scores[0], atol=1e-9)

    @pytest.mark.parametrize("steps", [StandardScaler(), MinMaxScaler()])
    def test_of_pixels_that_are_scaled_they_are_the_model_s(self, ax, steps):
        X, y = load_iris(return_X_y=True)
        estimator = make_pipeline(steps, SoftmaxRegression(alpha=0.01)).fit(X, y)
        display = ClassWeightsDisplay.from_estimator(estimator, image_shape=(2, 2), ax=ax)
        np.testing.assert_array_equal(display.weights, estimator[-1].coef_)

    def test_steps_that_bend_are_refused(self, ax):
        X, y = load_iris(return_X_y=True)
        for steps in (FunctionTransformer(np.log1p), FunctionTransformer(np.sign)):
            estimator = make_pipeline(steps, SoftmaxRegression(alpha=0.01)).fit(X, y)
            with pytest.raises(ValueError, match="SoftmaxRegression are not linear"):
                ClassWeightsDisplay.from_estimator(estimator, image_shape=(2, 2), ax=ax)


class TestDensities:
    def test_a_change_of_units_changes_the_density_and_not_the_picture(self, rows):
        X, y = rows
        X = X / [2e4, 9.0]
        grid = PlaneGrid.around(X, resolution=15)
        plain = DensityDisplay.from_estimator(KNeighborsDensity(9).fit(X, y), X, y, grid=grid)
        in_millis = FunctionTransformer(lambda X: 1000 * X)
        pipeline = make_pipeline(in_millis, KNeighborsDensity(9)).fit(X, y)
        scaled = DensityDisplay.from_estimator(pipeline, X, y, grid=grid)
        np.testing.assert_allclose(scaled.log_density, plain.log_density, atol=1e-8)
        np.testing.assert_allclose(scaled.class_log_density, plain.class_log_density, atol=1e-8)

    def test_each_step_s_own_scale_is_taken_back(self, rows):
        X, y = rows
        pipeline = make_pipeline(StandardScaler(), KNeighborsDensity(9)).fit(X, y)
        display = DensityDisplay.from_estimator(pipeline, X, y, resolution=15)
        inner = pipeline[:-1].transform(display.grid.points)
        expected = pipeline[-1].score_samples(inner) - np.log(pipeline[0].scale_).sum()
        np.testing.assert_allclose(display.log_density, expected, atol=1e-8)

    def test_bent_steps_by_their_derivative(self, rows):
        X, y = rows
        X = X / [1e4, 100.0]
        pipeline = make_pipeline(FunctionTransformer(np.log1p), KNeighborsDensity(9)).fit(X, y)
        display = DensityDisplay.from_estimator(pipeline, X, y, resolution=15)
        points = display.grid.points
        expected = pipeline[-1].score_samples(np.log1p(points)) - np.log1p(points).sum(axis=1)
        np.testing.assert_allclose(display.log_density, expected, atol=1e-6)

    def test_a_flattened_plane_has_no_density(self, rows):
        X, y = rows
        flat = FunctionTransformer(lambda X: X[:, [0, 0]])
        pipeline = make_pipeline(flat, KNeighborsDensity(9)).fit(X, y)
        display = DensityDisplay.from_estimator(pipeline, X, y, resolution=5)
        assert (display.log_density == -np.inf).all()

    def test_steps_that_leave_the_plane_are_refused(self, rows):
        X, y = rows
        pipeline = make_pipeline(PolynomialFeatures(2), KNeighborsDensity(9)).fit(X, y)
        with pytest.raises(ValueError, match="before KNeighborsDensity make 6 columns of two"):
            DensityDisplay.from_estimator(pipeline, X, y)


class TestOwnData:
    def test_a_sweep_is_that_of_the_transformed_rows(self, rows):
        X, y = rows
        pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(X[:80], y[:80])
        drawn = NeighborsSweepDisplay.from_estimator(
            pipeline, X[80:], y[80:], [1, 2, 4], X_train=X[:80], y_train=y[:80]
        )
        inner = pipeline[:-1].transform(X)
        expected = NeighborsSweepDisplay.from_estimator(
            pipeline[-1], inner[80:], y[80:], [1, 2, 4], X_train=inner[:80], y_train=y[:80]
        )
        assert drawn.scores["accuracy"].tolist() == expected.scores["accuracy"].tolist()
        assert drawn.train_scores["accuracy"].tolist() == expected.train_scores["accuracy"].tolist()

    def test_the_history_is_the_last_step_s(self, rows):
        X, y = rows
        search = wrapped(make_pipeline(StandardScaler(), SoftmaxRegression()), "search", X, y)
        display = TrainingCurvesDisplay.from_estimator(search)
        np.testing.assert_array_equal(display.loss, search.best_estimator_[-1].history_["loss"])


class TestWhatMakesNoSense:
    @pytest.mark.parametrize(
        ("display", "what"),
        [
            (InfluenceDisplay, "influence.*LeastSquaresClassifierCV"),
            (DensityDisplay, r"class_score_samples.*\(KNeighborsDensity\)"),
            (NeighborsSweepDisplay, "predict_path.*KNeighborsClassifierCV"),
            (TrainingCurvesDisplay, r"history_.*\(SoftmaxRegression\)"),
            (ClassWeightsDisplay, "coef_.*SoftmaxRegression"),
        ],
    )
    def test_a_model_without_what_is_drawn_is_named(self, rows, display, what):
        X, y = rows
        estimator = make_pipeline(StandardScaler(), PeerClassifier()).fit(X, y)
        rows = () if display in (TrainingCurvesDisplay, ClassWeightsDisplay) else (X, y)
        options = {"ks": [1]} if display is NeighborsSweepDisplay else {}
        with pytest.raises(ValueError, match=f"KNeighborsClassifier has no {what}"):
            display.from_estimator(estimator, *rows, **options)
        if display is ClassWeightsDisplay:
            with pytest.raises(ValueError, match=f"KNeighborsClassifier has no {what}"):
                BoundaryTiltDisplay.from_estimators([estimator], X, y)

    def test_a_pipeline_without_a_model(self):
        with pytest.raises(ValueError, match="last step of the pipeline is no model"):
            TrainingCurvesDisplay.from_estimator(Pipeline([("a", PCA()), ("b", "passthrough")]))

    def test_more_columns_than_a_picture_has(self, ax):
        X, y = load_iris(return_X_y=True)
        wide = KNeighborsClassifier().fit(X, y)
        ending = make_pipeline(StandardScaler(), PCA(2), LeastSquaresClassifier()).fit(X, y)
        for display in (ClassRegionsDisplay, LabelledRowsDisplay, DensityDisplay, InfluenceDisplay):
            with pytest.raises(ValueError, match=r"\(150, 4\).*features=\(.*projection='pca'$"):
                display.from_estimator(wide, X, y, ax=ax)
            with pytest.raises(ValueError, match=r"2 columns, but KNeigh.* was fitted to 4"):
                display.from_estimator(wide, X[:, :2], y, ax=ax)
            with pytest.raises(ValueError, match=r"LeastSq.*, gets two: give pipeline\[-1\] and"):
                display.from_estimator(ending, X.tolist(), y, ax=ax)
        with pytest.raises(ValueError, match=r"\(150, 4\): a picture has two axes"):
            BoundaryTiltDisplay.from_estimators([wide], X, y, ax=ax)
        with pytest.raises(ValueError, match=r"X must have shape \(n, 2\)"):
            ClassRegionsDisplay.from_estimator(wide, X[:, 0], y, ax=ax)

    def test_the_advice_can_be_taken(self, ax):
        X, y = load_iris(return_X_y=True)
        pipeline = make_pipeline(StandardScaler(), PCA(2), KNeighborsClassifier()).fit(X, y)
        names = pipeline[:-1].get_feature_names_out()
        inner = pipeline[:-1].transform(X)
        ClassRegionsDisplay.from_estimator(
            pipeline[-1], inner, y, feature_names=names, resolution=20, ax=ax
        )
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("pca0", "pca1")
