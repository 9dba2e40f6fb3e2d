"""Measure the engine and its peers side by side; print a table, write JSON and SVG.

    make bench                          # with the peers that .venv has
    pip install -r benchmarks/requirements.txt

Every time is a ratio to LIMIT: the bare, preallocated matrix products of one gradient, timed in
the same run. A goal is printed beside what was measured, met or not.
"""

import argparse
import gc
import json
import os
import platform
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

import bpcourse as bp
from bpcourse.training import _Descent, _make_step

from . import measure
from .peers import PEERS, limit, prepare, problem

OURS = "bpcourse, as bp.train runs it"
# sizes, batch size, goals for float64 and float32
GRADIENTS = [
    ([784, 30, 10], 10, (1.20, 1.35)),
    ([784, 100, 10], 10, (1.15, 1.20)),
    ([64, 30, 10], 32, (1.65, 1.75)),
    ([784, 512, 512, 10], 128, (1.05, 1.05)),
    ([1024, 1024, 1024, 1024], 256, (1.05, 1.05)),
]
EPOCH_GOALS = (1.75, 2.0)
DIFFERENCE_GOALS = {(784, 30, 10): 40, (784, 128, 10): 180}
MOST_EPOCHS = 100  # to reach 97 % of the digits; a start that needs more counts as never
SCALAR_GOALS = {"off": 4, "on": 12}  # by garbage collection: times micrograd's speed


def gradients():
    """Compare one gradient by every peer, for five networks in two precisions."""
    rows = []
    for sizes, m, goals in GRADIENTS:
        for dtype, goal in zip((np.float64, np.float32), goals, strict=True):
            ready, absent = prepare(problem(sizes, m, dtype))
            result = measure.ratios(limit(sizes, m, dtype), ready)
            case = f"{sizes} batch {m} {np.dtype(dtype)}"
            print(f"\n{case}: LIMIT {next(iter(result.values())).limit * 1e6:,.1f} us")
            for name in PEERS:
                print(f"  {name:32}", _describe(name, result, absent, goal))
            rows.append({"case": case, "goal": goal, "absent": absent} | _plain(result))
    return rows


def _describe(name, result, absent, goal):
    if name in absent:
        return "absent"
    ratio = result[name]
    text = f"{ratio.best:7.2f}   median {ratio.median:.2f} ({ratio.quartile_1:.2f}"
    text += f" to {ratio.quartile_3:.2f})" + ("" if ratio.settled else "   not settled")
    return text + (_verdict(ratio.best, goal, ratio.best <= goal) if name == OURS else "")


def _verdict(value, goal, met):
    return f"   goal {goal:g}: " + ("met" if met else "not met")


def _plain(result):
    return {"ratios": {name: asdict(ratio) for name, ratio in result.items()}}


def epoch():
    """Compare an epoch of [784, 30, 10] on data of MNIST's size with 5,000 LIMITs."""
    return [_epoch(*each) for each in zip((np.float64, np.float32), EPOCH_GOALS, strict=True)]


def _epoch(dtype, goal):
    rng = np.random.default_rng(0)
    data = bp.Dataset.from_rows(
        rng.random((50_000, 784), dtype=np.float32).astype(dtype), rng.integers(0, 10, 50_000)
    )
    descent = _Descent(problem([784, 30, 10], 10, dtype).net, data.train, bp.cross_entropy, 0.1, 10)
    step, bare = _make_step(descent.first, 0.0, 0.0), limit([784, 30, 10], 10, dtype)

    def whole_epoch():
        for gradient in descent.epoch(rng):
            gradient()
            step()

    rounds = [(_seconds(lambda: _repeat(bare, 5000)), _seconds(whole_epoch)) for _ in range(7)]
    bare_time, time_taken = np.min(rounds, axis=0)
    name = f"epoch of 50,000 examples, {np.dtype(dtype)}, in 5,000 LIMITs"
    return _report(name, time_taken / bare_time, goal, at_most=True)


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _repeat(function, count):
    for _ in range(count):
        function()


def _report(name, ratio, goal, at_most=False):
    met = ratio <= goal if at_most else ratio >= goal
    print(f"{name}: {ratio:.2f}" + _verdict(ratio, goal, met), flush=True)
    return {"case": name, "ratio": ratio, "goal": goal}


def digits():
    """Compare the time to 97 % of held-out digits with scikit-learn, at its best settings."""
    data = bp.datasets.digits(rng=np.random.default_rng(0), validation=0, test=450)
    ours = np.median([_our_digits(data, seed) for seed in range(11)])
    theirs = np.median([_scikit_learn_digits(data, seed) for seed in range(11)])
    return [_report("digits to 97 %, times scikit-learn's speed", theirs / ours, 6)]


