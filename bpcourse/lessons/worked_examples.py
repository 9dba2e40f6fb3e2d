r"""The networks of published tutorials as data, with the numbers that their sources printed.

Each :class:`WorkedExample` holds a network, its inputs and targets, the cost and the learning rate
of its source, and every number that the source printed, as printed. :func:`walk` computes the same
quantities one by one; :attr:`Quantity.agrees` says whether our value rounds to the printed one.

How far an original was read stands with each example: "original" (the text or code itself),
"copy" (a close second-hand copy), or "memory" (then no number is called published).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from bpcourse import _checks
from bpcourse.activations import identity, sigmoid
from bpcourse.backprop import backprop
from bpcourse.costs import Cost, quadratic
from bpcourse.network import Network
from bpcourse.parameters import Parameters


@dataclass(frozen=True, eq=False)
class WorkedExample:
    r"""A published network with everything needed to compute it.

    Attributes
    ----------
    name : str
        How the example is called here.
    source : str
        Author, title, date.
    citation : str
        The key in the book's bibliography.
    read : {"original", "copy", "memory"}
        How far the original was read.
    network : Network
        Sources without biases have biases of zero here.
    x : ndarray of shape (n_1, m)
    y : ndarray of shape (n_L, m)
    cost : Cost
    eta : float
        The learning rate with respect to ``cost`` as defined here.
    biases_move : bool
        Whether the source updates biases too.
    published : mapping from str to str
        What the source printed, digit by digit, by the name of the quantity in :func:`walk`.
    names : mapping from str to str
        What the source calls a quantity.
    """

    name: str
    source: str
    citation: str
    read: str
    network: Network
    x: np.ndarray
    y: np.ndarray
    cost: Cost = quadratic
    eta: float = 1.0
    biases_move: bool = True
    published: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self):
        net = self.network
        if not isinstance(net, Network):
            raise TypeError(f"network is {type(net).__name__}, want a Network")
        for name in ("published", "names"):
            texts = getattr(self, name)
            if not isinstance(texts, Mapping):
                raise TypeError(f"{name} is {texts!r}, want a mapping from a quantity to a text")
            object.__setattr__(self, name, MappingProxyType(dict(texts)))
        for name, rows in (("x", net.sizes[0]), ("y", net.sizes[-1])):
            array = np.array(_checks.columns(name, getattr(self, name), rows, np.float64))
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __repr__(self):
        return f"<worked example {self.name}: network {list(self.network.sizes)}, {self.source}>"


@dataclass(frozen=True)
class Quantity:
    """One number of a worked example.

    Attributes
    ----------
    name : str
        Such as ``"z2[0]"``, ``"delta3[1]"``, ``"dC/dw3[0,1]"`` or, after the step, ``"w3[0,1]+"``;
        indices count from 0. With several examples in the batch, the first one is shown.
    value : float
    published : str or None
        As the source printed it.
    source_name : str or None
        What the source calls it.
    """

    name: str
    value: float
    published: str | None = None
    source_name: str | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether the value rounds to the published digits; None where nothing was published."""
        if self.published is None:
            return None
        return agrees(self.value, self.published)


_DECIMAL = re.compile(r"[-+]?\d*\.?\d*(?<=\d)\.?")


def agrees(value: float, published: str) -> bool:
    """Return whether a value agrees with a printed number to every printed digit.

    Rounding and truncation of the last digit both count as agreement.

    Parameters
    ----------
    value : float
    published : str
        A decimal number as printed, such as ``"0.750"``.

    Returns
    -------
    bool

    Examples
    --------
    >>> agrees(0.7513650695, "0.75136507"), agrees(0.2910277737, "0.291027924")
    (True, False)
    """
    value = _checks.real("value", value)
    if not isinstance(published, str) or not _DECIMAL.fullmatch(published):
        raise ValueError(f"published is {published!r}, want a decimal number as text, like '0.750'")
    digits = len(published.partition(".")[2])
    truncated = math.copysign(math.floor(abs(value) * 10**digits) / 10**digits, value)
    printed = float(published)
    return any(
        abs(each - printed) < 0.1 * 10**-digits for each in (round(value, digits), truncated)
    )


