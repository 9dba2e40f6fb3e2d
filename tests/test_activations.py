"""Activation functions against the math module, and their derivatives against complex steps."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import HIDDEN as TAUGHT
from strategies import dtypes, laid_out, seeds, widths

import bpcourse as bp
from bpcourse.activations import ACTIVATIONS

HIDDEN = (*TAUGHT, "leaky_relu", "elu", "softplus", "silu", "gelu", "gelu_tanh")
ELEMENTWISE = [name for name in HIDDEN if name != "softmax"]

# One number at a time with the standard library: nothing in common with the package's code.
C = math.sqrt(2 / math.pi)


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def gelu_inner(z):
    return C * (z + 0.044715 * z**3)


BY_MATH = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "identity": lambda z: z,
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: z * math.erfc(-z / math.sqrt(2)) / 2,
    "gelu_tanh": lambda z: z * logistic(2 * gelu_inner(z)),
}
PRIME_BY_MATH = {
    "sigmoid": lambda z: 1 / (2 * math.cosh(z / 2)) ** 2,
    "tanh": lambda z: 1 / math.cosh(z) ** 2,
    "relu": lambda z: 1.0 if z > 0 else 0.0,
    "identity": lambda z: 1.0,
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.01,
    "elu": lambda z: 1.0 if z > 0 else math.exp(z),
    "softplus": lambda z: 1 / (1 + math.exp(-z)),
    "silu": lambda z: (1 + z / (1 + math.exp(z))) / (1 + math.exp(-z)),
    "gelu": lambda z: (
        math.erfc(-z / math.sqrt(2)) / 2 + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    ),
    "gelu_tanh": lambda z: (
        logistic(2 * gelu_inner(z))
        * (1 + 2 * z * C * (1 + 0.134145 * z * z) * logistic(-2 * gelu_inner(z)))
    ),
}
moderate = st.floats(-30, 30)


def test_the_catalogue_holds_each_activation_under_its_name():
    assert tuple(ACTIVATIONS) == HIDDEN
    for name, each in ACTIVATIONS.items():
        assert each.name == name
        assert getattr(bp, name) is each
        assert each.elementwise == (name != "softmax")
        assert repr(each) == f"<activation {name}>"


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(moderate)
@example(0.5)  # between a kink and its neighbors, where few numbers are drawn
@example(-0.5)
def test_values_and_derivatives_against_the_math_module(name, z):
    column = np.array([[z]])
    activation = ACTIVATIONS[name]
    np.testing.assert_allclose(activation(column), BY_MATH[name](z), rtol=1e-14, atol=1e-300)
    # cosh(30)^2 is 1e25: the derivative must keep its digits where 1 - tanh(z)^2 is just zero.
    np.testing.assert_allclose(
        activation.prime(column), PRIME_BY_MATH[name](z), rtol=1e-13, atol=1e-300
    )


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(moderate.filter(lambda z: z != 0))
def test_derivatives_against_the_complex_step(name, z):
    activation = ACTIVATIONS[name]
    column = np.array([[z]])
    stepped = activation(column + 1e-30j)
    # The step shows itself in the value by its square, 1e-60.
    np.testing.assert_allclose(stepped.real, activation(column), rtol=1e-15, atol=1e-59)
    numeric = stepped.imag / 1e-30
    # Where a slope passes through zero its terms cancel.
    np.testing.assert_allclose(activation.prime(column), numeric, rtol=1e-13, atol=1e-15)


def test_values_that_everybody_knows():
    zero = np.zeros((1, 1))
    assert bp.sigmoid(zero) == 0.5
    assert bp.sigmoid.prime(zero) == 0.25
    assert bp.tanh(zero) == 0
    assert bp.tanh.prime(zero) == 1
    assert bp.softmax(np.zeros((4, 1))).tolist() == [[0.25]] * 4


def test_relu_has_slope_zero_at_its_kink():
    z = np.array([[-2.0, -0.0, 0.0, 5e-324, 3.0]])
    assert bp.relu(z).tolist() == [[0, 0, 0, 5e-324, 3]]
    assert bp.relu.prime(z).tolist() == [[0, 0, 0, 1, 1]]


def test_derivatives_are_functions_of_z_not_of_a():
    z = np.array([[-2.0, 3.0]])
    for name in ("sigmoid", "tanh"):
        activation = ACTIVATIONS[name]
        assert not np.allclose(activation.prime(z), activation.prime(activation(z)))
        np.testing.assert_allclose(
            activation.prime(z), [[PRIME_BY_MATH[name](-2.0), PRIME_BY_MATH[name](3.0)]]
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_give_no_warning_and_the_right_derivative(dtype):
    """Warnings are errors here; e^800 is beyond both precisions."""
    z = np.array([[-800.0, 800.0]], dtype)
    assert bp.sigmoid(z).tolist() == [[0, 1]]
    assert bp.tanh(z).tolist() == [[-1, 1]]
    assert bp.relu(z).tolist() == [[0, 800]]
    assert bp.identity(z).tolist() == [[-800, 800]]
    assert bp.softmax(z.T).tolist() == [[0], [1]]
    assert bp.sigmoid.prime(z).tolist() == [[0, 0]]
    assert bp.tanh.prime(z).tolist() == [[0, 0]]
    assert bp.relu.prime(z).tolist() == [[0, 1]]
    assert bp.softmax.prime(z.T).tolist() == [[[0, 0], [0, 0]]]


def test_saturated_derivatives_keep_their_digits():
    """sigma'(700) is e^-700 = 9.86e-305; the textbook form sigma (1 - sigma) gives 0."""
    for sign in (-1, 1):
        z = np.array([[700.0 * sign]])
        # Only relative tolerances here: next to an absolute one, 1e-305 and 0 are the same.
        np.testing.assert_allclose(bp.sigmoid.prime(z), math.exp(-700), rtol=1e-14)
        np.testing.assert_allclose(bp.tanh.prime(z / 2), 4 * math.exp(-700), rtol=1e-14)
    np.testing.assert_allclose(bp.sigmoid(np.array([[-700.0]])), math.exp(-700), rtol=1e-14)


