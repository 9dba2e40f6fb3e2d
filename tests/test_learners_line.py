"""The eight lines that a learner writes first, as the design prints them."""

import ast

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bpcourse as bp

LINES = """
data  = bp.datasets.digits(rng=rng)                              # Dataset with .train, .validation, .test
net   = bp.Network.random([64, 30, 10], hidden=bp.sigmoid, output=bp.softmax, rng=rng)
trace = net.forward(data.train.x)                                # trace.z[l], trace.a[l]
C     = bp.log_likelihood.value(trace.a[net.depth], data.train.y)
grad  = bp.backprop(net, trace, data.train.y, bp.log_likelihood) # grad.w[l], grad.b[l], grad.delta[l], grad.vector
net   = net.with_parameters(net.parameters - 0.5 * grad)
net, history = bp.train(net, data, cost=bp.log_likelihood, eta=0.5, epochs=30, batch_size=10, weight_decay=0.1, patience=5, rng=rng)
bp.figures.history(history, ax=ax)
"""  # noqa: E501


def parts(data):
    return {"train": data.train, "validation": data.validation, "test": data.test}


def run(seed, lines=LINES):
    """Run the lines one by one; return their names, and the data as they were before."""
    figure, ax = plt.subplots()
    names = {"bp": bp, "rng": np.random.default_rng(seed), "ax": ax}
    try:
        for statement in ast.parse(lines).body:
            exec(ast.unparse(statement), names)
            if "data" in names and "before" not in names:
                names["before"] = {
                    name: (part.rows.copy(), part.target_rows.copy())
                    for name, part in parts(names["data"]).items()
                }
    finally:
        plt.close(figure)
    return names


@pytest.fixture(scope="module")
def names():
    return run(0)


@pytest.mark.parametrize("seed", range(3))
def test_reaches_95_percent_on_digits_that_it_has_not_seen(seed):
    """Three seeds, so that it is not one lucky split."""
    result = run(seed)
    assert bp.accuracy(result["net"], result["data"].test) >= 0.95


def test_the_data_come_back_as_they_were(names):
    for name, part in parts(names["data"]).items():
        rows, target_rows = names["before"][name]
        np.testing.assert_array_equal(part.rows, rows, err_msg=f"{name}: inputs changed")
        np.testing.assert_array_equal(part.target_rows, target_rows, err_msg=f"{name}: targets")


def test_every_noun_is_there(names):
    net, trace, grad = names["net"], names["trace"], names["grad"]
    m = len(names["data"].train)
    assert net.depth == 3
    for l, n in {2: 30, 3: 10}.items():
        assert trace.z[l].shape == trace.a[l].shape == grad.delta[l].shape == (n, m)
        assert grad.w[l].shape == net.w[l].shape
        assert grad.b[l].shape == net.b[l].shape
    assert trace.a[1].shape == (64, m)
    assert grad.vector.shape == net.parameters.vector.shape == (64 * 30 + 30 + 30 * 10 + 10,)


def test_the_single_step_lowers_the_cost(names):
    """history starts at the network that the step made: its first cost is below C."""
    assert names["history"].training_cost[0] < names["C"]
    assert names["C"] == pytest.approx(np.log(10), rel=0.5), "random outputs: about log 10"


def test_training_stops_at_the_lowest_validation_cost(names):
    data, net, history = names["data"], names["net"], names["history"]
    output = net.forward(data.validation.x).a[net.depth]
    assert bp.log_likelihood.value(output, data.validation.y) == history.validation_cost.min()


def test_the_figure_shows_the_history(names):
    """One line each for training and validation, with a point for every record."""
    history, lines = names["history"], names["ax"].get_lines()
    drawn = [np.asarray(line.get_ydata()) for line in lines]
    for recorded in (history.training_cost, history.validation_cost):
        assert any(
            len(each) == len(recorded) and np.allclose(each, recorded, rtol=1e-12) for each in drawn
        )


def test_the_same_seed_gives_the_same_course(names):
    np.testing.assert_array_equal(run(0)["net"].parameters.vector, names["net"].parameters.vector)
