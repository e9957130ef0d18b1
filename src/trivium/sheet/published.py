"""The numbers that the exercise sheets print, as printed."""

CLASSIFICATION_REPORT = {
    "class 0": {"precision": "0.96", "recall": "0.98", "f1-score": "0.97", "support": "47"},
    "class 1": {"precision": "0.98", "recall": "0.96", "f1-score": "0.97", "support": "53"},
    "accuracy": {"f1-score": "0.97", "support": "100"},
    "macro avg": {"precision": "0.97", "recall": "0.97", "f1-score": "0.97", "support": "100"},
    "weighted avg": {"precision": "0.97", "recall": "0.97", "f1-score": "0.97", "support": "100"},
}
"""Task 1.2, printed twice: for the sheet's own classifier and for scikit-learn's."""

SWEEP_RSS = {
    1: "6",
    2: "4",
    4: "6",
    8: "5",
    16: "1",
    32: "3",
    64: "3",
    128: "5",
    256: "6",
    512: "20",
}
"""Task 1.3: residual sum of squares over the 100 test rows, by number of neighbours."""

SWEEP_ACCURACY = {
    1: "0.94",
    2: "0.96",
    4: "0.94",
    8: "0.95",
    16: "0.99",
    32: "0.97",
    64: "0.97",
    128: "0.95",
    256: "0.94",
    512: "0.80",
}
"""Task 1.3: the rest follows from the printed RSS as 1 - RSS/100."""

SWEEP_ACCURACY_PRINTED = (1, 2)
"""Task 1.3: the numbers of neighbours for which the accuracy itself is printed."""

LABEL_FREQUENCIES = {
    2: ("0.5", "0.5"),
    4: ("0.75", "0.25"),
    8: ("0.5", "0.5"),
    16: ("0.625", "0.375"),
    32: ("0.5", "0.5"),
}
"""Task 1.4: printed as "p(c)", in order of first appearance."""

OUTLIER_RSS = {1: "5", 2: "5", 4: "5", 8: "15"}
"""Task 2.2: residual sum of squares of the rounded predictions, by scale of the outlier."""

OUTLIER_ACCURACY = {1: "0.95", 2: "0.95", 4: "0.95", 8: "0.85"}
"""Task 2.2: share of the rounded predictions that equal the label."""

DIGITS_ACCURACY = "0.9644"
"""Task 3.3, first sheet: accuracy on the test rows after 1000 steps."""
