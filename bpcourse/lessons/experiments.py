r"""Recipes for the book's experiments. Each returns plain results: no printing, no plotting.

The statistics of many starts are computed for all starts at once, by
:class:`~bpcourse.lessons.starts.Starts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bpcourse import _checks
from bpcourse.activations import sigmoid
from bpcourse.backprop import backprop
from bpcourse.costs import COSTS, Cost
from bpcourse.lessons.starts import Starts, for_each, with_one
from bpcourse.lessons.worked_examples import WorkedExample, exam_scores, mazur, step
from bpcourse.network import Network, Trace


@dataclass(frozen=True, eq=False)
class Run:
    """One run of gradient descent.

    Attributes
    ----------
    costs : ndarray of shape (steps + 1,)
        The cost before the first step and after each one.
    network : Network
        The last one.
    """

    costs: np.ndarray
    network: Network


def _run(example: WorkedExample, steps: int, advance: Callable[[Network, Trace], Network]) -> Run:
    net, costs = example.network, []
    for _ in range(_checks.integer("steps", steps, minimum=0) + 1):
        trace = net.forward(example.x)
        costs.append(float(example.cost.value(trace.a[net.depth], example.y)))
        last, net = net, advance(net, trace)
    return Run(np.array(costs), last)


_BIAS_MOVES = {
    "frozen": lambda delta: 0 * delta,
    "separate": lambda delta: delta,
    "shared": lambda delta: np.full_like(delta, delta.sum()),
}


def _mazur_step(net, trace, example, biases, overwrite):
    """Return Mazur's network one step further, in one of the ways that a program may do it."""
    grad = backprop(net, trace, example.y, example.cost)
    w3 = net.w[3] - example.eta * grad.w[3]
    delta2 = grad.delta[2]
    if overwrite:  # the hidden errors come through output weights that have already moved
        delta2 = (w3.T @ grad.delta[3]) * sigmoid.prime(trace.z[2])
    w2 = net.w[2] - example.eta * delta2 @ trace.a[1].T
    move = _checks.lookup_name("biases", biases, _BIAS_MOVES)
    b2, b3 = (net.b[l] - example.eta * move(d) for l, d in ((2, delta2), (3, grad.delta[3])))
    return Network.from_arrays([w2, w3], [b2, b3], [sigmoid, sigmoid])


def mazur_training(
    steps: int,
    *,
    biases: Literal["frozen", "separate", "shared"] = "frozen",
    overwrite: bool = False,
) -> Run:
    """Train Mazur's network, correctly or with the mistake behind the post's printed numbers.

    Parameters
    ----------
    steps : int
    biases : {"frozen", "separate", "shared"}
        Biases that stay, one for each neuron, or one for each layer that its neurons share.
    overwrite : bool
        Move the output weights before the hidden errors are formed: the mistake.

    Returns
    -------
    Run

    Raises
    ------
    ValueError, TypeError
        Fewer than 0 steps, or an unknown word for the biases.

    Examples
    --------
    >>> print(f"{mazur_training(1).costs[1]:.9f}, {mazur_training(1, overwrite=True).costs[1]:.9f}")
    0.291027774, 0.291027924
    """
    example = mazur()
    _checks.lookup_name("biases", biases, _BIAS_MOVES)
    overwrite = _checks.flag("overwrite", overwrite)
    return _run(example, steps, lambda *at: _mazur_step(*at, example, biases, overwrite))


def exam_training(steps: int, *, seed: int | None = None) -> Run:
    """Train the network of the exam scores as its tutorial does.

    Parameters
    ----------
    steps : int
    seed : int, optional
        Start from the standard normal weights of ``np.random.RandomState(seed)``, drawn as the
        tutorial's program draws them; by default from the weights of its drawing.

    Returns
    -------
    Run
        Its costs are half the mean of the squared errors that the tutorial prints.

    Examples
    --------
    >>> print(f"{2 * exam_training(0).costs[0]:.9f}")
    0.016266539
    """
    example = exam_scores()
    if seed is not None:
        seed = _checks.integer("seed", seed, minimum=0)
        random = np.random.RandomState(seed)
        w2, w3 = random.randn(2, 3).T, random.randn(3, 1).T
        start = Network.from_arrays([w2, w3], [np.zeros(3), np.zeros(1)], [sigmoid, sigmoid])
        example = replace(example, network=start)
    return _run(example, steps, lambda net, _: step(example, net))


