"""What runs in the process of a submission: it takes arguments, and returns arrays.

Nothing here knows what is right. The process that judges sends the text of a submission and the
arguments of a call; this one loads the text, calls the function and sends back what came, or what
it raised. See :mod:`bpcourse.classroom.wire` for the form of the messages.
"""

import builtins
import contextlib
import faulthandler
import inspect
import linecache
import os
import signal
import sys
import types
import warnings

import numpy as np

from bpcourse._code import returned_names, words
from bpcourse.classroom import given, loading, watching, wire

_WATCHED = {"call", "expression"}
MODULE = "submission"  # never the file's own name: it could be called numpy.py
_LONG = 1_000  # characters of a message or a line, which can have millions
_SHORT = 40  # characters of a key of a dictionary of parameters


class Worker:
    """Answers the messages of the process that judges, one at a time."""

    def __init__(self, channel, watched):
        self.channel, self.watched = channel, watched
        self.process, self.caught = os.getpid(), []
        self.module = types.ModuleType(MODULE)
        self.files = {}
        self.function = None

    def serve(self):
        """Answer until there is nothing more to answer."""
        while (message := self.channel.receive()) is not None:
            request = wire.unpack(message, self._callback)
            answer = self._answer(request.pop("do"), request)
            if os.getpid() != self.process:
                os._exit(0)  # a child that the function forked comes here, too
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            self.channel.send(answer)

    def _answer(self, kind, request):
        """Return the answer as bytes; to look at what a function returned can run it still."""
        with self._guarded() if kind in _WATCHED else contextlib.nullcontext():
            try:
                return wire.pack(getattr(self, f"do_{kind}")(**request), longest=wire.LONGEST)
            except BaseException as error:
                return wire.pack(self._error(error), longest=wire.LONGEST)

    def do_load(self, path, units, folder, whole, seconds):
        """Run the text of a submission, as an import would or one statement after the other."""
        self.module.__file__ = path
        sys.modules[MODULE] = self.module
        sys.argv = [path]
        if folder:
            sys.path.append(folder)  # at the end: a file there can't stand in for NumPy
        self.files = {name: place for place, (name, _) in enumerate(units)}
        for name, text in units:
            shown = [line[:_LONG] + "\n" for line in loading.lines_of(text)]
            linecache.cache[name] = (len(text), None, shown, name)
        with settings_kept():
            if whole:
                failures = loading.as_module(self.module, units)
            else:
                failures = loading.by_statement(self.module, units, seconds)
        return {"failures": [self._failure(**each) for each in failures]}

    def _failure(self, error, names, unit=None):
        found = {"names": names, **self._error(error)}
        return found if unit is None else {**found, "unit": self.files[unit]}

    def do_find(self, function, preferred):
        """Choose the function to call, and describe it."""
        names = vars(self.module)
        own = [n for n, f in names.items() if inspect.isfunction(f) and f.__module__ == MODULE]
        if function is None:
            function = preferred if preferred in names or len(own) != 1 else own[0]
        classes = [n for n, c in names.items() if inspect.isclass(c) and hasattr(c, function)]
        found = names.get(function)
        if not callable(found):
            kind = type(found).__name__ if function in names else ""
            return {"missing": function, "kind": kind, "own": own, "classes": classes}
        self.function = found
        code = getattr(found, "__code__", None)
        return {
            "name": str(getattr(found, "__name__", function))[:80],
            "parameters": _parameters(found),
            "home": os.path.basename(getattr(code, "co_filename", "")),  # noqa: PTH119
            "own": getattr(code, "co_filename", None) in self.files or code is None,
            "methods": [n for n in ("relu", "exp", "log", "tanh") if hasattr(found, n)],
            **_told(found),
        }

    def do_replace(self, names):
        """Put functions in the place of the submission's own, by name."""
        vars(self.module).update(names)
        return {}

    def do_call(self, args, options):
        """Call the function, and return its result and what it changed of its arguments."""
        before = wire.unpack(wire.pack(list(args), []), lambda *_: None)
        try:
            result = self.function(*args, **options)
            if inspect.isgenerator(result):
                result = list(result)
        except BaseException as error:
            return {**self._error(error), "changed": _changed(args, before)}
        warned = _warned(self.caught)
        return {"result": result, "changed": _changed(args, before), "warned": warned}

    def do_expression(self, inputs, steps, targets):
        """Compute with objects of the submission's class, and go back from some of them."""
        made = []
        for step in steps:
            made.append(self._step(step, made, inputs))
        for target in targets:
            made[target].backward()
        grads = [made[k].grad for k, step in enumerate(steps) if step[0] == "input"]
        return {"data": [made[target].data for target in targets], "grads": grads}

    def _step(self, step, made, inputs):
        kind, *rest = step
        if kind == "input":
            return self.function(inputs[rest[0]])
        if kind == "number":
            return rest[0]
        name, *places = rest
        return _OPERATIONS[name](*(made[place] for place in places))

    @contextlib.contextmanager
    def _guarded(self):
        """Let NumPy warn and nothing more, and watch whose functions are called."""
        with settings_kept(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            np.seterr(divide="warn", over="warn", invalid="warn", under="ignore")
            self.caught = caught
            with self.watched():
                yield

    def _error(self, error):
        """Return an exception as plain values."""
        if isinstance(error, MemoryError) and not error.args:
            error.args = ("no memory is left within the limit",)
        try:
            said = str(error)[:_LONG] + (" ..." if len(str(error)) > _LONG else "")
        except BaseException:  # an exception whose own __str__ fails
            said = ""
        bases = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
        place, line = self._place(error)
        number = isinstance(getattr(error, "obj", None), int | float)
        error_type = type(error).__name__[:80]
        answer = {"raised": error_type, "bases": bases, "said": said, "number": number}
        if isinstance(error, ModuleNotFoundError):
            answer["module"] = str(error.name or "").partition(".")[0][:80]
        return {**answer, "unit": place, "line": line}

    def _place(self, error):
        """Return in which part of the submission, and in which line, an exception arose."""
        found, trace = (-1, 0), error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name in self.files:
                found = self.files[name], trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and error.filename in self.files:
            return self.files[error.filename], error.lineno or 0
        return found

    def _callback(self, number, name):
        """Return a function that is computed by the process that judges."""

        def remote(*args):
            self.channel.send(wire.pack({"evaluate": number, "args": args}))
            reply = wire.unpack(self.channel.receive())
            if "raised" in reply:
                kind = getattr(builtins, reply["raised"], ValueError)
                raise kind(reply["said"])
            return reply["value"]

        remote.__name__ = remote.__qualname__ = str(name)
        return remote


@contextlib.contextmanager
def settings_kept():
    """Put back at the end what the code inside does to settings and to the standard output."""
    stdout = sys.stdout
    with np.errstate(), np.printoptions(), warnings.catch_warnings():
        try:
            yield
        finally:
            sys.stdout = stdout


def run(channel, trace, *, shut):
    """Serve, and end the process whatever the submission left running.

    Parameters
    ----------
    channel : Channel
    trace : int
        The file for the line that runs when the process crashes or is about to be stopped.
    shut : bool
        The system lets this process start no program, and read of the course what is given.
    """
    faulthandler.enable(trace)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, trace)
    closed = given.is_closed()
    watched, notice = watching.begin(channel, shut=shut, closed=closed)
    if closed:
        given.close(notice)
    try:
        Worker(channel, watched).serve()
    except (OSError, wire.Broken):  # the channel is closed, or something wrote into it
        os._exit(1)
    os._exit(0)


