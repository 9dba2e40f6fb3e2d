"""The recurrent layer: published numbers, five routes, truncation, clipping, and a net at rest."""

import autograd.numpy as anp
import numpy as np
import pytest
from routes import Layer, check

import bpcourse as bp
from bpcourse.autodiff import scalar, tensor
from bpcourse.layers import recurrent


def recurrent_layer():
    """Return the layer with an initial state, and gradients of all its arrays."""

    def forward(x, w_x, w_h, b, h_0):
        return recurrent.forward(x, w_x, w_h, b, h_0=h_0)[1:]

    def backward(grad_h, x, w_x, w_h, b, h_0):
        h = recurrent.forward(x, w_x, w_h, b, h_0=h_0)
        delta = recurrent.bptt(grad_h, h, w_h)
        grads = recurrent.recurrent_weights(delta, h, x)
        return recurrent.recurrent_inputs(w_x, delta), *grads, w_h.T @ delta[0]

    def engine(x, w_x, w_h, b, h):
        states = []
        for t in range(x.shape[0]):
            h = (w_x @ x[t] + w_h @ h + b).tanh()
            states.append(h)
        return tensor.stack(states, axis=0)

    def oracle(x, w_x, w_h, b, h):
        states = []
        for t in range(x.shape[0]):
            h = anp.tanh(anp.dot(w_x, x[t]) + anp.dot(w_h, h) + b)
            states.append(h)
        return anp.stack(states)

    return Layer(forward, backward, engine, oracle, inputs=(0, 4))


