"""What a type checker knows of the package: all of its public face, and no more than is true."""

import importlib
import inspect
import re
import subprocess
import sys
import textwrap
import typing

import pytest
from book_pages import ROOT

import bpcourse

PROGRAM = ROOT / "tests" / "typed_program.py"
WINGS = (
    "autodiff", "fast", "layers", "lessons", "figures", "diagnosis", "exercises", "submission",
    "terminal", "classroom",
)  # fmt: skip


def mypy(*files):
    """Return what mypy prints of some files, after the configuration in pyproject.toml."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


# A line of the program, what a user may have typed instead, and what mypy says of it.
MISTAKES = [
    ('cost="cross_entropy", eta', 'cots="cross_entropy", eta', "Unexpected keyword argument"),
    ("eta=1.0", 'eta="1.0"', "incompatible type"),
    ('layout="rows"', 'layout="row"', "incompatible type"),
    ('bp.check("bp2", my_bp2).cause', 'bp.check("bp2", my_bp2).causes', "no attribute"),
    ("bp.exercises.table()", "bp.excercises.table()", "no attribute"),
    ('quantity="cost"', 'quantity="costs"', "incompatible type"),
    ("hint(2), str)", "hint(2), int)", "Expression is of type"),
]


def test_a_program_of_a_user_is_understood(tmp_path):
    """One run for the program as it is, and for each mistake: most of its time is for NumPy."""
    files = [PROGRAM]
    for i, (line, typed, _) in enumerate(MISTAKES):
        source = PROGRAM.read_text(encoding="utf-8")
        assert source.count(line) == 1, f"the program has no line with {line}"
        files.append(tmp_path / f"mistake_{i}.py")
        files[-1].write_text(source.replace(line, typed), encoding="utf-8")
    said = mypy(*files)
    wrong = [line for line in said.splitlines() if "mistake_" not in line]
    assert not wrong, "mypy does not understand tests/typed_program.py:\n" + "\n".join(wrong)
    for i, (_, typed, message) in enumerate(MISTAKES):
        found = re.search(f"mistake_{i}.py.*{message}", said)
        assert found, f"mypy does not see what is wrong with {typed}:\n{said}"


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "bpcourse" / "py.typed").exists(), "type checkers would not read the signatures"


def public_functions():
    """Yield what the package and its wings name in ``__all__``: functions and methods, by path."""
    wings = [importlib.import_module(f"bpcourse.{wing}") for wing in WINGS]
    seen = {}
    for module in [bpcourse, *wings]:
        for path, function in functions_in(module.__name__, module, seen):
            yield pytest.param(function, id=path)


def functions_in(path, thing, seen):
    """Yield the public functions of a module, a class or a function, each once."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    thing = thing.fget if isinstance(thing, property) else getattr(thing, "__func__", thing)
    if inspect.isfunction(thing) and thing.__module__.startswith("bpcourse"):
        yield path, thing
    elif inspect.isclass(thing):
        for name, member in vars(thing).items():
            own = name not in getattr(thing, "__dataclass_fields__", ())  # not a field's default
            if own and (not name.startswith("_") or name == "__init__"):
                yield from functions_in(f"{path}.{name}", member, seen)
    elif inspect.ismodule(thing) and thing.__name__.startswith("bpcourse"):
        for name in getattr(thing, "__all__", own_names(thing)):
            yield from functions_in(f"{path}.{name}", getattr(thing, name), seen)


def own_names(module):
    """Return the public names that a module defines itself."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    ]


@pytest.mark.parametrize("function", list(public_functions()))
def test_every_public_function_is_annotated(function):
    """Every parameter and the result, in names that the file knows."""
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    missing = [name for name in [*names, "return"] if name not in function.__annotations__]
    generated = function.__name__ == "__init__" and "<" in function.__code__.co_filename
    assert not missing or generated, f"no type is given for {missing}"
    typing.get_type_hints(function, for_checkers_alone(function))


def for_checkers_alone(function):
    """Return the names of a function's file, with those that it has under ``if TYPE_CHECKING``."""
    source = inspect.getsource(sys.modules[function.__module__])
    block = re.search(r"(?m)^if TYPE_CHECKING:\n((?:    .*\n|\n)+)", source)
    names = dict(vars(sys.modules[function.__module__]))
    if block:
        exec(textwrap.dedent(block[1]), names)
    return names
