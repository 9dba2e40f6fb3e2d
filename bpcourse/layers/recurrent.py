r"""A recurrent layer: the same weights at every time step, and the error carried back through time.

.. math:: h_t = \tanh(w_x x_t + w_h h_{t-1} + b), \qquad t = 1, \ldots, T

Unrolled, this is a feed-forward network of T layers that share their weights. Its error has two
sources, the cost at time t and the error of time t + 1:

.. math:: \delta_t = \left(e_t + w_h^T \delta_{t+1}\right) \odot (1 - h_t^2), \qquad
          \frac{\partial C}{\partial w_h} = \frac{1}{m} \sum_t \delta_t h_{t-1}^T

The second kind of "recurrent" is a network that is run until it rests, :math:`x = \sigma(w x + u)`.
Its error comes from one linear system, the adjoint system (Pineda 1987, Almeida 1987).

Sources: Werbos (1990) for backpropagation through time; Pascanu, Mikolov and Bengio (2013) for
clipping by norm. Derived in the book's chapter "The same weight, many times".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from bpcourse import _checks
from bpcourse.activations import sigmoid


@_checks.silent
def forward(
    x: ndarray, w_x: ndarray, w_h: ndarray, b: ndarray, *, h_0: ndarray | None = None
) -> ndarray:
    r"""Return the states of a recurrent layer at times 0 to T.

    .. math:: h_t = \tanh(w_x x_t + w_h h_{t-1} + b)

    Parameters
    ----------
    x : ndarray of shape (T, n_in, m)
        The inputs: ``x[t - 1]`` is the mini-batch of time t, one example per column.
    w_x : ndarray of shape (n, n_in)
    w_h : ndarray of shape (n, n)
    b : ndarray of shape (n, 1)
    h_0 : ndarray of shape (n, m), optional
        The state at time 0; zero by default.

    Returns
    -------
    ndarray of shape (T + 1, n, m)
        ``h[t]`` is the state at time t, ``h[0]`` the one to begin with.

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    One neuron that hears its own last state with the weight 0.7, over three steps:

    >>> x = np.array([0.5, -0.1, 0.3]).reshape(3, 1, 1)
    >>> h = forward(x, np.array([[1.0]]), np.array([[0.7]]), np.zeros((1, 1)))
    >>> h[:, 0, 0].round(4)
    array([0.    , 0.4621, 0.2198, 0.4251])
    """
    x = _checks.shaped("x", x, ("T", "n_in", "m"))
    w_h = _square("w_h", w_h, like=x)
    n, (_, n_in, m) = len(w_h), x.shape
    w_x = _checks.shaped("w_x", w_x, (n, n_in), like=x)
    b = _checks.shaped("b", b, (n, 1), like=x)
    z = w_x @ x + b  # of all times at once: the inputs wait for nothing
    h_0 = np.zeros((n, m), x.dtype) if h_0 is None else h_0
    h_0 = _checks.shaped("h_0", h_0, (n, m), like=x)
    h = np.empty((len(x) + 1, n, m), np.result_type(z, w_h, h_0))
    h[0] = h_0
    for t in range(1, len(h)):
        np.tanh(w_h @ h[t - 1] + z[t - 1], out=h[t])
    return h


def _square(name, w, like=None):
    """Return weights (n, n), from a layer to itself."""
    w = _checks.shaped(name, w, ("n", "n"), like=like)
    _checks.shape(name, w, (len(w), len(w)))
    return w


@_checks.silent
def bptt_step(w_h: ndarray, delta_next: ndarray, grad_h: ndarray, h: ndarray) -> ndarray:
    r"""Return the error of time t from that of time t + 1: BP2 for a layer that is its own next.

    .. math:: \delta_t = \left(e_t + w_h^T \delta_{t+1}\right) \odot (1 - h_t^2)

    Parameters
    ----------
    w_h : ndarray of shape (n, n)
    delta_next : ndarray of shape (n, m)
        :math:`\delta_{t+1}`; zero at the last time.
    grad_h : ndarray of shape (n, m)
        :math:`e_t`, the derivative of each example's cost with respect to :math:`h_t` where the
        cost uses that state directly, such as through an output at time t.
    h : ndarray of shape (n, m)
        :math:`h_t`.

    Returns
    -------
    ndarray of shape (n, m)
        :math:`\delta_t`, the derivative with respect to the weighted input of time t.

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> w_h, delta_next = np.array([[0.5]]), np.array([[1.0]])
    >>> bptt_step(w_h, delta_next, grad_h=np.array([[0.25]]), h=np.array([[0.0]]))
    array([[0.75]])
    """
    w_h = _square("w_h", w_h)
    delta_next = _checks.shaped("delta_next", delta_next, (len(w_h), "m"), like=w_h)
    grad_h = _checks.shaped("grad_h", grad_h, delta_next.shape, like=w_h)
    h = _checks.shaped("h", h, delta_next.shape, like=w_h)
    return _step(w_h, delta_next, grad_h, h)


def _step(w_h, delta_next, grad_h, h):
    return (grad_h + w_h.T @ delta_next) * (1 - h * h)


@_checks.silent
def bptt(grad_h: ndarray, h: ndarray, w_h: ndarray, *, truncate: int | None = None) -> ndarray:
    r"""Return the errors of all times: backpropagation through time.

    Parameters
    ----------
    grad_h : ndarray of shape (T, n, m)
        :math:`e_t`; ``grad_h[t - 1]`` belongs to time t, zero where the cost doesn't use it.
    h : ndarray of shape (T + 1, n, m)
        From :func:`forward`.
    w_h : ndarray of shape (n, n)
    truncate : int, optional
        Cut the sequence into pieces of so many steps, counted from time 1, and carry no error from
        one piece to the piece before. The gradient is then that of another function, in which the
        state at the start of each piece is a constant.

    Returns
    -------
    ndarray of shape (T, n, m)
        :math:`\delta_t`; ``delta[t - 1]`` belongs to time t.

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, a length of pieces below 1.

    Examples
    --------
    The cost is half the square of the state at time 3. The error of time 1 has passed through two
    weights and two slopes:

    >>> x = np.array([0.5, -0.1, 0.3]).reshape(3, 1, 1)
    >>> w_h = np.array([[0.7]])
    >>> h = forward(x, np.array([[1.0]]), w_h, np.zeros((1, 1)))
    >>> e = np.zeros((3, 1, 1))
    >>> e[2] = h[3]
    >>> bptt(e, h, w_h)[:, 0, 0].round(4)
    array([0.1277, 0.232 , 0.3483])
    >>> bptt(e, h, w_h, truncate=2)[:, 0, 0].round(4)
    array([0.    , 0.    , 0.3483])
    """
    grad_h = _checks.shaped("grad_h", grad_h, ("T", "n", "m"))
    steps, n, m = grad_h.shape
    h = _checks.shaped("h", h, (steps + 1, n, m), like=grad_h)
    w_h = _checks.shaped("w_h", w_h, (n, n), like=grad_h)
    if truncate is not None:
        truncate = _checks.integer("truncate", truncate, minimum=1)
    delta = np.empty(grad_h.shape, np.result_type(grad_h, h))
    carried = nothing = np.zeros_like(delta[0])
    for t in range(steps, 0, -1):
        delta[t - 1] = _step(w_h, carried, grad_h[t - 1], h[t])
        cut = truncate is not None and (t - 1) % truncate == 0
        carried = nothing if cut else delta[t - 1]
    return delta


@_checks.silent
def recurrent_weights(delta: ndarray, h: ndarray, x: ndarray) -> tuple[ndarray, ndarray, ndarray]:
    r"""Return the gradients with respect to the weights: BP4 and BP3, summed over all times.

    .. math::

        \frac{\partial C}{\partial w_x} = \frac{1}{m} \sum_t \delta_t x_t^T, \qquad
        \frac{\partial C}{\partial w_h} = \frac{1}{m} \sum_t \delta_t h_{t-1}^T, \qquad
        \frac{\partial C}{\partial b} = \frac{1}{m} \sum_t \delta_t

    Parameters
    ----------
    delta : ndarray of shape (T, n, m)
        From :func:`bptt`.
    h : ndarray of shape (T + 1, n, m)
        ``h[0]`` is the state before the first step.
    x : ndarray of shape (T, n_in, m)

    Returns
    -------
    grad_w_x : ndarray of shape (n, n_in)
    grad_w_h : ndarray of shape (n, n)
    grad_b : ndarray of shape (n, 1)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> delta, h = np.ones((2, 1, 1)), np.array([0.0, 0.5, 0.8]).reshape(3, 1, 1)
    >>> recurrent_weights(delta, h, x=np.array([3.0, 4.0]).reshape(2, 1, 1))
    (array([[7.]]), array([[0.5]]), array([[2.]]))
    """
    delta = _checks.shaped("delta", delta, ("T", "n", "m"))
    steps, n, m = delta.shape
    h = _checks.shaped("h", h, (steps + 1, n, m), like=delta)
    x = _checks.shaped("x", x, (steps, "n_in", m), like=delta)
    # Side by side, the columns of all times make the sum over time one matrix product.
    errors = _side_by_side(delta)
    grad_w_x = errors @ _side_by_side(x).T / m
    grad_w_h = errors @ _side_by_side(h[:-1]).T / m
    return grad_w_x, grad_w_h, errors.sum(axis=1, keepdims=True) / m


def _side_by_side(array):
    """Return (T, n, m) as (n, T m)."""
    return array.transpose(1, 0, 2).reshape(array.shape[1], -1)


@_checks.silent
def recurrent_inputs(w_x: ndarray, delta: ndarray) -> ndarray:
    r"""Return the derivative of each example's cost with respect to the inputs.

    .. math:: w_x^T \delta_t

    Parameters
    ----------
    w_x : ndarray of shape (n, n_in)
    delta : ndarray of shape (T, n, m)

    Returns
    -------
    ndarray of shape (T, n_in, m)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> recurrent_inputs(np.array([[2.0]]), np.array([[[0.5]], [[1.0]]]))[:, 0, 0]
    array([1., 2.])
    """
    w_x = _checks.shaped("w_x", w_x, ("n", "n_in"))
    delta = _checks.shaped("delta", delta, ("T", len(w_x), "m"), like=w_x)
    return w_x.T @ delta


@_checks.silent
def clip_by_norm(gradients: Sequence[ndarray], maximum: float) -> tuple[list[ndarray], float]:
    r"""Return gradients scaled down so that their common norm is at most ``maximum``.

    .. math:: g \cdot \min(1, c / \lVert g \rVert), \qquad
              \lVert g \rVert^2 = \sum g_{ij}^2 \text{ over all arrays}

    The direction does not change, only the length.

    Parameters
    ----------
    gradients : sequence of ndarray
    maximum : float
        c, above 0.

    Returns
    -------
    clipped : list of ndarray
    norm : float
        The norm before.

    Raises
    ------
    ValueError, TypeError
        A maximum that is not a number above 0; a norm that is not finite, which no scale repairs.

    Examples
    --------
    >>> clipped, norm = clip_by_norm([np.array([3.0]), np.array([4.0])], maximum=1.0)
    >>> norm, [each.round(3) for each in clipped]
    (5.0, [array([0.6]), array([0.8])])
    """
    maximum = _checks.real("maximum", maximum, above=0)
    gradients = _checks.sequence("gradients", gradients, "a list of arrays")
    gradients = [_checks.converted(f"gradients[{i}]", g) for i, g in enumerate(gradients)]
    # NumPy's maximum, in which a NaN anywhere counts; Python's would pass over it.
    largest = float(np.max([abs(each).max(initial=0) for each in gradients], initial=0))
    if not np.isfinite(largest):
        raise ValueError(f"the norm of the gradients is {largest}: clipping cannot repair that")
    # Divided by the largest entry first, so that no square overflows in float32.
    scaled = sum(float(np.square(abs(each) / (largest or 1.0)).sum()) for each in gradients)
    norm = largest * scaled**0.5
    factor = min(1.0, maximum / norm) if norm else 1.0
    return [each * factor for each in gradients], norm


@_checks.silent
def fixed_point(w: ndarray, u: ndarray, *, tolerance: float = 1e-12, most: int = 10_000) -> ndarray:
    r"""Return the state in which a network of sigmoids rests.

    .. math:: x = \sigma(w x + u)

    Found by running it: :math:`x \leftarrow \sigma(w x + u)`, from 0, until nothing moves.

    Parameters
    ----------
    w : ndarray of shape (n, n)
    u : ndarray of shape (n, m)
        Constant inputs, one example per column.
    tolerance : float
        What the largest entry may still move in one step; for float32 a few times 1e-7 at least.
    most : int
        Steps to try.

    Returns
    -------
    ndarray of shape (n, m)

    Raises
    ------
    ValueError
        Shapes that don't fit.
    ArithmeticError
        The network does not come to rest.

    Examples
    --------
    >>> w, u = np.array([[0.2, -0.4], [0.6, 0.1]]), np.array([[0.3], [-0.2]])
    >>> fixed_point(w, u)[:, 0].round(6)
    array([0.547672, 0.545665])
    """
    w = _square("w", w)
    u = _checks.shaped("u", u, (len(w), "m"), like=w)
    _checks.finite("w", w)
    _checks.finite("u", u)
    tolerance = _checks.real("tolerance", tolerance, above=0)
    most = _checks.integer("most", most, minimum=1)
    x = np.zeros_like(u)
    for _ in range(most):
        before, x = x, sigmoid(w @ x + u)
        if abs(x - before).max() <= tolerance:
            return x
    raise ArithmeticError(
        f"after {most} steps the states still move by {abs(x - before).max():.1e}, more than the "
        f"tolerance {tolerance:g}: take smaller weights, more steps or a larger tolerance"
    )


@_checks.silent
def fixed_point_backward(w: ndarray, x: ndarray, grad_x: ndarray) -> tuple[ndarray, ndarray]:
    r"""Return the gradients of a network at rest, by the adjoint system.

    With D the diagonal matrix of the slopes x (1 - x), the states move by
    :math:`dx = D (w\, dx + dw\, x + du)`. So the cost moves by :math:`e^T dx = z^T D (dw\, x + du)`
    with

    .. math:: (I - w^T D) z = e, \qquad \delta = D z, \qquad
              \frac{\partial C}{\partial w} = \frac{1}{m} \sum \delta x^T, \qquad
              \frac{\partial C}{\partial u} = \delta.

    Parameters
    ----------
    w : ndarray of shape (n, n)
    x : ndarray of shape (n, m)
        The states at rest, from :func:`fixed_point`.
    grad_x : ndarray of shape (n, m)
        e, the derivative of each example's cost with respect to x.

    Returns
    -------
    grad_w : ndarray of shape (n, n)
        The mean over the examples.
    delta : ndarray of shape (n, m)
        The derivative of each example's cost with respect to u.

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.
    numpy.linalg.LinAlgError
        The system has no unique solution: there the state does not depend smoothly on w.

    Examples
    --------
    >>> w, u = np.array([[0.2, -0.4], [0.6, 0.1]]), np.array([[0.3], [-0.2]])
    >>> x = fixed_point(w, u)
    >>> e = np.array([[x[0, 0] - 0.9], [0.0]])
    >>> fixed_point_backward(w, x, e)[0].round(6)
    array([[-0.049506, -0.049325],
           [ 0.005034,  0.005016]])
    """
    x = _checks.shaped("x", x, ("n", "m"))
    n, m = x.shape
    w = _checks.shaped("w", w, (n, n), like=x)
    grad_x = _checks.shaped("grad_x", grad_x, (n, m), like=x)
    slope = (x * (1 - x)).T  # (m, n): a diagonal for every example
    system = np.eye(n, dtype=x.dtype) - w.T * slope[:, None, :]
    z = np.linalg.solve(system, grad_x.T[:, :, None])[:, :, 0]
    delta = (slope * z).T
    return delta @ x.T / m, delta
