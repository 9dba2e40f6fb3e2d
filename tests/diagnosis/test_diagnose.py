"""The diagnosis: it names what is wrong, never accuses what is right, and invents no cause."""

import inspect
import json
import re
import sys
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from book_pages import ROOT
from right_code import RIGHT
from student_code import (
    CROSS,
    DECAY,
    FIXTURES,
    LAMBDA,
    PENALTY,
    PROGRAM,
    RELU,
    RELU_CROSS,
    ROWS,
    SINGLES,
    SOFTMAX,
    TANH,
    TANH_SOFTMAX,
    Edit,
    program,
)

import bpcourse as bp
from bpcourse.diagnosis.adapters import from_class, from_separate_arrays
from bpcourse.diagnosis.catalogue import CAUSES
from bpcourse.diagnosis.diagnose import diagnose

EVERY = [{}, RELU, TANH, CROSS, SOFTMAX, TANH_SOFTMAX, RELU_CROSS]


def named(diagnosis):
    """Return what was found: the layers by (equation, cause)."""
    return {(each.equation, each.cause): each.layers for each in diagnosis.findings}


@cache
def of_single(i, *others, seed=0):
    """Return the diagnosis of one of SINGLES, or of some of them together."""
    function = program(*(SINGLES[k] for k in (i, *others)))
    return diagnose(function, rng=np.random.default_rng(seed))


def recorded(function, rows):
    """Return the function, and the list of its calls: the arguments in columns, the result."""
    calls = []

    def turned(arrays):
        return [np.array(each.T if rows else each) for each in arrays]

    def backprop(weights, biases, x, y):
        arguments = (*map(turned, (weights, biases)), *turned((x, y)))
        result = function(weights, biases, x, y)
        calls.append((arguments, result))
        return result

    return backprop, calls


def of_fixture(i, seed=0):
    """Return the diagnosis of one of FIXTURES."""
    return calls_of_fixture(i, seed)[0]


@cache
def calls_of_fixture(i, seed):
    """Return the diagnosis of one of FIXTURES, with all calls of the learner's function."""
    asked = FIXTURES[i].asked
    backprop, calls = recorded(FIXTURES[i].function(), asked.get("layout") == "rows")
    return diagnose(backprop, **asked, rng=np.random.default_rng(seed)), calls


def of(old, new, text=PROGRAM, **options):
    """Return the diagnosis of a program with one edit."""
    uses = {key: options[key] for key in ("activation", "output", "cost") if key in options}
    return diagnose(program(Edit("", None, old, new), text=text, **uses), **options)


def fixture(name):
    """Return the number of the first fixture with a name such as "bp2 sign"."""
    return next(i for i, each in enumerate(FIXTURES) if f"{each.equation} {each.cause}" == name)


# Thirteen mistakes and their pairs


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("i", range(13), ids=lambda i: f"{SINGLES[i].equation}-{SINGLES[i].cause}")
def test_a_single_mistake_is_named_on_five_networks(i, seed):
    mistake = SINGLES[i]
    assert named(of_single(i, seed=seed)) == {(mistake.equation, mistake.cause): mistake.layers}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_61_pairs_of_mistakes_in_different_equations_are_named_both(seed):
    missed, pairs = [], 0
    for i, j in combinations(range(13), 2):
        if SINGLES[i].equation == SINGLES[j].equation:
            continue
        pairs += 1
        want = {(each.equation, each.cause): each.layers for each in (SINGLES[i], SINGLES[j])}
        came = named(of_single(i, j, seed=seed))
        if came != want:
            missed.append((sorted(want), came))
    assert pairs == 61
    assert not missed, "a pair is named otherwise than it was made"


# The catalogue


def test_every_cause_of_the_catalogue_has_a_fixture():
    assert {(each.equation, each.cause) for each in FIXTURES} == set(CAUSES)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("i", range(len(FIXTURES)), ids=lambda i: str(FIXTURES[i]))
def test_every_cause_is_named_on_two_networks(i, seed):
    each = FIXTURES[i]
    assert named(of_fixture(i, seed)) == {(each.equation, each.cause): each.layers}


def truth(weights, biases, x, y, asked):
    """Return the right gradient, with the penalty that was asked for."""
    cost = getattr(bp, asked.get("cost", "quadratic"))
    hidden = getattr(bp, asked.get("activation", "sigmoid"))
    output = asked.get("output") or (cost.matched or (bp.identity if hidden is bp.relu else hidden))
    inner = [hidden] * (len(weights) - 1)
    net = bp.Network.from_arrays(weights=weights, biases=biases, activations=[*inner, output])
    grad = bp.backprop(net, net.forward(x), y, cost)
    decay = asked.get("weight_decay", 0.0) / asked.get("training_size", x.shape[1])
    factor = x.shape[1] if asked.get("reduction") == "sum" else 1
    w = {l: factor * grad.w[l] + decay * net.w[l] for l in range(2, net.depth + 1)}
    b = {l: factor * grad.b[l] for l in w}
    return {"dC/dw": w, "dC/db": b, "delta": grad.delta}


EVIDENCE = re.compile(
    r"(?P<array>delta|dC/db|dC/dw)\^(?P<l>\d)\[(?P<at>[\d,]+)\], "
    r"(example (?P<example>\d) alone|a mini-batch of 7), network \[(?P<sizes>.*)\]"
)


