"""Every gradient by independent routes: autograd, complex steps, loops, matrices and paths."""

import copy
import importlib
import pickle

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad as autograd_gradient
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DIFFERENT,
    HIDDEN,
    MATCHED,
    ORDERS,
    PAIRS,
    SQUARE,
    cases,
    make_case,
    seeds,
    widths,
)

import bpcourse as bp
from bpcourse.equations import bp1, bp2, bp3, bp4, path_sum

# The package's name ``backprop`` is the function; this is the module that it comes from.
backward = importlib.import_module("bpcourse.backprop")

# The oracle: a forward pass of its own, written for HIPS autograd, which differentiates it.
# It shares no line with the package: textbook formulas, its own unpacking of the vector.


def oracle_softmax(z):
    e = anp.exp(z - anp.max(z, axis=0, keepdims=True))
    return e / anp.sum(e, axis=0, keepdims=True)


ORACLE_ACTIVATIONS = {
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": anp.tanh,
    "relu": lambda z: z * (z > 0),
    "identity": lambda z: z,
    "softmax": oracle_softmax,
}
ORACLE_COSTS = {
    "quadratic": lambda a, y: anp.sum((a - y) ** 2) / 2,
    "cross_entropy": lambda a, y: -anp.sum(y * anp.log(a) + (1 - y) * anp.log(1 - a)),
    "log_likelihood": lambda a, y: -anp.sum(y * anp.log(a)),
}


def oracle_cost(vector, case):
    a, start = case.x, 0
    for n_in, n_out, name in zip(case.net.sizes, case.net.sizes[1:], case.names, strict=False):
        w = anp.reshape(vector[start : start + n_in * n_out], (n_out, n_in))
        b = anp.reshape(vector[start + n_in * n_out : start + (n_in + 1) * n_out], (n_out, 1))
        a, start = ORACLE_ACTIVATIONS[name](anp.dot(w, a) + b), start + (n_in + 1) * n_out
    return ORACLE_COSTS[case.cost.name](a, case.y) / case.x.shape[1]


def same(gradient, want, *, digits=1e-10):
    """Compare vectors on the scale of the largest entry; a wrong factor is far outside."""
    scale = max(abs(want).max(), 1e-6)
    np.testing.assert_allclose(gradient, want, rtol=digits, atol=digits * scale)


def check_against_autograd(case):
    vector = np.array(case.net.parameters.vector)
    value = case.cost.value(case.trace.a[case.net.depth], case.y)
    assert value == pytest.approx(oracle_cost(vector, case), rel=1e-12), "not the same function"
    same(case.grad.vector, autograd_gradient(oracle_cost)(vector, case))


def by_complex_step(case):
    net, vector = case.net, case.net.parameters.vector
    numeric = np.empty(vector.size)
    for i in range(vector.size):
        moved = vector.astype(complex)
        moved[i] += 1e-30j
        output = net.with_parameters(moved).forward(case.x).a[net.depth]
        numeric[i] = case.cost.value(output, case.y).imag / 1e-30
    return numeric


@given(cases())
def test_against_autograd(case):
    check_against_autograd(case)


@given(cases())
def test_against_the_complex_step_through_our_own_forward_pass(case):
    same(case.grad.vector, by_complex_step(case), digits=1e-11)


@pytest.mark.parametrize("shape", [DIFFERENT, SQUARE], ids=["different", "square"])
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_every_cost_and_output_with_sizes_different_and_square(pair, shape):
    """In the square network a missing transpose or the wrong layer's a breaks no shape."""
    cost, output = pair
    case = make_case(shape["sizes"], ["sigmoid", "tanh", output], cost, m=shape["m"])
    check_against_autograd(case)
    same(case.grad.vector, by_complex_step(case), digits=1e-11)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_activation_in_hidden_layers_softmax_too(hidden):
    case = make_case([4, 3, 5, 2], [hidden, hidden, "sigmoid"], "cross_entropy", m=4)
    assert abs(case.grad.w[2]).max() > 1e-6, "a case that could not show an error"
    check_against_autograd(case)


@given(cases())
def test_the_gradient_is_the_mean_over_examples_and_delta_is_per_example(case):
    m, whole = case.x.shape[1], case.grad
    single = [
        bp.backprop(
            case.net,
            case.net.forward(case.x[:, [i]]),
            case.y[:, [i]],
            case.cost,
        )
        for i in range(m)
    ]
    same(whole.vector, sum(each.vector for each in single) / m, digits=1e-12)
    for l, delta in whole.delta.items():
        assert delta.shape == (case.net.sizes[l - 1], m)
        same(delta, np.hstack([each.delta[l] for each in single]), digits=1e-12)


