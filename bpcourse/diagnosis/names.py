"""What the names in a learner's program stand for: parameters, keys of dictionaries, attributes.

Nothing is guessed: a name that is not in these tables has no role.
"""

import inspect
import re

# One role, and what people call it. Compared without case, underscores and a final s.
_ROLES = {
    "weights": "w weight theta wt wlist weightlist coef matrice weightmatrice allweight",
    "biases": "b bias biase bia blist biaslist intercept allbiase",
    "x": "x xbatch batchx input inputdata inputlist data image feature xtrain trainx a0 xb sample "
    "xin minibatchx observation inp",
    "y": "y ybatch batchy t target targetlist targetoutput label ytrue truey ytrain trainy "
    "expected yb desired desiredoutput truth trueoutput expectedoutput yhot onehoty onehotlabel",
    "params": "param parameter model",
    "cache": "cache caches memory forwardcache store stored activationcache",
    "output": "al aout yhat ypred yp prediction pred prob output out o outputactivation",
    "eta": "eta epsilon lr learningrate rate alpha stepsize step learnrate",
    "decay": "reg lam lambd lambda decay weightdecay regularization l2 regstrength regrate",
    "epochs": "epoch iteration numiteration niter iter numepoch nepoch maxiter nepochs",
    "m": "m batchsize nexample numexample",
    "vector": "nnparam initialnnparam thetavec thetavector unrolled paramvec paramvector "
    "paramsvector flatparam unrolledtheta unrolledparam nnweight vec vector",
    "size_in": "inputlayersize inputsize inputdim nin ninput numinput",
    "size_hidden": "hiddenlayersize hiddensize hiddendim nhidden numhidden",
    "size_out": "numlabel outputlayersize outputsize outputdim nout noutput numoutput numclasse "
    "nclasse numclass nclass",
    "sizes": "size layersize layerdim layersdim networksize architecture networkshape",
}
ROLES = {name: role for role, names in _ROLES.items() for name in names.split()}

_NUMBERED = re.compile(
    r"^(?P<mark>d|grad_?|grads_?|g_?|nabla_?|delta_?|dl_?d?|)"
    r"(?P<kind>w|weights?|theta|coef|b|bias|biases)_?(?P<number>\d+)"
    r"(?P<end>_?(?:grad|gradient)|)$",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"^(?P<mark>d|grad_?|grads_?|g_?|nabla_?|delta_?|)(?P<kind>w|ws|weights?|b|bs|bias|biases)"
    r"(?P<end>_?(?:grads?|gradients?)|)$",
    re.IGNORECASE,
)


def role_of(name):
    """Return what a parameter's name stands for: a role, ("w", 2), or None.

    Examples
    --------
    >>> role_of("X_train"), role_of("learning_rate"), role_of("W2"), role_of("zeta")
    ('x', 'eta', ('w', 2), None)
    """
    numbered = _NUMBERED.match(name)
    if numbered and not numbered["mark"] and not numbered["end"]:
        return _kind(numbered), int(numbered["number"])
    parts = name.lower().split("_")
    singular = "".join(part.removesuffix("s") for part in parts)
    return ROLES.get("".join(parts)) or ROLES.get(singular)


def _kind(found):
    return "b" if found["kind"].lower().startswith("b") else "w"


def numbered(names):
    """Return {("w", 1): "dW1", ...} for the names of gradients or parameters with a number.

    Where names with a mark of a gradient (dW1, grad_w1, W1_grad) stand beside plain ones, the plain
    ones are the parameters themselves and left out.
    """
    found = [(each, _NUMBERED.match(each)) for each in names if isinstance(each, str)]
    found = [(name, match) for name, match in found if match]
    marked = [(name, match) for name, match in found if match["mark"] or match["end"]]
    return {(_kind(match), int(match["number"])): name for name, match in marked or found}


def listed(names):
    """Return {"w": "dW", "b": "db"} for the names of whole lists of gradients or parameters."""
    found = [(each, _LISTS.match(each)) for each in names if isinstance(each, str)]
    found = [(name, match) for name, match in found if match]
    marked = [(name, match) for name, match in found if match["mark"] or match["end"]]
    return {_kind(match): name for name, match in marked or found}


def positional(function):
    """Return the parameters that can be given by position, or None if there is no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each for each in parameters if each.kind in kinds]


def is_required(parameter):
    """Say whether a parameter has no default; None stands for one that is to be given."""
    return parameter.default is inspect.Parameter.empty or parameter.default is None
