"""When to stop training, where the data are too few to set any aside for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks
from bpcourse.datasets import Dataset, Examples
from bpcourse.training import check_examples, train

if TYPE_CHECKING:
    from bpcourse.costs import Cost
    from bpcourse.network import Network


@dataclass(frozen=True)
class StoppingChoice:
    """When to stop, chosen by k-fold cross-validation.

    Attributes
    ----------
    best_epochs : tuple of int
        For each fold, the epoch of the lowest cost on the examples left out.
    epochs : int
        Their mean, rounded down: how long to train on all examples.
    """

    best_epochs: tuple[int, ...]
    epochs: int


def kfold_stopping_epoch(
    net: Network,
    examples: Examples,
    *,
    folds: int,
    cost: Cost | str,
    eta: float,
    epochs: int,
    batch_size: int | None,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    rng: np.random.Generator | None = None,
    record_every: int = 1,
) -> StoppingChoice:
    r"""Choose when to stop by k-fold cross-validation, for data too few to set any aside.

    The examples are cut into k folds, in their order. Each fold in turn is left out while a
    network trains on the others, and the epoch of the lowest cost on the fold is noted. The mean
    of these epochs is how long to train on all of them.

    Parameters
    ----------
    net : Network
        Where every run starts.
    examples : Examples
        In an order that has nothing to do with their classes; ``examples.take`` shuffles.
    folds : int
        k, from 2 to the number of examples.
    cost, eta, epochs, batch_size, weight_decay, momentum, rng, record_every
        As in :func:`bpcourse.train`.

    Returns
    -------
    StoppingChoice

    Raises
    ------
    ValueError
        Fewer than two folds, or more folds than examples.

    Notes
    -----
    Mitchell, *Machine Learning*, section 4.6.5. Used in the book's chapter "Overfitting".

    Examples
    --------
    >>> import bpcourse as bp
    >>> rng = np.random.default_rng(0)
    >>> data = bp.datasets.moons(40, rng=rng)
    >>> examples = data.train.take(rng.permutation(40))
    >>> net = bp.Network.random([2, 4, 1], hidden=bp.tanh, output=bp.sigmoid, rng=rng)
    >>> choice = kfold_stopping_epoch(
    ...     net, examples, folds=4, cost=bp.cross_entropy, eta=0.5, epochs=20, batch_size=None
    ... )
    >>> len(choice.best_epochs), 0 <= choice.epochs <= 20
    (4, True)
    """
    folds = _checks.integer("folds", folds, minimum=2)
    check_examples(examples)
    if folds > len(examples):
        raise ValueError(f"folds is {folds}, want at most {len(examples)}, one example in each")
    indices, best_epochs = np.arange(len(examples)), []
    for fold in np.array_split(indices, folds):
        rest = examples.take(np.setdiff1d(indices, fold))
        _, history = train(
            net,
            Dataset(rest, validation=examples.take(fold)),
            cost=cost,
            eta=eta,
            epochs=epochs,
            batch_size=batch_size,
            weight_decay=weight_decay,
            momentum=momentum,
            rng=rng,
            record_every=record_every,
        )
        best_epochs.append(history.best_epoch)
    return StoppingChoice(tuple(best_epochs), sum(best_epochs) // folds)
