r"""Training: gradient descent on mini-batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bpcourse import _checks
from bpcourse._html import table
from bpcourse.backprop import check_targets
from bpcourse.costs import COSTS, Cost
from bpcourse.datasets import Dataset, Examples
from bpcourse.fast.in_place import BoundGradient, by_layer
from bpcourse.network import Network, class_of, propagate


class DivergenceError(ArithmeticError):
    """Training that left the finite numbers.

    Attributes
    ----------
    epoch : int
        The last epoch at which everything was finite.
    network : Network
        The network at that epoch.
    history : History
        What was recorded until then.
    """

    def __init__(self, message: str, epoch: int, network: Network, history: History) -> None:
        super().__init__(message)
        self.epoch, self.network, self.history = epoch, network, history

    def __reduce__(self):
        # By default only the message would be kept: a pool of processes waits for ever for that.
        return DivergenceError, (str(self), self.epoch, self.network, self.history)


@dataclass(frozen=True, eq=False)
class History:
    r"""What was recorded during training, from epoch 0 (before the first step) on.

    Attributes
    ----------
    epochs : ndarray of int, of shape (r,)
        The epochs at which something was recorded.
    training_cost, validation_cost : ndarray of shape (r,)
        The cost without penalty; NaN where there is no validation set.
    training_accuracy, validation_accuracy : ndarray of shape (r,)
        The fraction of examples classified correctly; NaN where there are no classes.
    penalty : ndarray of shape (r,)
        :math:`\frac{\lambda}{2n} \sum w^2`, which weight decay adds to the training cost: what
        descends is ``training_cost + penalty``.
    best_epoch : int
        The recorded epoch with the lowest validation cost (the last one without a validation
        set).
    """

    epochs: np.ndarray
    training_cost: np.ndarray
    validation_cost: np.ndarray
    training_accuracy: np.ndarray
    validation_accuracy: np.ndarray
    penalty: np.ndarray
    best_epoch: int

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self):
        return (
            f"<history of {self.epochs[-1]:,} epochs: training cost {self.training_cost[0]:.4g} "
            f"to {self.training_cost[-1]:.4g}, best epoch {self.best_epoch:,}>"
        )

    def _repr_html_(self):
        best = int(np.flatnonzero(self.epochs == self.best_epoch)[0])
        columns = ("training_cost", "validation_cost", "training_accuracy", "validation_accuracy")
        rows = [
            [name, self.epochs[i], *(f"{getattr(self, each)[i]:.4g}" for each in columns)]
            for name, i in (("first", 0), ("best", best), ("last", -1))
        ]
        head = ["", "epoch", *(each.replace("_", " ") for each in columns)]
        return table(f"history of {self.epochs[-1]:,} epochs", head, rows)


def accuracy(net: Network, examples: Examples) -> float:
    """Return the fraction of examples that a network classifies correctly.

    The class is the largest output or, for a single output, whether it exceeds 0.5.

    Parameters
    ----------
    net : Network
    examples : Examples
        With one-hot targets, or single targets of 0 and 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Examples without classes, or that don't fit the network.

    Examples
    --------
    >>> import bpcourse as bp
    >>> xor = bp.datasets.xor().train
    >>> net = bp.Network.from_arrays([[[1.0, 1.0]]], [[-0.5]], [bp.sigmoid])  # this is "or"
    >>> accuracy(net, xor)
    0.75
    """
    _check_network(net)
    if check_examples(examples).labels is None:
        raise ValueError(
            "these examples have no classes (targets are neither one-hot nor single 0 or 1); "
            "compare costs instead"
        )
    x = _checks.columns("x", examples.x, net.sizes[0], net.parameters.vector.dtype)
    with np.errstate(all="ignore"):
        output = propagate(net, x).a[net.depth]
    _checks.finite("the output", output)
    if max(2, len(output)) != max(2, examples.target_rows.shape[1]):
        raise ValueError(
            f"the network has {len(output)} outputs, the targets have "
            f"{examples.target_rows.shape[1]}; want as many"
        )
    return _accuracy(output, examples)


def _accuracy(output, examples):
    if examples.labels is None:
        return float("nan")
    return float((class_of(output) == examples.labels).mean())


def penalty(net: Network, weight_decay: float, n: int) -> float:
    r"""Return what weight decay adds to the cost: :math:`\frac{\lambda}{2n} \sum w^2`.

    The sum runs over the weights, not the biases.

    Parameters
    ----------
    net : Network
    weight_decay : float
        :math:`\lambda`.
    n : int
        The size of the training set (not of the mini-batch).

    Returns
    -------
    float

    Notes
    -----
    Nielsen, chapter 3, equation 87. Derived in the book's chapter "Overfitting".

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[3.0, 4.0]]], [[7.0]], [bp.identity])
    >>> penalty(net, weight_decay=0.1, n=10)
    0.125
    """
    _check_network(net)
    weight_decay = _checks.real("weight_decay", weight_decay, minimum=0)
    n = _checks.integer("n", n, minimum=1)
    return weight_decay / (2 * n) * sum(float((w**2).sum()) for w in net.w.values())


def train(
    net: Network,
    data: Dataset | Examples,
    *,
    cost: Cost | str,
    eta: float | Callable[[int], float],
    epochs: int,
    batch_size: int | None,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    optimizer: Callable | None = None,
    patience: int | None = None,
    rng: np.random.Generator | None = None,
    record_every: int = 1,
    progress: bool = False,
    callback: Callable[[int, Network], object] | None = None,
) -> tuple[Network, History]:
    r"""Train a network by stochastic gradient descent.

    Every epoch visits each training example once, in a new random order. Every mini-batch moves
    all parameters at once, by

    .. math::

        v \leftarrow \mu v - \eta \left(\nabla C_0 + \frac{\lambda}{n} w\right), \qquad
        w \leftarrow w + v,

    where the term of weight decay is left out for biases and n is the size of the training set.

    Parameters
    ----------
    net : Network
        Where to start; it does not change.
    data : Dataset or Examples
        With validation examples, their cost and accuracy are recorded, and ``patience`` works.
    cost : Cost or str
    eta : float or callable
        The learning rate :math:`\eta`, above 0; with an optimizer also a schedule, a function from
        the step, counted from 1, to its learning rate.
    epochs : int
        How many at most.
    batch_size : int or None
        Examples in a mini-batch; None takes the whole training set, in its own order, so that
        each epoch is one step of batch gradient descent. A short last mini-batch counts like any
        other, by the mean over its own examples.
    weight_decay : float
        :math:`\lambda`.
    momentum : float
        :math:`\mu`, from 0 to below 1.
    optimizer : callable, optional
        Another way to step, such as those of :mod:`bpcourse.layers.optimizers`:
        ``optimizer(parameters, gradient, state, eta=eta)`` returns new parameters and a new state;
        the state is None at first. Weight decay is part of the gradient, unless the optimizer has
        an option ``decay``: then it gets :math:`\lambda / n` for every weight there, and 0 for
        every bias.
    patience : int, optional
        Stop early when the validation cost has set no new minimum for this many records, and
        return the network of the minimum.
    rng : numpy.random.Generator, optional
        Draws the order of the examples; needed unless one batch holds them all.
    record_every : int
        Epochs from one record to the next.
    progress : bool
        Show a progress bar (needs tqdm).
    callback : callable, optional
        ``callback(epoch, net)`` is called after every epoch, with the network of that moment. If it
        returns True, training stops there.

    Returns
    -------
    net : Network
        The last network or, with ``patience``, the one with the lowest validation cost.
    history : History

    Raises
    ------
    DivergenceError
        The parameters or the training cost became infinite or NaN.
    ValueError, TypeError
        Options out of range, data that don't fit the network, a cost that doesn't fit the output
        activation.

    Notes
    -----
    Nielsen, chapters 1 and 3; momentum as in his equations 107 and 108.

    Examples
    --------
    >>> import bpcourse as bp
    >>> rng = np.random.default_rng(0)
    >>> net = bp.Network.random([2, 4, 1], hidden=bp.tanh, output=bp.sigmoid, rng=rng)
    >>> net, history = train(
    ...     net, bp.datasets.xor(), cost=bp.cross_entropy, eta=1.0, epochs=500, batch_size=None
    ... )
    >>> accuracy(net, bp.datasets.xor().train)
    1.0
    """
    _check_network(net)
    cost = _checks.lookup("cost", cost, COSTS)
    data = data if isinstance(data, Dataset) else Dataset(check_examples(data))
    eta = _check_eta(eta, optimizer, momentum)
    epochs = _checks.integer("epochs", epochs, minimum=0)
    weight_decay = _checks.real("weight_decay", weight_decay, minimum=0)
    momentum = _checks.real("momentum", momentum, minimum=0, below=1)
    record_every = _checks.integer("record_every", record_every, minimum=1)
    batch_size = _check_batch_size(batch_size, len(data.train), rng)
    _check_data(net, data, cost)
    patience = _check_patience(patience, data)
    stop_asked = _asked_by(callback, net)

    descent = _Descent(net, data.train, cost, 1.0 if optimizer else eta, batch_size)
    if optimizer:
        step = _make_optimizer_step(descent.first, optimizer, eta, weight_decay / len(data.train))
    else:
        step = _make_step(descent.first, eta * weight_decay / len(data.train), momentum)
    record = _Record(data, cost, weight_decay)
    # Divergence is found and reported at the next record, instead of by warnings on the way.
    with np.errstate(all="ignore"):
        record.add(0, net)
        for epoch in _bar(range(1, epochs + 1), progress):
            for gradient in descent.epoch(rng):
                gradient()
                step()
            stop = stop_asked(epoch, descent.first)
            if stop or epoch % record_every == 0 or epoch == epochs:
                record.add(epoch, net._at(descent.first.parameters()))
            if stop or (patience is not None and record.since_best() >= patience):
                break
    return record.best if patience is not None else record.last, record.history()


def _asked_by(callback, net):
    """Return a function that tells a callback of an epoch, and whether it asks to stop."""
    if callback is None:
        return lambda epoch, bound: False
    if not callable(callback):
        raise TypeError(f"callback is {callback!r}, want a function: callback(epoch, net)")
    callers = np.geterr()

    def asked(epoch, bound):
        with np.errstate(**callers):  # its arithmetic is its own
            answer = callback(epoch, net._at(bound.parameters()))
        return isinstance(answer, bool | np.bool_) and bool(answer)

    return asked


class _Descent:
    """Mini-batches put one after another into bound gradients; see ``fast.in_place``."""

    def __init__(self, net, examples, cost, eta, batch_size):
        n = len(examples)
        self.batch_size = n if batch_size is None else batch_size
        self.whole = batch_size is None
        ones = np.ones((n, 1), examples.rows.dtype)
        self.rows, self.targets = np.hstack([examples.rows, ones]), examples.target_rows
        self.first = BoundGradient(net, cost, self.batch_size, scale=eta)
        short = n % self.batch_size
        self.last = BoundGradient(net, cost, short, scale=eta, share=self.first) if short else None
        if self.whole:
            self.first.x[...], self.first.y[...] = self.rows, self.targets

    def epoch(self, rng):
        """Yield the bound gradient of each mini-batch of one epoch, with the examples in it."""
        if self.whole:
            yield self.first
            return
        order = rng.permutation(len(self.rows))
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            gradient = self.first if len(chosen) == self.batch_size else self.last
            # The permutation is in range; mode "clip" spares NumPy a check and a copy.
            self.rows.take(chosen, 0, gradient.x, "clip")
            self.targets.take(chosen, 0, gradient.y, "clip")
            yield gradient


def _make_step(bound, decay, momentum):
    """Return a function that moves the weights in place, by the gradient just computed."""
    weights, gradient = bound.weights, bound.gradient
    velocity, product = np.zeros_like(weights), np.empty_like(weights)
    decays = _decays(bound, decay)

    def step():
        if decay:
            np.multiply(decays, weights, product)
            np.add(gradient, product, gradient)
        if momentum:
            np.multiply(velocity, momentum, velocity)
            np.subtract(velocity, gradient, velocity)
            np.add(weights, velocity, weights)
        else:
            np.subtract(weights, gradient, weights)

    return step


def _decays(bound, decay):
    """Return the decay of every parameter, in the layout of a bound gradient."""
    decays = np.zeros_like(bound.weights)
    for rows in by_layer(bound.sizes, decays).values():
        rows[:, :-1] = decay  # the last column holds the biases: they are not decayed
    return decays


def _make_optimizer_step(bound, optimizer, eta, decay):
    """Return a function that moves the weights by an optimizer, and keeps its state."""
    options = inspect.signature(optimizer).parameters
    decays, beside, state, count = _decays(bound, decay), {}, None, 0
    own = "decay" in options
    if own and (decay or options["decay"].default is inspect.Parameter.empty):
        beside = {"decay": decays}

    def step():
        nonlocal state, count
        count += 1
        rate = eta(count) if callable(eta) else eta
        gradient = bound.gradient if own else bound.gradient + decays * bound.weights
        bound.weights[...], state = optimizer(bound.weights, gradient, state, eta=rate, **beside)

    return step


class _Record:
    """The records of one training run, with copies of its last finite and its best network."""

    def __init__(self, data, cost, weight_decay):
        self.data, self.cost, self.weight_decay = data, cost, weight_decay
        self.rows = []
        self.last = self.best = self.best_index = None

    def add(self, epoch, net):
        training = self._measure(net, self.data.train)
        if not np.isfinite(training[0]) or not np.isfinite(net.parameters.vector).all():
            self._diverged(epoch, training[0])
        validation = (float("nan"),) * 2
        if self.data.validation is not None:
            validation = self._measure(net, self.data.validation)
        added = penalty(net, self.weight_decay, len(self.data.train))
        self.rows.append((epoch, *training, *validation, added))
        self.last = net.with_parameters(net.parameters)
        if self._is_best(validation[0]):
            self.best, self.best_index = self.last, len(self.rows) - 1

    def _is_best(self, validation_cost):
        """Return whether this validation cost is a new minimum; NaN is none, and a tie is none."""
        if self.best is None or self.data.validation is None:
            return True
        lowest = self.rows[self.best_index][3]
        return validation_cost < lowest or (np.isnan(lowest) and not np.isnan(validation_cost))

    def _measure(self, net, examples):
        output = propagate(net, examples.x).a[net.depth]
        return float(self.cost.value(output, examples.y)), _accuracy(output, examples)

    def _diverged(self, epoch, training_cost):
        if not self.rows:
            raise ValueError(
                f"the training cost is {training_cost} before the first step: an output is "
                "exactly 0 or 1 where the target says otherwise; start from smaller weights"
            )
        last = self.rows[-1][0]
        raise DivergenceError(
            f"training diverged: at epoch {epoch} the training cost is {training_cost:g}; "
            f"everything was finite at epoch {last}. Try a smaller eta, or scale the inputs. "
            "The error holds the last finite .network and the .history",
            last,
            self.last,
            self.history(),
        )

    def since_best(self):
        return len(self.rows) - 1 - self.best_index

    def history(self):
        epochs, cost, right, other_cost, other_right, added = (
            np.array(column) for column in zip(*self.rows, strict=True)
        )
        best_epoch = int(epochs[self.best_index])
        return History(epochs, cost, other_cost, right, other_right, added, best_epoch)


def _bar(epochs, progress):
    if not _checks.flag("progress", progress):
        return epochs
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install tqdm") from error
    return tqdm(epochs, desc="epochs")


def _check_network(net):
    if not isinstance(net, Network):
        swapped = "; the network comes first: train(net, data)" if isinstance(net, Dataset) else ""
        raise TypeError(f"net is {type(net).__name__}, want a Network{swapped}")


def _check_eta(eta, optimizer, momentum):
    if optimizer is None:
        if callable(eta):
            raise TypeError(
                "a schedule for eta needs an optimizer: pass optimizer=bp.layers.optimizers.sgd"
            )
        return _checks.real("eta", eta, above=0)
    if not callable(optimizer):
        raise TypeError(
            f"optimizer is {optimizer!r}, want a function of parameters, gradient and state, such "
            "as bp.layers.optimizers.adam"
        )
    if momentum:
        raise ValueError(
            "momentum belongs to the optimizer: pass optimizer=functools.partial("
            "bp.layers.optimizers.momentum, mu=...) or leave one of the two out"
        )
    return eta if callable(eta) else _checks.real("eta", eta, above=0)


def check_examples(examples: Examples) -> Examples:
    """Return what are examples; refuse anything else.

    Raises
    ------
    TypeError
        A whole data set, or something else.
    """
    if isinstance(examples, Dataset):
        raise TypeError("want Examples, not a whole Dataset: pass data.train, .validation or .test")
    if not isinstance(examples, Examples):
        raise TypeError(
            f"data is {type(examples).__name__}, want a Dataset; "
            "bp.datasets.Dataset.from_rows(x, y) makes one from rows"
        )
    return examples


def _check_batch_size(batch_size, n, rng):
    if batch_size is None:
        return None
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    if batch_size > n:
        raise ValueError(
            f"batch_size is {batch_size}, want at most {n}, the number of training examples; "
            "None takes them all"
        )
    _checks.generator(rng)
    return batch_size


def _check_data(net, data, cost):
    """Check every part of the data against the network once, before the first step."""
    for part in (data.train, data.validation, data.test):
        if part is not None:
            _checks.columns("x", part.x, net.sizes[0], net.parameters.vector.dtype)
            output = np.broadcast_to(net.b[net.depth], (net.sizes[-1], len(part)))  # for its shape
            check_targets(net, output, part.y, cost)


def _check_patience(patience, data):
    if patience is None:
        return None
    if data.validation is None:
        raise ValueError("patience needs validation examples; set some aside, or leave it out")
    return _checks.integer("patience", patience, minimum=1)
