"""The probability that two models are equivalent: that their difference does not matter.

Bayesian counterpart of the corrected t test: under a flat prior the posterior of the difference is
a Student t about the mean, with the corrected error. What lies between -margin and margin, the
region of practical equivalence, is the probability that the difference does not matter.

References
----------
G. Corani & A. Benavoli, A Bayesian approach for comparing cross-validated algorithms on multiple
data sets, Machine Learning 100, 2015, 285-304.
A. Benavoli, G. Corani, J. Demšar & M. Zaffalon, Time for a change: a tutorial for comparing
multiple classifiers through Bayesian analysis, JMLR 18(77), 2017, 1-36.
"""

import numpy as np
from scipy import special

from trivium.verdict.difference import Difference


def probability_within(difference: Difference, margin: float) -> float:
    """Return the posterior probability that the difference is within the margin.

    Examples
    --------
    >>> round(probability_within(Difference(0.0, 0.01, float("inf"), 1.0), 0.0196), 3)
    0.95
    """
    mean, error, dof = difference[:3]
    if np.isnan(mean):
        return 0.0
    if error == 0.0:
        return float(abs(mean) <= margin)
    low, high = (-margin - mean) / error, (margin - mean) / error
    return float(np.clip(special.stdtr(dof, high) - special.stdtr(dof, low), 0.0, 1.0))