@dataclass(frozen=True, eq=False)
class EncoderRuns:
    """Encoders that learned, or did not learn, to reproduce one-hot inputs.

    Attributes
    ----------
    starts : Starts
        The networks at the end.
    hidden : ndarray of shape (r, n_2, n_1)
        Hidden activations; column k belongs to input k.
    output : ndarray of shape (r, n_1, n_1)
    costs : ndarray of shape (r,)
    epochs : ndarray of int, of shape (t,)
        When something was recorded, from 0 on.
    recorded_costs : ndarray of shape (t, r)
    recorded_errors : ndarray of shape (t, n_1)
        For the first network, the sum of squared errors of each output unit.
    recorded_hidden : ndarray of shape (t, n_2, n_1)
        For the first network, its hidden activations.
    recorded_weights : ndarray of shape (t, n_2, n_1 + 1)
        For the first network, the weights into the hidden units, the bias last.
    """

    starts: Starts
    hidden: np.ndarray
    output: np.ndarray
    costs: np.ndarray
    epochs: np.ndarray
    recorded_costs: np.ndarray
    recorded_errors: np.ndarray
    recorded_hidden: np.ndarray
    recorded_weights: np.ndarray

    @property
    def largest_right(self) -> np.ndarray:
        """Whether the largest output is the right one for every input, of shape (r,)."""
        n = self.output.shape[1]
        return (self.output.argmax(axis=1) == np.arange(n)).all(axis=1)

    @property
    def all_right(self) -> np.ndarray:
        """Whether every output is on the right side of 0.5 for every input, of shape (r,)."""
        n = self.output.shape[1]
        return ((self.output > 0.5) == np.eye(n, dtype=bool)).all(axis=(1, 2))

    @property
    def distinct_codes(self) -> np.ndarray:
        """How many different codes the rounded hidden activations are, of shape (r,)."""
        codes = (self.hidden > 0.5).transpose(0, 2, 1)
        return np.array([len(np.unique(each, axis=0)) for each in codes])


def encoder(
    seeds: Iterable[int],
    *,
    hidden: int = 3,
    epochs: int = 5000,
    eta: float = 0.3,
    momentum: float | Sequence[float] = 0.0,
    init: float | Sequence[float] = 0.1,
    low: float | Sequence[float] = 0.0,
    high: float | Sequence[float] = 1.0,
    order: Literal["fixed", "shuffled", "batch"] = "fixed",
    record_every: int = 500,
) -> EncoderRuns:
    """Train 8-n-8 encoders on the identity; the defaults are Mitchell's setting.

    Parameters
    ----------
    seeds : sequence of int
        One network for each.
    hidden, epochs, eta : numbers
    momentum : float, or one for each network
    init : float, or one for each network
        The bound of the uniform initial weights.
    low, high : float, or one for each network
        The targets for 0 and for 1.
    order : {"fixed", "shuffled", "batch"}
        One example after another, in this order or a new one each epoch, or all at once.
    record_every : int
        Epochs from one record to the next.

    Returns
    -------
    EncoderRuns

    Raises
    ------
    ValueError, TypeError
        No seeds, an unknown order, numbers out of range.

    Notes
    -----
    T. Mitchell, *Machine Learning* (1997), section 4.6.4. Used in the book's chapter "What the
    hidden layer learns".

    Examples
    --------
    >>> runs = encoder([0], epochs=2500)
    >>> runs.largest_right
    array([ True])
    """
    _checks.lookup_name("order", order, dict.fromkeys(("fixed", "shuffled", "batch")))
    epochs = _checks.integer("epochs", epochs, minimum=0)
    record_every = _checks.integer("record_every", record_every, minimum=1)
    starts = Starts.uniform(seeds, (8, hidden, 8), init=init, eta=eta, momentum=momentum)
    x, shuffler, count = np.eye(8), np.random.default_rng(0), len(starts.w2)
    low, high = for_each("low", low, count), for_each("high", high, count)
    inputs, y = with_one(x), np.broadcast_to(low + (high - low) * x, (count, 8, 8))
    epochs_recorded, records = [], []
    for epoch in range(epochs + 1):
        if epoch % record_every == 0 or epoch == epochs:
            epochs_recorded.append(epoch)
            records.append(_encoder_record(starts, inputs, y))
        if epoch < epochs:
            for batch in _encoder_batches(order, shuffler):
                starts.move(inputs[:, batch], y[:, :, batch])
    a, output = starts.forward(x)
    costs, *recorded = (np.array(each) for each in zip(*records, strict=True))
    return EncoderRuns(starts, a, output, costs[-1], np.array(epochs_recorded), costs, *recorded)


