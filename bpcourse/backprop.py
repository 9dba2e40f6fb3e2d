r"""Backpropagation: the derivatives of the cost with respect to all weights and biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks
from bpcourse._html import table
from bpcourse.costs import COSTS, Cost, check_fit
from bpcourse.equations import DISPLAYED
from bpcourse.network import Network, Trace, check_network
from bpcourse.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# The functions that the book displays.
bp1, bp2, bp3, bp4, bp1_matrix, bp2_matrix = DISPLAYED


@dataclass(frozen=True, eq=False)
class Gradient:
    r"""The gradient of the cost, laid out like the parameters, with the errors of every layer.

    Arithmetic with numbers, parameters and other gradients works on the vector and returns
    :class:`Parameters`, so that ``net.parameters - eta * grad`` is a step of gradient descent.

    Attributes
    ----------
    parameters : Parameters
        The gradient itself; ``w``, ``b``, ``vector``, ``sizes`` and ``name`` are its own.
    delta : dict from l = 2..L to ndarray of shape (n_l, m)
        :math:`\delta^l`, one column per example (not yet averaged).
    """

    parameters: Parameters
    delta: dict[int, np.ndarray]

    __array_ufunc__ = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths n_1, ..., n_L."""
        return self.parameters.sizes

    @property
    def vector(self) -> np.ndarray:
        """All derivatives in one vector, in the order of ``net.parameters.vector``."""
        return self.parameters.vector

    @property
    def w(self) -> Mapping[int, np.ndarray]:
        r"""The derivatives :math:`\partial C/\partial w^l`, by layer."""
        return self.parameters.w

    @property
    def b(self) -> Mapping[int, np.ndarray]:
        r"""The derivatives :math:`\partial C/\partial b^l`, by layer."""
        return self.parameters.b

    def name(self, index: int) -> str:
        """Return the name of one entry of the vector; see :meth:`Parameters.name`."""
        return self.parameters.name(index)

    def __add__(self, other: Parameters | Gradient) -> Parameters:
        return self.parameters + other

    def __sub__(self, other: Parameters | Gradient) -> Parameters:
        return self.parameters - other

    def __mul__(self, number: complex) -> Parameters:
        return self.parameters * number

    __rmul__ = __mul__

    def __truediv__(self, number: complex) -> Parameters:
        return self.parameters / number

    def __neg__(self) -> Parameters:
        return -self.parameters

    def __len__(self) -> int:
        return len(self.parameters)

    def _repr_html_(self):
        rows = [
            [l, w.shape, f"{abs(w).max():.3g}", f"{abs(self.b[l]).max():.3g}"]
            for l, w in self.w.items()
        ]
        caption = (
            f"gradient of {list(self.sizes)}: {len(self):,} derivatives in {self.vector.dtype}"
        )
        return table(caption, ["layer", "weights", "largest |∂C/∂w|", "largest |∂C/∂b|"], rows)

    def __repr__(self):
        return f"<gradient of {list(self.sizes)}: {len(self):,} numbers, {self.vector.dtype}>"


def backprop(net: Network, trace: Trace, y: ArrayLike, cost: Cost | str) -> Gradient:
    r"""Compute the gradient of the cost of a mini-batch by backpropagation.

    .. math::

        \delta^L = \nabla_a C \odot \sigma'(z^L), \qquad
        \delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l), \\
        \frac{\partial C}{\partial b^l} = \frac{1}{m} \sum_x \delta^l_x, \qquad
        \frac{\partial C}{\partial w^l} = \frac{1}{m} \sum_x \delta^l_x (a^{l-1}_x)^T.

    Parameters
    ----------
    net : Network
    trace : Trace
        The forward pass of this network on the mini-batch, ``net.forward(x)``; one made before an
        update is of another network.
    y : array_like of shape (n_L, m)
        The targets, one example per column.
    cost : Cost or str
        With a matched pair (sigmoid and cross-entropy, softmax and log-likelihood) the output
        error is :math:`a^L - y`.

    Returns
    -------
    Gradient
        ``grad.w[l]``, ``grad.b[l]``, ``grad.delta[l]``, ``grad.vector``.

    Raises
    ------
    ValueError
        Targets of another shape, or that the cost can't take; a trace of another network; a cost
        that doesn't fit the output activation; NaN or infinity, in y or in the output error.
    TypeError
        Targets of another precision than the network; a trace that isn't one.

    Notes
    -----
    Nielsen, chapter 2, equations BP1-BP4. Derived in the book's chapter "The four fundamental
    equations". The equations are the functions of :mod:`bpcourse.equations`.

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0]]], [[0.0]], [bp.sigmoid])
    >>> trace = net.forward(np.array([[1.0]]))
    >>> grad = backprop(net, trace, np.array([[0.0]]), bp.cross_entropy)
    >>> grad.w[2], grad.delta[2]
    (array([[0.88079708]]), array([[0.88079708]]))
    """
    cost = _checks.lookup("cost", cost, COSTS)
    _check_trace(check_network(net), trace)
    y = check_targets(net, trace.a[net.depth], y, cost)
    with np.errstate(all="ignore"):  # what is not finite is refused by name
        grad = propagate_back(net, trace, y, cost)
    if not _checks.all_finite(grad.vector):
        _refuse_output_error(net, grad.delta[net.depth], cost)
        _refuse_gradient(grad)
    return grad


