"""Programs in the forms in which people write them: right ones, and the same with a mistake.

Each is the text of a file, as a learner's file would be. ``PROGRAMS`` holds them with the options
that they want, what is said about their form, and what is wrong with them.
"""

from dataclasses import dataclass, field

HEAD = "import numpy as np\n\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n"


@dataclass(frozen=True)
class Program:
    """A program with what it wants, and the equations that are wrong; none if it is right."""

    name: str
    source: str
    options: dict = field(default_factory=dict)
    form: dict = field(default_factory=dict)
    wrong: tuple = ()
    function: str | None = None

    def __str__(self):
        return self.name


PROGRAMS = []


def enter(name, source, options=None, form=None, function=None, mistakes=()):
    """Enter a right program, and one more for each mistake (old, new, equations)."""
    source = HEAD + source
    PROGRAMS.append(Program(name, source, options or {}, form or {}, (), function))
    for i, (old, new, *equations) in enumerate(mistakes, 1):
        assert old in source, f"{name} has no {old!r}"
        changed = source.replace(old, new, 1)
        PROGRAMS.append(
            Program(f"{name}-{i}", changed, options or {}, form or {}, tuple(equations), function)
        )


CLASSES = {"cost": "log_likelihood", "layout": "rows"}

# Coursera, week 3: a dictionary of parameters, a cache, a dictionary of gradients.
enter(
    "coursera",
    """
def initialize_parameters(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1))}

def forward_propagation(X, parameters):
    W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache

def compute_cost(A2, Y):
    m = Y.shape[1]
    return float(np.squeeze(-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m))

def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}

def update_parameters(parameters, grads, learning_rate=1.2):
    return {k: parameters[k] - learning_rate * grads["d" + k] for k in parameters}
""",
    {"activation": "tanh", "cost": "cross_entropy"},
    mistakes=[
        ("(1 - np.power(A1, 2))", "A1 * (1 - A1)", "bp2"),
        ("db2 = 1 / m * np.sum", "db2 = np.sum", "bp3"),
        ("dW1 = 1 / m * np.dot(dZ1, X.T)", "dW1 = 1 / m * np.dot(dZ1, A1.T[:, :4])", "bp4"),
    ],
)
# Coursera, week 4: any number of layers, a list of caches, no X in the backward pass.
enter(
    "coursera_deep",
    """
def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)

def L_model_forward(X, parameters):
    caches, A, L = [], X, len(parameters) // 2
    for l in range(1, L + 1):
        Z, linear = linear_forward(A, parameters["W" + str(l)], parameters["b" + str(l)])
        A = np.maximum(Z, 0) if l < L else sigmoid(Z)
        caches.append((linear, Z))
    return A, caches

def L_model_backward(AL, Y, caches):
    grads, L, m = {}, len(caches), Y.shape[1]
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    grads["dA" + str(L)] = dAL
    for l in reversed(range(L)):
        (A_prev, W, b), Z = caches[l]
        dA = grads["dA" + str(l + 1)]
        dZ = dA * sigmoid(Z) * (1 - sigmoid(Z)) if l == L - 1 else np.where(Z > 0, dA, 0)
        grads["dW" + str(l + 1)] = dZ @ A_prev.T / m
        grads["db" + str(l + 1)] = np.sum(dZ, axis=1, keepdims=True) / m
        grads["dA" + str(l)] = W.T @ dZ
    return grads
""",
    {"activation": "relu", "cost": "cross_entropy"},
    function="L_model_backward",
    mistakes=[("np.where(Z > 0, dA, 0)", "dA", "bp2")],
)
# CS231n: a class with a dictionary of parameters, integer labels, rows, the loss beside it.
enter(
    "cs231n",
    """
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params["W1"] = std * np.random.randn(input_size, hidden_size)
        self.params["b1"] = np.zeros(hidden_size)
        self.params["W2"] = std * np.random.randn(hidden_size, output_size)
        self.params["b2"] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N, D = X.shape
        hidden = np.maximum(0, X.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(N), y]).mean() + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        dscores = p.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        grads["W2"] = hidden.T.dot(dscores) + 2 * reg * W2
        grads["b2"] = dscores.sum(axis=0)
        dhidden = dscores.dot(W2.T)
        dhidden[hidden <= 0] = 0
        grads["W1"] = X.T.dot(dhidden) + 2 * reg * W1
        grads["b1"] = dhidden.sum(axis=0)
        return loss, grads

    def predict(self, X):
        return self.loss(X).argmax(axis=1)
""",
    {"activation": "relu", "cost": "log_likelihood"},
    mistakes=[
        ("        dhidden[hidden <= 0] = 0\n", "", "bp2"),
        ("        dscores /= N\n", "", "bp3", "bp4"),
    ],
)
# A notebook from Kaggle: everything one by one, the forward pass in a function of its own.
enter(
    "one_by_one",
    """
def one_hot(Y):
    table = np.zeros((Y.size, 3))
    table[np.arange(Y.size), Y] = 1
    return table.T

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / sum(np.exp(Z2))
    return Z1, A1, Z2, A2

def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
""",
    {"activation": "relu", "cost": "log_likelihood"},
    mistakes=[
        ("W2.T.dot(dZ2) * (Z1 > 0)", "W2.T.dot(dZ2)", "bp2"),
        ("dZ2 = A2 - one_hot(Y)", "dZ2 = one_hot(Y) - A2", "bp1"),
    ],
)
# A class for one data set, no biases, the weights moved by one whole gradient.
enter(
    "loy",
    """
class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(self.y.shape)

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))

    def backprop(self):
        late = 2 * (self.y - self.output) * self.output * (1 - self.output)
        d_weights2 = np.dot(self.layer1.T, late)
        early = np.dot(late, self.weights2.T) * self.layer1 * (1 - self.layer1)
        d_weights1 = np.dot(self.input.T, early)
        self.weights1 += d_weights1
        self.weights2 += d_weights2
""",
    {"cost": "sse", "reduction": "sum"},
    form={"step": 1.0},
    mistakes=[("early = np.dot(late, self.weights2.T) * ", "early = late * ", "bp2")],
)
# A class that trains on one example, written as lists.
enter(
    "one_list",
    """
class neuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate):
        self.wih = np.random.normal(0.0, inputnodes**-0.5, (hiddennodes, inputnodes))
        self.who = np.random.normal(0.0, hiddennodes**-0.5, (outputnodes, hiddennodes))
        self.lr = learningrate
        self.activation_function = lambda x: 1 / (1 + np.exp(-x))

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation_function(np.dot(self.wih, inputs))
        final_outputs = self.activation_function(np.dot(self.who, hidden_outputs))
        output_errors = (targets - final_outputs) * final_outputs * (1.0 - final_outputs)
        hidden_errors = np.dot(self.who.T, output_errors)
        self.who += self.lr * np.dot(output_errors, hidden_outputs.T)
        self.wih += self.lr * np.dot(hidden_errors * hidden_outputs * (1.0 - hidden_outputs),
                                     inputs.T)
""",
    {"layout": "vectors"},
    mistakes=[
        ("np.dot(hidden_errors * hidden_outputs * ", "np.dot(hidden_errors * ", "bp2"),
        (
            "(targets - final_outputs) * final_outputs * (1.0",
            "(targets - final_outputs) * (1.0",
            "bp1",
        ),
    ],
)
# The step is taken inside; arrays one by one, new ones returned.
enter(
    "step_returned",
    """
def train_step(X, y, W1, b1, W2, b2, learning_rate):
    h = np.tanh(X @ W1 + b1)
    out = h @ W2 + b2
    dout = (out - y) / len(X)
    dh = dout @ W2.T * (1 - h**2)
    W2 = W2 - learning_rate * h.T @ dout
    b2 = b2 - learning_rate * dout.sum(0)
    W1 = W1 - learning_rate * X.T @ dh
    b1 = b1 - learning_rate * dh.sum(0)
    return W1, b1, W2, b2
""",
    {"activation": "tanh", "output": "identity", "layout": "rows"},
    form={"step": 0.1},
    mistakes=[
        (" * (1 - h**2)", "", "bp2"),
        (
            "    dh = dout @ W2.T * (1 - h**2)\n    W2 = W2 - learning_rate * h.T @ dout\n",
            "    W2 = W2 - learning_rate * h.T @ dout\n    dh = dout @ W2.T * (1 - h**2)\n",
            "bp2",
        ),
    ],
)
# The step is taken inside, in place, uphill against the negative error.
enter(
    "step_in_place",
    """
def update(params, x, y, lr=0.5):
    h = sigmoid(params["W1"] @ x + params["b1"])
    out = sigmoid(params["W2"] @ h + params["b2"])
    late = (y - out) * out * (1 - out)
    early = params["W2"].T @ late * h * (1 - h)
    m = x.shape[1]
    params["W2"] = params["W2"] + lr * late @ h.T / m
    params["b2"] = params["b2"] + lr * late.mean(axis=1, keepdims=True)
    params["W1"] += lr * early @ x.T / m
    params["b1"] += lr * early.mean(axis=1, keepdims=True)
    return ((y - out) ** 2).mean()
""",
    form={"step": 0.5},
    mistakes=[("late = (y - out)", "late = (out - y)", "bp1")],
)
# Lists moved in place, any number of layers.
enter(
    "step_lists",
    """
def sgd(weights, biases, xs, ys, eta=0.3):
    a = [xs]
    for w, b in zip(weights, biases):
        a.append(sigmoid(w @ a[-1] + b))
    delta = (a[-1] - ys) * a[-1] * (1 - a[-1])
    for l in range(len(weights) - 1, -1, -1):
        step_w, step_b = delta @ a[l].T / xs.shape[1], delta.mean(axis=1, keepdims=True)
        delta = weights[l].T @ delta * a[l] * (1 - a[l])
        weights[l] -= eta * step_w
        biases[l] -= eta * step_b
""",
    form={"step": 0.3},
    function="sgd",
    mistakes=[("weights[l].T @ delta * a[l] * (1 - a[l])", "weights[l].T @ delta", "bp2")],
)
# A class with forward and backward that keeps its gradients in attributes.
enter(
    "keeps_gradients",
    """
class Net:
    def __init__(self, layer_sizes):
        self.W = [np.random.randn(m, n) for n, m in zip(layer_sizes, layer_sizes[1:])]
        self.b = [np.zeros((n, 1)) for n in layer_sizes[1:]]

    def forward(self, x):
        self.a = [x]
        for W, b in zip(self.W, self.b):
            self.a.append(np.tanh(W @ self.a[-1] + b))
        return self.a[-1]

    def backward(self, y):
        m = y.shape[1]
        delta = (self.a[-1] - y) * (1 - self.a[-1] ** 2)
        self.dW, self.db = [], []
        for l in reversed(range(len(self.W))):
            self.dW.insert(0, delta @ self.a[l].T / m)
            self.db.insert(0, delta.mean(axis=1, keepdims=True))
            delta = self.W[l].T @ delta * (1 - self.a[l] ** 2)
""",
    {"activation": "tanh"},
    mistakes=[
        (
            "delta = self.W[l].T @ delta * (1 - self.a[l] ** 2)",
            "delta = self.W[l].T @ delta * self.a[l]",
            "bp2",
        )
    ],
)
# A network of two inputs, trained by fit; the sizes are written in.
enter(
    "written_in",
    """
class XorNet:
    def __init__(self):
        self.w1 = np.random.uniform(-1, 1, (2, 3))
        self.b1 = np.zeros((1, 3))
        self.w2 = np.random.uniform(-1, 1, (3, 2))
        self.b2 = np.zeros((1, 2))
        self.learning_rate = 0.7

    def predict(self, X):
        self.hidden = sigmoid(X @ self.w1 + self.b1)
        return sigmoid(self.hidden @ self.w2 + self.b2)

    def fit(self, X, Y, epochs=5000):
        for epoch in range(epochs):
            out = self.predict(X)
            error = Y - out
            d2 = error * out * (1 - out)
            d1 = d2.dot(self.w2.T) * self.hidden * (1 - self.hidden)
            self.w2 += self.hidden.T.dot(d2) * self.learning_rate
            self.b2 += d2.sum(axis=0, keepdims=True) * self.learning_rate
            self.w1 += X.T.dot(d1) * self.learning_rate
            self.b1 += d1.sum(axis=0, keepdims=True) * self.learning_rate
            if epoch % 1000 == 0:
                print("error", np.mean(np.abs(error)))
""",
    {"reduction": "sum"},
    mistakes=[
        ("self.b1 += d1.sum", "self.b1 += d2.sum(axis=1, keepdims=True).sum() + 0 * d1.sum", "bp3")
    ],
)
# Layers that know their own backward, in a list.
enter(
    "layers",
    """
class Dense:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out)
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T

class Tanh:
    def forward(self, inputs):
        self.output = np.tanh(inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output**2)

def make(sizes):
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [Dense(n_in, n_out), Tanh()]
    return layers

def loss_gradient(y_pred, y_true):
    return 2 * (y_pred - y_true) / y_true.size

import bpcourse as bp
backprop = bp.diagnose.from_layers(make, loss_gradient=loss_gradient)
""",
    {"activation": "tanh", "cost": "mse"},
    function="backprop",
    mistakes=[("dvalues * (1 - self.output**2)", "dvalues * self.output", "bp1", "bp2")],
)
# Layers that take the step themselves.
enter(
    "layers_step",
    """
class FCLayer:
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size) - 0.5
        self.bias = np.random.rand(1, output_size) - 0.5

    def forward_propagation(self, input_data):
        self.input = input_data
        return np.dot(self.input, self.weights) + self.bias

    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        weights_error = np.dot(self.input.T, output_error)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error.sum(axis=0, keepdims=True)
        return input_error

class ActivationLayer:
    def forward_propagation(self, input_data):
        self.input = input_data
        return np.tanh(input_data)

    def backward_propagation(self, output_error, learning_rate):
        return (1 - np.tanh(self.input) ** 2) * output_error

class Network:
    def __init__(self, sizes):
        self.layers = []
        for a, b in zip(sizes, sizes[1:]):
            self.layers += [FCLayer(a, b), ActivationLayer()]

def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size

import bpcourse as bp
backprop = bp.diagnose.from_layers(
    Network, loss_gradient=mse_prime, eta=0.1,
    forward="forward_propagation", backward="backward_propagation",
)
""",
    {"activation": "tanh", "cost": "mse"},
    function="backprop",
    mistakes=[
        (
            "        input_error = np.dot(output_error, self.weights.T)\n",
            "        input_error = np.dot(output_error, self.weights.T) / 2\n",
            "bp2",
        )
    ],
)
# Results in other containers, with the loss.
CORE = """
def core(weights, biases, x, y):
    a = [x]
    for w, b in zip(weights, biases):
        a.append(sigmoid(w @ a[-1] + b))
    delta, gw, gb = (a[-1] - y) * a[-1] * (1 - a[-1]), [], []
    for l in reversed(range(len(weights))):
        gw.insert(0, delta @ a[l].T / x.shape[1])
        gb.insert(0, delta.mean(axis=1, keepdims=True))
        delta = (weights[l].T @ delta) * a[l] * (1 - a[l])
    return gw, gb, float(((a[-1] - y) ** 2).sum() / 2 / x.shape[1])
"""
NO_PRIME = ("(weights[l].T @ delta) * a[l] * (1 - a[l])", "weights[l].T @ delta", "bp2")
for name, line in {
    "loss_last": "return gw, gb, loss",
    "loss_first": "return loss, gw, gb",
    "loss_and_pair": "return loss, (gw, gb)",
    "dictionary_of_lists": 'return {"dW": gw, "db": gb}',
    "numbered_from_0": "k = range(len(gw)); "
    'return {f"grad_w{i}": gw[i] for i in k} | {f"grad_b{i}": gb[i] for i in k}',
    "two_dictionaries": "k = range(len(gw)); "
    'return {f"W{i}": gw[i] for i in k}, {f"b{i}": gb[i] for i in k}',
    "pairs": "return zip(gw, gb)",
    "generators": "return (g for g in gw), map(np.asarray, gb)",
    "numpy_keys": "keys = np.arange(2, len(gw) + 2); "
    "return dict(zip(keys, gw)), dict(zip(keys, gb))",
    "dictionaries_by_layer": 'return [{"w": w, "b": b} for w, b in zip(gw, gb)]',
    "all_in_a_row": "return (*gw, *gb)",
}.items():
    body = "\n\ndef backprop(weights, biases, x, y):\n"
    body += f"    gw, gb, loss = core(weights, biases, x, y)\n    {line}\n"
    enter(name, CORE + body, mistakes=[NO_PRIME] if name in ("pairs", "loss_and_pair") else ())
