"""The gradient checker: it must pass what is right, fail what is wrong, and say the right words."""

import inspect
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bpcourse as bp
from bpcourse import finite_difference, gradcheck
from bpcourse.finite_difference import derivative
from bpcourse.finite_difference import gradient as numeric_gradient
from bpcourse.gradcheck import check, compare, noise_floor, require
from bpcourse.gradcheck_report import GradientError
from bpcourse.parameters import Parameters

PAIRS = [
    (bp.sigmoid, bp.cross_entropy),
    (bp.sigmoid, bp.quadratic),
    (bp.softmax, bp.log_likelihood),
    (bp.softmax, bp.cross_entropy),
    (bp.softmax, bp.quadratic),
    (bp.tanh, bp.quadratic),
    (bp.relu, bp.quadratic),
    (bp.identity, bp.quadratic),
]
HIDDEN = [bp.sigmoid, bp.tanh, bp.relu, bp.identity, bp.softmax]


def problem(sizes, m, *, hidden=bp.sigmoid, output=bp.sigmoid, seed=0, dtype=np.float64):
    """Return a random network and a batch whose targets suit every cost."""
    rng = np.random.default_rng(seed)
    net = bp.Network.random(sizes, hidden=hidden, output=output, rng=rng, dtype=dtype)
    x = rng.standard_normal((sizes[0], m)).astype(dtype)
    y = np.eye(sizes[-1], dtype=dtype)[:, rng.integers(sizes[-1], size=m)]
    return net, x, y


def right(net, x, y, cost):
    """Return the gradient by backpropagation."""
    return bp.backprop(net, net.forward(x), y, cost)


def altered(gradient, changes):
    """Return the gradient with some arrays multiplied: {"w2": -1} flips the sign of w2."""
    changed = Parameters._over(gradient.sizes, gradient.vector.copy())
    for name, factor in changes.items():
        getattr(changed, name[0])[int(name[1:])][...] *= factor
    return changed


def verdicts(report):
    return {row.array: row.verdict for row in report.rows}


# What is right passes


@pytest.mark.parametrize("method", ["complex", "central", "forward"])
@pytest.mark.parametrize(("output", "cost"), PAIRS, ids=lambda each: each.name)
def test_the_right_gradient_agrees(output, cost, method):
    net, x, y = problem([3, 5, 4, 2], 6, hidden=bp.tanh, output=output)
    report = check(net, x, y, cost, method=method)
    assert report.ok, str(report)
    assert set(verdicts(report).values()) == {"ok"}
    assert str(report).startswith("The gradient agrees with the numeric one in 6 arrays.")


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=6),
    m=st.integers(1, 5),
    hidden=st.sampled_from(HIDDEN),
    pair=st.sampled_from(PAIRS),
    seed=st.integers(0, 10**6),
    dtype=st.sampled_from([np.float32, np.float64]),
    handed_over=st.booleans(),
)
def test_no_false_alarm(sizes, m, hidden, pair, seed, dtype, handed_over):
    output, cost = pair
    if output is bp.softmax and cost is bp.cross_entropy and sizes[-1] == 1:
        return  # The only output is 1 exactly, where this cost has no derivative.
    net, x, y = problem(sizes, m, hidden=hidden, output=output, seed=seed, dtype=dtype)
    gradient = right(net, x, y, cost) if handed_over else None
    report = check(net, x, y, cost, gradient)
    assert not report.wrong, str(report)


def test_a_right_12_layer_sigmoid_network_passes():
    net, x, y = problem([5] * 12, 4)
    gradient = right(net, x, y, bp.cross_entropy)
    assert abs(gradient.w[2]).max() < 1e-7, "the first layer learns slowly; otherwise no test"
    report = require(net, x, y, bp.cross_entropy, gradient)
    assert set(verdicts(report).values()) == {"ok"}, "and no layer hides in the noise"


def test_a_right_60_layer_sigmoid_network_passes_and_its_first_layer_is_still_judged():
    net, x, y = problem([5] * 60, 4)
    gradient = right(net, x, y, bp.quadratic)
    assert 0 < abs(gradient.w[2]).max() < 1e-25
    assert require(net, x, y, bp.quadratic, gradient).ok
    assert verdicts(check(net, x, y, bp.quadratic, altered(gradient, {"w2": -1})))["w2"] == "WRONG"


@pytest.mark.parametrize("factor", [0, 1])
def test_gradients_that_cancel_to_nothing_raise_no_alarm(factor):
    # All hidden neurons are equal, so that the errors of the softmax add up to 0 in layer 2: what
    # is left there is rounding, and differs between any two ways of computing it.
    weights = [np.full((3, 4), 0.3) * factor, np.full((3, 3), 0.3) * factor]
    net = bp.Network.from_arrays(weights, [np.full(3, 0.1)] * 2, [bp.sigmoid, bp.softmax])
    _, x, y = problem([4, 3, 3], 7)
    report = check(net, x, y, bp.log_likelihood)
    assert report.ok, str(report)
    assert verdicts(report)["w3"] == "ok"
    assert verdicts(report)["w2"] in {"ok", "too small"}


@pytest.mark.parametrize("hidden", [bp.sigmoid, bp.tanh])
def test_saturated_networks_raise_no_alarm(hidden):
    net, x, y = problem([4, 5, 5, 3], 7, hidden=hidden, output=bp.softmax)
    net = net.with_parameters(net.parameters * 30)
    assert not check(net, x, y, bp.log_likelihood).wrong


# What is wrong fails


def test_a_wrong_sign_in_the_first_layer_of_a_9_layer_network_fails():
    net, x, y = problem([4, 6, 5, 4, 6, 5, 4, 3, 2], 4)
    gradient = right(net, x, y, bp.quadratic)
    wrong = altered(gradient, {"w2": -1})
    assert abs(gradient.w[2]).max() < 1e-6
    assert np.allclose(wrong.vector, gradient.vector, atol=1e-6), "an absolute check passes it"
    report = check(net, x, y, bp.quadratic, wrong)
    assert not report.ok
    assert [row.array for row in report.wrong] == ["w2"]
    assert report.worst.relative_error == pytest.approx(2)
    assert "all of w2 is -1 times the numeric value. The sign is wrong" in report.hint


