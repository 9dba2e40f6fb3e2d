"""Every public callable answers, or says at its door what came and what was wanted.

The callables are listed from the package, so a new name is tried from the day it is there. Each
parameter is given odd things in turn, while the others have good ones, found by the parameter's
name in ``GOOD``. A call may give an answer, or an error that the package itself raises: ValueError,
TypeError or one of its own. What may not come out is an error from inside (an IndexError of NumPy,
say), a warning of NumPy's, or an argument that was changed.
"""

import copy
import functools
import importlib
import inspect
import linecache
import pkgutil
import types
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bpcourse as bp

# An answer takes as long here as it takes, and odd arguments get the same one again and again.
ENOUGH = 3


# What is listed.


def modules():
    """Return the public modules: those at the top, the wings, and what their __all__ names."""
    names = [
        module.name
        for module in pkgutil.iter_modules(bp.__path__)
        if not module.name.startswith("_")
    ]
    found = [bp] + [importlib.import_module(f"bpcourse.{name}") for name in names]
    for module in found:
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if isinstance(thing, types.ModuleType) and thing not in found:
                found.append(thing)
    return found


def public_names(module):
    """Return the names in __all__, or else those of what is defined in the module."""
    if hasattr(module, "__all__"):
        return module.__all__
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]


def callables():
    """Return every public function, class and method by its name; the same thing once."""
    found, seen = {}, set()
    for module in modules():
        for name in public_names(module):
            thing = getattr(module, name)
            if isinstance(thing, types.ModuleType) or not callable(thing) or id(thing) in seen:
                continue
            seen.add(id(thing))
            path = f"{module.__name__.removeprefix('bpcourse').lstrip('.')}.{name}".lstrip(".")
            found[path] = thing
            if isinstance(thing, type):
                found |= methods(path, thing)
    return found


def methods(path, kind):
    """Return the public methods of a class that take arguments."""
    found = {}
    for name in vars(kind):
        method = getattr(kind, name)
        if not name.startswith("_") and inspect.isroutine(method):
            found[f"{path}.{name}"] = method
    return found


CALLABLES = callables()


# Good arguments, by the parameter's name; where a name means something else, by the whole path.


def array(*shape):
    """Return numbers between 0.2 and 0.8, the same ones every time."""
    return np.random.default_rng(0).uniform(0.2, 0.8, shape)


@functools.cache
def net():
    rng = np.random.default_rng(1)
    return bp.Network.random([2, 3, 1], hidden=bp.tanh, output=bp.sigmoid, rng=rng)


def some_rows():
    return bp.Examples(array(4, 2), np.array([[0.0], [1.0], [1.0], [0.0]]), np.array([0, 1, 1, 0]))


def gradient():
    return bp.backprop(net(), net().forward(array(2, 4)), some_rows().y, bp.cross_entropy)


@functools.cache
def history():
    data = bp.Dataset(some_rows(), some_rows())
    rng = np.random.default_rng(0)
    options = {"cost": "quadratic", "eta": 0.1, "epochs": 3, "batch_size": 2}
    return bp.train(net(), data, rng=rng, **options)[1]


def starts():
    return bp.experiments.Starts(array(2, 3, 3), array(2, 1, 4), eta=0.1)


def tensor():
    return bp.tensor.Tensor(array(2, 3))


@functools.cache
def axes():
    return plt.figure().subplots()


def cleared_axes():
    axes().clear()
    return axes()


def keep(*arguments, **options):
    """Stand for a learner's function: it has no right answer, but it does no harm."""
    return 0.0


