"""From an explanation to findings: sentences, hints, and the numbers that show each mistake."""

from dataclasses import replace

import numpy as np

from bpcourse.diagnosis.batches import batch_errors
from bpcourse.diagnosis.catalogue import CAUSES
from bpcourse.diagnosis.catalogue.cause import outer, right_bp3, right_bp4
from bpcourse.diagnosis.catalogue.factors import in_words
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.findings import TITLES, Evidence, Finding, Ratio
from bpcourse.diagnosis.judgement import READ_OFF
from bpcourse.diagnosis.trouble import trouble

_QUESTIONS = {
    "forward": "Do z and a of every layer come out as in z = w a + b, a = sigma(z)? Take one "
    "neuron and compute it by hand.",
    "bp1": "Write BP1 down and put your line beside it. What does each of its factors become in "
    "your program?",
    "bp2": "Write BP2 down and put your line beside it. What does each of its factors become in "
    "your program, and which layer does each belong to?",
    "bp3": "What does BP3 say about one example? And about a mini-batch?",
    "bp4": "What does BP4 say about one weight, from neuron k to neuron j? And about a mini-batch?",
}

# A mistake that no question about the equation would lead to.
_OWN_QUESTIONS = {
    "step_taken": "Is what you return a gradient, or what is left after a step?",
    "bias_shape": "Which shape has a bias, and which the gradient that you return for it?",
    "not_averaged": "Which shape has the array, and which the gradient that you return for it?",
    "neurons_for_examples": "How many examples are in the mini-batch, and by what do you divide?",
    "fixed_number": "How many examples are in the mini-batch, and by what do you divide?",
    "one_too_few": "How many examples are in the mini-batch, and by what do you divide?",
}

_BY_HAND = (
    "Take a network with one neuron per layer and one example. Work every line out by hand, and "
    "print what your program has there."
)


def conclude(found, case, setting):
    """Return one finding for each equation and cause, with all the layers it happens in.

    Parameters
    ----------
    found : Explanation
    case : Case
        The first one, from which the numbers are taken.
    setting : Setting

    Returns
    -------
    tuple of Finding
    """
    groups = {}
    for equation, cause, l in found.faults:
        scale = found.path.scales.get((equation, l)) if cause == "factor" else None
        value = "" if scale is None else in_words(scale)
        groups.setdefault((equation, cause, value), []).append(l)
    with np.errstate(all="ignore"):
        return tuple(
            _finding(equation, cause, tuple(layers), found, case, setting)
            for (equation, cause, _), layers in groups.items()
        )


def right_parts(found, depth, *, biases=True):
    """Return what was found right: equations without a fault, or the layers where they hold."""
    wrong = {(equation, l) for equation, _, l in found.faults}
    seen = wrong | set(found.unjudged)
    parts = [] if any(e == "forward" for e, _ in seen) else ["the forward pass"]
    for equation, reached in _places(depth, biases).items():
        parts += _named(equation, [l for l in reached if (equation, l) not in seen], reached)
    return tuple(parts)


def unjudged_parts(found, depth, *, biases=True):
    """Return what is neither right nor wrong, each with the reason."""
    parts = []
    for why in dict.fromkeys(found.unjudged.values()):
        places = [place for place, reason in found.unjudged.items() if reason == why]
        names = ["the forward pass"] if ("forward", 0) in places else []
        for equation, reached in _places(depth, biases).items():
            names += _named(equation, [l for l in reached if (equation, l) in places], reached)
        parts += [f"{', '.join(names)} ({why})"] if names else []
    return tuple(parts)


def _places(depth, biases):
    layers = range(depth, 1, -1)
    places = {"bp1": layers[:1], "bp2": layers[1:], "bp3": layers, "bp4": layers}
    return {e: reached for e, reached in places.items() if biases or e != "bp3"}


def _named(equation, layers, reached):
    """Return "BP3", or "BP3 in layer 4, 2" where these are not all of its layers."""
    if not layers:
        return []
    everywhere = len(layers) == len(reached)
    where = "" if everywhere else f" in layer {', '.join(map(str, layers))}"
    return [f"{equation.upper()}{where}"]