@pytest.mark.parametrize("method", ["complex", "central"])
@pytest.mark.parametrize("name", ["w2", "b2", "w3", "b3", "w4", "b4"])
def test_one_wrong_array_is_found_and_no_other_blamed(name, method):
    net, x, y = problem([3, 5, 4, 2], 6)
    wrong = altered(right(net, x, y, bp.quadratic), {name: 1.01})
    report = check(net, x, y, bp.quadratic, wrong, method=method)
    assert [row.array for row in report.wrong] == [name]


@given(index=st.integers(0, 53), seed=st.integers(0, 1000))
def test_one_wrong_number_is_found_by_name(index, seed):
    net, x, y = problem([3, 5, 4, 2], 6, seed=seed)
    gradient = right(net, x, y, bp.cross_entropy)
    vector = gradient.vector.copy()
    vector[index] += 0.1 * max(abs(vector))
    report = check(net, x, y, bp.cross_entropy, vector)
    assert [row.where for row in report.wrong] == [gradient.name(index)]
    assert report.worst.analytic == vector[index]
    assert report.worst.numeric == pytest.approx(gradient.vector[index], rel=1e-9, abs=1e-12)


def test_a_gradient_of_zeros_fails():
    net, x, y = problem([3, 5, 2], 4)
    report = check(net, x, y, bp.quadratic, np.zeros(len(net.parameters)))
    assert len(report.wrong) == 4
    assert "the whole gradient is 0 times the numeric value. It is zero" in report.hint


@pytest.mark.parametrize("method", ["complex", "central", "forward"])
def test_a_gradient_where_there_should_be_none_fails(method):
    # A dead relu layer: every derivative before it is zero.
    net = bp.Network.from_arrays([[[1.0, 1.0]], [[1.0]]], [[-10.0], [0.5]], [bp.relu, bp.identity])
    x, y = np.ones((2, 1)), np.ones((1, 1))
    gradient = right(net, x, y, bp.quadratic)
    assert not gradient.w[2].any()
    assert check(net, x, y, bp.quadratic, gradient, method=method).ok
    wrong = Parameters(net.sizes, gradient.vector + np.array([0.1, 0, 0, 0, 0]))
    assert verdicts(check(net, x, y, bp.quadratic, wrong, method=method))["w2"] == "WRONG"


def test_a_weighted_input_on_the_kink_of_relu_makes_the_check_neither_wrong_nor_blind():
    # The XOR network of Goodfellow et al. has z = 0 for three of its four examples.
    net = bp.Network.from_arrays(
        [[[1.0, 1.0], [1.0, 1.0]], [[1.0, -2.0]]], [[0.0, -1.0], [0.0]], [bp.relu, bp.identity]
    )
    x = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    y = np.array([[1.0, 2.0, 2.0, 1.0]])
    gradient = right(net, x, y, bp.quadratic)
    assert 0.0 in net.forward(x).z[2]
    assert require(net, x, y, bp.quadratic, gradient).ok
    report = check(net, x, y, bp.quadratic, altered(gradient, {"w2": 1.01}))
    assert [row.array for row in report.wrong] == ["w2"]
    central = check(net, x, y, bp.quadratic, gradient, method="central")
    assert central.wrong, "a central difference straddles the kink"
    assert "the kink of relu" in str(central)


# The hint


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (64, "the whole gradient is 64 times the numeric value. 64 is the batch size: look for a"),
        (1 / 64, "0.015625 times the numeric value. 1/64 is 1 over the batch size"),
        (10, "10 times the numeric value. 10 is the number of outputs: look for a sum"),
        (1 / 10, "0.1 times the numeric value. 1/10 is 1 over the number of outputs"),
        (2, "2 times the numeric value. 2 comes from the square in a cost"),
        (1 / 2, "0.5 times the numeric value. 1/2 stands in front of a cost"),
        (-1, "-1 times the numeric value. The sign is wrong"),
        (-64, "-64 times the numeric value. The sign is wrong: look for y - a in place of a - y, or"
              " a stray minus. 64 is the batch size"),
        (0, "0 times the numeric value. It is zero"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["complex", "central"])
def test_the_hint_knows_the_constants_that_mean_something(factor, words, method):
    net, x, y = problem([4, 3, 10], 64, output=bp.softmax)
    wrong = factor * right(net, x, y, bp.log_likelihood)
    assert words in check(net, x, y, bp.log_likelihood, wrong, method=method).hint


def test_the_hint_names_the_arrays():
    net, x, y = problem([4, 3, 5, 2], 64)
    gradient = right(net, x, y, bp.quadratic)
    one = check(net, x, y, bp.quadratic, altered(gradient, {"b3": 64}))
    assert one.hint.startswith("Hint: all of b3 is 64 times the numeric value. 64 is the batch")
    all_biases = check(net, x, y, bp.quadratic, altered(gradient, {"b2": 64, "b3": 64, "b4": 64}))
    assert "all of b2, b3 and b4 is 64 times" in all_biases.hint
    everything = check(net, x, y, bp.quadratic, 64 * gradient)
    assert "the whole gradient is 64 times" in everything.hint


def test_the_hint_starts_at_the_output():
    # The mistake nearest to the output comes first: the others may be its consequence.
    net, x, y = problem([4, 3, 5, 2], 64)
    wrong = altered(right(net, x, y, bp.quadratic), {"w2": 7.0, "w4": -1.0})
    assert "all of w4 is -1 times" in check(net, x, y, bp.quadratic, wrong).hint


def test_an_ambiguous_ratio_gets_all_its_meanings():
    net, x, y = problem([4, 3, 2], 2)
    hint = check(net, x, y, bp.quadratic, 2 * right(net, x, y, bp.quadratic)).hint
    for words in ("2 is the batch size", "2 is the number of outputs", "2 comes from the square"):
        assert words in hint


def test_a_constant_without_a_meaning_is_reported_without_one():
    net, x, y = problem([4, 3, 2], 5)
    hint = check(net, x, y, bp.quadratic, 3.7 * right(net, x, y, bp.quadratic)).hint
    assert hint == "Hint: the whole gradient is 3.7 times the numeric value."


def test_no_hint_where_the_ratio_varies():
    # sigma' missing at the output: the factor differs from neuron to neuron.
    net, x, y = problem([4, 3, 5, 2], 8)
    wrong = right(net, x, y, bp.cross_entropy)
    report = check(net, x, y, bp.quadratic, wrong)
    assert len(report.wrong) == 6
    assert report.hint == ""
    assert "Hint" not in str(report)


