r"""Derivatives by finite differences: the independent check of every gradient, and its price.

Methods have names. With a step h along one coordinate (e_i is the unit vector):

===========  ========================================  ======================  ================
method       derivative                                error of the formula    evaluations of f
===========  ========================================  ======================  ================
"forward"    (f(x + h e_i) - f(x)) / h                 proportional to h       N + 1
"central"    (f(x + h e_i) - f(x - h e_i)) / (2 h)     proportional to h^2     2 N
"complex"    Im f(x + i h e_i) / h                     proportional to h^2     N
===========  ========================================  ======================  ================

The first two subtract two nearly equal numbers, so that a step that is too small drowns in
rounding. The third subtracts nothing and may take a step of 1e-20, but f must be able to compute
with complex numbers; every activation and cost of this package can. A function that takes complex
numbers and drops their imaginary part somewhere (abs, a maximum of values) would give a wrong
number, so that the third is compared with real steps along lines, and refused where they differ.

For a network's cost, :func:`gradient` computes the 2 N values of "central" without repeating what
they share, and knows a fourth method, "carried": a central difference without cancellation. See
:mod:`bpcourse.fast.low_rank`.

Sources: Nielsen, chapter 2, equation 46, for the forward difference; Squire and Trapp (1998) for
the complex step. Derived in the book's chapter "Differences, taken seriously".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from bpcourse import _checks
from bpcourse.activations import ACTIVATIONS
from bpcourse.backprop import check_targets
from bpcourse.costs import COSTS, Cost
from bpcourse.fast.low_rank import central_differences
from bpcourse.network import Network, Trace, check_network, propagate
from bpcourse.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class ComplexStepError(TypeError):
    """A function that the complex step does not pass through; central differences do."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A derivative by finite differences, and what it cost.

    Attributes
    ----------
    value : ndarray
        The derivatives, of shape ``f(x).shape + x.shape`` (so ``x.shape`` for a number-valued f).
    method : str
        "forward", "central", "complex" or "carried".
    step : float
        The step h, before it is scaled by ``max(1, |x_i|)`` where the default step was used.
    forward_passes : int
        How many times f was evaluated for it; for a network's cost, how many forward passes that
        would be, one after another. (Confirming a complex step takes some ten more an array.)
    parameters : Parameters or None
        For a network's cost, the gradient laid out like the parameters; then ``w``, ``b``,
        ``vector`` and ``sizes`` work as on a gradient by backpropagation.
    """

    value: np.ndarray
    method: str
    step: float
    forward_passes: int
    parameters: Parameters | None = None

    def _of_network(self):
        if self.parameters is None:
            raise AttributeError("only the gradient of a network's cost has layers; use .value")
        return self.parameters

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths n_1, ..., n_L of the network."""
        return self._of_network().sizes

    @property
    def vector(self) -> np.ndarray:
        """All derivatives in one vector, in the order of ``net.parameters.vector``."""
        return self._of_network().vector

    @property
    def w(self) -> Mapping[int, np.ndarray]:
        """The derivatives with respect to the weights, by layer."""
        return self._of_network().w

    @property
    def b(self) -> Mapping[int, np.ndarray]:
        """The derivatives with respect to the biases, by layer."""
        return self._of_network().b

    def __repr__(self):
        return (
            f"<{self.method} difference, step {self.step:g}: {self.value.size:,} derivatives "
            f"from {self.forward_passes:,} evaluations>"
        )


def _forward(f, x, i, h, base):
    moved = x.copy()
    moved[i] += h
    taken = moved[i] - x[i]
    return (f(moved) - base) / taken


def _central(f, x, i, h, base):
    above, below = x.copy(), x.copy()
    above[i] += h
    below[i] -= h
    taken = above[i] - below[i]
    return (f(above) - f(below)) / taken


def _complex(f, x, i, h, base):
    moved = x.astype(np.result_type(x.dtype, np.complex64))
    moved[i] += 1j * h
    value = f(moved)
    if not np.iscomplexobj(value):
        raise ComplexStepError(
            "f returned a real number for a complex argument, so it drops the imaginary part "
            "somewhere (abs, .real, a comparison, float(...)); use method='central'"
        )
    return np.imag(value) / h


