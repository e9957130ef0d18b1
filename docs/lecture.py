# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Three classifiers in an hour
#
# Nearest neighbours, linear least squares, softmax regression: what each one assumes, where it breaks, and how to tell.
# Every cell runs by itself from top to bottom; change a number and run it again. The questions in italics are for the
# audience.
#
# | minutes | what |
# | --- | --- |
# | 0 to 20 | neighbours: how much to remember |
# | 20 to 35 | least squares: one row that turns a line |
# | 35 to 50 | softmax regression: probabilities, by steps |
# | 50 to 60 | which of the three? |

# %%
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits, make_moons
from sklearn.model_selection import train_test_split

from trivium import (
    KNeighborsClassifier,
    KNeighborsClassifierCV,
    KNeighborsDensity,
    LeastSquaresClassifier,
    SoftmaxRegression,
    compare,
)
from trivium.displays import (
    BoundaryTiltDisplay,
    ClassRegionsDisplay,
    ClassWeightsDisplay,
    DensityDisplay,
    NeighborsSweepDisplay,
    TrainingCurvesDisplay,
)

# %% [markdown]
# ## 1. Neighbours: how much to remember
#
# Two half moons that interleave. A point gets the class that most of its k nearest rows have.

# %%
X, y = make_moons(n_samples=300, noise=0.25, random_state=0)
X_test, y_test = make_moons(n_samples=1000, noise=0.25, random_state=1)
nearest = KNeighborsClassifier(n_neighbors=1).fit(X, y)
print(f"on its own rows {nearest.score(X, y):.3f}, on new rows {nearest.score(X_test, y_test):.3f}")
regions = ClassRegionsDisplay.from_estimator(nearest, X, y, resolution=120)
# %% [markdown]
# With k = 1 every row is its own neighbour: no error on the rows that were learnt, islands round single rows, and worse
# on new ones. *What will k = 300 do?*

# %%
for k in (1, 15, 100, 300):
    model = KNeighborsClassifier(n_neighbors=k).fit(X, y)
    print(
        f"k = {k:3}: own rows {model.score(X, y):.3f}, new rows {model.score(X_test, y_test):.3f}"
    )

# %% [markdown]
# All 300 rows are everybody's neighbours: every point gets the majority. The best k lies between. It is found without new
# rows: each row is left out in turn, for every k, from one search.

# %%
chosen = KNeighborsClassifierCV(k_max=100).fit(X, y)
print(f"k = {chosen.n_neighbors_}, new rows {chosen.score(X_test, y_test):.3f}")
sweep = NeighborsSweepDisplay.from_estimator(chosen)
# %% [markdown]
# Of all k that are as good, give or take one standard error, the smoothest is taken:

# %%
regions = ClassRegionsDisplay.from_estimator(chosen, X, y, resolution=120)
# %% [markdown]
# The same circles measure how dense rows lie. Divide the density of a class by that of all, and the vote comes back:
# Bayes' rule. *Where is the model sure although it has seen nothing?*

# %%
density = KNeighborsDensity(n_neighbors=15).fit(X, y)
fields = DensityDisplay.from_estimator(density, X, y, resolution=100)
# %% [markdown]
# ## 2. Least squares: one row that turns a line
#
# Targets are +1 and −1, the line is where the fitted value is zero. Two clouds and one more row, of the right class, on
# the right side, but farther and farther away.

# %%
random = np.random.RandomState(0)
clouds = np.vstack([0.2 * random.randn(100, 2), 1.0 + 0.2 * random.randn(100, 2)])
labels = np.repeat([1, -1], 100)
scales = [1, 2, 4, 8]
lines = []
for s in scales:
    rows, classes = np.vstack([clouds, [s, 1.75 * s]]), np.append(labels, -1)
    lines.append(LeastSquaresClassifier().fit(rows, classes))
    influence = lines[-1].influence(rows, classes)
    print(f"s = {s}: Cook's distance of the far row {influence.cooks_distance[-1]:.2f}")
tilt = BoundaryTiltDisplay(
    [line.coef_[0] for line in lines],
    [line.intercept_[0] for line in lines],
    clouds,
    labels,
    labels=[f"s = {s}" for s in scales],
)
tilt = tilt.plot(view="rows")
# %% [markdown]
# Squared error punishes a row for being *too right*: f far below −1 counts as wrong. *What would a loss have to look like
# that does not?* A fit that bounds each row's pull holds its line:

# %%
rows, classes = np.vstack([clouds, [8, 14]]), np.append(labels, -1)
for robust in (False, True):
    model = LeastSquaresClassifier(robust=robust).fit(rows, classes)
    print(f"robust={robust}: weights {model.coef_[0].round(2)}")

# %% [markdown]
# ## 3. Softmax regression: probabilities, by steps
#
# Handwritten digits, 8 × 8 pixels. The scores are linear, the softmax makes probabilities of them, and the gradient of the
# loss is probability less truth, times the row.

# %%
digits, names = load_digits(return_X_y=True)
train, test, train_names, test_names = train_test_split(digits / 16, names, random_state=0)
best = SoftmaxRegression(alpha=1e-3).fit(train, train_names, X_val=test, y_val=test_names)
print(f"{best.n_iter_} steps with curvature; test accuracy {best.score(test, test_names):.4f}")
curves = TrainingCurvesDisplay.from_estimator(best, validation_name="test")
# %% [markdown]
# The weights are pictures: where ink speaks for a digit, and where against it.

# %%
weights = best.coef_ - best.coef_.mean(axis=0)
images = ClassWeightsDisplay(weights, image_shape=(8, 8), classes=range(10)).plot()
# %% [markdown]
# *Would you have known better?* What it gets wrong:

# %%
predicted = best.predict(test)
wrong = np.flatnonzero(predicted != test_names)[:8]
figure = Figure(figsize=(9, 1.6))
for axes, row in zip(figure.subplots(1, len(wrong)), wrong, strict=True):
    axes.imshow(test[row].reshape(8, 8), cmap="gray_r")
    axes.set_title(f"{test_names[row]} as {predicted[row]}", fontsize=9)
    axes.set_axis_off()
figure

# %% [markdown]
# ## 4. Which of the three?
#
# Nobody knows before it is measured, on rows that were not learnt.

# %%
report = compare(X, y, repeats=1)
report

# %% [markdown]
# ## For the hands
#
# With `pip install "trivium[notebook]"` the rows can be dragged, and all models follow:
#
# ```python
# from trivium.lab import Plane
#
# Plane({"neighbours": KNeighborsClassifier(15), "line": LeastSquaresClassifier()}, X, y)
# ```
#
# `trivium lab` opens the same in a page of its own; `trivium sheet` runs the exercise sheets that go
# with this hour.