def test_no_hint_from_a_single_number():
    # One number is always a constant times another.
    net, x, y = problem([4, 3, 1], 5)
    gradient = right(net, x, y, bp.quadratic)
    assert check(net, x, y, bp.quadratic, altered(gradient, {"b3": 3.7})).hint == ""
    assert "5 is the batch" in check(net, x, y, bp.quadratic, altered(gradient, {"b3": 5})).hint


def test_a_ratio_is_constant_within_a_tenth_of_a_percent():
    numeric = np.array([1.0, 2.0, 4.0, 5.0, 3.0])
    for off, constant in ((5e-4, True), (1.5e-3, False)):
        row = compare(2 * numeric * [1, 1, 1, 1, 1 + off], numeric).rows[0]
        assert row.constant == constant and row.ratio == 2


def test_a_ratio_is_a_whole_number_within_a_tenth_of_a_percent():
    numeric = np.array([1.0, 2.0, 4.0])
    assert " is 7 times the" in compare(7.0005 * numeric, numeric).hint
    assert " is 1.0005 times the" in compare(1.0005 * numeric, numeric).hint, (
        "a factor of 1 would be right"
    )
    assert " is 1.000004 times the" in compare(1.000004 * numeric, numeric).hint


def test_a_batch_size_and_outputs_that_are_not_known_or_1_explain_nothing():
    numeric = np.array([1.0, 2.0, 4.0])
    for factor, options in ((2, {}), (1 / 2, {}), (1.0005, {"batch_size": 1})):
        hint = compare(factor * numeric, numeric, **options).hint
        assert "times the numeric value" in hint
        assert "batch size" not in hint and "outputs" not in hint


def test_no_hint_where_nothing_is_wrong():
    net, x, y = problem([4, 3, 2], 5)
    assert check(net, x, y, bp.quadratic).hint == ""


# The message


def test_the_message_says_everything():
    net, x, y = problem([5, 3, 2], 4)
    gradient = right(net, x, y, bp.quadratic)
    vector = gradient.vector.copy()
    vector[9] = 7.0
    report = check(net, x, y, bp.quadratic, vector, method="central", step=1e-5)
    text = str(report)
    assert gradient.name(9) == "w2[1,4]"
    assert "disagrees with the numeric one in 1 of 4 arrays: w2." in text
    assert "Worst at w2[1,4]: analytic 7 (float64), numeric " in text
    assert f"{report.worst.numeric:.10g} (central difference with step 1e-05, 52 forward" in text
    assert "float64); relative error 1, allowed 1e-06 and a noise of" in text
    table = text.split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in table] == ["array", "w2", "b2", "w3", "b3"]
    assert [line.split()[-1] for line in table[1:]] == ["WRONG", "ok", "ok", "ok"]
    assert all(line == line.rstrip() for line in text.splitlines()), "spaces at the end of a line"
    assert "median ratio" not in str(check(net, x, y, bp.quadratic)), "a table of nothing wrong"


def of_two(w, b):
    """Compare a gradient of one weight and one bias with 1 and 1e-12, where 1e-9 is noise."""
    return compare(Parameters([1, 1], [w, b]), Parameters([1, 1], [1.0, 1e-12]), noise=1e-9)


def test_the_worst_is_looked_for_among_what_could_be_judged():
    report = of_two(1.0 + 1e-8, 2e-12)
    assert verdicts(report) == {"w2": "ok", "b2": "too small"}
    assert report.worst.array == "w2", "what drowns in the noise is no worst"
    assert of_two(3.0, 2e-12).worst.array == "w2"


def test_a_report_in_one_line():
    assert repr(of_two(1.0, 2e-12)) == "<gradient check of w2, b2: agree>"
    assert repr(of_two(3.0, 2e-12)) == "<gradient check of w2, b2: disagree>"
    nothing = compare([2e-12], np.array([1e-12]), noise=1e-9)
    assert repr(nothing) == "<gradient check of gradient: too small to be judged>"


def test_the_median_ratio_is_analytic_over_numeric():
    net, x, y = problem([5, 3, 2], 4)
    wrong = altered(right(net, x, y, bp.quadratic), {"w3": 4.0})
    ratios = {row.array: row.ratio for row in check(net, x, y, bp.quadratic, wrong).rows}
    assert ratios == pytest.approx({"w2": 1, "b2": 1, "w3": 4, "b3": 1})


def test_nothing_is_printed_and_nothing_changes(capsys):
    net, x, y = problem([3, 4, 2], 5)
    before = net.parameters.vector.copy(), x.copy(), y.copy()
    gradient = -1 * right(net, x, y, bp.quadratic)
    given = gradient.vector.copy()
    check(net, x, y, bp.quadratic, gradient)
    for array, copy in zip((net.parameters.vector, x, y), before, strict=True):
        assert np.array_equal(array, copy)
    assert np.array_equal(gradient.vector, given)
    assert capsys.readouterr().out == "", "a check that prints is a check that nobody reads"


def test_a_check_gives_the_same_report_twice():
    net, x, y = problem([3, 4, 2], 5)
    assert check(net, x, y, bp.quadratic) == check(net, x, y, bp.quadratic)


# require


def test_require_raises_the_report():
    net, x, y = problem([3, 4, 2], 5)
    wrong = -right(net, x, y, bp.quadratic)
    with pytest.raises(GradientError, match=r"disagrees with the numeric one in 4 of 4") as caught:
        require(net, x, y, bp.quadratic, wrong)
    report = check(net, x, y, bp.quadratic, wrong)
    assert caught.value.report == report
    assert str(caught.value) == str(report)
    assert pickle.loads(pickle.dumps(caught.value)).report == report


def test_require_passes_its_options_on():
    net, x, y = problem([3, 4, 2], 5)
    nearly = 1.0001 * right(net, x, y, bp.quadratic)
    report = require(
        net, x, y, bp.quadratic, nearly, method="central", step=1e-4, relative_tolerance=1e-3
    )
    assert "central difference with step 0.0001" in str(report)
    with pytest.raises(GradientError):
        require(net, x, y, bp.quadratic, nearly)


def test_a_gradient_that_is_nothing_but_noise_is_not_passed():
    # At a stationary point a central difference sees rounding only: it can't say yes.
    net = bp.Network.from_arrays([[[0.7]]], [[0.2]], [bp.identity])
    x = np.array([[0.3, -0.4]])
    y = net.forward(x).a[2]
    gradient = Parameters(net.sizes, [1e-12, -1e-12])
    report = check(net, x, y, bp.quadratic, gradient, method="central")
    assert not report.ok
    assert not report.wrong
    assert str(report).startswith("Nothing could be checked")
    assert not report.note, "the value of this cost is exact to the last digit"
    with pytest.raises(GradientError, match="such as random weights"):
        require(net, x, y, bp.quadratic, gradient, method="central")


