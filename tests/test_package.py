"""What one gets who installs the package: with NumPy alone, from an archive, to run the tests."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
from book_pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WITHOUT_MATPLOTLIB = "import sys; sys.modules['matplotlib'] = None; import bpcourse as bp\n"


def run(code, *arguments, cwd=ROOT):
    """Run Python code in a process of its own; return what it prints."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_can_be_looked_at_with_numpy_alone():
    code = "import inspect, pydoc; print(hasattr(bp, 'figures'), len(inspect.getmembers(bp)))\n"
    code += "print(len(pydoc.render_doc(bp)))"
    there, members, length = run(WITHOUT_MATPLOTLIB + code).split()
    assert there == "False", "hasattr(bp, 'figures') without matplotlib"
    assert int(members) > 50 and int(length) > 10_000, "help(bp) or getmembers(bp) shows nothing"


@pytest.mark.parametrize(
    ("use", "error"),
    [
        ("bp.figures.network", "AttributeError"),
        ("import bpcourse.figures", "ModuleNotFoundError"),
        ("from bpcourse import figures", "ModuleNotFoundError"),
        ("from bpcourse.figures import network", "ModuleNotFoundError"),
    ],
)
def test_figures_without_matplotlib_say_how_to_install_it(use, error):
    code = f"try:\n    {use}\nexcept Exception as error: print(type(error).__name__, error)"
    said = run(WITHOUT_MATPLOTLIB + code).strip()
    assert said == f'{error} bpcourse.figures needs matplotlib: pip install "bpcourse[figures]"'


def test_another_error_in_figures_is_not_taken_for_a_missing_matplotlib():
    code = "import sys; sys.modules['matplotlib.axes'] = None; import bpcourse as bp\n"
    code += "try:\n    bp.figures\nexcept ImportError as error: print(error.name)"
    assert run(code).strip() == "matplotlib.axes", "an error of another kind was hidden"


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Return the files of the source archive, and of the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("archives")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not in a clone: which files belong to the project is not known")
    for name in listed.stdout.split("\0"):
        if name.startswith(("bpcourse/", "tests/")) or (name and "/" not in name):
            (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "clone" / name).write_bytes((ROOT / name).read_bytes())
    build = "import sys; from setuptools import build_meta as b; sys.stdout = sys.stderr\n"
    run(build + "b.build_sdist(sys.argv[1])", folder, cwd=folder / "clone")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        source.extractall(folder, filter="data")
        names = [name.partition("/")[2] for name in source.getnames()]
    unpacked = next(path.parent for path in folder.glob("bpcourse-*/pyproject.toml"))
    run(build + "b.build_wheel(sys.argv[1])", folder, cwd=unpacked)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        entries = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
        return names, wheel.namelist(), "".join(wheel.read(name).decode() for name in entries)


def package_files():
    """Return every file of the package, as in its archives."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bpcourse").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_archives_hold_the_whole_package(archives):
    source, wheel, _ = archives
    for kind, names in (("source archive", source), ("wheel", wheel)):
        missing = package_files() - set(names)
        assert not missing, f"the {kind} lacks {sorted(missing)}"


def test_the_source_archive_carries_no_tests_that_could_not_run_from_it(archives):
    tests = [name for name in archives[0] if name.startswith("tests")]
    assert not tests, f"the tests need the book as well; the archive holds {tests[:3]}"


def test_the_console_command_is_installed(archives):
    assert "bpcourse = bpcourse.__main__:main" in archives[2], "no command bpcourse"


def test_the_extra_for_the_tests_brings_what_they_import():
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    brought = {normal(re.split(r"[\s\[<>=!~;]", each)[0]) for each in asked}
    packages = importlib.metadata.packages_distributions()
    for name, path in sorted(imported_by_tests().items()):
        known = {normal(each) for each in packages.get(name, [name])}
        assert known & brought, f'{path} imports {name}; pip install ".[test]" does not bring it'


def normal(name):
    """Return the name of a distribution in the form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_by_tests():
    """Return the third-party packages that the tests and the book's extensions import."""
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "book" / "_ext").rglob("*.py")]
    own = {path.stem for path in (*files, *(ROOT / "scripts").glob("*.py"))}
    own |= {path.parent.name for path in files} | {"bpcourse"}
    found = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in names_in(node):
                top = name.partition(".")[0]
                if top not in own and top not in sys.stdlib_module_names:
                    found[top] = path.relative_to(ROOT)
    return found


def names_in(node):
    """Return what a node of a program imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) else []


def test_the_version_is_the_same_everywhere_and_in_the_changelog():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation, "CITATION.cff has another version"
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {PROJECT['version']}\n" in changes, "CHANGELOG.md does not tell of this version"


def test_what_the_index_shows_stands_alone(archives):
    text = (ROOT / "PACKAGE.md").read_text(encoding="utf-8")
    assert PROJECT["readme"] == "PACKAGE.md"
    relative = re.findall(r"\]\((?!https?://)[^)]*\)", text)
    assert not relative, f"links that lead nowhere on the package index: {relative}"
    programs = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert programs, "it shows no program"
    for program in programs:
        run(program)
    for licence in ("LICENSE", "LICENSE-TEXT", "bpcourse/data/README.md"):
        there = [name for name in archives[1] if name.endswith(f"licenses/{licence}")]
        assert there, f"the wheel lacks {licence}"


def test_the_oldest_numpy_allowed_and_the_newest_are_both_run():
    (needed,) = [each for each in PROJECT["dependencies"] if each.startswith("numpy")]
    oldest = needed.removeprefix("numpy>=")
    for name in ("ci.yml", "release.yml"):
        workflow = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
        run = set(re.findall(r"- numpy: (\S+)", workflow))
        assert run == {f"numpy=={oldest}", "numpy"}, f"{name} runs {run}, {needed} is promised"
