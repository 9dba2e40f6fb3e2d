"""Arrays and plain values as bytes, and back: nothing that arrives can run.

Between the process that judges and the one that holds a submission travel messages: a tree in JSON,
followed by the plain bytes of its arrays. What is read is checked before it is believed: its length
is bounded, an array has one of a few types and exactly its number of bytes, and what is neither
number, text, array nor list of such arrives as a stand-in that knows its type's name alone.
"""

import contextlib
import math
import struct
from json import dumps, loads

import numpy as np

from bpcourse.network import Network

LARGEST = 64 * 1024**2  # bytes of one message
_TREE = 16 * 1024**2  # bytes of the tree in one that comes from a submission
_NODES, _DEPTH = 200_000, 40
LONGEST = 20_000  # characters of a text that comes from a submission
_EXPANDED = 4 * LARGEST  # bytes of a value whose parts are shared no more
_NODE = _EXPANDED // (2 * _NODES)  # bytes that each number, text and list in it counts for
_HEADER = struct.Struct(">II")
HEADER_SIZE = _HEADER.size
# Whole, real and complex numbers.
_TYPES = {np.dtype(name).str for name in np.typecodes["AllInteger"] + "?efdFD"}
_MARKS = set("ltdrasoencx")


class Broken(Exception):  # noqa: N818 - it is a fact about a message, caught at once
    """Bytes that are no message."""


def pack(value, callables=None, *, longest=None):
    """Return a message as bytes.

    Parameters
    ----------
    value : object
        Plain values, arrays, networks, and lists, tuples and dictionaries of them. Anything else is
        sent as the name of its type.
    callables : list, optional
        Collects the functions in the value: they are sent as their places in this list.
    longest : int, optional
        Where texts are cut off; by default they are whole.

    Returns
    -------
    bytes

    Examples
    --------
    >>> unpack(pack({"w": [np.eye(2)], "eta": 0.5}))
    {'w': [array([[1., 0.],
           [0., 1.]])], 'eta': 0.5}
    """
    packer = _Packer(callables, longest)
    tree = dumps(packer.tree(value, 0)).encode()
    data = b"".join(packer.buffers)
    if len(tree) + len(data) > LARGEST or (longest and len(tree) > _TREE):
        return pack({"error": "too large", "bytes": len(tree) + len(data)})
    return _HEADER.pack(len(tree), len(data)) + tree + data


def lengths(header):
    """Return the lengths of the two parts of a message, from its first bytes.

    Raises
    ------
    Broken
        They are too large to be true.
    """
    tree, data = _HEADER.unpack(header)
    if tree + data > LARGEST:
        raise Broken(f"a message of {tree + data} bytes")
    return tree, data


def unpack(message, callables=None):
    """Return the value of a message.

    Parameters
    ----------
    message : bytes
    callables : callable, optional
        ``callables(k)`` returns what stands for the function with the number k.

    Returns
    -------
    object

    Raises
    ------
    Broken
        The bytes are no message.
    """
    try:
        size, length = lengths(message[:HEADER_SIZE])
        if callables is None and size > _TREE:
            raise Broken(f"a tree of {size} bytes")
        tree = loads(message[HEADER_SIZE : HEADER_SIZE + size])
        data = memoryview(message)[HEADER_SIZE + size :]
        if len(data) != length:
            raise Broken("a message that is cut off")
        return _Unpacker(data, callables).value(tree, 0)
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError) as error:
        raise Broken(f"{type(error).__name__}: {error}"[:200]) from None


class _Packer:
    """Turns values into a tree, with the bytes of the arrays beside it."""

    def __init__(self, callables, longest):
        self.longest = longest
        self.buffers, self.length, self.nodes = [], 0, 0
        self.callables = callables
        self.seen, self.kept = {}, []

    def tree(self, value, depth):
        self.nodes += 1
        if self.nodes > _NODES or depth > _DEPTH:
            return ["x", "value that is too large"]
        if value is None or type(value) in (bool, int, float):
            return self._number(value)
        if type(value) is str:
            return value[: self.longest]
        if id(value) in self.seen:
            return ["r", self.seen[id(value)]]
        with contextlib.suppress(Exception):  # a strange object may fail when it is looked at
            return self._object(value, depth)
        return ["x", type(value).__name__[:80]]

    def _number(self, value):
        if type(value) is int and abs(value) >= 2**63:
            return ["x", "int of more than 64 bits"]
        return value

    def _object(self, value, depth):
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), depth, value)
        if isinstance(value, np.generic):
            made = self._array(np.asarray(value), depth, None)
            if made[0] == "e":
                raise TypeError
            return ["s", made] if made[0] == "a" else made
        for mark, kind in (("l", list), ("t", tuple)):
            if isinstance(value, kind):
                self._remember(value)
                return [mark, [self.tree(each, depth + 1) for each in value]]
        if isinstance(value, dict):
            self._remember(value)
            return [
                "d",
                [[self.tree(k, depth + 1), self.tree(v, depth + 1)] for k, v in value.items()],
            ]
        if isinstance(value, type({}.keys()) | type({}.values())):
            return ["l", [self.tree(each, depth + 1) for each in value]]
        if isinstance(value, Network):
            return self._network(value, depth)
        if callable(value) and self.callables is not None:
            self.callables.append(value)
            return ["c", len(self.callables) - 1, getattr(value, "__name__", "f")]
        array = np.asarray(value)
        if hasattr(value, "__array__") and array.dtype.str in _TYPES:
            return self._array(array, depth, value)
        raise TypeError

    def _keep(self, original):
        if original is not None:
            self._remember(original)

    def _remember(self, value):
        self.seen[id(value)] = len(self.kept)
        self.kept.append(value)

    def _array(self, array, depth, original):
        array = _native(array)
        if array.dtype.str in _TYPES:
            data = np.ascontiguousarray(array).tobytes()
            if self.length + len(data) > LARGEST:
                return ["x", f"array of {len(data):,} bytes"]
            self._keep(original)
            self.buffers.append(data)
            self.length += len(data)
            return ["a", array.dtype.str, list(array.shape), self.length - len(data)]
        self._keep(original)
        if array.dtype == object:
            items = [self.tree(each, depth + 1) for each in array.ravel()]
            return ["o", list(array.shape), items]
        return ["e", array.dtype.kind, list(array.shape)]

    def _network(self, net, depth):
        layers = range(2, net.depth + 1)
        names = [net.activations[l].name for l in layers]
        arrays = [[self.tree(each[l], depth + 1) for l in layers] for each in (net.w, net.b)]
        return ["n", names, *arrays]