def test_arrays_below_the_noise_are_named():
    net, x, y = problem([5] * 12, 4)
    report = check(net, x, y, bp.cross_entropy, method="central")
    assert report.ok
    assert verdicts(report)["w2"] == "too small"
    assert verdicts(report)["w12"] == "ok"
    assert "Too small to be judged, less than 10 times the noise: w2" in str(report)
    judged = list(verdicts(report).values()).count("ok")
    assert f"agrees with the numeric one in {judged} arrays." in str(report)
    assert "method='complex'" in str(report)


# Precision


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_float32_network_is_checked_in_float64_and_the_report_says_so(handed_over):
    net, x, y = problem([4, 6, 5, 3], 8, output=bp.softmax, dtype=np.float32)
    gradient = right(net, x, y, bp.log_likelihood) if handed_over else None
    report = check(net, x, y, bp.log_likelihood, gradient)
    assert report.ok, str(report)
    assert report.relative_tolerance == (1e-3 if handed_over else 1e-6)
    assert report.analytic == ("float32" if handed_over else "float64")
    assert "float64" in report.numeric
    assert "The network is float32; the check was made in float64" in str(report)
    assert report.worst.relative_error < (1e-5 if handed_over else 1e-12)


def test_a_mistake_in_float32_is_found():
    net, x, y = problem([4, 6, 5, 3], 8, output=bp.softmax, dtype=np.float32)
    wrong = 8 * right(net, x, y, bp.log_likelihood)
    assert wrong.vector.dtype == np.float32
    assert "the whole gradient is 8 times" in check(net, x, y, bp.log_likelihood, wrong).hint


def test_a_float64_copy_of_a_float32_gradient_is_judged_as_float32():
    net, x, y = problem([4, 6, 5, 3], 8, dtype=np.float32)
    vector = right(net, x, y, bp.quadratic).vector.astype(np.float64)
    assert check(net, x, y, bp.quadratic, vector).relative_tolerance == 1e-3


def test_a_float32_gradient_of_a_float64_network_is_judged_as_float32():
    net, x, y = problem([4, 6, 5, 3], 8)
    vector = right(net, x, y, bp.quadratic).vector.astype(np.float32)
    report = check(net, x, y, bp.quadratic, vector)
    assert report.ok and report.relative_tolerance == 1e-3, str(report)


def test_soft_targets_in_float32_are_not_refused_after_the_cast():
    net, x, _ = problem([4, 6, 3], 8, output=bp.softmax, dtype=np.float32)
    y = np.random.default_rng(1).dirichlet(np.ones(3), 8).T.astype(np.float32)
    assert abs(y.astype(np.float64).sum(axis=0) - 1).max() > 1e-9, "otherwise no test"
    assert check(net, x, y, bp.log_likelihood).ok


def test_low_precision_is_refused_before_comparing():
    net, x, y = problem([4, 3, 2], 5, dtype=np.float32)
    numeric = numeric_gradient(net, x, y, bp.quadratic)
    with pytest.raises(TypeError, match="numeric w2 has dtype float32, want float64: a finite dif"):
        compare(right(net, x, y, bp.quadratic), numeric)
    with pytest.raises(TypeError, match="analytic w2 has dtype float16, want float32"):
        check(net, x, y, bp.quadratic, np.zeros(len(net.parameters), np.float16))


# The forms of a gradient


def test_a_gradient_comes_in_many_forms():
    net, x, y = problem([3, 4, 2], 5)
    gradient = right(net, x, y, bp.quadratic)
    forms = [gradient, gradient.parameters, gradient.vector, list(gradient.vector), right,
             numeric_gradient(net, x, y, bp.quadratic)]  # fmt: skip
    for form in forms:
        assert check(net, x, y, bp.quadratic, form).ok, form


def test_a_function_is_called_in_float64_and_judged_strictly():
    net, x, y = problem([3, 4, 2], 5, dtype=np.float32)
    seen = []

    def gradient(net, x, y, cost):
        seen.extend([net.parameters.vector.dtype, x.dtype, y.dtype, cost])
        return right(net, x, y, cost)

    report = check(net, x, y, "quadratic", gradient)
    assert seen == [np.float64, np.float64, np.float64, bp.quadratic]
    assert report.ok
    assert report.relative_tolerance == 1e-6


def test_compare_takes_any_two_gradients_of_a_network():
    net, x, y = problem([3, 4, 2], 5)
    gradient = right(net, x, y, bp.quadratic)
    numeric = numeric_gradient(net, x, y, bp.quadratic, method="complex")
    for analytic in (gradient, gradient.parameters, gradient.vector):
        for other in (numeric, numeric.parameters, gradient):
            report = compare(analytic, other)
            assert report.ok
            assert [row.array for row in report.rows] == ["w2", "b2", "w3", "b3"]
    report = compare(gradient, numeric.vector)
    assert [row.array for row in report.rows] == ["w2", "b2", "w3", "b3"], "sizes from analytic"


def test_compare_takes_the_derivative_of_any_function():
    x = np.random.default_rng(0).standard_normal((2, 3))
    numeric = derivative(lambda v: (v**3).sum(), x, method="complex")
    assert compare(3 * x**2, numeric).ok
    wrong = 3 * x**2
    wrong[1, 2] *= 1.5
    report = compare(wrong, numeric)
    assert report.worst.where == "gradient[1,2]"
    number = derivative(lambda v: v**2, 3.0, method="complex")
    assert compare(6.0, number).ok
    assert compare(5.0, number).worst.where == "gradient"


def test_compare_knows_the_noise_of_an_estimate_but_of_no_other_gradient():
    """(v^3)' by a central difference is off by h^2 exactly; an array is taken at its word."""
    x = np.array([0.01, 0.02])
    numeric = derivative(lambda v: (v**3).sum(), x, step=1e-3)
    assert compare(3 * x**2, numeric).ok
    assert not compare(3 * x**2, numeric.value).ok
    assert not compare(3 * x**2, numeric, noise=0.0).ok


