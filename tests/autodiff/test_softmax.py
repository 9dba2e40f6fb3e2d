"""softmax, log_softmax and logsumexp: large logits, masks, and their gradients."""

import numpy as np
import pytest
from scipy import special

from bpcourse.autodiff import tensor
from bpcourse.autodiff.tensor import Tensor, gradients

LARGE = [1.0, 1e3, 1e4, 1e7, 1e8]
INF = np.inf


@pytest.mark.parametrize("size", LARGE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_large_logits(size, dtype):
    x = Tensor(np.full(2, size, dtype))
    few = {"rtol": 4 * np.finfo(dtype).eps, "atol": 0}
    np.testing.assert_allclose(tensor.softmax(x, axis=0).data, [0.5, 0.5], **few)
    half = [-np.log(2.0)] * 2
    np.testing.assert_allclose(tensor.log_softmax(x, axis=0).data, half, **few)
    slope = gradients(tensor.logsumexp(x, axis=0), [x])[0]
    np.testing.assert_allclose(slope, [0.5, 0.5], **few, err_msg="it is the softmax")
    assert slope.dtype == dtype


@pytest.mark.parametrize("size", LARGE)
@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
def test_float32_as_good_as_float64(size, axis):
    """The logits differ by whole numbers of units in the last place, which float32 keeps."""
    steps = np.random.default_rng(0).integers(-3, 4, (3, 4)) * np.spacing(np.float32(size))
    x = np.float32(size) + steps.astype(np.float32)
    wide = x.astype(np.float64)
    ours = tensor.softmax(Tensor(x), axis=axis).data
    np.testing.assert_allclose(ours, special.softmax(wide, axis=axis), rtol=5e-7, atol=0)
    assert ours.dtype == np.float32
    logs = tensor.log_softmax(Tensor(x), axis=axis).data
    # Where one probability is close to 1, its logarithm is as far from 0 as a sum near 1 rounds.
    np.testing.assert_allclose(logs, special.log_softmax(wide, axis=axis), rtol=1e-6, atol=2e-7)
    total = tensor.logsumexp(Tensor(x), axis=axis).data
    expected = special.logsumexp(wide, axis=axis)
    np.testing.assert_allclose(total, expected, rtol=2e-7)


@pytest.mark.parametrize("function", [tensor.softmax, tensor.log_softmax])
@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
def test_gradients_by_differences(function, axis):
    rng = np.random.default_rng(1)
    x, g = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
    grad = gradients(function(Tensor(x), axis=axis), [t := Tensor(x)], cotangent=g)[0]
    assert not grad.any(), "another tensor of the same data is another input"
    grad = gradients(function(t, axis=axis), [t], cotangent=g)[0]
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        ends = [(g * function(Tensor(end), axis=axis).data).sum() for end in (up, down)]
        assert grad[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-8)


def masked_scores():
    """Return scores of two rows, and the same with the last key masked in several ways."""
    scores = Tensor([[0.5, -1.0, 2.0], [1.0, 3.0, -0.5]])
    allowed = np.array([[True, True, False], [True, True, False]])
    adding = np.where(allowed, 0.0, -INF)
    return scores, [tensor.where(allowed, scores, -INF), scores + adding, (scores + adding) / 2 * 2]


@pytest.mark.parametrize("way", [0, 1, 2])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_a_mask_acts_like_leaving_out(name, way):
    scores, masked = masked_scores()
    function = getattr(tensor, name)
    seen = scores[:, :2]
    expected = function(seen, axis=1)
    result = function(masked[way], axis=1)
    if name != "logsumexp":
        assert (result.data[:, 2] == (0 if name == "softmax" else -INF)).all()
        result = result[:, :2]
    np.testing.assert_allclose(result.data, expected.data, rtol=1e-15)
    weights = np.random.default_rng(0).standard_normal(expected.shape)
    grad = gradients(result, [scores], cotangent=weights)[0]
    want = gradients(expected, [scores], cotangent=weights)[0]
    np.testing.assert_allclose(grad, want, rtol=1e-12, atol=1e-15)
    assert not grad[:, 2].any(), "what is masked has no influence"


@pytest.mark.parametrize("function", [tensor.softmax, tensor.log_softmax, tensor.logsumexp])
def test_all_masked_is_refused(function):
    x = Tensor([[0.0, -INF], [-INF, -INF]])
    with pytest.raises(ValueError, match="all entries along axis 1 are -inf, want one that is not"):
        function(x, axis=1)
    assert np.isfinite(tensor.logsumexp(x, axis=None).data), "one finite entry is enough"


def test_minus_infinity_is_passed_on_but_not_made():
    x = Tensor([0.0, -INF])
    assert (x + 1).data.tolist() == [1.0, -INF]
    assert x.exp().data.tolist() == [1.0, 0.0]
    assert x.max().data == 0
    with pytest.raises(ValueError, match=r"multiply of shape \(2,\) and \(2,\) has nan at entry"):
        x * np.array([1.0, 0.0])
    with pytest.raises(ValueError, match=r"log of shape \(1,\) has -inf at entry \(0,\)"):
        Tensor([0.0]).log()
