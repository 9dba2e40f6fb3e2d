r"""The four equations in place: the gradient that :func:`bpcourse.train` runs on.

:func:`bpcourse.backprop` makes new arrays at every step, as the book writes it. Here the same
equations are bound once, to arrays made once for a network and a batch size, as a flat list of
calls; a gradient is ``for call in calls: call()``. Nothing is allocated on the way. A test
asserts that both compute the same numbers.

Three choices of layout, private to this module, save calls:

- The bias of a neuron is the last column of its weights, and every layer of activations has a
  last row of ones. So :math:`z = w a + b` is one matrix product, and BP4 yields BP3 as its last
  column.
- A mini-batch is gathered as rows (m, n_1 + 1), the fast way, and enters the products as its
  transpose, a view.
- The learning rate and the mean over the mini-batch are one factor on the output error, the
  smallest array on the way back, so that the gradient comes out ready to be subtracted.

The book's chapter "What a gradient must cost" goes from the plain to this form one idea at a time.
"""

from functools import partial
from itertools import pairwise

import numpy as np

from bpcourse.activations import identity, relu, sigmoid, softmax, tanh
from bpcourse.costs import quadratic
from bpcourse.equations import bp1_matrix
from bpcourse.network import Parameters


class BoundGradient:
    r"""The gradient of a network's cost, bound to a batch size and to arrays made once.

    Parameters
    ----------
    net : Network
        Its parameters are copied.
    cost : Cost
    batch_size : int
    scale : float
        A factor on the gradient of the mean cost, such as the learning rate.
    share : BoundGradient, optional
        Another batch size of the same network: weights and gradient are then the same arrays.

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

    def __init__(self, net, cost, batch_size, *, scale=1.0, share=None):
        self.sizes, dtype = net.sizes, net.parameters.vector.dtype
        self.weights = share.weights if share else pack(net.parameters)
        self.gradient = share.gradient if share else np.zeros_like(self.weights)
        self.x = np.ones((batch_size, net.sizes[0] + 1), dtype)
        self.y = np.zeros((batch_size, net.sizes[-1]), dtype)
        self.calls = []
        w = by_layer(self.sizes, self.weights)
        grad_w = by_layer(self.sizes, self.gradient)
        L = net.depth
        rules = {l: rule_of(each) for l, each in net.activations.items()}
        a, z, delta = {1: self.x.T}, {}, {}

        # z^l = w^l a^{l-1} + b^l,  a^l = sigma(z^l)
        for l in w:
            a[l] = np.ones((net.sizes[l - 1] + 1, batch_size), dtype)
            z[l] = rules[l].z(a[l][:-1])
            self._then(w[l].dot, a[l - 1], z[l])
            rules[l].apply(self._then, z[l], a[l][:-1])

        # BP1: delta^L = grad_a C * sigma'(z^L)
        output = a[L][:-1]
        delta[L] = np.empty_like(output)
        self._output_error(output, self.y.T, delta[L], cost, net.activations[L])
        if cost.matched != net.activations[L]:
            rules[L].times_prime(self._then, z[L], output, delta[L])
        factor = _number(scale / batch_size, dtype)
        self._then(np.multiply, delta[L], factor, delta[L])

        # BP2: delta^l = (w^{l+1})^T delta^{l+1} * sigma'(z^l)
        for l in range(L - 1, 1, -1):
            product = np.empty((net.sizes[l - 1] + 1, batch_size), dtype)
            self._then(w[l + 1].T.dot, delta[l + 1], product)
            delta[l] = product[:-1]  # the last row: the error of the ones
            rules[l].times_prime(self._then, z[l], a[l][:-1], delta[l])

        # BP4, and BP3 in the column of the bias
        for l in w:
            self._then(delta[l].dot, a[l - 1].T, grad_w[l])

    def __call__(self):
        """Compute the gradient of the mini-batch in ``x`` and ``y``."""
        for call in self.calls:
            call()

    def parameters(self):
        """Return a copy of the present weights as Parameters, finite or not."""
        vector = unpack(self.sizes, self.weights)
        vector.flags.writeable = False
        return Parameters._over(self.sizes, vector)

    def _then(self, function, *arguments):
        self.calls.append(partial(function, *arguments))

    def _output_error(self, a, y, delta, cost, matched):
        """Grad_a C, which is a - y for a matched pair and for the quadratic cost."""
        if cost.matched == matched or cost == quadratic:
            # y lies the other way in memory: copied first, it needs no buffer.
            self._then(np.copyto, delta, y)
            self._then(np.subtract, a, delta, delta)
        else:
            self._then(_copy_result, delta, cost.gradient, a, y)


def _number(value, dtype):
    """Return a 0-d array: a ufunc takes it faster than a Python float, and keeps float32."""
    return np.array(value, dtype)


def _copy_result(out, function, *arguments):
    out[...] = function(*arguments)


def pack(parameters):
    """Return the parameters as one new vector in this module's layout."""
    packed = np.empty_like(parameters.vector)
    for l, rows in by_layer(parameters.sizes, packed).items():
        rows[:, :-1], rows[:, -1:] = parameters.w[l], parameters.b[l]
    return packed


