"""One step at a time: right answers pass, typical mistakes are named, others are not invented."""

import importlib
import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from book_pages import ROOT, cells
from exercise_answers import RIGHT, WRONG, Micro, central_in_a_loop, stable, step_in_a_comprehension

from bpcourse.diagnosis.findings import CHAPTERS
from bpcourse.exercises import step as step_file
from bpcourse.exercises.check import NAMES, arguments, check, table

judge = importlib.import_module("bpcourse.exercises.check")

STEPS = [each for each in judge._EXERCISES.values() if each.cases]
# What is found before the catalogue is opened.
PLAIN = {
    "not_written", "one_number", "if_on_array", "shapes", "integers", "inputs_changed", "shape",
    "transposed", "not_finite", "not_readable", "none", "arguments", "exception", "remembers",
}  # fmt: skip


def unwrapped(message):
    """Return a message as one line, as it was before it was wrapped."""
    return " ".join(str(message).split())


def labeled(answers):
    """Return pytest parameters for the answers to all steps."""
    return [
        pytest.param(name, answer, id=f"{name}-{k}")
        for name, group in answers.items()
        for k, answer in enumerate(group)
    ]


def mistakes():
    """Return pytest parameters for every function in the catalogue that makes a mistake."""
    return [
        pytest.param(step, mistake, wrong, id=f"{step.name}-{mistake.name}-{k}")
        for step in STEPS
        for mistake in step.mistakes
        for k, wrong in enumerate(mistake.wrong)
    ]


def all_mistakes():
    """Return pytest parameters for every mistake of every step, once."""
    return [
        pytest.param(step, mistake, id=f"{step.name}-{mistake.name}")
        for step in STEPS
        for mistake in (*step.mistakes, *([step.overflow] if step.overflow else []))
    ]


def judged(step, function):
    """Judge a function of the catalogue, which takes a step's arguments as they are."""
    return judge._judge(replace(step, run=step_file._call), function, "function")


@pytest.mark.parametrize(("name", "function"), labeled(RIGHT))
def test_right_answers_are_never_accused(name, function):
    found = check(name, function)
    assert found.ok, f"a right answer to {name} was accused:\n{found}"
    assert found.status == "right" and found.right, "it should say what is right"
    assert "is right" in str(found)


@pytest.mark.parametrize(("name", "answer"), labeled(WRONG))
def test_wrong_answers_get_their_cause_and_no_other(name, answer):
    function, cause = answer
    found = check(name, function)
    assert not found.ok, f"a wrong answer to {name} passed; it should be {cause}"
    assert found.cause == cause, f"{name}: want {cause}, came\n{found.text(3)}"
    if name == "backprop":
        return
    first = found.findings[0]
    assert not first.others, f"{cause} should be the only explanation"
    if first.equation in ("call", "return", "inputs", "state"):
        assert cause in PLAIN, "a mistake of the catalogue belongs to the step"
    else:
        assert first.equation == name, "the place of a mistake in a step is the step"
        assert first.evidence.came != first.evidence.wanted, "the evidence must show a difference"


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_right_wrong_and_unknown_answers(name):
    causes = [cause for _, cause in WRONG[name]]
    assert len(RIGHT[name]) >= 2, "want two right answers of different style"
    assert len({cause for cause in causes if cause}) >= 3, "want three different mistakes"
    assert None in causes, "want a mistake outside the catalogue"


@pytest.mark.parametrize(("step", "mistake", "wrong"), mistakes())
def test_each_mistake_is_told_from_all_others(step, mistake, wrong):
    found = judged(step, wrong)
    assert found.cause == mistake.name, f"came {found.cause}:\n{found}"
    assert not found.findings[0].others, "two mistakes with the same numbers: add a case"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_course_passes_its_own_check(step):
    assert judged(step, step.right).ok, "the reference is accused"
    for convention, note in step.conventions:
        found = judged(step, convention)
        assert found.ok and note in found.notes, "another convention passes, with a note"


@pytest.mark.parametrize(("step", "mistake"), all_mistakes())
def test_each_mistake_is_exercised(step, mistake):
    learners = {cause for _, cause in WRONG[step.name]}
    assert mistake.wrong or mistake.name in learners, (
        "a mistake that the catalogue can't make itself needs an answer in exercise_answers.py"
    )


