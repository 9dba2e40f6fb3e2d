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
    "bptt_step": """def bptt_step(w_h, delta_next, grad_h, h):
    # Two ways lead from h_t to the cost: at once, and through the state after it.
    return (grad_h + w_h.T @ delta_next) * (1 - h**2)
""",
    "recurrent_weights": """def recurrent_weights(delta, h, x):
    steps, n, m = delta.shape
    grad_w_x, grad_w_h, grad_b = np.zeros((n, x.shape[1])), np.zeros((n, n)), np.zeros((n, 1))
    for t in range(steps):  # the same weights in every step: their gradients add up
        grad_w_x += delta[t] @ x[t].T / m
        grad_w_h += delta[t] @ h[t].T / m  # h begins with the state before the first step
        grad_b += delta[t].mean(axis=1, keepdims=True)
    return grad_w_x, grad_w_h, grad_b
""",
    "conv_backward_input": """def conv_backward_input(delta, w, shape, stride, padding):
    c_in, height, width, m = shape
    k = w.shape[-1]
    framed = np.zeros((c_in, height + 2 * padding, width + 2 * padding, m))
    for p in range(delta.shape[1]):
        for q in range(delta.shape[2]):
            rows = slice(stride * p, stride * p + k)
            columns = slice(stride * q, stride * q + k)
            # Every pixel of the window gets the error by the weight that has seen it.
            framed[:, rows, columns] += np.einsum("oikl,om->iklm", w, delta[:, p, q])
    return framed[:, padding : padding + height, padding : padding + width]
""",
    "conv_backward_weights": """def conv_backward_weights(x, delta, k, stride, padding):
    framed = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    grad = np.zeros((len(delta), len(x), k, k))
    for p in range(delta.shape[1]):
        for q in range(delta.shape[2]):
            rows = slice(stride * p, stride * p + k)
            columns = slice(stride * q, stride * q + k)
            # BP4 at every place; a shared weight adds up what its places say.
            grad += np.einsum("om,iklm->oikl", delta[:, p, q], framed[:, rows, columns])
    return grad / x.shape[3]
""",
    "max_pool_backward": """def max_pool_backward(delta, x, size):
    back = np.zeros(x.shape)
    for c, p, q, i in np.ndindex(delta.shape):
        window = x[c, size * p : size * (p + 1), size * q : size * (q + 1), i]
        row, column = divmod(window.argmax(), size)  # the first of the largest
        back[c, size * p + row, size * q + column, i] = delta[c, p, q, i]
    return back
""",
    "batch_norm_backward": """def batch_norm_backward(delta, normalized, scale, gamma):
    g = gamma * delta
    # Mean and variance are functions of x, too: each has a term.
    mean = g.mean(axis=1, keepdims=True)
    stretch = (g * normalized).mean(axis=1, keepdims=True)
    delta_x = scale * (g - mean - normalized * stretch)
    grad_gamma = (delta * normalized).mean(axis=1, keepdims=True)
    return delta_x, grad_gamma, delta.mean(axis=1, keepdims=True)
""",
    "layer_norm_backward": """def layer_norm_backward(delta, normalized, scale, gamma):
    g = gamma * delta
    # What was normalized together are the neurons of an example: axis 0.
    mean = g.mean(axis=0, keepdims=True)
    stretch = (g * normalized).mean(axis=0, keepdims=True)
    delta_x = scale * (g - mean - normalized * stretch)
    # gamma and beta are shared by the examples: axis 1.
    grad_gamma = (delta * normalized).mean(axis=1, keepdims=True)
    return delta_x, grad_gamma, delta.mean(axis=1, keepdims=True)
""",
    "embedding_backward": """def embedding_backward(delta, tokens, vocabulary):
    n, m, length = delta.shape
    grad = np.zeros((n, vocabulary))
    for i in range(m):
        for t in range(length):  # a token that comes again adds to its column
            grad[:, tokens[i, t]] += delta[:, i, t] / m
    return grad
""",
    "attention_backward": """def attention_backward(delta, q, k, v):
    d, length = q.shape
    # Forward: column t of p says how much position t reads from 1, ..., t.
    later = np.tril(np.ones((length, length), dtype=bool), -1)
    s = np.where(later, -np.inf, k.T @ q / np.sqrt(d))
    e = np.exp(s - s.max(axis=0))
    p = e / e.sum(axis=0)
    # Back through a = v p, the softmax of every column, and the scores.
    delta_p = v.T @ delta
    delta_s = p * (delta_p - (p * delta_p).sum(axis=0)) / np.sqrt(d)
    return k @ delta_s, q @ delta_s.T, delta @ p.T
""",
    "adam_step": """def adam_step(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    v = [beta_1 * a + (1 - beta_1) * g for a, g in zip(v, grads)]
    s = [beta_2 * a + (1 - beta_2) * g**2 for a, g in zip(s, grads)]
    weights = [
        # Both averages begin at 0: the divisions make up for that.
        w - eta * (a / (1 - beta_1**t)) / (np.sqrt(b / (1 - beta_2**t)) + epsilon)
        for w, a, b in zip(weights, v, s)
    ]
    return weights, v, s
""",
}