def _encoder_batches(order, rng):
    if order == "batch":
        return [slice(None)]
    sequence = rng.permutation(8) if order == "shuffled" else range(8)
    return [slice(k, k + 1) for k in sequence]


def _encoder_record(starts, inputs, y):
    hidden, output = starts.run(inputs)
    squares = (output - y) ** 2
    return squares.sum(axis=(1, 2)) / 2, squares[0].sum(axis=1), hidden[0], starts.w2[0].copy()


@dataclass(frozen=True, eq=False)
class SymmetryRuns:
    """Networks that learned, or did not learn, whether six bits are mirror-symmetric.

    Attributes
    ----------
    starts : Starts
        The networks at the end.
    solved_at : ndarray of int, of shape (r,)
        The first sweep after which every output was on the right side of 0.5; -1 for never.
    """

    starts: Starts
    solved_at: np.ndarray


def symmetry_task() -> tuple[np.ndarray, np.ndarray]:
    """Return the 64 patterns of six bits as columns (6, 64), and 1 for the symmetric (1, 64)."""
    x = (np.arange(64) >> np.arange(5, -1, -1)[:, None] & 1).astype(float)
    return x, (x == x[::-1]).all(axis=0)[None].astype(float)


def symmetry(
    seeds: Iterable[int],
    *,
    sweeps: int,
    eta: float = 0.1,
    momentum: float | Sequence[float] = 0.9,
    init: float | Sequence[float] = 0.3,
) -> SymmetryRuns:
    """Train 6-2-1 networks to detect symmetry, by batch descent with momentum.

    Parameters
    ----------
    seeds : sequence of int
    sweeps : int
    eta, momentum, init : float

    Returns
    -------
    SymmetryRuns

    Raises
    ------
    ValueError, TypeError
        No seeds, numbers out of range.

    Notes
    -----
    After D. Rumelhart, G. Hinton and R. Williams, Nature 323 (1986). Used in the book's chapter
    "What the hidden layer learns".

    Examples
    --------
    >>> symmetry([0], sweeps=10).solved_at
    array([-1])
    """
    sweeps = _checks.integer("sweeps", sweeps, minimum=0)
    starts = Starts.uniform(seeds, (6, 2, 1), init=init, eta=eta, momentum=momentum)
    x, y = symmetry_task()
    solved_at = np.full(len(starts.w2), -1)
    inputs = with_one(x)
    for sweep in range(1, sweeps + 1):
        starts.move(inputs, y)
        right = ((starts.run(inputs)[1] > 0.5) == (y > 0.5)).all(axis=(1, 2))
        solved_at[right & (solved_at < 0)] = sweep
    return SymmetryRuns(starts, solved_at)


