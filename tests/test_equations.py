"""The four equations against loops over indices, by hand, and in Nielsen's other forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DIFFERENT, SQUARE, laid_out, make_case, seeds, widths

from bpcourse import equations
from bpcourse.equations import bp1, bp1_matrix, bp2, bp2_matrix, bp3, bp4, path_sum

EQUATIONS = {"bp1": bp1, "bp2": bp2, "bp3": bp3, "bp4": bp4}
orders = st.sampled_from(["C", "F", "strided"])


def arrays(n_before, n, n_next, m, seed, dtype=np.float64, order="C"):
    """Return everything that stands around layer l, for m examples."""
    rng = np.random.default_rng(seed)
    shapes = {
        "a_previous": (n_before, m),
        "prime": (n, m),
        "delta": (n, m),
        "w_next": (n_next, n),
        "delta_next": (n_next, m),
    }
    return {
        name: laid_out(rng.standard_normal(shape).astype(dtype), order)
        for name, shape in shapes.items()
    }


def call(name, given_arrays):
    """Return the equation's value on these arrays."""
    return {
        "bp1": lambda v: bp1(v["delta"], v["prime"]),
        "bp2": lambda v: bp2(v["w_next"], v["delta_next"], v["prime"]),
        "bp3": lambda v: bp3(v["delta"]),
        "bp4": lambda v: bp4(v["a_previous"], v["delta"]),
    }[name](given_arrays)


def by_index(name, v):
    """Return the same, one number at a time, as the book writes it with indices."""
    n, m = v["delta"].shape
    n_before, n_next = len(v["a_previous"]), len(v["w_next"])
    if name == "bp1":
        return [[v["delta"][j, x] * v["prime"][j, x] for x in range(m)] for j in range(n)]
    if name == "bp2":
        return [
            [
                sum(v["w_next"][k, j] * v["delta_next"][k, x] for k in range(n_next))
                * v["prime"][j, x]
                for x in range(m)
            ]
            for j in range(n)
        ]
    if name == "bp3":
        return [[sum(v["delta"][j, x] for x in range(m)) / m] for j in range(n)]
    return [
        [
            sum(v["a_previous"][k, x] * v["delta"][j, x] for x in range(m)) / m
            for k in range(n_before)
        ]
        for j in range(n)
    ]


