"""A class with state, or a list of layers, as a function that :func:`diagnose` can call."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bpcourse import _checks
from bpcourse._code import returned_names
from bpcourse.diagnosis.calling import Call
from bpcourse.diagnosis.forms import Form
from bpcourse.diagnosis.from_step import eta_of
from bpcourse.diagnosis.missing import (
    cannot_make,
    no_attribute,
    no_eta,
    no_gradients,
    no_method,
    no_weights,
    other_number,
)
from bpcourse.diagnosis.names import listed, numbered, positional, role_of
from bpcourse.diagnosis.results import is_number, two_lists
from bpcourse.diagnosis.trouble import Trouble

# What a method of a class is called that returns gradients, and one that takes a step.
_GRADIENTS = "backprop backpropagation gradients gradient grad compute_gradients loss "
_GRADIENTS += "cost_function_prime loss_and_gradients"
_STEPS = "train_step step update train_on_batch train partial_fit learn fit update_mini_batch"
_FORWARD = "forward feedforward feed_forward forward_pass forward_propagation forward_prop"
_BACKWARD = "backward back backprop backward_pass backward_propagation backward_prop "
_BACKWARD += "back_propagation backpropagation"


@dataclass(frozen=True)
class Slot:
    """A place that holds an array: an attribute, an entry of a dictionary or of a list."""

    owner: object
    key: object
    label: str = ""

    def get(self):
        """Return the array."""
        return self.owner[self.key] if self._is_item else getattr(self.owner, self.key)

    def put(self, array):
        """Store an array, in the shape of the one that is there."""
        if np.size(self.get()) == np.size(array):
            array = np.reshape(array, np.shape(self.get()))
        elif np.ndim(self.get()) == 2 and np.ndim(array) < 2:
            array = np.reshape(array, (1, -1) if len(self.get()) == 1 else (-1, 1))
        if self._is_item:
            self.owner[self.key] = array
        else:
            setattr(self.owner, self.key, array)

    @property
    def _is_item(self):
        return isinstance(self.owner, dict | list)


def from_object(
    make: Callable,
    *,
    weights: str | tuple[str, ...] | None = None,
    biases: str | tuple[str, ...] | None = None,
    call: str | tuple[str, ...] | Callable | None = None,
    gradients: tuple | None = None,
    eta: float | None = None,
) -> Form:
    """Return a function for :func:`diagnose` from a class that holds its weights.

    Parameters
    ----------
    make : callable
        The class, or a function that returns an object of it. It is called with the widths, as a
        list or one by one, with x and y, or with nothing: the names of its parameters say which.
    weights, biases : str or tuple of str, optional
        The attributes that hold the arrays, one for each layer, ``("w1", "w2")``; or the one that
        holds a list or a dictionary of them. By default they are looked for. ``biases=()``: none.
    call : str, tuple of str or callable, optional
        The method to call with x and y; several, one after the other, ``("forward", "backward")``;
        or ``call(network, x, y)``. By default it is looked for.
    gradients : tuple of two, optional
        The attributes in which the gradients of the weights and of the biases are left, in the form
        of ``weights`` and ``biases``. By default what the method returns, or attributes with names
        such as ``dW1``.
    eta : float, optional
        The learning rate, if the method changes the weights itself. By default that of the method's
        own parameter, or of the object's own attribute.

    Returns
    -------
    Form
        To be handed to :func:`diagnose`.

    Raises
    ------
    Trouble
        Something was not found; it says what to pass.

    Examples
    --------
    >>> import numpy as np
    >>> import bpcourse as bp
    >>> class Line:
    ...     def __init__(self, n_in, n_out):
    ...         self.w1, self.b1 = np.zeros((n_out, n_in)), np.zeros((n_out, 1))
    ...     def train(self, x, y, eta=0.1):
    ...         delta = self.w1 @ x + self.b1 - y
    ...         self.w1 -= eta * delta @ x.T / x.shape[1]
    ...         self.b1 -= eta * delta.mean(axis=1, keepdims=True)
    >>> bp.diagnose(bp.diagnose.from_object(Line), activation="identity").ok
    True
    """
    weights, biases, call = _of_names(weights=weights, biases=biases, call=call)
    gradients = None if gradients is None else tuple(_checks.sequence("gradients", gradients, _TWO))
    eta = None if eta is None else _checks.real("eta", eta)
    name = getattr(make, "__name__", type(make).__name__)
    example, any_number = _first(make, name, weights)
    w, b = slots(example, weights, biases, name)
    methods = _methods(example, call, name)

    def backprop(by_w, by_b, x, y):
        network = _made(make, widths(by_w, by_b), name)
        w, b = slots(network, weights, biases, name)
        if len(w) != len(by_w):
            raise Trouble(other_number(name, len(w)))
        for slot, array in zip([*w, *b], [*by_w, *by_b[: len(b)]], strict=True):
            slot.put(np.array(array))
        result = _run(network, methods, x, y, eta)
        return _gradients(network, (w, b), (by_w, by_b), result, gradients, eta, methods, name)

    return Form(
        backprop,
        name,
        text=_text(name, weights, biases, call, gradients, eta),
        layers=None if any_number else len(w),
        sizes=_sizes(make, w),
        rows=_are_rows([slot.get() for slot in w], [np.size(slot.get()) for slot in b]),
        notes=(_understood(name, w, b, methods),),
        returns=tuple(_returned(example, methods)),
        program=make,
    )


_TWO = "two names, or two tuples of names: those of the weights' and of the biases' gradients"


def _of_names(**options):
    """Return options that are a name, a tuple of names or nothing; a call may be a function."""
    for key, value in options.items():
        if value is None or isinstance(value, str) or (key == "call" and callable(value)):
            continue
        want = "a name or a tuple of names" + (", or a function" if key == "call" else "")
        names = tuple(_checks.sequence(key, value, want))
        if not all(isinstance(each, str) for each in names):
            raise TypeError(f"{key} is {value!r}, want {want}")
        options[key] = names
    return options.values()


def _text(name, *options):
    names = ("weights", "biases", "call", "gradients", "eta")
    given = [f"{k}={v!r}" for k, v in zip(names, options, strict=True) if v is not None]
    return f"bp.diagnose.from_object({', '.join([name, *given])})"


def _understood(name, w, b, methods):
    where = ", ".join(dict.fromkeys(_shown(slot) for slot in w))
    biases = f"biases in {', '.join(dict.fromkeys(map(_shown, b)))}" if b else "no biases"
    called = " and then ".join(methods) if isinstance(methods, tuple) else "a function"
    return f"{name}: weights in {where}; {biases}; called: {called}."


def _shown(slot):
    return slot.label or str(slot.key)


def _returned(example, methods):
    last = methods[-1] if isinstance(methods, tuple) else None
    return returned_names(getattr(example, last)) if isinstance(last, str) else ()


# An object of the class


def widths(weights, biases):
    """Return the widths n_1, ..., n_L of arrays in either layout."""
    sizes = [np.size(each) for each in biases]
    first = weights[0].shape
    return [first[1] if first[0] == sizes[0] else first[0], *sizes]


def _first(make, name, weights):
    """Return an object, and whether it takes any number of layers."""
    if not callable(make):
        raise TypeError(f"make is {make!r}, want the class, or a function that returns an object")
    needed = [p for p in positional(make) or () if p.default is inspect.Parameter.empty]
    if len(needed) == 1 and _takes_sizes(make, needed):
        with contextlib.suppress(Exception):  # whatever a class for one hidden layer raises
            example = _made(make, (4, 6, 5, 3), name)
            if len(slots(example, weights, (), name)[0]) == 3:
                return example, True
    return _made(make, (4, 6, 3), name), False


def _takes_sizes(make, needed):
    """Say whether the one parameter of a class, or of any other function, is for the widths."""
    return _place(needed[0].name) == "sizes" or not (
        inspect.isclass(make) or role_of(needed[0].name) or _place(needed[0].name)
    )


def _made(make, sizes, name):
    """Return a new object for a network with these widths."""
    parameters = positional(make) or ()
    needed = [p for p in parameters if p.default is inspect.Parameter.empty]
    hidden = [p.name for p in needed if _place(p.name) == "hidden"]
    values, between = {}, list(sizes[1:-1])
    if len(needed) == 1 and _takes_sizes(make, needed):
        return make(list(sizes))
    for p in needed:
        place = _place(p.name)
        if place == "sizes":
            values[p.name] = list(sizes)
        elif place in ("in", "out"):
            values[p.name] = sizes[0 if place == "in" else -1]
        elif place == "hidden":
            many = len(hidden) == 1 and (len(between) != 1 or p.name.lower().endswith("sizes"))
            values[p.name] = list(between) if many else between.pop(0) if between else sizes[-1]
        elif role_of(p.name) in _STAND_INS:
            values[p.name] = _STAND_INS[role_of(p.name)](sizes)
        else:
            raise Trouble(cannot_make(name, make, p.name))
    return make(**values)


_STAND_INS = {
    "eta": lambda sizes: 1.0,
    "decay": lambda sizes: 0.0,
    "epochs": lambda sizes: 1,
    "x": lambda sizes: np.zeros((7, sizes[0])),
    "y": lambda sizes: np.zeros((7, sizes[-1])),
}
_PLACES = {
    "hidden": r"hid|^h$|^n_?h$",
    "in": r"^(d|n|num|nb|no|dim)?_?(in|inp|features|in_\w+|inodes)$|^n_?x$|^(n_?)?inputs?.",
    "out": r"^(n|num|nb|no|dim)?_?(out|out_\w+|onodes)$|^n_?y$|^(n_?)?outputs?.|class",
    "sizes": r"^(layer_?|network_?|net_?)?(sizes?|layers|dims?|shape|architecture|structure|neurons"
    r"|units|topology|widths|nodes)(_sizes|_dims|_list)?$",
}


def _place(name):
    """Return which widths a parameter of a class wants: "in", "hidden", "out" or "sizes"."""
    lower = name.lower()
    return next((place for place, says in _PLACES.items() if re.search(says, lower)), None)


def _sizes(make, w):
    """Return the widths that a class has written in, or None if it takes them."""
    needed = [p for p in positional(make) or () if p.default is inspect.Parameter.empty]
    if any(_place(p.name) for p in needed) or (len(needed) == 1 and _takes_sizes(make, needed)):
        return None
    shapes = [slot.get().shape for slot in w]
    rows = _are_rows([slot.get() for slot in w], [])
    ends = [shape[1 if rows else 0] for shape in shapes]
    return (shapes[0][0 if rows else 1], *ends) if rows is not None else None


def _are_rows(weights, biases):
    """Say by the shapes whether weights are (in, out); None if that does not show."""
    shapes = [np.shape(each) for each in weights]
    pairs = list(pairwise(shapes))
    rows = all(a[1] == b[0] for a, b in pairs) and all(
        s[1] == n for s, n in zip(shapes, biases, strict=False)
    )
    columns = all(a[0] == b[1] for a, b in pairs) and all(
        s[0] == n for s, n in zip(shapes, biases, strict=False)
    )
    return rows if rows != columns else None


# Its weights and biases


def slots(network, weights, biases, name):
    """Return where an object holds its weights, and where its biases."""
    w = _named(network, weights) if weights else _found(network, "w")
    if not w:
        raise Trouble(no_weights(name, network))
    b = _found(network, "b") if biases is None else _named(network, biases)
    return w, b if len(b) == len(w) else []


def attributes(network):
    """Return the attributes of an object by name; a list has none."""
    return dict(getattr(network, "__dict__", {}))


def _named(network, names):
    """Return the slots of attributes that were named."""
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names:
        return []
    missing = [each for each in names if not hasattr(network, each)]
    if missing:
        raise Trouble(no_attribute(missing[0], network))
    if len(names) == 1 and isinstance(getattr(network, names[0]), dict | list | tuple):
        held = getattr(network, names[0])
        if isinstance(held, dict):
            return [Slot(held, key) for key in held]
        setattr(network, names[0], list(held))
        held = getattr(network, names[0])
        return [Slot(held, i, names[0]) for i, each in enumerate(held) if _is(each)]
    return [Slot(network, each) for each in names]


def _is(value):
    return isinstance(value, np.ndarray) and value.size > 0


def _found(network, kind):
    """Return the slots of the weights ("w") or biases ("b") that an object seems to hold."""
    held = attributes(network)
    for looked in (_by_number, _in_dictionary, _in_list, _in_layers):
        found = looked(network, held, kind)
        if found:
            return found
    return _by_shapes(network, held) if kind == "w" else _all_biases(network, held)


def _by_number(network, held, kind):
    keys = numbered([k for k, v in held.items() if _is(v) and not _is_marked(k)])
    return [Slot(network, keys[k]) for k in sorted(keys) if k[0] == kind]


def _is_marked(name):
    return re.match(r"^(d|grad|delta|nabla|v|m|prev|old)_?[wb]", name.lower()) is not None


def _in_dictionary(network, held, kind):
    for each in held.values():
        if isinstance(each, dict):
            keys = numbered([k for k in each if isinstance(k, str) and not _is_marked(k)])
            if keys:
                return [Slot(each, keys[k]) for k in sorted(keys) if k[0] == kind]
    return []


def _in_list(network, held, kind):
    lists = {k: v for k, v in held.items() if isinstance(v, list) and any(map(_is, v))}
    key = listed([k for k in lists if not _is_marked(k)]).get(kind)
    return [Slot(lists[key], i, key) for i, v in enumerate(lists[key]) if _is(v)] if key else []


def _in_layers(network, held, kind):
    """Return the slots in the objects of a list of layers."""
    layers = layers_of(network)
    found = []
    for layer in layers:
        own = {k: v for k, v in vars(layer).items() if _is(v)}
        key = listed([k for k in own if not _is_marked(k)]).get(kind)
        if key is None and isinstance(getattr(layer, "params", None), dict):
            own = layer.params
            key = listed(own).get(kind)
            found += [Slot(own, key)] if key else []
        elif key:
            found.append(Slot(layer, key))
    return found


def layers_of(network):
    """Return the objects in the first list of objects that a network holds, or is."""
    lists = [network] if isinstance(network, list | tuple) else attributes(network).values()
    for each in lists:
        if isinstance(each, list | tuple) and each and all(hasattr(e, "__dict__") for e in each):
            return list(each)
    return []


def _by_shapes(network, held):
    """Return two-dimensional attributes that fit together as the weights of a chain of layers."""
    found = [k for k, v in held.items() if _is(v) and v.ndim == 2 and _is_weight(k)]
    shapes = [held[k].shape for k in found]
    fits = [(a[1] == b[0], a[0] == b[1]) for a, b in pairwise(shapes)]
    chain = all(rows for rows, _ in fits) or all(columns for _, columns in fits)
    return [Slot(network, k) for k in found] if chain else []


def _is_weight(name):
    lower = name.lower()
    return not _is_marked(name) and (lower.startswith(("w", "theta", "syn")) or "weight" in lower)


def _is_bias(name):
    return not _is_marked(name) and (name.lower().startswith("b") or "bias" in name.lower())


def _all_biases(network, held):
    return [Slot(network, k) for k, v in held.items() if _is(v) and _is_bias(k)]


# Its methods


def _methods(example, call, name):
    """Return what is called: method names one after the other, or a function."""
    if callable(call):
        return call
    if call is not None:
        call = (call,) if isinstance(call, str) else tuple(call)
        if not call or not all(callable(getattr(example, each, None)) for each in call):
            raise Trouble(no_method(name, _public_methods(example)))
        return call
    own = {n.lower(): n for n in _public_methods(example)}
    for names in (_GRADIENTS, _STEPS):
        found = [own[n] for n in names.split() if n in own]
        fitting = [n for n in found if Call.of(getattr(example, n)).has("x", "y")]
        if fitting:
            return (fitting[0],)
    forward = next((own[n] for n in _FORWARD.split() if n in own), None)
    backward = next((own[n] for n in _BACKWARD.split() if n in own), None)
    if forward and backward:
        return forward, backward
    raise Trouble(no_method(name, list(own.values())))


def _public_methods(example):
    return [n for n in dir(example) if n[0] != "_" and callable(getattr(example, n))]


def _run(network, methods, x, y, eta):
    """Call the methods and return the last result."""
    if callable(methods):
        return methods(network, x, y)
    for key in list(attributes(network)):
        if role_of(key) in ("x", "y"):
            setattr(network, key, x if role_of(key) == "x" else y)
    result = None
    for method in methods:
        call = Call.of(getattr(network, method))
        values = {"x": x, "y": y, "decay": 0.0, "epochs": 1, "output": result, "cache": result}
        values |= {"m": len(x)} | ({} if eta is None else {"eta": eta})
        values |= {"eta": eta_of(call.function) or 0.1} if "eta" not in values else {}
        result = call(values)
    return result


def _gradients(network, held, before, result, attributes, eta, methods, name):
    """Return the gradients: of attributes, of the step that was taken, or those returned."""
    w, b = held
    if attributes is not None:
        pairs = [[slot.get() for slot in _named(network, each)] for each in attributes if each]
        return (*pairs, None)[:2]
    new = [slot.get() for slot in w], [slot.get() for slot in b]
    if not all(map(np.array_equal, map(np.ravel, new[0]), map(np.ravel, before[0]))):
        return _of_the_step(network, new, before, eta, methods, name, b)
    shapes = [(np.shape(each), np.size(bias)) for each, bias in zip(*before, strict=True)]
    found = None if result is None or is_number(result) else two_lists(result, shapes)
    if found is None and isinstance(result, tuple | list) and len(result) == 2:
        found = tuple(result) if all(isinstance(e, list | tuple) for e in result) else None
    by_w, by_b = found or _left_behind(network, len(w), name)
    return by_w, _as_handed_over(by_b, b, before[1])


def _as_handed_over(grads, slots, biases):
    """Return gradients in the shape of the object's own biases in that of those handed over."""
    if not isinstance(grads, list | tuple) or not len(grads) == len(slots) == len(biases):
        return grads
    return [
        np.reshape(grad, bias.shape) if np.shape(grad) == np.shape(slot.get()) else grad
        for grad, slot, bias in zip(grads, slots, biases, strict=True)
    ]


