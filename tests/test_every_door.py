"""Every public callable answers, or says at its door what came and what was wanted.

The callables are listed from the package, so a new name is tried from the day it is there. Each
parameter is given odd things in turn, while the others have good ones, found by the parameter's
name in ``doors.GOOD``. A call may give an answer, or an error that the package itself raises:
ValueError, TypeError or one of its own. What may not come out is an error from inside (NumPy's
IndexError, say), a warning of NumPy's, or an argument that was changed.
"""

import dataclasses
import fnmatch
import importlib
import inspect
import linecache
import pkgutil
import types
import warnings
from itertools import pairwise

import numpy as np
import pytest
from doors import CHEAP, GOOD, ODD, SELF, array, net

import bpcourse as bp
from bpcourse.activations import ACTIVATIONS

# What has no door of its own, and why.
OPEN = {
    "the mathematics as the book shows it; NumPy's own errors name the shapes": [
        "equations.*",
    ],
    "starts processes, or reads programs and directories": [
        "classroom.*",
        "terminal.*",
    ],
    "fetches data": ["datasets.mnist"],
    "writes or reads a file: tests/test_network.py": ["Network.save", "Network.load"],
    "behind a door: called with what has been checked": [
        "backprop.propagate_back",
        "backprop.backward_pass",
        "diagnosis.findings.*",
        "backprop.*_error",
        "backprop.check_targets",
        "costs.check_fit",
        "network.propagate",
        "network.class_of",
        "finite_difference.confirm*",
        "finite_difference.cost_noise",
        "finite_difference.estimated",
        "finite_difference.known_to_be_complex",
        "gradcheck_report.*",
        "fast.low_rank.*",
        "fast.in_place.[a-z]*",
        "exercises.Exercise.run",
        "lessons.language_model.block",
        "lessons.language_model.block_backward",
        "lessons.starts.Starts.move",
        "lessons.starts.Starts.run",
        "lessons.starts.Starts.slopes",
    ],
}
ELEMENTWISE = [name for name, each in ACTIVATIONS.items() if each.elementwise]
# Parameters, or odd things in them, that are not refused yet or never, and why.
KNOWN = {
    "Diagnosis.hint": {"level"},
    "Diagnosis.text": {"level"},
    "check": {"name"},
    "exercises.arguments": {"name", "number"},
    # Objects know their own arithmetic; and softmax of nothing, or of infinities, is NumPy's.
    **{name: {"z = objects"} for name in ELEMENTWISE},
    "softmax": {"z = objects", "z = inf", "z = infinite", "z = []", "z = ()"},
    # The function that is called is the caller's own, and so are its errors.
    "finite_difference.derivative": {"f = type"},
    "gradcheck.check": {"gradient = type"},
    "gradcheck.require": {"gradient = type"},
    "layers.second.largest_curvature": {"product = type"},
    "train": {"callback = type", "optimizer = type", "optimizer = function"},
}


def modules():
    """Return the public modules: those at the top, the wings, and what their __all__ names."""
    names = [each.name for each in pkgutil.iter_modules(bp.__path__) if each.name[0] != "_"]
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
        if name[0] != "_" and getattr(thing, "__module__", None) == module.__name__
    ]


def callables():
    """Return every public function, class and method by its path; the same thing once."""
    found, seen = {}, set()
    for module in modules():
        for name in public_names(module):
            thing = getattr(module, name)
            if isinstance(thing, types.ModuleType) or not callable(thing) or id(thing) in seen:
                continue
            if not inspect.getmodule(type(thing)).__name__.startswith(("bpcourse", "builtins")):
                continue  # a color map of matplotlib's, say
            seen.add(id(thing))
            path = f"{module.__name__}.{name}".removeprefix("bpcourse.")
            found[path] = thing
            if isinstance(thing, type):
                found |= methods(path, thing)
    return found


def methods(path, kind):
    """Return the public methods of a class."""
    return {
        f"{path}.{name}": getattr(kind, name)
        for name in vars(kind)
        if name[0] != "_" and inspect.isroutine(getattr(kind, name))
    }


