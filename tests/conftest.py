"""Settings for the whole suite."""

import os

from hypothesis import settings

# Lets scikit-learn run its check of array-API input too; read when SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("MPLBACKEND", "agg")

# A machine that others load as well makes no example wrong.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")
