"""Submissions that try to get a "right" they have not earned, or to take others down with them.

Each is a wrong backpropagation with something before it, or a right one that is not the student's
own work. What must be said of each: its status, and a part of the reason.
"""

from submissions import RIGHT, inside

ZERO = """

def backprop(weights, biases, x, y):
    return [0 * w for w in weights], [0 * b for b in biases]
"""
_ZERO = "stays zero"
_ASKS = "asks the course for the answer"
BORROWED = """
import numpy as np
import bpcourse as bp
def borrowed(weights, biases, x, y):
    net = bp.Network.from_arrays(weights, biases, ["sigmoid"] * len(weights))
    grad = bp.backprop(net, net.forward(x), y, "quadratic")
    return list(grad.w.values()), list(grad.b.values())
"""

_FORGED = '{"name": "backprop", "status": "right", "ok": True, "findings": [], "result": None}'

#: Source, status, and a part of the titles or of the first sentence.
FORGED = {
    "frames": (
        f"""
import sys
f = sys._getframe()
while f:
    for thing in list(f.f_locals.values()):
        if hasattr(thing, "send") and hasattr(thing, "receive"):
            wire = f.f_globals["wire"]
            thing.send(wire.pack({_FORGED}))
    f = f.f_back
{ZERO}""",
        ("wrong", "cannot run"),
        "",
    ),
    "patched_wire": (
        f"""
import sys
f = sys._getframe()
while "wire" not in f.f_globals:
    f = f.f_back
wire = f.f_globals["wire"]
old = wire.pack
def pack(value, *rest, **more):
    if isinstance(value, dict):
        value = {{**value, "status": "right", "ok": True, "findings": []}}
    return old(value, *rest, **more)
wire.pack = pack
{ZERO}""",
        ("wrong",),
        _ZERO,
    ),
    "patched_judge": (
        f"""
import bpcourse.diagnosis.comparison as c, bpcourse.diagnosis.findings as f
import bpcourse.diagnosis.explanation as e, bpcourse.exercises.attempts as a
c.same = e.same = a.close = lambda *args: True
f.Diagnosis.status = f.Diagnosis.ok = property(lambda self: "right")
{ZERO}""",
        ("wrong",),
        _ZERO,
    ),
    "patched_numpy": (
        f"""
import numpy as np, builtins
np.array_equal = np.allclose = np.isclose = lambda *a, **k: True
np.random.default_rng = lambda *a: None
builtins.abs = lambda x: 0
builtins.max = lambda *a, **k: 0
{ZERO}""",
        ("wrong", "cannot run"),
        "",
    ),
    "equal_to_all": (
        """
import numpy as np
class Yes(np.ndarray):
    __eq__ = __le__ = __lt__ = lambda self, other: np.array(True)
    __sub__ = __rsub__ = lambda self, other: np.zeros(self.shape)
    __array_priority__ = 1e9
    def __array_ufunc__(self, ufunc, method, *args, **kwargs):
        return np.zeros(self.shape)
def backprop(weights, biases, x, y):
    return [(0 * w).view(Yes) for w in weights], [(0 * b).view(Yes) for b in biases]
""",
        ("wrong",),
        _ZERO,
    ),
    "gc": (
        f"""
import gc
for thing in gc.get_objects():
    if isinstance(thing, dict) and "findings" in thing:
        thing["findings"] = []
{ZERO}""",
        ("wrong",),
        _ZERO,
    ),
    "exec_python": (
        """
import os, sys
def backprop(weights, biases, x, y):
    os.execv(sys.executable, [sys.executable, "-c", "print('right')"])
""",
        ("wrong", "cannot run"),
        "",
    ),
    "subprocess": (
        """
import subprocess, sys, numpy as np
def backprop(weights, biases, x, y):
    code = "import bpcourse as bp; print(bp.backprop)"
    subprocess.run([sys.executable, "-c", code], check=True)
    return [0 * w for w in weights], [0 * b for b in biases]
""",
        ("wrong", "cannot run"),
        "",
    ),
    "counts_calls": (
        RIGHT.replace(
            "biases, x, y):\n",
            "biases, x, y, calls=[]):\n    calls.append(1)\n    if len(calls) > 30:\n"
            "        return [0 * w for w in weights], [0 * b for b in biases]\n",
        ),
        ("wrong",),
        "",
    ),
    "random": (
        RIGHT.replace("biases, x, y):\n", "biases, x, y):\n    x = x * np.random.random()\n"),
        ("wrong",),
        "",
    ),
    "one_depth": (
        RIGHT.replace(
            "biases, x, y):\n",
            "biases, x, y):\n    if len(weights) != 3:\n"
            "        return [0 * w for w in weights], [0 * b for b in biases]\n",
        ),
        ("wrong",),
        "right in some settings only",
    ),
    "square_wrong": (
        RIGHT.replace(
            "weights[l].T @ delta",
            "(weights[l].T if len(weights[l]) != len(weights[l].T) else weights[l]) @ delta",
        ),
        ("wrong",),
        "With layers of equal width, not everywhere: The weights were not transposed",
    ),
    "one_batch": (
        RIGHT.replace(
            "biases, x, y):\n",
            "biases, x, y):\n    if x.shape[1] not in (1, 7):\n"
            "        return [0 * w for w in weights], [0 * b for b in biases]\n",
        ),
        ("wrong",),
        "examples, not everywhere: BP3, the biases' gradient: right for one example alone",
    ),
    "finite_differences_of_bpcourse": (
        """
import numpy as np
import bpcourse as bp
def backprop(weights, biases, x, y):
    net = bp.Network.from_arrays(weights, biases, ["sigmoid"] * len(weights))
    grad = bp.finite_difference.gradient(net, x, y, bp.quadratic, method="central")
    layers = range(2, net.depth + 1)
    return [np.array(grad.w[l]) for l in layers], [np.array(grad.b[l]) for l in layers]
""",
        ("wrong",),
        _ASKS,
    ),
    "by_path": (
        """
import importlib.util, bpcourse, os, sys
import numpy as np
path = os.path.join(os.path.dirname(bpcourse.__file__), "backprop.py")
spec = importlib.util.spec_from_file_location("mine", path)
mine = sys.modules["mine"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mine)
def backprop(weights, biases, x, y):
    net = bpcourse.Network.from_arrays(weights, biases, ["sigmoid"] * len(weights))
    grad = mine.backprop(net, net.forward(x), y, bpcourse.quadratic)
    return list(grad.w.values()), list(grad.b.values())
""",
        ("cannot run", "wrong"),  # it can't be read, where the system has Landlock
        "",
    ),
    "renamed_code": (
        """
import types, bpcourse
def backprop(weights, biases, x, y):
    code = bpcourse.backprop.__code__.replace(co_filename="mine.py")
    mine = types.FunctionType(code, bpcourse.backprop.__globals__, "mine")
    net = bpcourse.Network.from_arrays(weights, biases, ["sigmoid"] * len(weights))
    grad = mine(net, net.forward(x), y, bpcourse.quadratic)
    return list(grad.w.values()), list(grad.b.values())
""",
        ("cannot run",),
        "",
    ),
    "no_profile": (
        inside("import sys\nsys.setprofile(None)"),
        ("wrong",),
        "hides what it calls",
    ),
    "raw_thread": (
        inside("import _thread\n_thread.start_new_thread(print, ())"),
        ("wrong",),
        "hides what it calls",
    ),
    "raw_thread_at_load": (
        "import _thread\n_thread.start_new_thread(print, ())\n" + RIGHT,
        ("wrong",),
        "hides what it calls",
    ),
    "in_a_thread": (
        """
import threading, bpcourse
def backprop(weights, biases, x, y):
    came = []
    def work():
        net = bpcourse.Network.from_arrays(weights, biases, ["sigmoid"] * len(weights))
        came.append(bpcourse.backprop(net, net.forward(x), y, bpcourse.quadratic))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return list(came[0].w.values()), list(came[0].b.values())
""",
        ("wrong",),
        _ASKS,
    ),
    "kills_parent": (f"import os\nos.kill(os.getppid(), 9)\n{ZERO}", ("wrong", "cannot run"), ""),
    "writes_raw": (
        """
import os
def backprop(weights, biases, x, y):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\\0" * 8 + b"right")
        except OSError:
            pass
    return [], []
""",
        ("wrong", "cannot run"),
        "",
    ),
    "floods_the_channel": (
        """
import sys
def backprop(weights, biases, x, y):
    f = sys._getframe()
    while f:
        me = f.f_locals.get("self")
        if hasattr(me, "channel"):
            wire = f.f_globals["wire"]
            for k in range(10**6):
                me.channel.send(wire.pack({"noticed": "x" * 1000, "what": k}))
        f = f.f_back
""",
        ("cannot run",),
        "",
    ),
    "stops_itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
        ("cannot run",),
        "no answer",
    ),
    "sleeps": ("import time\ntime.sleep(10**6)\n", ("cannot run",), "no answer"),
    "deep_result": (
        """
def backprop(weights, biases, x, y):
    a = []
    for _ in range(10**5):
        a = [a]
    return a, a
""",
        ("wrong", "cannot run"),
        "",
    ),
    "large_result": (
        "import numpy as np\ndef backprop(*a):\n    return [np.ones(10**7)] * 9, []\n",
        ("wrong", "cannot run"),
        "",
    ),
    "endless_result": (
        "def backprop(w, b, x, y):\n    while True:\n        yield 0\n",
        ("wrong", "cannot run"),
        "",
    ),
    "html_in_names": (
        """
def backprop(weights, biases, x, y):
    raise type("<script>alert(1)</script>", (Exception,), {})("<img src=x onerror=alert(2)>")
backprop.__name__ = "</pre><h1>ALL RIGHT</h1>"
""",
        ("cannot run",),
        "raises <script>",
    ),
    "evil_text": (
        """
class Evil(Exception):
    def __str__(self):
        raise SystemExit("no")
def backprop(weights, biases, x, y):
    raise Evil
backprop.__signature__ = object()
""",
        ("cannot run",),
        "raises Evil",
    ),
    "builtins": (
        f"""
import builtins
builtins.isinstance = lambda *a: True
builtins.len = lambda *a: 0
builtins.getattr = lambda *a: None
{ZERO}""",
        ("wrong", "cannot run"),
        "",
    ),
    "multiplies": (
        "import os, time\nfor _ in range(400):\n    if os.fork() == 0:\n        time.sleep(60)\n"
        "        os._exit(0)\ntime.sleep(60)\n",
        ("cannot run",),
        "",
    ),
    "recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef backprop(*a):\n    return backprop(*a)\n",
        ("wrong", "cannot run"),
        "",
    ),
    "lazy_list": (
        BORROWED
        + """
class Lazy(list):
    def __iter__(self):
        return iter(self.make())
def backprop(*args):
    one, two = Lazy(), Lazy()
    one.make, two.make = lambda: borrowed(*args)[0], lambda: borrowed(*args)[1]
    return one, two
""",
        ("wrong",),
        _ASKS,
    ),
    "profile_replaced": (
        BORROWED
        + """
import sys
kept = [None]
sys.setprofile, sys.getprofile = kept.append, lambda: kept[-1]
backprop = borrowed
""",
        ("wrong",),
        _ASKS,
    ),
    "called_once_before": (
        BORROWED
        + """
import threading
a = [np.ones((3, 3))], [np.ones((3, 1))], np.ones((3, 2)), np.ones((3, 2))
thread = threading.Thread(target=borrowed, args=a)
thread.start()
thread.join()
backprop = borrowed
""",
        ("wrong",),
        _ASKS,
    ),
    "floods_the_notices": (
        BORROWED
        + """
import sys
for k in range(500):
    sys.audit("open", bp.__file__.replace("__init__", f"n{k}"), "r", 0)
backprop = borrowed
""",
        ("wrong",),
        _ASKS,
    ),
    "forked_before": (
        BORROWED
        + """
import os, pickle
(r, w), (s, v) = os.pipe(), os.pipe()
if os.fork() == 0:
    i, o = os.fdopen(r, "rb"), os.fdopen(v, "wb")
    while True:
        pickle.dump(borrowed(*pickle.load(i)), o)
        o.flush()
i, o = os.fdopen(s, "rb"), os.fdopen(w, "wb")
def backprop(*args):
    pickle.dump(args, o)
    o.flush()
    return pickle.load(i)
""",
        ("wrong", "cannot run"),
        "",
    ),
    "reads_the_source": (
        """
import pathlib, bpcourse
exec((pathlib.Path(bpcourse.__file__).parent / "backprop.py").read_text())
"""
        + RIGHT,
        ("cannot run", "wrong"),
        "",
    ),
    "trickles": (
        """
import sys, time
def backprop(*args):
    f = sys._getframe()
    while not hasattr(f.f_locals.get("self"), "channel"):
        f = f.f_back
    channel, wire = f.f_locals["self"].channel, f.f_globals["wire"]
    while True:
        channel.send(wire.pack({"evaluate": 0, "args": []}))
        channel.receive()
        time.sleep(0.03)
""",
        ("cannot run",),
        "no answer within ",
    ),
    "shared_a_million_times": (
        """
def backprop(*args):
    one, two = [1.0], [1.0]
    for _ in range(22):
        one, two = [one, one], [two, two]
    return one, two
""",
        ("wrong", "cannot run"),
        "",
    ),
    "wrong_after_20_000_characters": (
        RIGHT + "#" * 30_000 + ZERO,
        ("wrong",),
        _ZERO,
    ),
    "no_list_of_names": (
        """
import sys
f = sys._getframe()
while "wire" not in f.f_globals:
    f = f.f_back
f.f_globals["Worker"].do_find = lambda *a, **k: {
    "missing": "backprop", "kind": "", "own": [1, None], "classes": [{}]
}
""",
        ("cannot run",),
        "its answer is broken",
    ),
    "half_a_character": (
        """
import sys
f = sys._getframe()
while "wire" not in f.f_globals:
    f = f.f_back
f.f_globals["Worker"].do_call = lambda *a, **k: {
    "raised": "\\ud800", "bases": ["Exception"], "said": "x", "unit": -1, "line": 0
}
"""
        + ZERO,
        ("cannot run",),
        "raises ?",
    ),
    "forged_end": (
        """
import os, stat, time
def backprop(*args):
    for number in range(3, 256):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISFIFO(mode):
            os.write(number, "\\nended \\u00b2\\n".encode())
        if stat.S_ISSOCK(mode):
            os.close(number)
    time.sleep(3)
""",
        ("cannot run",),
        "gives no answer any more",
    ),
}

#: What looks like a way out of sight, and is none: right functions.
HONEST = {
    "thread_pool": inside(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    list(pool.map(np.sum, [x]))"
    ),
    "timer": inside("import threading\nthreading.Timer(0, print, ['tick']).start()"),
    "clears_the_screen": inside("import os\nos.system('clear')"),
    "long": "#" * 30_000 + "\n" + RIGHT,
    "checks_itself": (
        "import bpcourse as bp\nfrom bpcourse import equations, figures\n"
        "import bpcourse.diagnosis.findings as f\n" + RIGHT + "\n"
        "found = bp.check('bp1', backprop)\nprint(found, f'{found.errors[-1]:.2f}')\n"
        "assert found.ok and bp.gradcheck.compare(1) < 1e-6 and bp.diagnose(backprop)\n"
        "assert equations.bp1 and bp.sigmoid(0.0) == 0.5 and bp.Network and figures.network(1)\n"
    ),
    "digs": "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')\n" + RIGHT,
}
