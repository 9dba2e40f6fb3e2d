"""Layers beside PyTorch: forward and backward, float32, the same numbers checked first.

Each function returns two callables that compute the gradients once, ours and PyTorch's (eager, one
thread), and one for each that gives the gradients of the parameters as a flat vector.
"""

from functools import partial

import numpy as np

from bpcourse import texts
from bpcourse.layers import attention, convolution, recurrent
from bpcourse.layers.optimizers import adam
from bpcourse.lessons import language_model


def numbers(seed=0):
    """Return a function that draws float32 numbers of a shape."""
    rng = np.random.default_rng(seed)
    return lambda *shape: rng.standard_normal(shape).astype(np.float32)


def flat(arrays):
    """Return arrays or PyTorch's tensors as one vector."""
    return np.concatenate([np.ravel(np.asarray(each)) for each in arrays])


def recurrent_layer(torch, n_in, n, steps, m):
    """A tanh layer over all steps, with an error at each of them."""
    draw = numbers()
    x, grad_h = draw(steps, n_in, m), draw(steps, n, m)
    w_x, w_h, b = draw(n, n_in) / n_in**0.5, draw(n, n) / n**0.5, draw(n, 1)

    def ours():
        h = recurrent.forward(x, w_x, w_h, b)
        delta = recurrent.bptt(grad_h, h, w_h)
        return recurrent.recurrent_weights(delta, h, x), recurrent.recurrent_inputs(w_x, delta)

    layer = torch.nn.RNN(n_in, n)
    parameters = list(layer.parameters())[:3]
    with torch.no_grad():
        for mine, array in zip(layer.parameters(), (w_x, w_h, b[:, 0], 0 * b[:, 0]), strict=True):
            mine.copy_(torch.tensor(array))
    rows = torch.tensor(x.transpose(0, 2, 1).copy(), requires_grad=True)
    cotangent = torch.tensor(grad_h.transpose(0, 2, 1).copy()) / m

    def theirs():
        return torch.autograd.grad(layer(rows)[0], [*parameters, rows], cotangent)

    return ours, theirs, lambda: flat(ours()[0]), lambda: flat(theirs()[:3])


def convolutions(torch, side, padding, channels=(1, 8, 16), m=32):
    """Two 3 x 3 convolutions, each with a rectifier."""
    draw = numbers()
    c_in, c_mid, c_out = channels
    last = side + 4 * padding - 4
    x, error = draw(c_in, side, side, m), draw(c_out, last, last, m)
    w_1, b_1 = draw(c_mid, c_in, 3, 3) / 3, draw(c_mid, 1)
    w_2, b_2 = draw(c_out, c_mid, 3, 3) / 9, draw(c_out, 1)

    def ours():
        seen_1 = convolution.gather(x, 3, padding=padding)
        z_1 = convolution.conv(x, w_1, b_1, padding=padding, columns=seen_1)
        a_1 = np.maximum(z_1, 0)
        seen_2 = convolution.gather(a_1, 3, padding=padding)
        z_2 = convolution.conv(a_1, w_2, b_2, padding=padding, columns=seen_2)
        delta_2 = error * (z_2 > 0)
        delta_1 = convolution.conv_backward_input(delta_2, w_2, a_1.shape, padding=padding) * (
            z_1 > 0
        )
        return (
            convolution.conv_backward_weights(x, delta_1, 3, padding=padding, columns=seen_1),
            convolution.conv_backward_bias(delta_1),
            convolution.conv_backward_weights(a_1, delta_2, 3, padding=padding, columns=seen_2),
            convolution.conv_backward_bias(delta_2),
        )

    arrays = (w_1, b_1[:, 0], w_2, b_2[:, 0])
    p = [torch.tensor(array, requires_grad=True) for array in arrays]
    images, cotangent = (torch.tensor(each.transpose(3, 0, 1, 2).copy()) for each in (x, error))
    conv2d, relu = torch.nn.functional.conv2d, torch.nn.functional.relu

    def theirs():
        a = relu(conv2d(images, p[0], p[1], padding=padding))
        return torch.autograd.grad(relu(conv2d(a, p[2], p[3], padding=padding)), p, cotangent / m)

    return ours, theirs, lambda: flat(ours()), lambda: flat(theirs())


