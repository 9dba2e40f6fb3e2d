"""The text of an answer to every step, for a teacher's notebook."""

_SIGMOID = """def sigmoid(z):
    e = np.exp(-abs(z))  # no exp sees a positive number
    return np.where(z >= 0, 1, e) / (1 + e)
"""

#: A solution by the name of its step; it needs NumPy as np and, for ``renumbered``, bpcourse as bp.
SOLUTIONS = {
    "sigmoid": _SIGMOID,
    "sigmoid_prime": """def sigmoid_prime(z):
    e = np.exp(-abs(z))  # the slope is the same on both sides of 0
    return e / (1 + e) ** 2
""",
    "tanh": """def tanh(z):
    return np.tanh(z)
""",
    "tanh_prime": """def tanh_prime(z):
    return 1 - np.tanh(z) ** 2
""",
    "relu": """def relu(z):
    return np.maximum(0, z)
""",
    "relu_prime": """def relu_prime(z):
    return (z > 0).astype(float)
""",
    "softmax": """def softmax(z):
    e = np.exp(z - z.max(axis=0))  # the largest exponent of every example is 0
    return e / e.sum(axis=0)
""",
    "softmax_jacobian": """def softmax_jacobian(z):
    e = np.exp(z - z.max())
    s = e / e.sum()
    return np.diag(s) - np.outer(s, s)
""",
    "softmax_vjp": """def softmax_vjp(s, g):
    return s * (g - (s * g).sum())
""",
    "quadratic": """def quadratic(a, y):
    return ((a - y) ** 2).sum(axis=0).mean() / 2
""",
    "quadratic_gradient": """def quadratic_gradient(a, y):
    return a - y
""",
    "cross_entropy": """def cross_entropy(a, y):
    a = np.clip(a, 1e-300, 1)  # log(0) never arises: 0 log 0 is 0 here
    b = np.clip(1 - a, 1e-300, 1)
    return -(y * np.log(a) + (1 - y) * np.log(b)).sum(axis=0).mean()
""",
    "cross_entropy_gradient": """def cross_entropy_gradient(a, y):
    return (a - y) / (a * (1 - a))
""",
    "log_likelihood": """def log_likelihood(a, y):
    return -(y * np.log(np.where(y > 0, a, 1))).sum(axis=0).mean()
""",
    "log_likelihood_gradient": """def log_likelihood_gradient(a, y):
    return -y / a
""",
    "bp1": """def bp1(grad_a, prime):
    return grad_a * prime
""",
    "bp2": """def bp2(w_next, delta_next, prime):
    return (w_next.T @ delta_next) * prime
""",
    "bp3": """def bp3(delta):
    return delta.mean(axis=1, keepdims=True)
""",
    "bp4": """def bp4(a_previous, delta):
    return delta @ a_previous.T / delta.shape[1]
""",
    "forward": """def forward(weights, biases, x):
    zs, activations = [], [x]
    for w, b in zip(weights, biases):
        zs.append(w @ activations[-1] + b)
        activations.append(1 / (1 + np.exp(-zs[-1])))
    return zs, activations
""",
    "renumbered": """def renumbered(net, order):
    weights = [net.w[2][order], net.w[3][:, order]]
    biases = [net.b[2][order], net.b[3]]
    return bp.Network.from_arrays(weights, biases, [net.activations[2], net.activations[3]])
""",
    "backprop": """def backprop(weights, biases, x, y):
    # Forward: keep every z and every a.
    zs, activations = [], [x]
    for w, b in zip(weights, biases):
        zs.append(w @ activations[-1] + b)
        activations.append(1 / (1 + np.exp(-zs[-1])))
    primes = [a * (1 - a) for a in activations[1:]]
    # Backward: BP1 once, then BP3 and BP4 in every layer, and BP2 from one to the next.
    m = x.shape[1]
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    delta = (activations[-1] - y) * primes[-1]
    for l in reversed(range(len(weights))):
        grad_b[l] = delta.mean(axis=1, keepdims=True)
        grad_w[l] = delta @ activations[l].T / m
        if l > 0:
            delta = (weights[l].T @ delta) * primes[l - 1]
    return grad_w, grad_b
""",
    "sgd_step": """def sgd_step(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    new_w = [w - eta * (g + weight_decay / n * w) for w, g in zip(weights, grad_w)]
    new_b = [b - eta * g for b, g in zip(biases, grad_b)]
    return new_w, new_b
""",
    "forward_difference": """def forward_difference(f, x, h=1e-8):
    return np.array([(f(x + h * unit) - f(x)) / h for unit in np.eye(x.size)])
""",
    "central_difference": """def central_difference(f, x, h=6e-6):
    steps = h * np.eye(x.size)
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])
""",
    "four_points": """def four_points(f, w, h):
    near, far = f(w + h) - f(w - h), f(w + 2 * h) - f(w - 2 * h)
    return (8 * near - far) / (12 * h)
""",
    "Value": '''class Value:
    """A number that remembers from what it was computed, and hands its gradient back."""

    def __init__(self, data, parents=(), derivatives=()):
        self.data, self.grad = data, 0.0
        self.parents, self.derivatives = parents, derivatives

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * (other if isinstance(other, Value) else Value(other)) ** -1.0

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return Value(other) - self

    def __rtruediv__(self, other):
        return Value(other) / self

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def exp(self):
        e = np.exp(self.data)
        return Value(e, (self,), (e,))

    def log(self):
        return Value(np.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        t = np.tanh(self.data)
        return Value(t, (self,), (1 - t**2,))

    def backward(self):
        order, seen = [], set()

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                for parent in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        for value in order:  # what lies between starts afresh, inputs add up
            value.grad = 0.0 if value.parents else value.grad
        self.grad = 1.0
        for value in reversed(order):
            for parent, derivative in zip(value.parents, value.derivatives):
                parent.grad += derivative * value.grad
''',
    "early_stopping": """def early_stopping(costs, patience):
    best = 0
    for k in range(1, len(costs)):
        if costs[k] < costs[best]:
            best = k
        elif k - best >= patience:
            break
    return best
""",
    "kfold": """def kfold(n, k):
    return np.array_split(np.arange(n), k)
""",
}