@pytest.mark.parametrize("i", range(len(FIXTURES)), ids=lambda i: str(FIXTURES[i]))
def test_the_evidence_is_the_right_number_and_the_learners_own(i):
    # With one mistake all earlier results are right, so that `wanted` is the gradient itself.
    asked, rows = FIXTURES[i].asked, FIXTURES[i].asked.get("layout") == "rows"
    diagnosis, calls = calls_of_fixture(i, 0)
    evidence = diagnosis.evidence
    assert evidence.came != evidence.wanted
    if evidence.what.startswith("shape"):
        return
    found = EVIDENCE.fullmatch(evidence.what)
    sizes = [int(n) for n in found["sizes"].split(", ")]
    problem = next(taken for taken, _ in calls if [b.size for b in taken[1]] == sizes[1:])
    weights, biases, x, y = problem
    assert x.shape == (sizes[0], 7), "the first call is a mini-batch"
    if found["example"]:
        x, y = x[:, [int(found["example"])]], y[:, [int(found["example"])]]
    l, at = int(found["l"]), tuple(int(k) for k in found["at"].split(","))
    wanted = truth(weights, biases, x, y, asked)[found["array"]][l]
    assert float(evidence.wanted) == float(f"{wanted[at].item():.5g}")
    grad_w, grad_b = next(came for taken, came in calls if np.array_equal(taken[2], x))
    came = np.transpose(grad_w[l - 2]) if rows else grad_w[l - 2]
    if found["array"] != "dC/dw":
        came = np.resize(grad_b[l - 2], wanted.shape)
    assert float(evidence.came) == float(f"{came[at].item():.5g}")


SHAPES = ["bp4 transposed", "bp4 not_averaged", "bp4 outer_flattened", "bp3 not_averaged"]


@pytest.mark.parametrize("name", [*SHAPES, "bp3 bias_shape", "bp3 neurons_summed"])
def test_a_wrong_shape_is_shown_beside_the_right_one(name):
    diagnosis, calls = calls_of_fixture(fixture(name), 0)
    (weights, biases, *_), (grad_w, grad_b) = calls[0]
    came, wanted = (grad_w, weights) if "bp4" in name else (grad_b, biases)
    assert diagnosis.evidence.what == "shape in layer 4"
    assert diagnosis.evidence.came == str(came[-1].shape)
    assert diagnosis.evidence.wanted == str(wanted[-1].shape)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("bp1 missing_prime", "BP1, the derivative of another cost"),
        ("bp1 extra_prime", "BP1, the derivative of another cost"),
    ],
)
def test_two_causes_that_fit_equally_are_both_said_with_an_experiment(name, other):
    diagnosis = of_fixture(fixture(name))
    (finding,) = diagnosis.findings
    assert finding.others == (other,)
    value = bp.cross_entropy.value(np.array([[0.5]]), np.array([[1.0]]))
    assert "0.125" in finding.experiment, "the quadratic cost of output 0.5 and target 1"
    assert f"{value:.3f}" in finding.experiment, "and the cross-entropy of the same"
    text = diagnosis.text(3).replace("\n", " ")
    assert other in text
    assert finding.experiment in text
    assert other not in str(diagnosis).replace("\n", " "), "it would give the answer away"


@pytest.mark.slow
def test_a_cause_without_a_rival_names_no_other():
    alone = [
        i for i, each in enumerate(FIXTURES) if each.cause not in ("missing_prime", "extra_prime")
    ]
    for i in alone:
        assert [each.others for each in of_fixture(i).findings] == [()], FIXTURES[i]


def test_the_partner_of_a_pair_is_no_rival_of_it():
    pair = of_single(0, 10)  # sigma' is missing in BP1, no 1/m in BP4
    assert [each.others for each in pair.findings] == [
        ("BP1, the derivative of another cost",),
        (),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("bp2 formula_of_z", "bp3 missing_prime"),
        ("bp2 function_for_derivative", "bp4 missing_prime"),
        ("bp1 absolute_error", "bp4 before_activation"),
        ("bp2 mean_over_neurons", "bp3 neurons_for_examples"),
        ("bp3 bias_shape", "bp4 a_of_wrong_layer"),
        ("bp3 not_averaged", "bp4 not_averaged"),
        ("bp3 not_averaged", "bp4 outer_flattened"),
        ("bp1 factor_half", "bp3 zero"),
        ("bp2 sign", "bp4 zero"),
    ],
)
def test_more_pairs(first, second):
    chosen = [FIXTURES[fixture(name)] for name in (first, second)]
    edits = [Edit("", None, old, new) for each in chosen for old, new in each.edits]
    want = {(each.equation, each.cause): each.layers for each in chosen}
    assert named(diagnose(program(*edits))) == want


BESIDE = [
    i
    for i, each in enumerate(FIXTURES)
    if each.equation == "bp4"
    and each.text == PROGRAM
    and not each.asked
    and each.cause != "step_taken"  # a step against the penalty too is another edit
]


@pytest.mark.parametrize("i", BESIDE, ids=lambda i: str(FIXTURES[i]))
def test_a_mistake_in_bp4_is_named_beside_a_right_penalty(i):
    each = FIXTURES[i]
    if each.cause == "outer_flattened":
        return  # its shape doesn't fit the penalty
    edits = [Edit("", None, old, new) for old, new in each.edits]
    diagnosis = diagnose(program(*edits, text=DECAY), **PENALTY)
    assert named(diagnosis) == {("bp4", each.cause): each.layers}
    over_the_batch = DECAY.replace("LAMBDA / N", "LAMBDA / m")
    diagnosis = diagnose(program(*edits, text=over_the_batch), weight_decay=LAMBDA)
    assert named(diagnosis) == {("bp4", each.cause): each.layers}


def test_the_number_of_inputs_taken_for_the_number_of_examples():
    diagnosis = of("m = x.shape[1]", "m = len(x)")
    want = {(equation, "neurons_for_examples"): (4, 3, 2) for equation in ("bp3", "bp4")}
    assert named(diagnosis) == want


