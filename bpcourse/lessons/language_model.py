r"""A small character-level language model, every gradient by the functions of ``layers``.

A text of T characters comes in; for every position the model gives the probabilities of the
character that follows. One or several blocks stand between embedding and softmax:

.. math::

    x^0 = e_{\text{tokens}} + p, \qquad
    u = x + \text{attention}(\text{norm}(x)), \qquad
    x' = u + w_2\, \text{relu}(w_1\, \text{norm}(u) + b_1) + b_2, \qquad
    z = w\, \text{norm}(x) + b

All parameters are one vector, as everywhere in this course; :func:`views` gives its parts their
names. Derived in the book's chapter "Attention, by the same four ideas".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy import ndarray

from bpcourse import _checks
from bpcourse.layers import attention as att
from bpcourse.layers.initialization import he
from bpcourse.layers.normalization import Normalized, layer_norm, layer_norm_backward
from bpcourse.layers.optimizers import adam, cosine
from bpcourse.layers.recurrent import clip_by_norm
from bpcourse.texts import Text

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


@dataclass(frozen=True)
class Sizes:
    """How large a model is.

    Attributes
    ----------
    vocabulary : int
        V, the number of tokens.
    context : int
        The largest T, the number of positions.
    width : int
        n, the length of a column.
    heads : int
        Divides the width.
    hidden : int
        The neurons between w_1 and w_2.
    blocks : int

    Raises
    ------
    ValueError, TypeError
        Numbers below 1 or not whole, heads that can't share the width equally.
    """

    vocabulary: int
    context: int = 32
    width: int = 48
    heads: int = 4
    hidden: int = 192
    blocks: int = 1

    def __post_init__(self):
        for name, value in vars(self).items():
            _checks.integer(name, value, minimum=1)
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads can't share a width of {self.width} equally")


def _checked(sizes):
    if not isinstance(sizes, Sizes):
        raise TypeError(f"sizes is {type(sizes).__name__}, want language_model.Sizes(vocabulary)")
    return sizes


def shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a model, by name, in the order of the vector.

    Names of a block end in its number: ``w_qkv.1`` belongs to the first one.

    Parameters
    ----------
    sizes : Sizes

    Returns
    -------
    dict from str to tuple of int

    Examples
    --------
    >>> for name, shape in shapes(Sizes(62, width=8, heads=2, hidden=16)).items():
    ...     print(name, shape)
    table (8, 62)
    positions (8, 32)
    gain_1.1 (8, 1)
    shift_1.1 (8, 1)
    w_qkv.1 (24, 8)
    w_o.1 (8, 8)
    gain_2.1 (8, 1)
    shift_2.1 (8, 1)
    w_1.1 (16, 8)
    b_1.1 (16, 1)
    w_2.1 (8, 16)
    b_2.1 (8, 1)
    gain (8, 1)
    shift (8, 1)
    w (62, 8)
    b (62, 1)
    """
    n, hidden = _checked(sizes).width, sizes.hidden
    block = {
        "gain_1": (n, 1), "shift_1": (n, 1), "w_qkv": (3 * n, n), "w_o": (n, n),
        "gain_2": (n, 1), "shift_2": (n, 1),
        "w_1": (hidden, n), "b_1": (hidden, 1), "w_2": (n, hidden), "b_2": (n, 1),
    }  # fmt: skip
    blocks = range(1, sizes.blocks + 1)
    return {
        "table": (n, sizes.vocabulary),
        "positions": (n, sizes.context),
        **{f"{name}.{k}": shape for k in blocks for name, shape in block.items()},
        "gain": (n, 1),
        "shift": (n, 1),
        "w": (sizes.vocabulary, n),
        "b": (sizes.vocabulary, 1),
    }


def views(vector: ndarray, sizes: Sizes) -> dict[str, ndarray]:
    """Return the named arrays of a model as views of its vector.

    Parameters
    ----------
    vector : ndarray of shape (N,)
    sizes : Sizes

    Returns
    -------
    dict from str to ndarray

    Raises
    ------
    ValueError
        A vector of another length.

    Examples
    --------
    >>> sizes = Sizes(62)
    >>> views(np.zeros(count(sizes)), sizes)["table"].shape
    (48, 62)
    """
    vector = _checks.shaped("vector", vector, (count(sizes),))
    found, start = {}, 0
    for name, shape in shapes(sizes).items():
        end = start + math.prod(shape)
        found[name] = vector[start:end].reshape(shape)
        start = end
    return found


def count(sizes: Sizes) -> int:
    """Return N, the number of parameters.

    Parameters
    ----------
    sizes : Sizes

    Returns
    -------
    int

    Examples
    --------
    >>> count(Sizes(62))
    35726
    """
    return sum(math.prod(shape) for shape in shapes(sizes).values())


