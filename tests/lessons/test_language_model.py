"""The language model: its gradient by every route, what it must not see, and that it learns."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import bpcourse as bp
from bpcourse.autodiff import tensor
from bpcourse.autodiff.tensor import Tensor, gradients
from bpcourse.lessons import language_model as lm

SIZES = lm.Sizes(vocabulary=5, context=4, width=4, heads=2, hidden=6, blocks=2)
TOKENS = np.array([[0, 3, 3], [1, 0, 4]])
FOLLOWING = np.array([[3, 3, 2], [0, 4, 4]])
BEFORE = np.triu(np.ones((3, 3), bool))


def parameters(seed=0, sizes=SIZES):
    """Return parameters of which none is 0 or 1."""
    rng = np.random.default_rng(seed)
    return lm.initial(sizes, rng=rng, dtype=np.float64) + 0.3 * rng.standard_normal(lm.count(sizes))


class Library:
    """What the model needs of a library, to be written once for two of them."""

    def __init__(self, sqrt, mean, relu, softmax, concatenate, logsumexp):
        self.sqrt, self.mean, self.relu = sqrt, mean, relu
        self.softmax, self.concatenate, self.logsumexp = softmax, concatenate, logsumexp


ENGINE = Library(
    lambda x: x.sqrt(),
    lambda x: x.mean(axis=0, keepdims=True),
    lambda x: x.relu(),
    lambda s: tensor.softmax(tensor.where(BEFORE, s, np.full((3, 3), -1e30)), axis=0),
    lambda parts: tensor.concatenate(parts, axis=0),
    lambda z: tensor.logsumexp(z, axis=0),
)


def anp_softmax(s):
    e = anp.exp(anp.where(BEFORE, s, -anp.inf) - anp.max(s))
    return e / anp.sum(e, axis=0)


ORACLE = Library(
    anp.sqrt,
    lambda x: anp.mean(x, axis=0, keepdims=True),
    lambda x: anp.maximum(x, 0.0),
    anp_softmax,
    anp.concatenate,
    lambda z: anp.log(anp.sum(anp.exp(z), axis=0)),
)


def cost_of(p, library):
    """Return the mean cost, one text at a time, as the equations of the module say it."""
    total = 0.0
    for tokens, following in zip(TOKENS, FOLLOWING, strict=True):
        x = p["table"][:, tokens] + p["positions"][:, : len(tokens)]
        for k in range(1, SIZES.blocks + 1):
            x = x + attend(normed(x, p[f"gain_1.{k}"], p[f"shift_1.{k}"], library), p, k, library)
            u = normed(x, p[f"gain_2.{k}"], p[f"shift_2.{k}"], library)
            a = library.relu(p[f"w_1.{k}"] @ u + p[f"b_1.{k}"])
            x = x + p[f"w_2.{k}"] @ a + p[f"b_2.{k}"]
        z = p["w"] @ normed(x, p["gain"], p["shift"], library) + p["b"]
        chosen = following, np.arange(len(following))
        total = total + (library.logsumexp(z) - z[chosen]).sum()
    return total / TOKENS.size


def normed(x, gain, shift, library):
    centered = x - library.mean(x)
    return gain * centered / library.sqrt(library.mean(centered * centered) + 1e-5) + shift


def attend(x, p, k, library):
    n, d = SIZES.width, SIZES.width // SIZES.heads
    qkv, read = p[f"w_qkv.{k}"] @ x, []
    for head in range(0, n, d):
        q, key, v = (qkv[j * n + head : j * n + head + d] for j in range(3))
        read.append(v @ library.softmax(key.T @ q / d**0.5))
    return p[f"w_o.{k}"] @ library.concatenate(read)


def test_the_gradient_is_that_of_both_engines():
    vector = parameters()
    cost, grad = lm.gradient(vector, SIZES, TOKENS, FOLLOWING)
    arrays = lm.views(vector, SIZES)
    tensors = {name: Tensor(array) for name, array in arrays.items()}
    result = cost_of(tensors, ENGINE)
    assert float(result.data) == pytest.approx(cost, rel=1e-12)
    by_engine = gradients(result, list(tensors.values()))
    by_oracle = autograd.grad(cost_of)(arrays, ORACLE)
    for (name, found), engine in zip(lm.views(grad, SIZES).items(), by_engine, strict=True):
        np.testing.assert_allclose(found, engine, rtol=1e-9, atol=1e-11, err_msg=f"{name}: engine")
        np.testing.assert_allclose(found, by_oracle[name], rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize(("method", "allowed"), [("complex", 1e-11), ("central", 1e-6)])
def test_the_gradient_is_that_of_differences(method, allowed):
    vector = parameters(1)
    _, grad = lm.gradient(vector, SIZES, TOKENS, FOLLOWING)

    def cost(vector):
        z, _, _ = lm.forward(vector, SIZES, TOKENS)
        return bp.layers.attention.cross_entropy(z, FOLLOWING)[0]

    slopes = bp.finite_difference.derivative(cost, vector, method=method).value
    np.testing.assert_allclose(grad, slopes, atol=allowed * abs(grad).max())


def test_float32_stays_float32():
    vector = parameters()
    wanted = lm.gradient(vector, SIZES, TOKENS, FOLLOWING)[1]
    found = lm.gradient(vector.astype(np.float32), SIZES, TOKENS, FOLLOWING)[1]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


def test_no_position_sees_what_follows():
    vector = parameters()
    before, _, _ = lm.forward(vector, SIZES, TOKENS)
    changed = TOKENS.copy()
    changed[:, 2] = 1
    after, _, _ = lm.forward(vector, SIZES, changed)
    np.testing.assert_array_equal(after[:, :, :2], before[:, :, :2])
    assert not np.allclose(after[:, :, 2], before[:, :, 2])


def test_the_first_cost_is_that_of_equal_probabilities():
    vector = lm.initial(SIZES, rng=np.random.default_rng(0))
    cost, _ = lm.gradient(vector, SIZES, TOKENS, FOLLOWING)
    assert cost == pytest.approx(np.log(5), abs=1e-6)


def test_bigram_counts_by_hand():
    # After a came b twice and c once; with one added, of a, b, c: 1/6, 3/6, 2/6.
    train = np.array([0, 1, 0, 1, 0, 2])
    found = lm.bigram_cross_entropy(train, np.array([0, 1]), 3)
    assert found == pytest.approx(-np.log(3 / 6))
    # After b came a twice: 3/5, 1/5, 1/5.
    found = lm.bigram_cross_entropy(train, np.array([1, 2, 0]), 3)
    assert found == pytest.approx(-(np.log(1 / 5) + np.log(1 / 3)) / 2)


def test_the_cross_entropy_of_a_text_is_the_mean_over_its_pieces():
    vector = parameters()
    tokens = np.random.default_rng(0).integers(0, 5, 300)  # 74 pieces: more than one portion
    pieces = [
        lm.gradient(vector, SIZES, tokens[i : i + 4][None], tokens[i + 1 : i + 5][None])[0]
        for i in range(0, 296, 4)
    ]
    found = lm.cross_entropy(vector, SIZES, tokens)
    assert found == pytest.approx(np.mean(pieces), rel=1e-12)


def test_a_model_learns_what_counts_of_pairs_can_not():
    # Whether b or c follows a depends on the letter before a.
    text = bp.texts.Text.from_string("xabyacxabxabyacyac" * 40)
    sizes = lm.Sizes(len(text.characters), context=6, width=12, heads=2, hidden=24)
    run = lm.train_model(
        text, sizes, steps=150, batch_size=8, eta=0.02, rng=np.random.default_rng(0)
    )
    pairs = lm.bigram_cross_entropy(text.train, text.validation, len(text.characters))
    found = lm.cross_entropy(run.vector, sizes, text.validation)
    assert run.costs[0] == pytest.approx(np.log(5), abs=1e-5) and len(run.costs) == 150
    assert found < 0.8 * pairs, f"{found:.3f} nats, by pairs {pairs:.3f}"


def test_samples_follow_the_probabilities():
    sizes = lm.Sizes(3, context=2, width=4, heads=1, hidden=4)
    vector = np.zeros(lm.count(sizes))
    lm.views(vector, sizes)["b"][:, 0] = np.log([0.7, 0.2, 0.1])
    drawn = lm.sample(vector, sizes, [0], 2000, rng=np.random.default_rng(0))
    shares = np.bincount(drawn[1:], minlength=3) / 2000
    # The standard deviation of a share is at most 0.011.
    np.testing.assert_allclose(shares, [0.7, 0.2, 0.1], atol=0.04)
    cold = lm.sample(vector, sizes, [0], 50, rng=np.random.default_rng(0), temperature=0.01)
    assert not cold.any(), "near 0 the likeliest token always comes"


def test_what_does_not_fit_is_named():
    vector, rng = parameters(), np.random.default_rng(0)
    with pytest.raises(ValueError, match="the texts have 5 positions, want 4 at most"):
        lm.forward(vector, SIZES, np.zeros((1, 5), int))
    with pytest.raises(ValueError, match=r"vector has shape \(3,\), want \("):
        lm.forward(vector[:3], SIZES, TOKENS)
    with pytest.raises(ValueError, match="start is empty"):
        lm.sample(vector, SIZES, [], 1, rng=rng)
    with pytest.raises(ValueError, match="the text has 62 characters, the model 5"):
        lm.train_model(bp.texts.sonnets(), SIZES, steps=1, rng=rng)
    with pytest.raises(ValueError, match="the text has 4 characters, want 5 or more"):
        lm.cross_entropy(vector, SIZES, np.zeros(4, int))
