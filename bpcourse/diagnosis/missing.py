"""What an object of a learner does not have, and the line that says where to find it."""

import inspect

from bpcourse.diagnosis.trouble import form_trouble


def cannot_make(name, make, parameter):
    """Return the finding for a class that can't be made."""
    return form_trouble(
        "make",
        "can't be made",
        f"{name}{inspect.signature(make)} can't be made: it is not clear what to hand over for "
        f"{parameter}.",
        "Which arguments does the class need before it can be used?",
        f"Pass a function that makes one for given widths: bp.diagnose.from_object(lambda sizes: "
        f"{name}(...)).",
    )


def other_number(name, layers):
    """Return the finding for another number of layers."""
    sizes = {1: "[4, 3]", 2: "[4, 6, 3]"}.get(layers, f"{layers + 1} widths")
    return form_trouble(
        "layers",
        "another number of layers",
        f"{name} holds {layers} arrays of weights.",
        "How many layers has the network that you wrote?",
        f"Pass sizes={sizes}; at the terminal, --sizes.",
    )


def no_attribute(missing, network):
    """Return the finding for an attribute that is not there."""
    held = ", ".join(getattr(network, "__dict__", {})) or "none"
    return form_trouble(
        "no_attribute",
        f"no attribute {missing}",
        f"An object of {type(network).__name__} has no attribute {missing}. Its attributes: "
        f"{held}.",
        "Is the name spelled as in the class?",
        "Name another: weights=, biases= or gradients=.",
    )


def no_weights(name, network):
    """Return the finding for an object without weights."""
    held = ", ".join(getattr(network, "__dict__", {})) or "none"
    return form_trouble(
        "no_weights",
        "no weights found",
        f"An object of {name} holds no arrays that are known as weights by their names. Its "
        f"attributes: {held}.",
        "In which attributes are the weights kept?",
        f'Name them: bp.diagnose.from_object({name}, weights=("...", "..."), biases=("...", '
        '"...")); at the terminal, --weights and --biases.',
    )


def no_method(name, methods):
    """Return the finding for a class without a method for the gradient."""
    return form_trouble(
        "no_method",
        "no method found",
        f"It is not clear which method of {name} computes the gradient. Its methods: "
        f"{', '.join(methods) or 'none'}.",
        "Which method do you call with x and y to train on them?",
        f'Name it: bp.diagnose.from_object({name}, call="..."), or call=("...", "...") for two, '
        "one after the other; at the terminal, --call.",
    )


def no_eta(name):
    """Return the finding for a step of an unknown learning rate."""
    return form_trouble(
        "no_eta",
        "takes the step itself",
        f"{name} changes its own weights, and its learning rate is not known.",
        "By which number is the gradient multiplied in the step?",
        f"Pass it: bp.diagnose.from_object({name}, eta=...), eta=1 if there is none; at the "
        "terminal, --step.",
    )


def no_gradients(name):
    """Return the finding for a call that leaves no gradient."""
    return form_trouble(
        "no_gradients",
        "no gradient found",
        f"{name} returned no gradient that can be recognized, left none in attributes such as "
        "dW1, and did not change its weights.",
        "Where is the gradient after the call?",
        f'Name the attributes: bp.diagnose.from_object({name}, gradients=(("dw1", "dw2"), ("db1", '
        '"db2"))), or name another method with call=.',
    )
