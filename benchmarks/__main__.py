"""Measure the engine and its peers side by side; print tables, write JSON and SVG.

    make bench                          # with the peers that .venv has
    pip install -r benchmarks/requirements.txt

Parts:
    gradients    one gradient, five networks, two precisions      in LIMITs
    epoch        50,000 examples through [784, 30, 10]            in 5,000 LIMITs
    digits       the time to 97 % of held-out digits              in times of bpcourse
    differences  central differences by every parameter           in times of bpcourse
    scalars      numbers that remember how they were made         in times of bpcourse
    layers       recurrent, convolution, attention, a model       in times of PyTorch

LIMIT is the bare, preallocated matrix products of one gradient, timed in the same run. A goal is
printed beside what was measured, met or not.
"""

import argparse
import importlib.metadata
import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

import numpy as np

import bpcourse as bp

from . import digits, epochs, layers, measure, peers, scalars

OURS = "bpcourse, as bp.train runs it"
LIBRARIES = ("numpy", "torch", "jax", "autograd", "scikit-learn", "micrograd")
# Beginnings of names; a library has one color in every chart.
COLORS = (OURS, "bpcourse, bp", "PyTorch", "JAX", "HIPS", "scikit-learn", "NumPy")
# sizes, batch size, goals for float64 and float32
GRADIENTS = [
    ([784, 30, 10], 10, (1.20, 1.35)),
    ([784, 100, 10], 10, (1.15, 1.20)),
    ([64, 30, 10], 32, (1.65, 1.75)),
    ([784, 512, 512, 10], 128, (1.05, 1.05)),
    ([1024, 1024, 1024, 1024], 256, (1.05, 1.05)),
]
EPOCH_GOALS = (1.75, 2.0)
EPOCH_SHARE = 5  # a sample is a fifth of an epoch: 10,000 examples
DIGITS_GOAL = 6
DIFFERENCE_GOALS = {(784, 30, 10): 40, (784, 128, 10): 180}
SCALAR_GOALS = {"off": 4, "on": 12}  # by garbage collection
MEMORY_GOAL = 4


def gradients():
    """Compare one gradient by every peer, for five networks in two precisions."""
    rows = []
    for sizes, m, goals in GRADIENTS:
        for dtype, goal in zip((np.float64, np.float32), goals, strict=True):
            ready, absent = peers.prepare(peers.problem(sizes, m, dtype))
            samplers = {name: measure.looped(run) for name, run in ready.items()}
            result = measure.ratios(measure.looped(peers.limit(sizes, m, dtype)), samplers)
            case = f"{sizes} batch {m} {np.dtype(dtype)}"
            rows.append(_row(case, "LIMIT", result, absent, {OURS: ("at most", goal)}))
    return rows


def epoch():
    """Compare an epoch of [784, 30, 10] on data of MNIST's size with 5,000 LIMITs."""
    return [_epoch(*each) for each in zip((np.float64, np.float32), EPOCH_GOALS, strict=True)]


def _epoch(dtype, goal):
    sizes, m, examples = [784, 30, 10], 10, 50_000
    names, absent = epochs.check(epochs.problem(sizes, 1000, m, dtype))
    runs = epochs.functions(epochs.problem(sizes, examples, m, dtype), names, EPOCH_SHARE)
    bare, steps = peers.limit(sizes, m, dtype), examples // m // EPOCH_SHARE

    def limits():
        for _ in range(steps):
            bare()

    samplers = {name: _once(run) for name, run in runs.items()}
    result = measure.ratios(_once(limits), samplers)
    case = f"epoch of 50,000 examples {np.dtype(dtype)}"
    return _row(case, f"{steps:,} LIMITs", result, absent, {OURS: ("at most", goal)})


def _once(function):
    """Return a sampler that times one call; the first call, which warms up, is not timed."""
    function()
    return lambda: measure.seconds(function)