def test_compare_hints_at_the_batch_size_only_if_told():
    net, x, y = problem([3, 4, 2], 7)
    numeric = numeric_gradient(net, x, y, bp.quadratic, method="complex")
    wrong = 7 * right(net, x, y, bp.quadratic)
    assert compare(wrong, numeric).hint.endswith("7 times the numeric value.")
    assert "7 is the batch size" in compare(wrong, numeric, batch_size=7).hint


# Tolerances


def test_tolerances_go_by_name():
    # They were once swapped by position in a famous library.
    for function, options in [
        (check, ["method", "step", "relative_tolerance"]),
        (require, ["method", "step", "relative_tolerance"]),
        (compare, ["relative_tolerance", "noise", "batch_size"]),
    ]:
        kinds = inspect.signature(function).parameters
        assert all(kinds[each].kind is inspect.Parameter.KEYWORD_ONLY for each in options)


def test_the_relative_tolerance_is_relative_and_the_noise_absolute():
    numeric = np.array([1000.0, 2000.0])
    off = numeric + np.array([0.0, 0.2])  # 1e-4 of the largest entry
    assert compare(off, numeric, relative_tolerance=2e-4).ok
    assert not compare(off, numeric, relative_tolerance=5e-5).ok
    assert compare(off, numeric, relative_tolerance=1e-9, noise=0.21).ok
    assert not compare(off, numeric, relative_tolerance=1e-9, noise=0.19).ok


def test_the_noise_floor_follows_method_and_step():
    epsilon = np.finfo(np.float64).eps
    assert noise_floor("forward", 1e-8) == pytest.approx(2 * (64 * epsilon / 1e-8 + 1e-8))
    assert noise_floor("central", 1e-5) == pytest.approx(2 * (64 * epsilon / 1e-5 + 1e-10))
    assert noise_floor("central", 1e-5, cost_value=-9.0) == pytest.approx(
        5 * noise_floor("central", 1e-5)
    ), "in proportion to 1 + |C|"
    assert noise_floor("complex", 1e-20) == 0
    assert noise_floor("complex", 1e-3) == pytest.approx(2e-6), "unless the step is silly"


@pytest.mark.parametrize("method", ["central", "forward"])
@pytest.mark.parametrize("step", [1e-9, 1e-7, 1e-5, 1e-3])
def test_the_noise_floor_covers_the_errors_of_the_step(method, step):
    for seed in range(5):
        net, x, y = problem([3, 5, 4, 2], 6, seed=seed)
        report = check(net, x, y, bp.cross_entropy, method=method, step=step)
        assert not report.wrong, str(report)


@pytest.mark.parametrize(("cost", "output"), [(bp.quadratic, bp.identity)])
def test_a_large_cost_makes_more_noise(cost, output):
    net, x, _ = problem([2, 3, 1], 4, output=output)
    y = np.full((1, 4), 1e4)
    assert check(net, x, y, cost, method="central").ok


@pytest.mark.parametrize("method", ["central", "forward"])
@pytest.mark.parametrize("constant", [1e4, 1e6])
def test_a_large_constant_in_the_cost_accuses_nobody(constant, method):
    """A real step subtracts two values of which the constant has taken the last digits."""
    own = bp.Cost("own", lambda a, y: constant + bp.quadratic.value(a, y), bp.quadratic.gradient)
    net, x, y = problem([2, 3, 1], 4, hidden=bp.tanh)
    assert not check(net, x, y, own, method=method).wrong


# Bad input


@pytest.mark.parametrize(
    ("gradient", "error", "message"),
    [
        (np.zeros(7), ValueError, r"analytic gradient has shape \(7,\), want \(26,\): one deriva"),
        (np.zeros((26, 1)), ValueError, r"analytic gradient has shape \(26, 1\), want \(26,\)"),
        (Parameters([2, 1], np.zeros(3)), ValueError, r"is of a network \[2, 1\], want \(26,\)"),
        # As many parameters as a network [3, 4, 2], in another order.
        (Parameters([12, 2], np.zeros(26)), ValueError, r"is of a network \[12, 2\], want"),
        (Parameters([1, 13], np.zeros(26)), ValueError, r"is of a network \[1, 13\], want"),
        (np.full(26, np.nan), ValueError, r"analytic w2\[0, 0\] is nan \(12 of 12 entries"),
        (np.zeros(26, complex), TypeError, "analytic w2 holds complex numbers, want real ones"),
        (lambda *_: None, ValueError, r"analytic gradient has shape \(\), want \(26,\)"),
    ],
)
def test_bad_gradients(gradient, error, message):
    net, x, y = problem([3, 4, 2], 5)
    with pytest.raises(error, match=message):
        check(net, x, y, bp.quadratic, gradient)


def test_bad_options():
    net, x, y = problem([3, 4, 2], 5)
    with pytest.raises(ValueError, match="unknown method 'newton'; known: forward, central, compl"):
        check(net, x, y, bp.quadratic, method="newton")
    with pytest.raises(ValueError, match="relative_tolerance is 0, want more than 0"):
        check(net, x, y, bp.quadratic, relative_tolerance=0.0)
    with pytest.raises(ValueError, match="relative_tolerance is 1, want less than 1"):
        check(net, x, y, bp.quadratic, relative_tolerance=1.0)
    with pytest.raises(ValueError, match="noise is -1, want 0 or more"):
        compare([1.0], [1.0], noise=-1.0)
    with pytest.raises(ValueError, match="unknown cost 'square'"):
        check(net, x, y, "square")
    with pytest.raises(ValueError, match="unknown method 'newton'"):
        noise_floor("newton", 1e-5)
    with pytest.raises(ValueError, match="step is 0, want more than 0"):
        noise_floor("central", 0.0)


