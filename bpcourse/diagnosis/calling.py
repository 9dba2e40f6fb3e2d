"""A function called by the names of its parameters, and a backward pass after its forward pass."""

import contextlib
import inspect
import re
from dataclasses import dataclass

import numpy as np

from bpcourse._code import returned_names, words
from bpcourse.diagnosis.forms import Form
from bpcourse.diagnosis.names import is_required, positional, role_of
from bpcourse.diagnosis.results import two_lists
from bpcourse.diagnosis.trouble import Trouble, cannot_call
from bpcourse.diagnosis.unrolled import Unrolled, in_columns

_STANDARD = ["weights", "biases", "x", "y"]
# What is passed although the parameter has a default, None: a caller is meant to give it.
_GIVEN = {"x", "y", "weights", "biases", "params"}


@dataclass(frozen=True)
class Keys:
    """How a dictionary of parameters is written: params["W1"], params["b1"] for the first layer.

    With ``pairs`` it is no dictionary, but the list [(w, b), (w, b)].
    """

    w: str = "W"
    b: str | None = "b"
    first: int = 1
    pairs: bool = False

    def dictionary(self, weights, biases):
        """Return the dictionary with these arrays, or the list of pairs."""
        if self.pairs:
            return list(zip(weights, biases, strict=True))
        pairs = {}
        for number, (w, b) in enumerate(zip(weights, biases, strict=True), self.first):
            pairs[f"{self.w}{number}"] = w
            if self.b:
                pairs[f"{self.b}{number}"] = b
        return pairs

    def lists(self, dictionary):
        """Return the two lists of arrays of such a dictionary."""
        if self.pairs:
            return tuple(map(list, zip(*dictionary, strict=True)))
        numbers = range(self.first, self.first + sum(map(self._is_weight, dictionary)))
        w = [dictionary[f"{self.w}{number}"] for number in numbers]
        return w, [dictionary[f"{self.b}{number}"] for number in numbers] if self.b else None

    def _is_weight(self, key):
        return re.fullmatch(rf"{self.w}\d+", key) is not None


def keys_of(*functions):
    """Return how functions write their dictionary, by the strings in their code, and the layers."""
    found = set().union(*map(words, functions))
    w = next((k for k in ("W", "w", "weights", "weight", "theta") if _used(k, found)), "W")
    b = next((k for k in ("b", "B", "bias", "biases") if _used(k, found)), None)
    numbers = [int(each.removeprefix(w)) for each in found if re.fullmatch(rf"{w}\d+", each)]
    layers = len(set(numbers)) or None
    pairs = not any(_used(kind, found) for kind in ("W", "w", "weights", "weight", "theta"))
    return Keys(w, b if found else "b", min(numbers, default=1), pairs), layers


def _used(kind, found):
    return any(re.fullmatch(rf"{kind}\d*", each) for each in found)


def values_of(weights, biases, x, y, keys, **more):
    """Return what parameters may stand for, by role."""
    columns = in_columns(max(biases, key=np.size))
    values = {"weights": weights, "biases": biases, "x": x, "y": y, **more}
    values["params"] = keys.dictionary(weights, biases)
    values["m"] = 1 if np.ndim(x) < 2 else np.shape(x)[1 if columns else 0]
    for kind, arrays in (("w", weights), ("b", biases)):
        values |= {(kind, number): each for number, each in enumerate(arrays)}
    return values


@dataclass(frozen=True)
class Call:
    """A function whose parameters are known by their names.

    ``unknown`` are the required parameters that have no role in these tables.
    """

    function: object
    roles: dict
    unknown: tuple
    first: int

    @classmethod
    def of(cls, function):
        """Return the call of a function, or None if it has no signature."""
        parameters = positional(function)
        if parameters is None:
            return None
        roles = _one_by_one({each.name: role_of(each.name) for each in parameters})
        roles = _in_one_vector(roles)
        if (
            "x" in roles.values() and "y" not in roles.values()
        ):  # def backprop(inputs, outputs, ...)
            roles = {name: "y" if role == "output" else role for name, role in roles.items()}
        needed = [p.name for p in parameters if p.default is inspect.Parameter.empty]
        given = [p.name for p in parameters if is_required(p) and roles[p.name] in _GIVEN]
        optional = {p.name for p in parameters} - set(needed) - set(given)
        roles = {
            name: role
            for name, role in roles.items()
            if name not in optional or role in ("eta", "epochs", "decay")
        }
        numbers = [role[1] for role in roles.values() if isinstance(role, tuple)]
        unknown = tuple(name for name in needed if roles[name] is None)
        return cls(function, roles, unknown, min(numbers, default=1))

    @property
    def layers(self):
        """How many arrays of weights it takes one by one; None if it doesn't."""
        numbers = {role[1] for role in self.roles.values() if isinstance(role, tuple)}
        return len(numbers) or None

    def has(self, *roles):
        """Say whether it takes all of these."""
        return set(roles) <= set(self.roles.values())

    def lacks(self, values):
        """Return the names of parameters for which there is no value."""
        needed = {p.name for p in positional(self.function) if is_required(p)}
        return [n for n, r in self.roles.items() if self._role(r) not in values and n in needed]

    def __call__(self, values):
        """Call the function with the values of its roles."""
        found = {n: values[self._role(r)] for n, r in self.roles.items() if self._role(r) in values}
        kinds = {p.name: p.kind for p in positional(self.function)}
        first = [v for n, v in found.items() if kinds[n] is inspect.Parameter.POSITIONAL_ONLY]
        rest = {n: v for n, v in found.items() if kinds[n] is not inspect.Parameter.POSITIONAL_ONLY}
        return self.function(*first, **rest)

    def _role(self, role):
        return (role[0], role[1] - self.first) if isinstance(role, tuple) else role