def by_loops(case):
    """Return the gradient of one example after another, with indices only, as in chapter 2."""
    net, m, L = case.net, case.x.shape[1], case.net.depth
    w, b = {l: 0 * net.w[l] for l in net.w}, {l: 0 * net.b[l] for l in net.b}
    for x in range(m):
        z = {l: case.trace.z[l][:, [x]] for l in case.trace.z}
        a = {l: case.trace.a[l][:, [x]] for l in case.trace.a}
        error = case.cost.gradient(a[L], case.y[:, [x]])
        for l in range(L, 1, -1):
            delta = error * net.activations[l].prime(z[l])
            for j in range(net.sizes[l - 1]):
                b[l][j, 0] += delta[j, 0] / m
                for k in range(net.sizes[l - 2]):
                    w[l][j, k] += a[l - 1][k, 0] * delta[j, 0] / m
            error = np.array(
                [
                    [sum(net.w[l][j, k] * delta[j, 0] for j in range(net.sizes[l - 1]))]
                    for k in range(net.sizes[l - 2])
                ]
            )
    return w, b


@given(st.lists(widths, min_size=2, max_size=4), st.integers(1, 4), seeds)
def test_against_loops_over_examples_and_indices(sizes, m, seed):
    case = make_case(sizes, ["sigmoid"] * (len(sizes) - 1), "cross_entropy", m=m, seed=seed)
    w, b = by_loops(case)
    for l in w:
        same(case.grad.w[l], w[l], digits=1e-11)
        same(case.grad.b[l], b[l], digits=1e-11)


def test_by_hand():
    """One neuron, two examples, quadratic cost, identity: every number in the head."""
    net = bp.Network.from_arrays([[[3.0]]], [[1.0]], ["identity"])
    x, y = np.array([[1.0, 2.0]]), np.array([[2.0, 3.0]])
    grad = bp.backprop(net, net.forward(x), y, bp.quadratic)
    # a = 4 and 7, so delta = 2 and 4; dC/db = (2 + 4)/2 = 3; dC/dw = (1*2 + 2*4)/2 = 5.
    assert grad.delta[2].tolist() == [[2, 4]]
    assert grad.b[2].tolist() == [[3]]
    assert grad.w[2].tolist() == [[5]]
    assert grad.vector.tolist() == [5, 3]


def test_repeats_the_published_example():
    """Matt Mazur (2015): his new weights after one step with eta = 0.5, to ten digits."""
    net = bp.Network.from_arrays(
        weights=[[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
        biases=[[0.35, 0.35], [0.60, 0.60]],
        activations=["sigmoid", "sigmoid"],
    )
    trace = net.forward(np.array([[0.05], [0.10]]))
    grad = bp.backprop(net, trace, np.array([[0.01], [0.99]]), bp.quadratic)
    moved = net.with_parameters(net.parameters - 0.5 * grad)
    printed = {
        3: [[0.35891648, 0.408666186], [0.511301270, 0.561370121]],
        2: [[0.149780716, 0.19956143], [0.24975114, 0.29950229]],
    }
    for l, w in printed.items():
        np.testing.assert_allclose(moved.w[l], w, atol=5e-9)


def test_relu_at_its_kink_passes_nothing_back():
    """Also at the output, where tutorials like to write z >= 0."""
    for hidden, output in [("identity", "relu"), ("relu", "identity")]:
        net = bp.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], [hidden, output])
        grad = bp.backprop(net, net.forward(np.array([[0.0]])), np.array([[1.0]]), "quadratic")
        assert grad.delta[2].tolist() == [[0]]


# The equations are what runs, and their other forms agree


def test_the_backward_pass_calls_the_displayed_equations(monkeypatch):
    called = []
    for equation in (bp1, bp2, bp3, bp4):

        def spy(*arguments, equation=equation):
            called.append(equation.__name__)
            return equation(*arguments)

        monkeypatch.setattr(backward, equation.__name__, spy)
    assert make_case([2, 3, 2, 1], ["tanh"] * 3, "quadratic").grad
    assert called[:3] == ["bp1", "bp2", "bp2"], "the error from the output back"
    assert sorted(called[3:]) == ["bp3"] * 3 + ["bp4"] * 3


