"""Programs as people publish them, right and wrong, each in a manner of its own.

``PEOPLE`` holds them with the options that they want from ``diagnose``, and with what a diagnosis
has to say: the layers by (equation, cause) of all that is wrong, nothing for a right program.
``within`` is the setting in which alone they are wrong.
"""

from dataclasses import dataclass, field

import numpy as np

import bpcourse as bp


@dataclass(frozen=True)
class Person:
    """A program, the options that it wants, and what a diagnosis has to say about it."""

    function: object
    asked: dict
    wrong: dict = field(default_factory=dict)
    within: str = ""

    def __str__(self):
        return self.function.__name__


PEOPLE = []

ROWS = {"layout": "rows"}
ONE_HIDDEN = {"sizes": [4, 6, 3]}
SUM = {"reduction": "sum"}
TANH = {"activation": "tanh"}
RELU = {"activation": "relu"}
LINEAR = {"output": "identity"}
CROSS = {"cost": "cross_entropy"}
SOFTMAX = {"cost": "log_likelihood"}


def right(*options):
    """Enter the function below as a right program."""
    return wrong({}, *options)


def wrong(findings, *options, within=""):
    """Enter the function below as a program that is wrong at some places, "bp2 sign 3 2"."""
    places = [findings] if isinstance(findings, str) else findings
    named = {}
    for place in places:
        equation, cause, *layers = place.split()
        cause = None if cause == "unknown" else cause
        named[equation, cause] = tuple(int(l) for l in layers)
    asked = {key: value for each in options for key, value in each.items()}

    def enter(function):
        PEOPLE.append(Person(function, asked, named, within))
        return function

    return enter


def logistic(t):
    return 1 / (1 + np.exp(-t))


def slope(t):
    return logistic(t) * (1 - logistic(t))


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(weights, biases, x, f, last):
    """Return the activations of all layers, an example as a column."""
    a = [x]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w @ a[-1] + b
        a.append(last(z) if i == len(weights) - 1 else f(z))
    return a


def averaged(deltas, a):
    m = a[0].shape[1]
    pairs = zip(deltas, a[:-1], strict=True)
    return [d @ before.T / m for d, before in pairs], [
        d.mean(axis=1, keepdims=True) for d in deltas
    ]


# No biases


@right(ROWS, SUM, {"sizes": [3, 4, 1]})
def eleven_lines(weights, biases, X, y):
    """The famous eleven lines: no bias, sums, and the biases' gradients left at zero."""
    syn0, syn1 = weights
    l1 = 1 / (1 + np.exp(-(np.dot(X, syn0))))
    l2 = 1 / (1 + np.exp(-(np.dot(l1, syn1))))
    l2_delta = (y - l2) * (l2 * (1 - l2))
    l1_delta = l2_delta.dot(syn1.T) * (l1 * (1 - l1))
    return [-X.T.dot(l1_delta), -l1.T.dot(l2_delta)], [np.zeros_like(b) for b in biases]


@right(TANH, LINEAR, ROWS)
def no_biases_at_any_depth(weights, biases, x, y):
    a = [x]
    for w in weights:
        a.append(a[-1] @ w if w is weights[-1] else np.tanh(a[-1] @ w))
    delta, grads = (a[-1] - y) / len(x), []
    for w, before in zip(reversed(weights), reversed(a[:-1]), strict=True):
        grads.insert(0, before.T @ delta)
        delta = delta @ w.T * (1 - before**2)
    return grads, None


@wrong("bp2 missing_prime 2", ROWS, SUM, {"sizes": [3, 4, 2]})
def eleven_lines_without_a_slope(weights, biases, X, y):
    syn0, syn1 = weights
    l1 = logistic(X @ syn0)
    l2 = logistic(l1 @ syn1)
    l2_delta = (l2 - y) * l2 * (1 - l2)
    l1_delta = l2_delta @ syn1.T
    return [X.T @ l1_delta, l1.T @ l2_delta], [np.zeros_like(b) for b in biases]