def digits_to_97():
    """Compare the time to 97 % of held-out digits, each library at its best setting."""
    data, best, epochs_of, absent = digits.data(), {}, {}, []
    with np.errstate(over="ignore", invalid="ignore"):  # as bp.train; some settings diverge
        for name in digits.METHODS:
            try:
                best[name], epochs_of[name] = digits.best_setting(data, name)
            except ImportError:
                absent.append(name)
                continue
            print(f"  {name}: {best[name]}, {epochs_of[name]} epochs", flush=True)
    runs = {name: digits.METHODS[name](data, 0, setting)[0] for name, setting in best.items()}
    samplers = {name: measure.looped(run) for name, run in runs.items()}
    result = measure.ratios(samplers.pop("bpcourse"), samplers)
    result = {
        name: measure.scaled(ratio, epochs_of[name] / epochs_of["bpcourse"])
        for name, ratio in result.items()
    }
    goals = dict.fromkeys(result, ("at least", DIGITS_GOAL))
    row = _row(
        "digits to 97 %, epochs needed x time", "an epoch of bpcourse", result, absent, goals
    )
    settings = {name: str(setting) for name, setting in best.items()}
    return [row | {"settings": settings, "epochs": epochs_of}]


def differences():
    """Compare the shared central difference with the plain loop, one forward pass a time."""
    return [_difference(list(sizes), goal) for sizes, goal in DIFFERENCE_GOALS.items()]


def _difference(sizes, goal):
    p = peers.problem(sizes, 10, np.float64)
    cost_at = bp.finite_difference.cost_function(p.net, p.x, p.y, bp.quadratic)
    vector = p.net.parameters.vector
    _check_differences(p, cost_at)
    one_pass = measure.looped(lambda: cost_at(vector.copy()))

    def shared():
        bp.finite_difference.gradient(p.net, p.x, p.y, bp.quadratic)

    plain = {"plain loop": lambda: 2 * vector.size * one_pass()}
    result = measure.ratios(_once(shared), plain)
    case = f"central differences by {vector.size:,} parameters"
    return _row(case, "bpcourse", result, [], {"plain loop": ("at least", goal)})


def _check_differences(p, cost_at):
    """Raise RuntimeError unless some entries are those of the plain loop."""
    found = bp.finite_difference.gradient(p.net, p.x, p.y, bp.quadratic)
    vector = p.net.parameters.vector
    for i in np.random.default_rng(0).choice(vector.size, 100, replace=False):
        up, down = vector.copy(), vector.copy()
        step = found.step * max(1.0, abs(vector[i]))
        up[i], down[i] = up[i] + step, down[i] - step
        slope = (cost_at(up) - cost_at(down)) / (up[i] - down[i])
        # Both round the costs, to about 1e-16, and divide by the step.
        if not abs(slope - found.vector[i]) < 1e-14 / step:
            raise RuntimeError(f"entry {i} is {found.vector[i]}, by the plain loop {slope}")


def scalar_engine():
    """Compare building and walking back through expressions of single numbers with micrograd."""
    try:
        from micrograd.engine import Value as MicrogradValue
    except ImportError:
        print("\nscalar engine: micrograd is absent")
        return []
    rows = []
    for case, build in scalars.EXPRESSIONS.items():
        for each in (MicrogradValue, scalars.TapeValue):
            scalars.check(build, each)
        rows += [_scalar_row(case, build, MicrogradValue, *each) for each in SCALAR_GOALS.items()]
        rows.append(_memory_row(case, build, MicrogradValue))
    print(f"\n{scalars.REST}")
    return rows


def _scalar_row(case, build, micrograd, collection, goal):
    engines = {"micrograd": micrograd, "bare tape": scalars.TapeValue}
    samplers = {
        name: scalars.sampler(build, engine, collection) for name, engine in engines.items()
    }
    result = measure.ratios(scalars.sampler(build, bp.scalar.Value, collection), samplers)
    case = f"{case}, garbage collection {collection}"
    row = _row(case, "bpcourse", result, [], {"micrograd": ("at least", goal)})
    reach = result["micrograd"].best / result["bare tape"].best
    print(f"  {'micrograd / bare tape':32}{reach:8.2f}")
    return row


