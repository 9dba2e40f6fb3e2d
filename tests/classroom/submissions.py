"""Submissions for the tests of the commands: right ones, typical mistakes, and hostile ones."""

RIGHT = """\
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def backprop(weights, biases, x, y):
    a, z = [x], []
    for w, b in zip(weights, biases):
        z.append(w @ a[-1] + b)
        a.append(sigmoid(z[-1]))
    m = x.shape[1]
    delta = (a[-1] - y) * sigmoid_prime(z[-1])
    grad_w, grad_b = [], []
    for l in reversed(range(len(weights))):
        grad_w.insert(0, delta @ a[l].T / m)
        grad_b.insert(0, delta.sum(axis=1, keepdims=True) / m)
        if l > 0:
            delta = (weights[l].T @ delta) * sigmoid_prime(z[l - 1])
    return grad_w, grad_b
"""

ROWS = """\
import numpy as np


def backprop(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights, biases):
        a.append(1 / (1 + np.exp(-(a[-1] @ w + b))))
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])
    grad_w, grad_b = [], []
    for l in range(len(weights) - 1, -1, -1):
        grad_w = [a[l].T @ delta / len(x)] + grad_w
        grad_b = [delta.mean(axis=0)] + grad_b
        delta = delta @ weights[l].T * a[l] * (1 - a[l])
    return grad_w, grad_b
"""

# What is replaced in RIGHT: old, new, and what the diagnosis must say.
MISTAKES = {
    "prime_forgotten": (" * sigmoid_prime(z[l - 1])", "", ("bp2", "missing_prime")),
    "prime_of_a": ("prime(z[l - 1])", "prime(a[l])", ("bp2", "prime_of_a")),
    "sign": ("(a[-1] - y)", "(y - a[-1])", ("bp1", "sign")),
    "no_prime_at_output": (" * sigmoid_prime(z[-1])", "", ("bp1", "missing_prime")),
    "sum_for_mean": ("a[l].T / m", "a[l].T", ("bp4", "sum_for_mean")),
    "biases_summed": ("keepdims=True) / m", "keepdims=True)", ("bp3", "sum_for_mean")),
}


def mistake(name):
    """Return a submission with a mistake."""
    old, new, _ = MISTAKES[name]
    assert RIGHT.count(old) == 1, f"the mistake {name} has no place in the program"
    return RIGHT.replace(old, new)


def outside(code):
    """Return a right submission that also does something when it is loaded."""
    return f"{code}\n\n{RIGHT}"


def inside(code):
    """Return a right submission that first does something else when it is called."""
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    return RIGHT.replace("biases, x, y):\n", f"biases, x, y):\n{lines}")


FORK = """\
import os, time
if os.fork() == 0:
    while True:
        time.sleep(0.02)
        open({trace!r}, "a").write("x")"""
# A child that leaves the group of its parent, and holds the pipes open for a while.
DAEMON = """\
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(20)
    open({trace!r}, "w").close()
    os._exit(0)"""

# The ten of the class of a hundred: source, status, cause, and a part of what is said.
TEN = {
    "abort": (inside("import os; os.abort()"), "cannot run", "signal", "SIGABRT, in line 13"),
    "binary": (b"x = '\xe9\xff'\n", "cannot run", "syntax", "byte 0xe9 is not utf-8 in line 1"),
    "endless": (inside("while True:\n    pass"), "cannot run", "timeout", "10 s, in line"),
    "exits": (inside("import os; os._exit(0)"), "cannot run", "exit", "exit status 0"),
    "flood": (outside("while True: print('x' * 1_000_000)"), "cannot run", "timeout", "10 s"),
    "memory": (inside("np.ones(10**9)"), "cannot run", "exception", "MemoryError"),
    "megabytes": (inside("print('x' * 1_000_000)"), "right", None, ""),
    "quits": (outside("import sys; sys.exit('bye')"), "cannot run", "exit", "(bye) when it is"),
    "reads": (inside("input('? ')"), "cannot run", "exception", "EOFError"),
    "segfault": (
        inside("import ctypes; ctypes.string_at(0)"),
        "cannot run",
        "signal",
        "SIGSEGV, in line 13",
    ),
}

# More of the kind.
MORE = {
    "closes": (inside("import os; os.closerange(0, 256)"), "cannot run", "exit", "exit status"),
    "ctrl_c": (inside("raise KeyboardInterrupt"), "cannot run", "exception", "when it is called"),
    "deletes": (
        outside("import os, shutil; shutil.rmtree(os.getcwd(), ignore_errors=True)"),
        "right",
        None,
        "",
    ),
    "empty": ("", "cannot run", "no_function", "has no function backprop"),
    "forges": (
        inside(
            "import os\nfor fd in range(3, 30):\n    try:\n"
            '        os.write(fd, b\'{"diagnosis": {"status": "right"}}\')\n'
            "    except OSError:\n        pass\nos._exit(0)"
        ),
        "cannot run",
        "broken",
        "channel",
    ),
    "kills_itself": (inside("import os; os.kill(0, 9)"), "cannot run", "signal", "SIGKILL"),
    "lingers": (
        outside(
            "import atexit, threading, time\natexit.register(time.sleep, 1000)\n"
            "threading.Thread(target=time.sleep, args=(1000,)).start()"
        ),
        "right",
        None,
        "",
    ),
    "list": ("backprop = []", "cannot run", "no_function", "no function but a list"),
    "method": (
        "class Net:\n    def backprop(self): pass\n",
        "cannot run",
        "no_function",
        "backprop is a method of the class Net",
    ),
    "no_name": ("import nunpy", "cannot run", "missing_module", "in line 1: import nunpy"),
    "null": ("a\0b", "cannot run", "syntax", "null bytes"),
    "patches": (
        outside("import numpy as np\nnp.dot = np.isfinite = np.median = lambda *a: True"),
        "right",
        None,
        "",
    ),
    "prints_an_answer": (inside("print('{\"nonce\": 1}')"), "right", None, ""),
    "quits_inside": (
        inside("import sys; sys.exit(0)"),
        "cannot run",
        "exit",
        "ends the whole program",
    ),
    "readonly": (outside("import os; os.chmod('.', 0o555)"), "right", None, ""),
    "settings": (
        outside(
            "import numpy, warnings\nnumpy.seterr(all='raise'); warnings.simplefilter('error')"
        ),
        "right",
        None,
        "",
    ),
    "silent": (outside("import sys; sys.stdout = sys.stderr = None"), "right", None, ""),
    "starter": (
        "def backprop(weights, biases, x, y):\n    raise NotImplementedError\n",
        "cannot run",
        "not_written",
        "not written yet",
    ),
    "too_deep": ("x = " + "(" * 5000, "cannot run", "syntax", "too many nested"),
    "typo": (
        RIGHT.replace("backprop", "backprob"),
        "cannot run",
        "no_function",
        "Did you mean backprob?",
    ),
    "unclosed": ("def backprop(w, b, x, y:\n    return\n", "cannot run", "syntax", "in line 1"),
    "writes": (
        inside("open('big', 'wb').write(bytes(10**8))"),
        "cannot run",
        "exception",
        "File too large",
    ),
}


def write(folder, name, source):
    """Write a submission, text or bytes."""
    path = folder / f"{name}.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return path
