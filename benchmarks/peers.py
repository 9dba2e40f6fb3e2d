"""The same gradient by every peer that is installed.

Each function takes a :class:`Problem` and returns a callable that computes the gradient once, and
a function that gives it as our flat vector. All compute the mean cross-entropy of a sigmoid
network. A peer that isn't installed raises ImportError, and is named as absent.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

import bpcourse as bp
from bpcourse.fast.in_place import BoundGradient, unpack


@dataclass(frozen=True)
class Problem:
    """A network and a mini-batch, as columns."""

    net: bp.Network
    x: np.ndarray
    y: np.ndarray

    @property
    def rows(self):
        """The arrays as row-oriented libraries keep them: weights, biases, x, y."""
        net = self.net
        weights = [np.ascontiguousarray(w.T) for w in net.w.values()]
        biases = [b[:, 0].copy() for b in net.b.values()]
        return weights, biases, self.x.T.copy(), self.y.T.copy()


def problem(sizes, batch_size, dtype, seed=0):
    """Draw a network and a mini-batch."""
    rng = np.random.default_rng(seed)
    options = {"hidden": bp.sigmoid, "output": bp.sigmoid, "rng": rng, "dtype": dtype}
    net = bp.Network.random(sizes, **options)
    x = rng.random((sizes[0], batch_size)).astype(dtype)
    labels = rng.integers(0, sizes[-1], batch_size)
    return Problem(net, x, bp.datasets.one_hot(labels, sizes[-1], dtype=dtype))


def limit(sizes, batch_size, dtype):
    """Return the bare matrix products of one gradient, over arrays made once."""
    rng = np.random.default_rng(0)

    def array(rows, columns):
        return rng.random((rows, columns)).astype(dtype)

    w = [array(n_in, n_out) for n_in, n_out in pairwise(sizes)]
    a, delta = ([array(batch_size, n) for n in sizes] for _ in range(2))
    grad = [np.empty_like(each) for each in w]

    def run():
        for i, each in enumerate(w):
            np.dot(a[i], each, out=delta[i + 1])
        for i in range(len(w) - 1, 0, -1):
            np.dot(delta[i + 1], w[i].T, out=delta[i])
        for i in range(len(w)):
            np.dot(a[i].T, delta[i + 1], out=grad[i])

    return run


def bound(p):
    """The gradient that bp.train runs on."""
    gradient = BoundGradient(p.net, bp.cross_entropy, p.x.shape[1])
    gradient.x[:, :-1], gradient.y[...] = p.x.T, p.y.T

    def result():
        gradient()
        return unpack(p.net.sizes, gradient.gradient)

    return gradient, result


def plain(p):
    """bp.backprop, as the book writes it."""

    def run():
        return bp.backprop(p.net, p.net.forward(p.x), p.y, bp.cross_entropy)

    return run, lambda: run().vector


def flat(weight_gradients, bias_gradients):
    """Return row-oriented gradients as our flat vector."""
    pairs = zip(weight_gradients, bias_gradients, strict=True)
    return np.concatenate([np.ravel(each) for w, b in pairs for each in (np.transpose(w), b)])


def pytorch(p):
    """PyTorch, eager, with its automatic differentiation."""
    import torch

    torch.set_num_threads(1)
    weights, biases, x, y = p.rows
    w, b = ([torch.tensor(each, requires_grad=True) for each in part] for part in (weights, biases))
    x, y = torch.tensor(x), torch.tensor(y)

    def run():
        a = x
        for i in range(len(w) - 1):
            a = torch.sigmoid(torch.addmm(b[i], a, w[i]))
        z = torch.addmm(b[-1], a, w[-1])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="sum")
        return torch.autograd.grad(loss / len(x), w + b)

    def result():
        parts = [each.numpy() for each in run()]
        return flat(parts[: len(w)], parts[len(w) :])

    return run, result


def jax(p):
    """JAX, compiled with jit. XLA may use a second thread; the process is pinned to one CPU."""
    import jax as jax_library
    import jax.numpy as jnp

    jax_library.config.update("jax_enable_x64", True)
    weights, biases, x, y = p.rows
    parameters = [[jnp.asarray(each) for each in arrays] for arrays in (weights, biases)]
    x, y = jnp.asarray(x), jnp.asarray(y)

    def cost(parameters, x, y):
        a = x
        for w, b in zip(*parameters, strict=True):
            z = a @ w + b
            a = jax_library.nn.sigmoid(z)
        losses = jnp.logaddexp(0, z) - y * z
        return losses.sum() / x.shape[0]

    compiled = jax_library.jit(jax_library.grad(cost))

    def run():
        return jax_library.block_until_ready(compiled(parameters, x, y))

    return run, lambda: flat(*([np.asarray(each) for each in part] for part in run()))


def autograd(p):
    """HIPS autograd."""
    import autograd.numpy as anp
    from autograd import grad

    weights, biases, x, y = p.rows

    def cost(parameters):
        a = x
        for w, b in zip(*parameters, strict=True):
            z = anp.dot(a, w) + b
            a = 1 / (1 + anp.exp(-z))
        return anp.sum(anp.logaddexp(0, z) - y * z) / len(x)

    differentiate = grad(cost)

    def run():
        return differentiate([weights, biases])

    return run, lambda: flat(*run())


def scikit_learn(p):
    """scikit-learn's MLPClassifier, its internal backward pass alone."""
    from sklearn.neural_network import MLPClassifier

    weights, biases, x, y = p.rows
    model = MLPClassifier(
        p.net.sizes[1:-1], activation="logistic", solver="sgd", alpha=0.0, max_iter=1
    )
    model._random_state = np.random.RandomState(0)
    model.n_outputs_ = y.shape[1]
    model._label_binarizer = type("Multilabel", (), {"y_type_": "multilabel-indicator"})()
    model._no_improvement_count = 0
    model._initialize(y, list(p.net.sizes), x.dtype)
    model.coefs_, model.intercepts_ = weights, biases
    activations = [x] + [np.empty((len(x), n), x.dtype) for n in p.net.sizes[1:]]
    deltas = [np.empty_like(each) for each in activations[1:]]
    weight_gradients = [np.empty_like(each) for each in weights]
    bias_gradients = [np.empty_like(each) for each in biases]

    def run():
        arguments = (activations, deltas, weight_gradients, bias_gradients)
        return model._backprop(x, y, None, *arguments)

    def result():
        run()
        return flat(weight_gradients, bias_gradients)

    return run, result


PEERS = {
    "bpcourse, as bp.train runs it": bound,
    "bpcourse, bp.backprop": plain,
    "PyTorch": pytorch,
    "JAX": jax,
    "HIPS autograd": autograd,
    "scikit-learn": scikit_learn,
}


def prepare(p):
    """Return the callables of the peers that are installed and agree, and what is absent.

    Raises
    ------
    RuntimeError
        A peer computes another gradient: then a comparison of times would mean nothing.
    """
    expected = plain(p)[1]()
    tolerance = 1e-12 if expected.dtype == np.float64 else 1e-4
    ready, absent = {}, []
    for name, make in PEERS.items():
        try:
            run, result = make(p)
        except ImportError:
            absent.append(name)
            continue
        error = abs(result() - expected).max() / abs(expected).max()
        if not error < tolerance:
            raise RuntimeError(f"{name} computes another gradient: relative error {error:.1e}")
        ready[name] = run
    return ready, absent
