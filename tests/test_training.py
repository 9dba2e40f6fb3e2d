"""Training: every step is the stated formula, and stopping keeps what it promises."""

import re

import numpy as np
import pytest

import bpcourse as bp
from bpcourse import training
from bpcourse.datasets import Dataset, noisy_xor
from bpcourse.layers.optimizers import sgd
from bpcourse.stopping import kfold_stopping_epoch
from bpcourse.training import accuracy, penalty, train

BATCH = {"cost": bp.quadratic, "eta": 0.5, "epochs": 1, "batch_size": None}


def small_net(seed=0, sizes=(2, 3, 1), dtype=np.float64):
    rng = np.random.default_rng(seed)
    return bp.Network.random(sizes, hidden=bp.tanh, output=bp.sigmoid, rng=rng, dtype=dtype)


def cost_and_penalty(net, data, cost, weight_decay):
    output = net.forward(data.train.x).a[net.depth]
    return cost.value(output, data.train.y) + penalty(net, weight_decay, len(data.train))


@pytest.fixture
def data():
    return noisy_xor(rng=np.random.default_rng(7), m=12, validation=30)


def test_one_step_of_batch_descent_is_minus_eta_times_the_gradient(data):
    net = small_net()
    grad = bp.backprop(net, net.forward(data.train.x), data.train.y, bp.quadratic)
    trained, _ = train(net, data, **BATCH)
    assert np.allclose(trained.parameters.vector, (net.parameters - 0.5 * grad).vector, atol=1e-15)


def test_the_start_does_not_change(data):
    net = small_net()
    before = net.parameters.vector.copy()
    rows = data.train.rows.copy()
    train(net, data, **{**BATCH, "epochs": 5, "batch_size": 5, "rng": np.random.default_rng(0)})
    assert np.array_equal(net.parameters.vector, before)
    assert np.array_equal(data.train.rows, rows), "the caller's data were shuffled"


def test_weight_decay_descends_cost_plus_penalty(data):
    """A step with decay is a gradient step on C + lambda/(2n) sum w^2, by finite differences.

    This fixes three things at once: the divisor is the training set's size, biases are left
    alone, and the penalty in the cost belongs to the decay in the step.
    """
    net, weight_decay = small_net(), 3.0

    def objective(vector):
        return cost_and_penalty(net.with_parameters(vector), data, bp.quadratic, weight_decay)

    estimate = bp.finite_difference.derivative(objective, net.parameters.vector)
    trained, _ = train(net, data, **BATCH, weight_decay=weight_decay)
    moved = (net.parameters.vector - trained.parameters.vector) / 0.5
    assert np.allclose(moved, estimate.value, atol=1e-9)


def test_weight_decay_shrinks_weights_by_nielsens_factor(data):
    """With a zero gradient of the data cost only the factor 1 - eta lambda / n is left."""
    net = bp.Network.from_arrays([[[2.0, -4.0]]], [[3.0]], [bp.identity])
    output = net.forward(data.train.x).a[2]
    exact = Dataset.from_rows(data.train.rows, output.T)
    trained, _ = train(net, exact, **{**BATCH, "epochs": 1}, weight_decay=0.6)
    factor = 1 - 0.5 * 0.6 / 12
    assert np.allclose(trained.w[2], factor * net.w[2], atol=1e-15)
    assert trained.b[2][0, 0] == 3.0, "a bias was decayed"


def test_weight_decay_does_not_depend_on_the_batch_size(data):
    net = bp.Network.from_arrays([[[2.0, -4.0]]], [[3.0]], [bp.identity])
    exact = Dataset.from_rows(data.train.rows, net.forward(data.train.x).a[2].T)
    one_step_each = {"cost": bp.quadratic, "eta": 1e-9, "epochs": 1, "weight_decay": 1e8}
    rng = np.random.default_rng(0)
    trained, _ = train(net, exact, **one_step_each, batch_size=4, rng=rng)
    factor = (1 - 1e-9 * 1e8 / 12) ** 3  # three mini-batches of 4, each decays by lambda / n
    assert np.allclose(trained.w[2], factor * net.w[2], rtol=1e-7)


