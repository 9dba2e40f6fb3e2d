"""Run tests of a changed package again and again, without starting Python anew each time.

A process that has imported what the tests need, but nothing of the package, reads one job a line.
For each it forks; the child imports the package with one file's text replaced, runs the tests and
ends. Nothing is written into the tree, and no child sees what another one did.
"""

import gc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys

# Imported here so that no child has to.
import autograd.numpy  # noqa: F401
import hypothesis  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import numpy  # noqa: F401
import pytest
import sklearn.datasets
import sklearn.neural_network  # noqa: F401

SECONDS = 120


class Replaced:
    """An importer that gives one module the text of a mutant."""

    def __init__(self, path, source):
        self.path, self.source = path, source

    def find_spec(self, name, path=None, target=None):
        """Return a spec for the module whose file is replaced, and None for all others."""
        if not name.startswith("bpcourse."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.origin != self.path:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def create_module(self, spec):
        """Leave the making of the module to Python."""
        return

    def exec_module(self, module):
        """Run the mutant's text as the module."""
        exec(compile(self.source, self.path, "exec"), module.__dict__)


def work(job):
    """Run the tests of a job in this process; return pytest's exit code."""
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.path.insert(0, job["root"])
    os.chdir(job["root"])
    if job["path"]:
        sys.meta_path.insert(0, Replaced(job["path"], job["source"]))
    options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-c", job["ini"]]
    code = pytest.main([*options, f"--rootdir={job['root']}", *job["tests"]])
    sys.stdout.flush()
    return int(code)


def child(job):
    """Run a job and end the process with its exit code."""
    if hasattr(signal, "alarm"):
        signal.alarm(SECONDS)
    code = 99
    try:
        code = work(job)
    finally:
        os._exit(code)


def main():
    """Answer every job on the standard input with its exit code."""
    answers = os.fdopen(os.dup(1), "w")
    gc.freeze()  # pytest collects garbage ten times a run; what was imported here is none
    for line in sys.stdin:
        process = os.fork()
        if not process:
            child(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    if hasattr(os, "fork"):
        main()
    else:  # Windows: one job, one process
        child(json.loads(sys.stdin.readline()))
