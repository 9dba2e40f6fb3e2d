"""Small problems for a pencil, with friendly numbers, and a checker that knows the usual slips.

Each function makes one problem from a seed. Printed, a :class:`Drill` shows its task and its
arrays; ``.check(answer)`` says which entries are wrong and which mistake they look like;
``.solution()`` writes the working out, every product shown.

============================================  ====================================================
``chain``                                     the chain rule, over two paths
``forward``, ``softmax``                      a forward pass; the outputs of a softmax layer
``bp1``, ``bp2``, ``bp3``, ``bp4``            one fundamental equation each
``two_examples``                              the gradient of the mean over two examples
============================================  ====================================================

:func:`bpcourse.lessons.drill.compare` judges the numbers of any other problem in the same words.

The numbers are drawn again until no entry wanted is 0 and every mistake in a drill's list gives an
answer of its own.
"""

from __future__ import annotations

import numpy as np

from bpcourse.lessons.drill import Drill, make, number, products, term
from bpcourse.lessons.drill import compare as compare

# Outputs of a sigmoid whose slopes a (1 - a) are short decimals: 0.09, 0.16, 0.24, 0.25.
ACTIVATIONS = (0.1, 0.2, 0.4, 0.5, 0.6, 0.8, 0.9)
ERRORS = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4, 0.5)
# Three numbers whose shares of their sum are short decimals.
FRIENDLY_SUMS = (
    (1.0, 3.0, 4.0),
    (2.0, 3.0, 5.0),
    (1.0, 2.0, 5.0),
    (4.0, 5.0, 11.0),
    (3.0, 6.0, 7.0),
)
WHOLE = (-4, -3, -2, -1, 1, 2, 3, 4)


def chain(seed: int) -> Drill:
    r"""Make a drill of the chain rule: a quantity that acts on the cost along two paths.

    .. math:: u = x y, \qquad v = x + t, \qquad C = u v

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the derivatives of C with respect to x, y and t.

    Notes
    -----
    Derived in the book's chapter "Rates of change through a chain".
    """
    return make(_chain, "chain", seed)


def _chain(rng):
    x, y, t = (float(n) for n in rng.choice(WHOLE, 3, replace=False))
    u, v = x * y, x + t
    dx, dy, dt = v * y + u, v * x, u
    lines = [
        f"u = {number(x)} * {term(y)} = {number(u)}, v = {number(x)} + {term(t)} = {number(v)}",
        f"C = u v, so dC/du = v = {number(v)} and dC/dv = u = {number(u)}",
        "x acts through u (du/dx = y) and through v (dv/dx = 1): the two paths add up",
        f"dC/dx = {number(v)} * {term(y)} + {term(u)} * 1 = "
        f"{number(v * y)} + {term(u)} = {number(dx)}",
        f"dC/dy = {number(v)} * {term(x)} = {number(dy)}",
        f"dC/dt = {number(u)} * 1 = {number(dt)}",
    ]
    return {
        "task": "u = x y, v = x + t, C = u v. Find dC/dx, dC/dy, dC/dt.",
        "given": {"x": np.array(x), "y": np.array(y), "t": np.array(t)},
        "entries": ("dC/dx", "dC/dy", "dC/dt"),
        "right": [dx, dy, dt],
        "mistakes": {
            "only the path through u": [v * y, dy, dt],
            "only the path through v": [u, dy, dt],
            "the two paths multiplied instead of added": [v * y * u, dy, dt],
            "a product hands each factor its own value, not the other's": [v * x + u, v * y, dt],
            "dC/du and dC/dv exchanged": [u * y + v, u * x, v],
        },
        "working": lines,
    }


def forward(seed: int) -> Drill:
    r"""Make a drill of the forward pass through two layers, the hidden one with ReLU.

    .. math:: z^2 = w^2 x + b^2, \qquad a^2 = \max(0, z^2), \qquad z^3 = w^3 a^2 + b^3

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the weighted inputs of all three neurons.

    Notes
    -----
    Derived in the book's chapter "A machine that reads digits".
    """
    return make(_forward, "forward", seed)