def test_momentum_is_one_velocity_for_all_parameters(data):
    net, mu, eta = small_net(), 0.9, 0.3
    expected, velocity = net, 0 * net.parameters
    for _ in range(4):
        trace = expected.forward(data.train.x)
        grad = bp.backprop(expected, trace, data.train.y, bp.quadratic)
        velocity = mu * velocity - eta * grad
        expected = expected.with_parameters(expected.parameters + velocity)
    trained, _ = train(net, data, **{**BATCH, "eta": eta, "epochs": 4}, momentum=mu)
    assert np.allclose(trained.parameters.vector, expected.parameters.vector, atol=1e-14)


def test_an_epoch_is_one_step_per_mini_batch_and_the_short_one_counts_once(data):
    """Replays an epoch of 12 examples in batches of 5, 5 and 2 by hand, each by its own mean."""
    net = small_net()
    expected = net
    for x, y in data.train.batches(5, np.random.default_rng(4)):
        grad = bp.backprop(expected, expected.forward(x), y, bp.quadratic)
        expected = expected.with_parameters(expected.parameters - 0.5 * grad)
    options = {**BATCH, "batch_size": 5, "rng": np.random.default_rng(4)}
    trained, _ = train(net, data, **options)
    assert np.allclose(trained.parameters.vector, expected.parameters.vector, atol=1e-15)


def test_every_epoch_has_its_own_order(data):
    """Two epochs in one call draw two permutations: the same as two calls with one generator."""
    options = {**BATCH, "batch_size": 5}
    both, _ = train(small_net(), data, **{**options, "epochs": 2, "rng": np.random.default_rng(4)})
    rng = np.random.default_rng(4)
    first, _ = train(small_net(), data, **options, rng=rng)
    second, _ = train(first, data, **options, rng=rng)
    assert np.array_equal(both.parameters.vector, second.parameters.vector)
    same, _ = train(first, data, **options, rng=np.random.default_rng(4))
    assert not np.array_equal(both.parameters.vector, same.parameters.vector)


def test_the_same_seed_gives_the_same_network(data):
    runs = [
        train(small_net(), data, **{**BATCH, "batch_size": 4, "rng": np.random.default_rng(9)})[0]
        for _ in range(2)
    ]
    assert np.array_equal(runs[0].parameters.vector, runs[1].parameters.vector)


def test_history_records_what_the_formulas_say(data):
    net = small_net()
    trained, history = train(net, data, **{**BATCH, "epochs": 7}, weight_decay=0.2, record_every=3)
    assert history.epochs.tolist() == [0, 3, 6, 7], "the start and the end are always recorded"
    for index, at in ((0, net), (-1, trained)):
        outputs = [at.forward(part.x).a[3] for part in (data.train, data.validation)]
        assert history.training_cost[index] == bp.quadratic.value(outputs[0], data.train.y)
        assert history.validation_cost[index] == bp.quadratic.value(outputs[1], data.validation.y)
        assert history.training_accuracy[index] == accuracy(at, data.train)
        assert history.validation_accuracy[index] == accuracy(at, data.validation)
        assert history.penalty[index] == penalty(at, 0.2, 12)


def test_the_last_network_is_returned_without_patience_and_the_best_with_it():
    data = noisy_xor(rng=np.random.default_rng(7), m=20, validation=200)
    net = small_net(sizes=(2, 20, 1))
    options = {**BATCH, "eta": 2.0, "epochs": 3000, "record_every": 20}
    last, history = train(net, data, **options)
    best, stopped = train(net, data, **options, patience=10)

    def validation_cost(at):
        return bp.quadratic.value(at.forward(data.validation.x).a[3], data.validation.y)

    assert validation_cost(last) == history.validation_cost[-1]
    assert validation_cost(best) == stopped.validation_cost.min()
    assert stopped.validation_cost[-1] > stopped.validation_cost.min(), "the run went on past it"
    assert len(stopped) - 1 - stopped.validation_cost.argmin() == 10, "it waited for 10 records"
    assert stopped.best_epoch == stopped.epochs[stopped.validation_cost.argmin()]