def layer_arrays(steps, n_in, n, m, seed=0):
    """Return x, w_x, w_h, b and h_0."""
    rng = np.random.default_rng(seed)
    shapes = [(steps, n_in, m), (n, n_in), (n, n), (n, 1), (n, m)]
    return [0.6 * rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("sizes", [(4, 2, 3, 2), (1, 1, 1, 1), (5, 3, 2, 1), (2, 2, 2, 2)])
def test_all_routes_lead_to_the_same_gradient(sizes):
    check(recurrent_layer(), layer_arrays(*sizes), m=sizes[-1])


# Five steps of one neuron: h_t = tanh(0.7 h_{t-1} + x_t), and half the square of h_5 as cost.
X = np.array([0.5, -0.1, 0.3, 0.8, -0.4]).reshape(5, 1, 1)
ONE, NONE, W_H = np.ones((1, 1)), np.zeros((1, 1)), np.array([[0.7]])


def last_state_error(h):
    e = np.zeros_like(h[1:])
    e[-1] = h[-1]
    return e


def test_the_worked_example_comes_out_to_all_digits():
    h = recurrent.forward(X, ONE, W_H, NONE)
    wanted = [0.4621171573, 0.2198343211, 0.4250864392, 0.79962104, 0.1583898982]
    np.testing.assert_allclose(h[1:, 0, 0], wanted, atol=5e-11, err_msg="the states")
    delta = recurrent.bptt(last_state_error(h), h, W_H)
    _, grad_w_h, _ = recurrent.recurrent_weights(delta, h, X)
    np.testing.assert_allclose(grad_w_h, 0.151839869383, atol=5e-13, err_msg="dL/dw")


def test_the_worked_example_by_the_scalar_engine():
    w, h = scalar.Value(0.7), scalar.Value(0.0)
    for x in X.ravel().tolist():
        h = (w * h + x).tanh()
    (0.5 * h * h).backward()
    assert w.grad == pytest.approx(0.151839869383, abs=5e-13), "another route to the same number"


def test_the_step_is_bp2_when_nothing_comes_from_the_cost():
    rng = np.random.default_rng(0)
    w_h, delta, h = rng.standard_normal((3, 3)), rng.standard_normal((3, 2)), rng.random((3, 2))
    step = recurrent.bptt_step(w_h, delta, np.zeros((3, 2)), h)
    np.testing.assert_allclose(step, bp.equations.bp2(w_h, delta, 1 - h**2), rtol=1e-14)


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_truncation_is_the_gradient_with_the_state_held_constant_at_the_cuts(pieces):
    x, w_x, w_h, b, h_0 = layer_arrays(6, 2, 3, 2)
    h = recurrent.forward(x, w_x, w_h, b, h_0=h_0)
    grad_h = np.random.default_rng(1).standard_normal((6, 3, 2))
    delta = recurrent.bptt(grad_h, h, w_h, truncate=pieces)
    separate = [
        recurrent.bptt(grad_h[start : start + pieces], h[start : start + pieces + 1], w_h)
        for start in range(0, 6, pieces)
    ]
    np.testing.assert_allclose(delta, np.concatenate(separate), rtol=1e-14)
    assert not np.allclose(delta, recurrent.bptt(grad_h, h, w_h)), "nothing was cut"


def test_pieces_as_long_as_the_sequence_cut_nothing():
    x, w_x, w_h, b, _ = layer_arrays(4, 2, 3, 2)
    h = recurrent.forward(x, w_x, w_h, b)
    whole, cut = (recurrent.bptt(h[1:], h, w_h, truncate=k) for k in (None, 4))
    np.testing.assert_array_equal(whole, cut)


def test_clipping_keeps_the_direction():
    grads = [np.array([[3.0, 0.0]]), np.array([4.0])]
    clipped, norm = recurrent.clip_by_norm(grads, 2.5)
    assert norm == 5.0
    np.testing.assert_allclose(np.concatenate([each.ravel() for each in clipped]), [1.5, 0.0, 2.0])
    same, _ = recurrent.clip_by_norm(grads, 5.0)
    np.testing.assert_array_equal(same[0], grads[0], err_msg="short gradients stay as they are")


def test_clipping_does_not_overflow_and_stays_in_float32():
    clipped, norm = recurrent.clip_by_norm([np.full(2, 1e30, np.float32)], 1.0)
    assert norm == pytest.approx(2**0.5 * 1e30, rel=1e-6)
    assert clipped[0].dtype == np.float32
    np.testing.assert_allclose(clipped[0], 0.5**0.5, rtol=1e-6)


def test_clipping_of_nothing_but_zeros_and_of_what_is_not_finite():
    clipped, norm = recurrent.clip_by_norm([np.zeros(3)], 1.0)
    assert norm == 0.0 and not clipped[0].any()
    with pytest.raises(ValueError, match="the norm of the gradients is nan"):
        recurrent.clip_by_norm([np.array([np.nan, 1.0])], 1.0)
    with pytest.raises(ValueError, match="the norm of the gradients is nan"):
        recurrent.clip_by_norm([np.array([1.0]), np.array([np.nan])], 1.0)  # in any of the arrays
    with pytest.raises(ValueError, match="the norm of the gradients is inf"):
        recurrent.clip_by_norm([np.array([np.inf, 1.0])], 1.0)


# A network that rests


W = np.array([[0.2, -0.4], [0.6, 0.1]])
U = np.array([[0.3], [-0.2]])


def test_the_fixed_point_comes_out_to_all_digits():
    x = recurrent.fixed_point(W, U)
    np.testing.assert_allclose(x[:, 0], [0.5476718682, 0.5456647961], atol=5e-11)
    assert 0.5 * (x[0, 0] - 0.9) ** 2 == pytest.approx(0.062067556228, abs=5e-13)
    grad, _ = recurrent.fixed_point_backward(W, x, np.array([[x[0, 0] - 0.9], [0.0]]))
    wanted = [-0.0495060779, -0.0493246512, 0.0050341175, 0.0050156688]
    np.testing.assert_allclose(grad.ravel(), wanted, atol=5e-11)


def resting():
    """Return the network at rest; the other routes run it for as long as it takes."""

    def forward(u, w):
        x = np.zeros_like(u + w[:, :1])
        for _ in range(150):
            x = bp.sigmoid(w @ x + u)
        return x

    def backward(grad_x, u, w):
        x = recurrent.fixed_point(w, u, tolerance=2e-7 if u.dtype == np.float32 else 1e-15)
        grad_w, delta = recurrent.fixed_point_backward(w, x, grad_x)
        return delta, grad_w

    def engine(u, w):
        x = tensor.Tensor(np.zeros(u.shape))
        for _ in range(150):
            x = (w @ x + u).sigmoid()
        return x

    def oracle(u, w):
        x = anp.zeros(u.shape)
        for _ in range(150):
            x = 1 / (1 + anp.exp(-(anp.dot(w, x) + u)))
        return x

    return Layer(forward, backward, engine, oracle)


@pytest.mark.parametrize(("n", "m"), [(3, 2), (1, 1), (2, 2)])
def test_the_adjoint_system_is_the_gradient_of_the_network_run_for_long(n, m):
    rng = np.random.default_rng(n)
    check(resting(), [rng.standard_normal((n, m)), rng.standard_normal((n, n))], m)


def test_a_network_that_does_not_rest_is_named():
    # One neuron that contradicts itself strongly jumps between two states.
    with pytest.raises(ArithmeticError, match="after 10 steps the states still move by"):
        recurrent.fixed_point(np.array([[-20.0]]), np.array([[10.0]]), most=10)


def test_shapes_and_precisions_that_do_not_fit_are_named():
    x, w_x, w_h, b, h_0 = layer_arrays(4, 2, 3, 2)
    with pytest.raises(ValueError, match=r"w_x has shape \(2, 3\), want \(3, 2\)"):
        recurrent.forward(x, w_x.T, w_h, b)
    with pytest.raises(ValueError, match=r"b has shape \(3,\), want \(3, 1\)"):
        recurrent.forward(x, w_x, w_h, b[:, 0])
    with pytest.raises(ValueError, match=r"x has shape \(2, 2\), want \(T, n_in, m\)"):
        recurrent.forward(x[0], w_x, w_h, b)
    with pytest.raises(TypeError, match="w_h has dtype float32, want float64 like the other"):
        recurrent.forward(x, w_x, w_h.astype(np.float32), b)
    with pytest.raises(ValueError, match=r"h_0 has shape \(3, 1\), want \(3, 2\)"):
        recurrent.forward(x, w_x, w_h, b, h_0=h_0[:, :1])
    h = recurrent.forward(x, w_x, w_h, b)
    with pytest.raises(ValueError, match=r"h has shape \(4, 3, 2\), want \(5, 3, 2\)"):
        recurrent.bptt(h[1:], h[1:], w_h)
    with pytest.raises(ValueError, match="truncate is 0, want 1 or more"):
        recurrent.bptt(h[1:], h, w_h, truncate=0)
