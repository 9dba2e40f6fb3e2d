"""Backpropagation as learners write it: right programs, and edits that make them wrong.

An edit replaces one line, or part of one, by what a learner might have written. Edits at different
places combine, so that two mistakes are two edits of one program.

``SINGLES`` are thirteen mistakes of one kind of network, made for pairs. ``FIXTURES`` has at least
one program for every cause of the catalogue, on a network where this mistake can be made.
"""

from dataclasses import dataclass, field

import numpy as np

import bpcourse as bp

PROGRAM = """
def backprop(weights, biases, x, y):
    m = x.shape[1]
    a, zs, activations = x, [], [x]
    for w, b in zip(weights, biases):
        z = w @ a + b
        a = f(z)
        zs.append(z)
        activations.append(a)
    a = f_out(z)
    activations[-1] = a
    grad_w = [np.zeros(w.shape) for w in weights]
    grad_b = [np.zeros(b.shape) for b in biases]
    weights = list(weights)
    delta = OUTPUT_ERROR
    for l in range(1, len(weights) + 1):
        if l > 1:
            error = weights[-l + 1].T @ delta
            delta = error * f_prime(zs[-l])
        grad_b[-l] = delta.sum(axis=1, keepdims=True) / m
        grad_w[-l] = delta @ activations[-l - 1].T / m
    return grad_w, grad_b
"""

# One example after the other.
LOOP = """
def backprop(weights, biases, xs, ys):
    m = xs.shape[1]
    grad_w = [np.zeros(w.shape) for w in weights]
    grad_b = [np.zeros(b.shape) for b in biases]
    for i in range(m):
        x, y = xs[:, [i]], ys[:, [i]]
        a, zs, activations = x, [], [x]
        for w, b in zip(weights, biases):
            z = w @ a + b
            a = f(z)
            zs.append(z)
            activations.append(a)
        a = activations[-1] = f_out(z)
        delta = OUTPUT_ERROR
        for l in range(1, len(weights) + 1):
            if l > 1:
                delta = weights[-l + 1].T @ delta * f_prime(zs[-l])
            grad_b[-l] += delta / m
            grad_w[-l] += delta @ activations[-l - 1].T / m
    return grad_w, grad_b
"""

# An example as a row, lists that grow, as in many notebooks.
ROWS = """
def backprop(weights, biases, x, y):
    layers, zs = [x], []
    for i in range(len(weights)):
        zs.append(layers[i] @ weights[i] + biases[i])
        last = i == len(weights) - 1
        layers.append(f_out(zs[i].T).T if last else f(zs[i]))
    a = layers[-1]
    delta = OUTPUT_ERROR
    grad_w, grad_b = [], []
    for i in reversed(range(len(weights))):
        grad_w.append(layers[i].T @ delta / len(x))
        grad_b.append(delta.mean(axis=0))
        if i > 0:
            delta = delta @ weights[i].T * f_prime(zs[i - 1])
    grad_w.reverse()
    grad_b.reverse()
    return grad_w, grad_b
"""

# A penalty of LAMBDA / 2n times the sum of all w^2, n = 50.
LAMBDA, N = 0.3, 50
DECAY = PROGRAM.replace("[-l - 1].T / m", "[-l - 1].T / m + LAMBDA / N * weights[-l]")

# A sum over the neurons of the next layer, one by one.
NEURONS = PROGRAM.replace(
    "            error = weights[-l + 1].T @ delta\n",
    "            error = np.zeros(zs[-l].shape)\n"
    "            for j in range(len(delta)):\n"
    "                error += weights[-l + 1][j][:, None] * delta[j]\n",
)

OUTPUT_ERRORS = {
    "quadratic": "(a - y) * f_out_prime(zs[-1])",
    "cross_entropy": "a - y",
    "log_likelihood": "a - y",
}

MATCHED = {"cross_entropy": "sigmoid", "log_likelihood": "softmax"}


@dataclass(frozen=True)
class Edit:
    """A mistake: ``old`` becomes ``new``; what a diagnosis should say about it."""

    equation: str
    cause: str | None
    old: str
    new: str
    layers: tuple = ()


