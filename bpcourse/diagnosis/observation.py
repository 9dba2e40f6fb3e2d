"""What a learner's function returned, in the course's own form.

:func:`observe` calls the function on a problem and returns its two lists of arrays by layer, an
example as a column.
"""

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral, Real

import numpy as np

from bpcourse.diagnosis.comparison import is_unchanged, same
from bpcourse.diagnosis.findings import Evidence
from bpcourse.diagnosis.forms import Convention, unfit_signature
from bpcourse.diagnosis.from_step import takes_a_step
from bpcourse.diagnosis.names import numbered
from bpcourse.diagnosis.results import as_lists, is_number, two_lists, without_numbers
from bpcourse.diagnosis.trouble import Trouble, cannot_call, own_line, trouble


@dataclass
class Came:
    """What came back from one call, by layer, an example as a column.

    ``w[l]`` has shape (n_l, n_{l-1}) and ``b[l]`` (n_l, 1). An array of a wrong shape that can be
    understood is repaired; ``shapes`` holds (equation, cause, layer, came, wanted) for each.
    ``b[l]`` is None where nothing can be made of it; in a network without ``biases``, for every l.
    ``biases_first`` says that this was not asked for, and told by the names behind ``return``.
    """

    w: dict
    b: dict
    shapes: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    biases: bool = True
    printed: str = ""
    biases_first: bool = False

    @property
    def single(self):
        """Whether any array has less than double precision."""
        arrays = [*self.w.values(), *self.b.values()]
        return any(array is not None and array.dtype.itemsize < 8 for array in arrays)


def observe(function, convention, problem, name):
    """Call the learner's function on a problem and return what came.

    Raises
    ------
    Trouble
        It raised, or what it returned is no pair of lists of arrays of numbers.
    """
    arguments = convention.arguments(problem)
    before = convention.arguments(problem)
    result, printed = call(function, arguments, name)
    changed = _changes(arguments, before)
    try:
        if changed and not _readable(result):
            raise Trouble(takes_a_step(name, program_of(function), describe(result)))
        result = as_lists(result)
        weights, biases, turned = _two_lists(result, convention, before, function, name)
        came = _by_layer(weights, biases, before, convention, name)
    except Trouble as error:
        error.printed = printed
        raise
    if convention.biases is False:
        came = replace(came, b=dict.fromkeys(came.b), biases=False)
    came.changed, came.printed, came.biases_first = changed, printed, turned
    return came


class Head:
    """A place to print to that keeps the beginning."""

    def __init__(self, most=2000):
        self._parts, self._room = [], most

    def write(self, text):
        """Keep the text while there is room."""
        if self._room > 0:
            self._parts.append(text[: self._room])
            self._room -= len(text)
        return len(text)

    def flush(self):
        """Do nothing: nothing is held back."""

    def getvalue(self):
        """Return what was kept."""
        return "".join(self._parts)


def program_of(function):
    """Return the learner's own function behind a form."""
    return getattr(function, "program", None) or function


def call(function, arguments, name):
    """Call a learner's function; return its result and what it printed.

    Raises
    ------
    Trouble
        It raised; the finding has the line.
    """
    own = program_of(function)
    printed = Head()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("ignore")
        try:
            return function(*arguments), printed.getvalue()
        except Trouble as error:
            error.printed = printed.getvalue()
            raise
        except (Exception, SystemExit) as error:
            finding = _not_called(function, arguments, name, error) or _raised(error, own, name)
            raise Trouble(finding, printed.getvalue()) from error


def _not_called(function, arguments, name, error):
    """Return the finding for a function that does not take the arguments, or None if it does."""
    own = program_of(function)
    called_as_it_is = own is function or own is getattr(function, "function", None)
    if not (isinstance(error, TypeError) and called_as_it_is):
        return None
    signature = unfit_signature(own, arguments)
    return None if signature is None else cannot_call(name, signature)