def initial(sizes: Sizes, *, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> ndarray:
    r"""Draw the first parameters.

    Embeddings have the standard deviation 0.1, matrices the variance 2 / n_in. The two matrices at
    the end of each block are divided by :math:`\sqrt{2\,\text{blocks}}`: that many branches are
    added up. The output layer begins at 0, so that all characters are equally likely.

    Parameters
    ----------
    sizes : Sizes
    rng : numpy.random.Generator
    dtype : dtype

    Returns
    -------
    ndarray of shape (N,)

    Raises
    ------
    TypeError
        No generator, a dtype that the package does not compute in.
    """
    _checks.generator(rng)
    vector = np.zeros(count(sizes), _checks.precision("the model", dtype))
    for name, array in views(vector, sizes).items():
        kind = name.partition(".")[0]
        if kind in ("table", "positions"):
            array[...] = 0.1 * rng.standard_normal(array.shape)
        elif kind in ("w_qkv", "w_o", "w_1", "w_2"):
            added = kind in ("w_o", "w_2")
            array[...] = he(array.shape, rng=rng) / ((2 * sizes.blocks) ** 0.5 if added else 1)
        elif kind.startswith("gain"):
            array[...] = 1
    return vector


@dataclass(frozen=True, eq=False)
class BlockTrace:
    """What a block computed, for the way back.

    Attributes
    ----------
    norm_1, norm_2 : Normalized
        What attention and the rectifiers read.
    attention : AttentionTrace
    a : ndarray of shape (hidden, m, T)
        The rectifiers' activations.
    """

    norm_1: Normalized
    attention: att.AttentionTrace
    norm_2: Normalized
    a: ndarray


def block(x: ndarray, p: dict[str, ndarray], k: int, heads: int) -> tuple[ndarray, BlockTrace]:
    """Return what a block makes of x.

    Parameters
    ----------
    x : ndarray of shape (n, m, T)
    p : dict from str to ndarray
        From :func:`views`.
    k : int
        The number of the block, from 1.
    heads : int

    Returns
    -------
    y : ndarray of shape (n, m, T)
    trace : BlockTrace
    """
    norm_1 = layer_norm(x, p[f"gain_1.{k}"], p[f"shift_1.{k}"])
    read, attention = att.self_attention(norm_1.y, p[f"w_qkv.{k}"], p[f"w_o.{k}"], heads)
    u = x + read
    norm_2 = layer_norm(u, p[f"gain_2.{k}"], p[f"shift_2.{k}"])
    a = np.maximum(att.linear(p[f"w_1.{k}"], norm_2.y) + p[f"b_1.{k}"][:, None], 0)
    y = u + att.linear(p[f"w_2.{k}"], a) + p[f"b_2.{k}"][:, None]
    return y, BlockTrace(norm_1, attention, norm_2, a)


def block_backward(
    delta: ndarray,
    p: dict[str, ndarray],
    k: int,
    trace: BlockTrace,
    grad: dict[str, ndarray],
) -> ndarray:
    """Return the error before a block, and write the gradients of its parameters.

    Parameters
    ----------
    delta : ndarray of shape (n, m, T)
        The error of what the block gave.
    p : dict from str to ndarray
    k : int
    trace : BlockTrace
    grad : dict from str to ndarray
        Views of the gradient; those of this block are written.

    Returns
    -------
    ndarray of shape (n, m, T)
    """
    norm_1, norm_2 = trace.norm_1, trace.norm_2
    grad[f"w_2.{k}"][...] = att.linear_weights(delta, trace.a)
    grad[f"b_2.{k}"][...] = att.linear_bias(delta)
    hidden = att.linear(p[f"w_2.{k}"].T, delta) * (trace.a > 0)
    grad[f"w_1.{k}"][...] = att.linear_weights(hidden, norm_2.y)
    grad[f"b_1.{k}"][...] = att.linear_bias(hidden)
    back, grad[f"gain_2.{k}"][...], grad[f"shift_2.{k}"][...] = layer_norm_backward(
        att.linear(p[f"w_1.{k}"].T, hidden), norm_2.normalized, norm_2.scale, p[f"gain_2.{k}"]
    )
    delta = delta + back  # the residual connection: its error, and that of the branch
    back, grad[f"w_qkv.{k}"][...], grad[f"w_o.{k}"][...] = att.self_attention_backward(
        delta, norm_1.y, p[f"w_qkv.{k}"], p[f"w_o.{k}"], trace.attention
    )
    back, grad[f"gain_1.{k}"][...], grad[f"shift_1.{k}"][...] = layer_norm_backward(
        back, norm_1.normalized, norm_1.scale, p[f"gain_1.{k}"]
    )
    return delta + back


@_checks.silent
def forward(
    vector: ndarray, sizes: Sizes, tokens: ndarray
) -> tuple[ndarray, list[BlockTrace], Normalized]:
    """Return the weighted inputs of the output layer for every position.

    Parameters
    ----------
    vector : ndarray of shape (N,)
    sizes : Sizes
    tokens : ndarray of int, of shape (m, T)
        T at most the context.

    Returns
    -------
    z : ndarray of shape (V, m, T)
    traces : list of BlockTrace
    last : Normalized
        What the output layer reads.

    Raises
    ------
    ValueError
        More positions than the context, a vector of another length, tokens out of range.

    Examples
    --------
    >>> sizes = Sizes(62)
    >>> vector = initial(sizes, rng=np.random.default_rng(0))
    >>> forward(vector, sizes, np.zeros((2, 5), int))[0].shape
    (62, 2, 5)
    """
    tokens = _checks.tokens("tokens", tokens, _checked(sizes).vocabulary, ("m", "T"))
    vector, T = _checks.floating("vector", vector), tokens.shape[1]
    p = views(vector, sizes)
    if sizes.context < T:
        raise ValueError(f"the texts have {T} positions, want {sizes.context} at most")
    x = att.embedding(p["table"], tokens) + p["positions"][:, None, :T]
    traces = []
    for k in range(1, sizes.blocks + 1):
        x, trace = block(x, p, k, sizes.heads)
        traces.append(trace)
    last = layer_norm(x, p["gain"], p["shift"])
    return att.linear(p["w"], last.y) + p["b"][:, None], traces, last


@_checks.silent
def gradient(
    vector: ndarray, sizes: Sizes, tokens: ndarray, following: ndarray
) -> tuple[float, ndarray]:
    r"""Return the mean cost in nats for each character, and its gradient.

    Parameters
    ----------
    vector : ndarray of shape (N,)
    sizes : Sizes
    tokens, following : ndarray of int, of shape (m, T)
        What the model reads, and what comes after each position.

    Returns
    -------
    cost : float
    gradient : ndarray of shape (N,)

    Raises
    ------
    ValueError
        As for :func:`forward`.

    Examples
    --------
    At first all 62 characters are equally likely, and the cost is log 62:

    >>> sizes = Sizes(62)
    >>> vector = initial(sizes, rng=np.random.default_rng(0))
    >>> cost, _ = gradient(vector, sizes, np.array([[0, 1, 2]]), np.array([[1, 2, 3]]))
    >>> round(cost, 3), round(float(np.log(62)), 3)
    (4.127, 4.127)
    """
    z, traces, last = forward(vector, sizes, tokens)
    cost, delta = att.cross_entropy(z, following)
    p, T = views(vector, sizes), z.shape[2]
    result = np.zeros(count(sizes), z.dtype)
    grad = views(result, sizes)
    grad["w"][...], grad["b"][...] = att.linear_weights(delta, last.y), att.linear_bias(delta)
    delta, grad["gain"][...], grad["shift"][...] = layer_norm_backward(
        att.linear(p["w"].T, delta), last.normalized, last.scale, p["gain"]
    )
    for k in range(sizes.blocks, 0, -1):
        delta = block_backward(delta, p, k, traces[k - 1], grad)
    grad["table"][...] = att.embedding_backward(delta, tokens, sizes.vocabulary)
    grad["positions"][:, :T] = delta.mean(axis=1)
    return cost, result


def cross_entropy(vector: ndarray, sizes: Sizes, tokens: ndarray) -> float:
    """Return the mean cost in nats of predicting a text, in pieces of the context's length.

    Parameters
    ----------
    vector : ndarray of shape (N,)
    sizes : Sizes
    tokens : ndarray of int, of shape (length,)
        Such as ``text.validation``. What is left over after the last whole piece does not count.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        A text shorter than one piece and the character after it.
    """
    tokens = _checks.tokens("tokens", tokens, _checked(sizes).vocabulary, ("length",))
    T = sizes.context
    pieces = (len(tokens) - 1) // T
    if not pieces:
        raise ValueError(f"the text has {len(tokens)} characters, want {T + 1} or more")
    read, following = (tokens[i : i + pieces * T].reshape(-1, T) for i in (0, 1))
    costs = [
        att.cross_entropy(forward(vector, sizes, read[i : i + 64])[0], following[i : i + 64])[0]
        * len(read[i : i + 64])
        for i in range(0, pieces, 64)
    ]
    return sum(costs) / pieces


def bigram_cross_entropy(train: ndarray, tokens: ndarray, vocabulary: int) -> float:
    """Return the mean cost in nats of predicting each character from the one before, by counts.

    One is added to every count, so that no pair is impossible.

    Parameters
    ----------
    train : ndarray of int, of shape (length,)
        The text whose pairs are counted.
    tokens : ndarray of int, of shape (length,)
        The text to predict.
    vocabulary : int

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        Tokens out of range or not whole numbers, fewer than two to predict.

    Examples
    --------
    After "a" came "b" twice of twice; with one added to each of two counts, 3/4:

    >>> train, tokens = np.array([0, 1, 0, 1]), np.array([0, 1])
    >>> bool(np.isclose(bigram_cross_entropy(train, tokens, 2), -np.log(3 / 4)))
    True
    """
    vocabulary = _checks.integer("vocabulary", vocabulary, minimum=1)
    train = _checks.tokens("train", train, vocabulary, ("length",))
    tokens = _checks.tokens("tokens", tokens, vocabulary, ("length",))
    if len(tokens) < 2:
        raise ValueError("tokens is a single one, want two or more: each follows another")
    counts = np.ones((vocabulary, vocabulary))
    np.add.at(counts, (train[:-1], train[1:]), 1)
    probabilities = counts / counts.sum(axis=1, keepdims=True)
    return -float(np.log(probabilities[tokens[:-1], tokens[1:]]).mean())


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model after training.

    Attributes
    ----------
    vector : ndarray of shape (N,)
    sizes : Sizes
    costs : ndarray of shape (steps,)
        The cost of each mini-batch before its step.
    """

    vector: ndarray
    sizes: Sizes
    costs: ndarray


def train_model(
    text: Text,
    sizes: Sizes,
    *,
    steps: int,
    batch_size: int = 32,
    eta: float = 0.003,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> TrainedModel:
    r"""Train a model by Adam, with a warm-up and a cosine, and gradients clipped to the norm 1.

    Parameters
    ----------
    text : Text
    sizes : Sizes
    steps : int
    batch_size : int
    eta : float
        The highest learning rate.
    rng : numpy.random.Generator
        Draws the first parameters, then the mini-batches.
    dtype : dtype

    Returns
    -------
    TrainedModel

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, a vocabulary of another text.

    Notes
    -----
    On the sonnets, 1,500 steps of 32 pieces with ``Sizes(62, width=32, hidden=128)``, ``eta=0.005``
    and the seed 0 lead to 1.95 nats a character on the part for validation, where counts of pairs
    lead to 2.41. They took less than twenty seconds of one processor.
    """
    if not isinstance(text, Text):
        raise TypeError(f"text is {type(text).__name__}, want bpcourse.texts.Text.from_string(...)")
    steps = _checks.integer("steps", steps, minimum=1)
    if _checked(sizes).vocabulary != len(text.characters):
        raise ValueError(
            f"the text has {len(text.characters)} characters, the model {sizes.vocabulary}"
        )
    step_of = partial(adam, beta_2=0.99)
    schedule = cosine(eta, steps=steps, warm_up_steps=min(100, steps // 2))
    vector, state, costs = initial(sizes, rng=rng, dtype=dtype), None, []
    for step in range(1, steps + 1):
        cost, grad = gradient(vector, sizes, *text.batch(batch_size, sizes.context, rng=rng))
        (grad,), _ = clip_by_norm([grad], 1.0)
        vector, state = step_of(vector, grad, state, eta=schedule(step))
        costs.append(cost)
    return TrainedModel(vector, sizes, np.array(costs))


def sample(
    vector: ndarray,
    sizes: Sizes,
    start: ndarray,
    length: int,
    *,
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> ndarray:
    r"""Draw a text, one token after the other, from the probabilities that the model gives.

    Parameters
    ----------
    vector : ndarray of shape (N,)
    sizes : Sizes
    start : ndarray of int, of shape (length of the start,)
        At least one token to begin with.
    length : int
        How many tokens to draw.
    rng : numpy.random.Generator
    temperature : float
        The weighted inputs are divided by it first: below 1 likely characters become likelier.

    Returns
    -------
    ndarray of int
        The start and what was drawn.

    Raises
    ------
    ValueError, TypeError
        No start, no generator, a temperature that is not above 0.
    """
    temperature = _checks.real("temperature", temperature, above=0)
    length = _checks.integer("length", length, minimum=0)
    _checks.generator(rng)
    if not _checks.array_of("start", start).size:
        raise ValueError("start is empty, want at least one token to begin with")
    tokens = _checks.tokens("start", start, _checked(sizes).vocabulary, ("length",)).tolist()
    for _ in range(length):
        recent = np.array([tokens[-sizes.context :]])
        z = forward(vector, sizes, recent)[0][:, 0, -1].astype(np.float64) / temperature
        p = np.exp(z - z.max())
        # A uniform number among the cumulated shares: the same draw on every machine, but where it
        # falls within rounding of a border.
        cumulated = np.cumsum(p)
        tokens.append(int(np.searchsorted(cumulated, rng.random() * cumulated[-1])))
    return np.array(tokens)