def program(*edits, text=PROGRAM, activation="sigmoid", output=None, cost="quadratic"):
    """Return the learner's function, with the edits made.

    The output activation is the one that ``diagnose`` takes if it is not told.
    """
    output = output or MATCHED.get(cost) or {"relu": "identity"}.get(activation, activation)
    text = text.replace("OUTPUT_ERROR", OUTPUT_ERRORS[cost])
    for edit in edits:
        assert text.count(edit.old) == 1, f"{edit.old!r} stands {text.count(edit.old)} times"
        text = text.replace(edit.old, edit.new)
    hidden, last = getattr(bp, activation), getattr(bp, output)
    names = {
        "np": np,
        "LAMBDA": LAMBDA,
        "N": N,
        "f": hidden.f,
        "f_prime": hidden.prime,
        "f_out": last.f,
        "f_out_prime": last.prime,
        **{f"{each.name}_prime": each.prime for each in (bp.sigmoid, bp.tanh, bp.relu)},
        "previous": {},
    }
    exec(compile(text, "<learner>", "exec"), names)
    return names["backprop"]


_DELTA = "delta = error * f_prime(zs[-l])"
_BACK = "weights[-l + 1].T @ delta"
_BP3 = "delta.sum(axis=1, keepdims=True) / m"
_BP4 = "delta @ activations[-l - 1].T / m"
_BP1 = "(a - y) * f_out_prime(zs[-1])"

# Thirteen single mistakes: three in BP1, five in BP2, two in BP3, three in BP4.
SINGLES = [
    Edit("bp1", "missing_prime", _BP1, "a - y", (4,)),
    Edit("bp1", "sign", "(a - y)", "(y - a)", (4,)),
    Edit("bp1", "factor_2", "(a - y)", "2 * (a - y)", (4,)),
    Edit("bp2", "missing_prime", _DELTA, "delta = error", (3, 2)),
    Edit("bp2", "prime_of_a", "f_prime(zs[-l])", "f_prime(activations[-l])", (3, 2)),
    Edit("bp2", "no_transpose", "weights[-l + 1].T", "weights[-l + 1]", (3, 2)),
    Edit("bp2", "prime_of_wrong_layer", "f_prime(zs[-l])", "f_prime(zs[-l + 1])", (3, 2)),
    Edit(
        "bp2",
        "updated_weights",
        _BACK,
        "(weights[-l + 1] - 0.5 * grad_w[-l + 1]).T @ delta",
        (3, 2),
    ),
    Edit("bp3", "sum_for_mean", _BP3, "delta.sum(axis=1, keepdims=True)", (4, 3, 2)),
    Edit("bp3", "last_example", _BP3, "delta[:, -1:] / m", (4, 3, 2)),
    Edit("bp4", "sum_for_mean", ".T / m", ".T", (4, 3, 2)),
    Edit("bp4", "transposed", _BP4, "activations[-l - 1] @ delta.T / m", (4, 3, 2)),
    Edit("bp4", "a_of_wrong_layer", "activations[-l - 1].T", "activations[-l].T", (4, 3, 2)),
]


@dataclass(frozen=True)
class Fixture:
    """A program with one mistake.

    ``edits`` are pairs of texts; ``uses`` the activations and the cost of the program, ``asked``
    those that were asked for, with all other options of ``diagnose``.
    """

    equation: str
    cause: str
    edits: tuple
    layers: tuple
    text: str = PROGRAM
    uses: dict = field(default_factory=dict)
    asked: dict = field(default_factory=dict)

    def __str__(self):
        setting = "_".join(str(each) for each in self.asked.values())
        return f"{self.equation}-{self.cause}-{setting or 'sigmoid'}"

    def function(self):
        """Return the learner's function."""
        edits = [Edit(self.equation, self.cause, old, new) for old, new in self.edits]
        return program(*edits, text=self.text, **self.uses)


def _fixture(place, *edits, text=PROGRAM, uses=None, asked=None):
    """Return a fixture from "bp2 sign 3 2"; what is asked for is used, if nothing else is said."""
    equation, cause, *layers = place.split()
    asked = asked or {}
    same = {key: asked[key] for key in ("activation", "output", "cost") if key in asked}
    return Fixture(
        equation,
        cause,
        edits,
        tuple(int(l) for l in layers),
        text,
        same if uses is None else uses,
        asked,
    )


