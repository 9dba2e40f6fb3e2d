"""The time to 97 % of held-out digits: each library at its best setting, which is searched for.

A run ends after the first epoch at whose end the network gets 97 % of the held-out digits right.
How many epochs that takes depends on the seed and on nothing else; its median over many seeds is
multiplied by the time of an epoch. Looking at the held-out digits is not part of it. What is
reported comes from other seeds than those by which the setting was chosen.
"""

import itertools
import statistics

import numpy as np

import bpcourse as bp
from bpcourse.training import _Descent, _make_step

from .measure import seconds

WANTED = 0.97
SEARCHED, REPORTED = range(21), range(1000, 1101)  # seeds
MOST_EPOCHS = 100  # a start that needs more counts as never


def data():
    """Return training and held-out digits in float32, the same for all."""
    rng = np.random.default_rng(0)
    return bp.datasets.digits(rng=rng, validation=0, test=450, dtype=np.float32)


def ours(data, seed, setting):
    """bpcourse: the loop inside bp.train, with softmax, log-likelihood and momentum.

    With ``init="he"`` the biases start at zero. Standard normal ones took more epochs.
    """
    batch_size, eta, momentum = setting
    rng = np.random.default_rng(seed)
    options = {"hidden": bp.tanh, "output": bp.softmax, "init": "he", "dtype": np.float32}
    net = bp.Network.random([64, 30, 10], rng=rng, **options)
    descent = _Descent(net, data.train, bp.log_likelihood, eta, batch_size)
    step = _make_step(descent.first, 0.0, momentum)

    def epoch():
        for gradient in descent.epoch(rng):
            gradient()
            step()

    def right():
        return bp.accuracy(net._at(descent.first.parameters()), data.test)

    return epoch, right


def scikit_learn(data, seed, setting):
    """scikit-learn's MLPClassifier; its "sgd" has momentum, too."""
    from sklearn.neural_network import MLPClassifier

    solver, hidden, batch_size, rate = setting
    options = {"learning_rate_init": rate, "batch_size": batch_size, "random_state": seed}
    train = data.train
    model = MLPClassifier((30,), activation=hidden, solver=solver, alpha=0.0, **options)

    def epoch():
        model.partial_fit(train.rows, train.labels, classes=range(10))

    return epoch, lambda: model.score(data.test.rows, data.test.labels)


def pytorch(data, seed, setting):
    """PyTorch: cross-entropy and Adam, all parameters moved by one call."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    hidden, batch_size, rate = setting
    x, labels = torch.from_numpy(data.train.rows), torch.from_numpy(data.train.labels)
    held_out = torch.from_numpy(data.test.rows)
    layers = torch.nn.Linear(64, 30), getattr(torch.nn, hidden)(), torch.nn.Linear(30, 10)
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)

    def epoch():
        order = torch.randperm(len(x))
        shuffled, classes = x[order], labels[order]
        for few, wanted in zip(shuffled.split(batch_size), classes.split(batch_size), strict=True):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(few), wanted).backward()
            optimizer.step()

    def right():
        with torch.no_grad():
            return float((model(held_out).argmax(dim=1).numpy() == data.test.labels).mean())

    return epoch, right


METHODS = {"bpcourse": ours, "scikit-learn": scikit_learn, "PyTorch": pytorch}
SETTINGS = {
    "bpcourse": list(itertools.product((128, 150, 225), (0.6, 0.8, 1.0), (0.85, 0.9))),
    "scikit-learn": [
        *itertools.product(("sgd",), ("relu", "tanh"), (32,), (0.1, 0.2)),
        *itertools.product(("adam",), ("relu", "tanh"), (128, 200, 256), (0.02, 0.04, 0.06)),
    ],
    "PyTorch": list(itertools.product(("ReLU", "Tanh"), (256, 384, 512), (0.04, 0.06, 0.08))),
}


def epochs_needed(data, name, seed, setting):
    """Return how many epochs one run took; infinity if it did not arrive."""
    epoch, right = METHODS[name](data, seed, setting)
    for count in range(1, MOST_EPOCHS + 1):
        epoch()
        if right() >= WANTED:
            return count
    return float("inf")


def median_epochs(data, name, setting, seeds):
    """Return the median over the seeds."""
    return statistics.median(epochs_needed(data, name, seed, setting) for seed in seeds)


def best_setting(data, name):
    """Return the setting with the shortest time, by a quick look, and its median of epochs."""
    times = {}
    for setting in SETTINGS[name]:
        epoch, _ = METHODS[name](data, 0, setting)
        shortest = min(seconds(epoch) for _ in range(21))
        times[setting] = shortest * median_epochs(data, name, setting, SEARCHED)
    best = min(times, key=times.get)
    return best, median_epochs(data, name, best, REPORTED)