def words(text):
    """Return the words of a text that carry meaning."""
    idle = {"instead", "with", "from", "that", "than", "over", "also", "only", "itself", "place"}
    idle |= {
        "what",
        "which",
        "every",
        "whole",
        "well",
        "more",
        "once",
        "without",
        "another",
        "alone",
        "where",
    }
    return set(re.findall(r"[a-z]{4,}", text.lower())) - idle


@pytest.mark.parametrize(("step", "mistake"), all_mistakes())
def test_the_first_hint_does_not_give_the_answer_away(step, mistake):
    first, second, third = mistake.hints
    assert "?" in first, "the first hint asks"
    assert not re.search(r"[`=@]|\*\*|np\.|keepdims|axis", first), "the first hint holds no code"
    assert not words(first) & words(mistake.title), (
        f"the first hint says {words(first) & words(mistake.title)}, as the cause does"
    )
    code = " ".join(re.findall(r"`([^`]*)`", third))
    assert not [piece for piece in code.split() if len(piece) > 3 and piece in first.split()], (
        "the first hint holds a piece of the answer"
    )
    assert len({first, second, third}) == 3, "each hint says more than the one before"


@pytest.mark.parametrize(("step", "mistake"), all_mistakes())
def test_hints_and_sentences_are_written_out(step, mistake):
    for text in (mistake.sentence, *mistake.hints):
        assert text.rstrip()[-1] in ".?!`)", f"ends in the middle: {text}"
        assert text.count("`") % 2 == 0, f"code without an end: {text}"
        assert "  " not in text, f"two spaces: {text}"
    assert re.fullmatch(r"[a-z0-9_]+", mistake.name), "names are for programs"
    assert len(mistake.title) < 60 and not mistake.title.endswith("."), "a title is short"


def headings():
    """Return the titles of all labeled sections and exercises of the book, by page and label."""
    found = {}
    for path in (ROOT / "book").glob("*.ipynb"):
        text = "\n".join(cell.source for cell in cells(path) if cell.kind == "markdown")
        found |= {
            (path.stem, label): title
            for label, title in re.findall(r"^\(([\w-]+)\)=\n#+ (.*)$", text, re.MULTILINE)
        }
        found |= {
            (path.stem, label): title
            for title, label in re.findall(r"\{exercise\} (.*)\n:label: (\S+)", text)
        }
    return found


def test_every_section_to_read_exists():
    titles = headings()
    for step in judge._EXERCISES.values():
        for page, label, title in [step.read, *(m.read for m in step.mistakes if m.read)]:
            assert titles.get((page, label)) == title, f"{step.name}: no section {title!r}"
            assert page in CHAPTERS, f"a message to read {title!r} does not say in which chapter"


def test_chapters_are_called_by_their_names():
    for page, title in CHAPTERS.items():
        if not page.startswith("api/"):
            first = cells(ROOT / "book" / f"{page}.ipynb")[0].source
            assert re.search(r"^# (.*)$", first, re.MULTILINE)[1] == title, page


def test_the_table_lists_every_step():
    text = table()
    assert [line.partition("(")[0] for line in text.splitlines() if line[:1].strip()] == list(NAMES)
    for step in judge._EXERCISES.values():
        assert step.wanted in text and step.read[2] in text, f"{step.name} is not described"
    page = (ROOT / "book" / "api" / "exercises.md").read_text(encoding="utf-8")
    for step in judge._EXERCISES.values():
        _, label, title = step.read
        row = f"* - `{step.signature}`\n  - {step.wanted}\n  - {{ref}}`{title} <{label}>`\n"
        assert row in page, f"the page does not say the same of {step.signature}, want:\n{row}"