def _one_by_one(roles):
    """Return the roles, with those of arrays whose names only begin with w and b: wh, bh, wout."""
    others = [name for name, role in roles.items() if role is None]
    kinds = {k: [name for name in others if name.lower().startswith(k)] for k in "wb"}
    w, b = kinds["w"], kinds["b"]
    if not w or len(b) not in (0, len(w)) or not {"x", "y"} <= set(roles.values()):
        return roles
    if any(isinstance(role, tuple) for role in roles.values()):
        return roles
    named = {name: (k, i) for k in "wb" for i, name in enumerate(kinds[k], 1)}
    return {**roles, **named}


def _in_one_vector(roles):
    """Return the roles, with that of one vector for all parameters: it comes with the widths."""
    held = set(roles.values())
    if not ({"size_in", "size_out"} <= held or "sizes" in held):
        return roles
    if "biases" in held or any(isinstance(role, tuple) for role in held):
        return roles
    vector = {"weights": "vector", "params": "vector"}
    return {name: vector.get(role, role) for name, role in roles.items()}


def takes_parameters(call):
    """Say whether a call takes weights in any form."""
    return call.has("weights") or call.has("params") or call.layers is not None


def recognized(function, *, forward=None, decay=None):
    """Return the form of a function, known by the names of its parameters.

    Parameters
    ----------
    function : callable
    forward : callable, optional
        The forward pass whose results the function takes.
    decay : callable, optional
        ``decay(m)`` returns lambda/n and lambda, for a parameter such as ``reg``.

    Returns
    -------
    Form

    Raises
    ------
    Trouble
        Its parameters are others, and not known.
    """
    name = getattr(function, "__name__", type(function).__name__)
    as_it_is = Form(function, name, returns=tuple(returned_names(function)), program=function)
    call = Call.of(function)
    if isinstance(function, Form) or call is None:
        return function if isinstance(function, Form) else as_it_is
    if forward is None and _is_standard(function, call):
        return as_it_is
    if call.has("vector", "x", "y") and not call.unknown:
        return _by_vector(call, name, decay)
    if known(call):
        return _by_names(call, name, decay)
    forward = forward or _forward_of(function, name)
    if forward is None and not call.has("cache") and not call.has("params"):
        return as_it_is  # four parameters with names of their own, or too few: its call will tell
    if forward is None:
        raise Trouble(cannot_call(name, inspect.signature(function)))
    return _after_forward(call, Call.of(forward), name, decay)


def known(call):
    """Say whether a call can be made from a network and a mini-batch alone."""
    whole = not call.unknown and not call.lacks(_AVAILABLE)
    return whole and call.has("x", "y") and takes_parameters(call)


_NUMBERS = {(kind, number): None for kind in "wb" for number in range(20)}
_AVAILABLE = {*_STANDARD, "params", "m", "decay", "epochs", *_NUMBERS}


def _is_standard(function, call):
    """Say whether a function is to be called as function(weights, biases, x, y)."""
    try:
        inspect.signature(function).bind(1, 2, 3, 4)
    except TypeError:
        return False
    needed = [p for p in positional(function) if p.default is inspect.Parameter.empty]
    roles = [call.roles[each.name] for each in needed]
    if None in roles or roles == _STANDARD or len(set(roles)) < len(roles):
        return True
    return len(needed) < 4 and not {"x", "y"} <= set(roles)


def _called(function, arguments, keys, decay):
    """Return ``function(values)`` for the values by role of one call, the decay with them.

    A parameter such as ``reg`` is lambda/n, or lambda where the program divides by m itself.
    """
    values = values_of(*arguments, keys, epochs=1) | {"decay": 0.0, "eta": 0.0}
    if decay is None:
        return function(values)
    divided, whole = decay(values["m"])
    plain, more = (function(values | {"decay": c, "eta": c}) for c in (0.0, 1.0))
    c = whole if _divides(plain, more, arguments, values["m"]) else divided
    return function(values | {"decay": c, "eta": c})


