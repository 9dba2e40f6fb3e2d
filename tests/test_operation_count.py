"""The multiplication counts: against the published figures, and against a count made for real."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bpcourse as bp
from bpcourse import operation_count
from bpcourse.activations import Activation
from bpcourse.backprop import propagate_back
from bpcourse.costs import Cost
from bpcourse.network import Network, propagate
from bpcourse.parameters import Parameters, parameter_count

SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=5)


class Counted:
    """A number that counts the products of two such numbers, and nothing else.

    Factors that are plain numbers (sigma', 1/m) are not counted: those are the elementwise work.
    """

    products = 0

    def __mul__(self, other):
        Counted.products += isinstance(other, Counted)
        return Counted()

    __rmul__ = __mul__

    def __add__(self, other):
        return Counted()

    __radd__ = __sub__ = __truediv__ = __add__


def counted(shape):
    """Return an array of counted numbers."""
    return np.full(shape, Counted(), dtype=object)


PLAIN = Activation("plain", lambda z: z, lambda z: np.ones(z.shape))
DIFFERENCE = Cost("difference", lambda a, y: None, lambda a, y: a - y)


def products_of(run, *arguments):
    """Return the result of a call and the products of counted numbers that it made."""
    Counted.products = 0
    result = run(*arguments)
    return result, Counted.products


def count_for_real(sizes, m):
    """Return the products that the package's own forward and backward passes make."""
    parameters = Parameters._over(tuple(sizes), counted((parameter_count(sizes),)))
    empty = bp.Network.random(sizes, hidden=PLAIN, output=PLAIN, rng=np.random.default_rng(0))
    net = empty._at(parameters)
    trace, forward = products_of(propagate, net, counted((sizes[0], m)))
    _, backward = products_of(propagate_back, net, trace, counted((sizes[-1], m)), DIFFERENCE)
    return forward, backward


@pytest.mark.parametrize(
    ("sizes", "forward", "delta", "outer_products", "ratio"),
    [
        ([784, 30, 10], 23_820, 300, 23_820, 2.013),
        ([1000, 1000], 1_000_000, 0, 1_000_000, 2.000),
        ([1000, 995, 5], 999_975, 4_975, 999_975, 2.005),
        ([100] * 6, 50_000, 40_000, 50_000, 2.800),
    ],
)
def test_published_figures(sizes, forward, delta, outer_products, ratio):
    assert operation_count.forward(sizes) == forward
    assert operation_count.backward(sizes) == operation_count.BackwardCount(delta, outer_products)
    assert operation_count.backward(sizes).total == delta + outer_products
    assert round(operation_count.ratio(sizes), 3) == ratio


@given(sizes=SIZES, m=st.integers(1, 3))
def test_the_real_passes_make_exactly_these_products(sizes, m):
    forward, backward = count_for_real(sizes, m)
    assert forward == m * operation_count.forward(sizes), "forward pass"
    assert backward == m * operation_count.backward(sizes).total, "backward pass"


def test_the_counting_numbers_count():
    # Guards the test above: a count that is always 0 would agree with a formula that is always 0.
    assert count_for_real([4, 3, 2], 1) == (18, 6 + 18)


@given(sizes=SIZES)
def test_the_ratio_is_at_least_2_and_below_3(sizes):
    assert 2 <= operation_count.ratio(sizes) < 3


def test_the_ratio_tends_to_3_with_depth():
    ratios = [operation_count.ratio([7] * depth) for depth in (2, 3, 10, 1000)]
    assert ratios == sorted(ratios)
    assert ratios[0] == 2
    assert 2.998 < ratios[-1] < 3


@pytest.mark.parametrize("method", ["forward", "central", "complex"])
def test_forward_passes_are_those_that_finite_differences_spend(method):
    sizes = [3, 5, 4, 2]
    rng = np.random.default_rng(2)
    net = Network.random(sizes, hidden=bp.tanh, output=bp.identity, rng=rng)
    x, y = rng.standard_normal((3, 2)), rng.standard_normal((2, 2))
    spent = bp.finite_difference.gradient(net, x, y, bp.quadratic, method=method).forward_passes
    assert operation_count.forward_passes(sizes, method) == spent


def test_forward_passes_in_terms_of_w():
    w = 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2
    passes = [operation_count.forward_passes([3, 5, 4, 2], m) for m in ("forward", "central")]
    assert passes == [w + 1, 2 * w]
    assert operation_count.forward_passes([3, 5, 4, 2], "complex") == w


def test_a_million_weights_by_forward_differences():
    # Nielsen's argument: 1,000,001 passes. [1000, 1000] has 1000 biases besides.
    assert operation_count.forward_passes([1000, 1000], "forward") == 1_001_001
    assert operation_count.finite_difference([1000, 1000], "forward") == 1_001_001 * 10**6


def test_finite_difference_is_passes_times_products():
    sizes = [3, 5, 4, 2]
    for method, real_products in [("forward", 1), ("central", 1), ("complex", 4)]:
        passes = operation_count.forward_passes(sizes, method)
        assert operation_count.finite_difference(sizes, method) == passes * 43 * real_products


def test_counts_are_exact_whole_numbers_however_large():
    huge = [10**6, 10**6, 10**6]
    assert operation_count.finite_difference(huge, "central") == 2 * (2 * 10**12 + 2 * 10**6) * (
        2 * 10**12
    ), "a float or an int64 would have lost digits"


def test_bad_input():
    with pytest.raises(ValueError, match=r"sizes is \[3\], want two layers or more"):
        operation_count.forward([3])
    with pytest.raises(ValueError, match="a layer size is 0, want 1 or more"):
        operation_count.ratio([3, 0, 1])
    with pytest.raises(TypeError, match=r"a layer size is 2\.5, want a whole number"):
        operation_count.backward([3, 2.5])
    for count in (operation_count.forward_passes, operation_count.finite_difference):
        with pytest.raises(ValueError, match="unknown method 'newton'; known: forward, central, c"):
            count([2, 1], "newton")
