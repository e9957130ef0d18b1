"""Rows whose label every model denies.

Probabilities that were fitted to some wrong labels allow for them: where one label in fifty is
wrong, none is ever surer than that. So how many rows are denied says little beside what these
probabilities let expect. What tells is where they are: rows that are hard to tell lie where classes
meet, wrong labels anywhere. Two models of the labels are compared, both with the tested rows'
logarithms of probabilities times a factor: one that takes all labels for right, one in which a
share of them is of any other class.

That says nothing of a class that models do not find: a rare one of which columns tell nothing lies
anywhere, too. So a label is asked about only where most rows of its class are told by models.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from trivium.arrays import Float64, Indices
from trivium.comparison.checks.evidence import Evidence
from trivium.comparison.checks.prepared import sample
from trivium.comparison.checks.words import fine, rows, share
from trivium.comparison.result import Check
from trivium.tabular.weights import balance

_NAME = "labels that all models deny"
_ALPHA = 0.005
_UNLIKELY = 0.25
_FEW = 0.1  # wrong labels: more of them are no mistakes of the pen
_SURE = 0.9
_DOUBTED, _DENIED, _SEVERAL = 0.1, 0.05, 3  # probabilities, the smaller of fewer rows than several
_ALL_BUT = 0.8  # of the errors of the best model
_FACTORS = np.exp(np.linspace(np.log(0.5), np.log(8.0), 32))
_SHARES = np.append(0.0, np.exp(np.linspace(np.log(1e-4), np.log(0.2), 32)))
_MOST_ROWS = 5_000


class Labelling(NamedTuple):
    """How labels come of probabilities.

    Attributes
    ----------
    factor, wrong : float
        Factor on their logarithms where a share of labels is wrong, and that share.
    p : float
        Of so many labels denied where all are right, by the ratio of likelihoods.
    """

    factor: float
    wrong: float
    p: float


def check_denied(evidence: Evidence) -> tuple[Check, ...]:
    """Look for rows whose own label all models give a small probability and agree on another."""
    runs = evidence.models
    if len(runs) < 2:
        return (fine(_NAME, "Not looked at: fewer than two models have run to their end."),)
    tested = np.flatnonzero(evidence.fold >= 0)
    classes = evidence.task.codes[tested]
    chances = np.stack([run.probabilities[tested] for run in runs.values()])
    if evidence.task.balanced:
        chances = of_the_rows(chances, evidence.counts)
    predicted = np.stack([run.predicted[tested] for run in runs.values()])
    agreed = np.where((predicted == predicted[0]).all(axis=0), predicted[0], -1)
    logs = np.log(chances).mean(axis=0)
    some = sample(classes.size, _MOST_ROWS, evidence.seed)
    found = labelling_of(logs[some], classes[some])
    most = chances.max(axis=0)
    told = are_told(logs, classes)
    out = denied(logs, agreed, found) & (most <= _UNLIKELY) & told
    at = np.arange(classes.size)
    those = np.flatnonzero(out[at, classes])
    if found.p >= _ALPHA or found.wrong > _FEW or those.size == 0:
        wrong = (predicted != classes).all(axis=0) & told[classes]
        return _alone(evidence, tested, chances[:, at, classes], wrong)
    expected = float(raised(logs, found.factor)[out].sum())
    own = most[at, classes]
    those = those[np.argsort(own[those], kind="stable")]
    has, are_right = ("has", "is it") if those.size == 1 else ("have", "are they")
    text = (
        f"{rows(those.size)} {has} a label to which every model gives a probability of "
        f"{share(float(own[those].max()))} at most, while all agree on another class; rows "
        f"that are hard to tell explain about {max(expected, 0.1):,.1f} of them: {are_right} right?"
    )
    return (Check(_NAME, "note", text, (evidence.target,), evidence.numbers(tested[those])),)


def _alone(
    evidence: Evidence, tested: Indices, chances: Float64, wrong: NDArray[np.bool_]
) -> tuple[Check, ...]:
    """Say which rows are denied where hardly any other is predicted wrong.

    Where classes meet, most errors are in doubt: few of them are as sure as these. Probabilities
    alone cannot tell a wrong label from a rare row, but somebody who looks at it can.
    """
    most, mean = chances.max(axis=0), np.exp(np.log(chances).mean(axis=0))
    denials = np.flatnonzero(wrong & (most <= _UNLIKELY) & (mean <= _DOUBTED))
    if denials.size < _SEVERAL:
        denials = denials[mean[denials] <= _DENIED]
    errors = min(
        int(np.count_nonzero(run.predicted[tested] != evidence.task.codes[tested]))
        for run in evidence.models.values()
    )
    if denials.size == 0 or denials.size < _ALL_BUT * errors or denials.size > _FEW * tested.size:
        return (fine(_NAME, "No more labels are denied by all models than hard rows explain."),)
    denials = denials[np.argsort(mean[denials], kind="stable")]
    has, are_right = ("has", "is it") if denials.size == 1 else ("have", "are they")
    text = (
        f"{rows(denials.size)} {has} a label to which every model gives a probability of "
        f"{share(float(most[denials].max()))} at most, and hardly any other row is predicted "
        f"wrong: {are_right} right?"
    )
    return (Check(_NAME, "note", text, (evidence.target,), evidence.numbers(tested[denials])),)


def raised(logs: Float64, factor: float) -> Float64:
    """Return probabilities whose logarithms are multiplied by a factor.

    Parameters
    ----------
    logs : ndarray of shape (n, n_classes)
    factor : float
    """
    scaled = factor * logs
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled


def labelling_of(logs: Float64, classes: Indices) -> Labelling:
    """Fit both models of the labels, by the greatest likelihood on a grid.

    With share s of wrong labels, a label has probability (1 - s)·q + s·(1 - q)/(n_classes - 1),
    where q is the raised one. A share cannot be negative: twice the logarithm of the ratio of
    likelihoods is zero in half of all tables without wrong labels, else chi-squared with one degree
    of freedom (Chernoff, Annals of Mathematical Statistics 25, 1954).

    Parameters
    ----------
    logs : ndarray of shape (n, n_classes)
        Logarithms of probabilities by models that have not seen the row.
    classes : ndarray of int of shape (n,)
    """
    n, n_classes = logs.shape
    likelihood = np.empty((_FACTORS.size, _SHARES.size))
    for place, factor in enumerate(_FACTORS):
        own = raised(logs, factor)[np.arange(n), classes]
        mixed = np.multiply.outer(1.0 - _SHARES, own)
        mixed += np.multiply.outer(_SHARES, (1.0 - own) / (n_classes - 1))
        likelihood[place] = np.log(np.maximum(mixed, np.finfo(np.float64).tiny)).sum(axis=1)
    factor, wrong = np.unravel_index(likelihood.argmax(), likelihood.shape)
    ratio = 2.0 * float(likelihood.max() - likelihood[:, 0].max())
    p = 0.5 * float(stats.chi2.sf(ratio, 1)) if ratio > 0.0 else 1.0
    return Labelling(float(_FACTORS[factor]), float(_SHARES[wrong]), p)


def denied(logs: Float64, agreed: Indices, found: Labelling) -> NDArray[np.bool_]:
    """Say which labels would be wrong with a probability of nine tenths or more.

    Parameters
    ----------
    logs : ndarray of shape (n, n_classes)
    agreed : ndarray of int of shape (n,)
        What all models predict; -1 where they differ.
    found : Labelling

    Returns
    -------
    ndarray of bool of shape (n, n_classes)
        None of rows that models predict differently, nor of the class that they predict.
    """
    own = raised(logs, found.factor)
    wrong = found.wrong * (1.0 - own) / (logs.shape[1] - 1)
    out: NDArray[np.bool_] = wrong >= _SURE * (wrong + (1.0 - found.wrong) * own)
    out &= (agreed >= 0)[:, None] & (found.wrong > 0.0)
    out[np.arange(agreed.size), agreed] = False
    return out


def are_told(logs: Float64, classes: Indices) -> NDArray[np.bool_]:
    """Say of each class whether it is the likeliest one for half of its rows or more.

    Parameters
    ----------
    logs : ndarray of shape (n, n_classes)
        Logarithms of probabilities of classes as frequent as here.
    classes : ndarray of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> are_told(np.log([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4]]), np.array([0, 0, 1]))
    array([ True, False])
    """
    n_classes = logs.shape[1]
    right = np.bincount(classes[logs.argmax(axis=1) == classes], minlength=n_classes)
    told: NDArray[np.bool_] = 2 * right >= np.bincount(classes, minlength=n_classes)
    return told


def of_the_rows(chances: Float64, counts: Indices) -> Float64:
    """Turn probabilities of classes that weigh alike into those of classes as frequent as here.

    Parameters
    ----------
    chances : ndarray of shape (..., n_classes)
    counts : ndarray of int of shape (n_classes,)
        Rows.

    Examples
    --------
    >>> import numpy as np
    >>> of_the_rows(np.array([0.5, 0.5]), np.array([90, 10])).round(3)
    array([0.9, 0.1])
    """
    weighed = chances / balance(counts)
    found: Float64 = weighed / weighed.sum(axis=-1, keepdims=True)
    return found