def test_a_name_that_is_not_known_gets_a_suggestion():
    with pytest.raises(ValueError, match=r"unknown exercise 'bp5'; did you mean 'bp\d'\? Known: "):
        check("bp5", stable)
    for typed, meant in (("BP2", "bp2"), ("value", "Value"), ("Sigmoid_Prime", "sigmoid_prime")):
        with pytest.raises(ValueError, match=f"unknown exercise '{typed}'; did you mean '{meant}'"):
            check(typed, stable)
    with pytest.raises(ValueError, match="did you mean 'central_difference'"):
        check("central_diference", stable)
    with pytest.raises(ValueError, match=r"unknown exercise 'qqq'\. Known: sigmoid, "):
        check("qqq", stable)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match=r"want a function bp3\(delta\); pass the function itself"):
        check("bp3", np.zeros((3, 1)))


# What needs no mathematics


def test_a_starter_is_told_where_to_begin():
    def my_bp4(a_previous, delta):
        raise NotImplementedError

    found = check("bp4", my_bp4)
    assert (found.status, found.equation, found.cause) == ("cannot run", "call", "not_written")
    text = str(found)
    assert text.startswith("my_bp4 is not written yet: this is where to begin.")
    assert "bp4(a_previous, delta)" in unwrapped(text), "the signature belongs to the beginning"
    assert found.hint(1).startswith("Begin with one example")
    assert "wrong" not in text, "nothing is wrong with a function that is not written"


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_a_beginning(name):
    def starter(*arguments):
        raise NotImplementedError("write me")

    found = check(name, starter)
    assert found.cause == "not_written" and found.status == "cannot run"
    assert "not written yet" in str(found)


def test_an_exception_is_shown_with_the_learners_own_line():
    def my_bp2(w_next, delta_next, prime):
        back = w_next.T @ delta_next
        return back * prim  # noqa: F821

    found = check("bp2", my_bp2)
    assert (found.status, found.cause) == ("cannot run", "exception")
    line = my_bp2.__code__.co_firstlineno + 2
    assert f"NameError: name 'prim' is not defined in line {line}: return back * prim" in unwrapped(
        found
    )


def test_an_exception_inside_numpy_is_shown_with_the_learners_own_line():
    def my_bp4(a_previous, delta):
        return np.concatenate([a_previous, delta], axis=7)

    assert "return np.concatenate([a_previous, delta], axis=7)" in str(check("bp4", my_bp4))


def test_shapes_that_never_fit_are_an_exception_with_advice():
    found = check("bp2", lambda w, d, p: w.T @ d.T.T[:0] * p)
    assert found.status == "cannot run" and found.cause == "shapes"
    assert "inner numbers must agree" in found.hint(3)


def test_a_mistake_that_raises_on_some_networks_only_is_named_with_the_numbers():
    found = check("bp2", lambda w, d, p: (w @ d) * p)
    assert found.cause == "no_transpose", "the square case tells"
    assert "w_next (3, 3)" in found.evidence.what


def test_sys_exit_is_an_exception_like_any_other():
    def leaves(z):
        raise SystemExit(3)

    assert check("relu", leaves).status == "cannot run"


def test_another_number_of_arguments_is_named():
    found = check("bp2", lambda w, delta: w.T @ delta)
    assert (found.status, found.cause) == ("cannot run", "arguments")
    assert "bp2(w_next, delta_next, prime)" in unwrapped(found) and "(w, delta)" in unwrapped(found)


def test_none_is_named():
    def my_bp3(delta):
        delta.mean(axis=1, keepdims=True)

    found = check("bp3", my_bp3)
    assert (found.equation, found.cause) == ("return", "none")
    assert "my_bp3 returned None" in str(found)


def test_none_after_a_change_in_place_names_both():
    def my_step(weights, biases, grad_w, grad_b, eta, weight_decay, n):
        weights[0] -= eta * grad_w[0]

    found = check("sgd_step", my_step)
    assert [each.cause for each in found.findings] == ["none", "inputs_changed"]
    assert "changed weights in place" in unwrapped(found)


def test_a_wrong_shape_is_shown_with_both_shapes():
    found = check("bp3", lambda delta: np.zeros((7, 7)))
    assert "shape (7, 7), want an array of shape (4, 1)" in str(found)


def test_a_transpose_is_called_a_transpose():
    found = check("bp3", lambda delta: delta.mean(axis=1, keepdims=True).T)
    assert found.findings[0].sentence.endswith(
        "want an array of shape (4, 1). This is the transpose."
    )


