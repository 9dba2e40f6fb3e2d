"""One epoch of stochastic gradient descent by every peer that is installed.

Each function takes a :class:`Problem` and returns an :class:`Epoch`. All do the same: in the given
order of the examples, one mini-batch after another, they gather the rows, compute the gradient of
the mean cross-entropy of a sigmoid network, and move the parameters by eta times it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import bpcourse as bp
from bpcourse.training import _Descent, _make_step

from .peers import flat

ETA = 0.1


@dataclass(frozen=True)
class Problem:
    """A network, examples as rows, one-hot targets as rows, and the size of a mini-batch."""

    net: bp.Network
    rows: np.ndarray
    targets: np.ndarray
    batch_size: int

    @property
    def parameters(self):
        """Copies of weights and biases as row-oriented libraries keep them."""
        weights = [np.ascontiguousarray(w.T) for w in self.net.w.values()]
        return weights, [b[:, 0].copy() for b in self.net.b.values()]


@dataclass(frozen=True)
class Epoch:
    """How a peer runs an epoch.

    ``run`` takes the order of the examples, ``vector`` gives the parameters it has come to as our
    flat vector. A peer that draws the order itself also has ``shuffled``, which takes the number
    of examples.
    """

    run: Callable
    vector: Callable
    shuffled: Callable | None = None


def problem(sizes, examples, batch_size, dtype):
    """Draw a network and as many examples."""
    rng = np.random.default_rng(0)
    options = {"hidden": bp.sigmoid, "output": bp.sigmoid, "rng": rng, "dtype": dtype}
    net = bp.Network.random(sizes, **options)
    rows = rng.random((examples, sizes[0]), dtype=np.float32).astype(dtype)
    labels = rng.integers(0, sizes[-1], examples)
    return Problem(net, rows, np.eye(sizes[-1], dtype=dtype)[labels], batch_size)


class _Order:
    """Stands in for a generator of random numbers: the permutation is the one that was set."""

    def permutation(self, n):
        return self.order


def bound(p):
    """The loop inside bp.train."""
    data = bp.Dataset.from_rows(p.rows, p.targets)
    descent = _Descent(p.net, data.train, bp.cross_entropy, ETA, p.batch_size)
    step, rng = _make_step(descent.first, 0.0, 0.0), _Order()

    def run(order):
        rng.order = order
        for gradient in descent.epoch(rng):
            gradient()
            step()

    return Epoch(run, lambda: descent.first.parameters().vector)


def plain(p):
    """The same with bp.backprop and a new network for every step, as the book writes it."""
    net = p.net

    def run(order):
        nonlocal net
        for start in range(0, len(order), p.batch_size):
            chosen = order[start : start + p.batch_size]
            x, y = p.rows[chosen].T, p.targets[chosen].T
            gradient = bp.backprop(net, net.forward(x), y, bp.cross_entropy)
            net = net.with_parameters(net.parameters - ETA * gradient)

    return Epoch(run, lambda: net.parameters.vector)


def one_at_a_time(p):
    """One example after another, sums of new arrays: the loop of Nielsen's first chapter."""
    w, b = [w.copy() for w in p.net.w.values()], [b.copy() for b in p.net.b.values()]
    examples = [(x[:, None], y[:, None]) for x, y in zip(p.rows, p.targets, strict=True)]

    def run(order):
        for start in range(0, len(order), p.batch_size):
            sum_w, sum_b = [0.0 * each for each in w], [0.0 * each for each in b]
            chosen = order[start : start + p.batch_size]
            for k in chosen:
                gradient = _one_gradient(w, b, *examples[k])
                sum_w = [total + part for total, part in zip(sum_w, gradient[0], strict=True)]
                sum_b = [total + part for total, part in zip(sum_b, gradient[1], strict=True)]
            factor = ETA / len(chosen)
            w[:] = [old - factor * total for old, total in zip(w, sum_w, strict=True)]
            b[:] = [old - factor * total for old, total in zip(b, sum_b, strict=True)]

    return Epoch(run, lambda: flat([each.T for each in w], b))


def _sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def _one_gradient(w, b, x, y):
    """Return the gradients by weights and biases for one example, a column."""
    z, a = [], [x]
    for weights, biases in zip(w, b, strict=True):
        z.append(np.dot(weights, a[-1]) + biases)
        a.append(_sigmoid(z[-1]))
    delta = a[-1] - y
    grad_w, grad_b = [np.dot(delta, a[-2].T)], [delta]
    for l in range(len(w) - 2, -1, -1):
        delta = np.dot(w[l + 1].T, delta) * (_sigmoid(z[l]) * (1 - _sigmoid(z[l])))
        grad_w.insert(0, np.dot(delta, a[l].T))
        grad_b.insert(0, delta)
    return grad_w, grad_b


