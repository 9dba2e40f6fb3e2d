"""The exercises on a network: forward, renumbered, backward, and a step of descent."""

import numpy as np

from bpcourse.activations import sigmoid, tanh
from bpcourse.exercises.step import Case, Exercise, Mistake, numbers
from bpcourse.network import Network

_FORWARD = ("reading-digits", "forward-pass-mini-batch", "A whole mini-batch at once")
_RENUMBER = (
    "reading-digits",
    "ex-forward-pass-7",
    "Hidden neurons have no names (project, ★★★)",
)
_ALGORITHM = ("four-equations", "four-equations-algorithm", "The algorithm")
_DECAY = ("overfitting", "overfitting-decay", "Weight decay")


def _layers(sizes, m, seed):
    """Return weights, biases and inputs of a network, as lists."""
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [numbers(seed + i, *shape) for i, shape in enumerate(pairs)]
    biases = [numbers(seed + 50 + i, n, 1) for i, n in enumerate(sizes[1:])]
    return weights, biases, numbers(seed + 90, sizes[0], m)


_ALL = "networks of two to four layers"
_FORWARD_CASES = (
    Case("network [2, 3, 2], four examples", _layers([2, 3, 2], 4, 100), _ALL),
    Case("network [3, 3, 3, 3], two examples", _layers([3, 3, 3, 3], 2, 200), _ALL),
    Case("network [3, 2], one example", _layers([3, 2], 1, 300), _ALL),
)


def _pass(layer, activate=sigmoid, last=None):
    """Return a forward pass with the parts given; ``layer(w, b, zs, as_)`` computes z."""

    def forward(weights, biases, x):
        zs, activations = [], [x]
        for w, b in zip(weights, biases, strict=True):
            zs.append(layer(w, b, zs, activations))
            final = last is not None and len(zs) == len(weights)
            activations.append(last(zs[-1]) if final else activate(zs[-1]))
        return zs, activations

    return forward


def _affine(w, b, zs, activations):
    return w @ activations[-1] + b


_right_forward = _pass(_affine)


def _by_layer(values, letter, first):
    """Return the arrays of a list (or of a dictionary by layer), named with the layer's number."""
    if isinstance(values, dict):
        values = [values[l] for l in sorted(values)]
    arrays = [value for value in values if value is not None]
    return {f"{letter}^{l}": array for l, array in enumerate(arrays, first)}


def _pair(result):
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise ValueError(f"a {type(result).__name__}, not two lists")
    if not all(isinstance(each, tuple | list | dict) for each in result):
        raise ValueError("two things that are not lists")
    return result


def _unpack_forward(result):
    zs, activations = _pair(result)
    parts = {**_by_layer(zs, "z", 2), **_by_layer(activations, "a", 1)}
    # In the order in which they are computed, so that the first one that is wrong is the cause.
    return dict(sorted(parts.items(), key=lambda part: (part[0][2:], part[0][0] == "a")))


_FORWARD_MISTAKES = (
    Mistake(
        "no_bias",
        "no bias",
        "The biases are not added.",
        "Which of the arguments change your result?",
        "A weighted input has two terms.",
        "Write `z = w @ a + b`.",
        (_pass(lambda w, b, zs, a: w @ a[-1]),),
    ),
    Mistake(
        "linear_output",
        "no activation at the end",
        "The output layer has no activation: its a is its z.",
        "In which range should the outputs of this network lie?",
        "Compare your last z and your last a.",
        "Apply the sigmoid in every layer, the last one included.",
        (_pass(_affine, last=np.positive),),
    ),
    Mistake(
        "linear",
        "no activation anywhere",
        "a is z in every layer: the network is one matrix.",
        "What could two layers do here that one can't?",
        "Compare your z and your a.",
        "Write `a = sigmoid(z)` after every z.",
        (_pass(_affine, activate=np.positive),),
    ),
    Mistake(
        "z_for_a",
        "z handed on instead of a",
        "The next layer reads the weighted inputs of the layer before, not its activations.",
        "What does a neuron tell the neurons of the next layer?",
        "Which array is multiplied by the weights of the third layer?",
        "Hand on a: `z = w @ a + b`, with the a of the layer before.",
        (_pass(lambda w, b, zs, a: w @ (zs[-1] if zs else a[0]) + b),),
    ),
    Mistake(
        "x_again",
        "x again and again",
        "Every layer reads the input x instead of the layer before.",
        "Where does the third layer get its input from?",
        "Follow the variable that is multiplied by the weights through the loop.",
        "Set `a` to the new activations at the end of each turn of the loop.",
        (_pass(lambda w, b, zs, a: w @ a[0] + b),),
    ),
    Mistake(
        "transposed_weights",
        "weights transposed",
        "The weights were transposed; W^l has a row for each neuron of layer l already.",
        "How many rows has a matrix of this course, and what does each row belong to?",
        "Write down the shapes of the factors of your product.",
        "Write `w @ a + b`, without `.T`.",
        (_pass(lambda w, b, zs, a: w.T @ a[-1] + b),),
    ),
    Mistake(
        "no_input",
        "a^1 is missing",
        "The list of activations begins with layer 2; the input x is a^1.",
        "How many layers has the network? How many arrays are in your second list?",
        "BP4 needs the activations of the layer before, also for the first weights.",
        "Begin with `activations = [x]`.",
        (lambda w, b, x: (lambda zs, a: (zs, a[1:]))(*_right_forward(w, b, x)),),
    ),
    Mistake(
        "swapped",
        "the wrong order",
        "The activations came first and the weighted inputs second.",
        "Which of your two lists is longer? Which one should be?",
        "Read the signature once more.",
        "Return `zs, activations`, in this order.",
        (lambda w, b, x: _right_forward(w, b, x)[::-1],),
    ),
    Mistake(
        "other_activation",
        "another activation",
        "The layers use tanh; this exercise asks for the sigmoid in every layer.",
        "In which range do your outputs lie?",
        "Compare a single z and its a with the curve that the exercise asks for.",
        "Use the sigmoid in every layer.",
        (_pass(_affine, activate=tanh),),
    ),
)


