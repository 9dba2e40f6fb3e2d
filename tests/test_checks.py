"""The checks at the door: what came, what was wanted, what to do about it."""

from fractions import Fraction

import numpy as np
import pytest

import bpcourse as bp
from bpcourse import _checks


def test_real_returns_a_python_float_so_that_float32_arrays_stay_float32():
    for value in (1, 0.5, np.float32(0.5), np.int64(2), Fraction(1, 2)):
        number = _checks.real("eta", value)
        assert type(number) is float, f"{value!r} gave {type(number)}"
        assert (np.ones(1, np.float32) * number).dtype == np.float32


@pytest.mark.parametrize("value", [True, "0.5", None, 1j, np.complex128(1), np.ones(1), [0.5]])
def test_real_refuses_what_is_not_a_real_number(value):
    with pytest.raises(TypeError, match=r"^eta is .*, want a real number$"):
        _checks.real("eta", value)


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (np.nan, {}, "eta is nan, want a finite number"),
        (-np.inf, {}, "eta is -inf, want a finite number"),
        (-0.5, {"minimum": 0}, "eta is -0.5, want 0 or more"),
        (0, {"above": 0}, "eta is 0, want more than 0"),
        (1, {"below": 1}, "eta is 1, want less than 1"),
        (2, {"maximum": 1}, "eta is 2, want 1 or less"),
    ],
)
def test_real_names_the_limit(value, limits, message):
    with pytest.raises(ValueError) as error:
        _checks.real("eta", value, **limits)
    assert str(error.value) == message


def test_real_accepts_the_limits_themselves_where_it_says_so():
    assert _checks.real("eta", 0, minimum=0) == 0
    assert _checks.real("eta", 1e-300, above=0) == 1e-300
    assert _checks.real("eta", 0.999, below=1) == 0.999
    assert _checks.real("eta", 1, maximum=1) == 1


def test_integer():
    assert type(_checks.integer("epochs", np.int64(3), minimum=3)) is int
    with pytest.raises(ValueError, match=r"^epochs is 2, want 3 or more$"):
        _checks.integer("epochs", 2, minimum=3)
    for value in (2.0, True, "2", None):
        with pytest.raises(TypeError, match=r"^epochs is .*, want a whole number$"):
            _checks.integer("epochs", value, minimum=0)


def test_generator_says_how_to_make_one():
    rng = np.random.default_rng(0)
    assert _checks.generator(rng) is rng
    for value in (0, None, np.random.RandomState(0)):
        with pytest.raises(TypeError, match=r"want a numpy\.random\.Generator; .*default_rng"):
            _checks.generator(value)


def test_lookup_takes_the_thing_or_its_name_and_lists_the_known_names():
    known = bp.activations.ACTIVATIONS
    assert _checks.lookup("activation", "tanh", known) is bp.tanh
    own = bp.Activation("own", np.sin, np.cos)
    assert _checks.lookup("activation", own, known) is own
    with pytest.raises(ValueError) as error:
        _checks.lookup("activation", "logistic", known)
    assert str(error.value) == (
        "unknown activation 'logistic'; known: sigmoid, tanh, relu, identity, softmax, "
        "leaky_relu, elu, softplus, silu, gelu, gelu_tanh"
    )
    with pytest.raises(ValueError, match=r"gelu_tanh; did you mean 'relu'\?"):
        _checks.lookup("activation", "ReLu", known)
    with pytest.raises(TypeError, match="activation is 3, want one of sigmoid, tanh"):
        _checks.lookup("activation", 3, known)


def test_floating_returns_the_callers_array_itself_when_nothing_is_to_do():
    x = np.ones((2, 3))
    assert _checks.floating("x", x) is x


def test_whole_numbers_are_converted_to_the_precision_wanted():
    """Exclusive or, pixels, labels: exact in every precision, so that no warning is due."""
    for value in ([[1, 2]], np.array([[1, 2]], np.uint8), np.array([[True, False]])):
        assert _checks.floating("x", value).dtype == np.float64
        assert _checks.floating("x", value, np.float32).dtype == np.float32


@pytest.mark.parametrize("door", ["forward", "backprop", "parameters", "from_arrays", "cost"])
def test_every_door_takes_whole_numbers(door):
    net = bp.Network.from_arrays([[[2.0]]], [[0.5]], ["sigmoid"])
    x, whole = np.array([[1.0]]), np.array([[1]])
    trace = net.forward(x)
    calls = {
        "forward": lambda one: net.forward(one).a[2],
        "backprop": lambda one: bp.backprop(net, trace, one, "quadratic").vector,
        "parameters": lambda one: bp.Parameters([1, 1], [one[0, 0], 0 * one[0, 0]]).vector,
        "from_arrays": lambda one: bp.Network.from_arrays([one], [one[0]], ["tanh"]).w[2],
        "cost": lambda one: bp.quadratic.value(x / 4, one),
    }
    np.testing.assert_array_equal(calls[door](whole), calls[door](whole.astype(float)))