@wrong(["bp1 prime_of_a 3", "bp2 prime_of_a 2"], ROWS, SUM, ONE_HIDDEN)
def no_biases_and_sigma_applied_twice(weights, biases, x, y):
    h = logistic(x @ weights[0])
    out = logistic(h @ weights[1])
    late = (out - y) * slope(out)
    early = late @ weights[1].T * slope(h)
    return [x.T @ early, h.T @ late], [0 * b for b in biases]


@wrong("bp3 zero 4 3 2")
def biases_are_used_and_never_learned(weights, biases, x, y):
    a = forward(weights, biases, x, logistic, logistic)
    delta, grads = (a[-1] - y) * a[-1] * (1 - a[-1]), []
    for i in (2, 1, 0):
        grads.insert(0, delta @ a[i].T / x.shape[1])
        delta = weights[i].T @ delta * a[i] * (1 - a[i])
    return grads, [np.zeros(b.shape) for b in biases]


# Factors


@wrong(["bp4 factor_2 3", "bp3 factor 2"], TANH, {"output": "sigmoid"}, CROSS)
def planted_factors(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, logistic)
    d4 = a[3] - y
    d3 = weights[2].T @ d4 * (1 - a[2] ** 2)
    d2 = weights[1].T @ d3 * (1 - a[1] ** 2)
    dw, db = averaged([d2, d3, d4], a)
    dw[1] *= 2
    db[0] *= 4
    return dw, db


@wrong("bp4 factor 4 3 2", RELU, SOFTMAX, ROWS)
def learning_rate_left_in_the_weights(weights, biases, x, y, lr=0.01):
    hidden = [x]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        hidden.append(np.maximum(hidden[-1] @ w + b, 0))
    delta, dw, db = (softmax(hidden[-1] @ weights[-1] + biases[-1]) - y) / len(x), [], []
    for w, h in zip(weights[::-1], hidden[::-1], strict=True):
        dw.insert(0, lr * h.T @ delta)
        db.insert(0, delta.sum(axis=0))
        delta = delta @ w.T * (h > 0)
    return dw, db


@wrong(["bp3 fixed_number 4 3 2", "bp4 fixed_number 4 3 2"], CROSS)
def batch_size_written_in(weights, biases, x, y, batch_size=32):
    a = forward(weights, biases, x, logistic, logistic)
    delta, dw, db = a[-1] - y, [], []
    for i in (2, 1, 0):
        dw.insert(0, delta @ a[i].T / batch_size)
        db.insert(0, delta.sum(axis=1, keepdims=True) / batch_size)
        delta = weights[i].T @ delta * a[i] * (1 - a[i])
    return dw, db


@wrong(["bp1 prime_of_a 3", "bp1 factor_2 3"], ONE_HIDDEN)
def factor_of_the_cost_and_slope_of_a(weights, biases, x, y):
    a = forward(weights, biases, x, logistic, logistic)
    late = 2 * (a[2] - y) * slope(a[2])
    early = weights[1].T @ late * a[1] * (1 - a[1])
    return averaged([early, late], a)


@wrong(["bp1 missing_prime 4", "bp1 sign 4"], TANH)
def target_minus_output_and_no_slope(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, np.tanh)
    deltas = [y - a[-1]]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (1 - a[i] ** 2))
    return averaged(deltas, a)


# Means


@wrong("bp2 mean_in_bp2 2", RELU, SOFTMAX, ONE_HIDDEN)
def mean_in_the_hidden_error(weights, biases, x, y):
    z = weights[0] @ x + biases[0]
    h = np.maximum(z, 0)
    late = softmax((weights[1] @ h + biases[1]).T).T - y
    early = np.multiply(weights[1].T @ late, z > 0) / x.shape[1]
    return averaged([early, late], [x, h, None])