def _finding(equation, cause, layers, found, case, setting):
    evidence = _evidence(equation, cause, layers[0], found, case, setting)
    layers = tuple(l for l in layers if l)  # the forward pass has no layer of its own
    if equation == "return":
        return _out_of_order(cause, evidence)
    entry = CAUSES.get((equation, cause))
    if entry is None:
        return _unknown(equation, layers, evidence, found)
    yours = _yours(found.path.net) if cause in _ACTIVATIONS else ""
    if cause == "factor":
        yours = (
            f" It is {in_words(found.path.scales[equation, layers[0]])} times what it should be."
        )
    others = _others(equation, cause, layers, found)
    experiments = [each.experiment for each in (entry, *others) if others and each.experiment]
    return Finding(
        equation,
        layers,
        cause,
        entry.title,
        entry.sentence + yours,
        (_OWN_QUESTIONS.get(cause, _QUESTIONS[equation]), entry.nudge, entry.answer),
        evidence,
        tuple(f"{each.equation.upper()}, {each.title}" for each in others),
        " ".join(experiments),
    )


_ACTIVATIONS = ("hidden_activation", "output_activation", "all_activations")


def _yours(net):
    """Say which activations the learner's program has."""
    output = net.activations[net.depth].name
    hidden = f"{net.activations[2].name} in the hidden layers and " if net.depth > 2 else ""
    return f" Yours has {hidden}{output} at the output."


def right_for_another_cost(found, case, setting):
    """Return a remark if all is right for another quadratic cost than the one asked for."""
    causes = {cause for equation, cause, _ in found.faults if equation == "bp1"}
    if setting.cost.name != "quadratic" or len(causes) != 1 or len(found.faults) != 1:
        return ""
    step, n = found.path.step(case, setting, case.problem.net.depth), len(case.problem.y)
    delta = found.path.delta[step.l]
    for name, factor, times, formula in (
        ("sse", 2, "2", "the sum of (a - y)^2 over the outputs"),
        ("mse", 2 / n, f"2/{n}", "the mean of (a - y)^2 over the outputs"),
        ("half_mse", 1 / n, f"1/{n}", "half the mean of (a - y)^2 over the outputs"),
    ):
        if factor != 1 and same(delta, factor * step.right, setting.tolerance):
            return (
                f"All of it is right for another cost, {formula}, which is {times} times the one "
                f'asked for. If that is the cost you mean, pass cost="{name}", and nothing has to '
                "change."
            )
    return ""


def _unknown(equation, layers, evidence, found):
    """Return the finding for a mistake that is not in the catalogue."""
    sentence = f"{_TITLES[equation]} is wrong in a way that is not in the catalogue."
    nudge, answer = _by_one_factor(equation, layers, evidence), _BY_HAND
    if found.unjudged.get(("bp3", layers[0] if layers else 0)) == READ_OFF and equation == "bp1":
        sentence += (
            " Or it is BP3: the two gradients of this layer do not fit each other, and one of the "
            "lines before them is wrong as well."
        )
    if _in_batch_only(equation, None, layers[0], found):
        sentence = (
            f"{TITLES[equation]}: right for one example alone, but the gradient of a mini-batch is "
            "not the mean of those of its examples, in a way that is not in the catalogue."
        )
        nudge = "What does your program do with two equal examples that it does not do with one?"
        answer = (
            "Take two examples and layers of one neuron. Work every line out by hand, and print "
            "what your program has there."
        )
    hints = (_QUESTIONS[equation], nudge, answer)
    return Finding(equation, layers, None, "cause unknown", sentence, hints, evidence)


_TITLES = {
    **TITLES,
    **{equation: f"{title}," for equation, title in TITLES.items() if equation.startswith("bp")},
}


def _by_one_factor(equation, layers, evidence):
    """Return the hint that an array is wrong by one factor everywhere, if it is."""
    l = layers[0] if layers else 0
    name = {"bp3": f"dC/db^{l}", "bp4": f"dC/dw^{l}"}.get(equation, f"delta^{l}")
    row = next((row for row in evidence.ratios if row.array == name), None)
    if row is None or row.right or not row.constant:
        return "The table shows which arrays are wrong, each judged on your own earlier results."
    if row.ratio == 0:
        return f"All of {name} is zero. Which of your lines should have filled it?"
    return (
        f"All of {name} is {row.ratio:.4g} times what it should be. Which number multiplies or "
        "divides here: a learning rate, the number of examples, a constant of the cost?"
    )