def _forward(rng):
    w2, x, b2 = _pick(rng, WHOLE, 2, 2), _pick(rng, WHOLE, 2), _pick(rng, WHOLE, 2)
    w3, b3 = _pick(rng, WHOLE, 1, 2), _pick(rng, WHOLE, 1)

    def three(w2, b2, b3, relu=lambda z: np.maximum(z, 0)):
        z2 = w2 @ x + b2
        return np.append(z2, w3 @ relu(z2) + b3)

    z = three(w2, b2, b3)
    a = np.maximum(z[:2], 0)
    lines = [
        f"z^2_{j + 1} = {products(w2[j], x)} + {term(b2[j])} = {number(z[j])}"
        f", a^2_{j + 1} = max(0, {number(z[j])}) = {number(a[j])}"
        for j in (0, 1)
    ]
    return {
        "task": "Hidden layer ReLU. Find z^2_1 and z^2_2, then z^3_1.",
        "given": {"x": x, "w2": w2, "b2": b2, "w3": w3, "b3": b3},
        "entries": ("z^2_1", "z^2_2", "z^3_1"),
        "right": z,
        "mistakes": {
            "the weights read down the columns: row j leads into neuron j": three(w2.T, b2, b3),
            "the biases left out": three(w2, 0 * b2, 0 * b3),
            "the biases subtracted": three(w2, -b2, -b3),
            "ReLU left out": three(w2, b2, b3, lambda z: z),
            "the hidden layer left out of z^3_1": three(w2, b2, b3, lambda z: 0 * z),
        },
        "working": [*lines, f"z^3_1 = {products(w3[0], a)} + {term(b3[0])} = {number(z[2])}"],
    }


def softmax(seed: int) -> Drill:
    r"""Make a drill of softmax, with weighted inputs that are logarithms.

    .. math:: a_j = \frac{e^{z_j}}{\sum_i e^{z_i}}

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the three outputs. No calculator is needed, since e to the power of ln 3 is 3.

    Notes
    -----
    Derived in the book's chapter "A machine that reads digits".
    """
    return make(_softmax, "softmax", seed)


def _softmax(rng):
    c = rng.permutation(FRIENDLY_SUMS[rng.integers(len(FRIENDLY_SUMS))])
    z, total = np.log(c), c.sum()
    powers = ", ".join(f"e^(ln {number(each)}) = {number(each)}" for each in c)
    lines = [powers, f"their sum: {' + '.join(map(number, c))} = {number(total)}"]
    lines += [
        f"a_{j + 1} = {number(c[j])} / {number(total)} = {number(c[j] / total)}" for j in range(3)
    ]
    return {
        "task": "The output layer is softmax. Find its three outputs.",
        "given": {"z": f"[{', '.join(f'ln {number(each)}' for each in c)}]"},
        "entries": ("a_1", "a_2", "a_3"),
        "right": c / total,
        "mistakes": {
            "the sum in the denominator left out": c,
            "z divided by the sum of z, without the exponential": z / z.sum(),
            "divided by the largest, not by the sum": c / c.max(),
            "each neuron a sigmoid of its own": c / (1 + c),
        },
        "working": lines,
    }


def bp1(seed: int) -> Drill:
    r"""Make a drill of BP1 for two sigmoid outputs and the quadratic cost.

    .. math:: \delta^L_j = (a^L_j - y_j)\, a^L_j (1 - a^L_j)

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the errors of the two output neurons.

    Notes
    -----
    Derived in the book's chapter "The four fundamental equations".
    """
    return make(_bp1, "bp1", seed)


