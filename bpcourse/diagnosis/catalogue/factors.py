"""A constant factor: one cause in every equation, whatever its value."""

from fractions import Fraction

from bpcourse.diagnosis.catalogue.cause import Cause

# Factors with a cause of their own.
_NAMES = {-1.0: "sign", 2.0: "factor_2", 0.5: "factor_half"}

_LARGEST = 1000


def factor_name(c):
    """Return the name of the cause that multiplies an array by c."""
    near = (name for value, name in _NAMES.items() if abs(c - value) < 1e-4 * abs(value))
    return next(near, "factor")


def in_words(c):
    """Return a factor that someone may have written, such as 3, 1/3, 0.75; "" for any other one.

    Examples
    --------
    >>> in_words(4.0000001), in_words(1 / 3), in_words(0.01), in_words(3.7)
    ('4', '1/3', '0.01', '')
    """
    for value in (c, 1 / c):
        whole = round(value)
        if 0 < abs(whole) <= _LARGEST and abs(value - whole) <= 1e-4 * abs(whole):
            return str(whole) if value is c else _quotient(1, whole)
    near = Fraction(c).limit_denominator(10)
    if 0 < abs(near.numerator) <= 10 and abs(c - near) <= 1e-4 * abs(c):
        return _quotient(near.numerator, near.denominator)
    return ""


def _quotient(top, bottom):
    value = f"{top / bottom:.4g}"
    return value if len(value) <= 5 and float(value) == top / bottom else f"{top}/{bottom}"


def _factor(equation, what, answer):
    return Cause(
        "factor",
        equation,
        "a constant factor",
        f"{what} is right but for one constant factor.",
        "Which number multiplies or divides here: a learning rate, the number of examples or of "
        "neurons, a constant of the cost?",
        answer,
    )


FACTORS = [
    _factor("bp1", "The error", "Leave the factor out; or, if it belongs to your cost, say so."),
    _factor(
        "bp2",
        "The error that comes back",
        "Leave the factor out: BP2 has the weights, the error of layer l+1 and sigma'(z^l) alone.",
    ),
    _factor("bp3", "The biases' gradient", "Leave the factor out: it is the mean of delta^l."),
    _factor(
        "bp4",
        "The weights' gradient",
        "Leave the factor out: it is the mean of delta^l times a^{l-1}.",
    ),
]