def test_a_single_number_for_an_array_is_called_so():
    found = check("bp3", lambda delta: 0.123)
    assert "returned one number, want an array of shape (4, 1)" in str(found)


def test_strings_and_objects_are_no_numbers():
    for result in ("0.5", {"a": 1}, object(), [[1.0, 2.0], [3.0]]):
        found = check("relu", lambda z, result=result: result)
        assert (found.equation, found.cause) == ("return", "not_readable"), f"{result!r} passed"


@pytest.mark.parametrize("name", NAMES)
def test_strange_functions_are_judged_like_any_other(name):
    empty, huge = np.zeros((0,)), 10**400
    strange = [int, object, len, np.sin, lambda *a: a, lambda *a: empty, lambda *a: huge]
    strange += [lambda *a: ([], []), lambda *a: (x for x in a), lambda: 1, lambda *a: {}]
    for function in strange:
        found = check(name, function)
        assert not found.ok, f"{function} passed as {name}"
        assert str(found) and found.text(3) and json.dumps(found.to_dict())


def test_nan_is_named_with_the_warning():
    found = check("cross_entropy_gradient", lambda a, y: np.log(a - 1))
    assert (found.equation, found.cause) == ("return", "not_finite")
    assert "invalid value encountered in log" in str(found)


@pytest.mark.parametrize("name", ["sigmoid", "sigmoid_prime", "tanh", "softmax"])
def test_overflow_is_named_last_and_the_formula_is_called_right(name):
    careless = next(function for function, cause in WRONG[name] if cause == "overflow")
    found = check(name, careless)
    assert "the numbers for z between -2 and 2" in found.right, "the formula itself is right"
    assert "The formula is right" in found.text(3)


def test_integers_are_named():
    found = check("tanh", lambda z: np.tanh(z).astype(int))
    assert (found.equation, found.cause) == ("return", "integers")


def test_whole_numbers_that_are_right_pass():
    found = check("relu_prime", lambda z: (z > 0).astype(int))
    assert found.ok and not found.notes, "0 and 1 are the right numbers"


def test_true_and_false_pass_with_a_note():
    found = check("relu_prime", lambda z: z > 0)
    assert found.ok and "True and False" in found.notes[0]


@pytest.mark.parametrize(("at_zero", "shown"), [(1.0, "gives 1."), (0.5, "gives 0.5.")])
def test_the_slope_at_the_kink_is_a_convention(at_zero, shown):
    found = check("relu_prime", lambda z: np.heaviside(z, at_zero))
    assert found.ok, "no number from 0 to 1 is wrong there"
    assert shown in found.notes[0] and "This course takes 0" in found.notes[0]


def test_inputs_that_are_changed_are_named():
    def my_bp1(grad_a, prime):
        grad_a *= prime
        return grad_a

    found = check("bp1", my_bp1)
    assert (found.equation, found.cause) == ("inputs", "inputs_changed")
    assert "its argument grad_a" in str(found)
    assert found.right, "the numbers are right, and it should say so"


def test_arguments_that_are_moved_and_put_back_are_not_changed():
    def moved(f, x, h=1e-5):
        for i in range(x.size):
            x[i] += h
            x[i] -= h
        return central_in_a_loop(f, x, h)

    assert check("central_difference", moved).ok, "rounding is left over, nothing else"


def test_results_that_change_are_named():
    calls = []

    def my_bp3(delta):
        calls.append(1)
        return delta.mean(axis=1, keepdims=True) * len(calls)

    found = check("bp3", my_bp3)
    assert (found.equation, found.cause) == ("state", "remembers")
    assert found.evidence.came != found.evidence.wanted


def test_prints_and_warnings_are_held_back(capsys):
    def loud(z):
        sys.stdout.write("here I am")
        np.log(np.zeros(1))
        return np.maximum(0, z)

    assert check("relu", loud).ok, "a warning where nothing overflows is no fault"
    assert capsys.readouterr().out == "", "a learner's prints would drown the answer"


def test_the_learners_settings_of_numpy_do_not_matter():
    with np.errstate(all="raise"):
        assert check("sigmoid", stable).ok
        found = check("sigmoid", lambda z: 1 / (1 + np.exp(-z)))
        assert found.ok and "overflow" in found.notes[0], "right numbers, and a note"