@given(st.integers(1, 5), st.integers(1, 4), seeds)
def test_softmax_gives_distributions_that_ignore_a_common_shift(n, m, seed):
    z = np.random.default_rng(seed).standard_normal((n, m)) * 5
    a = bp.softmax(z)
    np.testing.assert_allclose(a.sum(axis=0), 1, rtol=1e-15 * n)
    np.testing.assert_allclose(bp.softmax(z + 1000), a, rtol=1e-12)
    naive = [[math.exp(value) for value in row] for row in z.tolist()]
    np.testing.assert_allclose(a, naive / np.sum(naive, axis=0), rtol=1e-13)


@given(st.integers(1, 5), st.integers(1, 4), seeds)
def test_softmax_matrices_hold_every_da_i_dz_j(n, m, seed):
    z = np.random.default_rng(seed).standard_normal((n, m))
    jacobian = bp.softmax.prime(z)
    assert jacobian.shape == (m, n, n)
    for j in range(n):
        stepped = z.astype(complex)
        stepped[j] += 1e-30j
        numeric = bp.softmax(stepped).imag / 1e-30
        np.testing.assert_allclose(jacobian[:, :, j].T, numeric, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", HIDDEN)
@given(widths, widths, dtypes, st.sampled_from(["C", "F", "strided"]), seeds)
def test_shape_dtype_layout_and_the_callers_array(name, n, m, dtype, order, seed):
    numbers = np.random.default_rng(seed).standard_normal((n, m)).astype(dtype)
    z = laid_out(numbers, order)
    z.flags.writeable = False
    activation = ACTIVATIONS[name]
    a, prime = activation(z), activation.prime(z)
    assert a.shape == (n, m)
    assert prime.shape == ((n, m) if activation.elementwise else (m, n, n))
    assert a.dtype == prime.dtype == dtype
    assert not np.shares_memory(a, z), "a change of a must not reach z"
    np.testing.assert_array_equal(z, numbers)
    np.testing.assert_array_equal(a, activation(np.ascontiguousarray(z)))


@pytest.mark.parametrize("complex_type", [np.complex64, np.complex128])
@pytest.mark.parametrize("name", HIDDEN)
def test_complex_numbers_pass(name, complex_type):
    z = np.array([[0.5 + 0.25j, -2], [1, -0.5j]], complex_type)
    assert ACTIVATIONS[name](z).dtype == complex_type
    jacobian = ACTIVATIONS[name].prime(z)
    assert jacobian.dtype == complex_type, "a second derivative by complex step needs this"


@pytest.mark.parametrize("name", HIDDEN)
def test_copies_compare_equal_so_that_a_reloaded_network_still_finds_its_matched_cost(name):
    activation = ACTIVATIONS[name]
    assert copy.deepcopy(activation) == activation
    assert pickle.loads(pickle.dumps(activation)) == activation
    assert activation != bp.Activation(name, np.sin, np.cos), "a name alone is not identity"


def test_an_activation_can_not_be_changed_by_accident():
    with pytest.raises(AttributeError):
        bp.sigmoid.f = np.tanh


DTYPES = [np.uint8, np.int8, np.uint64, np.int64, bool]


@pytest.mark.parametrize("dtype", [*DTYPES, None], ids=str)
@pytest.mark.parametrize("name", HIDDEN)
def test_whole_numbers_become_float64(name, dtype):
    """Bytes wrap around when they are negated; NumPy's tanh of bytes has half precision."""
    z = [[0, 1, 1], [1, 0, 1]]
    whole = z if dtype is None else np.array(z, dtype)
    for function in (ACTIVATIONS[name], ACTIVATIONS[name].prime):
        result = function(whole)
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, function(np.array(z, float)))


