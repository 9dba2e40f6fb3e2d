"""Programs that compute the right gradient, each in a way of its own.

None of them may be accused. ``RIGHT`` holds them with the options that they want from ``diagnose``.
"""

import functools
from dataclasses import dataclass

import autograd
import autograd.numpy as anp
import numpy as np
from student_code import (
    CROSS,
    IN_ROWS,
    LAMBDA,
    LOOP,
    NEURONS,
    OUTPUT_ERRORS,
    PROGRAM,
    RELU,
    RELU_CROSS,
    ROWS,
    SOFTMAX,
    TANH,
    TANH_SOFTMAX,
    N,
    program,
)

import bpcourse as bp
from bpcourse.diagnosis.adapters import from_class, from_separate_arrays


@dataclass(frozen=True)
class Right:
    """A right program with the options that it wants."""

    function: object
    asked: dict

    def __str__(self):
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return "-".join([name, *(str(each) for each in self.asked.values())])


RIGHT = []


def right(**asked):
    """Enter the function below in the list of right programs."""

    def enter(function):
        RIGHT.append(Right(function, asked))
        return function

    return enter


def _enter_programs():
    """Enter the programs of the fixtures, without an edit."""
    for text, more in ((PROGRAM, {}), (LOOP, {}), (NEURONS, {}), (ROWS, IN_ROWS)):
        for asked in ({}, RELU, TANH, CROSS, SOFTMAX, TANH_SOFTMAX, RELU_CROSS):
            RIGHT.append(Right(program(text=text, **asked), asked | more))


_enter_programs()


def logistic(z):
    return 1 / (1 + np.exp(-z))


@right()
def loops_over_neurons(weights, biases, x, y):
    """Indices and sums only, lists of lists returned."""
    w, b = [each.tolist() for each in weights], [each.ravel().tolist() for each in biases]
    m, widths = len(x[0]), [len(x), *map(len, b)]
    grad_w = [[[0.0] * widths[i] for _ in range(widths[i + 1])] for i in range(len(w))]
    grad_b = [[[0.0] for _ in range(n)] for n in widths[1:]]
    for e in range(m):
        a = [[float(x[k][e]) for k in range(len(x))]]
        for i in range(len(w)):
            z = [
                sum(w[i][j][k] * a[i][k] for k in range(widths[i])) + b[i][j]
                for j in range(widths[i + 1])
            ]
            a.append([1 / (1 + float(np.exp(-each))) for each in z])
        delta = [(p - float(y[j][e])) * p * (1 - p) for j, p in enumerate(a[-1])]
        for i in reversed(range(len(w))):
            for j, d in enumerate(delta):
                grad_b[i][j][0] += d / m
                for k in range(widths[i]):
                    grad_w[i][j][k] += d * a[i][k] / m
            delta = [
                sum(w[i][j][k] * delta[j] for j in range(widths[i + 1])) * p * (1 - p)
                for k, p in enumerate(a[i])
            ]
    return grad_w, grad_b


@right(activation="tanh", output="sigmoid", cost="cross_entropy")
def einsum(weights, biases, x, y):
    a = [x]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = np.einsum("jk,km->jm", w, a[-1]) + b
        a.append(np.tanh(z) if i < len(weights) - 1 else logistic(z))
    delta, grad_w, grad_b = a[-1] - y, [], []
    for i in range(len(weights) - 1, -1, -1):
        grad_w = [np.einsum("jm,km->jk", delta, a[i]) / x.shape[1], *grad_w]
        grad_b = [np.einsum("jm->j", delta)[:, None] / x.shape[1], *grad_b]
        delta = np.einsum("jk,jm,km->km", weights[i], delta, 1 - a[i] ** 2)
    return grad_w, grad_b


@right(activation="tanh")
def tanh_prime_from_a(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights, biases, strict=True):
        a += [np.tanh(w.dot(a[-1]) + b)]
    m, deltas = x.shape[1], {}
    for l in range(len(a) - 1, 0, -1):
        slope = 1 - np.square(a[l])
        error = a[l] - y if l == len(a) - 1 else weights[l].T.dot(deltas[l + 1])
        deltas[l] = error * slope
    pairs = [(deltas[l].dot(a[l - 1].T) / m, deltas[l].mean(1)[:, None]) for l in sorted(deltas)]
    return tuple(dw for dw, _ in pairs), tuple(db for _, db in pairs)


