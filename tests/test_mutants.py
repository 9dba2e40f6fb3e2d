"""Every mutant is killed: each mistake in ``mutants.py`` makes one of its tests fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import MUTANTS

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = ROOT / "bpcourse"
PASSED, FAILED = 0, 1  # pytest's exit codes; all others mean that the tests did not run at all
INI = "[pytest]\nfilterwarnings = error\nmarkers = slow\npythonpath = {tests} {tests}/book\n"
ENVIRONMENT = {
    **os.environ,
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "HYPOTHESIS_PROFILE": "mutants",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def planted(mutant):
    """Return the path of the module, and its source with the mistake in it."""
    path = PACKAGE / f"{mutant.module}.py"
    whole = path.read_text(encoding="utf-8")
    count = whole.count(mutant.old)
    assert count == 1, (
        f"{mutant.module}.py holds {mutant.old!r} {count} times, want once: "
        "the package changed, so change mutants.py too"
    )
    return str(path), whole.replace(mutant.old, mutant.new)


class Runner:
    """Runs tests against a replaced file of the package; see ``warm_pytest.py``."""

    def __init__(self, folder):
        self.log, self.ini = folder / "log", folder / "pytest.ini"
        self.ini.write_text(INI.format(tests=TESTS), encoding="utf-8")
        self.process = None

    def __call__(self, killers, path="", source=""):
        """Return pytest's exit code and what it printed."""
        tests = [str(TESTS / killer) for killer in killers]
        job = {"root": str(ROOT), "ini": str(self.ini), "log": str(self.log)}
        line = json.dumps({**job, "tests": tests, "path": path, "source": source}) + "\n"
        code = self.ask(line) if hasattr(os, "fork") else self.once(line)
        return code, self.log.read_text(encoding="utf-8", errors="replace")

    def ask(self, line):
        """Hand a job to the process that is warm."""
        if self.process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self.process = subprocess.Popen(self.command(), env=ENVIRONMENT, text=True, **pipes)
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def once(self, line):
        """Start Python for one job."""
        return subprocess.run(self.command(), env=ENVIRONMENT, input=line, text=True).returncode

    def command(self):
        """Return the command that starts Python."""
        return [sys.executable, str(TESTS / "warm_pytest.py")]

    def close(self):
        """End the process that is warm."""
        if self.process is not None:
            self.process.communicate()


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """A runner under which every killer passes, as long as the package is whole."""
    runner = Runner(tmp_path_factory.mktemp("mutants"))
    killers = sorted({killer for mutant in MUTANTS for killer in mutant.killers})
    code, said = runner(killers)
    assert code == PASSED, f"the killers fail without a mutant:\n{said}"
    yield runner
    runner.close()


def test_the_names_are_different():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_killed(mutant, runner):
    code, said = runner(mutant.killers, *planted(mutant))
    assert code == FAILED, f"{mutant.name} survived:\n{said}"