def unmatched(case):
    """Return the case with a cost that has to go through BP1."""
    c = case.cost
    return bp.Cost(c.name, c.value, c.gradient)


@given(cases(pairs=MATCHED))
def test_matched_pairs_give_a_minus_y_and_agree_with_bp1(case):
    L, grad = case.net.depth, case.grad
    np.testing.assert_array_equal(grad.delta[L], case.trace.a[L] - case.y)
    same(bp.backprop(case.net, case.trace, case.y, unmatched(case)).vector, grad.vector)


def test_a_matched_pair_learns_even_where_the_output_is_saturated():
    """sigma'(40) is 4e-18: BP1 multiplies by it, a - y does not lose it."""
    net = bp.Network.from_arrays([[[40.0]]], [[0.0]], ["sigmoid"])
    grad = bp.backprop(net, net.forward(np.array([[1.0]])), np.array([[0.0]]), "cross_entropy")
    assert grad.w[2][0, 0] == 1


def diagonal_form(activation):
    """Return an activation that hands out the whole matrix of derivatives."""
    return bp.Activation(
        activation.name + " in matrix form",
        activation.f,
        lambda z: np.stack([np.diag(column) for column in activation.prime(z).T]),
        elementwise=False,
    )


@given(st.lists(widths, min_size=2, max_size=4), st.integers(1, 4), seeds)
def test_matrix_forms_give_the_same_gradient(sizes, m, seed):
    """Nielsen's equations 33 and 34, through the whole backward pass."""
    case = make_case(sizes, ["tanh"] * (len(sizes) - 1), "quadratic", m=m, seed=seed)
    matrix = [diagonal_form(bp.tanh)] * (len(sizes) - 1)
    net = bp.Network(case.net.parameters, matrix)
    grad = bp.backprop(net, net.forward(case.x), case.y, case.cost)
    same(grad.vector, case.grad.vector, digits=1e-12)


@given(st.lists(st.integers(1, 4), min_size=2, max_size=4), seeds)
def test_the_sum_over_all_paths_is_delta(sizes, seed):
    """Nielsen's equation 53, against the backward pass."""
    case = make_case(sizes, ["sigmoid"] * (len(sizes) - 1), "cross_entropy", m=2, seed=seed)
    net, trace = case.net, case.trace
    grad_a = case.cost.gradient(trace.a[net.depth], case.y)
    for x in range(2):
        prime = {l: net.activations[l].prime(trace.z[l])[:, x] for l in trace.z}
        for l, delta in case.grad.delta.items():
            slow = [path_sum(net.w, prime, grad_a[:, x], l, j)[0] for j in range(len(delta))]
            same(np.array(slow), delta[:, x])


def test_the_derivative_by_a_bias_is_the_derivative_by_its_weighted_input():
    case = make_case(SQUARE["sizes"], ["tanh"] * 3, "quadratic", m=1)
    for l, delta in case.grad.delta.items():
        np.testing.assert_array_equal(case.grad.b[l], delta)


# Precision, memory, extremes


@given(cases(dtype=None))
def test_precision_out_is_precision_in_everywhere(case):
    dtype, grad = case.net.parameters.vector.dtype, case.grad
    assert grad.vector.dtype == dtype
    assert {delta.dtype for delta in grad.delta.values()} == {dtype}, "a float64 leak"
    moved = case.net.with_parameters(case.net.parameters - np.float64(0.5) * grad)
    assert moved.parameters.vector.dtype == dtype


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_float32_is_float64_to_its_own_digits(hidden, pair):
    cost, output = pair
    single = make_case([4, 3, 2], [hidden, output], cost, m=5, dtype=np.float32)
    double = make_case([4, 3, 2], [hidden, output], cost, m=5)
    same(single.grad.vector, double.grad.vector, digits=2e-5)


@given(cases(dtype=None))
def test_nothing_of_the_caller_changes(case):
    trace = case.trace
    arrays = [case.x, case.y, *trace.z.values(), *trace.a.values()]
    before = [each.copy() for each in arrays]
    for each in arrays:
        each.flags.writeable = False
    bp.backprop(case.net, trace, case.y, case.cost)
    for each, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(each, old)


