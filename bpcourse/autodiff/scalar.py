r"""Reverse-mode automatic differentiation of numbers: an engine in one short module.

A :class:`Value` is a number that remembers how it was made: its operands, and the derivative of
the result with respect to each, worked out on the spot. :meth:`Value.backward` then walks from the
last result to the first inputs and applies one rule: if the derivatives of z with respect to the
quantities :math:`v_1, \dots, v_k` made from u are known, then

.. math:: \frac{\partial z}{\partial u} = \sum_i \frac{\partial v_i}{\partial u}
          \frac{\partial z}{\partial v_i}.

The order of the walk is what makes it right. Each value has a rank, one more than the larger
rank of its operands, and the walk goes from rank to lower rank. So a value passes its gradient on
only when every value made from it has passed on its own, and each is visited once, however many
paths lead through it. A list of all values in the order of their making would be quicker to walk,
but it would keep every value alive; here a result that is dropped frees all that it was made of.

Source: Karpathy, micrograd, for which this class can stand in. Derived in the book's chapters
"Computational graphs and the chain rule" and "The order matters".
"""

from __future__ import annotations

import math
import numbers
import sys
from collections import defaultdict
from functools import partial


class Value:
    """Hold a number, how it was made, and the derivative of a later result.

    Numbers of any real type mix with values: ``2 * x`` makes a value of the 2. The derivatives
    are those at the point where the expression was computed; changing ``data`` afterwards does
    not change them. Use ``x * y``, ``x ** 2`` and so on; ReLU'(0) = 0. ``<`` and ``>`` compare
    the numbers, so ``max(x, y)`` is one of the two; ``==`` asks whether it is the same value.

    Parameters
    ----------
    data : float
        A finite real number.

    Attributes
    ----------
    data : float
        The number.
    grad : float
        After ``z.backward()``: the derivative of z with respect to this value. 0 before.
    op : str
        The operation that made the value; empty for an input.

    Raises
    ------
    TypeError
        If ``data`` is not a real number, or an operand is neither a number nor a value.
    ValueError
        If ``data`` is NaN or infinite.
    OverflowError
        If a result, or its derivative, is larger than any float.

    Examples
    --------
    The graph on which careless traversals go wrong (Hu, 2021):

    >>> a = Value(1.0)
    >>> b1 = 2 * a
    >>> b2 = 3 * a + b1
    >>> c = 4 * b1 + 5 * b2
    >>> c.backward()
    >>> a.grad, b1.grad, b2.grad
    (33.0, 9.0, 5.0)
    """

    __slots__ = ("_a", "_b", "_da", "_db", "_rank", "_reached", "data", "grad", "op")

    # NumPy's own numbers leave the arithmetic to us: np.float64(2) * x is a Value.
    __array_ufunc__ = None

    def __init__(self, data: float) -> None:
        self.data = data if data.__class__ is float else _number(data)
        if not math.isfinite(self.data):
            raise ValueError(f"Value({self.data}): want a finite number")
        self.grad = 0.0
        self.op = ""
        self._a = self._b = self._reached = None
        self._rank = 0

    def __add__(self, other: Value | float) -> Value:
        if other.__class__ is not Value:
            other = Value(other)
        return _binary(self.data + other.data, "+", self, 1.0, other, 1.0)

    def __mul__(self, other: Value | float) -> Value:
        if other.__class__ is not Value:
            other = Value(other)
        return _binary(self.data * other.data, "*", self, other.data, other, self.data)

    def __pow__(self, exponent: float) -> Value:
        n, power, slope = _power(self.data, exponent)
        return _unary(power, f"**{n:g}", self, slope)

    def __rpow__(self, base: float) -> Value:
        base = _number(base)
        if not 0 < base < math.inf:
            raise ValueError(
                f"{base:g} ** Value: want a finite base above 0, its logarithm is needed"
            )
        try:
            power = base**self.data
            slope = power * math.log(base)
        except OverflowError:
            slope = math.inf
        if not math.isfinite(slope):
            raise _too_large(f"{base:g} ** {self.data:g} or its derivative")
        return _unary(power, f"{base:g}**", self, slope)

    def relu(self) -> Value:
        """Return max(0, x); the derivative at 0 is 0."""
        positive = self.data > 0
        return _unary(self.data if positive else 0.0, "relu", self, 1.0 if positive else 0.0)

    def exp(self) -> Value:
        """Return e to the power of x. Raise OverflowError where no float is that large."""
        try:
            power = math.exp(self.data)
        except OverflowError:
            text = f"exp({self.data:g}) exceeds the largest float; make x smaller"
            raise OverflowError(text) from None
        return _unary(power, "exp", self, power)

    def log(self) -> Value:
        """Return the natural logarithm of x. Raise ValueError unless x is above 0."""
        if not self.data > 0:
            raise ValueError(f"log({self.data:g}): want a number above 0")
        slope = 1.0 / self.data
        if slope == math.inf:
            raise _too_large(f"the derivative of log({self.data:g})")
        return _unary(math.log(self.data), "log", self, slope)

    def tanh(self) -> Value:
        """Return the hyperbolic tangent of x."""
        t = math.tanh(self.data)
        return _unary(t, "tanh", self, 1.0 - t * t)

    def sigmoid(self) -> Value:
        """Return 1 / (1 + exp(-x)), computed so that it never overflows."""
        e = math.exp(-abs(self.data))
        return _unary((1.0 if self.data >= 0 else e) / (1 + e), "sigmoid", self, e / (1 + e) ** 2)

    # Everything else follows from sum, product and power.

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + (-other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * (other if other.__class__ is Value else Value(other)) ** -1

    def __radd__(self, number: float) -> Value:
        return Value(number) + self

    def __rsub__(self, number: float) -> Value:
        return Value(number) - self

    def __rmul__(self, number: float) -> Value:
        return Value(number) * self

    def __rtruediv__(self, number: float) -> Value:
        return Value(number) / self

    def backward(self) -> None:
        """Add to ``grad`` of every input the derivative of this value with respect to it.

        Inputs *add up*: after ``loss_1.backward()`` and ``loss_2.backward()``, ``x.grad`` is the
        derivative of the sum of both. So a training loop sets ``p.grad = 0`` before each new
        pass. Every value between has the derivative of the last result that was passed through
        it, and shared ones are started afresh, so that no pass counts another one's gradients.

        Raises
        ------
        RuntimeError
            If a pass has gone through this value before: a second one would add the same
            derivatives to the inputs once more. Compute the expression again instead.
        OverflowError
            If a derivative is larger than any float.

        Examples
        --------
        >>> x, y = Value(2.0), Value(3.0)
        >>> z = (x + y) + x**3
        >>> z.backward()
        >>> x.grad, y.grad
        (13.0, 1.0)
        >>> (x * y).backward()
        >>> x.grad, y.grad
        (16.0, 3.0)
        """
        if self._reached is not None:
            raise RuntimeError(
                "backward() has already gone through this value; again, it would count its "
                "gradients twice. Compute the expression again, then call backward()"
            )
        this_pass = self._reached = object()
        self.grad = 1.0 if self._rank else self.grad + 1.0
        waiting = defaultdict(list)
        waiting[self._rank].append(self)
        for rank in range(self._rank, 0, -1):
            for node in waiting.pop(rank, ()):
                # Once for each operand, written out: a loop here would cost half the time again.
                a, gradient = node._a, node.grad
                if a._reached is this_pass:
                    a.grad += node._da * gradient
                elif a._rank:
                    a._reached = this_pass
                    a.grad = node._da * gradient
                    waiting[a._rank].append(a)
                else:
                    a.grad = total = a.grad + node._da * gradient
                    if total - total:  # as in _binary; what overflows on the way ends at an input
                        raise _too_large(f"the derivative through {node.op}")
                b = node._b
                if b is None:
                    continue
                if b._reached is this_pass:
                    b.grad += node._db * gradient
                elif b._rank:
                    b._reached = this_pass
                    b.grad = node._db * gradient
                    waiting[b._rank].append(b)
                else:
                    b.grad = total = b.grad + node._db * gradient
                    if total - total:
                        raise _too_large(f"the derivative through {node.op}")

    @property
    def parents(self) -> tuple[Value, ...]:
        """Return the operands in order: a tuple of 0, 1 or 2 values."""
        return tuple(operand for operand in (self._a, self._b) if operand is not None)

    @property
    def derivatives(self) -> tuple[float, ...]:
        """Return the derivative of this value with respect to each operand."""
        if self._a is None:
            return ()
        return (self._da,) if self._b is None else (self._da, self._db)

    # Comparisons look at the numbers and leave no trace in the graph. == is left alone: a walk that
    # asks "node in visited" must not take a node for another one with the same number. And there is
    # no __float__: math.exp(x) would give a number that has lost the graph, and say nothing.

    def __lt__(self, other: Value | float) -> bool:
        return self.data < (other.data if other.__class__ is Value else other)

    def __le__(self, other: Value | float) -> bool:
        return self.data <= (other.data if other.__class__ is Value else other)

    def __gt__(self, other: Value | float) -> bool:
        return self.data > (other.data if other.__class__ is Value else other)

    def __ge__(self, other: Value | float) -> bool:
        return self.data >= (other.data if other.__class__ is Value else other)

    def __bool__(self) -> bool:
        return self.data != 0

    def __format__(self, form):
        return format(self.data, form) if form else repr(self)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"


_blank = partial(object.__new__, Value)


def _binary(data, op, a, da, b, db):
    """Return the value made from a and b, with its derivatives da and db."""
    if data - data:  # 0 for every finite number, NaN for infinity, and NaN counts as true
        raise _too_large(f"{a.data:g} {op} {b.data:g}")
    node = _blank()  # without __init__, whose checks are for numbers from outside
    node.data = data
    node.grad = 0.0
    node.op = op
    node._a, node._da = a, da
    node._b, node._db = b, db
    node._reached = None
    rank_a, rank_b = a._rank, b._rank
    node._rank = (rank_a if rank_a > rank_b else rank_b) + 1
    return node


def _unary(data, op, a, da):
    """Return the value made from a alone, with its derivative da."""
    node = _blank()
    node.data = data
    node.grad = 0.0
    node.op = op
    node._a, node._da = a, da
    node._b = node._reached = None
    node._rank = a._rank + 1
    return node


def _number(number):
    """Return a real number as a float; refuse everything else."""
    if not isinstance(number, numbers.Real):
        raise TypeError(
            f"a Value works with values and real numbers, not with {type(number).__name__}; "
            "a graph belongs to one engine: for arrays use Tensor throughout"
        )
    try:
        return float(number)
    except OverflowError:
        raise _too_large(f"the {type(number).__name__} given, {str(number)[:9]}...,") from None


def _too_large(what):
    """Return the error that says what has left the range of floats."""
    return OverflowError(f"{what} exceeds the largest float, {sys.float_info.max:.1e}; scale down")


def _power(x, exponent):
    """Return n, x ** n and its derivative, if they are real and finite."""
    if exponent.__class__ is Value:
        raise TypeError(
            "the exponent is a Value, want a number; for x ** y use (y * x.log()).exp()"
        )
    n = _number(exponent)
    if not math.isfinite(n):
        raise ValueError(f"{x:g} ** {n}: want a finite exponent")
    if x < 0 and n != math.floor(n):
        raise ValueError(f"{x:g} ** {n:g} is not real; want a whole exponent or a base above 0")
    if x == 0 and n < 1 and n != 0:
        raise ZeroDivisionError(
            f"0 ** {n:g} or its derivative is infinite; want a base other than 0"
        )
    try:
        power, slope = x**n, n * x ** (n - 1) if n else 0.0
    except OverflowError:
        slope = math.inf
    if not math.isfinite(slope):
        raise _too_large(f"{x:g} ** {n:g} or its derivative")
    return n, power, slope