def _bp1(rng):
    a, y = rng.choice(ACTIVATIONS, 2, replace=False), rng.permutation([0.0, 1.0])
    slope, at_a = a * (1 - a), 1 / (2 + np.exp(a) + np.exp(-a))
    delta = (a - y) * slope
    lines = [
        f"delta^3_{j + 1} = ({number(a[j])} - {number(y[j])})"
        f" * {number(a[j])} * (1 - {number(a[j])})"
        f" = {number(a[j] - y[j])} * {number(slope[j])} = {number(delta[j])}"
        for j in (0, 1)
    ]
    return {
        "task": "Two sigmoid outputs, cost C = 1/2 sum of (a - y)^2. Find delta^3_1, delta^3_2.",
        "given": {"a3": a, "y": y},
        "entries": ("delta^3_1", "delta^3_2"),
        "right": delta,
        "mistakes": {
            "the slope is missing": a - y,
            "the sign: a - y, not y - a": -delta,
            "a factor 2: it cancels the 1/2 of the cost": 2 * delta,
            "the target left out": a * slope,
            "the slope taken at a instead of z": (a - y) * at_a,
            "the activation in the place of its slope": (a - y) * a,
        },
        "working": lines,
    }


def bp2(seed: int) -> Drill:
    r"""Make a drill of BP2 between two layers of two sigmoid neurons.

    .. math:: \delta^2_k = \Bigl(\sum_j w^3_{jk} \delta^3_j\Bigr)\, a^2_k (1 - a^2_k)

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the errors of the two hidden neurons.

    Notes
    -----
    Derived in the book's chapter "The four fundamental equations".
    """
    return make(_bp2, "bp2", seed)


def _bp2(rng):
    w, delta = _pick(rng, WHOLE, 2, 2), _pick(rng, ERRORS, 2)
    a2, a3 = _pick(rng, ACTIVATIONS, 2), _pick(rng, ACTIVATIONS, 2)
    slope, back = a2 * (1 - a2), w.T @ delta
    right = back * slope
    lines = [
        f"delta^2_{k + 1} = ({products(w[:, k], delta)}) * {number(a2[k])} * (1 - {number(a2[k])})"
        f" = {number(back[k])} * {number(slope[k])} = {number(right[k])}"
        for k in (0, 1)
    ]
    return {
        "task": "Both layers are sigmoid. Find delta^2_1 and delta^2_2 from delta^3.",
        "given": {"a2": a2, "a3": a3, "w3": w, "delta3": delta},
        "entries": ("delta^2_1", "delta^2_2"),
        "right": right,
        "mistakes": {
            "the slope is missing": back,
            "no transpose": (w @ delta) * slope,
            "the slope of the wrong layer": back * a3 * (1 - a3),
            "the activation in the place of its slope": back * a2,
            "the slope multiplied in before the weights": w.T @ (delta * slope),
            "one path only: each neuron acts on both of the next layer": np.diag(w) * delta * slope,
            "the sign": -right,
        },
        "working": lines,
    }


def bp3(seed: int) -> Drill:
    r"""Make a drill of BP3 for two neurons and a mini-batch of four examples.

    .. math:: \frac{\partial C}{\partial b^l_j} = \frac1m \sum_x \delta^l_{x,j}

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the derivatives with respect to the two biases.

    Notes
    -----
    Derived in the book's chapter "The four fundamental equations".
    """
    return make(_bp3, "bp3", seed)


def _bp3(rng):
    delta = _pick(rng, ERRORS, 2, 4)
    mean = delta.mean(axis=1)
    lines = [
        f"dC/db^2_{j + 1} = ({' + '.join([number(delta[j, 0]), *map(term, delta[j, 1:])])}) / 4"
        f" = {number(delta[j].sum())} / 4 = {number(mean[j])}"
        for j in (0, 1)
    ]
    return {
        "task": "Two neurons, four examples (one per column). Find dC/db^2_1 and dC/db^2_2.",
        "given": {"delta2": delta},
        "entries": ("dC/db^2_1", "dC/db^2_2"),
        "right": mean,
        "mistakes": {
            "the sum over the examples, not their mean": delta.sum(axis=1),
            "the first example alone": delta[:, 0],
            "the mean over the neurons, not over the examples": delta.mean(axis=0),
            "divided by the number of neurons, not of examples": 2 * mean,
            "the sign": -mean,
        },
        "working": lines,
    }


