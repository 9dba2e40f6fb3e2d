"""Calls of a learner's function, and all that can be seen in them without mathematics.

A :class:`Problem` is a random network with a mini-batch. :class:`Convention` says in which form the
learner's function takes and returns it. :func:`observe` calls the function and returns its two
lists of arrays in the course's own form: by layer, an example as a column.
"""

import contextlib
import inspect
import io
import linecache
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bpcourse import _checks
from bpcourse.findings import Evidence, Finding
from bpcourse.network import Network

# So far from every kink that no rounding crosses it, and not so far that a sigmoid is flat.
_KINK, _FLAT, _DRAWS = 0.03, 4.0, 2000

# Rounding around zero, such as that of a sum of errors that cancel.
_FLOOR = 1e-13

_FIRST_HINTS = {
    "call": "Read the message, then the line. What happens there?",
    "return": "Put what came beside what was wanted, one entry at a time. What differs?",
    "inputs": "Print the argument before and after the call. Which line is it that changes it?",
    "state": "Call it twice by hand and print both results. What is left over from the first?",
}


class Trouble(Exception):  # noqa: N818 - it is caught at once, and never leaves the package
    """A call that leaves nothing to compare; ``finding`` says why."""

    def __init__(self, finding):
        super().__init__(finding.sentence)
        self.finding = finding


@dataclass(frozen=True)
class Problem:
    """A network with a mini-batch, on which a function is tried.

    Attributes
    ----------
    net : Network
    x : ndarray of shape (n_1, m)
    y : ndarray of shape (n_L, m)
    """

    net: Network
    x: np.ndarray
    y: np.ndarray

    def examples(self, *which):
        """Return the same network with some of the examples."""
        return Problem(self.net, self.x[:, which], self.y[:, which])


@dataclass(frozen=True)
class Convention:
    """The form in which a learner's function takes its arguments and returns its gradients."""

    rows: bool = False
    biases_first: bool = False

    def turned(self):
        """Return the convention with rows for columns, or columns for rows."""
        return replace(self, rows=not self.rows)

    def arguments(self, problem):
        """Return fresh copies of the weights, the biases, x and y, for the learner's function."""
        net = problem.net
        layers = range(2, net.depth + 1)
        weights = [self._turn(net.w[l]) for l in layers]
        biases = [np.array(net.b[l].ravel() if self.rows else net.b[l]) for l in layers]
        return weights, biases, self._turn(problem.x), self._turn(problem.y)

    def _turn(self, array):
        return np.array(array.T if self.rows else array, order="C")


@dataclass
class Came:
    """What came back from one call, by layer, an example as a column.

    ``w[l]`` has shape (n_l, n_{l-1}) and ``b[l]`` (n_l, 1). An array of a wrong shape that can be
    understood is repaired; ``shapes`` holds (equation, cause, layer, came, wanted) for each.
    ``b[l]`` is None where nothing can be made of it.
    """

    w: dict
    b: dict
    shapes: list = field(default_factory=list)
    changed: list = field(default_factory=list)

    @property
    def single(self):
        """Whether any array has less than double precision."""
        arrays = [*self.w.values(), *self.b.values()]
        return any(array is not None and array.dtype.itemsize < 8 for array in arrays)


def random_problem(sizes, activations, cost, m, rng):
    """Return a problem on which nothing hides.

    No weighted input is near the kink of a ReLU, none is so large that the activation is flat, a
    layer of ReLUs has for each example neurons on both sides, and every output is too large for
    some examples and too small for others. Where sizes do not allow all of it, less is asked.
    """
    hidden, output = activations
    for attempt in range(2 * _DRAWS):
        net = Network.random(sizes, hidden=hidden, output=output, rng=rng)
        x = rng.uniform(0.2, 1.0, (sizes[0], m)) * rng.choice([-1.0, 1.0], (sizes[0], m))
        trace = net.forward(x)
        y = _targets(cost, output, trace.a[net.depth], rng)
        if _telling(net, trace, trace.a[net.depth] - y, strict=attempt < _DRAWS):
            return Problem(net, x, y)
    raise ValueError(
        f"found no network {list(sizes)} of {hidden.name} and {output.name} on which mistakes "
        "would show; try other sizes, such as [4, 6, 5, 3]"
    )


