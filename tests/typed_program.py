"""A small program of a user: what a type checker must know of the package, see test_types.py."""

from collections.abc import Mapping
from typing import assert_type

import numpy as np

import bpcourse as bp


def trained() -> tuple[bp.Network, bp.History]:
    """Train a network, and look at what came on the way."""
    rng = np.random.default_rng(0)
    net = bp.Network.random([2, 3, 1], hidden=bp.tanh, output="sigmoid", rng=rng)
    data = bp.datasets.xor()
    trace = net.forward(data.train.x)
    assert_type(trace.a, dict[int, np.ndarray])
    grad = bp.backprop(net, trace, data.train.y, bp.cross_entropy)
    assert_type(grad, bp.Gradient)
    assert_type(grad.w, Mapping[int, np.ndarray])
    assert_type(net.parameters - 0.5 * grad, bp.Parameters)
    assert_type(net.with_parameters(net.parameters - 0.5 * grad), bp.Network)
    numeric = bp.finite_difference.gradient(net, data.train.x, data.train.y, "cross_entropy")
    assert_type(numeric.vector, np.ndarray)
    assert_type(bp.gradcheck.compare(grad, numeric).ok, bool)
    return bp.train(net, data, cost="cross_entropy", eta=1.0, epochs=5, batch_size=None)


def my_bp2(w_next: np.ndarray, delta_next: np.ndarray, prime: np.ndarray) -> np.ndarray:
    """Return the error one layer back, without its transpose."""
    return np.asarray((w_next @ delta_next) * prime)


def judged() -> None:
    """Use the names that are imported when they are asked for."""
    assert_type(bp.check("bp2", my_bp2), bp.Diagnosis)
    assert_type(bp.check("bp2", my_bp2).cause, str | None)
    assert_type(bp.diagnose(my_bp2, layout="rows", batch=False), bp.Diagnosis)
    assert_type(bp.findings.Diagnosis("mine").hint(2), str)
    assert_type(bp.exercises.table(), str)


def marked() -> None:
    """Judge a class."""
    names = bp.classroom.find("submissions")
    assert_type(names, list[str])
    outcomes = bp.classroom.run("submissions", names, bp.classroom.Task(step="bp2"))
    assert_type(outcomes[0].title, str)
    assert_type(bp.classroom.misconceptions(outcomes)[0].names, list[str])


def differentiated() -> None:
    """Use both engines of automatic differentiation, and the lessons."""
    x, y = bp.scalar.Value(2.0), bp.scalar.Value(3.0)
    assert_type(2 * x * y + x.exp() / 4, bp.scalar.Value)
    t = bp.tensor.Tensor([[1.0, 2.0]])
    assert_type((2.0 * t @ t.T).sum(), bp.tensor.Tensor)
    assert_type(bp.tensor.gradients((t * t).sum(), [t]), list[np.ndarray])
    assert_type(bp.operation_count.backward([784, 30, 10]).total, int)
    assert_type(bp.drills.bp2(0).check([1.0, 2.0]).ok, bool)


def drawn() -> None:
    """Draw: figures is imported when it is asked for, and needs matplotlib."""
    net, history = trained()
    bp.figures.network(net).set_title("a network")
    bp.figures.history(history, quantity="cost").set_title("its training")
