"""The examination of a function: what is tried on it, and what is made of the answers."""

from dataclasses import replace

from bpcourse.activations import identity
from bpcourse.diagnosis import grain
from bpcourse.diagnosis.afterwards import (
    came_and_right,
    done_afterwards,
    rounded_and_wrong,
)
from bpcourse.diagnosis.conclusions import (
    conclude,
    right_for_another_cost,
    right_parts,
    unjudged_parts,
)
from bpcourse.diagnosis.elsewhere import elsewhere, is_right
from bpcourse.diagnosis.explanation import explain, nearly_right
from bpcourse.diagnosis.findings import Diagnosis
from bpcourse.diagnosis.mixing import mixed_examples
from bpcourse.diagnosis.path import ROUGH, SINGLE, Case
from bpcourse.diagnosis.problem import random_problem
from bpcourse.diagnosis.rounding import is_a_difference
from bpcourse.diagnosis.state import changed_inputs, memory
from bpcourse.diagnosis.trouble import Trouble

# Widths and batch size are all different, so that a wrong axis shows in the shape.
_EXAMPLES, _PROBLEMS = 7, 2

_NO_BIASES = (
    "No bias shows in what came: it was judged as a network without biases, as biases=False says. "
    "In a network that is to have biases, they are missing in the forward pass and in BP3."
)


def examine(subject, widths, setting, rng, *, usual=False):
    """Return the diagnosis on random networks with these widths.

    Where they are the ``usual`` ones, others are tried as well.

    Raises
    ------
    Trouble
        The function can't be judged on these widths at all.
    """
    drawn = (widths, setting.activations, setting.cost, _EXAMPLES, rng)
    options = {"biases": setting.biases, "labels": setting.labels}
    problems = [random_problem(*drawn, **options) for _ in range(_PROBLEMS)]
    asked = problems if setting.batch else [each.examples(0) for each in problems]
    whole = [subject(each) for each in asked]
    if subject.has_no_biases(asked[0], whole[0]):
        setting = replace(setting, biases=False)
        found = examine(subject.without_biases(), widths, setting, rng, usual=usual)
        return replace(found, notes=(_NO_BIASES, *found.notes))
    simple = [*changed_inputs(subject, whole[0]), *memory(subject, asked, whole)]
    if any(finding.equation == "state" for finding in simple):
        return Diagnosis(subject.name, tuple(simple), sizes=widths)
    try:
        pairs = zip(problems, whole, strict=True)
        cases = [Case.of(subject, problem, came) for problem, came in pairs]
    except Trouble:
        mixed = mixed_examples(subject, problems[0]) if setting.batch else None
        if mixed is None:
            raise
        return Diagnosis(subject.name, (*simple, mixed), sizes=widths)
    found, setting = _explained(subject, cases, setting)
    diagnosis = _judged(subject, cases, found, setting, simple)
    if any(each.equation != "inputs" for each in diagnosis.findings):
        return diagnosis
    diagnosis = _with_measured(subject, asked[0], whole[0], setting, diagnosis)
    if diagnosis.findings or diagnosis.measured:
        return diagnosis
    together = any(case.way == "beside" for case in cases)
    return elsewhere(subject, diagnosis, setting, rng, other_widths=usual, every_class=together)


def _with_measured(subject, problem, came, setting, diagnosis):
    """Return the diagnosis, with what it says of right numbers that are finite differences."""
    try:
        numbers = came_and_right(problem, came, setting)
        digits = grain.digits(grain.grain_of_network(subject, problem), *numbers)
    except Trouble:
        return diagnosis
    if not digits:
        return diagnosis
    return replace(diagnosis, measured=digits, notes=(*diagnosis.notes, grain.note(digits)))


def _judged(subject, cases, found, setting, simple):
    """Return the diagnosis from what came on the problems, and its explanation."""
    widths = cases[0].problem.net.sizes
    within = ""
    changed = done_afterwards(cases, setting) if found.faults else None
    if changed:
        return _changed_in_the_end(subject, (*simple, changed), cases[0], setting)
    if found.faults and setting.batch:
        if all(is_right(case.problem, case.whole, setting) for case in cases):
            found, within, cases = _of_one_example(subject, cases, setting)
        elif _beside_the_examples(found):
            mixed = rounded_and_wrong(cases[0]) or mixed_examples(subject, cases[0].problem)
            if mixed is not None:
                return Diagnosis(subject.name, (*simple, mixed), sizes=widths)
    findings = (*simple, *conclude(found, cases[0], setting))
    of_biases = {"biases": setting.biases}
    return Diagnosis(
        subject.name,
        findings,
        right_parts(found, len(widths), **of_biases),
        _limits(cases[0], setting),
        widths,
        unjudged_parts(found, len(widths), **of_biases),
        within,
        right_for_another_cost(found, cases[0], setting),
    )


