"""Three classifiers and a floor on one table: folds, scores, checks, the verdict, the report."""
