"""Convolution and pooling: the loop that says the same, the adjoint, five routes, known results."""

import autograd.numpy as anp
import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from routes import EXACT, Layer, check

from bpcourse.autodiff import tensor
from bpcourse.layers import convolution as c

# (c_in, height, width, m), c_out, kernel, stride, padding
SIZES = [
    ((1, 4, 4, 2), 2, 3, 1, 0),
    ((2, 4, 5, 1), 3, 2, 1, 1),
    ((2, 5, 4, 2), 2, 3, 2, 1),
    ((1, 6, 5, 1), 1, 2, 3, 0),  # with a stride that leaves pixels out
    ((2, 3, 3, 3), 2, 1, 1, 0),
    ((1, 3, 3, 1), 2, 3, 1, 2),
]
each_size = pytest.mark.parametrize(("shape", "c_out", "kernel", "stride", "padding"), SIZES)


def arrays(shape, c_out, kernel, seed=0):
    """Return x, w and b."""
    rng = np.random.default_rng(seed)
    shapes = [shape, (c_out, shape[0], kernel, kernel), (c_out, 1)]
    return [rng.standard_normal(each) for each in shapes]


def in_slices(x, w, b, stride, pad, reshape):
    """Return the convolution as a sum over the places of the kernel, in any library."""
    c_out, c_in, k, _ = w.shape
    x = pad(x)
    _, height, width, m = x.shape
    h, w_ = (height - k) // stride + 1, (width - k) // stride + 1
    total = 0.0
    for i in range(k):
        for j in range(k):
            seen = x[:, i : i + stride * h : stride, j : j + stride * w_ : stride]
            total = total + w[:, :, i, j] @ reshape(seen[:, :h, :w_], (c_in, h * w_ * m))
    return reshape(total + b, (c_out, h, w_, m))


def layer(kernel, stride, padding):
    """Return a convolutional layer with all its gradients."""
    where = {"stride": stride, "padding": padding}
    border = [(0, 0), (padding, padding), (padding, padding), (0, 0)]

    def backward(delta, x, w, b):
        return (
            c.conv_backward_input(delta, w, x.shape, **where),
            c.conv_backward_weights(x, delta, kernel, **where),
            c.conv_backward_bias(delta),
        )

    def engine(x, w, b):
        pad = (lambda x: tensor.pad(x, border)) if padding else (lambda x: x)
        return in_slices(x, w, b, stride, pad, lambda x, shape: x.reshape(*shape))

    def oracle(x, w, b):
        def pad(x):
            return anp.pad(x, border, mode="constant")

        return in_slices(x, w, b, stride, pad, anp.reshape)

    return Layer(lambda x, w, b: c.conv(x, w, b, **where), backward, engine, oracle)


@each_size
def test_all_routes_lead_to_the_same_gradient(shape, c_out, kernel, stride, padding):
    check(layer(kernel, stride, padding), arrays(shape, c_out, kernel), m=shape[-1])


@each_size
def test_the_loop_says_the_same(shape, c_out, kernel, stride, padding):
    x, w, b = arrays(shape, c_out, kernel)
    where = {"stride": stride, "padding": padding}
    np.testing.assert_allclose(c.conv(x, w, b, **where), c.conv_loop(x, w, b, **where), **EXACT)


def test_scipy_says_the_same():
    x, w, b = arrays((2, 7, 6, 1), 3, 3)
    z = c.conv(x, w, b)
    for o in range(3):
        channels = [scipy.signal.correlate2d(x[i, ..., 0], w[o, i], "valid") for i in range(2)]
        np.testing.assert_allclose(z[o, ..., 0], sum(channels) + b[o], **EXACT)


@given(
    seed=st.integers(0, 10**6),
    sides=st.tuples(st.integers(3, 6), st.integers(3, 6)),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
)
def test_scattering_is_the_adjoint_of_gathering(seed, sides, kernel, stride, padding):
    rng = np.random.default_rng(seed)
    where = {"stride": stride, "padding": padding}
    x = rng.standard_normal((2, *sides, 2))
    columns = c.gather(x, kernel, **where)
    y = rng.standard_normal(columns.shape)
    one, other = (columns * y).sum(), (x * c.scatter(y, x.shape, kernel, **where)).sum()
    assert one == pytest.approx(other, rel=1e-11, abs=1e-11), "<gather x, y> = <x, scatter y>"


