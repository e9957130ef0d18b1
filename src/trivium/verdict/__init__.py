"""Whether one classifier is better than another, as far as scores by cross-validation can tell."""
