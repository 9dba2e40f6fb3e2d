"""A program that takes the step of gradient descent itself, as one that returns the gradient."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable

import numpy as np

from bpcourse import _checks
from bpcourse._code import returned_names
from bpcourse.diagnosis.calling import Call, Keys, keys_of, takes_parameters, values_of
from bpcourse.diagnosis.forms import Form, unfit_signature
from bpcourse.diagnosis.names import positional, role_of
from bpcourse.diagnosis.results import as_lists, two_lists, without_numbers
from bpcourse.diagnosis.trouble import Trouble, cannot_call, form_trouble


def from_step(train_step: Callable, *, eta: float | None = None) -> Form:
    r"""Return a function for :func:`diagnose` from one that takes the step itself.

    The gradient is read off the step: :math:`(w - w') / \eta`, with the weights w before it and w'
    after it. The new weights may be written into the arrays, lists or dictionary that were handed
    over, or returned.

    Parameters
    ----------
    train_step : callable
        ``train_step(weights, biases, x, y)``, or with parameters whose names say what they are:
        ``train_step(x, y, W1, b1, W2, b2, learning_rate)``, ``update(params, x, y, lr)``.
    eta : float, optional
        The learning rate. By default the one that ``train_step`` has as the default of its own.

    Returns
    -------
    Form
        To be handed to :func:`diagnose`.

    Raises
    ------
    TypeError
        No learning rate was given, and the function has none.
    Trouble
        Its parameters are others, and not known.

    Examples
    --------
    >>> import bpcourse as bp
    >>> def train_step(weights, biases, x, y, eta=0.1):
    ...     (w,), (b,) = weights, biases
    ...     delta = w @ x + b - y
    ...     w -= eta * delta @ x.T / x.shape[1]
    ...     b -= eta * delta.mean(axis=1, keepdims=True)
    >>> bp.diagnose(bp.diagnose.from_step(train_step), activation="identity", sizes=[4, 3]).ok
    True
    """
    name = getattr(train_step, "__name__", type(train_step).__name__)
    if not callable(train_step):
        raise TypeError(f"train_step is {train_step!r}, want the function that takes the step")
    eta = eta_of(train_step) if eta is None else _checks.real("eta", eta)
    if not eta:
        raise TypeError(f"eta is missing: pass from_step({name}, eta=...), the learning rate")
    call = Call.of(train_step)
    by_name = call and not call.unknown and call.has("x", "y") and takes_parameters(call)
    if not by_name and call is not None and unfit_signature(train_step, (1, 2, 3, 4)):
        raise Trouble(cannot_call(name, inspect.signature(train_step)))
    keys, layers = keys_of(train_step) if by_name and call.has("params") else (Keys(), None)
    returns = returned_names(train_step)

    def backprop(weights, biases, x, y):
        before = copy.deepcopy((weights, biases))
        weights, biases = copy.deepcopy((weights, biases))
        values = values_of(weights, biases, x, y, keys, eta=eta, epochs=1, decay=0.0)
        result = call(values) if by_name else train_step(weights, biases, x, y)
        after = _after(values, result, before, keys, returns)
        if after is None:
            raise Trouble(_no_step(name))
        return gradients(before, after, eta)

    text = f"bp.diagnose.from_step({name}, eta={eta:g})"
    return Form(
        backprop,
        name,
        text,
        layers=layers or (call.layers if by_name else None),
        program=train_step,
    )


def eta_of(function):
    """Return the learning rate that a function has as a default, or None."""
    for parameter in positional(function) or ():
        is_eta = role_of(parameter.name) == "eta"
        if is_eta and isinstance(parameter.default, int | float):
            return float(parameter.default)
    return None


def gradients(before, after, eta):
    """Return the gradients from the parameters before and after a step."""
    return tuple(
        None
        if new is None
        else [(b - np.reshape(a, b.shape)) / eta for b, a in zip(old, new, strict=True)]
        for old, new in zip(before, after, strict=True)
    )


def _after(values, result, before, keys, returns):
    """Return the weights and biases after a step, or None if there was none."""
    now = values["weights"], values["biases"]
    held = values["params"]
    if keys.pairs or keys.dictionary(*before).keys() <= held.keys():
        w, b = keys.lists(held)
        now = now if _same(w, before[0]) else (w, b or values["biases"])
    if not (_same(now[0], before[0]) and _same(now[1], before[1])):
        return now
    shapes = [(w.shape, b.size) for w, b in zip(*before, strict=True)]
    if result is None:
        return None
    found = two_lists(result, shapes, returns)
    if found is None and isinstance(result, list | tuple):
        found = without_numbers(as_lists(result))
        found = (
            found if len(found) == 2 and all(isinstance(e, list | tuple) for e in found) else None
        )
    if found is None or not all(_alike(n, o) for n, o in zip(found, before, strict=True)):
        return None
    return found


def _same(now, before):
    return all(map(np.array_equal, now, before))


def _alike(new, old):
    return new is None or [np.size(each) for each in new] == [each.size for each in old]


def _no_step(name):
    return form_trouble(
        "no_step",
        "takes no step",
        f"{name} changed none of its weights and biases, and returned no new ones that can be "
        "recognized.",
        "Where are the new weights after the call?",
        "Write them into the arrays that were handed over (w -= eta * grad_w), or return "
        "(weights, biases).",
    )


def takes_a_step(name, function, came):
    """Return the finding for a function that moves its weights and returns nothing."""
    eta = eta_of(function)
    rate = f"{eta:g}" if eta else "..."
    return form_trouble(
        "step_inside",
        "takes the step itself",
        f"{name} returned {came} and changed its weights: it takes the step of gradient descent "
        "itself. Then the gradient can be read off the step, if its learning rate is known.",
        "What does the function do with the gradient once it has it?",
        f"Call bp.diagnose(bp.diagnose.from_step({name}, eta={rate})); at the terminal, add "
        f"--step {rate}.",
    )