@dataclass(frozen=True)
class _Method:
    quotient: Callable  # (f, x, i, h, f(x) or None) -> derivative along coordinate i
    step: Callable  # epsilon of the dtype -> default step
    needs_base: bool  # whether f(x) itself is used
    evaluations: int  # of f for each coordinate
    scaled: bool  # whether the default step grows with |x_i|
    subtracts: bool  # whether a step too small to change x_i loses everything


METHODS = {
    "forward": _Method(_forward, lambda epsilon: epsilon ** (1 / 2), True, 1, True, True),
    "central": _Method(_central, lambda epsilon: epsilon ** (1 / 3), False, 2, True, True),
    "complex": _Method(_complex, lambda epsilon: 1e-20, False, 1, False, False),
}
CARRIED = _Method(_central, lambda epsilon: epsilon ** (2 / 3), False, 2, True, False)


def derivative(
    f: Callable[[np.ndarray], ArrayLike],
    x: ArrayLike,
    *,
    method: Literal["central", "forward", "complex"] = "central",
    step: float | None = None,
) -> Estimate:
    r"""Compute the derivatives of any function of an array by finite differences.

    Parameters
    ----------
    f : callable
        From an array of x's shape to a number or an array. It is called with copies of x.
    x : array_like
        Where to differentiate; float32 or float64.
    method : {"central", "forward", "complex"}
    step : float, optional
        The step h, in the units of x. By default :math:`\epsilon^{1/2}` (forward) or
        :math:`\epsilon^{1/3}` (central) times ``max(1, |x_i|)``, where :math:`\epsilon` is the
        machine epsilon of x's dtype, and 1e-20 (complex). The quotient is divided by the step
        that was really taken after rounding.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        An unknown method, a step that isn't positive or that is too small to change x, NaN or
        infinity in x.
    ComplexStepError
        A TypeError: a complex step through a function that takes no complex numbers, or that drops
        the imaginary part, so that a real step gives another number.

    Examples
    --------
    >>> estimate = derivative(lambda v: (v**2).sum(), [3.0, 4.0])
    >>> estimate.value.round(6), estimate.forward_passes
    (array([6., 8.]), 4)
    """
    how = _checks.lookup_name("method", method, METHODS)
    if not callable(f):
        raise TypeError(f"f is {f!r}, want a function of an array")
    x = _checks.floating("x", x)
    if np.iscomplexobj(x):
        raise TypeError("x is complex; want a real array, float32 or float64")
    steps = _steps(x.ravel(), how, step)

    def flat_f(flat):
        return np.asarray(f(flat.reshape(x.shape)))

    value = _quotients(flat_f, x.ravel(), how, steps)
    if method == "complex":
        # What several coordinates drop may cancel along one line, but not along half of it too.
        confirm(flat_f, x.flatten(), value, [slice(None), slice(None, None, 2)])
    return _estimate(value.reshape(value.shape[:-1] + x.shape), x, method, how, step)