def test_a_mask_is_not_dropped():
    hidden = np.ma.array([[5.0, 1.0]], mask=[[True, False]])
    net = bp.Network.from_arrays([[[2.0]]], [[0.0]], ["sigmoid"])
    for call in (
        lambda: _checks.floating("x", hidden),
        lambda: _checks.columns("x", hidden, 1),
        lambda: net.forward(hidden),
        lambda: bp.Parameters([1, 1], hidden[0]),
        lambda: bp.quadratic.value(hidden, [[1.0, 1.0]]),
        lambda: bp.Dataset.from_rows(hidden.T, [0, 1]),
        lambda: bp.Dataset.from_rows([[1.0], [2.0]], hidden.T),
    ):
        with pytest.raises(TypeError, match=r"is a masked array.*leave the masked entries out"):
            call()
    open_mask = np.ma.array([[5.0, 1.0]])
    assert _checks.floating("x", open_mask).tolist() == [[5, 1]], "nothing is hidden here"


def test_rows_of_different_lengths_are_refused_in_words():
    with pytest.raises(ValueError, match=r"^x is list that makes no array .*rows of one length"):
        _checks.columns("x", [[1.0, 2.0], [3.0]], 2)


def test_a_number_beyond_float64_is_refused_in_words():
    with pytest.raises(ValueError, match="eta is beyond the range of float64"):
        _checks.real("eta", 10**400)


@pytest.mark.parametrize(
    "value", [["a"], [None], np.ones(1, np.float16), np.ones(1, np.longdouble)], ids=str
)
def test_other_dtypes_are_refused_by_name(value):
    dtype = np.asarray(value).dtype
    with pytest.raises(TypeError) as error:
        _checks.floating("x", value)
    assert str(error.value).startswith(f"x has dtype {dtype}, want float32 or float64")
    assert "convert it with" in str(error.value)


def test_precision_takes_every_spelling_of_a_dtype():
    for spelling in ("float32", "f4", np.float32, np.dtype("<f4")):
        assert _checks.precision("dtype", spelling) == np.float32


def test_same_precision_counts_a_complex_number_as_its_parts():
    _checks.same_precision("x", np.ones(1, np.complex64), np.float32)
    with pytest.raises(TypeError) as error:
        _checks.same_precision("x", np.ones(1), np.float32)
    assert str(error.value) == (
        "x has dtype float64, want float32 like the network; pass x.astype(np.float32)"
    )
    with pytest.raises(TypeError):
        _checks.same_precision("x", np.ones(1, np.complex128), np.float32)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, complex(0, np.nan)])
def test_finite_says_where_the_first_bad_entry_is(bad):
    x = np.zeros((3, 4), type(bad))
    x[1, 2] = x[2, 3] = bad
    with pytest.raises(ValueError) as error:
        _checks.finite("x", x)
    assert str(error.value) == (
        f"x[1, 2] is {x[1, 2]} (2 of 12 entries are not finite); want finite numbers everywhere"
    )


def test_columns_returns_the_array():
    x = np.ones((2, 5))
    assert _checks.columns("x", x, 2) is x


@pytest.mark.parametrize(
    ("shape", "rows", "words"),
    [
        ((5, 2), 2, ["(5, 2)", "want (2, m)", "From rows, pass x.T or use Dataset.from_rows"]),
        ((5, 4), 2, ["(5, 4)", "want (2, m)", "one example per column"]),
        ((2,), 2, ["(2,)", "want (2, m)", "for a single example pass x[:, None]"]),
        ((4,), 1, ["(4,)", "want (1, m)", "for one number per example pass x[None, :]"]),
        ((4,), 2, ["(4,)", "want (2, m)", "use two axes"]),
        ((), 2, ["()", "want (2, m)", "use two axes"]),
        ((2, 3, 4), 2, ["(2, 3, 4)", "want (2, m)", "use two axes"]),
        ((2, 0), 2, ["(2, 0)", "an empty batch", "m at least 1"]),
    ],
)
def test_columns_says_what_came_and_what_to_do(shape, rows, words):
    with pytest.raises(ValueError) as error:
        _checks.columns("x", np.ones(shape), rows)
    for word in ["x has shape", *words]:
        assert word in str(error.value)


def test_only_shapes_that_would_fit_are_called_rows():
    with pytest.raises(ValueError) as error:
        _checks.columns("x", np.ones((5, 4)), 2)
    assert "From rows" not in str(error.value)


@pytest.mark.parametrize(
    ("a", "y"), [((3, 2), (3, 1)), ((3, 2), (2,)), ((2, 3), (3, 2)), ((2,), (2,)), ((), ())]
)
def test_outputs_and_targets_must_have_one_shape_because_numpy_would_broadcast(a, y):
    with pytest.raises(ValueError) as error:
        _checks.outputs_and_targets(np.ones(a), np.ones(y))
    assert f"a has shape {a} and y has shape {y}; want the same shape (n_L, m)" in str(error.value)


def test_outputs_and_targets_must_have_one_precision():
    with pytest.raises(TypeError, match=r"y has dtype float64, want float32 .*astype"):
        _checks.outputs_and_targets(np.ones((1, 1), np.float32), np.ones((1, 1)))


def test_a_flag_is_a_bool():
    assert _checks.flag("names", True) is True and _checks.flag("names", np.False_) is False
    with pytest.raises(TypeError, match="names is 1, want True or False"):
        _checks.flag("names", 1)


def test_a_sequence_is_no_text():
    assert _checks.sequence("weights", (k for k in (1, 2)), "a list") == [1, 2]
    for bad in ("ab", b"ab", 3, None):
        with pytest.raises(TypeError, match=r"weights is .*, want a list"):
            _checks.sequence("weights", bad, "a list")


def test_a_dtype_that_is_none():
    with pytest.raises(TypeError, match=r"net has dtype 'nonsense', want np\.float32"):
        _checks.precision("net", "nonsense")
