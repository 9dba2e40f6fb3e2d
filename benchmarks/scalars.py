"""The scalar engine beside micrograd: building an expression and walking back through it.

An expression is kept while it is timed, so that taking it down counts for nobody: micrograd's
nodes hold each other in cycles, which only the garbage collector takes down.
"""

import gc
import tracemalloc
from time import perf_counter

import numpy as np

from bpcourse.autodiff.scalar import Value

LEAVES = 2**15  # of a tree, which then has 65,535 nodes
EXAMPLES = 100  # through the network, which makes about 70,000 nodes of them
REST = (
    "To go on from our figures to those of the bare tape would cost this: a result that is dropped "
    "frees\nnothing until the list is emptied by hand, and a second walk over the same values is "
    "not noticed."
)
TAPE = []


class TapeValue:
    """The bare minimum, to see what is left: a list of all nodes in the order of their making.

    The walk goes through the list from its end. Nothing is ever freed, unless somebody empties
    the list; it walks through nodes that the result was not made from; it checks nothing.
    """

    __slots__ = ("_a", "_b", "_da", "_db", "data", "grad")

    def __init__(self, data):
        self.data, self.grad, self._a = data, 0.0, None

    def __add__(self, other):
        if other.__class__ is not TapeValue:
            other = TapeValue(other)
        return _on_tape(self.data + other.data, self, 1.0, other, 1.0)

    __radd__ = __add__

    def __mul__(self, other):
        if other.__class__ is not TapeValue:
            other = TapeValue(other)
        return _on_tape(self.data * other.data, self, other.data, other, self.data)

    def relu(self):
        positive = self.data > 0
        return _on_tape(self.data if positive else 0.0, self, float(positive), self, 0.0)

    def backward(self):
        self.grad = 1.0
        for node in reversed(TAPE):
            gradient = node.grad
            node._a.grad += node._da * gradient
            node._b.grad += node._db * gradient
        TAPE.clear()


def _on_tape(data, a, da, b, db):
    node = object.__new__(TapeValue)
    node.data, node.grad = data, 0.0
    node._a, node._da = a, da
    node._b, node._db = b, db
    TAPE.append(node)
    return node


def tree(value):
    """Return a balanced tree of sums and products, level by level, and its leaves."""
    leaves = [value(x) for x in _numbers()]
    level = leaves
    for odd in range(len(leaves).bit_length() - 1):
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [a * b if odd % 2 else a + b for a, b in pairs]
    return level[0], leaves


def recursive_tree(value):
    """Return the same kind of tree, one branch after the other, and its leaves."""
    leaves = [value(x) for x in _numbers()]

    def branch(start, end):
        if end - start == 1:
            return leaves[start]
        middle = (start + end) // 2
        a, b = branch(start, middle), branch(middle, end)
        return a * b if (end - start).bit_length() % 2 else a + b

    return branch(0, len(leaves)), leaves


def network(value):
    """Return the cost of a 2-16-16-1 network of relus over some examples, and its weights."""
    rng = np.random.default_rng(0)
    layers = [
        [[value(w) for w in row] for row in rng.normal(size=(n, k)).tolist()]
        for k, n in ((2, 16), (16, 16), (16, 1))
    ]
    total = value(0.0)
    for x in rng.normal(size=(EXAMPLES, 2)).tolist():
        for layer in layers:
            x = [sum((w * a for w, a in zip(row, x, strict=True)), 0.0).relu() for row in layer]
        total = total + x[0] * x[0]
    return total, [w for layer in layers for row in layer for w in row]


EXPRESSIONS = {"tree": tree, "recursive tree": recursive_tree, "2-16-16-1 network": network}


def _numbers():
    """Return numbers near 1, so that their products stay finite."""
    return np.random.default_rng(0).uniform(0.9, 1.1, LEAVES).tolist()


def check(build, value):
    """Raise RuntimeError unless both engines find the same derivatives by the leaves."""
    found = []
    for engine in (Value, value):
        result, leaves = build(engine)
        result.backward()
        found.append(np.array([leaf.grad for leaf in leaves]))
    ours, theirs = found
    if not abs(ours - theirs).max() <= 1e-12 * abs(ours).max():
        raise RuntimeError(f"{value.__module__} finds other derivatives of the {build.__name__}")


def sampler(build, value, collection):
    """Return a sampler: the seconds of one build and walk, with garbage collection or without."""

    def sample():
        gc.collect()  # what the case before has left
        gc.freeze()  # how often the collector comes must not depend on what has been imported
        if collection == "on":
            gc.enable()
        start = perf_counter()
        result = build(value)
        result[0].backward()
        taken = perf_counter() - start
        gc.disable()
        gc.unfreeze()
        return taken

    return sample


def node_count(result):
    """Return the number of values that a result of ours was made from, and itself."""
    seen, stack = {result}, [result]
    while stack:
        new = set(stack.pop().parents) - seen
        seen |= new
        stack += new
    return len(seen)


def memory(build, value):
    """Return the bytes that an expression holds after the walk back."""
    gc.collect()
    tracemalloc.start()
    try:
        result = build(value)
        result[0].backward()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
