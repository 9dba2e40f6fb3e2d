r"""What language models are made of: embedding, softmax attention, log-softmax with cross-entropy.

A text is T tokens; a mini-batch of texts is x (n, m, T), with one column for each position of each
text. Attention lets a position (the query) read others (the keys): each column of p holds, for one
query, how much it takes from every key.

.. math:: s = \frac{k^T q}{\sqrt{d}}, \qquad p = \operatorname{softmax}(s) \text{ (each column)},
          \qquad a = v p

With the causal mask a query reads itself and what stands before it. Backwards, each product sends
its error to both factors, and the softmax is its Jacobian:

.. math:: \delta_v = \delta p^T, \qquad \delta_p = v^T \delta, \qquad
          \delta_s = p \odot \left(\delta_p - \textstyle\sum_{\text{keys}} p \odot \delta_p\right),
          \qquad \delta_q = \frac{k \delta_s}{\sqrt{d}}, \qquad
          \delta_k = \frac{q \delta_s^T}{\sqrt{d}}

A residual connection, y = x + f(x), needs no function: its error is delta + f's error before it.

Source: Vaswani et al. (2017). Derived in the book's chapter "Attention, by the same four ideas".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from bpcourse import _checks

_PLACES = (("m", "T"), ("m",))  # of tokens: a text for each row, or T = 1


def embedding(table: ndarray, tokens: ndarray) -> ndarray:
    """Return the column of the table for every token.

    Parameters
    ----------
    table : ndarray of shape (n, V)
        One column for each of V tokens.
    tokens : ndarray of int, of shape (m, T)
        From 0 to V - 1; (m,) will do as well.

    Returns
    -------
    ndarray of shape (n, m, T)

    Raises
    ------
    ValueError, TypeError
        Tokens out of range, or not whole numbers.

    Examples
    --------
    >>> embedding(np.array([[0.1, 0.2, 0.3]]), np.array([[2, 0], [0, 0]]))
    array([[[0.3, 0.1],
            [0.1, 0.1]]])
    """
    table = _checks.shaped("table", table, ("n", "V"))
    tokens = _checks.tokens("tokens", tokens, table.shape[1], *_PLACES)
    return table.take(tokens, axis=1)


@_checks.silent
def embedding_backward(delta: ndarray, tokens: ndarray, vocabulary: int) -> ndarray:
    r"""Return the gradient of the table: the errors of all places of a token, added up.

    .. math:: \frac{\partial C}{\partial e_{\cdot v}}
              = \frac{1}{m} \sum_{\text{places with token } v} \delta

    Parameters
    ----------
    delta : ndarray of shape (n, m, T)
    tokens : ndarray of int, of shape (m, T)
    vocabulary : int
        V.

    Returns
    -------
    ndarray of shape (n, V)
        Zero for tokens that don't occur.

    Raises
    ------
    ValueError, TypeError
        Shapes that don't fit, tokens out of range or not whole numbers.

    Examples
    --------
    Token 1 was read twice:

    >>> delta = np.array([[[0.5, 2.0, 4.0]]])
    >>> embedding_backward(delta, np.array([[1, 0, 1]]), 3)
    array([[2. , 4.5, 0. ]])
    """
    vocabulary = _checks.integer("vocabulary", vocabulary, minimum=1)
    tokens = _checks.tokens("tokens", tokens, vocabulary, *_PLACES)
    delta = _checks.shaped("delta", delta, ("n", *tokens.shape))
    # The places sorted by token: each token's errors are then a run, to be summed at once.
    places = tokens.ravel()
    order = np.argsort(places, kind="stable")
    places = places[order]
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    grad = np.zeros((len(delta), vocabulary), delta.dtype)
    runs = delta.reshape(len(delta), -1)[:, order]
    grad[:, places[starts]] = np.add.reduceat(runs, starts, axis=1) / len(tokens)
    return grad


@_checks.silent
def linear(w: ndarray, x: ndarray) -> ndarray:
    r"""Return w times every column of x.

    Parameters
    ----------
    w : ndarray of shape (n_out, n_in)
    x : ndarray of shape (n_in, m, T)

    Returns
    -------
    ndarray of shape (n_out, m, T)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> linear(np.array([[2.0, 1.0]]), np.ones((2, 1, 3)))
    array([[[3., 3., 3.]]])
    """
    x = _checks.shaped("x", x, ("n_in", "m", "..."))
    w = _checks.shaped("w", w, ("n_out", len(x)), like=x)
    return (w @ x.reshape(len(x), -1)).reshape(len(w), *x.shape[1:])


@_checks.silent
def linear_weights(delta: ndarray, x: ndarray) -> ndarray:
    r"""Return the gradient of the weights that multiply every column: BP4, summed over positions.

    .. math:: \frac{1}{m} \sum_{\text{examples, positions}} \delta x^T

    Parameters
    ----------
    delta : ndarray of shape (n_out, m, T)
    x : ndarray of shape (n_in, m, T)

    Returns
    -------
    ndarray of shape (n_out, n_in)

    Examples
    --------
    Three positions, one example:

    >>> linear_weights(np.ones((1, 1, 3)), np.array([[[1.0, 2.0, 3.0]]]))
    array([[6.]])
    """
    delta = _checks.shaped("delta", delta, ("n_out", "m", "..."))
    x = _checks.shaped("x", x, ("n_in", *delta.shape[1:]), like=delta)
    return delta.reshape(len(delta), -1) @ x.reshape(len(x), -1).T / delta.shape[1]


@_checks.silent
def linear_bias(delta: ndarray) -> ndarray:
    r"""Return the gradient of a bias (n, 1) added to every column: BP3, summed over positions.

    Parameters
    ----------
    delta : ndarray of shape (n, m, T)

    Returns
    -------
    ndarray of shape (n, 1)

    Examples
    --------
    >>> linear_bias(np.ones((1, 2, 3)))
    array([[3.]])
    """
    delta = _checks.shaped("delta", delta, ("n", "m", "..."))
    return delta.reshape(len(delta), -1).sum(axis=1, keepdims=True) / delta.shape[1]


@_checks.silent
def attention(
    q: ndarray, k: ndarray, v: ndarray, *, causal: bool = True
) -> tuple[ndarray, ndarray]:
    r"""Return what every query reads.

    .. math:: p = \operatorname{softmax}(k^T q / \sqrt{d}), \qquad a = v p

    Parameters
    ----------
    q, k : ndarray of shape (..., d, T)
        Queries and keys, one position per column; any axes (heads, examples) before.
    v : ndarray of shape (..., d_v, T)
        Values.
    causal : bool
        Whether a query reads only itself and what stands before it.

    Returns
    -------
    a : ndarray of shape (..., d_v, T)
    p : ndarray of shape (..., T, T)
        ``p[..., i, j]`` is how much query j takes from key i; each column adds up to 1.

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    Keys that say nothing: the first query reads itself, the second one the mean of both.

    >>> q = k = np.zeros((1, 2))
    >>> attention(q, k, v=np.array([[4.0, 8.0]]))
    (array([[4., 6.]]), array([[1. , 0.5],
           [0. , 0.5]]))
    """
    q = _checks.shaped("q", q, ("...", "d", "T"))
    k = _checks.shaped("k", k, q.shape, like=q)
    v = _checks.shaped("v", v, (*q.shape[:-2], "d_v", q.shape[-1]), like=q)
    causal = _checks.flag("causal", causal)
    p = k.mT @ (q * (1 / q.shape[-2] ** 0.5))
    if causal:
        p = np.where(_earlier(p.shape[-1]), p, -np.inf)
    p = _softmax(p)
    return v @ p, p


def _earlier(T):
    """Return which keys (rows) a query (column) may read."""
    return np.arange(T)[:, None] <= np.arange(T)


def _softmax(s):
    """Return the softmax of every column, written over s."""
    s -= s.real.max(axis=-2, keepdims=True)
    np.exp(s, out=s)
    s /= s.sum(axis=-2, keepdims=True)
    return s


@_checks.silent
def attention_backward(
    delta: ndarray, q: ndarray, k: ndarray, v: ndarray, p: ndarray
) -> tuple[ndarray, ndarray, ndarray]:
    r"""Return the errors of queries, keys and values.

    .. math::

        \delta_v = \delta p^T, \quad \delta_p = v^T \delta, \quad
        \delta_s = p \odot \left(\delta_p - \textstyle\sum_{\text{keys}} p \odot \delta_p\right),
        \quad \delta_q = k \delta_s / \sqrt{d}, \quad \delta_k = q \delta_s^T / \sqrt{d}

    The mask needs no line of its own: where p is 0, so is :math:`\delta_s`.

    Parameters
    ----------
    delta : ndarray of shape (..., d_v, T)
    q, k : ndarray of shape (..., d, T)
    v : ndarray of shape (..., d_v, T)
    p : ndarray of shape (..., T, T)
        From :func:`attention`.

    Returns
    -------
    delta_q, delta_k : ndarray of shape (..., d, T)
    delta_v : ndarray of shape (..., d_v, T)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> q, k, v = np.zeros((1, 2)), np.array([[1.0, -1.0]]), np.array([[4.0, 8.0]])
    >>> a, p = attention(q, k, v)
    >>> attention_backward(np.array([[0.0, 1.0]]), q, k, v, p)
    (array([[ 0., -2.]]), array([[0., 0.]]), array([[0.5, 0.5]]))
    """
    q = _checks.shaped("q", q, ("...", "d", "T"))
    k = _checks.shaped("k", k, q.shape, like=q)
    v = _checks.shaped("v", v, (*q.shape[:-2], "d_v", q.shape[-1]), like=q)
    delta = _checks.shaped("delta", delta, v.shape, like=q)
    p = _checks.shaped("p", p, (*q.shape[:-2], q.shape[-1], q.shape[-1]), like=q)
    delta_s = v.mT @ delta
    delta_s -= np.einsum("...ij,...ij->...j", p, delta_s)[..., None, :]
    delta_s *= p
    delta_s *= 1 / q.shape[-2] ** 0.5
    return k @ delta_s, q @ delta_s.mT, delta @ p.mT


@dataclass(frozen=True, eq=False)
class AttentionTrace:
    """What a layer of attention computed, for the way back.

    Attributes
    ----------
    q, k, v : ndarray of shape (heads, m, n / heads, T)
    p : ndarray of shape (heads, m, T, T)
        How much each query (column) takes from each key (row).
    a : ndarray of shape (n, m, T)
        What was read, the heads one below the other.
    """

    q: ndarray
    k: ndarray
    v: ndarray
    p: ndarray
    a: ndarray


def self_attention(
    x: ndarray, w_qkv: ndarray, w_o: ndarray, heads: int, *, causal: bool = True
) -> tuple[ndarray, AttentionTrace]:
    r"""Return a layer of attention with several heads, in which a text reads itself.

    .. math:: \begin{pmatrix} q \\ k \\ v \end{pmatrix} = w_{qkv}\, x, \qquad y = w_o\, a

    The rows of q, k and v are cut into heads, each of which attends by itself.

    Parameters
    ----------
    x : ndarray of shape (n, m, T)
    w_qkv : ndarray of shape (3 n, n)
        The weights of the queries, then those of the keys, then those of the values.
    w_o : ndarray of shape (n, n)
    heads : int
        Divides n.
    causal : bool

    Returns
    -------
    y : ndarray of shape (n, m, T)
    trace : AttentionTrace

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, a number of heads that doesn't divide n.

    Examples
    --------
    >>> x = np.array([[[1.0, 3.0]]])
    >>> w_qkv = np.array([[0.0], [0.0], [1.0]])
    >>> self_attention(x, w_qkv, np.array([[1.0]]), heads=1)[0]
    array([[[1., 2.]]])
    """
    x = _checks.shaped("x", x, ("n", "m", "T"))
    n, heads = len(x), _checks.integer("heads", heads, minimum=1)
    w_qkv = _checks.shaped("w_qkv", w_qkv, (3 * n, n), like=x)
    w_o = _checks.shaped("w_o", w_o, (n, n), like=x)
    if n % heads:
        raise ValueError(f"{heads} heads can't share {n} neurons equally")
    q, k, v = linear(w_qkv, x).reshape(3, heads, n // heads, *x.shape[1:]).swapaxes(2, 3)
    read, p = attention(q, k, v, causal=causal)
    a = _join(read)
    return linear(w_o, a), AttentionTrace(q, k, v, p, a)


def _join(read):
    """Return (heads, m, d, T) as (heads d, m, T)."""
    heads, m, d, T = read.shape
    return read.swapaxes(1, 2).reshape(heads * d, m, T)


def self_attention_backward(
    delta: ndarray, x: ndarray, w_qkv: ndarray, w_o: ndarray, trace: AttentionTrace
) -> tuple[ndarray, ndarray, ndarray]:
    r"""Return the error before a layer of attention, and the gradients of its weights.

    Parameters
    ----------
    delta : ndarray of shape (n, m, T)
    x : ndarray of shape (n, m, T)
    w_qkv : ndarray of shape (3 n, n)
    w_o : ndarray of shape (n, n)
    trace : AttentionTrace
        From :func:`self_attention`.

    Returns
    -------
    delta_x : ndarray of shape (n, m, T)
    grad_w_qkv : ndarray of shape (3 n, n)
    grad_w_o : ndarray of shape (n, n)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> x, w_o = np.array([[[1.0, 3.0]]]), np.array([[1.0]])
    >>> w_qkv = np.array([[0.0], [0.0], [1.0]])
    >>> y, trace = self_attention(x, w_qkv, w_o, heads=1)
    >>> delta = np.ones_like(y)
    >>> delta_x, _, grad_w_o = self_attention_backward(delta, x, w_qkv, w_o, trace)
    >>> delta_x, grad_w_o
    (array([[[1.5, 0.5]]]), array([[3.]]))
    """
    if not isinstance(trace, AttentionTrace):
        raise TypeError(f"trace is {type(trace).__name__}, want that of self_attention")
    x = _checks.shaped("x", x, trace.a.shape, like=trace.a)
    delta = _checks.shaped("delta", delta, x.shape, like=x)
    w_qkv = _checks.shaped("w_qkv", w_qkv, (3 * len(x), len(x)), like=x)
    w_o = _checks.shaped("w_o", w_o, (len(x), len(x)), like=x)
    heads, m, d, T = trace.q.shape
    read = linear(w_o.T, delta).reshape(heads, d, m, T).swapaxes(1, 2)
    errors = attention_backward(read, trace.q, trace.k, trace.v, trace.p)
    delta_qkv = np.concatenate([_join(each) for each in errors])
    delta_x = linear(w_qkv.T, delta_qkv)
    return delta_x, linear_weights(delta_qkv, x), linear_weights(delta, trace.a)


@_checks.silent
def log_softmax(z: ndarray) -> ndarray:
    r"""Return the logarithms of the probabilities of every column, without overflow.

    .. math:: z_j - \log \sum_k e^{z_k}

    Parameters
    ----------
    z : ndarray of shape (V, m) or (V, m, T)

    Returns
    -------
    ndarray of that shape

    Raises
    ------
    ValueError, TypeError
        z of another shape; a column without a largest number: NaN or infinity in it, but for -inf
        beside something finite, which means the probability 0.

    Examples
    --------
    >>> log_softmax(np.array([[1000.0], [1000.0]])).round(4)
    array([[-0.6931],
           [-0.6931]])
    """
    z = _checks.shaped("z", z, ("V", "m", "..."))
    largest = z.real.max(axis=0, keepdims=True)
    if not np.isfinite(largest).all():
        raise ValueError(
            "z has a column whose largest entry is not finite, so it has no probabilities; want "
            "finite numbers, or -inf for what is impossible beside some that are finite"
        )
    shifted = z - largest
    return shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))


@_checks.silent
def cross_entropy(z: ndarray, tokens: ndarray) -> tuple[float, ndarray]:
    r"""Return the mean cost of predictions in nats, and its error.

    .. math:: C = -\frac{1}{m T} \sum \log p_{\text{token}}, \qquad
              \delta = \frac{1}{T} \left(p - \text{one-hot}\right)

    Softmax and logarithm together, so that neither overflows, and their error is a difference. The
    cost of an example is the mean over its T positions, that of the mini-batch the mean over its m
    examples.

    Parameters
    ----------
    z : ndarray of shape (V, m, T)
        Weighted inputs of the output layer, one column for each prediction; (V, m) for T = 1.
    tokens : ndarray of int, of shape (m, T)
        What came; (m,) for T = 1.

    Returns
    -------
    cost : float
    delta : ndarray of the shape of ``z``

    Raises
    ------
    ValueError, TypeError
        Shapes that don't fit, tokens out of range or not whole numbers.

    Examples
    --------
    Two tokens, equally likely: one bit is missing, 0.6931 nats.

    >>> cost, delta = cross_entropy(np.zeros((2, 1, 1)), np.array([[0]]))
    >>> round(cost, 4), delta.ravel()
    (0.6931, array([-0.5,  0.5]))
    """
    z = _checks.shaped("z", z, ("V", "m", "..."))
    tokens = _checks.tokens("tokens", tokens, len(z), *_PLACES)
    _checks.shape("tokens", tokens, z.shape[1:])
    logarithms = log_softmax(z)
    came = logarithms.reshape(len(z), -1)[tokens.ravel(), np.arange(tokens.size)]
    delta = np.exp(logarithms)
    delta.reshape(len(z), -1)[tokens.ravel(), np.arange(tokens.size)] -= 1
    delta /= tokens.size // len(tokens)
    return -came.mean().item(), delta