def _network(sizes, seed):
    weights, biases, _ = _layers(sizes, 1, seed)
    return Network.from_arrays(weights, biases, [sigmoid] * len(weights))


def _renumber(rows, biases, columns):
    """Return a renumbering with the orders that each array takes from ``order``."""

    def renumbered(net, order):
        order = np.asarray(order)
        weights = [net.w[2][rows(order)], net.w[3][:, columns(order)]]
        return Network.from_arrays(
            weights, [net.b[2][biases(order)], net.b[3]], list(net.activations.values())
        )

    return renumbered


def _same(order):
    return order


def _unmoved(order):
    return np.arange(order.size)


def _unpack_network(result):
    if not isinstance(result, Network):
        raise ValueError(f"a {type(result).__name__}, not a Network")
    layers = range(2, result.depth + 1)
    return {f"{name}^{l}": getattr(result, name)[l] for l in layers for name in "wb"}


_RENUMBERED_MISTAKES = (
    Mistake(
        "unchanged",
        "the same network",
        "The network came back as it went in: no neuron has another place.",
        "Does every one of the arguments have an influence on your result?",
        "Indexing makes a new array. What happens to yours afterwards?",
        "Build the result from the new arrays: `Network.from_arrays([net.w[2][order], net.w[3][:, "
        "order]], [net.b[2][order], net.b[3]], ...)`.",
        (lambda net, order: net,),
    ),
    Mistake(
        "next_layer",
        "the next layer does not know",
        "The neurons were renumbered, but the weights out of them were not.",
        "Who reads the hidden neurons, and how are they found?",
        "Column k of the next matrix belongs to hidden neuron k.",
        "Take the columns of the next matrix in the same order: `net.w[3][:, order]`.",
        (_renumber(_same, _same, _unmoved),),
    ),
    Mistake(
        "biases_left",
        "the biases stayed",
        "The weights were renumbered, the biases of the hidden neurons were not.",
        "Which numbers belong to one hidden neuron?",
        "A neuron has a row of weights, and one more number.",
        "Take `net.b[2][order]` as well.",
        (_renumber(_same, _unmoved, _same),),
    ),
    Mistake(
        "two_orders",
        "two different orders",
        "One matrix is renumbered by the order, the other by its inverse.",
        "Neuron 0 of the new network: which neuron was it, for the layer before and for the layer "
        "after?",
        "Compare the rows of the first matrix with the columns of the second one.",
        "Use the same `order` for all three arrays.",
        (_renumber(_same, _same, np.argsort), _renumber(np.argsort, np.argsort, _same)),
    ),
)

_RENUMBERED = Exercise(
    "renumbered",
    "renumbered(net, order)",
    "a Network with its hidden neurons in another order that computes the same function",
    "Which rows and columns of which arrays belong to one hidden neuron?",
    (
        Case(
            "network [2, 4, 3], order 2, 0, 3, 1",
            (_network([2, 4, 3], 400), [2, 0, 3, 1]),
            "one hidden layer",
        ),
        Case(
            "network [3, 3, 3], order 1, 2, 0",
            (_network([3, 3, 3], 500), [1, 2, 0]),
            "one hidden layer",
        ),
    ),
    _renumber(_same, _same, _same),
    _RENUMBERED_MISTAKES,
    _RENUMBER,
    conventions=(
        (
            _renumber(np.argsort, np.argsort, np.argsort),
            "In yours, neuron k goes to place order[k]; in the course's solution, the neuron at "
            "place k is neuron order[k]. Both compute the same function.",
        ),
    ),
    unpack=_unpack_network,
)


