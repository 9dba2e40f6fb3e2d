"""Arrays and plain values as bytes, and back: nothing that arrives can run.

Between the process that judges and the one that holds a submission travel messages: a tree in JSON,
followed by the plain bytes of its arrays. What is read is checked before it is believed: its length
is bounded, an array has one of a few types and exactly its number of bytes, and what is neither
number, text, array nor list of such arrives as a stand-in that knows its type's name alone.
"""

import contextlib
import json
import math
import struct

import numpy as np

from bpcourse.network import Network

LARGEST = 64 * 1024**2  # bytes of one message
_NODES, _DEPTH, _TEXT = 200_000, 40, 20_000
_HEADER = struct.Struct(">II")
HEADER_SIZE = _HEADER.size
# Whole, real and complex numbers.
_TYPES = {np.dtype(name).str for name in np.typecodes["AllInteger"] + "?efdFD"}
_MARKS = set("ltdrasoencx")


class Broken(Exception):  # noqa: N818 - it is a fact about a message, caught at once
    """Bytes that are no message."""


def pack(value, callables=None):
    """Return a message as bytes.

    Parameters
    ----------
    value : object
        Plain values, arrays, networks, and lists, tuples and dictionaries of them. Anything else is
        sent as the name of its type.
    callables : list, optional
        Collects the functions in the value: they are sent as their places in this list.

    Returns
    -------
    bytes

    Examples
    --------
    >>> unpack(pack({"w": [np.eye(2)], "eta": 0.5}))
    {'w': [array([[1., 0.],
           [0., 1.]])], 'eta': 0.5}
    """
    packer = _Packer(callables)
    tree = json.dumps(packer.tree(value, 0)).encode()
    data = b"".join(packer.buffers)
    if len(tree) + len(data) > LARGEST:
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
        tree = json.loads(message[HEADER_SIZE : HEADER_SIZE + size])
        data = memoryview(message)[HEADER_SIZE + size :]
        if len(data) != length:
            raise Broken("a message that is cut off")
        return _Unpacker(data, callables).value(tree, 0)
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError) as error:
        raise Broken(f"{type(error).__name__}: {error}"[:200]) from None


class _Packer:
    """Turns values into a tree, with the bytes of the arrays beside it."""

    def __init__(self, callables):
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
            # What is asked arrives whole, a long program, too; what is answered is bounded.
            return value if self.callables is not None else value[:_TEXT]
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
            return ["s", self._array(np.asarray(value), depth, None)]
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
        self.nodes, self.made, self.sizes = 0, [], {}

    def value(self, tree, depth):
        self._count(1)
        if depth > _DEPTH + 2:
            raise Broken("a message that is too deep")
        if not isinstance(tree, list):
            if isinstance(tree, dict):
                raise Broken("an unknown mark")
            return tree
        mark, *rest = tree
        if mark not in _MARKS:
            raise Broken("an unknown mark")
        return getattr(self, f"_{mark}")(depth, *rest)

    def _count(self, number):
        """Count values as often as they are to be seen: few that are shared can be very many."""
        self.nodes += number
        if self.nodes > 2 * _NODES:
            raise Broken("a message of too many values")

    def _all(self, trees, depth):
        return [self.value(each, depth + 1) for each in trees]

    def _l(self, depth, items):
        made, before = [], self.nodes
        place = self._placed(made)
        made.extend(self._all(items, depth))
        self.sizes[place] = self.nodes - before
        return made

    def _placed(self, made):
        self.made.append(made)
        return len(self.made) - 1

    def _t(self, depth, items):
        place, before = self._placed(None), self.nodes
        self.made[place] = tuple(self._all(items, depth))
        self.sizes[place] = self.nodes - before
        return self.made[place]

    def _d(self, depth, items):
        made, before = {}, self.nodes
        place = self._placed(made)
        for key, value in items:
            made[self.value(key, depth + 1)] = self.value(value, depth + 1)
        self.sizes[place] = self.nodes - before
        return made

    def _r(self, depth, place):
        self._count(self.sizes.get(place, 0))
        return self.made[place]

    def _a(self, depth, dtype, shape, offset):
        array = self._plain(dtype, shape, offset)
        self.made.append(array)
        return array

    def _s(self, depth, tree):
        return self._plain(*tree[1:])[()]

    def _plain(self, dtype, shape, offset):
        if dtype not in _TYPES:
            raise Broken(f"an array of {dtype}")
        kind, count = np.dtype(dtype), math.prod(_shape(shape))
        if offset < 0 or offset + count * kind.itemsize > len(self.data):
            raise Broken("an array that is cut off")
        return np.frombuffer(self.data, kind, count, offset).reshape(shape).copy()

    def _o(self, depth, shape, items):
        array, before = np.empty(len(items), object), self.nodes
        number = self._placed(array)
        for place, each in enumerate(items):
            array[place] = self.value(each, depth + 1)
        self.sizes[number] = self.nodes - before
        return array.reshape(_shape(shape))

    def _e(self, depth, kind, shape):
        shape = _shape(shape)
        small = math.prod(shape) <= _NODES
        made = np.zeros(shape if small else 1, "U1" if kind == "U" else "S1")  # text, or the like
        self.made.append(made)
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


def _shape(shape):
    if len(shape) > 32 or any(type(n) is not int or not 0 <= n <= LARGEST for n in shape):
        raise Broken("an impossible shape")
    return tuple(shape)


def stand_in(name):
    """Return an object of which only the name of its type is known."""
    return type(str(name)[:80], (), {})()