def _telling(net, trace, error, *, strict):
    """Say whether mistakes show on these examples, for an error a - y of the outputs."""
    kinked = {l: z for l, z in trace.z.items() if net.activations[l].name == "relu"}
    margin = min(_KINK, 3 / max(1, sum(z.size for z in kinked.values())))
    if any(abs(z).min() < margin for z in kinked.values()):
        return False
    if not all(_mixed(z, l == net.depth, strict) for l, z in kinked.items()):
        return False
    rows = np.stack([(error > 0).any(axis=1), (error < 0).any(axis=1)])
    n, m = error.shape
    every = strict and n <= m  # of more classes than examples some have no example
    if not (rows.all() if every else rows.any(axis=1).all()):
        return False
    curved = [trace.z[l] for l in trace.z if net.activations[l].name not in ("relu", "identity")]
    return not strict or all(abs(each).max() < _FLAT for each in curved)


def _mixed(z, output, strict):
    """Say whether a layer of ReLUs has for each example neurons on both sides."""
    active, n = (z > 0).sum(axis=0), len(z)
    if output or n == 1:
        return active.any()
    if not strict:
        return active.all()
    return ((active >= min(2, n - 1)) & (active < n)).all()


def _targets(cost, activation, a, rng):
    """Return targets that the cost takes, not far from the outputs a."""
    n, m = a.shape
    if cost.name == "log_likelihood":
        return np.eye(n)[:, rng.permutation(np.arange(m) % n)]
    if cost.name == "cross_entropy":
        return (rng.random((n, m)) < 0.5).astype(float)
    if activation.name in ("sigmoid", "softmax"):
        return rng.uniform(0.1, 0.9, (n, m))
    return a + rng.uniform(-1, 1, (n, m))


def observe(function, convention, problem, name):
    """Call the learner's function on a problem and return what came.

    Raises
    ------
    Trouble
        It raised, or what it returned is no pair of lists of arrays of numbers.
    """
    arguments = convention.arguments(problem)
    before = convention.arguments(problem)
    result = call(function, arguments, name)
    weights, biases = _two_lists(result, convention, before[0], name)
    came = _by_layer(weights, biases, before, convention, name)
    came.changed = _changes(arguments, before)
    return came


def call(function, arguments, name):
    """Call a learner's function with its prints and warnings held back.

    Raises
    ------
    Trouble
        It raised; the finding has the line.
    """
    _check_parameters(function, arguments, name)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:
            raise Trouble(_raised(error, function, name)) from error


def _check_parameters(function, arguments, name):
    """Raise Trouble if the function does not take as many arguments."""
    signature = unfit_signature(function, arguments)
    if signature is None:
        return
    finding = trouble(
        "call",
        "parameters",
        "takes other arguments",
        f"{name}{signature} does not take the four arguments weights, biases, x, y: two lists of "
        "arrays, and two arrays.",
        "Compare the line that begins with def.",
        f"Begin with def {name}(weights, biases, x, y). For w1, b1, w2, b2, ... one by one, or for "
        "a class, there are from_separate_arrays and from_class in bpcourse.diagnosis.",
    )
    raise Trouble(finding)


