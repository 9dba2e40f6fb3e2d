"""Embedding, attention and cross-entropy: five routes, what each must not depend on, overflow."""

import autograd.numpy as anp
import autograd.scipy.special as aspecial
import numpy as np
import pytest
import scipy.special
from routes import EXACT, Layer, check

import bpcourse as bp
from bpcourse.autodiff import tensor
from bpcourse.layers import attention as att

TOKENS = np.array([[1, 0, 1], [3, 1, 1]])  # token 2 does not occur, token 1 does four times
BEFORE = np.triu(np.ones((4, 4), bool))  # keys down, queries across


def draw(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def test_embedding_by_all_routes():
    layer = Layer(
        lambda table: att.embedding(table, TOKENS),
        lambda delta, table: (att.embedding_backward(delta, TOKENS, 4),),
        lambda table: table[:, TOKENS],
        lambda table: table[:, TOKENS],
        inputs=(),
    )
    check(layer, draw((3, 4)), m=2)


def test_embedding_is_a_product_with_one_hot_columns():
    (table,) = draw((3, 4))
    columns = bp.datasets.one_hot(TOKENS.ravel(), 4)
    np.testing.assert_array_equal(
        att.embedding(table, TOKENS).reshape(3, -1), table @ columns, "the book's product"
    )
    (delta,) = draw((3, 2, 3), seed=1)
    np.testing.assert_allclose(
        att.embedding_backward(delta, TOKENS, 4), delta.reshape(3, -1) @ columns.T / 2, **EXACT
    )


def test_linear_by_all_routes():
    def oracle(x, w, b):
        return anp.reshape(anp.dot(w, anp.reshape(x, (3, -1))) + b, (2, 2, 4))

    layer = Layer(
        lambda x, w, b: att.linear(w, x) + b[:, None],
        lambda d, x, w, b: (att.linear(w.T, d), att.linear_weights(d, x), att.linear_bias(d)),
        lambda x, w, b: (w @ x.reshape(3, -1) + b).reshape(2, 2, 4),
        oracle,
    )
    check(layer, draw((3, 2, 4), (2, 3), (2, 1)), m=2)


def attention_layer(causal):
    def engine(q, k, v):
        s = k.transpose(0, 2, 1) @ q / q.shape[1] ** 0.5
        if causal:
            s = tensor.where(BEFORE, s, np.full(s.shape, -1e30))
        return v @ tensor.softmax(s, axis=1)

    def oracle(q, k, v):
        s = anp.matmul(anp.transpose(k, (0, 2, 1)), q) / q.shape[1] ** 0.5
        if causal:
            s = anp.where(BEFORE, s, -anp.inf)
        p = anp.exp(s - anp.max(s, axis=1, keepdims=True))
        return anp.matmul(v, p / anp.sum(p, axis=1, keepdims=True))

    def backward(delta, q, k, v):
        _, p = att.attention(q, k, v, causal=causal)
        return att.attention_backward(delta, q, k, v, p)

    def forward(q, k, v):
        return att.attention(q, k, v, causal=causal)[0]

    return Layer(forward, backward, engine, oracle, inputs=(0, 1, 2))


@pytest.mark.parametrize("causal", [True, False])
def test_attention_by_all_routes(causal):
    check(attention_layer(causal), draw((2, 3, 4), (2, 3, 4), (2, 2, 4)), m=2)


@pytest.mark.parametrize(("n", "heads", "causal"), [(4, 2, True), (3, 1, False), (4, 4, True)])
def test_self_attention_by_all_routes(n, heads, causal):
    m, T, d = 2, 4, n // heads

    def forward(x, w_qkv, w_o):
        return att.self_attention(x, w_qkv, w_o, heads, causal=causal)[0]

    def backward(delta, x, w_qkv, w_o):
        _, trace = att.self_attention(x, w_qkv, w_o, heads, causal=causal)
        return att.self_attention_backward(delta, x, w_qkv, w_o, trace)

    def cut(x, w_qkv, w_o, attend, dot, join):
        examples = []
        for i in range(m):
            rows = dot(w_qkv, x[:, i])
            parts = [[rows[j * n + d * h : j * n + d * h + d] for j in range(3)]
                     for h in range(heads)]  # fmt: skip
            read = [attend(*[part[None] for part in head])[0] for head in parts]
            examples.append(dot(w_o, join(read)))
        return examples

    core = attention_layer(causal)
    layer = Layer(
        forward,
        backward,
        lambda *a: tensor.stack(
            cut(*a, core.engine, lambda a, b: a @ b, lambda r: tensor.concatenate(r, axis=0)),
            axis=1,
        ),
        lambda *a: anp.stack(cut(*a, core.oracle, anp.dot, anp.concatenate), axis=1),
    )
    check(layer, draw((n, m, T), (3 * n, n), (n, n)), m)


def test_a_causal_query_does_not_see_what_follows():
    q, k, v = draw((2, 3, 5), (2, 3, 5), (2, 3, 5))
    before, _ = att.attention(q, k, v)
    k[:, :, 3:], v[:, :, 3:] = 9.0, 9.0
    after, p = att.attention(q, k, v)
    np.testing.assert_array_equal(after[:, :, :3], before[:, :, :3])
    assert not np.array_equal(after[:, :, 3:], before[:, :, 3:])
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14, err_msg="columns are shares")
    assert not p[:, ~np.triu(np.ones((5, 5), bool))].any(), "what follows gets exactly 0"


