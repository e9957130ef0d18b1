"""A solver's steps passed on to scikit-learn's callbacks."""

from typing import Any

from trivium.arrays import Float64


class Steps:
    """Observer of a solver that makes a task of every step.

    As scikit-learn's own estimators do, a task begins when the one before it has ended, so
    that one is left over when the solver stops; `close` ends it without a model.

    Parameters
    ----------
    context : CallbackContext
        Of the whole fit.
    estimator : estimator
    X, y : as given to ``fit``
    metadata : dict or None
        The sample weights, if there are any.
    """

    def __init__(self, context: Any, estimator: Any, X: Any, y: Any, metadata: Any) -> None:
        self._context = context
        self._estimator = estimator
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._step: Any = None

    def __call__(self, parameters: Float64, at: Any, step: float) -> bool:
        """End the task of the step that led here, if one did, and begin the next.

        Returns whether a callback asks to stop.
        """
        d = self._estimator.n_features_in_
        model = {"coef_": parameters[:, :d].copy(), "intercept_": parameters[:, d:].sum(axis=1)}
        if self._step is not None:
            task, self._step = self._step, None
            if task.call_on_fit_task_end(**self._given, reconstruction_attributes=model):
                return True
        self._step = self._context.subcontext(task_name="step")
        self._step.call_on_fit_task_begin(**self._given, reconstruction_attributes=model)
        return False

    def close(self) -> None:
        """End the task that was begun last, if there is one: its step was not taken."""
        if self._step is not None:
            self._step.call_on_fit_task_end(estimator=self._estimator)