GOOD = {
    "a": tensor,
    "a_previous": lambda: array(2, 4),
    "activation": lambda: bp.tanh,
    "activations": lambda: ["tanh", "sigmoid"],
    "analytic": lambda: array(5),
    "array": lambda: array(2, 3),
    "ax": cleared_axes,
    "axes": lambda: (1, 0),
    "axis": lambda: 0,
    "b": tensor,
    "batch_size": lambda: 2,
    "biases": lambda: [array(3), array(1)],
    "carry": lambda: True,
    "coefs": lambda: [array(2, 3), array(3, 1)],
    "condition": lambda: array(2, 3) > 0.5,
    "cost": lambda: bp.cross_entropy,
    "costs": lambda: [4.0, 9.0],
    "data": lambda: bp.Dataset(some_rows(), some_rows()),
    "delta": lambda: array(3, 4),
    "delta_next": lambda: array(1, 4),
    "directory": lambda: "no directory of this name",
    "dtype": lambda: np.float64,
    "epochs": lambda: 2,
    "errors": lambda: {"one": [0.1, 0.2], "two": [0.3, 0.1]},
    "eta": lambda: 0.1,
    "example": bp.worked_examples.mazur,
    "examples": some_rows,
    "f": lambda: np.sum,
    "folds": lambda: 2,
    "function": lambda: keep,
    "grad_a": lambda: array(1, 4),
    "hidden": lambda: "tanh",
    "history": history,
    "index": lambda: 3,
    "indices": lambda: [0, 2],
    "init": lambda: "scaled",
    "inputs": lambda: [tensor()],
    "intercepts": lambda: [array(3), array(1)],
    "j": lambda: 0,
    "jacobian": lambda: array(4, 1, 1),
    "l": lambda: 2,
    "labels": lambda: [0, 1, 1],
    "m": lambda: 6,
    "make": lambda: keep,
    "method": lambda: "central",
    "n": lambda: 4,
    "n_classes": lambda: 2,
    "name": lambda: "bp1",
    "names": lambda: ["one.py"],
    "net": net,
    "network": net,
    "numeric": lambda: array(5),
    "outcomes": list,
    "output": lambda: "sigmoid",
    "packed": lambda: array(13),
    "parameters": lambda: net().parameters,
    "path": lambda: "no such file.py",
    "prime": lambda: array(1, 4),
    "published": lambda: "0.31",
    "ratio": lambda: 2.0,
    "result": lambda: tensor().sum(),
    "rng": lambda: np.random.default_rng(0),
    "rows": lambda: array(4, 2),
    "seeds": lambda: [0, 1],
    "shape": lambda: 6,
    "sizes": lambda: [2, 3, 1],
    "start": lambda: array(1, 4),
    "steps": lambda: 2,
    "sweeps": lambda: 2,
    "target_rows": lambda: array(4, 1),
    "task": lambda: bp.classroom.Task(step="bp1"),
    "tensors": lambda: [tensor(), tensor()],
    "trace": lambda: net().forward(array(2, 4)),
    "train": some_rows,
    "value": lambda: 0.3125,
    "vector": lambda: array(13),
    "w": lambda: {2: array(3, 2), 3: array(1, 3)},
    "w2": lambda: array(2, 3, 3),
    "w3": lambda: array(2, 1, 4),
    "w_next": lambda: array(1, 3),
    "weight": lambda: 0.5,
    "weight_decay": lambda: 0.1,
    "weights": lambda: [array(3, 2), array(1, 3)],
    "widths": lambda: [(1, 0), (0, 1)],
    "x": lambda: array(2, 4),
    "y": lambda: some_rows().y,
    "z": lambda: array(2, 4),
    "Activation.f": lambda: np.tanh,
    "Activation.prime": lambda: np.cos,
    "Dataset.from_rows.x": lambda: array(4, 2),
    "Dataset.from_rows.y": lambda: [0, 1, 1, 0],
    "Network.with_parameters.parameters": lambda: net().parameters.vector,
    "activation": lambda: bp.tanh,
    "equations.bp2.prime": lambda: array(3, 4),
    "equations.bp2_matrix.jacobian": lambda: array(4, 3, 3),
    "equations.path_sum.grad_a": lambda: array(1),
    "equations.path_sum.prime": lambda: {2: array(3), 3: array(1)},
    "costs.check_fit.activation": lambda: bp.sigmoid,
    "fast.low_rank.central_differences.steps": lambda: np.full(13, 1e-4),
    "figures.cost_growth.weights": lambda: [13, 30],
    "figures.digits.examples": lambda: bp.Examples(array(3, 64), np.eye(3, 10), np.arange(3)),
    "figures.errors_by_layer.errors": lambda: [array(3), array(2)],
    "figures.history.history": lambda: {"one": history()},
    "figures.step_sweep.steps": lambda: [0.1, 0.01],
    "figures.weight_index.weight": lambda: (2, 1, 1),
    "autodiff.scalar.Value.data": lambda: 0.5,
    "autodiff.tensor.Tensor.data": lambda: array(2, 3),
    "autodiff.graph.draw.result": lambda: tensor().sum(),
    "lessons.experiments.single_neuron.w": lambda: 0.5,
    "lessons.experiments.single_neuron.b": lambda: 0.5,
    "lessons.experiments.xor_starts.hidden": lambda: 2,
    "lessons.experiments.xor_starts.runs": lambda: 3,
    "lessons.experiments.encoder.record_every": lambda: 1,
    "lessons.experiments.encoder.hidden": lambda: 3,
    "lessons.experiments.encoder.init": lambda: 0.1,
    "lessons.experiments.Starts.uniform.init": lambda: 0.1,
    "lessons.experiments.Starts.network.r": lambda: 1,
    "lessons.perceptron.perceptron_rule.y": lambda: [0, 1, 1, 0],
    "lessons.perceptron.delta_rule.start": lambda: array(2),
    "lessons.worked_examples.step.net": lambda: bp.worked_examples.mazur().network,
    "lessons.worked_examples.step.example": bp.worked_examples.mazur,
    "lessons.worked_examples.miller_update.example": bp.worked_examples.miller_xor,
    **{
        f"autodiff.tensor.{name}.x": tensor
        for name in ("log_softmax", "logsumexp", "norm", "pad", "softmax")
    },
}
SELF = {
    "Diagnosis": lambda: bp.Diagnosis("backprop"),
    "Examples": some_rows,
    "Gradient": gradient,
    "Network": net,
    "Parameters": lambda: net().parameters,
    "classroom.Task": lambda: bp.classroom.Task(step="bp1"),
    "lessons.experiments.Starts": starts,
    "autodiff.scalar.Value": lambda: bp.scalar.Value(0.5),
    "autodiff.tensor.Tensor": tensor,
    "fast.in_place.BoundGradient": lambda: CALLABLES["fast.in_place.BoundGradient"](
        net(), bp.cross_entropy, 2
    ),
}

