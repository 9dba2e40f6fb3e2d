"""The right answers that the chapters give in words: what is wrong in a bug hunt, and numbers."""

# The place in the program that is wrong, and what mends it.
MENDED = {
    "ex-attention-hunt": ("sum(axis=1, keepdims=True)", "sum(axis=0)"),
    "ex-by-hand-7": ("(w3.T @ delta3)", "(weights[1].T @ delta3)"),
    "ex-chain-rule-bug": ("grad_u = grad_t * u", "grad_u = grad_t * t"),
    "ex-convolution-hunt": ("w[:, :, k - 1 - i, k - 1 - j]", "w[:, :, i, j]"),
    "ex-cost-of-gradients-bug": ("/ h", "/ (2 * h)"),
    "ex-debugging-3": ("grad_w[l] =", "grad_w[l] +="),
    "ex-debugging-4": (
        "(a[-1] - y) * bp.sigmoid.prime(z[-1])\n"
        "    grad_w, grad_b = [None] * len(weights), [None] * len(weights)\n"
        "    for l in reversed(range(len(weights))):\n"
        "        incoming = z[l - 1] if l > 0 else x",
        "(a[-1] - y)\n"
        "    grad_w, grad_b = [None] * len(weights), [None] * len(weights)\n"
        "    for l in reversed(range(len(weights))):\n"
        "        incoming = a[l]",
    ),
    "ex-deep-hunt": ('"axis": 0', '"axis": 1'),
    "ex-four-equations-hunt": ("delta.sum(axis=1", "delta.mean(axis=1"),
    "ex-from-scratch-hunt": ("(1 / a[i]).T", "a[i].T"),
    "ex-hidden-layer-7": ("w3.T @ (a3 - y)", "w3.T @ delta3"),
    "ex-learning-speed-hunt": (
        "        delta = delta * a[i + 1] * (1 - a[i + 1])\n",
        "        if i + 1 < len(weights):\n            delta = delta * a[i + 1] * (1 - a[i + 1])\n",
    ),
    "ex-museum-hunt": (
        "    return grad_w, grad_b",
        "    return grad_w[::-1], grad_b[::-1]",
    ),
    "ex-one-weight-bug": ("nudged[i] -= h", "nudged[i] += h"),
    "ex-reading-digits-bug": ("zs.append(a)", "zs.append(z)"),
    "ex-same-weight-hunt": ("h[t + 1].T", "h[t].T"),
    "ex-steps-hunt": ("        t = t + 1\n", ""),
    "ex-your-own-hunt": ("sigmoid_prime(activations[-1])", "sigmoid_prime(zs[-1])"),
}

# The numbers as the solutions give them, rounded as a learner would.
RIGHT = {
    "ex-chain-rule-1": {"answer": [3, 8, -1 / 16**2, -3 / 32]},
    "ex-computational-graphs-1": {"answer": [174, 89]},
    "ex-convolution-drill": {
        "z": [6, 13, -7],
        "weights": [6, 7, -16],
        "pixels": [4, -2, -14, 3, 9],
    },
    "ex-cost-of-gradients-1": {"answer": [39, 32, 44, 1280, 2496]},
    "ex-debugging-1": {"answer": [0.65, 1]},
    "ex-differences-drill": {"before": [18, -2], "after": [18, -4]},
    "ex-forward-pass-1": {"answer": 23},
    "ex-gradient-cost-1": {"answer": [58_000, 88_000, 11_920]},
    "ex-gradient-cost-5": {"answer": [60, 40, 30, 24]},
    "ex-history-drill": {"rosenblatt": [3, -3, 0], "widrow_hoff": [1.5, -1.5, 1]},
    "ex-one-weight-1": {"answer": [5, -10]},
    "ex-one-weight-drill": {"answer": [34, 16]},
    "ex-overfitting-2": {"epoch": 0.878, "steps_to_halve": 25_060},
    "ex-same-weight-drill": {"errors": [-0.0282, -0.0841, -0.3330], "slope": 0.3092},
    "ex-same-weight-uses": {"states": [1, 2, 5], "errors": [20, 10, 5], "slope": 20},
    "ex-steps-drill": {"places": [-0.2, -0.5, -0.45, -0.625], "adam_places": [-0.1, -0.2]},
    "ex-where-descent-1": {"best": 0.625, "cost": 0.9375},
}
