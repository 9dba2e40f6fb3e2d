r"""Central differences by every parameter of a network, without repeating the work.

Moving the one weight :math:`w^l_{jk}` by h moves the one weighted input :math:`z^l_j`, by
:math:`h a^{l-1}_k`, and nothing before it. In layer l+1 every weighted input then moves by
:math:`w^{l+1}_{ij}` times the change of :math:`a^l_j`: a change of rank one. Only from layer l+2
on are matrix products needed. All weights into one neuron go through together, its bias among
them as a weight from a neuron that is always 1.

The differences of costs come in two forms. The plain one subtracts two costs, like the textbook.
The carried one never subtracts the two perturbed networks from each other: their difference is
itself carried through the layers, by

.. math::

    \sigma(u) - \sigma(v) = \sigma(u)\,(1 - \sigma(v))\,(-\operatorname{expm1}(v - u))

and its like for the other activations and costs. What is left is the rounding of each network
alone. (GELU with its normal distribution, and activations of one's own, are subtracted and lose
digits at small steps. Cross-entropy still forms 1 - a, as its value does: where an output has
rounded to 1, both have lost the same digits.)

Both are derived in the book's chapter "Differences, taken seriously".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bpcourse.activations import (
    elu,
    gelu_tanh,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from bpcourse.costs import Cost, cross_entropy, half_mse, log_likelihood, mse, quadratic, sse
from bpcourse.fast.in_place import rule_of
from bpcourse.parameters import Parameters

if TYPE_CHECKING:
    from bpcourse.network import Network, Trace

BLOCK = 2**17  # numbers in the widest array of one block: a megabyte, so that caches hold it


def central_differences(
    net: Network, trace: Trace, y: np.ndarray, cost: Cost, steps: np.ndarray, *, carry: bool
) -> np.ndarray:
    r"""Return the central differences of a network's cost by all its parameters.

    Parameters
    ----------
    net : Network
    trace : Trace
        Its forward pass.
    y : ndarray of shape (n_L, m)
    cost : Cost
    steps : ndarray of shape (W,)
        The step h along each parameter, in the order of ``net.parameters.vector``.
    carry : bool
        Carry the difference through the layers, instead of subtracting the costs at the end.

    Returns
    -------
    ndarray of shape (W,)
    """
    estimate = Parameters._over(net.sizes, np.empty_like(net.parameters.vector))
    h = Parameters._over(net.sizes, steps)
    ones = np.ones_like(trace.a[1][:1])
    # exp may overflow on the way to an activation of 0.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for l in net.w:
            a_previous = np.vstack([trace.a[l - 1], ones])
            block = max(1, BLOCK // (ones.size * max(net.sizes[l - 1 :])))
            for j in range(net.sizes[l - 1]):
                h_j = np.append(h.w[l][j], h.b[l][j])
                quotients = [
                    _difference(net, trace, y, cost, l, j, h_k[:, None] * a_k, carry) / (2 * h_k)
                    for h_k, a_k in zip(_cut(h_j, block), _cut(a_previous, block), strict=True)
                ]
                row = np.concatenate(quotients)
                estimate.w[l][j], estimate.b[l][j] = row[:-1], row[-1]
    return estimate.vector


def _cut(array, size):
    return [array[start : start + size] for start in range(0, len(array), size)]


def _difference(net, trace, y, cost, l, j, dz, carry):
    """Return C(z_j^l + dz) - C(z_j^l - dz) for each row of dz, of shape (k, m)."""
    k, m = dz.shape
    layer, pair = _enter(net, trace, l, j, dz, carry)
    for at in range(layer, net.depth + 1):
        if at > layer:
            pair = _next_layer(net, at, *pair)
        pair = _activate(net.activations[at], *pair)
    up, down, change = pair
    targets = np.broadcast_to(y[:, None], (len(y), k, m)).reshape(len(y), k * m)
    if carry:
        by_example = COST_CHANGES.get(cost, _subtract_costs(cost))(up, down, change, targets)
    else:
        by_example = _subtract_costs(cost)(up, down, change, targets)
    return by_example.reshape(k, m).mean(axis=1)


def _enter(net, trace, l, j, dz, carry):
    """Return the first layer that moves as a whole, and its weighted inputs up, down, up - down.

    Each is of shape (n, k m). A neuron that works alone moves layer l+1 by rank one; the output
    layer, and softmax, are taken as they are with row j moved.
    """
    if l == net.depth or not net.activations[l].elementwise:
        base, weights, layer = trace.z[l], np.eye(net.sizes[l - 1], dtype=dz.dtype)[:, j], l
        up, down, change = dz, -dz, 2 * dz
    else:
        base, weights, layer = trace.z[l + 1], net.w[l + 1][:, j], l + 1
        z, a = trace.z[l][j], trace.a[l][j]
        up, down, change = _activate(net.activations[l], z + dz, z - dz, 2 * dz if carry else None)
        up, down = up - a, down - a
    spread = weights[:, None, None]
    moved = [(base[:, None] + spread * each).reshape(len(base), -1) for each in (up, down)]
    return layer, (*moved, (spread * change).reshape(len(base), -1) if carry else None)


def _next_layer(net, l, up, down, change):
    w, b = net.w[l], net.b[l]
    return w @ up + b, w @ down + b, None if change is None else w @ change


def _activate(activation, up, down, change):
    """Turn both weighted inputs into activations, in place, and carry on their difference."""
    change_of = CHANGES.get(activation)
    if change is not None and change_of is not None:
        change = change_of(up, down, change)  # while up and down are still weighted inputs
    rule = rule_of(activation)
    for z in (up, down):
        rule.apply(_now, z)
    if change is not None and change_of is None:
        change = up - down
    return up, down, change


def _now(function, *arguments):
    function(*arguments)


# The difference of two activations, from both weighted inputs and their difference.


def _sigmoid_change(up, down, change):
    return sigmoid(up) * sigmoid(-down) * -np.expm1(-change)  # sigmoid(-v) is 1 - sigmoid(v)


def _tanh_change(up, down, change):
    # tanh(z) is 2 sigmoid(2 z) - 1.
    return 2 * _sigmoid_change(2 * up, 2 * down, 2 * change)


def _relu_change(up, down, change):
    both_positive = (up > 0) & (down > 0)
    return np.where(both_positive, change, relu(up) - relu(down))  # else one of them is exactly 0


def _identity_change(up, down, change):
    return change


def _softmax_change(up, down, change):
    below, growth = softmax(down), np.expm1(change)
    total = (below * growth).sum(axis=0)
    return below * (growth - total) / (1 + total)


def _leaky_relu_change(up, down, change):
    # On two sides of 0 the difference is a sum: nothing cancels.
    apart = leaky_relu(up) - leaky_relu(down)
    both_negative = (up <= 0) & (down <= 0)
    same_side = np.where(both_negative, 0.01 * change, change)
    return np.where(both_negative | ((up > 0) & (down > 0)), same_side, apart)


def _elu_change(up, down, change):
    both_negative = (up <= 0) & (down <= 0)
    same_side = np.where(both_negative, np.exp(np.minimum(down, 0)) * np.expm1(change), change)
    return np.where(both_negative | ((up > 0) & (down > 0)), same_side, elu(up) - elu(down))


def _softplus_change(up, down, change):
    # log((1 + e^u) / (1 + e^v))
    return np.log1p(sigmoid(down) * np.expm1(change))


def _silu_change(up, down, change):
    return change * sigmoid(up) + down * _sigmoid_change(up, down, change)


def _gelu_tanh_change(up, down, change):
    # z sigmoid(g(z)) with g(z) = c (z + 0.044715 z^3)
    c = 2 * np.sqrt(2 / np.pi).astype(change.dtype)
    g_up, g_down = (c * (z + 0.044715 * z**3) for z in (up, down))
    g_change = c * change * (1 + 0.044715 * (up**2 + up * down + down**2))
    return change * sigmoid(g_up) + down * _sigmoid_change(g_up, g_down, g_change)


CHANGES = {
    leaky_relu: _leaky_relu_change,
    elu: _elu_change,
    softplus: _softplus_change,
    silu: _silu_change,
    gelu_tanh: _gelu_tanh_change,
    sigmoid: _sigmoid_change,
    tanh: _tanh_change,
    relu: _relu_change,
    identity: _identity_change,
    softmax: _softmax_change,
}


# The difference of two costs, for each example, from the difference of the outputs.


def _subtract_costs(cost):
    return lambda up, down, change, y: cost.per_example(up, y) - cost.per_example(down, y)


def _quadratic_change(up, down, change, y):
    return (change * (up + down - 2 * y)).sum(axis=0) / 2


def _sse_change(up, down, change, y):
    return 2 * _quadratic_change(up, down, change, y)


def _mse_change(up, down, change, y):
    return _sse_change(up, down, change, y) / len(y)


def _half_mse_change(up, down, change, y):
    return _quadratic_change(up, down, change, y) / len(y)


def _cross_entropy_change(up, down, change, y):
    return -(_weighted_log(y, change, down) + _weighted_log(1 - y, -change, 1 - down)).sum(axis=0)


def _log_likelihood_change(up, down, change, y):
    return -_weighted_log(y, change, down).sum(axis=0)


def _weighted_log(weight, change, p):
    """Return weight * (log(p + change) - log(p)), and 0 where the weight is 0."""
    return weight * np.log1p(np.where(weight == 0, 0, change / np.where(weight == 0, 1, p)))


COST_CHANGES = {
    quadratic: _quadratic_change,
    sse: _sse_change,
    mse: _mse_change,
    half_mse: _half_mse_change,
    cross_entropy: _cross_entropy_change,
    log_likelihood: _log_likelihood_change,
}
