"""Mistakes in the forward pass."""

import numpy as np

from bpcourse.activations import ACTIVATIONS, Activation, sigmoid, softmax
from bpcourse.diagnosis.catalogue.cause import Cause, Recipe
from bpcourse.diagnosis.catalogue.slopes import FORMULAS


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
            return [Recipe((hidden, each)) for each in ACTIVATIONS.values() if each != output]
        return [Recipe((each, each)) for each in names if each not in (hidden, output)]

    return predict


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
