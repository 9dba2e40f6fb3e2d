r"""Checks of a gradient against finite differences, with a report in words.

:func:`check` compares a gradient with finite differences of the cost and says what disagrees, where
and by which ratio. :func:`require` raises the same report as an error. :func:`compare` takes two
gradients that are there already.

A gradient is judged array by array. The error of an array is its largest difference, relative to
its largest entry, so that the first layer of a deep network, whose derivatives may be a million
times smaller than those of the last, is checked as strictly as any other. The gradients disagree
in an array if

.. math::

    \max |g - \hat g| > r \max(|g|, |\hat g|) + s

with a relative tolerance r, and the noise s that the finite difference itself has.

Derived in the book's chapter "One gradient, two prices".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from bpcourse import _checks, finite_difference
from bpcourse._gradcheck_noise import ROUNDING, by_layer, noise_by_array
from bpcourse.activations import identity
from bpcourse.backprop import Gradient, check_targets, propagate_back
from bpcourse.costs import COSTS, Cost, cross_entropy, log_likelihood
from bpcourse.gradcheck_report import CLEAR, GradientError, Report, Row, likely_mistake, same_ratio
from bpcourse.network import Network, check_network
from bpcourse.parameters import Parameters, parameter_count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from bpcourse.finite_difference import Estimate

    AnyGradient = Gradient | Parameters | Estimate | ArrayLike
    Method = Literal["complex", "central", "forward"]

# A mistake in a gradient changes it by far more than this; rounding and truncation by far less.
_TOLERANCES = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-3}

_EPSILON = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).tiny)

# The last digits of an output that a forward pass may lose.
_LOST = 8

_FALLBACK_NOTE = (
    "The complex step was not used, because {}. Central differences took its place; they are wrong "
    "where the cost bends within the step, such as at a kink."
)

_NOISY_NOTE = (
    "The value of cost {} is too noisy here: a change in the last digit of the outputs moves it by "
    "{:.1g}, too much for real steps. Check at smaller weights, or pass a matched pair (sigmoid "
    "and bp.cross_entropy, softmax and bp.log_likelihood), whose value is computed from the "
    "weighted inputs."
)

_CAST_NOTE = "The network is float32; the check was made in float64, with x and y cast up."


def compare(
    analytic: AnyGradient,
    numeric: AnyGradient,
    *,
    relative_tolerance: float | None = None,
    noise: float | None = None,
    batch_size: int | None = None,
) -> Report:
    """Compare two gradients, array by array.

    Parameters
    ----------
    analytic, numeric : Gradient, Parameters, Estimate or array_like
        The gradient to judge and the one to judge it by, of the same network or of the same shape.
        Beside a gradient of a network, an array of shape (W,) is taken as one too.
    relative_tolerance : float, optional
        The largest relative error allowed; by default 1e-6, or 1e-3 if ``analytic`` is float32.
    noise : float, optional
        The difference that the numeric gradient itself may make, in the units of the gradient. By
        default :func:`noise_floor` of the estimate's method and step (for a cost of about 1), and
        0 for a gradient that is no estimate.
    batch_size : int, optional
        m, so that a ratio of m or 1/m can be recognized.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        Gradients of different sizes, NaN or infinity (named).
    TypeError
        A numeric gradient in less than float64: too few of its digits are right.

    Examples
    --------
    >>> from bpcourse.finite_difference import derivative
    >>> numeric = derivative(lambda v: (v**2).sum(), [3.0, 4.0], method="complex")
    >>> compare([6.0, 8.0], numeric).ok
    True
    >>> print(compare([3.0, 4.0], numeric).hint)
    Hint: all of gradient is 0.5 times the numeric value. 1/2 stands in front of a cost such as
    1/2 (a - y)^2: the square cancels it.
    """
    if batch_size is not None:
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    pairs = _pairs(analytic, numeric)
    if noise is None:
        known = isinstance(numeric, finite_difference.Estimate)
        noise = noise_floor(numeric.method, numeric.step) if known else 0.0
    return _report(
        pairs,
        numeric,
        dict.fromkeys(pairs, _checks.real("noise", noise, minimum=0)),
        dtype=_coarser(*(each.dtype for each, _ in pairs.values())),
        relative_tolerance=relative_tolerance,
        batch_size=batch_size,
    )


def check(
    net: Network,
    x: ArrayLike,
    y: ArrayLike,
    cost: Cost | str,
    gradient: AnyGradient | Callable | None = None,
    *,
    method: Method = "complex",
    step: float | None = None,
    relative_tolerance: float | None = None,
) -> Report:
    r"""Check the gradient of a network's cost against finite differences.

    The check is made in float64: a finite difference in float32 has two or three right digits. A
    float32 network is cast up, with x and y, and the report says so.

    Parameters
    ----------
    net : Network
    x : array_like of shape (n_1, m)
    y : array_like of shape (n_L, m)
    cost : Cost or str
    gradient : Gradient, Parameters, array_like of shape (W,) or callable, optional
        The gradient to check, or a function ``gradient(net, x, y, cost)`` that returns it, which
        is called with the network in float64. By default the gradient by :func:`backprop`.
    method : {"complex", "central", "forward"}
        The complex step has no noise but rounding: take it whenever all activations and the cost
        accept complex numbers, as those of this package do.
    step : float, optional
        As in :func:`bpcourse.finite_difference.derivative`.
    relative_tolerance : float, optional
        By default 1e-6, or 1e-3 for a gradient in float32 or of a float32 network.

    Returns
    -------
    Report
        ``report.ok``, ``report.rows``, ``report.hint``, and the message ``str(report)``.

    Raises
    ------
    ValueError, TypeError
        A gradient of other sizes, NaN or infinity; a gradient function that changes its arguments;
        as :func:`bpcourse.finite_difference.gradient`.

    Notes
    -----
    What rounding explains is measured, not guessed: the backward pass is repeated with every number
    that enters it changed in its last digits, and the change of the gradient is taken as noise, and
    so is what underflows. The cost of a matched pair is computed from the weighted input of the
    output layer: where outputs are saturated, 1 - a has lost its digits, and its logarithm too.

    Examples
    --------
    >>> import bpcourse as bp
    >>> rng = np.random.default_rng(0)
    >>> net = bp.Network.random([2, 3, 1], hidden=bp.sigmoid, output=bp.sigmoid, rng=rng)
    >>> x, y = rng.random((2, 5)), rng.random((1, 5))
    >>> report = check(net, x, y, bp.cross_entropy)
    >>> report.ok
    True

    A gradient that sums over the mini-batch instead of taking the mean:

    >>> summed = 5 * bp.backprop(net, net.forward(x), y, bp.cross_entropy)
    >>> print(check(net, x, y, bp.cross_entropy, summed).hint)
    Hint: the whole gradient is 5 times the numeric value. 5 is the batch size: look for a sum over
    the examples in place of their mean.
    """
    cost = _checks.lookup("cost", cost, COSTS)
    _checks.lookup_name("method", method, finite_difference.METHODS)
    cast, x, y = _in_float64(check_network(net), x, y, cost)
    dtype = np.dtype(np.float64)
    if gradient is None:
        with np.errstate(all="ignore"):  # a gradient that is not finite is refused by name below
            gradient = propagate_back(cast, cast.forward(x), y, cost)
    elif callable(gradient):
        gradient = _called(gradient, cast, x, y, cost)
    else:
        dtype = net.parameters.vector.dtype
    dtype = _coarser(dtype, _dtype_of(gradient))

    same, cost_of_same = _at_weighted_inputs(cast, cost)
    floor = _floor(same, x, y, cost_of_same)

    def judged(numeric, *notes):
        explained, lost = floor(numeric)
        report = _report(
            _pairs(gradient, numeric),
            numeric,
            noise_by_array(cast, x, y, cost, dtype, explained),
            dtype=dtype,
            relative_tolerance=relative_tolerance,
            batch_size=x.shape[1],
            note=" ".join([*(() if cast is net else (_CAST_NOTE,)), *notes]),
        )
        return replace(report, note=f"{report.note} {lost}".strip()) if report.too_small else report

    estimate = _estimator(same, x, y, cost_of_same)
    if method != "complex" or finite_difference.known_to_be_complex(cast, cost):
        return judged(estimate(method, step))
    return _judged_with_care(judged, estimate, step)


def _judged_with_care(judged, estimate, step):
    """Return a report by the complex step, or by central differences if it does not pass through.

    Functions of one's own may drop an imaginary part unseen. So a report that finds a mistake is
    believed only if real steps find one too.
    """
    try:
        found = judged(estimate("complex", step, confirmed=True))
    except finite_difference.ComplexStepError as error:
        return judged(estimate("central"), _FALLBACK_NOTE.format(str(error).partition(";")[0]))
    if found.wrong:
        by_real_steps = judged(estimate("central"), _FALLBACK_NOTE.format("it finds a mistake"))
        return by_real_steps if by_real_steps.ok else found
    return found


def _estimator(net, x, y, cost):
    """Return a function of the method and the step that estimates the gradient."""
    trace = net.forward(x)

    def estimate(method, step=None, *, confirmed=False):
        how = finite_difference.METHODS[method]
        found = finite_difference.estimated(net, trace, y, cost, method, how, step)
        if confirmed:
            finite_difference.confirm_gradient(net, trace, y, cost, found)
        return found

    return estimate


def _called(gradient, net, x, y, cost):
    """Return what a gradient function returns; it must leave its arguments as they are."""
    given = {"x": x.copy(), "y": y.copy()}
    result = gradient(net, given["x"], given["y"], cost)
    for name, before in (("x", x), ("y", y)):
        if given[name].shape != before.shape:
            raise ValueError(
                f"the gradient function changes its argument {name}: {name} had shape "
                f"{before.shape}, and has {given[name].shape} afterwards; let it work on a copy, "
                f"{name} = {name}.copy()"
            )
        changed = np.argwhere(given[name] != before)
        if changed.size:
            place = tuple(int(i) for i in changed[0])
            raise ValueError(
                f"the gradient function changes its argument {name}: {name}{list(place)} was "
                f"{before[place]:g}, and is {given[name][place]:g} afterwards; let it work on a "
                f"copy, {name} = {name}.copy()"
            )
    return result


def _at_weighted_inputs(net, cost):
    """Return a network and a cost for the numeric gradient: the same function of the parameters.

    For a matched pair, the output layer is left out and the cost computed from its z.
    """
    per_example = _MATCHED.get(cost)
    if per_example is None or net.activations[net.depth] != cost.matched:
        return net, cost
    activations = {**net.activations, net.depth: identity}
    at_z = Cost(cost.name, lambda z, y: per_example(z, y).mean(), None, per_example)
    return Network(net.parameters, activations), at_z


def _cross_entropy_at(z, y):
    """-y log a - (1 - y) log(1 - a) with a = sigmoid(z) is log(1 + e^z) - y z."""
    positive = z.real > 0
    decay = np.exp(np.where(positive, -z, z))  # log(1 + e^z) = z + log(1 + e^-z)
    return (np.where(positive, (1 - y) * z, -y * z) + np.log1p(decay)).sum(axis=0)


def _log_likelihood_at(z, y):
    """-sum y log a with a = softmax(z) is the sum of y (log sum e^z - z)."""
    below = z - z.real.max(axis=0)
    return (y * (np.log(np.exp(below).sum(axis=0)) - below)).sum(axis=0)


_MATCHED = {cross_entropy: _cross_entropy_at, log_likelihood: _log_likelihood_at}


def require(
    net: Network,
    x: ArrayLike,
    y: ArrayLike,
    cost: Cost | str,
    gradient: AnyGradient | Callable | None = None,
    *,
    method: Method = "complex",
    step: float | None = None,
    relative_tolerance: float | None = None,
) -> Report:
    """Check the gradient of a network's cost, and raise the report as an error if it is wrong.

    Parameters are those of :func:`check`.

    Returns
    -------
    Report
        One that is ``ok``.

    Raises
    ------
    GradientError
        The gradient disagrees, or is too small everywhere to be judged; ``error.report`` is the
        report, and the message is its text.
    ValueError, TypeError
        As :func:`check`.

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0]]], [[0.0]], [bp.sigmoid])
    >>> x, y = np.array([[1.0]]), np.array([[0.0]])
    >>> require(net, x, y, bp.quadratic)
    <gradient check of w2, b2: agree>
    >>> wrong = -bp.backprop(net, net.forward(x), y, bp.quadratic)
    >>> try:
    ...     require(net, x, y, bp.quadratic, wrong)
    ... except GradientError as error:
    ...     print(error.report.hint)
    Hint: the whole gradient is -1 times the numeric value. The sign is wrong: look for y - a in
    place of a - y, or a stray minus.
    """
    options = {"method": method, "step": step, "relative_tolerance": relative_tolerance}
    report = check(net, x, y, cost, gradient, **options)
    if not report.ok:
        raise GradientError(report)
    return report


def noise_floor(method: Method, step: float, *, cost_value: float = 1.0) -> float:
    r"""Return the size of the errors that a finite difference makes by itself.

    With the machine epsilon :math:`\epsilon` of float64 and the step h, forward (p = 1) and central
    (p = 2) differences have a noise of

    .. math::

        s = (1 + |C|) \left( \frac{64 \epsilon}{h} + h^p \right),

    the rounding of C divided by the step, and the truncation of the formula where the higher
    derivatives of C are about as large as C. The complex step subtracts nothing, so that only
    :math:`h^2` is left, and that is zero to the last digit for any sensible step.

    Parameters
    ----------
    method : {"complex", "central", "forward"}
    step : float
        The step h.
    cost_value : float
        C, the value of the function that was differentiated.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        An unknown method, a step that isn't positive.

    Examples
    --------
    >>> print(f"{noise_floor('central', 1e-5):.1e}, {noise_floor('complex', 1e-30)}")
    3.0e-09, 0.0
    """
    _checks.lookup_name("method", method, finite_difference.METHODS)
    h = _checks.real("step", step, above=0)
    size = 1 + abs(_checks.real("cost_value", cost_value))
    truncation = h if method == "forward" else h**2
    if method == "complex":
        return size * truncation if truncation > _EPSILON else 0.0
    return size * (ROUNDING * _EPSILON / h + truncation)


def _in_float64(net, x, y, cost):
    """Return the network, x and y in float64, after checking them as they came."""
    trace = net.forward(x)
    x, y = trace.a[1], check_targets(net, trace.a[net.depth], y, cost)
    _refuse_infinite_cost(cost.value(trace.a[net.depth], y))
    for name, array in {"net": net.parameters.vector, "x": x, "y": y}.items():
        if np.iscomplexobj(array):
            raise TypeError(f"{name} holds complex numbers, want float32 or float64")
    if x.dtype == np.float64:
        return net, x, y
    vector = net.parameters.vector.astype(np.float64)
    return net.with_parameters(vector), x.astype(np.float64), y.astype(np.float64)


def _refuse_infinite_cost(value):
    if not np.isfinite(value):
        raise ValueError(
            f"the cost is {value} at these parameters, so it has no finite differences; check at "
            "smaller weights, where no output is exactly 0 or 1"
        )


def _pairs(analytic, numeric):
    """Return the arrays of two gradients as pairs, by name, after checking both."""
    sizes = getattr(numeric, "sizes", None) or getattr(analytic, "sizes", None)
    analytic = _named_arrays("analytic", analytic, sizes)
    numeric = _named_arrays("numeric", numeric, sizes)
    for name, array in numeric.items():
        if analytic[name].shape != array.shape:
            raise ValueError(
                f"analytic {name} has shape {analytic[name].shape}, numeric {name} has shape "
                f"{array.shape}; want two gradients of the same shape"
            )
        if array.dtype != np.float64:
            raise TypeError(
                f"numeric {name} has dtype {array.dtype}, want float64: a finite difference in "
                f"{array.dtype} has only a few right digits. gradcheck.check makes one in float64"
            )
    return {name: (analytic[name], numeric[name]) for name in numeric}


def _named_arrays(which, gradient, sizes):
    """Return the arrays of a gradient by name; one array called "gradient" without layers."""
    if sizes is None:
        arrays = {"gradient": _checks.array_of(which, getattr(gradient, "value", gradient))}
    else:
        vector = _checks.array_of(which, getattr(gradient, "vector", gradient))
        came, want = getattr(gradient, "sizes", sizes), (parameter_count(sizes),)
        if came != sizes or vector.shape != want:
            of = f"is of a network {list(came)}" if came != sizes else f"has shape {vector.shape}"
            raise ValueError(
                f"{which} gradient {of}, want {want}: one derivative for each weight and bias of "
                f"a network {list(sizes)}, in the order of net.parameters.vector"
            )
        arrays = by_layer(Parameters._over(sizes, vector))
    for name, array in arrays.items():
        arrays[name] = _checks.floating(f"{which} {name}", array)
        if np.iscomplexobj(array):
            raise TypeError(f"{which} {name} holds complex numbers, want real ones")
    return arrays


def _dtype_of(gradient):
    """Return the dtype of a gradient in any of its forms; float64 for whole numbers."""
    dtype = _checks.array_of("gradient", getattr(gradient, "vector", gradient)).dtype
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)


def _coarser(*dtypes):
    """Return the dtype with the fewest digits."""
    return max((np.dtype(each) for each in dtypes), key=lambda each: np.finfo(each).eps)


def _floor(net, x, y, cost):
    """Return a function of a numeric gradient: the differences it explains, and a note on them."""
    output = net.forward(x).a[net.depth]
    value = float(cost.value(output, y))
    noise = finite_difference.cost_noise(cost, output, y)

    def floor(numeric):
        explained = noise_floor(numeric.method, numeric.step, cost_value=value)
        if numeric.method == "complex":  # what is left of the step in the value may underflow
            return explained + _TINY / numeric.step, ""
        lost = _LOST * noise / numeric.step
        note = _NOISY_NOTE.format(cost.name, noise) if lost > explained else ""
        return explained + lost, note

    return floor


def _report(pairs, numeric, noise, *, dtype, relative_tolerance, batch_size, note=""):
    """Judge every array and put the report together."""
    if relative_tolerance is None:
        relative_tolerance = _TOLERANCES[dtype]
    tolerance = _checks.real("relative_tolerance", relative_tolerance, above=0, below=1)
    rows = tuple(_row(name, *pairs[name], tolerance, noise[name]) for name in pairs)
    outputs = numeric.sizes[-1] if hasattr(numeric, "sizes") else None
    return Report(
        rows=rows,
        relative_tolerance=tolerance,
        analytic=str(_coarser(*(analytic.dtype for analytic, _ in pairs.values()))),
        numeric=_described(numeric),
        hint=likely_mistake(rows, batch_size, outputs),
        note=note,
    )


def _described(numeric):
    """Say how the numeric gradient was made."""
    if not isinstance(numeric, finite_difference.Estimate):
        return "float64"
    return (
        f"{numeric.method} difference with step {numeric.step:.2g}, "
        f"{numeric.forward_passes:,} forward passes, float64"
    )


def _row(name, analytic, numeric, tolerance, noise):
    """Compare one array."""
    difference = abs(analytic - numeric)
    worst = np.unravel_index(np.argmax(difference), difference.shape)
    error = float(difference[worst])
    scale = float(max(abs(analytic).max(), abs(numeric).max()))
    ratio, constant = _ratio(analytic, numeric, noise)
    return Row(
        array=name,
        size=numeric.size,
        where=_entry_name(name, worst),
        analytic=float(analytic[worst]),
        numeric=float(numeric[worst]),
        relative_error=error / scale if scale else 0.0,
        ratio=ratio,
        constant=constant,
        noise=noise,
        verdict=_verdict(error, scale, tolerance, noise),
    )


def _verdict(error, scale, tolerance, noise):
    if error > tolerance * scale + noise:
        return "WRONG"
    # Equal numbers agree, however small. Others agree only if a disagreement could be seen.
    return "too small" if error and scale < CLEAR * noise else "ok"


def _ratio(analytic, numeric, noise):
    """Return the median of analytic/numeric, and whether it is the same everywhere."""
    # Entries far below the largest have relative errors of their own that say nothing.
    clear = abs(numeric) > max(CLEAR * noise, 1e-3 * abs(numeric).max())
    if not clear.any():
        return float("nan"), False
    ratios = analytic[clear] / numeric[clear]
    median = float(np.median(ratios))
    return median, bool(same_ratio(ratios, median).all())


def _entry_name(array, index):
    # A bias is a column, so that its second index says nothing.
    index = index[:1] if array.startswith("b") else index
    return f"{array}[{','.join(str(i) for i in index)}]" if index else array