def _out_of_order(cause, evidence):
    """Return the finding for gradients that stand at the places of other layers."""
    if cause == "reversed":
        return trouble(
            "return",
            cause,
            "a list in reverse order",
            "The gradients came with the last layer first: the list grew on the way back.",
            "In which order does the backward pass reach the layers, and in which are they wanted?",
            "Reverse the list at the end, or insert at its front.",
            evidence,
        )
    return trouble(
        "return",
        cause,
        "gradients at the places of other layers",
        "The gradients stand at the places of other layers: an index is shifted.",
        "Which layer is the first of the list, and which index has it in your loop?",
        "Put the gradient of layer l at the place that w^l has in the list of the weights.",
        evidence,
    )


def _others(equation, cause, layers, found):
    """Return the causes that explain the same numbers as this one does."""
    here, known = (equation, cause, layers[0] if layers else 0), found.path.faults
    if cause == "mean_in_bp2" and found.path.net.depth == 3:
        return [CAUSES["bp3", "mean_twice"], CAUSES["bp4", "mean_twice"]]
    others = {
        (e, c): CAUSES[e, c]
        for faults in found.alternatives
        if here in known and here not in faults
        for e, c, l in faults
        if l == here[2] and (e, c, l) not in known and (e, c) in CAUSES
    }
    return list(others.values())


def _in_batch_only(equation, cause, l, found):
    """Say whether a fault shows in the mini-batch only, not in single examples."""
    return (equation, cause, l) not in found.path.faults


def _evidence(equation, cause, l, found, case, setting):
    """Return the number of one layer that is farthest from what was wanted."""
    if (equation, cause, l) in found.shapes:
        came, wanted = found.shapes[equation, cause, l]
        what = "shapes of the gradients" if equation == "return" else f"shape in layer {l}"
        return Evidence(what, came, wanted)
    step = found.path.step(case, setting, l or case.problem.net.depth)
    l, seen_b, seen_w = step.l, case.b[step.l], case.w[step.l]
    if cause in ("softmax_over_batch", "mean_in_bp2", "mean_in_bp1", "broadcast_error"):
        by_b = cause != "broadcast_error" and setting.biases and case.whole.b[l] is not None
        seen = "bp3" if by_b else "bp4"
        what, came, wanted, how = _averaged(seen, step, found, case, setting)
    elif equation == "forward" and cause is None:
        what, came, wanted, how = _activation(step)
    elif equation == "forward":
        what, came, wanted, how = _error(_asked(found, case, setting, l), found.path.delta[l])
    elif equation in ("bp1", "bp2"):
        what, came, wanted, how = _error(step, found.path.delta[l])
    elif _in_batch_only(equation, cause, l, found):
        what, came, wanted, how = _averaged(equation, step, found, case, setting)
    else:
        delta = found.path.delta[l]
        what, came, wanted, how = _alone(step, delta, seen_b if equation == "bp3" else seen_w)
    what = f"{what}, network {list(case.problem.net.sizes)}"
    return Evidence(what, _number(came), _number(wanted), how, _ratios(found, case, setting))


def _asked(found, case, setting, l):
    """Return the step at layer l, after the forward pass that was asked for."""
    net = case.problem.net
    return replace(found.path, net=net).step(case, setting, l, net.forward(case.problem.x))


def _farthest(came, wanted):
    return np.unravel_index(np.argmax(abs(came - wanted)), wanted.shape)


