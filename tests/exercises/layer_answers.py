"""Answers to the exercises on layers: right ones in several styles, and wrong ones.

``RIGHT`` and ``WRONG`` as in ``exercise_answers``.
"""

# ruff: noqa: B905 (learners write zip without strict)

import autograd
import autograd.numpy as anp
import numpy as np

import bpcourse as bp
from bpcourse.layers import attention, convolution, normalization, optimizers, recurrent

# Recurrent


def bptt_step_in_loops(w_h, delta_next, grad_h, h):
    delta = grad_h.tolist()
    n, m = h.shape
    for x in range(m):
        for j in range(n):
            for i in range(n):
                delta[j][x] += w_h[i, j] * delta_next[i, x]
            delta[j][x] *= 1 - h[j, x] ** 2
    return delta


def recurrent_weights_in_a_loop(delta, h, x):
    steps, n, m = delta.shape
    w_x, w_h, b = np.zeros((n, x.shape[1])), np.zeros((n, n)), np.zeros((n, 1))
    for t in range(steps):
        w_x += delta[t] @ x[t].T / m
        w_h += delta[t] @ h[t].T / m
        b += delta[t].mean(axis=1, keepdims=True)
    return [w_x, w_h, b]


def recurrent_weights_by_einsum(delta, h, x):
    m = x.shape[2]
    return {
        "grad_w_x": np.einsum("tjm,tkm->jk", delta, x) / m,
        "grad_w_h": np.einsum("tjm,tkm->jk", delta, h[:-1]) / m,
        "grad_b": np.einsum("tjm->j", delta)[:, None] / m,
    }


def recurrent_weights_overwritten(delta, h, x):
    for t in range(len(delta)):
        grads = (
            delta[t] @ x[t].T / x.shape[2],
            delta[t] @ h[t].T / x.shape[2],
            delta[t].mean(axis=1, keepdims=True),
        )
    return grads


def recurrent_weights_of_the_state_after(delta, h, x):
    return recurrent_weights_in_a_loop(delta, h[1:], x)


# Convolution


def conv_input_by_turning(delta, w, shape, stride, padding):
    c_in, height, width, m = shape
    k = w.shape[-1]
    wide = np.zeros((len(delta), height + 2 * padding - k + 1, width + 2 * padding - k + 1, m))
    wide[:, ::stride, ::stride] = delta
    wide = np.pad(wide, ((0, 0), (k - 1, k - 1), (k - 1, k - 1), (0, 0)))
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    back = convolution.conv_loop(wide, turned, np.zeros((c_in, 1)))
    return back[:, padding : padding + height, padding : padding + width]


def conv_input_in_loops(delta, w, shape, stride, padding):
    x = np.zeros(shape)
    _, h, w_, _ = delta.shape
    for p in range(h):
        for q in range(w_):
            for i in range(w.shape[2]):
                for j in range(w.shape[3]):
                    row, column = stride * p + i - padding, stride * q + j - padding
                    if 0 <= row < shape[1] and 0 <= column < shape[2]:
                        x[:, row, column] += w[:, :, i, j].T @ delta[:, p, q]
    return x


def conv_weights_in_loops(x, delta, k, stride, padding):
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    grad = np.zeros((len(delta), len(x), k, k))
    for p in range(delta.shape[1]):
        for q in range(delta.shape[2]):
            seen = x[:, stride * p : stride * p + k, stride * q : stride * q + k]
            grad += np.einsum("om,cijm->ocij", delta[:, p, q], seen)
    return grad / x.shape[3]


def conv_weights_of_the_package(x, delta, k, stride, padding):
    return convolution.conv_backward_weights(x, delta, k, stride=stride, padding=padding)


def conv_input_of_the_package(delta, w, shape, stride, padding):
    return convolution.conv_backward_input(delta, w, shape, stride=stride, padding=padding)


def conv_input_overwritten(delta, w, shape, stride, padding):
    x = np.zeros((shape[0], shape[1] + 2 * padding, shape[2] + 2 * padding, shape[3]))
    k = w.shape[-1]
    for p in range(delta.shape[1]):
        for q in range(delta.shape[2]):
            window = np.tensordot(w, delta[:, p, q], (0, 0))
            x[:, stride * p : stride * p + k, stride * q : stride * q + k] = window
    return x[:, padding : padding + shape[1], padding : padding + shape[2]]


def pool_in_loops(delta, x, size):
    back = np.zeros_like(x)
    for c, p, q, i in np.ndindex(delta.shape):
        square = x[c, p * size : p * size + size, q * size : q * size + size, i]
        row, column = np.unravel_index(square.argmax(), square.shape)
        back[c, p * size + row, q * size + column, i] = delta[c, p, q, i]
    return back


