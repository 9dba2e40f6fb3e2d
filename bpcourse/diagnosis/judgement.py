"""What was established on the learner's own numbers, and what was not.

An error is established where something depends on it that is understood: the gradients of its own
layer, or the error one layer back. What follows from an error that is not is neither right nor
wrong.
"""

# These fit whatever the error is.
_TELL_NOTHING = {"zero", "other_layer", None}

_BEFORE = (
    "the error of layer {l}, from which it starts, can't be read off; repair what is named first, "
    "and it will show"
)
READ_OFF = "the error of this layer was read off it, and nothing else confirms it"
_NO_SLOPE = "z of this layer can't be read off; repair the forward pass, and it will show"
_NO_OUTPUT = "it starts from the outputs, and the forward pass is not understood"
_OUTPUT = "the outputs are seen in BP1 alone, and BP1 is not understood"
_NOTHING = "neither gradient of this layer shows its error"
_WITHOUT_DELTA = "the error of this layer can't be read off"


def judged(path, case, setting):
    """Return why what was not established is not judged, by (equation, layer).

    A fault of BP1 or BP2 at one of these places is no fault that is known.
    """
    net, why = case.problem.net, {}
    lost = {l for equation, cause, l in path.faults if equation == "forward" and cause is None}
    for l in range(net.depth, 1, -1):
        error, known = "bp1" if l == net.depth else "bp2", _established(path, case, l)
        causes = _causes(path, error, l)
        if l < net.depth and not _established(path, case, l + 1):
            why[error, l] = _BEFORE.format(l=l + 1)
        elif None in causes and lost & {l}:
            why[error, l] = _NO_SLOPE
        elif None in causes and lost and l == net.depth:
            why[error, l] = _NO_OUTPUT
        elif not causes and not known:
            why[error, l] = _NOTHING
        if not known:
            read = "bp3" if case.b[l] is not None else "bp4"
            why["bp3", l] = why["bp4", l] = _WITHOUT_DELTA
            why[read, l] = READ_OFF if None in causes else _WITHOUT_DELTA
    unseen = None in _causes(path, "bp1", net.depth) and not lost
    if unseen or (("bp1", net.depth) in why and not _causes(path, "forward", 0)):
        why["forward", 0] = _OUTPUT
    return why


def _causes(path, equation, l):
    return [cause for e, cause, layer in path.faults if (e, layer) == (equation, l)]


def _established(path, case, l):
    """Say whether the error of layer l is known, be it right or wrong."""
    if l not in path.delta or not path.delta[l].any():
        return False
    if _shown_by_its_gradients(path, case, l):
        return True
    return l > 2 and None not in _causes(path, "bp2", l - 1) and _established(path, case, l - 1)


def _shown_by_its_gradients(path, case, l):
    by_b = case.b[l] is not None and not _TELL_NOTHING & set(_causes(path, "bp3", l))
    by_w = not _TELL_NOTHING & set(_causes(path, "bp4", l))
    if None not in _causes(path, "bp1" if l == path.net.depth else "bp2", l):
        return by_b or by_w
    # It was read off. The outer product with a^{l-1} is a proof, if a has two entries or more.
    outer_product = by_w and len(path.trace.a[l - 1]) > 1 and not _causes(path, "bp4", l)
    return outer_product or (by_b and by_w)