def test_the_noisy_xor_run_has_the_source_books_minimum():
    """Source book 9.2: mean squared error .1625 at step 6,000 (the quadratic cost is half)."""
    rng = np.random.default_rng(0)
    w2, w3 = rng.uniform(-0.1, 0.1, (20, 3)), rng.uniform(-0.1, 0.1, (1, 21))
    net = bp.Network.from_arrays(
        [w2[:, :2], w3[:, :20]], [w2[:, 2], w3[:, 20]], [bp.sigmoid, bp.sigmoid]
    )
    data = noisy_xor(rng=np.random.default_rng(7))
    options = {"cost": bp.quadratic, "eta": 5, "epochs": 7000, "batch_size": None}
    _, history = train(net, data, **options, record_every=100)
    assert history.best_epoch == 6000
    assert round(2 * history.validation_cost.min(), 4) == 0.1625
    assert (np.diff(history.training_cost) < 0).all(), "batch descent with this step never rises"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    data = bp.datasets.digits(rng=np.random.default_rng(0), dtype=dtype)
    net = bp.Network.random(
        [64, 5, 10], hidden=bp.sigmoid, output=bp.softmax, rng=np.random.default_rng(0), dtype=dtype
    )
    options = {"cost": bp.log_likelihood, "eta": np.float64(0.5), "epochs": 1, "batch_size": 100}
    options |= {"momentum": 0.5, "weight_decay": np.float64(0.1), "rng": np.random.default_rng(0)}
    trained, _ = train(net, data, **options)
    assert trained.parameters.vector.dtype == dtype


def test_divergence_stops_with_the_last_finite_epoch():
    rng = np.random.default_rng(0)
    data = Dataset.from_rows(rng.normal(size=(20, 2)), rng.normal(size=(20, 1)))
    net = bp.Network.random([2, 3, 1], hidden=bp.identity, output=bp.identity, rng=rng)
    with pytest.raises(bp.DivergenceError, match="everything was finite at epoch") as caught:
        train(net, data, cost=bp.quadratic, eta=30, epochs=100, batch_size=None)
    error = caught.value
    assert f"finite at epoch {error.epoch}" in str(error)
    assert str(error).startswith("training diverged: at epoch "), "a message, not a tuple"
    assert error.history.epochs[-1] == error.epoch < 100
    assert np.isfinite(error.network.parameters.vector).all()
    assert np.isfinite(error.history.training_cost).all()


def test_divergence_between_two_records_is_reported_like_any_other():
    """At epoch 1,000 the parameters themselves are NaN; the error must still be the helpful one."""
    rng = np.random.default_rng(0)
    data = Dataset.from_rows(rng.normal(size=(20, 2)), rng.normal(size=(20, 1)))
    net = bp.Network.random([2, 3, 1], hidden=bp.identity, output=bp.identity, rng=rng)
    options = {"cost": bp.quadratic, "eta": 30, "epochs": 2000, "batch_size": None}
    with pytest.raises(bp.DivergenceError, match="everything was finite at epoch 0") as caught:
        train(net, data, **options, record_every=1000)
    assert np.array_equal(caught.value.network.parameters.vector, net.parameters.vector)


def test_complex_parameters_are_refused(data):
    net = small_net()
    with pytest.raises(TypeError, match="net has complex parameters"):
        train(net.with_parameters(net.parameters.vector + 0j), data, **BATCH)


def reaching_nan(seed=2):
    """Return a network and data whose validation cost is infinite, then falls, then is NaN."""
    rng = np.random.default_rng(seed)
    x = rng.random((60, 4))
    y = (x[:, 0] > 0.5).astype(int)
    xv = rng.random((20, 4))
    yv = (xv[:, 0] > 0.5).astype(int)
    xv[3] = 1e308  # finite, as a mark for "missing"
    training = Dataset.from_rows(x, y).train
    data = Dataset(training, validation=Dataset.from_rows(xv, yv).train)
    return bp.Network.random([4, 5, 2], hidden="relu", output="softmax", rng=rng), data, rng


