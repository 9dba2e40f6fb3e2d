"""Programs of other forms as functions that :func:`bpcourse.diagnose` can call."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bpcourse.diagnosis.results import two_lists


def from_class(
    make: Callable,
    *,
    weights: str = "weights",
    biases: str = "biases",
    method: str = "backprop",
    gradients: tuple[str, str] | None = None,
) -> Callable:
    """Return a function for :func:`diagnose` from a class that holds its weights and biases.

    Parameters
    ----------
    make : callable
        ``make(sizes)`` returns an object for a network with the widths n_1, ..., n_L.
    weights, biases : str
        The attributes that hold the lists; ``coefs_`` and ``intercepts_`` in scikit-learn.
    method : str
        The method, called with x and y.
    gradients : tuple of two str, optional
        The attributes in which the method leaves its gradients, the one by the weights first. By
        default it returns them.

    Returns
    -------
    callable

    Examples
    --------
    Nielsen's program takes one example and returns ``(nabla_b, nabla_w)``::

        diagnose(from_class(Network), order="b,w", batch=False)

    A class in the manner of scikit-learn, with an example as a row::

        mlp = from_class(MLP, weights="coefs_", biases="intercepts_", gradients=("dw_", "db_"))
        diagnose(mlp, layout="rows")
    """

    def backprop(w, b, x, y):
        columns = np.ndim(b[0]) == 2
        widths = [w[0].shape[columns], *(each.size for each in b)]
        network = make(widths)
        setattr(network, weights, w)
        setattr(network, biases, b)
        result = getattr(network, method)(x, y)
        return result if gradients is None else tuple(getattr(network, g) for g in gradients)

    backprop.__name__ = f"{name_of(make)}.{method}"
    return backprop


def from_separate_arrays(function: Callable) -> Callable:
    """Return a function for :func:`diagnose` from one that takes w1, b1, w2, b2, ... one by one.

    Parameters
    ----------
    function : callable
        ``function(w1, b1, w2, b2, x, y)`` returns ``(dw1, db1, dw2, db2)``, for any number of
        layers. Pass :func:`diagnose` the ``sizes`` that fit.

    Returns
    -------
    callable

    Examples
    --------
    ::

        diagnose(from_separate_arrays(my_backprop), sizes=[4, 6, 3])
    """

    def backprop(w, b, x, y):
        arrays = [array for pair in zip(w, b, strict=True) for array in pair]
        result = list(function(*arrays, x, y))
        return result[0::2], result[1::2]

    backprop.__name__ = name_of(function)
    return backprop


def one_layer(function: Callable, *, turned: bool) -> Callable:
    """Return a function of lists from one that takes the arrays w and b of a single layer.

    ``turned`` hands w over as (n_1, n_2), for a program that writes w.T x + b.
    """

    def backprop(weights, biases, x, y):
        (w,), (b,) = weights, biases
        result = function(w.T if turned else w, b, x, y)
        found = two_lists(result, [((w.T if turned else w).shape, b.size)]) or result
        by_w, by_b = (np.asarray(e[0] if isinstance(e, list) else e) for e in found)
        return [by_w.T if turned else by_w], [by_b.reshape(b.shape)]

    return backprop


def name_of(function):
    return getattr(function, "__name__", type(function).__name__)
