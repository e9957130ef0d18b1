"""Settings for the whole suite."""

import os

# Lets scikit-learn run its check of array-API input too; read when SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("MPLBACKEND", "agg")