RELU = {"activation": "relu"}
TANH = {"activation": "tanh"}
CROSS = {"cost": "cross_entropy"}
SOFTMAX = {"cost": "log_likelihood"}
TANH_SOFTMAX = {"activation": "tanh", "cost": "log_likelihood"}
RELU_CROSS = {"activation": "relu", "cost": "cross_entropy"}
ONE_HIDDEN = {"sizes": [4, 6, 3]}
IN_ROWS = {"layout": "rows"}
SUM = {"reduction": "sum"}
PENALTY = {"weight_decay": LAMBDA, "training_size": N}

_F = "a = f_out(z)"
_PRIME = "f_prime(zs[-l])"
_STORE_B = f"grad_b[-l] = {_BP3}"
_STORE_W = f"grad_w[-l] = {_BP4}"
_OUT = "f_out_prime(zs[-1])"
_CROSS_BP1 = ("delta = a - y", "delta = (a - y) * f_out_prime(zs[-1])")
_PENALTY = "LAMBDA / N * weights[-l]"

_FORWARD = [
    _fixture(
        "forward hidden_activation",
        uses={"activation": "tanh", "output": "sigmoid"},
    ),
    _fixture(
        "forward hidden_activation",
        uses={"activation": "sigmoid", "cost": "log_likelihood"},
        asked=RELU | SOFTMAX,
    ),
    _fixture(
        "forward output_activation",
        uses={"activation": "relu", "output": "sigmoid"},
        asked=RELU,
    ),
    _fixture(
        "forward output_activation",
        uses={"activation": "tanh", "output": "identity"},
        asked=TANH,
    ),
    _fixture("forward all_activations", uses=TANH),
    _fixture("forward all_activations", uses={}, asked=TANH),
    _fixture(
        "forward sigmoid_without_reciprocal",
        ("a = f(z)", "a = 1 + np.exp(-z)"),
        (_F, "a = 1 + np.exp(-z)"),
        (_OUT, "a * (1 - a)"),
        (_PRIME, "activations[-l] * (1 - activations[-l])"),
        asked=ONE_HIDDEN,
    ),
    _fixture(
        "forward sigmoid_without_reciprocal",
        (_F, "a = 1 + np.exp(-z)"),
        (_OUT, "a * (1 - a)"),
        uses={"activation": "tanh", "output": "sigmoid"},
        asked={"activation": "tanh", "output": "sigmoid"},
    ),
    _fixture(
        "forward sigmoid_without_minus",
        ("a = f(z)", "a = 1 / (1 + np.exp(z))"),
        (_F, "a = 1 / (1 + np.exp(z))"),
        (_OUT, "a * (1 - a)"),
        (_PRIME, "activations[-l] * (1 - activations[-l])"),
    ),
    _fixture("forward no_biases", ("w @ a + b", "w @ a")),
    _fixture("forward no_biases", ("w @ a + b", "w @ a"), asked=RELU),
    _fixture(
        "forward bias_after_activation",
        ("w @ a + b", "w @ a"),
        ("a = f(z)", "a = f(z) + b"),
        (_F, "a = f_out(z) + b"),
    ),
    _fixture(
        "forward bias_after_activation",
        ("w @ a + b", "w @ a"),
        ("a = f(z)", "a = f(z) + b"),
        (_F, "a = f_out(z) + b"),
        (_OUT, "(1 - a**2)"),
        (_PRIME, "(1 - activations[-l] ** 2)"),
        asked=TANH,
    ),
    _fixture("forward biases_subtracted", ("w @ a + b", "w @ a - b"), asked=TANH_SOFTMAX),
    _fixture(
        "forward weights_transposed",
        ("w @ a + b", "w.T @ a + b"),
        (_BACK, "weights[-l + 1] @ delta"),
    ),
    _fixture(
        "forward other_inputs",
        ("    a, zs, activations = x", "    x = x / 255\n    a, zs, activations = x"),
    ),
    _fixture(
        "forward other_inputs",
        ("    a, zs, activations = x", "    x = x + 1\n    a, zs, activations = x"),
        asked=TANH_SOFTMAX,
    ),
    _fixture(
        "forward softmax_axis",
        (_F, "a = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"),
        asked=SOFTMAX,
    ),
    _fixture(
        "forward softmax_over_batch",
        (_F, "a = np.exp(z - z.max()) / np.exp(z - z.max()).sum()"),
        asked=SOFTMAX,
    ),
]