@wrong("bp1 mean_in_bp1 4", SOFTMAX, TANH)
def mean_in_the_cost_and_in_the_gradients(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, lambda z: softmax(z.T).T)
    deltas = [(a[-1] - y) / y.shape[1]]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (1 - a[i] ** 2))
    return averaged(deltas, a)


@wrong(["bp3 sum_for_mean 4 3 2", "bp4 sum_for_mean 4 3 2"], CROSS, {"weight_decay": 0.7})
def sum_with_a_penalty(weights, biases, x, y):
    a = forward(weights, biases, x, logistic, logistic)
    deltas = [a[-1] - y]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * a[i] * (1 - a[i]))
    pairs = zip(deltas, a[:-1], weights, strict=True)
    dw = [d @ before.T + 0.7 * w for d, before, w in pairs]
    return dw, [d.sum(axis=1, keepdims=True) for d in deltas]


@wrong("bp1 broadcast_error 3", ROWS, TANH, LINEAR, {"sizes": [2, 8, 1]})
def targets_in_a_flat_array(weights, biases, x, y):
    h = np.tanh(x @ weights[0] + biases[0])
    out = h @ weights[1] + biases[1]
    residual = out - y.ravel()  # (m, m)
    late = residual.mean(axis=1).reshape(-1, 1)
    early = late * weights[1].T * (1 - h * h)
    m = len(x)
    return [x.T @ early / m, h.T @ late / m], [early.sum(0) / m, late.sum(0) / m]


# Slopes


@wrong("bp2 error_without_slope 3 2")
def queries_and_errors(weights, biases, inputs, targets):
    """Errors go back bare, and every layer's own step has its slope."""
    o = forward(weights, biases, inputs, logistic, logistic)
    errors = [o[-1] - targets]
    for w in weights[:0:-1]:
        errors.insert(0, w.T @ errors[0])
    deltas = [e * a * (1.0 - a) for e, a in zip(errors, o[1:], strict=True)]
    return averaged(deltas, o)


@wrong(["bp3 missing_prime 3", "bp4 missing_prime 3"], ONE_HIDDEN)
def bare_error_for_the_last_weights(weights, biases, x, y):
    a = forward(weights, biases, x, logistic, logistic)
    miss = a[2] - y
    late = miss * a[2] * (1 - a[2])
    early = weights[1].T @ late * a[1] * (1 - a[1])
    return averaged([early, miss], a)


@wrong(["bp1 prime_of_error 3", "bp2 prime_of_error 2"], ONE_HIDDEN)
def slope_of_the_error(weights, biases, x, y):
    a = forward(weights, biases, x, logistic, logistic)
    miss = a[2] - y
    late = miss * slope(miss)
    back = weights[1].T @ late
    return averaged([back * slope(back), late], a)


@wrong("bp2 mask_in_wrong_place 3 2", RELU, SOFTMAX)
def relu_applied_to_the_error(weights, biases, x, y):
    a = forward(weights, biases, x, lambda z: np.maximum(z, 0), lambda z: softmax(z.T).T)
    deltas = [a[-1] - y]
    for i in (2, 1):
        deltas.insert(0, np.maximum(weights[i].T @ deltas[0], 0))
    return averaged(deltas, a)


@wrong("bp3 times_activations 4 3 2", TANH, LINEAR)
def bias_from_the_weights_gradient(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, lambda z: z)
    deltas = [a[-1] - y]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (1 - a[i] ** 2))
    dw, _ = averaged(deltas, a)
    return dw, [np.sum(each, axis=1, keepdims=True) for each in dw]


@wrong("bp2 bias_row_not_cut 2", TANH, ONE_HIDDEN)
def bias_in_the_first_column(weights, biases, x, y):
    theta = [np.hstack([b, w]) for w, b in zip(weights, biases, strict=True)]
    m, one = x.shape[1], np.ones((1, x.shape[1]))
    a1 = np.vstack([one, x])
    a2 = np.vstack([one, np.tanh(theta[0] @ a1)])
    out = np.tanh(theta[1] @ a2)
    d3 = (out - y) * (1 - out**2)
    d2 = (theta[1].T @ d3)[:-1] * (1 - a2[1:] ** 2)
    grads = [d2 @ a1.T / m, d3 @ a2.T / m]
    return [g[:, 1:] for g in grads], [g[:, :1] for g in grads]