def _raised(error, function, name):
    """Return the finding for an exception, with the learner's own line."""
    where, line = own_line(error, function)
    if isinstance(error, NotImplementedError):
        return _not_written(name, where, line)
    if isinstance(error, SystemExit):
        return trouble(
            "call",
            "exit",
            "ends the program",
            f"{name} ends the whole program instead of returning{where}.",
            "How does a function give its result back?",
            "Return the two lists; sys.exit and exit have no place in a function.",
        )
    nudge = "Read the message from its end: what does it say, and of which variable?"
    if isinstance(error, ValueError | IndexError | TypeError):
        nudge = "Print the shape of every array on that line."
    finding = trouble(
        "call",
        "exception",
        f"raises {type(error).__name__}",
        f"{name} raises {type(error).__name__}: {error}{where}.",
        nudge,
        "Call the function with small arrays of your own, and go through it line by line"
        f"{f' until the line {line!r} is reached' if line else ''}.",
    )
    return of_name(finding, error) if isinstance(error, NameError) else finding


def of_name(finding, error):
    """Return the finding for a name that is not known, with what to ask first about it."""
    found = re.search("'(.+?)'", str(error))
    which = found[1] if found else "this name"
    first = f"Where does {which} get its value, and is it spelled the same there?"
    return replace(finding, hints=(first, *finding.hints[1:]), read=())


def _not_written(name, where, line):
    finding = trouble(
        "call",
        "not_written",
        "not written yet",
        f"{name} is not written yet: it raises NotImplementedError{where}.",
        "What must be kept from the forward pass for the way back?",
        f"Replace the line {line!r}: compute z and a of every layer, keep them in two lists, then "
        "take BP1 for the output layer.",
    )
    begin = "This is where to begin: the forward pass, layer by layer, with z = w a + b."
    return replace(finding, hints=(begin, *finding.hints[1:]))


def _readable(result):
    """Say whether a result may be gradients: something other than None, a number, an array."""
    if result is None or is_number(result) or isinstance(result, np.ndarray):
        return False
    return isinstance(result, Mapping | list | tuple | Iterator)


def _two_lists(result, convention, before, function, name):
    """Return the gradients of the weights, those of the biases, and whether these came first."""
    names = ("(grad_b, grad_w)", "biases, then weights", "w,b")
    if not convention.biases_first:
        names = ("(grad_w, grad_b)", "weights, then biases", "b,w")
    if result is None:
        raise Trouble(_none(name, *names))
    shapes = [(w.shape, b.size) for w, b in zip(before[0], before[1], strict=True)]
    found = two_lists(result, shapes, getattr(function, "returns", ()))
    if found is None:
        found = _pair(result, convention, name, names)
    if is_absent(found[1]):
        if convention.biases:
            raise Trouble(no_gradients_by_biases(name, *names))
        return _arrays(found[0], "weights", name), None, False
    lists = [_arrays(found[0], "weights", name), _arrays(found[1], "biases", name)]
    want_w, came_w, came_b = (_shapes(each) for each in (before[0], *lists))
    if came_w != want_w and came_b == want_w:
        raise Trouble(_swapped(name, *names))
    first = isinstance(result, list | tuple) and found[1] is result[0]
    return *lists, first and not convention.biases_first


def _pair(result, convention, name, names):
    """Return (by the weights, by the biases) of a pair in the order that was asked for."""
    if not isinstance(result, list | tuple):
        raise Trouble(_not_a_pair(result, name, *names))
    pair = without_numbers(result)
    if (
        not isinstance(pair, list | tuple)
        or len(pair) != 2
        or any(isinstance(each, str) for each in pair)
    ):
        raise Trouble(_not_a_pair(result, name, *names))
    if pair[0] is pair[1]:
        raise Trouble(_one_list(name))
    return tuple(pair[::-1] if convention.biases_first else pair)


