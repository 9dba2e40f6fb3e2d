"""The four equations as the book displays them equal the functions that the package runs."""

import re

import numpy as np
import pytest
from book_pages import cells, markdown_pages, notebooks
from latex_to_numpy import sides, to_numpy

from bpcourse import equations

# What each label must define, and the function that stands beside it in the book.
DEFINED = {
    "eq-bp1": (r"\delta^L", lambda v: equations.bp1(v["nabla"], v["prime^L"])),
    "eq-bp2": (
        r"\delta^l",
        lambda v: equations.bp2(v["w^l+1"], v["delta^l+1"], v["prime^l"]),
    ),
    "eq-bp3": (r"\frac{\partial C}{\partial b^l_j}", lambda v: equations.bp3(v["delta^l"])[:, 0]),
    "eq-bp4": (
        r"\frac{\partial C}{\partial w^l_{jk}}",
        lambda v: equations.bp4(v["a^l-1"], v["delta^l"]),
    ),
    "eq-bp1-matrix": (
        r"\delta^L",
        lambda v: equations.bp1_matrix(v["nabla"], v["jacobian^L"][None]),
    ),
    "eq-bp2-matrix": (
        r"\delta^l",
        lambda v: equations.bp2_matrix(v["w^l+1"], v["delta^l+1"], v["jacobian^l"][None]),
    ),
}
MATH = re.compile(
    r"^(?P<fence>`{3,})\{math\}\n:label: (?P<label>\S+)\n(?P<body>.*?)^(?P=fence)", re.M | re.S
)
NUMBERS = np.random.default_rng(0)


def displayed():
    """Return the labeled formulas of the book: [(page, label, LaTeX)]."""
    return [
        (path.name, found["label"], found["body"])
        for path in notebooks() + markdown_pages()
        for cell in cells(path)
        if cell.kind == "markdown"
        for found in MATH.finditer(cell.source)
        if found["label"] in DEFINED
    ]


def one_example(n_before=4, n=3, n_next=2):
    """Return random values for one example; no two widths agree, so no two shapes do."""
    draw = NUMBERS.standard_normal
    return {
        "nabla": draw((n_next, 1)),
        "prime^L": draw((n_next, 1)),
        "prime^l": draw((n, 1)),
        "jacobian^L": symmetric(n_next),
        "jacobian^l": symmetric(n),
        "w^l+1": draw((n_next, n)),
        "delta^l+1": draw((n_next, 1)),
        "delta^l": draw((n, 1)),
        "a^l-1": draw((n_before, 1)),
    }


def symmetric(n):
    """Return a random symmetric matrix: the derivatives of every activation here form one."""
    matrix = NUMBERS.standard_normal((n, n))
    return matrix + matrix.T


def check(label, latex):
    """Evaluate a displayed equation and compare it with the function of the package."""
    wanted_left, function = DEFINED[label]
    left, right = sides(latex)
    assert left.replace(" ", "") == wanted_left.replace(" ", ""), f"{label} defines {left}"
    indices = re.search(r"_\{?(\w+)\}?\}?$", wanted_left)
    values = one_example()
    expression = to_numpy(right, indices[1] if indices else "")
    result = eval(expression, {"np": np, "v": values})
    expected = function(values)
    assert result.shape == expected.shape, f"{label}: {latex} has shape {result.shape}"
    np.testing.assert_allclose(
        result,
        expected,
        rtol=1e-13,
        err_msg=f"{label}: the page says {latex}, that is {expression}",
    )


@pytest.mark.parametrize(("page", "label", "latex"), displayed())
def test_a_displayed_equation_is_the_function_that_runs(page, label, latex):
    check(label, latex)


def test_the_four_equations_are_displayed():
    missing = {"eq-bp1", "eq-bp2", "eq-bp3", "eq-bp4"} - {label for _, label, _ in displayed()}
    assert not missing, f"no page displays {sorted(missing)}"


@pytest.mark.parametrize(
    ("label", "latex"),
    [
        ("eq-bp1", r"\delta^L = \nabla_a C \odot \sigma'(z^L)"),
        ("eq-bp1", r"\delta^L = \sigma'(z^{L}) \odot \nabla_a C."),
        ("eq-bp2", r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"),
        (
            "eq-bp2",
            r"\delta^l = \left( (w^{l + 1})^{T} \, \delta^{l+1} \right) \odot \sigma'(z^l) .",
        ),
        ("eq-bp3", r"\frac{\partial C}{\partial b^l_j} = \delta^l_j"),
        ("eq-bp4", r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \, \delta^l_j ,"),
        ("eq-bp4", r"\frac{\partial C}{\partial w^l_{jk}} = \delta^l_j a^{l-1}_k"),
        ("eq-bp1-matrix", r"\delta^L = \Sigma'(z^L)\, \nabla_a C ."),
        ("eq-bp2-matrix", r"\delta^l = \Sigma'(z^l) (w^{l+1})^T \delta^{l+1}"),
    ],
)
def test_right_equations_pass(label, latex):
    check(label, latex)


@pytest.mark.parametrize(
    ("label", "latex"),
    [
        ("eq-bp1", r"\delta^L = -\nabla_a C \odot \sigma'(z^L)"),
        ("eq-bp1", r"\delta^L = \nabla_a C"),
        ("eq-bp2", r"\delta^l = (w^{l+1} \delta^{l+1}) \odot \sigma'(z^l)"),
        ("eq-bp2", r"\delta^l = ((w^{l+1})^T \delta^{l+1})"),
        ("eq-bp2", r"\delta^{l+1} = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"),
        ("eq-bp3", r"\frac{\partial C}{\partial b^l_j} = a^{l-1}_k \delta^l_j"),
        ("eq-bp4", r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_j \delta^l_k"),
        ("eq-bp4", r"\frac{\partial C}{\partial w^l_{jk}} = a^l_k \delta^l_j"),
        ("eq-bp2-matrix", r"\delta^l = (w^{l+1})^T \Sigma'(z^l) \delta^{l+1}"),
    ],
)
def test_wrong_equations_fail(label, latex):
    with pytest.raises((AssertionError, ValueError, KeyError)):
        check(label, latex)


@pytest.mark.parametrize("latex", [r"\delta^l + \delta^l", r"2 \delta^l", r"(\delta^l", r"\tau^l"])
def test_what_the_translator_cannot_read_is_an_error(latex):
    with pytest.raises(ValueError, match=r"can't read|parenthesis"):
        to_numpy(latex)


def test_the_translation_can_be_read():
    translated = to_numpy(r"((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)")
    assert translated == "(((v['w^l+1']).T @ v['delta^l+1'])) * (v['prime^l'])"