_BP1_FIXTURES = [
    _fixture("bp1 missing_prime 4", (_BP1, "a - y")),
    _fixture("bp1 missing_prime 4", (_BP1, "a - y"), asked=TANH),
    _fixture("bp1 missing_prime 4", (f" * {_OUT}", ""), text=LOOP, asked=TANH),
    _fixture(
        "bp1 other_cost 4",
        ("delta = a - y", "delta = a * (a - y - (a * (a - y)).sum(axis=0))"),
        asked=SOFTMAX,
    ),
    _fixture("bp1 extra_prime 4", _CROSS_BP1, asked=CROSS),
    _fixture("bp1 extra_prime 4", _CROSS_BP1, asked=RELU_CROSS),
    _fixture("bp1 prime_of_a 4", (_OUT, "f_out_prime(a)")),
    _fixture("bp1 prime_of_a 4", (_OUT, "f_out_prime(a)"), asked=TANH),
    _fixture("bp1 formula_of_z 4", (_OUT, "zs[-1] * (1 - zs[-1])")),
    _fixture("bp1 formula_of_z 4", (_OUT, "(1 - zs[-1] ** 2)"), asked=TANH),
    _fixture("bp1 function_for_derivative 4", (_OUT, "f_out(zs[-1])")),
    _fixture("bp1 half_of_formula 4", (_OUT, "(1 - a)")),
    _fixture("bp1 softmax_missing 4", ("= a - y", "= -y / a"), asked=SOFTMAX),
    _fixture("bp1 wrong_activation_prime 4", (_OUT, "sigmoid_prime(zs[-1])"), asked=TANH),
    _fixture("bp1 wrong_activation_prime 4", (_OUT, "sigmoid_prime(zs[-1])"), asked=RELU),
    _fixture("bp1 wrong_activation_prime 4", (_OUT, "a * (1 - a)"), asked=TANH),
    _fixture("bp1 prime_twice 4", (_OUT, f"{_OUT} * f_out_prime(zs[-1])")),
    _fixture("bp1 division 4", (f"* {_OUT}", f"/ {_OUT}")),
    _fixture("bp1 softmax_as_sigmoid 4", ("= a - y", "= (a - y) * a * (1 - a)"), asked=SOFTMAX),
    _fixture("bp1 softmax_diagonal 4", ("= a - y", "= -y / a * a * (1 - a)"), asked=SOFTMAX),
    _fixture("bp1 cost_for_gradient 4", ("(a - y) *", "0.5 * (a - y) ** 2 *")),
    _fixture("bp1 cost_for_gradient 4", ("(a - y) *", "(a - y) ** 2 *"), asked=TANH),
    _fixture("bp1 absolute_error 4", ("(a - y) *", "np.abs(a - y) *")),
    _fixture("bp1 absolute_error 4", ("= a - y", "= np.abs(a - y)"), asked=SOFTMAX),
    _fixture("bp1 sign 4", ("(a - y) *", "(y - a) *"), asked=TANH),
    _fixture("bp1 sign 4", ("= a - y", "= y - a"), asked=CROSS),
    _fixture("bp1 factor_2 4", ("(a - y) *", "2 * (a - y) *"), asked=RELU),
    _fixture("bp1 factor_half 4", ("(a - y) *", "0.5 * (a - y) *")),
    _fixture("bp1 mean_over_outputs 4", ("(a - y) *", "2 * (a - y) / y.shape[0] *")),
    _fixture("bp1 factor 4", ("(a - y) *", "3 * (a - y) *"), asked=TANH),
    _fixture("bp1 factor 4", ("= a - y", "= 0.1 * (a - y)"), asked=SOFTMAX),
    _fixture("bp1 prime_of_error 4", (_OUT, "f_out_prime(a - y)")),
    _fixture("bp1 prime_of_error 4", (_OUT, "(1 - (a - y) ** 2)"), asked=TANH),
    _fixture("bp1 prime_of_bias 4", (_OUT, "f_out_prime(b)")),
    _fixture("bp1 prime_without_bias 4", (_OUT, "f_out_prime(zs[-1] - b)")),
    _fixture("bp1 mean_in_bp1 4", ("(a - y) *", "(a - y) / m *"), asked=TANH),
    _fixture("bp1 mean_in_bp1 4", ("= a - y", "= (a - y) / m"), asked=TANH_SOFTMAX),
    _fixture(
        "bp1 broadcast_error 4",
        ("(a - y)", "(a - y[0][:, None]).mean(axis=0, keepdims=True)"),
        asked={"sizes": [4, 6, 5, 1]},
    ),
    _fixture("bp1 mean_over_outputs 4", ("= a - y", "= (a - y) / len(y)"), asked=TANH_SOFTMAX),
]