def walk(example: WorkedExample) -> Iterator[Quantity]:
    r"""Compute a worked example and yield every quantity by name, in the order of computation.

    Forward, layer by layer: ``z``, ``a``; the cost ``C``; backward: ``delta``, ``dC/dw``,
    ``dC/db``; then the parameters after one step of gradient descent (``w2[0,0]+``) and the cost
    there (``C+``).

    Parameters
    ----------
    example : WorkedExample

    Yields
    ------
    Quantity

    Examples
    --------
    >>> first = next(walk(mazur()))
    >>> print(f"{first.source_name} = {first.name} = {first.value:.4f}")
    net_h1 = z2[0] = 0.3775
    """
    net = _checked(example).network
    trace = net.forward(example.x)
    grad = backprop(net, trace, example.y, example.cost)
    after = step(example, net)
    for name, value in (
        *_forward(example, trace),
        *_backward(grad),
        *_layers("w", after.w, "+"),
        *_layers("b", after.b, "+"),
        ("C+", example.cost.value(after.forward(example.x).a[net.depth], example.y)),
    ):
        yield Quantity(name, float(value), example.published.get(name), example.names.get(name))


def step(example: WorkedExample, net: Network) -> Network:
    """Return a network one step of gradient descent further, as the source takes it.

    Parameters
    ----------
    example : WorkedExample
        Gives the batch, the cost, eta, and whether biases move.
    net : Network

    Returns
    -------
    Network

    Examples
    --------
    >>> after = step(mazur(), mazur().network)
    >>> print(f"{after.w[3][0, 0]:.8f}")
    0.35891648
    """
    if not isinstance(net, Network):
        raise TypeError(f"net is {type(net).__name__}, want a Network, as example.network is")
    trace = net.forward(_checked(example).x)
    grad = backprop(net, trace, example.y, example.cost)
    moved = np.array(example.eta * grad.vector)
    if not example.biases_move:
        moves = Parameters._over(net.sizes, moved)
        for b in moves.b.values():
            b[...] = 0
    return net.with_parameters(net.parameters.vector - moved)


def _checked(example):
    """Return a worked example, or say what else it is."""
    if not isinstance(example, WorkedExample):
        raise TypeError(f"example is {type(example).__name__}, want a WorkedExample, as mazur()")
    return example


def _layers(letter, arrays, suffix=""):
    """Yield the name and value of every entry of arrays by layer; one index for columns."""
    for l, array in arrays.items():
        for (j, k), value in np.ndenumerate(array):
            index = f"{j},{k}" if letter.endswith("w") else f"{j}"
            yield f"{letter}{l}[{index}]{suffix}", value


def _forward(example, trace):
    for l in trace.z:
        yield from _layers("z", {l: trace.z[l][:, :1]})
        yield from _layers("a", {l: trace.a[l][:, :1]})
    yield "C", example.cost.value(trace.a[max(trace.a)], example.y)


def _backward(grad):
    for l in sorted(grad.delta, reverse=True):
        yield from _layers("delta", {l: grad.delta[l][:, :1]})
        yield from _layers("dC/dw", {l: grad.w[l]})
        yield from _layers("dC/db", {l: grad.b[l]})


