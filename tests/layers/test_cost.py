"""What the layers cost, counted: Python calls for each step, and arrays alive at once."""

import sys
import tracemalloc

import numpy as np
import pytest

from bpcourse.layers import attention, convolution, optimizers, recurrent


def draw(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def python_calls(function):
    """Return how many Python functions a call runs."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def peak(function):
    """Return the bytes that a call allocates at most at a time, its result included."""
    function()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def layer(steps, n_in=8, n=64, m=16):
    return draw(steps, n_in, m), draw(n, n_in), draw(n, n) / 16, draw(n, 1)


def test_a_recurrent_step_costs_one_python_call_back_and_none_forward():
    calls = {}
    for steps in (10, 30):
        x, w_x, w_h, b = layer(steps)
        h = recurrent.forward(x, w_x, w_h, b)
        calls[steps] = (
            python_calls(lambda x=x, a=(w_x, w_h, b): recurrent.forward(x, *a)),
            python_calls(lambda h=h, w_h=w_h: recurrent.bptt(h[1:], h, w_h)),
        )
    more = np.subtract(calls[30], calls[10])
    assert more.tolist() == [0, 20], f"20 more steps cost {more} more calls, forward and back"


def test_a_recurrent_layer_keeps_its_states_and_little_else():
    x, w_x, w_h, b = layer(100)
    states = 101 * 64 * 16 * 4
    # The weighted inputs of all times beside the states, before the bias is added and after.
    assert peak(lambda: recurrent.forward(x, w_x, w_h, b)) < 3.2 * states
    h = recurrent.forward(x, w_x, w_h, b)
    assert peak(lambda: recurrent.bptt(h[1:], h, w_h)) < 1.2 * states


def test_a_convolution_makes_its_result_once():
    # Large, so that the buffer of 32 kB in which NumPy 2.0 adds a column does not count.
    x, w, b = draw(4, 32, 32, 32), draw(8, 4, 3, 3), draw(8, 1)
    columns = convolution.gather(x, 3, padding=1)
    z = convolution.conv(x, w, b, padding=1, columns=columns)
    assert peak(lambda: convolution.conv(x, w, b, padding=1, columns=columns)) < 1.1 * z.nbytes
    # The image with its border, and one array of columns.
    assert peak(lambda: convolution.gather(x, 3, padding=1)) < 1.2 * (columns.nbytes + x.nbytes)
    back = peak(lambda: convolution.conv_backward_input(z, w, x.shape, padding=1))
    assert back < 1.2 * (columns.nbytes + x.nbytes)


def test_attention_holds_two_tables_of_shares():
    q = draw(4, 8, 16, 64)
    a, p = attention.attention(q, q, q)
    assert peak(lambda: attention.attention(q, q, q)) < 2.2 * (p.nbytes + q.nbytes)
    back = peak(lambda: attention.attention_backward(a, q, q, q, p))
    assert back < 1.2 * (p.nbytes + 3 * q.nbytes), "one table of errors, and three results"


@pytest.mark.parametrize("step", [optimizers.momentum, optimizers.adam])
def test_an_optimizer_does_not_slow_down(step):
    w, g = draw(10_000), draw(10_000)
    _, state = step(w, g, None, eta=0.1)
    arrays = peak(lambda: step(w, g, state, eta=0.1)) / w.nbytes
    assert arrays < 7, f"{arrays:.1f} arrays at a time; the result holds three"