def _our_digits(data, seed):
    rng, spent = np.random.default_rng(seed), 0.0
    net = bp.Network.random([64, 30, 10], hidden="sigmoid", output="sigmoid", rng=rng)
    descent = _Descent(net, data.train, bp.quadratic, 8.0, 10)
    step = _make_step(descent.first, 0.0, 0.0)

    def whole_epoch():
        for gradient in descent.epoch(rng):
            gradient()
            step()

    for _ in range(MOST_EPOCHS):
        spent += _seconds(whole_epoch)
        if bp.accuracy(net.with_parameters(descent.first.parameters()), data.test) >= 0.97:
            return spent
    return np.inf


def _scikit_learn_digits(data, seed):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (30,), solver="sgd", learning_rate_init=0.2, batch_size=32, alpha=0.0, random_state=seed
    )
    spent, train = 0.0, data.train
    for _ in range(MOST_EPOCHS):
        spent += _seconds(lambda: model.partial_fit(train.rows, train.labels, classes=range(10)))
        if model.score(data.test.rows, data.test.labels) >= 0.97:
            return spent
    return np.inf


def differences():
    """Compare the shared central difference with the plain loop, one forward pass a time."""
    return [_difference(list(sizes), goal) for sizes, goal in DIFFERENCE_GOALS.items()]


def _difference(sizes, goal):
    p = problem(sizes, 10, np.float64)
    cost_at = bp.finite_difference.cost_function(p.net, p.x, p.y, bp.quadratic)
    vector = p.net.parameters.vector

    def shared():
        bp.finite_difference.gradient(p.net, p.x, p.y, bp.quadratic)

    def loop():
        for _ in range(400):
            cost_at(vector.copy())

    rounds = [(_seconds(loop) / 400, _seconds(shared)) for _ in range(5)]
    one_pass, whole = np.min(rounds, axis=0)
    name = f"central differences by {vector.size:,} parameters, times the plain loop's speed"
    return _report(name, 2 * vector.size * one_pass / whole, goal)


def scalars():
    """Compare building and running back a network of single numbers with micrograd."""
    try:
        from micrograd.engine import Value as MicrogradValue
    except ImportError:
        print("\nscalar engine: micrograd is absent")
        return []
    rows = []
    for collection, goal in SCALAR_GOALS.items():
        (gc.enable if collection == "on" else gc.disable)()
        ours = min(_seconds(lambda: _scalar_pass(bp.scalar.Value)) for _ in range(5))
        theirs = min(_seconds(lambda: _scalar_pass(MicrogradValue)) for _ in range(5))
        gc.enable()
        name = f"scalar engine, garbage collection {collection}, times micrograd's speed"
        rows.append(_report(name, theirs / ours, goal))
    return rows


def _scalar_pass(value):
    """A 2-16-16-1 network of relus over 60 examples, about 40,000 nodes."""
    rng = np.random.default_rng(0)
    layers = [
        [[value(float(w)) for w in row] for row in rng.normal(size=(n, k))]
        for k, n in ((2, 16), (16, 16), (16, 1))
    ]
    total = value(0.0)
    for x in rng.normal(size=(60, 2)).tolist():
        for layer in layers:
            x = [sum((w * a for w, a in zip(row, x, strict=True)), 0.0).relu() for row in layer]
        total = total + x[0] * x[0]
    total.backward()


PARTS = {
    "gradients": gradients,
    "epoch": epoch,
    "digits": digits,
    "differences": differences,
    "scalars": scalars,
}


def chart(rows, path):
    """Draw the gradients' ratios, one row of dots a case, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 1 + 0.45 * len(rows)), layout="constrained")
    for i, name in enumerate(PEERS):
        points = [
            (row["ratios"][name]["best"], y) for y, row in enumerate(rows) if name in row["ratios"]
        ]
        if points:
            ax.plot(*zip(*points, strict=True), "o", color=f"C{i}", label=name)
    ax.set(xscale="log", xlabel="time of one gradient / time of its matrix products")
    ax.set_yticks(range(len(rows)), [row["case"] for row in rows])
    ax.invert_yaxis()
    ax.axvline(1, color="gray", linewidth=1)
    ax.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})


def main():
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts", nargs="*", metavar="part", default=[], help=f"of {', '.join(PARTS)}; default: all"
    )
    parser.add_argument("--output", type=Path, default=Path("_build/bench"))
    arguments = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1 first, as `make bench` does: ratios are for one thread")
    measure.pin()
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"NumPy {np.__version__}; one thread, one processor"
    )
    results = {name: PARTS[name]() for name in arguments.parts or PARTS}
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    if "gradients" in results:
        chart(results["gradients"], arguments.output / "gradients.svg")
    print(f"\nwritten: {arguments.output}/results.json")


if __name__ == "__main__":
    main()