def test_scores_of_a_thousand_do_not_overflow():
    q = np.full((1, 2), 40.0)
    a, p = att.attention(q, np.array([[40.0, -40.0]]), np.array([[1.0, 2.0]]))
    assert np.isfinite(a).all() and p[0, 1] == 1.0
    z = np.array([[1e4], [-1e4]])
    cost, delta = att.cross_entropy(z, np.array([1]))
    assert cost == 2e4 and delta.ravel().tolist() == [1.0, -1.0], "the cost is that far off"


@pytest.mark.parametrize(("shape", "tokens"), [((4, 2, 3), TOKENS), ((4, 2), TOKENS[:, 1])])
def test_cross_entropy_by_all_routes(shape, tokens):
    (z,) = draw(shape)
    count = tokens.size
    chosen = tokens.ravel(), np.arange(count)

    def engine(z):
        return -tensor.log_softmax(z.reshape(4, count), axis=0)[chosen].mean()

    def oracle(z):
        z = anp.reshape(z, (4, count))
        return -anp.mean((z - aspecial.logsumexp(z, axis=0, keepdims=True))[chosen])

    def forward(z):
        return np.asarray(att.cross_entropy(z, tokens)[0], z.dtype)

    def backward(weight, z):
        # delta belongs to each of the examples, and the cost is their mean already.
        return (weight * att.cross_entropy(z, tokens)[1] / len(tokens),)

    layer = Layer(forward, backward, engine, oracle, inputs=())
    check(layer, [z], m=1)


def test_log_softmax_is_scipys():
    (z,) = draw((4, 2, 3))
    np.testing.assert_allclose(att.log_softmax(z), scipy.special.log_softmax(z, axis=0), **EXACT)


def test_what_does_not_fit_is_named():
    x, w = draw((4, 2, 3), (12, 4))
    with pytest.raises(ValueError, match="3 heads can't share 4 neurons equally"):
        att.self_attention(x, w, np.eye(4), 3)
    with pytest.raises(ValueError, match=r"w_qkv has shape \(4, 4\), want \(12, 4\)"):
        att.self_attention(x, np.eye(4), np.eye(4), 2)
    with pytest.raises(ValueError, match="token 4 is out of range, want 0 to 3"):
        att.embedding(np.ones((2, 4)), np.array([[4]]))
    with pytest.raises(ValueError, match="token -1 is out of range"):
        att.embedding(np.ones((2, 4)), np.array([[-1]]))
    with pytest.raises(TypeError, match="tokens have dtype float64, want whole numbers"):
        att.embedding(np.ones((2, 4)), np.array([[1.0]]))
    with pytest.raises(ValueError, match=r"tokens has shape \(3,\), want \(2, 3\)"):
        att.cross_entropy(x, np.array([0, 1, 1]))
    with pytest.raises(ValueError, match=r"k has shape \(1, 3, 4\), want \(2, 3, 4\)"):
        att.attention(*draw((2, 3, 4), (1, 3, 4), (2, 3, 4)))
