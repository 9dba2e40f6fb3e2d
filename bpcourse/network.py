r"""Feed-forward networks: their parameters, and the forward pass.

Layers carry the book's numbers: layer 1 is the input, ``net.w[2]`` are the weights into layer 2,
``net.depth`` is L, the number of the output layer. Examples are columns, so that
:math:`z^l = w^l a^{l-1} + b^l` stands in the code as in the book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from zipfile import BadZipFile

import numpy as np

from bpcourse import _checks
from bpcourse._html import table
from bpcourse.activations import ACTIVATIONS, Activation
from bpcourse.parameters import Parameters, check_sizes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from bpcourse.backprop import Gradient


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    r"""What a forward pass leaves behind, by layer.

    Attributes
    ----------
    z : dict from l = 2..L to ndarray of shape (n_l, m)
        Weighted inputs, :math:`z^l = w^l a^{l-1} + b^l`.
    a : dict from l = 1..L to ndarray of shape (n_l, m)
        Activations; ``a[1]`` is the input, ``a[L]`` the output.
    network : Network or None
        Whose forward pass it is: :func:`bpcourse.backprop` refuses the trace of another network,
        such as the one before an update. None for a trace put together by hand.

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0, 1.0]]], [[0.0]], [bp.sigmoid])
    >>> net.forward(np.zeros((2, 30)))
    <trace of 30 examples: a[1] (2, 30); z[2], a[2] (1, 30); float64>
    """

    z: dict[int, np.ndarray]
    a: dict[int, np.ndarray]
    network: Network | None = None

    def __repr__(self):
        layers = [f"a[1] {self.a[1].shape}"]
        layers += [f"z[{l}], a[{l}] {z.shape}" for l, z in self.z.items()]
        m = self.a[1].shape[1]
        return f"<trace of {m:,} examples: {'; '.join(layers)}; {self.a[1].dtype}>"


class Network:
    r"""A feed-forward network: parameters, an activation function per layer, the forward pass.

    A network never changes. Make one with :meth:`random`, :meth:`from_arrays` or
    :meth:`from_sklearn`; a changed one comes from :meth:`with_parameters`.

    Parameters
    ----------
    parameters : Parameters
    activations : sequence of Activation or str
        For layers 2..L, in this order.

    Attributes
    ----------
    parameters : Parameters
    activations : mapping from l = 2..L to Activation
    sizes : tuple of int
        The widths n_1, ..., n_L.
    depth : int
        L, the number of the output layer (so a network with one hidden layer has depth 3).
    w, b : mapping from l = 2..L
        The weights (n_l, n_{l-1}) and biases (n_l, 1), views into ``parameters.vector``.

    Examples
    --------
    >>> import bpcourse as bp
    >>> rng = np.random.default_rng(1)
    >>> net = bp.Network.random([2, 3, 1], hidden=bp.tanh, output=bp.sigmoid, rng=rng)
    >>> trace = net.forward(np.zeros((2, 5)))
    >>> trace.a[net.depth].shape
    (1, 5)
    """

    def __init__(
        self,
        parameters: Parameters,
        activations: Sequence[Activation | str] | Mapping[int, Activation],
    ) -> None:
        if not isinstance(parameters, Parameters):
            raise TypeError(f"parameters is {type(parameters).__name__}, want bp.Parameters")
        layers = range(2, len(parameters.sizes) + 1)
        activations = _activation_list(activations, layers)
        self.parameters = parameters
        self.activations = MappingProxyType(
            {
                l: _checks.lookup("activation", each, ACTIVATIONS)
                for l, each in zip(layers, activations, strict=True)
            }
        )

    @classmethod
    def random(
        cls,
        sizes: Sequence[int],
        *,
        hidden: Activation | str | Sequence[Activation | str],
        output: Activation | str,
        rng: np.random.Generator,
        init: Literal["scaled", "he", "large"] = "scaled",
        dtype: DTypeLike = np.float64,
    ) -> Network:
        r"""Make a network with random weights.

        Parameters
        ----------
        sizes : sequence of int
            The widths n_1, ..., n_L.
        hidden : Activation, str, or a list of them
            The activation of all hidden layers, or of each in its turn.
        output : Activation or str
            The activation of the output layer.
        rng : numpy.random.Generator
            Every random number comes from it, layer by layer: weights, then biases.
        init : {"scaled", "he", "large"}
            Weights drawn from a normal distribution of mean 0 and standard deviation
            :math:`1/\sqrt{n_{l-1}}` ("scaled"), :math:`\sqrt{2/n_{l-1}}` ("he", made for relu) or
            1 ("large", Nielsen's first choice). Biases: standard normal, except zero for "he".
        dtype : dtype
            float64 or float32.

        Returns
        -------
        Network

        Raises
        ------
        ValueError
            An unknown ``init`` or activation name, sizes that make no network, or a list of
            activations that is not one for each hidden layer.
        TypeError
            A dtype of whole numbers or of another precision; an rng that is no generator.

        Notes
        -----
        Nielsen, chapter 3, section "Weight initialization", for "scaled" and "large".

        Examples
        --------
        >>> import bpcourse as bp
        >>> rng = np.random.default_rng(0)
        >>> bp.Network.random([4, 5, 3, 2], hidden=["relu", "tanh"], output="softmax", rng=rng)
        <network [4, 5, 3, 2]: relu, tanh, softmax; float64>
        """
        sizes = check_sizes(sizes)
        activations = [*_hidden_activations(hidden, len(sizes) - 2), output]
        spread = _checks.lookup_name("init", init, _SPREADS)
        _checks.generator(rng)
        arrays = []
        for n_in, n_out in pairwise(sizes):
            arrays.append(rng.standard_normal((n_out, n_in)) * spread(n_in))
            arrays.append(np.zeros(n_out) if init == "he" else rng.standard_normal(n_out))
        vector = np.concatenate([each.ravel() for each in arrays])
        vector = vector.astype(_checks.precision("the network", dtype))
        return cls(Parameters(sizes, vector), activations)

    @classmethod
    def from_arrays(
        cls,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        activations: Sequence[Activation | str],
    ) -> Network:
        """Make a network from its weight and bias arrays.

        Parameters
        ----------
        weights : sequence of array_like of shape (n_l, n_{l-1})
            For layers 2..L.
        biases : sequence of array_like of shape (n_l,) or (n_l, 1)
            For layers 2..L.
        activations : sequence of Activation or str
            For layers 2..L.

        Returns
        -------
        Network
            With copies of the arrays.

        Raises
        ------
        ValueError
            Shapes that don't chain, or a different number of weights, biases and activations.

        Examples
        --------
        >>> import bpcourse as bp
        >>> net = bp.Network.from_arrays(
        ...     weights=[[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
        ...     biases=[[0.35, 0.35], [0.60, 0.60]],
        ...     activations=[bp.sigmoid, bp.sigmoid],
        ... )
        >>> net.forward(np.array([[0.05], [0.10]])).a[3].round(9)
        array([[0.75136507],
               [0.77292847]])
        """
        weights = _checks.sequence("weights", weights, "a list: an array for each layer 2..L")
        biases = _checks.sequence("biases", biases, "a list: an array for each layer 2..L")
        weights = [_checks.floating(f"weights[{i}]", each) for i, each in enumerate(weights)]
        biases = [_checks.floating(f"biases[{i}]", each) for i, each in enumerate(biases)]
        _check_chain(weights, biases)
        sizes = [weights[0].shape[1], *(each.shape[0] for each in weights)]
        pairs = zip(weights, biases, strict=True)
        vector = np.concatenate([each.ravel() for pair in pairs for each in pair])
        return cls(Parameters(sizes, vector), activations)

    @classmethod
    def from_sklearn(
        cls,
        coefs: Sequence[ArrayLike],
        intercepts: Sequence[ArrayLike],
        activations: Sequence[Activation | str],
    ) -> Network:
        """Make a network from scikit-learn's ``coefs_`` and ``intercepts_``.

        scikit-learn keeps examples in rows, so each of its weight arrays is the transpose of ours.

        Parameters
        ----------
        coefs : sequence of array_like of shape (n_{l-1}, n_l)
        intercepts : sequence of array_like of shape (n_l,)
        activations : sequence of Activation or str
            For layers 2..L; scikit-learn's "logistic" is our sigmoid.

        Returns
        -------
        Network
        """
        coefs = _checks.sequence("coefs", coefs, "a list: an array for each layer 2..L")
        weights = [_checks.array_of(f"coefs[{i}]", each).T for i, each in enumerate(coefs)]
        return cls.from_arrays(weights, intercepts, activations)

    def to_sklearn(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the arrays ``coefs_`` and ``intercepts_`` as scikit-learn keeps them.

        Returns
        -------
        coefs : list of ndarray of shape (n_{l-1}, n_l)
        intercepts : list of ndarray of shape (n_l,)
        """
        layers = range(2, self.depth + 1)
        return [self.w[l].T.copy() for l in layers], [self.b[l][:, 0].copy() for l in layers]

    def with_parameters(self, parameters: Parameters | Gradient | ArrayLike) -> Network:
        """Return a network with the same activations and other parameters.

        Parameters
        ----------
        parameters : Parameters or array_like of shape (W,)

        Returns
        -------
        Network

        Raises
        ------
        ValueError
            Parameters of other sizes, NaN or infinity.
        """
        if getattr(parameters, "sizes", self.sizes) != self.sizes:
            raise ValueError(
                f"parameters are of a network {list(parameters.sizes)}, want {list(self.sizes)}"
            )
        vector = getattr(parameters, "vector", parameters)
        return Network(Parameters(self.sizes, vector), self.activations)

    def _at(self, parameters):
        """Return this network at parameters that need no check, such as views being trained."""
        net = object.__new__(Network)
        net.parameters, net.activations = parameters, self.activations
        return net

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths n_1, ..., n_L."""
        return self.parameters.sizes

    @property
    def depth(self) -> int:
        """L, the number of the output layer."""
        return len(self.parameters.sizes)

    @property
    def w(self) -> Mapping[int, np.ndarray]:
        """The weights by layer."""
        return self.parameters.w

    @property
    def b(self) -> Mapping[int, np.ndarray]:
        """The biases by layer."""
        return self.parameters.b

    def forward(self, x: ArrayLike) -> Trace:
        r"""Run the forward pass: :math:`z^l = w^l a^{l-1} + b^l`, :math:`a^l = \sigma(z^l)`.

        Parameters
        ----------
        x : array_like of shape (n_1, m)
            A mini-batch, one example per column.

        Returns
        -------
        Trace
            ``trace.z[l]`` and ``trace.a[l]``; the output is ``trace.a[net.depth]``. It keeps x as
            it is now: a read-only copy, unless x is read-only already, as a data set's is.

        Raises
        ------
        ValueError
            x of another shape (rows for columns are named as such), NaN or infinity in x, or
            weighted inputs so large that the output is no number.
        TypeError
            x of another precision than the parameters.

        Notes
        -----
        Nielsen, chapter 2, equation 25. Derived in the book's chapter "A machine that
        reads digits".
        """
        x = _checks.columns("x", x, self.sizes[0], self.parameters.vector.dtype)
        # NumPy's warnings say nothing sure: products of finite float32 numbers may raise its flags.
        with np.errstate(all="ignore"):
            trace = propagate(self, _unchanging(x))
        _check_output(trace)
        return trace

    def predict(self, rows: ArrayLike, *, classes: Sequence | None = None) -> np.ndarray:
        """Return the class of each example: the largest output or, of one, whether it exceeds 0.5.

        Parameters
        ----------
        rows : array_like of shape (m, n_1)
            One example per row, as data arrive. (The outputs themselves are
            ``net.forward(rows.T).a[net.depth]``, one column for each example.)
        classes : sequence, optional
            What to return for class 0, 1, ..., such as ``data.classes``.

        Returns
        -------
        ndarray of shape (m,)
            Whole numbers from 0, or entries of ``classes``.

        Raises
        ------
        ValueError, TypeError
            Rows of another shape or precision, NaN or infinity; fewer classes than outputs.

        Examples
        --------
        >>> import bpcourse as bp
        >>> net = bp.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]], [bp.softmax])
        >>> net.predict([[3.0, 1.0], [0.0, 2.0]])
        array([0, 1])
        >>> net.predict([[3.0, 1.0], [0.0, 2.0]], classes=["cat", "dog"])
        array(['cat', 'dog'], dtype='<U3')
        """
        rows = _checks.array_of("rows", rows)
        if rows.ndim != 2 or rows.shape[1] != self.sizes[0]:
            one = "; for a single example pass rows[None, :]" if rows.ndim == 1 else ""
            raise ValueError(
                f"rows has shape {rows.shape}, want (m, {self.sizes[0]}): one example per row{one}"
            )
        rows = _checks.floating("rows", rows, self.parameters.vector.dtype)
        predicted = class_of(self.forward(rows.T).a[self.depth])
        if classes is None:
            return predicted
        count = max(2, self.sizes[-1])
        classes = _checks.sequence("classes", classes, f"a list of {count}: one for each class")
        if len(classes) != count:
            raise ValueError(f"classes are {len(classes)}, want {count}: one for each class")
        return _checks.array_of("classes", classes)[predicted]

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network to a file: sizes, parameters, and the names of its activations.

        Parameters
        ----------
        path : str or path
            NumPy's format .npz; the ending is added if it is missing.

        Raises
        ------
        ValueError
            An activation of your own with the name of a built-in one: reading the file, nobody
            could tell them apart.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import bpcourse as bp
        >>> net = bp.Network.from_arrays([[[2.0]]], [[0.5]], [bp.sigmoid])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.save(pathlib.Path(folder) / "net.npz")
        ...     bp.Network.load(pathlib.Path(folder) / "net.npz")
        <network [1, 1]: sigmoid; float64>
        """
        for each in self.activations.values():
            if ACTIVATIONS.get(each.name, each) != each:
                raise ValueError(
                    f"an activation of your own is called {each.name!r} like a built-in one, and "
                    "would be read as that; give it another name"
                )
        names = [each.name for each in self.activations.values()]
        np.savez(_npz(path), sizes=self.sizes, vector=self.parameters.vector, activations=names)

    @classmethod
    def load(cls, path: str | PathLike[str], *, own: Sequence[Activation] = ()) -> Network:
        """Read a network that :meth:`save` has written. Nothing in the file is executed.

        Parameters
        ----------
        path : str or path
            As it was given to :meth:`save`.
        own : sequence of Activation
            Those of your own that the network uses; the file has only their names.

        Returns
        -------
        Network

        Raises
        ------
        OSError
            No such file.
        ValueError
            A file that holds something else, or an activation that isn't known.
        """
        path = _npz(path)
        known = {**ACTIVATIONS, **{each.name: each for each in own}}
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                sizes, vector, names = (stored[key] for key in ("sizes", "vector", "activations"))
        except (ValueError, KeyError, EOFError, AttributeError, TypeError, BadZipFile) as error:
            raise ValueError(f"{path} is no file that Network.save has written: {error}") from None
        for name in map(str, names):
            if name not in known:
                raise ValueError(
                    f"unknown activation {name!r} in {path}; known: {', '.join(known)}. Pass one "
                    "of your own as own=[...]"
                )
        activations = [known[str(name)] for name in names]
        return cls(Parameters(sizes.tolist(), vector), activations)

    def __reduce__(self):
        return Network, (self.parameters, dict(self.activations))

    def _repr_html_(self):
        n, rows = self.sizes, [[1, self.sizes[0], "(input)", "", ""]]
        for l, activation in self.activations.items():
            rows.append([l, n[l - 1], activation.name, self.w[l].shape, self.b[l].shape])
        caption = f"network {list(n)}: {len(self.parameters):,} parameters in {self.w[2].dtype}"
        return table(caption, ["layer", "neurons", "activation", "weights", "biases"], rows)

    def __repr__(self):
        names = ", ".join(each.name for each in self.activations.values())
        return f"<network {list(self.sizes)}: {names}; {self.parameters.vector.dtype}>"


