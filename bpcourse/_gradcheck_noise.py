"""How far two ways to compute one gradient may differ without a mistake in either."""

from dataclasses import replace

import numpy as np

from bpcourse.activations import ACTIVATIONS, softmax
from bpcourse.backprop import propagate_back
from bpcourse.network import Trace
from bpcourse.parameters import Parameters

# Two ways to compute a number may differ by this many units in its last place.
ROUNDING = 64


def by_layer(parameters):
    """Return the arrays of a network's parameters by name: w2, b2, w3, b3, ..."""
    arrays = {}
    for l in parameters.w:
        arrays[f"w{l}"], arrays[f"b{l}"] = parameters.w[l], parameters.b[l]
    return arrays


def noise_by_array(net, x, y, cost, dtype, floor):
    """Return by array the differences that ``floor``, rounding and underflow explain."""
    trace = net.forward(x)
    change = by_layer(_rounding(net, trace, y, cost, float(np.finfo(dtype).eps)))
    lost = _underflow(net, trace, float(np.finfo(dtype).tiny))
    return {
        name: floor + lost[int(name[1:])] + float(abs(array).max())
        for name, array in change.items()
    }


def _underflow(net, trace, tiny):
    """Return by layer what the derivatives lose if every error below ``tiny`` becomes 0."""
    lost, of_delta = {}, 0.0
    for l in range(net.depth, 1, -1):
        if l < net.depth:
            of_delta *= float(abs(net.w[l + 1]).sum(axis=0).max())
        of_delta += ROUNDING * tiny
        lost[l] = of_delta * max(1.0, float(abs(trace.a[l - 1]).max()))
    return lost


def _rounding(net, trace, y, cost, epsilon):
    """Return the change of the gradient when every number it is made of changes its last digits."""
    rng = np.random.default_rng(0)

    def nudge(array):
        # In proportion, so that zeros stay zero and no weighted input crosses the kink of relu; and
        # downwards from 1, so that a probability stays one.
        change = array * (ROUNDING * epsilon * rng.uniform(-1, 1, array.shape))
        return np.where((array <= 1) & (array + change > 1), array - change, array + change)

    nudged_net = net._at(Parameters._over(net.sizes, nudge(net.parameters.vector)))
    nudged_net.activations = _with_rounded_slopes(net, cost, ROUNDING * epsilon)
    nudged_trace = Trace(
        {l: nudge(z) for l, z in trace.z.items()}, {l: nudge(a) for l, a in trace.a.items()}
    )
    with np.errstate(all="ignore"):
        nudged = propagate_back(nudged_net, nudged_trace, nudge(y), cost)
        return nudged - propagate_back(net, trace, y, cost)


def _with_rounded_slopes(net, cost, epsilon):
    """Return the activations, with the digits lost that a derivative such as 1 - a^2 may lose."""
    made = {}
    for l, each in net.activations.items():
        left_out = l == net.depth and cost.matched == each  # BP1 is then a - y
        made[l] = each if left_out or _is_precise(each) else _rounded(each, epsilon)
    return made


def _is_precise(activation):
    """Return whether the derivative has all its digits even where it is next to nothing."""
    return activation.elementwise and activation in ACTIVATIONS.values()


def _rounded(activation, epsilon):
    rng = np.random.default_rng(1)

    def prime(z):
        slope, a = activation.prime(z), activation.f(z)
        size = max(abs(slope).max(), min(1.0, abs(a).max()))
        if activation == softmax:  # a_i (1 - a_i), -a_i a_j: what is lost is in proportion to a_i
            size = a.T[:, :, None]
        return slope + epsilon * size * rng.uniform(-1, 1, slope.shape)

    return replace(activation, prime=prime)