def _step_case(sizes, seed, eta, weight_decay, n, topic):
    weights, biases, _ = _layers(sizes, 1, seed)
    grad_w, grad_b, _ = _layers(sizes, 1, seed + 7)
    label = f"network {sizes}, eta = {eta}, lambda = {weight_decay}, n = {n}"
    return Case(label, (weights, biases, grad_w, grad_b, eta, weight_decay, n), topic)


def _step(weight, bias):
    """Return a step with the rule for one array of weights and one of biases."""

    def sgd_step(weights, biases, grad_w, grad_b, eta, weight_decay, n):
        new_w = [weight(w, g, eta, weight_decay, n) for w, g in zip(weights, grad_w, strict=True)]
        new_b = [bias(b, g, eta, weight_decay, n) for b, g in zip(biases, grad_b, strict=True)]
        return new_w, new_b

    return sgd_step


def _decayed(w, g, eta, weight_decay, n):
    return w - eta * (g + weight_decay / n * w)


def _plain(b, g, eta, weight_decay, n):
    return b - eta * g


def _unpack_step(result):
    weights, biases = _pair(result)
    return {**_by_layer(weights, "w", 2), **_by_layer(biases, "b", 2)}


def _by_n(w, g, eta, weight_decay, n):
    return w - eta / n * (g + weight_decay * w)


