"""What a backpropagation is asked to compute: in a sentence, and as a program that does it."""

import inspect

from bpcourse.activations import ACTIVATIONS
from bpcourse.diagnosis.diagnose import diagnose, setting_of

_COSTS = {
    "quadratic": r"the quadratic cost, $\frac{1}{2} \sum_j (a_j - y_j)^2$ for an example",
    "sse": r"the sum of squares, $\sum_j (a_j - y_j)^2$ for an example",
    "mse": r"the mean of squares, $\frac{1}{n} \sum_j (a_j - y_j)^2$ for an example of n "
    "outputs",
    "half_mse": r"half the mean of squares, $\frac{1}{2n} \sum_j (a_j - y_j)^2$ for an example "
    "of n "
    "outputs",
    "cross_entropy": r"the cross-entropy cost, $-\sum_j (y_j \ln a_j + (1 - y_j) \ln (1 - a_j))$ "
    "for an example",
    "log_likelihood": r"the log-likelihood cost, $-\sum_j y_j \ln a_j$ for an example",
}
_GRADIENTS = {
    "quadratic": "(a[-1] - y)",
    "sse": "2 * (a[-1] - y)",
    "mse": "2 / biases[-1].size * (a[-1] - y)",
    "half_mse": "(a[-1] - y) / biases[-1].size",
    "cross_entropy": "(a[-1] - y) / (a[-1] * (1 - a[-1]))",
    "log_likelihood": "-y / a[-1]",
}
_LAYOUTS = {
    "columns": "An example is a column: `x` has shape (n_1, m), the weights into layer l "
    "(n_l, n_{l-1}), its biases (n_l, 1).",
    "rows": "An example is a row: `x` has shape (m, n_1), the weights into layer l "
    "(n_{l-1}, n_l), its biases (n_l,).",
    "vectors": "It takes one example at a time: `x` has shape (n_1,), the weights into layer l "
    "(n_l, n_{l-1}), its biases (n_l,).",
}


def described(options, name="backprop"):
    """Return what a question on all of backpropagation asks for, as Markdown.

    Parameters
    ----------
    options : dict
        Keywords of :func:`bpcourse.diagnose`.
    name : str
        What the function is to be called.

    Returns
    -------
    str
    """
    asked = _asked(options)
    lists = "(grad_b, grad_w)" if asked["order"] == "b,w" else "(grad_w, grad_b)"
    parts = [
        f"Write `{name}(weights, biases, x, y)` for {_network(asked)} and "
        f"{_COSTS[asked['cost'].name]}. It returns `{lists}`, two lists of arrays with the shapes "
        "of `weights` and `biases`.",
        _examples(asked),
    ]
    if asked["labels"] == "integers":
        parts.append("`y` holds the number of each example's class, counted from 0.")
    if asked["weight_decay"]:
        parts.append(_penalty(asked))
    if asked["biases"] is False:
        parts.append(
            "The network has no biases: what comes for them is 0, and their gradients don't count."
        )
    return " ".join(parts)


def _asked(options):
    """Return all keywords, with what is left out, and activations and cost as objects."""
    defaults = {k: v.default for k, v in inspect.signature(diagnose).parameters.items()}
    asked = {**defaults, **options}
    kept = ("activation", "output", "cost", "reduction", "weight_decay", "training_size", "batch")
    setting = setting_of(**{name: asked[name] for name in kept})
    hidden, output = setting.activations
    layout = asked["layout"] or "columns"
    return {**asked, "activation": hidden, "output": output, "cost": setting.cost, "layout": layout}


def _network(asked):
    hidden, output, sizes = asked["activation"].name, asked["output"].name, asked["sizes"]
    depth = (
        f"of {len(sizes)} layers, such as {', '.join(map(str, sizes))} neurons," if sizes else ""
    )
    depth = depth or "of any depth"
    if hidden == output:
        return f"a network {depth} with {hidden} neurons in all layers,"
    return f"a network {depth} with {hidden} in the hidden layers and {output} at the output,"


def _examples(asked):
    """Return how examples lie in arrays, and what becomes of a mini-batch."""
    layout = _LAYOUTS[asked["layout"]]
    if asked["layout"] == "vectors":
        return layout
    if not asked["batch"]:
        return f"{layout} It takes one example at a time: m is 1."
    return f"{layout} The cost of a mini-batch is the {asked['reduction']} of its examples' costs."


