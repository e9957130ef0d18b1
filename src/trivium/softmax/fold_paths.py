"""The path of penalties in each fold, and what its models score."""

import copy
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax
from sklearn.utils.validation import _check_method_params

from trivium.arrays import Float64
from trivium.blocks.scaling import comparable_weights
from trivium.rows.block import Block
from trivium.rows.csr import as_scipy
from trivium.rows.labelled import LabelledRows
from trivium.rows.source import Rows
from trivium.scorers import Scorer, asked
from trivium.softmax.absent import with_absent
from trivium.softmax.assessment import NOTHING_LEFT
from trivium.softmax.base import Logits
from trivium.softmax.certificate.duality_gap import certify
from trivium.softmax.classifier import SoftmaxRegression
from trivium.softmax.distinct import distinct
from trivium.softmax.fitting import Fitted, fit_parameters
from trivium.softmax.folds import Fold, require_classes
from trivium.softmax.solvers.protocol import Status
from trivium.softmax.unpenalised import fit_unpenalised

_LENGTH = 4096  # rows predicted at a time
_LEAST_LOG = float(np.log(np.finfo(np.float64).eps))


class FoldScores(NamedTuple):
    """What the path of one fold scored, each of shape (n_alphas,)."""

    log_loss: Float64
    accuracy: Float64
    chosen: Float64
    unfinished: int


class FoldPaths(NamedTuple):
    """What the folds have in common.

    Attributes
    ----------
    rows : LabelledRows
        Those that are scored, with their sample weights.
    factors : ndarray of shape (n_classes,) or None
        Weights of their classes, which come on top where rows are learnt from.
    balanced : bool
        Whether each fold has its own in place of these.
    alphas : ndarray of shape (n_alphas,)
    model : SoftmaxRegression
        Of the classes and columns of the rows, without coefficients.
    scorer : callable or None
        One that is neither log-loss nor accuracy.
    scoring : object
        What errors call it.
    metadata : dict
        What the scorer is given besides, of the rows given.
    """

    rows: LabelledRows
    factors: Float64 | None
    balanced: bool
    alphas: Float64
    model: SoftmaxRegression
    scorer: Scorer | None
    scoring: Any
    metadata: dict[str, Any]

    def scores(self, fold: Fold) -> FoldScores:
        """Fit one fold from the greatest penalty down, and score every model."""
        rows, alphas, model = self.rows, self.alphas, self.model
        learnt, present = self._learnt(fold).of_weight()
        merged = distinct(learnt.rows)
        test = rows.rows.subset(fold.test)
        log_loss, accuracy, chosen = np.zeros((3, alphas.size))
        start, unfinished = None, 0
        for place in np.argsort(-alphas, kind="stable"):
            alpha = float(alphas[place])
            options: dict[str, Any] = {
                "fit_intercept": model.fit_intercept,
                "solver": model.solver,
                "max_iter": model.max_iter,
                "tol": model.tol,
                "start": start,
                "observe": lambda *_: None,
            }
            with np.errstate(over="ignore", invalid="ignore"):
                if alpha == 0:
                    fitted, _ = fit_unpenalised(merged, **options)
                else:
                    fitted = fit_parameters(merged, alpha=alpha, learning_rate="auto", **options)
            unfinished += _is_unfinished(merged, fitted, alpha, model.fit_intercept)
            start = fitted.coef
            if model.fit_intercept:
                start = np.column_stack([fitted.coef, fitted.intercept])
            parameters = fitted.coef, fitted.intercept
            if present.size < rows.classes.size:
                parameters = with_absent(*parameters, present, rows.classes.size)
            log_loss[place], accuracy[place] = _test_scores(test, *parameters)
            if self.scorer is not None:
                chosen[place] = self._scored(self.scorer, fold, test, parameters, alpha)
        return FoldScores(log_loss, accuracy, chosen, unfinished)

    def _learnt(self, fold: Fold) -> LabelledRows:
        """Return the rows that one fold learns from, with the weights of their classes."""
        rows, factors = self.rows, self.factors
        learnt = rows.take(fold.train)
        if factors is None:
            return learnt
        if self.balanced:
            return learnt.times("balanced")
        heard = np.flatnonzero(factors)
        require_classes(rows, fold, np.intersect1d(learnt.codes, heard), min(heard.size, 2))
        return learnt.multiplied(factors)

    def _scored(
        self,
        scorer: Scorer,
        fold: Fold,
        test: Rows,
        parameters: tuple[Float64, Float64],
        alpha: float,
    ) -> float:
        """Ask a scorer of scikit-learn."""
        rows = self.rows
        model = copy.copy(self.model)
        model.alpha = alpha
        model.coef_, model.intercept_ = parameters
        given = fold.test if rows.kept is None else rows.kept[fold.test]
        metadata = _check_method_params(np.empty(rows.n_given), self.metadata, given)
        try:
            (whole,) = test.slabs(sys.maxsize)
            return asked(scorer, model, as_scipy(whole.X), rows.classes[test.codes], metadata)
        except Exception as error:
            raise ValueError(
                f"scoring={self.scoring!r} fails in fold {fold.number} with alpha={alpha:g}: "
                f"{error}"
            ) from error


def _is_unfinished(rows: Rows, fitted: Fitted, alpha: float, fit_intercept: bool) -> bool:
    """Whether a fit stopped early; as `warn_of`, not if it is known to be at its optimum."""
    if fitted.status not in (Status.ROUNDING, Status.NO_PROGRESS):
        return fitted.status is not Status.CONVERGED
    parameters = fitted.coef, fitted.intercept
    gap = certify(rows, *parameters, alpha=alpha, fit_intercept=fit_intercept).gap
    return not gap <= NOTHING_LEFT * abs(fitted.loss)


def _test_scores(test: Rows, coef: Float64, intercept: Float64) -> tuple[float, float]:
    """Mean log-loss and accuracy of one fold's other rows.

    The log-loss of a class without probability is clipped as scikit-learn does, so that
    penalties still compare by what they make of the other rows.
    """
    codes, weights = test.codes, comparable_weights(test.weights)
    found = test.each(_OwnClass(coef, intercept), length=_LENGTH, blas=False)
    own, right = np.ascontiguousarray(found.T)
    own[np.isneginf(intercept)[codes]] = _LEAST_LOG
    return -float(np.average(own, weights=weights)), float(np.average(right, weights=weights))


@dataclass(frozen=True)
class _OwnClass(Logits):
    """Logarithm of the probability of each row's own class, and whether it is the greatest."""

    def __call__(self, block: Block) -> Float64:
        logits, codes = self.of(block), block.codes
        own = log_softmax(logits, axis=1)[np.arange(codes.size), codes]
        return np.column_stack([own, logits.argmax(axis=1) == codes])