# Parameters in another order, with names of their own; the bias of shape (1, n) is checked.
enter(
    "order_by_name",
    CORE + "\n\ndef gradients(X, T, W, B):\n    return core(W, B, X, T)[:2]\n",
    function="gradients",
    mistakes=[NO_PRIME],
)
enter(
    "biases_as_rows",
    """
def backprop(weights, biases, x, y):
    (w1, w2), (b1, b2) = weights, biases
    assert b1.shape == (1, w1.shape[1]) and b2.shape == (1, w2.shape[1])
    h = sigmoid(x @ w1 + b1)
    out = sigmoid(h @ w2 + b2)
    late = (out - y) * out * (1 - out) / len(x)
    early = late @ w2.T * h * (1 - h)
    return [x.T @ early, h.T @ late], [early.sum(0, keepdims=True), late.sum(0, keepdims=True)]
""",
    {"layout": "rows", "sizes": [4, 6, 3]},
    mistakes=[(" * h * (1 - h)", "", "bp2")],
)
enter(
    "fractions",
    CORE
    + """
from fractions import Fraction

def backprop(weights, biases, x, y):
    gw, gb, _ = core(weights, biases, x, y)
    exact = lambda g: [[Fraction(float(v)) for v in row] for row in g]
    return [exact(g) for g in gw], [exact(g) for g in gb]
""",
    mistakes=[NO_PRIME],
)
enter(
    "put_back",
    CORE
    + """
def backprop(weights, biases, x, y):
    grads = []
    for arrays in (weights, biases):
        grads.append([np.zeros_like(each) for each in arrays])
        for array, grad in zip(arrays, grads[-1]):
            for i in np.ndindex(array.shape):
                array[i] += 1e-6
                up = core(weights, biases, x, y)[2]
                array[i] -= 2e-6
                down = core(weights, biases, x, y)[2]
                array[i] += 1e-6
                grad[i] = (up - down) / 2e-6
    return grads
""",
    {"sizes": [4, 6, 3]},
)
# No biases.
NO_BIAS = """
def backprop(weights, biases, x, y):
    (w1, w2), m = weights, len(x)
    h = np.tanh(x @ w1)
    late = (h @ w2 - y) / m
    early = late @ w2.T * (1 - h**2)
    RETURN
"""
for name, line in {
    "no_biases_none": "return [x.T @ early, h.T @ late], None",
    "no_biases_alone": "return [x.T @ early, h.T @ late]",
    "no_biases_zeros": "return [x.T @ early, h.T @ late], [np.zeros_like(b) for b in biases]",
    "no_biases_nones": "return [x.T @ early, h.T @ late], [None, None]",
}.items():
    enter(
        name,
        NO_BIAS.replace("RETURN", line),
        {"activation": "tanh", "output": "identity", "layout": "rows", "sizes": [4, 6, 3]},
        mistakes=[(" * (1 - h**2)", "", "bp2")],
    )
