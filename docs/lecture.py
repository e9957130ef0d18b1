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
# Run the cells from top to bottom: each builds on those before it. Then change a number, and run again. The questions in
# italics are for the audience; answers are at the end. For pictures on a dark page, run
# `mpl.rcParams.update(palette.notebook_style(dark=True))` first ([more on pictures](gallery.md)).
#
# | minutes | what |
# | --- | --- |
# | 0 to 20 | neighbours: how much to remember |
# | 20 to 35 | least squares: one row that turns a line |
# | 35 to 50 | softmax regression: probabilities, by steps |
# | 50 to 60 | which of the three? |

# %%
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits, make_moons
from sklearn.metrics import log_loss
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
    palette,
)

mpl.rcParams.update(palette.notebook_style())

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
# With k = 300 all rows are everybody's neighbours: 150 of either class, a tie, which goes to the class that is first in
# order. Half of all rows are wrong, as by a coin. The best k lies between. It is found without new rows: each row is left
# out in turn, for every k, from one search.

# %%
chosen = KNeighborsClassifierCV(k_max=100).fit(X, y)
print(f"k = {chosen.n_neighbors_}, new rows {chosen.score(X_test, y_test):.3f}")
sweep = NeighborsSweepDisplay.from_estimator(chosen)
# %% [markdown]
# Of all k that are as good, give or take one standard error, the smoothest is taken:

# %%
regions = ClassRegionsDisplay.from_estimator(chosen, X, y, resolution=120)
# %% [markdown]
# The same circles measure how dense rows lie: k of n rows in a circle of area V make p(x) = k / (n V), and those of one
# class p(x given c). Bayes' rule brings the vote back:
#
# p(c given x) = p(x given c) · p(c) / p(x)

# %%
density = KNeighborsDensity(n_neighbors=15).fit(X, y)
point = [[0.5, 0.3]]
of_all = np.exp(density.score_samples(point))
of_class = np.exp(density.class_score_samples(point)[0])
print("p(x given c):", of_class.round(3), " p(c):", density.class_prior_, " p(x):", of_all.round(3))
print("Bayes:", (of_class * density.class_prior_ / of_all).round(3))
print("vote: ", density.predict_proba(point)[0].round(3))

# %% [markdown]
# *Where is the model sure although it has seen nothing?* Compare where rows are dense with what is likely there:

# %%
fields = DensityDisplay.from_estimator(
    density, X, y, resolution=100, panels=["p(x)", "p(c|x)"], only=[1]
)
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
# that does not?* A fit that bounds each row's pull (Huber's loss) holds the line that was there without the row:

# %%
rows, classes = np.vstack([clouds, [8, 14]]), np.append(labels, -1)
models = {
    "without the row": LeastSquaresClassifier().fit(clouds, labels),
    "squared error": LeastSquaresClassifier().fit(rows, classes),
    "robust": LeastSquaresClassifier(robust=True).fit(rows, classes),
}
for name, model in models.items():
    print(f"{name:16} weights {model.coef_[0].round(2)}")
held = BoundaryTiltDisplay(
    [model.coef_[0] for model in models.values()],
    [model.intercept_[0] for model in models.values()],
    clouds,
    labels,
    labels=list(models),
)
held = held.plot(view="rows")

# %% [markdown]
# ## 3. Softmax regression: probabilities, by steps
#
# Handwritten digits, 8 × 8 pixels. The scores of a row x are linear, z_c = w_c · x + b_c; the softmax makes probabilities
# of them, p_c = exp(z_c) / Σ exp(z_j); the loss of a row is -log p of its class; and its gradient is probability less
# truth, times the row: (p_c - [c is the class]) · x. Gradient descent goes against it, step by step:

# %%
digits, names = load_digits(return_X_y=True)
train, test, train_names, test_names = train_test_split(digits / 16, names, random_state=0)
plain = SoftmaxRegression(alpha=1e-3, solver="gradient-descent", learning_rate=1.0, tol=3e-3)
plain.fit(train, train_names, X_val=test, y_val=test_names)
curves = TrainingCurvesDisplay.from_estimator(plain, validation_name="test")

# %% [markdown]
# The loss that falls there has the penalty in it, the test loss has not: so the curve of the training rows may lie *above*.
# Without the penalty they compare. Steps that know how the loss bends (its second derivatives) are far fewer:

# %%
best = SoftmaxRegression(alpha=1e-3).fit(train, train_names)
for name, model in {"gradient descent": plain, "with curvature": best}.items():
    losses = [
        log_loss(of, model.predict_proba(rows))
        for rows, of in ((train, train_names), (test, test_names))
    ]
    print(
        f"{name:17} {model.n_iter_:3} steps, loss without penalty: training {losses[0]:.3f}, "
        f"test {losses[1]:.3f}; test accuracy {model.score(test, test_names):.4f}"
    )
# %% [markdown]
# The weights are pictures: where ink speaks for a digit, and where against it.

# %%
weights = best.coef_ - best.coef_.mean(axis=0)
images = ClassWeightsDisplay(weights, image_shape=(8, 8), classes=range(10)).plot()
# %% [markdown]
# *Would you have known better?* What it gets wrong, and how sure it was:

# %%
predicted = best.predict(test)
wrong = np.flatnonzero(predicted != test_names)[:8]
figure = Figure(figsize=(9, 1.8))
for axes, row in zip(figure.subplots(1, len(wrong)), wrong, strict=True):
    axes.imshow(test[row].reshape(8, 8), cmap="gray_r")
    sure = best.predict_proba(test[[row]]).max()
    axes.set_title(f"{test_names[row]} as {predicted[row]}\n{sure:.0%}", fontsize=9)
    axes.set_axis_off()
figure

# %% [markdown]
# ## 4. Which of the three?
#
# Nobody knows before it is measured, on rows that were not learnt. All three are tuned, each in its own way, and asked of
# the same folds; then it is tested whether they differ by more than chance, and by how much. (`repeats=1` is quick; without
# it folds are dealt again and again, and the verdict is surer.)

# %%
report = compare(X, y, repeats=1)
report

# %% [markdown]
# ## For the hands
#
# With the extra `notebook` (in a clone `pip install ".[notebook]"`) the rows can be dragged, and all models follow:
#
# ```python
# from trivium.lab import Plane
#
# Plane({"neighbours": KNeighborsClassifier(15), "line": LeastSquaresClassifier()}, X, y)
# ```
#
# `trivium lab` is a page of its own with such rows, and `trivium lab my.csv --target outcome` shows yours; `trivium sheet`
# runs the exercise sheets that go with this hour.
#
# ## Answers
#
# *What will k = 300 do?* It answers the same for every point.
#
# *Where is the model sure although it has seen nothing?* In the corners: p(x) is near zero there, and p(c given x) near 0 or
# 1, since all of the nearest rows, however far, are of one class. A vote says nothing of distance.
#
# *What would a loss have to look like?* It must not grow with f on the right side: as the softmax's, -log p, which falls to
# zero there, or a hinge. Or its growth must be bounded, as Huber's.
#
# *Would you have known better?* Often, but not always. The chances above the images say how far to trust each answer.