def _native(array):
    """Return numbers in the order of bytes and the precision that are sent."""
    if array.dtype.kind not in "fc" or array.dtype.str in _TYPES:
        return array
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


class _Unpacker:
    """Turns a tree back into values."""

    def __init__(self, data, callables):
        self.data, self.callables = data, callables
        self.nodes, self.made = 0, []
        self.size, self.sizes = 0, {}  # in bytes, as if nothing were shared

    def value(self, tree, depth):
        self.nodes += 1
        self.size += _NODE
        if self.nodes > 2 * _NODES or depth > _DEPTH + 2:
            raise Broken("a message that is too deep")
        if not isinstance(tree, list):
            if isinstance(tree, dict):
                raise Broken("an unknown mark")
            return _valid(tree) if type(tree) is str else tree
        mark, *rest = tree
        if mark not in _MARKS:
            raise Broken("an unknown mark")
        return getattr(self, f"_{mark}")(depth, *rest)

    def _all(self, trees, depth):
        return [self.value(each, depth + 1) for each in trees]

    @contextlib.contextmanager
    def _making(self, value):
        """Let later references find a value, once it is whole."""
        place, before = len(self.made), self.size
        self.made.append(value)
        yield place
        self.sizes[place] = self.size - before

    def _l(self, depth, items):
        made = []
        with self._making(made):
            made.extend(self._all(items, depth))
        return made

    def _t(self, depth, items):
        with self._making(None) as place:
            self.made[place] = tuple(self._all(items, depth))
        return self.made[place]

    def _d(self, depth, items):
        made = {}
        with self._making(made):
            for key, value in items:
                made[self.value(key, depth + 1)] = self.value(value, depth + 1)
        return made

    def _r(self, depth, place):
        if place not in self.sizes:
            return stand_in("value that holds itself")
        if self.size + self.sizes[place] > _EXPANDED:
            return stand_in("value that is too large")
        self.size += self.sizes[place]
        return self.made[place]

    def _a(self, depth, dtype, shape, offset):
        array = self._plain(dtype, shape, offset)
        with self._making(array):
            self.size += array.nbytes
        return array

    def _s(self, depth, tree):
        return self._plain(*tree[1:])[()]

    def _plain(self, dtype, shape, offset):
        if dtype not in _TYPES:
            raise Broken(f"an array of {dtype}")
        kind, count = np.dtype(dtype), math.prod(_shape(shape))
        if offset < 0 or offset + count * kind.itemsize > len(self.data):
            raise Broken("an array that is cut off")
        if self.size + count * kind.itemsize > _EXPANDED:
            raise Broken("arrays that overlap")
        return np.frombuffer(self.data, kind, count, offset).reshape(shape).copy()

    def _o(self, depth, shape, items):
        entries = np.empty(len(items), object)
        array = entries.reshape(_shape(shape))  # the same entries: what refers to it has its shape
        with self._making(array):
            for place, each in enumerate(items):
                entries[place] = self.value(each, depth + 1)
        return array

    def _e(self, depth, kind, shape):
        shape = _shape(shape)
        small = math.prod(shape) <= _NODES
        made = np.zeros(shape if small else 1, "U1" if kind == "U" else "S1")  # text, or the like
        with self._making(made):
            self.size += made.nbytes
        return made

    def _n(self, depth, names, weights, biases):
        arrays = [self._all(each, depth) for each in (weights, biases)]
        try:
            return Network.from_arrays(*arrays, names)
        except Exception:
            return stand_in("Network")

    def _c(self, depth, number, name):
        if self.callables is None:
            return stand_in("function")
        return self.callables(number, name)

    def _x(self, depth, name):
        return stand_in(name)


def _valid(text):
    """Return a text that can be written: half of a character is none."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _shape(shape):
    if len(shape) > 32 or any(type(n) is not int or not 0 <= n <= LARGEST for n in shape):
        raise Broken("an impossible shape")
    return tuple(shape)


def stand_in(name):
    """Return an object of which only the name of its type is known."""
    return type(str(name)[:80], (), {})()