# The evidence


def test_the_evidence_shows_an_input_and_two_numbers():
    found = check("sigmoid_prime", lambda z: z * (1 - z))
    what = re.fullmatch(r"(.*), entry (\[.*\]), z.* = (.*)", found.evidence.what)
    label, entry, value = what.groups()
    z = float(value)
    assert float(found.evidence.came) == pytest.approx(z * (1 - z)), f"{label}, {entry}"
    assert float(found.evidence.wanted) == pytest.approx(stable(z) * (1 - stable(z)), rel=1e-5)


@pytest.mark.parametrize("name", [step.name for step in STEPS if step.name != "Value"])
def test_the_call_can_be_repeated_by_hand(name):
    function = next(function for function, cause in WRONG[name] if cause is None)
    how = check(name, function).evidence.how
    asked, number = re.search(r'bp\.exercises\.arguments\("(\w+)", (\d+)\)', how).groups()
    first, second = arguments(asked, int(number)), arguments(asked, int(number))
    function(*first)
    assert len(first) == len(second)
    arrays = [pair for pair in zip(first, second, strict=True) if isinstance(pair[0], np.ndarray)]
    assert all(one is not other for one, other in arrays), "every call gets fresh copies"


def test_arguments_of_a_case_that_does_not_exist_are_refused():
    with pytest.raises(ValueError, match="number is 9, want 1 to 3, the cases of 'bp2'"):
        arguments("bp2", 9)


def test_a_mistake_outside_the_catalogue_gets_the_ratios():
    found = check("bp1", lambda grad_a, prime: 1.7 * grad_a * prime)
    (row,) = found.evidence.ratios
    assert found.cause is None and row.ratio == pytest.approx(1.7) and row.constant
    assert "1.7  everywhere" in str(found), "the learner can see the pattern"
    assert "none of the usual mistakes" in found.findings[0].sentence


def test_the_step_to_a_central_difference_is_measured():
    for h, cause in ((1e-13, "step_too_small"), (1e-5, None), (0.05, "step_too_large")):
        found = check("central_difference", lambda f, x, h=h: central_in_a_loop(f, x, h))
        assert found.cause == cause, f"h = {h:g}: {found}"
    assert "U curves" in str(found), "the section on the size of steps"


def test_a_difference_of_another_kind_is_not_blamed_on_its_step():
    def tripled(f, x):
        return 3 * central_in_a_loop(f, x, 1e-12)

    found = check("central_difference", tripled)
    assert found.cause is None, "a tiny step does not explain a factor of 3"


def test_a_difference_without_h_is_judged_by_its_accuracy_with_a_note():
    found = check("central_difference", lambda f, x: central_in_a_loop(f, x, 1e-5))
    assert found.ok and any("no parameter h" in note for note in found.notes)


def test_an_engine_without_functions_passes_with_notes():
    class Small(Micro):
        exp = log = tanh = relu = property()

    found = check("Value", Small)
    assert found.ok and len(found.notes) == 4, "relu, exp, log, tanh are named as not judged"


def test_an_attribute_error_of_the_learners_own_is_no_missing_operator():
    class Typo(Micro):
        def __add__(self, other):
            return Micro(self.dat + other.data)

    found = check("Value", Typo)
    assert found.status == "cannot run" and found.cause == "exception"
    assert "has no attribute 'dat'" in str(found) and "self.dat + other.data" in str(found)


def test_backprop_is_left_to_diagnose():
    found = check("backprop", WRONG["backprop"][0][0])
    assert found.equation == "bp2" and found.layer is not None


def test_the_answer_can_be_written_to_json():
    for name, function in (("bp2", lambda w, d, p: w.T @ d), ("bp3", lambda d: d.mean())):
        data = json.loads(json.dumps(check(name, function).to_dict()))
        assert data["status"] == "wrong"


def test_the_name_of_the_function_is_the_subject():
    assert check("sgd_step", step_in_a_comprehension).subject == "step_in_a_comprehension"
    assert check("relu", lambda z: np.maximum(0, z)).subject == "relu"
    assert check("Value", Micro).subject == "Micro"