def mazur() -> WorkedExample:
    """Return Mazur's 2-2-2 network, the most widely copied worked example.

    Sources: M. Mazur, "A Step by Step Backpropagation Example" (2015), read in a close copy of the
    post; its program and the program's history, read in the original. The post updates weights
    only: each layer has one bias, shared by its neurons, that stays as it is.
    """
    return WorkedExample(
        name="mazur",
        source='Mazur, "A Step by Step Backpropagation Example", 2015',
        citation="mazur2015",
        read="copy",
        network=Network.from_arrays(
            weights=[[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
            biases=[[0.35, 0.35], [0.60, 0.60]],
            activations=[sigmoid, sigmoid],
        ),
        x=[[0.05], [0.10]],
        y=[[0.01], [0.99]],
        eta=0.5,
        biases_move=False,
        published={
            "z2[0]": "0.3775",
            "a2[0]": "0.593269992",
            "a2[1]": "0.596884378",
            "z3[0]": "1.105905967",
            "a3[0]": "0.75136507",
            "a3[1]": "0.772928465",
            "C": "0.298371109",
            "delta3[0]": "0.138498562",
            "dC/dw3[0,0]": "0.082167041",
            "dC/dw2[0,0]": "0.000438568",
            "w2[0,0]+": "0.149780716",
            "w2[0,1]+": "0.19956143",
            "w2[1,0]+": "0.24975114",
            "w2[1,1]+": "0.29950229",
            "w3[0,0]+": "0.35891648",
            "w3[0,1]+": "0.408666186",
            "w3[1,0]+": "0.511301270",
            "w3[1,1]+": "0.561370121",
            "C+": "0.291027924",
        },
        names={
            "z2[0]": "net_h1",
            "z2[1]": "net_h2",
            "a2[0]": "out_h1",
            "a2[1]": "out_h2",
            "z3[0]": "net_o1",
            "z3[1]": "net_o2",
            "a3[0]": "out_o1",
            "a3[1]": "out_o2",
            "C": "E_total",
            "delta3[0]": "delta_o1",
            "delta3[1]": "delta_o2",
            "dC/dw3[0,0]": "dE/dw5",
            "dC/dw3[0,1]": "dE/dw6",
            "dC/dw3[1,0]": "dE/dw7",
            "dC/dw3[1,1]": "dE/dw8",
            "dC/dw2[0,0]": "dE/dw1",
            "dC/dw2[0,1]": "dE/dw2",
            "dC/dw2[1,0]": "dE/dw3",
            "dC/dw2[1,1]": "dE/dw4",
            "w2[0,0]+": "w1+",
            "w2[0,1]+": "w2+",
            "w2[1,0]+": "w3+",
            "w2[1,1]+": "w4+",
            "w3[0,0]+": "w5+",
            "w3[0,1]+": "w6+",
            "w3[1,0]+": "w7+",
            "w3[1,1]+": "w8+",
        },
    )


EXAM_HOURS = ((2, 9), (1, 5), (3, 6))  # hours studied, hours slept; one student per row
EXAM_SCORES = (92, 86, 89)


def exam_scores(*, scaled: bool = True) -> WorkedExample:
    """Return Shamdasani's 2-3-1 network: an exam score from hours studied and slept.

    Source: S. Shamdasani, "Build a Neural Network" (2017), read in the original. The weights are
    those of the tutorial's drawing. Its program divides each input by the largest of its column
    and scores by 100, has no biases, takes steps of size 1 on half the sum of squares, and starts
    from random weights; the drawing's hand calculation uses the raw inputs of the first student.

    Parameters
    ----------
    scaled : bool
        The program's three scaled examples, or else the hand calculation's single raw one.
    """
    scaled = _checks.flag("scaled", scaled)
    hours = np.array(EXAM_HOURS, dtype=float)
    scores = np.array(EXAM_SCORES, dtype=float)[None] / 100
    published = {
        "z2[0]": "7.6",
        "z2[1]": "7.5",
        "z2[2]": "6.5",
        "a2[0]": "0.999499799",
        "a2[1]": "1.000553084",
        "a2[2]": "0.998498818",
        "z3[0]": "1.79832",
        "a3[0]": "0.8579443067",
    }
    return WorkedExample(
        name="exam scores" if scaled else "exam scores, by hand",
        source='Shamdasani, "Build a Neural Network", 2017',
        citation="shamdasani2017",
        read="original",
        network=Network.from_arrays(
            weights=[[[0.2, 0.8], [0.6, 0.3], [0.1, 0.7]], [[0.4, 0.5, 0.9]]],
            biases=[[0.0, 0.0, 0.0], [0.0]],
            activations=[sigmoid, sigmoid],
        ),
        x=(hours / hours.max(axis=0)).T if scaled else hours[:1].T,
        y=scores if scaled else scores[:, :1],
        eta=3.0 if scaled else 1.0,  # our cost is a mean: 3 x its step is 1 x the sum's
        biases_move=False,
        published={} if scaled else published,
    )


def miller_xor() -> WorkedExample:
    """Return Miller's 2-3-1 network for exclusive or, with the pattern (1, 1).

    Source: S. Miller, "Mind: How to Build a Neural Network", read in a close copy. It divides
    where the gradient multiplies. Its output sum is computed from rounded factors.
    """
    return WorkedExample(
        name="miller xor",
        source='Miller, "Mind: How to Build a Neural Network"',
        citation="millermind",
        read="copy",
        network=Network.from_arrays(
            weights=[[[0.8, 0.2], [0.4, 0.9], [0.3, 0.5]], [[0.3, 0.5, 0.9]]],
            biases=[[0.0, 0.0, 0.0], [0.0]],
            activations=[sigmoid, sigmoid],
        ),
        x=[[1.0], [1.0]],
        y=[[0.0]],
        biases_move=False,
        published={
            "z2[0]": "1.0",
            "z2[1]": "1.3",
            "z2[2]": "0.8",
            "a2[0]": "0.73105857863",
            "a2[1]": "0.78583498304",
            "a2[2]": "0.68997448112",
            "z3[0]": "1.235",
            "a3[0]": "0.7746924929149283",
            "w2[0,0]+": "0.712",
            "w2[1,0]+": "0.3548",
            "w2[2,0]+": "0.2681",
            "w2[0,1]+": "0.112",
            "w2[1,1]+": "0.8548",
            "w2[2,1]+": "0.4681",
        },
    )


# What the text adds to the three output weights, as printed.
MILLER_OUTPUT_CHANGES = ("-0.1838", "-0.1710", "-0.1920")


def miller_update(example: WorkedExample) -> Network:
    """Return the network after the update that Miller's text describes: with divisions.

    Every step has the quotient where the chain rule has the product. Compare :func:`step`.

    Parameters
    ----------
    example : WorkedExample
        One example in the batch; no input may be 0, or the rule divides by it.

    Returns
    -------
    Network

    Examples
    --------
    >>> after = miller_update(miller_xor())
    >>> print(f"{after.forward(miller_xor().x).a[3][0, 0]:.4f}")
    0.6917
    """
    net = _checked(example).network
    if net.depth != 3 or example.x.shape[1] != 1 or not example.x.all():
        raise ValueError(f"{example!r}: want three layers, and one example without an input of 0")
    trace = net.forward(example.x)
    z, a = trace.z, trace.a
    output_sum_change = (example.y - a[3]) * sigmoid.prime(z[3])
    hidden_sum_change = output_sum_change / net.w[3].T * sigmoid.prime(z[2])
    w3 = net.w[3] + output_sum_change / a[2].T
    w2 = net.w[2] + hidden_sum_change / a[1].T
    return Network.from_arrays([w2, w3], [net.b[2], net.b[3]], list(net.activations.values()))


def kostadinov(*, seed: int = 0) -> WorkedExample:
    """Return a network of Kostadinov's sizes, 4-2-2-1, with a linear output without bias.

    Source: S. Kostadinov, "Understanding Backpropagation Algorithm" (2019), read in a close copy.
    The article has symbols only, so the numbers are drawn here.

    Parameters
    ----------
    seed : int
    """
    rng = np.random.default_rng(_checks.integer("seed", seed, minimum=0))
    return WorkedExample(
        name="kostadinov",
        source='Kostadinov, "Understanding Backpropagation Algorithm", 2019',
        citation="kostadinov2019",
        read="copy",
        network=Network.from_arrays(
            weights=[rng.standard_normal((n, k)) for n, k in ((2, 4), (2, 2), (1, 2))],
            biases=[rng.standard_normal(2), rng.standard_normal(2), [0.0]],
            activations=[sigmoid, sigmoid, identity],
        ),
        x=rng.standard_normal((4, 1)),
        y=[[1.0]],
    )


LINE_INPUTS, LINE_TARGETS = (0, 1, 2), (0, 2, 4)  # y = W x with W = 2
LINE_PUBLISHED = {3: 5, 4: 20, 2: 0}  # the sum of squares that the source prints for each W


def line(weight: float) -> WorkedExample:
    """Return the line y = W x of Edureka's first example, as a network of one weight.

    Source: Edureka, "Backpropagation - Algorithm For Training A Neural Network", read in a close
    copy. The sum of squared errors is 2 m = 6 times our quadratic cost.

    Parameters
    ----------
    weight : float
        W; the source tries 3, 4 and 2.
    """
    weight = _checks.real("weight", weight)
    return WorkedExample(
        name=f"line W={weight:g}",
        source='Edureka, "Backpropagation - Algorithm For Training A Neural Network"',
        citation="edureka",
        read="copy",
        network=Network.from_arrays([[[weight]]], [[0.0]], [identity]),
        x=[LINE_INPUTS],
        y=[LINE_TARGETS],
        biases_move=False,
    )


# Mitchell, Machine Learning (1997), Figure 4.7: the hidden values that he prints for the eight
# one-hot inputs, in his order; read in a scan of the page.
MITCHELL_HIDDEN_VALUES = (
    (0.89, 0.04, 0.08),
    (0.15, 0.99, 0.99),
    (0.01, 0.97, 0.27),
    (0.99, 0.97, 0.71),
    (0.03, 0.05, 0.02),
    (0.01, 0.11, 0.88),
    (0.80, 0.01, 0.98),
    (0.60, 0.94, 0.01),
)


def all_examples() -> list[WorkedExample]:
    """Return every worked example that is a network with a batch.

    Examples
    --------
    >>> [example.name for example in all_examples()][:2]
    ['mazur', 'exam scores, by hand']
    """
    lines = [line(weight) for weight in LINE_PUBLISHED]
    return [mazur(), exam_scores(scaled=False), exam_scores(), miller_xor(), kostadinov(), *lines]
