"""Softmax regression: the objective, its solvers, the classifier."""