def _of_the_step(network, new, before, eta, methods, name, b):
    rate = eta if eta is not None else _own_eta(network, methods)
    if rate is None:
        raise Trouble(no_eta(name))
    grads = [
        [(o - np.reshape(n, o.shape)) / rate for o, n in zip(old, now, strict=False)]
        for old, now in zip(before, new, strict=True)
    ]
    return grads[0], grads[1] if b else None


def _own_eta(network, methods):
    """Return the learning rate of the object or of its method, or None."""
    own = [v for k, v in attributes(network).items() if role_of(k) == "eta" and is_number(v)]
    if own:
        return float(own[0])
    rates = [m for m in methods if isinstance(m, str)] if isinstance(methods, tuple) else []
    calls = [getattr(network, m) for m in rates]
    for each in calls:
        if "eta" in Call.of(each).roles.values():
            return eta_of(each) or 0.1
    return None


def _left_behind(network, layers, name):
    """Return the gradients that an object keeps in attributes such as dW1."""
    held = attributes(network)
    holders = [held, *(v for v in held.values() if isinstance(v, dict))]
    for each in holders:
        marked = [k for k in each if isinstance(k, str) and _is_gradient(k)]
        keys = numbered(marked)
        if sum(kind == "w" for kind, _ in keys) == layers:
            w, b = ([each[keys[k]] for k in sorted(keys) if k[0] == kind] for kind in "wb")
            return w, b if len(b) == layers else None
        keys = listed(marked)
        if "w" in keys and isinstance(each[keys["w"]], list):
            return each[keys["w"]], each.get(keys.get("b"))
    found = [[], []]
    for layer in layers_of(network):
        own = {k: v for k, v in vars(layer).items() if _is(v) and _is_gradient(k)}
        own |= getattr(layer, "grads", {}) if isinstance(getattr(layer, "grads", 0), dict) else {}
        keys = listed(own)
        for i, kind in enumerate("wb"):
            found[i] += [own[keys[kind]]] if kind in keys else []
    if len(found[0]) == layers:
        return found[0], found[1] if len(found[1]) == layers else None
    raise Trouble(no_gradients(name))


def _is_gradient(name):
    return re.match(r"^(d|grad|delta|nabla|g)_?\w*|.*grad", name.lower()) is not None