@pytest.mark.parametrize("gradient", ["right", "grad_w[-l + 1]"])
def test_updated_weights_beside_a_wrong_gradient_by_the_weights(gradient):
    # The error goes back through weights that moved by the right gradient, or by the wrong one.
    right = "delta @ activations[-l].T / m"
    step = right if gradient == "right" else gradient
    moved = Edit("", None, "weights[-l + 1].T @", f"(weights[-l + 1] - 0.5 * {step}).T @")
    for old, new, cause in (
        ("activations[-l - 1].T / m", "activations[-l - 1].T", "sum_for_mean"),
        ("delta @ activations[-l - 1].T / m", "2 * delta @ activations[-l - 1].T / m", "factor_2"),
        ("activations[-l - 1].T", "activations[-l].T", "a_of_wrong_layer"),
    ):
        diagnosis = diagnose(program(moved, Edit("", None, old, new)))
        want = {("bp2", "updated_weights"): (3, 2), ("bp4", cause): (4, 3, 2)}
        assert named(diagnosis) == want


def test_a_program_that_returns_zeros():
    def backprop(weights, biases, x, y):
        return [np.zeros(w.shape) for w in weights], [np.zeros(b.shape) for b in biases]

    want = {("bp3", "zero"): (4, 3, 2), ("bp4", "zero"): (4, 3, 2)}
    for seed in range(10):
        assert named(diagnose(backprop, rng=np.random.default_rng(seed))) == want


# What is right


@pytest.mark.parametrize("right", RIGHT, ids=str)
def test_no_right_program_is_accused(right):
    diagnosis = diagnose(right.function, **right.asked)
    assert diagnosis.ok, str(diagnosis)
    assert diagnosis.status == "right"
    assert diagnosis.right[0] == "the forward pass"
    assert diagnosis.right[-2:] == ("BP3", "BP4")
    assert diagnosis.hint() == ""
    assert str(diagnosis).startswith(f"{diagnosis.subject} is right.")


def test_at_least_25_styles_are_tried_with_every_activation_and_cost():
    functions = {each.function for each in RIGHT if "backprop-" not in str(each)}
    assert len(functions) >= 25
    keys = ("activation", "output", "cost", "layout", "order", "reduction")
    tried = {str(each.asked.get(key)) for each in RIGHT for key in keys}
    assert {"relu", "tanh", "identity", "softmax", "cross_entropy", "log_likelihood"} <= tried
    assert {"rows", "b,w", "sum"} <= tried


@pytest.mark.parametrize(
    ("name", "rough"),
    [
        ("float32_returned-tanh", True),
        ("float32_inside-log_likelihood", False),
        ("coarse_differences", True),
        ("central_differences", False),
    ],
)
def test_it_is_noted_when_only_three_digits_agree(name, rough):
    right = next(each for each in RIGHT if str(each) == name)
    diagnosis = diagnose(right.function, **right.asked)
    assert any("three digits" in note for note in diagnosis.notes) == rough


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [("(a - y) *", "2 * (a - y) *", "factor_2"), ("f_out_prime(zs[-1])", "1", "missing_prime")],
)
def test_a_mistake_is_named_in_single_precision_too(old, new, cause):
    wrong = program(Edit("bp1", cause, old, new), activation="tanh")

    def backprop(weights, biases, x, y):
        return [[each.astype(np.float32) for each in kind] for kind in wrong(weights, biases, x, y)]

    assert named(diagnose(backprop, activation="tanh")) == {("bp1", cause): (4,)}


def counted(function):
    """Return the function, and the list of the number of examples in each call."""
    calls = []

    def backprop(weights, biases, x, y):
        calls.append(x.shape[1])
        return function(weights, biases, x, y)

    return backprop, calls


@pytest.mark.parametrize(
    ("function", "most"),
    [
        (program(), 45),  # in some twenty other settings, once each
        (program(SINGLES[0]), 20),
        (program(SINGLES[5]), 25),  # fails on layers of different widths first
        (program(Edit("bp2", None, "f_prime(zs[-l])", "f_prime(zs[-l]) ** 1.5")), 20),
    ],
    ids=["right", "missing sigma'", "no transpose", "outside the catalogue"],
)
def test_the_function_is_called_a_few_times_only(function, most):
    backprop, calls = counted(function)
    diagnose(backprop)
    assert len(calls) <= most
    assert {1, 7} <= set(calls), "single examples, and a mini-batch"


def test_the_same_networks_come_every_time_and_others_with_another_generator():
    def seen(**options):
        kept = []

        def backprop(weights, biases, x, y):
            kept.append(x.sum())
            return right(weights, biases, x, y)

        diagnose(backprop, **options)
        return kept

    right = program()
    assert seen() == seen()
    assert seen() != seen(rng=np.random.default_rng(7))


# What needs no mathematics: the learner's functions

CORRECT = program()


def altered(change):
    """Return a function with what ``change`` makes of the two right lists of gradients."""

    def backprop(weights, biases, x, y):
        return change(*CORRECT(weights, biases, x, y))

    return backprop


def returns_nothing(weights, biases, x, y):
    CORRECT(weights, biases, x, y)


def integer_arrays(grad_w, grad_b):
    """Fill arrays that were made with dtype int."""
    rounded = [np.zeros(each.shape, int) for each in grad_w]
    for mine, new in zip(rounded, grad_w, strict=True):
        mine[...] = new
    return rounded, grad_b


def with_a_nan(grad_w, grad_b):
    grad_w[1][0, 0] = np.nan
    return grad_w, grad_b


def transposed(grad_w, grad_b):
    return [each.T for each in grad_w], grad_b