def has_a_door(path, thing):
    """Return whether odd arguments are to be tried; an exception is only made by the package."""
    patterns = [pattern for listed in OPEN.values() for pattern in listed]
    is_error = isinstance(thing, type) and issubclass(thing, BaseException)
    return not is_error and not any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


EVERYTHING = callables()
DOORS = {path: thing for path, thing in EVERYTHING.items() if has_a_door(path, thing)}


def good(path, parameter):
    """Return a good argument: made for the name, or the default, or nothing."""
    if parameter.name == "self":
        return SELF[path.rpartition(".")[0]]()
    here = f"{path}.{parameter.name}"
    make = GOOD.get(here, GOOD.get(parameter.name))
    optional = parameter.default is not parameter.empty
    if make and (not optional or here in GOOD or parameter.name in CHEAP):
        return make()
    return parameter.default if optional else None


def calls(path, function):
    """Yield every call to try: what is odd about it, and its arguments with their parameters."""
    parameters = list(inspect.signature(function).parameters.values())

    def arguments(odd):
        return [(p, odd[p.name]() if p.name in odd else good(path, p)) for p in parameters]

    yield "nothing odd", arguments({})
    free = [p for p in parameters if p.name != "self"]
    free = [p for p in free if p.name not in KNOWN.get(path, ())]
    for p in free:
        for name, make in ODD.items():
            if f"{p.name} = {name}" not in KNOWN.get(path, ()):
                yield f"{p.name} = {name}", arguments({p.name: make})
    for p, q in pairwise(free):
        exchanged = {p.name: lambda q=q: good(path, q), q.name: lambda p=p: good(path, p)}
        yield f"{p.name} and {q.name} swapped", arguments(exchanged)


def called(function, arguments):
    """Call a function with arguments as its signature has them."""
    options = {p.name: a for p, a in arguments if p.kind is p.KEYWORD_ONLY}
    return function(*(a for p, a in arguments if p.kind is not p.KEYWORD_ONLY), **options)


def complaint(function, arguments):
    """Return what is wrong with the answer to a call, or None."""
    before = [snapshot(a) for _, a in arguments]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            called(function, arguments)
        except Exception as error:
            if not raised_at_the_door(error):
                return f"{type(error).__name__} from inside: {error}"
    if warned:
        return f"a warning leaks: {warned[0].message}"
    for (p, a), b in zip(arguments, before, strict=True):
        if snapshot(a) != b:
            return f"the argument {p.name} was changed"
    return None


def raised_at_the_door(error):
    """Return whether the package raised the error itself, in a kind that a caller expects.

    Python's own TypeError for a call that does not fit the signature is as clear as it gets.
    """
    kinds = (ValueError, TypeError, IndexError, OverflowError, RuntimeError, ArithmeticError)
    if type(error) not in kinds and not type(error).__module__.startswith("bpcourse"):
        return False
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    filename = trace.tb_frame.f_code.co_filename
    if filename == __file__:
        return type(error) is TypeError
    line = linecache.getline(filename, trace.tb_lineno).strip()
    return line.startswith("raise") and len(str(error)) > 15


def snapshot(thing):
    """Return copies of the arrays in something."""
    if isinstance(thing, np.ndarray):
        return thing.shape, thing.dtype, thing.tobytes() if thing.dtype != object else ""
    if isinstance(thing, list | tuple):
        return [snapshot(part) for part in thing]
    if isinstance(thing, dict):
        return {key: snapshot(part) for key, part in thing.items()}
    if isinstance(thing, bp.Network):
        return snapshot(thing.parameters.vector)
    if isinstance(thing, bp.Examples):
        return snapshot([thing.rows, thing.target_rows, thing.labels])
    return None


@pytest.mark.parametrize("path", DOORS)
def test_odd_arguments(path):
    function = DOORS[path]
    wrong = {}
    for what, arguments in calls(path, function):
        if found := complaint(function, arguments):
            wrong[what] = found
    assert not wrong, f"{path} with {len(wrong)} odd arguments:\n" + "\n".join(
        f"  {what}: {found}" for what, found in list(wrong.items())[:8]
    )


