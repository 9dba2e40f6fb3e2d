"""Settings that hold for every test."""

import importlib
import os

import matplotlib
import pytest
import warm_kernels
from hypothesis import Phase, settings

# They hold no docstrings with examples, and pytest cannot import two files of one name as modules.
collect_ignore_glob = ["*conftest.py"]

# What the notebooks print does not depend on where the book is published; their kernels inherit it.
os.environ.setdefault("BPCOURSE_BOOK", "")

# Figures are drawn to text, never to a screen. (Not by the environment variable: the kernels that
# nbval starts would inherit it, and show no figure.)
matplotlib.use("agg")
# Examples in docstrings draw, and leave their figures to the reader.
matplotlib.rcParams["figure.max_open_warning"] = 0

# The same examples in every run: a failure that one machine sees, every machine sees. To kill a
# mutant the first that fails will do: nobody reads what it could be simplified to.
course = {"derandomize": True, "deadline": None, "max_examples": 50}
settings.register_profile("course", **course)
settings.register_profile("mutants", **course, phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "course"))

# What a test registers, as a teacher would, is gone after it.
EXERCISES = importlib.import_module("bpcourse.exercises.check")._EXERCISES
OURS = dict(EXERCISES)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    """Forget the exercises of a test's own."""
    if len(EXERCISES) != len(OURS):
        EXERCISES.clear()
        EXERCISES.update(OURS)


# Where a worker gets a file at a time (``make test``), the long ones come first, so that at the end
# no worker waits for another: files and folders of twenty seconds or more, then the notebooks.
LONG = (
    "tests/browser/",
    "tests/diagnosis/test_diagnose.py",
    "tests/lessons/test_experiments.py",
    "tests/classroom/",
    "tests/test_mutants.py",
    "tests/test_command_line.py",
    "tests/fast/",
    "book/",
)


def pytest_addoption(parser):
    """Add what ``make quick`` asks for: a few cases of what only rests on a change."""
    few = (
        "run N cases of each test function, spread over all; in the files of --whole every one, "
        "and of those of --sample three tests for each N"
    )
    parser.addoption("--few", type=int, metavar="N", help=few)
    parser.addoption("--whole", action="append", default=[], metavar="FILE")
    parser.addoption("--sample", action="append", default=[], metavar="FILE")


def pytest_configure(config):
    """Fork the notebooks' kernels, and keep the order of the files.

    pytest-xdist would sort them by the number of their tests.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    if warm_kernels.CAN_FORK and getattr(config.option, "nbval", False):
        warm_kernels.install()


def pytest_collection_modifyitems(config, items):
    """Put the tests of long files first; the order is otherwise as it was."""
    items.sort(key=lambda item: _rank(item.nodeid))
    if few := config.getoption("few"):
        whole, sample = config.getoption("whole"), config.getoption("sample")
        kept = set(_spread(items, few, whole, sample))
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]


def _spread(items, few, whole, sample=()):
    """Yield the items of whole files, and of every other function so many, spread evenly.

    A file of the sample counts as one function with three times as many cases.
    """
    groups = {}
    for item in items:
        file = item.nodeid.partition("::")[0]
        name = file if file in sample else item.nodeid.partition("[")[0]
        groups.setdefault((file, name), []).append(item)
    for (file, name), cases in groups.items():
        wanted = 3 * few if name == file else few
        if file in whole or len(cases) <= wanted:
            yield from cases
        else:
            yield from (cases[k * (len(cases) - 1) // max(wanted - 1, 1)] for k in range(wanted))


def _rank(name):
    return next((k for k, start in enumerate(LONG) if name.startswith(start)), len(LONG))