RETURNED = {
    "None": (returns_nothing, "none", "returned None, want (grad_w, grad_b)"),
    "dict": (lambda w, b: {"up": w, "down": b}, "not_a_pair", "a dict with the keys up, down"),
    "one array": (lambda w, b: w[0], "not_a_pair", "one array of shape (6, 4)"),
    "three things": (lambda w, b: (w, b, w), "not_a_pair", "3 things (list, list, list)"),
    "a number": (lambda w, b: 0.1, "not_a_pair", "a float"),
    "an integer": (lambda w, b: 3, "not_a_pair", "an int"),
    "an array in a list": (
        lambda w, b: ([np.array([w[0], None], dtype=object), *w[1:]], b),
        "not_numbers",
        "one array of shape (6, 4)",
    ),
    "swapped": (lambda w, b: (b, w), "swapped", "the two lists in the other order"),
    "first layer missing": (
        lambda w, b: (w[1:], b[1:]),
        "number_of_arrays",
        "2 weight gradients, want 3, one for each weight array: came [(5, 6), (3, 5)], want "
        "[(6, 4), (5, 6), (3, 5)]",
    ),
    "a bias too many": (
        lambda w, b: (w, [np.zeros((4, 1)), *b]),
        "number_of_arrays",
        "4 bias gradients, want 3",
    ),
    "integers": (integer_arrays, "integers", "whole numbers (int64)"),
    "nan": (
        with_a_nan,
        "not_finite",
        "gradient of layer 3 that backprop returned holds nan",
    ),
    "infinity": (lambda w, b: (w, [each / 0 for each in b]), "not_finite", "inf"),
    "words": (lambda w, b: (w, ["a", "b", "c"]), "not_numbers", "holds a str"),
    "None in a list": (lambda w, b: ([None, *w[1:]], b), "not_numbers", "holds None"),
    "ragged lists": (
        lambda w, b: (w, [[[1.0], [1.0, 2.0]]] * 3),
        "not_numbers",
        "lists of different lengths",
    ),
    "complex": (lambda w, b: ([each + 0j for each in w], b), "not_numbers", "take .real"),
}


@pytest.mark.parametrize("name", RETURNED)
def test_what_was_returned_is_described(name):
    change, cause, said = RETURNED[name]
    function = change if change is returns_nothing else altered(change)
    diagnosis = diagnose(function)
    assert (diagnosis.equation, diagnosis.cause) == ("return", cause)
    judged = cause in ("integers", "not_finite")
    assert diagnosis.status == ("wrong" if judged else "cannot run"), "a form is not judged"
    assert said in diagnosis.findings[0].sentence
    assert said in str(diagnosis).replace("\n", " "), "this is no answer to be kept for later"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda w, b: (w[::-1], b[::-1]), "reversed"),
        (lambda w, b: (w[::-1], b), "reversed"),
        (lambda w, b: (w, b[::-1]), "reversed"),
        (lambda w, b: (w[1:] + w[:1], b[1:] + b[:1]), "layer_order"),
    ],
    ids=["both lists", "weights", "biases", "shifted by one"],
)
def test_layers_at_the_wrong_places_are_put_in_order_and_judged_all_the_same(change, cause):
    diagnosis = diagnose(altered(change))
    assert named(diagnosis) == {("return", cause): ()}
    assert diagnosis.right == ("the forward pass", "BP1", "BP2", "BP3", "BP4")
    assert diagnosis.evidence.came != diagnosis.evidence.wanted, "two lists of shapes"
    wrong = program(SINGLES[1])  # the sign in BP1

    def both(weights, biases, x, y):
        return change(*wrong(weights, biases, x, y))

    assert named(diagnose(both)) == {("return", cause): (), ("bp1", "sign"): (4,)}


@pytest.mark.parametrize(
    ("change", "found", "came", "wanted"),
    [
        (transposed, ("bp4", "transposed"), "(5, 3)", "(3, 5)"),
        (lambda w, b: (w, [each.ravel() for each in b]), ("bp3", "bias_shape"), "(3,)", "(3, 1)"),
        (lambda w, b: (w, [each.T for each in b]), ("bp3", "bias_shape"), "(1, 3)", "(3, 1)"),
        (lambda w, b: ([each.ravel() for each in w], b), ("bp4", None), "(24,)", "(6, 4)"),
        (lambda w, b: (w, [each @ each.T for each in b]), ("bp3", None), "(6, 6)", "(6, 1)"),
    ],
    ids=["transposed", "flat biases", "biases in a row", "flat weights", "square biases"],
)
def test_both_shapes_are_said(change, found, came, wanted):
    diagnosis = diagnose(altered(change))
    assert (diagnosis.equation, diagnosis.cause) == found
    assert (diagnosis.evidence.came, diagnosis.evidence.wanted) == (came, wanted)
    assert f"yours   {came}\n    wanted  {wanted}" in str(diagnosis)


def test_a_row_of_biases_is_right_where_an_example_is_a_row():
    rows = program(text=ROWS)

    def keepdims(weights, biases, x, y):
        grad_w, grad_b = rows(weights, biases, x, y)
        return grad_w, [each[None] for each in grad_b]

    assert diagnose(keepdims, layout="rows").ok


# Exceptions


def not_written(weights, biases, x, y):
    raise NotImplementedError


def multiplies_the_wrong_shapes(weights, biases, x, y):
    z = weights[0].T @ x  # the transpose is too much
    return [z], [z]


def leaves(weights, biases, x, y):
    sys.exit("bye")


def fails_in_numpy(weights, biases, x, y):
    return np.linalg.solve(weights[0], biases[0])


def calls_itself(weights, biases, x, y):
    return calls_itself(weights, biases, x, y)


@pytest.mark.parametrize(
    ("function", "error", "line"),
    [
        (multiplies_the_wrong_shapes, "ValueError", "z = weights[0].T @ x"),
        (fails_in_numpy, "LinAlgError", "return np.linalg.solve(weights[0], biases[0])"),
        (calls_itself, "RecursionError", "return calls_itself(weights, biases, x, y)"),
    ],
)
def test_an_exception_is_reported_with_the_learners_line(function, error, line):
    diagnosis = diagnose(function)
    assert diagnosis.status == "cannot run"
    assert (diagnosis.equation, diagnosis.cause) == ("call", "exception")
    lines, start = inspect.getsourcelines(function)
    number = start + next(i for i, each in enumerate(lines) if line in each)
    sentence = diagnosis.findings[0].sentence
    assert f"raises {error}" in sentence
    assert f"in line {number}: {line}" in sentence
    assert f"in line {number}" in str(diagnosis).replace("\n", " ")