def _divides(plain, more, arguments, m):
    """Say whether a decay of 1 adds w/m to the gradients, and not w."""
    weights, biases = arguments[:2]
    shapes = [(np.shape(w), np.size(b)) for w, b in zip(weights, biases, strict=True)]
    with contextlib.suppress(TypeError, ValueError):  # gradients of a form that is judged later
        one, other = ((two_lists(each, shapes) or each)[0][-1] for each in (plain, more))
        w = weights[-1]
        c = float(((np.asarray(other) - one) * w).sum() / (w**2).sum())
        return m > 1 and abs(c * m - 1) < 1e-6
    return False


def _by_names(call, name, decay):
    keys, layers = keys_of(call.function) if call.has("params") else (Keys(), call.layers)
    decay = decay if call.has("decay") else None

    def backprop(weights, biases, x, y):
        return _called(call, (weights, biases, x, y), keys, decay)

    return Form(
        backprop,
        name,
        layers=layers,
        returns=tuple(returned_names(call.function)),
        program=call.function,
    )


def _by_vector(call, name, decay):
    """Return the form of a function that takes all parameters in one vector, and their widths."""
    unrolled = Unrolled("F" if "F" in words(call.function) else "C")

    # Where the optimizer takes the step, a learning_rate is the number before the penalty.
    decay = decay if call.has("decay") or call.has("eta") else None

    def backprop(weights, biases, x, y):
        sizes = [np.shape(x)[-1], *map(np.size, biases)]
        more = {"vector": unrolled.vector(weights, biases), "sizes": sizes}
        more |= {"size_in": sizes[0], "size_hidden": sizes[1], "size_out": sizes[-1]}

        def gradients(values):
            result = call(values | more)
            return unrolled.found(result, weights, biases) or result

        return _called(gradients, (weights, biases, x, y), Keys(), decay)

    one_by_one = {"F": "column by column", "C": "row by row"}[unrolled.order]
    return Form(
        backprop,
        name,
        layers=2 if call.has("size_hidden") else None if call.has("sizes") else 1,
        rows=True,
        notes=(
            f"{name} takes all parameters in one vector: for each layer the matrix [b, w], "
            f"{one_by_one}.",
        ),
        program=call.function,
    )


# A backward pass that takes what the forward pass has computed


def _forward_of(function, name):
    """Return the one forward pass that stands beside a backward pass, or None."""
    module = getattr(inspect.unwrap(function), "__globals__", {})
    found = {
        key: each
        for key, each in module.items()
        if inspect.isfunction(each)
        and re.search("forward|fprop", key, re.IGNORECASE)
        and _is_forward(Call.of(each))
    }
    partner = re.sub("back", "for", name, flags=re.IGNORECASE).replace("forprop", "forward_prop")
    if len(found) == 1:
        return next(iter(found.values()))
    return found.get(partner)


def _is_forward(call):
    return not call.unknown and call.has("x") and takes_parameters(call) and not call.has("y")


def _after_forward(call, before, name, decay):
    """Return the form of a backward pass that is called after a forward pass."""
    ahead = before.function
    keys, layers = keys_of(call.function, ahead)
    returned = returned_names(ahead)

    bound = Call(call.function, {**call.roles, **{n: n for n in call.unknown}}, (), call.first)
    decay = decay if call.has("decay") else None

    def backprop(weights, biases, x, y):
        def gradients(values):
            values = values | _handed_over(before(values), returned, call.unknown, y)
            missing = bound.lacks(values)
            if missing:
                raise Trouble(cannot_call(name, inspect.signature(call.function), missing))
            return bound(values)

        return _called(gradients, (weights, biases, x, y), keys, decay)

    return Form(
        backprop,
        name,
        layers=call.layers or before.layers or layers,
        notes=(
            f"Before each call of {name}, {ahead.__name__} was called: forward= names another.",
        ),
        returns=tuple(returned_names(call.function)),
        program=call.function,
    )


def _handed_over(result, returned, unknown, y):
    """Return what a forward pass hands over, by the names and roles of the backward pass."""
    parts = list(result) if isinstance(result, tuple) else [result]
    named = dict(zip(returned, parts, strict=True)) if len(returned) == len(parts) else {}
    lower = {name.lower(): value for name, value in named.items()}
    values = {name: lower[name.lower()] for name in unknown if name.lower() in lower}
    roles = {role_of(name): value for name, value in named.items()}
    others = [each for each in parts if not isinstance(each, np.ndarray)]
    values["cache"] = roles.get("cache", others[0] if len(others) == 1 else result)
    arrays = [each for each in parts if np.shape(y) and isinstance(each, np.ndarray)]
    fitting = [each for each in arrays if each.size == np.size(y)]
    if "output" in roles or fitting:
        values["output"] = roles.get("output", fitting[-1] if fitting else None)
    return values