def is_absent(biases):
    """Say whether something stands for no gradient of the biases: None, or a list of None."""
    if isinstance(biases, list | tuple):
        return all(each is None for each in biases)
    return biases is None


def no_gradients_by_biases(name, pair, order, _):
    """Return the finding for a network with biases, by which no gradient came."""
    return trouble(
        "return",
        "no_bias_gradients",
        "no gradient of the biases",
        f"{name} returned no gradient of the biases, want {pair}: its other results change when "
        "the biases do, so it is no network without biases.",
        "BP3 says what the biases' gradient is. Which of your arrays is it?",
        f"Return both lists: {order}. Only for a network that has no biases: biases=False.",
    )


def _none(name, pair, order, _):
    return trouble(
        "return",
        "none",
        "returns None",
        f"{name} returned None, want {pair}.",
        "Where does the function end?",
        f"Add `return` with the two lists: {order}.",
    )


def _not_a_pair(result, name, pair, order, _):
    return trouble(
        "return",
        "not_a_pair",
        "no pair of lists",
        f"{name} returned {describe(result)}, want a pair {pair} of lists of arrays.",
        "How many things does the return statement give back?",
        f"Return the two lists alone, {order}. Wrap a function of another form: "
        "lambda w, b, x, y: the_two_lists(my_function(w, b, x, y)).",
    )


def _swapped(name, _, order, other):
    return trouble(
        "return",
        "swapped",
        "the two lists are swapped",
        f"{name} returned the two lists in the other order: want {order}.",
        "Which of the two lists comes first?",
        f'Swap them, or say that this order is meant: order="{other}".',
    )


def _one_list(name):
    return trouble(
        "return",
        "one_list",
        "one list for both",
        f"{name} returned the same list twice: what is written into one is written into the other.",
        "Look at the line that makes the two lists. How many does it make?",
        "grad_w = grad_b = [...] gives one list two names. Make two lists, on two lines.",
    )


def _shapes(arrays):
    return [array.shape for array in arrays]


def describe(result):
    """Return in words what came."""
    if result is None:
        return "None"
    if isinstance(result, dict):
        return f"a dict with the keys {', '.join(map(str, result))}"
    if isinstance(result, np.ndarray):
        return f"one array of shape {result.shape}"
    if isinstance(result, tuple | list):
        return f"{len(result)} things ({', '.join(type(each).__name__ for each in result)})"
    kind = type(result).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _arrays(values, kind, name):
    """Return a list of arrays of finite floating-point numbers."""
    values = as_lists(values)
    if isinstance(values, Mapping):
        values = _by_key(values)
    if values is None or not hasattr(values, "__len__"):
        values = [values]
    return [
        _numbers(value, f"the {kind}' gradient of layer {l}", name)
        for l, value in enumerate(values, start=2)
    ]


def _by_key(values):
    """Return the values of a dictionary in the order of its layers, as in the book."""
    if all(isinstance(key, Integral) for key in values):
        return [values[l] for l in sorted(values)]
    keys = numbered(values)
    return [values[keys[k]] for k in sorted(keys)] if len(keys) == len(values) else list(values)


def _numbers(value, which, name):
    try:
        array = np.array(value)  # a copy: the next call may fill the same array anew
    except ValueError:
        _refuse(which, name, "not_numbers", "holds lists of different lengths", "one array")
    if array.dtype == object and all(isinstance(each, Real) for each in array.ravel()):
        array = array.astype(float)  # fractions, or numbers of several types
    if array.dtype.kind in "iub":
        _refuse(
            which,
            name,
            "integers",
            f"holds whole numbers ({array.dtype}): digits after the point are lost",
            "floating-point numbers; make the array with np.zeros(shape), dtype float",
        )
    if array.dtype.kind == "c":
        _refuse(which, name, "not_numbers", "holds complex numbers", "real ones; take .real")
    if array.dtype.kind != "f":
        first = array.ravel().tolist()[0]
        held = describe(first)
        _refuse(which, name, "not_numbers", f"holds {held}", "an array of numbers")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)].flat[0]
        _refuse(which, name, "not_finite", f"holds {bad}", "finite numbers")
    return array


