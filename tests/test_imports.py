"""The package is a house with wings and one staircase.

A file imports only from files below it in its wing, and from wings below. The table is read from
the ground up.
"""

import ast
import re
import subprocess
import sys
from pathlib import PurePosixPath

import pytest
from book_pages import ROOT

PACKAGE = ROOT / "bpcourse"

# From the ground up. "top" are the files of bpcourse/ itself.
STAIRCASE = [
    ("autodiff", "scalar rules _arrays _engine tensor graph __init__"),
    (
        "top",
        "_version _checks _code _html _reading equations activations costs parameters network "
        "backprop",
    ),
    ("fast", "in_place low_rank __init__"),
    (
        "top",
        "finite_difference _gradcheck_noise gradcheck_report gradcheck operation_count _mnist "
        "datasets texts "
        "training stopping",
    ),
    (
        "layers",
        "recurrent convolution normalization attention initialization optimizers second __init__",
    ),
    (
        "lessons",
        "drill drills perceptron worked_examples starts experiments language_model __init__",
    ),
    ("figures", "style axes labels networks curves surfaces matrices live __init__"),
    ("diagnosis", "place findings names trouble comparison problem forms results unrolled missing"),
    ("diagnosis/catalogue", "cause slopes factors forward bp1 bp2 bp3 bp4 batch __init__"),
    (
        "diagnosis",
        "calling from_step observation state mixing path afterwards rounding grain judgement "
        "search batches explanation conclusions elsewhere examination adapters from_object "
        "from_layers diagnose values beside scripts __init__",
    ),
    (
        "exercises",
        "step activations costs equations networks differences values validation "
        "named recurrent convolution normalization attention optimizers "
        "attempts verdicts drawn check own solutions __init__",
    ),
    ("submission", "obstacles program outcome task __init__"),
    ("terminal", "program process examine __init__"),
    (
        "classroom",
        "text files wire channel isolation given watching loading worker nursery process "
        "stand_ins wording judging bench naming reading archive attempts sources outcomes page "
        "report form assignment solving adjustments marks gradebooks marks_folder handout unit "
        "commands __init__",
    ),
    ("top", "__init__ __main__"),
]
# What a file may need besides NumPy and the standard library.
ALLOWED = {
    "figures": {"matplotlib", "IPython"},
    "_mnist": {"pooch"},
    "training": {"tqdm"},
}
# The engines check the rest of the package, so they share nothing with it.
INDEPENDENT = "autodiff"


def steps():
    """Return every file of the staircase, from the ground up, as "wing/name"."""
    return [
        name if wing == "top" else f"{wing}/{name}"
        for wing, names in STAIRCASE
        for name in names.split()
    ]


STEPS = steps()
FILES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")
)


def imported(source):
    """Return the dotted names that ``source`` imports, also those inside functions.

    Imports for type checkers alone, under ``if TYPE_CHECKING``, are not run and do not count.
    """
    names = []
    for node in walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += from_import(node)
    return names


def walk(tree):
    """Yield the nodes of a tree, but not those under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        yield node
        yield from walk(node)


def from_import(node):
    """Return the dotted names of one ``from`` import."""
    if node.level:
        raise AssertionError("want absolute imports: they say from which wing a name comes")
    return [f"{node.module}.{alias.name}" for alias in node.names]


def house_files(source):
    """Return the files of the package that ``source`` imports, as in :data:`STEPS`."""
    parts = [name.split(".")[1:] for name in imported(source) if name.split(".")[0] == "bpcourse"]
    return {file_of(part) for part in parts}


def file_of(parts):
    """Return the file in which a dotted name is found: ["fast", "in_place", "x"] is in_place."""
    for end in range(len(parts), -1, -1):
        name = "/".join(parts[:end])
        if name and name in FILES:
            return name
        if f"{name}/__init__".lstrip("/") in FILES:
            return f"{name}/__init__".lstrip("/")
    raise AssertionError(f"bpcourse.{'.'.join(parts)} is no file of the package")


def outside_packages(source):
    """Return the third-party packages that ``source`` imports."""
    tops = {name.split(".")[0] for name in imported(source)}
    return tops - set(sys.stdlib_module_names) - {"bpcourse", "numpy"}


def source_of(name):
    """Return the text of a file."""
    return (PACKAGE / f"{name}.py").read_text(encoding="utf-8")


def test_every_file_has_a_step_and_every_step_a_file():
    assert sorted(STEPS) == FILES, "give each file its step in the table of tests/test_imports.py"


@pytest.mark.parametrize("name", FILES)
def test_files_import_only_from_below(name):
    assert name in STEPS, f"give bpcourse/{name}.py its step in tests/test_imports.py"
    above = set(STEPS[STEPS.index(name) :])
    wrong = house_files(source_of(name)) & above
    assert not wrong, f"bpcourse/{name}.py imports {sorted(wrong)}, which do not stand below it"


@pytest.mark.parametrize("name", FILES)
def test_top_level_files_import_no_wing_but_fast(name):
    if "/" in name or name.startswith("__"):
        return
    wings = {each.split("/")[0] for each in house_files(source_of(name)) if "/" in each}
    assert wings <= {"fast"}, f"bpcourse/{name}.py imports the wings {sorted(wings)}"


@pytest.mark.parametrize("name", FILES)
def test_numpy_is_enough(name):
    allowed = ALLOWED.get(PurePosixPath(name).parts[0], set())
    extra = outside_packages(source_of(name)) - allowed
    assert not extra, f"bpcourse/{name}.py imports {sorted(extra)}; the package needs NumPy alone"


@pytest.mark.parametrize("name", [each for each in FILES if each.startswith(INDEPENDENT)])
def test_the_engines_are_independent(name):
    wrong = {each for each in house_files(source_of(name)) if not each.startswith(INDEPENDENT)}
    assert not wrong, f"{name} is a second route to every gradient, so it can't use {wrong}"


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_longer_than_600_lines(name):
    assert source_of(name).count("\n") <= 600, (
        f"bpcourse/{name}.py does not fit in the head: split it"
    )


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
    source = "import numpy\nfrom bpcourse import costs\nfrom bpcourse.fast.in_place import x\n"
    source += "import bpcourse.network\nfrom bpcourse.figures import history\n"
    source += "def f():\n    import scipy.sparse\nif TYPE_CHECKING:\n    import bpcourse.training\n"
    want = {"costs", "fast/in_place", "network", "figures/__init__"}
    assert house_files(source) == want, "an import of the package's own is overlooked"
    assert outside_packages(source) == {"scipy"}, "an import inside a function is an import"


def test_the_map_in_contributing_names_what_there_is():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    page = page.partition("## The house\n")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:bpcourse|tests|book|scripts)/[\w./-]+)`", page)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert named and not missing, f"CONTRIBUTING.md names {missing}"
    wings = [wing for wing, _ in STAIRCASE if wing != "top" and "/" not in wing]
    shown = re.findall(r"^\| `(\w+)/`", page, re.MULTILINE)
    assert shown == list(dict.fromkeys(wings)), "CONTRIBUTING.md shows other wings, or their order"