def pool_by_comparison(delta, x, size):
    largest = convolution.max_pool(x, size)[0].repeat(size, 1).repeat(size, 2)
    return delta.repeat(size, 1).repeat(size, 2) * (x == largest)


def pool_by_autograd(delta, x, size):
    def pooled(x):
        c, height, width, m = x.shape
        tiles = anp.reshape(x, (c, height // size, size, width // size, size, m))
        return anp.sum(delta * anp.max(tiles, axis=(2, 4)))

    return autograd.grad(pooled)(x)  # ties share the error


def pool_last(delta, x, size):
    turned = pool_in_loops(delta[:, ::-1, ::-1], x[:, ::-1, ::-1], size)
    return turned[:, ::-1, ::-1]


# Normalization


def normalization_by_definition(axis):
    def backward(delta, normalized, scale, gamma):
        count = delta.shape[axis]
        g = gamma * delta
        delta_x = np.zeros_like(delta)
        for j in range(delta.shape[0]):
            for x in range(delta.shape[1]):
                together = np.s_[j, :] if axis == 1 else np.s_[:, x]
                here, hats = g[together], normalized[together]
                s = scale[j, 0] if axis == 1 else scale[0, x]
                delta_x[j, x] = (
                    s
                    / count
                    * (count * g[j, x] - here.sum() - normalized[j, x] * (here * hats).sum())
                )
        m = delta.shape[1]
        grad_gamma = np.sum(delta * normalized, axis=1, keepdims=True) / m
        return delta_x, grad_gamma, delta.mean(axis=1).reshape(-1, 1)

    return backward


def normalization_by_jacobians(axis):
    def backward(delta, normalized, scale, gamma):
        g, hats = (gamma * delta, normalized) if axis == 1 else ((gamma * delta).T, normalized.T)
        n = g.shape[1]
        rows = [((np.eye(n) - 1 / n - np.outer(hat, hat) / n) @ row) for hat, row in zip(hats, g)]
        back = np.array(rows) if axis == 1 else np.array(rows).T
        means = [(p.mean(axis=1))[:, None] for p in (delta * normalized, delta)]
        return [back * scale, *means]

    return backward


def normalization_over_the_neurons(delta, normalized, scale, gamma):
    g = gamma * delta
    back = g - g.mean(axis=0) - normalized * (g * normalized).mean(axis=0)
    means = [p.mean(axis=1, keepdims=True) for p in (delta * normalized, delta)]
    return scale * back, *means


def normalization_with_constant_statistics(delta, normalized, scale, gamma):
    means = [p.mean(axis=1, keepdims=True) for p in (delta * normalized, delta)]
    return gamma * delta * scale, *means


# Attention


def embedding_in_a_loop(delta, tokens, vocabulary):
    grad = np.zeros((len(delta), vocabulary))
    for i, t in np.ndindex(tokens.shape):
        grad[:, tokens[i, t]] += delta[:, i, t] / len(tokens)
    return grad


def embedding_by_one_hot(delta, tokens, vocabulary):
    columns = np.eye(vocabulary)[tokens.ravel()]
    return delta.reshape(len(delta), -1) @ columns / tokens.shape[0]


def embedding_by_add_at(delta, tokens, vocabulary):
    grad = np.zeros((vocabulary, len(delta)))
    np.add.at(grad, tokens, delta.transpose(1, 2, 0))
    return grad.T / len(tokens)


def embedding_with_an_array_as_index(delta, tokens, vocabulary):
    grad = np.zeros((len(delta), vocabulary))
    grad[:, tokens] += delta
    return grad / len(tokens)


def attention_of_the_package(delta, q, k, v):
    _, p = attention.attention(q, k, v)
    return attention.attention_backward(delta, q, k, v, p)


def attention_by_queries(delta, q, k, v):
    d, T = q.shape
    back_q, back_k, back_v = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for j in range(T):
        s = np.array([k[:, i] @ q[:, j] for i in range(j + 1)]) / np.sqrt(d)
        p = np.exp(s) / np.exp(s).sum()
        jacobian = np.diag(p) - np.outer(p, p)
        back_s = jacobian @ (v[:, : j + 1].T @ delta[:, j]) / np.sqrt(d)
        back_v[:, : j + 1] += np.outer(delta[:, j], p)
        back_q[:, j] = k[:, : j + 1] @ back_s
        back_k[:, : j + 1] += np.outer(q[:, j], back_s)
    return back_q, back_k, back_v


def attention_with_parts(mask=True, jacobian=True, scale=True):
    def backward(delta, q, k, v):
        s = (k.T @ q) / np.sqrt(len(q))
        if mask:
            s[np.tril_indices(len(s), -1)] = -1e9
        e = np.exp(s - s.max(axis=0))
        p = e / e.sum(axis=0)
        back_p = v.T @ delta
        back_s = p * (back_p - np.sum(p * back_p, axis=0)) if jacobian else back_p
        if scale:
            back_s = back_s / np.sqrt(len(q))
        return k @ back_s, q @ back_s.T, delta @ p.T

    return backward


# Adam


def adam_by_the_package(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    new = [], [], []
    for w, g, v_i, s_i in zip(weights, grads, v, s):
        state = optimizers.State(t - 1, v_i, s_i)
        options = {"eta": eta, "beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        w, state = optimizers.adam(w, g, state, **options)
        for group, array in zip(new, (w, state.velocity, state.square)):
            group.append(array)
    return new


def adam_in_comprehensions(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    v = [beta_1 * a + (1 - beta_1) * g for a, g in zip(v, grads)]
    s = [beta_2 * a + (1 - beta_2) * np.square(g) for a, g in zip(s, grads)]
    tops, roots = ([a / (1 - b**t) for a in group] for group, b in ((v, beta_1), (s, beta_2)))
    moved = [w - eta * a / (np.sqrt(b) + epsilon) for w, a, b in zip(weights, tops, roots)]
    return moved, v, s


def adam_in_the_papers_order(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    v = [beta_1 * a + (1 - beta_1) * g for a, g in zip(v, grads)]
    s = [beta_2 * a + (1 - beta_2) * g**2 for a, g in zip(s, grads)]
    rate = eta * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    return [w - rate * a / (b**0.5 + epsilon) for w, a, b in zip(weights, v, s)], v, s


def adam_with_a_counter_in_the_loop(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    new = [], [], []
    for w, g, v_i, s_i in zip(weights, grads, v, s):
        v_i = beta_1 * v_i + (1 - beta_1) * g
        s_i = beta_2 * s_i + (1 - beta_2) * g * g
        step = eta * (v_i / (1 - beta_1**t)) / (np.sqrt(s_i / (1 - beta_2**t)) + epsilon)
        for group, array in zip(new, (w - step, v_i, s_i)):
            group.append(array)
        t += 1
    return new


def adam_uncorrected(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    v = [beta_1 * a + (1 - beta_1) * g for a, g in zip(v, grads)]
    s = [beta_2 * a + (1 - beta_2) * g * g for a, g in zip(s, grads)]
    return [w - eta * a / (b**0.5 + epsilon) for w, a, b in zip(weights, v, s)], v, s


def adam_epsilon_inside(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    v = [beta_1 * a + (1 - beta_1) * g for a, g in zip(v, grads)]
    s = [beta_2 * a + (1 - beta_2) * g * g for a, g in zip(s, grads)]
    moved = [
        w - eta * a / (1 - beta_1**t) / np.sqrt(b / (1 - beta_2**t) + epsilon)
        for w, a, b in zip(weights, v, s)
    ]
    return moved, v, s


def tripled(function):
    """Return a function whose results are three times too large: no mistake of the catalogue."""

    def wrong(*args):
        result = function(*args)
        return 3 * result if isinstance(result, np.ndarray) else [3 * each for each in result]

    return wrong


RIGHT = {
    "bptt_step": [
        recurrent.bptt_step,
        bptt_step_in_loops,
        lambda w, later, e, h: bp.equations.bp2(w, later, 1 - h * h) + e - e * h**2,
    ],
    "recurrent_weights": [
        recurrent.recurrent_weights,
        recurrent_weights_in_a_loop,
        recurrent_weights_by_einsum,
    ],
    "conv_backward_input": [
        conv_input_of_the_package,
        conv_input_in_loops,
        conv_input_by_turning,
    ],
    "conv_backward_weights": [
        conv_weights_of_the_package,
        conv_weights_in_loops,
        lambda *args: conv_weights_in_loops(*args).astype(np.float32),
    ],
    "max_pool_backward": [
        lambda d, x, size: convolution.max_pool_backward(d, convolution.max_pool(x, size)[1], size),
        pool_in_loops,
        pool_by_comparison,
        pool_by_autograd,
        pool_last,
    ],
    "batch_norm_backward": [
        normalization.batch_norm_backward,
        normalization_by_definition(1),
        normalization_by_jacobians(1),
    ],
    "layer_norm_backward": [
        normalization.layer_norm_backward,
        normalization_by_definition(0),
        normalization_by_jacobians(0),
    ],
    "embedding_backward": [
        attention.embedding_backward,
        embedding_in_a_loop,
        embedding_by_one_hot,
        embedding_by_add_at,
    ],
    "attention_backward": [
        attention_of_the_package,
        attention_by_queries,
        attention_with_parts(),
    ],
    "adam_step": [adam_by_the_package, adam_in_comprehensions, adam_in_the_papers_order],
}

WRONG = {
    "bptt_step": [
        (lambda w, later, e, h: e + np.dot(w.T, later), "missing_slope"),
        (lambda w, later, e, h: np.dot(w, later) * (1 - h**2) + e * (1 - h**2), "no_transpose"),
        (lambda w, later, e, h: np.dot(w.T, later) * (1 - h**2), "no_cost_here"),
        (lambda w, later, e, h: e + np.dot(w.T, later) * (1 - h**2), "slope_on_one_term"),
        (lambda w, later, e, h: (e - w.T @ later) * (1 - h**2), None),
        (tripled(recurrent.bptt_step), None),
    ],
    "recurrent_weights": [
        (recurrent_weights_overwritten, "last_step"),
        (recurrent_weights_of_the_state_after, "wrong_time"),
        (
            lambda d, h, x: [
                d @ x.swapaxes(1, 2) / x.shape[2],
                d @ h[:-1].swapaxes(1, 2) / x.shape[2],
                d.mean(axis=2, keepdims=True),
            ],
            "not_summed",
        ),
        (lambda d, h, x: recurrent_weights_in_a_loop(d * (1 - h[1:] ** 2), h, x), "slope_twice"),
        (
            lambda d, h, x: recurrent_weights_in_a_loop(d, np.concatenate([h[1:], h[:1]]), x),
            "wrong_time",
        ),
        (tripled(recurrent.recurrent_weights), None),
    ],
    "conv_backward_input": [
        (
            lambda d, w, *rest: conv_input_in_loops(d, np.flip(w, (2, 3)), *rest),
            "flipped_kernel",
        ),
        (conv_input_overwritten, "overwritten"),
        (lambda d, w, s, stride, p: conv_input_in_loops(d, w, s, 1, p), "stride"),
        (lambda d, w, s, stride, p: conv_input_in_loops(d, w, s, stride, 0), "padding"),
        (tripled(conv_input_in_loops), None),
    ],
    "conv_backward_weights": [
        (lambda *args: np.flip(conv_weights_in_loops(*args), (2, 3)), "flipped_kernel"),
        (lambda x, d, k, stride, p: conv_weights_in_loops(x, d, k, 1, p), "stride"),
        (lambda x, *rest: conv_weights_in_loops(x, *rest) * x.shape[3], "sum"),
        (
            lambda x, d, *rest: conv_weights_in_loops(x, d, *rest) / d[0, ..., 0].size,
            "mean_over_places",
        ),
        (tripled(conv_weights_in_loops), None),
    ],
    "max_pool_backward": [
        (lambda d, x, size: np.kron(d, np.ones((1, size, size, 1))), "everywhere"),
        (lambda d, x, size: np.kron(d, np.ones((1, size, size, 1))) / size**2, "mean"),
        (lambda d, x, size: pool_in_loops(d, -x, size), "smallest"),
        (lambda d, x, size: x * pool_by_comparison(d, x, size), "times_x"),
        (tripled(pool_in_loops), None),
    ],
    "batch_norm_backward": [
        (normalization_with_constant_statistics, "constant_statistics"),
        (normalization_over_the_neurons, "wrong_axis"),
        (lambda d, n, s, g: normalization_by_definition(1)(d, n, s, np.ones_like(g)),
         "missing_gamma"),
        (lambda d, n, s, g: normalization_by_definition(1)(d, n, np.ones_like(s), g),
         "missing_scale"),
        (tripled(normalization_by_jacobians(1)), None),
    ],
    "layer_norm_backward": [
        (normalization_with_constant_statistics, "constant_statistics"),
        (lambda d, n, s, g: normalization_by_definition(0)(d, n, s, np.ones_like(g)),
         "missing_gamma"),
        (lambda d, n, s, g: normalization_by_definition(0)(d, n, np.ones_like(s), g),
         "missing_scale"),
        (tripled(normalization_by_jacobians(0)), None),
    ],
    "embedding_backward": [
        (embedding_with_an_array_as_index, "assigned"),
        (lambda *args: embedding_in_a_loop(*args).T, "transposed"),
        (lambda d, t, v: embedding_by_one_hot(d, t, v) * len(t), "sum"),
        (lambda d, t, v: embedding_by_one_hot(d, t, v) * len(t) / t.size, "mean_over_positions"),
        (tripled(embedding_by_one_hot), None),
    ],
    "attention_backward": [
        (attention_with_parts(mask=False), "missing_mask"),
        (attention_with_parts(jacobian=False), "no_jacobian"),
        (attention_with_parts(scale=False), "missing_scale"),
        (lambda d, q, k, v: attention_by_queries(d, k, q, v), None),
        (tripled(attention_by_queries), None),
    ],
    "adam_step": [
        (adam_with_a_counter_in_the_loop, "counter"),
        (adam_uncorrected, "no_correction"),
        (adam_epsilon_inside, "epsilon_inside"),
        (lambda *args: [[3 * a for a in group] for group in adam_in_comprehensions(*args)], None),
    ],
}  # fmt: skip