def test_bad_data():
    net, x, y = problem([3, 4, 2], 5)
    with pytest.raises(ValueError, match=r"x has shape \(5, 3\), want \(3, m\)"):
        check(net, x.T, y, bp.quadratic)
    with pytest.raises(TypeError, match="x holds complex numbers"):
        check(net, x + 0j, y, bp.quadratic)
    with pytest.raises(ValueError, match=r"gradient has shape \(2,\), numeric gradient has shape"):
        compare([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), numeric gradient has shape"):
        compare([1.0, 2.0, 3.0], [1.0, 2.0])


def test_an_infinite_cost_is_refused():
    net = bp.Network.from_arrays([[[1000.0]]], [[0.0]], [bp.sigmoid])
    with pytest.raises(ValueError, match="the cost is inf at these parameters"):
        check(net, np.array([[1.0]]), np.array([[0.0]]), bp.cross_entropy)


# Functions that the complex step does not pass through


def huber_value(a, y):
    e = abs(a - y)
    return np.where(e < 0.1, (a - y) ** 2 / 2, 0.1 * (e - 0.05)).sum() / a.shape[1]


OWN_COSTS = {
    "absolute": (lambda a, y: abs(a - y).sum() / a.shape[1], lambda a, y: np.sign(a - y)),
    "huber": (huber_value, lambda a, y: np.clip(a - y, -0.1, 0.1)),
    "log-cosh": (
        lambda a, y: (np.logaddexp(a - y, y - a) - np.log(2)).sum() / a.shape[1],
        lambda a, y: np.tanh(a - y),
    ),
}
OWN_ACTIVATIONS = {
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))),
    "rounded": (lambda z: np.array(z.real), np.ones_like),
    "sign": (lambda z: z * z * np.sign(z.real) + abs(z), lambda z: 2 * abs(z) + np.sign(z)),
}


@pytest.mark.parametrize("name", OWN_COSTS)
def test_a_cost_of_ones_own_is_checked_by_central_differences_where_it_must(name):
    own = bp.Cost(name, *OWN_COSTS[name])
    net, x, y = problem([3, 4, 2], 5)
    found = check(net, x, y, own)
    assert found.ok, str(found)
    assert "central difference" in found.numeric
    assert re.match("The complex step was not used, because (f|the complex step) ", found.note)
    assert "method=" not in found.note, "what the caller might do has been done"
    wrong = altered(right(net, x, y, own), {"w2": 1.5})
    assert verdicts(check(net, x, y, own, wrong))["w2"] == "WRONG"
    assert "method='complex' does neither" not in str(check(net, x, y, own, wrong))


@pytest.mark.parametrize("name", OWN_ACTIVATIONS)
@pytest.mark.parametrize("sizes", [[2, 3, 1], [2, 3, 3, 3, 1]])
def test_an_activation_of_ones_own_is_checked_by_central_differences_where_it_must(name, sizes):
    own = bp.Activation(name, *OWN_ACTIVATIONS[name])
    net, x, y = problem(sizes, 5, hidden=own)
    for cost in (bp.cross_entropy, bp.quadratic):
        found = check(net, x, y, cost)
        assert found.ok, str(found)
        assert "central difference" in found.numeric and found.note
        wrong = altered(right(net, x, y, cost), {"b2": -1})
        assert not check(net, x, y, cost, wrong).ok


@pytest.mark.parametrize("method", ["complex", "central", "forward"])
def test_the_method_and_the_step_are_the_ones_asked_for(method):
    net, x, y = problem([3, 4, 2], 5, hidden=bp.Activation("own", np.tanh, bp.tanh.prime))
    found = check(net, x, y, bp.quadratic, method=method, step=2e-7)
    assert found.numeric.startswith(f"{method} difference with step 2e-07") and not found.note


def test_a_matched_pair_is_moved_neuron_by_neuron_too(monkeypatch):
    """The cost computed from z has a value for each example, as the fast differences need."""
    seen = []
    fast = finite_difference.central_differences
    monkeypatch.setattr(
        finite_difference, "central_differences", lambda *a, **o: seen.append(a) or fast(*a, **o)
    )
    net, x, y = problem([3, 4, 2], 5)
    assert check(net, x, y, bp.cross_entropy, method="central").ok
    assert len(seen) == 1


def test_a_gradient_that_forgets_what_the_complex_step_forgets_is_found():
    """The derivative through abs is left out in both: that they agree proves nothing."""
    l1 = bp.Cost(
        "l1 + l2",
        lambda a, y: (abs(a - y) + (a - y) ** 2).sum() / a.shape[1],
        lambda a, y: np.sign(a - y) + 2 * (a - y),
    )
    net, x, y = problem([3, 4, 2], 5)
    half = bp.Cost("l2", lambda a, y: ((a - y) ** 2).sum() / a.shape[1], lambda a, y: 2 * (a - y))
    assert not check(net, x, y, l1, right(net, x, y, half)).ok
    assert check(net, x, y, l1).ok


def test_functions_of_ones_own_that_take_complex_numbers_keep_the_complex_step():
    swish = bp.Activation(
        "swish",
        lambda z: z / (1 + np.exp(-z)),
        lambda z: (1 + np.exp(-z) * (1 + z)) / (1 + np.exp(-z)) ** 2,
    )
    leaky = bp.Activation(
        "leaky",
        lambda z: np.where(z.real > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1.0, 0.01),
    )
    for seed in range(20):
        for own in (swish, leaky):
            net, x, y = problem([3, 4, 2], 5, hidden=own, seed=seed)
            found = check(net, x, y, bp.cross_entropy)
            assert found.ok and found.numeric.startswith("complex") and not found.note
    # All weighted inputs at the kink, where a real step gives half a slope, and no verdict.
    options = {"hidden": leaky, "output": "tanh", "init": "he", "rng": np.random.default_rng(0)}
    zero = bp.Network.random([2, 6, 1], **options)
    at_kink = np.array([[0.0, 1.0], [0.0, -1.0]])
    assert check(zero, at_kink, np.array([[0.5, 0.25]]), bp.quadratic).ok


# Saturation


@pytest.mark.parametrize("z", [-36.0, 15.0, 20.0, 25.0, 30.0, 33.0, 35.0, 36.0])
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("method", ["complex", "central", "forward"])
def test_the_exact_gradient_of_a_saturated_matched_pair_is_not_accused(z, y, method):
    """1 - a has lost its digits; the cost computed from z has not."""
    net = bp.Network.from_arrays([[[1.0]]], [[0.0]], ["sigmoid"])
    x, y = np.array([[z]]), np.array([[y]])
    found = check(net, x, y, "cross_entropy", method=method)
    assert not found.wrong, str(found)
    if y[0, 0] < 1 and method == "complex":
        assert found.ok and found.worst.relative_error < 1e-14
        doubled = 2 * right(net, x, y, bp.cross_entropy)
        assert check(net, x, y, "cross_entropy", doubled).wrong


@pytest.mark.parametrize("z", [-800.0, 800.0])
def test_weighted_inputs_whose_exponential_overflows_are_checked(z):
    net = bp.Network.from_arrays([[[1.0]]], [[0.0]], ["sigmoid"])
    assert check(net, [[z]], [[float(z > 0)]], "cross_entropy").ok
    two = bp.Network.from_arrays([np.eye(2)], [np.zeros(2)], ["softmax"])
    assert check(two, [[z], [0.0]], [[float(z > 0)], [float(z < 0)]], "log_likelihood").ok


