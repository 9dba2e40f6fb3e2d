"""Say which equation of a learner's backpropagation is wrong, in which layer, and why."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from bpcourse import _checks
from bpcourse.activations import (
    ACTIVATIONS,
    Activation,
    elu,
    gelu,
    gelu_tanh,
    identity,
    leaky_relu,
    relu,
    silu,
    softplus,
)
from bpcourse.costs import COSTS, Cost, check_fit
from bpcourse.diagnosis.adapters import name_of, one_layer
from bpcourse.diagnosis.calling import recognized
from bpcourse.diagnosis.examination import examine
from bpcourse.diagnosis.findings import Diagnosis
from bpcourse.diagnosis.forms import Convention
from bpcourse.diagnosis.from_object import from_object
from bpcourse.diagnosis.observation import Subject
from bpcourse.diagnosis.path import Setting
from bpcourse.diagnosis.trouble import Trouble

# Widths are all different, so that a wrong axis shows in the shape.
_SIZES = (4, 6, 5, 3)

_ONE_HIDDEN = [4, 6, 3]
_ONE_BY_ONE = (
    "If it goes through the examples one by one, with a step after each, it can be judged on a "
    "single one: batch=False."
)
_LIKE_RELU = (relu, leaky_relu, elu, softplus, silu, gelu, gelu_tanh)


def diagnose(
    function: Callable,
    *,
    activation: Activation | str = "sigmoid",
    output: Activation | str | None = None,
    cost: Cost | str = "quadratic",
    layout: Literal["columns", "rows", "vectors"] | None = None,
    order: Literal["w,b", "b,w"] = "w,b",
    reduction: Literal["mean", "sum"] = "mean",
    weight_decay: float = 0.0,
    training_size: int | None = None,
    batch: bool = True,
    biases: bool | None = None,
    sizes: Sequence[int] | None = None,
    labels: Literal["one_hot", "integers"] = "one_hot",
    forward: Callable | None = None,
    rng: np.random.Generator | None = None,
) -> Diagnosis:
    r"""Say which equation of a learner's backpropagation is wrong, in which layer, and why.

    Parameters
    ----------
    function : callable
        ``function(weights, biases, x, y)`` returns ``(grad_w, grad_b)``: lists of arrays with the
        shapes of ``weights`` and ``biases``. Other forms are recognized by the names of parameters
        and keys: ``function(x, y, W1, b1, W2, b2)``, ``function(params, x, y)``, the loss beside a
        dictionary with ``dW1``, a class. What must be said is said by ``diagnose.from_step``,
        ``diagnose.from_object`` and ``diagnose.from_layers``; ``diagnose.values`` takes numbers.
    activation : Activation or str
        The activation of the hidden layers.
    output : Activation or str, optional
        That of the output layer. By default the one that is matched to the cost (sigmoid for
        cross-entropy, softmax for log-likelihood); for the quadratic cost the same as in the
        hidden layers, but identity with relu and what is like it (leaky_relu, elu, softplus, silu,
        gelu, gelu_tanh).
    cost : Cost or str
        "quadratic" (:math:`\frac{1}{2} \sum_j (a_j - y_j)^2`), "cross_entropy" or
        "log_likelihood"; or a quadratic cost without the half, "sse"
        (:math:`\sum_j (a_j - y_j)^2`), or averaged over the n outputs as well, "mse"
        (:math:`\frac{1}{n} \sum_j (a_j - y_j)^2`, so that over a mini-batch it is the mean of all
        squares) and "half_mse" (half of it).
    layout : {"columns", "rows", "vectors"}, optional
        "columns": an example is a column, w has shape (n_l, n_{l-1}), b (n_l, 1), x (n_1, m).
        "rows": an example is a row, w has shape (n_{l-1}, n_l), b (n_l,), x (m, n_1).
        "vectors": one example at a time, x (n_1,), y (n_L,), b (n_l,), w (n_l, n_{l-1}).
        By default "columns", or "rows" where :func:`from_object` sees that weights are (in, out).
    order : {"w,b", "b,w"}
        The order of the two lists in the result.
    reduction : {"mean", "sum"}
        Whether the cost of a mini-batch is the mean or the sum of the costs of its examples.
    weight_decay : float
        :math:`\lambda`, if the gradient is to contain the penalty :math:`\frac{\lambda}{n} w`.
    training_size : int, optional
        n in the penalty; by default the size of the mini-batch.
    batch : bool
        False for a function that takes one example only, of shapes (n_1, 1) and (n_L, 1).
    biases : bool, optional
        False for a network without biases: the function is called with biases of zero, its
        gradients by them may be None or left out, and BP3 is not judged. By default that is
        recognized: no gradient of the biases, or zeros, and a result in which no bias shows.
    sizes : sequence of int, optional
        The widths n_1, ..., n_L to try it on; by default [4, 6, 5, 3]. Take [4, 6, 3] for a
        function that is written for one hidden layer.
    labels : {"one_hot", "integers"}
        "integers" for a function that takes as y the number of each example's class, an array of
        shape (m,): the output whose target is 1, or with one output the target itself, 0 or 1.
    forward : callable, optional
        The forward pass, for a function that takes what it returns:
        ``diagnose(backward, forward=forward)``. A function beside it in its file whose name has
        "forward" in it is found without.
    rng : numpy.random.Generator, optional
        Where the networks come from; by default always the same ones.

    Returns
    -------
    Diagnosis
        ``.ok``, ``.equation``, ``.layer``, ``.cause``, ``.evidence``, ``.hint(level)``; printed, a
        message to the learner.

    Raises
    ------
    ValueError, TypeError
        Options that are unknown or contradict each other. What the learner's function raises is
        not raised again: it is a finding.

    Notes
    -----
    The function is called some forty times, more often if it raises an error, with prints and
    warnings held back. A cause that is not in the catalogue is not guessed: then the equation and
    the layer are known, the cause is None.
    Derived in the book's chapter "Debugging backpropagation, and a museum of bugs".

    Examples
    --------
    >>> import bpcourse as bp
    >>> def backprop(weights, biases, x, y):
    ...     activations, zs = [x], []
    ...     for w, b in zip(weights, biases):
    ...         zs.append(w @ activations[-1] + b)
    ...         activations.append(bp.sigmoid(zs[-1]))
    ...     delta = (activations[-1] - y) * bp.sigmoid.prime(zs[-1])
    ...     grad_w, grad_b = [], []
    ...     for l in range(len(weights) - 1, -1, -1):
    ...         grad_w.insert(0, delta @ activations[l].T / x.shape[1])
    ...         grad_b.insert(0, delta.mean(axis=1, keepdims=True))
    ...         if l > 0:
    ...             delta = weights[l].T @ delta  # sigma' is missing
    ...     return grad_w, grad_b
    >>> found = diagnose(backprop)
    >>> found.equation, found.layer, found.cause
    ('bp2', 3, 'missing_prime')
    >>> print(found.hint(2))
    BP2 has three factors. Which of them has no counterpart in your line?
    """
    if not callable(function):
        raise TypeError(
            f"function is {function!r}, want a callable function(weights, biases, x, y), or a "
            "class; pass the function itself, without calling it"
        )
    if forward is not None and not callable(forward):
        raise TypeError(f"forward is {forward!r}, want the function of the forward pass")
    given = dict(locals())
    typed = _typed(function, given)
    setting = setting_of(activation, output, cost, reduction, weight_decay, training_size, batch)
    convention = _convention(layout, order, biases, labels)
    setting = replace(setting, biases=biases is not False, labels=convention.labels)
    setting = replace(setting, batch=setting.batch and not convention.vectors)
    widths = _widths(sizes, setting.activations[1])
    rng = _checks.generator(np.random.default_rng(0) if rng is None else rng)
    try:
        function = from_object(function) if inspect.isclass(function) else function
        decay = (lambda m: (setting.decay(m), setting.weight_decay)) if weight_decay else None
        form = recognized(function, forward=forward, decay=decay)
    except Trouble as error:
        return Diagnosis(name_of(function), (error.finding,), call=typed)
    subject = Subject(form, form.name, _as_formed(convention, form, layout))
    widths = _widths(_sizes_of(form) if sizes is None else sizes, setting.activations[1])
    try:
        usual = sizes is None and _sizes_of(form) is None
        found = examine(subject, widths, setting, rng, usual=usual)
    except Trouble as error:
        found = _second_try(subject, widths, setting, rng, error)
    one_by_one = (_ONE_BY_ONE,) if setting.batch and form.text and not found.ok else ()
    notes = (*form.notes, *found.notes, *one_by_one, *_printed(subject.heard))
    by_default = isinstance(cost, str) and cost == "quadratic" and output is None
    # Other outputs show as another forward pass.
    if found.equation == "forward" and by_default and not found.remark:
        found = replace(found, remark=_right_for(given))
    return replace(found, notes=notes, call=typed)


def _right_for(given):
    """Return a remark if a program that is wrong for the default cost is right for another one."""
    for cost, outputs in (("log_likelihood", "softmax"), ("cross_entropy", "sigmoid")):
        try:
            right = diagnose(**{**given, "cost": cost}).ok
        except ValueError:  # such as a softmax of one output: it can't be meant
            continue
        if right:
            return (
                f'All of it is right for cost="{cost}" with {outputs} outputs. If that is what you '
                f'mean, pass cost="{cost}"; what follows is about the quadratic cost.'
            )
    return ""


def _typed(function, given):
    """Return the call of diagnose as it was typed, without the options that were left out."""
    shown = [getattr(function, "text", "") or name_of(function)]
    for name, parameter in inspect.signature(diagnose).parameters.items():
        value = given[name]
        plain = isinstance(value, str | int | float)
        left_out = value is parameter.default or (plain and value == parameter.default)
        if name not in ("function", "rng") and not left_out:
            shown.append(f"{name}={_as_typed(value)}")
    return f"bp.diagnose({', '.join(shown)})".replace("'", '"')


def _as_typed(value):
    if hasattr(value, "f") or hasattr(value, "per_example"):
        return f"bp.{value.name}"
    return value.__name__ if inspect.isfunction(value) else repr(value)


def _as_formed(convention, form, layout):
    """Return the convention, with what the form knows where nothing else was asked for."""
    return convention if layout or form.rows is None else replace(convention, rows=form.rows)


def _sizes_of(form):
    """Return the widths for a form that is written for some, or for a number of layers."""
    if form.sizes is not None or form.layers is None:
        return form.sizes
    few = {1: (4, 3), 2: _ONE_HIDDEN, 3: _SIZES}
    return few.get(form.layers, (4, *range(6, 5 + form.layers), 3))


def setting_of(activation, output, cost, reduction, weight_decay, training_size, batch):
    """Return what a function is meant to compute, from the options of :func:`diagnose`."""
    cost = _checks.lookup("cost", cost, COSTS)
    hidden = _checks.lookup("activation", activation, ACTIVATIONS)
    if output is None:
        output = cost.matched or (identity if hidden in _LIKE_RELU else hidden)
    output = _checks.lookup("output", output, ACTIVATIONS)
    check_fit(cost, output)
    if not hidden.elementwise:
        raise ValueError(
            f"activation {hidden.name} works on a whole layer, want one for hidden layers: "
            f"{', '.join(a.name for a in ACTIVATIONS.values() if a.elementwise)}; for the output "
            f'pass output="{hidden.name}"'
        )
    _checks.lookup_name("reduction", reduction, dict.fromkeys(("mean", "sum")))
    if training_size is not None:
        training_size = _checks.integer("training_size", training_size, minimum=1)
    decay = _checks.real("weight_decay", weight_decay, minimum=0)
    return Setting(
        (hidden, output), cost, reduction, decay, training_size, _checks.flag("batch", batch)
    )


def _convention(layout, order, biases, labels):
    integers = _checks.lookup_name("labels", labels, {"one_hot": False, "integers": True})
    layouts = {"columns": None, "rows": None, "vectors": None}
    if layout is not None:
        _checks.lookup_name("layout", layout, layouts)
    return Convention(
        rows=layout == "rows",
        vectors=layout == "vectors",
        labels=integers,
        biases_first=_checks.lookup_name("order", order, {"w,b": False, "b,w": True}),
        biases=None if biases is None else _checks.flag("biases", biases),
    )


def _widths(sizes, output):
    wanted = "the width of every layer, such as [4, 6, 3]"
    widths = _SIZES if sizes is None else tuple(_checks.sequence("sizes", sizes, wanted))
    if not output.elementwise and widths[-1:] == (1,):
        raise ValueError(
            f"sizes is {list(widths)}: the {output.name} of one output is always 1; want two "
            "outputs or more"
        )
    if len(widths) < 2:
        raise ValueError(f"sizes is {list(widths)}, want two widths or more, such as [4, 6, 3]")
    return tuple(_checks.integer("a width in sizes", n, minimum=1) for n in widths)


def _second_try(subject, widths, setting, rng, error):
    """Try a network with layers of one width, on which some mistakes get through."""
    finding = error.finding
    cannot = Diagnosis(subject.name, (finding,), sizes=widths)
    if finding.cause in _HOPELESS:
        return cannot
    other = _in_another_form(subject, widths, setting, rng)
    if other is None and any(said in finding.sentence for said in _NO_LISTS):
        other = _as_one_layer(subject, widths, setting, rng)
    if other is not None:
        return other
    found = _attempt(subject, (max(5, max(widths)),) * len(widths), setting, rng)
    if found is not None and not found.ok:
        note = f"With layers of different widths: {finding.sentence}"
        return replace(found, notes=(*found.notes, note))
    if len(widths) > 3 and _attempt(subject, _ONE_HIDDEN, setting, rng) is not None:
        note = f"It runs with one hidden layer. If it is meant for one, pass sizes={_ONE_HIDDEN}."
        return replace(cannot, notes=(note, *cannot.notes))
    vectors = replace(subject, convention=replace(subject.convention, vectors=True, rows=False))
    if _attempt(vectors, widths, replace(setting, batch=False), rng) is not None:
        note = 'It runs with one example as a vector. If that is meant, pass layout="vectors".'
        return replace(cannot, notes=(note, *cannot.notes))
    turned = replace(subject, convention=subject.convention.turned())
    forms = [turned.convention, *(each for each, _ in _other_forms(turned.convention, setting))]
    turned_runs = any(
        _attempt(replace(subject, convention=each), widths, setting, rng) for each in forms
    )
    if turned_runs:
        row, layout = ("row", "rows") if turned.convention.rows else ("column", "columns")
        note = f'It runs with an example as a {row}. If that is meant, pass layout="{layout}".'
        return replace(cannot, notes=(note, *cannot.notes))
    return cannot


# What does not change on another network.
_HOPELESS = ("not_written", "none", "not_a_pair", "swapped", "parameters", "step_inside")


# What Python and NumPy say where an array was expected, and a list of arrays came.
_NO_LISTS = ("'list'", "inhomogeneous")


def _in_another_form(subject, widths, setting, rng):
    """Judge a function that runs only with labels, or with biases as rows; or return None."""
    for other, note in _other_forms(subject.convention, setting):
        found = _attempt(replace(subject, convention=other), widths, setting, rng)
        if found is not None:
            return replace(found, notes=(note, *found.notes))
    return None


def _as_one_layer(subject, widths, setting, rng):
    """Judge a function of w and b that are no lists but the arrays of one layer; or return None."""
    sizes = widths if len(widths) == 2 else (widths[0], 1)
    for turned in (False, True):
        single = replace(subject, function=one_layer(subject.function, turned=turned))
        found = _attempt(single, sizes, setting, rng)
        if found is not None:
            shape = "(n_1, n_2)" if turned != subject.convention.rows else "(n_2, n_1)"
            note = f"It takes no lists but the arrays of one layer: w of shape {shape}, and b."
            return replace(found, notes=(note, *found.notes))
    return None


def _other_forms(convention, setting):
    """Return other conventions with rows or columns as they are, and what to say of them."""
    labels = 'Its y is the number of the class: labels="integers".'
    as_rows = "It was called with biases of shape (1, n_l)."
    takes_labels = setting.cost.name == "log_likelihood" and not convention.labels
    forms = []
    if takes_labels:
        forms.append((replace(convention, labels=True), labels))
    if convention.rows:
        forms.append((replace(convention, bias_rows=True), as_rows))
    if convention.rows and takes_labels:
        both = replace(convention, labels=True, bias_rows=True)
        forms.append((both, f"{labels} {as_rows}"))
    return forms


def _attempt(subject, widths, setting, rng):
    """Return the diagnosis on these widths, or None if the function doesn't run there either."""
    try:
        return examine(subject, widths, setting, rng)
    except Trouble:
        return None


def _printed(heard, most=3):
    """Return a note with the first lines that a program printed."""
    lines = [line.strip()[:80] for line in "".join(heard).splitlines() if line.strip()]
    if not lines:
        return ()
    shown = ", ".join(f'"{line}"' for line in lines[:most])
    return (f"Your program printed{' first' if len(lines) > most else ''}: {shown}.",)
