"""Timing that holds on a shared machine: interleaved, one thread, one processor, ratios only."""

import gc
import os
import random
import statistics
import time
from dataclasses import dataclass

ROUNDS = 21
SAMPLE = 5e-3  # seconds: one sample repeats a case until it has taken this long
AGREE = 0.05  # min/min and the paired median may differ by this much
ATTEMPTS = 3


@dataclass(frozen=True)
class Ratio:
    """How many times as long a case takes as the limit, measured in one run.

    ``best`` is the shortest time over the shortest time; ``median`` and the quartiles are those
    of the ratios within a round. ``limit`` is in seconds, for orientation.
    """

    best: float
    quartile_1: float
    median: float
    quartile_3: float
    limit: float
    settled: bool


def pin():
    """Keep this process on one processor, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})


def ratios(limit, cases):
    """Return a Ratio to ``limit`` for each of the named cases, all timed in one run.

    Repeated until min/min and the paired median agree, at most a few times; a case that does not
    settle is marked.
    """
    for _ in range(ATTEMPTS):
        result = _once(limit, cases)
        if all(each.settled for each in result.values()):
            break
    return result


def _once(limit, cases):
    functions = {"limit": limit, **cases}
    repeats = {name: _repeats(function) for name, function in functions.items()}
    times = {name: [] for name in functions}
    order = list(functions)
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            random.shuffle(order)
            for name in order:
                times[name].append(_sample(functions[name], repeats[name]))
    finally:
        gc.enable()
    return {name: _ratio(times[name], times["limit"]) for name in cases}


def _repeats(function):
    function()
    start = time.perf_counter()
    function()
    return max(1, round(SAMPLE / (time.perf_counter() - start)))


def _sample(function, repeats):
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def _ratio(times, limits):
    paired = [time / limit for time, limit in zip(times, limits, strict=True)]
    quartiles = statistics.quantiles(paired, n=4)
    best = min(times) / min(limits)
    settled = abs(best / quartiles[1] - 1) <= AGREE
    return Ratio(best, *quartiles, min(limits), settled)