enter(
    "no_biases_in_the_call",
    """
def gradients(x, y, w1, w2):
    h = sigmoid(w1 @ x)
    late = sigmoid(w2 @ h) - y
    early = w2.T @ late * h * (1 - h)
    return early @ x.T / x.shape[1], late @ h.T / x.shape[1]
""",
    {"cost": "cross_entropy"},
    function="gradients",
    mistakes=[(" * h * (1 - h)", "", "bp2")],
)
# One example, vectors or numbers.
enter(
    "vectors",
    """
def backprop(weights, biases, x, y):
    assert x.ndim == y.ndim == 1
    a = [x]
    for w, b in zip(weights, biases):
        a.append(sigmoid(w.dot(a[-1]) + b))
    delta, gw, gb = (a[-1] - y) * a[-1] * (1 - a[-1]), [], []
    for l in reversed(range(len(weights))):
        gw.insert(0, np.outer(delta, a[l]))
        gb.insert(0, delta.tolist())
        delta = weights[l].T.dot(delta) * a[l] * (1 - a[l])
    return gw, gb
""",
    {"layout": "vectors"},
    mistakes=[("np.outer(delta, a[l])", "np.outer(delta, a[l]) * 2", "bp4")],
)
enter(
    "numbers",
    """
import math

def gradient(x, y, w1, b1, w2, b2):
    x, y, w1, b1, w2, b2 = (float(np.squeeze(v)) for v in (x, y, w1, b1, w2, b2))
    h = 1 / (1 + math.exp(-(w1 * x + b1)))
    out = 1 / (1 + math.exp(-(w2 * h + b2)))
    late = (out - y) * out * (1 - out)
    early = w2 * late * h * (1 - h)
    return early * x, early, late * h, late
""",
    {"layout": "vectors", "sizes": [1, 1, 1]},
    function="gradient",
    mistakes=[("early = w2 * late", "early = late", "bp2")],
)
# Activations and costs by name.
for name, f, prime in (
    ("leaky_relu", "np.where(z > 0, z, 0.01 * z)", "np.where(z > 0, 1, 0.01)"),
    ("elu", "np.where(z > 0, z, np.exp(z) - 1)", "np.where(z > 0, 1, np.exp(z))"),
    ("softplus", "np.log(1 + np.exp(z))", "sigmoid(z)"),
    ("silu", "z * sigmoid(z)", "sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z))"),
    (
        "gelu_tanh",
        "0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))",
        "0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) + 0.5 * z * (1 - np.tanh("
        "np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))**2) * np.sqrt(2 / np.pi) * (1 + .134145*z*z)",
    ),
):
    enter(
        name,
        f"""
def f(z):
    return {f}

def prime(z):
    return {prime}

def backprop(weights, biases, x, y):
    a, zs = [x], []
    for w, b in zip(weights, biases):
        zs.append(w @ a[-1] + b)
        a.append(f(zs[-1]) if len(zs) < len(weights) else zs[-1])
    delta, gw, gb = 2 * (a[-1] - y) / len(y), [], []
    for l in reversed(range(len(weights))):
        gw.insert(0, delta @ a[l].T / x.shape[1])
        gb.insert(0, delta.mean(axis=1, keepdims=True))
        if l > 0:
            delta = weights[l].T @ delta * prime(zs[l - 1])
    return gw, gb
""",
        {"activation": name, "cost": "mse"},
        mistakes=[("* prime(zs[l - 1])", "* f(zs[l - 1])", "bp2")]
        if name in ("elu", "silu")
        else (),
    )