def _memory_row(case, build, micrograd):
    """Count bytes; there is nothing to repeat."""
    ours, theirs = scalars.memory(build, bp.scalar.Value), scalars.memory(build, micrograd)
    nodes, ratio = scalars.node_count(build(bp.scalar.Value)[0]), theirs / ours
    case = f"{case}, memory of {nodes:,} nodes"
    print(f"\n{case}: {ours / nodes:.0f} bytes a node, micrograd {theirs / nodes:.0f}")
    print(f"  {'micrograd':32}{ratio:8.2f}" + _verdict(ratio, "at least", MEMORY_GOAL))
    bytes_a_node = {"bpcourse": ours / nodes, "micrograd": theirs / nodes}
    return {"case": case, "goal": MEMORY_GOAL, "bytes": bytes_a_node, "ratio": ratio}


def layers_beside_pytorch():
    """Compare layers, forward and backward in float32, with PyTorch's."""
    try:
        import torch
    except ImportError:
        print("\nlayers: torch is absent")
        return []
    torch.set_num_threads(1)
    return [_layer(torch, case, *each) for case, each in layers.CASES.items()]


def _layer(torch, case, build, goal):
    ours, theirs, our_gradient, their_gradient = build(torch)
    layers.check(case, our_gradient, their_gradient)
    samplers = {"bpcourse": measure.looped(ours)}
    result = measure.ratios(measure.looped(theirs), samplers)
    return _row(case, "PyTorch", result, [], {"bpcourse": ("at most", goal)})


PARTS = {
    "gradients": gradients,
    "epoch": epoch,
    "digits": digits_to_97,
    "differences": differences,
    "scalars": scalar_engine,
    "layers": layers_beside_pytorch,
}


def _row(case, reference, result, absent, goals):
    """Print one table and return it for the JSON file."""
    times = [ratio.reference for ratio in result.values()]
    unit = f", {reference}: {min(times) * 1e3:,.3g} ms" if times else ""
    print(f"\n{case}{unit}\n  {'':32}    best  median (quartiles)")
    for name, ratio in result.items():
        line = f"  {name:32}{ratio.best:8.2f}{ratio.median:8.2f}"
        line += f" ({ratio.quartile_1:.2f} to {ratio.quartile_3:.2f})"
        line += "" if ratio.settled else "   not settled"
        print(line + (_verdict(ratio.best, *goals[name]) if name in goals else ""), flush=True)
    for name in absent:
        print(f"  {name:32}  absent")
    ratios = {name: asdict(ratio) for name, ratio in result.items()}
    return {
        "case": case,
        "reference": reference,
        "goals": goals,
        "absent": absent,
        "ratios": ratios,
    }


def _verdict(value, direction, goal):
    met = value <= goal if direction == "at most" else value >= goal
    return f"   goal {direction} {goal:g}: " + ("met" if met else "not met")


def chart(rows, path):
    """Draw the ratios to LIMIT, one row of dots a case, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 1.5 + 0.45 * len(rows)), layout="constrained")
    names = dict.fromkeys(name for row in rows for name in row["ratios"])
    for name in names:
        color = next(f"C{i}" for i, start in enumerate(COLORS) if name.startswith(start))
        points = [
            (row["ratios"][name]["best"], y) for y, row in enumerate(rows) if name in row["ratios"]
        ]
        ax.plot(*zip(*points, strict=True), "o", color=color, label=name)
    ax.set(xscale="log", xlabel="time / time of the bare matrix products")
    ax.set_yticks(range(len(rows)), [row["case"] for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.axvline(1, color="gray", linewidth=1)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def machine():
    """Return what the figures depend on: processor, Python and the versions of the peers."""
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            versions[library] = "absent"
    python = platform.python_version()
    return {
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "python": python,
    } | versions


def main():
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="part", default=[], help="default: all")
    parser.add_argument("--output", type=Path, default=Path("_build/bench"))
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {min(unknown)!r}; known: {', '.join(PARTS)}")
    if os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1 first, as `make bench` does: ratios are for one thread")
    measure.pin()
    results = {"machine": machine()}
    print(", ".join(f"{name} {what}" for name, what in results["machine"].items()))
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.parts or PARTS:
        print(f"\n== {name}", flush=True)
        taken = measure.seconds(lambda name=name: results.update({name: PARTS[name]()}))
        print(f"\n{name} took {taken:.0f} s", flush=True)
        (arguments.output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        if name in ("gradients", "epoch"):
            chart(results[name], arguments.output / f"{name}.svg")
    print(f"\nwritten: {arguments.output}/results.json")


if __name__ == "__main__":
    main()