ODD = {
    "None": lambda: None,
    "text": lambda: "nonsense",
    "bytes": lambda: b"x",
    "nan": lambda: np.nan,
    "inf": lambda: np.inf,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1": lambda: 1,
    "2.5": lambda: 2.5,
    "True": lambda: True,
    "1j": lambda: 1j,
    "int64": lambda: np.int64(2),
    "uint8": lambda: np.uint8(2),
    "float32": lambda: np.float32(0.5),
    "[]": list,
    "()": tuple,
    "{}": dict,
    "set": lambda: {1, 2},
    "range": lambda: range(3),
    "no entries": lambda: np.zeros((2, 0)),
    "0-d": lambda: np.array(0.5),
    "vector": lambda: array(7),
    "matrix": lambda: array(5, 7),
    "3-d": lambda: array(2, 2, 2),
    "NaN in it": lambda: np.array([[np.nan, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4]]),
    "infinite": lambda: np.full((2, 4), np.inf),
    "huge": lambda: np.full((2, 4), 1e300),
    "integers": lambda: np.array([[0, 1, 1, 0], [1, 0, 0, 1]]),
    "unsigned": lambda: np.array([[0, 1, 1, 0], [1, 0, 0, 2]], np.uint8),
    "booleans": lambda: np.array([[True, False, True, True]]),
    "float32 array": lambda: array(2, 4).astype(np.float32),
    "float16": lambda: array(2, 4).astype(np.float16),
    "complex": lambda: array(2, 4) + 1j,
    "objects": lambda: np.array([[None] * 4, [1.0] * 4]),
    "texts": lambda: np.array(["a", "b"]),
    "masked": lambda: np.ma.array(array(2, 4), mask=[[True, False, False, False]] * 2),
    "nested lists": lambda: [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]],
    "ragged": lambda: [[0.1], [0.2, 0.3]],
    "list of None": lambda: [None, None],
    "list of texts": lambda: ["a", "b"],
    "generator": lambda: (k for k in (0.5, 0.25)),
    "function": lambda: keep,
    "type": lambda: float,
    "object": lambda: object(),
    "network": net,
    "dataset": lambda: bp.Dataset(some_rows()),
    "tensor": tensor,
    "value": lambda: bp.scalar.Value(0.5),
}