@pytest.mark.parametrize("order", ORDERS)
def test_memory_order_changes_nothing(order):
    shape = ([4, 3, 2], ["tanh", "softmax"], "log_likelihood")
    same(
        make_case(*shape, m=5, order=order).grad.vector,
        make_case(*shape, m=5).grad.vector,
        digits=1e-13,
    )


def test_complex_parameters_give_second_derivatives():
    """Im grad(p + i h v) / h is the Hessian times v; autograd confirms it."""
    case = make_case([3, 4, 2], ["tanh", "softmax"], "log_likelihood")
    vector, v = case.net.parameters.vector, np.random.default_rng(1).standard_normal(26)
    moved = case.net.with_parameters(vector + 1e-30j * v)
    grad = bp.backprop(moved, moved.forward(case.x), case.y, case.cost)
    assert grad.vector.dtype == np.complex128

    def slope(p):
        return anp.dot(autograd_gradient(oracle_cost)(p, case), v)

    same(grad.vector.imag / 1e-30, autograd_gradient(slope)(np.array(vector)), digits=1e-9)


def test_a_complex_input_is_not_cast_to_real():
    case = make_case([3, 2], ["sigmoid"], "cross_entropy")
    grad = bp.backprop(case.net, case.net.forward(case.x + 1e-30j), case.y, case.cost)
    assert grad.vector.imag.any(), "the imaginary part is the derivative; it must not be dropped"


@pytest.mark.parametrize("pair", MATCHED, ids="-".join)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_extreme_weighted_inputs_give_a_finite_gradient_without_a_warning(hidden, pair):
    cost, output = pair
    case = make_case([2, 2, 2], [hidden, output], cost, m=2)
    net = case.net.with_parameters(case.net.parameters * 800)
    y = np.eye(2)
    grad = bp.backprop(net, net.forward(case.x), y, case.cost)
    assert np.isfinite(grad.vector).all()


def test_a_perfect_saturated_output_is_no_error_on_the_unmatched_route():
    """a is exactly (1, 0) and so is y: cross-entropy through BP1 is 0/0, and must be 0."""
    net = bp.Network.from_arrays([[[800.0], [-800.0]]], [[0.0, 0.0]], ["softmax"])
    grad = bp.backprop(net, net.forward(np.ones((1, 1))), np.eye(2)[:, :1], "cross_entropy")
    assert grad.vector.tolist() == [0, 0, 0, 0]


# What comes back


def test_a_gradient_is_laid_out_like_the_parameters():
    case = make_case(DIFFERENT["sizes"], ["tanh"] * 3, "quadratic", m=4)
    grad = case.grad
    assert grad.sizes == case.net.sizes
    assert len(grad) == len(case.net.parameters)
    assert grad.name(5) == case.net.parameters.name(5) == "w2[1,0]"
    assert sorted(grad.delta) == [2, 3, 4]
    for l in (2, 3, 4):
        assert grad.w[l].shape == case.net.w[l].shape
        assert grad.b[l].shape == case.net.b[l].shape
    assert repr(grad) == "<gradient of [5, 4, 3, 2]: 47 numbers, float64>"


def test_arithmetic_with_gradients_makes_parameters():
    case = make_case([3, 2], ["tanh"], "quadratic", dtype=np.float32)
    p, g = case.net.parameters, case.grad
    v = g.vector
    for result, want in [
        (np.float64(0.5) * g, v * np.float32(0.5)),
        (g * 2, v * 2),
        (g / 2, v / 2),
        (-g, -v),
        (g + g, v + v),
        (g - p, v - p.vector),
        (p - g, p.vector - v),
    ]:
        assert isinstance(result, bp.Parameters)
        assert result.vector.dtype == np.float32
        np.testing.assert_array_equal(result.vector, want)


