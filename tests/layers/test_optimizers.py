"""Steps: formulas in plain loops, known first steps, schedules, and `bp.train(optimizer=...)`."""

import math
from functools import partial

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.layers import optimizers as opt

OPTIMIZERS = {
    "sgd": opt.sgd,
    "momentum": opt.momentum,
    "nesterov": opt.nesterov,
    "rmsprop": opt.rmsprop,
    "adam": opt.adam,
    "adamw": partial(opt.adamw, decay=0.01),
}
each_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def number_by_number(name, w, gradients, eta):
    """Return where one parameter goes, computed with plain numbers as the papers write it."""
    v = s = 0.0
    for t, g in enumerate(gradients, 1):
        if name == "sgd":
            w -= eta * g
        elif name == "momentum":
            v = 0.9 * v - eta * g
            w += v
        elif name == "nesterov":
            v = 0.9 * v - eta * g
            w += 0.9 * v - eta * g
        elif name == "rmsprop":
            s = 0.9 * s + 0.1 * g * g
            w -= eta * g / (math.sqrt(s) + 1e-8)
        else:
            v, s = 0.9 * v + 0.1 * g, 0.999 * s + 0.001 * g * g
            step = eta * (v / (1 - 0.9**t)) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8)
            w -= step + (eta * 0.01 * w if name == "adamw" else 0.0)
    return w


@each_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_are_those_of_the_papers(name, dtype):
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((3, 2)), rng.standard_normal((7, 3, 2))
    w, state = start.astype(dtype), None
    for step, gradient in enumerate(gradients.astype(dtype), 1):
        before, kept = w.copy(), gradient.copy()
        moved, state = OPTIMIZERS[name](w, gradient, state, eta=0.05)
        np.testing.assert_array_equal(w, before, err_msg="the parameters were changed")
        np.testing.assert_array_equal(gradient, kept, err_msg="the gradient was changed")
        assert state.step == step and moved.dtype == dtype
        w = moved
    for index in np.ndindex(3, 2):
        wanted = number_by_number(name, start[index], gradients[(slice(None), *index)], 0.05)
        assert w[index] == pytest.approx(wanted, rel=1e-4 if dtype == np.float32 else 1e-12)


def test_nesterovs_point_is_the_one_ahead():
    # In Nesterov's own variables the gradient is taken at theta + mu v.
    def gradient(w):
        return np.sin(w) + w

    theta, v, mu, eta = np.array([1.5]), np.zeros(1), 0.9, 0.1
    w, state = theta.copy(), None
    for _ in range(6):
        v = mu * v - eta * gradient(theta + mu * v)
        theta = theta + v
        w, state = opt.nesterov(w, gradient(w), state, eta=eta, mu=mu)
        np.testing.assert_allclose(w, theta + mu * v, rtol=1e-12)


@each_optimizer
def test_every_optimizer_goes_down_a_valley(name):
    curvature = np.array([1.0, 25.0])
    w, state = np.array([1.0, 1.0]), None
    for _ in range(400):
        w, state = OPTIMIZERS[name](w, curvature * w, state, eta=0.01)
    # RMSProp's steps stay about eta long to the end.
    assert abs(w).max() < 0.05, f"{name} ends at {w}"


def test_adams_first_step_does_not_depend_on_the_scale_of_the_gradient():
    for scale in (1e-3, 1.0, 1e6):
        moved, _ = opt.adam(np.zeros(1), np.array([scale]), None, eta=0.1)
        assert moved[0] == pytest.approx(-0.1, rel=1e-4)


def test_decay_beside_adam_is_not_divided_by_the_root():
    w, large = np.array([2.0, 2.0]), np.array([0.0, 1e6])
    beside, _ = opt.adamw(w, large, None, eta=0.1, decay=0.5)
    alone, _ = opt.adam(w, large, None, eta=0.1)
    np.testing.assert_allclose(alone - beside, 0.1 * 0.5 * w, rtol=1e-12)
    some, _ = opt.adamw(w, large, None, eta=0.1, decay=np.array([0.5, 0.0]))
    assert some[1] == alone[1] and some[0] == beside[0], "an array leaves parameters out"


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), want \(2,\)"):
        opt.adam(np.zeros(2), np.zeros(3), None, eta=0.1)
    _, state = opt.adam(np.zeros(2), np.ones(2), None, eta=0.1)
    with pytest.raises(ValueError, match=r"state.velocity has shape \(2,\), want \(3,\)"):
        opt.adam(np.zeros(3), np.zeros(3), state, eta=0.1)
    with pytest.raises(TypeError, match="gradient has dtype float64, want float32"):
        opt.sgd(np.zeros(2, np.float32), np.zeros(2), None, eta=0.1)
    with pytest.raises(ValueError, match="moving average is 1, want less than 1"):
        opt.adam(np.zeros(2), np.ones(2), None, eta=0.1, beta_1=1.0)


@each_optimizer
def test_numpy_numbers_do_not_turn_float32_into_float64(name):
    w, g = np.zeros(2, np.float32), np.ones(2, np.float32)
    assert OPTIMIZERS[name](w, g, None, eta=np.float64(0.1))[0].dtype == np.float32


# Schedules


