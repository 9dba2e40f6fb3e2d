"""Every mutant is killed: each mistake in ``mutants.py`` makes one of its tests fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import MUTANTS

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "bpcourse"
PASSED, FAILED = 0, 1  # pytest's exit codes; all others mean that the tests did not run at all


def planted(mutant):
    """Return the module's source with the mistake in it, and without."""
    whole = (PACKAGE / f"{mutant.module}.py").read_text(encoding="utf-8")
    count = whole.count(mutant.old)
    assert count == 1, (
        f"{mutant.module}.py holds {mutant.old!r} {count} times, want once: "
        "the package changed, so change mutants.py too"
    )
    return whole.replace(mutant.old, mutant.new), whole


def run(tree, killers):
    """Run some tests of a copied tree, without plugins, to the first failure."""
    shutil.rmtree(tree / "bpcourse" / "__pycache__", ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider"]
    paths = [str(Path("tests") / killer) for killer in killers]
    chosen = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HYPOTHESIS_PROFILE": "mutants"}
    return subprocess.run(
        [*command, *paths],
        cwd=tree,
        env={**os.environ, **chosen},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the package and its tests in which every killer passes, as long as it is whole."""
    root = tmp_path_factory.mktemp("mutants")
    shutil.copytree(PACKAGE, root / "bpcourse", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(TESTS, root / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings = error\npythonpath = tests tests/book\n", encoding="utf-8"
    )
    killers = sorted({killer for mutant in MUTANTS for killer in mutant.killers})
    whole = run(root, killers)
    assert whole.returncode == PASSED, f"the killers fail without a mutant:\n{whole.stdout}"
    return root


def test_the_names_are_different():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_killed(mutant, tree):
    mutated, whole = planted(mutant)
    path = tree / "bpcourse" / f"{mutant.module}.py"
    path.write_text(mutated, encoding="utf-8")
    try:
        result = run(tree, mutant.killers)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert result.returncode == FAILED, f"{mutant.name} survived:\n{result.stdout}{result.stderr}"
