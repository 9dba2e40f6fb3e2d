"""The time to 97 % of held-out digits: each library at its best setting, which is searched for.

A run ends after the first epoch at whose end the network gets 97 % of the held-out digits right.
How many epochs that takes depends on the seed and on nothing else; its median over many seeds is
multiplied by the time of an epoch. Looking at the held-out digits is not part of it.
"""

import itertools
import statistics

import numpy as np

import bpcourse as bp
from bpcourse.training import _Descent, _make_step

from .measure import seconds

WANTED = 0.97
MOST_EPOCHS = 100  # a start that needs more counts as never


def data():
    """Return training and held-out digits, the same for all."""
    return bp.datasets.digits(rng=np.random.default_rng(0), validation=0, test=450)


def ours(data, seed, setting):
    """bpcourse: the loop inside bp.train, sigmoid neurons, as in the book."""
    batch_size, eta, momentum, cost = setting
    rng = np.random.default_rng(seed)
    output = bp.softmax if cost is bp.log_likelihood else bp.sigmoid
    net = bp.Network.random([64, 30, 10], hidden=bp.sigmoid, output=output, rng=rng)
    descent = _Descent(net, data.train, cost, eta, batch_size)
    step = _make_step(descent.first, 0.0, momentum)

    def epoch():
        for gradient in descent.epoch(rng):
            gradient()
            step()

    def right():
        return bp.accuracy(net._at(descent.first.parameters()), data.test)

    return epoch, right


def scikit_learn(data, seed, setting):
    """scikit-learn's MLPClassifier."""
    from sklearn.neural_network import MLPClassifier

    solver, batch_size, rate = setting
    options = {"learning_rate_init": rate, "batch_size": batch_size, "random_state": seed}
    train, model = data.train, MLPClassifier((30,), solver=solver, alpha=0.0, **options)

    def epoch():
        model.partial_fit(train.rows, train.labels, classes=range(10))

    return epoch, lambda: model.score(data.test.rows, data.test.labels)


def pytorch(data, seed, setting):
    """PyTorch: rectifiers, cross-entropy and Adam."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    batch_size, rate = setting
    x, labels = torch.from_numpy(data.train.rows).float(), torch.from_numpy(data.train.labels)
    held_out = torch.from_numpy(data.test.rows).float()
    layers = torch.nn.Linear(64, 30), torch.nn.ReLU(), torch.nn.Linear(30, 10)
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
    "bpcourse": [
        *itertools.product((10, 20), (4.0, 8.0), (0.0,), (bp.quadratic,)),
        *itertools.product((32, 64, 128), (0.4, 0.8, 1.6), (0.9,), (bp.log_likelihood,)),
    ],
    "scikit-learn": [
        *itertools.product(("sgd",), (32,), (0.1, 0.2)),
        *itertools.product(("adam",), (128, 256, 512), (0.02, 0.04, 0.08)),
    ],
    "PyTorch": list(itertools.product((128, 256, 512), (0.02, 0.04, 0.08))),
}


def epochs_needed(data, name, seed, setting):
    """Return how many epochs one run took; infinity if it did not arrive."""
    epoch, right = METHODS[name](data, seed, setting)
    for count in range(1, MOST_EPOCHS + 1):
        epoch()
        if right() >= WANTED:
            return count
    return float("inf")


def median_epochs(data, name, seeds, setting):
    """Return the median over the seeds."""
    return statistics.median(epochs_needed(data, name, seed, setting) for seed in seeds)


def best_setting(data, name, seeds):
    """Return the setting with the shortest time, by a quick look."""

    def estimate(setting):
        epoch, _ = METHODS[name](data, 0, setting)
        return median_epochs(data, name, seeds, setting) * min(seconds(epoch) for _ in range(5))

    return min(SETTINGS[name], key=estimate)