def _error(step, came):
    """Return what was looked at, two numbers and how: of BP1 or BP2 for one example."""
    l, wanted = step.l, step.right
    at = _farthest(came, wanted)
    if l < step.net.depth:
        how = (
            f"= {step.back[at]:.5g} (your own delta^{l + 1}, back through w^{l + 1}) "
            f"times {step.prime[at]:.5g} (sigma' at z^{l})"
        )
    elif step.cost.matched == step.activation:
        how = f"= a - y = {step.a[at]:.5g} - {step.y[at]:.5g}"
    elif step.activation.elementwise:
        how = f"= {step.grad_a[at]:.5g} (gradient of the cost) times {step.prime[at]:.5g} (sigma')"
    else:
        how = "= the gradient of the cost through all the derivatives of the softmax"
    return f"delta^{l}[{at[0]}], example {at[1]} alone", came[at], wanted[at], how


def _alone(step, delta, came):
    """Return what was looked at, two numbers and how: of BP3 or BP4 for one example."""
    l = step.l
    if came.ndim == 2:
        at = _farthest(came, right_bp3(step, delta))
        what = f"dC/db^{l}[{at[0]}], example {at[1]} alone"
        return what, came[at], delta[at], f"= your own delta^{l}[{at[0]}]"
    wanted = right_bp4(step, delta)
    e, j, k = at = _farthest(came, wanted)
    what = f"dC/dw^{l}[{j},{k}], example {e} alone"
    how = f"= {step.before[k, e]:.5g} (a^{l - 1}) times {delta[j, e]:.5g} (your own delta^{l})"
    if step.decay:
        how += f" + {step.penalty[j, k]:.5g} (weight decay)"
    return what, came[at], wanted[at], how


def _activation(step):
    """Return what was looked at, two numbers and how: of the forward pass in a hidden layer."""
    l = step.l
    z = step.net.w[l] @ step.before + step.net.b[l]
    wanted = step.activation(z)
    at = _farthest(step.a, wanted)
    how = f"= {step.activation.name} of z = {z[at]:.5g}, from your own a^{l - 1}"
    return f"a^{l}[{at[0]}], example {at[1]} alone", step.a[at], wanted[at], how


def _averaged(equation, step, found, case, setting):
    """Return what was looked at, two numbers and how: of a mini-batch."""
    m, l = case.problem.x.shape[1], step.l
    delta = batch_errors(case, found.path, l)
    if equation == "bp3":
        name, came, mean = f"dC/db^{l}", case.whole.b[l], delta.mean(axis=1)[:, None]
    else:
        name, came, mean = f"dC/dw^{l}", case.whole.w[l], outer(delta, step.before).mean(axis=0)
    kind, wanted = ("mean", mean) if setting.reduction == "mean" else ("sum", m * mean)
    decayed = equation == "bp4" and setting.weight_decay > 0
    penalty = setting.decay(m) * step.given.w[l]
    wanted = wanted + penalty if decayed else wanted
    at = _farthest(came, wanted)
    place = ",".join(str(i) for i in (at[:1] if equation == "bp3" else at))
    term = f"your own delta^{l}" + ("" if equation == "bp3" else f" times a^{l - 1}")
    how = f"= the {kind} of {term} over the {m} examples"
    if decayed:
        how += f" + {_number(penalty[at])} (weight decay)"
    return f"{name}[{place}], a mini-batch of {m}", came[at], wanted[at], how


def _number(value):
    return f"{value + 0.0:.5g}"  # -0 is 0


def _ratios(found, case, setting):
    """Return the ratio table, every array judged on the learner's own earlier results."""
    rows = []
    for l in sorted(found.path.delta, reverse=True):
        step, delta = found.path.step(case, setting, l), found.path.delta[l]
        rows.append(_ratio(f"delta^{l}", delta, step.right, setting))
        if case.b[l] is not None:
            rows.append(_ratio(f"dC/db^{l}", case.b[l], right_bp3(step, delta), setting))
        rows.append(_ratio(f"dC/dw^{l}", case.w[l], right_bp4(step, delta), setting))
    return tuple(rows)


def _ratio(name, came, wanted, setting):
    clear = abs(wanted) > 1e-6 * abs(wanted).max()
    quotients = came[clear] / wanted[clear]
    median = float(np.median(quotients)) if quotients.size else float("nan")
    constant = bool(quotients.size) and same(came, median * wanted, 1e-3)
    return Ratio(name, median, constant, same(came, wanted, setting.tolerance))
