"""Products with the Hessian: differences of gradients, complex gradients, and HIPS autograd."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import bpcourse as bp
from bpcourse.backprop import propagate_back
from bpcourse.layers import second
from bpcourse.network import propagate
from bpcourse.parameters import Parameters


def network(hidden="tanh", output="softmax", seed=0):
    rng = np.random.default_rng(seed)
    net = bp.Network.random([3, 4, 4, 2], hidden=hidden, output=output, rng=rng)
    x, y = rng.standard_normal((3, 5)), bp.datasets.one_hot(rng.integers(0, 2, 5), 2)
    return net, x, y, rng.standard_normal(len(net.parameters))


def by_complex_gradient(net, x, y, cost, v):
    """Return H v as the imaginary part of a gradient: dual numbers, all the way round."""
    vector = net.parameters.vector + 1e-20j * v
    moved = net._at(Parameters._over(net.sizes, vector))
    return propagate_back(moved, propagate(moved, x), y, cost).vector.imag / 1e-20


PAIRS = [
    ("tanh", "softmax", bp.log_likelihood),
    ("sigmoid", "sigmoid", bp.cross_entropy),
    ("sigmoid", "tanh", bp.quadratic),
    ("softmax", "softmax", bp.quadratic),
    ("relu", "softmax", bp.cross_entropy),
    ("relu", "identity", bp.quadratic),
]
each_pair = pytest.mark.parametrize(("hidden", "output", "cost"), PAIRS)


@each_pair
def test_the_product_is_the_derivative_of_the_gradient(hidden, output, cost):
    net, x, y, v = network(hidden, output)
    found = second.hessian_vector(net, x, y, cost, v).vector
    dual = by_complex_gradient(net, x, y, cost, v)
    np.testing.assert_allclose(found, dual, rtol=1e-10, atol=1e-12, err_msg="dual numbers")
    step = 1e-5
    ends = [
        bp.backprop(moved, moved.forward(x), y, cost).vector
        for moved in (net.with_parameters(net.parameters.vector + s * v) for s in (step, -step))
    ]
    slopes = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(found, slopes, rtol=1e-5, atol=1e-7, err_msg="differences")


def test_hips_autograd_says_the_same():
    net, x, y, v = network("tanh", "softmax")
    shapes = [(l, net.w[l].shape) for l in net.w]

    def cost(vector):
        a, start = x, 0
        for l, (n_out, n_in) in shapes:
            w = anp.reshape(vector[start : start + n_out * n_in], (n_out, n_in))
            b = anp.reshape(vector[start + n_out * n_in : start + n_out * (n_in + 1)], (n_out, 1))
            start += n_out * (n_in + 1)
            z = anp.dot(w, a) + b
            a = anp.tanh(z) if l < net.depth else z
        logarithms = a - anp.log(anp.sum(anp.exp(a), axis=0, keepdims=True))
        return -anp.sum(y * logarithms) / x.shape[1]

    wanted = autograd.hessian_vector_product(cost)(net.parameters.vector, v)
    found = second.hessian_vector(net, x, y, bp.log_likelihood, v).vector
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)


def test_the_hessian_is_symmetric():
    net, x, y, v = network()
    other = np.random.default_rng(9).standard_normal(v.shape)
    one = other @ second.hessian_vector(net, x, y, bp.log_likelihood, v).vector
    turned = v @ second.hessian_vector(net, x, y, bp.log_likelihood, other).vector
    assert one == pytest.approx(turned, rel=1e-11)


def test_float32_stays_float32():
    net, x, y, v = network()
    wanted = second.hessian_vector(net, x, y, bp.log_likelihood, v).vector
    single = net.with_parameters(net.parameters.vector.astype(np.float32))
    found = second.hessian_vector(
        single, *(each.astype(np.float32) for each in (x, y)), bp.log_likelihood,
        v.astype(np.float32),
    )  # fmt: skip
    assert found.vector.dtype == np.float32
    np.testing.assert_allclose(found.vector, wanted, rtol=1e-3, atol=1e-4)


def test_a_vector_of_another_length_is_refused():
    net, x, y, v = network()
    with pytest.raises(ValueError, match=r"v has shape \(45,\), want \(46,\)"):
        second.hessian_vector(net, x, y, bp.log_likelihood, v[1:])


def test_the_largest_curvature_is_an_eigenvalue_of_the_whole_hessian():
    net, x, y, _ = network()

    def product(v):
        return second.hessian_vector(net, x, y, bp.log_likelihood, v).vector

    whole = np.array([product(unit) for unit in np.eye(len(net.parameters))])
    values = np.linalg.eigvalsh(whole)
    rng = np.random.default_rng(0)
    value, vector = second.largest_curvature(product, len(net.parameters), rng=rng, steps=400)
    assert value == pytest.approx(values[np.argmax(abs(values))], rel=1e-6)
    np.testing.assert_allclose(product(vector), value * vector, atol=1e-3 * abs(value))


def test_a_flat_function_has_no_curvature():
    value, _ = second.largest_curvature(np.zeros_like, 3, rng=np.random.default_rng(0))
    assert value == 0.0


def test_numpys_flag_of_a_matrix_product_is_not_passed_on(monkeypatch):
    """Some libraries raise it on products of finite numbers."""
    rng = np.random.default_rng(0)
    net = bp.Network.random([2, 3, 1], hidden="tanh", output="sigmoid", rng=rng)
    plain = second._forward_rates

    def flagged(*arguments):
        np.array([np.inf]) - np.inf
        return plain(*arguments)

    monkeypatch.setattr(second, "_forward_rates", flagged)
    v = np.ones(len(net.parameters))
    second.hessian_vector(net, np.ones((2, 1)), np.ones((1, 1)), bp.cross_entropy, v)