# Names that only begin with w and b; attributes that only have "weights" in their names.
enter(
    "wh_wout",
    """
def derivative(a):
    return a * (1 - a)

def train(X, y, wh, bh, wout, bout, lr=0.1, epoch=1):
    for i in range(epoch):
        hidden = sigmoid(np.dot(X, wh) + bh)
        output = sigmoid(np.dot(hidden, wout) + bout)
        d_output = (y - output) * derivative(output)
        d_hidden = d_output.dot(wout.T) * derivative(hidden)
        wout += hidden.T.dot(d_output) * lr
        bout += np.sum(d_output, axis=0) * lr
        wh += X.T.dot(d_hidden) * lr
        bh += np.sum(d_hidden, axis=0) * lr
    return wh, bh, wout, bout
""",
    {"layout": "rows", "reduction": "sum"},
    form={"step": 0.1},
    function="train",
    mistakes=[("d_output.dot(wout.T) * derivative(hidden)", "d_output.dot(wout.T)", "bp2")],
)
enter(
    "hidden_weights",
    """
class XOR:
    def __init__(self):
        self.hidden_weights = np.random.uniform(size=(2, 3))
        self.hidden_bias = np.random.uniform(size=(1, 3))
        self.output_weights = np.random.uniform(size=(3, 2))
        self.output_bias = np.random.uniform(size=(1, 2))
        self.lr = 0.1

    def train_step(self, inputs, expected_output):
        h = sigmoid(inputs @ self.hidden_weights + self.hidden_bias)
        o = sigmoid(h @ self.output_weights + self.output_bias)
        d_o = (expected_output - o) * o * (1 - o)
        d_h = d_o.dot(self.output_weights.T) * h * (1 - h)
        self.output_weights += h.T.dot(d_o) * self.lr
        self.output_bias += np.sum(d_o, axis=0, keepdims=True) * self.lr
        self.hidden_weights += inputs.T.dot(d_h) * self.lr
        self.hidden_bias += np.sum(d_h, axis=0, keepdims=True) * self.lr
""",
    {"reduction": "sum"},
    mistakes=[("* h * (1 - h)", "* sigmoid(h) * (1 - sigmoid(h))", "bp2")],
)
# A list of pairs in, the loss and a list of pairs out.
enter(
    "list_of_pairs",
    """
def loss_and_grads(params, x, y):
    a = [x]
    for W, b in params:
        a.append(np.tanh(a[-1] @ W + b))
    loss = ((a[-1] - y) ** 2).sum() / 2 / len(x)
    d = (a[-1] - y) * (1 - a[-1] ** 2) / len(x)
    grads = []
    for (W, b), h in zip(params[::-1], a[-2::-1]):
        grads.append((h.T @ d, d.sum(0)))
        d = d @ W.T * (1 - h**2)
    return loss, grads[::-1]
""",
    {"activation": "tanh", "layout": "rows"},
    function="loss_and_grads",
    mistakes=[("d @ W.T * (1 - h**2)", "d @ W.T * (1 - np.tanh(h)**2)", "bp2")],
)
# A class with methods for each part, a dictionary of parameters and a cache of its own.
enter(
    "parts",
    """
class NeuralNetwork:
    def __init__(self, layer_dims, learning_rate=0.1):
        self.L, self.lr, self.params = len(layer_dims) - 1, learning_rate, {}
        for i in range(1, self.L + 1):
            self.params["W" + str(i)] = np.random.randn(layer_dims[i - 1], layer_dims[i])
            self.params["b" + str(i)] = np.zeros((1, layer_dims[i]))

    def forward(self, X):
        self.cache, A = {"A0": X}, X
        for i in range(1, self.L + 1):
            A = sigmoid(A @ self.params[f"W{i}"] + self.params[f"b{i}"])
            self.cache[f"A{i}"] = A
        return A

    def backward(self, y):
        grads, dZ = {}, self.cache[f"A{self.L}"] - y
        for i in range(self.L, 0, -1):
            A = self.cache[f"A{i - 1}"]
            grads[f"dW{i}"] = A.T @ dZ / len(y)
            grads[f"db{i}"] = dZ.sum(axis=0, keepdims=True) / len(y)
            dZ = (dZ @ self.params[f"W{i}"].T) * A * (1 - A)
        return grads
""",
    {"cost": "cross_entropy"},
    mistakes=[
        (".T) * A * (1 - A)", ".T)", "bp2"),
        ("A.T @ dZ / len(y)", "A.T @ dZ", "bp4"),
    ],
)
# The layers are objects with weights of their own; the network leaves the gradients in them.
enter(
    "layer_objects",
    """
class Layer:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_out, n_in)
        self.b = np.random.randn(n_out, 1)

class Net:
    def __init__(self, sizes):
        self.layers = [Layer(i, o) for i, o in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        for layer in self.layers:
            layer.x = x
            layer.a = x = sigmoid(layer.w @ x + layer.b)
        return x

    def backprop(self, x, y):
        d = self.forward(x) - y
        for layer in reversed(self.layers):
            d = d * layer.a * (1 - layer.a)
            layer.dw = d @ layer.x.T / x.shape[1]
            layer.db = d.mean(1, keepdims=True)
            d = layer.w.T @ d
""",
    mistakes=[("            d = d * layer.a * (1 - layer.a)\n", "", "bp1", "bp2")],
)
