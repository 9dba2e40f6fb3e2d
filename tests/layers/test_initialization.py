"""First weights: their variances and norms, and the recursions against networks that were drawn."""

import numpy as np
import pytest
from scipy import integrate, stats

import bpcourse as bp
from bpcourse.layers import initialization as init


@pytest.mark.parametrize(("draw", "shape", "variance"), [
    (init.glorot, (400, 200), 2 / 600),
    (init.he, (400, 200), 2 / 200),
    (init.glorot, (40, 30, 5, 5), 2 / (70 * 25)),
    (init.he, (40, 30, 5, 5), 2 / (30 * 25)),
])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_variances(draw, shape, variance, dtype):
    w = draw(shape, rng=np.random.default_rng(0), dtype=dtype)
    assert w.shape == shape and w.dtype == dtype
    # The relative standard deviation of the variance of 30,000 numbers is 0.8 %.
    assert w.var() == pytest.approx(variance, rel=0.03)
    assert abs(w.mean()) < 4 * (variance / w.size) ** 0.5


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3, 3)])
def test_orthogonal_weights_keep_lengths(shape):
    w = init.orthogonal(shape, rng=np.random.default_rng(0), gain=2.0)
    flat = w.reshape(shape[0], -1)
    rows, columns = flat.shape
    product = flat @ flat.T if rows <= columns else flat.T @ flat
    np.testing.assert_allclose(product, 4 * np.eye(min(rows, columns)), atol=1e-13)


def test_orthogonal_weights_have_no_preferred_sign():
    rng = np.random.default_rng(0)
    corners = [init.orthogonal((4, 4), rng=rng)[0, 0] for _ in range(400)]
    # Of 400 fair coins between 160 and 240 fall heads, but for four standard deviations.
    assert 160 <= sum(corner > 0 for corner in corners) <= 240


@pytest.mark.parametrize("activation", [bp.tanh, bp.sigmoid, bp.relu, bp.identity])
def test_means_over_a_normal_distribution_are_those_of_quadrature(activation):
    sizes, v = [30, 20, 10, 5], [0.05, 0.03, 0.2]
    q = init.forward_variances(sizes, v, activation, input_variance=0.7)
    g = init.backward_variances(sizes, v, activation, q, output_variance=2.0)

    def mean_square(f, variance):
        def integrand(u):
            return f(np.array([[variance**0.5 * u]]))[0, 0] ** 2 * stats.norm.pdf(u)

        return integrate.quad(integrand, -12, 12, points=[0], epsabs=1e-13)[0]

    assert q[2] == pytest.approx(30 * 0.05 * 0.7)
    # The widest curve is the sigmoid's square; 100 points leave 1e-9 of it.
    assert q[3] == pytest.approx(20 * 0.03 * mean_square(activation.f, q[2]), rel=1e-8)
    assert q[4] == pytest.approx(10 * 0.2 * mean_square(activation.f, q[3]), rel=1e-8)
    assert g[4] == 2.0
    assert g[3] == pytest.approx(5 * 0.2 * 2.0 * mean_square(activation.prime, q[3]), rel=1e-8)
    assert g[2] == pytest.approx(10 * 0.03 * g[3] * mean_square(activation.prime, q[2]), rel=1e-8)


@pytest.mark.parametrize(("activation", "gain"), [(bp.relu, 2.0), (bp.tanh, 1.0)])
def test_networks_that_were_drawn_follow_the_recursions(activation, gain):
    rng, n, layers, networks = np.random.default_rng(0), 100, range(2, 8), 60
    found = np.zeros((2, len(layers)))
    for _ in range(networks):
        weights = [(gain / n) ** 0.5 * rng.standard_normal((n, n)) for _ in layers]
        net = bp.Network.from_arrays(weights, [np.zeros(n)] * 6, [activation] * 5 + [bp.identity])
        # Targets far away: the output error then does not depend on the weights.
        x, y = rng.standard_normal((n, 2)), 1e3 * rng.standard_normal((n, 2))
        trace = net.forward(x)
        delta = bp.backprop(net, trace, y, bp.quadratic).delta
        found[0] += [(trace.z[l] ** 2).mean() / networks for l in layers]
        found[1] += [(delta[l] ** 2).mean() / networks for l in layers]
    variances = [gain / n] * 6
    q = init.forward_variances([n] * 7, variances, activation)
    g = init.backward_variances([n] * 7, variances, activation, q, output_variance=1e6)
    # Of a rectifier's network the mean square strays by sqrt(5 / n) a layer: by half in six, so by
    # a fifteenth in the mean of 60 networks. Four of those, and the O(1 / n) of narrow layers.
    np.testing.assert_allclose(found[0], [q[l] for l in layers], rtol=0.3)
    np.testing.assert_allclose(found[1], [g[l] for l in layers], rtol=0.3)


def test_what_does_not_fit_is_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"shape is \(3,\), want \(n_out, n_in\)"):
        init.he((3,), rng=rng)
    with pytest.raises(TypeError, match="want a numpy"):
        init.glorot((3, 2), rng=0)
    with pytest.raises(ValueError, match="softmax does not work on each neuron alone"):
        init.forward_variances([2, 2], [1.0], "softmax")
    with pytest.raises(ValueError, match="1 variances for 3 layers; want one for the weights"):
        init.forward_variances([2, 2, 2], [1.0], "relu")