def _penalty(asked):
    n = asked["training_size"]
    size = f"n = {n}" if n else "n the size of the mini-batch"
    return (
        "The gradient with respect to the weights contains the penalty, $\\frac{\\lambda}{n} w$ "
        f"with lambda = {asked['weight_decay']:g} and {size}; biases are not decayed."
    )


def program(options, name="backprop"):
    """Return the text of a right answer to what :func:`described` asks for.

    It needs NumPy as np, and bpcourse as bp for the activations.
    """
    asked = _asked(options)
    rows, vectors = asked["layout"] == "rows", asked["layout"] == "vectors"
    mean = asked["reduction"] == "mean" and asked["batch"] and not vectors
    hidden, output = f"bp.{asked['activation'].name}", f"bp.{asked['output'].name}"
    product = "a[-1] @ w + b" if rows else "w @ a[-1] + b"
    back = "delta @ weights[l].T" if rows else "weights[l].T @ delta"
    lists = "grad_b, grad_w" if asked["order"] == "b,w" else "grad_w, grad_b"
    lines = [
        f"def {name}(weights, biases, x, y):",
        *_targets(asked, rows=rows, vectors=vectors),
        "    # Forward: keep every z and every a.",
        "    a, z = [x], []",
        "    for w, b in zip(weights[:-1], biases[:-1]):",
        f"        z.append({product})",
        f"        a.append({hidden}(z[-1]))",
        "    w, b = weights[-1], biases[-1]",
        f"    z.append({product})",
        f"    a.append({_applied(output, 'z[-1]', rows)})",
        "    # Backward: BP1 once, then BP3 and BP4 in every layer, and BP2 from one to the next.",
        *([f"    m = x.shape[{0 if rows else 1}]"] if mean or _needs_m(asked) else []),
        f"    delta = {_bp1(asked, output, rows)}",
        "    grad_w, grad_b = [], []",
        "    for l in reversed(range(len(weights))):",
        f"        grad_w.insert(0, {_bp4(asked, rows=rows, vectors=vectors, mean=mean)})",
        f"        grad_b.insert(0, {_bp3(rows=rows, vectors=vectors, mean=mean)})",
        "        if l > 0:",
        f"            delta = ({back}) * {hidden}.prime(z[l - 1])",
        f"    return {lists}",
    ]
    return "\n".join(lines) + "\n"


def _targets(asked, *, rows, vectors):
    """Return the lines that turn class numbers into targets."""
    if asked["labels"] != "integers":
        return []
    n = "biases[-1].size"
    many = f"np.eye({n})[y]" if rows or vectors else f"np.eye({n})[:, y]"
    one = "y.reshape(-1, 1)" if rows else "y.reshape(1, -1)"
    one = "np.reshape(y, 1)" if vectors else one
    return [f"    y = {many} if {n} > 1 else {one}"]


def _needs_m(asked):
    return (
        bool(asked["weight_decay"]) and not asked["training_size"] and asked["layout"] != "vectors"
    )


def _applied(function, argument, rows):
    """Return the call of a function that works on columns."""
    whole = not ACTIVATIONS[function.removeprefix("bp.")].elementwise
    return f"{function}({argument}.T).T" if rows and whole else f"{function}({argument})"


def _bp1(asked, output, rows):
    cost = asked["cost"]
    if cost.matched is asked["output"] or (cost.name, output) == ("quadratic", "bp.identity"):
        return "a[-1] - y"
    gradient = _GRADIENTS[cost.name]
    if asked["output"].elementwise:
        return f"{gradient} * {output}.prime(z[-1])"
    axis = 1 if rows else 0  # the one of the neurons
    return f"a[-1] * ((g := {gradient}) - (a[-1] * g).sum(axis={axis}, keepdims=True))"


def _bp3(*, rows, vectors, mean):
    if vectors:
        return "delta"
    return f"delta.{'mean' if mean else 'sum'}(axis={'0' if rows else '1, keepdims=True'})"


def _bp4(asked, *, rows, vectors, mean):
    product = "a[l].T @ delta" if rows else "delta @ a[l].T"
    product = "np.outer(delta, a[l])" if vectors else product
    product = f"{product} / m" if mean else product
    decay = asked["weight_decay"]
    n = asked["training_size"] or ("m" if asked["layout"] != "vectors" else 1)
    return f"{product} + {decay!r} / {n} * weights[l]" if decay else product