def _changed_in_the_end(subject, findings, case, setting):
    """Return the diagnosis of gradients that were right until the last line."""
    widths = case.problem.net.sizes
    parts = ["the forward pass", "BP1", *(["BP2"] if len(widths) > 2 else [])]
    right = (*parts, *(["BP3"] if setting.biases else []), "BP4")
    return Diagnosis(subject.name, findings, right, _limits(case, setting), widths)


def _beside_the_examples(found):
    """Say whether the mini-batch is not what its examples, which are wrong, lead to expect."""
    causes = set(found.batch.values()) - {"right"}
    return None in causes or "unclear" in causes or bool(causes and found.path.faults)


def _of_one_example(subject, cases, setting):
    """Return the explanation of a fault that mini-batches do not have, its setting, and the cases.

    The whole mini-batch is right. If the examples are so too when each is added to it, only the
    single example was more than the function can take.
    """
    if cases[0].way != "alone" or _right_for_the_last_class(cases, setting):
        beside = [Case.beside(subject, case.problem, case.whole) for case in cases]
        if all(case is not None for case in beside):
            found = explain(beside, setting)
            if not found.faults:
                return found, "", beside
    return explain(cases, replace(setting, batch=False)), "a mini-batch of one example", cases


def _right_for_the_last_class(cases, setting):
    """Say whether the examples of the last class are right alone, and of the others not all.

    Then the program takes the number of classes from the labels at hand, as labels.max() + 1 does.
    """
    if setting.cost.name != "log_likelihood":
        return False
    right = {True: [], False: []}
    for case in cases:
        for i, is_last in enumerate(case.problem.y[-1] == 1):
            alone = replace(
                case.whole,
                w={l: w[i] for l, w in case.w.items()},
                b={l: b if b is None else b[:, [i]] for l, b in case.b.items()},
            )
            right[bool(is_last)].append(is_right(case.problem.examples(i), alone, setting))
    return all(right[True]) and not all(right[False])


def _is_difference(subject, case, setting):
    """Say whether what is nearly right is a finite difference: by its error, or by its grain."""
    if is_a_difference(case.problem, case.whole, setting):
        return True
    problem = case.problem if setting.batch else case.problem.examples(0)
    try:
        return grain.is_measured(grain.grain_of_network(subject, problem))
    except Trouble:
        return False


def _explained(subject, cases, setting):
    """Return the explanation, and the setting with the tolerance that it took."""
    rough = replace(setting, tolerance=ROUGH)
    if any(case.single for case in cases):
        precise = replace(setting, tolerance=max(case.tolerance for case in cases))
        return explain(cases, precise), precise
    nearly = not nearly_right(cases, setting.tolerance, setting) and nearly_right(
        cases, ROUGH, setting
    )
    if nearly and _is_difference(subject, cases[0], setting):
        roughly = explain(cases, rough)
        if not roughly.faults:
            return roughly, rough
    return explain(cases, setting), setting


def _limits(case, setting):
    """Return what this diagnosis could not see."""
    notes, widths = [], case.problem.net.sizes
    if case.whole.biases_first:
        notes.append(
            "The biases' gradients come first in what is returned; the names behind return told "
            'which is which. To say that it is meant: order="b,w".'
        )
    if setting.tolerance >= SINGLE:
        notes.append(
            "The numbers agree to about three digits only, as those of float32 or of a finite "
            "difference do."
        )
    if not setting.batch:
        notes.append(
            "The function was tried on one example at a time: whether it averages over a "
            "mini-batch was not looked at."
        )
    if case.way == "beside":
        notes.append(
            "It can't take one example alone, or not one of every class, so it was judged on whole "
            "mini-batches: what each example adds to them."
        )
    if setting.activations[0] == identity and len(widths) > 2:
        notes.append(
            "The identity has the slope 1 everywhere: whether sigma' is there in the hidden layers "
            "can't show."
        )
    if 1 in widths[1:]:
        notes.append(
            "A layer of one neuron can't show a missing transpose, or a sum over the wrong axis."
        )
    if len(widths) == 3:
        notes.append(
            "With one hidden layer BP2 is used once: what goes wrong in its repetition can't show."
        )
    if len(widths) == 2:
        notes.append("Without a hidden layer BP2 is not used at all.")
    return tuple(notes)
