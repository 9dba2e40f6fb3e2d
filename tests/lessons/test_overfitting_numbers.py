"""The numbers of source book 9.2: errors are mean squares, twice the quadratic cost."""

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.datasets import Dataset, noisy_xor
from bpcourse.fast.in_place import BoundGradient, unpack

BATCH = {"cost": bp.quadratic, "batch_size": None, "record_every": 100}


@pytest.fixture(scope="module")
def start():
    """2-20-1, uniform from -.1 to .1, each row of weights followed by its bias."""
    rng = np.random.default_rng(0)
    w2, w3 = rng.uniform(-0.1, 0.1, (20, 3)), rng.uniform(-0.1, 0.1, (1, 21))
    return bp.Network.from_arrays(
        [w2[:, :2], w3[:, :20]], [w2[:, 2], w3[:, 20]], [bp.sigmoid, bp.sigmoid]
    )


@pytest.mark.parametrize(
    "eta, steps, train_last, lowest, best, last",
    [(5, 60_000, 0.0217, 0.1625, 6_000, 0.2138), (2, 30_000, 0.0541, 0.1625, 15_100, 0.1759)],
)
def test_batch_descent(start, eta, steps, train_last, lowest, best, last):
    data = noisy_xor(rng=np.random.default_rng(7))
    _, history = bp.train(start, data, eta=eta, epochs=steps, **BATCH)
    assert 2 * history.training_cost[0] == pytest.approx(0.25, abs=5e-4)
    assert 2 * history.training_cost[-1] == pytest.approx(train_last, abs=1e-4)
    assert 2 * history.validation_cost.min() == pytest.approx(lowest, abs=6e-5)
    assert abs(history.best_epoch - best) <= 100
    assert 2 * history.validation_cost[-1] == pytest.approx(last, abs=3e-4)
    assert (np.diff(history.training_cost) < 0).all()


@pytest.mark.parametrize(
    "flip, lowest, last",
    [(0, 0.0329, 0.0568), (0.05, 0.0371, 0.0493), (0.15, 0.0578, 0.1017), (0.3, 0.1231, 0.2485)],
)
def test_noise_in_the_labels_judged_by_clean_ones(start, flip, lowest, last):
    train = noisy_xor(rng=np.random.default_rng(7), flip=flip, validation=1).train
    rows = np.random.default_rng(99).uniform(-1, 1, (1000, 2))
    clean = Dataset.from_rows(rows, (rows.prod(axis=1) > 0)[:, None]).train
    _, history = bp.train(start, Dataset(train, clean), eta=5, epochs=60_000, **BATCH)
    assert 2 * history.validation_cost.min() == pytest.approx(lowest, abs=2e-4)
    assert 2 * history.validation_cost[-1] == pytest.approx(last, abs=2e-3)


@pytest.mark.parametrize(
    "gamma, train_last, lowest, last, squares",
    [(1e-5, 0.0588, 0.1602, 0.1693, 846), (2e-5, 0.0691, 0.1586, 0.1614, 426)],
)
def test_decay_of_all_parameters(start, gamma, train_last, lowest, last, squares):
    """There biases decay too, by 1 - 2 gamma eta; bp.train leaves them, so this is a loop."""
    data = noisy_xor(rng=np.random.default_rng(7))
    bound = BoundGradient(start, bp.quadratic, len(data.train), scale=5)
    bound.x[:, :-1], bound.y[...] = data.train.rows, data.train.target_rows
    errors = []
    for step in range(60_001):
        if step % 100 == 0:
            net = start.with_parameters(unpack(start.sizes, bound.weights))
            errors.append(
                [
                    2 * bp.quadratic.value(net.forward(part.x).a[3], part.y)
                    for part in (data.train, data.validation)
                ]
            )
        bound()
        bound.weights *= 1 - 2 * gamma * 5
        bound.weights -= bound.gradient
    train, validation = np.array(errors).T
    assert train[-1] == pytest.approx(train_last, abs=2e-4)
    assert validation.min() == pytest.approx(lowest, abs=1e-4)
    assert validation[-1] == pytest.approx(last, abs=3e-4)
    assert (net.parameters.vector**2).sum() == pytest.approx(squares, rel=0.01)


def test_six_folds_choose_when_to_stop(start):
    data = noisy_xor(rng=np.random.default_rng(7))
    shuffled = np.random.default_rng(0).permutation(60)
    examples = data.train.take(np.concatenate([shuffled[i::6] for i in range(6)]))
    choice = bp.kfold_stopping_epoch(start, examples, folds=6, eta=5, epochs=16_000, **BATCH)
    expected = (11_600, 1_200, 5_300, 100, 3_800, 13_300)
    assert np.allclose(choice.best_epochs, expected, rtol=0, atol=100)
    assert abs(choice.epochs - 5_883) <= 60
    final, _ = bp.train(start, data.train, eta=5, epochs=5_883, **BATCH)
    for part, error in ((data.train, 0.0817), (data.validation, 0.1625)):
        assert 2 * bp.quadratic.value(final.forward(part.x).a[3], part.y) == pytest.approx(
            error, abs=1e-4
        )
