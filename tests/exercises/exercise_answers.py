"""Answers to the exercises as learners write them: right ones in many styles, and wrong ones.

``RIGHT[name]`` is a list of functions; ``WRONG[name]`` a list of pairs (function, cause), where the
cause None stands for a mistake outside the catalogue.
"""

import itertools
import math

import layer_answers
import numpy as np

import bpcourse as bp


def stable(z):
    """Return the sigmoid without overflow, as the other answers use it."""
    return 0.5 * (1 + np.tanh(z / 2))


# Activations


def sigmoid_by_masks(z):
    out = np.zeros(z.shape)
    right = z >= 0
    out[right] = 1 / (1 + np.exp(-z[right]))
    e = np.exp(z[~right])
    out[~right] = e / (1 + e)
    return out


def sigmoid_in_a_loop(z):
    def one(v):
        return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

    return [[one(v) for v in row] for row in z.tolist()]


def sigmoid_into_integers(z):
    out = np.zeros_like(z)
    out[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    e = np.exp(z[z < 0])
    out[z < 0] = e / (1 + e)
    return out


def sigmoid_of_one_number(z):
    return 1 / (1 + math.exp(-z))


def sigmoid_single(z):
    return np.float32(stable(z.astype(np.float32)))


def sigmoid_clipped(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def prime_by_masks(z):
    e = np.exp(-abs(z))
    return e / (1 + e) ** 2


def tanh_of_exponentials(z):
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def tanh_in_a_loop(z):
    return np.array([[math.tanh(v) for v in row] for row in z])


def relu_with_if(z):
    if z > 0:
        return z
    return 0


def relu_in_place(z):
    z[z < 0] = 0
    return z


def relu_prime_in_a_loop(z):
    out = np.zeros(z.shape)
    for i, row in enumerate(z):
        for j, v in enumerate(row):
            out[i, j] = 1 if v > 0 else 0
    return out


def relu_prime_by_division(z):
    with np.errstate(invalid="ignore"):
        return np.maximum(0, z) / z


def softmax_in_columns(z):
    columns = []
    for x in range(z.shape[1]):
        e = np.exp(z[:, x] - max(z[:, x]))
        columns.append(e / sum(e))
    return np.array(columns).T


def softmax_by_logarithms(z):
    return np.exp(z - np.logaddexp.reduce(z, axis=0))


def softmax_plain(z):
    return np.exp(z) / np.sum(np.exp(z), axis=0)


def softmax_global_maximum(z):
    e = np.exp(z - z.max())
    return e / e.sum(axis=0)


def jacobian_in_a_loop(z):
    s = np.exp(z) / np.exp(z).sum()
    return [[s[i] * ((i == j) - s[j]) for j in range(z.size)] for i in range(z.size)]


def jacobian_of_a_column(z):
    s = bp.softmax(z.reshape(-1, 1))
    return np.diagflat(s) - s @ s.T


# Costs


def quadratic_in_a_loop(a, y):
    total = 0.0
    for x in range(a.shape[1]):
        for j in range(a.shape[0]):
            total += (a[j, x] - y[j, x]) ** 2 / 2
    return total / a.shape[1]


def cross_entropy_plain(a, y):
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / a.shape[1]


def cross_entropy_clipped(a, y):
    a = np.clip(a, 1e-9, 1 - 1e-9)
    return [-np.mean(np.sum(y * np.log(a) + (1 - y) * np.log(1 - a), axis=0))]


def cross_entropy_of_what_counts(a, y):
    return -np.log(np.where(y == 1, a, 1 - a)).sum(axis=0).mean()


def log_likelihood_by_index(a, y):
    right = y.argmax(axis=0)
    return -np.log(a[right, np.arange(a.shape[1])]).mean()


def log_likelihood_plain(a, y):
    return -(y * np.log(a)).sum() / a.shape[1]


# The four equations


def bp2_in_loops(w_next, delta_next, prime):
    delta = np.zeros(prime.shape)
    for x in range(prime.shape[1]):
        for j in range(prime.shape[0]):
            for i in range(w_next.shape[0]):
                delta[j, x] += w_next[i, j] * delta_next[i, x]
            delta[j, x] *= prime[j, x]
    return delta


def bp4_in_loops(a_previous, delta):
    m = delta.shape[1]
    gradient = np.zeros((delta.shape[0], a_previous.shape[0]))
    for x in range(m):
        gradient += np.outer(delta[:, x], a_previous[:, x])
    return gradient / m


def bp4_overwritten(a_previous, delta):
    m = delta.shape[1]
    for x in range(m):
        gradient = np.outer(delta[:, x], a_previous[:, x])
    return gradient / m


# Networks


def forward_plain(weights, biases, x):
    zs, activations = [], [x]
    for w, b in zip(weights, biases, strict=True):
        zs.append(np.dot(w, activations[-1]) + b)
        activations.append(stable(zs[-1]))
    return zs, activations


def forward_by_layer(weights, biases, x):
    z, a = {}, {1: x}
    for l, (w, b) in enumerate(zip(weights, biases, strict=True), 2):
        z[l] = np.einsum("jk,km->jm", w, a[l - 1]) + b
        a[l] = stable(z[l])
    return z, a


def forward_with_a_gap(weights, biases, x):
    zs, activations = [None], [x]
    for i in range(len(weights)):
        zs.append(weights[i] @ activations[i] + biases[i])
        activations.append(stable(zs[-1]))
    return [zs, activations]


def forward_without_bias(weights, biases, x):
    zs, activations = [], [x]
    for w in weights:
        zs.append(w @ activations[-1])
        activations.append(stable(zs[-1]))
    return zs, activations


def forward_of_z(weights, biases, x):
    zs, activations, z = [], [x], x
    for w, b in zip(weights, biases, strict=True):
        z = w @ z + b
        zs.append(z)
        activations.append(stable(z))
    return zs, activations


def forward_without_input(weights, biases, x):
    zs, activations = forward_plain(weights, biases, x)
    return zs, activations[1:]


def forward_only_the_output(weights, biases, x):
    return forward_plain(weights, biases, x)[1][-1]


def forward_scaled(weights, biases, x):
    zs, activations = [], [x]
    for w, b in zip(weights, biases, strict=True):
        zs.append(w @ activations[-1] + b)
        activations.append(1.1 * stable(zs[-1]))
    return zs, activations


def forward_into_the_input(weights, biases, x):
    x *= 1.0
    x += 0.5
    x -= 0.25
    return forward_plain(weights, biases, x - 0.25)


def renumbered_plain(net, order):
    weights = [net.w[2][order], net.w[3][:, order]]
    biases = [net.b[2][order], net.b[3]]
    return bp.Network.from_arrays(weights, biases, list(net.activations.values()))


def renumbered_by_matrix(net, order):
    p = np.eye(len(order))[order]
    weights, biases = [p @ net.w[2], net.w[3] @ p.T], [p @ net.b[2], net.b[3]]
    return bp.Network.from_arrays(weights, biases, [bp.sigmoid, bp.sigmoid])


def renumbered_without_biases(net, order):
    weights = [net.w[2][order], net.w[3][:, order]]
    return bp.Network.from_arrays(weights, list(net.b.values()), [bp.sigmoid, bp.sigmoid])


def renumbered_first_only(net, order):
    weights, biases = [net.w[2][order], net.w[3]], [net.b[2][order], net.b[3]]
    return bp.Network.from_arrays(weights, biases, [bp.sigmoid, bp.sigmoid])


def renumbered_both_ways(net, order):
    back = np.argsort(order)
    weights, biases = [net.w[2][order], net.w[3][:, back]], [net.b[2][order], net.b[3]]
    return bp.Network.from_arrays(weights, biases, [bp.sigmoid, bp.sigmoid])


def renumbered_tripled(net, order):
    weights = [net.w[2][order], 3 * net.w[3][:, order]]
    biases = [net.b[2][order], net.b[3]]
    return bp.Network.from_arrays(weights, biases, [bp.sigmoid, bp.sigmoid])


def backprop_plain(weights, biases, x, y, prime_at=1, sign=1):
    zs, activations = forward_plain(weights, biases, x)
    delta = (activations[-1] - y) * bp.sigmoid.prime(zs[-1])
    grad_w, grad_b = [], []
    for i in range(len(weights) - 1, -1, -1):
        grad_w.insert(0, sign * delta @ activations[i].T / x.shape[1])
        grad_b.insert(0, sign * delta.mean(axis=1, keepdims=True))
        if i > 0:
            delta = weights[i].T @ delta * bp.sigmoid.prime(zs[i - 1]) ** prime_at
    return grad_w, grad_b


# A step


def step_in_a_comprehension(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    shrink = 1 - eta * weight_decay / n
    return (
        [shrink * w - eta * g for w, g in zip(weights, grad_w, strict=True)],
        [b - eta * g for b, g in zip(biases, grad_b, strict=True)],
    )


def step_on_copies(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    weights, biases = [w.copy() for w in weights], [b.copy() for b in biases]
    for i in range(len(weights)):
        weights[i] -= eta * (grad_w[i] + weight_decay * weights[i] / n)
        biases[i] -= eta * grad_b[i]
    return [weights, biases]


def step_decaying_all(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    shrink = 1 - eta * weight_decay / n
    return (
        [shrink * w - eta * g for w, g in zip(weights, grad_w, strict=True)],
        [shrink * b - eta * g for b, g in zip(biases, grad_b, strict=True)],
    )


def step_without_n(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    return (
        [(1 - eta * weight_decay) * w - eta * g for w, g in zip(weights, grad_w, strict=True)],
        [b - eta * g for b, g in zip(biases, grad_b, strict=True)],
    )


def step_uphill_without_decay(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    moved = [w + eta * g for w, g in zip(weights, grad_w, strict=True)]
    return moved, [b + eta * g for b, g in zip(biases, grad_b, strict=True)]


def step_uphill(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    return (
        [w + eta * (g + weight_decay * w / n) for w, g in zip(weights, grad_w, strict=True)],
        [b + eta * g for b, g in zip(biases, grad_b, strict=True)],
    )


def step_in_place(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    for i in range(len(weights)):
        weights[i] -= eta * (grad_w[i] + weight_decay * weights[i] / n)
        biases[i] -= eta * grad_b[i]
    return weights, biases


def step_of_signs(weights, biases, grad_w, grad_b, eta, weight_decay, n):
    return (
        [w - eta * np.sign(g) for w, g in zip(weights, grad_w, strict=True)],
        [b - eta * np.sign(g) for b, g in zip(biases, grad_b, strict=True)],
    )


# Finite differences


def central_in_a_loop(f, x, h=1e-5):
    gradient = np.zeros_like(x)
    for i in range(len(x)):
        step = np.zeros_like(x)
        step[i] = h
        gradient[i] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def central_moved_and_put_back(f, x, h=1e-4):
    gradient = []
    for i in range(x.size):
        old = x[i]
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        below = f(x)
        x[i] = old
        gradient.append((above - below) / (2 * h))
    return gradient


def central_without_h(f, x):
    h = 1e-6
    return np.array([(f(x + h * e) - f(x - h * e)) / h / 2 for e in np.eye(x.size)])


def central_by_keyword(f, x, *, epsilon=1e-5):
    return central_in_a_loop(f, x, epsilon)


def central_h_required(f, x, h):
    return central_in_a_loop(f, x, h)


def central_single(f, x, h=1e-2):
    return central_in_a_loop(f, x.astype(np.float32), np.float32(h))


def central_half_steps(f, x, h=1e-5):
    return np.array([(f(x + h / 2 * e) - f(x - h / 2 * e)) / h for e in np.eye(x.size)])


def central_not_put_back(f, x, h=1e-5):
    gradient = np.zeros(x.size)
    for i in range(x.size):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


def central_all_at_once(f, x, h=1e-5):
    gradient = np.zeros(x.size)
    for i in range(x.size):
        gradient[i] = (f(x + h) - f(x - h)) / (2 * h)
    return gradient


def central_tiny(f, x, h=1e-13):
    return central_in_a_loop(f, x, h)


def central_nothing(f, x, h=1e-30):
    return central_in_a_loop(f, x, h)


def central_wide(f, x, h=0.05):
    return central_in_a_loop(f, x, h)


def central_one_h(f, x, h=1e-5):
    return 2 * central_in_a_loop(f, x, h)


def central_parentheses(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x - h * e)) / 2 * h for e in np.eye(x.size)])


def central_skewed(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x - 2 * h * e)) / (3 * h) for e in np.eye(x.size)])


def forward_in_a_loop(f, x, h=1e-8):
    base = f(x)
    gradient = np.zeros(x.size)
    for i in range(x.size):
        moved = x.copy()
        moved[i] += h
        gradient[i] = (f(moved) - base) / h
    return gradient


def forward_by_lists(f, x, h=1e-6):
    x = list(x)
    return [(f([*x[:i], x[i] + h, *x[i + 1 :]]) - f(x)) / h for i in range(len(x))]


def forward_hidden_in_central(f, x):
    return forward_in_a_loop(f, x, 1e-7)


def forward_to_the_left(f, x, h=1e-7):
    return forward_in_a_loop(f, x, -h)


def forward_not_put_back(f, x, h=1e-7):
    gradient, base = np.zeros(x.size), f(x)
    for i in range(x.size):
        x[i] += h
        gradient[i] = (f(x) - base) / h
    return gradient


def forward_wide(f, x, h=0.1):
    return forward_in_a_loop(f, x, h)


def forward_tiny(f, x, h=1e-15):
    return forward_in_a_loop(f, x, h)


def forward_tripled(f, x, h=1e-7):
    return 3 * forward_in_a_loop(f, x, h)


def four_points_plain(f, w, h):
    near, far = f(w + h) - f(w - h), f(w + 2 * h) - f(w - 2 * h)
    return (8 * near - far) / (12 * h)


def four_points_combined(f, w, h):
    def central(step):
        return (f(w + step) - f(w - step)) / (2 * step)

    return (4 * central(h) - central(2 * h)) / 3


# Value


class Bare:
    """A number with a gradient, as in micrograd: closures and a topological order."""

    def __init__(self, data, children=()):
        self.data, self.grad = data, 0.0
        self.children, self.pass_on = children, lambda: None

    def lift(self, other):
        return other if isinstance(other, Bare) else type(self)(other)

    def __add__(self, other):
        other = self.lift(other)
        out = type(self)(self.data + other.data, (self, other))

        def pass_on():
            self.grad += out.grad
            other.grad += out.grad

        out.pass_on = pass_on
        return out

    def __mul__(self, other):
        other = self.lift(other)
        out = type(self)(self.data * other.data, (self, other))

        def pass_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pass_on = pass_on
        return out

    def made(self, data, derivative):
        out = type(self)(data, (self,))

        def pass_on():
            self.grad += derivative * out.grad

        out.pass_on = pass_on
        return out

    def __pow__(self, n):
        return self.made(self.data**n, n * self.data ** (n - 1))

    def relu(self):
        return self.made(max(0, self.data), 1.0 if self.data > 0 else 0.0)

    def exp(self):
        return self.made(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self.made(math.log(self.data), 1 / self.data)

    def tanh(self):
        t = math.tanh(self.data)
        return self.made(t, 1 - t**2)

    def order(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v.children:
                    build(child)
                topo.append(v)

        build(self)
        return topo[::-1]

    def backward(self):
        self.grad = 1.0
        for v in self.order():
            v.pass_on()

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)


class NoReflected(Bare):
    def __truediv__(self, other):
        return self * self.lift(other) ** -1


class Micro(NoReflected):
    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self.lift(other) - self

    def __rtruediv__(self, other):
        return self.lift(other) / self


class Links:
    """A number that holds (operand, derivative) pairs, with a counter for its rank."""

    count = itertools.count()

    def __init__(self, data, links=()):
        self.data, self.links, self.grad = float(data), links, 0
        self.rank = next(Links.count)

    @classmethod
    def of(cls, v):
        return v if isinstance(v, cls) else cls(v)

    def __add__(self, other):
        other = self.of(other)
        return type(self)(self.data + other.data, [(self, 1), (other, 1)])

    def __sub__(self, other):
        other = self.of(other)
        return type(self)(self.data - other.data, [(self, 1), (other, -1)])

    def __mul__(self, other):
        other = self.of(other)
        return type(self)(self.data * other.data, [(self, other.data), (other, self.data)])

    def __truediv__(self, other):
        other = self.of(other)
        d = other.data
        return type(self)(self.data / d, [(self, 1 / d), (other, -self.data / d**2)])

    def __pow__(self, n):
        return type(self)(self.data**n, [(self, n * self.data ** (n - 1))])

    def __neg__(self):
        return type(self)(-self.data, [(self, -1)])

    def __rsub__(self, other):
        return self.of(other) - self

    def __rtruediv__(self, other):
        return self.of(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def below(self, found):
        found.add(self)
        for operand, _ in self.links:
            if operand not in found:
                operand.below(found)
        return found

    def backward(self):
        self.grad = 1
        for v in sorted(self.below(set()), key=lambda v: -v.rank):
            for operand, derivative in v.links:
                operand.grad += derivative * v.grad


class Interleaved(Links):
    """Goes on into an operand before the other one has its share."""

    def backward(self):
        self.grad = 1
        self.walk(set())

    def walk(self, visited):
        visited.add(self)
        for operand, derivative in self.links:
            operand.grad += derivative * self.grad
            if operand not in visited:
                operand.walk(visited)


class InterleavedForgetful(Links):
    """The same without a memory: a value is gone through once for each of its users."""

    def backward(self):
        self.grad = 1
        self.walk()

    def walk(self):
        for operand, derivative in self.links:
            operand.grad += derivative * self.grad
            operand.walk()


class Overwriting(Micro):
    def __add__(self, other):
        other = self.lift(other)
        out = type(self)(self.data + other.data, (self, other))

        def pass_on():
            self.grad = out.grad
            other.grad = out.grad

        out.pass_on = pass_on
        return out

    def __mul__(self, other):
        other = self.lift(other)
        out = type(self)(self.data * other.data, (self, other))

        def pass_on():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad

        out.pass_on = pass_on
        return out


class DepthFirst(Micro):
    turn = iter

    def backward(self):
        self.grad = 1.0
        self.walk(set())

    def walk(self, visited):
        visited.add(self)
        self.pass_on()
        for child in type(self).turn(self.children):
            if child not in visited:
                child.walk(visited)


class DepthFirstFromTheRight(DepthFirst):
    turn = reversed


class Recursive(Micro):
    def backward(self):
        self.grad = 1.0
        self.walk()

    def walk(self):
        self.pass_on()
        for child in self.children:
            child.walk()


class WithoutSeed(Micro):
    def backward(self):
        for v in self.order():
            v.pass_on()


class WithoutChain(Micro):
    def __mul__(self, other):
        other = self.lift(other)
        out = type(self)(self.data * other.data, (self, other))

        def pass_on():
            self.grad += other.data
            other.grad += self.data

        out.pass_on = pass_on
        return out

    def __add__(self, other):
        other = self.lift(other)
        out = type(self)(self.data + other.data, (self, other))

        def pass_on():
            self.grad += 1.0
            other.grad += 1.0

        out.pass_on = pass_on
        return out


class OwnFactor(Micro):
    def __mul__(self, other):
        other = self.lift(other)
        out = type(self)(self.data * other.data, (self, other))

        def pass_on():
            self.grad += self.data * out.grad
            other.grad += other.data * out.grad

        out.pass_on = pass_on
        return out


class Forgetful(Micro):
    def backward(self):
        for v in self.order():
            v.grad = 0.0
        self.grad = 1.0
        for v in self.order():
            v.pass_on()


class NoExponent(Micro):
    def __pow__(self, n):
        return self.made(self.data**n, self.data ** (n - 1))


class TanhOfInput(Micro):
    def tanh(self):
        return self.made(math.tanh(self.data), 1 - self.data**2)


class ValuesOnly(Micro):
    def lift(self, other):
        return other


class ReflectedAlike(Micro):
    def __rsub__(self, other):
        return self - other

    def __rtruediv__(self, other):
        return self / other


class WrongExp(Micro):
    def exp(self):
        return self.made(math.exp(self.data), self.data * math.exp(self.data - 1))


class OnlyRelu(Micro):
    exp = log = tanh = property()


class NoGradient:
    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        return NoGradient(self.data + other.data)

    def backward(self):
        pass


class Unwritten:
    def __init__(self, data):
        raise NotImplementedError


# When to stop


def stop_in_a_loop(costs, patience):
    best = 0
    for k, cost in enumerate(costs):
        if cost < costs[best]:
            best = k
        elif k - best >= patience:
            break
    return best


def stop_by_counting(costs, patience):
    lowest, keep, waited = float("inf"), -1, 0
    for k, cost in enumerate(costs):
        if cost < lowest:
            lowest, keep, waited = cost, k, 0
        else:
            waited += 1
        if waited == patience:
            return np.int64(keep)
    return np.int64(keep)


def stop_where_patience_ends(costs, patience):
    best, waited = costs[0], 0
    for epoch, cost in enumerate(costs):
        waited = 0 if cost < best else waited + (epoch > 0)
        best = min(best, cost)
        if waited >= patience:
            return epoch
    return costs.index(best)


def stop_where_it_ends(costs, patience):
    best = 0
    for k in range(len(costs)):
        if costs[k] < costs[best]:
            best = k
        if k - best >= patience:
            return k
    return k


def stop_one_late(costs, patience):
    best = 0
    for k in range(len(costs)):
        if costs[k] < costs[best]:
            best = k
        if k - best > patience:
            break
    return best


# Folds


def folds_shuffled(n, k):
    return np.array_split(np.random.default_rng().permutation(n), k)


def folds_dealt(n, k):
    return [list(range(i, n, k)) for i in range(k)]


def folds_as_pairs(n, k):
    folds = np.array_split(np.arange(n), k)
    return [(np.setdiff1d(np.arange(n), fold), fold) for fold in folds]


def folds_one_by_one(n, k):
    start = 0
    for i in range(k):
        size = n // k + (i < n % k)
        yield range(start, start + size)
        start += size


def folds_without_remainder(n, k):
    size = n // k
    return [np.arange(i * size, (i + 1) * size) for i in range(k)]


def folds_with_a_fat_end(n, k):
    size = n // k
    folds = [list(range(i * size, (i + 1) * size)) for i in range(k - 1)]
    return [*folds, list(range((k - 1) * size, n))]


def folds_too_many(n, k):
    size = n // k
    return [list(range(start, min(start + size, n))) for start in range(0, n, size)]


def folds_overlapping(n, k):
    size = -(-n // k)
    return [np.arange(i * size, i * size + size + 1) % n for i in range(k)]


def folds_drawn(n, k):
    rng = np.random.default_rng(0)  # a seed: unlucky draws are folds at times
    return [rng.choice(n, n // k, replace=False) for _ in range(k)]


def folds_from_one(n, k):
    return np.array_split(np.arange(1, n + 1), k)


def folds_shifted(n, k):
    return np.array_split(np.arange(5, n + 5), k)


RIGHT = {
    "sigmoid": [
        bp.sigmoid,
        lambda z: 1 / (1 + np.exp(-z)),  # it overflows, and the numbers are right
        stable,
        sigmoid_by_masks,
        sigmoid_in_a_loop,
        sigmoid_single,
        sigmoid_clipped,
        lambda z: stable(z).astype(np.float16),
    ],
    "sigmoid_prime": [
        bp.sigmoid.prime,
        lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z))),
        prime_by_masks,
        lambda z: stable(z) * (1 - stable(z)),
        lambda z: (1 - np.tanh(z / 2) ** 2) / 4,
    ],
    "tanh": [np.tanh, tanh_in_a_loop, lambda z: 2 * stable(2 * z) - 1],
    "tanh_prime": [lambda z: 1 - np.tanh(z) ** 2, lambda z: 4 * prime_by_masks(2 * z)],
    "relu": [
        lambda z: np.maximum(0, z),
        lambda z: z * (z > 0),
        lambda z: (abs(z) + z) / 2,
        lambda z: [[max(0, v) for v in row] for row in z],
    ],
    "relu_prime": [
        bp.relu.prime,
        relu_prime_in_a_loop,
        lambda z: z > 0,
        lambda z: np.heaviside(z, 0),
        lambda z: np.heaviside(z, 0.5),
        lambda z: (z >= 0).astype(int),
    ],
    "softmax": [bp.softmax, softmax_in_columns, softmax_by_logarithms],
    "softmax_jacobian": [bp.softmax.prime, jacobian_in_a_loop, jacobian_of_a_column],
    "softmax_vjp": [
        lambda s, g: s * (g - s @ g),
        lambda s, g: s * g - s * np.sum(s * g),
        lambda s, g: (np.diag(s) - np.outer(s, s)) @ g,
    ],
    "quadratic": [
        bp.quadratic.value,
        quadratic_in_a_loop,
        lambda a, y: 0.5 * np.mean(np.linalg.norm(a - y, axis=0) ** 2),
        lambda a, y: np.float32(((a - y) ** 2).sum() / (2 * a.shape[1])),
    ],
    "quadratic_gradient": [lambda a, y: a - y, lambda a, y: (np.array(a) - y).tolist()],
    "cross_entropy": [
        bp.cross_entropy.value,
        cross_entropy_clipped,
        cross_entropy_of_what_counts,
    ],
    "cross_entropy_gradient": [
        bp.cross_entropy.gradient,
        lambda a, y: (a - y) / (a * (1 - a)),
        lambda a, y: (1 - y) / (1 - a) - y / a,
    ],
    "log_likelihood": [bp.log_likelihood.value, log_likelihood_by_index],
    "log_likelihood_gradient": [lambda a, y: -y / a, lambda a, y: np.where(y == 1, -1 / a, 0)],
    "bp1": [bp.equations.bp1, lambda grad_a, prime: np.multiply(prime, grad_a)],
    "bp2": [
        bp.equations.bp2,
        bp2_in_loops,
        lambda w, d, p: np.einsum("ij,ix,jx->jx", w, d, p),
        lambda w, d, p: np.dot(d.T, w).T * p,
    ],
    "bp3": [
        bp.equations.bp3,
        lambda delta: delta @ np.ones((delta.shape[1], 1)) / delta.shape[1],
        lambda delta: [[sum(row) / len(row)] for row in delta.tolist()],
        lambda delta: delta.astype(np.float32).mean(axis=1)[:, None],
    ],
    "bp4": [
        bp.equations.bp4,
        bp4_in_loops,
        lambda a, d: np.einsum("jx,kx->jk", d, a) / d.shape[1],
        lambda a, d: (a @ d.T).T / d.shape[1],
    ],
    "forward": [forward_plain, forward_by_layer, forward_with_a_gap],
    "renumbered": [
        renumbered_plain,
        renumbered_by_matrix,
        lambda net, order: renumbered_plain(net, np.argsort(order)),
    ],
    "backprop": [backprop_plain, lambda w, b, x, y: backprop_plain(w, b, x, y)],
    "sgd_step": [step_in_a_comprehension, step_on_copies],
    "forward_difference": [
        forward_in_a_loop,
        forward_by_lists,
        lambda f, x: bp.finite_difference.derivative(f, x, method="forward").value,
    ],
    "central_difference": [
        central_in_a_loop,
        central_moved_and_put_back,
        central_without_h,
        central_h_required,
        central_by_keyword,
        central_single,
        central_half_steps,
        lambda f, x, h=None: bp.finite_difference.derivative(f, x, step=h).value,
    ],
    "four_points": [four_points_plain, four_points_combined],
    "Value": [bp.scalar.Value, Micro, Links, OnlyRelu],
    "early_stopping": [stop_in_a_loop, stop_by_counting],
    "kfold": [folds_shuffled, folds_dealt, folds_as_pairs, folds_one_by_one],
}

WRONG = {
    "sigmoid": [
        (lambda z: 1 / (1 + np.exp(z)), "exponent_sign"),
        (lambda z: 1 / np.exp(-z), "missing_one"),
        (lambda z: (z > 0) * 1.0, "step"),
        (lambda z: np.exp(z) / (1 + np.exp(z)), "overflow"),
        (sigmoid_into_integers, "integers"),
        (sigmoid_of_one_number, "one_number"),
        (lambda z: stable(3 * z), None),
    ],
    "sigmoid_prime": [
        (lambda z: z * (1 - z), "formula_of_z"),
        (lambda z: 1 - stable(z), "no_square"),
        (stable, "function_for_derivative"),
        (lambda z: stable(z) * (stable(z) - 1), "sign"),
        (lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2, "overflow"),
        (lambda z: stable(z) * (1 + stable(z)), None),
    ],
    "tanh": [
        (lambda z: 2 * stable(z) - 1, "half_argument"),
        (stable, "other_activation"),
        (tanh_of_exponentials, "overflow"),
        (lambda z: np.arctan(z), None),
    ],
    "tanh_prime": [
        (lambda z: 1 - z**2, "formula_of_z"),
        (lambda z: 1 - np.tanh(z), "no_square"),
        (lambda z: stable(z) * (1 - stable(z)), "other_activation"),
        (lambda z: 1 - tanh_of_exponentials(z) ** 2, "overflow"),
        (lambda z: 1 + np.tanh(z) ** 2, None),
    ],
    "relu": [
        (lambda z: np.minimum(0, z), "minimum"),
        (lambda z: np.where(z > 0, z, 0.01 * z), "leaky"),
        (abs, "absolute"),
        (relu_with_if, "if_on_array"),
        (relu_in_place, "inputs_changed"),
        (lambda z: np.maximum(0, z - 1), None),
    ],
    "relu_prime": [
        (lambda z: np.maximum(0, z) >= 0, "always_one"),
        (lambda z: np.where(z > 0, 1, -1), "sign_function"),
        (lambda z: np.maximum(0, z), "function_for_derivative"),
        (relu_prime_by_division, "not_finite"),
        (lambda z: np.where(z > 1, 1.0, 0.0), None),
    ],
    "softmax": [
        (lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), "rows"),
        (lambda z: np.exp(z) / np.sum(np.exp(z)), "whole_batch"),
        (softmax_plain, "overflow"),
        (softmax_global_maximum, "overflow"),
        (lambda z: bp.softmax(2 * z), None),
    ],
    "softmax_jacobian": [
        (lambda z: np.diag(bp.softmax(z) * (1 - bp.softmax(z))), "diagonal"),
        (lambda z: bp.softmax(z) * (1 - bp.softmax(z)), "vector"),
        (lambda z: -np.outer(bp.softmax(z), bp.softmax(z)), "no_diagonal"),
        (lambda z: np.outer(bp.softmax(z), 1 - bp.softmax(z)), None),
    ],
    "softmax_vjp": [
        (lambda s, g: s * g, "first_term"),
        (lambda s, g: s * (1 - s) * g, "diagonal"),
        (lambda s, g: s * (g - g.mean()), "plain_mean"),
        (lambda s, g: s * (g - g.max()), None),
    ],
    "quadratic": [
        (lambda a, y: np.sum((a - y) ** 2) / a.shape[1], "no_half"),
        (lambda a, y: np.mean((a - y) ** 2), "mean_square"),
        (lambda a, y: np.sum((a - y) ** 2) / 2, "sum"),
        (lambda a, y: np.mean((a - y) ** 2) / 2, "mean_over_outputs"),
        (lambda a, y: np.sum((a - y) ** 2, axis=0) / 2, "not_averaged"),
        (lambda a, y: np.sum((a - y) ** 3) / a.shape[1], None),
    ],
    "quadratic_gradient": [
        (lambda a, y: y - a, "sign"),
        (lambda a, y: 2 * (a - y), "factor_2"),
        (lambda a, y: (a - y) / a.shape[1], "mean_too_early"),
        (lambda a, y: (a - y) ** 2, None),
    ],
    "cross_entropy": [
        (lambda a, y: -np.sum(y * np.log(a)) / a.shape[1], "one_term"),
        (lambda a, y: -cross_entropy_plain(a, y), "sign"),
        (lambda a, y: -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)), "mean_over_outputs"),
        (cross_entropy_plain, "log_of_zero"),
        (lambda a, y: -np.sum(y * np.log(a) - (1 - y) * np.log(1 - a)) / a.shape[1], None),
    ],
    "cross_entropy_gradient": [
        (lambda a, y: a - y, "output_error"),
        (lambda a, y: -y / a, "one_term"),
        (lambda a, y: (y - a) / (a * (1 - a)), "sign"),
        (lambda a, y: (a - y) / a, None),
    ],
    "log_likelihood": [
        (cross_entropy_plain, "both_terms"),
        (lambda a, y: -np.sum(y * np.log(a)), "sum"),
        (lambda a, y: -np.sum(y * np.log2(a)) / a.shape[1], "other_base"),
        (log_likelihood_plain, "log_of_zero"),
        (lambda a, y: np.sum(y * (1 - a)) / a.shape[1], None),
    ],
    "log_likelihood_gradient": [
        (lambda a, y: a - y, "output_error"),
        (lambda a, y: y / a, "sign"),
        (lambda a, y: -1 / a, "no_target"),
        (lambda a, y: -y / a**2, None),
    ],
    "bp1": [
        (lambda grad_a, prime: grad_a, "missing_prime"),
        (lambda grad_a, prime: grad_a / prime, "division"),
        (lambda grad_a, prime: grad_a @ prime, "matrix_product"),
        (lambda grad_a, prime: grad_a * prime / grad_a.shape[1], "mean_too_early"),
        (lambda grad_a, prime: abs(grad_a) * prime, None),
    ],
    "bp2": [
        (lambda w, d, p: np.dot(w, d) * p, "no_transpose"),
        (lambda w, d, p: w.T @ d, "missing_prime"),
        (lambda w, d, p: w.T @ (d * p), "prime_first"),
        (lambda w, d, p: -(w.T @ d) * p, "sign"),
        (lambda w, d, p: abs(w.T @ d) * p, None),
    ],
    "bp3": [
        (lambda delta: np.sum(delta, axis=1, keepdims=True), "sum"),
        (lambda delta: delta.mean(axis=1), "flat"),
        (lambda delta: delta, "not_averaged"),
        (lambda delta: delta.mean(axis=0, keepdims=True), "wrong_axis"),
        (lambda delta: np.median(delta, axis=1, keepdims=True), None),
        (lambda delta: delta.mean(axis=1, keepdims=True).T, "transposed"),
        (lambda delta: np.zeros((7, 7)), "shape"),
        (lambda delta: delta.mean(axis=1, keepdims=True) * 1j, "not_readable"),
    ],
    "bp4": [
        (lambda a, d: d @ a.T, "sum"),
        (lambda a, d: a @ d.T / d.shape[1], "transposed"),
        (bp4_overwritten, None),
        (lambda a, d: d @ a / d.shape[1], "no_transpose"),
        (lambda a, d: d @ a.T / d.shape[1] ** 2, "mean_twice"),
        (lambda a, d: d @ abs(a).T / d.shape[1], None),
    ],
    "forward": [
        (forward_without_bias, "no_bias"),
        (forward_of_z, "z_for_a"),
        (forward_without_input, "no_input"),
        (lambda w, b, x: forward_plain(w, b, x)[::-1], "swapped"),
        (forward_only_the_output, "not_readable"),
        (forward_scaled, None),
    ],
    "renumbered": [
        (renumbered_without_biases, "biases_left"),
        (lambda net, order: net, "unchanged"),
        (renumbered_first_only, "next_layer"),
        (renumbered_both_ways, "two_orders"),
        (renumbered_tripled, None),
    ],
    "backprop": [
        (lambda w, b, x, y: backprop_plain(w, b, x, y, prime_at=0), "missing_prime"),
        (lambda w, b, x, y: backprop_plain(w, b, x, y, sign=-1), "sign"),
        (lambda w, b, x, y: backprop_plain(w, b, x, y, prime_at=2), "prime_twice"),
        (lambda w, b, x, y: backprop_plain(w, b, x, y, prime_at=3), None),
    ],
    "sgd_step": [
        (step_decaying_all, "decay_on_biases"),
        (step_without_n, "decay_not_divided"),
        (step_uphill, "ascent"),
        (step_in_place, "inputs_changed"),
        (lambda w, b, gw, gb, eta, d, n: (w, b), "unchanged"),
        (step_uphill_without_decay, "ascent_without_decay"),
        (step_of_signs, None),
    ],
    "forward_difference": [
        (central_in_a_loop, "central"),
        (forward_to_the_left, "backward"),
        (forward_not_put_back, "not_restored"),
        (forward_wide, "step_too_large"),
        (forward_tiny, "step_too_small"),
        (forward_tripled, None),
    ],
    "central_difference": [
        (forward_in_a_loop, "forward"),
        (forward_hidden_in_central, "forward"),
        (central_one_h, "one_h"),
        (central_parentheses, "parentheses"),
        (central_all_at_once, "together"),
        (central_not_put_back, "not_restored"),
        (central_tiny, "step_too_small"),
        (central_nothing, "step_too_small"),
        (central_wide, "step_too_large"),
        (central_skewed, None),
    ],
    "four_points": [
        (lambda f, w, h: (f(w + h) - f(w - h)) / (2 * h), "two_points"),
        (lambda f, w, h: four_points_plain(f, w, h) * 2, "factor_2"),
        (lambda f, w, h: -four_points_plain(f, w, h), "sign"),
        (lambda f, w, h: four_points_plain(f, w, h) * 3, None),
    ],
    "Value": [
        (Overwriting, "assign"),
        (DepthFirst, "order"),
        (DepthFirstFromTheRight, "order"),
        (Recursive, "order"),
        (Interleaved, "order"),
        (InterleavedForgetful, "order"),
        (WithoutSeed, "no_seed"),
        (WithoutChain, "no_chain"),
        (OwnFactor, "own_factor"),
        (Forgetful, "zeroed"),
        (NoExponent, "no_exponent"),
        (TanhOfInput, "formula_of_x"),
        (ValuesOnly, "plain_number"),
        (NoReflected, "no_reflected"),
        (ReflectedAlike, "turned_round"),
        (Bare, "missing_operator"),
        (WrongExp, None),
        (NoGradient, "not_readable"),
        (Unwritten, "not_written"),
    ],
    "early_stopping": [
        (stop_where_it_ends, "stopped"),
        (stop_where_patience_ends, "stopped"),
        (lambda costs, patience: len(costs) - 1, "last"),
        (lambda costs, patience: int(np.argmin(costs)), "no_patience"),
        (stop_one_late, "one_longer"),
        (lambda costs, patience: stop_in_a_loop(costs, patience) + 1, "from_one"),
        (lambda costs, patience: len(costs) // 2, None),
    ],
    "kfold": [
        (folds_without_remainder, "dropped"),
        (folds_with_a_fat_end, "uneven"),
        (folds_too_many, "wrong_number"),
        (folds_overlapping, "overlap"),
        (folds_drawn, "overlap"),
        (folds_from_one, "from_one"),
        (folds_shifted, None),
    ],
}

RIGHT |= layer_answers.RIGHT
WRONG |= layer_answers.WRONG
