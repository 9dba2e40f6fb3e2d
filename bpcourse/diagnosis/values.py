"""One set of numbers of one network, from any language, judged without a function to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from bpcourse import _checks
from bpcourse.diagnosis.catalogue.bp1 import BP1
from bpcourse.diagnosis.catalogue.bp2 import BP2
from bpcourse.diagnosis.catalogue.cause import Cause
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.conclusions import conclude, right_parts, unjudged_parts
from bpcourse.diagnosis.diagnose import setting_of
from bpcourse.diagnosis.explanation import explain
from bpcourse.diagnosis.findings import TITLES, Diagnosis, Evidence, Finding
from bpcourse.diagnosis.observation import Came
from bpcourse.diagnosis.path import ROUGH, Case, Path
from bpcourse.diagnosis.problem import Problem
from bpcourse.diagnosis.trouble import Trouble, form_trouble
from bpcourse.network import Network

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from bpcourse.activations import Activation
    from bpcourse.costs import Cost


def values(
    *,
    x: ArrayLike,
    y: ArrayLike,
    weights: Sequence[ArrayLike],
    grad_w: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None = None,
    grad_b: Sequence[ArrayLike] | None = None,
    delta: Sequence[ArrayLike] | None = None,
    activation: Activation | str = "sigmoid",
    output: Activation | str | None = None,
    cost: Cost | str = "quadratic",
    layout: Literal["columns", "rows"] = "columns",
    reduction: Literal["mean", "sum"] = "mean",
    weight_decay: float = 0.0,
    training_size: int | None = None,
) -> Diagnosis:
    r"""Say which equation is wrong behind one set of numbers of one network, from any language.

    Parameters
    ----------
    x, y : array_like
        The inputs and the targets. With one example, of shapes (n_1,) and (n_L,), most can be said.
    weights, grad_w : sequence of array_like
        The weights, layer by layer, and the gradient by each.
    biases, grad_b : sequence of array_like, optional
        The biases and the gradient by each; None for a network without biases.
    delta : sequence of array_like, optional
        The errors :math:`\delta^2, \dots, \delta^L`, one column per example.
    activation, output, cost, layout, reduction, weight_decay, training_size
        As in :func:`diagnose`.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError, TypeError
        Options that are unknown or contradict each other.

    Examples
    --------
    >>> import bpcourse as bp
    >>> found = bp.diagnose.values(
    ...     x=[1.0, 2.0], y=[1.0, -1.0],
    ...     weights=[[[0.5, -0.5], [0.5, 0.5]]], biases=[[0.25, 0.0]],
    ...     grad_w=[[[1.25, 2.5], [-2.5, -5.0]]], grad_b=[[1.25, -2.5]],
    ...     activation="identity",
    ... )
    >>> found.equation, found.cause
    ('bp1', 'sign')
    """
    setting = setting_of(activation, output, cost, reduction, weight_decay, training_size, True)
    setting = replace(setting, biases=grad_b is not None)
    _checks.lookup_name("layout", layout, dict.fromkeys(("columns", "rows")))
    held = {"weights": weights, "biases": biases, "grad_w": grad_w, "grad_b": grad_b}
    for name, each in {**held, "delta": delta}.items():
        if each is not None or name in ("weights", "grad_w"):
            _checks.sequence(name, each, "a list of arrays, one a layer")
    try:
        numbers = _Numbers.of(x, y, weights, biases, grad_w, grad_b, layout == "rows", setting)
        deltas = _errors(delta, numbers, layout == "rows")
    except Trouble as error:
        return Diagnosis("values", (error.finding,))
    return _of_one(numbers, setting) if numbers.m == 1 else _of_many(numbers, deltas, setting)


@dataclass(frozen=True)
class _Numbers:
    """The problem, and the gradients that came by layer."""

    problem: Problem
    w: dict
    b: dict | None

    @classmethod
    def of(cls, x, y, weights, biases, grad_w, grad_b, rows, setting):
        """Return the numbers in the course's own form."""
        turn = np.transpose if rows else np.asarray
        w = [_array("weights", turn(_array("weights", each))) for each in weights]
        b = [np.zeros(len(each)) for each in w] if biases is None else biases
        b = [_array("biases", each).reshape(-1) for each in b]
        hidden, output = setting.activations
        activations = [hidden] * (len(w) - 1) + [output]
        try:
            net = Network.from_arrays(weights=w, biases=b, activations=activations)
        except (ValueError, TypeError) as error:
            raise Trouble(_unfit(str(error))) from error
        problem = Problem(net, _columns(x, net.sizes[0], rows), _columns(y, net.sizes[-1], rows))
        if problem.x.shape[1] != problem.y.shape[1]:
            raise Trouble(_unfit(f"x has {problem.x.shape[1]} examples, y {problem.y.shape[1]}"))
        by_w = [turn(_array("grad_w", each)) for each in grad_w]
        by_b = (
            None if grad_b is None else [_array("grad_b", each).reshape(-1, 1) for each in grad_b]
        )
        return cls(problem, _fitting(by_w, net.w, "grad_w"), _fitting(by_b, net.b, "grad_b"))

    @property
    def m(self):
        """The number of examples."""
        return self.problem.x.shape[1]