def test_a_validation_cost_of_nan_is_no_minimum_and_patience_runs_out():
    net, data, rng = reaching_nan()
    options = {"cost": bp.log_likelihood, "eta": 1.0, "epochs": 60, "batch_size": 10, "rng": rng}
    best, history = train(net, data, **options, patience=5)
    assert np.isnan(history.validation_cost).any(), "the case is not the one meant"
    lowest = int(np.nanargmin(history.validation_cost))
    assert history.best_epoch == lowest and len(history) == lowest + 1 + 5
    assert best.parameters.vector.shape == net.parameters.vector.shape


def test_the_first_number_after_nan_is_a_minimum():
    record = training._Record(Dataset(bp.datasets.xor().train, bp.datasets.xor().train), None, 0.0)
    seen = []
    for cost in (np.nan, np.nan, 3.0, np.nan, 3.0, np.inf, 2.0):
        new = record._is_best(cost)
        record.rows.append((len(seen), 0.0, 0.0, cost, 0.0, 0.0))
        if new:
            record.best, record.best_index = "net", len(seen)
        seen.append(bool(new))
    assert seen == [True, False, True, False, False, False, True], "NaN and ties are no minimum"


def test_a_tie_is_no_new_minimum(data):
    """With a step that changes no cost every record ties with the first: patience runs out."""
    options = {**BATCH, "eta": 1e-300, "epochs": 50}
    _, history = train(small_net(), data, **options, patience=4)
    assert history.best_epoch == 0 and len(history) == 5


def test_parameters_that_are_not_finite_are_divergence_even_at_a_finite_cost():
    """An activation may hide from the cost that its weights are infinite."""
    data = Dataset.from_rows([[1.0], [2.0]], [[1.0], [1.0]])
    blind = bp.Activation(
        "blind", lambda z: 0 * np.nan_to_num(z), lambda z: np.full_like(z, np.inf)
    )
    net = bp.Network.from_arrays([[[1.0]]], [[0.0]], [blind])
    with pytest.raises(bp.DivergenceError, match=r"at epoch 1 the training cost is 0\.5;"):
        train(net, data, cost=bp.quadratic, eta=1.0, epochs=3, batch_size=None)


def test_a_start_of_infinite_cost_is_no_divergence():
    """No step was taken, so that a smaller eta would not help."""
    net = bp.Network.from_arrays([[[1000.0]]], [[0.0]], [bp.sigmoid])
    data = Dataset.from_rows([[1.0]], [[0.0]])
    with pytest.raises(ValueError, match="the training cost is inf before the first step"):
        train(net, data, **{**BATCH, "cost": bp.cross_entropy})


@pytest.mark.parametrize("part", ["validation", "test"])
def test_every_part_of_the_data_is_checked(data, part):
    wrong = Dataset.from_rows([[1.0, 2.0, 3.0]], [[1.0]]).train
    with pytest.raises(ValueError, match=re.escape("x has shape (3, 1), want (2, m)")):
        train(small_net(), Dataset(data.train, **{part: wrong}), **BATCH)
    unfit = Dataset.from_rows([[1.0, 2.0]], [[7.0]]).train
    with pytest.raises(ValueError, match="cross_entropy wants targets from 0 to 1"):
        options = {**BATCH, "cost": bp.cross_entropy}
        train(small_net(), Dataset(data.train, **{part: unfit}), **options)


@pytest.mark.parametrize("seterr", ["raise", "warn"])
def test_numpys_error_settings_do_not_break_training(data, seterr):
    """Saturated neurons underflow, as they should."""
    net = small_net()
    net = net.with_parameters(1e3 * net.parameters)
    options = {**BATCH, "epochs": 3, "batch_size": 5, "rng": np.random.default_rng(0)}
    expected, _ = train(net, data, **{**options, "rng": np.random.default_rng(0)})
    with np.errstate(all=seterr):
        trained, _ = train(net, data, **options)
        grad = bp.backprop(net, net.forward(data.train.x), data.train.y, bp.quadratic)
        assert np.geterr()["under"] == seterr
    assert np.array_equal(trained.parameters.vector, expected.parameters.vector)
    assert np.isfinite(grad.vector).all()