def test_known_values_of_whole_numbers():
    z = np.array([[0, 1, 2]], np.uint8)
    np.testing.assert_allclose(bp.sigmoid(z), [[0.5, 0.731059, 0.880797]], atol=1e-6)
    np.testing.assert_allclose(bp.sigmoid.prime(z), [[0.25, 0.196612, 0.104994]], atol=1e-6)
    np.testing.assert_allclose(bp.tanh.prime(z), [[1, 0.419974, 0.070651]], atol=1e-6)
    np.testing.assert_allclose(bp.softmax(z.T)[:, 0], [0.090031, 0.244728, 0.665241], atol=1e-6)
    assert bp.sigmoid(np.array([[-128]], np.int8)) < 1e-50
    own = bp.Activation("own", lambda z: z.real * 2, np.ones_like)
    assert own([[1, 2]]).dtype == np.float64, "an activation of one's own gets an array of floats"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64])
def test_floating_point_is_not_converted(dtype):
    z = np.ones((2, 2), dtype)
    for activation in ACTIVATIONS.values():
        assert activation(z).dtype == dtype


def test_the_complex_step_has_the_right_sign_at_0():
    """exp(-|z|) has two analytic halves; at 0 both places must take the same one."""
    step = np.array([[1e-30j]])
    assert bp.sigmoid(step).imag / 1e-30 == pytest.approx(0.25, rel=1e-14)
    assert bp.tanh(step).imag / 1e-30 == pytest.approx(1, rel=1e-14)
    # The second derivatives are 0 there.
    assert abs(bp.sigmoid.prime(step).imag) < 1e-45 and abs(bp.tanh.prime(step).imag) < 1e-45
    # A little to each side: sigma'' has the opposite sign of z.
    for z in (-1e-3, 1e-3):
        assert np.sign(bp.sigmoid.prime(z + step).imag) == -np.sign(z)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_at_0_the_complex_step_gives_the_slope_that_the_derivative_gives(name):
    """A kink has two slopes; a gradient check needs the same choice on both ways."""
    slope = ACTIVATIONS[name](np.array([[1e-30j]])).imag / 1e-30
    np.testing.assert_allclose(slope, ACTIVATIONS[name].prime(np.zeros((1, 1))), rtol=1e-14)


def test_softmax_takes_each_example_by_itself_however_far_apart_they_are():
    """Less the largest input of another example, all of an example would underflow."""
    z = np.array([[0.0, 1e4], [math.log(3), 1e4 + math.log(3)]])
    np.testing.assert_allclose(bp.softmax(z), [[0.25, 0.25], [0.75, 0.75]], rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=str)
def test_no_examples_give_no_activations(activation):
    none = np.empty((2, 0))
    assert activation(none).shape == (2, 0)
    assert activation.prime(none).shape == ((2, 0) if activation.elementwise else (0, 2, 2))


def test_nan_stays_nan_in_every_activation():
    z = np.array([[np.nan], [1.0]])
    for activation in ACTIVATIONS.values():
        assert np.isnan(activation(z)[0, 0]), f"{activation.name} turns NaN into a number"


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=str)
def test_a_mask_is_refused_by_every_activation_and_derivative(activation):
    hidden = np.ma.array([[5.0, 1.0]], mask=[[True, False]])
    for function in (activation, activation.prime):
        with pytest.raises(TypeError, match="z is a masked array, and its mask would be lost"):
            function(hidden)
        function(np.ma.array([[5.0, 1.0]]))  # nothing is hidden here
