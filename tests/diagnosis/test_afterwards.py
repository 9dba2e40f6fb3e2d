"""Right gradients that were rounded or clipped in the last line: said as what it is."""

import numpy as np
import pytest
from form_programs import CORE, HEAD

import bpcourse as bp

_LIMIT, _NORM = 0.02, 0.01


def core(weights, biases, x, y, *mistake):
    """Return right gradients, or wrong ones with an edit."""
    names = {}
    exec(HEAD + CORE.replace(*mistake) if mistake else HEAD + CORE, names)
    return names["core"](weights, biases, x, y)[:2]


def rounded(grad_w, grad_b):
    return [g.round(3) for g in grad_w], [g.round(3) for g in grad_b]


def clipped(grad_w, grad_b):
    return [np.clip(g, -_LIMIT, _LIMIT) for g in grad_w], grad_b


def to_one_norm(grad_w, grad_b):
    norm = np.sqrt(sum((g**2).sum() for g in (*grad_w, *grad_b)))
    c = min(1, _NORM / norm)
    return [c * g for g in grad_w], [c * g for g in grad_b]


def one_by_one(grad_w, grad_b):
    return [g * min(1, _NORM / np.linalg.norm(g)) for g in grad_w], grad_b


CHANGES = {
    rounded: ("rounded", "were rounded in the end: what is smaller than 0.0005 is lost"),
    clipped: ("clipped", "of the weights are right, but were clipped in the end"),
    to_one_norm: ("norm_clipped", "the norm of all of them together is at most 0.01"),
    one_by_one: ("norm_clipped", "the norm of each of them is at most 0.01"),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_what_was_done_in_the_end_is_said(change, seed):
    def backprop(*arguments):
        return change(*core(*arguments))

    found = bp.diagnose(backprop, rng=np.random.default_rng(seed))
    cause, said = CHANGES[change]
    assert (found.equation, found.cause, found.status) == ("return", cause, "wrong")
    assert said in found.findings[0].sentence
    assert found.right == ("the forward pass", "BP1", "BP2", "BP3", "BP4"), "all else is right"


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_mistake_before_it_is_not_called_right(change):
    def backprop(*arguments):
        return change(*core(*arguments, "* a[l] * (1 - a[l])", ""))

    found = bp.diagnose(backprop)
    assert not found.ok
    assert "BP2" not in found.right
    assert "are right, but" not in found.findings[0].sentence, "they were wrong before"


def test_the_evidence_is_an_entry_that_was_changed():
    found = bp.diagnose(lambda *arguments: clipped(*core(*arguments)))
    came, wanted = float(found.evidence.came), float(found.evidence.wanted)
    assert abs(came) == pytest.approx(_LIMIT)
    assert abs(wanted) > _LIMIT