def test_a_callback_sees_every_epoch_and_may_stop(data):
    seen, settings = [], []

    def callback(epoch, net):
        seen.append((epoch, net.parameters.vector.copy()))
        settings.append(np.geterr())
        return epoch == 4

    options = {**BATCH, "epochs": 10, "record_every": 3}
    with np.errstate(under="warn"):
        trained, history = train(small_net(), data, **options, callback=callback)
        assert all(each == np.geterr() for each in settings), "its arithmetic is its own"
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4]
    assert history.epochs.tolist() == [0, 3, 4], "where it stopped is recorded"
    assert np.array_equal(trained.parameters.vector, seen[-1][1])
    unwatched, _ = train(small_net(), data, **{**options, "epochs": 4})
    assert np.array_equal(trained.parameters.vector, unwatched.parameters.vector)
    _, history = train(small_net(), data, **options, callback=lambda epoch, net: "go on")
    assert history.epochs[-1] == 10, "only True stops"
    with pytest.raises(TypeError, match="callback is 3, want a function"):
        train(small_net(), data, **options, callback=3)


def test_arguments_in_the_wrong_order_are_recognized(data):
    with pytest.raises(TypeError, match=r"net is Dataset, .*comes first: train\(net, data\)"):
        train(data, small_net(), **BATCH)
    with pytest.raises(TypeError, match=r"net is float, want a Network$"):
        train(3.0, data, **BATCH)
    with pytest.raises(TypeError, match=r"pass data\.train"):
        accuracy(small_net(), data)
    with pytest.raises(TypeError, match="net is Examples, want a Network"):
        accuracy(data.train, small_net())


@pytest.mark.parametrize(
    ("weight_decay", "n", "message"),
    [(0.1, 0, "n is 0, want 1"), (0.1, -4, "n is -4, want 1"), (-0.1, 4, "weight_decay is -0.1")],
)
def test_a_penalty_of_nothing_is_refused(weight_decay, n, message):
    with pytest.raises(ValueError, match=message):
        penalty(small_net(), weight_decay, n)
    with pytest.raises(TypeError, match="net is ndarray, want a Network"):
        penalty(small_net().w[2], 0.1, 4)


def test_a_history_shows_itself_in_a_notebook():
    numbers = [np.array([0, 10, 20, 25]), [4.0, 3.0, 2.0, 1.0], [8.0, 5.0, 6.0, 7.0]]
    numbers += [np.linspace(0, 0.75, 4), np.linspace(0.25, 1, 4), np.zeros(4)]
    history = training.History(*numbers, best_epoch=10)
    page = history._repr_html_()
    assert "history of 25 epochs" in page
    rows = [re.findall("<td>(.*?)</td>", row) for row in page.split("</tr>")]
    assert rows[1:4] == [
        ["first", "0", "4", "8", "0", "0.25"],
        ["best", "10", "3", "5", "0.25", "0.5"],
        ["last", "25", "1", "7", "0.75", "1"],
    ], "each row holds what was recorded at its epoch"


def test_zero_epochs_give_the_start(data):
    net = small_net()
    trained, history = train(net, data, **{**BATCH, "epochs": 0})
    assert np.array_equal(trained.parameters.vector, net.parameters.vector)
    assert history.epochs.tolist() == [0]


def test_examples_alone_are_welcome(data):
    _, history = train(small_net(), data.train, **BATCH)
    assert np.isnan(history.validation_cost).all()
    assert history.best_epoch == 1


