r"""The four equations in place: the gradient that :func:`bpcourse.train` runs on.

:func:`bpcourse.backprop` makes new arrays at every step, as the book writes it. Here the same
equations are bound once, to arrays made once for a network and a batch size, as a flat list of
calls; a gradient is ``for call in calls: call()``. Nothing is allocated on the way, except by what
has no form in place here: GELU in both its forms, activations and costs of one's own, and
cross-entropy on softmax. A test asserts that both compute the same numbers, to a few units in the
last place.

Four choices save calls and time:

- The bias of a neuron is the last column of its weights, and every layer of activations has a
  last row of ones. So :math:`z = w a + b` is one matrix product, and BP4 yields BP3 as its last
  column.
- A mini-batch is gathered as rows (m, n_1 + 1), the fast way, and enters the products as its
  transpose, a view.
- Activations and errors lie in memory by neuron or by example, whichever multiplies faster. What
  lies by example is written down as the transpose of its rows, and the equations stay the same.
- The learning rate and the mean over the mini-batch are one factor on the output error, as a rule
  the smallest array on the way back, so that the gradient comes out ready to be subtracted.

The book's chapter "What a gradient must cost" goes from the plain to this form one idea at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from bpcourse import _checks
from bpcourse.activations import (
    Activation,
    elu,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from bpcourse.costs import COSTS, Cost, check_fit, quadratic
from bpcourse.equations import bp1_matrix
from bpcourse.network import Network, check_network
from bpcourse.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class BoundGradient:
    r"""The gradient of a network's cost, bound to a batch size and to arrays made once.

    Parameters
    ----------
    net : Network
        Its parameters are copied, unless ``share`` brings them.
    cost : Cost or str
    batch_size : int
    scale : float
        A factor on the gradient of the mean cost, such as the learning rate.
    share : BoundGradient, optional
        Another batch size of the same network: weights and gradient are then the same arrays.
    order : {"C", "F"}, optional
        How activations lie in memory; by default as :func:`faster_order` says.

    Raises
    ------
    ValueError
        ``share`` belongs to a network of other sizes or of another precision; a cost that does not
        fit the output activation; a batch size below 1; an unknown order.
    TypeError
        A network of complex parameters.

    Attributes
    ----------
    x, y : ndarray of shape (m, n_1 + 1) and (m, n_L)
        Where to put the mini-batch, as rows; the last column of x stays 1.
    weights, gradient : ndarray of shape (W,)
        All parameters, and after a call ``scale`` times the gradient; layer by layer the rows of
        w^l, each followed by its bias.
    calls : list of callable
        The steps of one gradient.

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0]]], [[0.0]], [bp.sigmoid])
    >>> gradient = BoundGradient(net, bp.cross_entropy, batch_size=1)
    >>> gradient.x[:, 0], gradient.y[:] = 1.0, 0.0
    >>> gradient()
    >>> gradient.gradient
    array([0.88079708, 0.88079708])
    """

    def __init__(
        self,
        net: Network,
        cost: Cost | str,
        batch_size: int,
        *,
        scale: float = 1.0,
        share: BoundGradient | None = None,
        order: Literal["C", "F"] | None = None,
    ) -> None:
        self.sizes, dtype = check_network(net).sizes, net.parameters.vector.dtype
        cost, batch_size = _checked(net, cost, batch_size, order)
        scale = _checks.real("scale", scale)
        self.weights, self.gradient = _weights_and_gradient(net, share)
        self.x = np.ones((batch_size, net.sizes[0] + 1), dtype)
        self.y = np.zeros((batch_size, net.sizes[-1]), dtype)
        self.calls = []
        then = self._then
        w = by_layer(self.sizes, self.weights)
        grad_w = by_layer(self.sizes, self.gradient)
        L = net.depth
        rules = {l: rule_of(each) for l, each in net.activations.items()}
        order = order or faster_order(self.sizes, batch_size, dtype)
        new = partial(_with_last_row, columns=batch_size, dtype=dtype, order=order)
        with_ones, a, delta = {1: self.x.T}, {}, {}

        # z^l = w^l a^{l-1} + b^l,  a^l = sigma(z^l)
        for l in w:
            with_ones[l], a[l] = new(self.sizes[l - 1])
            _product(then, w[l], with_ones[l - 1], a[l])
            rules[l].apply(then, a[l])
            if l < L:
                _copy(then, with_ones[l][:-1], a[l])

        # BP1: delta^L = grad_a C * sigma'(z^L)
        delta[L] = np.empty_like(a[L])
        _output_error(then, a[L], self.y.T, delta[L], cost, net.activations[L])
        if cost.matched != net.activations[L]:
            rules[L].times_prime(then, a[L], delta[L])
        then(np.multiply, delta[L], _number(scale / batch_size, dtype), delta[L])

        for l in range(L, 1, -1):
            # BP2: delta^l = (w^{l+1})^T delta^{l+1} * sigma'(z^l)
            if l < L:
                product, delta[l] = new(self.sizes[l - 1])
                _product(then, w[l + 1].T, delta[l + 1], product)
                _copy(then, delta[l], product[:-1])  # without the error of the ones
                rules[l].times_prime(then, a[l], delta[l])
            # BP4, and BP3 in the column of the bias
            _product(then, delta[l], with_ones[l - 1].T, grad_w[l])

    def __call__(self) -> None:
        """Compute the gradient of the mini-batch in ``x`` and ``y``."""
        for call in self.calls:
            call()

    def parameters(self) -> Parameters:
        """Return a copy of the present weights as Parameters, finite or not."""
        vector = unpack(self.sizes, self.weights)
        vector.flags.writeable = False
        return Parameters._over(self.sizes, vector)

    def _then(self, function, *arguments):
        self.calls.append(partial(function, *arguments))


def _checked(net, cost, batch_size, order):
    """Return the cost and the batch size after checking that they fit the network."""
    if np.iscomplexobj(net.parameters.vector):
        raise TypeError("net has complex parameters; want float32 or float64")
    cost = _checks.lookup("cost", cost, COSTS)
    check_fit(cost, net.activations[net.depth])
    if not isinstance(order, str | None) or order not in (None, "C", "F"):
        raise ValueError(f"order is {order!r}, want 'C', 'F' or None")
    return cost, _checks.integer("batch_size", batch_size, minimum=1)


def _weights_and_gradient(net, share):
    """Return the vectors of all parameters and of their derivatives: new ones, or those shared."""
    if not isinstance(share, BoundGradient | None):
        raise TypeError(f"share is {type(share).__name__}, want a BoundGradient or None")
    if share is None:
        weights = pack(net.parameters)
        return weights, np.zeros_like(weights)
    wanted = net.sizes, net.parameters.vector.dtype
    came = share.sizes, share.weights.dtype
    if came != wanted:
        raise ValueError(
            "share belongs to a network of sizes {} in {}, want one of sizes {} in {}: bind a "
            "gradient of its own to each network".format(*came, *wanted)
        )
    return share.weights, share.gradient


def faster_order(sizes: Sequence[int], batch_size: int, dtype: DTypeLike) -> str:
    """Return in which order activations should lie in memory: "C" by neuron or "F" by example.

    A rule found by measuring (NumPy with OpenBLAS). With AVX-512 doubles are multiplied in up to a
    third less time by example, if a layer after the inputs is wide and the mini-batch is not.
    Everywhere else "C" was faster, or as fast.
    """
    wide = max(sizes[1:]) >= max(256, 2 * batch_size)
    return "F" if wide and dtype == np.float64 else "C"


def _with_last_row(rows, columns, dtype, order):
    """Return an array with a last row of ones, and an array for its other rows.

    In order "C" the second is part of the first. In order "F" that part would have gaps in
    memory, where NumPy needs a buffer; so it is an array of its own, to be copied.
    """
    whole = np.ones((rows + 1, columns), dtype, order=order)
    part = whole[:-1]
    return whole, part if part.flags.forc else np.empty_like(part)


def _copy(then, to, array):
    """Let ``to`` = array, which needs no call if they are the same memory."""
    if not np.may_share_memory(to, array):
        then(np.copyto, to, array)


def _product(then, left, right, out):
    """Let out = left right; if ``out`` is not in order "C", by the transposes."""
    if out.flags.c_contiguous:
        then(left.dot, right, out)
    else:
        then(right.T.dot, left.T, out.T)


def _output_error(then, a, y, delta, cost, activation):
    """Grad_a C, which is a - y for the quadratic cost; a - y as well for a matched pair."""
    if cost.matched == activation or cost == quadratic:
        # y can lie the other way in memory: copied first, it needs no buffer.
        then(np.copyto, delta, y)
        then(np.subtract, a, delta, delta)
    else:
        then(_copy_result, delta, cost.gradient, a, y)


def _number(value, dtype):
    """Return a 0-d array: a ufunc takes it faster than a Python float, and keeps float32."""
    return np.array(value, dtype)


def _copy_result(out, function, *arguments):
    out[...] = function(*arguments)


def pack(parameters: Parameters) -> np.ndarray:
    """Return the parameters as one new vector in this module's layout."""
    packed = np.empty_like(parameters.vector)
    for l, rows in by_layer(parameters.sizes, packed).items():
        rows[:, :-1], rows[:, -1:] = parameters.w[l], parameters.b[l]
    return packed


