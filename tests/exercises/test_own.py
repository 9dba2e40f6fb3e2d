"""Exercises of one's own, and numbers that are drawn anew."""

from dataclasses import replace

import numpy as np
import pytest
from exercise_answers import RIGHT, WRONG

import bpcourse as bp
from bpcourse.exercises import Case, Exercise, Mistake, check, exercise, register, verify
from bpcourse.exercises.drawn import drawn_anew
from bpcourse.exercises.own import read

FILE = """
import numpy as np
from bpcourse.exercises import Case, Exercise, Mistake, register, verify


def momentum(velocity, gradient, mu, eta):
    return mu * velocity - eta * gradient


UPHILL = Mistake(
    "uphill",
    "a plus for the minus",
    "The velocity points up the slope.",
    "In which direction should a ball roll?",
    "Look at the sign in front of the gradient.",
    "Subtract: `mu * velocity - eta * gradient`.",
    (lambda v, g, mu, eta: mu * v + eta * g,),
)
NO_MEMORY = Mistake(
    "no_memory",
    "the old velocity is lost",
    "The result is the plain step.",
    "What should happen on level ground?",
    "Which of the arguments do you use?",
    "Keep `mu * velocity`.",
    (lambda v, g, mu, eta: -eta * g,),
)
MOMENTUM = Exercise(
    "momentum",
    "momentum(velocity, gradient, mu, eta)",
    "the new velocity, of the shape of the old one",
    "Begin without the gradient: what is left of the velocity after one step?",
    (Case("two weights", (np.array([1.0, -2.0]), np.array([0.5, 0.3]), 0.9, 0.1), "the step"),),
    momentum,
    (UPHILL, NO_MEMORY),
)
verify(MOMENTUM)
register(MOMENTUM)
"""


@pytest.fixture
def momentum(tmp_path):
    """Return the file of an exercise of one's own, registered."""
    path = tmp_path / "my_steps.py"
    path.write_text(FILE, encoding="utf-8")
    assert read(path) == ["momentum"], "the file says which steps it adds"
    return path


def test_an_exercise_of_ones_own_is_checked_by_its_name(momentum):
    assert bp.check("momentum", lambda v, g, mu, eta: mu * v - eta * g).ok
    found = bp.check("momentum", lambda v, g, mu, eta: mu * v + eta * g)
    assert found.cause == "uphill" and found.hint(1) == "In which direction should a ball roll?"
    assert "momentum(velocity, gradient, mu, eta)" in bp.exercises.table(), "it is in the table"
    starter = bp.check("momentum", lambda v, g, mu, eta: [][0])
    assert starter.status == "cannot run", "an error is told as for any other step"
    other = bp.check("momentum", lambda v, g, mu, eta: mu * v - eta * g**3)
    assert other.cause is None and "Compare your program with the task" in other.hint(2)
    with pytest.raises(ValueError, match="did you mean 'momentum'"):
        check("momentun", abs)


def test_a_step_of_the_course_is_not_replaced():
    with pytest.raises(ValueError, match="'bp2' is a step of the course"):
        register(exercise("bp2"))
    with pytest.raises(ValueError, match="needs a right answer and at least one case"):
        register(replace(exercise("bp2"), name="mine", cases=()))
    with pytest.raises(TypeError, match="want an Exercise"):
        register("bp2")


@pytest.mark.parametrize(
    ("source", "said"),
    [("x = 1", "registers no exercise"), ("1 / 0", "raises ZeroDivisionError")],
)
def test_a_file_without_exercises_says_so(tmp_path, source, said):
    path = tmp_path / "steps.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read(path)
    with pytest.raises(ValueError, match="is no file"):
        read(tmp_path / "gone.py")


def an_exercise(*mistakes, right=np.mean):
    case = Case("one number", (np.array([2.0]),), "the number")
    return Exercise("middle", "middle(v)", "the mean", "Add them up.", (case,), right, mistakes)


def a_mistake(name, wrong, hints=("Why?", "Look there.", "Do that.")):
    return Mistake(name, name, f"It is {name}.", *hints, (wrong,))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (an_exercise(a_mistake("summed", np.sum)), "passes as right: add a case"),
        (an_exercise(right=lambda v: 1 / 0), "gives no numbers for one number: ZeroDivisionError"),
        (
            an_exercise(
                a_mistake("twice", lambda v: 2 * v[0]), a_mistake("plus", lambda v: v[0] + 2)
            ),
            "add a case that tells them apart",
        ),
        (
            an_exercise(a_mistake("zero", lambda v: v[0] * 0, ("Why?", "Why?", "Why?"))),
            "needs three hints",
        ),
    ],
)
def test_verify_says_what_an_exercise_lacks(made, said):
    with pytest.raises(AssertionError, match=said):
        verify(made)


@pytest.mark.parametrize("name", [n for n in RIGHT if n != "backprop"])
def test_right_answers_are_right_on_numbers_drawn_anew(name):
    for seed in range(3):
        for function in RIGHT[name]:
            found = check(name, function, rng=np.random.default_rng(seed))
            assert found.ok, f"{name} with seed {seed}: {found}"


@pytest.mark.parametrize("name", [n for n in WRONG if n not in ("backprop", "Value")])
def test_a_table_of_the_usual_answers_is_no_answer(name):
    step = exercise(name)
    known = [case.args for case in step.cases]

    def learned_by_heart(*args):
        for usual in known:
            if len(usual) == len(args) and all(map(_alike, usual, args)):
                return step.right(*usual)
        return step.run(lambda *args: step.right(*known[0]), args)

    assert check(name, learned_by_heart).status != "wrong" or name.endswith("difference")
    found = check(name, learned_by_heart, rng=np.random.default_rng(5))
    assert not found.ok, "right for the usual numbers alone"


def _alike(one, other):
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, np.ndarray):
        return np.shape(one) == np.shape(other) and np.array_equal(one, other)
    return one is other or (isinstance(one, int | float) and one == other)


@pytest.mark.parametrize("name", [n for n in RIGHT if n != "backprop"])
def test_what_is_drawn_differs_from_the_usual(name):
    other = drawn_anew(exercise(name), np.random.default_rng(1))
    again = drawn_anew(exercise(name), np.random.default_rng(1))
    assert [c.label for c in other.cases] == [c.label for c in again.cases], "a seed repeats it"
    assert all(case.drawn for case in other.cases)


def test_evidence_does_not_show_rounding_as_a_number():
    found = check("bp3", lambda delta: delta.mean(axis=1, keepdims=True) + 1)
    for seed in range(20):
        text = check("softmax_vjp", lambda s, g: s * g + 0.1, rng=np.random.default_rng(seed)).text(
            3
        )
        assert "e-1" not in text and "-0\n" not in text, text
    assert "wanted  -0\n" not in found.text(3)


def test_the_third_hint_of_an_unknown_mistake_shows_the_whole_answer():
    found = check("bp3", lambda delta: 1.7 * delta.mean(axis=1, keepdims=True))
    assert found.cause is None
    assert "the right answer is [[" in found.hint(3) and "arguments(" in found.hint(3)