def _refuse(which, name, cause, came, wanted):
    finding = trouble(
        "return",
        cause,
        came.partition(":")[0],
        f"{which[0].upper()}{which[1:]} that {name} returned {came}, want {wanted}.",
        "Print this array and its dtype at every step.",
        f"It must hold {wanted}.",
        Evidence(which, came, wanted),
    )
    raise Trouble(finding)


def _by_layer(weights, biases, arguments, convention, name):
    """Return the lists as dictionaries by layer, with repaired shapes."""
    want_w, want_b, x, _ = arguments
    m = 1 if x.ndim == 1 else x.shape[0 if convention.rows else 1]
    depth = len(want_w) + 1
    absent = biases is None
    biases = [np.zeros_like(want) for want in want_b] if absent else biases
    for kind, came, want in (("weight", weights, want_w), ("bias", biases, want_b)):
        if len(came) != len(want):
            raise Trouble(_wrong_number(name, kind, came, want))
    weights, shapes_w = _in_order(weights, want_w, depth)
    biases, shapes_b = _in_order(biases, want_b, depth)
    shapes = (shapes_w or shapes_b)[:1]
    w, b = {}, {}
    for l, came_w, came_b, wish_w, wish_b in zip(
        range(2, depth + 1), weights, biases, want_w, want_b, strict=True
    ):
        w[l], wrong = _weight_array(came_w, wish_w.shape, m)
        shapes += [("bp4", wrong, l, str(came_w.shape), str(wish_w.shape))] if wrong else []
        b[l], wrong = _bias_array(came_b, wish_b.shape, wish_b.size, m, convention.rows)
        shapes += [("bp3", wrong, l, str(came_b.shape), str(wish_b.shape))] if wrong else []
        if convention.rows and w[l] is not None:
            w[l] = w[l].T
    return Came(w, dict.fromkeys(b), shapes, biases=False) if absent else Came(w, b, shapes)


def _in_order(came, want, depth):
    """Return a list from layer 2 on, and what to say if its arrays stood at other places."""
    here, wanted = _shapes(came), _shapes(want)
    if here == wanted or len(set(wanted)) < len(wanted) or sorted(here) != sorted(wanted):
        return came, []
    cause = "reversed" if here[::-1] == wanted else "layer_order"
    ordered = [came[here.index(shape)] for shape in wanted]
    return ordered, [("return", cause, depth, str(here), str(wanted))]


def _wrong_number(name, kind, came, want):
    missing = [shape for shape in _shapes(want) if shape not in _shapes(came)]
    return trouble(
        "return",
        "number_of_arrays",
        "a layer is missing" if len(came) < len(want) else "a layer too many",
        f"{name} returned {len(came)} {kind} gradients, want {len(want)}, one for each {kind} "
        f"array: came {_shapes(came)}, want {_shapes(want)}.",
        "Through which layers does the loop of the backward pass go?",
        (f"The array of shape {missing[0]} is missing. " if missing else "")
        + "Every layer from the last to the second has a gradient; a function that is meant for "
        "one hidden layer is tried with sizes=[4, 6, 3].",
        Evidence(f"shapes of the {kind} gradients", str(_shapes(came)), str(_shapes(want))),
    )


def _weight_array(came, want, m):
    """Return the array in the wanted shape, or None, and the cause of a wrong shape, or ""."""
    if came.shape == want or came.size == 1 == want[0] * want[1]:
        return came.reshape(want), ""
    if came.shape == want[::-1]:
        return came.T, "transposed"
    if came.shape == (m, *want):
        return (came[0], "") if m == 1 else (None, "not_averaged")
    if came.size == want[0] * want[1] * m * m and m > 1:
        return None, "outer_flattened"
    return None, "shape"