def backward_pass(net, trace, y, cost):
    """Return delta, dC/dw and dC/db of every layer."""
    delta = {net.depth: output_error(net, trace, y, cost)}
    for l in range(net.depth - 1, 1, -1):
        delta[l] = hidden_error(net, trace, l, delta[l + 1])
    grad_w = {l: bp4(trace.a[l - 1], delta[l]) for l in delta}
    grad_b = {l: bp3(delta[l]) for l in delta}
    return delta, grad_w, grad_b


def propagate_back(net, trace, y, cost):
    """Run the backward pass on arguments that have been checked; see :func:`backprop`."""
    delta, grad_w, grad_b = backward_pass(net, trace, y, cost)
    vector = np.empty(net.parameters.vector.shape, delta[net.depth].dtype)
    grad = Parameters._over(net.sizes, vector)
    for l in delta:
        grad.w[l][...], grad.b[l][...] = grad_w[l], grad_b[l]
    return Gradient(grad._with(vector), delta)


def output_error(net, trace, y, cost):
    """Return the error of the output layer, by BP1, or a - y for a matched pair."""
    activation, z, a = net.activations[net.depth], trace.z[net.depth], trace.a[net.depth]
    if cost.matched == activation:
        return a - y
    bp1_form = bp1 if activation.elementwise else bp1_matrix
    return bp1_form(cost.gradient(a, y), activation.prime(z))


def hidden_error(net, trace, l, delta_next):
    """Return the error of hidden layer l from that of layer l+1, by BP2."""
    activation = net.activations[l]
    bp2_form = bp2 if activation.elementwise else bp2_matrix
    return bp2_form(net.w[l + 1], delta_next, activation.prime(trace.z[l]))


def check_targets(net, output, y, cost):
    """Return y as an array that fits the network's output and the cost, or say what is wrong."""
    n, y = net.sizes[-1], _checks.array_of("y", y)
    if y.ndim == 1 and n > 1:
        raise ValueError(
            f"y has shape {y.shape}, want ({n}, m): one target per column. Class labels "
            f"become targets with bp.datasets.one_hot(y, {n})"
        )
    if n == 1 and y.ndim == 2 and len(y) == 2:
        raise ValueError(
            f"y has shape {y.shape}, want (1, m): the network has one output. Labels 0 and 1 "
            "become one target each with Dataset.from_rows(x, labels[:, None]); or give the "
            "network two outputs"
        )
    y = _checks.columns("y", y, n, output.dtype)
    if y.shape != output.shape:
        raise ValueError(
            f"y has {y.shape[1]} examples, the forward pass has {output.shape[1]}; want as many "
            "targets as inputs"
        )
    check_fit(cost, net.activations[net.depth])
    if cost.check_targets is not None:
        cost.check_targets(y)
    return y


def _check_trace(net, trace):
    if not isinstance(trace, Trace):
        raise TypeError(f"trace is {type(trace).__name__}, want a Trace; pass net.forward(x)")
    if trace.network is net:
        return
    came = tuple(trace.a[l].shape[0] for l in sorted(trace.a))
    if came != net.sizes:
        raise ValueError(
            f"trace is of a network {list(came)}, want {list(net.sizes)}; "
            "pass net.forward(x) of this network"
        )
    if trace.network is not None:
        _check_same_network(net, trace.network)


def _check_same_network(net, traced):
    """Refuse a network of the same sizes that computes something else."""
    for l, activation in net.activations.items():
        if traced.activations[l] != activation:
            raise ValueError(
                f"trace is of another network: layer {l} was {traced.activations[l].name} there, "
                f"and is {activation.name} here; pass net.forward(x) of this network"
            )
    was, now = traced.parameters.vector, net.parameters.vector
    moved = np.flatnonzero(was != now)
    if moved.size:
        i = moved[0]
        raise ValueError(
            f"trace is of another network: {net.parameters.name(i)} was {was[i]:g} there, and is "
            f"{now[i]:g} here ({moved.size} of {now.size} parameters differ); after an update, "
            "call net.forward(x) again"
        )


def _refuse_output_error(net, delta, cost):
    good = np.isfinite(delta)
    if not good.all():
        j, x = np.unravel_index(np.argmin(good), good.shape)
        raise ValueError(
            f"the output error is {delta[j, x]} at neuron {j}, example {x}: the derivative of cost "
            f"{cost.name} by this output of {net.activations[net.depth].name} is infinite, or the "
            "forward pass overflowed. Take smaller weights or inputs, or a matched pair "
            "(sigmoid and cross_entropy, softmax and log_likelihood)"
        )


def _refuse_gradient(grad):
    i = int(np.argmin(np.isfinite(grad.vector)))
    raise ValueError(
        f"the gradient overflows on its way back: ∂C/∂{grad.name(i)} is {grad.vector[i]}; "
        "want smaller weights, or inputs scaled to about 1"
    )