def test_a_gradient_is_read_only_whichever_name_one_takes():
    grad = make_case([3, 2], ["tanh"], "quadratic").grad
    for array in (grad.vector, grad.w[2], grad.b[2]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        grad.parameters = None


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("again", [copy.deepcopy, pickled])
def test_gradients_survive_copying_and_copied_networks_keep_the_matched_pair(again):
    case = make_case([3, 2], ["sigmoid"], "cross_entropy")
    grad, net = again(case.grad), again(case.net)
    np.testing.assert_array_equal(grad.vector, case.grad.vector)
    np.testing.assert_array_equal(grad.delta[2], case.grad.delta[2])
    error = bp.backprop(net, net.forward(case.x), case.y, again(case.cost)).delta[2]
    np.testing.assert_array_equal(error, case.trace.a[2] - case.y)


def test_a_step_against_the_gradient_lowers_the_cost():
    case = make_case([4, 5, 3], ["tanh", "softmax"], "log_likelihood", m=8)
    moved = case.net.with_parameters(case.net.parameters - 1e-3 * case.grad)
    old, new = (case.cost.value(n.forward(case.x).a[3], case.y) for n in (case.net, moved))
    # To first order the cost falls by eta |grad|^2.
    assert old - new == pytest.approx(1e-3 * (case.grad.vector**2).sum(), rel=0.01)


# What is refused


def refused(kind, *, net=None, trace=None, y=None, cost="log_likelihood"):
    case = make_case([3, 2], ["softmax"], "log_likelihood", m=4)
    net = case.net if net is None else net
    with pytest.raises(kind) as error:
        bp.backprop(
            net,
            net.forward(case.x) if trace is None else trace,
            case.y if y is None else y,
            cost,
        )
    return str(error.value)


def test_targets_that_do_not_fit_are_refused():
    y = np.eye(2)[:, [0, 1, 1, 0]]
    assert refused(ValueError, y=np.array([0, 1, 1, 0])) == (
        "y has shape (4,), want (2, m): one target per column. Class labels become targets with "
        "bp.datasets.one_hot(y, 2)"
    )
    assert "y has shape (4, 2), want (2, m)" in refused(ValueError, y=y.T)
    assert "From rows, pass y.T" in refused(ValueError, y=y.T)
    assert refused(ValueError, y=y[:, :1]) == (
        "y has 1 examples, the forward pass has 4; want as many targets as inputs"
    )
    bad = y.copy()
    bad[1, 2] = np.nan
    assert "y[1, 2] is nan" in refused(ValueError, y=bad)
    assert "y has dtype float32, want float64" in refused(TypeError, y=y.astype(np.float32))
    assert "probability distribution" in refused(ValueError, y=y / 2)
    net = make_case([3, 2], ["softmax"], "log_likelihood").net
    trace = net.forward(np.ones((3, 4)))
    of_whole_numbers = bp.backprop(net, trace, y.astype(int), "log_likelihood").vector
    np.testing.assert_array_equal(
        of_whole_numbers, bp.backprop(net, trace, y, "log_likelihood").vector
    )


def test_the_hint_for_class_labels_works():
    net = make_case([3, 2], ["softmax"], "log_likelihood").net
    y = bp.datasets.one_hot([0, 1, 1, 0], 2)
    bp.backprop(net, net.forward(np.ones((3, 4))), y, "log_likelihood")


def test_targets_for_one_output_want_a_row():
    net = bp.Network.from_arrays([np.ones((1, 3))], [[0.0]], ["sigmoid"])
    assert "for one number per example pass y[None, :]" in refused(
        ValueError, net=net, y=np.ones(4), cost="quadratic"
    )
    one_hot = bp.datasets.one_hot([0, 1, 1, 0], 2)
    assert "the network has one output. Labels 0 and 1 become one target each with" in refused(
        ValueError, net=net, y=one_hot, cost="quadratic"
    )


def test_costs_that_do_not_fit_are_refused():
    net = bp.Network.from_arrays([np.ones((2, 3))], [[0.0, 0.0]], ["tanh"])
    assert refused(ValueError, net=net) == (
        "cost log_likelihood does not fit output activation tanh; it fits softmax"
    )
    assert "unknown cost 'hinge'; known: quadratic, cross_entropy, log_likelihood" in refused(
        ValueError, cost="hinge"
    )
    assert "cost is None, want one of quadratic" in refused(TypeError, cost=None)


def test_a_trace_of_something_else_is_refused():
    other = make_case([3, 4, 2], ["tanh", "softmax"], "log_likelihood", m=4)
    assert refused(ValueError, trace=other.trace) == (
        "trace is of a network [3, 4, 2], want [3, 2]; pass net.forward(x) of this network"
    )
    assert refused(TypeError, trace=other.x) == (
        "trace is ndarray, want a Trace; pass net.forward(x)"
    )


def test_an_infinite_output_error_is_refused_instead_of_a_gradient_of_nan():
    net = bp.Network.from_arrays([[[800.0], [-800.0]]], [[0.0, 0.0]], ["softmax"])
    y, trace = np.eye(2)[:, 1:], net.forward(np.ones((1, 1)))
    with pytest.raises(ValueError) as error:
        bp.backprop(net, trace, y, "cross_entropy")
    text = str(error.value)
    assert "the output error is nan at neuron 0, example 0" in text
    assert "cost cross_entropy by this output of softmax" in text
    assert "a matched pair (sigmoid and cross_entropy, softmax and log_likelihood)" in text


def same_sizes():
    """Return networks of the sizes [3, 4, 2] that compute different things, and an equal one."""
    case = make_case([3, 4, 2], ["tanh", "softmax"], "log_likelihood", m=4)
    net = case.net
    others = {
        "moved": net.with_parameters(net.parameters + 0.1 * net.parameters),
        "one bias": net.with_parameters(
            np.where(np.arange(len(net.parameters)) == 12, 7.0, net.parameters.vector)
        ),
        "activation": bp.Network(net.parameters, ["sigmoid", "softmax"]),
    }
    return case, others


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("moved", "w2[0,0] was"),
        ("one bias", "b2[0] was"),
        ("activation", "layer 2 was sigmoid there, and is tanh here"),
    ],
)
def test_the_trace_of_another_network_of_the_same_sizes_is_refused(which, words):
    """After an update the old trace would give the gradient at the old parameters."""
    case, others = same_sizes()
    stale = others[which].forward(case.x)
    with pytest.raises(ValueError) as error:
        bp.backprop(case.net, stale, case.y, case.cost)
    assert "trace is of another network" in str(error.value) and words in str(error.value)


