"""What the suites of the two linear classifiers share."""