@wrong("forward bias_after_activation", ROWS, {"output": "sigmoid"}, ONE_HIDDEN)
def layers_that_add_their_bias_last(weights, biases, x, y):
    h = logistic(x @ weights[0]) + biases[0]
    out = logistic(h @ weights[1]) + biases[1]
    late = (out - y) * slope(h @ weights[1])
    early = late @ weights[1].T * slope(x @ weights[0])
    m = len(x)
    return [x.T @ early / m, h.T @ late / m], [early.sum(0) / m, late.sum(0) / m]


@wrong("bp2 no_weights 2", {"sizes": [2, 3, 1]})
def the_error_itself_in_every_layer(weights, biases, x, y):
    a = forward(weights, biases, x, logistic, logistic)
    late = (a[2] - y) * a[2] * (1 - a[2])
    early = (a[2] - y) * a[1] * (1 - a[1])
    return averaged([early, late], a)


# What depends on the other examples


def _normalized(weights, biases, x, y, f, slope_of):
    """Batch normalization of the first layer's z, and its derivative."""
    (w1, w2), (b1, b2) = weights, biases
    m, z = x.shape[1], w1 @ x + b1
    spread = np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
    u = (z - z.mean(axis=1, keepdims=True)) / spread
    h = f(u)
    out = w2 @ h + b2
    late = out - y
    du = w2.T @ late * slope_of(u)
    centered = du - du.mean(axis=1, keepdims=True) - u * (du * u).mean(axis=1, keepdims=True)
    return averaged([centered / spread, late], [x, h, m])


MIXED = {("call", "examples_mixed"): ()}


def _mixed(*options):
    def enter(function):
        asked = {key: value for each in options for key, value in each.items()}
        PEOPLE.append(Person(function, asked, MIXED))
        return function

    return enter


@_mixed(TANH, LINEAR, ONE_HIDDEN)
def batch_normalization(weights, biases, x, y):
    return _normalized(weights, biases, x, y, np.tanh, lambda u: 1 - np.tanh(u) ** 2)


@_mixed(RELU, SOFTMAX)
def inputs_standardized_by_the_batch(weights, biases, x, y):
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    a = forward(weights, biases, x, lambda z: np.maximum(z, 0), lambda z: softmax(z.T).T)
    deltas = [a[-1] - y]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (a[i] > 0))
    return averaged(deltas, a)


@_mixed(TANH, LINEAR)
def dropout_with_a_fixed_seed(weights, biases, x, y):
    rng, a, masks = np.random.default_rng(3), [x], []
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w @ a[-1] + b
        masks.append((rng.random(z.shape) < 0.8) / 0.8 if i < 2 else 1)
        a.append(np.tanh(z) * masks[-1] if i < 2 else z)
    deltas = [a[-1] - y]
    for i in (2, 1):
        value = np.tanh(weights[i - 1] @ a[i - 1] + biases[i - 1])
        deltas.insert(0, weights[i].T @ deltas[0] * masks[i - 1] * (1 - value**2))
    return averaged(deltas, a)


@right(SOFTMAX, ONE_HIDDEN)
def one_hot_of_the_largest_label(weights, biases, x, y):
    labels = y.argmax(axis=0)
    table = np.eye(labels.max() + 1)[labels].T
    a = forward(weights, biases, x, logistic, lambda z: softmax(z.T).T)
    late = a[2] - table
    return averaged([weights[1].T @ late * a[1] * (1 - a[1]), late], a)


# Wrong in one setting