def _parameters(function):
    """Return names, kinds and defaults of a function's parameters, or None."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions in C have none
        return None
    return [
        [p.name, int(p.kind), None if p.default is p.empty else repr(p.default)[:80]]
        for p in signature.parameters.values()
    ]


def _told(function):
    """Return what the code of a function says of the form of its arguments and of its result."""
    told = {"words": [], "returned": []}
    with contextlib.suppress(Exception):  # a strange object may fail when it is looked at
        told["words"] = sorted(each for each in words(function) if len(each) < _SHORT)[:_LONG]
        told["returned"] = returned_names(function)
    return told


def _changed(args, before):
    """Return the arguments that a call changed, by their places."""
    return {
        place: after
        for place, (after, original) in enumerate(zip(args, before, strict=True))
        if isinstance(after, list | np.ndarray) and not _same(after, original)
    }


def _same(one, other):
    if isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and one.shape == other.shape and (one == other).all()
    if isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one is other or one == other


def _warned(caught):
    for each in caught:
        if issubclass(each.category, RuntimeWarning):
            return str(each.message)[:200]
    return ""


_OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "neg": lambda a: -a,
    "relu": lambda a: a.relu(),
    "exp": lambda a: a.exp(),
    "log": lambda a: a.log(),
    "tanh": lambda a: a.tanh(),
}