def checks_of_digits_with_large_weights(cost, seeds):
    """Return the checks of networks that are saturated, where the cost is finite, by their seed."""
    found = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        net = bp.Network.random([64, 8, 10], hidden="relu", output="sigmoid", rng=rng, init="large")
        some = bp.datasets.digits(rng=rng).train.take(slice(0, 5))
        try:
            found[seed] = check(net, some.x, some.y, cost)
        except ValueError as error:
            assert "the cost is inf" in str(error)
    assert found, "no network had a finite cost"
    return found


def test_digits_with_large_weights_are_not_accused():
    for seed, found in checks_of_digits_with_large_weights("cross_entropy", range(8)).items():
        assert found.ok, f"seed {seed}: {found}"


def test_the_cost_from_weighted_inputs_is_the_cost():
    for output, cost in ((bp.sigmoid, bp.cross_entropy), (bp.softmax, bp.log_likelihood)):
        net, x, y = problem([3, 4, 3], 6, output=output)
        y = (y + 0.5) / (y + 0.5).sum(axis=0)
        same, at_z = gradcheck._at_weighted_inputs(net, cost)
        by_a = cost.value(net.forward(x).a[3], y)
        assert at_z.value(same.forward(x).a[3], y) == pytest.approx(by_a, rel=1e-13)
    impostor = bp.Activation("sigmoid", np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    net, _, _ = problem([3, 4, 3], 6, output=impostor)
    assert gradcheck._at_weighted_inputs(net, bp.cross_entropy)[0] is net


def test_a_float32_gradient_that_underflows_is_not_accused():
    """1e-50 is 0 in float32: the gradient there is as good as float32 can be."""
    net = bp.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], ["sigmoid"] * 2)
    net = net.with_parameters(net.parameters.vector.astype(np.float32))
    x, y = np.array([[-115.0]], np.float32), np.array([[0.25]], np.float32)
    grad = right(net, x, y, bp.quadratic)
    assert grad.w[2][0, 0] == 0, "the case is not the one meant"
    found = check(net, x, y, bp.quadratic, grad)
    assert not found.wrong, str(found)
    assert verdicts(found)["w2"] == "too small"
    assert not check(net, x, y, bp.quadratic, altered(grad, {"b3": 2})).ok


def test_a_float64_gradient_below_float32_is_still_judged():
    net = bp.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], ["sigmoid"] * 2)
    x, y = np.array([[-115.0]]), np.array([[0.25]])
    assert verdicts(check(net, x, y, bp.quadratic))["w2"] == "ok"
    forgot = altered(right(net, x, y, bp.quadratic), {"w2": 0})
    assert verdicts(check(net, x, y, bp.quadratic, forgot))["w2"] == "WRONG"


@pytest.mark.parametrize("z", [-690.0, -700.0])
def test_a_complex_step_that_underflows_accuses_nobody(z):
    """A derivative of 1e-300 times a step of 1e-20 has three digits left, or none."""
    net = bp.Network.from_arrays([[[1.0]]], [[0.0]], ["sigmoid"])
    found = check(net, [[z]], [[0.25]], bp.quadratic)
    assert not found.wrong, str(found)
    assert verdicts(found)["b2"] == "too small"
    assert verdicts(check(net, [[-600.0]], [[0.25]], bp.quadratic))["b2"] == "ok"


# Functions that write into their arguments


@pytest.mark.parametrize("name", ["x", "y"])
@pytest.mark.parametrize("change", [7, -7])
def test_a_gradient_function_that_changes_its_arguments_is_told(name, change):
    net, x, y = problem([3, 4, 2], 5)
    before = {"x": x.copy(), "y": y.copy()}

    def careless(net, x, y, cost):
        grad = right(net, x, y, cost)
        {"x": x, "y": y}[name][1, 2:] += change
        return grad

    with pytest.raises(ValueError, match=rf"changes its argument {name}: {name}\[1, 2\] was"):
        check(net, x, y, bp.quadratic, careless)
    np.testing.assert_array_equal(x, before["x"], "the caller's data are corrupted")
    np.testing.assert_array_equal(y, before["y"], "the caller's data are corrupted")


# Verdicts


def test_equal_numbers_agree_however_small():
    row = compare([1e-12], np.array([1e-12]), noise=1e-9).rows[0]
    assert row.verdict == "ok", "equal, so nothing hides in the noise"
    assert compare([1e-12], np.array([1.1e-12]), noise=1e-9).rows[0].verdict == "too small"
    zero = compare([0.0], [0.0]).rows[0]
    assert (zero.verdict, zero.relative_error, zero.constant) == ("ok", 0, False)


def test_ten_times_the_noise_is_enough():
    assert compare([1.0], [0.95], noise=0.1).rows[0].verdict == "ok"
    assert compare([0.99], [0.95], noise=0.1).rows[0].verdict == "too small"


def test_one_wild_entry_does_not_move_the_ratio():
    """The median is the ratio of most entries; the mean would be that of the wild one."""
    numeric = np.ones(9)
    analytic = np.full(9, 2.0)
    analytic[4] = 1000.0
    row = compare(analytic, numeric).rows[0]
    assert row.ratio == 2 and not row.constant


def test_entries_far_below_the_largest_say_nothing_of_the_ratio():
    row = compare([2.0, 5e-4], [1.0, 1e-4]).rows[0]
    assert row.ratio == 2 and row.constant
    row = compare([2.0, 0.5], [1.0, 0.1]).rows[0]
    assert not row.constant, "these do"


def test_rows_are_plain_data():
    net, x, y = problem([3, 4, 2], 5)
    row = check(net, x, y, bp.quadratic).rows[0]
    assert replace(row, verdict="WRONG").verdict == "WRONG"
    assert (row.array, row.size) == ("w2", 12)
    assert all(isinstance(each, float) for each in (row.analytic, row.numeric, row.ratio))


@pytest.mark.parametrize(("size", "kind"), [("x", TypeError), (0, ValueError), (2.5, TypeError)])
def test_a_batch_size_is_a_whole_number(size, kind):
    with pytest.raises(kind, match="batch_size is"):
        compare([3.0], np.array([6.0]), batch_size=size)


