"""One gradient by five routes: formula, array engine, central and complex differences, oracle.

A :class:`Layer` computes the same function three times: by the package, in the array engine and in
HIPS autograd. Its cost is the mean over the examples of the inner product of the result with fixed
numbers, so that every entry of the result counts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import autograd
import autograd.numpy as anp
import numpy as np

import bpcourse as bp
from bpcourse.autodiff.tensor import Tensor, gradients

# A few hundred products of numbers near 1, added up in other orders.
EXACT = {"rtol": 1e-10, "atol": 1e-12}
# What rounding leaves of a central difference with the step 1e-5.
CENTRAL = {"rtol": 1e-5, "atol": 1e-8}
SINGLE = {"rtol": 2e-4, "atol": 2e-5}


@dataclass(frozen=True)
class Layer:
    """A layer to check.

    Attributes
    ----------
    forward : callable
        The package's, from the arrays to the result (m examples).
    backward : callable
        ``backward(delta, *arrays)``: the package's gradients, in the order of the arrays. Those
        of parameters are means over the examples; those of inputs belong to each example.
    engine, oracle : callable
        The same function on tensors, and with ``autograd.numpy``.
    inputs : tuple of int
        Which of the arrays are inputs.
    """

    forward: Callable
    backward: Callable
    engine: Callable
    oracle: Callable
    inputs: tuple[int, ...] = (0,)


def formula(layer, arrays, weights, m):
    """Return the gradients of the mean cost, by the package's formulas."""
    found = layer.backward(weights, *arrays)
    assert len(found) == len(arrays), "want a gradient for each array"
    return [each / m if i in layer.inputs else each for i, each in enumerate(found)]


def check(layer, arrays, m, seed=0):
    """Assert that all routes lead to the same gradients, and what else a layer owes."""
    value = layer.forward(*arrays)
    weights = np.random.default_rng(seed).standard_normal(value.shape)
    kept = [array.copy() for array in arrays]
    grads = formula(layer, arrays, weights, m)
    for array, copy in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(array, copy, err_msg="an argument was changed")
    tensors = [Tensor(array) for array in arrays]
    by_engine = gradients((weights * layer.engine(*tensors)).sum() / m, tensors)
    by_oracle = autograd.grad(lambda each: anp.sum(weights * layer.oracle(*each)) / m)(
        tuple(arrays)
    )
    np.testing.assert_allclose(layer.oracle(*arrays), value, **EXACT, err_msg="forward, oracle")
    for i, grad in enumerate(grads):
        assert grad.shape == arrays[i].shape, f"gradient {i} has another shape than its array"
        for name, other in (("array engine", by_engine[i]), ("HIPS autograd", by_oracle[i])):
            np.testing.assert_allclose(grad, other, **EXACT, err_msg=f"array {i}: {name}")
        check_differences(layer.forward, arrays, weights, m, i, grad)
    check_single(layer, arrays, weights, m, grads)


def check_differences(forward, arrays, weights, m, i, grad):
    """Assert that a gradient is that of central differences and of the complex step."""

    def cost(moved):
        return (weights * forward(*arrays[:i], moved, *arrays[i + 1 :])).sum() / m

    for method, allowed in (("complex", EXACT), ("central", CENTRAL)):
        slopes = bp.finite_difference.derivative(cost, arrays[i], method=method).value
        np.testing.assert_allclose(grad, slopes, **allowed, err_msg=f"array {i}: {method}")


def check_single(layer, arrays, weights, m, grads):
    """Assert that float32 stays float32, and that the numbers are those of float64."""
    single = [array.astype(np.float32) for array in arrays]
    assert layer.forward(*single).dtype == np.float32, "the forward pass leaves float32"
    for i, grad in enumerate(formula(layer, single, weights.astype(np.float32), m)):
        assert grad.dtype == np.float32, f"gradient {i} leaves float32"
        np.testing.assert_allclose(grad, grads[i], **SINGLE, err_msg=f"gradient {i} in float32")
