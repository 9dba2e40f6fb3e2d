"""What a learner's function returned, as two lists: gradients of the weights and of the biases.

:func:`two_lists` knows the forms in which people return gradients: two lists, a dictionary with
keys such as ``dW1``, the loss beside either of them, all arrays in a row, a pair for each layer.
"""

from collections.abc import Iterator, KeysView, Mapping, ValuesView
from numbers import Number

import numpy as np

from bpcourse.diagnosis.names import listed, numbered

ITERATORS = (Iterator, KeysView, ValuesView)


def two_lists(result, shapes, names=()):
    """Return (by the weights, by the biases), or None if the form is not known.

    Parameters
    ----------
    result : object
        Neither None nor the pair of two lists that is asked for.
    shapes : list of (shape of the weights, number of biases)
        What is wanted, layer by layer.
    names : list of str
        The names that stand behind ``return``; they say what is what.

    Returns
    -------
    tuple of two lists, or None
        The second one is None where no gradient of the biases came.
    """
    result = as_lists(result)
    if isinstance(result, Mapping):
        return from_mapping(result, len(shapes))
    if not isinstance(result, list | tuple):
        return None
    if len(names) == len(result) and len(numbered(names)) == len(names):
        return from_mapping(dict(zip(names, result, strict=True)), len(shapes))
    kinds = listed(names)
    if len(names) == len(result) and set("wb") <= set(kinds):
        found = tuple(as_lists(result[names.index(kinds[kind])]) for kind in "wb")
        if all(map(_fits, _items(found[0]), [shape for shape, _ in shapes])):
            return found
    rest = [each for each in result if not is_number(each)]
    if not rest and all(np.prod(shape) == 1 for shape, _ in shapes):
        rest = list(result)  # one neuron in each layer: numbers are the gradients
    for form in (_weights_alone, _in_a_row, _pair_by_pair, _with_a_dictionary):
        found = form(rest, shapes)
        if found is not None:
            return found
    return two_lists(rest[0], shapes) if len(rest) == 1 < len(result) else None


def without_numbers(result):
    """Return what is left of a tuple or list without single numbers, such as the loss."""
    rest = [each for each in result if not is_number(each)]
    return rest[0] if len(rest) == 1 and len(result) > 1 else rest


def as_lists(value):
    """Return generators, ``map`` and ``zip`` as lists, also inside a tuple or list."""
    if isinstance(value, ITERATORS):
        value = list(value)
    if isinstance(value, list | tuple) and any(isinstance(each, ITERATORS) for each in value):
        value = [list(each) if isinstance(each, ITERATORS) else each for each in value]
    return value


def is_number(value):
    """Say whether a value is one number, such as a loss."""
    if isinstance(value, str | bytes):
        return False
    return isinstance(value, Number) or (isinstance(value, np.ndarray) and value.ndim == 0)


def shape_of(value):
    """Return the shape that a value has as an array of numbers, or None if it has none."""
    if value is None or isinstance(value, str | Mapping):
        return None
    try:
        return np.shape(value)
    except ValueError:  # lists of different lengths
        return None


def from_mapping(result, layers):
    """Return the two lists from a dictionary with keys such as dW1, or dW for a whole list."""
    keys = numbered(result)
    w = sorted(number for kind, number in keys if kind == "w")
    if len(w) == layers and (layers > 1 or w):
        b = sorted(number for kind, number in keys if kind == "b")
        by_w = [result[keys["w", number]] for number in w]
        if not b:
            return by_w, None
        return (by_w, [result[keys["b", number]] for number in b]) if len(b) == layers else None
    whole = listed(result)
    if "w" not in whole:
        return None
    return tuple(as_lists(result[whole[kind]]) if kind in whole else None for kind in "wb")


def _items(value):
    return value if isinstance(value, list | tuple) else [None]


def _fits(value, shape):
    """Say whether a value has the shape of a weight array, or the transposed one."""
    return shape_of(value) in (shape, shape[::-1], () if np.prod(shape) == 1 else shape)


def _is_bias(value, n):
    shape = shape_of(value)
    return shape is not None and shape in ((n,), (n, 1), (1, n), ())


def _weights_alone(result, shapes):
    fits = len(result) == len(shapes) and all(map(_fits, result, [w for w, _ in shapes]))
    return (list(result), None) if fits else None


def _in_a_row(result, shapes):
    """Take (dW1, db1, dW2, db2) or (dW1, dW2, db1, db2) apart, by the shapes."""
    n = len(shapes)
    if len(result) != 2 * n:
        return None
    for w, b in ((result[0::2], result[1::2]), (result[:n], result[n:])):
        fit = all(map(_fits, w, [shape for shape, _ in shapes]))
        if fit and sum(map(_is_bias, b, [size for _, size in shapes])) >= min(n, 1):
            return list(w), list(b)
    return None


def _is_pair_of_lists(result, shapes):
    """Say whether the first of two lists, or the second, has the shapes of the weights."""
    wanted = [shape for shape, _ in shapes]
    return any(
        len(_items(each)) == len(shapes) and all(map(_fits, _items(each), wanted))
        for each in result
    )


def _pair_by_pair(result, shapes):
    """Take [(dW1, db1), (dW2, db2)] apart, a pair or a dictionary for each layer."""
    if len(result) != len(shapes) or _is_pair_of_lists(result, shapes):
        return None
    if all(isinstance(each, Mapping) for each in result):
        keys = [listed(each) for each in result]
        if not all(set("wb") <= set(found) for found in keys):
            return None
        pairs = [tuple(e[k[kind]] for kind in "wb") for e, k in zip(result, keys, strict=True)]
    elif all(isinstance(each, list | tuple) and len(each) == 2 for each in result):
        pairs = result
    else:
        return None
    fits = all(
        _fits(w, shape) and _is_bias(b, n) for (w, b), (shape, n) in zip(pairs, shapes, strict=True)
    )
    return tuple(map(list, zip(*pairs, strict=True))) if fits else None


def _with_a_dictionary(result, shapes):
    """Take the one dictionary of gradients among several things, such as (loss, grads)."""
    if not any(isinstance(each, Mapping) for each in result):
        return None
    held = [each for each in result if isinstance(each, Mapping)]
    found = [from_mapping(each, len(shapes)) for each in held]
    found = [each for each in found if each is not None]
    if len(found) == 1 and found[0][1] is not None:
        return found[0]
    together = {key: value for each in held for key, value in each.items()}
    return from_mapping(together, len(shapes))
