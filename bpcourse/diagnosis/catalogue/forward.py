"""Mistakes in the forward pass."""

import numpy as np

from bpcourse.activations import ACTIVATIONS, Activation, sigmoid, softmax
from bpcourse.diagnosis.catalogue.cause import Cause, Recipe
from bpcourse.diagnosis.catalogue.slopes import FORMULAS
from bpcourse.network import Network


def _forward(*arguments, **options):
    return Cause(arguments[0], "forward", *arguments[1:], **options)


def _other_activation(which):
    """Return the recipes with another activation in the hidden layers, the output, or both."""

    def predict(net):
        hidden, output = net.activations.get(2), net.activations[net.depth]
        hidden = hidden if net.depth > 2 else output
        names = [each for each in ACTIVATIONS.values() if each != softmax]
        if which == "hidden":
            return [Recipe((each, output)) for each in names if each != hidden and net.depth > 2]
        if which == "output":
            # The softmax of one output is always 1.
            others = [*names, *([softmax] if net.sizes[-1] > 1 else [])]
            return [Recipe((hidden, each)) for each in others if each != output]
        return [Recipe((each, each)) for each in names if each not in (hidden, output)]

    return predict


def _outside(activation, b, by_value):
    """Return the activation with the bias added after it; sigma' of z, or by the formula of a."""
    formula = FORMULAS.get(activation.name)

    def f(z):
        return activation(z) + (b if len(z) == len(b) else 0)  # z of another layer has no b here

    def prime(z):
        return formula(f(z)) if by_value else activation.prime(z)

    return Activation(activation.name, f, prime)


def _biases_outside(net):
    """Return the recipes with a = sigma(w a) + b in all layers, or in the hidden ones."""
    formulas = (
        [False, True] if any(a.name in FORMULAS for a in net.activations.values()) else [False]
    )
    return [
        Recipe(network=_with_biases_outside(net, range(2, last + 1), by_value))
        for last in (net.depth, net.depth - 1)
        for by_value in formulas
        if last > 1
    ]


def _with_biases_outside(net, where, by_value):
    """Return the network with the biases of some layers outside of their activations."""
    layers, made = range(2, net.depth + 1), {}
    for l in where:
        activation = net.activations[l]
        if activation.elementwise:
            made[l] = _outside(activation, net.b[l], by_value and activation.name in FORMULAS)
    return Network.from_arrays(
        weights=[net.w[l] for l in layers],
        biases=[net.b[l] * (l not in made) for l in layers],
        activations=[made.get(l, net.activations[l]) for l in layers],
    )


def _without_reciprocal(z):
    return 1 + np.exp(-z)


# What is left of the sigmoid without "1 /", with the derivative that is taken from it.
_NO_RECIPROCAL = Activation(
    "1 + exp(-z)",
    _without_reciprocal,
    lambda z: FORMULAS["sigmoid"](_without_reciprocal(z)),
)

# The sigmoid without the minus, with the derivative that is usually taken from its value.
_NO_MINUS = Activation(
    "1 / (1 + exp(z))",
    lambda z: sigmoid(-z),
    lambda z: FORMULAS["sigmoid"](sigmoid(-z)),
)


def _for_sigmoids(other):
    """Return the recipes in which another function stands for the sigmoid."""

    def predict(net):
        hidden, output = net.activations[2], net.activations[net.depth]
        if sigmoid not in (hidden, output):
            return None
        return Recipe(tuple(other if each == sigmoid else each for each in (hidden, output)))

    return predict


FORWARD = [
    _forward(
        "hidden_activation",
        "another activation in the hidden layers",
        "Everything fits if the hidden layers use another activation function than the one that "
        "was asked for.",
        "Print a of a hidden layer beside its z.",
        "Either change the activation of the hidden layers, or say with the option `activation` "
        "that it is the one that you mean.",
        _other_activation("hidden"),
    ),
    _forward(
        "output_activation",
        "another activation at the output",
        "Everything fits if the output layer uses another activation function than the one that "
        "was asked for.",
        "Print the output beside its z.",
        "Either change the activation of the output layer, or say with the option `output` that it "
        "is the one that you mean.",
        _other_activation("output"),
    ),
    _forward(
        "all_activations",
        "another activation in every layer",
        "Everything fits if all layers use another activation function than the one that was asked "
        "for.",
        "Print a of a layer beside its z.",
        'Either change the activation, or pass the one that you mean: activation="tanh".',
        _other_activation("all"),
    ),
    _forward(
        "sigmoid_without_reciprocal",
        "1 + exp(-z) for the sigmoid",
        "Everything fits if the sigmoid is computed as 1 + exp(-z): its reciprocal is missing.",
        "Between which two numbers does the sigmoid lie? Print yours at z = 0.",
        "Compute 1 / (1 + exp(-z)), which is 0.5 at z = 0.",
        _for_sigmoids(_NO_RECIPROCAL),
    ),
    _forward(
        "sigmoid_without_minus",
        "1 / (1 + exp(z)) for the sigmoid",
        "Everything fits if the sigmoid is computed as 1 / (1 + exp(z)): the minus is missing.",
        "Does your sigmoid rise or fall? Print it at z = -5, 0 and 5.",
        "Compute 1 / (1 + exp(-z)).",
        _for_sigmoids(_NO_MINUS),
    ),
    _forward(
        "no_biases",
        "the biases are missing in the forward pass",
        "Everything fits if the forward pass leaves out the biases.",
        "Of which terms is z the sum?",
        "Compute z = w a + b.",
        lambda net: Recipe(biases=lambda b: 0 * b),
    ),
    _forward(
        "bias_after_activation",
        "the biases outside of the activation",
        "Everything fits if the biases are added after the activation: a = sigma(w a) + b.",
        "What does the activation function get: the sum with the bias, or without it?",
        "Add the bias first: z = w a + b, then a = sigma(z).",
        _biases_outside,
    ),
    _forward(
        "biases_subtracted",
        "the biases are subtracted in the forward pass",
        "Everything fits if the forward pass subtracts the biases.",
        "Which sign has b in z?",
        "Compute z = w a + b.",
        lambda net: Recipe(biases=lambda b: -b),
    ),
    _forward(
        "weights_transposed",
        "the weights are transposed in the forward pass",
        "Everything fits if the forward pass uses the transposed weights, which only layers of "
        "equal width allow.",
        "Which index of w^l counts the neurons of layer l?",
        "Compute z = w a + b, with w^l of shape (n_l, n_{l-1}).",
        lambda net: Recipe(weights=lambda w: w.T) if len(set(net.sizes)) == 1 else None,
    ),
    _forward(
        "softmax_axis",
        "softmax over the wrong axis",
        "The softmax was taken over the examples instead of over the outputs of each example.",
        "What do the outputs of one example add up to?",
        "Sum over the axis of the outputs, and keep the dimension.",
        lambda net: Recipe(output=np.ones_like) if net.activations[net.depth] == softmax else None,
    ),
]
