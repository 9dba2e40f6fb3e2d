"""What people publish: right programs are not accused, wrong ones named where they are wrong."""

from functools import cache

import numpy as np
import pytest
from people_code import PEOPLE

from bpcourse.diagnosis.diagnose import diagnose


def named(diagnosis):
    return {(each.equation, each.cause): each.layers for each in diagnosis.findings}


@cache
def of(name):
    """Return the diagnosis of one of PEOPLE."""
    person = next(each for each in PEOPLE if str(each) == name)
    return diagnose(person.function, **person.asked)


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_each_program_is_judged_as_it_is(person):
    diagnosis = of(str(person))
    assert named(diagnosis) == person.wrong, diagnosis.text(3)
    assert diagnosis.within == person.within
    assert diagnosis.ok == (not person.wrong)


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_nothing_that_is_wrong_is_called_right(person):
    diagnosis = of(str(person))
    whole = {part for part in diagnosis.right if " " not in part}
    wrong = {equation.upper() for equation, _ in person.wrong}
    assert not whole & wrong, "an equation is called right and is wrong"


def test_half_of_the_programs_are_right():
    assert len({str(person) for person in PEOPLE}) == len(PEOPLE), "two have the same name"
    right = [person for person in PEOPLE if not person.wrong]
    assert len(right) >= 15
    assert len(PEOPLE) - len(right) >= 25


def test_the_outputs_are_not_judged_where_bp1_is_not_understood():
    diagnosis = of("sine_of_the_error_and_no_bias_gradient")
    assert "the forward pass" not in diagnosis.right
    assert diagnosis.not_judged[0].startswith("the forward pass (")
    assert "Not judged: the forward pass" in str(diagnosis)
    assert diagnosis.to_dict()["not_judged"] == list(diagnosis.not_judged)


def test_a_slope_at_a_z_that_is_not_seen_is_not_judged():
    diagnosis = of("layer_normalization")
    assert diagnosis.right == ("BP1", "BP3", "BP4")
    assert [each.partition(" ")[0] for each in diagnosis.not_judged] == ["BP2"]
    assert "repair the forward pass" in diagnosis.not_judged[0]


def test_where_two_explanations_are_as_good_neither_place_is_called_right():
    diagnosis = of("mean_in_the_hidden_error")
    assert diagnosis.right == ("the forward pass", "BP1", "BP3 in layer 3", "BP4 in layer 3")
    assert diagnosis.findings[0].others == ("BP3, 1/m twice", "BP4, 1/m twice")


def test_a_fault_in_one_setting_says_which():
    diagnosis = of("whichever_way_round_it_fits")
    assert "with layers of equal width, not everywhere" in " ".join(str(diagnosis).split())
    assert "all is right" in " ".join(diagnosis.notes)
    assert diagnosis.to_dict()["within"] == "layers of equal width"


def test_another_quadratic_cost_is_said_first():
    diagnosis = of("curve_fit_for_squares_without_a_half")
    assert str(diagnosis).startswith("All of it is right for another cost")
    assert 'cost="sse"' in diagnosis.remark


def test_digits_are_missing_only_where_rounding_or_a_step_explains_it():
    notes = " ".join(of("coarse_central_differences").notes)
    assert "three digits" in notes
    assert not of("all_too_large_by_15_in_ten_thousand").ok


def test_a_right_program_is_called_some_forty_times():
    # Counted, not timed: calls are what a slow program pays for.
    for name in ("layer_objects", "squares_of_a_softmax"):
        person = next(each for each in PEOPLE if str(each) == name)
        calls = []

        def counted(weights, biases, x, y, calls=calls, function=person.function):
            calls.append(x.shape)
            return function(weights, biases, x, y)

        assert diagnose(counted, **person.asked).ok
        assert len(calls) <= 45


def test_a_program_for_another_cost_is_told_so_first():
    def backprop(weights, biases, x, y):
        a = [x]
        for w, b in zip(weights, biases, strict=True):
            a.append(1 / (1 + np.exp(-(w @ a[-1] + b))))
        z = weights[-1] @ a[-2] + biases[-1]
        e = np.exp(z - z.max(axis=0))
        delta = e / e.sum(axis=0) - y
        grad_w, grad_b = [], []
        for l in range(len(weights) - 1, -1, -1):
            grad_w.insert(0, delta @ a[l].T / x.shape[1])
            grad_b.insert(0, delta.mean(axis=1, keepdims=True))
            delta = (weights[l].T @ delta) * a[l] * (1 - a[l])
        return grad_w, grad_b

    found = diagnose(backprop)
    assert not found.ok, "asked for was the quadratic cost"
    assert 'right for cost="log_likelihood"' in found.remark, "the shortest way to the right answer"
    assert diagnose(backprop, cost="log_likelihood").ok