def bp4(seed: int) -> Drill:
    r"""Make a drill of BP4 between two layers of two neurons, for one example.

    .. math:: \frac{\partial C}{\partial w^3_{jk}} = a^2_k \delta^3_j

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted is the 2 by 2 matrix of derivatives.

    Notes
    -----
    Derived in the book's chapter "The four fundamental equations".
    """
    return make(_bp4, "bp4", seed)


def _bp4(rng):
    a2, a3 = _pick(rng, ACTIVATIONS, 2), _pick(rng, ACTIVATIONS, 2)
    delta = _pick(rng, ERRORS, 2)
    right, places = np.outer(delta, a2), [(j, k) for j in (0, 1) for k in (0, 1)]
    entries = tuple(f"dC/dw^3_{j + 1}{k + 1}" for j, k in places)
    lines = [
        f"{name} = a^2_{k + 1} * delta^3_{j + 1}"
        f" = {number(a2[k])} * {term(delta[j])} = {number(right[j, k])}"
        for name, (j, k) in zip(entries, places, strict=True)
    ]
    return {
        "task": "Find the matrix of dC/dw^3_jk (row j, column k).",
        "given": {"a2": a2, "a3": a3, "delta3": delta},
        "entries": entries,
        "right": right,
        "mistakes": {
            "rows and columns exchanged": right.T,
            "the activations of the wrong layer": np.outer(delta, a3),
            "the slope in the place of the activation": np.outer(delta, a2 * (1 - a2)),
            "a sum in place of the product": delta[:, None] + a2,
            "the sign": -right,
        },
        "working": lines,
    }


def two_examples(seed: int) -> Drill:
    r"""Make a drill of the whole gradient of one sigmoid neuron, averaged over two examples.

    .. math:: \delta_x = (a_x - y_x)\, a_x (1 - a_x), \qquad
        \frac{\partial C}{\partial w_k} = \frac12 \sum_x \delta_x x_k, \qquad
        \frac{\partial C}{\partial b} = \frac12 \sum_x \delta_x

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drill
        Wanted are the derivatives with respect to the two weights and the bias.

    Notes
    -----
    Derived in the book's chapter "The four fundamental equations".
    """
    return make(_two_examples, "two_examples", seed)


def _two_examples(rng):
    x, a = _pick(rng, WHOLE, 2, 2), rng.choice(ACTIVATIONS, 2, replace=False)
    y = rng.choice([0.0, 1.0], 2)
    slope = a * (1 - a)
    delta = (a - y) * slope
    inputs = np.vstack([x, np.ones(2)])  # the bias has the input 1
    right = inputs @ delta / 2
    entries = ("dC/dw_1", "dC/dw_2", "dC/db")
    lines = [
        f"example {i + 1}: delta = ({number(a[i])} - {number(y[i])})"
        f" * {number(a[i])} * (1 - {number(a[i])})"
        f" = {number(a[i] - y[i])} * {number(slope[i])} = {number(delta[i])}"
        for i in (0, 1)
    ]
    lines += [
        f"{entries[k]} = ({products(delta, inputs[k])}) / 2 = {number(right[k])}" for k in range(3)
    ]
    return {
        "task": "One sigmoid neuron with two inputs, two examples (one per column), the cost the "
        "mean of\n1/2 (a - y)^2. Find dC/dw_1, dC/dw_2 and dC/db.",
        "given": {"x": x, "a": a, "y": y},
        "entries": entries,
        "right": right,
        "mistakes": {
            "the sum over the examples, not their mean": 2 * right,
            "the first example alone": inputs[:, 0] * delta[0],
            "the second example alone": inputs[:, 1] * delta[1],
            "the slope is missing": inputs @ (a - y) / 2,
            "means multiplied: the mean of the products is wanted": inputs.mean(axis=1)
            * delta.mean(),
            "x read by columns: an example is a column": np.append(x.T @ delta / 2, right[2]),
            "the sign": -right,
        },
        "working": lines,
    }


def _pick(rng, numbers, *shape):
    """Return an array of different numbers: exchanged entries then show."""
    return rng.choice(np.array(numbers, float), shape, replace=False)