def _quotients(f, x, how, steps):
    """Return the derivatives along each coordinate of a vector x, on the last axis."""
    base = f(x.copy()) if how.needs_base else None
    if how.quotient is not _complex:
        return np.stack([how.quotient(f, x, i, h, base) for i, h in enumerate(steps)], axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part is lost
        try:
            return np.stack([_complex(f, x, i, h, base) for i, h in enumerate(steps)], axis=-1)
        except ComplexStepError:
            raise
        except (TypeError, np.exceptions.ComplexWarning) as error:
            reason = f"f takes no complex numbers ({error}); use method='central'"
            raise ComplexStepError(reason) from error


def confirm(
    f: Callable,
    x: np.ndarray,
    value: np.ndarray,
    parts: Sequence,
    *,
    noise: float = 0.0,
) -> None:
    """Refuse complex-step derivatives that real steps along a line do not confirm.

    For each part of the coordinates there are lines through x. The slope along a line is that of a
    cubic through nine values, by least squares, and what the cubic misses tells how far the slope
    can be trusted: rounding and a kink show there. A line on which the slopes differ accuses the
    complex step, unless a line of another length agrees with it far better: then f bends more than
    once between the two lengths. ``noise`` is what the values may be off by, if that is known.
    """
    x = _widened(f, x)
    rng = np.random.default_rng(0)
    directions = (rng.uniform(0.5, 1, x.size) * rng.choice([-1, 1], x.size)).astype(x.dtype)
    near = np.where(x == 0, 1, np.minimum(abs(x), 1)) * directions  # the scale of x, if it is small
    for part in parts:
        lines = np.zeros((2, x.size), x.dtype)
        lines[0, part], lines[1, part] = directions[part], near[part]
        with np.errstate(all="ignore"):
            _confirm_along(f, x, value, lines, noise)


def _confirm_along(f, x, value, lines, noise):
    """Look along lines until one confirms; refuse if one accuses and none excuses."""
    accused, agreed = [], []
    for differs, margin in (each for line in lines for each in _slopes(f, x, value, line, noise)):
        if (differs <= margin).all() and (margin < _SHARP).all():
            return
        accused.append(np.where(differs > margin, differs, 0))
        agreed.append(differs)
    worst = np.max(accused, axis=0)
    if (worst > 0).any() and not (0.01 * worst > np.fmin.reduce(agreed)).any():
        raise ComplexStepError(_DROPPED)


def _slopes(f, x, value, line, noise):
    """Yield how far complex and real steps differ on a line, and how far they may, relatively."""
    along = f(x + 1e-20j * line)
    epsilon = float(np.finfo(np.asarray(along).dtype).eps)
    # f may add numbers of about 1 to those of x, and round there.
    rounding = noise + epsilon * abs(value) @ (np.maximum(abs(x), 1) * (line != 0))
    for t in (epsilon ** (1 / 3), epsilon ** (1 / 2)):
        slope, missed = _slope(f, x, t * line, epsilon)
        size = abs(value) @ abs(line) + abs(slope / t)
        size = np.where(size == 0, 1, size)
        margin = _TRUST * (32 * missed + rounding) / t + 64 * epsilon * size
        yield abs(np.imag(along) / 1e-20 - slope / t) / size, margin / size


_DROPPED = (
    "the complex step and a real step give different derivatives: f drops the imaginary part "
    "somewhere (abs, np.sign, a maximum or a where of values); use method='central'"
)
# A kink within a line moves its slope by at most 8 times what the cubic misses, wherever it is;
# several kinks may bend it less than that, so that what it misses counts more.
_TRUST = 16
_SHARP = 1e-5  # a relative margin that leaves no doubt


def _widened(f, x):
    """Return x in float64, if f takes it: float32 hides a slope of 1e-3."""
    if x.dtype == np.float64:
        return x
    try:
        with np.errstate(all="ignore"):
            f(x.astype(np.float64))
    except (TypeError, ValueError):
        return x
    return x.astype(np.float64)


def _slope(f, x, step, epsilon):
    """Return the derivative of f(x + s step) at s = 0, and how much a cubic misses from -1 to 1."""
    s = np.arange(-4, 5) / 4
    values = np.stack([np.asarray(f(x + each * step)) for each in s.tolist()])
    # Less f(x), so that the fit itself rounds nothing away.
    change = (values - values[4]).reshape(9, -1)
    powers = np.vander(s, 4, increasing=True)
    coefficients = np.linalg.lstsq(powers, change, rcond=None)[0]
    missed = abs(change - powers @ coefficients).max(axis=0) + epsilon * abs(values[4]).ravel()
    return coefficients[1].reshape(values[4].shape), missed.reshape(values[4].shape)


def _estimate(value, x, method, how, step):
    passes = how.evaluations * x.size + how.needs_base
    nominal = how.step(float(np.finfo(x.dtype).eps)) if step is None else float(step)
    return Estimate(value, method, nominal, passes)


def _steps(x, how, step):
    """Return the step along each coordinate, in x's dtype."""
    if x.size == 0:
        raise ValueError("x is empty; want at least one number to differentiate by")
    if step is None:
        default = how.step(float(np.finfo(x.dtype).eps))
        steps = default * np.maximum(1, abs(x)) if how.scaled else np.full(x.shape, default)
    else:
        steps = np.full(x.shape, _checks.real("step", step, above=0))
    steps = steps.astype(x.dtype)
    if not steps.all():
        raise ValueError(f"step {step:g} is 0 in {x.dtype}; take a larger step")
    with np.errstate(over="ignore"):
        reach = 2 * steps + abs(x)
    if not np.isfinite(reach).all():
        raise ValueError(f"step {steps.max():g} leads out of {x.dtype}; take a smaller step")
    lost = (x + steps == x) & how.subtracts
    if lost.any():
        i = int(np.argmax(lost))
        raise ValueError(
            f"step {steps[i]:g} does not change x, which is {x[i]:g} there, in {x.dtype}; "
            "take a larger step, or method='complex'"
        )
    return steps


def gradient(
    net: Network,
    x: ArrayLike,
    y: ArrayLike,
    cost: Cost | str,
    *,
    method: Literal["central", "carried", "forward", "complex"] = "central",
    step: float | None = None,
) -> Estimate:
    r"""Compute the gradient of a network's cost by finite differences.

    Parameters
    ----------
    net : Network
    x : array_like of shape (n_1, m)
    y : array_like of shape (n_L, m)
    cost : Cost or str
    method : {"central", "carried", "forward", "complex"}
        "central" moves all weights into one neuron together and repeats nothing that they share;
        "carried" does so too, and carries the difference of the two perturbed networks through the
        layers instead of subtracting their costs, so that no step is too small. Both need a cost
        with ``per_example``; "central" falls back on the plain loop.
    step : float, optional
        As in :func:`derivative`; for "carried" by default :math:`\epsilon^{2/3}` times
        ``max(1, |x_i|)``.

    Returns
    -------
    Estimate
        With ``w[l]``, ``b[l]`` and ``vector`` as on a gradient by backpropagation, and the number
        of forward passes: W + 1, 2 W or W for W parameters.

    Raises
    ------
    ValueError, TypeError
        As :meth:`Network.forward`, :func:`backprop` and :func:`derivative`.

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0]]], [[0.0]], [bp.sigmoid])
    >>> estimate = gradient(net, [[1.0]], [[0.0]], bp.cross_entropy, method="complex")
    >>> estimate.w[2], estimate.forward_passes
    (array([[0.88079708]]), 2)
    """
    how = _checks.lookup_name("method", method, {**METHODS, "carried": CARRIED})
    trace, y, cost = _checked(net, x, y, cost)
    if method == "carried" and cost.per_example is None:
        raise ValueError(
            f"method 'carried' needs a cost with per_example, and {cost.name} has none; "
            "use method='central'"
        )
    estimate = estimated(net, trace, y, cost, method, how, step)
    if method == "complex" and not known_to_be_complex(net, cost):
        confirm_gradient(net, trace, y, cost, estimate)
    return estimate


def estimated(
    net: Network,
    trace: Trace,
    y: np.ndarray,
    cost: Cost,
    method: str,
    how: _Method,
    step: float | None,
) -> Estimate:
    """Return the gradient by a method, for arguments that have been checked; see `gradient`."""
    vector = net.parameters.vector
    steps = _steps(vector, how, step)
    if method in ("central", "carried") and cost.per_example is not None:
        value = central_differences(net, trace, y, cost, steps, carry=method == "carried")
    else:
        cost_at = _cost_at(net, trace.a[1], y, cost)
        value = _quotients(lambda v: np.asarray(cost_at(v)), vector, how, steps)
    value.flags.writeable = False
    estimate = _estimate(value, vector, method, how, step)
    return replace(estimate, parameters=Parameters._over(net.sizes, value))


def confirm_gradient(
    net: Network, trace: Trace, y: np.ndarray, cost: Cost, estimate: Estimate
) -> None:
    """Refuse a gradient by complex steps that real steps do not confirm, array by array."""
    indices = Parameters._over(net.sizes, np.arange(len(net.parameters)))
    arrays = [each.ravel() for each in (*indices.w.values(), *indices.b.values())]
    x, y = trace.a[1].astype(np.float64), y.astype(np.float64)
    cost_at = _cost_at(net, x, y, cost)
    noise = cost_noise(cost, trace.a[net.depth].astype(np.float64), y)
    confirm(cost_at, net.parameters.vector, estimate.value, [slice(None), *arrays], noise=noise)


def cost_noise(cost: Cost, a: np.ndarray, y: np.ndarray) -> float:
    """Return the change of the cost when every output changes in its last digit.

    It is large where the cost takes the logarithm of 1 - a with a next to 1.
    """
    epsilon, signs = np.finfo(a.dtype).eps, np.random.default_rng(0).choice([-1, 1], a.shape)
    moved = []
    for each in (signs, -signs):
        nudged = a * (1 + epsilon * each)
        moved.append(np.where((a <= 1) & (nudged > 1), a * (1 - epsilon), nudged))  # probabilities
    with np.errstate(all="ignore"):
        here = cost.value(a, y)
        change = max(float(abs(cost.value(each, y) - here)) for each in moved)
    return change if np.isfinite(change) else np.inf


def known_to_be_complex(net: Network, cost: Cost) -> bool:
    """Return whether every function is this package's own: the complex step passes through it."""
    built_in = [*ACTIVATIONS.values()]
    return cost in COSTS.values() and all(each in built_in for each in net.activations.values())


def _checked(net, x, y, cost):
    """Return the forward pass of a mini-batch, its targets and its cost, all real."""
    cost = _checks.lookup("cost", cost, COSTS)
    trace = check_network(net).forward(x)
    y = check_targets(net, trace.a[net.depth], y, cost)
    _refuse_complex(net, x=trace.a[1], y=y)
    return trace, y, cost


def _refuse_complex(net, **arrays):
    for name, array in {"net": net.parameters.vector, **arrays}.items():
        if np.iscomplexobj(array):
            raise TypeError(
                f"{name} holds complex numbers, which have no finite difference by real steps; "
                "want float32 or float64"
            )


def cost_function(
    net: Network, x: ArrayLike, y: ArrayLike, cost: Cost | str
) -> Callable[[np.ndarray], float]:
    r"""Return a network's cost as a function of its parameters, for :func:`derivative`.

    ``derivative(cost_function(net, x, y, cost), net.parameters.vector)`` is the plain loop: every
    parameter in turn is moved, and a whole forward pass follows. :func:`gradient` shares the work.

    Parameters
    ----------
    net : Network
    x : array_like of shape (n_1, m)
    y : array_like of shape (n_L, m)
    cost : Cost or str

    Returns
    -------
    callable
        From a vector of shape (W,) to the mean cost of the mini-batch.

    Raises
    ------
    ValueError, TypeError
        As :func:`gradient`.

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0]]], [[0.0]], [bp.sigmoid])
    >>> cost_at = cost_function(net, [[1.0]], [[0.0]], bp.cross_entropy)
    >>> derivative(cost_at, net.parameters.vector).value.round(6)
    array([0.880797, 0.880797])
    """
    trace, y, cost = _checked(net, x, y, cost)
    return _cost_at(net, trace.a[1], y, cost)


def _cost_at(net, x, y, cost):
    def cost_at(vector):
        if np.shape(vector) != net.parameters.vector.shape:
            raise ValueError(
                f"vector has shape {np.shape(vector)}, want ({len(net.parameters)},): all weights "
                f"and biases of a network {list(net.sizes)}"
            )
        moved = net._at(Parameters._over(net.sizes, vector))
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return cost.value(propagate(moved, x).a[net.depth], y)

    return cost_at