def _array(name, value):
    try:
        array = np.array(value)
        array = array.astype(float, casting="unsafe" if array.dtype.kind == "O" else "same_kind")
    except (ValueError, TypeError) as error:
        raise Trouble(_unfit(f"{name} holds something that is no array of numbers")) from error
    if not np.isfinite(array).all():
        raise Trouble(_unfit(f"{name} holds nan or infinity"))
    return array


def _columns(value, n, rows):
    array = _array("x or y", value)
    array = array.reshape(-1, 1) if array.ndim < 2 and array.size == n else np.atleast_2d(array)
    array = array.T if rows and array.shape[-1] == n and array.shape != (n, 1) else array
    if len(array) != n:
        raise Trouble(_unfit(f"x or y has shape {np.shape(value)}, want {n} numbers per example"))
    return array


def _fitting(arrays, wanted, name):
    if arrays is None:
        return None
    if [each.shape for each in arrays] != [each.shape for each in wanted.values()]:
        came, want = [a.shape for a in arrays], [a.shape for a in wanted.values()]
        raise Trouble(_unfit(f"{name} has the shapes {came} (an example as a column), want {want}"))
    return dict(zip(wanted, arrays, strict=True))


def _errors(delta, numbers, rows):
    if delta is None:
        return None
    turn = np.transpose if rows else np.asarray
    arrays = [turn(_array("delta", each)) for each in delta]
    if len(arrays) != len(numbers.w) or any(each.size % numbers.m for each in arrays):
        shapes, n = [each.shape for each in arrays], len(numbers.w)
        raise Trouble(_unfit(f"delta has the shapes {shapes}, want {n} of shape (n_l, m)"))
    arrays = [each.reshape(-1, numbers.m) for each in arrays]
    return dict(zip(numbers.w, arrays, strict=True))


def _unfit(said):
    return form_trouble(
        "values",
        "numbers that do not fit",
        f"The numbers make no network: {said}.",
        "Write the shape of every array down, layer by layer.",
        "Pass one array a layer: values(x=x, y=y, weights=[w2, w3], biases=[b2, b3], "
        'grad_w=[dw2, dw3], grad_b=[db2, db3]); layout="rows" where an example is a row.',
    )


# One example: its gradient of the biases is the error itself


def _of_one(numbers, setting):
    problem, net = numbers.problem, numbers.problem.net
    w = {l: each[None] for l, each in numbers.w.items()}
    b = numbers.b or dict.fromkeys(w)
    whole = Came(numbers.w, b, biases=numbers.b is not None)
    case = Case(problem, w, b, whole, (), False)
    alone = replace(setting, batch=False)
    found = explain([case], alone)
    notes = ("One example can't show what goes wrong in the mean over a mini-batch.",)
    if found.faults and not explain([case], replace(alone, tolerance=ROUGH)).faults:
        found = explain([case], replace(alone, tolerance=ROUGH))
        notes = (*notes, "The numbers agree to about three digits.")
    if found.faults:
        notes = (
            "From one set of numbers, mistakes that give the same numbers here can't be told "
            "apart; a function can be tried on more.",
            *notes,
        )
    right = right_parts(found, net.depth, biases=setting.biases)
    unjudged = unjudged_parts(found, net.depth, biases=setting.biases)
    return Diagnosis("values", conclude(found, case, alone), right, notes, net.sizes, unjudged)


# A mini-batch: only means came