def unpack(sizes: Sequence[int], packed: np.ndarray) -> np.ndarray:
    """Return a vector in this module's layout as a new one in the layout of Parameters."""
    parameters = Parameters._over(sizes, np.empty_like(packed))
    for l, rows in by_layer(sizes, packed).items():
        parameters.w[l][...], parameters.b[l][...] = rows[:, :-1], rows[:, -1:]
    return parameters.vector


def by_layer(sizes: Sequence[int], packed: np.ndarray) -> dict[int, np.ndarray]:
    """Return views (n_l, n_{l-1} + 1) of a vector in this module's layout, by layer."""
    views, start = {}, 0
    for l, (n_in, n_out) in enumerate(pairwise(sizes), start=2):
        end = start + n_out * (n_in + 1)
        views[l] = packed[start:end].reshape(n_out, n_in + 1)
        start = end
    return views


# What each activation does in place. ``apply`` turns z into a. ``times_prime`` multiplies delta by
# sigma'(z), which for the built-in activations is a function of a, and uses up a.


class _Rule:
    """How one activation runs in place."""

    def __init__(self, apply, times_prime):
        self.apply, self.times_prime = apply, times_prime


class _AnyActivation:
    """An activation without a rule of its own: z is kept, and f and prime allocate."""

    def __init__(self, activation):
        self.activation = activation

    def apply(self, then, z):
        self.z = np.empty_like(z)
        then(np.copyto, self.z, z)
        then(_copy_result, z, self.activation.f, self.z)

    def times_prime(self, then, a, delta):
        then(self._times_prime, delta)

    def _times_prime(self, delta):
        prime = self.activation.prime(self.z)
        if self.activation.elementwise:
            delta *= prime
        else:
            delta[...] = bp1_matrix(delta, prime)