def unfit_signature(function, arguments):
    """Return the signature of a function that can't take so many arguments, or None if it can."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions in C have none
        return None
    try:
        signature.bind(*arguments)
    except TypeError:
        return signature
    return None


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
    return trouble(
        "call",
        "exception",
        f"raises {type(error).__name__}",
        f"{name} raises {type(error).__name__}: {error}{where}.",
        nudge,
        "Call the function with small arrays of your own, and go through it line by line"
        f"{f' until the line {line!r} is reached' if line else ''}.",
    )


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


_PACKAGES = tuple(str(Path(module.__file__).parent) for module in (np, _checks))


def _foreign(filename):
    """Say whether a line belongs to NumPy or to this package, not to the learner."""
    return filename.startswith(_PACKAGES)


def own_line(error, function):
    """Return " in line 12" and the text of the line, of the last frame in the learner's file."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _foreign(f.filename)]
    code = getattr(function, "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not frames:
        return "", ""
    frame = (own or frames)[-1]
    text = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
    return (f" in line {frame.lineno}: {text}" if text else f" in line {frame.lineno}"), text


def trouble(equation, cause, title, sentence, nudge, answer, evidence=None):
    """Return a finding that needs no mathematics."""
    hints = (_FIRST_HINTS.get(equation, _FIRST_HINTS["return"]), nudge, answer)
    return Finding(equation, (), cause, title, sentence, hints, evidence)


def _two_lists(result, convention, want_w, name):
    """Return the gradients by the weights and by the biases as two lists of arrays."""
    names = ("(grad_b, grad_w)", "biases, then weights", "w,b")
    if not convention.biases_first:
        names = ("(grad_w, grad_b)", "weights, then biases", "b,w")
    if result is None:
        raise Trouble(_none(name, *names))
    if isinstance(result, np.ndarray | dict | str) or not _sized(result) or len(result) != 2:
        raise Trouble(_not_a_pair(result, name, *names))
    if result[0] is result[1]:
        raise Trouble(_one_list(name))
    kinds = ["weights", "biases"]
    if convention.biases_first:
        kinds.reverse()
    came = {kind: _arrays(each, kind, name) for kind, each in zip(kinds, result, strict=True)}
    lists = [came["weights"], came["biases"]]
    came_w, came_b = _shapes(lists[0]), _shapes(lists[1])
    if came_w != _shapes(want_w) and came_b == _shapes(want_w):
        raise Trouble(_swapped(name, *names))
    return lists


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
        f"{name} returned {_describe(result)}, want a pair {pair} of lists of arrays.",
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


def _sized(result):
    return hasattr(result, "__len__") and hasattr(result, "__getitem__")


def _shapes(arrays):
    return [array.shape for array in arrays]


def _describe(result):
    if isinstance(result, dict):
        return f"a dict with the keys {', '.join(map(str, result))}"
    if isinstance(result, np.ndarray):
        return f"one array of shape {result.shape}"
    if isinstance(result, tuple | list):
        return f"{len(result)} things ({', '.join(type(each).__name__ for each in result)})"
    return f"a {type(result).__name__}"


def _arrays(values, kind, name):
    """Return a list of arrays of finite floating-point numbers."""
    if isinstance(values, dict) and all(isinstance(key, int) for key in values):
        values = [values[l] for l in sorted(values)]  # by layer, as in the book
    if values is None or not hasattr(values, "__len__"):
        values = [values]
    return [
        _numbers(value, f"the gradient by the {kind} of layer {l}", name)
        for l, value in enumerate(values, start=2)
    ]


def _numbers(value, which, name):
    try:
        array = np.array(value)  # a copy: the next call may fill the same array anew
    except ValueError:
        _refuse(which, name, "not_numbers", "holds lists of different lengths", "one array")
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
        held = "None" if first is None else f"a {type(first).__name__}"
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
    m, depth = x.shape[0 if convention.rows else 1], len(want_w) + 1
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
    return Came(w, b, shapes)


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
    if came.shape == want:
        return came, ""
    if came.shape == want[::-1]:
        return came.T, "transposed"
    if came.shape == (m, *want):
        return (came[0], "") if m == 1 else (None, "not_averaged")
    if came.size == want[0] * want[1] * m * m and m > 1:
        return None, "outer_flattened"
    return None, "shape"


def _bias_array(came, want, n, m, rows):
    """Return the array in shape (n, 1), or None, and the cause of a wrong shape, or ""."""
    if came.shape == want or (rows and came.shape == (1, n)):
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


def _changes(arguments, before):
    """Return the names of the arguments that the call changed, with the changes."""
    names = ("weights", "biases")
    changes = []
    for name, now, old in zip(names, arguments, before, strict=False):
        for position, (after, original) in enumerate(zip(now, old, strict=False)):
            if not _unchanged(after, original):
                changes.append((f"{name}[{position}]", after, original))
        if len(now) != len(old):
            changes.append((f"the list {name}", np.asarray(len(now)), np.asarray(len(old))))
    for name, after, original in zip("xy", arguments[2:], before[2:], strict=True):
        if not _unchanged(after, original):
            changes.append((name, after, original))
    return changes


def _unchanged(after, original):
    return np.shape(after) == original.shape and np.array_equal(after, original)


@dataclass(frozen=True)
class Subject:
    """A learner's function with its name and convention, ready to be observed."""

    function: Callable
    name: str
    convention: Convention

    def __call__(self, problem):
        """Return what came from one call on the problem."""
        return observe(self.function, self.convention, problem, self.name)


def refuse_shapeless(came):
    """Raise Trouble if an array has a shape from which no number can be read."""
    for equation, cause, l, shape, wanted in came.shapes:
        if cause == "shape":
            kind = "weights" if equation == "bp4" else "biases"
            finding = trouble(
                equation,
                None,
                "a gradient of the wrong shape",
                f"The gradient by the {kind} of layer {l} has shape {shape}, want {wanted}.",
                "Write the shape of every array beside the line that makes it.",
                f"The gradient must have the shape of the {kind} themselves, {wanted}.",
                Evidence(f"shape of the gradient by the {kind}, layer {l}", shape, wanted),
            )
            raise Trouble(replace(finding, layers=(l,)))


def changed_inputs(subject, came):
    """Return a finding if the function changed what belongs to its caller."""
    if not came.changed:
        return []
    name, after, before = came.changed[0]
    layer = int(name[8:-1]) + 2 if name.startswith("weights[") else None
    step = _as_a_step(after, before, came.w.get(layer))
    names = [each[0] for each in came.changed]
    belong = "belongs" if len(names) == 1 else "belong"
    where = Evidence(
        f"{name}, first number", f"{np.ravel(after)[0]:.6g}", f"{np.ravel(before)[0]:.6g}"
    )
    finding = trouble(
        "inputs",
        "inputs_changed",
        f"changes {name} in place",
        f"{subject.name} changes {', '.join(names)}, which {belong} to the caller.{step}",
        "Which of your lines write into something that came from outside? -=, *=, x[...] = and "
        "methods such as reverse or append do.",
        "Leave the arguments as they are: make a new array or a new list, and write into that.",
        where,
    )
    return [finding]


def _as_a_step(after, before, gradient):
    """Say so if an array was changed by a multiple of its gradient."""
    if gradient is None or np.shape(after) != np.shape(before) or not gradient.any():
        return ""
    change = after - before
    gradient = gradient if gradient.shape == change.shape else gradient.T
    if gradient.shape != change.shape:
        return ""
    eta = -float((change * gradient).sum() / (gradient**2).sum())
    if not same(change, -eta * gradient, 1e-3):
        return ""
    return f" The change is -{eta:.3g} times the gradient: a step of gradient descent."


def memory(subject, problems, whole):
    """Return a finding if the function remembers earlier calls, or draws random numbers.

    ``whole`` are the results of a first call on each problem.
    """
    calls = [whole[0], *(subject(problems[0]) for _ in range(3))]
    if all(_equal(calls[0], other) for other in calls[1:]):
        return []
    first, second = (_vector(came) for came in calls[:2])
    steps = np.diff([_vector(came) for came in calls[1:]], axis=0)
    at = np.argmax(abs(second - first))
    evidence = Evidence("a number of the second call", f"{second[at]:.6g}", f"{first[at]:.6g}")
    if abs(steps[0]).max() > 0 and same(steps[0], steps[1], 1e-6):
        return [_accumulates(subject.name, evidence)]
    return [remembers(subject.name, evidence)]


def _accumulates(name, evidence):
    return trouble(
        "state",
        "accumulates",
        "adds to the last call's gradient",
        f"The gradient that {name} returns grows by the same numbers with every call: each call "
        "adds to the one before.",
        "Where are the gradients set to zero?",
        "Make new arrays of zeros at the start of each call.",
        evidence,
    )


def remembers(name, evidence):
    """Return the finding for results that change when the function is called again."""
    return trouble(
        "state",
        "remembers",
        "another result when called again",
        f"Called again with the same arguments, {name} gives another result: it remembers earlier "
        "calls, or draws random numbers.",
        "Which of your variables outlive a call: globals, attributes, default arguments?",
        "Let the result depend on the arguments alone.",
        evidence,
    )


def _vector(came):
    """Return all numbers that came, in one vector."""
    arrays = [np.ravel(a) for a in (*came.w.values(), *came.b.values()) if a is not None]
    return np.concatenate([np.zeros(0), *arrays])


def _equal(first, second):
    return same(_vector(first), _vector(second), 1e-9)


def same(one, other, tolerance):
    """Say whether two arrays agree, relative to the largest entry of either."""
    if one.shape != other.shape:
        return False
    scale = max(abs(one).max(initial=0), abs(other).max(initial=0))
    difference = abs(one - other).max(initial=0)
    return bool(np.isfinite(scale) and difference <= tolerance * scale + _FLOOR)
