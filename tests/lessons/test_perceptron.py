"""The perceptron rule and the delta rule, by hand."""

import re

import numpy as np
import pytest

from bpcourse.lessons.perceptron import delta_rule, perceptron_rule

X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])


@pytest.mark.parametrize(
    "y, epochs, weights", [([0.0, 0, 0, 1], 6, [2, 1, -2]), ([0.0, 1, 1, 1], 4, [1, 1, 0])]
)
def test_and_and_or_are_learned(y, epochs, weights):
    run = perceptron_rule(X, [y], epochs=50)
    assert run.learned and run.cycle is None
    assert len(run.mistakes) == epochs and run.mistakes[-1] == 0
    assert run.weights[-1].tolist() == weights


def test_exclusive_or_returns_to_the_same_weights_with_mistakes_for_ever():
    run = perceptron_rule(X, [[0.0, 1.0, 1.0, 0.0]], epochs=50)
    assert not run.learned and run.mistakes[-1] > 0
    first, again = run.cycle
    assert again - first == 1
    assert run.weights[first].tolist() == run.weights[again].tolist() == [-1, 0, 1]


def test_no_line_does_better_than_three_of_four_on_exclusive_or():
    lines = np.random.default_rng(0).normal(size=(200_000, 3))
    fires = lines[:, :2] @ X + lines[:, 2:] > 0
    right = (fires == (np.array([0, 1, 1, 0]) > 0)).sum(axis=1)
    assert right.max() == 3


def test_targets_other_than_0_and_1_are_refused():
    with pytest.raises(ValueError, match=re.escape("y holds [-1.  1.], want only 0 and 1")):
        perceptron_rule(X, [[-1.0, 1.0, 1.0, -1.0]], epochs=5)
    with pytest.raises(ValueError, match="x has 4 examples and y has 3"):
        perceptron_rule(X, [[0.0, 1.0, 1.0]], epochs=5)


def test_delta_rule_first_step_by_hand():
    """From w = 3: example x = 1 errs by -1, so w = 2.9; example x = 2 errs by -1.8."""
    weights = delta_rule([[1.0, 2.0]], [[2.0, 4.0]], eta=0.1, epochs=1, start=[3.0])
    assert weights[1, 0] == pytest.approx(2.9 + 0.1 * (4 - 5.8) * 2, abs=1e-15)


def test_delta_rule_finds_the_line():
    weights = delta_rule([[0.0, 1.0, 2.0]], [[0.0, 2.0, 4.0]], eta=0.1, epochs=60, start=[3.0])
    assert weights[-1, 0] == pytest.approx(2, abs=1e-10)


@pytest.mark.parametrize("rule", [perceptron_rule, delta_rule], ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1.0, 2.0], [[1.0, 0.0]], "x has shape (2,), want (n_1, m): one example per column"),
        (3.0, [[1.0, 0.0]], "x has shape (), want (n_1, m)"),
        (np.ones((3, 2)), [[1.0, 0.0, 1.0]], "x has 2 examples and y has 3; want as many"),
        (np.ones((3, 2)), [1.0, 0.0], "y has shape (2,), want (1, m)"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(rule, x, y, message):
    options = {} if rule is perceptron_rule else {"eta": 0.1, "start": [1.0, 1.0, 1.0]}
    with pytest.raises(ValueError, match=re.escape(message)):
        rule(x, y, epochs=1, **options)


@pytest.mark.parametrize("start", [[1.0, 2.0], [[1.0, 2.0, 3.0]], 1.0, []])
def test_a_start_has_one_weight_for_each_input(start):
    with pytest.raises(ValueError, match=r"start has shape .*, want \(3,\): one weight for each"):
        delta_rule(np.ones((3, 2)), [[1.0, 0.0]], eta=0.1, epochs=1, start=start)


def test_the_delta_rule_keeps_the_precision_of_its_inputs():
    x, y = np.ones((2, 2), np.float32), np.ones((1, 2), np.float32)
    assert delta_rule(x, y, eta=0.1, epochs=1, start=[1.0, 2.0]).dtype == np.float32
    with pytest.raises(TypeError, match="start has dtype float64, want float32"):
        delta_rule(x, y, eta=0.1, epochs=1, start=np.ones(2))