@pytest.mark.parametrize(
    "options, message",
    [
        ({"eta": 0}, "eta is 0, want more than 0"),
        ({"eta": -1.0}, "eta is -1, want more than 0"),
        ({"eta": float("nan")}, "eta is nan, want a finite number"),
        ({"eta": 0, "optimizer": sgd}, "eta is 0, want more than 0"),
        ({"epochs": -1}, "epochs is -1, want 0 or more"),
        ({"batch_size": 0}, "batch_size is 0, want 1 or more"),
        ({"batch_size": 13}, "batch_size is 13, want at most 12, the number of training examples"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1, want 0 or more"),
        ({"momentum": 1.0}, "momentum is 1, want less than 1"),
        ({"momentum": -0.1}, "momentum is -0.1, want 0 or more"),
        ({"cost": "log_likelihood"}, "cost log_likelihood does not fit output activation sigmoid"),
        ({"cost": "hinge"}, "unknown cost 'hinge'; known: quadratic, cross_entropy"),
        ({"record_every": 0}, "record_every is 0, want 1 or more"),
        ({"patience": 0}, "patience is 0, want 1 or more"),
    ],
)
def test_options_out_of_range_are_refused(data, options, message):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=re.escape(message)):
        train(small_net(), data, **{**BATCH, "rng": rng, **options})


def test_wrong_kinds_are_refused(data):
    with pytest.raises(TypeError, match="rng is None, want a numpy"):
        train(small_net(), data, **{**BATCH, "batch_size": 4})
    with pytest.raises(TypeError, match="data is ndarray, want a Dataset"):
        train(small_net(), data.train.x, **BATCH)
    with pytest.raises(ValueError, match="patience needs validation examples"):
        train(small_net(), data.train, **BATCH, patience=3)


def test_data_that_do_not_fit_are_refused_before_the_first_step(data):
    with pytest.raises(ValueError, match=re.escape("x has shape (2, 12), want (3, m)")):
        train(small_net(sizes=(3, 2, 1)), data, **BATCH)
    with pytest.raises(ValueError, match=re.escape("y has shape (1, 12), want (2, m)")):
        train(small_net(sizes=(2, 2, 2)), data, **BATCH)
    with pytest.raises(TypeError, match="x has dtype float64, want float32 like the network"):
        train(small_net(dtype=np.float32), data, **BATCH)


def test_one_mini_batch_may_hold_every_example(data):
    """Then the order changes nothing but the rounding of the sums."""
    rng = np.random.default_rng(0)
    shuffled, _ = train(small_net(), data, **{**BATCH, "batch_size": 12, "rng": rng})
    whole, _ = train(small_net(), data, **BATCH)
    assert np.allclose(shuffled.parameters.vector, whole.parameters.vector, atol=1e-14)


def test_accuracy_counts_by_hand():
    data = Dataset.from_rows([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], [0, 1, 1]).train
    net = bp.Network.from_arrays([np.eye(2)], [[0.0, 0.0]], [bp.softmax])
    assert accuracy(net, data) == 2 / 3
    one = bp.Network.from_arrays([[[1.0]]], [[0.0]], [bp.identity])
    singles = Dataset.from_rows([[0.4], [0.5], [0.6]], [[0], [0], [1]]).train
    assert accuracy(one, singles) == 1, "an output of 0.5 does not exceed 0.5: class 0"
    with pytest.raises(ValueError, match="the network has 3 outputs, the targets have 2"):
        accuracy(bp.Network.from_arrays([np.ones((3, 2))], [np.zeros(3)], [bp.softmax]), data)
    two = bp.Network.from_arrays([np.ones((2, 2))], [np.zeros(2)], [bp.softmax])
    three_classes = Dataset.from_rows([[1.0, 0.0]] * 3, [0, 1, 2]).train
    with pytest.raises(ValueError, match="the network has 2 outputs, the targets have 3"):
        accuracy(two, three_classes)
    with pytest.raises(ValueError, match="have no classes"):
        accuracy(net, Dataset.from_rows([[1.0, 0.0]], [[0.5, 0.25]]).train)


def test_accuracy_refuses_another_precision_and_outputs_that_overflow(data):
    with pytest.raises(TypeError, match="x has dtype float64, want float32 like the network"):
        accuracy(small_net(dtype=np.float32), data.train)
    huge = bp.Network.from_arrays([[[1e308, 1e308]]], [[0.0]], [bp.identity])
    large = Dataset.from_rows([[1.0, 0.0], [1.0, 1.0]], [[0], [1]]).train
    with pytest.raises(ValueError, match=r"the output\[0, 1\] is inf"):
        accuracy(huge, large)


