"""What the judge calls in place of a submission: it sends arguments, and gives back what returns.

To :func:`bpcourse.diagnose` and :func:`bpcourse.check` a stand-in looks like the function itself:
it has its name and its signature, raises what it raised, in its line, warns as it warned, and
changes the arguments that it changed.
"""

import builtins
import functools
import inspect
import warnings

import numpy as np

from bpcourse.classroom.loading import lines_of
from bpcourse.submission import obstacles

_FAMILIAR = {"AxisError": np.exceptions.AxisError, "LinAlgError": np.linalg.LinAlgError}


class Stopped(BaseException):
    """The function can't be called any more; ``finding`` says why.

    It passes through whatever catches the exceptions of a learner's function.
    """

    def __init__(self, finding):
        super().__init__(finding.sentence)
        self.finding = finding


class Function:
    """A submission's function, called from the process that judges."""

    def __init__(self, session, answer):
        self._session = session
        self.__name__ = str(answer["name"])
        self.__code__ = session.code  # the messages name the line in the function's own file
        self.told = {key: list(map(str, answer[key])) for key in ("words", "returned")}
        if answer["parameters"] is not None:
            self.__signature__ = _signature(answer["parameters"])

    def __call__(self, *arguments, **options):
        args = list(arguments)
        answer = self._session.ask({"do": "call", "args": args, "options": options})
        _change(args, answer.get("changed", {}))
        if "raised" in answer:
            self._session.throw(answer)
        if "result" not in answer:
            raise Stopped(obstacles.too_large(answer.get("bytes")))
        if answer.get("warned"):
            warnings.warn(str(answer["warned"]), RuntimeWarning, stacklevel=2)
        return answer["result"]


class ValueClass:
    """A submission's class of numbers that remember where they come from."""

    def __init__(self, session, answer):
        self._session, self.methods = session, answer["methods"]
        self.__name__ = str(answer["name"])
        self.__signature__ = _signature(answer["parameters"] or [])
        self._begin()

    def _begin(self):
        self._steps, self._inputs, self.targets, self.skipped = [], [], [], False

    def __call__(self, data):
        if self.skipped or (self._steps and self._steps[-1][0] != "input"):
            self._begin()  # something has been computed: this is another computation
        self._inputs.append(data)
        return self.record("input", len(self._inputs) - 1)

    def record(self, *step):
        """Write down a step of a computation and return its result to be."""
        self._steps.append(list(step))
        return RemoteValue(self, len(self._steps) - 1)

    def place(self, value):
        """Return the place of an operand among the steps."""
        return value.place if isinstance(value, RemoteValue) else self.record("number", value).place

    def compute(self, targets):
        """Have the steps computed, and go back from the targets; return data and gradients."""
        request = {"do": "expression", "inputs": self._inputs, "steps": self._steps}
        answer = self._session.ask({**request, "targets": targets})
        if "raised" in answer:
            self._session.throw(answer)
        return answer

    def came(self, name, place):
        """Return the data of a result, or the gradient of an input."""
        if name == "data":
            return self.answer["data"][self.targets.index(place)]
        return self.answer["grads"][self._steps[place][1]]


class RemoteValue:
    """A number of a submission's class: it writes down what is done with it."""

    def __init__(self, make, place):
        self.make, self.place = make, place

    def __getattr__(self, name):
        if name in self.make.methods:
            return lambda: self.make.record("do", name, self.place)
        if name in ("data", "grad"):
            return self.make.came(name, self.place)
        self.make.skipped = True
        raise AttributeError(f"a value has no {name}")

    def backward(self):
        """Go back from this result; after those from which it was gone back before."""
        self.make.targets.append(self.place)
        self.make.answer = self.make.compute(list(self.make.targets))


def _operation(sign, turned=False):
    def method(self, other):
        places = [self.place, self.make.place(other)]
        return self.make.record("do", sign, *(places[::-1] if turned else places))

    return method


for _name, _sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("pow", "**")):
    setattr(RemoteValue, f"__{_name}__", _operation(_sign))
    setattr(RemoteValue, f"__r{_name}__", _operation(_sign, turned=True))
RemoteValue.__neg__ = lambda self: self.make.record("do", "neg", self.place)


def exception(answer):
    """Return an exception like the one that a submission raised."""
    name = str(answer["raised"]).replace("\0", "")[:80] or "Exception"
    said = str(answer.get("said", ""))
    base = next((b for b in map(_builtin, answer.get("bases", ())) if b is not None), Exception)
    base = _FAMILIAR.get(name, base)
    error = base(said)
    if base.__name__ != name or str(error) != said:
        error = _similar(name, base)(said)
    if answer.get("number") and isinstance(error, AttributeError):
        error.obj = 0.0
    return error


@functools.lru_cache(1000)
def _similar(name, base):
    """Return a type of exceptions like another, with a name of its own; always the same one."""
    return type(name, (base,), {"__str__": lambda self: str(self.args[0])})


def _builtin(name):
    """Return the exception of Python with a name, if it can be made without arguments."""
    found = getattr(builtins, str(name), None)
    good = inspect.isclass(found) and issubclass(found, BaseException)
    return None if not good or issubclass(found, UnicodeError) else found


class _Shown:
    """A default value, of which only the text is known."""

    def __init__(self, text):
        self._text = str(text)

    def __repr__(self):
        return self._text


def _signature(parameters):
    """Return a signature as it was described; one that takes anything if that makes no sense."""
    made = []
    try:
        for name, kind, default in parameters:
            shown = inspect.Parameter.empty if default is None else _Shown(default)
            kind = list(inspect._ParameterKind)[kind]
            made.append(inspect.Parameter(str(name), kind, default=shown))
        return inspect.Signature(made)
    except (ValueError, TypeError, IndexError):
        return inspect.signature(lambda *args, **options: None)


def _change(args, changed):
    """Change arguments as the submission changed them."""
    for place, after in changed.items():
        if not isinstance(place, int) or not 0 <= place < len(args):
            continue
        if isinstance(args[place], list) and isinstance(after, list):
            args[place][:] = after
        elif isinstance(args[place], np.ndarray) and isinstance(after, np.ndarray):
            _overwrite(args[place], after)


def _overwrite(array, after):
    if array.shape != after.shape:
        array.resize(after.shape, refcheck=False)
    array[...] = after


def stopped_by(answer, texts):
    """Return the exception for what ends more than a call: Ctrl-C, or the like."""
    place, line = answer.get("unit", -1), answer.get("line", 0)
    text = line_of(texts, place, line)
    where = f" in line {line}" if text else ""
    found = obstacles.fails(answer["raised"], answer.get("said"), where, text, "when it is called")
    return Stopped(found)


def line_of(texts, place, line):
    """Return the text of a line of a submission, or ""."""
    if not (isinstance(place, int) and isinstance(line, int) and 0 <= place < len(texts)):
        return ""
    lines = lines_of(texts[place])
    return lines[line - 1].strip()[:200] if 0 < line <= len(lines) else ""