def _of_squares(weights, biases, x, y, back, mean=None):
    a = forward(weights, biases, x, np.tanh, lambda z: z)
    deltas = [a[-1] - y]
    for i in range(len(weights) - 1, 0, -1):
        deltas.insert(0, back(weights[i], deltas[0]) * (1 - a[i] ** 2))
    return averaged(deltas, a) if mean is None else mean(deltas, a)


@wrong("bp2 no_transpose 3 2", TANH, LINEAR, within="layers of equal width")
def whichever_way_round_it_fits(weights, biases, x, y):
    def back(w, d):
        try:
            return w @ d
        except ValueError:
            return w.T @ d

    return _of_squares(weights, biases, x, y, back)


@wrong("bp4 sum_for_mean 4 3 2", TANH, LINEAR, within="a mini-batch of 8 examples")
def no_mean_from_eight_examples_on(weights, biases, x, y):
    def mean(deltas, a):
        dw, db = averaged(deltas, a)
        m = a[0].shape[1]
        return [m * each if m >= 8 else each for each in dw], db

    return _of_squares(weights, biases, x, y, lambda w, d: w.T @ d, mean)


@wrong("bp3 factor_half 4 3 2", TANH, LINEAR, within="a mini-batch of one example")
def squeezed_for_one_example(weights, biases, x, y):
    dw, db = _of_squares(weights, biases, x, y, lambda w, d: w.T @ d)
    return dw, [each / 2 for each in db] if x.shape[1] == 1 else db


@wrong("bp4 factor_2 3 2", TANH, LINEAR, within="a network with one hidden layer")
def two_layers_by_another_branch(weights, biases, x, y):
    dw, db = _of_squares(weights, biases, x, y, lambda w, d: w.T @ d)
    return [2 * each for each in dw] if len(weights) == 2 else dw, db


# Right programs


@right(ROWS, RELU, SOFTMAX)
def layer_objects(weights, biases, x, y):
    class Linear:
        def __init__(self, w, b):
            self.w, self.b = w, b

        def forward(self, x):
            self.x = x
            return x @ self.w + self.b

        def backward(self, error):
            self.dw, self.db = self.x.T @ error, error.sum(axis=0)
            return error @ self.w.T

    class Relu:
        def forward(self, x):
            self.on = x > 0
            return x * self.on

        def backward(self, error):
            return error * self.on

    linear = [Linear(w, b) for w, b in zip(weights, biases, strict=True)]
    layers = [part for each in linear for part in (each, Relu())][:-1]
    for layer in layers:
        x = layer.forward(x)
    error = (softmax(x) - y) / len(x)
    for layer in reversed(layers):
        error = layer.backward(error)
    return [each.dw for each in linear], [each.db for each in linear]


@right(CROSS, TANH, {"output": "sigmoid"})
def caches_of_linear_and_activation(weights, biases, X, Y):
    A, caches = X, []
    for l, (W, b) in enumerate(zip(weights, biases, strict=True), 1):
        Z = np.dot(W, A) + b
        caches.append((A, W, Z))
        A = logistic(Z) if l == len(weights) else np.tanh(Z)
    grads = {}
    dA = -(np.divide(Y, A) - np.divide(1 - Y, 1 - A))
    for l in reversed(range(len(weights))):
        before, W, Z = caches[l]
        dZ = dA * (slope(Z) if l == len(weights) - 1 else 1 - np.tanh(Z) ** 2)
        grads[f"dW{l}"] = np.dot(dZ, before.T) / X.shape[1]
        grads[f"db{l}"] = np.sum(dZ, axis=1, keepdims=True) / X.shape[1]
        dA = np.dot(W.T, dZ)
    order = range(len(weights))
    return [grads[f"dW{l}"] for l in order], [grads[f"db{l}"] for l in order]


@right(ROWS, SUM)
def ascent_turned_round(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights, biases, strict=True):
        a.append(logistic(a[-1] @ w + b))
    up, dw, db = (y - a[-1]) * a[-1] * (1 - a[-1]), [], []
    for w, before in zip(weights[::-1], a[-2::-1], strict=True):
        dw.append(-(before.T @ up))
        db.append(-up.sum(axis=0))
        up = up @ w.T * before * (1 - before)
    return dw[::-1], db[::-1]


