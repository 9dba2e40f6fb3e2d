"""What of the course a submission finds: what its answers may use, and nothing that answers.

The process of a submission never loads what computes a gradient, nor what judges one: it can be
borrowed neither by name nor from memory. In its place stands an object that says nothing, so that a
check cell runs to its end.
"""

import importlib
import importlib.abc
import importlib.machinery
import os
import sys
from pathlib import Path

HOUSE = str(Path(__file__).resolve().parents[1])
#: Files of the course that an answer may use, as far as the exercise does not ask for them.
GIVEN = {"activations", "costs", "network", "parameters", "datasets"}
#: What those need.
BENEATH = {"_checks", "_html", "_mnist"}
_COMPARISONS = "lt le gt ge eq ne contains bool"
_NUMBERS = "add radd sub rsub mul rmul matmul rmatmul truediv rtruediv pow rpow neg abs"


class Nothing:
    """Stands for what is not there: it takes every call, and gives itself."""

    def __init__(self, name, *_, used=None):
        self.__dict__["_name"], self.__dict__["_used"] = str(name), used

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self._name}.{name}", used=self._used)

    def __call__(self, *_, **__):
        if self._used:
            self._used("closed", self._name)
        return Nothing(self._name)

    def __getitem__(self, _):
        return self

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __float__(self):
        return 0.0

    def __repr__(self):
        return ""

    def __format__(self, _):
        return ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    __hash__ = object.__hash__


for _name in _COMPARISONS.split():
    setattr(Nothing, f"__{_name}__", lambda *_: True)
for _name in _NUMBERS.split():
    setattr(Nothing, f"__{_name}__", lambda self, *_: self)


class _Closed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in wherever a file of the course is asked for that is not given."""

    def __init__(self, used):
        self._used = used

    def find_spec(self, name, *_):
        if not name.startswith("bpcourse.") or name in sys.modules:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Nothing(spec.name, used=self._used)

    def exec_module(self, module):
        pass


def load():
    """Load what is given into the package ``bpcourse``, which is empty in this process."""
    course = sys.modules["bpcourse"]
    for name in sorted(GIVEN):
        home = importlib.import_module(f"bpcourse.{name}")
        public = {n: v for n, v in vars(home).items() if not n.startswith("_")}
        vars(course).update(
            {n: v for n, v in public.items() if getattr(v, "__module__", "") == home.__name__}
        )


def close(used):
    """Let imports find what is given, and stand-ins for the rest.

    Parameters
    ----------
    used : callable
        ``used("closed", "bpcourse.backprop")`` is called when a stand-in is.
    """
    course, kept = sys.modules["bpcourse"], {f"bpcourse.{name}" for name in GIVEN | BENEATH}
    for name in [each for each in sys.modules if each.startswith("bpcourse.")]:
        if name not in kept:
            del sys.modules[name]
            vars(course).pop(name.partition(".")[2], None)
    course.__file__ = os.path.join(HOUSE, "__init__.py")  # noqa: PTH118

    def later(name):
        if name.startswith("__"):
            raise AttributeError(f"module 'bpcourse' has no attribute {name!r}")
        return Nothing(f"bpcourse.{name}", used=used)

    course.__getattr__ = later
    sys.meta_path.insert(0, _Closed(used))


def is_closed():
    """Say whether this process was started without what answers."""
    return "bpcourse.backprop" not in sys.modules


def readable():
    """Return the paths of the files that are given, and of the data."""
    names = [f"{name}.py" for name in sorted(GIVEN | BENEATH)]
    return [str(Path(HOUSE, name)) for name in ("data", *names)]