@dataclass(frozen=True, eq=False)
class XorRuns:
    """Networks that learned exclusive or from many starts.

    Attributes
    ----------
    starts : Starts
        The networks at the end.
    costs : ndarray of shape (r,)
        E of each at the end.
    solved : ndarray of bool, of shape (r,)
        Whether every output is on the right side of 0.5.
    """

    starts: Starts
    costs: np.ndarray
    solved: np.ndarray


def xor_starts(
    hidden: int,
    *,
    rng: np.random.Generator,
    runs: int = 500,
    epochs: int = 5000,
    eta: float = 1.0,
    init: float = 1.0,
) -> XorRuns:
    """Train 2-n-1 networks on exclusive or by batch descent, from many random starts.

    Parameters
    ----------
    hidden : int
    rng : numpy.random.Generator
        Draws one network after another: w2, then w3.
    runs, epochs : int
    eta : float
    init : float
        Bounds the uniform initial weights.

    Returns
    -------
    XorRuns

    Raises
    ------
    ValueError, TypeError
        An rng that is no generator, numbers out of range.

    Notes
    -----
    Used in the book's chapter "Where descent gets stuck".

    Examples
    --------
    >>> xor_starts(2, rng=np.random.default_rng(0), runs=3, epochs=10).costs.shape
    (3,)
    """
    _checks.generator(rng)
    hidden = _checks.integer("hidden", hidden, minimum=1)
    runs = _checks.integer("runs", runs, minimum=1)
    epochs = _checks.integer("epochs", epochs, minimum=0)
    init = _checks.real("init", init, minimum=0)
    pairs = [
        (rng.uniform(-init, init, (hidden, 3)), rng.uniform(-init, init, (1, hidden + 1)))
        for _ in range(runs)
    ]
    starts = Starts(*zip(*pairs, strict=True), eta=eta)
    x = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    y = np.array([[0.0, 1.0, 1.0, 0.0]])
    inputs = with_one(x)
    for _ in range(epochs):
        starts.move(inputs, y)
    solved = ((starts.forward(x)[1] > 0.5) == (y > 0.5)).all(axis=(1, 2))
    return XorRuns(starts, starts.cost(x, y), solved)


@dataclass(frozen=True, eq=False)
class NeuronRun:
    """One neuron with input 1 that learns the target 0.

    Attributes
    ----------
    w, b, output, cost : ndarray of shape (steps + 1,)
        Before the first step and after each one.
    """

    w: np.ndarray
    b: np.ndarray
    output: np.ndarray
    cost: np.ndarray


def single_neuron(w: float, b: float, *, cost: Cost | str, eta: float, steps: int) -> NeuronRun:
    """Train a single sigmoid neuron to turn the input 1 into the output 0.

    Parameters
    ----------
    w, b : float
        Where to start.
    cost : Cost or str
    eta : float
    steps : int

    Returns
    -------
    NeuronRun

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, a cost that is none.

    Notes
    -----
    Nielsen, chapter 3, section "The cross-entropy cost function".

    Examples
    --------
    >>> from bpcourse.costs import quadratic
    >>> run = single_neuron(2.0, 2.0, cost=quadratic, eta=0.15, steps=300)
    >>> print(f"{run.output[0]:.2f} to {run.output[-1]:.2f}")
    0.98 to 0.20
    """
    w, b, eta = _checks.real("w", w), _checks.real("b", b), _checks.real("eta", eta, above=0)
    cost = _checks.lookup("cost", cost, COSTS)
    net = Network.from_arrays([[[w]]], [[b]], [sigmoid])
    x, y, rows = np.array([[1.0]]), np.array([[0.0]]), []
    for _ in range(_checks.integer("steps", steps, minimum=0) + 1):
        trace = net.forward(x)
        a = trace.a[2]
        rows.append((net.w[2][0, 0], net.b[2][0, 0], a[0, 0], cost.value(a, y)))
        net = net.with_parameters(net.parameters - eta * backprop(net, trace, y, cost))
    return NeuronRun(*(np.array(column) for column in zip(*rows, strict=True)))
