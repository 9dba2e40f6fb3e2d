"""Parameters, the forward pass and the ways to make a network."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn.neural_network import MLPClassifier
from strategies import DIFFERENT, ORDERS, SQUARE, cases, make_case, seeds, shapes

import bpcourse as bp
from bpcourse.parameters import parameter_count


def parameters(sizes=(2, 3, 1), dtype=np.float64, seed=0):
    vector = np.random.default_rng(seed).standard_normal(parameter_count(sizes)).astype(dtype)
    return bp.Parameters(sizes, vector)


def network(sizes=(2, 3, 1), **options):
    rng = np.random.default_rng(0)
    return bp.Network.random(sizes, hidden="tanh", output="sigmoid", rng=rng, **options)


# Parameters: one vector, many names


@given(shapes)
def test_the_vector_holds_w2_row_by_row_then_b2_then_w3_and_so_on(sizes):
    p = bp.Parameters(sizes, np.arange(parameter_count(sizes), dtype=float))
    pieces = [piece for l in p.w for piece in (p.w[l].ravel(), p.b[l].ravel())]
    np.testing.assert_array_equal(np.concatenate(pieces), p.vector)
    for l in range(2, len(sizes) + 1):
        assert p.w[l].shape == (sizes[l - 1], sizes[l - 2]), "rows are neurons of layer l"
        assert p.b[l].shape == (sizes[l - 1], 1)


@given(shapes)
def test_name_finds_every_entry(sizes):
    p = bp.Parameters(sizes, np.arange(parameter_count(sizes), dtype=float))
    for index, value in enumerate(p.vector):
        name = p.name(index)
        array = {"w": p.w, "b": p.b}[name[0]][int(name[1 : name.index("[")])]
        place = tuple(int(i) for i in name[name.index("[") + 1 : -1].split(","))
        assert array[place if name[0] == "w" else (*place, 0)] == value, name


def test_name_by_hand():
    p = parameters([5, 4, 3])
    assert p.name(9) == "w2[1,4]"
    assert p.name(20) == "b2[0]"
    assert p.name(24) == "w3[0,0]"
    assert p.name(len(p) - 1) == "b3[2]"
    for index in (-1, len(p)):
        with pytest.raises(IndexError, match=rf"^index is {index}, want 0 to {len(p) - 1}$"):
            p.name(index)
    with pytest.raises(TypeError):
        p.name(1.5)  # never a silent round


def test_parameter_count():
    assert parameter_count([784, 30, 10]) == 784 * 30 + 30 + 30 * 10 + 10
    assert len(parameters([2, 3, 1])) == 2 * 3 + 3 + 3 * 1 + 1
    assert parameter_count(np.array([200, 200], np.uint8)) == 40_200, "bytes must not overflow"
    for sizes, kind in (([3, -1], ValueError), ([784], ValueError), ({3, 2}, TypeError)):
        with pytest.raises(kind, match="want"):
            parameter_count(sizes)


def test_the_layers_carry_the_numbers_of_the_book():
    net = network()
    assert list(net.w) == list(net.b) == [2, 3]
    assert net.depth == 3
    with pytest.raises(KeyError):
        net.w[1]


def test_parameters_are_a_copy_and_read_only():
    vector = np.zeros(3)
    p = bp.Parameters([2, 1], vector)
    vector[:] = 7
    assert p.vector.tolist() == [0, 0, 0], "the caller's array is copied"
    assert vector.flags.writeable, "and stays writable"
    for q in (p, p + p, 2 * p, -p, p / 2, copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        for array in (q.vector, q.w[2], q.b[2]):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 1
    with pytest.raises(TypeError):
        p.w[2] = np.ones((1, 2))


def test_views_share_the_memory_of_the_vector():
    p = parameters()
    assert all(np.shares_memory(p.vector, p.w[l]) for l in p.w)
    assert all(np.shares_memory(p.vector, p.b[l]) for l in p.b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "number",
    [2, 0.5, np.float64(0.5), np.float32(0.5), np.int64(3), np.array(0.5)],
    ids=lambda number: type(number).__name__,
)
def test_arithmetic_keeps_the_precision_whatever_the_number(dtype, number):
    p, q = parameters(dtype=dtype), parameters(dtype=dtype, seed=1)
    v = p.vector
    for result, want in [
        (number * p, v * dtype(number)),
        (p * number, v * dtype(number)),
        (p / number, v / dtype(number)),
        (p - number * q, v - dtype(number) * q.vector),
        (p + q, v + q.vector),
        (-p, -v),
    ]:
        assert isinstance(result, bp.Parameters)
        assert result.sizes == p.sizes
        assert result.vector.dtype == dtype, "np.float64 must not promote float32"
        np.testing.assert_array_equal(result.vector, want)
        np.testing.assert_array_equal(result.w[2].ravel(), want[:6])
    np.testing.assert_array_equal(v, parameters(dtype=dtype).vector)


def test_a_complex_number_makes_complex_parameters():
    result = parameters(dtype=np.float32) * 1j
    assert result.vector.dtype == np.complex64


def raises(kind, call):
    with pytest.raises(kind) as error:
        call()
    return str(error.value)


def test_parameters_say_what_does_not_add_up():
    p = parameters()
    assert raises(TypeError, lambda: p + 1) == (
        "can't add int to parameters; want parameters or a gradient of the same network"
    )
    assert "can't add ndarray" in raises(TypeError, lambda: p - p.vector)
    assert "networks [2, 3, 1] and [3, 2, 1] don't add up; want the same sizes" in raises(
        ValueError, lambda: p + parameters([3, 2, 1])
    )
    text = raises(TypeError, lambda: p + parameters(dtype=np.float32))
    assert "dtype float64 and float32 don't add up; want one precision" in text
    assert "net.with_parameters" in text
    for other in ("0.5", None, p, np.ones(len(p)), np.ones(1)):
        for call in (lambda: p * other, lambda: p / other):  # noqa: B023
            text = raises(TypeError, call)
            assert f"by a number, not by {type(other).__name__}" in text
            assert "work on the .vector" in text
    with pytest.raises(TypeError):
        p.vector - p  # an array on the left must not make an object array


def test_parameters_say_what_is_wrong_with_them():
    assert raises(ValueError, lambda: bp.Parameters([2, 1], np.zeros(4))) == (
        "vector has shape (4,), want (3,): all weights and biases of a network [2, 1]"
    )
    assert "vector has shape (3, 1), want (3,)" in raises(
        ValueError, lambda: bp.Parameters([2, 1], np.zeros((3, 1)))
    )
    assert raises(ValueError, lambda: bp.Parameters([3], np.zeros(3))) == (
        "sizes is [3], want two layers or more, such as [64, 30, 10]"
    )
    assert "sizes is 3, want the width of every layer" in raises(
        TypeError, lambda: bp.Parameters(3, np.zeros(3))
    )
    assert "a layer size is 0, want 1 or more" in raises(
        ValueError, lambda: bp.Parameters([2, 0], np.zeros(0))
    )
    assert "a layer size is 2.0, want a whole number" in raises(
        TypeError, lambda: bp.Parameters([2.0, 1], np.zeros(3))
    )
    assert "vector has dtype float16, want float32 or float64" in raises(
        TypeError, lambda: bp.Parameters([2, 1], np.zeros(3, np.float16))
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(bad):
    vector = parameters([5, 4, 3]).vector.copy()
    vector[[9, 22]] = bad, -np.inf if bad == np.inf else np.inf  # the first one is told of
    assert raises(ValueError, lambda: bp.Parameters([5, 4, 3], vector)) == (
        f"w2[1,4] is {bad} (2 of 39 parameters are not finite); want finite numbers everywhere"
    )


def test_whole_numbers_become_floats():
    assert bp.Parameters([2, 1], [1, 2, 3]).vector.dtype == np.float64


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_parameters_and_networks_survive_copying(again):
    net = network(dtype=np.float32)
    p, other = again(net.parameters), again(net)
    for q in (p, other.parameters):
        np.testing.assert_array_equal(q.vector, net.parameters.vector)
        assert q.sizes == net.sizes
        assert q.vector.dtype == np.float32
        assert np.shares_memory(q.vector, q.w[2]), "views of the new vector, not of a third array"
    assert list(other.activations.values()) == [bp.tanh, bp.sigmoid]
    assert other.activations[3] == bp.cross_entropy.matched


def test_a_step_that_overflowed_survives_copying_so_that_it_can_be_studied():
    with np.errstate(over="ignore"):
        p = parameters() * 1e308 * 1e308
    assert not np.isfinite(copy.deepcopy(p).vector).any()


# The forward pass


def check_forward(case):
    """Compare with a loop over examples, neurons and weights, in plain Python."""
    net, trace = case.net, case.trace
    assert list(trace.a) == list(range(1, net.depth + 1))
    assert list(trace.z) == list(range(2, net.depth + 1))
    for x in range(case.x.shape[1]):
        a = [float(value) for value in case.x[:, x]]
        for l in range(2, net.depth + 1):
            z = [
                sum(net.w[l][j, k] * a[k] for k in range(len(a))) + net.b[l][j, 0]
                for j in range(net.sizes[l - 1])
            ]
            np.testing.assert_allclose(trace.z[l][:, x], z, rtol=1e-12, atol=1e-13)
            a = net.activations[l](np.array(z)[:, None])[:, 0].tolist()
            np.testing.assert_allclose(trace.a[l][:, x], a, rtol=1e-12, atol=1e-13)


@given(cases())
def test_forward_is_a_loop_over_examples(case):
    check_forward(case)


@pytest.mark.parametrize("shape", [DIFFERENT, SQUARE], ids=["different", "square"])
def test_forward_with_sizes_different_and_square(shape):
    """As many examples as neurons: a bias of shape (n,) would slip through on the wrong axis."""
    check_forward(make_case(shape["sizes"], ["tanh", "relu", "sigmoid"], "quadratic", m=shape["m"]))


def test_forward_by_hand():
    net = bp.Network.from_arrays([[[2.0, -1.0], [0.5, 1.0]]], [[1.0, -3.0]], ["relu"])
    trace = net.forward(np.array([[1.0, 0.0], [4.0, 2.0]]))
    assert trace.z[2].tolist() == [[-1, -1], [1.5, -1]]
    assert trace.a[2].tolist() == [[0, 0], [1.5, 0]]


def test_forward_repeats_the_published_example():
    """Matt Mazur, "A Step by Step Backpropagation Example" (2015): 0.75136507, 0.772928465."""
    net = bp.Network.from_arrays(
        weights=[[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
        biases=[[0.35, 0.35], [0.60, 0.60]],
        activations=["sigmoid", "sigmoid"],
    )
    trace = net.forward(np.array([[0.05], [0.10]]))
    np.testing.assert_allclose(trace.a[3], [[0.75136507], [0.772928465]], atol=5e-10)
    cost = bp.quadratic.value(trace.a[3], np.array([[0.01], [0.99]]))
    assert cost == pytest.approx(0.298371109, abs=5e-10)


@given(cases(dtype=None))
def test_forward_keeps_precision_and_the_callers_array(case):
    before, dtype = case.x.copy(), case.net.parameters.vector.dtype
    case.x.flags.writeable = False
    trace = case.trace
    assert {each.dtype for each in (*trace.z.values(), *trace.a.values())} == {dtype}
    np.testing.assert_array_equal(case.x, before)


@pytest.mark.parametrize("order", ORDERS)
def test_memory_order_changes_nothing(order):
    case = make_case([4, 3, 2], ["tanh", "sigmoid"], "quadratic", m=5, order=order)
    plain = make_case([4, 3, 2], ["tanh", "sigmoid"], "quadratic", m=5)
    np.testing.assert_allclose(case.trace.a[3], plain.trace.a[3], rtol=1e-14)


@given(cases(), seeds)
def test_complex_inputs_and_parameters_pass(case, seed):
    net = case.net
    direction = np.random.default_rng(seed).standard_normal(len(net.parameters))
    moved = net.with_parameters(net.parameters.vector + 1e-30j * direction)
    a = moved.forward(case.x).a[net.depth]
    assert a.dtype == np.complex128
    np.testing.assert_allclose(a.real, case.trace.a[net.depth], rtol=1e-13, atol=1e-15)
    assert net.forward(case.x + 0j).a[net.depth].dtype == np.complex128


def test_extreme_weighted_inputs_pass_without_a_warning():
    for name in ("sigmoid", "tanh", "softmax", "relu", "identity"):
        net = bp.Network.from_arrays([[[800.0], [-800.0]]], [[0.0, 0.0]], [name])
        assert np.isfinite(net.forward(np.array([[1.0, -1.0]])).a[2]).all(), name


def test_forward_says_what_is_wrong_with_x():
    net = network()
    assert raises(ValueError, lambda: net.forward(np.zeros((200, 2)))) == (
        "x has shape (200, 2), want (2, m): one example per column. "
        "From rows, pass x.T or use Dataset.from_rows"
    )
    assert "x has shape (2,), want (2, m)" in raises(ValueError, lambda: net.forward(np.zeros(2)))
    assert "an empty batch" in raises(ValueError, lambda: net.forward(np.zeros((2, 0))))
    assert "x[1, 0] is nan (1 of 2 entries" in raises(
        ValueError, lambda: net.forward(np.array([[0.0], [np.nan]]))
    )
    assert "x has dtype float32, want float64 like the network" in raises(
        TypeError, lambda: net.forward(np.zeros((2, 1), np.float32))
    )
    np.testing.assert_array_equal(net.forward([[1], [2]]).a[3], net.forward([[1.0], [2.0]]).a[3])


# Making networks


@pytest.mark.parametrize("column", [False, True], ids=["(n,)", "(n, 1)"])
def test_from_arrays_takes_biases_either_way_and_copies(column):
    w, b = [np.ones((3, 2)), np.ones((1, 3))], [np.arange(3.0), np.arange(1.0)]
    given_b = [each[:, None] for each in b] if column else b
    net = bp.Network.from_arrays(w, given_b, ["tanh", bp.sigmoid])
    w[0][...] = b[0][...] = 9
    assert net.w[2].tolist() == [[1, 1]] * 3
    assert net.b[2].tolist() == [[0], [1], [2]]
    assert net.sizes == (2, 3, 1)
    assert dict(net.activations) == {2: bp.tanh, 3: bp.sigmoid}


def test_a_bias_is_added_to_its_neuron_even_where_as_many_examples_would_fit():
    net = bp.Network.from_arrays([np.zeros((3, 3))], [[10.0, 20.0, 30.0]], ["identity"])
    assert net.forward(np.zeros((3, 3))).a[2].tolist() == [[10] * 3, [20] * 3, [30] * 3]


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([], [], "0 weight arrays and 0 bias arrays; want one of each for every layer from 2 on"),
        ([(3, 2)], [], "1 weight arrays and 0 bias arrays"),
        ([(3,)], [(3,)], "weights[0] (w2) has shape (3,), want (n_2, n_1)"),
        (
            [(3, 2), (3, 4)],
            [(3,), (3,)],
            "weights[1] (w3) has shape (3, 4), want (3, 3), because layer 2 has 3 neurons; "
            "its transpose would fit, pass weights[1].T",
        ),
        (
            [(3, 2), (1, 4)],
            [(3,), (1,)],
            "weights[1] (w3) has shape (1, 4), want (1, 3), because layer 2 has 3 neurons",
        ),
        ([(3, 2)], [(2,)], "biases[0] (b2) has shape (2,), want (3,) or (3, 1)"),
        ([(3, 2)], [(1, 3)], "biases[0] (b2) has shape (1, 3), want (3,) or (3, 1)"),
        ([(3, 2)], [()], "biases[0] (b2) has shape (), want (3,) or (3, 1)"),
    ],
)
def test_from_arrays_says_which_array_does_not_fit(weights, biases, message):
    w, b = [np.ones(each) for each in weights], [np.ones(each) for each in biases]
    text = raises(ValueError, lambda: bp.Network.from_arrays(w, b, ["tanh"] * len(w)))
    assert text.startswith(message)
    if "transpose" not in message:
        assert "transpose" not in text


def test_from_arrays_refuses_mixed_precision_and_numbers_that_are_not_finite():
    w, b = np.ones((1, 2)), np.ones(1, np.float32)
    assert "biases[0] has dtype float32, want float64" in raises(
        TypeError, lambda: bp.Network.from_arrays([w], [b], ["tanh"])
    )
    second = w[:, :1].astype(np.float32)
    assert "weights[1] has dtype float32, want float64" in raises(
        TypeError,
        lambda: bp.Network.from_arrays([w, second], [np.ones(1), np.ones(1)], ["tanh", "tanh"]),
    ), "the first array is what the others are compared with"
    w[0, 1] = np.nan
    assert "weights[0][0, 1] is nan" in raises(
        ValueError, lambda: bp.Network.from_arrays([w], [np.ones(1)], ["tanh"])
    )


def test_activations_are_one_for_each_layer_by_name_or_by_number():
    p = parameters()
    assert dict(bp.Network(p, {3: "sigmoid", 2: "tanh"}).activations) == {2: bp.tanh, 3: bp.sigmoid}
    assert bp.Network(p, ("tanh", "sigmoid")).activations[3] is bp.sigmoid
    assert raises(ValueError, lambda: bp.Network(p, ["tanh"])) == (
        "1 activations for the 2 layers 2..3; want one for each"
    )
    assert "activations for layers [1, 2], want [2, 3]" in raises(
        ValueError, lambda: bp.Network(p, {1: "tanh", 2: "tanh"})
    )
    for one in ("tanh", bp.tanh):
        assert "want a list: one for each layer 2..L" in raises(
            TypeError,
            lambda: bp.Network(p, one),  # noqa: B023
        )
    assert "unknown activation 'logistic'; known: sigmoid" in raises(
        ValueError, lambda: bp.Network(p, ["tanh", "logistic"])
    )
    assert raises(TypeError, lambda: bp.Network(p.vector, ["tanh", "tanh"])) == (
        "parameters is ndarray, want bp.Parameters"
    )


def test_with_parameters_makes_another_network_and_leaves_this_one():
    net = network()
    before = net.parameters.vector.copy()
    moved = net.with_parameters(net.parameters - 0.5 * net.parameters)
    np.testing.assert_array_equal(moved.parameters.vector, before / 2)
    np.testing.assert_array_equal(net.parameters.vector, before)
    assert moved.activations == net.activations
    assert net.with_parameters(before.astype(np.float32)).parameters.vector.dtype == np.float32
    for other in (parameters([3, 2, 1]), parameters([2, 2, 2, 1])):
        text = raises(ValueError, lambda: net.with_parameters(other))  # noqa: B023
        assert text == f"parameters are of a network {list(other.sizes)}, want [2, 3, 1]"
    assert "vector has shape (3,), want (13,)" in raises(
        ValueError, lambda: net.with_parameters(np.zeros(3))
    )
    before[0] = np.nan
    assert "w2[0,0] is nan" in raises(ValueError, lambda: net.with_parameters(before))


def test_random_draws_layer_by_layer_from_the_given_generator_alone():
    net = network([4, 3, 2])
    rng = np.random.default_rng(0)
    for l, (n_in, n_out) in enumerate([(4, 3), (3, 2)], start=2):
        want = rng.standard_normal((n_out, n_in)) / n_in**0.5
        np.testing.assert_allclose(net.w[l], want, rtol=4e-16)  # times 1/sqrt(n): one rounding more
        np.testing.assert_array_equal(net.b[l], rng.standard_normal((n_out, 1)))
    np.testing.assert_array_equal(net.parameters.vector, network([4, 3, 2]).parameters.vector)


@pytest.mark.parametrize(
    ("init", "spread"), [("scaled", 1 / 20), ("he", 2**0.5 / 20), ("large", 1.0)]
)
def test_random_weights_have_the_spread_that_init_names(init, spread):
    net = network([400, 300, 1], init=init)
    # The standard deviation of 120,000 draws is known to 0.2 percent; 2 percent is ten of those.
    assert net.w[2].std() == pytest.approx(spread, rel=0.02)
    assert abs(net.w[2].mean()) < 5 * spread / 120_000**0.5
    biases = np.concatenate([net.b[2], net.b[3]])
    assert (biases == 0).all() if init == "he" else biases.std() == pytest.approx(1, rel=0.2)


def test_random_in_float32_is_the_float64_network_rounded():
    single, double = network(dtype=np.float32), network()
    assert single.parameters.vector.dtype == np.float32
    np.testing.assert_array_equal(
        single.parameters.vector, double.parameters.vector.astype(np.float32)
    )


def test_random_says_what_it_can_not_make():
    assert "unknown init 'xavier'; known: scaled, he, large" in raises(
        ValueError, lambda: network(init="xavier")
    )
    assert "want two layers or more" in raises(ValueError, lambda: network([3]))
    for dtype in (int, np.float16):
        assert f"the network has dtype {np.dtype(dtype)}, want float32 or float64" in raises(
            TypeError,
            lambda: network(dtype=dtype),  # noqa: B023
        )
    with pytest.raises(TypeError, match=r"want a numpy\.random\.Generator"):
        bp.Network.random([2, 1], hidden="tanh", output="tanh", rng=0)


def test_scikit_learn_networks_come_in_and_go_out():
    rng = np.random.default_rng(0)
    rows, labels = rng.standard_normal((40, 5)), rng.integers(0, 3, 40)
    theirs = MLPClassifier([4], activation="logistic", max_iter=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # three iterations do not converge; nothing here needs it
        theirs.fit(rows, labels)
    net = bp.Network.from_sklearn(theirs.coefs_, theirs.intercepts_, ["sigmoid", "softmax"])
    np.testing.assert_allclose(net.forward(rows.T).a[3].T, theirs.predict_proba(rows), rtol=1e-12)
    coefs, intercepts = net.to_sklearn()
    for ours, original in zip(coefs + intercepts, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_array_equal(ours, original)
        ours[...] = 0  # a copy: the network stays
    assert net.w[2].any()


def test_repr_says_what_one_wants_to_know():
    assert repr(network()) == "<network [2, 3, 1]: tanh, sigmoid; float64>"
    p = parameters([784, 30, 10])
    assert repr(p) == "<parameters of [784, 30, 10]: 23,860 numbers, float64>"


# A trace of its own


def test_the_trace_keeps_x_as_it_was():
    net = network()
    x = np.ones((2, 4))
    for handed in (x, x[::-1], x[:, ::2], np.ones((4, 2)).T):
        trace = net.forward(handed)
        before = trace.a[1].copy()
        handed[...] = 7
        np.testing.assert_array_equal(trace.a[1], before, "x changed after the forward pass")
        with pytest.raises(ValueError, match="read-only"):
            trace.a[1][0, 0] = 1
        handed[...] = 1


def test_what_nobody_can_change_is_not_copied():
    data = bp.datasets.digits(rng=np.random.default_rng(0))
    net = network((64, 3, 10))
    assert np.shares_memory(net.forward(data.train.x).a[1], data.train.rows)
    frozen_view = np.ones((2, 3))
    view = frozen_view[:]
    view.flags.writeable = False  # and yet it changes with its owner
    assert not np.shares_memory(network().forward(view).a[1], frozen_view)


def test_a_trace_describes_itself_in_a_line():
    trace = network((64, 30, 10)).forward(np.zeros((64, 30)))
    assert repr(trace) == (
        "<trace of 30 examples: a[1] (64, 30); z[2], a[2] (30, 30); z[3], a[3] (10, 30); float64>"
    )


@pytest.mark.parametrize("hidden", ["identity", "relu", "sigmoid"])
@pytest.mark.parametrize("output", ["identity", "softmax"])
def test_a_forward_pass_that_overflows_says_where(hidden, output):
    """inf - inf is NaN, which relu turned into 0: a finite output, and a wrong one."""
    sizes = (1, 2, 2)
    w = [np.full((2, 1), 1e200), np.array([[1e200, -1e200], [1.0, 1.0]])]
    net = bp.Network.from_arrays(w, [np.zeros(2), np.zeros(2)], [hidden, output])
    x = np.array([[1.0, 1e150]])
    if hidden == "sigmoid":
        assert np.isfinite(net.forward(x).a[3]).all(), "an infinite z is only saturation here"
        return
    with pytest.raises(ValueError, match=r"the forward pass overflows: z\[[23]\]\[0, [01]\] is"):
        net.forward(x)
    assert sizes == net.sizes


def test_relu_does_not_hide_what_is_not_a_number():
    assert np.isnan(bp.relu(np.array([[np.nan]]))).all()


def test_numpys_flags_are_not_passed_on():
    """OpenBLAS raises "invalid" in products of finite float32 numbers, on some machines."""
    seen = []

    def f(z):
        seen.append(np.geterr())
        return z * 1.0

    own = bp.Activation("own", f, np.ones_like)
    net = bp.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], [own, own])
    x, y = np.ones((1, 2)), np.zeros((1, 2))
    with np.errstate(all="raise"):
        net.forward(x)
        bp.accuracy(net, bp.Dataset.from_rows(x.T, y.T).train)
        bp.finite_difference.gradient(net, x, y, "quadratic")
        bp.train(
            net,
            bp.Dataset.from_rows(x.T, y.T),
            cost="quadratic",
            eta=0.1,
            epochs=1,
            batch_size=None,
        )
    assert seen and all(each["invalid"] == "ignore" for each in seen)


# Predictions, files, notebooks


def test_predict_takes_rows_and_returns_classes():
    net = bp.Network.from_arrays([np.eye(3)], [np.zeros(3)], ["softmax"])
    rows = np.array([[0.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    assert net.predict(rows).tolist() == [1, 0]
    assert net.predict(rows.tolist(), classes=("a", "b", "c")).tolist() == ["b", "a"]
    weights, biases = [np.eye(5, 3), np.eye(4, 5)], [np.zeros(5), np.zeros(4)]
    deeper = bp.Network.from_arrays(weights, biases, ["identity", "softmax"])
    assert deeper.predict(rows, classes=list("abcd")).tolist() == ["b", "a"], (
        "rows are as wide as the input layer, and there are as many classes as outputs"
    )
    assert "want (m, 3): one example" in raises(
        ValueError, lambda: deeper.predict(np.zeros((1, 5)))
    )
    one = bp.Network.from_arrays([[[1.0]]], [[0.0]], ["identity"])
    assert one.predict([[0.4], [0.5], [0.6]]).tolist() == [0, 0, 1], "0.5 does not exceed 0.5"
    assert one.predict([[0.6]], classes=["no", "yes"]).tolist() == ["yes"]
    assert "rows has shape (3,), want (m, 3): one example per row; for a single example pass" in (
        raises(ValueError, lambda: net.predict(rows[0]))
    )
    assert "want (m, 3)" in raises(ValueError, lambda: net.predict(rows.T))
    assert "classes are 2, want 3" in raises(
        ValueError, lambda: net.predict(rows, classes=["a", "b"])
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_comes_back_from_its_file(dtype, tmp_path):
    net = network((3, 4, 2, 2), dtype=dtype)
    net.save(tmp_path / "net")
    assert (tmp_path / "net.npz").exists()
    again = bp.Network.load(str(tmp_path / "net"))
    assert again.parameters.vector.dtype == dtype
    np.testing.assert_array_equal(again.parameters.vector, net.parameters.vector)
    assert (again.sizes, dict(again.activations)) == (net.sizes, dict(net.activations))


def test_activations_of_ones_own_are_saved_by_name(tmp_path):
    own = bp.Activation("softsign", lambda z: z / (1 + abs(z)), lambda z: (1 + abs(z)) ** -2)
    net = bp.Network.from_arrays([np.ones((1, 2))], [[0.0]], [own])
    path = tmp_path / "net.npz"
    net.save(path)
    assert bp.Network.load(path, own=[own]).activations[2] is own
    assert "unknown activation 'softsign'" in raises(ValueError, lambda: bp.Network.load(path))
    impostor = bp.Activation("tanh", np.sin, np.cos)
    impostor_net = bp.Network.from_arrays([np.ones((1, 2))], [[0.0]], [impostor])
    assert "is called 'tanh' like a built-in one" in raises(
        ValueError, lambda: impostor_net.save(path)
    )


def test_a_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, a=np.zeros(3))
    assert "is no file that Network.save has written" in raises(
        ValueError, lambda: bp.Network.load(path)
    )
    path.write_bytes(b"PK\x03\x04 and no more")
    assert "is no file" in raises(ValueError, lambda: bp.Network.load(path))
    np.savez(path, sizes=[1, 1], vector=np.array([{}, 1], object), activations=["tanh"])
    assert "is no file" in raises(ValueError, lambda: bp.Network.load(path)), "nothing is unpickled"
    with pytest.raises(FileNotFoundError):
        bp.Network.load(tmp_path / "nothing.npz")


def test_each_hidden_layer_may_have_an_activation_of_its_own():
    options = {"output": "softmax", "rng": np.random.default_rng(0)}
    net = bp.Network.random([2, 3, 4, 2], hidden=["relu", bp.tanh], **options)
    assert [each.name for each in net.activations.values()] == ["relu", "tanh", "softmax"]
    assert "hidden holds 1 activations, want 2: one for each hidden layer" in raises(
        ValueError, lambda: bp.Network.random([2, 3, 4, 2], hidden=["relu"], **options)
    )


def test_a_network_shows_itself_in_a_notebook():
    page = network((64, 30, 10))._repr_html_()
    assert page.startswith("<table>") and "64, 30, 10" in page
    assert "<td>1</td><td>64</td><td>(input)</td>" in page, "layer 1 is the input"
    assert "<td>2</td><td>30</td><td>tanh</td><td>(30, 64)</td><td>(30, 1)</td>" in page
    shouting = bp.Activation("<b>", np.sin, np.cos)
    assert "&lt;b&gt;" in bp.Network.from_arrays([[[1.0]]], [[0.0]], [shouting])._repr_html_()


def test_a_network_of_ones_own_activation_says_how_to_read_it(tmp_path):
    own = bp.Activation("wave", np.sin, np.cos)
    net = bp.Network.from_arrays([[[0.5]]], [[0.0]], [own])
    net.save(tmp_path / "net.npz")
    message = raises(ValueError, lambda: bp.Network.load(tmp_path / "net.npz"))
    assert "unknown activation 'wave' in" in message and "own as own=[...]" in message
    assert bp.Network.load(tmp_path / "net.npz", own=[own]).activations[2] is own


@pytest.mark.parametrize("path", [".", "", "/"])
def test_a_path_without_a_name_is_told(path):
    for use in (network().save, bp.Network.load):
        assert "want the name of a file" in raises(ValueError, lambda use=use: use(path))


def test_predict_speaks_of_the_rows_it_was_given():
    rows = np.zeros((3, 2))
    rows[2, 1] = np.nan
    assert "rows[2, 1] is nan" in raises(ValueError, lambda: network().predict(rows))
    narrow = raises(TypeError, lambda: network().predict(np.zeros((3, 2), np.float32)))
    assert narrow.startswith("rows has dtype float32")


def test_the_first_weighted_input_that_overflows_is_named():
    weights = [np.array([[1.0, 0.0], [1e200, 0.0]]), np.ones((1, 2))]
    net = bp.Network.from_arrays(weights, [[0.0, 0.0], [0.0]], ["identity", "identity"])
    x = np.array([[1.0, 2.0, 1e200], [0.0, 0.0, 0.0]])
    assert "z[2][1, 2] is inf" in raises(ValueError, lambda: net.forward(x)), "not z[2][0, 0]"
