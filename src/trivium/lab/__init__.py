"""The lab: three classifiers side by side over the same points, which a hand moves."""