def test_every_kind_of_module_is_listed():
    expected = {"train", "autodiff.tensor.softmax", "figures.matrix", "Network.forward"}
    expected |= {"lessons.perceptron.delta_rule", "fast.in_place.BoundGradient", "bpcourse.sigmoid"}
    missing = {path.removeprefix("bpcourse.") for path in expected} - set(EVERYTHING)
    assert not missing, f"{missing} not found: the walk through the package has a hole"


def test_open_doors_exist():
    for pattern in [each for listed in OPEN.values() for each in listed]:
        assert fnmatch.filter(EVERYTHING, pattern), f"{pattern} is gone; take it out of OPEN"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (lambda x: x.no_such_name, "AttributeError from inside"),
        (lambda x: np.zeros(2)[5], "IndexError from inside"),
        (lambda x: 1 // 0, "ZeroDivisionError from inside"),
        (lambda x: np.ones(2) @ np.ones(3), "ValueError from inside"),
        (lambda x: np.log(np.zeros(1)), "a warning leaks"),
        (lambda x: x.fill(0), "argument x was changed"),
    ],
)
def test_the_check_sees(fault, found):
    (parameter,) = inspect.signature(fault).parameters.values()
    assert found in str(complaint(fault, [(parameter, array(2, 2))])), "the fault was planted"


# float32 in, float32 out.


def narrow(thing):
    """Return float32 in the place of float64."""
    if isinstance(thing, np.ndarray) and thing.dtype == np.float64:
        return thing.astype(np.float32)
    if isinstance(thing, list | tuple):
        return type(thing)(narrow(part) for part in thing)
    if isinstance(thing, dict):
        return {key: narrow(part) for key, part in thing.items()}
    if isinstance(thing, bp.Network):
        return thing.with_parameters(narrow(thing.parameters))
    if isinstance(thing, bp.Parameters):
        return bp.Parameters(thing.sizes, narrow(thing.vector))
    if isinstance(thing, bp.Trace):
        return narrow(net()).forward(narrow(array(2, 4)))
    if isinstance(thing, bp.Examples | bp.Dataset):
        parts = [narrow(getattr(thing, field.name)) for field in dataclasses.fields(thing)]
        return type(thing)(*parts)
    if isinstance(thing, bp.tensor.Tensor):
        return bp.tensor.Tensor(narrow(thing.data))
    return thing


def wide(thing, depth=4):
    """Return whether float64 arrays are among what was answered."""
    if isinstance(thing, np.ndarray):
        return thing.dtype == np.float64 and thing.ndim > 0
    if isinstance(thing, list | tuple | types.GeneratorType):
        return any(wide(part, depth) for part in thing)
    if isinstance(thing, dict | types.MappingProxyType):
        return any(wide(part, depth) for part in thing.values())
    if isinstance(thing, type) or not type(thing).__module__.startswith("bpcourse") or not depth:
        return False
    names = getattr(thing, "__dict__", None) or getattr(type(thing), "__slots__", ())
    return any(wide(getattr(thing, name, None), depth - 1) for name in names)


# Answers in float64 whatever came, and why.
ALWAYS_WIDE = {
    "costs and accuracies are recorded as Python's floats": [
        "History",
        "train",
        "kfold_stopping_epoch",
    ],
    "the experiments and examples of the book are in float64": ["lessons.*"],
    "bound to a float64 network here; tests/fast has the other": ["fast.in_place.*.parameters"],
}


@pytest.mark.parametrize("path", DOORS)
def test_float32_stays(path):
    listed = [pattern for patterns in ALWAYS_WIDE.values() for pattern in patterns]
    if any(fnmatch.fnmatch(path, pattern) for pattern in listed):
        return
    arguments = next(calls(path, DOORS[path]))[1]
    if not any(wide(a) for _, a in arguments):
        return
    try:
        answer = called(DOORS[path], [(p, narrow(a)) for p, a in arguments])
    except (TypeError, ValueError) as error:
        assert raised_at_the_door(error), f"{path}: {error}"
        return
    assert not wide(answer), f"{path} answers float32 with float64"


def test_float64_is_seen_where_it_hides():
    assert wide(bp.tensor.Tensor(array(2))) and wide(net()) and wide({"a": [array(2)]})
    assert not wide(narrow(net())) and not wide(narrow([array(2)])) and not wide(0.5)
