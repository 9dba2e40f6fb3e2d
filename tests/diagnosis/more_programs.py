"""More programs as people write them; importing this enters them into ``PROGRAMS``.

Most of them were written before anybody had seen what diagnose makes of them.
"""

from form_programs import enter

# Nielsen's second program: cost objects, one example, the biases first.
enter(
    "nielsen2",
    """
class CrossEntropyCost(object):
    @staticmethod
    def fn(a, y):
        return np.sum(np.nan_to_num(-y*np.log(a)-(1-y)*np.log(1-a)))
    @staticmethod
    def delta(z, a, y):
        return (a-y)

class QuadraticCost(object):
    @staticmethod
    def delta(z, a, y):
        return (a-y) * sigmoid_prime(z)

class Network(object):
    def __init__(self, sizes, cost=CrossEntropyCost):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in self.sizes[1:]]
        self.weights = [np.random.randn(y, x)/np.sqrt(x)
                        for x, y in zip(self.sizes[:-1], self.sizes[1:])]
        self.cost = cost

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a)+b)
        return a

    def update_mini_batch(self, mini_batch, eta, lmbda, n):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb+dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw+dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        self.weights = [(1-eta*(lmbda/n))*w-(eta/len(mini_batch))*nw
                        for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b-(eta/len(mini_batch))*nb
                       for b, nb in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation)+b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = (self.cost).delta(zs[-1], activations[-1], y)
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            delta = np.dot(self.weights[-l+1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())
        return (nabla_b, nabla_w)

def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z)*(1-sigmoid(z))
""",
    {"cost": "cross_entropy", "batch": False},
    mistakes=[("sp = sigmoid_prime(z)", "sp = sigmoid_prime(activations[-l])", "bp2")],
)
# Plain lists and loops, as in Mazur's example.
enter(
    "mazur_lists",
    """
import math

def forward(weights, biases, inputs):
    outs = [list(inputs)]
    for W, B in zip(weights, biases):
        layer = []
        for row, b in zip(W, B):
            total = 0
            for w, o in zip(row, outs[-1]):
                total += w * o
            layer.append(1 / (1 + math.exp(-(total + b))))
        outs.append(layer)
    return outs

def train_one(weights, biases, x, y):
    outs = forward(weights, biases, x)
    deltas = [None] * len(weights)
    deltas[-1] = [-(t - o) * o * (1 - o) for t, o in zip(y, outs[-1])]
    for k in range(len(weights) - 2, -1, -1):
        layer = []
        for h in range(len(outs[k + 1])):
            d = 0
            for o in range(len(deltas[k + 1])):
                d += deltas[k + 1][o] * weights[k + 1][o][h]
            layer.append(d * outs[k + 1][h] * (1 - outs[k + 1][h]))
        deltas[k] = layer
    gw = [[[d * a for a in outs[k]] for d in deltas[k]] for k in range(len(weights))]
    return gw, deltas
""",
    {"layout": "vectors"},
    function="train_one",
    mistakes=[("d += deltas", "d = deltas", "bp2")],
)
# Pairs in, pairs out; a cost that is the mean of all squares.
enter(
    "jax_pairs_elu",
    """
def elu(z): return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)
def grad_fn(params, x, y):
    h, tape = x, []
    *body, (wl, bl) = params
    for w, b in body:
        z = h @ w + b
        tape.append((h, z))
        h = elu(z)
    pred = h @ wl + bl
    g = 2 * (pred - y) / pred.size
    grads = [(h.T @ g, g.sum(0))]
    g = g @ wl.T
    for (w, b), (h, z) in zip(body[::-1], tape[::-1]):
        g = g * np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))
        grads.append((h.T @ g, g.sum(0)))
        g = g @ w.T
    return grads[::-1]
""",
    {"activation": "elu", "cost": "mse", "layout": "rows"},
    function="grad_fn",
    mistakes=[
        ("np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))", "np.where(z > 0, 1.0, elu(z))", "bp2")
    ],
)
# Layers that look like networks themselves, in a class that holds them.
enter(
    "modules",
    """
class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T

class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out
    def backward(self, grad):
        return grad * self.out * (1 - self.out)

class Sequential:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = [Linear(n_in, n_hidden), Sigmoid(), Linear(n_hidden, n_out), Sigmoid()]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, y_hat, y):
        grad = (y_hat - y) / len(y)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
""",
    {"layout": "rows"},
    function="Sequential",
    mistakes=[("grad * self.out * (1 - self.out)", "grad * self.out", "bp1", "bp2")],
)
# A recursion over the layers.
enter(
    "recursive",
    r'''
def backprop(weights, biases, x, y):
    """Recursive: each call handles one layer and returns the error for the one below."""
    grads_w, grads_b = [None] * len(weights), [None] * len(biases)
    def go(k, a):
        if k == len(weights):
            return (a - y) / y.shape[1]
        z = weights[k] @ a + biases[k]
        out = np.tanh(z)
        d = go(k + 1, out) * (1 - out ** 2)
        grads_w[k], grads_b[k] = d @ a.T, d.sum(axis=1, keepdims=True)
        return weights[k].T @ d
    go(0, x)
    return grads_w, grads_b
''',
    {"activation": "tanh"},
    mistakes=[("(1 - out ** 2)", "(1 - z ** 2)", "bp1", "bp2")],
)
# All parameters in one vector, from a course in Octave.
enter(
    "octave_reg",
    """
def sigmoid(z): return 1 / (1 + np.exp(-z))

def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, Lambda=0):
    size1 = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:size1].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[size1:].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    a1 = np.hstack((np.ones((m, 1)), X))
    z2 = a1 @ Theta1.T
    a2 = np.hstack((np.ones((m, 1)), sigmoid(z2)))
    a3 = sigmoid(a2 @ Theta2.T)
    Y = y
    J = (1 / m) * np.sum(-Y * np.log(a3) - (1 - Y) * np.log(1 - a3))
    d3 = a3 - Y
    d2 = (d3 @ Theta2)[:, 1:] * sigmoid(z2) * (1 - sigmoid(z2))
    grad1 = d2.T @ a1 / m
    grad2 = d3.T @ a2 / m
    grad1[:, 1:] += Lambda / m * Theta1[:, 1:]
    grad2[:, 1:] += Lambda / m * Theta2[:, 1:]
    return J, np.concatenate([grad1.ravel(), grad2.ravel()])
""",
    {"cost": "cross_entropy", "weight_decay": 0.5},
    function="nnCostFunction",
    mistakes=[
        ("grad1[:, 1:] += Lambda / m * Theta1[:, 1:]", "grad1 += Lambda / m * Theta1", "bp3"),
        ("d2 = (d3 @ Theta2)[:, 1:]", "d2 = (d3 @ Theta2)[:, :-1]", "bp2"),
    ],
)
# The same with matrices, and a learning_rate that is the number before the penalty.
enter(
    "wittenauer",
    """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def forward_propagate(X, theta1, theta2):
    m = X.shape[0]
    a1 = np.insert(X, 0, values=np.ones(m), axis=1)
    z2 = a1 * theta1.T
    a2 = np.insert(sigmoid(z2), 0, values=np.ones(m), axis=1)
    z3 = a2 * theta2.T
    h = sigmoid(z3)
    return a1, z2, a2, z3, h
def sigmoid_gradient(z):
    return np.multiply(sigmoid(z), (1 - sigmoid(z)))
def backprop(params, input_size, hidden_size, num_labels, X, y, learning_rate):
    m = X.shape[0]
    X = np.matrix(X)
    y = np.matrix(y)
    size1 = hidden_size * (input_size + 1)
    theta1 = np.matrix(np.reshape(params[:size1], (hidden_size, (input_size + 1))))
    theta2 = np.matrix(np.reshape(params[size1:], (num_labels, (hidden_size + 1))))
    a1, z2, a2, z3, h = forward_propagate(X, theta1, theta2)
    J = 0
    delta1 = np.zeros(theta1.shape)
    delta2 = np.zeros(theta2.shape)
    for t in range(m):
        a1t = a1[t,:]
        z2t = z2[t,:]
        a2t = a2[t,:]
        ht = h[t,:]
        yt = y[t,:]
        d3t = ht - yt
        z2t = np.insert(z2t, 0, values=np.ones(1))
        d2t = np.multiply((theta2.T * d3t.T).T, sigmoid_gradient(z2t))
        delta1 = delta1 + (d2t[:,1:]).T * a1t
        delta2 = delta2 + d3t.T * a2t
    delta1 = delta1 / m
    delta2 = delta2 / m
    delta1[:,1:] = delta1[:,1:] + (theta1[:,1:] * learning_rate) / m
    delta2[:,1:] = delta2[:,1:] + (theta2[:,1:] * learning_rate) / m
    grad = np.concatenate((np.ravel(delta1), np.ravel(delta2)))
    return J, grad
""",
    {"cost": "cross_entropy", "weight_decay": 0.7},
    function="backprop",
    mistakes=[
        ("np.multiply((theta2.T * d3t.T).T, sigmoid_gradient(z2t))", "(theta2.T * d3t.T).T", "bp2")
    ],
)
# A penalty that is not divided by the number of examples.
enter(
    "cs_reg",
    """
def loss(X, y, model, reg=0.0):
    W1, b1, W2, b2 = model['W1'], model['b1'], model['W2'], model['b2']
    num_examples = X.shape[0]
    hidden_layer = np.maximum(0, np.dot(X, W1) + b1)
    scores = np.dot(hidden_layer, W2) + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    correct_logprobs = -np.log(probs[range(num_examples), y])
    data_loss = np.sum(correct_logprobs)/num_examples
    reg_loss = 0.5*reg*np.sum(W1*W1) + 0.5*reg*np.sum(W2*W2)
    loss = data_loss + reg_loss
    dscores = probs
    dscores[range(num_examples), y] -= 1
    dscores /= num_examples
    grads = {}
    grads['W2'] = np.dot(hidden_layer.T, dscores)
    grads['b2'] = np.sum(dscores, axis=0, keepdims=True)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden_layer <= 0] = 0
    grads['W1'] = np.dot(X.T, dhidden)
    grads['b1'] = np.sum(dhidden, axis=0, keepdims=True)
    grads['W2'] += reg * W2
    grads['W1'] += reg * W1
    return loss, grads
""",
    {
        "activation": "relu",
        "cost": "log_likelihood",
        "labels": "integers",
        "layout": "rows",
        "weight_decay": 0.5,
    },
    mistakes=[("grads['W2'] += reg * W2", "grads['W2'] += 2 * reg * W2", "bp4")],
)
# A penalty that is divided by it.
enter(
    "reg_coursera",
    """
def sigmoid(z): return 1/(1+np.exp(-z))
def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.maximum(0, Z1)
    A2 = sigmoid(parameters["W2"] @ A1 + parameters["b2"])
    return A2, (Z1, A1, parameters["W1"], parameters["b1"], A2, parameters["W2"], parameters["b2"])
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, A2, W2, b2) = cache
    dZ2 = A2 - Y
    dW2 = 1./m * np.dot(dZ2, A1.T) + (lambd*W2)/m
    db2 = 1./m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), np.int64(A1 > 0))
    dW1 = 1./m * np.dot(dZ1, X.T) + (lambd*W1)/m
    db1 = 1./m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dZ1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
""",
    {"activation": "relu", "cost": "cross_entropy", "weight_decay": 0.7},
    function="backward_propagation_with_regularization",
    mistakes=[("(lambd*W2)/m", "lambd*W2", "bp4")],
)
# One layer, whose w and b are no lists.
enter(
    "logistic_regression",
    """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    grads = {"dw": dw, "db": db}
    return grads, cost
""",
    {"cost": "cross_entropy", "sizes": [4, 1]},
    mistakes=[("dw = 1 / m *", "dw =", "bp4")],
)
# Neurons as dictionaries; the last eight lines are the adapter.
enter(
    "brownlee",
    """
from math import exp

def activate(weights, inputs):
    activation = weights[-1]
    for i in range(len(weights)-1):
        activation += weights[i] * inputs[i]
    return activation

def transfer(activation):
    return 1.0 / (1.0 + exp(-activation))

def forward_propagate(network, row):
    inputs = row
    for layer in network:
        new_inputs = []
        for neuron in layer:
            activation = activate(neuron['weights'], inputs)
            neuron['output'] = transfer(activation)
            new_inputs.append(neuron['output'])
        inputs = new_inputs
    return inputs

def transfer_derivative(output):
    return output * (1.0 - output)

def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        layer = network[i]
        errors = list()
        if i != len(network)-1:
            for j in range(len(layer)):
                error = 0.0
                for neuron in network[i + 1]:
                    error += (neuron['weights'][j] * neuron['delta'])
                errors.append(error)
        else:
            for j in range(len(layer)):
                neuron = layer[j]
                errors.append(neuron['output'] - expected[j])
        for j in range(len(layer)):
            neuron = layer[j]
            neuron['delta'] = errors[j] * transfer_derivative(neuron['output'])

def update_weights(network, row, l_rate):
    for i in range(len(network)):
        inputs = row
        if i != 0:
            inputs = [neuron['output'] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron['weights'][j] -= l_rate * neuron['delta'] * inputs[j]
            neuron['weights'][-1] -= l_rate * neuron['delta']

# the adapter
def backprop(weights, biases, x, y, lr=1.0):
    network = [[{'weights': [*row, b]} for row, b in zip(w, bs)] for w, bs in zip(weights, biases)]
    forward_propagate(network, x)
    backward_propagate_error(network, y)
    update_weights(network, x, lr)
    new = [[n['weights'] for n in layer] for layer in network]
    gw = [[[(o - v) / lr for o, v in zip(row, n[:-1])] for row, n in zip(w, layer)]
          for w, layer in zip(weights, new)]
    gb = [[(o - n[-1]) / lr for o, n in zip(b, layer)] for b, layer in zip(biases, new)]
    return gw, gb
""",
    {"layout": "vectors"},
    mistakes=[
        (
            "inputs = [neuron['output'] for neuron in network[i - 1]]",
            "inputs = [neuron['delta'] for neuron in network[i - 1]]",
            "bp4",
        )
    ],
)
# Every example a column of its own.
enter(
    "stacked_columns",
    r'''
def f(z): return np.tanh(z)
def backprop(weights, biases, X, Y):
    """X is (m, n, 1): each example a column, stacked."""
    X, Y = X.T[:, :, None], Y.T[:, :, None]
    acts = [X]
    for W, b in zip(weights, biases):
        acts.append(f(W @ acts[-1] + b))
    delta = (acts[-1] - Y) * (1 - acts[-1] ** 2)
    gW, gb = [], []
    for k in range(len(weights) - 1, -1, -1):
        gW.insert(0, (delta @ acts[k].transpose(0, 2, 1)).mean(axis=0))
        gb.insert(0, delta.mean(axis=0))
        delta = (weights[k].T @ delta) * (1 - acts[k] ** 2)
    return gW, gb
''',
    {"activation": "tanh"},
    mistakes=[(".mean(axis=0))\n        gb", "[:-1].mean(axis=0))\n        gb", "bp4")],
)
# Softplus, and the log-likelihood by logarithms.
enter(
    "logsumexp_softplus",
    """
def loss_and_grad(params, x, labels):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    pre = x @ W1 + b1
    h = np.log1p(np.exp(pre))
    logits = h @ W2 + b2
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    n, k = logits.shape
    target = np.eye(k)[labels]
    loss = -(target * logp).sum() / n
    dlogits = (np.exp(logp) - target) / n
    dh = dlogits @ W2.T
    dpre = dh / (1 + np.exp(-pre))
    return loss, dict(W1=x.T @ dpre, b1=dpre.sum(0), W2=h.T @ dlogits, b2=dlogits.sum(0))
""",
    {"activation": "softplus", "cost": "log_likelihood", "labels": "integers", "layout": "rows"},
    mistakes=[("target = np.eye(k)[labels]", "target = 0.9 * np.eye(k)[labels] + 0.1 / k", "bp1")],
)
# Two classes, 0 and 1, one output.
enter(
    "binary_labels",
    """
class BinaryClassifier:
    def __init__(self, input_dim, hidden_dim):
        rng = np.random.default_rng(0)
        self.W1 = rng.normal(size=(input_dim, hidden_dim))
        self.b1 = np.zeros(hidden_dim)
        self.w2 = rng.normal(size=(hidden_dim, 1))
        self.b2 = np.zeros(1)
    def gradients(self, X, y):
        h = np.maximum(X @ self.W1 + self.b1, 0)
        p = (1 / (1 + np.exp(-(h @ self.w2 + self.b2)))).ravel()
        d = (p - y) / len(y)
        g = {"w2": h.T @ d[:, None], "b2": d.sum(keepdims=True)}
        back = np.outer(d, self.w2.ravel()) * (h > 0)
        g["W1"], g["b1"] = X.T @ back, back.sum(axis=0)
        return g
""",
    {
        "activation": "relu",
        "cost": "cross_entropy",
        "labels": "integers",
        "layout": "rows",
        "sizes": [4, 6, 1],
    },
    mistakes=[("* (h > 0)", "* (self.w2.ravel() > 0)", "bp2")],
)
# Matrices of the old kind.
enter(
    "np_matrix",
    """
def sgm(x): return 1.0 / (1.0 + np.exp(-x))
def bp(weights, biases, x, y):
    W = [np.matrix(w) for w in weights]; B = [np.matrix(b) for b in biases]
    a = [np.matrix(x)]
    for w, b in zip(W, B):
        a.append(sgm(w * a[-1] + b))
    d = np.multiply(a[-1] - np.matrix(y), np.multiply(a[-1], 1 - a[-1]))
    gw, gb = [], []
    for i in range(len(W))[::-1]:
        gw.insert(0, d * a[i].T / x.shape[1])
        gb.insert(0, d.mean(axis=1))
        d = np.multiply(W[i].T * d, np.multiply(a[i], 1 - a[i]))
    return gw, gb
""",
    {},
    function="bp",
    mistakes=[("sgm(w * a[-1] + b)", "sgm(w * a[-1] + 2 * b)", "forward")],
)
# A dictionary of parameters and a cache in a class for any number of layers.
enter(
    "model_with_cache",
    """
class Model:
    def __init__(self, layer_sizes):
        self.params = {}
        for i in range(1, len(layer_sizes)):
            self.params[f"W{i}"] = np.random.randn(layer_sizes[i], layer_sizes[i - 1])
            self.params[f"b{i}"] = np.zeros((layer_sizes[i], 1))
        self.L = len(layer_sizes) - 1

    def forward(self, X):
        self.cache = {"A0": X}
        for i in range(1, self.L + 1):
            Z = self.params[f"W{i}"] @ self.cache[f"A{i-1}"] + self.params[f"b{i}"]
            self.cache[f"Z{i}"] = Z
            self.cache[f"A{i}"] = np.maximum(0, Z) if i < self.L else 1 / (1 + np.exp(-Z))
        return self.cache[f"A{self.L}"]

    def backward(self, Y):
        m = Y.shape[1]
        grads = {}
        dZ = self.cache[f"A{self.L}"] - Y
        for i in range(self.L, 0, -1):
            grads[f"dW{i}"] = dZ @ self.cache[f"A{i-1}"].T / m
            grads[f"db{i}"] = np.sum(dZ, axis=1, keepdims=True) / m
            if i > 1:
                dZ = (self.params[f"W{i}"].T @ dZ) * (self.cache[f"Z{i-1}"] > 0)
        self.grads = grads
        return grads
""",
    {"activation": "relu", "output": "sigmoid", "cost": "cross_entropy"},
    mistakes=[('@ self.cache[f"A{i-1}"].T / m', '@ self.cache[f"A{i-1}"].T / (2 * m)', "bp4")],
)
# A script.
enter(
    "trask_script",
    """
rng = np.random.default_rng(3)
X = rng.normal(size=(8, 3)); T = rng.uniform(.1, .9, size=(8, 2))
syn0 = rng.normal(size=(3, 5)); syn1 = rng.normal(size=(5, 2))
l1 = 1 / (1 + np.exp(-X @ syn0))
l2 = 1 / (1 + np.exp(-l1 @ syn1))
l2_error = l2 - T
l2_delta = l2_error * l2 * (1 - l2)
l1_error = l2_delta @ syn1.T
l1_delta = l1_error * l1 * (1 - l1)
g1 = l1.T @ l2_delta
g0 = X.T @ l1_delta
""",
    {"layout": "rows", "reduction": "sum"},
    {"vars": {"x": ["X"], "y": ["T"], "weights": ["syn0", "syn1"], "grads": ["g0", "g1"]}},
    mistakes=[("l1_error = l2_delta @ syn1.T", "l1_error = l2_error @ syn1.T", "bp2")],
)
# A slope that is a function of its own.
enter(
    "tanh_plain",
    """
def act(z): return np.tanh(z)
def slope(z): return (1 - np.tanh(z) ** 2)
def backprop(weights, biases, x, y):
    zs, a = [], [x]
    for w, b in zip(weights, biases):
        zs.append(w @ a[-1] + b); a.append(act(zs[-1]))
    d = (a[-1] - y) * slope(zs[-1])
    out = []
    for w, z, prev in list(zip(weights, [None] + zs, a))[::-1]:
        out.append((d @ prev.T / d.shape[1], d.mean(1, keepdims=True)))
        if z is not None:
            d = w.T @ d * slope(z)
    gw, gb = zip(*out[::-1])
    return list(gw), list(gb)
""",
    {"activation": "tanh"},
    mistakes=[("return np.tanh(z)", "return 1.7159 * np.tanh(2 / 3 * z)", "forward")],
)
# Sums by their indices, the biases first.
enter(
    "einsum_biases_first",
    """
def relu(z): return z * (z > 0)
def net_grad(weights, biases, X, Y):
    H = [X]
    for i in range(len(weights) - 1):
        H.append(relu(H[i] @ weights[i] + biases[i]))
    out = H[-1] @ weights[-1] + biases[-1]
    G = (out - Y) / X.shape[0]
    dW, dB = [0] * len(weights), [0] * len(biases)
    for i in range(len(weights) - 1, -1, -1):
        dW[i] = np.einsum('mi,mj->ij', H[i], G)
        dB[i] = np.einsum('mj->j', G)
        G = np.einsum('mj,ij->mi', G, weights[i]) * (H[i] > 0)
    return dB, dW
""",
    {"activation": "relu", "output": "identity", "layout": "rows"},
    function="net_grad",
    mistakes=[("(H[i] > 0)", "(H[i] > 0.3)", "bp2")],
)