def propagate(net: Network, x: np.ndarray) -> Trace:
    """Run the forward pass on an x that has been checked."""
    z, a = {}, {1: x}
    for l in range(2, net.depth + 1):
        z[l] = net.w[l] @ a[l - 1] + net.b[l]
        a[l] = net.activations[l](z[l])
    return Trace(z, a, net)


def _npz(path):
    """Return a path that ends in .npz."""
    path = Path(path)
    if not path.name:
        raise ValueError(f"path is {str(path)!r}, want the name of a file, such as 'net.npz'")
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")


def class_of(output: np.ndarray) -> np.ndarray:
    """Return the class of each column: the largest entry, or whether a single one exceeds 0.5."""
    return (output[0] > 0.5).astype(int) if len(output) == 1 else output.argmax(axis=0)


def _unchanging(array):
    """Return an array that nobody can write to: itself if it is one, else a read-only copy."""
    owner = array
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    if owner is None:
        return array
    copy = array.copy(order="K")
    copy.flags.writeable = False
    return copy


def _check_output(trace):
    """Refuse weighted inputs that overflowed, where it shows in the output, and say where."""
    if _checks.all_finite(trace.a[trace.network.depth]):
        return
    for l, z in trace.z.items():  # what an activation of your own makes of finite ones is its own
        good = np.isfinite(z)
        if not good.all():
            j, x = np.unravel_index(np.argmin(good), good.shape)
            raise ValueError(
                f"the forward pass overflows: z[{l}][{j}, {x}] is {z[j, x]}; want smaller weights, "
                "or inputs scaled to about 1"
            )