def test_the_trace_of_an_equal_network_is_welcome():
    case, _ = same_sizes()
    for equal in (copy.deepcopy(case.net), case.net.with_parameters(case.net.parameters.vector)):
        grad = bp.backprop(equal, case.trace, case.y, case.cost)
        np.testing.assert_array_equal(grad.vector, case.grad.vector)


def test_a_trace_by_hand_is_compared_layer_by_layer():
    case, _ = same_sizes()
    trace = case.trace
    by_hand = bp.Trace(trace.z, trace.a)
    np.testing.assert_array_equal(
        bp.backprop(case.net, by_hand, case.y, case.cost).vector, case.grad.vector
    )
    wider = make_case([3, 5, 2], ["tanh", "softmax"], "log_likelihood", m=4).trace
    with pytest.raises(ValueError, match=r"trace is of a network \[3, 5, 2\], want \[3, 4, 2\]"):
        bp.backprop(case.net, bp.Trace(wider.z, wider.a), case.y, case.cost)


def test_x_that_changes_after_the_forward_pass_changes_nothing():
    case, _ = same_sizes()
    x = case.x.copy()
    trace = case.net.forward(x)
    x[...] = 100.0
    np.testing.assert_array_equal(
        bp.backprop(case.net, trace, case.y, case.cost).vector, case.grad.vector
    )


def test_the_first_output_error_that_is_not_finite_is_named():
    """The first one, not the first finite one."""
    w = [[0.0], [800.0], [-800.0]]
    net = bp.Network.from_arrays([w], [np.zeros(3)], ["sigmoid"])
    y = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
    x = np.array([[0.0, 1.0]])
    sure = bp.Cost("sure", bp.quadratic.value, lambda a, y: np.where(a == 1, np.inf, a - y))
    with pytest.raises(ValueError, match="the output error is nan at neuron 1, example 1"):
        bp.backprop(net, net.forward(x), y, sure)


def test_a_gradient_that_overflows_on_its_way_back_is_refused():
    w = [np.full((1, 1), 1.0), np.full((1, 1), 1e200), np.full((1, 1), 1e-200)]
    net = bp.Network.from_arrays(w, [np.zeros(1)] * 3, ["identity"] * 3)
    x = np.array([[1.0]])
    net = bp.Network.from_arrays([w[0], w[2], w[1]], [np.zeros(1)] * 3, ["identity"] * 3)
    with pytest.raises(ValueError, match=r"overflows on its way back: ∂C/∂w\d\[0,0\] is -?inf"):
        bp.backprop(net, net.forward(1e150 * x), np.array([[-1e160]]), "quadratic")


def test_a_gradient_shows_itself_in_a_notebook():
    case = make_case(**DIFFERENT, names=["tanh", "relu", "sigmoid"], cost="quadratic")
    page = case.grad._repr_html_()
    assert page.startswith("<table>") and f"{abs(case.grad.w[3]).max():.3g}" in page
