"""Run the unit tests and docstrings of what differs from the last commit, and of what imports it.

    python scripts/quick.py [options of pytest]

Which file imports which is read by ``tests/test_imports.py``. The test file of what has changed
runs as a whole; of the tests of its importers, and of a folder, a few cases of each function. Tests
that start a process each are sampled, unless the change is in what runs these processes.

A change elsewhere than in the package's and the tests' Python files, or in something that all tests
share, runs everything but the notebooks, and so does a change whose reach can't be told.
"""

import functools
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "book"), str(ROOT)]
import test_imports as house  # noqa: E402 - it is found by the line before

OPTIONS = ["-q", "-n", "2", "--dist", "load", "-m", "not slow", "--doctest-modules"]
EVERYTHING = ["tests", "bpcourse"]
FEW = ["--few", "2"]
# Most of their tests start Python, and many wait for a limit of time.
PROCESSES = {
    "tests/classroom/test_hostile.py",
    "tests/classroom/test_run.py",
    "tests/test_command_line.py",
}
THEIR_WINGS = ("bpcourse/classroom/", "bpcourse/terminal/", "bpcourse/submission/")
# Wings whose tests stand elsewhere than in a folder of their name.
_COMMANDS = {"tests/test_command_line.py", "tests/diagnosis/test_forms.py"}
ELSEWHERE = {"terminal": _COMMANDS, "submission": _COMMANDS | {"tests/classroom"}}


def main(options):
    """Run the tests; return pytest's exit status."""
    changed = changes()
    chosen = sorted(tests_of(changed)) if changed else []
    if not chosen:
        print("Nothing that a test covers differs from the last commit.")
        return 0
    print("Tests of:", " ".join(chosen))
    few = [] if chosen == sorted(EVERYTHING) else FEW
    whole = [f"--whole={file}" for file in sorted(own_tests(changed))]
    sample = [f"--sample={file}" for file in sorted(sampled(changed))]
    command = [sys.executable, "-m", "pytest", *OPTIONS, *few, *whole, *sample, *options, *chosen]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def changes():
    """Return the paths that differ from the last commit, new files included."""
    differ = git("diff", "--name-only", "HEAD")
    new = git("ls-files", "--others", "--exclude-standard")
    return {path for path in differ + new if not path.endswith((".md", ".ipynb", ".css"))}


def git(*arguments):
    """Return the lines that a git command prints."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def tests_of(changed):
    """Return the test files and modules to run for the changed paths."""
    chosen = set()
    for path in map(Path, changed):
        if path.suffix != ".py" or path.parts[0] not in ("bpcourse", "tests"):
            return EVERYTHING
        if path.parts[0] == "bpcourse":
            chosen |= tests_of_file(path.relative_to("bpcourse").with_suffix("").as_posix())
        elif path.name.startswith("test_"):
            chosen |= {path.as_posix()} if (ROOT / path).exists() else set()
        elif path.parent.name == "tests":
            return EVERYTHING
        else:  # a helper of one folder
            chosen.add(path.parent.as_posix())
    return chosen


def sampled(changed):
    """Return the test files of which a sample will do."""
    return set() if any(path.startswith(THEIR_WINGS) for path in changed) else PROCESSES - changed


def own_tests(changed):
    """Return the test files of the changed paths themselves."""
    found = {path for path in changed if Path(path).name.startswith("test_")}
    for path in changed:
        if path.startswith("bpcourse/") and path.endswith(".py"):
            found |= test_of(path.removeprefix("bpcourse/").removesuffix(".py"))
    return {file for file in found if file.endswith(".py")}


def tests_of_file(name):
    """Return the tests of a file of the package and of the files that import it."""
    chosen = {"tests/test_imports.py"}
    for each in {name, *importers(name)} & set(house.FILES):
        chosen |= {f"bpcourse/{each}.py"} | test_of(each)
    return chosen


def test_of(name):
    """Return the test of a file; if it has none, the folder of tests of its wing."""
    wing, _, stem = name.rpartition("/")
    own = ROOT / "tests" / wing / f"test_{stem}.py"
    if own.exists():
        return {own.relative_to(ROOT).as_posix()}
    if wing in ELSEWHERE:
        return ELSEWHERE[wing]
    folder = own.parent
    while not folder.exists():
        folder = folder.parent
    return {folder.relative_to(ROOT).as_posix()} if wing else set()


def importers(name):
    """Return the files that import a file, by its own name or by that of its wing."""
    wing = f"{name.rpartition('/')[0]}/__init__".lstrip("/")
    names = {name, wing} if "/" in name else {name}
    return {each for each, imported in import_table().items() if names & imported}


@functools.cache
def import_table():
    """Return what each file of the package imports."""
    return {each: house.house_files(house.source_of(each)) for each in house.FILES}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