_STEP_MISTAKES = (
    Mistake(
        "ascent",
        "uphill",
        "The step goes along the gradient, so the cost rises.",
        "In which direction does a gradient point: to a larger cost, or to a smaller one?",
        "Look at the sign between the parameters and the gradient.",
        "Subtract: `w - eta * (g + weight_decay / n * w)`.",
        (
            _step(
                lambda w, g, eta, d, n: w + eta * (g + d / n * w),
                lambda b, g, eta, d, n: b + eta * g,
            ),
            _step(
                lambda w, g, eta, d, n: w * (1 - eta * d / n) + eta * g,
                lambda b, g, eta, d, n: b + eta * g,
            ),
        ),
    ),
    Mistake(
        "ascent_without_decay",
        "uphill, and no decay",
        "Two things at once: the step goes along the gradient, so the cost rises; and the weights "
        "do not shrink.",
        "Two questions. In which direction does a gradient point? And if all gradients were 0: "
        "which arrays should this step change?",
        "Look at the sign between the parameters and the gradient first, then for the term of the "
        "penalty.",
        "Subtract, and add the penalty to the gradient: `w - eta * (g + weight_decay / n * w)`.",
        (
            _step(
                lambda w, g, eta, d, n: w + eta * g,
                lambda b, g, eta, d, n: b + eta * g,
            ),
        ),
    ),
    Mistake(
        "unchanged",
        "nothing has moved",
        "The arrays came back as they went in: no step was taken.",
        "Print one weight before and after. Where does your program write the new one?",
        "A new list is filled somewhere. Is it the one that you return?",
        "Collect the results and return them: `new_w = [w - eta * (g + weight_decay / n * w) for "
        "w, g in zip(weights, grad_w)]`.",
        (_step(lambda w, g, eta, d, n: w, lambda b, g, eta, d, n: b),),
    ),
    Mistake(
        "decay_on_biases",
        "biases decay, too",
        "The biases shrink like the weights; the penalty holds the weights alone.",
        "If all gradients were 0: which arrays should this step change?",
        "Over which parameters does the sum of squares in the penalty run?",
        "Update the biases without the term: `b - eta * g`.",
        (_step(_decayed, _decayed),),
    ),
    Mistake(
        "decay_not_divided",
        "lambda is not divided by n",
        "The weights shrink by eta lambda; it has to be eta lambda / n.",
        "Does every one of the arguments have an influence on your result?",
        "Differentiate the penalty: which constant stands in front of the sum?",
        "Use `weight_decay / n`, with n the size of the training set.",
        (_step(lambda w, g, eta, d, n: w - eta * (g + d * w), _plain),),
    ),
    Mistake(
        "decay_missing",
        "no decay",
        "The weights take the plain step: they do not shrink.",
        "If all gradients were 0: which arrays should this step change?",
        "What does the penalty add to the derivative by a weight?",
        "Write `w - eta * (g + weight_decay / n * w)`.",
        (_step(_plain, _plain),),
    ),
    Mistake(
        "growth",
        "the weights grow",
        "The decay has the wrong sign: every weight is made larger.",
        "If all gradients were 0: should a weight come nearer to 0?",
        "By which factor are the weights multiplied before the step, and is it below 1?",
        "The factor is `1 - eta * weight_decay / n`.",
        (_step(lambda w, g, eta, d, n: w - eta * (g - d / n * w), _plain),),
    ),
    Mistake(
        "decay_without_eta",
        "the decay without the learning rate",
        "The weights shrink by lambda / n at every step, whatever the learning rate.",
        "If eta were 0: should anything change?",
        "The penalty is a part of the cost. What is its gradient multiplied by?",
        "Put both terms into the parentheses: `w - eta * (g + weight_decay / n * w)`.",
        (_step(lambda w, g, eta, d, n: w - eta * g - d / n * w, _plain),),
    ),
    Mistake(
        "decay_after",
        "the decay after the step",
        "The step was taken first, and what came out was shrunk; the gradient of the penalty "
        "belongs to the old weights.",
        "At which point is each term of the gradient taken?",
        "Is the gradient itself multiplied by the shrinking factor?",
        "Shrink the old weights alone: `(1 - eta * weight_decay / n) * w - eta * g`.",
        (_step(lambda w, g, eta, d, n: (1 - eta * d / n) * (w - eta * g), _plain),),
    ),
    Mistake(
        "decay_doubled",
        "twice the decay",
        "The weights shrink by 2 eta lambda / n: the half in the penalty is lost.",
        "Differentiate the penalty by one weight. What is left of its constants?",
        "The penalty is lambda / (2n) times the sum of squares.",
        "Use `weight_decay / n`.",
        (_step(lambda w, g, eta, d, n: w - eta * (g + 2 * d / n * w), _plain),),
    ),
    Mistake(
        "gradient_divided",
        "the gradient divided by n",
        "The gradients are divided by n as well; they are means already.",
        "Which of the terms should depend on the size of the training set?",
        "BP3 and BP4 hand over a mean. What else do you divide?",
        "Divide only lambda: `w - eta * (g + weight_decay / n * w)`.",
        (_step(_by_n, lambda b, g, eta, d, n: b - eta / n * g),),
    ),
    Mistake(
        "biases_left",
        "the biases stay",
        "The biases did not move.",
        "Which arrays does the step change?",
        "Which of the gradients do you use?",
        "Update the biases as well: `b - eta * g`.",
        (_step(_decayed, lambda b, g, eta, d, n: b),),
    ),
    Mistake(
        "no_rate",
        "no learning rate",
        "The whole gradient is subtracted; eta has no influence.",
        "Does every one of the arguments have an influence on your result?",
        "What should happen to the step if eta is halved?",
        "Multiply by `eta`.",
        (
            _step(lambda w, g, eta, d, n: w - (g + d / n * w), lambda b, g, eta, d, n: b - g),
            _step(lambda w, g, eta, d, n: w * (1 - eta * d / n) - g, lambda b, g, eta, d, n: b - g),
        ),
    ),
)


EXERCISES = (
    Exercise(
        "forward",
        "forward(weights, biases, x)",
        "(zs, activations) of a network of sigmoids: the list z^2, ..., z^L, and the list a^1 = x, "
        "a^2, ..., a^L",
        "Begin with a = x. In every layer compute z, then a, and keep both.",
        _FORWARD_CASES,
        _right_forward,
        _FORWARD_MISTAKES,
        _FORWARD,
        unpack=_unpack_forward,
    ),
    _RENUMBERED,
    Exercise(
        "backprop",
        "backprop(weights, biases, x, y)",
        "(grad_w, grad_b), two lists of arrays, for a network of sigmoids and the quadratic cost",
        "Begin with the forward pass, and keep every z and a.",
        (),
        None,
        (),
        _ALGORITHM,
    ),
    Exercise(
        "sgd_step",
        "sgd_step(weights, biases, grad_w, grad_b, eta, weight_decay, n)",
        "(weights, biases) after one step, as new lists; biases are not decayed, n is the size of "
        "the training set",
        "Begin without weight decay: what does the step do to one array of weights?",
        (
            _step_case([2, 3, 2], 600, 0.5, 2.0, 10, "a step with decay"),
            _step_case([3, 2, 4, 1], 700, 0.3, 5.0, 40, "a step with decay"),
            _step_case([2, 2], 800, 0.5, 0.0, 10, "a step without decay"),
        ),
        _step(_decayed, _plain),
        _STEP_MISTAKES,
        _DECAY,
        unpack=_unpack_step,
    ),
)