def test_where_there_are_no_classes_no_accuracy_is_recorded(data):
    numbers = Dataset.from_rows(data.train.rows, 0.5 * data.train.target_rows + 0.1)
    _, history = train(small_net(), numbers, **BATCH)
    assert np.isnan(history.training_accuracy).all(), "0 would mean that all classes are wrong"


def kfold_by_hand(net, examples, folds, options):
    """Return the best epoch of each of the folds, given as (start, stop)."""
    best = []
    for start, stop in folds:
        inside = np.arange(start, stop)
        outside = np.setdiff1d(np.arange(len(examples)), inside)
        split = Dataset(examples.take(outside), examples.take(inside))
        best.append(train(net, split, **options)[1].best_epoch)
    return tuple(best)


def test_kfold_leaves_each_example_out_once_and_averages():
    data = noisy_xor(rng=np.random.default_rng(7), m=11, validation=5)
    net = small_net(sizes=(2, 5, 1))
    options = {**BATCH, "eta": 2.0, "epochs": 60, "record_every": 5}
    folds = [(0, 4), (4, 8), (8, 11)]
    choice = kfold_stopping_epoch(net, data.train, folds=3, **options)
    assert choice.best_epochs == kfold_by_hand(net, data.train, folds, options)
    assert choice.epochs == sum(choice.best_epochs) // 3


def test_kfold_leaves_out_one_example_at_a_time_with_as_many_folds_as_examples():
    data = noisy_xor(rng=np.random.default_rng(7), m=4, validation=5)
    options = {**BATCH, "epochs": 9}
    one_each = [(i, i + 1) for i in range(4)]
    choice = kfold_stopping_epoch(small_net(), data.train, folds=4, **options)
    assert choice.best_epochs == kfold_by_hand(small_net(), data.train, one_each, options)


@pytest.mark.parametrize(
    "more", [{"weight_decay": 2.0}, {"momentum": 0.8}, {"batch_size": 2, "rng": 0}], ids=str
)
def test_kfold_trains_with_the_options_it_is_given(more):
    data = noisy_xor(rng=np.random.default_rng(7), m=11, validation=5)
    net = small_net(sizes=(2, 5, 1))
    plain = {**BATCH, "eta": 2.0, "epochs": 30}

    def options():
        mine = {**plain, **more}
        return mine | {"rng": np.random.default_rng(0)} if "rng" in more else mine

    chosen = kfold_stopping_epoch(net, data.train, folds=2, **options()).best_epochs
    assert chosen == kfold_by_hand(net, data.train, [(0, 6), (6, 11)], options())
    without = kfold_stopping_epoch(net, data.train, folds=2, **plain).best_epochs
    assert chosen != without, "otherwise no test"


def test_kfold_refuses_impossible_folds():
    data = noisy_xor(rng=np.random.default_rng(7), m=4, validation=5)
    for folds, message in ((1, "folds is 1, want 2 or more"), (5, "folds is 5, want at most 4")):
        with pytest.raises(ValueError, match=message):
            kfold_stopping_epoch(small_net(), data.train, folds=folds, **BATCH)


def test_the_progress_bar_is_silent_unless_asked_for(data, capsys):
    train(small_net(), data, **BATCH)
    assert capsys.readouterr() == ("", "")
    train(small_net(), data, **BATCH, progress=True)
    assert "epochs" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [True, np.True_, np.bool_(1)])
def test_a_comparison_of_numpys_stops_training_too(data, stop):
    epochs = []
    options = {**BATCH, "epochs": 5}
    train(small_net(), data, **options, callback=lambda epoch, net: epochs.append(epoch) or stop)
    assert epochs == [1]
    train(small_net(), data, **options, callback=lambda epoch, net: epochs.append(epoch) or 1)
    assert epochs == [1, 1, 2, 3, 4, 5], "other answers ask for nothing"
