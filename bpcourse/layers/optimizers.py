r"""Steps: from gradient descent to Adam, as functions of (parameters, gradient, state).

Each takes arrays of one shape (all parameters in one vector will do), the state that it gave back
at the step before (None at the first), and the learning rate of this step; each returns new
parameters and a new state, and changes nothing:

.. code-block:: python

    state = None
    for step in range(1, steps + 1):
        w, state = adam(w, gradient(w), state, eta=schedule(step))

:func:`bpcourse.train` takes one of them as ``optimizer=``, and a schedule as ``eta=``.

Sources: Polyak (1964), Nesterov (1983) and Sutskever et al. (2013) for momentum; Tieleman and
Hinton (2012) for RMSProp; Kingma and Ba (2015) for Adam; Loshchilov and Hutter (2017, 2019) for the
cosine and for AdamW. Derived in the book's chapter "Steps".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from bpcourse import _checks


@dataclass(frozen=True, eq=False)
class State:
    """What an optimizer remembers from one step to the next.

    Attributes
    ----------
    step : int
        How many steps were made: one counter for all parameters.
    velocity : ndarray or None
        The velocity of momentum, or the moving average of the gradients.
    square : ndarray or None
        The moving average of the squared gradients.
    """

    step: int
    velocity: ndarray | None = None
    square: ndarray | None = None


def _kept(state, name):
    """Return an average that a state holds, unless it comes from another optimizer."""
    array = getattr(state, name)
    if array is None:
        raise ValueError(
            f"state has no {name}: it comes from another optimizer; begin with state=None"
        )
    return array


def _begin(parameters, gradient, state, eta, *forgetting):
    """Return the arrays, the state to start from and eta as a Python float, all checked.

    A NumPy number of 64 bits would turn float32 into float64. ``forgetting`` are factors of moving
    averages.
    """
    eta = _checks.real("eta", eta, minimum=0)
    for factor in forgetting:
        _checks.real("a factor of a moving average", factor, minimum=0, below=1)
    parameters = _checks.shaped("parameters", parameters, ("...",))
    gradient = _checks.shaped("gradient", gradient, parameters.shape, like=parameters)
    if state is None:
        nothing = np.zeros_like(parameters)
        return parameters, gradient, State(0, nothing, nothing), eta
    if not isinstance(state, State):
        raise TypeError(
            f"state is {type(state).__name__}, want what the step before gave back, or None at the "
            "first"
        )
    for name in ("velocity", "square"):
        kept = getattr(state, name)
        if kept is not None:
            _checks.shaped(f"state.{name}", kept, parameters.shape, like=parameters)
    return parameters, gradient, state, eta


@_checks.silent
def sgd(
    parameters: ndarray, gradient: ndarray, state: State | None, *, eta: float
) -> tuple[ndarray, State]:
    r"""Make a step of gradient descent.

    .. math:: w \leftarrow w - \eta g

    Parameters
    ----------
    parameters, gradient : ndarray of one shape
    state : State or None
    eta : float

    Returns
    -------
    parameters : ndarray
    state : State

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, numbers out of range.

    Examples
    --------
    >>> w, state = sgd(np.array([1.0]), np.array([2.0]), None, eta=0.1)
    >>> w, state.step
    (array([0.8]), 1)
    """
    parameters, gradient, state, eta = _begin(parameters, gradient, state, eta)
    return parameters - eta * gradient, State(state.step + 1)


@_checks.silent
def momentum(
    parameters: ndarray,
    gradient: ndarray,
    state: State | None,
    *,
    eta: float,
    mu: float = 0.9,
) -> tuple[ndarray, State]:
    r"""Make a step with a velocity that keeps most of itself.

    .. math:: v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v

    Parameters
    ----------
    parameters, gradient : ndarray of one shape
    state : State or None
    eta : float
    mu : float
        :math:`\mu`, from 0 to below 1.

    Returns
    -------
    parameters : ndarray
    state : State

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, numbers out of range.

    Examples
    --------
    The same gradient twice: the second step is 1.9 times as long.

    >>> w, state = momentum(np.array([1.0]), np.array([1.0]), None, eta=0.1)
    >>> w, state = momentum(w, np.array([1.0]), state, eta=0.1)
    >>> w.round(4)
    array([0.71])
    """
    parameters, gradient, state, eta = _begin(parameters, gradient, state, eta, mu)
    velocity = mu * _kept(state, "velocity") - eta * gradient
    return parameters + velocity, State(state.step + 1, velocity)


@_checks.silent
def nesterov(
    parameters: ndarray,
    gradient: ndarray,
    state: State | None,
    *,
    eta: float,
    mu: float = 0.9,
) -> tuple[ndarray, State]:
    r"""Make a step of Nesterov's momentum: the gradient is that of where the velocity leads.

    .. math:: v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + \mu v - \eta g

    The parameters are those of the point ahead, :math:`w + \mu v` in Nesterov's own variables, so
    that the gradient is always taken where the parameters are.

    Parameters
    ----------
    parameters, gradient : ndarray of one shape
    state : State or None
    eta : float
    mu : float
        :math:`\mu`, from 0 to below 1.

    Returns
    -------
    parameters : ndarray
    state : State

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, numbers out of range.

    Examples
    --------
    >>> nesterov(np.array([1.0]), np.array([1.0]), None, eta=0.1)[0].round(4)
    array([0.81])
    """
    parameters, gradient, state, eta = _begin(parameters, gradient, state, eta, mu)
    velocity = mu * _kept(state, "velocity") - eta * gradient
    return parameters + mu * velocity - eta * gradient, State(state.step + 1, velocity)


@_checks.silent
def rmsprop(
    parameters: ndarray,
    gradient: ndarray,
    state: State | None,
    *,
    eta: float,
    rho: float = 0.9,
    epsilon: float = 1e-8,
) -> tuple[ndarray, State]:
    r"""Make a step in which every parameter is scaled by the size of its own gradients.

    .. math:: s \leftarrow \rho s + (1 - \rho) g^2, \qquad
              w \leftarrow w - \eta \frac{g}{\sqrt{s} + \epsilon}

    Parameters
    ----------
    parameters, gradient : ndarray of one shape
    state : State or None
    eta : float
    rho : float
        :math:`\rho`, from 0 to below 1.
    epsilon : float

    Returns
    -------
    parameters : ndarray
    state : State

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, numbers out of range.

    Examples
    --------
    A gradient ten thousand times as large makes the same step:

    >>> rmsprop(np.zeros(2), np.array([1e-2, 1e2]), None, eta=0.01)[0].round(4)
    array([-0.0316, -0.0316])
    """
    parameters, gradient, state, eta = _begin(parameters, gradient, state, eta, rho)
    epsilon = _checks.real("epsilon", epsilon, minimum=0)
    square = rho * _kept(state, "square") + (1 - rho) * gradient**2
    moved = parameters - eta * gradient / (np.sqrt(square) + epsilon)
    return moved, State(state.step + 1, None, square)


@_checks.silent
def adam(
    parameters: ndarray,
    gradient: ndarray,
    state: State | None,
    *,
    eta: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[ndarray, State]:
    r"""Make a step of Adam: a mean of gradients over the root of a mean of their squares.

    .. math::

        v \leftarrow \beta_1 v + (1 - \beta_1) g, \quad
        s \leftarrow \beta_2 s + (1 - \beta_2) g^2, \quad
        w \leftarrow w - \eta \frac{v / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \epsilon}

    Both averages begin at 0; the divisions, with the step t counted from 1, make up for that.

    Parameters
    ----------
    parameters, gradient : ndarray of one shape
    state : State or None
    eta : float
    beta_1, beta_2 : float
        From 0 to below 1.
    epsilon : float
        Outside the root.

    Returns
    -------
    parameters : ndarray
    state : State

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, numbers out of range.

    Examples
    --------
    The first step is eta long, whatever the gradient:

    >>> w, state = adam(np.zeros(2), np.array([1e-2, -1e2]), None, eta=0.1)
    >>> w.round(4)
    array([-0.1,  0.1])
    """
    parameters, gradient, state, eta = _begin(parameters, gradient, state, eta, beta_1, beta_2)
    epsilon = _checks.real("epsilon", epsilon, minimum=0)
    step = state.step + 1
    velocity = beta_1 * _kept(state, "velocity") + (1 - beta_1) * gradient
    square = beta_2 * _kept(state, "square") + (1 - beta_2) * gradient**2
    root = np.sqrt(square / (1 - beta_2**step)) + epsilon
    moved = parameters - (eta / (1 - beta_1**step)) * velocity / root
    return moved, State(step, velocity, square)


@_checks.silent
def adamw(
    parameters: ndarray,
    gradient: ndarray,
    state: State | None,
    *,
    eta: float,
    decay: float | ndarray,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[ndarray, State]:
    r"""Make a step of Adam with weight decay beside it, not inside the gradient.

    .. math:: w \leftarrow w - \eta d w - \eta
              \frac{v / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \epsilon}

    In the gradient, the decay would be divided by the root like everything else, and large
    gradients would hardly decay.

    Parameters
    ----------
    parameters, gradient : ndarray of one shape
    state : State or None
    eta : float
    decay : float or ndarray of that shape
        d; an array can leave biases out.
    beta_1, beta_2, epsilon : float
        As for :func:`adam`.

    Returns
    -------
    parameters : ndarray
    state : State

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, numbers out of range.

    Examples
    --------
    >>> w, _ = adamw(np.array([2.0]), np.array([0.0]), None, eta=0.1, decay=0.5)
    >>> w.round(4)
    array([1.9])
    """
    parameters = _checks.shaped("parameters", parameters, ("...",))
    if isinstance(decay, ndarray):
        decay = _checks.shaped("decay", decay, parameters.shape, like=parameters)
    else:
        decay = _checks.real("decay", decay, minimum=0)
    moved, state = adam(
        parameters, gradient, state, eta=eta, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon
    )
    return moved - (float(eta) * decay) * parameters, state


def warm_up(eta: float, steps: int) -> Callable[[int], float]:
    r"""Return a schedule that rises in a straight line, then stays.

    Parameters
    ----------
    eta : float
        The learning rate from step ``steps`` on.
    steps : int
        How many steps to warm up, at least 1.

    Returns
    -------
    callable
        From the step, counted from 1, to its learning rate.

    Raises
    ------
    ValueError, TypeError
        Numbers out of range.

    Examples
    --------
    >>> schedule = warm_up(0.4, steps=4)
    >>> [round(schedule(step), 2) for step in (1, 2, 4, 9)]
    [0.1, 0.2, 0.4, 0.4]
    """
    eta = _checks.real("eta", eta, above=0)
    steps = _checks.integer("steps", steps, minimum=1)
    return lambda step: eta * min(1.0, step / steps)


def cosine(
    eta: float, steps: int, *, warm_up_steps: int = 0, final: float = 0.0
) -> Callable[[int], float]:
    r"""Return a schedule that falls along half a cosine, after an optional warm-up.

    .. math:: \eta_f + \frac{\eta - \eta_f}{2}
              \left(1 + \cos \pi \frac{t - t_0}{T - t_0}\right)

    Parameters
    ----------
    eta : float
        The highest learning rate.
    steps : int
        T, the last step; the rate stays at ``final`` afterwards.
    warm_up_steps : int
        :math:`t_0`, below T: so many steps rise in a straight line first.
    final : float
        :math:`\eta_f`.

    Returns
    -------
    callable
        From the step, counted from 1, to its learning rate.

    Raises
    ------
    ValueError, TypeError
        Numbers out of range.

    Examples
    --------
    >>> schedule = cosine(1.0, steps=10, warm_up_steps=2)
    >>> [round(schedule(step), 2) for step in (1, 2, 6, 10)]
    [0.5, 1.0, 0.5, 0.0]
    """
    eta = _checks.real("eta", eta, above=0)
    final = _checks.real("final", final, minimum=0)
    start = _checks.integer("warm_up_steps", warm_up_steps, minimum=0)
    steps = _checks.integer("steps", steps, minimum=start + 1)

    def schedule(step):
        if step < start:
            return eta * step / start
        done = min(1.0, (step - start) / (steps - start))
        return final + (eta - final) / 2 * (1 + math.cos(math.pi * done))

    return schedule


def step_decay(eta: float, every: int, factor: float) -> Callable[[int], float]:
    r"""Return a schedule that is multiplied by a factor every so many steps.

    Parameters
    ----------
    eta : float
    every : int
    factor : float
        Above 0.

    Returns
    -------
    callable
        From the step, counted from 1, to its learning rate.

    Raises
    ------
    ValueError, TypeError
        Numbers out of range.

    Examples
    --------
    >>> schedule = step_decay(0.8, every=10, factor=0.5)
    >>> [schedule(step) for step in (1, 10, 11, 21)]
    [0.8, 0.8, 0.4, 0.2]
    """
    eta = _checks.real("eta", eta, above=0)
    every = _checks.integer("every", every, minimum=1)
    factor = _checks.real("factor", factor, above=0)
    return lambda step: eta * factor ** ((step - 1) // every)
