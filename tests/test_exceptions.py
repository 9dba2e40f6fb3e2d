"""Errors of the package's own: they travel between processes whole."""

import importlib
import pickle
import pkgutil
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.datasets import Dataset
from bpcourse.diagnosis.trouble import Trouble, trouble


def own_exceptions():
    """Return every exception class that is defined in the package."""
    found = set()
    for module in pkgutil.walk_packages(bp.__path__, "bpcourse."):
        if not module.name.endswith("__main__"):
            names = vars(importlib.import_module(module.name)).values()
            found |= {each for each in names if isinstance(each, type)}
    return sorted(
        (each for each in found if issubclass(each, Exception) and "bpcourse" in each.__module__),
        key=lambda each: each.__name__,
    )


def diverging(eta):
    """Train at the top level of a module, as another process must find it."""
    rng = np.random.default_rng(0)
    rows = 100 * rng.random((6, 2))
    net = bp.Network.random([2, 1], hidden=bp.tanh, output=bp.identity, rng=rng)
    data = Dataset.from_rows(rows, rows[:, :1])
    return bp.train(net, data, batch_size=None, cost=bp.quadratic, eta=eta, epochs=500)


def diverged():
    with pytest.raises(bp.DivergenceError) as caught:
        diverging(1.0)
    return caught.value


def disagreeing():
    net = bp.Network.from_arrays([[[2.0]]], [[0.0]], ["sigmoid"])
    x, y = np.array([[1.0]]), np.array([[0.0]])
    wrong = -bp.backprop(net, net.forward(x), y, "quadratic")
    with pytest.raises(bp.gradcheck.GradientError) as caught:
        bp.gradcheck.require(net, x, y, "quadratic", wrong)
    return caught.value


def troubled():
    return Trouble(trouble("call", "raised", "It raises an error", "What it says.", "Look.", "Do."))


# How to raise those whose constructor takes more than a message.
RAISED = {"DivergenceError": diverged, "GradientError": disagreeing, "Trouble": troubled}


def test_the_list_is_complete():
    names = {each.__name__ for each in own_exceptions()}
    assert names >= {"ComplexStepError", "DivergenceError", "GradientError", "Trouble"}


@pytest.mark.parametrize("kind", own_exceptions(), ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling(kind):
    """A pool of processes that can't unpickle an error waits for its result for ever."""
    error = RAISED.get(kind.__name__, lambda: kind("what came, what was wanted"))()
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again).keys() == vars(error).keys()


def test_a_divergence_keeps_what_it_holds():
    error = diverged()
    again = pickle.loads(pickle.dumps(error))
    assert again.epoch == error.epoch
    np.testing.assert_array_equal(again.network.parameters.vector, error.network.parameters.vector)
    np.testing.assert_array_equal(again.history.training_cost, error.history.training_cost)


def test_a_diverging_run_in_another_process_is_reported():
    with ProcessPoolExecutor(1) as pool, pytest.raises(bp.DivergenceError, match="diverged"):
        pool.submit(diverging, 1.0).result(timeout=60)