def test_a_function_that_ends_the_program_does_not_end_this_one():
    diagnosis = diagnose(leaves)
    assert (diagnosis.status, diagnosis.equation, diagnosis.cause) == ("cannot run", "call", "exit")
    assert 'sys.exit("bye")' in diagnosis.findings[0].sentence + diagnosis.hint(3)
    assert "shape" not in diagnosis.text(3), "it has nothing to do with shapes"


def test_a_function_that_is_not_written_gets_a_friendly_word():
    diagnosis = diagnose(not_written)
    assert (diagnosis.equation, diagnosis.cause) == ("call", "not_written")
    assert diagnosis.status == "cannot run"
    assert "not written yet" in diagnosis.findings[0].sentence
    assert "where to begin" in diagnosis.hint(1)
    assert "raises" not in diagnosis.findings[0].title


def test_prints_and_warnings_are_held_back(capsys, recwarn):
    def noisy(weights, biases, x, y):
        print("loss", x.sum())  # noqa: T201
        np.array([1.0]) / 0
        return CORRECT(weights, biases, x, y)

    assert diagnose(noisy).ok
    assert capsys.readouterr().out == ""
    assert not recwarn.list


# The inputs, and memory between calls


def updates_in_the_loop(weights, biases, x, y):
    """As a widely read tutorial printed it: the weights change while the error goes back."""
    a = [x]
    for w, b in zip(weights, biases, strict=True):
        a.append(1 / (1 + np.exp(-(w @ a[-1] + b))))
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    for i in reversed(range(len(weights))):
        grad_w[i] = delta @ a[i].T / x.shape[1]
        grad_b[i] = delta.mean(axis=1, keepdims=True)
        weights[i] -= 0.5 * grad_w[i]
        delta = (weights[i].T @ delta) * a[i] * (1 - a[i])
    return grad_w, grad_b


def test_an_update_inside_is_two_mistakes_and_both_are_said():
    diagnosis = diagnose(updates_in_the_loop)
    want = {("inputs", "inputs_changed"): (), ("bp2", "updated_weights"): (3, 2)}
    assert named(diagnosis) == want
    sentence = diagnosis.findings[0].sentence
    assert "weights[0], weights[1], weights[2]" in sentence
    assert "-0.5 times the gradient" in sentence, "the step is recognized"
    assert diagnosis.right == ("the forward pass", "BP1", "BP3", "BP4")
    assert "BP2, the error one layer back, in layers 3 and 2" in str(diagnosis)


def halves_x(weights, biases, x, y):
    x /= 2
    return CORRECT(weights, biases, 2 * x, y)


def turns_the_weights(weights, biases, x, y):
    result = CORRECT(weights, biases, x, y)
    weights.reverse()
    return result


def turns_the_biases(weights, biases, x, y):
    result = CORRECT(weights, biases, x, y)
    biases.reverse()
    return result


def appends(weights, biases, x, y):
    result = CORRECT(weights, biases, x, y)
    weights.append(x)
    return result


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (halves_x, "x"),
        (turns_the_weights, "weights[0]"),
        (turns_the_biases, "biases[0]"),
        (appends, "the list weights"),
    ],
)
def test_inputs_changed_in_place_are_named(function, what):
    diagnosis = diagnose(function)
    assert named(diagnosis) == {("inputs", "inputs_changed"): ()}
    assert f"changes {what}" in diagnosis.findings[0].sentence
    assert diagnosis.evidence.came != diagnosis.evidence.wanted


def remembering(combine):
    """Return a function whose gradients depend on the call before: combine(old, new)."""
    kept = []

    def backprop(weights, biases, x, y):
        grad_w, grad_b = CORRECT(weights, biases, x, y)
        new = [*grad_w, *grad_b]
        fits = kept and kept[0].shape == new[0].shape
        kept[:] = [combine(o, n) for o, n in zip(kept, new, strict=True)] if fits else new
        kept_w, kept_b = kept[: len(grad_w)], kept[len(grad_w) :]
        return [each.copy() for each in kept_w], [each.copy() for each in kept_b]

    return backprop


def test_gradients_that_are_never_set_to_zero_accumulate():
    diagnosis = diagnose(remembering(lambda old, new: old + new))
    assert named(diagnosis) == {("state", "accumulates"): ()}
    assert "zero" in diagnosis.hint(2)


def test_a_velocity_is_not_a_gradient():
    diagnosis = diagnose(remembering(lambda old, new: 0.9 * old + new))
    assert named(diagnosis) == {("state", "remembers"): ()}


def test_biases_that_remember_are_seen_though_the_weights_do_not():
    calls = []

    def backprop(weights, biases, x, y):
        calls.append(x)
        grad_w, grad_b = CORRECT(weights, biases, x, y)
        return grad_w, [len(calls) ** 2 * each for each in grad_b]

    assert named(diagnose(backprop)) == {("state", "remembers"): ()}


def test_random_numbers_are_seen():
    rng = np.random.default_rng(5)

    def dropout(weights, biases, x, y):
        return CORRECT(weights, biases, x * (rng.random(x.shape) < 0.5), y)

    diagnosis = diagnose(dropout)
    assert named(diagnosis) == {("state", "remembers"): ()}
    assert "random" in diagnosis.findings[0].sentence


# Mistakes that are not in the catalogue