_BP2_FIXTURES = [
    _fixture("bp2 missing_prime 3 2", (f" * {_PRIME}", ""), asked=RELU),
    _fixture("bp2 missing_prime 3 2", (" * f_prime(zs[i - 1])", ""), text=ROWS, asked=IN_ROWS),
    _fixture("bp2 prime_of_a 3 2", (_PRIME, "f_prime(activations[-l])"), asked=CROSS),
    _fixture("bp2 prime_of_a 3 2", (_PRIME, "f_prime(activations[-l])"), asked=TANH_SOFTMAX),
    _fixture("bp2 formula_of_z 3 2", (_PRIME, "zs[-l] * (1 - zs[-l])")),
    _fixture("bp2 formula_of_z 3 2", (_PRIME, "(1 - zs[-l] ** 2)"), asked=TANH),
    _fixture("bp2 prime_of_wrong_layer 3 2", (_PRIME, "f_prime(zs[-l + 1])")),
    _fixture("bp2 prime_of_wrong_layer 3 2", (_PRIME, "f_prime(zs[-l + 1])"), asked=TANH),
    _fixture("bp2 prime_of_wrong_layer 3 2", (_PRIME, "f_prime(zs[-1])")),
    _fixture(
        "bp2 prime_of_wrong_layer 3 2",
        (_PRIME, "activations[-l - 1] * (1 - activations[-l - 1])"),
    ),
    _fixture("bp2 mean_in_bp2 3 2", (_DELTA, f"{_DELTA} / m")),
    _fixture("bp2 half_of_formula 3 2", (_PRIME, "(1 - activations[-l])")),
    _fixture("bp2 no_transpose 3 2", (_BACK, "weights[-l + 1] @ delta")),
    _fixture("bp2 no_transpose 3 2", (_BACK, "weights[-l + 1] @ delta"), asked=RELU),
    _fixture("bp2 wrong_weights 3 2", (_BACK, "weights[-l].T @ delta")),
    _fixture("bp2 wrong_weights 3 2", (_BACK, "weights[-l] @ delta"), asked=TANH),
    _fixture("bp2 function_for_derivative 3 2", (_PRIME, "f(zs[-l])")),
    _fixture("bp2 wrong_activation_prime 3 2", (_PRIME, "sigmoid_prime(zs[-l])"), asked=TANH),
    _fixture("bp2 wrong_activation_prime 3 2", (_PRIME, "sigmoid_prime(zs[-l])"), asked=RELU),
    _fixture("bp2 wrong_activation_prime 3 2", (_PRIME, "(1 - activations[-l] ** 2)")),
    _fixture("bp2 mask_in_wrong_place 3 2", (f"* {_PRIME}", "* (error > 0)"), asked=RELU),
    _fixture(
        "bp2 mask_in_wrong_place 3 2",
        (_BACK, "weights[-l + 1].T @ (delta * f_prime(zs[-l + 1]))"),
        (f" * {_PRIME}", ""),
    ),
    _fixture("bp2 prime_twice 3 2", (_DELTA, f"{_DELTA} * {_PRIME}")),
    _fixture("bp2 division 3 2", (f"* {_PRIME}", f"/ {_PRIME}"), asked=TANH),
    _fixture("bp2 division 3 2", (_BACK, "(1 / weights[-l + 1]).T @ delta"), asked=RELU_CROSS),
    _fixture(
        "bp2 delta_of_later_layer 2",
        ("    delta = (a", "    delta = d = (a"),
        ("delta = error *", "d = error *"),
        (_BP3, "d.sum(axis=1, keepdims=True) / m"),
        (_BP4, "d @ activations[-l - 1].T / m"),
    ),
    _fixture("bp2 last_term_only 3 2", ("error +=", "error ="), text=NEURONS),
    _fixture("bp2 no_weights 3 2", (_BACK, "delta.sum(axis=0)")),
    _fixture("bp2 no_weights 3 2", ("weights[-l + 1][j][:, None] *", ""), text=NEURONS),
    _fixture(
        "bp2 updated_weights 3 2",
        (_STORE_W, f"{_STORE_W}\n        weights[-l] = weights[-l] - 0.5 * grad_w[-l]"),
        asked=CROSS,
    ),
    _fixture(
        "bp2 updated_weights 3 2",
        (_STORE_W, f"{_STORE_W}\n        weights[-l] = weights[-l] - 0.1 * grad_w[-l]"),
        asked=RELU,
    ),
    _fixture("bp2 sign 3 2", (_BACK, f"-{_BACK}")),
    _fixture("bp2 factor_2 3 2", (_BACK, f"2 * {_BACK}"), asked=TANH_SOFTMAX),
    _fixture("bp2 factor_half 3 2", (_BACK, f"0.5 * {_BACK}"), asked=RELU),
    _fixture("bp2 factor 3 2", (_BACK, f"3 * {_BACK}"), asked=RELU),
    _fixture("bp2 factor 3 2", (_BACK, f"0.1 * {_BACK}"), asked=TANH_SOFTMAX),
    _fixture("bp2 zero 3", (_DELTA, "delta = 0 * error")),
    _fixture(
        "bp2 error_without_slope 3 2",
        ("    delta = (a", "    e = a - y\n    delta = (a"),
        (_BACK, "weights[-l + 1].T @ e"),
        (_DELTA, f"e = error\n            {_DELTA}"),
    ),
    _fixture(
        "bp2 error_without_slope 3 2",
        (_BACK, "weights[-l + 1].T @ (delta / f_prime(zs[-l + 1]))"),
        asked=TANH,
    ),
    _fixture(
        "bp2 bias_row_not_cut 3 2",
        (_BACK, "np.hstack([biases[-l + 1], weights[-l + 1]])[:, :-1].T @ delta"),
    ),
    _fixture(
        "bp2 bias_row_not_cut 3 2",
        (_BACK, "np.hstack([weights[-l + 1], biases[-l + 1]])[:, 1:].T @ delta"),
        asked=RELU,
    ),
    _fixture("bp2 prime_of_error 3 2", (_PRIME, "f_prime(error)")),
    _fixture("bp2 prime_of_error 3 2", (_PRIME, "(1 - error**2)"), asked=TANH),
    _fixture("bp2 prime_of_bias 3 2", (_PRIME, "f_prime(biases[-l])"), asked=CROSS),
    _fixture("bp2 prime_without_bias 3 2", (_PRIME, "f_prime(weights[-l] @ activations[-l - 1])")),
    _fixture("bp2 mean_over_neurons 3 2", (_BACK, f"{_BACK} / len(delta)")),
]