_SPREADS = {
    "scaled": lambda n_in: 1 / np.sqrt(n_in),
    "he": lambda n_in: np.sqrt(2 / n_in),
    "large": lambda n_in: 1.0,
}


def _hidden_activations(hidden, count):
    """Return one activation for each of ``count`` hidden layers."""
    if not isinstance(hidden, list | tuple):
        return [hidden] * count
    if len(hidden) != count:
        raise ValueError(
            f"hidden holds {len(hidden)} activations, want {count}: one for each hidden layer, or "
            "a single one for all"
        )
    return hidden


def check_network(net: Network) -> Network:
    """Return a network, or say what else it is."""
    if not isinstance(net, Network):
        raise TypeError(f"net is {type(net).__name__}, want a Network")
    return net


def _activation_list(activations, layers):
    """Return the activations in a list, or say that they are not one for each layer."""
    if isinstance(activations, Mapping):
        if sorted(activations) != list(layers):
            raise ValueError(
                f"activations for layers {sorted(activations)}, want {list(layers)}: every layer "
                "but the input"
            )
        return [activations[l] for l in layers]
    if isinstance(activations, str | Activation):
        raise TypeError(f"activations is {activations!r}, want a list: one for each layer 2..L")
    activations = _checks.sequence("activations", activations, "a list: one for each layer 2..L")
    if len(activations) != len(layers):
        raise ValueError(
            f"{len(activations)} activations for the {len(layers)} layers 2..{len(layers) + 1};"
            " want one for each"
        )
    return activations


def _check_chain(weights, biases):
    if not weights or len(weights) != len(biases):
        raise ValueError(
            f"{len(weights)} weight arrays and {len(biases)} bias arrays; want one of "
            "each for every layer from 2 on"
        )
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        l = i + 2
        if w.ndim != 2:
            raise ValueError(f"weights[{i}] (w{l}) has shape {w.shape}, want (n_{l}, n_{l - 1})")
        if i and w.shape[1] != weights[i - 1].shape[0]:
            n = weights[i - 1].shape[0]
            hint = f"; its transpose would fit, pass weights[{i}].T" if w.shape[0] == n else ""
            raise ValueError(
                f"weights[{i}] (w{l}) has shape {w.shape}, want ({w.shape[0]}, {n}), because "
                f"layer {l - 1} has {n} neurons{hint}"
            )
        if b.shape not in [(w.shape[0],), (w.shape[0], 1)]:
            raise ValueError(
                f"biases[{i}] (b{l}) has shape {b.shape}, want ({w.shape[0]},) or "
                f"({w.shape[0]}, 1): one bias for each neuron of layer {l}"
            )
        _checks.same_precision(f"weights[{i}]", w, weights[0].dtype)
        _checks.same_precision(f"biases[{i}]", b, weights[0].dtype)