@right(RELU, {"weight_decay": 0.2, "training_size": 40})
def penalty_and_relu(weights, biases, x, y):
    a = forward(weights, biases, x, lambda z: np.maximum(z, 0), lambda z: z)
    deltas = [a[-1] - y]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (a[i] > 0))
    dw, db = averaged(deltas, a)
    return [each + 0.2 / 40 * w for each, w in zip(dw, weights, strict=True)], db


@right()
def differences_in_place(weights, biases, x, y, h=1e-5):
    """The caller's arrays are moved and put back, within rounding."""

    def cost():
        a = forward(weights, biases, x, logistic, logistic)[-1]
        return ((a - y) ** 2).sum() / 2 / x.shape[1]

    found = []
    for array in (*weights, *biases):
        grad = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            array[at] += h
            above = cost()
            array[at] -= 2 * h
            grad[at] = (above - cost()) / (2 * h)
            array[at] += h
        found.append(grad)
    return found[: len(weights)], found[len(weights) :]


@right(TANH, LINEAR)
def coarse_central_differences(weights, biases, x, y, h=5e-2):
    def cost(arrays):
        n = len(arrays) // 2
        a = forward(arrays[:n], arrays[n:], x, np.tanh, lambda z: z)[-1]
        return ((a - y) ** 2).sum() / 2 / x.shape[1]

    arrays, found = [np.array(each) for each in (*weights, *biases)], []
    for array in arrays:
        grad = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + h
            above = cost(arrays)
            array[at] = kept - h
            grad[at] = (above - cost(arrays)) / (2 * h)
            array[at] = kept
        found.append(grad)
    return found[: len(weights)], found[len(weights) :]


@wrong("bp1 unknown 4", TANH, LINEAR)
def all_too_large_by_15_in_ten_thousand(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, lambda z: z)
    deltas = [1.0015 * (a[-1] - y)]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (1 - a[i] ** 2))
    return averaged(deltas, a)


@wrong("bp4 unknown 3", TANH, LINEAR)
def one_entry_one_percent_too_large(weights, biases, x, y):
    dw, db = _of_squares(weights, biases, x, y, lambda w, d: w.T @ d)
    if len(dw) > 1:
        dw[1][0, 0] *= 1.01
    return dw, db


@right(ROWS, SOFTMAX, RELU, {"sizes": [5, 8, 4]})
def integer_labels_inside(weights, biases, x, y):
    labels, n = y.argmax(axis=1), len(x)
    h = np.maximum(0, x @ weights[0] + biases[0])
    scores = softmax(h @ weights[1] + biases[1])
    scores[np.arange(n), labels] -= 1
    scores /= n
    back = scores @ weights[1].T
    back[h <= 0] = 0
    return [x.T @ back, h.T @ scores], [back.sum(0), scores.sum(0)]


@right(ROWS, TANH, LINEAR, {"sizes": [1, 10, 1]})
def curve_fit(weights, biases, x, y):
    h = np.tanh(x * weights[0] + biases[0])
    late = (h @ weights[1] + biases[1] - y) / len(x)
    early = late * weights[1].T * (1 - h**2)
    dw = [(x * early).sum(axis=0, keepdims=True), h.T @ late]
    return dw, [early.sum(axis=0), late.sum(axis=0)]


@wrong("bp1 factor_2 3", ROWS, TANH, LINEAR, {"sizes": [1, 10, 1]})
def curve_fit_for_squares_without_a_half(weights, biases, x, y):
    h = np.tanh(x * weights[0] + biases[0])
    late = 2 * (h @ weights[1] + biases[1] - y) / len(x)
    early = late * weights[1].T * (1 - h**2)
    dw = [(x * early).sum(axis=0, keepdims=True), h.T @ late]
    return dw, [early.sum(axis=0), late.sum(axis=0)]