_BP3_FIXTURES = [
    _fixture("bp3 step_taken 4 3 2", (_STORE_B, f"grad_b[-l] = biases[-l] - 0.1 * {_BP3}")),
    _fixture("bp3 zero 4 3 2", (_STORE_B, _STORE_B.replace("grad_b[-l]", "db"))),
    _fixture("bp3 sign 4 3 2", (_BP3, f"-{_BP3}"), asked=RELU),
    _fixture("bp3 factor_2 4 3 2", (_BP3, f"2 * {_BP3}"), asked=CROSS),
    _fixture("bp3 factor_half 4 3 2", (_BP3, _BP3.replace("/ m", "/ (2 * m)"))),
    _fixture("bp3 neurons_summed 4 3 2", (_BP3, "delta.sum(axis=0, keepdims=True) / m")),
    _fixture("bp3 neurons_summed 4 3 2", (_BP3, "np.sum(delta) / m"), asked=TANH),
    _fixture(
        "bp3 neurons_summed 4 3 2",
        (_STORE_B, "grad_b[-l][:] = np.sum(delta) / m"),
        asked=SOFTMAX,
    ),
    _fixture(
        "bp3 mean_over_neurons 4 3 2", (_BP3, "delta.sum(axis=1, keepdims=True) / delta.size")
    ),
    _fixture("bp3 prime_twice 4 3 2", (_BP3, f"(delta * {_PRIME}).sum(axis=1, keepdims=True) / m")),
    _fixture(
        "bp3 missing_prime 3 2",
        ("    delta = (a", "    error = delta = (a"),
        (_BP3, "error.sum(axis=1, keepdims=True) / m"),
    ),
    _fixture(
        "bp3 decay_on_biases 4 3 2",
        (_BP3, f"{_BP3} + LAMBDA / N * biases[-l]"),
        text=DECAY,
        asked=PENALTY,
    ),
    _fixture(
        "bp3 other_layer 4 3",
        ("[np.zeros(b.shape) for b in biases]", "[np.zeros(biases[-1].shape)] * len(biases)"),
        ("grad_b[-l] =", "grad_b[-l][...] ="),
    ),
    _fixture("bp3 sum_for_mean 4 3 2", (" / m\n        grad_w", "\n        grad_w"), asked=RELU),
    _fixture("bp3 sum_for_mean 4 3 2", (".mean(axis=0)", ".sum(axis=0)"), text=ROWS, asked=IN_ROWS),
    _fixture("bp3 mean_for_sum 4 3 2", (".T / m", ".T"), asked=SUM),
    _fixture("bp3 mean_twice 4 3 2", (_BP3, "delta.mean(axis=1, keepdims=True) / m"), asked=CROSS),
    _fixture("bp3 neurons_for_examples 4 3 2", ("True) / m", "True) / len(x)"), asked=TANH),
    _fixture(
        "bp3 neurons_for_examples 4 3 2", (_BP3, "delta.sum(axis=1, keepdims=True) / len(delta)")
    ),
    _fixture("bp3 factor 4 3 2", (_BP3, f"3 * {_BP3}"), asked=RELU),
    _fixture("bp3 fixed_number 4 3 2", (_BP3, "delta.sum(axis=1, keepdims=True) / 32")),
    _fixture("bp3 one_too_few 4 3 2", ("True) / m", "True) / np.float64(m - 1)")),
    _fixture(
        "bp3 times_activations 4 3 2",
        (_BP3, f"({_BP4}).sum(axis=1, keepdims=True)"),
    ),
    _fixture(
        "bp3 times_activations 4 3 2",
        (_BP3, f"({_BP4}).mean(axis=1, keepdims=True)"),
        asked=RELU,
    ),
    _fixture(
        "bp3 prime_of_bias 4 3 2",
        (_BP3, "(delta * f_prime(biases[-l])).sum(axis=1, keepdims=True) / m"),
        asked=TANH,
    ),
    _fixture("bp3 last_example 4 3 2", ("grad_b[-l] +=", "grad_b[-l] ="), text=LOOP),
    _fixture(
        "bp3 last_example 4 3 2",
        ("grad_b[-l] += delta / m", "grad_b[-l] = delta"),
        text=LOOP,
        asked=TANH,
    ),
    _fixture("bp3 first_example 4 3 2", (_BP3, "delta[:, :1]"), asked=SOFTMAX),
    _fixture("bp3 not_averaged 4 3 2", (_BP3, "delta")),
    _fixture("bp3 not_averaged 4 3 2", ("delta.mean(axis=0)", "delta"), text=ROWS, asked=IN_ROWS),
    _fixture("bp3 bias_shape 4 3 2", (_BP3, "delta.sum(axis=1) / m"), asked=RELU),
]

