"""Timing that holds on a shared machine: interleaved, one thread, one processor, ratios only."""

import gc
import os
import random
import statistics
import time
from dataclasses import dataclass, replace

ROUNDS = 21
SAMPLE = 5e-3  # seconds: one sample repeats a function until it has taken this long
AGREE = 0.05  # min/min and the paired median may differ by this much
ATTEMPTS = 3


@dataclass(frozen=True)
class Ratio:
    """How many times as long a case takes as the reference, measured in one run.

    ``best`` is the shortest time over the shortest time; ``median`` and the quartiles are those
    of the ratios within a round. ``reference`` is in seconds, for orientation. ``settled`` says
    whether the first two agree.
    """

    best: float
    quartile_1: float
    median: float
    quartile_3: float
    reference: float
    settled: bool


def pin():
    """Keep this process on one processor, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})


def seconds(function):
    """Return how long one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def looped(function):
    """Return a sampler of a short function: the time of one call, the mean over a few ms."""
    function()
    repeats = max(1, round(SAMPLE / seconds(function)))

    def sample():
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        return (time.perf_counter() - start) / repeats

    return sample


def ratios(reference, cases):
    """Return the Ratio of each named case to the reference.

    Reference and cases are samplers: each call measures once and returns seconds. What does not
    settle is measured again, beside the reference, a few times at most, and then marked.
    """
    result, waiting = {}, dict(cases)
    for _ in range(ATTEMPTS):
        result |= _once(reference, waiting)
        waiting = {name: cases[name] for name, ratio in result.items() if not ratio.settled}
        if not waiting:
            break
    return result


def _once(reference, cases):
    """Sample everything in every round, in random order, without garbage collection."""
    samplers = {"reference": reference, **cases}
    times = {name: [] for name in samplers}
    order = list(samplers)
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            random.shuffle(order)
            for name in order:
                times[name].append(samplers[name]())
    finally:
        gc.enable()
    return {name: _ratio(times[name], times["reference"]) for name in cases}


def _ratio(times, references):
    paired = [time / reference for time, reference in zip(times, references, strict=True)]
    quartiles = statistics.quantiles(paired, n=4)
    best = min(times) / min(references)
    settled = abs(best / quartiles[1] - 1) <= AGREE
    return Ratio(best, *quartiles, min(references), settled)


def scaled(ratio, factor):
    """Return the Ratio of ``factor`` times as much work."""
    names = ("best", "quartile_1", "median", "quartile_3")
    return replace(ratio, **{name: factor * getattr(ratio, name) for name in names})