def unpack(sizes, packed):
    """Return a vector in this module's layout as a new one in the layout of Parameters."""
    parameters = Parameters._over(sizes, np.empty_like(packed))
    for l, rows in by_layer(sizes, packed).items():
        parameters.w[l][...], parameters.b[l][...] = rows[:, :-1], rows[:, -1:]
    return parameters.vector


def by_layer(sizes, packed):
    """Return views (n_l, n_{l-1} + 1) of a vector in this module's layout, by layer."""
    views, start = {}, 0
    for l, (n_in, n_out) in enumerate(pairwise(sizes), start=2):
        end = start + n_out * (n_in + 1)
        views[l] = packed[start:end].reshape(n_out, n_in + 1)
        start = end
    return views


# What each activation does in place. ``apply`` turns z into a; ``times_prime`` multiplies delta by
# sigma'. The built-in activations keep a in z's memory, since their sigma' is a function of a.


class _Rule:
    """How one activation runs in place."""

    def __init__(self, apply, times_prime):
        self.apply, self.times_prime = apply, times_prime

    def z(self, a):
        return a


class _AnyActivation:
    """An activation without a rule of its own: z is kept, and f and prime allocate."""

    def __init__(self, activation):
        self.activation = activation

    def z(self, a):
        return np.empty_like(a)

    def apply(self, then, z, a):
        then(_copy_result, a, self.activation.f, z)

    def times_prime(self, then, z, a, delta):
        then(self._times_prime, z, delta)

    def _times_prime(self, z, delta):
        prime = self.activation.prime(z)
        if self.activation.elementwise:
            delta *= prime
        else:
            delta[...] = bp1_matrix(delta, prime)


def rule_of(activation):
    """Return how an activation runs in place."""
    return _RULES.get(activation) or _AnyActivation(activation)


def _sigmoid_apply(then, z, a):
    one = _number(1, z.dtype)
    then(np.negative, z, z)
    then(np.exp, z, z)
    then(np.add, z, one, z)
    then(np.reciprocal, z, z)


def _sigmoid_times_prime(then, z, a, delta):
    prime = np.empty_like(a)
    then(np.subtract, _number(1, a.dtype), a, prime)
    then(np.multiply, prime, a, prime)
    then(np.multiply, delta, prime, delta)


def _tanh_apply(then, z, a):
    then(np.tanh, z, z)


def _tanh_times_prime(then, z, a, delta):
    prime = np.empty_like(a)
    then(np.multiply, a, a, prime)
    then(np.subtract, _number(1, a.dtype), prime, prime)
    then(np.multiply, delta, prime, delta)


def _relu_apply(then, z, a):
    then(partial(np.maximum, out=z), z, _number(0, z.dtype))


def _relu_times_prime(then, z, a, delta):
    prime = np.empty_like(a)
    then(np.sign, a, prime)  # a is 0 or positive
    then(np.multiply, delta, prime, delta)


def _identity_apply(then, z, a):
    """z is a already."""


def _identity_times_prime(then, z, a, delta):
    """sigma' is 1."""


def _softmax_apply(then, z, a):
    # A row copied to a full array, and a sum as a product with ones, spare the ufuncs the buffer
    # that they need for broadcasting.
    row, full, ones = np.empty_like(z[:1]), np.empty_like(z), np.ones((len(z), len(z)), z.dtype)
    then(np.maximum.reduce, z, 0, None, row, True)
    then(np.copyto, full, row)
    then(np.subtract, z, full, z)
    then(np.exp, z, z)
    then(ones.dot, z, full)
    then(np.divide, z, full, z)


def _softmax_times_prime(then, z, a, delta):
    """The Jacobian times delta is a * (delta - sum(a * delta))."""
    product, full = np.empty_like(a), np.empty_like(a)
    then(np.multiply, a, delta, product)
    then(np.ones((len(a), len(a)), a.dtype).dot, product, full)
    then(np.subtract, delta, full, delta)
    then(np.multiply, delta, a, delta)


_RULES = {
    sigmoid: _Rule(_sigmoid_apply, _sigmoid_times_prime),
    tanh: _Rule(_tanh_apply, _tanh_times_prime),
    relu: _Rule(_relu_apply, _relu_times_prime),
    identity: _Rule(_identity_apply, _identity_times_prime),
    softmax: _Rule(_softmax_apply, _softmax_times_prime),
}