def pytorch(p):
    """PyTorch, eager; all parameters moved by one call."""
    import torch

    torch.set_num_threads(1)
    w, b = ([torch.tensor(each, requires_grad=True) for each in part] for part in p.parameters)
    rows, targets = torch.from_numpy(p.rows), torch.from_numpy(p.targets)
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits

    def run(order):
        for chosen in torch.from_numpy(order).split(p.batch_size):
            a = rows[chosen]
            for i in range(len(w) - 1):
                a = torch.sigmoid(torch.addmm(b[i], a, w[i]))
            loss = loss_of(torch.addmm(b[-1], a, w[-1]), targets[chosen], reduction="sum")
            gradients = torch.autograd.grad(loss / len(chosen), w + b)
            with torch.no_grad():
                torch._foreach_add_(w + b, gradients, alpha=-ETA)

    return Epoch(run, lambda: flat(*([each.detach().numpy() for each in part] for part in (w, b))))


def jax(p):
    """JAX: the whole epoch is one compiled lax.scan. It needs whole mini-batches."""
    import jax as jax_library
    import jax.numpy as jnp

    jax_library.config.update("jax_enable_x64", True)
    rows, targets = jnp.asarray(p.rows), jnp.asarray(p.targets)
    state = [[jnp.asarray(each) for each in part] for part in p.parameters]

    def cost(parameters, x, y):
        a = x
        for w, b in zip(*parameters, strict=True):
            z = a @ w + b
            a = jax_library.nn.sigmoid(z)
        return (jnp.logaddexp(0, z) - y * z).sum() / x.shape[0]

    def epoch(parameters, rows, targets, order):
        def step(parameters, chosen):
            gradient = jax_library.grad(cost)(parameters, rows[chosen], targets[chosen])
            return jax_library.tree.map(lambda p, g: p - ETA * g, parameters, gradient), None

        return jax_library.lax.scan(step, parameters, order)[0]

    compiled = jax_library.jit(epoch, donate_argnums=0)

    def run(order):
        nonlocal state
        batches = order.reshape(-1, p.batch_size).astype(np.int32)
        state = jax_library.block_until_ready(compiled(state, rows, targets, batches))

    return Epoch(run, lambda: flat(*([np.asarray(each) for each in part] for part in state)))


def scikit_learn(p):
    """scikit-learn's MLPClassifier.partial_fit, which draws its own order when it is timed."""
    from sklearn.neural_network import MLPClassifier

    options = {"solver": "sgd", "alpha": 0.0, "momentum": 0.0, "learning_rate_init": ETA}
    model = MLPClassifier(
        p.net.sizes[1:-1], activation="logistic", batch_size=p.batch_size, shuffle=False, **options
    )
    # Targets in several columns make it take sigmoid outputs and the cross-entropy.
    targets = p.targets.astype(int)
    first = slice(p.batch_size)
    model.partial_fit(p.rows[first], targets[first], classes=np.arange(p.net.sizes[-1]))
    mine, theirs = p.parameters, (model.coefs_, model.intercepts_)
    for values, arrays in zip(mine, theirs, strict=True):
        for value, array in zip(values, arrays, strict=True):
            array[...] = value

    def run(order):
        model.partial_fit(p.rows[order], targets[order])

    def shuffled(count):
        model.set_params(shuffle=True).partial_fit(p.rows[:count], targets[:count])

    return Epoch(run, lambda: flat(model.coefs_, model.intercepts_), shuffled)


PEERS = {
    "bpcourse, as bp.train runs it": bound,
    "bpcourse, bp.backprop": plain,
    "JAX, one lax.scan": jax,
    "PyTorch": pytorch,
    "scikit-learn": scikit_learn,
    "NumPy, one example at a time": one_at_a_time,
}


def check(small):
    """Return the names of the peers that are installed, and of those that are absent.

    Raises
    ------
    RuntimeError
        A peer comes to other parameters: then a comparison of times would mean nothing.
    """
    order = np.random.default_rng(1).permutation(len(small.rows))
    start = small.net.parameters.vector
    expected = _move(plain(small), order, start)
    tolerance = 1e-11 if expected.dtype == np.float64 else 1e-4
    present, absent = [], []
    for name, make in PEERS.items():
        try:
            epoch = make(small)
        except ImportError:
            absent.append(name)
            continue
        error = abs(_move(epoch, order, start) - expected).max() / abs(expected).max()
        if not error < tolerance:
            raise RuntimeError(f"{name} comes to other parameters: relative error {error:.1e}")
        present.append(name)
    return present, absent


def _move(epoch, order, start):
    """Run one epoch and return by how much it moved the parameters, as our flat vector."""
    epoch.run(order)
    return epoch.vector() - start


def functions(p, names, share):
    """Return for each named peer a function that runs part of an epoch in a random order.

    The part is every ``share``-th example, from a random one on; they lie as far apart in memory
    as those of a whole epoch. (Where a peer draws the order itself, it is the first part.)
    """
    rng, count = np.random.default_rng(2), len(p.rows) // share

    def function(epoch):
        if epoch.shuffled:
            return lambda: epoch.shuffled(count)
        return lambda: epoch.run(rng.permutation(count) * share + rng.integers(share))

    return {name: function(PEERS[name](p)) for name in names}
