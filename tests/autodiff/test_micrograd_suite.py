"""micrograd's own tests, with the numbers that PyTorch gives in place of PyTorch.

The expressions are those of micrograd's ``test/test_engine.py`` (MIT license, Andrej Karpathy) and
of the example in its README. With ``Value`` in the place of micrograd's, they pass as they are.
"""

import math

import pytest

from bpcourse.autodiff.scalar import Value


def test_sanity_check():
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert y.data == -20.0, "the forward pass is wrong"
    assert x.grad == 46.0, "x is used five times, and every use counts"


def test_more_ops():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    # 24.70408163265306 = f/2 + 10/f at f = 49; its derivatives are whole multiples of 1/343.
    assert g.data == pytest.approx(49 / 2 + 10 / 49, rel=1e-12), "the forward pass is wrong"
    assert a.grad == pytest.approx(138.8338192419825, rel=1e-12), "the gradient by a is wrong"
    assert b.grad == pytest.approx(645.5772594752187, rel=1e-12), "the gradient by b is wrong"


@pytest.mark.parametrize("x", [-1.0, 0.123, 2.0])
@pytest.mark.parametrize("name", ["tanh", "exp"])
def test_unary_functions(name, x):
    derivative = {"tanh": 1 / math.cosh(x) ** 2, "exp": math.exp(x)}[name]
    v = Value(x)
    y = getattr(v, name)()
    y.backward()
    assert y.data == getattr(math, name)(x), f"{name}({x}) is wrong"
    assert v.grad == pytest.approx(derivative, rel=1e-12), f"the derivative of {name} is wrong"


def test_training_loop():
    """The loop of micrograd's demo: zero_grad by hand, backward, step."""
    w, b = Value(1.0), Value(0.0)
    points = [(1.0, 3.0), (2.0, 5.0), (3.0, 7.0)]
    for _ in range(400):
        losses = [(w * x + b - y) ** 2 for x, y in points]
        total = sum(losses) * (1.0 / len(losses))
        for p in (w, b):
            p.grad = 0
        total.backward()
        for p in (w, b):
            p.data -= 0.1 * p.grad
    assert (w.data, b.data) == pytest.approx((2.0, 1.0), abs=1e-4), "the points lie on 2 x + 1"
