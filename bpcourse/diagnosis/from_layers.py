"""A list of layers, each with its own forward and backward, as a function for diagnose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bpcourse.diagnosis.calling import Call
from bpcourse.diagnosis.from_object import from_object, layers_of
from bpcourse.diagnosis.names import positional, role_of

if TYPE_CHECKING:
    from bpcourse.diagnosis.forms import Form


def from_layers(
    make: Callable,
    *,
    loss_gradient: Callable,
    forward: str = "forward",
    backward: str = "backward",
    weights: str | tuple[str, ...] | None = None,
    biases: str | tuple[str, ...] | None = None,
    gradients: tuple | None = None,
    eta: float | None = None,
) -> Form:
    """Return a function for :func:`diagnose` from a list of layers that know their own backward.

    Parameters
    ----------
    make : callable
        ``make(sizes)`` returns the list of layers for the widths n_1, ..., n_L, or an object that
        holds it. Activations may be layers of their own.
    loss_gradient : callable
        ``loss_gradient(a, y)`` returns what is handed to the last layer's ``backward``; if its
        parameters are called y_true, y_pred, it is called in that order.
    forward, backward : str
        The methods of a layer. What they do not return is taken from the attributes ``output`` and
        ``dinputs``.
    weights, biases, gradients : optional
        As in :func:`from_object`; by default they are looked for in the layers.
    eta : float, optional
        The learning rate, if ``backward`` changes the weights: ``backward(delta, learning_rate)``.

    Returns
    -------
    Form
        To be handed to :func:`diagnose`.

    Raises
    ------
    Trouble
        Something was not found; it says what to pass.
    """
    if not callable(loss_gradient):
        raise TypeError(f"loss_gradient is {loss_gradient!r}, want loss_gradient(a, y)")
    for name, method in (("forward", forward), ("backward", backward)):
        if not isinstance(method, str):
            raise TypeError(f"{name} is {method!r}, want the name of a layer's method")
    parameters = positional(loss_gradient)
    swapped = bool(parameters) and role_of(parameters[0].name) == "y"

    def call(network, x, y):
        layers, a = layers_of(network), x
        for layer in layers:
            a = _or_left(getattr(layer, forward)(a), layer, "output")
        delta = loss_gradient(y, a) if swapped else loss_gradient(a, y)
        for layer in reversed(layers):
            method = getattr(layer, backward)
            rate = [0.1 if eta is None else eta] if _takes_eta(method) else []
            delta = _or_left(method(delta, *rate), layer, "dinputs")

    return from_object(
        make, weights=weights, biases=biases, call=call, gradients=gradients, eta=eta
    )


def _or_left(result, layer, attribute):
    return getattr(layer, attribute) if result is None else result


def _takes_eta(method):
    return "eta" in Call.of(method).roles.values()
