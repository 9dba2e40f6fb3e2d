"""Hypothesis strategies shared by the tests: networks with data and a cost that fits them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

import bpcourse as bp

HIDDEN = ("sigmoid", "tanh", "relu", "identity", "softmax")
FITTING = {
    "quadratic": HIDDEN,
    "cross_entropy": ("sigmoid", "softmax"),
    "log_likelihood": ("softmax",),
}
MATCHED = [("cross_entropy", "sigmoid"), ("log_likelihood", "softmax")]
PAIRS = [(cost, output) for cost, outputs in FITTING.items() for output in outputs]
ORDERS = ("C", "F", "strided")

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from([np.float32, np.float64])
widths = st.integers(1, 5)
shapes = st.lists(widths, min_size=2, max_size=5)


@dataclass(frozen=True)
class Case:
    """A network, a mini-batch with targets and a cost."""

    net: bp.Network
    x: np.ndarray
    y: np.ndarray
    cost: bp.Cost

    @property
    def trace(self):
        return self.net.forward(self.x)

    @property
    def grad(self):
        return bp.backprop(self.net, self.trace, self.y, self.cost)

    @property
    def names(self):
        return [self.net.activations[l].name for l in range(2, self.net.depth + 1)]


def laid_out(array, order):
    """Return the same numbers in another memory layout."""
    if order == "strided":
        wide = np.repeat(array, 2, axis=1)
        return wide[:, ::2]
    return np.array(array, order=order)


def targets(cost, shape, rng):
    """Return targets that the cost can take, not only zeros and ones."""
    if cost == "quadratic":
        return rng.standard_normal(shape)
    y = rng.uniform(0.05, 0.95, shape)
    return y / y.sum(axis=0) if cost == "log_likelihood" else y


def make_case(sizes, names, cost, *, m=3, seed=0, dtype=np.float64, order="C"):
    """Return a Case with random numbers from ``seed``; ``names`` are the activations by layer."""
    rng = np.random.default_rng(seed)
    net = bp.Network(bp.Parameters(sizes, _moderate(sizes, rng).astype(dtype)), names)
    x = laid_out(rng.standard_normal((sizes[0], m)).astype(dtype), order)
    y = laid_out(targets(cost, (sizes[-1], m), rng).astype(dtype), order)
    return Case(net, x, y, bp.costs.COSTS[cost])


def _moderate(sizes, rng):
    """Return weights that leave every |z| below 8, however deep the network.

    Beyond, 1 - a has few digits left, and the oracles with their log(1 - a) err, not the package.
    """
    pieces = []
    for n_in, n_out in pairwise(sizes):
        pieces.append(rng.uniform(-1.5, 1.5, n_out * n_in) / n_in**0.5)
        pieces.append(rng.uniform(-1, 1, n_out))
    return np.concatenate(pieces)


@st.composite
def cases(draw, *, dtype=np.float64, pairs=PAIRS, min_depth=2):
    """Draw a Case: depth, widths, batch size, activations, cost, memory order and numbers."""
    sizes = draw(st.lists(widths, min_size=min_depth, max_size=5))
    cost, output = draw(st.sampled_from(pairs))
    if (cost, output) == ("cross_entropy", "softmax"):
        sizes[-1] = max(sizes[-1], 2)  # a softmax of one neuron is always 1, and log(1 - 1) is -inf
    hidden = [draw(st.sampled_from(HIDDEN)) for _ in sizes[1:-1]]
    return make_case(
        sizes,
        [*hidden, output],
        cost,
        m=draw(st.integers(1, 5)),
        seed=draw(seeds),
        dtype=draw(dtypes) if dtype is None else dtype,
        order=draw(st.sampled_from(ORDERS)),
    )


# Sizes that differ everywhere catch a wrong axis; equal sizes let a missing transpose through
# every shape check, so that only the numbers can catch it.
DIFFERENT = {"sizes": [5, 4, 3, 2], "m": 6}
SQUARE = {"sizes": [3, 3, 3, 3], "m": 3}