@right(activation="relu", cost="log_likelihood", layout="rows")
def rows_in_the_manner_of_cs231n(weights, biases, x, y):
    """Scores, probabilities from shifted exponentials, dscores, in place on its own arrays."""
    hidden = [x]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        hidden.append(np.maximum(0, np.dot(hidden[-1], w) + b))
    scores = np.dot(hidden[-1], weights[-1]) + biases[-1]
    scores -= scores.max(axis=1, keepdims=True)
    probs = np.exp(scores)
    probs /= probs.sum(axis=1, keepdims=True)
    dscores = probs
    dscores[range(len(x)), y.argmax(axis=1)] -= 1
    dscores /= len(x)
    dws, dbs = [], []
    for w, h in zip(reversed(weights), reversed(hidden), strict=True):
        dws.insert(0, np.dot(h.T, dscores))
        dbs.insert(0, np.sum(dscores, axis=0))
        dscores = np.dot(dscores, w.T)
        dscores[h <= 0] = 0
    return dws, dbs


@right(activation="sigmoid", cost="log_likelihood")
def softmax_without_a_shift(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        a.append(logistic(w @ a[-1] + b))
    powers = np.exp(weights[-1] @ a[-1] + biases[-1])
    delta = powers / powers.sum(0) - y
    grad_w, grad_b = [], []
    for w, before in zip(weights[::-1], a[::-1], strict=True):
        grad_w.append(delta @ before.T / y.shape[1])
        grad_b.append(delta @ np.full((y.shape[1], 1), 1 / y.shape[1]))
        delta = (w.T @ delta) * before * (1 - before)
    return grad_w[::-1], grad_b[::-1]


@right(activation="tanh", output="softmax", cost="cross_entropy")
def softmax_jacobian(weights, biases, x, y):
    """The whole matrix of softmax's derivatives, under a cost that does not cancel it."""
    a, m = [x], x.shape[1]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        a.append(np.tanh(w @ a[-1] + b))
    p = np.exp(weights[-1] @ a[-1] + biases[-1])
    p /= p.sum(axis=0)
    slope = (p - y) / (p * (1 - p))
    delta = np.empty_like(p)
    for i in range(m):
        jacobian = np.diag(p[:, i]) - np.outer(p[:, i], p[:, i])
        delta[:, i] = jacobian @ slope[:, i]
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    for i in range(len(weights))[::-1]:
        grad_w[i], grad_b[i] = delta @ a[i].T / m, delta.mean(axis=1, keepdims=True)
        delta = (weights[i].T @ delta) * (1 - a[i] ** 2)
    return grad_w, grad_b


def _by_program(weights, biases, x, y, **setting):
    return program(**setting)(weights, biases, x, y)


@right(cost="log_likelihood")
def float32_inside(weights, biases, x, y):
    small = [[each.astype(np.float32) for each in arrays] for arrays in (weights, biases, x, y)]
    small[2:] = np.array(small[2]), np.array(small[3])
    grad_w, grad_b = _by_program(*small, cost="log_likelihood")
    return [each.astype(float) for each in grad_w], [each.astype(float) for each in grad_b]


@right(activation="tanh")
def float32_returned(weights, biases, x, y):
    grad_w, grad_b = _by_program(weights, biases, x, y, activation="tanh")
    return [each.astype("f4") for each in grad_w], [each.astype("f4") for each in grad_b]


@right(cost="cross_entropy")
def float32_with_loss_scaling(weights, biases, x, y):
    """The loss is multiplied by 1024 before the way back, the gradients are divided by it."""
    single, a = np.float32, [x.astype(np.float32)]
    for w, b in zip(weights, biases, strict=True):
        a.append(logistic(w.astype(single) @ a[-1] + b.astype(single)))
    delta, grads = single(1024) * (a[-1] - y.astype(single)), []
    for i in range(len(weights) - 1, -1, -1):
        grads.append((delta @ a[i].T, delta.sum(axis=1, keepdims=True)))
        delta = (weights[i].astype(single).T @ delta) * a[i] * (1 - a[i])
    scale = single(1024 * x.shape[1])
    return [dw / scale for dw, _ in grads[::-1]], [db / scale for _, db in grads[::-1]]


@right(activation="relu")
def recursive(weights, biases, x, y):
    """Each call does one layer, and returns the error of its input as well."""

    def down(i, a):
        if i == len(weights):
            return (a - y) / x.shape[1], [], []
        z = weights[i] @ a + biases[i]
        is_last = i == len(weights) - 1
        error, grad_w, grad_b = down(i + 1, z if is_last else np.where(z > 0, z, 0))
        delta = error if is_last else np.where(z > 0, error, 0)
        back = weights[i].T @ delta
        return back, [delta @ a.T, *grad_w], [delta.sum(1, keepdims=True), *grad_b]

    return down(0, x)[1:]


@right(activation="tanh", output="identity")
def tape_of_closures(weights, biases, x, y):
    """Each operation leaves a function that takes the error one step back."""
    tape, grad_w, grad_b, a = [], [], [], x

    def linear(w, b, a):
        def back(error):
            grad_w.insert(0, error @ a.T)
            grad_b.insert(0, error.sum(axis=1).reshape(-1, 1))
            return w.T @ error

        tape.append(back)
        return w @ a + b

    for w, b in zip(weights, biases, strict=True):
        a = linear(w, b, a)
        if w is not weights[-1]:
            a = np.tanh(a)
            tape.append(lambda error, a=a: error * (1 - a * a))
    error = (a - y) / x.shape[1]
    for back in reversed(tape):
        error = back(error)
    return grad_w, grad_b


class NielsenNetwork:
    """The class of Nielsen's book, for Python 3: one example at a time, biases first."""

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        rng = np.random.default_rng(3)
        self.biases = [rng.standard_normal((n, 1)) for n in sizes[1:]]
        self.weights = [rng.standard_normal(each) for each in zip(sizes[1:], sizes, strict=False)]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation, activations, zs = x, [x], []
        for b, w in zip(self.biases, self.weights, strict=True):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = self.sigmoid(z)
            activations.append(activation)
        delta = (activations[-1] - y) * self.sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            sp = self.sigmoid_prime(zs[-l])
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return (nabla_b, nabla_w)

    def sigmoid(self, z):
        return 1.0 / (1.0 + np.exp(-z))

    def sigmoid_prime(self, z):
        return self.sigmoid(z) * (1 - self.sigmoid(z))


right(order="b,w", batch=False)(from_class(NielsenNetwork))


class MLP:
    """A class in the manner of scikit-learn: rows, coefs_, intercepts_, gradients kept."""

    def __init__(self, hidden_layer_sizes):
        self.hidden_layer_sizes = hidden_layer_sizes

    def _forward(self, X):
        self.activations_ = [X]
        for i, coef in enumerate(self.coefs_):
            z = self.activations_[i] @ coef + self.intercepts_[i]
            self.activations_.append(np.tanh(z) if i + 1 < len(self.coefs_) else z)

    def fit_gradients(self, X, y):
        self._forward(X)
        delta = self.activations_[-1] - y
        self.coef_grads_, self.intercept_grads_ = [], []
        for i in range(len(self.coefs_) - 1, -1, -1):
            self.coef_grads_.insert(0, self.activations_[i].T @ delta / X.shape[0])
            self.intercept_grads_.insert(0, np.mean(delta, 0))
            delta = delta @ self.coefs_[i].T * (1 - self.activations_[i] ** 2)
        return self


right(activation="tanh", output="identity", layout="rows")(
    from_class(
        MLP,
        weights="coefs_",
        biases="intercepts_",
        method="fit_gradients",
        gradients=("coef_grads_", "intercept_grads_"),
    )
)


def one_hidden_layer(w1, b1, w2, b2, x, y):
    """Six arguments, four results, as in a first exercise."""
    a1 = logistic(w1 @ x + b1)
    a2 = logistic(w2 @ a1 + b2)
    dz2 = a2 - y
    dz1 = (w2.T @ dz2) * a1 * (1 - a1)
    m = x.shape[1]
    db1, db2 = dz1.sum(axis=1, keepdims=True) / m, dz2.sum(axis=1, keepdims=True) / m
    return dz1 @ x.T / m, db1, dz2 @ a1.T / m, db2


right(cost="cross_entropy", sizes=[4, 6, 3])(from_separate_arrays(one_hidden_layer))


@right(reduction="sum")
def sums(weights, biases, x, y):
    grad_w, grad_b = _by_program(weights, biases, x, y)
    return [x.shape[1] * each for each in grad_w], [x.shape[1] * each for each in grad_b]


@right(weight_decay=LAMBDA, training_size=N)
def penalty(weights, biases, x, y):
    grad_w, grad_b = _by_program(weights, biases, x, y)
    return [each + LAMBDA / N * w for each, w in zip(grad_w, weights, strict=True)], grad_b


@right(cost="cross_entropy", weight_decay=LAMBDA)
def penalty_over_the_batch(weights, biases, x, y):
    """The data at hand are the training set: n = m, as in many notebooks."""
    grad_w, grad_b = _by_program(weights, biases, x, y, cost="cross_entropy")
    m = x.shape[1]
    return [each + LAMBDA / m * w for each, w in zip(grad_w, weights, strict=True)], grad_b


@right(reduction="sum", weight_decay=LAMBDA, training_size=N)
def penalty_beside_a_sum(weights, biases, x, y):
    grad_w, grad_b = sums(weights, biases, x, y)
    return [each + LAMBDA / N * w for each, w in zip(grad_w, weights, strict=True)], grad_b


def _quadratic_cost(arrays, x, y):
    a, layers = x, len(arrays) // 2
    for w, b in zip(arrays[:layers], arrays[layers:], strict=True):
        a = 1 / (1 + np.exp(-(w @ a + b)))
    return ((a - y) ** 2).sum() / 2 / x.shape[1]


def _quotients(cost, arrays, h, centered):
    gradients = [np.zeros(each.shape) for each in arrays]
    here = cost(arrays)
    for array, gradient in zip(arrays, gradients, strict=True):
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + h
            there = cost(arrays)
            array[index] = kept - h
            behind = cost(arrays) if centered else here
            gradient[index] = (there - behind) / (2 * h if centered else h)
            array[index] = kept
    return gradients[: len(arrays) // 2], gradients[len(arrays) // 2 :]


@right()
def central_differences(weights, biases, x, y):
    arrays = [np.array(each) for each in (*weights, *biases)]
    return _quotients(lambda each: _quadratic_cost(each, x, y), arrays, 1e-5, True)


@right()
def forward_differences(weights, biases, x, y):
    """On the caller's own arrays, which are put back as they were."""
    arrays = [*weights, *biases]
    return _quotients(lambda each: _quadratic_cost(each, x, y), arrays, 1e-7, False)


@right()
def coarse_differences(weights, biases, x, y):
    """With a step so large that three digits are right."""
    arrays = [np.array(each) for each in (*weights, *biases)]
    return _quotients(lambda each: _quadratic_cost(each, x, y), arrays, 1e-4, False)


@right()
def complex_step(weights, biases, x, y):
    arrays, gradients = [each.astype(complex) for each in (*weights, *biases)], []
    for array in arrays:
        gradients.append(np.zeros(array.shape))
        for index in np.ndindex(array.shape):
            array[index] += 1e-30j
            gradients[-1][index] = _quadratic_cost(arrays, x, y).imag / 1e-30
            array[index] -= 1e-30j
    return gradients[: len(weights)], gradients[len(weights) :]


@right(activation="relu", cost="log_likelihood")
def hips_autograd(weights, biases, x, y):
    def cost(parameters):
        a = x
        for w, b in zip(*parameters, strict=True):
            z = w @ a + b
            a = anp.maximum(z, 0)
        return (anp.log(anp.exp(z).sum(axis=0)) - (y * z).sum(axis=0)).mean()

    return autograd.grad(cost)((weights, biases))


@right(activation="tanh", sizes=[2, 3, 2])
def values(weights, biases, x, y):
    """Numbers that remember, as in micrograd."""
    wrap = np.vectorize(bp.scalar.Value, otypes=[object])
    w, b = [wrap(each) for each in weights], [wrap(each) for each in biases]
    cost = 0
    for i in range(x.shape[1]):
        a = list(x[:, i])
        for matrix, vector in zip(w, b, strict=True):
            a = [
                sum((p * q for p, q in zip(row, a, strict=True)), bias).tanh()
                for row, bias in zip(matrix, vector[:, 0], strict=True)
            ]
        cost = cost + sum((p - q) ** 2 for p, q in zip(a, y[:, i], strict=True)) / 2
    (cost / x.shape[1]).backward()
    read = np.vectorize(lambda value: value.grad, otypes=[float])
    return [read(each) for each in w], [read(each) for each in b]


@right(activation="relu", output="sigmoid", cost="cross_entropy")
def tensors(weights, biases, x, y):
    w, b = [list(map(bp.tensor.Tensor, each)) for each in (weights, biases)]
    a = x
    for i, (matrix, vector) in enumerate(zip(w, b, strict=True)):
        z = matrix @ a + vector
        a = z.relu() if i < len(w) - 1 else z.sigmoid()
    cost = -(y * a.log() + (1 - y) * (1 - a).log()).sum() / x.shape[1]
    gradients = bp.tensor.gradients(cost, [*w, *b])
    return gradients[: len(w)], gradients[len(w) :]


def _sigmoid_program(sigmoid, name):
    """Enter the program with another way to write the sigmoid, and its derivative from it."""
    names = {"np": np, "f": sigmoid, "f_out": sigmoid}
    names["f_prime"] = names["f_out_prime"] = lambda z: sigmoid(z) * (1 - sigmoid(z))
    exec(PROGRAM.replace("OUTPUT_ERROR", OUTPUT_ERRORS["quadratic"]), names)
    names["backprop"].__name__ = name
    right()(names["backprop"])


def _sigmoid_of_two_branches(z):
    with np.errstate(over="ignore"):
        return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


_sigmoid_program(lambda z: (1 + np.tanh(z / 2)) / 2, "sigmoid_by_tanh")
_sigmoid_program(_sigmoid_of_two_branches, "sigmoid_of_two_branches")
_sigmoid_program(lambda z: logistic(np.clip(z, -30, 30)), "sigmoid_clipped")
_sigmoid_program(np.vectorize(lambda z: 1 / (1 + np.exp(-z))), "sigmoid_number_by_number")


@right(activation="tanh")
def biases_as_weights_of_a_row_of_ones(weights, biases, x, y):
    ones = np.ones((1, x.shape[1]))
    both = [np.hstack([w, b]) for w, b in zip(weights, biases, strict=True)]
    a = [np.vstack([x, ones])]
    for each in both:
        a.append(np.vstack([np.tanh(each @ a[-1]), ones]))
    delta, gradients = (a[-1][:-1] - y) * (1 - a[-1][:-1] ** 2), []
    for each, before in zip(both[::-1], a[-2::-1], strict=True):
        gradients.insert(0, delta @ before.T / x.shape[1])
        delta = (each.T @ delta * (1 - before**2))[:-1]
    return [each[:, :-1] for each in gradients], [each[:, -1:] for each in gradients]


@right(layout="rows")
def batch_first_stacks_of_columns(weights, biases, x, y):
    """Every example is a column of its own, in a stack (m, n, 1), as in batched products."""
    a = [x[:, :, None]]
    for w, b in zip(weights, biases, strict=True):
        a.append(logistic(w.T @ a[-1] + b[:, None]))
    delta, grad_w, grad_b = (a[-1] - y[:, :, None]) * a[-1] * (1 - a[-1]), [], []
    for i in reversed(range(len(weights))):
        grad_w.insert(0, (a[i] @ delta.transpose(0, 2, 1)).mean(axis=0))
        grad_b.insert(0, delta.mean(axis=0).squeeze(-1))
        delta = (weights[i] @ delta) * a[i] * (1 - a[i])
    return grad_w, grad_b


@right(activation="relu", output="relu")
def in_place_on_its_own_arrays(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights, biases, strict=True):
        z = np.matmul(w, a[-1])
        z += b
        a.append(np.maximum(z, 0, out=z))
    delta, grad_w, grad_b = a[-1] - y, [], []
    delta *= a[-1] > 0
    for i in range(len(weights) - 1, -1, -1):
        grad_w.append(delta @ a[i].T)
        grad_w[-1] /= x.shape[1]
        grad_b.append(delta.mean(axis=1, keepdims=True))
        delta = weights[i].T @ delta
        np.multiply(delta, a[i] > 0, out=delta)
    grad_w.reverse()
    grad_b.reverse()
    return grad_w, grad_b


@right()
def prints_a_lot(weights, biases, x, y):
    for line in range(40):
        print("epoch", line, "weights", weights[0])  # noqa: T201
    return _by_program(weights, biases, x, y)


@right(cost="cross_entropy")
def logarithm_kept_from_zero(weights, biases, x, y):
    """The derivative of -y log(a + eps) - (1 - y) log(1 - a + eps), times sigma'."""
    eps, a = 1e-12, [x]
    for w, b in zip(weights, biases, strict=True):
        a.append(logistic(w @ a[-1] + b))
    slope = -y / (a[-1] + eps) + (1 - y) / (1 - a[-1] + eps)
    delta, grad_w, grad_b = slope * a[-1] * (1 - a[-1]), [], []
    for i in range(len(weights) - 1, -1, -1):
        grad_w.insert(0, delta @ a[i].T / x.shape[1])
        grad_b.insert(0, delta.mean(axis=1, keepdims=True))
        delta = (weights[i].T @ delta) * a[i] * (1 - a[i])
    return grad_w, grad_b


_BUFFERS = {}


@right()
def same_arrays_filled_in_every_call(weights, biases, x, y):
    """The gradients are kept in arrays that every call fills anew."""
    grad_w, grad_b = _by_program(weights, biases, x, y)
    kept = _BUFFERS.setdefault(
        tuple(each.shape for each in weights),
        ([np.empty(w.shape) for w in weights], [np.empty(b.shape) for b in biases]),
    )
    for mine, new in zip((*kept[0], *kept[1]), (*grad_w, *grad_b), strict=True):
        mine[...] = new
    return kept


@right(activation="tanh")
def added_into_zeros_that_are_reset(weights, biases, x, y):
    """Gradients outlive the call, as parameter.grad does, and are set to zero at its start."""
    kept = _BUFFERS.setdefault("grad", {})
    kept.clear()
    new_w, new_b = _by_program(weights, biases, x, y, activation="tanh")
    for i, (dw, db) in enumerate(zip(new_w, new_b, strict=True)):
        kept["w", i] = kept.get(("w", i), 0) + dw
        kept["b", i] = kept.get(("b", i), 0) + db
    return [kept["w", i] for i in range(len(weights))], [kept["b", i] for i in range(len(biases))]


@right()
def transposed_views(weights, biases, x, y):
    """The weights' gradients are views with the other memory order."""
    grad_w, grad_b = _by_program(weights, biases, x, y)
    return [np.ascontiguousarray(each.T).T for each in grad_w], np.array(grad_b, dtype=object)


@right(activation="tanh")
def chain_of_jacobians(weights, biases, x, y):
    """For each example the derivative of the cost by every z, as a product of matrices."""
    grad_w, grad_b = ([np.zeros(each.shape) for each in kind] for kind in (weights, biases))
    for column, target in zip(x.T, y.T, strict=True):
        a = [column]
        for w, b in zip(weights, biases, strict=True):
            a.append(np.tanh(w @ a[-1] + b[:, 0]))
        row = (a[-1] - target) @ np.diag(1 - a[-1] ** 2)
        for i in range(len(weights) - 1, -1, -1):
            grad_w[i] += np.outer(row, a[i]) / x.shape[1]
            grad_b[i] += row[:, None] / x.shape[1]
            row = row @ weights[i] @ np.diag(1 - a[i] ** 2)
    return grad_w, grad_b


# An object without a name of its own.
RIGHT.append(Right(functools.partial(_by_program, activation="relu"), RELU))

SOFTPLUS = bp.Activation("softplus", lambda z: np.log1p(np.exp(z)), logistic)


@right(activation=SOFTPLUS, output="identity")
def activation_of_my_own(weights, biases, x, y):
    a, zs = [x], []
    for w, b in zip(weights, biases, strict=True):
        zs.append(w @ a[-1] + b)
        a.append(np.log1p(np.exp(zs[-1])))
    delta, grad_w, grad_b = zs[-1] - y, [], []
    for i in range(len(weights) - 1, -1, -1):
        grad_w.insert(0, delta @ a[i].T / x.shape[1])
        grad_b.insert(0, delta.mean(axis=1, keepdims=True))
        if i > 0:
            delta = (weights[i].T @ delta) * logistic(zs[i - 1])
    return grad_w, grad_b