def test_schedules_meet_at_their_corners():
    schedule = opt.cosine(2.0, steps=100, warm_up_steps=10, final=0.5)
    rates = [schedule(step) for step in range(1, 121)]
    assert rates[0] == pytest.approx(0.2) and rates[9] == 2.0 and rates[99] == 0.5
    assert rates[54] == pytest.approx((2.0 + 0.5) / 2), "halfway down at half time"
    assert set(rates[100:]) == {0.5}, "after the last step it stays"
    assert rates[:10] == sorted(rates[:10]) and rates[9:] == sorted(rates[9:], reverse=True)
    assert opt.cosine(1.0, steps=4)(1) < 1.0, "without warm-up the fall begins at once"
    with pytest.raises(ValueError, match="steps is 10, want 11 or more"):
        opt.cosine(1.0, steps=10, warm_up_steps=10)


# bp.train


def start():
    rng = np.random.default_rng(0)
    data = bp.datasets.moons(60, rng=rng, validation=20)
    net = bp.Network.random([2, 8, 1], hidden=bp.tanh, output=bp.sigmoid, rng=rng)
    return net, data


def run(net, data, seed=1, **options):
    settings = {"cost": bp.cross_entropy, "epochs": 5, "batch_size": 7} | options
    return bp.train(net, data, rng=np.random.default_rng(seed), **settings)


def test_train_with_sgd_as_its_optimizer_is_train():
    net, data = start()
    plain, _ = run(net, data, eta=0.3, weight_decay=0.1)
    passed, _ = run(net, data, eta=0.3, weight_decay=0.1, optimizer=opt.sgd)
    np.testing.assert_allclose(
        passed.parameters.vector, plain.parameters.vector, rtol=1e-12, atol=1e-14
    )


def test_train_with_momentum_as_its_optimizer_is_train_with_momentum():
    net, data = start()
    plain, _ = run(net, data, eta=0.1, momentum=0.8)
    passed, _ = run(net, data, eta=0.1, optimizer=partial(opt.momentum, mu=0.8))
    np.testing.assert_allclose(
        passed.parameters.vector, plain.parameters.vector, rtol=1e-11, atol=1e-13
    )


@each_optimizer
def test_train_accepts_every_optimizer(name):
    net, data = start()
    before = net.parameters.vector.copy()
    eta = 0.5 if name == "sgd" else 0.02
    trained, history = run(net, data, eta=eta, epochs=40, optimizer=OPTIMIZERS[name])
    np.testing.assert_array_equal(net.parameters.vector, before, err_msg="the start was changed")
    assert history.training_cost[-1] < 0.7 * history.training_cost[0]
    assert trained.parameters.vector.dtype == np.float64


def test_train_hands_the_decay_to_an_optimizer_that_asks_for_it_and_spares_biases():
    net, data = start()
    n, eta, decay = len(data.train), 0.1, 3.0
    trained, _ = run(
        net, data, eta=eta, epochs=1, batch_size=None, weight_decay=decay, optimizer=opt.adamw
    )
    grad = bp.backprop(net, net.forward(data.train.x), data.train.y, bp.cross_entropy)
    for l in net.w:
        w, _ = opt.adamw(net.w[l], grad.w[l], None, eta=eta, decay=decay / n)
        b, _ = opt.adam(net.b[l], grad.b[l], None, eta=eta)
        np.testing.assert_allclose(trained.w[l], w, rtol=1e-9, err_msg="weights decay")
        np.testing.assert_allclose(trained.b[l], b, rtol=1e-9, err_msg="biases do not")


@pytest.mark.parametrize("weight_decay", [0.0, 3.0])
def test_an_optimizer_keeps_the_decay_it_comes_with_unless_another_is_asked_for(weight_decay):
    net, data = start()
    seen = []

    def with_one(w, gradient, state, *, eta, decay=0.25):
        seen.append(decay)
        return w - eta * gradient, state

    def without(w, gradient, state, *, eta, decay):
        return with_one(w, gradient, state, eta=eta, decay=decay)

    options = {"eta": 0.1, "epochs": 1, "batch_size": None, "weight_decay": weight_decay}
    run(net, data, **options, optimizer=with_one)
    run(net, data, **options, optimizer=without)
    asked = weight_decay / len(data.train)
    assert np.max(seen[0]) == (asked or 0.25), "0 is what train has if nobody asks"
    assert np.max(seen[1]) == asked, "an optimizer that needs a decay gets one"


def test_train_follows_a_schedule_step_by_step():
    net, data = start()
    seen = []

    def schedule(step):
        seen.append(step)
        return 0.5 / step

    run(net, data, eta=schedule, epochs=2, optimizer=opt.sgd)
    # 40 examples in mini-batches of 7: six a passage.
    assert seen == list(range(1, 13)), "one call a step, counted from 1 over all epochs"


def test_train_says_what_a_schedule_and_an_optimizer_want():
    net, data = start()
    with pytest.raises(TypeError, match="a schedule for eta needs an optimizer"):
        run(net, data, eta=opt.warm_up(0.1, 5))
    with pytest.raises(ValueError, match="momentum belongs to the optimizer"):
        run(net, data, eta=0.1, momentum=0.9, optimizer=opt.sgd)
    with pytest.raises(TypeError, match="optimizer is 'adam', want a function"):
        run(net, data, eta=0.1, optimizer="adam")
