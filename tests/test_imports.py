"""The package is a house with one staircase: a module imports only from those above it."""

import ast
import subprocess
import sys

import pytest
from book_pages import ROOT

PACKAGE = ROOT / "bpcourse"
# From the top down. A module may import from every module that stands before it.
STAIRCASE = [
    "_checks",
    "equations",
    "activations",
    "costs",
    "network",
    "backprop",
    "engine",
    "low_rank",
    "finite_difference",
    "gradcheck",
    "operation_count",
    "datasets",
    "training",
    "scalar",
    "tensor",
    "graph",
    "worked_examples",
    "perceptron",
    "experiments",
    "_place",
    "findings",
    "catalogue",
    "_observation",
    "_explanation",
    "_conclusions",
    "diagnosis",
    "_steps",
    "_steps_activations",
    "_steps_costs",
    "_steps_equations",
    "_steps_networks",
    "_steps_differences",
    "_steps_values",
    "_steps_validation",
    "_attempts",
    "_verdicts",
    "exercises",
    "_submission",
    "_process",
    "_report",
    "classroom",
    "recurrent",
    "convolution",
    "_svg",
    "figures",
    "__init__",
    "__main__",
]
# What a module may need besides NumPy and the standard library.
ALLOWED = {
    "_svg": {"matplotlib", "IPython"},
    "datasets": {"pooch"},
    "figures": {"matplotlib"},
    "training": {"tqdm"},
}
# The engines check the rest of the package, so they share nothing with it but error messages.
INDEPENDENT = {"scalar", "tensor", "graph"}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imported(source):
    """Return the dotted names that ``source`` imports, also those inside functions."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += from_import(node)
    return names


def from_import(node):
    """Return the dotted names of one ``from`` import."""
    if node.level or node.module == "bpcourse":
        module = "bpcourse" + (f".{node.module}" if node.level and node.module else "")
        return [f"{module}.{alias.name}" for alias in node.names]
    return [node.module]


def house_modules(source):
    """Return the modules of the package that ``source`` imports."""
    parts = [name.split(".") for name in imported(source)]
    return {part[1] for part in parts if part[0] == "bpcourse" and len(part) > 1}


def outside_packages(source):
    """Return the third-party packages that ``source`` imports."""
    tops = {name.split(".")[0] for name in imported(source)}
    return tops - set(sys.stdlib_module_names) - {"bpcourse", "numpy"}


def source_of(module):
    """Return the text of a module."""
    return (PACKAGE / f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_modules_import_only_from_above(module):
    assert module in STAIRCASE, f"give bpcourse/{module}.py its step in tests/test_imports.py"
    above = set(STAIRCASE[: STAIRCASE.index(module)])
    wrong = house_modules(source_of(module)) - above
    assert not wrong, f"bpcourse/{module}.py imports {sorted(wrong)}, which stand below it"


@pytest.mark.parametrize("module", MODULES)
def test_numpy_is_enough(module):
    extra = outside_packages(source_of(module)) - ALLOWED.get(module, set())
    assert not extra, f"bpcourse/{module}.py imports {sorted(extra)}; the package needs NumPy alone"


@pytest.mark.parametrize("module", sorted(INDEPENDENT & set(MODULES)))
def test_the_engines_are_independent(module):
    wrong = house_modules(source_of(module)) - INDEPENDENT - {"_checks"}
    assert not wrong, f"{module} is a second route to every gradient, so it can't use {wrong}"


def test_importing_the_package_needs_numpy_alone():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['matplotlib', 'IPython', 'scipy', 'tqdm']));"
        "import bpcourse; print(bpcourse.__version__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"import bpcourse fails without matplotlib:\n{result.stderr}"


def test_the_reader_of_imports_sees_every_form():
    source = "import numpy\nfrom bpcourse import a\nfrom bpcourse.b import x\nimport bpcourse.c\n"
    source += "from . import d\nfrom .e import y\ndef f():\n    import scipy.sparse\n"
    assert house_modules(source) == set("abcde"), "an import of the package's own is overlooked"
    assert outside_packages(source) == {"scipy"}, "an import inside a function is an import"