_BP4_FIXTURES = [
    _fixture("bp4 decay_missing 4 3 2", asked=PENALTY),
    _fixture("bp4 zero 4 3 2", (_STORE_W, _STORE_W.replace("grad_w[-l]", "dw"))),
    _fixture("bp4 transposed 4 3 2", (_BP4, "activations[-l - 1] @ delta.T / m")),
    _fixture(
        "bp4 transposed 4 3 2",
        ("layers[i].T @ delta", "delta.T @ layers[i]"),
        text=ROWS,
        asked=IN_ROWS,
    ),
    _fixture("bp4 step_taken 4 3 2", (_STORE_W, f"grad_w[-l] = weights[-l] - 0.1 * {_BP4}")),
    _fixture("bp4 before_activation 4 3", ("activations[-l - 1]", "([x] + zs)[-l - 1]")),
    _fixture(
        "bp4 before_activation 4 3", ("activations[-l - 1]", "([x] + zs)[-l - 1]"), asked=RELU
    ),
    _fixture(
        "bp4 prime_for_activation 4 3",
        (_BP4, "delta @ (f_prime(zs[-l - 1]) if l < len(zs) else x).T / m"),
    ),
    _fixture("bp4 a_of_wrong_layer 4 3 2", ("activations[-l - 1]", "activations[-l]")),
    _fixture(
        "bp4 a_of_wrong_layer 4 3",
        ("activations[-l - 1]", "activations[-min(l + 2, len(activations))]"),
        asked=TANH,
    ),
    _fixture("bp4 division 4 3 2", ("activations[-l - 1].T", "(1 / activations[-l - 1]).T")),
    _fixture("bp4 times_weights 4 3 2", (_BP4, f"{_BP4} * weights[-l]"), asked=TANH),
    _fixture("bp4 prime_twice 4 3 2", (_BP4, f"(delta * {_PRIME}) @ activations[-l - 1].T / m")),
    _fixture(
        "bp4 missing_prime 3 2",
        ("    delta = (a", "    error = delta = (a"),
        (_BP4, "error @ activations[-l - 1].T / m"),
    ),
    _fixture("bp4 sign 4 3 2", (_BP4, f"-{_BP4}"), asked=SOFTMAX),
    _fixture("bp4 factor_2 4 3 2", (_BP4, f"2 * {_BP4}"), asked=RELU),
    _fixture("bp4 factor_half 4 3 2", (".T / m", ".T / (2 * m)")),
    _fixture("bp4 mean_over_neurons 4 3 2", (".T / m", ".T / delta.size")),
    _fixture(
        "bp4 decay_factor 4 3 2",
        (_PENALTY, "2 * LAMBDA / N * weights[-l]"),
        text=DECAY,
        asked=PENALTY,
    ),
    _fixture(
        "bp4 other_layer 4 3",
        ("[np.zeros(w.shape) for w in weights]", "[np.zeros(weights[0].shape)] * len(weights)"),
        ("grad_w[-l] =", "grad_w[-l][...] ="),
        asked=TANH_SOFTMAX,
    ),
    _fixture("bp4 sum_for_mean 4 3 2", (".T / m", ".T"), asked=CROSS),
    _fixture("bp4 sum_for_mean 4 3 2", (" / len(x)", ""), text=ROWS, asked=IN_ROWS | TANH_SOFTMAX),
    _fixture("bp4 mean_for_sum 4 3 2", ("True) / m", "True)"), asked=SUM),
    _fixture("bp4 mean_twice 4 3 2", (".T / m", ".T / m ** 2")),
    _fixture("bp4 neurons_for_examples 4 3 2", (".T / m", ".T / len(x)"), asked=RELU),
    _fixture("bp4 neurons_for_examples 4 3 2", (".T / m", ".T / len(delta)")),
    _fixture("bp4 factor 4 3 2", (_BP4, f"0.1 * {_BP4}"), asked=TANH),
    _fixture("bp4 factor 4 3 2", (_BP4, f"4 * {_BP4}")),
    _fixture("bp4 one_too_few 4 3 2", (".T / m", ".T / np.float64(m - 1)"), asked=TANH),
    _fixture("bp4 fixed_number 4 3 2", (".T / m", ".T / 32"), asked=RELU),
    _fixture("bp4 last_example 4 3 2", ("grad_w[-l] +=", "grad_w[-l] ="), text=LOOP, asked=RELU),
    _fixture("bp4 first_example 4 3 2", (_BP4, "delta[:, :1] @ activations[-l - 1][:, :1].T")),
    _fixture(
        "bp4 not_averaged 4 3 2", (_BP4, "np.einsum('jm,km->mjk', delta, activations[-l - 1])")
    ),
    _fixture("bp4 outer_flattened 4 3 2", (_BP4, "np.outer(delta, activations[-l - 1])")),
    _fixture(
        "bp4 product_of_means 4 3 2", (_BP4, "np.outer(delta.mean(1), activations[-l - 1].mean(1))")
    ),
    _fixture("bp4 decay_not_divided 4 3 2", ("LAMBDA / N", "LAMBDA"), text=DECAY, asked=PENALTY),
    _fixture("bp4 decay_by_batch 4 3 2", ("LAMBDA / N", "LAMBDA / m"), text=DECAY, asked=PENALTY),
    _fixture("bp4 decay_undeclared 4 3 2", text=DECAY),
]

FIXTURES = [*_FORWARD, *_BP1_FIXTURES, *_BP2_FIXTURES, *_BP3_FIXTURES, *_BP4_FIXTURES]