def attention_layer(torch, m=16, positions=64, width=64, heads=4):
    """Causal attention with several heads, with PyTorch's own fused product."""
    draw = numbers()
    x, delta = draw(width, m, positions), draw(width, m, positions)
    w_qkv, w_o = draw(3 * width, width) / width**0.5, draw(width, width) / width**0.5

    def ours():
        _, trace = attention.self_attention(x, w_qkv, w_o, heads)
        return attention.self_attention_backward(delta, x, w_qkv, w_o, trace)

    tensors = [torch.tensor(a, requires_grad=True) for a in (x.transpose(1, 2, 0), w_qkv, w_o)]
    cotangent = torch.tensor(delta.transpose(1, 2, 0).copy()) / m

    def theirs():
        return torch.autograd.grad(attend(torch, *tensors, heads), tensors, cotangent)

    return ours, theirs, lambda: flat(ours()[1:]), lambda: flat(theirs()[1:])


def attend(torch, rows, w_qkv, w_o, heads):
    """Return a layer of causal attention in PyTorch, on rows (m, T, n)."""
    m, positions, n = rows.shape
    parts = (rows @ w_qkv.T).split(n, 2)
    q, k, v = (part.view(m, positions, heads, n // heads).transpose(1, 2) for part in parts)
    read = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return read.transpose(1, 2).reshape(m, positions, n) @ w_o.T


def language_model_step(torch, m=32):
    """One training step of the language model: gradient and Adam."""
    text, sizes = texts.sonnets(), language_model.Sizes(62)
    rng = np.random.default_rng(0)
    start = language_model.initial(sizes, rng=rng)
    start += 0.01 * rng.standard_normal(start.shape).astype(np.float32)
    batch = text.batch(m, sizes.context, rng=rng)
    kept = {"vector": start, "state": None}

    def ours():
        _, grad = language_model.gradient(kept["vector"], sizes, *batch)
        kept["vector"], kept["state"] = adam(kept["vector"], grad, kept["state"], eta=1e-4)

    named = language_model.views(start, sizes)
    p = {name: torch.tensor(array.copy(), requires_grad=True) for name, array in named.items()}
    step = torch.optim.Adam(p.values(), lr=1e-4)
    loss = partial(torch_loss, torch, p, sizes, *map(torch.tensor, batch))

    def theirs():
        step.zero_grad()
        loss().backward()
        step.step()

    return (
        ours,
        theirs,
        lambda: language_model.gradient(start, sizes, *batch)[1],
        lambda: flat(torch.autograd.grad(loss(), list(p.values()))),
    )


def torch_loss(torch, p, sizes, tokens, following):
    """Return the language model's cost in PyTorch, on rows (m, T, n)."""
    f, n = torch.nn.functional, sizes.width

    def norm(x, name):
        return f.layer_norm(x, (n,), p[f"gain{name}"][:, 0], p[f"shift{name}"][:, 0])

    x = f.embedding(tokens, p["table"].T) + p["positions"].T[: tokens.shape[1]]
    for k in range(1, sizes.blocks + 1):
        x = x + attend(torch, norm(x, f"_1.{k}"), p[f"w_qkv.{k}"], p[f"w_o.{k}"], sizes.heads)
        a = f.relu(f.linear(norm(x, f"_2.{k}"), p[f"w_1.{k}"], p[f"b_1.{k}"][:, 0]))
        x = x + f.linear(a, p[f"w_2.{k}"], p[f"b_2.{k}"][:, 0])
    z = f.linear(norm(x, ""), p["w"], p["b"][:, 0])
    return f.cross_entropy(z.reshape(-1, sizes.vocabulary), following.reshape(-1))


# name: (what to build, the largest ratio of ours to PyTorch's that is the goal)
CASES = {
    "recurrent [64, 128], 50 steps, batch 32": (
        partial(recurrent_layer, n_in=64, n=128, steps=50, m=32),
        1.0,
    ),
    "recurrent [16, 32], 20 steps, batch 16": (
        partial(recurrent_layer, n_in=16, n=32, steps=20, m=16),
        0.5,
    ),
    "two convolutions on 8 x 8, batch 32": (partial(convolutions, side=8, padding=0), 0.4),
    "the same on 8 x 8 with borders": (partial(convolutions, side=8, padding=1), 0.4),
    "two convolutions on 28 x 28, batch 32": (partial(convolutions, side=28, padding=0), 1.5),
    "the same on 28 x 28 with borders": (partial(convolutions, side=28, padding=1), 1.5),
    "attention, 64 positions, 64 wide, batch 16": (attention_layer, 1.2),
    "a training step of the language model": (language_model_step, 1.2),
}


def check(case, ours, theirs):
    """Raise RuntimeError unless both found the same gradients, up to rounding in float32.

    A rectifier's input within rounding of 0 may fall on either side: so what counts is the length
    of the difference, not its largest entry.
    """
    one, other = ours(), theirs()
    difference = np.linalg.norm(one - other) / np.linalg.norm(other)
    if one.dtype != np.float32 or not difference < 1e-4:
        raise RuntimeError(f"{case}: gradients in {one.dtype} differ by {difference:.1e}")