def good(path, parameter):
    """Return a good argument, or None where the default or nothing will do."""
    if parameter.name == "self":
        return SELF[path.rpartition(".")[0]]()
    make = GOOD.get(f"{path}.{parameter.name}", GOOD.get(parameter.name))
    if make is not None and (
        parameter.default is parameter.empty
        or f"{path}.{parameter.name}" in GOOD
        or parameter.name in CHEAP
    ):
        return make()
    return None if parameter.default is parameter.empty else parameter.default


# Parameters that get their good argument even where they have a default, which would take longer
# or ask for something else.
CHEAP = {"ax", "epochs", "m", "rng", "validation", "test"}


# One call, and what is wrong with it.


def complaint(function, arguments):
    """Return what is wrong with a call, or None."""
    before = copied(arguments)
    positional = [a for p, a in arguments if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    for p, a in arguments:
        if p.kind is p.VAR_POSITIONAL:
            positional.append(a)
    options = {p.name: a for p, a in arguments if p.kind is p.KEYWORD_ONLY}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            function(*positional, **options)
        except Exception as error:  # noqa: BLE001 (every kind is judged)
            if not raised_at_the_door(error):
                return f"{type(error).__name__} from inside: {error}"
    for warning in warned:
        if "holds whole numbers" not in str(warning.message):
            return f"a warning leaks: {warning.message}"
    for (p, a), b in zip(arguments, before, strict=True):
        if not unchanged(a, b):
            return f"the argument {p.name} was changed"
    return None


def raised_at_the_door(error):
    """Return whether the package raised the error itself, in a kind that a caller expects.

    Python's own TypeError for a call that does not fit the signature is as clear as it gets.
    """
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = type(error).__module__.startswith("bpcourse")
    if not own and type(error) not in (ValueError, TypeError, OverflowError, RuntimeError):
        return False
    filename, line = frames[-1]
    if filename == __file__:
        return type(error) is TypeError
    return linecache.getline(filename, line).strip().startswith("raise") and len(str(error)) > 15


def copied(arguments):
    """Return copies of the arrays among the arguments, and of those in lists and networks."""
    return [snapshot(a) for _, a in arguments]


def snapshot(thing):
    if isinstance(thing, np.ndarray):
        return thing.copy()
    if isinstance(thing, list | tuple):
        return [snapshot(part) for part in thing]
    if isinstance(thing, dict):
        return {key: snapshot(part) for key, part in thing.items()}
    if isinstance(thing, bp.Network):
        return thing.parameters.vector.copy()
    if isinstance(thing, bp.Examples):
        return [snapshot(thing.rows), snapshot(thing.target_rows)]
    return None


def unchanged(thing, before):
    now = snapshot(thing)
    if isinstance(now, list):
        return len(now) == len(before) and all(map(unchanged, now, before))
    if isinstance(now, dict):
        return now.keys() == before.keys() and all(unchanged(now[k], before[k]) for k in now)
    if isinstance(now, np.ndarray):
        return now.shape == before.shape and now.tobytes() == before.tobytes()
    return True


def calls(path, function):
    """Yield every call to try: its name and its arguments."""
    parameters = list(inspect.signature(function).parameters.values())
    if inspect.ismethod(function) or not parameters or parameters[0].name != "self":
        pass

    def arguments(**odd):
        return [(p, odd[p.name]() if p.name in odd else good(path, p)) for p in parameters]

    yield "good", arguments()
    for p in parameters:
        if p.name == "self":
            continue
        for name, make in ODD.items():
            yield f"{p.name}={name}", arguments(**{p.name: make})
    for p, q in zip(parameters, parameters[1:]):
        if "self" not in (p.name, q.name):
            yield (
                f"{p.name} and {q.name} swapped",
                arguments(**{p.name: lambda: good(path, q), q.name: lambda: good(path, p)}),
            )