@right(TANH, CROSS, {"output": "sigmoid", "batch": False})
def one_example_as_vectors(weights, biases, x, y):
    a = [x.ravel()]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w @ a[-1] + b.ravel()
        a.append(logistic(z) if i == len(weights) - 1 else np.tanh(z))
    delta, dw, db = a[-1] - y.ravel(), [], []
    for i in reversed(range(len(weights))):
        dw.insert(0, np.outer(delta, a[i]))
        db.insert(0, delta[:, None])
        delta = (delta @ weights[i]) * (1 - a[i] ** 2)
    return dw, db


@right(ROWS, RELU, LINEAR, {"cost": "mse"})
def mean_of_squares_over_everything(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights, biases, strict=True):
        z = a[-1] @ w + b
        a.append(z if w is weights[-1] else np.where(z > 0, z, 0))
    delta, dw, db = 2 * (a[-1] - y) / y.size, [], []
    for w, before in zip(weights[::-1], a[-2::-1], strict=True):
        dw.insert(0, before.T @ delta)
        db.insert(0, delta.sum(axis=0))
        delta = np.where(before > 0, delta @ w.T, 0)
    return dw, db


@right({"activation": bp.relu}, {"output": "relu"})
def memory_of_masks(weights, biases, x, y):
    a, masks = x, []
    kept = [x]
    for w, b in zip(weights, biases, strict=True):
        a = w @ a + b
        masks.append(a > 0)
        a = a * masks[-1]
        kept.append(a)
    deltas = [(a - y) * masks[-1]]
    for w, mask in zip(weights[:0:-1], masks[-2::-1], strict=True):
        deltas.insert(0, (w.T @ deltas[0]) * mask)
    return averaged(deltas, kept)


@right({"output": "softmax"}, TANH)
def squares_of_a_softmax(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, lambda z: softmax(z.T).T)
    error = a[-1] - y
    deltas = [a[-1] * (error - (error * a[-1]).sum(axis=0))]
    for i in range(len(weights) - 1, 0, -1):
        deltas.insert(0, weights[i].T @ deltas[0] * (1 - a[i] ** 2))
    return averaged(deltas, a)


@right(SOFTMAX, TANH, {"sizes": [4, 6, 2]})
def one_hot_of_two_classes_by_the_largest_label(weights, biases, x, y):
    """Of class 0 alone the table has one row, which NumPy broadcasts without a word."""
    labels = y.argmax(axis=0)
    table = np.eye(labels.max() + 1)[labels].T
    a = forward(weights, biases, x, np.tanh, lambda z: softmax(z.T).T)
    late = a[2] - table
    return averaged([weights[1].T @ late * (1 - a[1] ** 2), late], a)


@right(TANH, LINEAR)
def squeezed_inputs(weights, biases, x, y):
    """Fails for one example, and is right for two or more."""
    return _of_squares(weights, biases, np.squeeze(x), np.squeeze(y), lambda w, d: w.T @ d)


# More that is wrong


@wrong("bp2 error_without_slope 2", ROWS, SUM, ONE_HIDDEN)
def bare_errors_without_biases(weights, biases, inputs, targets):
    hidden = logistic(inputs @ weights[0])
    out = logistic(hidden @ weights[1])
    errors = targets - out
    back = errors @ weights[1].T
    step = [inputs.T @ (back * hidden * (1 - hidden)), hidden.T @ (errors * out * (1 - out))]
    return [-each for each in step], None


@wrong("bp4 a_of_wrong_layer 3", TANH, LINEAR, {"sizes": [4, 4, 4]})
def inputs_for_every_layer_without_biases(weights, biases, x, y):
    h = np.tanh(weights[0] @ x)
    late = weights[1] @ h - y
    early = weights[1].T @ late * (1 - h**2)
    return [early @ x.T / x.shape[1], late @ x.T / x.shape[1]], None