OUTSIDE = {
    "a fixed matrix": (
        ("weights[-l + 1].T @ delta", "np.cos(weights[-l + 1].T * 5) @ delta"),
        {("bp2", None): (3, 2)},
    ),
    "sigma' to the power 1.5": (
        ("f_prime(zs[-l])", "np.abs(f_prime(zs[-l])) ** 1.5 + 0.01"),
        {("bp2", None): (3, 2)},
    ),
    "a factor 3.7 in BP2": (("= error", "= 3.7 * error"), {("bp2", None): (3, 2)}),
    "a factor 3.7 in BP3": (
        ("= delta.sum(axis=1", "= 3.7 * delta.sum(axis=1"),
        {("bp3", None): (4, 3, 2)},
    ),
    "a factor 3.7 in BP4": (
        ("delta @ activations[-l - 1].T / m", "3.7 * delta @ activations[-l - 1].T / m"),
        {("bp4", None): (4, 3, 2)},
    ),
    "0.1 added to delta": (("= error", "= 0.1 + error"), {("bp2", None): (3, 2)}),
    "0.1 added to the biases": (
        ("delta.sum(axis=1, keepdims=True) / m", "delta.sum(axis=1, keepdims=True) / m + 0.1"),
        {("bp3", None): (4, 3, 2)},
    ),
    "the median of the mini-batch": (
        ("delta.sum(axis=1, keepdims=True) / m", "np.median(delta, axis=1, keepdims=True)"),
        {("bp3", None): (4, 3, 2)},
    ),
    "the gradient clipped": (
        (
            "delta @ activations[-l - 1].T / m",
            "np.clip(delta @ activations[-l - 1].T, -1e-3, 1e-3)",
        ),
        {("bp4", None): (4, 3, 2)},
    ),
}


@pytest.mark.parametrize("asked", EVERY, ids=lambda asked: "-".join(asked.values()) or "sigmoid")
@pytest.mark.parametrize("name", OUTSIDE)
def test_no_cause_is_invented(name, asked):
    edit, want = OUTSIDE[name]
    diagnosis = of(*edit, **asked)
    assert named(diagnosis) == want
    assert diagnosis.cause is None
    assert diagnosis.hint(1)


@pytest.mark.parametrize("asked", EVERY, ids=lambda asked: "-".join(asked.values()) or "sigmoid")
def test_an_unknown_mistake_in_bp1_is_one_of_bp1(asked):
    new = "delta = 3.7 * (a - y) + 0.1"
    old = "delta = (a - y) * f_out_prime(zs[-1])" if "cost" not in asked else "delta = a - y"
    assert named(of(old, new, **asked)) == {("bp1", None): (4,)}


def test_an_unknown_cause_comes_with_the_table_of_ratios():
    diagnosis = of(*OUTSIDE["a factor 3.7 in BP2"][0])
    rows = {row.array: row for row in diagnosis.evidence.ratios}
    assert rows["delta^3"].ratio == pytest.approx(3.7)
    assert rows["delta^3"].constant
    assert not rows["delta^3"].right
    assert rows["delta^2"].ratio == pytest.approx(3.7), "judged on the learner's own delta^3"
    assert [name for name, row in rows.items() if row.right] == [
        name for name in rows if name not in ("delta^3", "delta^2")
    ]
    assert re.search(r"delta\^3 +3\.7 +everywhere", str(diagnosis))
    assert re.search(r"dC/dw\^4 +1 +right", str(diagnosis))
    for level in (1, 2, 3):
        text = diagnosis.text(level).replace("\n", " ")
        titles = [each.title for each in CAUSES.values() if len(each.title) > 20]
        assert not [title for title in titles if title in text]


def test_two_mistakes_of_which_one_is_unknown():
    sign = Edit("bp1", "sign", "(a - y)", "(y - a)")
    odd = Edit("bp2", None, "= error", "= 3.7 * error")
    want = {("bp1", "sign"): (4,), ("bp2", None): (3, 2)}
    assert named(diagnose(program(sign, odd))) == want


# What a check cannot see


def notes(function=CORRECT, **options):
    return " ".join(diagnose(function, **options).notes)


def test_what_was_not_looked_at_is_said():
    assert notes() == "", "nothing hides by default"
    assert "averages over a mini-batch" in notes(batch=False)
    assert "one hidden layer" in notes(sizes=[4, 6, 3])
    assert "one neuron" in notes(sizes=[4, 6, 5, 1])
    assert "hidden layer" in notes(sizes=[4, 3])


def test_a_sum_hides_where_there_is_one_example_only():
    without = Edit("bp4", "sum_for_mean", ".T / m", ".T")
    assert not diagnose(program(without)).ok
    assert diagnose(program(without), batch=False).ok


def test_sums_and_the_penalty_can_be_declared():
    sums = program(Edit("", None, ".T / m", ".T"), Edit("", None, "True) / m", "True)"))
    assert named(diagnose(sums)) == {
        ("bp3", "sum_for_mean"): (4, 3, 2),
        ("bp4", "sum_for_mean"): (4, 3, 2),
    }
    assert diagnose(sums, reduction="sum").ok
    assert not diagnose(CORRECT, reduction="sum").ok


def test_a_function_for_one_hidden_layer_is_told_so():
    def two_layers(weights, biases, x, y):
        (w1, w2), (b1, b2) = weights, biases
        a = bp.sigmoid(w1 @ x + b1)
        out = bp.sigmoid(w2 @ a + b2)
        delta2 = (out - y) * out * (1 - out)
        delta1 = (w2.T @ delta2) * a * (1 - a)
        m = x.shape[1]
        return (
            [delta1 @ x.T / m, delta2 @ a.T / m],
            [each.mean(axis=1, keepdims=True) for each in (delta1, delta2)],
        )

    diagnosis = diagnose(two_layers)
    assert diagnosis.status == "cannot run"
    assert "sizes=[4, 6, 3]" in " ".join(diagnosis.notes)
    assert diagnose(two_layers, sizes=[4, 6, 3]).ok


