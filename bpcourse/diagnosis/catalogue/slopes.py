"""Wrong slopes, which BP1, BP2 and BP4 have in common."""

from bpcourse.activations import relu, sigmoid, tanh

# Formulas that learners use for the derivative, of z or of a.
FORMULAS = {"sigmoid": lambda v: v * (1 - v), "tanh": lambda v: 1 - v**2}


def formula_of_z(step):
    formula = FORMULAS.get(step.activation.name)
    return None if formula is None else formula(step.z)


def prime_of(step, array):
    return step.activation.prime(array) if step.activation.elementwise else None


def other_primes(step):
    """Return sigma' of every other built-in activation, taken of z, or by its formula of a."""
    primes = [each.prime(step.z) for each in (sigmoid, tanh, relu) if each != step.activation]
    return primes + [f(step.a) for name, f in FORMULAS.items() if name != step.activation.name]
