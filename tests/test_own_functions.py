"""Functions of one's own that write into the arrays they are given are noticed, wherever called."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.layers.second import hessian_vector

CARELESS = {
    "an assignment": lambda z, *_: z.__setitem__((0, 0), 7.0),
    "*=": lambda z, *_: z.__imul__(2),
    "out=": lambda z, *_: np.tanh(z, out=z),
    "fill": lambda z, *_: z.fill(0),
    "sort": lambda z, *_: z.sort(),
    "a view": lambda z, *_: z.T.real.__setitem__((0, 0), 7.0),
}
Z = np.array([[0.5, -0.25], [2.0, 1.0]])


def tanh_in_place(z):
    return np.tanh(z, out=z)


def slope_in_place(z):
    z *= 2
    return 1 - np.tanh(z / 2) ** 2


def linear(z):
    return z


def squares(a, y):
    return ((a - y) ** 2).sum() / a.shape[1]


@pytest.mark.parametrize("how", CARELESS)
def test_a_direct_call_is_told_what_to_do(how):
    z, y = Z.copy(), Z.copy()
    own = bp.Activation("own", CARELESS[how], CARELESS[how])
    for name, function in {"f": own, "prime": own.prime}.items():
        with pytest.raises(ValueError, match=rf"^{name} of activation own writes into .* z\.copy"):
            function(z)
    careless = dict.fromkeys(("value", "gradient", "per_example", "check_targets"), CARELESS[how])
    cost = bp.Cost("own", **careless)
    for name in careless:
        arrays = (y,) if name == "check_targets" else (z, y)
        with pytest.raises(ValueError, match=rf"^{name} of cost own writes into .*y\.copy\(\)$"):
            getattr(cost, name)(*arrays)
    with pytest.raises(ValueError, match="value of cost own writes into"):
        cost.value(z=z)
    np.testing.assert_array_equal([z, y], [Z, Z], "the caller's arrays are spoiled")


WAYS = {
    "forward": lambda net, x, y: net.forward(x),
    "backprop": lambda net, x, y: bp.backprop(net, net.forward(x), y, "quadratic"),
    "train": lambda net, x, y: bp.train(
        net,
        bp.datasets.Dataset.from_rows(x.T, y.T),
        cost="quadratic",
        eta=0.1,
        epochs=1,
        batch_size=None,
    ),
    "gradcheck": lambda net, x, y: bp.gradcheck.check(net, x, y, "quadratic"),
    "carried": lambda net, x, y: bp.finite_difference.gradient(
        net, x, y, "quadratic", method="carried"
    ),
    "hessian": lambda net, x, y: hessian_vector(net, x, y, "quadratic", net.parameters),
}


# Forward no derivative is taken.
STEPS = [(way, name) for way in WAYS for name in ("f", "prime")]
STEPS = [each for each in STEPS if each not in [("forward", "prime"), ("carried", "prime")]]


@pytest.mark.parametrize(("way", "name"), STEPS)
@pytest.mark.parametrize("layer", [2, 3])
def test_an_activation_that_writes_into_z_is_noticed_on_every_way(way, name, layer):
    """Its derivative would be taken at the activation, in place of the weighted input."""
    parts = (tanh_in_place, bp.tanh.prime) if name == "f" else (np.tanh, slope_in_place)
    own = bp.Activation("own", *parts)
    activations = ["sigmoid", "sigmoid"]
    activations[layer - 2] = own
    net = bp.Network.from_arrays([np.eye(2)] * 2, [np.zeros(2)] * 2, activations)
    with pytest.raises(ValueError, match=rf"{name} of activation own writes into an array"):
        WAYS[way](net, Z, abs(Z) / 4)


def test_what_only_reads_gives_what_it_gave():
    own = bp.Activation("own", linear, np.ones_like)
    z = Z.copy()
    a = own(z)
    a += 1
    np.testing.assert_array_equal(z, Z, "the answer is the caller's, the argument stays")
    np.testing.assert_array_equal(a, Z + 1)
    assert own.f(0.5) == 0.5 and own.f("z") == "z", "what is no array goes through as it is"
    cost = bp.Cost("own", squares, None)
    assert cost.value(y=Z, a=Z + 1) == 2, "by the names of its parameters too"
    assert cost.gradient is None and cost.per_example is None


def test_other_errors_of_a_function_are_its_own():
    def unhappy(z):
        raise ValueError("z is too blue")

    with pytest.raises(ValueError, match=r"^z is too blue$"):
        bp.Activation("own", unhappy, unhappy)(Z)


def test_functions_of_ones_own_still_compare_travel_and_can_be_read():
    own, again = (bp.Activation("own", linear, np.ones_like) for _ in range(2))
    assert own == again != bp.Activation("own", tanh_in_place, np.ones_like)
    assert pickle.loads(pickle.dumps(own)) == copy.deepcopy(own) == own
    cost = bp.Cost("own", squares, None)
    assert pickle.loads(pickle.dumps(cost)) == cost
    assert inspect.unwrap(cost.value) is squares
    assert "a.shape[1]" in inspect.getsource(cost.value)
    assert list(inspect.signature(cost.value).parameters) == ["a", "y"]


@pytest.mark.parametrize("module", ["__main__", "bpcourse_homework", "zoo", None])
def test_a_function_is_held_to_it_wherever_it_was_written(module):
    def careless(z):
        z *= 2

    careless.__module__ = module
    with pytest.raises(ValueError, match="f of activation own writes into an array"):
        bp.Activation("own", careless, careless)(Z)


def test_a_function_of_no_module_is_called_like_any_other():
    own = bp.Activation("own", np.ndarray.__neg__, np.ones_like)
    assert not hasattr(np.ndarray.__neg__, "__module__"), "otherwise no test"
    np.testing.assert_array_equal(own(Z), -Z)


def test_functions_that_are_known_only_to_read_are_called_without_detour():
    assert bp.tanh.f is np.tanh and bp.Activation("own", np.tanh, np.cos).prime is np.cos
    alike = bp.Cost("own", bp.quadratic.value, bp.quadratic.gradient)
    assert alike.value is bp.quadratic.value, "the package's own functions"