def test_the_way_back_is_a_convolution_with_the_kernel_turned():
    x, w, b = arrays((2, 5, 6, 3), 4, 3)
    delta = np.random.default_rng(1).standard_normal(c.conv(x, w, b).shape)
    turned = np.ascontiguousarray(w[:, :, ::-1, ::-1].swapaxes(0, 1))
    by_convolution = c.conv(delta, turned, np.zeros((2, 1)), padding=2)
    np.testing.assert_allclose(c.conv_backward_input(delta, w, x.shape), by_convolution, **EXACT)


def test_columns_made_before_give_the_same():
    x, w, b = arrays((2, 5, 6, 3), 4, 3)
    columns = c.gather(x, 3, padding=1)
    z = c.conv(x, w, b, padding=1)
    np.testing.assert_array_equal(z, c.conv(x, w, b, padding=1, columns=columns))
    one = c.conv_backward_weights(x, z, 3, padding=1)
    np.testing.assert_array_equal(one, c.conv_backward_weights(x, z, 3, padding=1, columns=columns))


def test_what_does_not_fit_is_named():
    x, w, b = arrays((2, 4, 4, 3), 4, 3)
    with pytest.raises(ValueError, match="windows are 3 x 3 and the image, with its border, is 2"):
        c.conv(x[:, :2], w, b)
    with pytest.raises(ValueError, match=r"w has shape \(4, 2, 3, 3\), want \(4, 1, 3, 3\)"):
        c.conv(x[:1], w, b)
    with pytest.raises(ValueError, match=r"b has shape \(4,\), want \(4, 1\)"):
        c.conv(x, w, b[:, 0])
    with pytest.raises(
        ValueError, match=r"delta has shape \(4, 2, 2, 3\), want \(c_out, 4, 4, 3\)"
    ):
        c.conv_backward_weights(x, c.conv(x, w, b), 3, padding=1)
    with pytest.raises(ValueError, match=r"delta has shape \(4, 2, 2, 3\), want \(4, 4, 4, 3\)"):
        c.conv_backward_input(c.conv(x, w, b), w, x.shape, padding=1)
    with pytest.raises(ValueError, match="stride is 0, want 1 or more"):
        c.conv(x, w, b, stride=0)
    with pytest.raises(ValueError, match="padding is -1, want 0 or more"):
        c.conv(x, w, b, padding=-1)
    with pytest.raises(ValueError, match="want sides that are multiples of 3"):
        c.max_pool(x, 3)


# Pooling


def squares_of(x, size, reshape):
    n, height, width, m = x.shape
    return reshape(x, (n, height // size, size, width // size, size, m))


def max_pooling(size):
    def backward(delta, x):
        return (c.max_pool_backward(delta, c.max_pool(x, size)[1], size),)

    return Layer(
        lambda x: c.max_pool(x, size)[0],
        backward,
        lambda x: squares_of(x, size, lambda x, s: x.reshape(*s)).max(axis=(2, 4)),
        lambda x: anp.max(squares_of(x, size, anp.reshape), axis=(2, 4)),
    )


def mean_pooling(size):
    return Layer(
        lambda x: c.mean_pool(x, size),
        lambda delta, x: (c.mean_pool_backward(delta, size),),
        lambda x: squares_of(x, size, lambda x, s: x.reshape(*s)).mean(axis=(2, 4)),
        lambda x: anp.mean(squares_of(x, size, anp.reshape), axis=(2, 4)),
    )


@pytest.mark.parametrize("pooling", [max_pooling, mean_pooling])
@pytest.mark.parametrize(("shape", "size"), [((2, 4, 6, 3), 2), ((1, 3, 3, 1), 3)])
def test_pooling_by_all_routes(pooling, shape, size):
    x = np.random.default_rng(0).permutation(np.prod(shape)).reshape(shape) / 10
    check(pooling(size), [x], m=shape[-1])


def test_the_first_of_several_largest_gets_the_whole_error():
    a, switch = c.max_pool(np.ones((1, 2, 2, 1)), 2)
    back = c.max_pool_backward(np.ones_like(a), switch, 2)
    assert back.ravel().tolist() == [1.0, 0.0, 0.0, 0.0], "an error is never sent twice"