# What the complex step drops, and what no step can see


@pytest.mark.parametrize("part", [1e-3, 1e-4, 1e-5])
def test_a_small_slope_left_out_is_found(part):
    """The complex step leaves it out too: that the two agree proves nothing."""
    for seed in range(5):
        for forgotten in (False, True):
            own = bp.Activation(
                "own",
                lambda z: np.tanh(z) + part * abs(z),
                lambda z, kept=not forgotten: 1 - np.tanh(z) ** 2 + part * kept * np.sign(z),
            )
            found = check(*problem([3, 4, 2], 5, hidden=own, seed=seed), bp.quadratic)
            assert found.ok != forgotten, f"seed {seed}, forgotten {forgotten}: {found}"
            assert bool(found.wrong) == forgotten


def test_layers_whose_mistakes_cancel_along_one_line_are_confirmed_one_by_one(monkeypatch):
    seen = []
    monkeypatch.setattr(
        finite_difference, "confirm", lambda f, x, value, parts, **_: seen.extend(parts)
    )
    own = bp.Activation("own", np.tanh, bp.tanh.prime)
    net, x, y = problem([3, 4, 2], 5, hidden=own)
    assert check(net, x, y, bp.quadratic).ok
    everything, *arrays = [np.arange(len(net.parameters))[part] for part in seen]
    assert len(everything) == len(net.parameters)
    assert sorted(map(len, arrays)) == [2, 4, 8, 12], "w2, b2, w3 and b3, each by itself"


CE2 = bp.Cost("ce2", bp.cross_entropy.value, bp.cross_entropy.gradient)


@pytest.mark.parametrize("z", [15.0, 18.0, 22.0, 24.0, 30.0, 35.0, 36.0])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("method", ["complex", "central", "forward"])
def test_a_cost_whose_value_has_lost_its_digits_accuses_nobody(z, y, method):
    net = bp.Network.from_arrays([[[1.0]]], [[0.0]], ["sigmoid"])
    found = check(net, [[z]], [[y]], CE2, method=method)
    assert not found.wrong, str(found)
    if z == 24 and y == 0 and method == "central":
        assert "The value of cost ce2 is too noisy here" in found.note
        assert "pass a matched pair" in str(found)
    if z == 15 and y < 1 and method == "central":
        assert found.ok and not found.note, "noise that leaves enough to judge by is no news"
    if method == "complex" and y == 0.25:
        doubled = 2 * right(net, [[z]], [[y]], CE2)
        assert check(net, [[z]], [[y]], CE2, doubled).wrong or z > 30


def test_digits_with_large_weights_and_an_unmatched_cost_are_not_accused():
    for seed, found in checks_of_digits_with_large_weights(CE2, range(6)).items():
        assert not found.wrong, f"seed {seed}: {found}"


@pytest.mark.parametrize("z", [20.0, 24.0, 28.0, 32.0, 36.0, 40.0])
@pytest.mark.parametrize("y", [[1, 0, 0], [0, 1, 0], [0.2, 0.3, 0.5]])
def test_a_saturated_softmax_without_its_cost_is_not_accused(z, y):
    net = bp.Network.from_arrays([np.eye(3)], [np.zeros(3)], ["softmax"])
    x, y = np.array([[z], [1.0], [0.0]]), np.array([y], float).T
    assert not check(net, x, y, bp.quadratic).wrong
    two = bp.Network.from_arrays([np.eye(3)] * 2, [np.zeros(3)] * 2, ["softmax"] * 2)
    assert not check(two, x, y, bp.log_likelihood).wrong, "a softmax that hides has no matched cost"
    if z < 25:
        doubled = 2 * right(net, x, y, bp.quadratic)
        assert check(net, x, y, bp.quadratic, doubled).wrong, "and a mistake is still seen"


def test_a_derivative_of_ones_own_that_loses_digits_is_not_accused():
    own = bp.Activation("own", np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    net = bp.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], [own, "identity"])
    for x in (8.0, 12.0, 16.0, 20.0):
        assert not check(net, [[x]], [[0.25]], bp.quadratic).wrong, f"1 - tanh^2 at {x}"


@pytest.mark.parametrize("name", ["value", "gradient"])
def test_a_cost_that_writes_into_its_arguments_is_told(name):
    def careless(a, y):
        y *= 2
        return bp.quadratic.value(a, y) if name == "value" else a - y

    functions = {"value": bp.quadratic.value, "gradient": bp.quadratic.gradient, name: careless}
    own = bp.Cost("own", **functions)
    net, x, y = problem([3, 4, 2], 5)
    before = y.copy()
    with pytest.raises(ValueError, match=rf"{name} of cost own writes into an array.*y.copy\(\)"):
        check(net, x, y, own)
    if name == "gradient":
        with pytest.raises(ValueError, match="gradient of cost own writes into an array"):
            bp.backprop(net, net.forward(x), y, own)
    with pytest.raises(ValueError, match=rf"{name} of cost own writes into an array"):
        bp.train(
            net,
            bp.datasets.Dataset.from_rows(x.T, y.T),
            cost=own,
            eta=0.1,
            epochs=1,
            batch_size=None,
        )
    np.testing.assert_array_equal(y, before, "the caller's targets are corrupted")


@pytest.mark.parametrize("shape", [(2, 2), (4, 5)])
def test_a_gradient_function_that_resizes_its_argument_is_told(shape):
    net, x, y = problem([3, 4, 2], 5)

    def careless(net, x, y, cost):
        grad = right(net, x, y, cost)
        x.resize(shape, refcheck=False)
        return grad

    with pytest.raises(ValueError, match=rf"x had shape \(3, 5\), and has {re.escape(str(shape))}"):
        check(net, x, y, bp.quadratic, careless)


def test_a_mistake_that_only_complex_steps_find_is_not_believed():
    """Where a kink lies within the confirming line, real steps have the last word."""
    own = bp.Activation(
        "own",
        lambda z: np.tanh(z) + 1e-5 * abs(z),
        lambda z: 1 - np.tanh(z) ** 2 + 1e-5 * np.sign(z),
    )
    net, x, y = problem([3, 6, 2], 5, hidden=own)
    net = net.with_parameters(1e-4 * net.parameters.vector)
    found = check(net, x, y, bp.quadratic)
    assert found.ok and "it finds a mistake" in found.note
    assert check(net, x, y, bp.quadratic, 2 * right(net, x, y, bp.quadratic)).wrong
