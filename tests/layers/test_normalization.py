"""Batch and layer normalization and dropout: five routes, invariances, training and evaluation."""

import autograd.numpy as anp
import numpy as np
import pytest
from routes import EXACT, Layer, check

from bpcourse.layers import normalization as norm

EPSILON = 1e-3


def by_definition(x, gamma, beta, axes, mean, sqrt, reshape):
    """Return the normalization as a formula, in any library."""
    shape = (-1, *(1,) * (len(x.shape) - 1))
    centered = x - mean(x, axes)
    variance = mean(centered * centered, axes)
    normalized = centered / sqrt(variance + EPSILON)
    return reshape(gamma, shape) * normalized + reshape(beta, shape)


def layer(forward, backward, axes_of):
    def grads(delta, x, gamma, beta):
        out = forward(x, gamma, beta, epsilon=EPSILON)
        return backward(delta, out.normalized, out.scale, gamma)

    def engine(x, gamma, beta):
        return by_definition(
            x, gamma, beta, axes_of(x),
            lambda x, axes: x.mean(axis=axes, keepdims=True),
            lambda x: x.sqrt(),
            lambda x, shape: x.reshape(*shape),
        )  # fmt: skip

    def oracle(x, gamma, beta):
        return by_definition(
            x, gamma, beta, axes_of(x),
            lambda x, axes: anp.mean(x, axis=axes, keepdims=True), anp.sqrt, anp.reshape,
        )  # fmt: skip

    return Layer(lambda *a: forward(*a, epsilon=EPSILON).y, grads, engine, oracle)


BATCH = layer(norm.batch_norm, norm.batch_norm_backward, lambda x: tuple(range(1, len(x.shape))))
LAYER = layer(norm.layer_norm, norm.layer_norm_backward, lambda x: (0,))


def arrays(shape, seed=0):
    rng = np.random.default_rng(seed)
    column = (shape[0], 1)
    return [rng.standard_normal(each) for each in (shape, column, column)]


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (BATCH, (3, 4)),
        (BATCH, (1, 2)),
        (BATCH, (4, 4)),
        (BATCH, (2, 2, 3, 2)),
        (LAYER, (3, 4)),
        (LAYER, (4, 1)),
        (LAYER, (3, 3)),
        (LAYER, (4, 2, 3)),
    ],
)
def test_all_routes_lead_to_the_same_gradient(kind, shape):
    check(kind, arrays(shape), m=shape[3] if len(shape) == 4 else shape[1])


def test_no_error_comes_through_along_what_normalization_takes_away():
    x, gamma, beta = arrays((3, 5))
    out = norm.batch_norm(x, gamma, beta, epsilon=0.0)
    delta = np.random.default_rng(1).standard_normal(x.shape)
    back, _, _ = norm.batch_norm_backward(delta, out.normalized, out.scale, gamma)
    np.testing.assert_allclose(back.sum(axis=1), 0, atol=1e-12, err_msg="a shift changes nothing")
    stretch = (back * x).sum(axis=1)
    np.testing.assert_allclose(stretch, 0, atol=1e-12, err_msg="nor does a stretch")


def test_evaluation_with_the_statistics_of_a_batch_is_training():
    x, gamma, beta = arrays((2, 3, 4, 5))
    out = norm.batch_norm(x, gamma, beta)
    again = norm.batch_norm_evaluate(x, gamma, beta, out.mean, out.variance)
    np.testing.assert_allclose(again, out.y, **EXACT)


def test_the_moving_average_begins_with_the_first_and_forgets():
    average = norm.moving_average(None, np.array([4.0]))
    for _ in range(100):
        average = norm.moving_average(average, np.array([1.0]))
    np.testing.assert_allclose(average, 1 + 3 * 0.9**100, rtol=1e-12)


def test_one_example_cannot_be_normalized():
    with pytest.raises(ValueError, match="one number for each neuron, which would be normalized"):
        norm.batch_norm(np.ones((3, 1)), np.ones((3, 1)), np.zeros((3, 1)))


def test_what_does_not_fit_is_named():
    x, gamma, beta = arrays((3, 4))
    with pytest.raises(ValueError, match=r"gamma has shape \(3,\), want \(3, 1\)"):
        norm.layer_norm(x, gamma[:, 0], beta)
    out = norm.layer_norm(x, gamma, beta)
    with pytest.raises(ValueError, match=r"scale has shape \(1, 4\), want \(3, 1\)"):
        norm.batch_norm_backward(x, out.normalized, out.scale, gamma)
    with pytest.raises(TypeError, match="beta has dtype float32, want float64"):
        norm.batch_norm(x, gamma, beta.astype(np.float32))
    with pytest.raises(ValueError, match=r"mean has shape \(1, 4\), want \(3, 1\)"):
        norm.batch_norm_evaluate(x, gamma, beta, out.mean, out.variance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_keeps_the_mean_and_sends_the_error_through_the_same_mask(dtype):
    a = np.ones((100, 400), dtype)
    dropped, mask = norm.dropout(a, 0.8, rng=np.random.default_rng(0))
    assert dropped.dtype == mask.dtype == dtype
    # 40,000 draws: the mean's standard deviation is 0.0025.
    assert dropped.mean() == pytest.approx(1.0, abs=0.01), "the factor 1 / p keeps the mean"
    back = norm.dropout_backward(a, mask)
    np.testing.assert_array_equal(back, mask, err_msg="the factor belongs on the way back, too")
    assert set(np.unique(mask).round(6).tolist()) == {0.0, 1.25}


def test_dropout_by_all_routes():
    _, mask = norm.dropout(np.ones((3, 4)), 0.5, rng=np.random.default_rng(3))

    def times(a):
        return a * mask.astype(a.dtype)

    kind = Layer(
        times, lambda d, a: (norm.dropout_backward(d, mask.astype(d.dtype)),), times, times
    )
    check(kind, [np.random.default_rng(0).standard_normal((3, 4))], m=4)


def test_dropout_refuses_what_is_no_probability():
    with pytest.raises(ValueError, match=r"keep is 1\.5, want a probability"):
        norm.dropout(np.ones(3), 1.5, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="want a numpy"):
        norm.dropout(np.ones(3), 0.5, rng=None)