@pytest.mark.parametrize("asked", [{}, RELU, TANH, CROSS], ids=str)
@pytest.mark.parametrize("sizes", [[2, 2, 1], [2, 2, 2], [10, 10, 10, 10], [64, 30, 10]], ids=str)
def test_the_sizes_of_a_program_that_has_them_written_in(sizes, asked):
    assert diagnose(program(**asked), **asked, sizes=sizes).ok
    hidden = tuple(range(len(sizes) - 1, 1, -1))
    wrong = program(Edit("bp2", "sign", "= error *", "= -error *"), **asked)
    assert named(diagnose(wrong, **asked, sizes=sizes)) == {("bp2", "sign"): hidden}


def test_no_hidden_layer_and_many_hidden_layers():
    assert diagnose(CORRECT, sizes=[4, 3]).ok
    assert diagnose(CORRECT, sizes=[2, 3, 4, 3, 4, 3, 2]).ok
    wrong = program(Edit("bp2", "missing_prime", " * f_prime(zs[-l])", ""))
    want = {("bp2", "missing_prime"): (6, 5, 4, 3, 2)}
    assert named(diagnose(wrong, sizes=[2, 3, 4, 3, 4, 3, 2])) == want
    assert diagnose(wrong, sizes=[4, 3]).ok, "BP2 is not used"


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"activation": "swish"}, ValueError, "swish"),
        ({"activation": 3}, TypeError, "activation is 3"),
        ({"activation": "softmax"}, ValueError, "works on a whole layer"),
        ({"output": "swish"}, ValueError, "swish"),
        ({"cost": "msle"}, ValueError, "quadratic"),
        ({"cost": "cross_entropy", "output": "tanh"}, ValueError, "does not fit"),
        ({"layout": "batch_first"}, ValueError, "rows"),
        ({"order": "w"}, ValueError, "b,w"),
        ({"reduction": "none"}, ValueError, "mean"),
        ({"weight_decay": -1}, ValueError, "weight_decay is -1"),
        ({"training_size": 0}, ValueError, "training_size is 0"),
        ({"sizes": [4]}, ValueError, "two widths or more"),
        ({"sizes": [4, 0, 3]}, ValueError, "1 or more"),
        ({"sizes": [4, 2.5, 3]}, TypeError, "whole number"),
        ({"rng": 3}, TypeError, "default_rng"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_unknown_options_are_refused_with_what_is_wanted(options, error, said):
    with pytest.raises(error, match=re.escape(said)):
        diagnose(CORRECT, **options)


@pytest.mark.parametrize("function", [42, None, "backprop"])
def test_what_cannot_be_called_is_refused(function):
    with pytest.raises(TypeError, match="function"):
        diagnose(function)


def test_a_wrong_number_of_parameters_is_said():
    diagnosis = diagnose(lambda weights, biases: None)
    assert diagnosis.status == "cannot run"
    assert "weights, biases, x, y" in str(diagnosis).replace("\n", " ")


# Adapters


class Layers:
    """A network as a learner's class, with its gradients returned or kept."""

    def __init__(self, sizes):
        self.sizes = sizes

    def backprop(self, x, y):
        self.dw, self.db = CORRECT(self.weights, self.biases, x, y)
        return self.dw, self.db

    def step(self, x, y):
        self.backprop(x, y)


def test_a_class_is_made_for_the_sizes_of_each_network():
    made = []

    class Watched(Layers):
        def __init__(self, sizes):
            super().__init__(sizes)
            made.append(list(sizes))

    assert diagnose(from_class(Watched)).ok
    assert made[0] == [4, 6, 5, 3]
    assert diagnose(from_class(Layers, method="step", gradients=("dw", "db"))).ok
    assert diagnose(from_class(Layers)).subject == "Layers.backprop"


def test_a_mistake_in_a_class_is_named():
    class Wrong(Layers):
        def backprop(self, x, y):
            return program(SINGLES[4])(self.weights, self.biases, x, y)

    assert named(diagnose(from_class(Wrong))) == {("bp2", "prime_of_a"): (3, 2)}


def test_separate_arrays_come_and_go_layer_by_layer():
    def backprop(w1, b1, w2, b2, w3, b3, x, y):
        grad_w, grad_b = CORRECT([w1, w2, w3], [b1, b2, b3], x, y)
        return tuple(each for pair in zip(grad_w, grad_b, strict=True) for each in pair)

    assert diagnose(from_separate_arrays(backprop)).ok
    assert diagnose(from_separate_arrays(backprop)).subject == "backprop"


# The text


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("i", range(len(FIXTURES)), ids=lambda i: str(FIXTURES[i]))
def test_the_first_message_keeps_the_answer_and_the_third_gives_it(i):
    diagnosis = of_fixture(i)
    cause = CAUSES[FIXTURES[i].equation, FIXTURES[i].cause]
    first, third = flat(str(diagnosis)), flat(diagnosis.text(3))
    for secret in (cause.title, cause.sentence, cause.answer):
        assert flat(secret) not in first, "the first message gives the answer away"
        assert flat(secret) not in diagnosis.hint(1)
    assert flat(cause.nudge) not in first
    assert flat(cause.nudge) in flat(diagnosis.text(2))
    assert flat(cause.answer) not in flat(diagnosis.text(2))
    assert flat(cause.sentence) in third
    assert flat(cause.answer) in third
    assert diagnosis.hint(2) == cause.nudge
    assert diagnosis.hint(3) == cause.answer


def test_the_message_says_what_is_right_the_place_and_both_numbers():
    diagnosis = of("f_prime(zs[-l])", "f_prime(activations[-l])")
    text = flat(str(diagnosis))
    assert text.startswith("BP2, the error one layer back, in layers 3 and 2: here backprop")
    assert "Right: the forward pass; BP1; BP3; BP4." in text
    assert f"yours {diagnosis.evidence.came}" in text
    assert f"wanted {diagnosis.evidence.wanted}" in text
    assert f"Hint 1: {diagnosis.hint(1)}" in text
    assert "Hint 2" not in text
    assert text.endswith('Read "BP2: one layer back" in "The four fundamental equations".')


def test_an_equation_that_is_right_in_one_layer_only_is_said_so():
    diagnosis = of("activations[-l - 1].T", "([x] + zs)[-l - 1].T")
    assert diagnosis.right == ("the forward pass", "BP1", "BP2", "BP3", "BP4 in layer 2")
    assert diagnosis.findings[0].layers == (4, 3)
    assert diagnosis.layer == 4


def test_hints_have_three_levels():
    diagnosis = of_single(0)
    assert len({diagnosis.hint(level) for level in (1, 2, 3)}) == 3
    assert diagnosis.hint() == diagnosis.hint(1)
    for level in (0, 4, None):
        with pytest.raises(ValueError, match="want 1, 2 or 3"):
            diagnosis.hint(level)
        with pytest.raises(ValueError, match="want 1, 2 or 3"):
            diagnosis.text(level)


@pytest.mark.parametrize("i", range(len(FIXTURES)), ids=lambda i: str(FIXTURES[i]))
def test_everything_goes_through_json(i):
    diagnosis = of_fixture(i)
    back = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert back["ok"] is False
    assert (back["equation"], back["cause"]) == (diagnosis.equation, diagnosis.cause)
    assert back["findings"][0]["hints"] == list(diagnosis.findings[0].hints)
    assert back["sizes"] == list(diagnosis.sizes)


def test_repr_is_one_line():
    assert repr(diagnose(CORRECT)) == "<diagnosis of backprop: right>"
    assert repr(of_single(0, 10)) == (
        "<diagnosis of backprop: bp1 missing_prime, bp4 sum_for_mean>"
    )
    assert repr(of(*OUTSIDE["a factor 3.7 in BP2"][0])) == "<diagnosis of backprop: bp2 unknown>"


def test_a_notebook_shows_the_place_and_escapes_the_text():
    def backprop(weights, biases, x, y):
        raise ValueError("<script>alert(1)</script>")

    page = diagnose(backprop)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    page = of_single(3)._repr_html_()
    assert page.count("<svg") == 1
    other = of_single(0)._repr_html_()
    assert page[: page.index("<pre>")] != other[: other.index("<pre>")], "the place is marked"
    assert "sigma' is missing" not in page, "the picture keeps the answer as well"


def test_the_first_message_does_not_say_how_the_number_comes_about():
    first = of_single(3)
    assert first.evidence.how
    how = flat(first.evidence.how)
    assert how not in flat(str(first)), "it would show the factor that is missing"
    assert how in flat(first.text(2))


def test_a_program_for_the_other_layout_is_told_so():
    def backprop(weights, biases, x, y):
        layers = [x]
        for w, b in zip(weights, biases, strict=True):
            layers.append(bp.sigmoid(layers[-1] @ w + b))
        delta = (layers[-1] - y) * layers[-1] * (1 - layers[-1])
        grad_w, grad_b = [], []
        for l in reversed(range(len(weights))):
            grad_w.insert(0, layers[l].T @ delta / len(x))
            grad_b.insert(0, delta.mean(axis=0))
            delta = delta @ weights[l].T * layers[l] * (1 - layers[l])
        return grad_w, grad_b

    assert diagnose(backprop, layout="rows").ok
    assert 'layout="rows"' in " ".join(diagnose(backprop).notes)


def test_one_list_with_two_names():
    assert named(of("grad_b = [np.zeros(b.shape) for b in biases]", "grad_b = grad_w")) == {
        ("return", "one_list"): ()
    }


def test_gradients_by_layer_are_taken_as_the_book_writes_them():
    edit = "dict(enumerate(grad_w, 2)), dict(enumerate(grad_b, 2))"
    assert of("return grad_w, grad_b", f"return {edit}").ok


def test_swapped_lists_are_seen_though_they_are_not_averaged():
    swapped = [(_BP3_LINE, "delta"), ("return grad_w, grad_b", "return grad_b, grad_w")]
    found = diagnose(program(*(Edit("", None, *each) for each in swapped)))
    assert found.cause == "swapped"


_BP3_LINE = "delta.sum(axis=1, keepdims=True) / m"


def test_behind_an_adapter_the_line_is_the_learners_own():
    def backprop(w1, b1, w2, b2, x, y):
        return w1 @ y

    found = diagnose(from_separate_arrays(backprop), sizes=[4, 6, 3])
    assert "return w1 @ y" in found.findings[0].sentence


def test_an_unknown_factor_that_is_the_same_everywhere_is_said():
    found = of(*OUTSIDE["a factor 3.7 in BP2"][0])
    assert "3.7 times what it should be" in found.hint(2)


def test_the_penalty_is_that_of_the_weights_that_were_given():
    """A forward pass with transposed weights does not transpose the penalty."""
    edits = [("w @ a + b", "w.T @ a + b"), ("weights[-l + 1].T @ delta", "weights[-l + 1] @ delta")]
    function = program(*(Edit("", None, *each) for each in edits), text=DECAY)
    assert named(diagnose(function, **PENALTY)) == {("forward", "weights_transposed"): ()}


def test_a_penalty_on_biases_is_seen_though_the_forward_pass_leaves_them_out():
    edits = [("w @ a + b", "w @ a"), ("True) / m", "True) / m + LAMBDA / N * biases[-l]")]
    function = program(*(Edit("", None, *each) for each in edits))
    assert named(diagnose(function)) == {
        ("forward", "no_biases"): (),
        ("bp3", "decay_on_biases"): (4, 3, 2),
    }


def test_the_book_lists_every_cause():
    page = (ROOT / "book" / "api" / "catalogue.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- `(\w+)`: (.+)$", page, re.MULTILINE)
    known = [(each.name, each.title) for each in CAUSES.values()]
    assert sorted(listed) == sorted(known), "book/api/catalogue.md and the catalogue differ"
