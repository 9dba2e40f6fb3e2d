"""The networks and mini-batches on which a learner's function is tried."""

from dataclasses import dataclass, replace

import numpy as np

from bpcourse.network import Network

# So far from every kink that no rounding crosses it, and not so far that a sigmoid is flat.
_KINK, _FLAT, _DRAWS = 0.03, 4.0, 2000
_KINKED, _STRAIGHT = ("relu", "leaky_relu"), ("relu", "leaky_relu", "identity")


@dataclass(frozen=True)
class Problem:
    """A network with a mini-batch, on which a function is tried.

    Attributes
    ----------
    net : Network
    x : ndarray of shape (n_1, m)
    y : ndarray of shape (n_L, m)
    """

    net: Network
    x: np.ndarray
    y: np.ndarray

    def without_biases(self):
        """Return the same problem for the network whose biases are zero."""
        return replace(self, net=without_biases(self.net))

    def examples(self, *which):
        """Return the same network with some of the examples."""
        return Problem(self.net, self.x[:, which], self.y[:, which])


def random_problem(sizes, activations, cost, m, rng, *, biases=True, labels=False):
    """Return a problem on which nothing hides.

    No weighted input is near the kink of a ReLU, none is so large that the activation is flat, a
    layer of ReLUs has for each example neurons on both sides, and every output is too large for
    some examples and too small for others. Where sizes do not allow all of it, less is asked.
    Without ``biases`` they are all zero; with ``labels`` each target is that of a class.
    """
    hidden, output = activations
    for attempt in range(2 * _DRAWS):
        net = Network.random(sizes, hidden=hidden, output=output, rng=rng)
        net = net if biases else without_biases(net)
        x = rng.uniform(0.2, 1.0, (sizes[0], m)) * rng.choice([-1.0, 1.0], (sizes[0], m))
        trace = net.forward(x)
        y = _targets(cost, output, trace.a[net.depth], rng, labels=labels)
        if _telling(net, trace, trace.a[net.depth] - y, strict=attempt < _DRAWS):
            return Problem(net, x, y)
    raise ValueError(
        f"found no network {list(sizes)} of {hidden.name} and {output.name} on which mistakes "
        "would show; try other sizes, such as [4, 6, 5, 3]"
    )


# How inputs are drawn, from a generator and a shape.
_INPUTS = {
    "usual": lambda rng, shape: rng.uniform(0.2, 1.0, shape) * rng.choice([-1.0, 1.0], shape),
    "zero": lambda rng, shape: np.zeros(shape),
    "large": lambda rng, shape: rng.uniform(-50, 50, shape),
    "positive": lambda rng, shape: rng.random(shape),
    "binary": lambda rng, shape: (rng.random(shape) < 0.4).astype(float),
}


def plain_problem(
    sizes,
    activations,
    cost,
    m,
    rng,
    *,
    biases=True,
    labels=False,
    inputs="usual",
    targets="usual",
):
    """Return a problem on which some mistakes may hide, but no kink is met.

    ``inputs`` are "usual", "zero", "large", "positive" or "binary", ``targets`` "usual", "binary"
    or of "one class". Large inputs have small weights, so that no activation is flat.
    """
    hidden, output = activations
    net = Network.random(sizes, hidden=hidden, output=output, rng=rng)
    net = net if biases else without_biases(net)
    if inputs == "large":
        net = _scaled_down(net, 50)
    x = _smooth_examples(net, _INPUTS[inputs], m, rng)
    y = _targets(cost, output, net.forward(x).a[net.depth], rng, labels=labels)
    if targets != "usual" and cost.name != "log_likelihood" and not labels:
        y = (rng.random(y.shape) < 0.5).astype(float)
    return Problem(net, x, y if targets != "one class" else np.repeat(y[:, :1], m, axis=1))


def _smooth_examples(net, draw, m, rng):
    """Return inputs that are not at a kink; after a while, any."""
    x = draw(rng, (net.sizes[0], m))
    for _ in range(50):
        nearest = [abs(z).min(axis=0) for z in net.forward(x).z.values()]
        near = np.min(nearest, axis=0) <= _KINK / 30
        if not near.any():
            break
        x[:, near] = draw(rng, (net.sizes[0], near.sum()))
    return x


def _scaled_down(net, factor):
    """Return the network with weights of the first layer that are smaller by a factor."""
    layers = range(2, net.depth + 1)
    return Network.from_arrays(
        weights=[net.w[l] / (factor if l == 2 else 1) for l in layers],
        biases=[net.b[l] for l in layers],
        activations=[net.activations[l] for l in layers],
    )


def without_biases(net):
    """Return the network with biases that are zero."""
    layers = range(2, net.depth + 1)
    return Network.from_arrays(
        weights=[net.w[l] for l in layers],
        biases=[np.zeros_like(net.b[l]) for l in layers],
        activations=[net.activations[l] for l in layers],
    )


def _telling(net, trace, error, *, strict):
    """Say whether mistakes show on these examples, for an error a - y of the outputs."""
    kinked = {l: z for l, z in trace.z.items() if net.activations[l].name in _KINKED}
    margin = min(_KINK, 3 / max(1, sum(z.size for z in kinked.values())))
    if any(abs(z).min() < margin for z in kinked.values()):
        return False
    if not all(_mixed(z, l == net.depth, strict) for l, z in kinked.items()):
        return False
    rows = np.stack([(error > 0).any(axis=1), (error < 0).any(axis=1)])
    n, m = error.shape
    every = strict and n <= m  # of more classes than examples some have no example
    if not (rows.all() if every else rows.any(axis=1).all()):
        return False
    curved = [trace.z[l] for l in trace.z if net.activations[l].name not in _STRAIGHT]
    return not strict or all(abs(each).max() < _FLAT for each in curved)


def _mixed(z, output, strict):
    """Say whether a layer of ReLUs has for each example neurons on both sides."""
    active, n = (z > 0).sum(axis=0), len(z)
    if output or n == 1:
        return active.any()
    if not strict:
        return active.all()
    return ((active >= min(2, n - 1)) & (active < n)).all()


def _targets(cost, activation, a, rng, *, labels):
    """Return targets that the cost takes, not far from the outputs a; or those of classes."""
    n, m = a.shape
    if labels and n == 1:
        return rng.permutation(np.arange(m) % 2)[None, :].astype(float)
    if labels or cost.name == "log_likelihood":
        return np.eye(n)[:, rng.permutation(np.arange(m) % n)]
    if cost.name == "cross_entropy":
        return (rng.random((n, m)) < 0.5).astype(float)
    if activation.name in ("sigmoid", "softmax"):
        return rng.uniform(0.1, 0.9, (n, m))
    return a + rng.uniform(-1, 1, (n, m))
