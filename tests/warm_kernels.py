"""Kernels for the notebooks, forked from one process that has imported what all of them need.

To start Python, import matplotlib and start a kernel takes longer than most chapters. The process
that is warm reads one kernel's arguments a line, forks, and answers with the number of the new
process, which is a kernel like any other: nothing was run before the fork but imports.
"""

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import time

CAN_FORK = sys.platform == "linux"
# As a kernel sets it, before anything is imported that looks at it.
ENVIRONMENT = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def install():
    """Let Jupyter's client start its kernels here."""
    from jupyter_client.provisioning import local_provisioner

    local_provisioner.launch_kernel = launch_kernel


def launch_kernel(command, *, cwd=None, env=None, **_):
    """Start a kernel, as the function of this name in jupyter_client does."""
    arguments = command[command.index("ipykernel_launcher") :]
    warm = _warm()
    order = {"arguments": arguments, "cwd": str(cwd or "."), "environment": env or {}}
    warm.stdin.write(json.dumps(order) + "\n")
    warm.stdin.flush()
    return Kernel(int(warm.stdout.readline()))


@functools.cache
def _warm():
    """Start the process that is warm; it ends when its standard input does, with this process."""
    command = [sys.executable, __file__]
    environment = os.environ | ENVIRONMENT
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


class Kernel:
    """What a client needs of a process that is not its own child."""

    stdin = stdout = stderr = None

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self):
        """Return None as long as it runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            self.returncode = 0
        return self.returncode

    def wait(self, timeout=None):
        """Wait until it has ended."""
        until = time.monotonic() + (timeout or float("inf"))
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("a kernel", timeout)
            time.sleep(0.01)
        return self.returncode

    def send_signal(self, number):
        """Send a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self):
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self):
        """End it."""
        self.send_signal(signal.SIGKILL)


def main():
    """Fork a kernel for every line of the standard input."""
    del sys.path[0]  # this folder, which a kernel does not see
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # kernels end when this process does
    import ipykernel.ipkernel
    import ipykernel.kernelapp  # noqa: F401
    import myst_nb  # noqa: F401

    import bpcourse.diagnosis.diagnose
    import bpcourse.figures  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for line in sys.stdin:
        process = os.fork()
        if not process:
            kernel(**json.loads(line))
        os.setpgid(process, process)  # before anybody asks: an interrupt goes to the whole group
        print(process, flush=True)  # noqa: T201


def kernel(arguments, cwd, environment):
    """Be a kernel."""
    from ipykernel import kernelapp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.chdir(cwd)
    os.environ.update(environment)
    sys.argv = arguments
    try:
        kernelapp.launch_new_instance()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