def _bias_array(came, want, n, m, rows):
    """Return the array in shape (n, 1), or None, and the cause of a wrong shape, or ""."""
    a_number = n == 1 and came.shape == ()
    if came.shape == want or (rows and came.shape == (1, n)) or a_number:
        return came.reshape(n, 1), ""
    if m > 1 and came.shape == ((m, n) if rows else (n, m)):
        return None, "not_averaged"
    if came.shape in ((n,), (1, n), (n, 1)):
        return came.reshape(n, 1), "bias_shape"
    if came.size == 1:
        return np.full((n, 1), came.reshape(-1)[0]), "neurons_summed"
    if came.size == m:
        return None, "neurons_summed"
    return None, "shape"


def _is_put_back(after, original):
    """Say whether an argument is as it was, but for rounding: a finite difference moves it."""
    if is_unchanged(after, original):
        return True
    return np.shape(after) == original.shape and same(np.asarray(after), original, 1e-9)


def _changes(arguments, before):
    """Return the names of the arguments that the call changed, with the changes."""
    names = ("weights", "biases")
    changes = []
    for name, now, old in zip(names, arguments, before, strict=False):
        for position, (after, original) in enumerate(zip(now, old, strict=False)):
            if not _is_put_back(after, original):
                changes.append((f"{name}[{position}]", after, original))
        if len(now) != len(old):
            changes.append((f"the list {name}", np.asarray(len(now)), np.asarray(len(old))))
    for name, after, original in zip("xy", arguments[2:], before[2:], strict=True):
        if not _is_put_back(after, original):
            changes.append((name, after, original))
    return changes


@dataclass(frozen=True)
class Subject:
    """A learner's function with its name and convention, ready to be observed.

    ``heard`` holds what it printed in the first call that printed anything.
    """

    function: Callable
    name: str
    convention: Convention
    heard: list = field(default_factory=list)

    def __call__(self, problem):
        """Return what came from one call on the problem."""
        try:
            came = observe(self.function, self.convention, problem, self.name)
        except Trouble as error:
            self._hear(error.printed)
            raise
        self._hear(came.printed)
        return came

    def _hear(self, printed):
        if printed and not self.heard:
            self.heard.append(printed)

    def without_biases(self):
        """Return the same function, as one of a network without biases."""
        return replace(self, convention=replace(self.convention, biases=False))

    def has_no_biases(self, problem, came):
        """Say whether it was seen to compute a network without biases.

        No gradient of the biases came, or all are zero, and the gradients of the weights stay as
        they are when the biases change.

        Raises
        ------
        Trouble
            No gradient of the biases came, though the biases are used.
        """
        if self.convention.biases is not None or (came.biases and _any_bias(came)):
            return False
        other = self(problem.without_biases())
        seen = [l for l, array in came.w.items() if array is not None and array.any()]
        if seen and all(same(came.w[l], other.w[l], 1e-9) for l in seen):
            return True
        if not came.biases:
            pair, order = "(grad_w, grad_b)", "weights, then biases"
            raise Trouble(no_gradients_by_biases(self.name, pair, order, ""))
        return False


def _any_bias(came):
    return any(array is None or array.any() for array in came.b.values())


def refuse_shapeless(came):
    """Raise Trouble if an array has a shape from which no number can be read."""
    for equation, cause, l, shape, wanted in came.shapes:
        if cause == "shape":
            kind = "weights" if equation == "bp4" else "biases"
            finding = trouble(
                equation,
                None,
                "a gradient of the wrong shape",
                f"The {kind}' gradient of layer {l} has shape {shape}, want {wanted}.",
                "Write the shape of every array beside the line that makes it.",
                f"The gradient must have the shape of the {kind} themselves, {wanted}.",
                Evidence(f"shape of the {kind}' gradient, layer {l}", shape, wanted),
            )
            raise Trouble(replace(finding, layers=(l,)))
