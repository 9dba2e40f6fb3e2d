"""A learner's file: which of its names to judge, and the numbers that it ends with."""

import inspect
import json
from pathlib import Path

import numpy as np

from bpcourse.diagnosis.calling import Call, takes_parameters
from bpcourse.diagnosis.from_object import from_object
from bpcourse.diagnosis.from_step import from_step
from bpcourse.diagnosis.trouble import Trouble, form_trouble

# Files with numbers, from any language.
FILES = (".npz", ".json")

_LIKELY = "backprop backpropagation back_propagation back_prop backward_propagation backward_prop "
_LIKELY += "L_model_backward backward_pass backward compute_gradients gradients gradient loss "
_LIKELY += "cost_function_prime train_step update_step step update train"

_ARRAYS = ("x", "y", "weights", "biases", "grad_w", "grad_b", "delta")


def likely(names, functions, preferred, module):
    """Return the name of what is to be judged in a file, where none was given."""
    if preferred in names or preferred != "backprop":
        return preferred if preferred in names or len(functions) != 1 else functions[0]
    if len(functions) == 1 and not _classes(names, module) and _takes_enough(names[functions[0]]):
        return functions[0]
    known = [name for name in _LIKELY.split() if name in functions]
    if known:
        return known[0]
    classes = _classes(names, module)
    if len(classes) > 1:
        classes = _largest({name: _layers(names[name]) for name in classes})
    if len(classes) == 1:
        return classes[0]
    fitting = [name for name in functions if _takes_a_network(names[name])]
    return fitting[0] if len(fitting) == 1 else preferred


def _takes_a_network(function):
    """Say whether the parameters of a function are known as x, y and the parameters."""
    call = Call.of(function)
    return call is not None and not call.unknown and call.has("x", "y") and takes_parameters(call)


def _takes_enough(function):
    """Say whether a function may be one that computes gradients: three parameters, or any."""
    parameters = inspect.signature(function).parameters.values()
    return len(parameters) > 2 or any(p.kind is p.VAR_POSITIONAL for p in parameters)


def _classes(names, module):
    return [n for n, c in names.items() if inspect.isclass(c) and c.__module__ == module]


def _largest(layers):
    """Return the names with the most layers: a network holds what its layers hold."""
    most = max(layers.values())
    return [name for name, number in layers.items() if number == most > 0]


def _layers(kind):
    """Return how many layers the network of a class has: 0 if it is none, infinity for any."""
    try:
        form = from_object(kind)
    except Exception:  # whatever its making raises
        return 0
    return np.inf if form.layers is None else form.layers


def formed(found, names, form):
    """Return a function or class of a file in the form that was said at the terminal.

    Parameters
    ----------
    found : object
        The function or class.
    names : dict
        All names of the file.
    form : dict
        See :class:`~bpcourse.classroom.run.Task`.
    """
    eta = form.get("step")
    if inspect.isclass(found):
        named = {key: form.get(key) for key in ("weights", "biases", "call")}
        named = {key: tuple(value) if value else None for key, value in named.items()}
        return from_object(found, eta=eta, **named)
    if eta is not None:
        return from_step(found, eta=eta)
    return found


def forward_of(names, form):
    """Return the forward pass that was named at the terminal, or None."""
    name = form.get("forward")
    if name is None or callable(names.get(name)):
        return names.get(name)
    functions = [n for n, f in names.items() if inspect.isfunction(f)]
    raise Trouble(
        form_trouble(
            "no_forward",
            f"no function {name}",
            f"The file has no function {name}. Its functions: {', '.join(functions) or 'none'}.",
            "Is the name of the forward pass spelled as in the file?",
            f"Name another one: --forward {functions[0] if functions else 'NAME'}.",
        )
    )


# Numbers


def read_values(path):
    """Return the arrays of an .npz or JSON file by name, in lists where there is one a layer.

    In an .npz file the arrays of a list are named weights0, weights1, ... or w2, w3, ...
    """
    try:
        if Path(path).suffix.lower() == ".json":
            held = json.loads(Path(path).read_text(encoding="utf-8"))
        else:
            with np.load(path, allow_pickle=False) as file:
                held = dict(file)
    except (OSError, ValueError) as error:
        raise Trouble(_unreadable(path, error)) from error
    return collected(held)


def collected(held):
    """Return arrays by the names that :func:`values` has; numbered ones as lists.

    Examples
    --------
    >>> collected({"x": 1, "weights1": 2, "weights0": 3})
    {'x': 1, 'weights': [3, 2]}
    """
    found = {}
    for name in _ARRAYS:
        numbers = {
            int(key[len(name) :].strip("_")): key
            for key in held
            if key.startswith(name) and key[len(name) :].strip("_").isdigit()
        }
        if name in held:
            found[name] = held[name]
        elif numbers:
            found[name] = [held[numbers[i]] for i in sorted(numbers)]
    return found


def _unreadable(path, error):
    return form_trouble(
        "unreadable",
        "the numbers can't be read",
        f"{Path(path).name} can't be read: {error}.",
        "Open the file by hand: is it JSON, or written by np.savez?",
        "Write it with np.savez(path, x=x, y=y, weights0=w2, weights1=w3, grad_w0=..., grad_b0=...)"
        ' or as JSON: {"x": [...], "y": [...], "weights": [[[...]]], "grad_w": [[[...]]], ...}.',
    )


def pick_values(names, wanted):
    """Return the arrays that a script ends with, by the names that were given for them."""
    missing = [name for held in wanted.values() for name in held if name not in names]
    if missing:
        raise Trouble(_no_variable(missing, names))
    picked = {
        key: [names[name] for name in held] if key not in ("x", "y") else names[held[0]]
        for key, held in wanted.items()
    }
    if "grads" in picked:
        grads, layers = picked.pop("grads"), len(picked.get("weights", ()))
        w = grads[0::2] if len(grads) == 2 * layers else grads
        picked |= {"grad_w": w, "grad_b": grads[1::2] if len(grads) == 2 * layers else None}
    return picked


def _no_variable(missing, names):
    arrays = [n for n, v in names.items() if isinstance(v, np.ndarray)]
    return form_trouble(
        "no_variable",
        f"no variable {missing[0]}",
        f"When the script has ended there is no {', '.join(missing)}. Its arrays: "
        f"{', '.join(arrays) or 'none'}.",
        "Are the names spelled as in the script, and do they stand outside of all functions?",
        "Name others: --vars x=X,y=Y,weights=W1:W2,biases=b1:b2,grads=dW1:db1:dW2:db2.",
    )


def of_values(options):
    """Return the keywords of :func:`diagnose` that say something about one set of numbers."""
    without = ("order", "batch", "biases", "sizes", "labels", "forward")
    return {key: value for key, value in options.items() if key not in without}