def rule_of(activation: Activation) -> _Rule | _AnyActivation:
    """Return how an activation runs in place, in one layer: some rules keep that layer's z."""
    rule = _RULES.get(activation) or _AnyActivation(activation)
    return rule() if isinstance(rule, type) else rule


def _sigmoid_apply(then, z):
    one = _number(1, z.dtype)
    then(np.negative, z, z)
    then(np.exp, z, z)
    then(np.add, z, one, z)
    then(np.reciprocal, z, z)


def _sigmoid_times_prime(then, a, delta):
    then(np.multiply, delta, a, delta)
    then(np.subtract, _number(1, a.dtype), a, a)
    then(np.multiply, delta, a, delta)


def _tanh_apply(then, z):
    then(np.tanh, z, z)


def _tanh_times_prime(then, a, delta):
    then(np.multiply, a, a, a)
    then(np.subtract, _number(1, a.dtype), a, a)
    then(np.multiply, delta, a, delta)


def _relu_apply(then, z):
    then(partial(np.maximum, out=z), z, _number(0, z.dtype))


def _relu_times_prime(then, a, delta):
    then(np.sign, a, a)  # a is 0 or positive
    then(np.multiply, delta, a, delta)


def _leaky_relu_apply(then, z):
    small = np.empty_like(z)
    then(np.multiply, z, _number(0.01, z.dtype), small)
    then(partial(np.maximum, out=z), z, small)