@pytest.mark.parametrize("name", EQUATIONS)
@given(widths, widths, widths, widths, seeds, orders)
def test_each_equation_is_its_index_form(name, n_before, n, n_next, m, seed, order):
    values = arrays(n_before, n, n_next, m, seed, order=order)
    result = call(name, values)
    want = np.array(by_index(name, values))
    assert result.shape == want.shape
    np.testing.assert_allclose(result, want, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("sizes", [(5, 4, 3, 2), (3, 3, 3, 3)], ids=["different", "square"])
@pytest.mark.parametrize("name", EQUATIONS)
def test_each_equation_with_all_sizes_different_and_with_all_equal(name, sizes):
    values = arrays(*sizes, seed=1)
    np.testing.assert_allclose(
        call(name, values), by_index(name, values), rtol=1e-13, err_msg="a missing transpose?"
    )


def test_by_hand():
    w_next = np.array([[1.0, 2.0], [3.0, 4.0]])
    delta_next = np.array([[1.0], [10.0]])
    # Neuron 0 sends to both with weights 1 and 3 (a column): 1 + 30 = 31, not 1 + 20.
    assert bp2(w_next, delta_next, np.array([[1.0], [0.5]])).tolist() == [[31.0], [21.0]]
    # Two examples: the mean of 2 and 4, not their sum.
    assert bp3(np.array([[2.0, 4.0]])).tolist() == [[3.0]]
    # (2 * 5 + 4 * 7) / 2 = 19.
    assert bp4(np.array([[5.0, 7.0]]), np.array([[2.0, 4.0]])).tolist() == [[19.0]]
    assert bp1(np.array([[2.0, 4.0]]), np.array([[0.5, 0.25]])).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("name", EQUATIONS)
def test_dtype_out_is_dtype_in_and_the_arrays_do_not_change(name, dtype):
    values = arrays(5, 4, 3, 2, seed=2, dtype=dtype)
    before = {key: array.copy() for key, array in values.items()}
    for array in values.values():
        array.flags.writeable = False
    assert call(name, values).dtype == dtype
    for key, array in values.items():
        np.testing.assert_array_equal(array, before[key])


def diagonal(prime):
    """Return Sigma'(z): for each example the diagonal matrix of its column."""
    return np.stack([np.diag(column) for column in prime.T])


@given(widths, widths, widths, seeds)
def test_the_matrix_forms_equal_the_hadamard_forms(n, n_next, m, seed):
    """Nielsen's equations 33 and 34."""
    v = arrays(1, n, n_next, m, seed)
    np.testing.assert_allclose(
        bp1_matrix(v["delta"], diagonal(v["prime"])), bp1(v["delta"], v["prime"]), rtol=1e-14
    )
    np.testing.assert_allclose(
        bp2_matrix(v["w_next"], v["delta_next"], diagonal(v["prime"])),
        bp2(v["w_next"], v["delta_next"], v["prime"]),
        rtol=1e-13,
        atol=1e-14,
    )


def test_the_jacobian_is_da_i_dz_j_so_it_is_transposed_on_the_way_back():
    """A softmax Jacobian is symmetric and would hide this; a general one is not."""
    jacobian = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    grad_a = np.array([[10.0], [1.0]])
    # dC/dz_0 = 10 * da_0/dz_0 + 1 * da_1/dz_0 = 10 + 3.
    assert bp1_matrix(grad_a, jacobian).tolist() == [[13.0], [24.0]]
    through = bp2_matrix(np.array([[10.0, 1.0]]), np.array([[1.0]]), jacobian)
    assert through.tolist() == [[13.0], [24.0]]


def deltas(case):
    """Return every delta by BP1 and BP2 alone, with the derivatives and the cost's gradient."""
    net, trace, L = case.net, case.trace, case.net.depth
    prime = {l: net.activations[l].prime(trace.z[l]) for l in range(2, L + 1)}
    grad_a = case.cost.gradient(trace.a[L], case.y)
    delta = {L: bp1(grad_a, prime[L])}
    for l in range(L - 1, 1, -1):
        delta[l] = bp2(net.w[l + 1], delta[l + 1], prime[l])
    return delta, prime, grad_a


@given(st.lists(widths, min_size=2, max_size=5), seeds)
def test_the_product_of_matrices_from_the_output_back_to_layer_l(sizes, seed):
    """Nielsen's equation 35, for one example."""
    case = make_case(sizes, ["tanh"] * (len(sizes) - 1), "quadratic", m=1, seed=seed)
    delta, prime, grad_a = deltas(case)
    product = np.diag(prime[case.net.depth][:, 0]) @ grad_a
    for l in range(case.net.depth - 1, 1, -1):
        product = np.diag(prime[l][:, 0]) @ case.net.w[l + 1].T @ product
        np.testing.assert_allclose(product, delta[l], rtol=1e-12, atol=1e-14)


def check_paths(case):
    delta, prime, grad_a = deltas(case)
    L, sizes = case.net.depth, case.net.sizes
    for x in range(case.x.shape[1]):
        for l in range(2, L + 1):
            column = {layer: prime[layer][:, x] for layer in prime}
            for j in range(sizes[l - 1]):
                value, paths = path_sum(case.net.w, column, grad_a[:, x], l, j)
                np.testing.assert_allclose(value, delta[l][j, x], rtol=1e-11, atol=1e-13)
                assert paths == int(np.prod(sizes[l:])), "one path per choice of later neurons"


@given(st.lists(st.integers(1, 4), min_size=2, max_size=4), seeds)
def test_the_sum_over_all_paths_is_the_error(sizes, seed):
    """Nielsen's equation 53, for every neuron of every layer."""
    check_paths(make_case(sizes, ["sigmoid"] * (len(sizes) - 1), "quadratic", m=2, seed=seed))


@pytest.mark.parametrize("shape", [DIFFERENT, SQUARE], ids=["different", "square"])
def test_the_sum_over_all_paths_with_sizes_different_and_square(shape):
    check_paths(make_case(shape["sizes"], ["tanh"] * 3, "quadratic", m=1))


def test_whole_numbers_do_not_wrap_around():
    """200 * 200 is 64 in uint8."""
    a = np.array([[200, 100]], np.uint8)
    assert bp4(a, a) == 25_000
    assert bp2(a[:, :1], a[:, :1], np.array([[1]], np.uint8)) == 40_000
    assert bp1(a, a).tolist() == [[40_000, 10_000]]
    assert bp1_matrix(a.T, np.full((1, 2, 2), 200, np.uint8)).tolist() == [[60_000], [60_000]]
    assert bp3(a).dtype == np.float64
    w, prime = {3: np.array([[200]], np.uint8)}, {l: np.array([200], np.uint8) for l in (2, 3)}
    assert path_sum(w, prime, np.array([200], np.uint8), l=2, j=0) == (200.0**4, 1)
    for equation in (bp1, bp4):
        assert equation(*[np.ones((2, 2), np.float32)] * 2).dtype == np.float32


def test_a_mask_is_not_dropped_by_an_equation():
    hidden = np.ma.array([[5.0, 1.0]], mask=[[True, False]])
    with pytest.raises(TypeError, match="grad_a is a masked array"):
        bp1(hidden, np.ones((1, 2)))


class FlagRaising(np.ndarray):
    """An array whose matrix products raise the flag of invalid numbers, as some libraries do."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(each) for each in inputs]
        if ufunc is np.matmul:
            np.array([np.inf]) - np.inf
        return getattr(ufunc, method)(*plain, **options).view(FlagRaising)


def test_the_flag_of_a_matrix_product_is_not_passed_on(monkeypatch):
    array = np.ones((2, 2)).view(FlagRaising)
    with pytest.warns(RuntimeWarning, match="invalid"):
        _ = array @ array  # the case is the one meant
    monkeypatch.setattr(equations._checks, "array_of", lambda name, value: value)
    for equation in (bp2, bp4):
        equation(*[array] * (3 if equation is bp2 else 2))