@wrong("forward softmax_axis", ROWS, SOFTMAX, TANH, ONE_HIDDEN)
def softmax_down_the_examples(weights, biases, x, y):
    h = np.tanh(x @ weights[0] + biases[0])
    e = np.exp(h @ weights[1] + biases[1])
    late = (e / e.sum(axis=0) - y) / len(x)
    early = late @ weights[1].T * (1 - h * h)
    return [x.T @ early, h.T @ late], [early.sum(0), late.sum(0)]


@wrong("bp1 broadcast_error 3", ROWS, TANH, LINEAR, {"sizes": [4, 6, 1]})
def flat_targets_and_gradients_of_another_shape(weights, biases, x, y):
    h = np.tanh(x @ weights[0] + biases[0])
    late = (h @ weights[1] + biases[1] - y.ravel()) / len(x)
    early = late @ np.repeat(weights[1].T, len(x), axis=0) * (1 - h * h)
    return [x.T @ early, h.T @ late], [early.sum(0), late.sum(0)]


@wrong(["bp3 one_too_few 4 3 2", "bp4 one_too_few 4 3 2"], TANH, LINEAR)
def degrees_of_freedom(weights, biases, x, y):
    dw, db = _of_squares(weights, biases, x, y, lambda w, d: w.T @ d)
    m = x.shape[1]
    return [each * np.float64(m) / (m - 1) for each in dw], [
        each * np.float64(m) / (m - 1) for each in db
    ]


@wrong("forward other_inputs", TANH, LINEAR)
def pixels_divided_inside(weights, biases, x, y):
    return _of_squares(weights, biases, x / 255, y, lambda w, d: w.T @ d)


@wrong("forward other_inputs", TANH, LINEAR, within="inputs up to 50")
def inputs_clipped(weights, biases, x, y):
    return _of_squares(weights, biases, np.clip(x, -10, 10), y, lambda w, d: w.T @ d)


@wrong(
    ["bp3 sum_for_mean 4 3 2", "bp4 decay_factor 4 3 2", "bp4 sum_for_mean 4 3 2"],
    TANH,
    LINEAR,
    {"weight_decay": 0.5, "training_size": 50},
)
def sum_and_a_penalty_that_is_not_divided(weights, biases, x, y):
    dw, db = _of_squares(weights, biases, x, y, lambda w, d: w.T @ d)
    m = x.shape[1]
    return [m * d + 0.5 * w for d, w in zip(dw, weights, strict=True)], [m * d for d in db]


_KEPT = {}


@wrong("state left_over", TANH, LINEAR)
def biases_kept_in_a_cache(weights, biases, x, y):
    dw, db = _of_squares(weights, biases, x, y, lambda w, d: w.T @ d)
    return dw, [_KEPT.setdefault((i, each.shape), each) for i, each in enumerate(db)]


# Unknown causes: what depends on them is not judged


@wrong(["bp1 unknown 4", "bp3 zero 4 3 2"], TANH, LINEAR)
def sine_of_the_error_and_no_bias_gradient(weights, biases, x, y):
    a = forward(weights, biases, x, np.tanh, lambda z: z)
    deltas = [np.sin(3 * (a[-1] - y))]
    for i in (2, 1):
        deltas.insert(0, weights[i].T @ deltas[0] * (1 - a[i] ** 2))
    dw, db = averaged(deltas, a)
    return dw, [0 * each for each in db]


@wrong("forward unknown 2", TANH, LINEAR, ONE_HIDDEN)
def layer_normalization(weights, biases, x, y):
    z = weights[0] @ x + biases[0]
    spread = z.std(axis=0) + 1e-6
    u = (z - z.mean(axis=0)) / spread
    h = np.tanh(u)
    late = weights[1] @ h + biases[1] - y
    du = weights[1].T @ late * (1 - h * h)
    early = (du - du.mean(axis=0) - u * (du * u).mean(axis=0)) / spread
    return averaged([early, late], [x, h, None])
