r"""Translate the book's four equations from LaTeX to NumPy, so that they can be evaluated.

The subset: :math:`\delta^l`, :math:`w^l`, :math:`a^l`, :math:`\nabla_a C`, :math:`\sigma'(z^l)`,
:math:`\Sigma'(z^l)`, transposes, parentheses, products, the Hadamard product, a sign, and products
of components such as :math:`a^{l-1}_k \delta^l_j`. Anything else is an error: nothing on the page
is passed over.
"""

import re


def upper(n):
    """Return the pattern of an upper index, ``^l`` or ``^{l+1}``, as the group ``layer<n>``."""
    return rf"\^\s*(?:\{{(?P<layer{n}a>[^{{}}]+)\}}|(?P<layer{n}b>[lL]))"


SYMBOL = re.compile(
    r"(?P<nabla>\\nabla_a\s*C)"
    rf"|\\(?P<slope>sigma'|Sigma')\s*\(\s*z{upper(1)}\s*\)"
    rf"|\\?(?P<name>(?<=\\)delta|[wa]){upper(2)}"
)
KEYS = {"sigma'": "prime", "Sigma'": "jacobian"}
COMPONENT = re.compile(r"\s*_\s*(?:\{(\w+)\}|(\w))")
TRANSPOSE = re.compile(r"\s*\^\s*(?:T|\{T\})")
SPACE = re.compile(r"(?:\s|\\[,;:!]|\\quad|\\left(?=\()|\\right(?=\)))*")


def sides(equation):
    """Return the two sides of an equation, without the punctuation that ends it."""
    left, equals, right = equation.strip().partition("=")
    if not equals or "=" in right:
        raise ValueError(f"want one equation, got {equation!r}")
    return left.strip(), re.sub(r"(?:\s|\\[,;])*[.,]?\s*$", "", right.strip())


def to_numpy(latex, indices=""):
    """Return the NumPy expression for one side of an equation.

    ``indices`` are the free indices of the other side, for a product of components.
    """
    components = COMPONENT.search(latex.replace(r"\nabla_a", ""))
    if components:
        return component_product(latex, indices)
    expression, rest = hadamard(latex)
    return complete(expression, rest, latex)


def complete(expression, rest, latex):
    """Return the expression, if nothing of the formula is left over."""
    if skip(rest):
        raise ValueError(f"can't read {skip(rest)!r} in {latex!r}")
    return expression


def skip(text):
    """Return ``text`` without leading blanks."""
    return text[SPACE.match(text).end() :]


def hadamard(text):
    """Read products joined by the Hadamard product."""
    expression, rest = product(text)
    while skip(rest).startswith(r"\odot"):
        factor, rest = product(skip(rest)[len(r"\odot") :])
        expression = f"({expression}) * ({factor})"
    return expression, rest


def product(text):
    """Read factors side by side: a matrix product."""
    text = skip(text)
    if text.startswith("-"):
        expression, rest = product(text[1:])
        return f"-({expression})", rest
    expression, rest = factor(text)
    while starts_factor(skip(rest)):
        following, rest = factor(skip(rest))
        expression = f"{expression} @ {following}"
    return expression, rest


def starts_factor(text):
    """Return whether a factor begins here."""
    return text.startswith("(") or SYMBOL.match(text) is not None


def factor(text):
    """Read a symbol or a parenthesis, perhaps transposed."""
    expression, rest = parenthesis(text) if text.startswith("(") else symbol(text)
    transpose = TRANSPOSE.match(rest)
    if transpose:
        return f"{expression}.T", rest[transpose.end() :]
    return expression, rest


def parenthesis(text):
    """Read an expression in parentheses."""
    expression, rest = hadamard(text[1:])
    if not skip(rest).startswith(")"):
        raise ValueError(f"no closing parenthesis in {text!r}")
    return f"({expression})", skip(rest)[1:]


def symbol(text):
    """Read one symbol: an entry of the dictionary of values."""
    found = SYMBOL.match(text)
    if found is None:
        raise ValueError(f"can't read {text!r}")
    return f"v[{name_of(found)!r}]", text[found.end() :]


def name_of(found):
    """Return the key of a symbol, such as ``delta^l+1``."""
    if found["nabla"]:
        return "nabla"
    layer = next(text for key, text in found.groupdict().items() if key[:5] == "layer" and text)
    return f"{KEYS.get(found['slope'], found['name'])}^{layer.replace(' ', '')}"


def component_product(latex, indices):
    """Return the expression for a product of components, of one example."""
    names, subscripts, rest = [], [], skip(latex)
    while rest:
        found = SYMBOL.match(rest)
        below = COMPONENT.match(rest, found.end()) if found else None
        if below is None:
            raise ValueError(f"can't read {rest!r} in {latex!r}")
        names.append(f"v[{name_of(found)!r}][:, 0]")
        subscripts.append(below[1] or below[2])
        rest = skip(rest[below.end() :])
    return f"np.einsum('{','.join(subscripts)}->{indices}', {', '.join(names)})"
