"""Pictures of rows with more than two columns."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris, load_wine, make_moons
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

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
    PlaneGrid,
)
from trivium.displays._planes import plane_of

PAIR = (2, 0)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture
def ax():
    return Figure().subplots()


def at_medians(X, points, pair=PAIR):
    rows = np.tile(np.median(X, axis=0), (len(points), 1))
    rows[:, pair] = points
    return rows


class TestSections:
    def test_regions_are_predictions_with_the_others_at_their_medians(self, iris, ax):
        X, y = iris
        model = make_pipeline(StandardScaler(), KNeighborsClassifier(5)).fit(X, y)
        display = ClassRegionsDisplay.from_estimator(
            model, X, y, features=PAIR, resolution=30, ring_errors=True, ax=ax
        )
        expected = model.predict(at_medians(X, display.grid.points))
        np.testing.assert_array_equal(display.labels, expected)
        np.testing.assert_array_equal(display.rows_.X, X[:, PAIR])
        # The rings are of whole rows.
        assert len(display.rows_.rings_.get_offsets()) == np.sum(model.predict(X) != y)
        assert ax.get_xlabel() == "$x_{3}$\n(the other 2 columns at their medians)"

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
    def test_a_table_of_all_kinds_of_columns(self, kind, ax):
        rng = np.random.default_rng(0)
        table = kind(
            {
                "age": rng.integers(20, 80, 90),
                "town": np.array(["east", "west", "west"])[np.arange(90) % 3],
                "dose": rng.normal(size=90),
                "weight": [70.5] * 40 + [None] + [71.5] * 49,
            }
        )
        y = np.array(["ill", "well"])[(table["dose"].to_numpy() > 0).astype(int)]
        steps = make_column_transformer(
            (StandardScaler(), ["age", "dose"]), (OneHotEncoder(), ["town"])
        )
        model = make_pipeline(steps, KNeighborsClassifier(5)).fit(table, y)
        display = ClassRegionsDisplay.from_estimator(
            model, table, y, features=("dose", "age"), resolution=10, ax=ax
        )
        dose, age = display.grid.points.T
        rows = kind({"age": age, "town": ["west"] * 100, "dose": dose, "weight": [71.5] * 100})
        np.testing.assert_array_equal(display.labels, model.predict(rows))
        assert ax.get_ylabel() == "age"
        assert "medians or most frequent values" in ax.get_xlabel().replace("\n", " ")
        placed = plane_of(table, ("dose", "age")).rows(display.grid.points)
        assert set(placed["town"]) == {"west"}
        assert set(placed["weight"]) == {71.5}
        with pytest.raises(ValueError, match="column 'town' of X .* An axis takes a column of num"):
            plane_of(table, ("town", "age"))
        with pytest.raises(ValueError, match="column 'town' of X"):
            plane_of(table, projection="pca")
        with pytest.raises(ValueError, match="column 'weight' of X"):
            plane_of(table, ("weight", "age"))

    def test_categories_and_missing_values_stay_what_they_are(self):
        table = pd.DataFrame(
            {
                "a": [1.0, 2.0, 3.0],
                "b": [1.0, 2.0, 3.0],
                "c": pd.Categorical(["x", "y", "y"]),
                "d": pd.array([1, None, 3], dtype="Int64"),
                "e": [None, "z", "z"],
                "f": [None, None, None],
            }
        )
        placed = plane_of(table, ("a", "b")).rows(np.zeros((2, 2)))
        assert placed["c"].dtype == table["c"].dtype
        assert placed["c"].tolist() == ["y", "y"]
        assert placed["d"].tolist() == [2.0, 2.0]
        assert placed["e"].tolist() == ["z", "z"]
        assert placed["f"].isna().all()

    def test_lines_and_influence_lie_in_the_section(self, iris, ax):
        X, y = iris[0][:100], iris[1][:100]
        for steps in ((), (StandardScaler(),), (StandardScaler(), PCA(3))):
            model = make_pipeline(*steps, LeastSquaresClassifier(alpha=1e-3)).fit(X, y)
            tilt = BoundaryTiltDisplay.from_estimators([model], X, y, features=PAIR, ax=ax)
            ends = np.column_stack(tilt.lines_[0].get_data())
            np.testing.assert_allclose(model.decision_function(at_medians(X, ends)), 0, atol=1e-9)
            influence = InfluenceDisplay.from_estimator(model, X, y, features=PAIR, top=1, ax=ax)
            np.testing.assert_allclose(influence.coef, tilt.coefs, rtol=1e-8)
            without = np.arange(100) != influence.rows[0]
            inner = model[:-1].transform(X) if steps else X
            refit = LeastSquaresClassifier(alpha=1e-3).fit(inner[without], y[without])
            points = PlaneGrid.around(X[:, PAIR], resolution=3).points
            rows = at_medians(X, points)
            expected = refit.decision_function(model[:-1].transform(rows) if steps else rows)
            shown = points @ influence.loo_coef[0, 0] + influence.loo_intercept[0, 0]
            np.testing.assert_allclose(shown, expected, atol=1e-8)

    def test_densities_are_those_of_whole_rows(self, iris):
        X, y = iris
        model = make_pipeline(StandardScaler(), KNeighborsDensity(9)).fit(X, y)
        display = DensityDisplay.from_estimator(model, X, y, features=PAIR, resolution=5)
        inner = model[:-1].transform(at_medians(X, display.grid.points))
        expected = model[-1].score_samples(inner) - np.log(model[0].scale_).sum()
        np.testing.assert_allclose(display.log_density, expected, atol=1e-8)
        flat = make_pipeline(PCA(3), KNeighborsDensity(9)).fit(X, y)
        with pytest.raises(ValueError, match="make 3 columns of 4, and a density .* none of these"):
            DensityDisplay.from_estimator(flat, X, y, features=PAIR, resolution=5)

    def test_rows_keep_their_own_predictions(self, iris, ax):
        X, y = iris
        model = KNeighborsClassifier(5).fit(X, y)
        display = LabelledRowsDisplay.from_estimator(model, X, y, features=PAIR, ax=ax)
        np.testing.assert_array_equal(display.y_pred, model.predict(X))
        assert ax.get_xlabel() == "$x_{3}$"

    def test_names_of_all_columns_choose_and_name_the_axes(self, iris, ax):
        X, y = iris
        model = KNeighborsClassifier(5).fit(X, y)
        display = LabelledRowsDisplay.from_estimator(
            model, X, y, features=("c", "a"), feature_names=["a", "b", "c", "d"], ax=ax
        )
        np.testing.assert_array_equal(display.X, X[:, PAIR])
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("c", "a")

    @pytest.mark.parametrize(
        ("choice", "match"),
        [
            ({"features": (0, 1), "projection": "pca"}, "must not both"),
            ({"projection": "tsne"}, "projection must be 'pca' or None, got 'tsne'"),
            ({"features": (0,)}, "two columns, got 1"),
            ({"features": "a"}, "two columns, got 1"),
            ({"features": (0, 4)}, "no column 4, but 4 columns from 0"),
            ({"features": ("a", 1)}, "no column 'a'"),
            ({"features": (1, -3)}, "got 1 twice"),
            ({"features": (0, 3)}, "column 3 of X must be finite"),
            ({"projection": "pca"}, "X must be finite"),
        ],
    )
    def test_bad_choices(self, choice, match):
        X = np.ones((5, 4))
        X[2, 3] = np.nan
        with pytest.raises(ValueError, match=match):
            plane_of(X, **choice)

    def test_bad_rows(self):
        with pytest.raises(ValueError, match=r"shape \(n, d\) with n >= 1, got \(3,\)"):
            plane_of(np.ones(3), (0, 1))
        with pytest.raises(ValueError, match=r"two rows and two columns, got \(1, 3\)"):
            plane_of(np.ones((1, 3)), projection="pca")
        with pytest.raises(ValueError, match="spans more than float64 holds"):
            plane_of([[1e308, 1.0], [-1e308, 2.0], [1e308, 5.0]], projection="pca")
        model = KNeighborsClassifier(1).fit(np.eye(3), [0, 1, 2])
        with pytest.raises(ValueError, match="X has 4 columns, but KNeigh.* fitted to 3: give"):
            ClassRegionsDisplay.from_estimator(model, np.eye(4), features=(0, 1))


class TestPrincipalAxes:
    def test_they_are_those_of_standardized_columns(self, ax):
        X, y = load_wine(return_X_y=True)
        model = make_pipeline(StandardScaler(), SoftmaxRegression(alpha=1e-3)).fit(X, y)
        display = ClassRegionsDisplay.from_estimator(
            model, X, y, projection="pca", resolution=20, ax=ax
        )
        axes = PCA(2).fit(StandardScaler().fit_transform(X))
        shown = np.abs(display.rows_.X)
        np.testing.assert_allclose(
            shown, np.abs(axes.transform(StandardScaler().fit_transform(X))), atol=1e-9
        )
        # A linear function of the rows is one of the axes, on the plane: what the cells show.
        plane = plane_of(X, projection="pca")
        rows = plane.rows(display.grid.points)
        np.testing.assert_array_equal(display.labels, model.predict(rows))
        scores = model.decision_function(rows)
        line = LinearRegression().fit(display.grid.points, scores)
        np.testing.assert_allclose(line.predict(display.grid.points), scores, atol=1e-8)
        # Feet of perpendiculars: rows of the plane come back to where they are.
        again = (
            (rows - X.mean(axis=0))
            / X.std(axis=0)
            @ np.linalg.pinv((plane.rows(np.eye(2)) - X.mean(axis=0)) / X.std(axis=0))
        )
        np.testing.assert_allclose(again, display.grid.points, atol=1e-9)
        assert ax.get_xlabel().startswith("principal axis 1 (36 %)\n(% of the variance of 13")

    def test_columns_that_do_not_vary_stay_where_they_are(self):
        X = np.column_stack([make_moons(30, random_state=0)[0], np.full(30, 1e6)])
        plane = plane_of(X, projection="pca")
        np.testing.assert_array_equal(plane.rows(plane.points)[:, 2], 1e6)


class TestDrag:
    def test_each_line_is_that_of_a_fit_with_the_outlier(self, ax):
        X, y = make_moons(40, noise=0.1, random_state=0)
        model = LeastSquaresClassifier(alpha=1e-6)
        places = [[2.0, 2.0], [9.0, 9.0]]
        display = BoundaryTiltDisplay.from_drag(model, X, y, places, ax=ax)
        # Of the class that the fit without it does not predict there.
        alone = LeastSquaresClassifier(alpha=1e-6).fit(X, y)
        label = 1 - alone.predict([places[-1]])
        for place, coef in zip([None, *places], display.coefs, strict=True):
            rows = X if place is None else np.vstack([X, place])
            labels = y if place is None else np.append(y, label)
            fit = LeastSquaresClassifier(alpha=1e-6).fit(rows, labels)
            np.testing.assert_allclose(coef, fit.coef_[0], rtol=1e-9)
        assert not hasattr(model, "coef_")

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, np.asarray])
    def test_a_table_of_more_columns(self, iris, kind, ax):
        X, y = iris[0][:100], np.array(["a", "b"])[iris[1][:100]]
        columns = dict(zip("pqrs", X.T, strict=True))
        table = X if kind is np.asarray else kind(columns)
        features = (2, 0) if kind is np.asarray else ("r", "p")
        model = make_pipeline(StandardScaler(), LeastSquaresClassifier(alpha=1e-3))
        display = BoundaryTiltDisplay.from_drag(
            model, table, y, [[9.0, 9.0]], label="b", features=features, view="rows", ax=ax
        )
        outlier = at_medians(X, np.array([[9.0, 9.0]]))
        fit = make_pipeline(StandardScaler(), LeastSquaresClassifier(alpha=1e-3)).fit(
            np.vstack([X, outlier]), np.append(y, "b")
        )
        ends = np.column_stack(display.lines_[1].get_data())
        np.testing.assert_allclose(fit.decision_function(at_medians(X, ends)), 0, atol=1e-9)

    def test_lines_are_named_where_they_leave_the_picture(self):
        X, y = make_moons(40, noise=0.1, random_state=0)
        places = [[1.0, 2.0], [3.0, 9.0], [3.0, 99.0]]
        display = BoundaryTiltDisplay.from_drag(
            LeastSquaresClassifier(), X, y, places, view="rows", title="Drag"
        )
        FigureCanvasAgg(display.figure_).draw()
        texts = display.ax_.texts
        assert {text.get_text() for text in texts} == set(display.labels)
        colors = {
            line.get_color() if isinstance(line.get_color(), str) else tuple(line.get_color())
            for line in display.lines_
            if line is not None
        }
        assert len(colors) == 4
        boxes = [text.get_window_extent() for text in texts]
        figure, frame = display.figure_.bbox, display.ax_.get_window_extent()
        for box in boxes:
            assert figure.x0 <= box.x0 <= box.x1 <= figure.x1 + 1
            assert figure.y0 <= box.y0 <= box.y1 <= figure.y1 + 1
            assert box.x0 >= frame.x1 or box.y0 >= frame.y1
        title = display.ax_.title.get_window_extent()
        assert title.y0 >= max(box.y1 for box in boxes if box.x0 < frame.x1) - 1

    def test_bad_drags(self):
        X, y = make_moons(20, random_state=0)
        model = LeastSquaresClassifier()
        with pytest.raises(ValueError, match=r"outliers must have shape \(n, 2\)"):
            BoundaryTiltDisplay.from_drag(model, X, y, [1.0, 2.0])
        with pytest.raises(ValueError, match="label must be a class of y, got 7"):
            BoundaryTiltDisplay.from_drag(model, X, y, [[1.0, 2.0]], label=7)
        with pytest.raises(ValueError, match="y must hold two classes, got 1"):
            BoundaryTiltDisplay.from_drag(model, X, y * 0, [[1.0, 2.0]])


class TestBars:
    def test_two_classes_share_one_row(self, iris, ax):
        X, y = iris[0][:100], np.array(["a", "b"])[iris[1][:100]]
        model = SoftmaxRegression(alpha=0.1).fit(pd.DataFrame(X, columns=list("pqrs")), y)
        display = ClassWeightsDisplay.from_estimator(model, ax=ax, pair=("b", "a"))
        weights = -model.coef_[-1] if len(model.coef_) == 1 else model.coef_[0] - model.coef_[1]
        order = np.argsort(-np.abs(weights))
        np.testing.assert_allclose([bar.get_width() for bar in display.bars_], weights[order])
        names = [text.get_text() for text in ax.get_yticklabels()]
        assert names == [list("pqrs")[i] for i in order]
        assert "score of a over b" in ax.get_xlabel()

    def test_the_two_most_different_classes_are_compared(self, ax):
        weights = np.array([[0.0, 0.0], [3.0, 0.0], [-1.0, -4.0]])
        display = ClassWeightsDisplay(weights, classes=["a", "b", "c"]).plot(ax, top=1)
        assert [bar.get_width() for bar in display.bars_] == [-4.0]
        label = ax.get_xlabel().replace("\n", " ")
        assert "score of c over b" in label
        assert "(1 more column of smaller weight)" in label

    def test_rows_make_columns_of_different_units_comparable(self, iris, ax):
        X, y = iris
        X = X * [1.0, 1e6, 1e-6, 1.0]
        model = SoftmaxRegression(alpha=1e-3).fit(X, y)
        display = ClassWeightsDisplay.from_estimator(model, X, ax=ax)
        np.testing.assert_allclose(display.weights, model.coef_ * X.std(axis=0))
        assert "standard deviation" in ax.get_xlabel()

    def test_names_are_those_of_the_columns_that_the_weights_are_of(self, iris, ax):
        table = pd.DataFrame(iris[0], columns=["length", "width", "petal $ length", "petal width"])
        scaled = make_pipeline(StandardScaler(), SoftmaxRegression(alpha=0.1)).fit(table, iris[1])
        display = ClassWeightsDisplay.from_estimator(scaled, ax=ax)
        assert display.feature_names == list(table.columns)
        assert display.unit == "standard deviation of the column"
        turned = make_pipeline(PCA(2), SoftmaxRegression(alpha=0.1)).fit(table, iris[1])
        assert ClassWeightsDisplay.from_estimator(turned, ax=ax).feature_names == list(
            table.columns
        )
        table["kind"] = np.array(["x", "y", "z"])[np.arange(150) % 3]
        steps = make_column_transformer((StandardScaler(), ["length"]), (OneHotEncoder(), ["kind"]))
        mixed = make_pipeline(steps, SoftmaxRegression(alpha=0.1)).fit(table, iris[1])
        display = ClassWeightsDisplay.from_estimator(mixed, table, ax=ax)
        assert display.feature_names == ["length", "kind_x", "kind_y", "kind_z"]
        bent = make_pipeline(FunctionTransformer(np.sqrt), SoftmaxRegression(alpha=0.1))
        display = ClassWeightsDisplay.from_estimator(bent.fit(*iris), ax=ax)
        assert display.feature_names == ["x1", "x2", "x3", "x4"]

    def test_long_names_keep_to_the_figure(self):
        names = [f"{'a column with a very long name, ' * 4}{i}" for i in range(30)]
        display = ClassWeightsDisplay(np.eye(1, 30), feature_names=names, classes=["no", "yes"])
        display.plot(title="Weights")
        FigureCanvasAgg(display.figure_).draw()
        boxes = [text.get_window_extent() for text in display.ax_.get_yticklabels()]
        assert min(box.x0 for box in boxes) >= 0
        assert display.ax_.get_window_extent().width > 0.4 * display.figure_.bbox.width

    def test_bad_bars(self, iris):
        with pytest.raises(ValueError, match="pair must be two of the classes, got"):
            ClassWeightsDisplay(np.eye(3)).plot(pair=(0, 7))
        with pytest.raises(ValueError, match="bars compare two classes, but classes names one"):
            ClassWeightsDisplay(np.eye(1, 3), classes=["a"]).plot()
        model = SoftmaxRegression(alpha=0.1).fit(*iris)
        with pytest.raises(ValueError, match="X has 3 columns, but there are 4 weights"):
            ClassWeightsDisplay.from_estimator(model, iris[0][:, :3])