def _leaky_relu_times_prime(then, a, delta):
    then(np.heaviside, a, _number(0, a.dtype), a)  # 0 or 1, and of that 0.01 or 1
    then(np.multiply, a, _number(0.99, a.dtype), a)
    then(np.add, a, _number(0.01, a.dtype), a)
    then(np.multiply, delta, a, delta)


def _elu_apply(then, z):
    negative, zero = np.empty_like(z), _number(0, z.dtype)
    then(partial(np.minimum, out=negative), z, zero)
    then(np.expm1, negative, negative)
    then(partial(np.maximum, out=z), z, zero)
    then(np.add, z, negative, z)


def _elu_times_prime(then, a, delta):
    then(partial(np.minimum, out=a), a, _number(0, a.dtype))
    then(np.add, a, _number(1, a.dtype), a)
    then(np.multiply, delta, a, delta)


def _softplus_apply(then, z):
    # As in the activation itself, so that every digit is the same.
    e, two, divisor = np.empty_like(z), _number(2, z.dtype), np.empty_like(z)
    then(np.absolute, z, e)
    then(np.negative, e, e)
    then(np.exp, e, e)
    then(np.add, e, two, divisor)
    then(np.divide, e, divisor, e)
    then(np.arctanh, e, e)
    then(np.multiply, e, two, e)
    then(partial(np.maximum, out=z), z, _number(0, z.dtype))
    then(np.add, z, e, z)


def _softplus_times_prime(then, a, delta):
    """sigma'(z) is 1 - exp(-a)."""
    then(np.negative, a, a)
    then(np.expm1, a, a)
    then(np.negative, a, a)
    then(np.multiply, delta, a, delta)


class _Silu:
    """z sigmoid(z): the sigmoid of its layer is kept for the way back."""

    def apply(self, then, z):
        self.sigmoid = np.empty_like(z)
        then(np.copyto, self.sigmoid, z)
        _sigmoid_apply(then, self.sigmoid)
        then(np.multiply, z, self.sigmoid, z)

    def times_prime(self, then, a, delta):
        # sigma'(z) is s + a (1 - s), here a q + 1 - q with q = 1 - s.
        one, q = _number(1, a.dtype), self.sigmoid
        then(np.subtract, one, q, q)
        then(np.multiply, a, q, a)
        then(np.add, a, one, a)
        then(np.subtract, a, q, a)
        then(np.multiply, delta, a, delta)


def _identity_apply(then, z):
    """z is a already."""


def _identity_times_prime(then, a, delta):
    """sigma' is 1."""


def _softmax_apply(then, z):
    # A row copied to a full array, and a sum as a product with ones, spare the ufuncs the buffer
    # that they need for broadcasting; reduceat spares the one that reduce has in older NumPy.
    row, full, ones = np.empty_like(z[:1]), np.empty_like(z), np.ones((len(z), len(z)), z.dtype)
    then(np.maximum.reduceat, z, np.zeros(1, np.intp), 0, None, row)
    then(np.copyto, full, row)
    then(np.subtract, z, full, z)
    then(np.exp, z, z)
    _product(then, ones, z, full)
    then(np.divide, z, full, z)


def _softmax_times_prime(then, a, delta):
    """The Jacobian times delta is a * delta - a * sum(a * delta)."""
    full, ones = np.empty_like(a), np.ones((len(a), len(a)), a.dtype)
    then(np.multiply, delta, a, delta)
    _product(then, ones, delta, full)
    then(np.multiply, a, full, a)
    then(np.subtract, delta, a, delta)


_RULES = {
    sigmoid: _Rule(_sigmoid_apply, _sigmoid_times_prime),
    tanh: _Rule(_tanh_apply, _tanh_times_prime),
    relu: _Rule(_relu_apply, _relu_times_prime),
    identity: _Rule(_identity_apply, _identity_times_prime),
    softmax: _Rule(_softmax_apply, _softmax_times_prime),
    leaky_relu: _Rule(_leaky_relu_apply, _leaky_relu_times_prime),
    elu: _Rule(_elu_apply, _elu_times_prime),
    softplus: _Rule(_softplus_apply, _softplus_times_prime),
    silu: _Silu,
}