def _of_many(numbers, deltas, setting):
    net, problem = numbers.problem.net, numbers.problem
    path = Path.begin(net, net.forward(problem.x))
    case = Case(problem, {}, {}, None, (), False)
    findings, right = [], []
    for l in range(net.depth, 1, -1):
        step = path.step(case, setting, l)
        name, error = _explained(step, numbers, deltas, setting)
        equation = "bp1" if l == net.depth else "bp2"
        if name != "right":
            findings.append(_finding(equation, name, step, numbers, setting))
        if error is None:
            break  # what lies behind an unknown error can't be judged
        right += [f"{equation.upper()} in layer {l}"] if name == "right" else []
        fits = _fits(error, step, numbers, setting)
        findings += [_finding(e, None, step, numbers, setting, error) for e in fits if not fits[e]]
        right += [f"{e.upper()} in layer {l}" for e in fits if fits[e]]
        path = replace(path, delta={**path.delta, l: error})
    notes = _notes(findings, numbers, path, net)
    return Diagnosis("values", tuple(findings), tuple(right), notes, net.sizes)


def _notes(findings, numbers, path, net):
    if not findings:
        return ()
    notes = [
        f"From the mean over {numbers.m} examples little can be told apart: pass one example alone."
    ]
    behind = [str(l) for l in range(net.depth, 1, -1) if l not in path.delta][1:]
    if behind:
        notes.append(f"Not judged: layer {', '.join(behind)}, which depends on what is wrong.")
    return tuple(notes)


def _means(error, step, setting):
    """Return the gradients of the weights and of the biases of a mini-batch."""
    m = error.shape[1]
    scale = 1 / m if setting.reduction == "mean" else 1.0
    by_w = scale * error @ step.before.T + setting.decay(m) * step.given.w[step.l]
    return by_w, scale * error.sum(axis=1, keepdims=True)


def _fits(error, step, numbers, setting):
    by_w, by_b = _means(error, step, setting)
    fits = {"bp4": same(numbers.w[step.l], by_w, ROUGH / 10)}
    if numbers.b is not None:
        fits["bp3"] = same(numbers.b[step.l], by_b, ROUGH / 10)
    return fits


def _explained(step, numbers, deltas, setting):
    """Return the cause and the error of a layer; (None, None) where nothing fits."""
    if deltas is not None:
        right = same(deltas[step.l], step.right, ROUGH / 10)
        return ("right" if right else _named(step, deltas[step.l])), deltas[step.l]
    if any(_fits(step.right, step, numbers, setting).values()):
        return "right", step.right
    for cause, error in _candidates(step):
        if all(_fits(error, step, numbers, setting).values()):
            return cause, error
    return None, None


def _named(step, error):
    return next((cause for cause, each in _candidates(step) if same(each, error, 1e-4)), None)


def _candidates(step):
    """Yield (cause, error) for every mistake of the catalogue without a free factor."""
    for cause in BP1 if step.l == step.net.depth else BP2:
        try:
            found = cause.predict(step)
        except (KeyError, ValueError):  # it needs the gradients of single examples
            continue
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, np.ndarray):
                yield cause, each


def _finding(equation, cause, step, numbers, setting, error=None):
    known = isinstance(cause, Cause)
    came_w, came_b = numbers.w[step.l], (numbers.b or {}).get(step.l)
    want_w, want_b = _means(step.right if error is None else error, step, setting)
    use_b = equation == "bp3" or (equation != "bp4" and came_b is not None)
    came, want, what = (
        (came_b, want_b, f"dC/db^{step.l}") if use_b else (came_w, want_w, f"dC/dw^{step.l}")
    )
    at = np.unravel_index(np.argmax(abs(came - want)), want.shape)
    place = ",".join(str(i) for i in (at[:1] if use_b else at))
    evidence = Evidence(f"{what}[{place}]", f"{came[at]:.5g}", f"{want[at]:.5g}")
    if known:
        hints = (f"Write {equation.upper()} down beside your line.", cause.nudge, cause.answer)
        return Finding(
            equation, (step.l,), cause.name, cause.title, cause.sentence, hints, evidence
        )
    hint = "Pass one example alone: its gradient of the biases is the error itself."
    sentence = (
        f"{TITLES[equation]}: the numbers of layer {step.l} are not those of {equation.upper()}."
    )
    if equation in ("bp1", "bp2"):
        sentence += " It may also be how the mini-batch is averaged, in BP3 and BP4 alike."
    return Finding(equation, (step.l,), None, "cause unknown", sentence, (hint,) * 3, evidence)
